//! What is done to a generation's database, whichever engine holds it.
mod building;
mod look;
mod mariadb;
mod mariadb_convert;
mod sizes;
mod sqlite;
mod sqlite_convert;

#[cfg(test)]
pub(super) mod tests;

use std::path::Path;

pub(in crate::content) use building::{Building, end_connections};
pub use look::broken;
pub use sizes::{count_rows, measure, sum, table_sizes};
pub(super) use sqlite::{
    begin_building, create as new_sqlite, open as open_sqlite, quoted as quoted_sqlite,
    tables_of as sqlite_tables,
};

use super::{files::CopyCost, urls::Rewriter};
use crate::{
    error::Result,
    model::{Database, count},
    progress::Meter,
};

/// Copies a SQLite generation as it is at one moment, while others may use it.
/// (A MariaDB generation is a folder whose server was stopped: `files::copy_tree`.)
///
/// `from` is one file, or the database folder with all the SQLite files in it; `to` must not exist.
/// Each file is whole by itself; `-wal` and `-shm` files are never copied. Nothing when `from` does not exist.
pub fn copy_sqlite(from: &Path, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    sqlite::copy(from, to, meter)
}

/// Names of all tables (no views, and nothing that an engine or a driver keeps for itself), sorted.
pub fn tables(database: &Database) -> Result<Vec<String>> {
    match database {
        Database::MariaDb { .. } => mariadb::tables(database),
        Database::Sqlite { file } => sqlite::tables(file),
    }
}

/// Empties tables, keeping their structure; names that do not exist are passed over. Answers those emptied.
/// No trigger fires and no foreign key is asked.
pub fn empty_tables(
    database: &Database,
    tables: &[String],
    meter: Meter<'_>,
) -> Result<Vec<String>> {
    match database {
        Database::MariaDb { .. } => mariadb::empty(database, tables, meter),
        Database::Sqlite { file } => sqlite::empty(file, tables, meter),
    }
}

/// Runs a query that answers one text value: none when there is no row or the table does not exist.
pub fn text(database: &Database, sql: &str) -> Result<Option<String>> {
    let first = rows(database, sql)?.into_iter().next();
    Ok(first.and_then(|row| row.into_iter().next()).flatten())
}

/// A row whose values are read as text; none for NULL.
pub type TextRow = Vec<Option<String>>;

/// Runs a query that answers rows: none when the table does not exist. All of them are kept in memory.
pub fn rows(database: &Database, sql: &str) -> Result<Vec<TextRow>> {
    match database {
        Database::MariaDb { .. } => mariadb::rows(database, sql),
        Database::Sqlite { file } => sqlite::rows(file, sql),
    }
}

/// Runs a statement that answers nothing.
pub fn execute(database: &Database, sql: &str) -> Result<()> {
    match database {
        Database::MariaDb { .. } => mariadb::execute(database, sql),
        Database::Sqlite { file } => sqlite::execute(file, sql),
    }
}

/// What a conversion of addresses did to one table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Converted {
    /// The table.
    pub table: String,
    /// Rows changed.
    pub rows: u64,
    /// Replacements made.
    pub replacements: u64,
}

/// Options of a conversion.
#[derive(Clone, Debug, Default)]
pub struct Conversion {
    /// Count only; change nothing.
    pub dry_run: bool,
    /// Only these tables; all when empty.
    pub tables: Vec<String>,
    /// Convert WordPress's `guid` columns too.
    pub guid: bool,
}

impl Conversion {
    fn wants(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|wanted| wanted == table)
    }

    /// A post's `guid` names it for feed readers for ever, so it changes only when asked.
    fn wants_column(&self, table: &str, column: &str) -> bool {
        self.guid || !(table.ends_with("posts") && column.eq_ignore_ascii_case("guid"))
    }
}

/// Replaces addresses in every text and blob column of every table; answers the tables that have any, by name.
///
/// Values are compared and replaced as bytes, whatever their character set. Generated columns, numbers, dates
/// and enumerations are left alone. Triggers do not fire; columns that the server sets on every update keep
/// their values. A row that a unique key or the column's length forbids to change stays, and the log says so,
/// as it does of serialised values with broken lengths and of base64 that holds an address.
/// After a failure the database may be half converted: it is the caller's copy, to be thrown away.
pub fn convert(
    database: &Database,
    rewriter: &Rewriter,
    how: &Conversion,
    meter: Meter<'_>,
) -> Result<Vec<Converted>> {
    let mut met = super::urls::Met::default();
    let converted = match database {
        Database::MariaDb { .. } => {
            mariadb_convert::convert(database, rewriter, how, meter, &mut met)
        }
        Database::Sqlite { file } => sqlite_convert::convert(file, rewriter, how, meter, &mut met),
    }?;
    met.notes().into_iter().for_each(|note| meter.line(note));
    Ok(converted)
}

/// Says how many rows of a table a conversion left as they were.
fn tell_forbidden(meter: Meter<'_>, table: &str, rows: u64) {
    if rows > 0 {
        let rows = count(rows, "row");
        meter
            .line(format!("left as before, for a rule of `{table}` forbids the new value: {rows}"));
    }
}
