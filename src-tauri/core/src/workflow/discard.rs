//! `env:discard`: uncommitted changes leave a writable environment's folder; undo brings them back.
use super::{
    Change, Context, Done, Frame, Run, Workflow, merge, request::Discard, running, work::Work,
};
use crate::{
    code,
    error::{Error, Result},
    model::WorktreeState,
};

pub(super) struct Plan<'a> {
    wanted: &'a Discard,
    target: merge::Target,
}

impl Run for Discard {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a Discard) -> Result<Plan<'a>> {
    let target = merge::target(context, &wanted.environment)?;
    let changes = code::changes(&running::code_folder(context, &target.environment))?;
    if changes.is_empty() {
        return Err(Error::refused("there is nothing to discard"));
    }
    match wanted.files.iter().find(|file| !changes.iter().any(|it| it.file == **file)) {
        Some(file) => Err(Error::not_found("changed file", file)),
        None => Ok(Plan { wanted, target }),
    }
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let (wanted, target) = (plan.wanted, &plan.target);
    let folder = running::code_folder(work.context, &target.environment);
    let (all, rest) = work.step("Keep the uncommitted changes", |_| {
        Ok((code::snapshot_worktree(&folder)?, code::snapshot_without(&folder, &wanted.files)?))
    })?;
    // Nobody sees half of the files.
    work.hold_until_switched(&wanted.environment)?;
    let state = |snapshot| WorktreeState { commit: target.commit.clone(), snapshot };
    Ok(Done {
        changes: vec![Change::Worktree {
            environment: wanted.environment.clone(),
            branch: target.branch.clone(),
            before: state(Some(all)),
            after: state(Some(rest)),
        }],
        ..Done::default()
    })
}
