//! Counts the requests of one environment that are under way, and holds new ones while asked to.
//!
//! A hold first *drains*: it waits until the requests under way are done. One of those may itself call
//! the environment (WordPress runs its cron and checks its health so) and would never end if that call
//! waited for the hold. Nothing marks such a call for certain, so two rules keep a drain from blocking:
//! - a request that looks like a program's (see [`is_a_programs`]) passes while the drain lasts, at most
//!   [`CALLS`] of them in one drain, so that they can't keep it from ending;
//! - when nothing ends for [`STALL`], the request that has waited longest passes, and then one more
//!   every [`TICK`], until something ends.
//!
//! Letting a request pass is always safe while draining: the hold isn't there yet, it only comes later.
use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// How many calls of programs pass during one drain.
const CALLS: u32 = 32;
/// How long nothing has to end before a waiting request is let through.
const STALL: Duration = Duration::from_millis(300);
/// How often a drain looks whether it has stalled.
const TICK: Duration = Duration::from_millis(50);

/// How programs written in PHP call themselves when they fetch a URL; PHP itself sends no name.
const PROGRAMS: &[&str] = &["WordPress/", "Drupal", "GuzzleHttp/", "Symfony", "PHP"];

/// The gate of one environment.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    /// Waiting requests look again.
    opened: Notify,
    /// A waiting hold looks again.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    mode: Mode,
    under_way: usize,
    /// Requests that ended since the start; a drain that sees it stand still has stalled.
    ended: u64,
}

#[derive(Default)]
enum Mode {
    #[default]
    Open,
    Draining {
        /// How many calls of programs may still pass.
        calls: u32,
        /// How many waiting requests may pass, because the drain has stalled.
        passes: u32,
    },
    Held,
}

/// A request that is under way; it ends when this is dropped.
pub(super) struct Pass(Arc<Gate>);

/// The gate is closed while this lives.
pub(super) struct Closed(Arc<Gate>);

/// Whether a request seems to come from a program and not from a browser, which always says its name.
pub(super) fn is_a_programs(user_agent: &[u8]) -> bool {
    user_agent.is_empty() || PROGRAMS.iter().any(|name| user_agent.starts_with(name.as_bytes()))
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the gate's lock")
    }

    /// Waits until the request may go on. `program`: see [`is_a_programs`].
    pub(super) async fn enter(self: &Arc<Self>, program: bool) -> Pass {
        loop {
            let opened = self.opened.notified();
            tokio::pin!(opened);
            // Enabled before the look, so that an opening between the two isn't missed.
            opened.as_mut().enable();
            if let Some(pass) = self.try_enter(program) {
                return pass;
            }
            opened.await;
        }
    }

    fn try_enter(self: &Arc<Self>, program: bool) -> Option<Pass> {
        let mut state = self.lock();
        match &mut state.mode {
            Mode::Open => {}
            Mode::Draining { calls, .. } if program && *calls > 0 => *calls -= 1,
            Mode::Draining { passes, .. } if *passes > 0 => *passes -= 1,
            Mode::Draining { .. } | Mode::Held => return None,
        }
        state.under_way += 1;
        drop(state);
        Some(Pass(Arc::clone(self)))
    }

    /// Closes the gate and waits until nothing is under way. None, and open again, when `patience` ends first.
    pub(super) fn close(self: &Arc<Self>, patience: Duration) -> Option<Closed> {
        let end = Instant::now() + patience;
        let mut state = self.lock();
        while !matches!(state.mode, Mode::Open) {
            state = self.wait_until(state, end)?;
        }
        state.mode = Mode::Draining { calls: CALLS, passes: 0 };
        let (mut seen, mut since) = (state.ended, Instant::now());
        while state.under_way > 0 {
            if Instant::now() >= end {
                state.mode = Mode::Open;
                drop(state);
                self.wake_all();
                return None;
            }
            let tick = TICK.min(end.saturating_duration_since(Instant::now()));
            state = self.changed.wait_timeout(state, tick).expect("as in `lock`").0;
            if state.ended != seen {
                (seen, since) = (state.ended, Instant::now());
            } else if since.elapsed() >= STALL
                && let Mode::Draining { passes, .. } = &mut state.mode
            {
                *passes = 1;
                // Those who wait are woken in the order they came.
                self.opened.notify_one();
            }
        }
        state.mode = Mode::Held;
        Some(Closed(Arc::clone(self)))
    }

    fn wait_until<'a>(
        &self,
        state: MutexGuard<'a, State>,
        end: Instant,
    ) -> Option<MutexGuard<'a, State>> {
        let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        Some(self.changed.wait_timeout(state, left).expect("as in `lock`").0)
    }

    fn wake_all(&self) {
        self.opened.notify_waiters();
        self.changed.notify_all();
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.under_way -= 1;
        state.ended += 1;
        let draining = !matches!(state.mode, Mode::Open);
        drop(state);
        if draining {
            self.0.changed.notify_all();
        }
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.lock().mode = Mode::Open;
        self.0.wake_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(gate: &Arc<Gate>) -> Pass {
        gate.try_enter(false).unwrap()
    }

    #[test]
    fn a_closed_gate_lets_nobody_through_and_opens_when_dropped() {
        let gate = Arc::new(Gate::default());
        let closed = gate.close(Duration::ZERO).unwrap();
        assert!(gate.try_enter(true).is_none(), "not even a program's call: nothing is under way");
        drop(closed);
        drop(enter(&gate));
    }

    #[test]
    fn impatience_opens_the_gate_again() {
        let gate = Arc::new(Gate::default());
        let pass = enter(&gate);
        assert!(gate.close(Duration::from_millis(20)).is_none());
        drop(enter(&gate));
        drop(pass);
        assert!(gate.close(Duration::ZERO).is_some());
    }

    #[test]
    fn a_second_hold_waits_for_the_first() {
        let gate = Arc::new(Gate::default());
        let first = gate.close(Duration::ZERO).unwrap();
        assert!(gate.close(Duration::from_millis(20)).is_none());
        let other = Arc::clone(&gate);
        let second = std::thread::spawn(move || other.close(Duration::from_secs(10)).is_some());
        drop(first);
        assert!(second.join().unwrap());
    }

    #[test]
    fn a_request_under_way_may_call_its_own_environment() {
        for program in [true, false] {
            let gate = Arc::new(Gate::default());
            let pass = enter(&gate);
            let inner = Arc::clone(&gate);
            let request = std::thread::spawn(move || {
                // Calls only once the drain has begun.
                while matches!(inner.lock().mode, Mode::Open) {
                    std::thread::yield_now();
                }
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                drop(runtime.block_on(inner.enter(program)));
                drop(pass);
            });
            assert!(gate.close(Duration::from_secs(10)).is_some(), "program: {program}");
            request.join().unwrap();
        }
    }

    #[test]
    fn programs_cannot_keep_a_drain_from_ending() {
        let gate = Arc::new(Gate::default());
        let pass = enter(&gate);
        gate.lock().mode = Mode::Draining { calls: CALLS, passes: 0 };
        let passed = (0..1000).map_while(|_| gate.try_enter(true)).count();
        assert_eq!(passed, CALLS as usize);
        drop(pass);
    }

    #[test]
    fn browsers_are_told_from_programs() {
        assert!(is_a_programs(b""));
        assert!(is_a_programs(b"WordPress/6.9; http://dev-acme.localhost"));
        assert!(is_a_programs(b"GuzzleHttp/7"));
        assert!(!is_a_programs(b"Mozilla/5.0 (X11; Linux x86_64)"));
    }
}
