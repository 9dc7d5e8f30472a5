//! How large each table is, told cheaply: rows are counted while that is quick, and estimated afterwards.
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use mysql::prelude::Queryable;

use super::{mariadb, sqlite};
use crate::{
    error::{Doing, Result},
    model::{
        Database, DatabaseEngine,
        view::{DatabaseInfo, TableSize},
    },
};

/// How long rows are counted before estimates are taken.
const COUNTING: Duration = Duration::from_millis(300);
/// Tables that the server thinks larger are not counted.
const SMALL: u64 = 50_000;

/// Tables, rows and bytes in all. Rows are counted, and estimated only where counting would take long.
pub fn measure(database: &Database) -> Result<DatabaseInfo> {
    let sizes = table_sizes(database)?;
    let rows = sizes.iter().map(|it| it.rows).sum();
    let (engine, bytes) = match database {
        Database::MariaDb { .. } => {
            (DatabaseEngine::MariaDb, sizes.iter().map(|it| it.bytes).sum())
        }
        Database::Sqlite { file } => (DatabaseEngine::Sqlite, bytes_of(file)),
    };
    Ok(DatabaseInfo { engine, tables: sizes.len() as u64, rows, bytes })
}

/// What a SQLite file takes, with what waits to be written into it.
fn bytes_of(file: &Path) -> u64 {
    let mut waiting = file.as_os_str().to_owned();
    waiting.push("-wal");
    let size = |path: &Path| fs::metadata(path).map_or(0, |known| known.len());
    size(file) + size(Path::new(&waiting))
}

/// The size of every table (no views, and nothing that an engine or a driver keeps for itself), by name.
pub fn table_sizes(database: &Database) -> Result<Vec<TableSize>> {
    match database {
        Database::MariaDb { .. } => of_mariadb(database),
        Database::Sqlite { file } => of_sqlite(file),
    }
}

fn of_mariadb(database: &Database) -> Result<Vec<TableSize>> {
    let mut connection = mariadb::connect(database)?;
    let known: Vec<(String, Option<u64>, Option<u64>)> = connection
        .query(
            "SELECT table_name, table_rows, data_length + index_length FROM information_schema.tables
             WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
             ORDER BY table_rows",
        )
        .doing(|| "measure the tables".into())?;
    let started = Instant::now();
    let mut sizes = Vec::new();
    for (table, estimate, bytes) in known {
        let mut rows = estimate.unwrap_or(0);
        if rows < SMALL && started.elapsed() < COUNTING {
            let sql = format!("SELECT count(*) FROM {}", mariadb::quoted(&table));
            let counted = connection.query_first::<u64, _>(sql);
            rows = counted.doing(|| format!("count the rows of `{table}`"))?.unwrap_or(rows);
        }
        sizes.push(TableSize { table, rows, bytes: bytes.unwrap_or(0) });
    }
    sizes.sort_by(|one, other| one.table.cmp(&other.table));
    Ok(sizes)
}

fn of_sqlite(file: &Path) -> Result<Vec<TableSize>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let doing = || format!("measure `{}`", file.display());
    let connection = sqlite::open(file)?;
    let started = Instant::now();
    let size = |table: String| {
        let name = sqlite::quoted(&table);
        let count = |what: &str| {
            let sql = format!("SELECT {what} FROM {name}");
            connection.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0))
        };
        // Row numbers grow with the rows; a table without them has to be counted all the same.
        let rows = match started.elapsed() < COUNTING {
            true => count("count(*)"),
            false => count("max(rowid)").or_else(|_| count("count(*)")),
        };
        let rows = u64::try_from(rows.doing(doing)?.unwrap_or(0)).unwrap_or(0);
        Ok(TableSize { table, rows, bytes: 0 })
    };
    sqlite::tables_of(&connection).doing(doing)?.into_iter().map(size).collect()
}
