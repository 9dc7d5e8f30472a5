//! `undo`: the pointers of a workflow moved back, as a new workflow; so an undo can be undone.
use super::{
    Change, Context, Done, Frame, Run, change, delete_multidev, delete_site, deploy,
    request::Undo,
    work::{DRAIN_TIMEOUT, Work},
};
use crate::{
    code,
    error::{Error, Result},
    model::{Address, CodePointer, SiteName, view::WorkflowState},
    store::Workflow,
};

/// How far back the newest undoable workflow is looked for.
const HISTORY_LIMIT: u32 = 200;

pub(super) struct Plan {
    undone: Workflow,
    changes: Vec<Change>,
}

impl Plan {
    /// "Undo “Deploy to Test”"; undoing that is "Redo “Deploy to Test”".
    pub(super) fn title(&self) -> String {
        let title = &self.undone.title;
        match (title.strip_prefix("Undo "), title.strip_prefix("Redo ")) {
            _ if self.undone.undoes.is_none() => format!("Undo “{title}”"),
            (Some(what), _) => format!("Redo {what}"),
            (_, Some(what)) => format!("Undo {what}"),
            _ => format!("Undo “{title}”"),
        }
    }
}

impl Run for Undo {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        Frame { title: plan.title(), ..frame }.run(plan, run)
    }
}

pub(super) fn plan(context: &Context, wanted: &Undo) -> Result<Plan> {
    let undone = match wanted.workflow {
        Some(id) => context.store.workflow(id)?,
        None => newest(context, &wanted.site)?,
    };
    if undone.site != wanted.site {
        return Err(Error::not_found("workflow", undone.id)
            .hint(format!("That workflow belongs to `{}`.", undone.site)));
    }
    if undone.state != WorkflowState::Succeeded || undone.changes.is_empty() {
        return Err(Error::refused(format!("workflow {} changed nothing", undone.id)));
    }
    if let Some(change) = obstacle(context, &undone)? {
        return Err(refusal(context, &undone, &change)?);
    }
    let changes: Vec<Change> = undone.changes.iter().rev().map(Change::reversed).collect();
    for change in &changes {
        check_host(context, change)?;
    }
    Ok(Plan { undone, changes })
}

/// Why the workflow can't be taken back while this change can't.
fn refusal(context: &Context, undone: &Workflow, change: &Change) -> Result<Error> {
    if let Change::Content { environment, before, .. } = change {
        let site = &environment.site;
        if context.store.generation(environment, *before)?.is_none() {
            return Ok(Error::refused(format!(
                "generation {before} of {environment} is not kept any more"
            ))
            .hint(format!("`portico generation:keep {site}` shows which are kept.")));
        }
        let folder = context.layout.generation(environment, *before);
        if !folder.is_dir() {
            return Ok(Error::refused(format!(
                "the folder of generation {before} of {environment} is gone: {}",
                folder.display()
            ))
            .hint("Put it back, or stay with the present content."));
        }
    }
    if let Change::Code { environment, before, .. } = change
        && !is_there_or_can_be(context, environment, before).unwrap_or(false)
    {
        return Ok(Error::refused(format!(
            "the release that {environment} ran is gone, and so is its commit"
        ))
        .hint(format!(
            "`portico site:repair {}` looks through the repository.",
            environment.site
        )));
    }
    let title = &undone.title;
    Ok(Error::refused(format!("{} has changed since “{title}”", change.subject()))
        .hint("Undo the later workflow first; `portico workflow:list` shows them."))
}

/// What comes back must not have an address that another site took meanwhile.
fn check_host(context: &Context, change: &Change) -> Result<()> {
    match change {
        Change::Environment { environment, after: Some(_), .. } => context.check_host(environment),
        Change::Adopted { site, after: Some(facts), .. } => {
            let mut all = facts.record.environments.iter();
            all.try_for_each(|it| context.check_host(&Address::new(site, &it.name)))
        }
        Change::Site { site, after: Some(record), .. } => {
            let mut all = record.environments.iter();
            all.try_for_each(|it| context.check_host(&Address::new(site, &it.name)))
        }
        _ => Ok(()),
    }
}

fn newest(context: &Context, site: &SiteName) -> Result<Workflow> {
    let all = context.store.workflows(Some(site), HISTORY_LIMIT)?;
    let mut changed =
        all.into_iter().filter(|it| it.state == WorkflowState::Succeeded && !it.changes.is_empty());
    changed.next().ok_or_else(|| match context.store.find_site(site) {
        Ok(None) => Error::not_found("site", site),
        _ => Error::refused(format!("`{site}` has nothing to undo")),
    })
}

/// The first of its pointers that can't be moved back: it was moved since, or what it pointed to is gone.
fn obstacle(context: &Context, workflow: &Workflow) -> Result<Option<Change>> {
    for moved in &workflow.changes {
        let back = moved.reversed();
        if !change::starts_from_here(&back, &context.store)? || !exists(context, &back)? {
            return Ok(Some(moved.clone()));
        }
    }
    Ok(None)
}

/// Whether what the pointer would point to is still kept.
fn exists(context: &Context, change: &Change) -> Result<bool> {
    let layout = &context.layout;
    Ok(match change {
        Change::Code { environment, after, .. } => is_there_or_can_be(context, environment, after)?,
        Change::Content { environment, after, .. } => {
            context.store.generation(environment, *after)?.is_some()
                && layout.generation(environment, *after).is_dir()
        }
        Change::Environment { environment, before: None, after: Some(after) }
            if after.name.is_writable() =>
        {
            let created = after.created.as_millisecond();
            layout.deleted_environment(environment, created).exists()
                && context.store.generation(environment, after.generation)?.is_some()
        }
        Change::Environment { environment, after: Some(after), .. } => {
            context.store.generation(environment, after.generation)?.is_some()
        }
        Change::Site { site, after: Some(after), .. } => {
            layout.deleted(site, &after.site.id).exists()
        }
        Change::Adopted { site, after: Some(_), .. } => layout.holds_site(site),
        Change::Worktree { environment, branch, before, .. } => {
            context.store.find_environment(environment)?.is_some()
                && context.repository(&environment.site).head(branch)? == before.commit
        }
        Change::Reference { site, name, before, .. } => {
            context.store.find_site(site)?.is_some()
                && context.repository(site).reference(name)? == *before
        }
        Change::Backup { environment, id, before: true, .. } => {
            layout.backup(environment, id).exists()
        }
        Change::Backup { environment, id, .. } => layout.deleted_backup(environment, id).exists(),
        _ => true,
    })
}

/// Whether code is there; a release that is not can be checked out again while its commit is kept.
fn is_there_or_can_be(context: &Context, address: &Address, code: &CodePointer) -> Result<bool> {
    let CodePointer::Release { directory, commit, .. } = code else { return Ok(true) };
    if context.layout.release(address, directory).exists() {
        return Ok(true);
    }
    let repository = context.repository(&address.site);
    Ok(repository.path().exists() && repository.has_commit(commit)?)
}

/// Whether `portico undo` can take the workflow back now. Where that can't be found out, as with a damaged
/// repository, it can't; who tries is told why.
pub fn is_undoable(context: &Context, workflow: &Workflow) -> bool {
    workflow.state == WorkflowState::Succeeded
        && !workflow.changes.is_empty()
        && matches!(obstacle(context, workflow), Ok(None))
}

pub(super) fn run(work: &Work<'_>, plan: &Plan) -> Result<Done> {
    let mut changes = plan.changes.clone();
    for change in &mut changes {
        prepare(work, change)?;
    }
    work.line(format!("undoes “{}” (workflow {})", plan.undone.title, plan.undone.id));
    let mut result = serde_json::Map::new();
    result.insert("undoes".into(), plan.undone.title.clone().into());
    Ok(Done { changes, result, undoes: Some(plan.undone.id), ..Done::default() })
}

/// Brings the folder of a site to where its pointer will say it is, and notes what there is to bring back.
fn prepare(work: &Work<'_>, change: &mut Change) -> Result<()> {
    let context = work.context;
    match change {
        Change::Adopted { site, before: Some(before), after: None } => {
            **before = context.store.site_facts(site)?;
            delete_site::stop(work, site)
        }
        Change::Adopted { before: None, after: Some(after), .. } => {
            context.mend_worktrees(&after.record)
        }
        Change::Code { environment, after, .. } => {
            deploy::check_out_again(work, environment, after)
        }
        Change::Site { site, before: Some(before), after: None } => {
            **before = context.store.site_record(site)?;
            let id = before.site.id.clone();
            delete_site::set_aside(work, site, &id)
        }
        Change::Site { site, before: None, after: Some(after) } => {
            let kept = context.layout.deleted(site, &after.site.id);
            work.move_path(&kept, &context.layout.site(site))?;
            context.mend_worktrees(after)
        }
        Change::Environment { environment, before: Some(before), after: None }
            if !before.name.is_writable() =>
        {
            **before = context.store.environment(environment)?;
            let _held = context.hold(environment)?;
            context.runtime.stop_environment(environment, DRAIN_TIMEOUT)
        }
        Change::Environment { environment, before: Some(before), after: None } => {
            **before = context.store.environment(environment)?;
            delete_multidev::set_aside(work, before)
        }
        Change::Environment { before: None, after: Some(after), .. }
            if after.name.is_writable() =>
        {
            delete_multidev::bring_back(work, after)
        }
        Change::Backup { environment, id, after, .. } => {
            let (here, aside) = (
                context.layout.backup(environment, id),
                context.layout.deleted_backup(environment, id),
            );
            match after {
                true => work.move_path(&aside, &here),
                false => work.move_path(&here, &aside),
            }
        }
        Change::Worktree { environment, before, after, .. } => {
            // Nobody sees half of the files.
            work.hold_until_switched(environment)?;
            let folder = context.layout.code(environment);
            if let (Some(then), Some(back)) = (&before.snapshot, &after.snapshot) {
                // Only what the undone workflow changed comes back: files that were edited since stay.
                after.snapshot = Some(code::carry_changes(&folder, then, back)?);
            } else if before.snapshot.is_none() {
                return Ok(());
            }
            // What is in the folder now is what undoing this undo brings back.
            before.snapshot = match code::count_changes(&folder)? {
                0 if after.snapshot.is_none() => None,
                _ => Some(code::snapshot_worktree(&folder)?),
            };
            Ok(())
        }
        _ => Ok(()),
    }
}
