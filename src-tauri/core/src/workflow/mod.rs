//! Long operations: what can be asked for, what is told meanwhile, and the frame that runs them.
//!
//! Every workflow builds the new thing beside the old, checks it, and then moves the pointers in one
//! database transaction. **Invariant:** before that transaction nothing that a visitor or a person
//! uses has changed; a failure, a cancel or a crash before it takes away what was built.
mod bring_to_dev;
mod change;
mod clear_cache;
mod clone_content;
mod command;
mod commit;
pub mod context;
mod create_multidev;
mod create_site;
mod delete_multidev;
mod delete_site;
mod deploy;
mod deploy_tag;
mod generation;
pub mod heal;
mod install_site;
mod merge;
pub mod prune;
pub mod running;
mod set_connection;
pub mod title;
mod undo;
pub mod upstream;
mod wipe;
mod work;

pub use crate::model::{
    Change,
    request::{self, Event, Query, Request},
};
pub use bring_to_dev::orphans;
pub use command::command_line;
pub use context::Context;
pub use deploy::plan_for_people as deploy_plan;
pub(crate) use deploy::waiting;
pub use undo::is_undoable;
pub(crate) use work::random_text;

use crate::{
    error::{Error, Result},
    model::{GenerationRow, view::WorkflowState},
    progress::Cancel,
    store::{self, Workflow},
};
use work::Work;

/// What a workflow has built and checked; the frame makes it true.
#[derive(Default)]
pub(crate) struct Done {
    /// New generations.
    pub(crate) generations: Vec<GenerationRow>,
    /// Pointers to move, in this order.
    pub(crate) changes: Vec<Change>,
    /// What it brought about, for programs.
    pub(crate) result: serde_json::Map<String, serde_json::Value>,
    /// The workflow that this one undoes.
    pub(crate) undoes: Option<i64>,
    /// The environment whose caches are cleared once it runs the new.
    pub(crate) clear_cache: Option<crate::model::Address>,
}

/// Runs a request, and leaves the site either as asked or as it was.
///
/// # Errors
/// Busy when another workflow runs on the site; what the request itself meets.
pub fn run(
    context: &Context,
    request: &Request,
    on_event: &(dyn Fn(Event) + Sync),
    cancel: &Cancel,
) -> Result<Workflow> {
    let title = title::of(request);
    let _held = context.hold_site(request.site(), &title)?;
    match request {
        Request::CreateSite(it) => {
            let plan = create_site::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| create_site::run(work, &plan))
        }
        Request::InstallSite(it) => {
            let plan = install_site::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| install_site::run(work, &plan))
        }
        Request::DeleteSite(it) => {
            delete_site::check(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| delete_site::run(work, it))
        }
        Request::Deploy(it) => {
            let plan = deploy::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| deploy::run(work, &plan))
        }
        Request::CloneContent(it) => {
            let plan = clone_content::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| {
                clone_content::run(work, &plan)
            })
        }
        Request::Commit(it) => {
            let plan = commit::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| commit::run(work, &plan))
        }
        Request::SetConnection(it) => {
            let found = set_connection::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| {
                set_connection::run(work, it, found)
            })
        }
        Request::ClearCache(it) => {
            let plan = clear_cache::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| clear_cache::run(work, &plan))
        }
        Request::Wipe(it) => {
            let plan = wipe::plan(context, it)?;
            frame(context, request, &title, on_event, cancel, |work| wipe::run(work, &plan))
        }
        Request::CreateMultidev(_)
        | Request::DeleteMultidev(_)
        | Request::MergeToDev(_)
        | Request::MergeFromDev(_)
        | Request::SetUpstream(_)
        | Request::ApplyUpstream(_)
        | Request::DeployTag(_)
        | Request::BringToDev(_) => run_code(context, request, &title, on_event, cancel),
        Request::Undo(it) => {
            let plan = undo::plan(context, it)?;
            let title = plan.title();
            frame(context, request, &title, on_event, cancel, |work| undo::run(work, plan))
        }
    }
}

/// The requests of branches, merges and tags.
fn run_code(
    context: &Context,
    request: &Request,
    title: &str,
    on_event: &(dyn Fn(Event) + Sync),
    cancel: &Cancel,
) -> Result<Workflow> {
    match request {
        Request::CreateMultidev(it) => {
            let plan = create_multidev::plan(context, it)?;
            frame(context, request, title, on_event, cancel, |work| {
                create_multidev::run(work, &plan)
            })
        }
        Request::DeleteMultidev(it) => {
            let found = delete_multidev::plan(context, it)?;
            frame(context, request, title, on_event, cancel, |work| {
                delete_multidev::run(work, it, found)
            })
        }
        Request::MergeToDev(it) => {
            let plan = merge::plan(context, it, merge::Way::ToDev)?;
            frame(context, request, title, on_event, cancel, |work| merge::run(work, &plan))
        }
        Request::MergeFromDev(it) => {
            let plan = merge::plan(context, it, merge::Way::FromDev)?;
            frame(context, request, title, on_event, cancel, |work| merge::run(work, &plan))
        }
        Request::SetUpstream(it) => {
            let change = upstream::plan_set(context, it)?;
            frame(context, request, title, on_event, cancel, |_| Ok(upstream::run_set(change)))
        }
        Request::ApplyUpstream(it) => {
            let plan = upstream::plan(context, it)?;
            frame(context, request, title, on_event, cancel, |work| upstream::run(work, &plan))
        }
        Request::DeployTag(it) => {
            let plan = deploy_tag::plan(context, it)?;
            frame(context, request, title, on_event, cancel, |work| deploy_tag::run(work, &plan))
        }
        Request::BringToDev(it) => {
            let plan = bring_to_dev::plan(context, it)?;
            frame(context, request, title, on_event, cancel, |work| bring_to_dev::run(work, &plan))
        }
        other => unreachable!("{} is no request of code", other.kind()),
    }
}

/// The one frame: journal, steps, switch; or everything put back.
fn frame(
    context: &Context,
    request: &Request,
    title: &str,
    on_event: &(dyn Fn(Event) + Sync),
    cancel: &Cancel,
    body: impl FnOnce(&Work<'_>) -> Result<Done>,
) -> Result<Workflow> {
    let id = context.store.begin_workflow(request.site(), request.environment(), request, title)?;
    let work = Work::begin(context, id, on_event, cancel)?;
    on_event(Event::Started { workflow: context.workflow_row(&context.store.workflow(id)?)? });
    let outcome = body(&work).and_then(|done| switch(&work, request, done));
    if let Err(error) = &outcome {
        take_back(&work, error)?;
    }
    let workflow = context.store.workflow(id)?;
    work.log_end(outcome.as_ref().err());
    on_event(Event::Finished { workflow: context.workflow_row(&workflow)? });
    outcome.map(|()| workflow)
}

/// Moves the pointers in one transaction, then everything that is derived from them.
fn switch(work: &Work<'_>, request: &Request, done: Done) -> Result<()> {
    let context = work.context;
    work.cancel.check()?;
    work.move_references(&done.changes)?;
    let result = serde_json::Value::Object(done.result);
    context.store.transaction(|transaction| {
        for generation in &done.generations {
            if !matches!(request, Request::CreateSite(_)) {
                store::generations::insert(transaction, generation)?;
            }
        }
        for change in &done.changes {
            change::apply(transaction, change)?;
        }
        store::workflows::succeed(transaction, work.id, done.undoes, &done.changes, &result)
    })?;
    // From here on the work is done, whatever happens to what follows from it.
    let followed = context.follow(request.site());
    work.release_holds();
    work.let_go_of_replaced(&done.changes);
    if let Some(environment) = done.clear_cache
        && let Err(error) = clear_cache::clear(work, &environment)
    {
        work.line(format!("caches were not cleared: {error}"));
        error.causes.iter().for_each(|cause| work.line(format!("  because {cause}")));
    }
    if let Err(error) = prune::after_workflow(context, request.site()) {
        work.line(format!("what is not needed any more was not let go: {error}"));
    }
    followed.map_err(|error| {
        error.hint("The change itself is done; the links are repaired when Portico starts again.")
    })
}

/// Takes away what the workflow built and notes how it ended.
fn take_back(work: &Work<'_>, error: &Error) -> Result<()> {
    let state = if error.is_cancelled() { WorkflowState::Cancelled } else { WorkflowState::Failed };
    // After the switch there is nothing to take back: what failed then came after the work was done.
    if work.context.store.workflow(work.id)?.state != WorkflowState::Running {
        return Ok(());
    }
    work.release_holds();
    work.stop_own_servers();
    heal::take_back(work.context, work.id)?;
    work.context.store.end_workflow(work.id, state, Some(error))
}
