//! What the front knows of one environment between its requests.
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use hyper::StatusCode;
use tokio::sync::oneshot;

use super::{Ready, Served, Sites, access_log::AccessLog, gate::Gate};
use crate::{
    error::{Error, Result},
    model::view::Health,
};

/// Someone who waits for a wake.
type Sleeper = oneshot::Sender<Result<Arc<Ready>>>;

/// One environment that was asked for at least once.
pub(super) struct Visited {
    pub(super) gate: Arc<Gate>,
    pub(super) log: AccessLog,
    /// Where the log goes; none before the first request.
    logs: Mutex<Option<PathBuf>>,
    health: Mutex<Health>,
    /// Who waits for the wake that is under way; none when there is none.
    waking: Mutex<Option<Vec<Sleeper>>>,
}

impl Default for Visited {
    fn default() -> Self {
        Self {
            gate: Arc::default(),
            log: AccessLog::default(),
            logs: Mutex::default(),
            health: Mutex::new(Health::Asleep),
            waking: Mutex::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this lock")
}

impl Visited {
    pub(super) fn health(&self) -> Health {
        lock(&self.health).clone()
    }

    pub(super) fn answered(&self, status: StatusCode, took: Duration) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        *lock(&self.health) = Health::Answered { status: status.as_u16(), ms };
    }

    pub(super) fn broke(&self, error: &Error) {
        *lock(&self.health) = Health::Broken { error: error.clone() };
    }

    pub(super) fn set_logs(&self, served: &Served) {
        let mut logs = lock(&self.logs);
        if logs.as_ref() != Some(&served.logs) {
            *logs = Some(served.logs.clone());
        }
    }

    /// Writes the log out. What can't be written is lost: no request fails because of its log.
    pub(super) fn flush_log(&self) {
        let folder = lock(&self.logs).clone();
        if let Some(folder) = folder {
            let _ = self.log.flush(&folder);
        }
    }

    /// Wakes the environment; everyone who asks while that is under way shares the one answer, so a
    /// crowd at a cold environment blocks one thread and not one each.
    pub(super) async fn wake(
        self: &Arc<Self>,
        sites: &Arc<dyn Sites>,
        served: &Arc<Served>,
    ) -> Result<Arc<Ready>> {
        let (sender, receiver) = oneshot::channel();
        let first = {
            let mut waking = lock(&self.waking);
            let first = waking.is_none();
            waking.get_or_insert_default().push(sender);
            first
        };
        if first {
            let (visited, sites, served) =
                (Arc::clone(self), Arc::clone(sites), Arc::clone(served));
            tokio::task::spawn_blocking(move || {
                let waiting = Waiting(visited);
                let ready = sites.wake(&served).map(Arc::new);
                if let Err(error) = &ready {
                    waiting.0.broke(error);
                }
                for sender in waiting.take() {
                    // Who has left since needs no answer.
                    let _ = sender.send(ready.clone());
                }
            });
        }
        receiver.await.unwrap_or_else(|_| Err(Error::failed("start the environment")))
    }
}

/// The list of those who wait; empty again at the end, even if the wake panics.
struct Waiting(Arc<Visited>);

impl Waiting {
    fn take(&self) -> Vec<Sleeper> {
        lock(&self.0.waking).take().unwrap_or_default()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.take();
        }
    }
}
