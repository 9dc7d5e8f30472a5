//! Long operations: what can be asked for, what is told meanwhile, and the frame that runs them.
//!
//! Every workflow builds the new thing beside the old, checks it, and then moves the pointers in one
//! database transaction. **Invariant:** before that transaction nothing that a visitor or a person
//! uses has changed; a failure, a cancel or a crash before it takes away what was built.
mod adopt_site;
mod bring_to_dev;
mod change;
mod check;
mod clear_cache;
mod clone_content;
pub mod clone_plan;
pub mod clone_profile;
mod command;
mod commit;
pub mod compare;
mod configuration;
mod conflict;
pub mod context;
pub mod counts;
mod create_multidev;
mod create_site;
pub mod cron;
pub(crate) mod damage;
mod delete_multidev;
mod delete_site;
mod deploy;
mod deploy_tag;
mod discard;
pub mod disk;
mod effort;
mod export;
mod found_site;
pub mod free;
mod generation;
pub mod generations;
pub mod heal;
mod import;
pub mod import_plan;
mod import_site;
mod import_url;
pub mod inspect;
mod install_site;
pub mod keep_rule;
pub mod keeping;
mod leftovers;
mod load;
mod lock;
mod merge;
pub mod operate;
pub mod prune;
mod quicksilver;
pub mod reach;
mod repair;
mod report;
pub mod running;
pub mod search_replace;
mod set_connection;
mod set_database;
mod smoke_test;
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
pub(crate) use check::warnings;
pub use check::{pushed_code, written_out};
pub(crate) use clone_plan::content_info;
pub use command::command_line;
pub(crate) use command::quote;
pub use configuration::{configuration, last_difference};
pub use conflict::merge_plan;
pub use context::Context;
pub use deploy::preview as deploy_plan;
pub(crate) use deploy::waiting;
pub use quicksilver::hooks;
pub use repair::preview as repair_plan;
pub use report::{last_launch_check, launch_check};
pub use smoke_test::last_smoke_test;
pub use undo::is_undoable;
pub(crate) use work::random_text;

use std::time::Instant;

use crate::{
    durable::Durable,
    error::{Error, Result, contained},
    model::{
        Address, GenerationRow, HookRun, HookStage, SiteName, secrets::text_without_secrets,
        view::WorkflowState,
    },
    progress::Cancel,
    store::{self, Workflow},
};
use keeping::Kept;
use quicksilver::Hooks;
use work::Work;

/// What a workflow has built and checked; the frame makes it true.
#[derive(Default)]
pub(crate) struct Done {
    /// New generations.
    pub(crate) generations: Vec<GenerationRow>,
    /// Generations that are forgotten in the same moment, because a new one took over their files.
    pub(crate) let_go: Vec<(Address, u32)>,
    /// Pointers to move, in this order.
    pub(crate) changes: Vec<Change>,
    /// What it brought about, for programs.
    pub(crate) result: serde_json::Map<String, serde_json::Value>,
    /// The workflow that this one undoes.
    pub(crate) undoes: Option<i64>,
    /// The environment whose caches are cleared once it runs the new.
    pub(crate) clear_cache: Option<Address>,
    /// How the site's own scripts ran so far.
    pub(crate) hooks: Vec<HookRun>,
    /// What is let go for good once this is recorded.
    pub(crate) frees: Vec<Kept>,
}

/// Runs a request, and leaves the site either as asked or as it was.
///
/// # Errors
/// Busy when another workflow runs on the site; what the request itself meets.
#[allow(clippy::too_many_lines, reason = "a list of the requests")]
pub fn run(
    context: &Context,
    request: &Request,
    on_event: &(dyn Fn(Event) + Sync),
    cancel: &Cancel,
) -> Result<Workflow> {
    let title = title::of(&request.without_secrets());
    let _held = context.hold_site(request.site(), &title)?;
    let frame = Frame { context, request, title, on_event, cancel };
    match request {
        _ if import_url::is_wanted(request) => {
            frame.run(import_url::plan(context, request)?, import_url::run)
        }
        Request::CreateSite(it) => frame.run(create_site::plan(context, it)?, create_site::run),
        Request::AdoptSite(it) => frame.run(adopt_site::plan(context, it)?, adopt_site::run),
        Request::RepairSite(it) => frame.run(repair::plan(context, it)?, repair::run),
        Request::InstallSite(it) => frame.run(install_site::plan(context, it)?, install_site::run),
        Request::DeleteSite(it) => {
            delete_site::check(context, it)?;
            frame.run(it, |work, it| delete_site::run(work, it))
        }
        Request::Deploy(it) => frame.run(deploy::plan(context, it)?, deploy::run),
        Request::CloneContent(it) => {
            frame.run(clone_content::plan(context, it)?, clone_content::run)
        }
        Request::Commit(it) => frame.run(commit::plan(context, it)?, commit::run),
        Request::SetConnection(it) => {
            let found = set_connection::plan(context, it)?;
            frame.run(found, |work, found| set_connection::run(work, it, found.clone()))
        }
        Request::ClearCache(it) => frame.run(clear_cache::plan(context, it)?, clear_cache::run),
        Request::Wipe(it) => frame.run(wipe::plan(context, it)?, wipe::run),
        Request::ImportDatabase(it) => frame.run(import::plan_database(context, it)?, import::run),
        Request::ImportFiles(it) => frame.run(import::plan_files(context, it)?, import::run),
        Request::ExportDatabase(it) => frame.run(export::plan_database(context, it)?, export::run),
        Request::ExportFiles(it) => frame.run(export::plan_files(context, it)?, export::run),
        Request::CreateMultidev(it) => {
            frame.run(create_multidev::plan(context, it)?, create_multidev::run)
        }
        Request::DeleteMultidev(it) => {
            let found = delete_multidev::plan(context, it)?;
            frame.run(found, |work, found| delete_multidev::run(work, it, found.clone()))
        }
        Request::MergeToDev(it) => {
            frame.run(merge::plan(context, it, merge::Way::ToDev)?, merge::run)
        }
        Request::MergeFromDev(it) => {
            frame.run(merge::plan(context, it, merge::Way::FromDev)?, merge::run)
        }
        Request::SetUpstream(it) => {
            let change = upstream::plan_set(context, it)?;
            frame.run(change, |_, change| Ok(upstream::run_set(change.clone())))
        }
        Request::ApplyUpstream(it) => frame.run(upstream::plan(context, it)?, upstream::run),
        Request::DeployTag(it) => frame.run(deploy_tag::plan(context, it)?, deploy_tag::run),
        Request::BringToDev(it) => frame.run(bring_to_dev::plan(context, it)?, bring_to_dev::run),
        Request::SetDatabase(it) => frame.run(set_database::plan(context, it)?, set_database::run),
        Request::Discard(it) => frame.run(discard::plan(context, it)?, discard::run),
        Request::RunHooks(it) => frame.run(quicksilver::plan(context, it)?, quicksilver::run),
        Request::ImportConfig(it) => {
            frame.run(configuration::plan_import(context, it)?, configuration::run_import)
        }
        Request::ExportConfig(it) => {
            frame.run(configuration::plan_export(context, it)?, configuration::run_export)
        }
        Request::SmokeTest(it) => frame.run(smoke_test::plan(context, it)?, smoke_test::run),
        Request::EnableLock(it) => frame.run(lock::plan_enable(context, it)?, operate::run),
        Request::DisableLock(it) => frame.run(lock::plan_disable(context, it)?, operate::run),
        Request::EnableCron(it) => frame.run(cron::plan_enable(context, it)?, operate::run),
        Request::DisableCron(it) => frame.run(cron::plan_disable(context, it)?, operate::run),
        Request::RunCron(it) => frame.run(cron::plan_run(context, it)?, cron::run),
        Request::ClearMail(it) => frame.run(operate::plan_clear_mail(context, it)?, operate::run),
        Request::Undo(it) => {
            let plan = undo::plan(context, it)?;
            Frame { title: plan.title(), ..frame }.run(plan, undo::run)
        }
        Request::AllowPath(it) => {
            frame.run(reach::plan_allow(context, it)?, |_, it| Ok(reach::run(it)))
        }
        Request::DisallowPath(it) => {
            frame.run(reach::plan_disallow(context, it)?, |_, it| Ok(reach::run(it)))
        }
        Request::SwitchGeneration(it) => {
            frame.run(generations::plan_switch(context, it)?, generations::run_switch)
        }
        Request::PinGeneration(it) => {
            let change = generations::plan_pin(context, it, true)?;
            frame.run(change, |_, change| Ok(generations::run_pin(change.clone())))
        }
        Request::UnpinGeneration(it) => {
            let change = generations::plan_pin(context, it, false)?;
            frame.run(change, |_, change| Ok(generations::run_pin(change.clone())))
        }
        Request::PruneGenerations(it) => frame
            .run(generations::plan_prune(context, it)?, |work, numbers| {
                generations::run_prune(work, it, numbers)
            }),
        Request::ImportSite(it) => frame.run(import_site::plan(context, it)?, import_site::run),
        Request::SetCloneProfile(it) => frame.run(clone_profile::plan(context, it)?, |work, it| {
            clone_profile::run(work.context, it)
        }),
        Request::KeepGenerations(it) => {
            frame.run(keep_rule::plan(context, it)?, |_, change| Ok(keep_rule::run(change)))
        }
        Request::FreeDisk(it) => frame.run(free::plan(context, it)?, free::run),
        Request::SearchReplace(it) => {
            frame.run(search_replace::plan(context, it)?, search_replace::run)
        }
    }
}

/// The one frame around every workflow: journal, steps, switch; or everything put back.
struct Frame<'a> {
    context: &'a Context,
    request: &'a Request,
    title: String,
    on_event: &'a (dyn Fn(Event) + Sync),
    cancel: &'a Cancel,
}

impl Frame<'_> {
    /// Runs a plan that was checked: from here on there is a row in the history.
    fn run<P>(self, plan: P, body: impl FnOnce(&Work<'_>, &P) -> Result<Done>) -> Result<Workflow> {
        let Self { context, request, title, on_event, cancel } = self;
        let (site, environment) = (request.site(), request.environment());
        let id = context.store.begin_workflow(site, environment, request, &title)?;
        let span = tracing::info_span!("workflow", id, kind = request.kind(), %site);
        let _inside = span.enter();
        tracing::info!("began: {title}");
        let work = Work::begin(context, id, on_event, cancel)?;
        on_event(Event::Started { workflow: context.workflow_row(&context.store.workflow(id)?)? });
        let hooks = quicksilver::around(context, request)?;
        let begun = Instant::now();
        let outcome = contained(|| {
            let ran = hooks.run(&work, HookStage::Before)?;
            let mut done = body(&work, &plan)?;
            done.hooks.splice(0..0, ran);
            switch(&work, request.site(), done, &hooks)
        });
        let outcome = outcome.map_err(without_secrets);
        if let Err(error) = &outcome
            && let Err(second) = take_back(&work, error)
        {
            work.line(format!("not everything was put back, the next start does it: {second}"));
            tracing::error!("not everything was put back: {}", second.whole());
        }
        let workflow = context.store.workflow(id)?;
        work.log_end(outcome.as_ref().err(), workflow.state);
        let seconds = begun.elapsed().as_secs_f64();
        match &outcome {
            Ok(()) => tracing::info!("done in {seconds:.3} s"),
            Err(error) if error.is_cancelled() => {
                tracing::info!("cancelled after {seconds:.3} s");
            }
            Err(error) => tracing::warn!("failed after {seconds:.3} s: {}", error.whole()),
        }
        on_event(Event::Finished { workflow: context.workflow_row(&workflow)? });
        outcome.map(|()| workflow)
    }
}

/// The error as it may be stored, logged and shown.
fn without_secrets(mut error: Error) -> Error {
    error.message = text_without_secrets(&error.message);
    error.hint = error.hint.as_deref().map(text_without_secrets);
    error.causes.iter_mut().for_each(|cause| *cause = text_without_secrets(cause));
    error
}

/// Moves the pointers in one transaction, then everything that is derived from them.
fn switch(work: &Work<'_>, site: &SiteName, done: Done, hooks: &Hooks) -> Result<()> {
    let context = work.context;
    work.cancel.check()?;
    damage::check_targets(context, &done)?;
    let begun = store::now();
    let (durable, has_written) = write_out(work, &done)?;
    let result = with_hooks(&done.result, &done.hooks);
    context.store.transaction(|transaction| {
        if has_written {
            store::settings::set(transaction, heal::WRITTEN_OUT, Some(&begun.to_string()))?;
        }
        for generation in &done.generations {
            store::generations::insert(transaction, generation)?;
        }
        for change in &done.changes {
            change::apply(transaction, change)?;
        }
        for (address, number) in &done.let_go {
            store::generations::let_go(transaction, address, *number)?;
        }
        store::workflows::succeed(
            transaction,
            &durable,
            work.id,
            done.undoes,
            &done.changes,
            &result,
        )
    })?;
    // From here on the work is done, whatever happens to what follows from it.
    let followed = context.follow(site);
    work.release_holds();
    work.retire_replaced(&done.changes);
    if !done.frees.is_empty() {
        free::free(work, &done.frees);
    }
    match prune::move_to_trash(context, site) {
        Ok(true) => work::empty_trash_in_background(context.layout.trash()),
        Ok(false) => {}
        Err(error) => work.line(format!("what is let go was not moved away yet: {error}")),
    }
    if let Some(environment) = done.clear_cache
        && let Err(error) = clear_cache::clear(work, &environment)
    {
        work.line(format!("caches were not cleared: {error}"));
        error.causes.iter().for_each(|cause| work.line(format!("  because {cause}")));
    }
    after_hooks(work, hooks, &done.result, done.hooks)?;
    match keeping::after_workflow(context, site) {
        Ok(let_go) => let_go.tell(work),
        Err(error) => work.line(format!("what is not needed any more was not let go: {error}")),
    }
    let problems = followed.map_err(|error| {
        error.hint("The change itself is done; the links are repaired when Portico starts again.")
    })?;
    // What is broken is told where the environment is shown; it may have been so before.
    for it in problems {
        let of = it.environment.map(|name| format!(".{name}")).unwrap_or_default();
        work.line(format!("{site}{of} is not whole: {}", it.error));
    }
    Ok(())
}

/// Brings to the disk what the pointers are about to point to: what was made, then the references and worktrees, which
/// move to what is there already. A workflow that only sets something has nothing to wait for.
/// Answers whether there was anything.
fn write_out(work: &Work<'_>, done: &Done) -> Result<(Durable, bool)> {
    let moves =
        |change: &Change| matches!(change, Change::Reference { .. } | Change::Worktree { .. });
    let has_written =
        !done.generations.is_empty() || done.changes.iter().any(moves) || work.has_written()?;
    let mut durable = match has_written {
        true => work.write_out()?,
        false => work.nothing_written(),
    };
    if work.move_references(&done.changes)? {
        durable = work.write_out()?;
    }
    Ok((durable, has_written))
}

/// Runs the site's scripts after the switch, and adds how they ran to the workflow's result.
fn after_hooks(
    work: &Work<'_>,
    hooks: &Hooks,
    result: &serde_json::Map<String, serde_json::Value>,
    mut ran: Vec<HookRun>,
) -> Result<()> {
    match hooks.run(work, HookStage::After) {
        Ok(after) if after.is_empty() => return Ok(()),
        Ok(after) => ran.extend(after),
        Err(error) => work.line(format!("the site's scripts did not run to their end: {error}")),
    }
    work.context.store.set_workflow_result(work.id, &with_hooks(result, &ran))
}

fn with_hooks(
    result: &serde_json::Map<String, serde_json::Value>,
    ran: &[HookRun],
) -> serde_json::Value {
    let mut result = result.clone();
    if !ran.is_empty() {
        result.insert("hooks".into(), serde_json::to_value(ran).expect("it serialises"));
    }
    serde_json::Value::Object(result)
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
