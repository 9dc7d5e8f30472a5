//! What is done to a generation's database, whichever engine holds it.
use std::path::Path;

use super::{files::CopyCost, urls::Rewriter};
use crate::{
    error::Result,
    model::{Database, view::DatabaseInfo},
    progress::Meter,
};

/// Copies a SQLite generation's file as it is at one moment, while others may use it.
/// (A MariaDB generation is a folder whose server was stopped: `files::copy_tree`.)
pub fn copy_sqlite(_from: &Path, _to: &Path, _meter: Meter<'_>) -> Result<CopyCost> {
    todo!()
}

/// Tables, rows and bytes.
pub fn measure(_database: &Database) -> Result<DatabaseInfo> {
    todo!()
}

/// Names of all tables.
pub fn tables(_database: &Database) -> Result<Vec<String>> {
    todo!()
}

/// Empties tables, keeping their structure; names that do not exist are passed over. Answers those emptied.
pub fn empty_tables(
    _database: &Database,
    _tables: &[String],
    _meter: Meter<'_>,
) -> Result<Vec<String>> {
    todo!()
}

/// Runs a query that answers one text value: none when there is no row or the table does not exist.
pub fn text(_database: &Database, _sql: &str) -> Result<Option<String>> {
    todo!()
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

/// Replaces addresses in every text column of every table.
pub fn convert(
    _database: &Database,
    _rewriter: &Rewriter,
    _how: &Conversion,
    _meter: Meter<'_>,
) -> Result<Vec<Converted>> {
    todo!()
}
