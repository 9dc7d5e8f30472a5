//! How long work says how far it is, and learns that it should stop.
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The person's wish to stop, shared by everyone who works for one workflow.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Wish>);

#[derive(Default)]
struct Wish {
    cancelled: AtomicBool,
    hooks: Mutex<Vec<Hook>>,
}

type Hook = Box<dyn FnOnce() + Send>;

impl Cancel {
    /// Asks the work to stop at its next check.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        let hooks = std::mem::take(&mut *self.hooks());
        hooks.into_iter().for_each(|hook| hook());
    }

    /// Runs `hook` when the person wants to stop; at once when that is so already.
    pub fn when_cancelled(&self, hook: impl FnOnce() + Send + 'static) {
        self.hooks().push(Box::new(hook));
        if self.is_cancelled() {
            self.cancel();
        }
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Fails with [`Error::cancelled`] once it was asked to stop.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::cancelled()) } else { Ok(()) }
    }

    fn hooks(&self) -> MutexGuard<'_, Vec<Hook>> {
        self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is being counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Bytes read, written or copied.
    Bytes,
    /// Files.
    Files,
    /// Database rows.
    Rows,
    /// Database tables.
    Tables,
    /// Git objects.
    Objects,
    /// Pages of a site.
    Pages,
    /// Steps of the workflow itself.
    Steps,
}

/// What a step reports. Whoever shows it may drop any report but the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// `done` of `total` (when it is known) units of the present step.
    Progress {
        /// Units done.
        done: u64,
        /// Units in all, when known.
        total: Option<u64>,
        /// What the units are.
        unit: Unit,
    },
    /// One line for the log: a warning, a program's output, what something cost.
    Line(String),
}

/// What a long step is given. It is shared by the threads of the step.
#[derive(Clone, Copy)]
pub struct Meter<'a> {
    cancel: &'a Cancel,
    report: &'a (dyn Fn(Report) + Sync),
}

impl<'a> Meter<'a> {
    /// A meter that reports to `report` and stops when `cancel` says so.
    pub fn new(cancel: &'a Cancel, report: &'a (dyn Fn(Report) + Sync)) -> Self {
        Self { cancel, report }
    }

    /// The same receiver, stopped by another flag.
    #[must_use]
    pub fn stopped_by<'b>(&self, cancel: &'b Cancel) -> Meter<'b>
    where
        'a: 'b,
    {
        Meter { cancel, report: self.report }
    }

    /// Fails once the person wants to stop; call it at least a few times a second.
    pub fn check(&self) -> Result<()> {
        self.cancel.check()
    }

    /// The flag itself, for work that hands it on (a child process, a server).
    pub fn cancel(&self) -> &'a Cancel {
        self.cancel
    }

    /// Says how far the step is. May be called often: the receiver throttles.
    pub fn progress(&self, done: u64, total: Option<u64>, unit: Unit) {
        (self.report)(Report::Progress { done, total, unit });
    }

    /// Writes a line to the workflow's log.
    pub fn line(&self, line: impl Into<String>) {
        (self.report)(Report::Line(line.into()));
    }
}

#[cfg(test)]
impl Meter<'static> {
    /// A meter that nobody listens to.
    pub(crate) fn silent() -> Self {
        static NEVER: std::sync::OnceLock<Cancel> = std::sync::OnceLock::new();
        Self { cancel: NEVER.get_or_init(Cancel::default), report: &|_| () }
    }
}
