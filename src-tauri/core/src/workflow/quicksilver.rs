//! Quicksilver: runs the scripts that a site hooks to its workflows.
//!
//! What is hooked is read from the commit that the environment ran before the workflow: a change of `pantheon.yml`
//! counts from the next workflow on, as on Pantheon. Scripts before run on the old code and content, scripts after
//! on the new, once caches are cleared. **Invariant:** a script that fails is told, and undoes nothing: before the
//! switch the workflow goes on, after it the work is done.
use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use super::{
    Context, Done, Frame, Run, Workflow, merge, request::RunHooks, running, work, work::Work,
};
use crate::{
    cms::{self, HookCall},
    code,
    error::{Error, Result},
    model::{
        Address, EnvironmentName, Hook, HookEvent, HookRun, HookStage,
        request::{Request, Verb},
    },
    progress::{Cancel, Meter},
};

/// The scripts around one workflow.
pub(super) struct Hooks {
    groups: Vec<Group>,
    title: String,
    trace: String,
}

/// The scripts of one of Pantheon's workflows; one of ours can be two of those.
struct Group {
    event: HookEvent,
    environment: Address,
    /// None where the environment is made by the workflow: then they are read when it is there.
    hooks: Option<Vec<Hook>>,
    /// What only this workflow tells.
    more: Vec<(String, String)>,
}

/// What is hooked to a request, as things stand before it.
pub(super) fn around(context: &Context, request: &Request) -> Result<Hooks> {
    let mut groups = groups(context, request);
    for group in groups.iter_mut().filter(|group| group.event.has_before()) {
        group.hooks = Some(hooked(context, &group.environment)?);
    }
    Ok(Hooks { groups, title: request.title(), trace: work::random_uuid()? })
}

fn groups(context: &Context, request: &Request) -> Vec<Group> {
    let group = |event, environment: &Address, more| Group {
        event,
        environment: environment.clone(),
        hooks: None,
        more,
    };
    let dev = || Address::new(request.site(), &EnvironmentName::Dev);
    let from_to = |from: &EnvironmentName, to: &EnvironmentName| {
        vec![
            ("from_environment".to_owned(), from.to_string()),
            ("to_environment".to_owned(), to.to_string()),
        ]
    };
    match request {
        Request::CreateSite(_) => vec![group(HookEvent::DeployProduct, &dev(), Vec::new())],
        Request::CreateMultidev(it) => {
            let address = Address::new(&it.from.site, &it.name);
            let more = from_to(&it.from.environment, &it.name);
            vec![group(HookEvent::CreateCloudDevelopmentEnvironment, &address, more)]
        }
        Request::Commit(it) => vec![group(HookEvent::SyncCode, &it.environment, Vec::new())],
        Request::MergeFromDev(it) => {
            vec![group(HookEvent::SyncCode, &it.merge.environment, Vec::new())]
        }
        Request::ApplyUpstream(it) => {
            vec![group(HookEvent::SyncCode, &it.environment, Vec::new())]
        }
        Request::MergeToDev(_) | Request::BringToDev(_) => {
            vec![group(HookEvent::SyncCode, &dev(), Vec::new())]
        }
        Request::ClearCache(it) => vec![group(HookEvent::ClearCache, &it.environment, Vec::new())],
        Request::CloneContent(it) if !it.files_only => {
            let to = Address::new(&it.from.site, &it.to);
            let more = from_to(&it.from.environment, &it.to);
            vec![group(HookEvent::CloneDatabase, &to, more)]
        }
        // The first deploy makes the environment, which is no deploy on Pantheon.
        Request::Deploy(it)
            if context.store.find_environment(&it.environment).is_ok_and(|it| it.is_some()) =>
        {
            let to = &it.environment;
            let more = from_to(&EnvironmentName::Live, &to.environment);
            let clone = it.sync_content.then(|| group(HookEvent::CloneDatabase, to, more));
            let message = it.note.clone().map(|note| ("deploy_message".to_owned(), note));
            let deploy = group(HookEvent::Deploy, to, message.into_iter().collect());
            clone.into_iter().chain([deploy]).collect()
        }
        _ => Vec::new(),
    }
}

/// What the environment's commit hooks to workflows. A broken file is told by what needs it.
fn hooked(context: &Context, address: &Address) -> Result<Vec<Hook>> {
    let commit = context.commit_of(&context.store.environment(address)?)?;
    let repository = context.repository(&address.site);
    Ok(merge::committed_yml(&repository, &commit).unwrap_or_default().hooks)
}

/// The hooks of an environment for people: those whose script is missing say so.
pub fn hooks(context: &Context, address: &Address) -> Result<Vec<Hook>> {
    let site = context.store.site(&address.site)?;
    let commit = context.commit_of(&context.store.environment(address)?)?;
    let repository = context.repository(&address.site);
    let mut hooks = merge::committed_yml(&repository, &commit)?.hooks;
    for hook in hooks.iter_mut().filter(|hook| hook.problem.is_none()) {
        let script = hook.script.trim_start_matches('/');
        let path = format!("{}/{script}", site.docroot);
        if repository.file(&commit, path.trim_start_matches('/'))?.is_none() {
            hook.problem = Some("there is no such script".into());
        }
    }
    Ok(hooks)
}

impl Hooks {
    /// Runs the scripts of one stage.
    ///
    /// # Errors
    /// Only cancelled: a script that fails is part of the answer.
    pub(super) fn run(&self, work: &Work<'_>, stage: HookStage) -> Result<Vec<HookRun>> {
        let mut ran = Vec::new();
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        if stage == HookStage::Before {
            groups.reverse();
        }
        for group in groups {
            let hooks = match &group.hooks {
                Some(hooks) => hooks.clone(),
                None if stage == HookStage::After => hooked(work.context, &group.environment)?,
                None => continue,
            };
            let call = HookCall {
                title: self.title.clone(),
                trace: self.trace.clone(),
                user: person(),
                more: group.more.clone(),
            };
            ran.extend(run_group(work, group.event, &group.environment, stage, &hooks, &call)?);
        }
        Ok(ran)
    }
}

fn person() -> (String, String) {
    let author = code::default_author();
    (author.name, author.email)
}

fn run_group(
    work: &Work<'_>,
    event: HookEvent,
    environment: &Address,
    stage: HookStage,
    hooks: &[Hook],
    call: &HookCall,
) -> Result<Vec<HookRun>> {
    let mut ran = Vec::new();
    for hook in hooks.iter().filter(|hook| hook.event == event.as_str() && hook.stage == stage) {
        let started = Instant::now();
        let error = match run_one(work, environment, hook, call) {
            Err(error) if work.cancel.is_cancelled() => return Err(error),
            outcome => outcome.err(),
        };
        let took = started.elapsed();
        // The line of Pantheon's own logs.
        let how = if error.is_some() { "failed after" } else { "finished in" };
        let seconds = took.as_secs_f64();
        let name = &hook.description;
        work.line(format!("------ Operation: {name} {how} {seconds:.1}s ------"));
        if let Some(error) = &error {
            work.line(error.message.clone());
            error.causes.iter().for_each(|cause| work.line(format!("  because {cause}")));
        }
        ran.push(HookRun {
            event,
            stage,
            description: hook.description.clone(),
            script: hook.script.clone(),
            ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            error: error.map(|it| it.causes.into_iter().next().unwrap_or(it.message)),
        });
    }
    Ok(ran)
}

fn run_one(work: &Work<'_>, environment: &Address, hook: &Hook, call: &HookCall) -> Result<()> {
    let label = format!("Hook {} {}: {}", hook.stage, hook.event, hook.description);
    let limit = work.context.hook_limit;
    let said = work.step(&label, |meter| {
        if let Some(problem) = &hook.problem {
            return Err(Error::failed(format!("run {}", hook.script)).because(problem.as_str()));
        }
        within(limit, meter, |meter| {
            let page = |around: &cms::Surroundings<'_>| cms::hook_page(around, hook, call);
            // PHP counts only what it computes, so that the limit is kept from here.
            running::run_page(work.context, environment, page, limit.as_secs(), meter)
        })
    })?;
    said.lines().filter(|line| !line.trim().is_empty()).for_each(|line| work.line(line));
    Ok(())
}

/// Runs `body` until it ends, the person cancels or the time is up.
fn within<T>(
    limit: Duration,
    meter: Meter<'_>,
    body: impl FnOnce(Meter<'_>) -> Result<T>,
) -> Result<T> {
    let stop = Cancel::default();
    let (ended, end) = mpsc::channel::<()>();
    let outer = meter.cancel();
    let answer = thread::scope(|scope| {
        let watch = stop.clone();
        let timer = scope.spawn(move || {
            let until = Instant::now() + limit;
            loop {
                let pause = Duration::from_millis(50).min(until - Instant::now().min(until));
                match end.recv_timeout(pause) {
                    Err(RecvTimeoutError::Timeout) if outer.is_cancelled() => watch.cancel(),
                    Err(RecvTimeoutError::Timeout) if Instant::now() >= until => {
                        watch.cancel();
                        return true;
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => return false,
                }
            }
        });
        let answer = body(meter.stopped_by(&stop));
        drop(ended);
        let is_late = timer.join().unwrap_or(false);
        (answer, is_late)
    });
    match answer {
        (Err(error), true) if error.is_cancelled() => Err(Error::failed("finish the script")
            .because(format!("it took longer than {} s", limit.as_secs()))
            .hint("PORTICO_HOOK_SECONDS sets how long a script may take.")),
        (answer, _) => answer,
    }
}

/// A run by hand, checked.
pub(super) struct Plan<'a> {
    wanted: &'a RunHooks,
    hooks: Vec<Hook>,
}

impl Run for RunHooks {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a RunHooks) -> Result<Plan<'a>> {
    let address = &wanted.environment;
    let mut hooks = hooks(context, address)?;
    hooks.retain(|it| it.event == wanted.event.as_str() && it.stage == wanted.stage);
    if hooks.is_empty() {
        return Err(Error::refused(format!(
            "{address} has no script {} `{}`",
            wanted.stage, wanted.event
        ))
        .hint(format!("`portico env:hooks {address}` lists those that it has.")));
    }
    Ok(Plan { wanted, hooks })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let RunHooks { environment, event, stage } = plan.wanted;
    let call = HookCall {
        title: plan.wanted.title(),
        trace: work::random_uuid()?,
        user: person(),
        more: Vec::new(),
    };
    let hooks = run_group(work, *event, environment, *stage, &plan.hooks, &call)?;
    Ok(Done { hooks, ..Done::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_takes_too_long_is_stopped_and_says_so() {
        let wait = |meter: Meter<'_>| loop {
            meter.check()?;
            thread::yield_now();
        };
        let error = within(Duration::from_millis(60), Meter::silent(), wait)
            .map(|(): ()| ())
            .expect_err("it never ends by itself");
        assert!(error.causes[0].starts_with("it took longer"), "{error:?}");
        within(Duration::from_secs(60), Meter::silent(), |_| Ok(())).expect("it was in time");
    }
}
