//! SQLite: one file that anyone may have open.
use super::TextRow;
use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, backup::Backup, backup::StepResult, config::DbConfig};

use crate::{
    content::files::{CopyCost, copy_file},
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
};

/// How often others' writes are waited for, and how long each time. SQLite's own handler waits longer and
/// longer, and never gets its turn beside a busy writer.
const WAITS: i32 = 10_000;
const WAIT: Duration = Duration::from_millis(1);
/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Prepares a file for building a generation. It is thrown away after a failure: nothing of it is kept to go back to. The
/// cache is as large as pays. (Measured for 1 GB: with 64 MB an import and a conversion took as long, and 70 MB more.)
pub(in crate::content) fn begin_building(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute_batch("PRAGMA journal_mode=off; PRAGMA synchronous=off; PRAGMA cache_size=-24576")
}

pub(super) fn copy(from: &Path, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    if !from.exists() {
        return Ok(CopyCost::default());
    }
    if from.is_file() {
        return copy_one(from, to, meter);
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).doing(|| format!("create `{}`", parent.display()))?;
    }
    fs::create_dir(to).doing(|| format!("create `{}`", to.display()))?;
    copy_folder(from, to, meter).inspect_err(|_| {
        // What could not be removed is reported by the next attempt to create `to`.
        fs::remove_dir_all(to).ok();
    })
}

fn copy_folder(from: &Path, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    let mut cost = CopyCost::default();
    let doing = || format!("read `{}`", from.display());
    for entry in fs::read_dir(from).doing(doing)? {
        let source = entry.doing(doing)?.path();
        let target = to.join(source.file_name().unwrap_or_default());
        if source.is_dir() {
            fs::create_dir(&target).doing(|| format!("create `{}`", target.display()))?;
            add(&mut cost, copy_folder(&source, &target, meter)?);
        } else if !is_companion(&source) {
            add(&mut cost, copy_one(&source, &target, meter)?);
        }
    }
    Ok(cost)
}

fn add(cost: &mut CopyCost, more: CopyCost) {
    cost.files += more.files;
    cost.bytes += more.bytes;
    cost.new_bytes += more.new_bytes;
}

/// Whether the file belongs to a SQLite file beside it and is worth nothing without it.
fn is_companion(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    ["-wal", "-shm", "-journal"]
        .iter()
        .any(|end| name.strip_suffix(end).is_some_and(|file| Path::new(file).is_file()))
}

fn is_sqlite(path: &Path) -> io::Result<bool> {
    let mut magic = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(fs::File::open(path)?, 16), &mut magic)?;
    Ok(magic == MAGIC)
}

fn copy_one(from: &Path, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    meter.check()?;
    for end in ["-wal", "-shm", "-journal"] {
        let mut old = to.as_os_str().to_owned();
        old.push(end);
        match fs::remove_file(&old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).doing(|| format!("remove `{}`", Path::new(&old).display()));
            }
            _ => {}
        }
    }
    let copied = if is_sqlite(from).doing(|| format!("read `{}`", from.display()))? {
        copy_locked(from, to, meter)
    } else {
        copy_file(from, to, meter)
    };
    copied.inspect_err(|_| {
        // The error that matters is that of the copy.
        fs::remove_file(to).ok();
    })
}

/// Holds the right to write, so that nobody else does, brings everything into the main file, and copies that.
/// Where others' readers keep it from being brought there, SQLite's own backup copies page by page.
fn copy_locked(from: &Path, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    let doing = || format!("copy `{}`", from.display());
    let holder = open(from)?;
    holder.execute_batch("BEGIN IMMEDIATE").doing(doing)?;
    if !is_settled(&holder, from)? {
        holder.execute_batch("ROLLBACK").doing(doing)?;
        return back_up(&holder, to, meter).doing(doing);
    }
    let cost = copy_file(from, to, meter);
    holder.execute_batch("ROLLBACK").doing(doing)?;
    cost
}

/// Whether the main file now holds everything that was committed.
fn is_settled(holder: &Connection, file: &Path) -> Result<bool> {
    let doing = || format!("settle `{}`", file.display());
    let mode: String =
        holder.query_row("PRAGMA journal_mode", [], |row| row.get(0)).doing(doing)?;
    if mode != "wal" {
        return Ok(true);
    }
    let other = open(file)?;
    for _ in 0..20 {
        let settled = other
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                Ok(row.get::<_, i64>(0)? == 0 && row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
            })
            .doing(doing)?;
        if settled {
            return Ok(true);
        }
        // A reader that began before the last write has to end first; most do within milliseconds.
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(false)
}

fn back_up(source: &Connection, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    let doing = || format!("write `{}`", to.display());
    let mut target = Connection::open(to).doing(doing)?;
    target.execute_batch("PRAGMA journal_mode=off; PRAGMA synchronous=off").doing(doing)?;
    {
        let backup = Backup::new(source, &mut target).doing(doing)?;
        loop {
            meter.check()?;
            let step = backup.step(4096).doing(doing)?;
            let pages = backup.progress();
            let total = u64::try_from(pages.pagecount).unwrap_or(0) * 4096;
            let left = u64::try_from(pages.remaining).unwrap_or(0) * 4096;
            meter.progress(total.saturating_sub(left), Some(total), Unit::Bytes);
            match step {
                StepResult::Done => break,
                StepResult::Busy | StepResult::Locked => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                _ => {}
            }
        }
    }
    drop(target);
    let bytes = fs::metadata(to).doing(doing)?.len();
    Ok(CopyCost { files: 1, bytes, new_bytes: bytes, ..CopyCost::default() })
}

fn wait(times: i32) -> bool {
    std::thread::sleep(WAIT);
    times < WAITS
}

/// Opens a file that exists. Triggers and foreign keys are off: what we do is not the site's doing.
pub(in crate::content) fn open(file: &Path) -> Result<Connection> {
    open_with(file, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens a file, which is made when it is not there.
pub(in crate::content) fn create(file: &Path) -> Result<Connection> {
    open_with(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
}

fn open_with(file: &Path, flags: OpenFlags) -> Result<Connection> {
    let doing = || format!("open `{}`", file.display());
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags).doing(doing)?;
    connection.busy_handler(Some(wait)).doing(doing)?;
    // What Drupal's tables name; its own is PHP's `strcasecmp` of the lower case of both.
    connection.create_collation("NOCASE_UTF8", compare_without_case).doing(doing)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).doing(doing)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false).doing(doing)?;
    Ok(connection)
}

fn compare_without_case(one: &str, other: &str) -> std::cmp::Ordering {
    // Letter by letter, so that no letter's lower case depends on those beside it.
    let bytes = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    match one.is_ascii() && other.is_ascii() {
        true => {
            let lower = |it: u8| it.to_ascii_lowercase();
            one.bytes().map(lower).cmp(other.bytes().map(lower))
        }
        false => bytes(one).cmp(&bytes(other)),
    }
}

/// Tables of the site. SQLite's own and those of WordPress's driver (`_wp_sqlite_…`, and
/// `_mysql_data_types_cache` of older ones) are left out.
pub(in crate::content) fn tables_of(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut query = connection.prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
           AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_wp\\_sqlite\\_%' ESCAPE '\\'
           AND name <> '_mysql_data_types_cache' ORDER BY name",
    )?;
    query.query_map([], |row| row.get(0))?.collect()
}

pub(in crate::content) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn tables(file: &Path) -> Result<Vec<String>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    tables_of(&open(file)?).doing(|| format!("read `{}`", file.display()))
}

pub(super) fn empty(file: &Path, tables: &[String], meter: Meter<'_>) -> Result<Vec<String>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let doing = || format!("empty tables of `{}`", file.display());
    let mut connection = open(file)?;
    let there = tables_of(&connection).doing(doing)?;
    let emptied: Vec<String> = there.into_iter().filter(|table| tables.contains(table)).collect();
    let transaction = connection.transaction().doing(doing)?;
    for (done, table) in emptied.iter().enumerate() {
        meter.check()?;
        transaction
            .execute(&format!("DELETE FROM {}", quoted(table)), [])
            .doing(|| format!("empty the table `{table}`"))?;
        meter.progress(done as u64 + 1, Some(emptied.len() as u64), Unit::Tables);
    }
    transaction.commit().doing(doing)?;
    Ok(emptied)
}

/// Runs a statement that answers nothing.
pub(super) fn execute(file: &Path, sql: &str) -> Result<()> {
    open(file)?.execute_batch(sql).doing(|| format!("change `{}`", file.display()))
}

/// Answers every value as text.
pub(super) fn rows(file: &Path, sql: &str) -> Result<Vec<TextRow>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let connection = open(file)?;
    let answer = connection.prepare(sql).and_then(|mut query| {
        let columns = query.column_count();
        let mut found = Vec::new();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|at| row.get_ref(at).map(value));
            found.push(values.collect::<rusqlite::Result<_>>()?);
        }
        Ok(found)
    });
    match answer {
        Err(error) if error.to_string().contains("no such table") => Ok(Vec::new()),
        Err(error) => Err(Error::failed(format!("ask `{}`", file.display())).because(error)),
        Ok(answer) => Ok(answer),
    }
}

fn value(value: rusqlite::types::ValueRef<'_>) -> Option<String> {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            Some(String::from_utf8_lossy(text).into_owned())
        }
    }
}
