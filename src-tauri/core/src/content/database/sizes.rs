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
/// A statement that took longer than it may: MariaDB's error, and MySQL's.
const TOO_LONG: [u16; 2] = [1969, 3024];

/// Tables, rows and bytes in all. Rows are counted, and estimated only where counting would take long.
pub fn measure(database: &Database) -> Result<DatabaseInfo> {
    Ok(sum(database, &table_sizes(database)?))
}

/// The size of a database whose tables are so large.
pub fn sum(database: &Database, sizes: &[TableSize]) -> DatabaseInfo {
    let rows = sizes.iter().map(|it| it.rows).sum();
    let estimated = sizes.iter().any(|it| it.estimated);
    let (engine, bytes) = match database {
        Database::MariaDb { .. } => {
            (DatabaseEngine::MariaDb, sizes.iter().map(|it| it.bytes).sum())
        }
        Database::Sqlite { file } => (DatabaseEngine::Sqlite, bytes_of(file)),
    };
    DatabaseInfo { engine, tables: sizes.len() as u64, rows, estimated, bytes }
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

/// Counts the rows of a table; none when that takes a server longer than it may.
pub fn count_rows(database: &Database, table: &str, patience: Duration) -> Result<Option<u64>> {
    let doing = || format!("count the rows of `{table}`");
    match database {
        Database::MariaDb { .. } => {
            let mut connection = mariadb::connect(database)?;
            let milliseconds = patience.as_millis().max(1);
            // MariaDB's way to say it, which MySQL does not know; in the query is MySQL's.
            let limit = format!("SET max_statement_time = {}", patience.as_secs_f64().max(0.001));
            drop(connection.query_drop(limit));
            let table = mariadb::quoted(table);
            let sql =
                format!("SELECT /*+ MAX_EXECUTION_TIME({milliseconds}) */ count(*) FROM {table}");
            match connection.query_first(sql) {
                Err(mysql::Error::MySqlError(error)) if TOO_LONG.contains(&error.code) => Ok(None),
                counted => counted.doing(doing),
            }
        }
        Database::Sqlite { file } => {
            let sql = format!("SELECT count(*) FROM {}", sqlite::quoted(table));
            let counted = sqlite::open(file)?.query_row(&sql, [], |row| row.get::<_, i64>(0));
            Ok(u64::try_from(counted.doing(doing)?).ok())
        }
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
        let estimated = rows >= SMALL || started.elapsed() >= COUNTING;
        if !estimated {
            let sql = format!("SELECT count(*) FROM {}", mariadb::quoted(&table));
            let counted = connection.query_first::<u64, _>(sql);
            rows = counted.doing(|| format!("count the rows of `{table}`"))?.unwrap_or(rows);
        }
        sizes.push(TableSize { table, rows, estimated, bytes: bytes.unwrap_or(0) });
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
        let estimated = started.elapsed() >= COUNTING;
        // Row numbers grow with the rows; a table without them has to be counted all the same.
        let rows = match estimated {
            false => count("count(*)"),
            true => count("max(rowid)").or_else(|_| count("count(*)")),
        };
        let rows = u64::try_from(rows.doing(doing)?.unwrap_or(0)).unwrap_or(0);
        Ok(TableSize { table, rows, estimated, bytes: 0 })
    };
    sqlite::tables_of(&connection).doing(doing)?.into_iter().map(size).collect()
}
