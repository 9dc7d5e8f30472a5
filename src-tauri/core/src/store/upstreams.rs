//! Where each site's updates come from; kept among the settings under the site's permanent id.
use rusqlite::{Connection, OptionalExtension};

use super::{Store, from_json, to_json};
use crate::{
    error::{Doing, Result},
    model::Upstream,
};

impl Store {
    /// Where the updates of the site with this id come from, if anywhere.
    pub fn upstream(&self, id: &str) -> Result<Option<Upstream>> {
        self.read(|connection| {
            connection
                .query_row("SELECT value FROM settings WHERE name = ?1", [key(id)], |row| {
                    from_json(0, &row.get::<_, String>(0)?)
                })
                .optional()
                .doing(|| "read where the site's updates come from".into())
        })
    }
}

/// Says where the updates of the site with this id come from.
pub(crate) fn set(connection: &Connection, id: &str, upstream: Option<&Upstream>) -> Result<()> {
    let done = match upstream {
        Some(upstream) => connection.execute(
            "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            [key(id), to_json(upstream)],
        ),
        None => connection.execute("DELETE FROM settings WHERE name = ?1", [key(id)]),
    };
    done.doing(|| "record where the site's updates come from".into())?;
    Ok(())
}

fn key(id: &str) -> String {
    format!("upstream.{id}")
}
