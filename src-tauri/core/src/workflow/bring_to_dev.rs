//! `env:bring-to-dev`: commits that only Test or Live has come to Dev, so that the next deploy keeps them.
use super::{
    Context, Done, Frame, Run, Workflow,
    conflict::{self, How, Incoming},
    merge,
    request::BringToDev,
    work::Work,
};
use crate::{
    error::{Error, Result},
    model::{Address, CodePointer, EnvironmentName, view::CommitRow},
};

/// Commits that are listed; a hotfix is a few.
const LISTED: usize = 200;

pub(super) struct Plan {
    target: merge::Target,
    commit: String,
}

/// Commits of Test or Live that Dev has neither got nor repeated, newest first.
pub fn orphans(context: &Context, environment: &Address) -> Result<Vec<CommitRow>> {
    let found = context.store.environment(environment)?;
    let CodePointer::Release { commit, .. } = &found.code else { return Ok(Vec::new()) };
    let dev = Address::new(&environment.site, &EnvironmentName::Dev);
    let dev = context.commit_of(&context.store.environment(&dev)?)?;
    context.repository(&environment.site).unpicked(commit, &dev, LISTED)
}

/// Cherry-picked, as Pantheon's documentation has it. A history with merges can't be: it is merged whole.
pub(super) fn incoming(context: &Context, wanted: &BringToDev) -> Result<Incoming> {
    let from = &wanted.environment;
    let mut orphans = orphans(context, from)?;
    orphans.reverse();
    let target = merge::target(context, &Address::new(&from.site, &EnvironmentName::Dev))?;
    let commit = context.commit_of(&context.store.environment(from)?)?;
    let repository = context.repository(&from.site);
    let merges = orphans.iter().map(|it| Ok(repository.parents(&it.commit)?.len() > 1));
    let has_merges = merges.collect::<Result<Vec<bool>>>()?.contains(&true);
    let (how, by_hand) = if has_merges {
        let message = format!("Bring commits of {} to {}", from.environment.title(), target.branch);
        (How::Merge { message }, format!("git merge {commit}"))
    } else {
        let ids: Vec<&str> = orphans.iter().map(|it| it.commit.as_str()).collect();
        let by_hand = format!("git cherry-pick -x {}", ids.join(" "));
        (How::Pick { commits: orphans }, by_hand)
    };
    Ok(Incoming { target, from: from.environment.title().to_owned(), commit, how, by_hand })
}

impl Run for BringToDev {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan(context: &Context, wanted: &BringToDev) -> Result<Plan> {
    let incoming = incoming(context, wanted)?;
    if incoming.count(context)? == 0 {
        return Err(Error::refused(format!("Dev has every commit of {}", wanted.environment)));
    }
    incoming.target.refuse_uncommitted(context)?;
    let commit = incoming.combined(context, &conflict::choices(&wanted.resolve, false)?)?;
    merge::check_code(context, &incoming.target.site, &commit)?;
    Ok(Plan { target: incoming.target, commit })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan) -> Result<Done> {
    merge::bring(work, &plan.target, &plan.commit, false)
}
