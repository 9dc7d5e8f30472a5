//! Settings of the whole root folder.
use rusqlite::OptionalExtension;

use super::Store;
use crate::error::{Doing, Result};

impl Store {
    /// A setting, if it was ever set.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|connection| {
            connection
                .query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0))
                .optional()
                .doing(|| format!("read the setting {name}"))
        })
    }

    /// Sets a setting.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        self.transaction(|transaction| {
            transaction
                .execute(
                    "INSERT INTO settings VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = ?2",
                    [name, value],
                )
                .doing(|| format!("write the setting {name}"))?;
            Ok(())
        })
    }
}
