//! Converts addresses in a SQLite file: rows are read by their numbers, rewritten beside, and written back.
//!
//! This thread has the file, since SQLite lets one write; another one rewrites what this one found, while this one reads
//! on and writes what came back before. Only the columns that change are written: to set one to what it was would
//! take it out of its indexes and put it in again.
mod table;

use std::{borrow::Cow, path::Path, sync::mpsc, thread, time::Duration, time::Instant};

use rusqlite::{
    Connection, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use self::table::{Access, columns, rows};
use super::{Conversion, Converted, sqlite, tell_forbidden};
use crate::{
    content::urls::{Met, Rewriter},
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
};

/// So many rows that may change, or so many bytes of them, are rewritten at once.
const BATCH: usize = 4096;
const BATCH_BYTES: usize = 4 << 20;
/// How often progress is told and a cancel is heard, in time and in rows.
const TICK: Duration = Duration::from_millis(100);
const LOOK: u64 = 256;

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
    let total = tables.iter().map(|table| rows(&connection, table)).sum();
    let mode: String =
        connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).doing(doing)?;
    if !how.dry_run {
        sqlite::begin_building(&connection).doing(doing)?;
    }
    let mut converted = Vec::new();
    let mut progress = Progress { meter, total, seen: 0, told: Instant::now() };
    let transaction = connection.transaction().doing(doing)?;
    for table in &tables {
        let outcome = convert_table(&transaction, table, rewriter, how, &mut progress)?;
        *met += outcome.met;
        tell_forbidden(meter, table, outcome.forbidden);
        if outcome.rows > 0 {
            let (rows, replacements) = (outcome.rows, outcome.met.replacements);
            converted.push(Converted { table: table.clone(), rows, replacements });
        }
    }
    transaction.commit().doing(doing)?;
    meter.progress(total, Some(total), Unit::Rows);
    if !how.dry_run {
        connection.pragma_update(None, "journal_mode", mode).doing(doing)?;
    }
    Ok(converted)
}

/// Rows that were looked at, of all tables.
struct Progress<'a> {
    meter: Meter<'a>,
    total: u64,
    seen: u64,
    told: Instant,
}

impl Progress<'_> {
    fn row(&mut self) -> Result<()> {
        self.seen += 1;
        if self.seen.is_multiple_of(LOOK) && self.told.elapsed() > TICK {
            self.told = Instant::now();
            self.meter.progress(self.seen.min(self.total), Some(self.total), Unit::Rows);
        }
        if self.seen.is_multiple_of(LOOK) { self.meter.check() } else { Ok(()) }
    }
}

/// What came of a table.
#[derive(Default)]
struct Outcome {
    rows: u64,
    met: Met,
    /// Rows that a rule of the table forbids.
    forbidden: u64,
}

/// A row with values that may change, by their columns' places; then with those that do.
struct Row {
    number: i64,
    values: Vec<(usize, Value)>,
    met: Met,
}

struct Value {
    bytes: Vec<u8>,
    is_text: bool,
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // Text stays text, even where it is no UTF-8.
        let value = if self.is_text { ValueRef::Text } else { ValueRef::Blob };
        Ok(ToSqlOutput::Borrowed(value(&self.bytes)))
    }
}

fn convert_table(
    connection: &Connection,
    table: &str,
    rewriter: &Rewriter,
    how: &Conversion,
    progress: &mut Progress<'_>,
) -> Result<Outcome> {
    progress.meter.check()?;
    let doing = || format!("convert the table `{table}`");
    let mut columns = columns(connection, table).doing(doing)?;
    columns.retain(|column| how.wants_column(table, column));
    if columns.is_empty() {
        return Ok(Outcome::default());
    }
    let Some(access) = Access::begin(connection, table).doing(doing)? else {
        progress.meter.line(format!("`{table}` is left as it is: its rows have no number or key"));
        return Ok(Outcome::default());
    };
    let mut reader = Reader {
        query: connection.prepare(&access.select(&columns)).doing(doing)?,
        width: columns.len(),
        from: i64::MIN,
        has_ended: false,
    };
    let mut writer = Writer {
        connection,
        access: &access,
        columns: &columns,
        updates: Vec::new(),
        dry_run: how.dry_run,
        outcome: Outcome::default(),
    };
    thread::scope(|scope| {
        let (found, to_rewrite) = mpsc::sync_channel::<Vec<Row>>(1);
        let (rewritten, to_write) = mpsc::sync_channel(1);
        scope.spawn(move || {
            for mut rows in to_rewrite {
                rows.iter_mut().for_each(|row| rewrite(rewriter, row));
                if rewritten.send(rows).is_err() {
                    return;
                }
            }
        });
        let stopped = || Error::failed(doing()).because("a thread has stopped");
        let mut are_beside = false;
        while !reader.has_ended {
            let rows = reader.batch(rewriter, progress)?;
            let back =
                if are_beside { Some(to_write.recv().map_err(|_| stopped())?) } else { None };
            found.send(rows).map_err(|_| stopped())?;
            are_beside = true;
            back.map_or(Ok(()), |rows| writer.write(&rows)).doing(doing)?;
        }
        let rows = to_write.recv().map_err(|_| stopped())?;
        writer.write(&rows).doing(doing)
    })?;
    let outcome = writer.outcome;
    drop(reader);
    access.end(connection).doing(doing)?;
    Ok(outcome)
}

/// Replaces the values of a row by their new ones, and forgets those that stay.
fn rewrite(rewriter: &Rewriter, row: &mut Row) {
    row.values.retain_mut(|(_, value)| match rewriter.rewrite(&value.bytes, &mut row.met) {
        Cow::Borrowed(_) => false,
        Cow::Owned(new) => {
            value.bytes = new;
            true
        }
    });
}

/// Reads a table in the order of its rows' numbers.
struct Reader<'c> {
    query: Statement<'c>,
    width: usize,
    /// The lowest number that was not read yet.
    from: i64,
    has_ended: bool,
}

impl Reader<'_> {
    /// The next rows with a value that may change. The query ends with them: rows are written before the next ones.
    fn batch(&mut self, rewriter: &Rewriter, progress: &mut Progress<'_>) -> Result<Vec<Row>> {
        let doing = || "read the rows".to_owned();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut rows = self.query.query([self.from]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            progress.row()?;
            let number: i64 = row.get(0).doing(doing)?;
            let mut values = Vec::new();
            for at in 0..self.width {
                let value = row.get_ref(at + 1).doing(doing)?;
                let (ValueRef::Text(text) | ValueRef::Blob(text)) = value else { continue };
                if rewriter.may_change(text) {
                    bytes += text.len();
                    let is_text = matches!(value, ValueRef::Text(_));
                    values.push((at, Value { bytes: text.to_vec(), is_text }));
                }
            }
            if !values.is_empty() {
                batch.push(Row { number, values, met: Met::default() });
            }
            if batch.len() == BATCH || bytes > BATCH_BYTES {
                match number.checked_add(1) {
                    Some(next) => self.from = next,
                    None => self.has_ended = true,
                }
                return Ok(batch);
            }
        }
        self.has_ended = true;
        Ok(batch)
    }
}

/// Writes changed rows, and counts what was met.
struct Writer<'c, 'a> {
    connection: &'c Connection,
    access: &'a Access,
    columns: &'a [String],
    /// The statements that set these columns.
    updates: Vec<(Vec<usize>, Statement<'c>)>,
    dry_run: bool,
    outcome: Outcome,
}

impl Writer<'_, '_> {
    fn write(&mut self, rows: &[Row]) -> rusqlite::Result<()> {
        for row in rows {
            let mut met = row.met;
            if row.values.is_empty() {
                met.replacements = 0;
            } else if self.dry_run || self.update(row)? {
                self.outcome.rows += 1;
            } else {
                self.outcome.forbidden += 1;
                met.replacements = 0;
            }
            self.outcome.met += met;
        }
        Ok(())
    }

    /// Whether the table takes the row's new values.
    fn update(&mut self, row: &Row) -> rusqlite::Result<bool> {
        let is_it = |columns: &[usize]| columns.iter().eq(row.values.iter().map(|(at, _)| at));
        let at = match self.updates.iter().position(|(columns, _)| is_it(columns)) {
            Some(at) => at,
            None => {
                let columns: Vec<usize> = row.values.iter().map(|(at, _)| *at).collect();
                let sql = self.access.update(columns.iter().map(|at| &*self.columns[*at]));
                self.updates.push((columns, self.connection.prepare(&sql)?));
                self.updates.len() - 1
            }
        };
        let update = &mut self.updates[at].1;
        for (place, (_, value)) in row.values.iter().enumerate() {
            update.raw_bind_parameter(place + 2, value)?;
        }
        update.raw_bind_parameter(1, row.number)?;
        update.raw_execute().map(|rows| rows > 0)
    }
}
