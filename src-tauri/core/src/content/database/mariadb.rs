//! MariaDB and MySQL: a server of the generation's own, which Portico reaches as `root` over its socket.
use std::collections::HashSet;

use mysql::{Conn, OptsBuilder, prelude::Queryable};

use crate::{
    error::{Doing, Error, Result},
    model::Database,
    progress::{Meter, Unit},
};

use super::TextRow;

/// The largest packet that the protocol knows.
pub(super) const PACKET: usize = 1 << 30;

/// A connection as `root`. Bytes travel as they are, whatever a column's character set; zero dates may stay;
/// foreign keys are not asked.
pub(super) fn connect(database: &Database) -> Result<Conn> {
    let Database::MariaDb { socket, name, administrator, .. } = database else {
        return Err(Error::usage("a SQLite file is no server"));
    };
    let options = OptsBuilder::new()
        .socket(Some(socket.to_string_lossy()))
        .prefer_socket(true)
        .user(Some("root"))
        .pass(Some(administrator.as_str()))
        .db_name(Some(name.as_str()))
        .max_allowed_packet(Some(PACKET))
        .init(vec![
            "SET NAMES binary",
            "SET SESSION sql_mode = '', foreign_key_checks = 0, time_zone = '+00:00'",
        ]);
    Conn::new(options).doing(|| format!("connect to the database at `{}`", socket.display()))
}

pub(in crate::content) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

pub(super) fn tables(database: &Database) -> Result<Vec<String>> {
    table_names(&mut connect(database)?)
}

pub(super) fn table_names(connection: &mut Conn) -> Result<Vec<String>> {
    connection
        .query(
            "SELECT table_name FROM information_schema.tables
             WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
             ORDER BY table_name",
        )
        .doing(|| "list the tables".into())
}

pub(super) fn empty(
    database: &Database,
    tables: &[String],
    meter: Meter<'_>,
) -> Result<Vec<String>> {
    let mut connection = connect(database)?;
    let wanted: HashSet<&str> = tables.iter().map(String::as_str).collect();
    let there = table_names(&mut connection)?;
    let emptied: Vec<String> =
        there.into_iter().filter(|table| wanted.contains(table.as_str())).collect();
    for (done, table) in emptied.iter().enumerate() {
        meter.check()?;
        connection
            .query_drop(format!("TRUNCATE TABLE {}", quoted(table)))
            .doing(|| format!("empty the table `{table}`"))?;
        meter.progress(done as u64 + 1, Some(emptied.len() as u64), Unit::Tables);
    }
    Ok(emptied)
}

/// Runs a statement that answers nothing.
pub(super) fn execute(database: &Database, sql: &str) -> Result<()> {
    connect(database)?.query_drop(sql).doing(|| "change the database".into())
}

/// Answers every value as text.
pub(super) fn rows(database: &Database, sql: &str) -> Result<Vec<TextRow>> {
    /// The server's number for a table that does not exist.
    const NO_SUCH_TABLE: u16 = 1146;
    let mut connection = connect(database)?;
    connection.query_drop("SET NAMES utf8mb4").doing(|| "ask the database".into())?;
    let answer: mysql::Result<Vec<mysql::Row>> = connection.query(sql);
    match answer {
        Err(mysql::Error::MySqlError(error)) if error.code == NO_SUCH_TABLE => Ok(Vec::new()),
        answer => {
            let rows = answer.doing(|| "ask the database".into())?;
            Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(value).collect()).collect())
        }
    }
}

/// A value of the text protocol, in which numbers are text too.
fn value(value: mysql::Value) -> Option<String> {
    match value {
        mysql::Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    }
}
