//! The HTTP front: host names, static files, FastCGI, hold, lock, access log. The only async part.
//!
//! A request goes `server` → `gate` → `route` → `static_files` or `php` → `exchange` (over `fastcgi`).
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

use std::{net::SocketAddr, path::PathBuf, sync::Arc, sync::Mutex, time::Duration};

use crate::{
    error::{Error, Result},
    model::{Address, Lock, view::Health},
    runtime::{DatabaseLease, PhpLease},
};

mod access_log;
mod body;
pub mod control;
mod exchange;
mod fastcgi;
mod file_cache;
mod gate;
mod listen;
mod lock;
mod pages;
mod php;
mod response;
mod route;
mod server;
mod static_files;
#[cfg(all(test, unix))]
mod tests;
mod threads;
mod upload;
mod visited;

pub use lock::authorization;

/// What the front is told about an environment that it serves. Cheap to hand out for each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The environment.
    pub address: Address,
    /// The folder of the code, with all links resolved: links in the docroot may lead anywhere below it.
    pub code: PathBuf,
    /// The folder that is served, with all links resolved; the code itself or below it.
    pub docroot: PathBuf,
    /// The URL path of the uploads (`/wp-content/uploads`) and their folder.
    pub uploads: Option<(String, PathBuf)>,
    /// URL paths that are never served (`protected_web_paths`).
    pub protected: Vec<String>,
    /// Basic authentication.
    pub lock: Option<Lock>,
    /// What the site's own requests show instead of the lock's user and password.
    pub pass: String,
    /// Whether PHP is run at all.
    pub php: bool,
    /// What is broken of it, so that it can't answer; empty when it can.
    pub broken: Vec<Error>,
    /// Folder of its access log and of what PHP says on its error stream (`php-error.log`).
    pub logs: PathBuf,
}

/// PHP that is ready for one request.
pub struct Ready {
    /// Keeps the processes awake until the request is done.
    pub lease: PhpLease,
    /// Keeps the database awake as long, where the environment has a server.
    pub database: Option<DatabaseLease>,
    /// FastCGI parameters beside those of the request itself; they win over those.
    pub parameters: Arc<Vec<(String, String)>>,
}

/// Where the front asks what it serves. Implemented by the engine.
pub trait Sites: Send + Sync + 'static {
    /// The environment of a host name such as `dev-acme.localhost` (lower case, no port); must not block.
    fn find(&self, host: &str) -> Option<Arc<Served>>;
    /// Looks anew at an environment that was broken, or seems to be now; may block for milliseconds. None when it is
    /// served no more.
    fn look(&self, served: &Served) -> Option<Arc<Served>>;
    /// Starts what the environment needs as it was found: with this code, also where it was switched to other code
    /// meanwhile. May block for seconds; requests for the same that come meanwhile share what it answers.
    fn wake(&self, served: &Served) -> Result<Ready>;
}

/// The running front.
pub struct Front {
    shared: Arc<server::Shared>,
    /// None once it is stopped.
    threads: Mutex<Option<threads::Threads>>,
}

impl Front {
    /// Binds loopback at the first of `ports` that is free, and serves.
    ///
    /// Fails when none is free. IPv6's loopback is bound too where the machine has it, since browsers
    /// may try it first; a port that somebody else has there is not free.
    pub fn start(ports: &[u16], sites: Arc<dyn Sites>) -> Result<Self> {
        Self::start_with(ports, sites, server::Limits::default())
    }

    fn start_with(ports: &[u16], sites: Arc<dyn Sites>, limits: server::Limits) -> Result<Self> {
        listen::allow_many_files();
        let threads = threads::Threads::start()?;
        let loops = threads.handles();
        let inside = loops[0].enter();
        let listeners = listen::bind(ports)?;
        let shared = Arc::new(server::Shared::new(sites, listeners.address, limits));
        for listener in listeners.all {
            loops[0].spawn(server::accept(Arc::clone(&shared), listener, loops.clone()));
        }
        loops[0].spawn(server::write_logs(Arc::clone(&shared)));
        drop(inside);
        Ok(Self { shared, threads: Mutex::new(Some(threads)) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Lets no new request of the environment through until the hold is dropped, and waits until those under way
    /// are done; fails as busy when they aren't within `patience`, and then requests pass again. Blocks the thread.
    ///
    /// New requests wait, they don't fail. A request that is under way may call its own environment meanwhile.
    pub fn hold(&self, environment: &Address, patience: Duration) -> Result<Hold> {
        let visited = self.shared.visited(environment);
        match visited.gate.close(patience) {
            Some(closed) => {
                visited.forget_wake();
                Ok(Hold { _closed: closed })
            }
            None => Err(Error::busy(environment, "requests are still under way")
                .hint("Wait until its pages have loaded, then try again.")),
        }
    }

    /// How the environment answered last.
    pub fn health(&self, environment: &Address) -> Health {
        self.shared.visited(environment).health()
    }

    /// Stops listening and ends what is under way. Must not be called from an async task.
    pub fn stop(&self) {
        let threads = self.threads.lock().expect("nothing panics while it holds the lock").take();
        if let Some(threads) = threads {
            threads.end();
            self.shared.flush_logs();
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stop();
    }
}

/// New requests wait while this lives.
pub struct Hold {
    _closed: gate::Closed,
}
