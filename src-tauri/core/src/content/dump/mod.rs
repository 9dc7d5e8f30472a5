//! Dumps: read as a stream into a database, written from one.
mod definition;
mod encoding;
mod export;
mod export_files;
mod export_sqlite;
mod filter;
#[cfg(test)]
mod fuzz;
mod load;
mod load_sqlite;
mod members;
mod modes;
mod parts;
mod peek;
mod preface;
mod prefix;
mod rows;
mod shell;
mod source;
mod statements;
mod survey;
mod tab;
#[cfg(test)]
pub(in crate::content) mod tests;
#[cfg(test)]
mod tools_tests;
mod translate;
mod values;
mod workers;

use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering::Relaxed};

pub(in crate::content) use encoding::as_text;
pub use export::{Exported, Form, export_database, write_sql};
pub use export_files::export_files;
pub use export_sqlite::{Show, export_sqlite_as_sql, write_sqlite};
pub(in crate::content) use filter::table_of;
pub use load::load_mariadb;
pub use load_sqlite::{Definitions, Dialect, load_sqlite};
pub(in crate::content) use members::open_member;
pub use members::{Member, Place};
pub(in crate::content) use parts::are_mydumpers;
pub use peek::{Peeked, peek};
pub(in crate::content) use preface::foreign_lines;
pub use prefix::Prefix;
pub(in crate::content) use shell::is_shells;
pub use source::{Beside, Dump, Layout, Source, open};
pub(in crate::content) use source::{buffered, unpacked};
use statements::Trouble;
pub use survey::{Survey, count_tables, survey, survey_sqlite};
pub(in crate::content) use tab::stem as tab_stem;

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
    /// Gives the tables another prefix.
    pub prefix: Option<&'a Prefix>,
}

impl Loading<'_> {
    /// A statement as it is loaded.
    fn renamed<'t>(&self, statement: &'t [u8]) -> std::borrow::Cow<'t, [u8]> {
        match self.prefix {
            Some(prefix) => prefix.rename(statement),
            None => statement.into(),
        }
    }
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
    /// Names the present file of a dump in several.
    fn enter(&mut self, part: Option<&str>) {
        let Some(part) = part.filter(|part| !self.name.ends_with(*part)) else { return };
        let whole = self.name.split(": ").next().unwrap_or_default();
        self.name = format!("{whole}: {part}");
    }

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

    fn lacks_its_end(&self) -> Error {
        let message =
            format!("the dump is cut short: {self} is its end, without the line that completes it");
        Error::new(Code::Failed, message).hint("Export or copy it again; nothing was changed here.")
    }

    fn several_databases(&self, one: &str, other: &str) -> Error {
        self.refused(&format!("several databases, `{one}` and `{other}`"))
            .hint("Choose one with `--from-database`.")
    }

    /// Refuses times of another zone than UTC, as dumps are by default.
    fn check_zone(&self, zone: &str) -> crate::Result<()> {
        match is_utc(zone) {
            true => Ok(()),
            false => Err(self
                .refused(&format!("times of the zone {zone}"))
                .hint("Export it again without `--skip-tz-utc`, so that its times are in UTC.")),
        }
    }

    fn no_table(&self) -> Error {
        Error::refused(format!("`{}` defines no table that could be imported", self.name))
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
            Trouble::Long { line, what, megabytes } => self
                .at(line)
                .refused(&format!("a {what} of over {megabytes} MB"))
                .hint("A database server takes no such statement, either, unless it is told to. Leave it out of the dump; nothing was changed here."),
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

/// "not of the dump, and passed over: `Connection to host.example closed.`"
fn foreign_end(text: &str) -> String {
    format!("not of the dump, and passed over behind its end: `{text}`")
}

/// Whether an offset such as `+00:00` is none.
fn is_utc(zone: &str) -> bool {
    zone.trim_start_matches(['+', '-', '0', ':']).is_empty()
}

/// Reports how much of the packed file was read.
struct Progress<'a> {
    meter: Meter<'a>,
    read: Arc<AtomicU64>,
    size: u64,
}

impl Progress<'_> {
    fn tick(&self) -> crate::Result<()> {
        // What comes from another database has no size; that one tells how far it is.
        if self.size == 0 {
            return self.meter.check();
        }
        self.meter.progress(self.read.load(Relaxed).min(self.size), Some(self.size), Unit::Bytes);
        self.meter.check()
    }
}
