//! Shares a conversion among connections.
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use mysql::{Conn, prelude::Queryable};

use super::{
    super::{
        Conversion,
        building::end_connections,
        mariadb::{self, quoted},
    },
    rows::Converting,
    table::Table,
};
use crate::{
    content::urls::{Met, Rewriter},
    error::{Doing, Result},
    model::{Database, count, human_bytes},
    progress::{Meter, Unit},
};

/// A range of keys has about so many bytes of rows: small enough to hear of a cancel and of progress in time, and for
/// the server to forget the old rows soon, which it keeps as long as somebody may be reading them.
const RANGE: u64 = 8 << 20;
/// A table is cut into at most so many ranges.
const RANGES: u64 = 4096;
/// How often this thread looks whether work should end.
const LOOK: Duration = Duration::from_millis(20);

/// A table, or a range of it.
pub(super) struct Job<'a> {
    pub(super) table: &'a Table,
    /// The first and the last value of the key's first column.
    pub(super) range: Option<(i128, i128)>,
    /// What the server believes that it comes to.
    bytes: u64,
}

/// What came of a table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    /// Rows that were looked at, and those that were changed.
    pub(super) seen: u64,
    pub(super) rows: u64,
    pub(super) met: Met,
    /// Values that their column does not take, and rows that a rule of the table forbids.
    pub(super) too_long: u64,
    pub(super) colliding: u64,
}

impl Outcome {
    fn add(&mut self, more: Self) {
        self.seen += more.seen;
        self.rows += more.rows;
        self.met += more.met;
        self.too_long += more.too_long;
        self.colliding += more.colliding;
    }
}

/// What the threads of a conversion share.
pub(super) struct Work<'a> {
    pub(super) database: &'a Database,
    pub(super) rewriter: &'a Rewriter,
    pub(super) dry_run: bool,
    pub(super) meter: Meter<'a>,
    jobs: Vec<Job<'a>>,
    next: AtomicUsize,
    done: AtomicU64,
    stop: AtomicBool,
    failed: Mutex<Option<crate::Error>>,
    outcomes: Mutex<BTreeMap<&'a str, Outcome>>,
    /// The server's numbers for our connections.
    connections: Mutex<Vec<u32>>,
}

impl<'a> Work<'a> {
    /// Cuts the tables into jobs.
    pub(super) fn plan(
        connection: &mut Conn,
        database: &'a Database,
        rewriter: &'a Rewriter,
        how: &Conversion,
        meter: Meter<'a>,
        tables: &'a [Table],
    ) -> Result<Self> {
        let mut jobs = Vec::new();
        for table in tables {
            meter.check()?;
            jobs.extend(cut(connection, table)?);
        }
        // What can't be cut first, so that no thread is left alone with it at the end.
        jobs.sort_by_key(|job| std::cmp::Reverse(if job.range.is_none() { job.bytes } else { 0 }));
        Ok(Self {
            database,
            rewriter,
            dry_run: how.dry_run,
            meter,
            jobs,
            next: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            failed: Mutex::default(),
            outcomes: Mutex::default(),
            connections: Mutex::default(),
        })
    }

    /// Does all jobs; answers what came of each table, by name.
    pub(super) fn run(self) -> Result<Vec<(String, Outcome)>> {
        let started = Instant::now();
        let total: u64 = self.jobs.iter().map(|job| job.bytes).sum();
        // The server works, or a thread of ours does. More than there are processors wait for one another at the table
        // (measured on two of them: with four, a tenth longer).
        let threads = thread::available_parallelism().map_or(4, |n| n.get().clamp(2, 8));
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.min(self.jobs.len()))
                .map(|_| scope.spawn(|| self.work().unwrap_or_else(|error| self.fail(error))))
                .collect();
            while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
                if self.meter.check().is_err() || self.stop.load(Relaxed) {
                    self.stop.store(true, Relaxed);
                    end_connections(self.database, &lock(&self.connections));
                    break;
                }
                self.meter.progress(self.done.load(Relaxed).min(total), Some(total), Unit::Bytes);
                thread::sleep(LOOK);
            }
        });
        // Whatever a connection that was ended complains of.
        self.meter.check()?;
        if let Some(error) = lock(&self.failed).take() {
            return Err(error);
        }
        self.meter.progress(total, Some(total), Unit::Bytes);
        let outcomes = std::mem::take(&mut *lock(&self.outcomes));
        let seen: u64 = outcomes.values().map(|it| it.seen).sum();
        self.meter.line(format!(
            "looked through {}, {}, in {:.1} s",
            human_bytes(total),
            count(seen, "row"),
            started.elapsed().as_secs_f64()
        ));
        Ok(outcomes.into_iter().map(|(table, outcome)| (table.to_owned(), outcome)).collect())
    }

    fn work(&self) -> Result<()> {
        let mut connections = [mariadb::connect(self.database)?, mariadb::connect(self.database)?];
        lock(&self.connections).extend(connections.iter().map(Conn::connection_id));
        let [reader, writer] = &mut connections;
        writer
            .query_drop("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
            .and_then(|()| {
                writer.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            })
            .doing(|| "prepare a connection".into())?;
        // Where each row is, the server need not ask for in advance. Another server may not know the setting.
        drop(writer.query_drop("SET SESSION eq_range_index_dive_limit = 1"));
        while let Some(job) = self.jobs.get(self.next.fetch_add(1, Relaxed)) {
            self.check()?;
            let mut converting = Converting::new(self, job, writer);
            let done = converting.run(reader);
            lock(&self.outcomes).entry(&job.table.name).or_default().add(converting.outcome);
            done.doing(|| format!("convert the table `{}`", job.table.name))?;
            self.done.fetch_add(job.bytes, Relaxed);
        }
        Ok(())
    }

    /// Fails when the person wants to stop; also when another thread has failed.
    pub(super) fn check(&self) -> Result<()> {
        if self.stop.load(Relaxed) {
            return Err(crate::Error::cancelled());
        }
        self.meter.check()
    }

    fn fail(&self, error: crate::Error) {
        lock(&self.failed).get_or_insert(error);
        self.stop.store(true, Relaxed);
    }
}

/// A table as one job, or as many where its key can be cut into ranges.
fn cut<'a>(connection: &mut Conn, table: &'a Table) -> Result<Vec<Job<'a>>> {
    let bytes = table.bytes.max(1);
    let whole = Job { table, range: None, bytes };
    let pieces = i128::from((bytes / RANGE).min(RANGES));
    let Some(column) = table.key.first().filter(|_| table.is_numbered && pieces > 1) else {
        return Ok(vec![whole]);
    };
    let column = quoted(column);
    let sql = format!(
        "SELECT CAST(MIN({column}) AS CHAR), CAST(MAX({column}) AS CHAR) FROM {}",
        quoted(&table.name)
    );
    let ends: Option<(Option<String>, Option<String>)> =
        connection.query_first(sql).doing(|| format!("read the keys of `{}`", table.name))?;
    let number = |text: Option<String>| text.and_then(|text| text.parse::<i128>().ok());
    let Some((Some(first), Some(last))) = ends.map(|(a, b)| (number(a), number(b))) else {
        return Ok(vec![whole]);
    };
    let step = (last - first) / pieces + 1;
    let pieces = (0..pieces).map(|n| (first + n * step, (first + (n + 1) * step - 1).min(last)));
    let pieces: Vec<(i128, i128)> = pieces.filter(|(from, to)| from <= to).collect();
    let bytes = bytes / pieces.len() as u64;
    Ok(pieces.into_iter().map(|range| Job { table, range: Some(range), bytes }).collect())
}

/// Another thread's panic is passed on by the scope.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
