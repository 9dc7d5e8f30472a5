//! Loads a dump into the empty database of a MariaDB (or MySQL) server, in one pass.
//!
//! One thread reads, judges and converts; two connections insert. Definitions wait for the rows before them;
//! plain secondary keys are built when a table's rows are there, while the rows of the next are inserted. The
//! connections are the site's own user's, who may do nothing outside its database, whatever the dump says.
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use mysql::{Conn, OptsBuilder, prelude::Queryable};

use super::{
    super::database::{Building, end_connections},
    Loaded, Loading, Progress, Spot,
    filter::{self, Filter, Verdict},
    foreign_end, modes, peek,
    rows::Rows,
    source::Dump,
    statements::{Kind, Statements},
    values::{Columns, Known},
    workers::{Counted, Job, Queue, Shared, execute, work},
};
use crate::{
    error::{Doing, Error, Result},
    model::Database,
    progress::{Meter, Unit},
};

/// Rows are sent in statements of about this size.
const BATCH: usize = 512 << 10;
/// Connections that insert, and those that build keys. More don't help: the server is the limit.
const CONNECTIONS: usize = 2;
/// What a packed dump unpacks to, roughly.
const UNPACKED: u64 = 6;
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
    let building = Building::begin(database, dump.size.saturating_mul(UNPACKED))?;
    let loaded = load(dump, database, how, meter)?;
    building.end().map(|()| loaded)
}

fn load(dump: Dump, database: &Database, how: Loading<'_>, meter: Meter<'_>) -> Result<Loaded> {
    let spot = peek::beginning(&dump);
    let mut main = connect(database)?;
    let longest: u64 = main
        .query_first("SELECT @@max_allowed_packet")
        .doing(|| "ask the database for its limits".into())?
        .unwrap_or(16 << 20);
    let filter = ask_filter(&mut main)?;
    let shared = Shared::default();
    let (rows, rows_to_do) = Queue::new(&shared.rows, CONNECTIONS * 2);
    // Keys are few, and nobody waits for them before the end.
    let (keys, keys_to_do) = Queue::new(&shared.keys, usize::from(u16::MAX));
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS * 2 {
        connections.push(connect(database)?);
    }
    let ids: Vec<u32> = connections.iter().map(Conn::connection_id).collect();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for (number, connection) in connections.into_iter().enumerate() {
            let (jobs, counted) = match number < CONNECTIONS {
                true => (&rows_to_do, &shared.rows),
                false => (&keys_to_do, &shared.keys),
            };
            let shared = &shared;
            workers.push(scope.spawn(move || work(connection, jobs, counted, shared)));
        }
        let mut load = Load {
            progress: Progress { meter, read: dump.read.clone(), size: dump.size },
            told: Instant::now(),
            main,
            filter,
            rows: Rows::new(how.rewriter),
            queue: rows,
            key_queue: keys,
            shared: &shared,
            spot,
            longest: usize::try_from(longest).unwrap_or(usize::MAX) - 1024,
            how,
            section: None,
            is_wanted: true,
            batch: Batch::default(),
            zone: None,
            is_ordered: false,
            keys: Vec::new(),
            guids: BTreeMap::new(),
            known: Known::default(),
            left: BTreeMap::new(),
            loaded: Loaded::default(),
        };
        let outcome = load.run(Statements::new(dump.input)).and_then(|()| load.finish());
        if outcome.is_err() {
            shared.stop.store(true, Ordering::Release);
            end_connections(database, &ids);
        }
        // Dropping its senders ends the workers.
        drop(load);
        for worker in workers {
            // One that panicked has left its mark as an unfinished job.
            drop(worker.join());
        }
        outcome
    })
}

fn connect(database: &Database) -> Result<Conn> {
    let Database::MariaDb { socket, name, user, password, .. } = database else {
        return Err(Error::refused("a MySQL dump can't be brought into a SQLite database yet"));
    };
    let options = OptsBuilder::new()
        .socket(Some(socket.display().to_string()))
        .user(Some(user))
        .pass(Some(password))
        .db_name(Some(name))
        .prefer_socket(true)
        .init(vec![
            // Without unique checks a connection that fills an empty table keeps the others from it.
            // Options of tables that this server does not know are told, and no reason to refuse them.
            format!(
                "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = '{}', unique_checks = 1, \
                 foreign_key_checks = 0, innodb_strict_mode = 0",
                modes::USUAL
            ),
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
    /// How its rows are read as values, where they can be.
    columns: Option<Arc<Columns>>,
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
    queue: Queue<'a>,
    key_queue: Queue<'a>,
    shared: &'a Shared,
    spot: Spot,
    longest: usize,
    how: Loading<'a>,
    /// The database that the present section is of, where the dump says so.
    section: Option<String>,
    is_wanted: bool,
    batch: Batch,
    /// The zone of the present times, where it is not UTC.
    zone: Option<String>,
    /// Whether the present rows must arrive in the dump's order.
    is_ordered: bool,
    /// Keys to build when the rows are there: table, definitions.
    keys: Vec<(String, Vec<String>)>,
    /// Which column of a table is WordPress's `guid`.
    guids: BTreeMap<String, usize>,
    /// The tables' columns.
    known: Known,
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
                self.shared.check()?;
            }
            let piece = match statements.next() {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(trouble) => return Err(self.spot.trouble(trouble)),
            };
            self.spot.enter(piece.part);
            self.spot.line = piece.line;
            match piece.kind {
                Kind::Row if skips_rows => {}
                Kind::Row => self.row(piece.text)?,
                Kind::End => self.end_rows(piece.text)?,
                Kind::Head => skips_rows = !self.head(&self.how.renamed(piece.text))?,
                Kind::Statement => self.statement(&self.how.renamed(piece.text))?,
            }
        }
        self.spot.line = statements.line();
        if statements.lacks_its_end() {
            return Err(self.spot.lacks_its_end());
        }
        self.loaded.notes.extend(statements.foreign_end().map(foreign_end));
        Ok(())
    }

    /// Begins an `INSERT`; false when its rows are not wanted.
    fn head(&mut self, text: &[u8]) -> Result<bool> {
        self.spot.table = filter::table_of(text);
        match self.filter.judge(text) {
            Verdict::Run(head) if self.is_wanted => {
                self.batch.head = self.as_text(head)?;
                self.rows.kept = self.guid_column();
                if let Some(zone) = &self.zone {
                    // MariaDB's way to set a variable for one statement, whichever connection runs it.
                    let head = &self.batch.head;
                    self.batch.head = format!("SET STATEMENT time_zone='{zone}' FOR {head}");
                }
                self.is_ordered = !is_plain(text);
                if self.is_ordered {
                    self.wait()?;
                }
                self.batch.columns = self.columns();
                Ok(true)
            }
            Verdict::Refuse(what) if self.is_wanted => Err(self.spot.refused(&what)),
            _ => Ok(false),
        }
    }

    /// How the rows to come are read as values; none where only an `INSERT` means what the dump says.
    fn columns(&mut self) -> Option<Arc<Columns>> {
        if self.is_ordered || self.zone.is_some() {
            return None;
        }
        let table = self.spot.table.as_ref()?;
        self.known.columns(&mut self.main, table, &self.batch.head).map(Arc::new)
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

    /// Sends what is left of a statement's rows. What it says of rows that are there already holds for those that are
    /// sent now: of a very long statement a row that came twice is an error, not lost.
    fn end_rows(&mut self, tail: &[u8]) -> Result<()> {
        if !tail.is_empty() && !self.batch.sql.is_empty() {
            if !filter::is_on_duplicate(tail) {
                return Err(self.spot.refused("an unusual end of rows"));
            }
            let tail = self.as_text(tail.to_vec())?;
            self.batch.sql.push(' ');
            self.batch.sql.push_str(&tail);
            self.wait()?;
        }
        self.send_batch()
    }

    fn send_batch(&mut self) -> Result<()> {
        if self.batch.sql.is_empty() {
            return Ok(());
        }
        self.loaded.rows += std::mem::take(&mut self.batch.rows);
        let sql = std::mem::take(&mut self.batch.sql);
        let spot = self.spot.at(self.batch.line);
        let columns = self.batch.columns.clone().map(|columns| (columns, self.batch.head.len()));
        self.send(Job { sql, spot, columns })?;
        // What replaces or passes over rows must not overtake.
        if self.is_ordered { self.wait() } else { Ok(()) }
    }

    fn send(&mut self, job: Job) -> Result<()> {
        self.shared.check()?;
        self.queue.send(job)
    }

    /// Waits until every row that was sent is there.
    fn wait(&self) -> Result<()> {
        self.wait_for(&self.shared.rows, |_, _| self.progress.tick())
    }

    /// Waits until every key that was begun is there.
    fn wait_for_keys(&self) -> Result<()> {
        let meter = self.progress.meter;
        self.wait_for(&self.shared.keys, |done, sent| {
            meter.progress(done, Some(sent), Unit::Tables);
            meter.check()
        })
    }

    fn wait_for(
        &self,
        counted: &Counted,
        meanwhile: impl Fn(u64, u64) -> Result<()>,
    ) -> Result<()> {
        loop {
            let done = counted.done.load(Ordering::Acquire);
            let sent = counted.sent.load(Ordering::Acquire);
            self.shared.check()?;
            if done == sent {
                return Ok(());
            }
            meanwhile(done, sent)?;
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Begins to build the keys of the tables whose rows are there.
    fn begin_keys(&mut self) -> Result<()> {
        for (table, keys) in std::mem::take(&mut self.keys) {
            let adds: Vec<String> = keys.iter().map(|key| format!("ADD {key}")).collect();
            let name = table.replace('`', "``");
            let sql = format!("ALTER TABLE `{name}` {}", adds.join(", "));
            let spot = Spot { table: Some(table), ..self.spot.clone() };
            self.key_queue.send(Job { sql, spot, columns: None })?;
        }
        Ok(())
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
                self.wait()?;
                // The workers begin with UTC, which is what dumps say; another zone is converted by the server.
                self.use_zone(zone)?;
            }
            Verdict::Drop => {}
            Verdict::Leave(what) => *self.left.entry(what).or_default() += 1,
            Verdict::Refuse(what) => return Err(self.spot.refused(&what)),
        }
        Ok(())
    }

    /// Takes the times to come for ones of this zone.
    fn use_zone(&mut self, zone: String) -> Result<()> {
        let version: Option<String> =
            self.main.query_first("SELECT version()").doing(|| "ask the database".into())?;
        if !version.is_some_and(|it| it.contains("MariaDB")) {
            self.spot.check_zone(&zone)?;
        }
        self.main
            .query_drop(format!("SET time_zone = '{zone}'"))
            .map_err(|error| self.spot.error().because(error))?;
        self.zone = Some(zone).filter(|zone| !super::is_utc(zone));
        Ok(())
    }

    fn begin_section(&mut self, name: String) -> Result<()> {
        if let Some(wanted) = self.how.database {
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
        self.wait()?;
        self.begin_keys()?;
        let upper: String = sql.trim_start().chars().take(20).collect();
        let upper = upper.to_ascii_uppercase();
        let is_table = upper.starts_with("CREATE TABLE");
        if !is_table && !upper.starts_with("DROP TABLE") {
            // It may need them, or change the same table.
            self.wait_for_keys()?;
        }
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
        if let Some(table) = &self.spot.table {
            self.known.forget(table);
        }
        let is_kept = filter::has_body(&filter::tokens(sql.as_bytes()));
        let mode = self.filter.modes.of(is_kept);
        if let Some(mode) = &mode {
            self.use_mode(mode)?;
        }
        execute(&mut self.main, &sql, &self.spot, self.shared)?;
        if mode.is_some() { self.use_mode(modes::USUAL) } else { Ok(()) }
    }

    fn use_mode(&mut self, mode: &str) -> Result<()> {
        let set = format!("SET sql_mode = '{mode}'");
        self.main.query_drop(set).map_err(|error| self.spot.error().because(error))
    }

    /// Makes what most of the dump's tables have the database's own collation: tables that are made later can be joined
    /// with them.
    fn follow_collation(&mut self) -> Result<()> {
        let doing = || "ask the database for its collation".to_owned();
        let most: Option<(String, String)> = self
            .main
            .query_first(
                "SELECT table_collation, @@collation_database FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_collation LIKE 'utf8mb4%' \
                 GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1",
            )
            .doing(doing)?;
        let Some((most, present)) = most.filter(|(most, present)| most != present) else {
            return Ok(());
        };
        self.main
            .query_drop(format!("ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {most}"))
            .doing(doing)?;
        self.loaded.notes.push(format!(
            "the database's own collation {present} became {most}, which most tables have"
        ));
        Ok(())
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

    /// Has the server estimate the tables' sizes, which it does not while they are loaded ([`Building`]); its plans
    /// are made by them.
    fn count_again(&mut self) -> Result<()> {
        let doing = || "count the tables' rows".to_owned();
        let tables: Vec<String> = self
            .main
            .query("SELECT CONCAT('`', REPLACE(table_name, '`', '``'), '`') FROM information_schema.tables WHERE table_schema = DATABASE() AND engine = 'InnoDB'")
            .doing(doing)?;
        for some in tables.chunks(100) {
            self.main.query_drop(format!("ANALYZE TABLE {}", some.join(", "))).doing(doing)?;
        }
        Ok(())
    }

    /// Builds the keys, and tells what happened.
    fn finish(&mut self) -> Result<Loaded> {
        self.wait()?;
        if self.loaded.tables == 0 {
            return Err(self.spot.no_table());
        }
        self.begin_keys()?;
        self.wait_for_keys()?;
        self.count_again()?;
        self.follow_collation()?;
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
