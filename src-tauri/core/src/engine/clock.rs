//! Runs the cron of environments whose turn it is, and lets go of what is kept long enough.
use std::{
    collections::HashMap,
    sync::{
        Weak,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::owner::Shared;
use crate::{
    error::{Logged, Result, contained},
    mail,
    model::{Address, CronMode, Environment, Site, request::Event},
    progress::Cancel,
    store::now,
    workflow::{Context, cron},
};

/// How often it looks whose turn it is; a command ends before the first time.
const TICK: Duration = Duration::from_secs(5);
/// Mail is looked through once in so many ticks.
const MAIL: u32 = 120;
/// It is looked whether a copy of portico.db is due once in so many ticks.
const COPY: u32 = 120;
/// It is looked for what is to be tidied up once in so many ticks (an hour), first after a minute.
const TIDYING: u32 = 720;
const FIRST_TIDYING: u32 = 12;
/// What falls out of the rules by its age is let go once in so many ticks (a day).
const KEEPING: u32 = 24 * TIDYING;
/// How long an environment is awake before the first cron that nobody asked for.
const FIRST: SignedDuration = SignedDuration::from_mins(5);

/// The thread with the clock.
pub(super) struct Clock {
    // Dropped by `stop`, which the thread hears.
    sender: Sender<()>,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

impl Clock {
    pub(super) fn start(shared: Weak<Shared>) -> Self {
        let (sender, stopped) = channel();
        let cancel = Cancel::default();
        let ours = cancel.clone();
        let thread = std::thread::spawn(move || run(&shared, &stopped, &ours));
        Self { sender, cancel, thread }
    }

    /// Ends the thread; a cron that it runs is cancelled.
    pub(super) fn stop(self) {
        drop(self.sender);
        self.cancel.cancel();
        drop(self.thread.join());
    }
}

fn run(shared: &Weak<Shared>, stopped: &Receiver<()>, cancel: &Cancel) {
    let mut seen = HashMap::new();
    for tick in 0_u32.. {
        if stopped.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let Some(shared) = shared.upgrade() else { return };
        match shared.context.store.put_back_if_gone() {
            Ok(false) => {}
            Ok(true) => shared.tell(
                "portico.db was taken away while Portico ran; it is written anew, and nothing is lost"
                    .into(),
            ),
            Err(error) => shared.tell(error.to_string()),
        }
        if tick % COPY == COPY - 1
            && let Err(error) = shared.context.store.copy_if_due()
        {
            shared.tell(error.to_string());
        }
        let all = match environments(&shared.context) {
            Ok(all) => all,
            // It is tried again at the next tick.
            Err(error) => {
                shared.tell(error.to_string());
                continue;
            }
        };
        if tick % TIDYING == FIRST_TIDYING {
            shared.tidy_in_background(tick % KEEPING == FIRST_TIDYING);
        }
        let awake = shared.context.runtime.awake();
        for (site, environment) in all {
            let address = Address::new(&site.name, &environment.name);
            if tick % MAIL == 0 {
                // Old mail that can't be deleted now can be later.
                mail::prune(&shared.context.layout.environment_mail(&address))
                    .logged(|| format!("let go of old mail of {address}"));
            }
            let is_awake = awake.contains(&address);
            let due =
                contained(|| is_due(&shared.context, &site, &environment, is_awake, &mut seen));
            // Asked every few seconds: what is in the way would fill the log.
            let due = due.inspect_err(|it| tracing::debug!(%address, "cron: {}", it.whole()));
            if due.unwrap_or(false) {
                // How it went is kept, too, for whoever asks.
                contained(|| cron::run_due(&shared.context, &address, cancel))
                    .logged(|| format!("run the cron of {address}"));
                shared.broadcast(&Event::Changed { site: Some(address.site) });
            }
        }
    }
}

fn environments(context: &Context) -> Result<Vec<(Site, Environment)>> {
    let mut all = Vec::new();
    for site in context.store.sites()? {
        let its = context.store.environments(&site.name)?;
        all.extend(its.into_iter().map(|it| (site.clone(), it)));
    }
    Ok(all)
}

/// Whether it is the environment's turn. `seen`: since when it is awake, as far as it was seen.
fn is_due(
    context: &Context,
    site: &Site,
    environment: &Environment,
    is_awake: bool,
    seen: &mut HashMap<Address, Timestamp>,
) -> Result<bool> {
    let address = Address::new(&site.name, &environment.name);
    // Most are asleep: nothing more is asked about those.
    match cron::mode_of(context, site, environment)?.0 {
        CronMode::Off => return Ok(false),
        CronMode::Awake if !is_awake => {
            seen.remove(&address);
            return Ok(false);
        }
        _ => {}
    }
    let info = cron::info(context, &address)?;
    if !info.known || context.is_busy(&address.site) {
        return Ok(false);
    }
    let turn = match (info.mode, info.next) {
        (CronMode::Off, _) => return Ok(false),
        (_, Some(next)) => next,
        (CronMode::On, None) => return Ok(true),
        (CronMode::Awake, None) => {
            let since = *seen.entry(address).or_insert_with(now);
            since.checked_add(FIRST).unwrap_or(since)
        }
    };
    Ok(turn <= now())
}
