//! Looks for upstream updates in the background: soon after the owner's start, then every few hours. It holds no site
//! and asks nobody; without a network nothing happens.
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Weak,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::owner::Shared;
use crate::{
    error::{Logged, Result, contained},
    model::{Site, request::Event},
    progress::{Cancel, Meter, Report},
    store::now,
    workflow,
};

/// A command that ends before this does not touch the network.
const BEGIN_AFTER: Duration = Duration::from_secs(3);
/// How often sites are gone through: a new one is due by then.
const TURN: Duration = Duration::from_secs(10 * 60);
/// How old what is known of an upstream may get.
const EVERY: Duration = Duration::from_secs(4 * 60 * 60);
/// An upstream that did not answer is asked again after this.
const TRY_AGAIN: Duration = Duration::from_secs(60 * 60);

/// The thread that looks.
pub(super) struct UpstreamWatch {
    cancel: Cancel,
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl UpstreamWatch {
    pub(super) fn start(shared: Weak<Shared>) -> Self {
        let (stop, stopped) = channel();
        let cancel = Cancel::default();
        let ours = cancel.clone();
        let thread = std::thread::spawn(move || look_now_and_then(&shared, &stopped, &ours));
        Self { cancel, stop, thread }
    }

    /// Ends the thread, and the `git` that it runs.
    pub(super) fn stop(self) {
        self.cancel.cancel();
        // A thread that has ended already needs no word.
        drop(self.stop);
        drop(self.thread.join());
    }
}

fn look_now_and_then(shared: &Weak<Shared>, stopped: &Receiver<()>, cancel: &Cancel) {
    let mut tried = HashMap::new();
    let mut pause = with_jitter(BEGIN_AFTER);
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
        let Some(shared) = shared.upgrade() else { return };
        let sites = shared.context.store.sites().logged(|| "look for upstream updates".into());
        for site in sites.unwrap_or_default() {
            if cancel.is_cancelled() {
                return;
            }
            // Whoever asks for the updates is told why they can't be had.
            let looked = contained(|| {
                Ok(is_due(&shared, &site, &mut tried)? && look(&shared, &site, cancel)?)
            });
            let looked = looked.logged(|| format!("look for upstream updates of {}", site.name));
            if looked.unwrap_or(false) {
                shared.broadcast(&Event::Changed { site: Some(site.name) });
            }
        }
        pause = with_jitter(TURN);
    }
}

/// Whether the site has an upstream that was not asked for long; a site that is due is taken for tried.
fn is_due(
    shared: &Shared,
    site: &Site,
    tried: &mut HashMap<String, (Instant, String)>,
) -> Result<bool> {
    let Some(upstream) = shared.context.store.upstream(&site.id)? else { return Ok(false) };
    let known = shared.context.store.upstream_seen(&site.id, &upstream)?;
    let is_fresh = known.is_some_and(|at| {
        let age = now().duration_since(at).unsigned_abs();
        age < with_jitter(EVERY)
    });
    let just_tried = tried
        .get(&site.id)
        .is_some_and(|(at, url)| *url == upstream.url && at.elapsed() < TRY_AGAIN);
    if is_fresh || just_tried {
        return Ok(false);
    }
    tried.insert(site.id.clone(), (Instant::now(), upstream.url));
    Ok(true)
}

/// Asks the upstream; answers whether there is anything new to tell.
fn look(shared: &Shared, site: &Site, cancel: &Cancel) -> Result<bool> {
    let before = workflow::upstream::waiting(&shared.context, site)?;
    let report = |_: Report| {};
    workflow::upstream::look(&shared.context, site, Meter::new(cancel, &report))?;
    Ok(workflow::upstream::waiting(&shared.context, site)? != before)
}

/// Up to a quarter more, so that many a Portico does not ask one server at the same moment.
fn with_jitter(duration: Duration) -> Duration {
    let share = RandomState::new().hash_one(()) % 1000;
    duration + duration / 4000 * u32::try_from(share).unwrap_or(0)
}
