//! The HTTP front: host names, static files, FastCGI, hold, lock, access log. The only async part.
pub mod control;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    error::Result,
    model::{Address, Lock, view::Health},
    runtime::{DatabaseLease, PhpLease},
};

/// What the front is told about an environment that it serves. Cheap to hand out for each request.
#[derive(Clone, Debug)]
pub struct Served {
    /// The environment.
    pub address: Address,
    /// The folder that is served, with all links resolved.
    pub docroot: PathBuf,
    /// The URL path of the uploads (`/wp-content/uploads`) and their folder.
    pub uploads: Option<(String, PathBuf)>,
    /// URL paths that are never served (`protected_web_paths`).
    pub protected: Vec<String>,
    /// Basic authentication.
    pub lock: Option<Lock>,
    /// Whether PHP is run at all.
    pub php: bool,
    /// Folder of its access log.
    pub logs: PathBuf,
}

/// PHP that is ready for one request.
pub struct Ready {
    /// Keeps the processes awake until the request is done.
    pub lease: PhpLease,
    /// Keeps the database server awake until then, too.
    pub database: Option<DatabaseLease>,
    /// FastCGI parameters beside those of the request itself.
    pub parameters: Arc<Vec<(String, String)>>,
}

/// Where the front asks what it serves. Implemented by the engine.
pub trait Sites: Send + Sync + 'static {
    /// The environment of a host name such as `dev-acme.localhost`; must not block.
    fn find(&self, host: &str) -> Option<Arc<Served>>;
    /// Starts what the environment needs; may block for seconds.
    fn wake(&self, served: &Served) -> Result<Ready>;
}

/// The running front.
pub struct Front {}

impl Front {
    /// Binds loopback at the first of `ports` that is free, and serves.
    pub fn start(_ports: &[u16], _sites: Arc<dyn Sites>) -> Result<Self> {
        todo!()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        todo!()
    }

    /// Lets no new request of the environment through until the hold is dropped, and waits until those under way
    /// are done; fails as busy when they aren't within `patience`.
    pub fn hold(&self, _environment: &Address, _patience: Duration) -> Result<Hold> {
        todo!()
    }

    /// How the environment answered last.
    pub fn health(&self, _environment: &Address) -> Health {
        todo!()
    }

    /// Stops listening and ends what is under way.
    pub fn stop(&self) {
        todo!()
    }
}

/// New requests wait while this lives.
pub struct Hold {}
