//! Settings of the whole root folder, and of single environments.
use rusqlite::{Connection, OptionalExtension};

use super::Store;
use crate::{
    error::{Doing, Result},
    model::Environment,
};

impl Store {
    /// A setting, if it was ever set.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|connection| get(connection, name))
    }

    /// Sets a setting.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        self.transaction(|transaction| set(transaction, name, Some(value)))
    }
}

/// A setting, if it was ever set, as a transaction sees it.
pub(crate) fn get(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection
        .query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .doing(|| format!("read the setting {name}"))
}

/// Sets a setting, or takes it away.
pub(crate) fn set(connection: &Connection, name: &str, value: Option<&str>) -> Result<()> {
    let done = match value {
        Some(value) => connection.execute(
            "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            [name, value],
        ),
        None => connection.execute("DELETE FROM settings WHERE name = ?1", [name]),
    };
    done.doing(|| format!("write the setting {name}"))?;
    Ok(())
}

/// The name of an environment's setting. One that is made anew under a former name doesn't inherit.
pub(crate) fn of(environment: &Environment, site_id: &str, name: &str) -> String {
    let created = environment.created.as_millisecond();
    format!("environment.{site_id}.{}.{created}.{name}", environment.name)
}
