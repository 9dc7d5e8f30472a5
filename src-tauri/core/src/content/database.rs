//! What is done to a generation's database, whichever engine holds it.
use std::path::Path;

use mysql::prelude::Queryable;

use super::{
    files::{self, CopyCost},
    urls::Rewriter,
};
use crate::{
    error::{Doing, Result},
    model::{Database, DatabaseEngine, view::DatabaseInfo},
    progress::Meter,
};

fn lite(file: &Path) -> Result<rusqlite::Connection> {
    rusqlite::Connection::open(file).doing(|| format!("open {}", file.display()))
}
fn maria(database: &Database) -> Result<mysql::Conn> {
    let Database::MariaDb { socket, name, .. } = database else { unreachable!() };
    let o = mysql::OptsBuilder::new()
        .socket(Some(socket.display().to_string()))
        .user(Some("root"))
        .db_name(Some(name.clone()));
    mysql::Conn::new(o).doing(|| "connect to the database".into())
}

/// Copies a SQLite generation's file as it is at one moment, while others may use it.
pub fn copy_sqlite(from: &Path, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    let file = from.join("site.sqlite");
    if file.exists() {
        let c = lite(&file)?;
        c.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").doing(|| "checkpoint".into())?;
    }
    files::copy_tree(from, to, meter)
}

/// Tables, rows and bytes.
pub fn measure(database: &Database) -> Result<DatabaseInfo> {
    let names = tables(database)?;
    let mut rows = 0;
    let mut bytes = 0;
    match database {
        Database::Sqlite { file } => {
            if file.exists() {
                bytes = std::fs::metadata(file).doing(|| "stat".into())?.len();
                let c = lite(file)?;
                for n in &names {
                    rows += c
                        .query_row(&format!("SELECT count(*) FROM \"{n}\""), [], |r| {
                            r.get::<_, i64>(0)
                        })
                        .doing(|| "count".into())? as u64;
                }
            }
            Ok(DatabaseInfo {
                engine: DatabaseEngine::Sqlite,
                tables: names.len() as u64,
                rows,
                bytes,
            })
        }
        Database::MariaDb { .. } => {
            let mut c = maria(database)?;
            for n in &names {
                rows += c
                    .query_first::<u64, _>(format!("SELECT count(*) FROM `{n}`"))
                    .doing(|| "count".into())?
                    .unwrap_or(0);
            }
            bytes += c.query_first::<Option<u64>, _>("SELECT cast(sum(data_length+index_length) as unsigned) FROM information_schema.tables WHERE table_schema=database()").doing(|| "size".into())?.flatten().unwrap_or(0);
            Ok(DatabaseInfo {
                engine: DatabaseEngine::MariaDb,
                tables: names.len() as u64,
                rows,
                bytes,
            })
        }
    }
}

/// Names of all tables.
pub fn tables(database: &Database) -> Result<Vec<String>> {
    match database {
        Database::Sqlite { file } => {
            if !file.exists() {
                return Ok(Vec::new());
            }
            let c = lite(file)?;
            let mut st = c.prepare("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_%' ESCAPE '\\'").doing(|| "list".into())?;
            st.query_map([], |r| r.get(0))
                .doing(|| "list".into())?
                .collect::<rusqlite::Result<Vec<String>>>()
                .doing(|| "list".into())
        }
        Database::MariaDb { .. } => maria(database)?
            .query("SHOW FULL TABLES WHERE Table_type='BASE TABLE'")
            .doing(|| "list".into())
            .map(|v: Vec<(String, String)>| v.into_iter().map(|x| x.0).collect()),
    }
}

/// Empties tables, keeping their structure; names that do not exist are passed over. Answers those emptied.
pub fn empty_tables(
    database: &Database,
    names: &[String],
    _meter: Meter<'_>,
) -> Result<Vec<String>> {
    for n in names {
        match database {
            Database::Sqlite { file } => lite(file)?
                .execute_batch(&format!("DELETE FROM \"{n}\""))
                .doing(|| "empty".into())?,
            Database::MariaDb { .. } => {
                maria(database)?.query_drop(format!("TRUNCATE `{n}`")).doing(|| "empty".into())?
            }
        }
    }
    Ok(names.to_vec())
}

/// Runs a query that answers one text value: none when there is no row or the table does not exist.
pub fn text(database: &Database, sql: &str) -> Result<Option<String>> {
    match database {
        Database::Sqlite { file } => Ok(lite(file)?.query_row(sql, [], |r| r.get(0)).ok()),
        Database::MariaDb { .. } => Ok(maria(database)?.query_first(sql).ok().flatten()),
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

/// Replaces addresses in every text column of every table.
pub fn convert(
    database: &Database,
    rewriter: &Rewriter,
    _how: &Conversion,
    _meter: Meter<'_>,
) -> Result<Vec<Converted>> {
    let _ = (database, rewriter);
    let mut out = Vec::new();
    if let Database::Sqlite { file } = database {
        let c = lite(file)?;
        for t in tables(database)? {
            let cols: Vec<String> = c
                .prepare(&format!("PRAGMA table_info(\"{t}\")"))
                .doing(|| "x".into())?
                .query_map([], |r| r.get(1))
                .doing(|| "x".into())?
                .collect::<rusqlite::Result<_>>()
                .doing(|| "x".into())?;
            for col in cols {
                let rows: Vec<(i64, String)> = match c.prepare(&format!(
                    "SELECT rowid, \"{col}\" FROM \"{t}\" WHERE typeof(\"{col}\")='text'"
                )) {
                    Ok(mut s) => s
                        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
                        .doing(|| "x".into())?
                        .collect::<rusqlite::Result<_>>()
                        .doing(|| "x".into())?,
                    Err(_) => continue,
                };
                for (id, v) in rows {
                    let mut met = super::urls::Met::default();
                    let new = rewriter.rewrite(v.as_bytes(), &mut met);
                    if met.replacements > 0 {
                        c.execute(
                            &format!("UPDATE \"{t}\" SET \"{col}\"=?1 WHERE rowid=?2"),
                            rusqlite::params![String::from_utf8_lossy(&new), id],
                        )
                        .doing(|| "x".into())?;
                        out.push(Converted {
                            table: t.clone(),
                            rows: 1,
                            replacements: met.replacements,
                        });
                    }
                }
            }
        }
    }
    Ok(out)
}
