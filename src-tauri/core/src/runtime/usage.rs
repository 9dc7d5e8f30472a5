//! Who uses a process, and since when nobody does.
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Condvar, Mutex, MutexGuard, TryLockError, mpsc::Sender},
    time::{Duration, Instant},
};

use super::lock;

/// What wakes the thread that stops what nobody uses.
pub(super) type Wake = Sender<()>;

/// Counts the leases of one process.
pub(super) struct Usage {
    state: Mutex<State>,
    freed: Condvar,
    let_go: Condvar,
    wake: Wake,
}

struct State {
    leases: usize,
    last: Instant,
    retired: bool,
    /// How many want it to stay stopped.
    holds: usize,
}

/// One lease. Its drop takes one lock for some nanoseconds.
pub(super) struct Lease(Arc<Usage>);

impl Usage {
    fn new(wake: Wake) -> Self {
        let state = State { leases: 0, last: Instant::now(), retired: false, holds: 0 };
        Self { state: Mutex::new(state), freed: Condvar::new(), let_go: Condvar::new(), wake }
    }

    /// Takes a lease. What was to be stopped is wanted again; answers whether it was so.
    fn take(self: &Arc<Self>) -> (Lease, bool) {
        let mut state = lock(&self.state);
        state.leases += 1;
        let was_retired = std::mem::take(&mut state.retired);
        (Lease(self.clone()), was_retired)
    }

    /// From now on it is stopped as soon as nobody uses it.
    pub(super) fn retire(&self) {
        lock(&self.state).retired = true;
    }

    /// Whether nobody uses it and it should be stopped: it is retired, or was not used for `idle`.
    pub(super) fn is_over(&self, idle: Duration) -> bool {
        let state = lock(&self.state);
        state.leases == 0 && (state.retired || state.last.elapsed() >= idle)
    }

    /// Whether nobody uses it now.
    pub(super) fn is_free(&self) -> bool {
        lock(&self.state).leases == 0
    }

    /// Nobody starts it until [`Usage::let_go`]; to be called under its slot's lock.
    pub(super) fn hold(&self) {
        lock(&self.state).holds += 1;
    }

    /// Takes one hold away.
    pub(super) fn let_go(&self) {
        lock(&self.state).holds -= 1;
        self.let_go.notify_all();
    }

    fn is_held(&self) -> bool {
        lock(&self.state).holds > 0
    }

    fn wait_while_held(&self) {
        let state = lock(&self.state);
        drop(self.let_go.wait_while(state, |state| state.holds > 0));
    }

    /// Waits until nobody uses it, or until then; answers whether nobody does.
    pub(super) fn wait_until_free(&self, until: Instant) -> bool {
        let patience = until.saturating_duration_since(Instant::now());
        let state = lock(&self.state);
        let waited = self.freed.wait_timeout_while(state, patience, |state| state.leases > 0);
        waited.map(|(state, _)| state.leases == 0).unwrap_or(false)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.leases -= 1;
        if state.leases > 0 {
            return;
        }
        state.last = Instant::now();
        let retired = state.retired;
        drop(state);
        self.0.freed.notify_all();
        if retired {
            // Fails only when the runtime has ended, and with it the process.
            let _ = self.0.wake.send(());
        }
    }
}

/// A process that may run. **Invariant:** leases are taken, and the process is started and stopped, under its lock;
/// so whoever asks for it during a start or a stop waits for the end of that.
pub(super) struct Slot<T> {
    running: Mutex<Option<T>>,
    pub(super) usage: Arc<Usage>,
}

impl<T> Slot<T> {
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<T>> {
        lock(&self.running)
    }

    /// The lock, to start it: waits while it is held.
    pub(super) fn lock_to_start(&self) -> MutexGuard<'_, Option<T>> {
        loop {
            let running = self.lock();
            if !self.usage.is_held() {
                return running;
            }
            drop(running);
            self.usage.wait_while_held();
        }
    }

    /// The lock, unless somebody is starting or stopping it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Option<T>>> {
        match self.running.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// A lease on what runs; `_held` shows that the lock is held. Answers too whether it was to be stopped.
    pub(super) fn lease(&self, _held: &MutexGuard<'_, Option<T>>) -> (Lease, bool) {
        self.usage.take()
    }
}

/// All processes of one kind.
pub(super) struct Slots<K, T>(Mutex<HashMap<K, Arc<Slot<T>>>>);

impl<K: Eq + Hash + Clone, T> Slots<K, T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The slot of `key`, made if need be.
    pub(super) fn get(&self, key: &K, wake: &Wake) -> Arc<Slot<T>> {
        let mut slots = lock(&self.0);
        if let Some(slot) = slots.get(key) {
            return slot.clone();
        }
        let usage = Arc::new(Usage::new(wake.clone()));
        let slot = Arc::new(Slot { running: Mutex::new(None), usage });
        slots.insert(key.clone(), slot.clone());
        slot
    }

    /// Those whose key is so.
    pub(super) fn all(&self, is_wanted: impl Fn(&K) -> bool) -> Vec<(K, Arc<Slot<T>>)> {
        let slots = lock(&self.0);
        slots
            .iter()
            .filter(|(key, _)| is_wanted(key))
            .map(|(k, s)| (k.clone(), s.clone()))
            .collect()
    }

    /// Stops what nobody uses any more by `end`, and forgets slots with nothing in them.
    pub(super) fn sweep(&self, idle: Duration, end: impl Fn(T)) {
        for (_, slot) in self.all(|_| true) {
            if !slot.usage.is_over(idle) {
                continue;
            }
            let Some(mut running) = slot.try_lock() else { continue };
            // Somebody may have taken a lease before the lock was ours.
            if slot.usage.is_over(idle)
                && let Some(process) = running.take()
            {
                end(process);
            }
        }
        // Slots are handed out under this lock: one that only the map holds is nobody's.
        lock(&self.0).retain(|_, slot| {
            Arc::strong_count(slot) > 1 || slot.try_lock().is_none_or(|it| it.is_some())
        });
    }
}
