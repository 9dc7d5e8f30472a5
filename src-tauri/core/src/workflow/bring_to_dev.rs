//! `env:bring-to-dev`: commits that only Test or Live has come to Dev, so that the next deploy keeps them.
use super::{Context, Done, merge, request::BringToDev, work::Work};
use crate::{
    code::{self, Merged},
    error::{Error, Result},
    model::{Address, CodePointer, EnvironmentName, view::CommitRow},
};

/// Commits that are listed; a hotfix is a few.
const LISTED: usize = 200;

pub(super) struct Plan {
    target: merge::Target,
    commit: String,
}

/// Commits of Test or Live that Dev lacks, newest first.
pub fn orphans(context: &Context, environment: &Address) -> Result<Vec<CommitRow>> {
    let found = context.store.environment(environment)?;
    let CodePointer::Release { commit, .. } = &found.code else { return Ok(Vec::new()) };
    let dev = Address::new(&environment.site, &EnvironmentName::Dev);
    let dev = context.commit_of(&context.store.environment(&dev)?)?;
    context.repository(&environment.site).missing(commit, Some(&dev), LISTED)
}

/// Merged rather than cherry-picked: a copy of a commit would leave the commit itself an orphan for ever.
pub(super) fn plan(context: &Context, wanted: &BringToDev) -> Result<Plan> {
    let from = &wanted.environment;
    if orphans(context, from)?.is_empty() {
        return Err(Error::refused(format!("Dev has every commit of {from}")));
    }
    let target = merge::target(context, &Address::new(&from.site, &EnvironmentName::Dev))?;
    let commit = context.commit_of(&context.store.environment(from)?)?;
    let by = code::default_author();
    let message = format!("Bring commits of {} to {}", from.environment.title(), target.branch);
    let repository = context.repository(&from.site);
    match repository.merge(&target.branch, &commit, &message, &by, false)? {
        Merged::Commit(commit) => Ok(Plan { target, commit }),
        Merged::Conflicts(files) => {
            let pull = format!("git merge {commit}");
            Err(merge::conflict(context, &target, &from.to_string(), &files, &pull))
        }
    }
}

pub(super) fn run(work: &Work<'_>, plan: &Plan) -> Result<Done> {
    merge::check_code(work.context, &plan.target.site, &plan.commit)?;
    merge::bring(work, &plan.target, &plan.commit, false)
}
