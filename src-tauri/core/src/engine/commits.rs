//! Answers about commits and deploys.
use std::collections::HashSet;

use crate::{
    error::Result,
    model::{
        Address, CodePointer, SiteName,
        view::{CommitInfo, CommitRow, DeployRow},
    },
    workflow::Context,
};

/// Deploys that are listed.
const LISTED: usize = 200;

/// Commits of an environment with the labels of the environments that hold each.
pub(super) fn log(context: &Context, address: &Address, limit: u32) -> Result<Vec<CommitRow>> {
    let environment = context.store.environment(address)?;
    let repository = context.repository(&address.site);
    let head = context.commit_of(&environment)?;
    let mut rows = repository.log(&head, limit as usize)?;
    for other in context.store.environments(&address.site)? {
        let lacking = || match other == environment {
            true => Ok(Vec::new()),
            false => {
                let holds = context.commit_of(&other)?;
                repository.missing(&head, Some(&holds), limit as usize)
            }
        };
        // What another environment has can't be told while its branch can't be read.
        let Ok(lacking) = lacking() else { continue };
        let lacking: HashSet<String> = lacking.into_iter().map(|row| row.commit).collect();
        for row in rows.iter_mut().filter(|row| !lacking.contains(&row.commit)) {
            row.labels.push(other.name.clone());
        }
    }
    Ok(rows)
}

/// One commit with what it changed.
pub(super) fn in_full(context: &Context, site: &SiteName, commit: &str) -> Result<CommitInfo> {
    context.store.site(site)?;
    let repository = context.repository(site);
    repository.commit_in_full(&repository.whole_id(commit)?)
}

/// What a commit changed in one file.
pub(super) fn diff(context: &Context, site: &SiteName, commit: &str, file: &str) -> Result<String> {
    context.store.site(site)?;
    let repository = context.repository(site);
    repository.commit_diff(&repository.whole_id(commit)?, file)
}

/// Deploys of Test or Live, newest first.
pub(super) fn deploys(context: &Context, address: &Address) -> Result<Vec<DeployRow>> {
    context.store.site(&address.site)?;
    let repository = context.repository(&address.site);
    let current = context.store.find_environment(address)?.map(|it| it.code);
    let tags = repository.deploy_tags(address.environment.as_str())?;
    let row = |it: crate::code::DeployTag| {
        let runs = |code: &CodePointer| matches!(code, CodePointer::Release { tag, .. } if *tag == it.name);
        Ok(DeployRow {
            current: current.as_ref().is_some_and(runs),
            commit: repository.commit(&it.commit)?,
            tag: it.name,
            message: it.message.trim().to_owned(),
            date: it.date,
        })
    };
    tags.into_iter().take(LISTED).map(row).collect()
}
