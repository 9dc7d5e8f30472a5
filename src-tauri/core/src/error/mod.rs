//! The one error type: what failed, what to try, and what lies under it.
//!
//! Facts that more than one place reports have a constructor here, so that their text stands once.
use std::{
    any::Any,
    error::Error as StdError,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde::{Deserialize, Serialize};

/// The result of everything in Portico that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is; each kind has one exit code of the command line (design, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// It was tried and failed; the environment is as it was before.
    Failed,
    /// The request itself makes no sense.
    Usage,
    /// What it names does not exist.
    NotFound,
    /// Something else is under way there.
    Busy,
    /// A rule forbids it, or a confirmation is missing.
    Refused,
    /// A program that it needs is not on this machine.
    Missing,
    /// What the root folder's truth is kept in is missing or damaged; nothing runs until the person says what to do.
    Damaged,
    /// The person stopped it.
    Cancelled,
}

/// A failure as a person is told it: the same in the window, the terminal and the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Error {
    /// The kind, for programs.
    pub code: Code,
    /// What failed and where: lower case, no full stop.
    pub message: String,
    /// What to try next: a full sentence.
    pub hint: Option<String>,
    /// What lies under it, outermost first.
    pub causes: Vec<String>,
}

impl Error {
    /// An error of the given kind; the message is lower case and has no full stop.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, causes: Vec::new() }
    }

    /// A step that was tried and failed: "cannot {doing}".
    pub fn failed(doing: impl fmt::Display) -> Self {
        Self::new(Code::Failed, format!("cannot {doing}"))
    }

    /// A rule that forbids the request.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Code::Refused, message)
    }

    /// A request that makes no sense, whatever the state.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// A thing that is named but does not exist: "no {what} is named `{name}`".
    pub fn not_found(what: &str, name: impl fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("no {what} is named `{name}`"))
    }

    /// A program that is needed and not on this machine.
    pub fn missing(program: impl fmt::Display) -> Self {
        Self::new(Code::Missing, format!("{program} was not found on this machine"))
            .hint("`portico doctor` shows what is missing and how to get it.")
    }

    /// Something else holds what the request needs.
    pub fn busy(what: impl fmt::Display, running: impl fmt::Display) -> Self {
        Self::new(Code::Busy, format!("`{what}` is busy: {running}"))
            .hint("Wait for it to finish, or cancel it.")
    }

    /// The person stopped it.
    pub fn cancelled() -> Self {
        Self::new(Code::Cancelled, "cancelled")
    }

    /// Portico's own fault: a panic, by what it was raised with.
    pub fn broken(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let mut broken = Self::failed("finish: Portico itself broke")
            .hint("Portico's own log, logs/portico.log in the root folder, says where.");
        broken.causes.extend(text.map(str::to_owned));
        broken
    }

    /// Adds what to try next, as a full sentence.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what lies under it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let cause = cause.into();
        match cause.downcast_ref::<Error>() {
            Some(own) => {
                self.causes.push(own.message.clone());
                self.causes.extend(own.causes.iter().cloned());
                self.hint = self.hint.take().or_else(|| own.hint.clone());
            }
            None => {
                let mut next: Option<&(dyn StdError + 'static)> = Some(cause.as_ref());
                while let Some(error) = next {
                    self.causes.push(error.to_string());
                    next = error.source();
                }
            }
        }
        self
    }

    /// The message and all that lies under it, as one line of a log.
    pub fn whole(&self) -> String {
        let mut parts = vec![self.message.as_str()];
        parts.extend(self.causes.iter().map(String::as_str));
        parts.join(": ")
    }

    /// Whether the person stopped it.
    pub fn is_cancelled(&self) -> bool {
        self.code == Code::Cancelled
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {}

/// Says what was being done when a foreign error came up: a foreign error never travels bare.
pub trait Doing<T> {
    /// Turns the error into "cannot {what}", with the foreign error as its cause.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| {
            let source = source.into();
            match source.downcast::<Error>() {
                // A cancel or a refusal keeps its kind: wrapping it would change the exit code.
                Ok(own) if own.code != Code::Failed => *own,
                Ok(own) => Error::failed(what()).because(*own),
                Err(foreign) => Error::failed(what()).because(foreign),
            }
        })
    }
}

/// A failure in the background, which nobody waits to hear of.
pub trait Logged<T> {
    /// Writes "cannot {what}" to Portico's own log where it failed. That a person stopped it is no failure.
    fn logged(self, what: impl FnOnce() -> String) -> Option<T>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> Logged<T> for std::result::Result<T, E> {
    fn logged(self, what: impl FnOnce() -> String) -> Option<T> {
        let error = match self {
            Ok(value) => return Some(value),
            Err(error) => error.into(),
        };
        let is_cancelled = error.downcast_ref().is_some_and(Error::is_cancelled);
        let error = Error::failed(what()).because(error);
        match is_cancelled {
            true => tracing::debug!("{}", error.whole()),
            false => tracing::warn!("{}", error.whole()),
        }
        None
    }
}

/// Runs `body`; a panic in it is its failure, and the rest of the program goes on.
///
/// What `body` shares must stand a panic: locks under which work is done are taken though poisoned, and a transaction
/// that is dropped is rolled back.
pub fn contained<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(Error::broken(&*panic)))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_wire_form_has_code_message_hint_and_causes() {
        let failed: Result<()> = Err(io::Error::other("disk full")).doing(|| "copy files".into());
        let error = failed.expect_err("it failed");
        assert_eq!(
            serde_json::to_string(&error).expect("serializes"),
            r#"{"code":"failed","message":"cannot copy files","hint":null,"causes":["disk full"]}"#,
        );
    }

    #[test]
    fn a_cancel_stays_a_cancel_however_deep_it_happens() {
        let cancelled: Result<()> = Err(Error::cancelled()).doing(|| "copy files".into());
        assert!(cancelled.expect_err("it was cancelled").is_cancelled());
    }
}
