//! The table of environments. An environment without a row is not initialised.
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, from_json, from_text, is_unreadable, readable, to_json, to_text};
use crate::{
    error::{Doing, Error, Result},
    model::{
        Address, CodePointer, ConnectionMode, Environment, EnvironmentName, Lock, RawRow, SiteName,
    },
};

const COLUMNS: &str = "site, name, code, generation, connection_mode, lock, secrets, created";

impl Store {
    /// The environments of a site whose rows can be read: Dev, Test, Live, then the multidevs by name.
    pub fn environments(&self, site: &SiteName) -> Result<Vec<Environment>> {
        let read = |connection: &Connection| {
            let mut rows = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM environments WHERE site = ?1"))?;
            readable(rows.query_map([site.as_str()], read_environment)?)
        };
        let mut environments = self.read(|connection| {
            read(connection).doing(|| format!("list the environments of {site}"))
        })?;
        environments.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(environments)
    }

    /// The environments of a site whose rows can't be read, with the reason.
    pub fn unreadable_environments(
        &self,
        site: &SiteName,
    ) -> Result<Vec<(EnvironmentName, Error)>> {
        let read = |connection: &Connection| -> rusqlite::Result<Vec<_>> {
            let mut rows = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM environments WHERE site = ?1"))?;
            let named = |row: &Row<'_>| match read_environment(row) {
                // A row whose name is no name is counted with those that belong to nothing.
                Err(error) if is_unreadable(&error) => {
                    Ok(from_text::<EnvironmentName>(1, row.get(1)?).ok().map(|it| (it, error)))
                }
                other => other.map(|_| None),
            };
            rows.query_map([site.as_str()], named)?.filter_map(Result::transpose).collect()
        };
        let found = self.read(|connection| {
            read(connection).doing(|| format!("list the environments of {site}"))
        })?;
        let told = found.into_iter().map(|(name, error)| {
            let doing = format!("read what portico.db says of {site}.{name}");
            (name, Error::failed(doing).because(error))
        });
        Ok(told.collect())
    }

    /// One environment.
    ///
    /// # Errors
    /// Not found when there is no such site or multidev; refused when Test or Live is not initialised yet.
    pub fn environment(&self, address: &Address) -> Result<Environment> {
        self.site(&address.site)?;
        match self.find_environment(address)? {
            Some(environment) => Ok(environment),
            None if matches!(address.environment, EnvironmentName::Multidev(_)) => {
                Err(Error::not_found("environment", address))
            }
            None => Err(Error::refused(format!("{address} has not been initialized"))
                .hint(format!("`portico env:deploy {address}` creates it."))),
        }
    }

    /// One environment, if it is initialised.
    pub fn find_environment(&self, address: &Address) -> Result<Option<Environment>> {
        self.read(|connection| find(connection, address))
    }
}

/// One environment, if it is initialised, as a transaction sees it.
pub(crate) fn find(connection: &Connection, address: &Address) -> Result<Option<Environment>> {
    connection
        .query_row(
            &format!("SELECT {COLUMNS} FROM environments WHERE site = ?1 AND name = ?2"),
            [address.site.as_str(), address.environment.as_str()],
            read_environment,
        )
        .optional()
        .doing(|| format!("read the environment {address}"))
}

/// What the row of an environment holds, as text.
pub(super) fn columns(environment: &Environment) -> RawRow {
    [
        ("site", Some(environment.site.to_string())),
        ("name", Some(environment.name.to_string())),
        ("code", Some(to_json(&environment.code))),
        ("generation", Some(environment.generation.to_string())),
        ("connection_mode", environment.connection_mode.as_ref().map(to_text)),
        ("lock", environment.lock.as_ref().map(to_json)),
        ("secrets", Some(to_json(&environment.secrets))),
        ("created", Some(environment.created.to_string())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Writes an environment that is not there.
pub(crate) fn insert(connection: &Connection, environment: &Environment) -> Result<()> {
    let values = params![
        environment.site.as_str(),
        environment.name.as_str(),
        to_json(&environment.code),
        environment.generation,
        environment.connection_mode.as_ref().map(to_text),
        environment.lock.as_ref().map(to_json),
        to_json(&environment.secrets),
        environment.created.to_string(),
    ];
    connection
        .execute(
            &format!("INSERT INTO environments ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)"),
            values,
        )
        .doing(|| format!("record {}.{}", environment.site, environment.name))?;
    Ok(())
}

/// Removes an environment; its generations stay.
pub(crate) fn remove(connection: &Connection, address: &Address) -> Result<()> {
    update(connection, address, "DELETE FROM environments WHERE site = ?1 AND name = ?2", None)
}

/// Points the environment to other code.
pub(crate) fn set_code(
    connection: &Connection,
    address: &Address,
    code: &CodePointer,
) -> Result<()> {
    let sql = "UPDATE environments SET code = ?3 WHERE site = ?1 AND name = ?2";
    update(connection, address, sql, Some(to_json(code).into()))
}

/// Points the environment to another generation.
pub(crate) fn set_generation(
    connection: &Connection,
    address: &Address,
    number: u32,
) -> Result<()> {
    let sql = "UPDATE environments SET generation = ?3 WHERE site = ?1 AND name = ?2";
    update(connection, address, sql, Some(number.into()))
}

/// Says how the environment's code is changed.
pub(crate) fn set_connection_mode(
    connection: &Connection,
    address: &Address,
    mode: Option<ConnectionMode>,
) -> Result<()> {
    let sql = "UPDATE environments SET connection_mode = ?3 WHERE site = ?1 AND name = ?2";
    update(connection, address, sql, Some(mode.as_ref().map(to_text).into()))
}

/// Says what visitors of the environment are asked for.
pub(crate) fn set_lock(
    connection: &Connection,
    address: &Address,
    lock: Option<&Lock>,
) -> Result<()> {
    let sql = "UPDATE environments SET lock = ?3 WHERE site = ?1 AND name = ?2";
    update(connection, address, sql, Some(lock.map(to_json).into()))
}

fn update(
    connection: &Connection,
    address: &Address,
    sql: &str,
    value: Option<rusqlite::types::Value>,
) -> Result<()> {
    let (site, name) = (address.site.as_str(), address.environment.as_str());
    let done = match value {
        Some(value) => connection.execute(sql, params![site, name, value]),
        None => connection.execute(sql, params![site, name]),
    };
    match done.doing(|| format!("change the record of {address}"))? {
        0 => Err(Error::not_found("environment", address)),
        _ => Ok(()),
    }
}

fn read_environment(row: &Row<'_>) -> rusqlite::Result<Environment> {
    let mode: Option<String> = row.get(4)?;
    let lock: Option<String> = row.get(5)?;
    Ok(Environment {
        site: from_text(0, row.get(0)?)?,
        name: from_text(1, row.get(1)?)?,
        code: from_json(2, &row.get::<_, String>(2)?)?,
        generation: row.get(3)?,
        connection_mode: mode.map(|text| from_text(4, text)).transpose()?,
        lock: lock.map(|json| from_json(5, &json)).transpose()?,
        secrets: from_json(6, &row.get::<_, String>(6)?)?,
        created: from_text(7, row.get(7)?)?,
    })
}
