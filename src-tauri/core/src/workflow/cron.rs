//! `cron:…`: when the cron of an environment's system runs, and one run of it.
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::{
    Context, Done, Frame, Run, Workflow, operate,
    request::{DisableCron, EnableCron, RunCron},
    running,
    work::Work,
};
use crate::{
    cms::{self, Surroundings},
    error::{Error, Result},
    model::{Address, Cms, CronInfo, CronMode, CronRun, Environment, Site},
    progress::{Cancel, Meter, Report},
    store::{self, now},
};

/// The setting that holds the minutes between two runs, or `off`.
const CRON: &str = "cron";
/// The setting that holds the last run.
const LAST: &str = "cron_last";
const OFF: &str = "off";
/// Pantheon runs cron once an hour.
const HOURLY: u32 = 60;
/// What is kept of a run's output.
const LONGEST: usize = 16 * 1024;

impl Run for EnableCron {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_enable(frame.context, self)?;
        frame.run(plan, operate::run)
    }
}

pub(super) fn plan_enable(context: &Context, wanted: &EnableCron) -> Result<operate::Moves> {
    check_known(context, &wanted.environment)?;
    if wanted.every == 0 {
        return Err(Error::usage("cron can't run every 0 minutes"));
    }
    let value = (!wanted.while_awake).then(|| wanted.every.to_string());
    operate::set(context, &wanted.environment, CRON, value)
}

impl Run for DisableCron {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_disable(frame.context, self)?;
        frame.run(plan, operate::run)
    }
}

pub(super) fn plan_disable(context: &Context, wanted: &DisableCron) -> Result<operate::Moves> {
    operate::set(context, &wanted.environment, CRON, Some(OFF.into()))
}

impl Run for RunCron {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_run(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan_run(context: &Context, wanted: &RunCron) -> Result<(Site, Environment)> {
    check_known(context, &wanted.environment)?;
    let site = context.store.site(&wanted.environment.site)?;
    Ok((site, context.store.environment(&wanted.environment)?))
}

fn check_known(context: &Context, address: &Address) -> Result<()> {
    let site = context.store.site(&address.site)?;
    match site.cms {
        Cms::Php | Cms::Html => Err(Error::refused(format!("`{}` has no cron", site.name))
            .hint("Only WordPress and Drupal have one that Portico knows.")),
        _ => Ok(()),
    }
}

pub(super) fn run(work: &Work<'_>, (site, environment): &(Site, Environment)) -> Result<Done> {
    let said = work.step("Run cron", |meter| once(work.context, site, environment, meter))?;
    said.lines().for_each(|line| work.line(line));
    Ok(Done::default())
}

/// Runs cron of an environment whose turn it is, and keeps how it went.
pub fn run_due(context: &Context, address: &Address, cancel: &Cancel) -> Result<()> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let silent = |_: Report| {};
    once(context, &site, &environment, Meter::new(cancel, &silent)).map(drop)
}

fn once(
    context: &Context,
    site: &Site,
    environment: &Environment,
    meter: Meter<'_>,
) -> Result<String> {
    let address = Address::new(&site.name, &environment.name);
    let (at, began) = (now(), Instant::now());
    let number = environment.generation;
    let task = |around: &Surroundings<'_>| Ok(cms::cron_runner(around));
    let outcome = running::run_task(context, site, environment, number, task, meter);
    let said = match &outcome {
        Ok(said) => said.clone().unwrap_or_default(),
        Err(error) => {
            let causes = error.causes.iter().map(|cause| format!("\n{cause}"));
            format!("{error}{}", causes.collect::<String>())
        }
    };
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let said = said.chars().take(LONGEST).collect();
    let run = CronRun { at, ok: outcome.is_ok(), ms, said };
    let (_, key) = operate::setting(context, &address, LAST)?;
    context.store.set_setting(&key, &serde_json::to_string(&run).expect("it serialises"))?;
    outcome.map(Option::unwrap_or_default)
}

/// `cron:info`
pub fn info(context: &Context, address: &Address) -> Result<CronInfo> {
    let site = context.store.site(&address.site)?;
    let (mode, every) = mode(context, address)?;
    let (_, key) = operate::setting(context, address, LAST)?;
    let last: Option<CronRun> =
        context.store.setting(&key)?.and_then(|json| serde_json::from_str(&json).ok());
    let known = !matches!(site.cms, Cms::Php | Cms::Html);
    let after = |at: Timestamp| at.checked_add(SignedDuration::from_mins(i64::from(every))).ok();
    let next = match mode {
        _ if !known => None,
        CronMode::Off => None,
        CronMode::On => last.as_ref().map_or(Some(now()), |run| after(run.at)),
        CronMode::Awake => last.as_ref().and_then(|run| after(run.at)),
    };
    Ok(CronInfo { mode, every, known, last, next })
}

/// When the environment's cron runs, and the minutes between two runs.
pub fn mode(context: &Context, address: &Address) -> Result<(CronMode, u32)> {
    let (site, environment) =
        (context.store.site(&address.site)?, context.store.environment(address)?);
    mode_of(context, &site, &environment)
}

/// The same of an environment that may be in the making.
pub fn mode_of(
    context: &Context,
    site: &Site,
    environment: &Environment,
) -> Result<(CronMode, u32)> {
    let key = store::settings::of(environment, &site.id, CRON);
    Ok(match context.store.setting(&key)?.as_deref() {
        None => (CronMode::Awake, HOURLY),
        Some(OFF) => (CronMode::Off, HOURLY),
        Some(minutes) => (CronMode::On, minutes.parse().unwrap_or(HOURLY).max(1)),
    })
}
