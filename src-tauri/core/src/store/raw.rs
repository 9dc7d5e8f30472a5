//! Rows word for word, for those that can't be read.
use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params_from_iter, types::ValueRef};

use super::{Store, environments, generations};
use crate::{
    error::{Doing, Result},
    model::{Address, Environment, GenerationRow, RawRow},
};

/// Where a row is: its table, and what finds it there.
fn place(address: &Address, generation: Option<u32>) -> (&'static str, &'static str, Vec<String>) {
    let (site, name) = (address.site.to_string(), address.environment.to_string());
    match generation {
        None => ("environments", "site = ?1 AND name = ?2", vec![site, name]),
        Some(number) => (
            "generations",
            "site = ?1 AND environment = ?2 AND number = ?3",
            vec![site, name, number.to_string()],
        ),
    }
}

impl Store {
    /// The row of an environment, or of one of its generations, if there is one, whatever is in it.
    pub fn raw_row(&self, address: &Address, generation: Option<u32>) -> Result<Option<RawRow>> {
        self.read(|connection| read(connection, address, generation))
    }

    /// The columns that a whole environment has.
    pub fn raw_environment(&self, environment: &Environment) -> RawRow {
        environments::columns(environment)
    }

    /// The columns that a whole generation has.
    pub fn raw_generation(&self, row: &GenerationRow) -> RawRow {
        generations::columns(row)
    }
}

fn read(
    connection: &Connection,
    address: &Address,
    generation: Option<u32>,
) -> Result<Option<RawRow>> {
    let (table, found_by, values) = place(address, generation);
    let read = || -> rusqlite::Result<Option<RawRow>> {
        let mut statement =
            connection.prepare(&format!("SELECT * FROM {table} WHERE {found_by}"))?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let row = |row: &rusqlite::Row<'_>| {
            let mut columns = BTreeMap::new();
            for (at, name) in names.iter().enumerate() {
                let text = match row.get_ref(at)? {
                    ValueRef::Null => None,
                    ValueRef::Integer(number) => Some(number.to_string()),
                    ValueRef::Real(number) => Some(number.to_string()),
                    ValueRef::Text(text) | ValueRef::Blob(text) => {
                        Some(String::from_utf8_lossy(text).into_owned())
                    }
                };
                columns.insert(name.clone(), text);
            }
            Ok(columns)
        };
        statement.query_row(params_from_iter(&values), row).optional()
    };
    read().doing(|| format!("read what portico.db says of {address}"))
}

/// Puts a row in the place of what is there, or takes that away.
pub(crate) fn write(
    connection: &Connection,
    address: &Address,
    generation: Option<u32>,
    row: Option<&RawRow>,
) -> Result<()> {
    let (table, found_by, values) = place(address, generation);
    let write = || -> rusqlite::Result<()> {
        let delete = format!("DELETE FROM {table} WHERE {found_by}");
        connection.execute(&delete, params_from_iter(&values))?;
        let Some(row) = row else { return Ok(()) };
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        let marks: Vec<String> = (1..=row.len()).map(|at| format!("?{at}")).collect();
        let insert =
            format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), marks.join(", "));
        connection.execute(&insert, params_from_iter(row.values())).map(drop)
    };
    write().doing(|| format!("write what portico.db says of {address}"))
}
