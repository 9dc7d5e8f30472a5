//! What the front knows of one environment between its requests.
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

use hyper::{HeaderMap, StatusCode, header::HeaderValue};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Ready, Served, Sites, access_log::AccessLog, gate::Gate};
use crate::{
    error::{Error, Logged, Result},
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
    /// Who waits for the wakes that are under way, by what is woken.
    waking: Mutex<Vec<(Arc<Served>, Vec<Sleeper>)>>,
    /// What the last wake answered, as long as a request still uses it.
    awake: Mutex<Option<Awake>>,
}

/// What a wake answered.
struct Awake {
    /// What was woken. After a switch this is another code, whose PHP can't read that of this one.
    served: Arc<Served>,
    since: Instant,
    ready: Weak<Ready>,
}

/// How old an answer to a wake may be that a later request shares with one that is under way.
const FRESH: Duration = Duration::from_secs(1);

impl Default for Visited {
    fn default() -> Self {
        Self {
            gate: Arc::default(),
            log: AccessLog::default(),
            logs: Mutex::default(),
            health: Mutex::new(Health::Asleep),
            waking: Mutex::default(),
            awake: Mutex::default(),
        }
    }
}

/// Whether a page is asked for, as browsers tell (Fetch Metadata, `Sec-Fetch-Dest`); programs don't tell.
fn is_a_page(headers: &HeaderMap) -> bool {
    let wanted = headers.get("sec-fetch-dest").map(HeaderValue::as_bytes);
    matches!(wanted, None | Some(b"document" | b"iframe" | b"frame"))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this lock")
}

impl Visited {
    pub(super) fn health(&self) -> Health {
        lock(&self.health).clone()
    }

    /// Takes note of an answer to a request with these headers. What a page fetches by itself, such as an icon that is
    /// not there, says nothing about how the page was answered.
    pub(super) fn answered(&self, headers: &HeaderMap, status: StatusCode, took: Duration) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut health = lock(&self.health);
        if is_a_page(headers) || !matches!(*health, Health::Answered { .. }) {
            *health = Health::Answered { status: status.as_u16(), ms, at: Timestamp::now() };
        }
    }

    pub(super) fn broke(&self, error: &Error) {
        *lock(&self.health) = Health::Broken { error: error.clone() };
    }

    /// What the last wake answered is no longer of use: the next request wakes anew.
    pub(super) fn forget_wake(&self) {
        *lock(&self.awake) = None;
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
            self.log.flush(&folder).logged(|| format!("write the logs in {}", folder.display()));
        }
    }

    /// Wakes the environment; everyone who asks for the same while that is under way shares the one answer, so a
    /// crowd at a cold environment blocks one thread and not one each. A request that comes soon after
    /// uses what one that is still under way was given; never across a hold, which waits for that one.
    pub(super) async fn wake(
        self: &Arc<Self>,
        sites: &Arc<dyn Sites>,
        served: &Arc<Served>,
    ) -> Result<Arc<Ready>> {
        if let Some(awake) = &*lock(&self.awake)
            && awake.since.elapsed() < FRESH
            && awake.served == *served
            && let Some(ready) = awake.ready.upgrade()
        {
            return Ok(ready);
        }
        let (sender, receiver) = oneshot::channel();
        let first = {
            let mut waking = lock(&self.waking);
            match waking.iter_mut().find(|(woken, _)| woken == served) {
                Some((_, sleepers)) => {
                    sleepers.push(sender);
                    false
                }
                None => {
                    waking.push((Arc::clone(served), vec![sender]));
                    true
                }
            }
        };
        if first {
            let (visited, sites, served) =
                (Arc::clone(self), Arc::clone(sites), Arc::clone(served));
            tokio::task::spawn_blocking(move || {
                let waiting = Waiting(visited, served);
                let since = Instant::now();
                let ready = sites.wake(&waiting.1).map(Arc::new);
                match &ready {
                    Ok(ready) => {
                        let (served, ready) = (Arc::clone(&waiting.1), Arc::downgrade(ready));
                        *lock(&waiting.0.awake) = Some(Awake { served, since, ready });
                    }
                    Err(error) => waiting.0.broke(error),
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

/// The list of those who wait for one wake; gone at the end, even if the wake panics.
struct Waiting(Arc<Visited>, Arc<Served>);

impl Waiting {
    fn take(&self) -> Vec<Sleeper> {
        let mut waking = lock(&self.0.waking);
        let at = waking.iter().position(|(woken, _)| *woken == self.1);
        at.map(|at| waking.swap_remove(at).1).unwrap_or_default()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.take();
        }
    }
}
