//! Dumps: read as a stream into a database, written from one.
mod export;
mod filter;
mod load;
mod peek;
mod rows;
mod source;
mod statements;
#[cfg(test)]
mod tests;
mod workers;

use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering::Relaxed};

pub use export::{Exported, Form, export_database, export_files};
pub use load::load_mariadb;
pub use peek::{Peeked, peek};
pub use source::{Content, Dump, look, open, uploads_in};
use statements::Trouble;

use super::urls::Rewriter;
use crate::{
    error::{Code, Error},
    progress::{Meter, Unit},
};

/// How our own exports begin; they end with the mark that other dumps have.
const EXPORT_HEAD: &str = "-- Portico database export";

/// How a dump is loaded.
#[derive(Clone, Copy, Default)]
pub struct Loading<'a> {
    /// Converts addresses on the way.
    pub rewriter: Option<&'a Rewriter>,
    /// Of a dump of several databases, the one to load.
    pub database: Option<&'a str>,
}

/// What a load brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Tables made.
    pub tables: u64,
    /// Rows sent.
    pub rows: u64,
    /// Addresses replaced.
    pub replacements: u64,
    /// What was left out, changed or odd, as sentences for the log.
    pub notes: Vec<String>,
}

/// Where in a dump something was met: told in every error.
#[derive(Clone, Debug, Default)]
struct Spot {
    /// The file.
    name: String,
    line: u64,
    table: Option<String>,
}

impl Spot {
    fn at(&self, line: u64) -> Self {
        Self { line, ..self.clone() }
    }

    /// "cannot import `acme.sql.gz`, line 7, table `wp_posts`".
    fn error(&self) -> Error {
        Error::new(Code::Failed, format!("cannot import {self}"))
    }

    fn refused(&self, what: &str) -> Error {
        Error::refused(format!("{self} has {what}"))
    }

    fn trouble(&self, trouble: Trouble) -> Error {
        const AGAIN: &str = "Export or copy it again; nothing was changed here.";
        match trouble {
            Trouble::Cut { line, inside } => {
                let spot = self.at(line);
                Error::new(
                    Code::Failed,
                    format!("the dump is cut short: {spot} ends inside {inside}"),
                )
                .hint(AGAIN)
            }
            Trouble::Read { line, error } if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                let spot = self.at(line);
                Error::new(
                    Code::Failed,
                    format!("the dump is cut short: its packing ends at {spot}"),
                )
                .because(error)
                .hint(AGAIN)
            }
            Trouble::Read { line, error } => {
                self.at(line).error().because(error).hint("The file seems to be damaged.")
            }
            Trouble::Odd { line, what } => self.at(line).refused(&what),
        }
    }
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`, line {}", self.name, self.line)?;
        match &self.table {
            Some(table) => write!(f, ", table `{table}`"),
            None => Ok(()),
        }
    }
}

/// Reports how much of the packed file was read.
struct Progress<'a> {
    meter: Meter<'a>,
    read: Arc<AtomicU64>,
    size: u64,
}

impl Progress<'_> {
    fn tick(&self) -> crate::Result<()> {
        self.meter.progress(self.read.load(Relaxed).min(self.size), Some(self.size), Unit::Bytes);
        self.meter.check()
    }
}
