//! Converts addresses in a SQLite file: one statement per table, with the rewriter as a function in it.
use std::{
    borrow::Cow,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags, SqlFnArg},
    types::{ToSql, ToSqlOutput, Value, ValueRef},
};

use super::{Conversion, Converted, sqlite};
use crate::{
    content::urls::{Met, Rewriter},
    error::{Doing, Error, Result},
    progress::{Cancel, Meter, Unit},
};

pub(super) fn convert(
    file: &Path,
    rewriter: &Rewriter,
    how: &Conversion,
    meter: Meter<'_>,
    met: &mut Met,
) -> Result<Vec<Converted>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let doing = || format!("convert `{}`", file.display());
    let mut connection = sqlite::open(file)?;
    let tables = sqlite::tables_of(&connection).doing(doing)?;
    let tables: Vec<String> = tables.into_iter().filter(|table| how.wants(table)).collect();
    let sizes = tables.iter().map(|table| rows(&connection, table)).collect::<Vec<_>>();
    let counted = Arc::new(Counted::default());
    add_functions(&connection, rewriter, &counted, meter.cancel()).doing(doing)?;
    let mode: String =
        connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).doing(doing)?;
    if !how.dry_run {
        // The copy is not in use, and thrown away after a failure: nothing of it is kept to go back to.
        connection.pragma_update(None, "journal_mode", "off").doing(doing)?;
        connection.pragma_update(None, "synchronous", "off").doing(doing)?;
    }
    connection.pragma_update(None, "cache_size", -65536).doing(doing)?;
    let converted = telling(&counted, sizes.iter().sum(), meter, || {
        let mut converted = Vec::new();
        let transaction = connection.transaction().doing(doing)?;
        for (table, size) in tables.iter().zip(&sizes) {
            meter.check()?;
            let rows = convert_table(&transaction, table, how, &counted, meter);
            meter.check()?;
            let rows = rows.doing(|| format!("convert the table `{table}`"))?;
            counted.finish(*size);
            let here = std::mem::take(&mut *lock(&counted.met));
            *met += here;
            if rows > 0 {
                let replacements = here.replacements;
                converted.push(Converted { table: table.clone(), rows, replacements });
            }
        }
        transaction.commit().doing(doing)?;
        Ok(converted)
    })?;
    if !how.dry_run {
        connection.pragma_update(None, "journal_mode", mode).doing(doing)?;
    }
    Ok(converted)
}

/// What the functions count while the statements run.
#[derive(Default)]
struct Counted {
    met: Mutex<Met>,
    /// What the last value that would change becomes: it is asked for next.
    last: Mutex<Option<Rewritten>>,
    /// Rows of tables that are done.
    finished: AtomicU64,
    /// Values of the present table that were looked at, of how many in each row.
    asked: AtomicU64,
    columns: AtomicU64,
    /// Values of it that would change.
    matching: AtomicU64,
}

/// A value, and what it becomes.
struct Rewritten {
    old: Vec<u8>,
    new: Vec<u8>,
    met: Met,
}

impl Counted {
    fn begin(&self, columns: usize) {
        self.columns.store(columns.max(1) as u64, Relaxed);
        self.asked.store(0, Relaxed);
        self.matching.store(0, Relaxed);
    }

    fn finish(&self, rows: u64) {
        self.begin(1);
        self.finished.fetch_add(rows, Relaxed);
    }

    fn rows(&self) -> u64 {
        self.finished.load(Relaxed) + self.asked.load(Relaxed) / self.columns.load(Relaxed).max(1)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `body`, and tells meanwhile how many of `total` rows were looked at.
fn telling<T>(
    counted: &Counted,
    total: u64,
    meter: Meter<'_>,
    body: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Relaxed) {
                meter.progress(counted.rows().min(total), Some(total), Unit::Rows);
                thread::park_timeout(Duration::from_millis(100));
            }
        });
        let done = body();
        ended.store(true, Relaxed);
        done
    })
    .inspect(|_| meter.progress(total, Some(total), Unit::Rows))
}

/// About how many rows a table has: row numbers grow with them.
fn rows(connection: &Connection, table: &str) -> u64 {
    let name = sqlite::quoted(table);
    let ask = |what: &str| {
        let sql = format!("SELECT {what} FROM {name}");
        connection.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0))
    };
    let rows = ask("max(rowid)").or_else(|_| ask("count(*)")).ok().flatten();
    u64::try_from(rows.unwrap_or(0)).unwrap_or(0)
}

/// `addressed(value)`: whether it would change. `readdressed(value)`: what it becomes, counted.
fn add_functions(
    connection: &Connection,
    rewriter: &Rewriter,
    counted: &Arc<Counted>,
    cancel: &Cancel,
) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let cancel = cancel.clone();
    let (asking, changing) = (rewriter.clone(), rewriter.clone());
    let (asked, changed) = (Arc::clone(counted), Arc::clone(counted));
    connection.create_scalar_function(
        "addressed",
        1,
        flags,
        move |context: &mut Context<'_>| {
            if cancel.is_cancelled() {
                return Err(rusqlite::Error::UserFunctionError(Error::cancelled().into()));
            }
            asked.asked.fetch_add(1, Relaxed);
            let value = bytes(context.get_raw(0));
            let mut met = Met::default();
            match asking.rewrite(value, &mut met) {
                Cow::Owned(new) => {
                    asked.matching.fetch_add(1, Relaxed);
                    *lock(&asked.last) = Some(Rewritten { old: value.to_vec(), new, met });
                    Ok(true)
                }
                // What stays is counted here, since it is asked about once; what changes is counted below.
                Cow::Borrowed(_) => {
                    met.replacements = 0;
                    if met != Met::default() {
                        *lock(&asked.met) += met;
                    }
                    Ok(false)
                }
            }
        },
    )?;
    connection.create_scalar_function("readdressed", 1, flags, move |context: &mut Context<'_>| {
        let value = context.get_raw(0);
        let last = lock(&changed.last).take().filter(|last| last.old == bytes(value));
        let (new, met) = match last {
            Some(Rewritten { new, met, .. }) => (new, met),
            None => {
                let mut met = Met::default();
                match changing.rewrite(bytes(value), &mut met) {
                    Cow::Borrowed(_) => return Ok(New::Same(context.get_arg(0))),
                    Cow::Owned(new) => (new, met),
                }
            }
        };
        *lock(&changed.met) += met;
        Ok(match value {
            // Text stays text even where it is no UTF-8 to begin with.
            ValueRef::Text(_) => match String::from_utf8(new) {
                Ok(text) => New::Value(Value::Text(text)),
                Err(_) => New::Same(context.get_arg(0)),
            },
            _ => New::Value(Value::Blob(new)),
        })
    })
}

/// What a value becomes.
enum New {
    Same(SqlFnArg),
    Value(Value),
}

impl ToSql for New {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Same(argument) => argument.to_sql(),
            Self::Value(value) => value.to_sql(),
        }
    }
}

fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    }
}

/// Columns that may hold text: all but numbers and what SQLite computes.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = connection
        .prepare("SELECT name, upper(type) FROM pragma_table_xinfo(?) WHERE hidden = 0")?;
    let columns = query.query_map([table], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let numbers = ["INT", "REAL", "FLOA", "DOUB"];
    let texts = columns.filter(|column| {
        !column.as_ref().is_ok_and(|(_, kind)| numbers.iter().any(|number| kind.contains(number)))
    });
    texts.map(|column| column.map(|(name, _): (String, _)| name)).collect()
}

fn convert_table(
    connection: &Connection,
    table: &str,
    how: &Conversion,
    counted: &Counted,
    meter: Meter<'_>,
) -> rusqlite::Result<u64> {
    let columns = columns(connection, table)?;
    let columns: Vec<String> = columns
        .iter()
        .filter(|column| how.wants_column(table, column))
        .map(|column| sqlite::quoted(column))
        .collect();
    if columns.is_empty() {
        return Ok(0);
    }
    counted.begin(columns.len());
    let any = columns.iter().map(|column| format!("addressed({column})")).collect::<Vec<_>>();
    let (name, any) = (sqlite::quoted(table), any.join(" OR "));
    if how.dry_run {
        let new = columns.iter().map(|column| format!("count(readdressed({column}))"));
        let new = new.collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT count(*), {new} FROM {name} WHERE {any}");
        let rows = connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
        return Ok(u64::try_from(rows).unwrap_or(0));
    }
    let new = columns.iter().map(|column| format!("{column} = readdressed({column})"));
    let new = new.collect::<Vec<_>>().join(", ");
    // A row that would break a rule of the table is passed over: each row that is not has one value that was asked for
    // and would change, the first of its changing ones.
    let sql = format!("UPDATE OR IGNORE {name} SET {new} WHERE {any}");
    let rows = connection.execute(&sql, [])? as u64;
    if rows < counted.matching.load(Relaxed) {
        meter.line(format!(
            "in `{table}` some rows were left as they are: a rule of the table forbids the new value"
        ));
    }
    Ok(rows)
}
