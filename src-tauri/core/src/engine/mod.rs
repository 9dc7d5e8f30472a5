//! The owner of a root folder, and how every shell finds it.
//!
//! Whoever opens the folder first holds its lock, runs the servers and listens; every later shell speaks to
//! it. **Invariant:** only the owner writes to `portico.db` or starts a process.
mod answer;
mod board;
#[cfg(test)]
mod bounds_tests;
mod branches;
#[cfg(test)]
mod broken_tests;
mod checks;
mod clock;
mod commits;
mod connection;
mod doctor;
mod operate;
#[cfg(test)]
mod order_tests;
mod owner;
mod pushes;
mod recovery;
mod remote;
#[cfg(test)]
mod testing;
mod tidy;
mod upstreams;
mod watch;
mod wire;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;

pub use doctor::doctor;
pub use owner::Engine;
pub use remote::Remote;

pub use crate::store::Truth;

use crate::{
    error::{Code, Doing, Error, Result},
    layout::Layout,
    model::{
        Address, ToolEnvironment,
        request::{Ask, Event, Query, Request},
        view::WorkflowRow,
    },
    privacy,
    progress::Cancel,
};

/// How long a shell waits for an owner that starts or ends at this moment.
const OWNER_TIMEOUT: Duration = Duration::from_secs(15);

/// What a shell says of itself when it opens a root folder.
#[derive(Clone, Debug)]
pub struct Config {
    /// The root folder, absolute; made when it does not exist.
    pub root: PathBuf,
    /// The front's port, if the person chose one.
    pub port: Option<u16>,
    /// The SQLite Database Integration plugin's folder, where it is installed.
    pub sqlite_plugin: Option<PathBuf>,
    /// The program `portico` on this machine: Git's hooks call it, whether a Portico runs or not.
    pub program: Option<PathBuf>,
    /// This shell's own program, which handles [`crate::runtime::become_confined`] before all else; without it sites
    /// are kept apart by less.
    pub confiner: Option<PathBuf>,
    /// After so long without a request, an environment's processes sleep.
    pub idle: Duration,
    /// How long one of a site's own scripts (Quicksilver) may take.
    pub hook_limit: Duration,
    /// What is done where portico.db is missing, empty or damaged.
    pub truth: Truth,
}

/// A shell's hold on a root folder: as its owner, or through the owner.
pub enum Session {
    /// This process owns the folder.
    Owner(Box<Engine>),
    /// Another process does.
    Guest(Remote),
}

impl Session {
    /// Opens the root folder: becomes its owner, or connects to the one it has.
    ///
    /// # Errors
    /// Busy when an owner holds the folder and doesn't answer; refused when a newer Portico wrote it.
    pub fn open(config: &Config) -> Result<Self> {
        let layout = Layout::new(config.root.clone());
        check_text(layout.root())?;
        privacy::make(layout.root())?;
        let started = Instant::now();
        loop {
            if let Some(lock) = try_lock(&layout)? {
                return Ok(Self::Owner(Box::new(Engine::start(config, layout, lock)?)));
            }
            match Remote::connect(&layout) {
                Ok(remote) => return Ok(Self::Guest(remote)),
                // It took the connection and is silent: it was waited for already.
                Err(error) if error.code == Code::Busy => return Err(error),
                Err(error) if started.elapsed() > OWNER_TIMEOUT => {
                    return Err(Error::busy(layout.root().display(), "its owner does not answer")
                        .because(error)
                        .hint("End the other Portico, then try again."));
                }
                // It is starting or ending right now: either the lock comes free or it answers.
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Whether this process owns the folder.
    pub fn is_owner(&self) -> bool {
        matches!(self, Self::Owner(_))
    }

    /// Whether the owner still answers.
    pub fn is_alive(&self) -> bool {
        match self {
            Self::Owner(_) => true,
            Self::Guest(remote) => remote.is_alive(),
        }
    }

    /// Stops what this process started, if it is the owner; for a shell that can't wait for the last holder to
    /// drop the session.
    pub fn close(&self) {
        if let Self::Owner(engine) = self {
            engine.close();
        }
    }

    /// Asks a question.
    pub fn ask<Q: Ask>(&self, question: Q) -> Result<Q::Answer> {
        self.query(&question.into())
    }

    /// Asks a question that somebody else put together; `T` is what its [`Ask`] answers, or any JSON.
    pub fn query<T: DeserializeOwned>(&self, query: &Query) -> Result<T> {
        let answer = match self {
            Self::Owner(engine) => engine.answer(query)?,
            Self::Guest(remote) => remote.query(query)?,
        };
        serde_json::from_str(answer.get()).doing(|| "understand the owner's answer".into())
    }

    /// Runs a request to its end.
    pub fn run(
        &self,
        request: &Request,
        on_event: &(dyn Fn(Event) + Sync),
        cancel: &Cancel,
    ) -> Result<WorkflowRow> {
        match self {
            Self::Owner(engine) => engine.run(request, on_event, cancel),
            Self::Guest(remote) => remote.run(request, on_event, cancel),
        }
    }

    /// Calls `body` with what a tool needs to run inside the environment, whose database answers meanwhile. `hold`: a
    /// workflow that copies the database waits for the tool; else it stops the database for that moment.
    pub fn lend<T>(
        &self,
        environment: &Address,
        hold: bool,
        body: impl FnOnce(&ToolEnvironment) -> T,
    ) -> Result<T> {
        match self {
            Self::Owner(engine) => {
                let lending = engine.lend(environment)?;
                Ok(body(&lending.lent))
            }
            Self::Guest(remote) => remote.lend(environment, hold, body),
        }
    }

    /// Asks a running workflow to stop.
    pub fn cancel(&self, workflow: i64) -> Result<()> {
        match self {
            Self::Owner(engine) => engine.cancel(workflow),
            Self::Guest(remote) => remote.cancel(workflow),
        }
    }

    /// Tells every event of every shell, until `on_event` answers false or the owner ends.
    pub fn subscribe(&self, on_event: &mut dyn FnMut(Event) -> bool) -> Result<()> {
        match self {
            Self::Owner(engine) => {
                engine.subscribe(on_event);
                Ok(())
            }
            Self::Guest(remote) => remote.subscribe(on_event),
        }
    }
}

/// Refuses a root folder whose path not everything that runs in it could be told.
fn check_text(root: &Path) -> Result<()> {
    let problem = match root.to_str() {
        None => "is no Unicode text",
        Some(text) if text.contains(char::is_control) => "has a line break or the like in it",
        // On Windows it is a slash.
        Some(text) if !cfg!(windows) && text.contains('\\') => {
            "has a backslash in it, which WordPress takes for a slash"
        }
        // `sprintf( ABSPATH . … )` in wp-includes/formatting.php ends every page of many a version.
        Some(text) if text.contains('%') => "has a % in it, which WordPress takes for a format",
        Some(_) => return Ok(()),
    };
    Err(Error::refused(format!("the path of the folder {} {problem}", root.display()))
        .hint("Rename that folder, or set PORTICO_HOME to another one."))
}

/// The owner's lock, if nobody holds it. The system frees it when the owner dies.
fn try_lock(layout: &Layout) -> Result<Option<File>> {
    let path = layout.owner_lock();
    let doing = || format!("lock {}", path.display());
    let file = File::options().create(true).append(true).open(&path).doing(doing)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).doing(doing),
    }
}
