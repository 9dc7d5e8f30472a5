//! Which tables' rows each site's clones leave out; kept among the settings under the site's permanent id.
use rusqlite::{Connection, OptionalExtension};

use super::{Store, from_json, to_json};
use crate::error::{Doing, Result};

impl Store {
    /// The clone profile of the site with this id, where the person changed it.
    pub fn clone_profile(&self, id: &str) -> Result<Option<Vec<String>>> {
        self.read(|connection| {
            connection
                .query_row("SELECT value FROM settings WHERE name = ?1", [key(id)], |row| {
                    from_json(0, &row.get::<_, String>(0)?)
                })
                .optional()
                .doing(|| "read the site's clone profile".into())
        })
    }
}

/// Sets the clone profile of the site with this id; none for its system's own.
pub(crate) fn set(connection: &Connection, id: &str, profile: Option<&Vec<String>>) -> Result<()> {
    let done = match profile {
        Some(profile) => connection.execute(
            "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            [key(id), to_json(profile)],
        ),
        None => connection.execute("DELETE FROM settings WHERE name = ?1", [key(id)]),
    };
    done.doing(|| "record the site's clone profile".into())?;
    Ok(())
}

fn key(id: &str) -> String {
    format!("clone_profile.{id}")
}
