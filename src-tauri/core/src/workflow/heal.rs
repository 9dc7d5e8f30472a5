//! Takes away what a workflow built before its switch; at start, for workflows whose owner died.
use std::fs;

use super::{Context, leftovers, prune, work};
use crate::{
    code,
    content::files,
    error::{Doing, Error, Result},
    model::{Address, SiteName, WorktreeState, view::WorkflowState},
    store::{Trace, Workflow},
};

/// Takes back everything in a workflow's journal, newest first. Idempotent.
pub(crate) fn take_back(context: &Context, workflow: i64) -> Result<()> {
    for trace in context.store.traces(workflow)? {
        match trace {
            Trace::Made { path } => files::move_to_trash(&path, &context.layout.trash())?,
            Trace::Moved { from, to } => {
                if to.symlink_metadata().is_ok() && from.symlink_metadata().is_err() {
                    fs::rename(&to, &from).doing(|| format!("move {} back", to.display()))?;
                }
            }
            Trace::TakenOver(plan) => files::take_back(&plan)?,
            Trace::Tag { site, name } => {
                let repository = context.repository(&site);
                if let Some(now) = repository.reference(&name)? {
                    repository.move_reference(&name, Some(&now), None)?;
                }
            }
            Trace::Linked { site, folder } => {
                let repository = context.repository(&site);
                if repository.path().exists() {
                    repository.forget_worktree(&folder)?;
                }
            }
            Trace::Worktree { environment, branch, before, after } => {
                take_back_worktree(context, &environment, &branch, &before, &after)?;
            }
            Trace::Reference { site, name, before, after } => {
                let repository = context.repository(&site);
                if repository.path().exists() && repository.reference(&name)? == after {
                    let (from, to) = (after.as_deref(), before.as_deref());
                    repository.move_reference(&name, from, to)?;
                }
            }
        }
    }
    work::empty_trash_in_background(context.layout.trash());
    Ok(())
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
    let head = repository.head(branch)?;
    if head == after.commit && head != before.commit {
        let name = format!("refs/heads/{branch}");
        repository.move_reference(&name, Some(&head), Some(&before.commit))?;
    } else if head != before.commit {
        return Ok(());
    }
    let files = before.snapshot.as_deref().unwrap_or(&before.commit);
    code::restore_worktree(&folder, files)
}

/// What healing a root folder came to.
pub struct Healed {
    /// Workflows that were taken back.
    pub workflows: Vec<Workflow>,
    /// Sites whose links could not be repaired, with the reason; the others run.
    pub problems: Vec<(SiteName, Error)>,
}

/// Heals the root folder at start: takes back interrupted workflows, repairs links, mends worktrees after a
/// move of the folder, empties the trash.
pub fn at_start(context: &Context) -> Result<Healed> {
    let interrupted = context.store.interrupted_workflows()?;
    for workflow in &interrupted {
        take_back(context, workflow.id)?;
        let error = Error::new(
            crate::Code::Failed,
            format!("“{}” was interrupted: Portico ended in the middle of it", workflow.title),
        )
        .hint("Everything is as it was before; run it again.");
        context.store.end_workflow(workflow.id, WorkflowState::RolledBack, Some(&error))?;
    }
    let scratch = context.layout.scratch();
    if scratch.exists() {
        files::move_to_trash(&scratch, &context.layout.trash())?;
    }
    leftovers::clear(context)?;
    prune::deleted_sites(context)?;
    let mut problems = Vec::new();
    for site in context.store.sites()? {
        let record = context.store.site_record(&site.name)?;
        let repaired = context
            .mend_worktrees(&record)
            .and_then(|()| context.follow(&site.name))
            .and_then(|()| prune::put_away(context, &site.name).map(drop));
        problems.extend(repaired.err().map(|error| (site.name, error)));
    }
    work::empty_trash_in_background(context.layout.trash());
    let workflows =
        interrupted.iter().map(|it| context.store.workflow(it.id)).collect::<Result<_>>()?;
    Ok(Healed { workflows, problems })
}
