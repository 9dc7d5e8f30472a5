//! Takes away what a workflow built before its switch; at start, for workflows whose owner died.
use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

use super::{Context, leftovers, prune, work};
use crate::{
    code,
    content::files,
    durable,
    error::{Doing, Error, Result},
    model::{
        Address, SiteName, WorktreeState,
        view::{Problem, WorkflowState},
    },
    store::{Interrupted, Trace, Workflow},
};

/// The setting that says when everything was written to the disk the last time.
pub(super) const WRITTEN_OUT: &str = "written_out";

/// Files are as new as a workflow when they are not older than it by more: some disks keep whole seconds only.
const CLOCKS: Duration = Duration::from_secs(2);

/// Takes back everything in a workflow's journal, newest first, so that it stays so after a power cut. Idempotent.
///
/// # Errors
/// The first thing that could not be taken back; all others are, but for what holds it.
pub(crate) fn take_back(context: &Context, workflow: i64) -> Result<()> {
    let traces = context.store.traces(workflow)?;
    if traces.is_empty() {
        return Ok(());
    }
    let mut failed = Ok(());
    // What is to come out of a folder yet must not go with it.
    let mut held = Vec::new();
    for trace in traces {
        let place = match &trace {
            Trace::TakenOver(plan) => Some(plan.to.clone()),
            Trace::Moved { to, .. } => Some(to.clone()),
            _ => None,
        };
        if matches!(&trace, Trace::Made { path } if held.iter().any(|it: &PathBuf| it.starts_with(path)))
        {
            continue;
        }
        if let Err(error) = take_back_one(context, trace) {
            held.extend(place);
            failed = failed.and(Err(error));
        }
    }
    // The journal is forgotten next.
    durable::tree(context.layout.root())?;
    work::empty_trash_in_background(context.layout.trash());
    failed
}

fn take_back_one(context: &Context, trace: Trace) -> Result<()> {
    match trace {
        Trace::Made { path } => files::move_to_trash(&path, &context.layout.trash()),
        Trace::Moved { from, to } => {
            if to.symlink_metadata().is_ok() && from.symlink_metadata().is_err() {
                fs::rename(&to, &from).doing(|| format!("move {} back", to.display()))?;
            }
            Ok(())
        }
        Trace::TakenOver(plan) => files::take_back(&plan),
        Trace::Tag { site, name } => {
            let repository = context.repository(&site);
            let now = repository.reference(&name).ok().flatten();
            repository.take_back_reference(&name, now.as_deref(), None)
        }
        Trace::Linked { site, folder } => {
            let repository = context.repository(&site);
            match repository.path().exists() {
                true => repository.forget_worktree(&folder),
                false => Ok(()),
            }
        }
        Trace::Worktree { environment, branch, before, after } => {
            take_back_worktree(context, &environment, &branch, &before, &after)
        }
        Trace::Reference { site, name, before, after } => {
            let repository = context.repository(&site);
            match repository.path().exists() {
                true => repository.take_back_reference(&name, after.as_deref(), before.as_deref()),
                false => Ok(()),
            }
        }
    }
}

/// Puts a folder and its branch back, however far they came; a branch that is elsewhere by now is left alone.
fn take_back_worktree(
    context: &Context,
    environment: &Address,
    branch: &str,
    before: &WorktreeState,
    after: &WorktreeState,
) -> Result<()> {
    let repository = context.repository(&environment.site);
    let folder = context.layout.code(environment);
    if !folder.exists() {
        return Ok(());
    }
    let name = format!("refs/heads/{branch}");
    repository.take_back_reference(&name, Some(&after.commit), Some(&before.commit))?;
    if repository.head(branch)? != before.commit {
        return Ok(());
    }
    repository.repair_worktree(&folder)?;
    code::restore_worktree(&folder, before.snapshot.as_deref().unwrap_or(&before.commit))
}

/// What healing a root folder came to.
pub struct Healed {
    /// Workflows that were taken back.
    pub workflows: Vec<Workflow>,
    /// What could not be made ready, with the reason; all others run.
    pub problems: Vec<Problem>,
}

/// A little before a moment, as files tell times.
fn before(moment: Timestamp) -> SystemTime {
    let since = u64::try_from(moment.as_millisecond()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(since).saturating_sub(CLOCKS)
}

/// Takes away what a power cut left half written in a site's repository since everything was on the disk: plans and looks
/// write objects, too.
fn remove_half_written(context: &Context, site: &SiteName, since: Option<Timestamp>) -> Result<()> {
    let repository = context.repository(site);
    match since {
        Some(since) if repository.path().exists() => {
            repository.remove_half_written(before(since)).map(drop)
        }
        _ => Ok(()),
    }
}

/// Takes back what a workflow built whose owner died, perhaps with the machine.
fn take_back_interrupted(context: &Context, workflow: &Interrupted) -> Result<()> {
    let repository = context.repository(&workflow.site);
    if repository.path().exists() {
        repository.remove_locks(before(workflow.started_at))?;
    }
    remove_half_written(context, &workflow.site, Some(workflow.started_at))?;
    take_back(context, workflow.id)?;
    let error = Error::new(
        crate::Code::Failed,
        format!("“{}” was interrupted: Portico ended in the middle of it", workflow.title),
    )
    .hint("Everything is as it was before; run it again.");
    context.store.end_workflow(workflow.id, WorkflowState::RolledBack, Some(&error))
}

/// Heals the root folder at start: takes back interrupted workflows, repairs links, mends worktrees after a
/// move of the folder, empties the trash. What fails costs the site or environment that it is of, nothing else.
pub fn at_start(context: &Context) -> Result<Healed> {
    let mut healed = Healed { workflows: Vec::new(), problems: Vec::new() };
    let problem = |site: &SiteName, error| Problem { site: site.clone(), environment: None, error };
    for workflow in context.store.interrupted_workflows()? {
        // One that can't be taken back now is tried again at the next start.
        if let Err(error) = take_back_interrupted(context, &workflow) {
            healed.problems.push(problem(&workflow.site, error));
        } else if let Ok(workflow) = context.store.workflow(workflow.id) {
            healed.workflows.push(workflow);
        }
    }
    let scratch = context.layout.scratch();
    if scratch.exists() {
        files::move_to_trash(&scratch, &context.layout.trash())?;
    }
    leftovers::clear(context)?;
    for (site, error) in context.store.unreadable_sites()? {
        healed.problems.push(problem(&site, error));
    }
    let written_out = context.store.setting(WRITTEN_OUT)?.and_then(|it| it.parse().ok());
    for site in context.store.sites()? {
        // A repository that can't be mended stops no environment.
        let mended = remove_half_written(context, &site.name, written_out)
            .and_then(|()| context.repository(&site.name).heal_pushes());
        healed.problems.extend(mended.err().map(|error| problem(&site.name, error)));
        let ready = context
            .mend_all_worktrees(&site.name)
            .and_then(|()| context.follow(&site.name))
            .and_then(|found| prune::move_to_trash(context, &site.name).map(|_| found));
        match ready {
            Ok(found) => healed.problems.extend(found),
            Err(error) => healed.problems.push(problem(&site.name, error)),
        }
    }
    work::empty_trash_in_background(context.layout.trash());
    Ok(healed)
}
