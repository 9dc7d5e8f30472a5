//! Answers about branches, and how far each is from Dev's.
use crate::{
    code::Distance,
    error::{Error, Result},
    model::{
        Address, CodePointer, EnvironmentName, SiteName,
        view::{BranchRow, MultidevRow},
    },
    workflow::Context,
};

/// Multidevs, by name.
pub(super) fn multidevs(context: &Context, site: &SiteName) -> Result<Vec<MultidevRow>> {
    let repository = context.repository(site);
    context.store.site(site)?;
    let dev = dev_commit(context, site);
    let mut rows = Vec::new();
    for it in context.store.environments(site)? {
        if !matches!(it.name, EnvironmentName::Multidev(_)) {
            continue;
        }
        // A branch that can't be read is told where its environment is shown: the list goes on.
        let distance =
            || repository.distance(&context.commit_of(&it)?, dev.as_ref().map_err(Error::clone)?);
        let distance = distance().unwrap_or(Distance { ahead: 0, behind: 0 });
        rows.push(MultidevRow {
            url: context.url(&Address::new(site, &it.name)),
            created: it.created,
            connection_mode: it.connection_mode,
            locked: it.lock.is_some(),
            ahead: distance.ahead,
            behind: distance.behind,
            environment: it.name,
        });
    }
    Ok(rows)
}

/// Branches, by name.
pub(super) fn branches(context: &Context, site: &SiteName) -> Result<Vec<BranchRow>> {
    let repository = context.repository(site);
    let dev = dev_commit(context, site)?;
    let environments = context.store.environments(site)?;
    let mut rows = Vec::new();
    for branch in repository.branches()? {
        let follows = |code: &CodePointer| matches!(code, CodePointer::Branch { branch: followed } if *followed == branch.name);
        let environment = environments.iter().find(|it| follows(&it.code));
        let distance = repository.distance(&branch.commit, &dev)?;
        rows.push(BranchRow {
            commit: repository.commit(&branch.commit)?,
            environment: environment.map(|it| it.name.clone()),
            ahead: distance.ahead,
            behind: distance.behind,
            name: branch.name,
        });
    }
    Ok(rows)
}

fn dev_commit(context: &Context, site: &SiteName) -> Result<String> {
    context.store.site(site)?;
    let dev = Address::new(site, &EnvironmentName::Dev);
    context.commit_of(&context.store.environment(&dev)?)
}
