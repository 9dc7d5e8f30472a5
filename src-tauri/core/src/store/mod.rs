//! `portico.db`: every pointer, in one SQLite file. One list of migrations, one file a table.
mod copies;
pub(crate) mod environments;
pub(crate) mod facts;
pub(crate) mod generations;
mod journal;
pub(crate) mod profiles;
pub(crate) mod raw;
pub(crate) mod settings;
pub(crate) mod sites;
pub(crate) mod upstreams;
pub(crate) mod workflows;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, types::Type};
use serde::{Serialize, de::DeserializeOwned};

pub use copies::{Copy, Recovered, Truth, copies};
pub use facts::{Reconciled, read as read_facts, sites_on_disk};
pub use journal::Trace;
pub use workflows::{Interrupted, Workflow};

use crate::{
    error::{Doing, Error, Result},
    layout::Layout,
    model::SiteName,
};

/// Applied in order and never edited once released; `PRAGMA user_version` counts them.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE sites (
        name TEXT PRIMARY KEY, label TEXT NOT NULL, cms TEXT NOT NULL, docroot TEXT NOT NULL,
        uploads TEXT NOT NULL, engine TEXT NOT NULL, branch TEXT NOT NULL, id TEXT NOT NULL,
        created TEXT NOT NULL
    ) STRICT;
    CREATE TABLE environments (
        site TEXT NOT NULL REFERENCES sites(name) ON DELETE CASCADE, name TEXT NOT NULL,
        code TEXT NOT NULL, generation INTEGER NOT NULL, connection_mode TEXT, lock TEXT,
        secrets TEXT NOT NULL, created TEXT NOT NULL,
        PRIMARY KEY (site, name)
    ) STRICT;
    CREATE TABLE generations (
        site TEXT NOT NULL REFERENCES sites(name) ON DELETE CASCADE, environment TEXT NOT NULL,
        number INTEGER NOT NULL, origin TEXT NOT NULL, engine TEXT NOT NULL,
        pinned INTEGER NOT NULL DEFAULT 0, measured TEXT, created TEXT NOT NULL,
        PRIMARY KEY (site, environment, number)
    ) STRICT;
    CREATE TABLE workflows (
        id INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, environment TEXT,
        request TEXT NOT NULL, title TEXT NOT NULL,
        state TEXT NOT NULL
            CHECK (state IN ('running','succeeded','failed','cancelled','rolled_back')),
        started_at TEXT NOT NULL, finished_at TEXT, undoes INTEGER,
        changes TEXT NOT NULL DEFAULT '[]', result TEXT, error TEXT
    ) STRICT;
    CREATE INDEX workflows_by_site ON workflows (site, id);
    CREATE TABLE journal (
        workflow INTEGER NOT NULL REFERENCES workflows(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL, trace TEXT NOT NULL, PRIMARY KEY (workflow, seq)
    ) STRICT;
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"];

/// The setting that says since when history goes back, where portico.db was lost.
pub(crate) const HISTORY_SINCE: &str = "history_since";

/// The open database; all threads of the owner share it.
pub struct Store {
    held: Mutex<Held>,
    layout: Layout,
    unwritten: Mutex<BTreeMap<SiteName, Error>>,
}

/// A connection, and which file it was opened from.
struct Held {
    connection: Connection,
    file: Option<(u64, u64)>,
}

impl Held {
    fn open(layout: &Layout) -> Result<Self> {
        let path = layout.store();
        let doing = || format!("open {}", path.display());
        // SQLite gives the files beside it (`-wal`, `-shm`) the rights of this one.
        make_private(&path).doing(doing)?;
        let mut connection = Connection::open(&path).doing(doing)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
                 PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
            )
            .doing(doing)?;
        migrate(&mut connection, layout, MIGRATIONS)?;
        connection.execute_batch(facts::WATCH).doing(doing)?;
        Ok(Self { connection, file: copies::identity(&path) })
    }
}

impl Store {
    /// Opens or makes the database; also answers what had to be done before that.
    ///
    /// # Errors
    /// One that a newer Portico wrote is refused; one that is damaged is told as such, unless `truth` says what to do.
    pub fn open(layout: &Layout, truth: Truth) -> Result<(Self, Option<Recovered>)> {
        let recovered = copies::prepare(layout, truth)?;
        let held = Mutex::new(Held::open(layout)?);
        let store = Self { held, layout: layout.clone(), unwritten: Mutex::default() };
        if recovered.is_some() {
            store.set_setting(HISTORY_SINCE, &now().to_string())?;
        }
        Ok((store, recovered))
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // A panic elsewhere can't leave the connection half changed: SQLite rolls back.
        self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Runs `work` in one transaction: all of it happens, or nothing.
    pub fn transaction<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut held = self.lock();
        let doing = || "write to portico.db".to_owned();
        let transaction = held.connection.transaction().doing(doing)?;
        let value = work(&transaction)?;
        let changed = facts::raise_revisions(&transaction)?;
        transaction.commit().doing(doing)?;
        drop(held);
        self.write_facts(&changed);
        Ok(value)
    }

    /// Runs `work` on the connection, for reading.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        work(&self.lock().connection)
    }
}

/// Makes the file for this user alone, unless it is there.
fn make_private(path: &std::path::Path) -> std::io::Result<()> {
    let mut options = std::fs::File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).append(true).open(path).map(drop)
}

fn migrate(connection: &mut Connection, layout: &Layout, migrations: &[&str]) -> Result<()> {
    let path = layout.store();
    let doing = || format!("bring {} up to date", path.display());
    let applied: u32 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).doing(doing)?;
    let applied = applied as usize;
    if applied > migrations.len() {
        return Err(Error::refused(format!(
            "{} was written by a newer version of Portico",
            path.display()
        ))
        .hint("Update Portico, or set PORTICO_HOME to another folder."));
    }
    if (1..migrations.len()).contains(&applied) {
        copies::make(connection, layout)?;
    }
    let transaction = connection.transaction().doing(doing)?;
    for (version, migration) in (1_u32..).zip(migrations).skip(applied) {
        transaction.execute_batch(migration).doing(doing)?;
        transaction.pragma_update(None, "user_version", version).doing(doing)?;
    }
    transaction.commit().doing(doing)
}

/// A value that a column holds as JSON.
fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the model serialises")
}

/// The text of an enum that serde writes as a string.
fn to_text<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value).expect("the model serialises") {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Reads a JSON column.
fn from_json<T: DeserializeOwned>(column: usize, json: &str) -> rusqlite::Result<T> {
    serde_json::from_str(json).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// Reads a column that holds an enum's or a name's text.
fn from_text<T: DeserializeOwned>(column: usize, text: String) -> rusqlite::Result<T> {
    serde_json::from_value(serde_json::Value::String(text)).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// The rows that can be read. One that can't costs what it is about and nothing else: it is left out here, and
/// `Store::unreadable_environments` and `Store::unreadable_rows` tell of it.
fn readable<T>(rows: impl Iterator<Item = rusqlite::Result<T>>) -> rusqlite::Result<Vec<T>> {
    rows.filter(|row| !row.as_ref().is_err_and(is_unreadable)).collect()
}

/// Whether the error is about one row's values, not about the database.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
    };
    matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..)
    )
}

/// Now, to the millisecond: finer digits only make rows harder to read.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(jiff::Unit::Millisecond).unwrap_or(now)
}

#[cfg(test)]
mod tests;
