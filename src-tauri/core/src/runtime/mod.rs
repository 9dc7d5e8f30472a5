//! The processes that Portico starts: PHP and MariaDB. They start when needed, sleep when idle, and never outlive their owner.
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    error::Result,
    model::{
        Address, Database,
        view::{Check, ProcessRow},
    },
    progress::Meter,
};

/// Where the runtime may write, and how long what nobody uses may run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Initialised data directories.
    pub templates: PathBuf,
    /// A short folder for sockets (paths below it stay under 104 bytes), readable by this user only.
    pub sockets: PathBuf,
    /// After so long without a request, PHP and databases are stopped.
    pub idle: Duration,
}

/// Starts, shares and stops processes. All methods may be called from any thread and may block.
pub struct Runtime {}

/// How an environment's PHP is to run. Two specs that differ never share a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PhpSpec {
    /// Whose it is.
    pub environment: Address,
    /// The version that the site wants ("8.2"), if it says.
    pub version: Option<String>,
    /// PHP settings, later ones win.
    pub settings: Vec<(String, String)>,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// Folder of its logs (`php-error.log`).
    pub logs: PathBuf,
    /// Something that changes when code or content is switched, so that new processes see the new.
    pub revision: String,
}

/// Where FastCGI is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FastCgi {
    /// A Unix socket.
    Socket(PathBuf),
    /// A loopback port.
    Port(u16),
}

/// A pool of PHP processes in use; while it lives, they are not put to sleep.
pub struct PhpLease {
    /// Where to reach it.
    pub address: FastCgi,
}

/// A database server in use; while it lives, it is not put to sleep.
pub struct DatabaseLease {
    /// How to reach it.
    pub database: Database,
}

impl Runtime {
    /// A runtime with nothing started. Kills what an owner of the same folder left behind.
    pub fn start(_config: Config) -> Result<Self> {
        todo!()
    }

    /// The pool for `spec`, started if need be. An older pool of the same environment is let finish and then stopped.
    pub fn php(&self, _spec: &PhpSpec) -> Result<PhpLease> {
        todo!()
    }

    /// Runs one PHP script to its end with the settings and variables of `spec`; each line it prints goes to the meter.
    /// Answers its standard output. An exit code other than 0 is an error with what it said; a cancel ends it.
    pub fn run_php(
        &self,
        _spec: &PhpSpec,
        _script: &Path,
        _arguments: &[String],
        _folder: &Path,
        _input: &str,
        _meter: Meter<'_>,
    ) -> Result<String> {
        todo!()
    }

    /// Makes the empty data directory of a new MariaDB generation, from the template.
    pub fn create_data_directory(&self, _data: &Path, _meter: Meter<'_>) -> Result<()> {
        todo!()
    }

    /// The server of the data directory `data`, started if need be, with a user whose password is `password`.
    pub fn mariadb(
        &self,
        _environment: &Address,
        _data: &Path,
        _password: &str,
    ) -> Result<DatabaseLease> {
        todo!()
    }

    /// Stops the server of `data` cleanly (its files are complete then), waiting for its leases to end first.
    /// Fails as busy when they don't within `patience`. No-op when it does not run.
    pub fn stop_mariadb(&self, _data: &Path, _patience: Duration) -> Result<()> {
        todo!()
    }

    /// Stops the environment's PHP once its requests are done.
    pub fn stop_php(&self, _environment: &Address) {
        todo!()
    }

    /// Everything that runs now.
    pub fn processes(&self) -> Vec<ProcessRow> {
        todo!()
    }

    /// Stops everything; called when the owner ends.
    pub fn stop_all(&self) {
        todo!()
    }
}

/// What the machine has and lacks: PHP with its extensions per version, MariaDB or MySQL, Git.
pub fn doctor() -> Vec<Check> {
    todo!()
}

/// Whether a MariaDB or MySQL server is installed.
pub fn has_mariadb() -> bool {
    todo!()
}

impl Runtime {
    /// Stops the server of `data` in the background, once its leases ended or `patience` is over.
    pub fn retire_mariadb(&self, _data: &Path, _patience: Duration) {
        todo!()
    }

    /// Stops the environment's PHP and its database servers cleanly.
    pub fn stop_environment(&self, _environment: &Address) -> Result<()> {
        todo!()
    }
}
