//! Where each site's updates come from; kept among the settings under the site's permanent id.
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::{Store, from_json, to_json};
use crate::{
    error::{Doing, Result},
    model::Upstream,
};

/// That an upstream was asked, and when. What it answered is in the repository.
#[derive(Serialize, Deserialize)]
struct Seen {
    upstream: Upstream,
    at: Timestamp,
}

impl Store {
    /// When this upstream was asked last for the site with this id, if it ever was.
    pub fn upstream_seen(&self, id: &str, upstream: &Upstream) -> Result<Option<Timestamp>> {
        // What can't be read was never seen: the next look writes it anew.
        let seen =
            self.setting(&seen_key(id))?.and_then(|it| serde_json::from_str::<Seen>(&it).ok());
        Ok(seen.filter(|it| it.upstream == *upstream).map(|it| it.at))
    }

    /// Remembers that this upstream was asked for the site with this id.
    pub fn set_upstream_seen(&self, id: &str, upstream: &Upstream, at: Timestamp) -> Result<()> {
        let seen = Seen { upstream: upstream.clone(), at };
        self.set_setting(&seen_key(id), &to_json(&seen))
    }

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

fn seen_key(id: &str) -> String {
    format!("upstream-seen.{id}")
}

fn key(id: &str) -> String {
    format!("upstream.{id}")
}
