//! The one frame around every workflow: journal, steps, switch; or everything put back.
use std::time::Instant;

use super::{
    Change, Context, change, clear_cache, damage, free, heal,
    keeping::{self, Kept},
    prune,
    quicksilver::{self, Hooks},
    work::{self, Work},
};
use crate::{
    durable::Durable,
    error::{Error, Result, contained},
    model::{
        Address, GenerationRow, HookRun, HookStage, SiteName,
        request::{Event, Request, Verb},
        secrets::text_without_secrets,
        view::WorkflowState,
    },
    progress::Cancel,
    store::{self, Workflow},
};

/// How a verb is done: each does so in the file of its workflow.
pub(crate) trait Run: Verb {
    /// Plans, which refuses what can't be done before anything has changed, and runs the plan in the frame.
    fn run(&self, frame: Frame<'_>) -> Result<Workflow>;
}

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

/// The one frame around every workflow: journal, steps, switch; or everything put back.
pub(crate) struct Frame<'a> {
    pub(super) context: &'a Context,
    pub(super) request: &'a Request,
    pub(super) title: String,
    pub(super) on_event: &'a (dyn Fn(Event) + Sync),
    pub(super) cancel: &'a Cancel,
}

impl Frame<'_> {
    /// Runs a plan that was checked: from here on there is a row in the history.
    pub(super) fn run<P>(
        self,
        plan: P,
        body: impl FnOnce(&Work<'_>, &P) -> Result<Done>,
    ) -> Result<Workflow> {
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
