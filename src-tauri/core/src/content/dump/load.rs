//! Loads a dump into the empty database of a MariaDB (or MySQL) server, in one pass.
//!
//! One thread reads, judges and converts; two connections insert. Definitions wait for the rows before them;
//! plain secondary keys are built when all rows are there. The connections are the site's own user's, who may do
//! nothing outside its database, whatever the dump says.
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use mysql::{Conn, OptsBuilder, prelude::Queryable};

use super::{
    Loaded, Loading, Progress, Spot,
    filter::{self, Filter, Verdict},
    peek,
    rows::Rows,
    source::Dump,
    statements::{Kind, Statements},
};
use crate::{
    error::{Doing, Error, Result},
    model::Database,
    progress::{Meter, Unit},
};

/// Rows are sent in statements of about this size.
const BATCH: usize = 512 << 10;
/// Connections that insert. More don't help: the server is the limit.
const CONNECTIONS: usize = 2;
/// So many different warnings are told.
const WARNINGS: usize = 20;
/// The server's number for a deadlock.
const DEADLOCK: u16 = 1213;
/// How often progress is told.
const TICK: Duration = Duration::from_millis(100);

/// Loads `dump` into `database`, which should be empty.
///
/// # Errors
/// Each names the file, the line and the table. What was loaded until then stays: the caller throws the database away.
pub fn load_mariadb(
    dump: Dump,
    database: &Database,
    how: Loading<'_>,
    meter: Meter<'_>,
) -> Result<Loaded> {
    let spot = peek::beginning(&dump);
    let mut main = connect(database)?;
    let longest: u64 = main
        .query_first("SELECT @@max_allowed_packet")
        .doing(|| "ask the database for its limits".into())?
        .unwrap_or(16 << 20);
    let filter = ask_filter(&mut main)?;
    let shared = Shared::default();
    let (sender, receiver) = mpsc::sync_channel(CONNECTIONS * 2);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = connect(database)?;
            workers.push(scope.spawn(|| work(connection, &receiver, &shared)));
        }
        let mut load = Load {
            progress: Progress { meter, read: dump.read.clone(), size: dump.size },
            told: Instant::now(),
            main,
            filter,
            rows: Rows::new(how.rewriter),
            sender,
            shared: &shared,
            spot,
            longest: usize::try_from(longest).unwrap_or(usize::MAX) - 1024,
            wanted: how.database,
            section: None,
            is_wanted: true,
            batch: Batch::default(),
            is_ordered: false,
            keys: Vec::new(),
            guids: BTreeMap::new(),
            left: BTreeMap::new(),
            loaded: Loaded::default(),
        };
        let outcome = load.run(Statements::new(dump.input)).and_then(|()| load.finish());
        if outcome.is_err() {
            shared.stop.store(true, Ordering::Release);
        }
        // Dropping its sender ends the workers.
        drop(load);
        for worker in workers {
            // One that panicked has left its mark as an unfinished job.
            drop(worker.join());
        }
        outcome
    })
}

fn connect(database: &Database) -> Result<Conn> {
    let Database::MariaDb { socket, name, user, password } = database else {
        return Err(Error::refused("a MySQL dump can't be brought into a SQLite database yet"));
    };
    let options = OptsBuilder::new()
        .socket(Some(socket.display().to_string()))
        .user(Some(user))
        .pass(Some(password))
        .db_name(Some(name))
        .prefer_socket(true)
        .init(vec![
            "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', \
             unique_checks = 0, foreign_key_checks = 0"
                .to_owned(),
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned(),
        ]);
    Conn::new(options).doing(|| "connect to the database".into())
}

/// What the server knows of collations and character sets.
fn ask_filter(connection: &mut Conn) -> Result<Filter> {
    let doing = || "ask the database for its collations".to_owned();
    let lower = |names: Vec<String>| names.into_iter().map(|it| it.to_ascii_lowercase());
    let collations: Vec<String> = connection
        .query("SELECT collation_name FROM information_schema.collations WHERE collation_name IS NOT NULL")
        .doing(doing)?;
    // MariaDB 10.10 and later list the new ones by their short names there, and whole here.
    let whole: Vec<String> = connection
        .query("SELECT full_collation_name FROM information_schema.collation_character_set_applicability")
        .unwrap_or_default();
    let charsets: Vec<String> = connection
        .query("SELECT character_set_name FROM information_schema.character_sets")
        .doing(doing)?;
    let mut filter = Filter {
        collations: lower(collations).chain(lower(whole)).collect(),
        charsets: lower(charsets).collect(),
        ..Filter::default()
    };
    // Both names of the older UTF-8 are understood, whichever is listed.
    for (a, b) in [("utf8_", "utf8mb3_"), ("utf8mb3_", "utf8_")] {
        let twins: Vec<String> = filter
            .collations
            .iter()
            .filter_map(|it| it.strip_prefix(a))
            .map(|it| format!("{b}{it}"))
            .collect();
        filter.collations.extend(twins);
    }
    filter.charsets.extend(["utf8".to_owned(), "utf8mb3".to_owned()]);
    Ok(filter)
}

/// A statement for a worker.
struct Job {
    sql: String,
    spot: Spot,
}

/// What the workers and the reader tell each other.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Jobs that were sent, and those that are done.
    sent: AtomicU64,
    done: AtomicU64,
    failed: Mutex<Option<Error>>,
    /// Each different warning, with how often it was met.
    warnings: Mutex<BTreeMap<String, u64>>,
}

fn work(mut connection: Conn, jobs: &Mutex<Receiver<Job>>, shared: &Shared) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if !shared.stop.load(Ordering::Acquire)
            && let Err(error) = execute(&mut connection, &job.sql, &job.spot, shared)
        {
            shared.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            shared.stop.store(true, Ordering::Release);
        }
        shared.done.fetch_add(1, Ordering::Release);
    }
}

/// Runs a statement; a text that the server could not keep whole is an error, other warnings are noted.
fn execute(connection: &mut Conn, sql: &str, spot: &Spot, shared: &Shared) -> Result<()> {
    let mut tries = 0;
    let warnings = loop {
        tries += 1;
        match connection.query_iter(sql) {
            Ok(result) => break result.warnings(),
            // The server chose this statement to give way to the other connection; nothing of it was done.
            Err(mysql::Error::MySqlError(error)) if error.code == DEADLOCK && tries < 20 => {}
            Err(error) => return Err(spot.error().because(error)),
        }
    };
    if warnings == 0 {
        return Ok(());
    }
    let shown: Vec<(String, u32, String)> =
        connection.query("SHOW WARNINGS").doing(|| "ask for warnings".into())?;
    for (level, code, message) in shown {
        if code == 1366 && message.starts_with("Incorrect string value") {
            return Err(spot.error().because(Error::failed(format!("keep a text: {message}"))).hint(
                "The file's texts are not in the character set that it says; export it again as utf8mb4.",
            ));
        }
        if level == "Note" {
            continue;
        }
        let table = spot.table.as_deref().unwrap_or_default();
        // The row's number differs from warning to warning.
        let message = message.split(" at row ").next().unwrap_or_default();
        let text = format!("table `{table}`: {message} (first at line {})", spot.line);
        let key = format!("table `{table}`: {message}");
        let mut all = shared.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.keys().any(|it| it.starts_with(&key)) && all.len() < WARNINGS {
            all.insert(text, 1);
        }
    }
    Ok(())
}

/// Whether a head is `INSERT INTO`, whose rows may arrive in any order.
fn is_plain(head: &[u8]) -> bool {
    let words = head[..head.len().min(40)].split(u8::is_ascii_whitespace);
    let words: Vec<_> = words.filter(|word| !word.is_empty()).take(2).collect();
    words.iter().map(|word| word.to_ascii_uppercase()).eq([b"INSERT".to_vec(), b"INTO".to_vec()])
}

/// Rows that are collected for one statement.
#[derive(Default)]
struct Batch {
    head: String,
    sql: String,
    line: u64,
    rows: u64,
}

struct Load<'a> {
    progress: Progress<'a>,
    told: Instant,
    main: Conn,
    filter: Filter,
    rows: Rows<'a>,
    sender: SyncSender<Job>,
    shared: &'a Shared,
    spot: Spot,
    longest: usize,
    /// The database to load, where the person chose one.
    wanted: Option<&'a str>,
    /// The database that the present section is of, where the dump says so.
    section: Option<String>,
    is_wanted: bool,
    batch: Batch,
    /// Whether the present rows must arrive in the dump's order.
    is_ordered: bool,
    /// Keys to build at the end: table, definitions.
    keys: Vec<(String, Vec<String>)>,
    /// Which column of a table is WordPress's `guid`.
    guids: BTreeMap<String, usize>,
    /// What was left out, and how often.
    left: BTreeMap<String, u64>,
    loaded: Loaded,
}

impl Load<'_> {
    fn run<R: std::io::Read>(&mut self, mut statements: Statements<R>) -> Result<()> {
        let mut skips_rows = false;
        loop {
            if self.told.elapsed() > TICK {
                self.told = Instant::now();
                self.progress.tick()?;
                self.check()?;
            }
            let piece = match statements.next() {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(trouble) => return Err(self.spot.trouble(trouble)),
            };
            self.spot.line = piece.line;
            match piece.kind {
                Kind::Row if skips_rows => {}
                Kind::Row => self.row(piece.text)?,
                Kind::End => self.send_batch()?,
                Kind::Head => skips_rows = !self.head(piece.text)?,
                Kind::Statement => self.statement(piece.text)?,
            }
        }
        self.spot.line = statements.line();
        if statements.lacks_its_end() {
            return Err(self.spot.lacks_its_end());
        }
        Ok(())
    }

    /// Begins an `INSERT`; false when its rows are not wanted.
    fn head(&mut self, text: &[u8]) -> Result<bool> {
        self.spot.table = filter::table_of(text);
        match self.filter.judge(text) {
            Verdict::Run(head) if self.is_wanted => {
                self.batch.head = self.as_text(head)?;
                self.rows.kept = self.guid_column();
                self.is_ordered = !is_plain(text);
                if self.is_ordered {
                    self.wait(None)?;
                }
                Ok(true)
            }
            Verdict::Refuse(what) if self.is_wanted => Err(self.spot.refused(&what)),
            _ => Ok(false),
        }
    }

    /// Which value of the rows to come is WordPress's `guid`: as their head lists them, or as the table has them.
    fn guid_column(&self) -> Option<usize> {
        let table = self.spot.table.as_ref().filter(|it| it.ends_with("posts"))?;
        match self.batch.head.split_once('(') {
            Some((_, list)) => list.split(',').position(|it| it.contains("`guid`")),
            None => self.guids.get(table).copied(),
        }
    }

    fn row(&mut self, text: &[u8]) -> Result<()> {
        let row = self.rows.convert(text);
        let batch = &mut self.batch;
        if batch.head.len() + row.len() > self.longest {
            let size = crate::model::human_bytes(row.len() as u64);
            let error =
                Error::failed(format!("send a row of {size}: the server takes less at once"));
            return Err(self.spot.error().because(error));
        }
        if batch.sql.is_empty() {
            batch.sql.push_str(&batch.head);
            batch.line = self.spot.line;
        } else if batch.sql.len() + row.len() > BATCH {
            self.send_batch()?;
            return self.row(text);
        } else {
            batch.sql.push(',');
        }
        self.batch.sql.push_str(&row);
        self.batch.rows += 1;
        Ok(())
    }

    fn send_batch(&mut self) -> Result<()> {
        if self.batch.sql.is_empty() {
            return Ok(());
        }
        self.loaded.rows += std::mem::take(&mut self.batch.rows);
        let sql = std::mem::take(&mut self.batch.sql);
        let spot = self.spot.at(self.batch.line);
        self.send(Job { sql, spot })?;
        // What replaces or passes over rows must not overtake.
        if self.is_ordered { self.wait(None) } else { Ok(()) }
    }

    fn send(&mut self, job: Job) -> Result<()> {
        self.check()?;
        self.shared.sent.fetch_add(1, Ordering::Release);
        self.sender.send(job).doing(|| "reach the database".into())
    }

    /// The first error of a worker.
    fn check(&self) -> Result<()> {
        self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// Waits until every row that was sent is there.
    fn wait(&mut self, unit: Option<(u64, Unit)>) -> Result<()> {
        loop {
            let done = self.shared.done.load(Ordering::Acquire);
            let sent = self.shared.sent.load(Ordering::Acquire);
            self.check()?;
            if done == sent {
                return Ok(());
            }
            match unit {
                Some((total, unit)) => {
                    let left = (sent - done).min(total);
                    self.progress.meter.progress(total - left, Some(total), unit);
                    self.progress.meter.check()?;
                }
                None => self.progress.tick()?,
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn statement(&mut self, text: &[u8]) -> Result<()> {
        self.spot.table = filter::table_of(text).or_else(|| self.spot.table.take());
        match self.filter.judge(text) {
            Verdict::Use(name) => self.begin_section(name)?,
            _ if !self.is_wanted => {}
            Verdict::Run(sql) => self.define(sql)?,
            Verdict::Charset(name) => {
                let charsets = &self.filter.charsets;
                self.rows.use_charset(&name, &self.spot, |name| charsets.contains(name))?;
            }
            Verdict::TimeZone(zone) => {
                self.wait(None)?;
                // The workers begin with UTC, which is what dumps say; another zone is converted by the server.
                self.spot.check_zone(&zone)?;
            }
            Verdict::Drop => {}
            Verdict::Leave(what) => *self.left.entry(what).or_default() += 1,
            Verdict::Refuse(what) => return Err(self.spot.refused(&what)),
        }
        Ok(())
    }

    fn begin_section(&mut self, name: String) -> Result<()> {
        if let Some(wanted) = self.wanted {
            self.is_wanted = wanted == name;
        } else if let Some(other) = self.section.as_ref().filter(|it| **it != name) {
            return Err(self.spot.several_databases(other, &name));
        }
        if self.is_wanted {
            self.filter.own = Some(name.clone());
        }
        self.section = Some(name);
        Ok(())
    }

    fn define(&mut self, sql: Vec<u8>) -> Result<()> {
        let sql = self.as_text(sql)?;
        let sql = match &self.rows.charset {
            // The rows of a whole statement (`INSERT … SET`) are converted as those of a list are.
            _ if sql.trim_start().to_ascii_uppercase().starts_with("INSERT") => {
                self.rows.convert(sql.as_bytes()).into_owned()
            }
            _ => sql,
        };
        self.wait(None)?;
        let is_table = sql.trim_start().to_ascii_uppercase().starts_with("CREATE TABLE");
        self.loaded.tables += u64::from(is_table);
        if is_table && let Some(table) = &self.spot.table {
            let columns = sql.lines().map(str::trim_start).filter(|line| line.starts_with('`'));
            let guid = columns.enumerate().find(|(_, line)| line.starts_with("`guid`"));
            self.guids.extend(guid.map(|(at, _)| (table.clone(), at)));
        }
        let split = is_table.then(|| filter::without_keys(&sql)).flatten();
        let (sql, keys) = split.unwrap_or((sql, Vec::new()));
        if let Some(table) = self.spot.table.clone().filter(|_| !keys.is_empty()) {
            self.keys.push((table, keys));
        }
        execute(&mut self.main, &sql, &self.spot, self.shared)
    }

    /// A definition in UTF-8; one of latin1 is decoded.
    fn as_text(&self, sql: Vec<u8>) -> Result<String> {
        match String::from_utf8(sql) {
            Ok(text) => Ok(text),
            Err(error) if self.rows.charset.as_deref() == Some("latin1") => {
                Ok(error.into_bytes().into_iter().map(char::from).collect())
            }
            Err(_) => Err(self.spot.refused("a definition in an unknown character set")),
        }
    }

    /// Builds the keys, and tells what happened.
    fn finish(&mut self) -> Result<Loaded> {
        self.wait(None)?;
        if self.loaded.tables == 0 {
            return Err(self.spot.no_table());
        }
        let keys = std::mem::take(&mut self.keys);
        let total = keys.len() as u64;
        for (table, keys) in keys {
            let adds: Vec<String> = keys.iter().map(|key| format!("ADD {key}")).collect();
            let name = table.replace('`', "``");
            let sql = format!("ALTER TABLE `{name}` {}", adds.join(", "));
            let spot = Spot { table: Some(table), ..self.spot.clone() };
            self.send(Job { sql, spot })?;
        }
        self.wait(Some((total, Unit::Tables)))?;
        self.loaded.replacements = self.rows.met.replacements;
        let notes = &mut self.loaded.notes;
        let left = self.left.iter();
        notes.extend(left.map(|(what, count)| format!("left out: {what} ({count} times)")));
        notes.extend(self.filter.changed.iter().cloned());
        notes.extend(self.rows.met.notes());
        let warnings = self.shared.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        notes.extend(warnings.keys().cloned());
        Ok(std::mem::take(&mut self.loaded))
    }
}
