//! The connections that a dump is loaded by.
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
};

use mysql::{Conn, Value, prelude::Queryable};

use super::{Spot, values::Columns};
use crate::error::{Doing, Error, Result};

/// So many different warnings are told.
const WARNINGS: usize = 20;
/// One statement has about so many values. (Measured: with eight times as many the server needs half as long again.)
const VALUES: usize = 1000;
/// The server's number for a deadlock.
const DEADLOCK: u16 = 1213;

/// A statement for a worker.
pub(super) struct Job {
    pub(super) sql: String,
    pub(super) spot: Spot,
    /// How its rows are read as values, where they can be, and where they begin.
    pub(super) columns: Option<(Arc<Columns>, usize)>,
}

/// Jobs that were sent, and those that are done.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) sent: AtomicU64,
    pub(super) done: AtomicU64,
}

/// Where jobs are sent, and counted.
pub(super) struct Queue<'a> {
    sender: SyncSender<Job>,
    counted: &'a Counted,
}

impl<'a> Queue<'a> {
    pub(super) fn new(counted: &'a Counted, length: usize) -> (Self, Mutex<Receiver<Job>>) {
        let (sender, receiver) = mpsc::sync_channel(length);
        (Self { sender, counted }, Mutex::new(receiver))
    }

    pub(super) fn send(&self, job: Job) -> Result<()> {
        self.counted.sent.fetch_add(1, Ordering::Release);
        self.sender.send(job).doing(|| "reach the database".into())
    }
}

/// What the workers and the reader tell each other.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) stop: AtomicBool,
    pub(super) rows: Counted,
    pub(super) keys: Counted,
    failed: Mutex<Option<Error>>,
    /// Each different warning, with how often it was met.
    pub(super) warnings: Mutex<BTreeMap<String, u64>>,
}

/// Does jobs until nobody can send any.
pub(super) fn work(
    mut connection: Conn,
    jobs: &Mutex<Receiver<Job>>,
    counted: &Counted,
    shared: &Shared,
) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if !shared.stop.load(Ordering::Acquire)
            && let Err(error) = perform(&mut connection, &job, shared)
        {
            shared.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            shared.stop.store(true, Ordering::Release);
        }
        counted.done.fetch_add(1, Ordering::Release);
    }
}

fn perform(connection: &mut Conn, job: &Job, shared: &Shared) -> Result<()> {
    let Some((columns, at)) = &job.columns else {
        return execute(connection, &job.sql, &job.spot, shared);
    };
    let (head, rows) = job.sql.split_at(*at);
    let Some(values) = columns.values(rows) else {
        return execute(connection, &job.sql, &job.spot, shared);
    };
    let (width, all) = (columns.count(), values.len());
    let mut values = values.into_iter();
    while values.len() > 0 {
        let done = all - values.len();
        // Few different numbers of rows: each is a statement that the server keeps.
        let most = (VALUES / width).max(1).min(values.len() / width);
        let count = 1 << most.ilog2();
        let sql = insert(head, width, count);
        let mut first: Option<Vec<Value>> = Some(values.by_ref().take(count * width).collect());
        let warnings = patiently(&job.spot, || {
            // The client takes the values; a second try is so rare that they are read anew for it.
            let values = first.take().unwrap_or_else(|| {
                let all = columns.values(rows).unwrap_or_default();
                all.into_iter().skip(done).take(count * width).collect()
            });
            connection.exec_iter(&sql, values).map(|result| result.warnings())
        })?;
        tell(connection, warnings, &job.spot, shared)?;
    }
    Ok(())
}

/// The statement that inserts so many rows of so many values.
fn insert(head: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(","));
    format!("{head}{}", vec![row; rows].join(","))
}

/// Runs a statement; a text that the server could not keep whole is an error, other warnings are noted.
pub(super) fn execute(
    connection: &mut Conn,
    sql: &str,
    spot: &Spot,
    shared: &Shared,
) -> Result<()> {
    let warnings = patiently(spot, || connection.query_iter(sql).map(|result| result.warnings()))?;
    tell(connection, warnings, spot, shared)
}

/// Runs a statement anew that the server chose to give way to another connection; nothing of it was done.
fn patiently(spot: &Spot, mut run: impl FnMut() -> mysql::Result<u16>) -> Result<u16> {
    let mut tries = 0;
    loop {
        tries += 1;
        match run() {
            Err(mysql::Error::MySqlError(error)) if error.code == DEADLOCK && tries < 20 => {}
            Err(error) => return Err(spot.error().because(error)),
            Ok(warnings) => return Ok(warnings),
        }
    }
}

/// Notes what the server warned of.
fn tell(connection: &mut Conn, warnings: u16, spot: &Spot, shared: &Shared) -> Result<()> {
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

impl Shared {
    /// The first error of a worker.
    pub(super) fn check(&self) -> Result<()> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}
