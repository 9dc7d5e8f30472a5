//! What was set for a whole site: which tables' rows its clones leave out, which generations it keeps,
//! what its PHP may reach outside of it. Kept among the
//! settings under the site's permanent id.
use rusqlite::{Connection, OptionalExtension};
use serde::{Serialize, de::DeserializeOwned};

use super::{Store, from_json, settings, to_json};
use crate::{
    error::{Doing, Result},
    model::{Allowed, KeepRule},
};

const CLONE_PROFILE: &str = "clone_profile";
const ALLOWED: &str = "allowed";
const KEEP_RULE: &str = "keep_rule";

impl Store {
    /// The clone profile of the site with this id, where the person changed it.
    pub fn clone_profile(&self, id: &str) -> Result<Option<Vec<String>>> {
        self.of_a_site(CLONE_PROFILE, id)
    }

    /// Which generations the site with this id keeps, where the person changed it.
    pub fn keep_rule(&self, id: &str) -> Result<Option<KeepRule>> {
        self.of_a_site(KEEP_RULE, id)
    }

    /// What the PHP of the site with this id may reach outside of the site.
    pub fn allowed(&self, id: &str) -> Result<Vec<Allowed>> {
        Ok(self.of_a_site(ALLOWED, id)?.unwrap_or_default())
    }

    fn of_a_site<T: DeserializeOwned>(&self, what: &str, id: &str) -> Result<Option<T>> {
        let key = key(what, id);
        self.read(|connection| {
            connection
                .query_row("SELECT value FROM settings WHERE name = ?1", [&key], |row| {
                    from_json(0, &row.get::<_, String>(0)?)
                })
                .optional()
                .doing(|| format!("read the setting {key}"))
        })
    }
}

/// Sets the clone profile of the site with this id; none for its system's own.
pub(crate) fn set(connection: &Connection, id: &str, profile: Option<&Vec<String>>) -> Result<()> {
    set_of_a_site(connection, CLONE_PROFILE, id, profile)
}

/// Sets which generations the site with this id keeps; none for the default.
pub(crate) fn set_keep_rule(
    connection: &Connection,
    id: &str,
    rule: Option<&KeepRule>,
) -> Result<()> {
    set_of_a_site(connection, KEEP_RULE, id, rule)
}

/// Sets what the PHP of the site with this id may reach outside of the site.
pub(crate) fn set_allowed(connection: &Connection, id: &str, all: &[Allowed]) -> Result<()> {
    set_of_a_site(connection, ALLOWED, id, (!all.is_empty()).then_some(&all))
}

fn set_of_a_site<T: Serialize>(
    connection: &Connection,
    what: &str,
    id: &str,
    value: Option<&T>,
) -> Result<()> {
    settings::set(connection, &key(what, id), value.map(to_json).as_deref())
}

fn key(what: &str, id: &str) -> String {
    format!("{what}.{id}")
}
