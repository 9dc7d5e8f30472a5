//! Converts addresses in a SQLite file: one statement per table, with the rewriter as a function in it.
use std::{
    borrow::Cow,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{
    Connection, ErrorCode,
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
    // The copy is not in use, and thrown away after a failure.
    connection.pragma_update(None, "synchronous", "off").doing(doing)?;
    connection.pragma_update(None, "cache_size", -65536).doing(doing)?;
    let counted = Arc::new(Mutex::new(Met::default()));
    add_functions(&connection, rewriter, &counted, meter.cancel()).doing(doing)?;
    let tables = sqlite::tables_of(&connection).doing(doing)?;
    let transaction = connection.transaction().doing(doing)?;
    let mut converted = Vec::new();
    for (done, table) in tables.iter().enumerate() {
        meter.check()?;
        meter.progress(done as u64, Some(tables.len() as u64), Unit::Tables);
        if !how.wants(table) {
            continue;
        }
        let rows = convert_table(&transaction, table, how, meter);
        meter.check()?;
        let rows = rows.doing(|| format!("convert the table `{table}`"))?;
        let here = std::mem::take(&mut *counted.lock().unwrap_or_else(PoisonError::into_inner));
        *met += here;
        if rows > 0 {
            let replacements = here.replacements;
            converted.push(Converted { table: table.clone(), rows, replacements });
        }
    }
    transaction.commit().doing(doing)?;
    meter.progress(tables.len() as u64, Some(tables.len() as u64), Unit::Tables);
    Ok(converted)
}

/// `addressed(value)`: whether it would change. `readdressed(value)`: what it becomes, counted.
fn add_functions(
    connection: &Connection,
    rewriter: &Rewriter,
    counted: &Arc<Mutex<Met>>,
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
            let value = bytes(context.get_raw(0));
            let mut met = Met::default();
            let new = matches!(asking.rewrite(value, &mut met), Cow::Owned(_));
            // What stays is counted here, since it is asked about once; what changes is counted below.
            if !new {
                met.replacements = 0;
                *asked.lock().unwrap_or_else(PoisonError::into_inner) += met;
            }
            Ok(new)
        },
    )?;
    connection.create_scalar_function("readdressed", 1, flags, move |context: &mut Context<'_>| {
        let value = context.get_raw(0);
        let mut met = Met::default();
        let new = match changing.rewrite(bytes(value), &mut met) {
            Cow::Borrowed(_) => return Ok(New::Same(context.get_arg(0))),
            Cow::Owned(new) => new,
        };
        *changed.lock().unwrap_or_else(PoisonError::into_inner) += met;
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
    match connection.execute(&format!("UPDATE {name} SET {new} WHERE {any}"), []) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            let rows = connection
                .execute(&format!("UPDATE OR IGNORE {name} SET {new} WHERE {any}"), [])?;
            meter.line(format!(
                "in `{table}` some rows were left as they are: a rule of the table forbids the new value"
            ));
            Ok(rows as u64)
        }
        rows => rows.map(|rows| rows as u64),
    }
}
