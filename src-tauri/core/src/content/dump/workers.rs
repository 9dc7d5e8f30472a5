//! The connections that a dump is loaded by.
use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
};

use mysql::{Conn, LocalInfileHandler, prelude::Queryable};

use super::{Spot, lines::Lines};
use crate::error::{Doing, Error, Result};

/// So many different warnings are told.
const WARNINGS: usize = 20;
/// The server's number for a deadlock.
const DEADLOCK: u16 = 1213;

/// A statement for a worker.
pub(super) struct Job {
    pub(super) sql: String,
    pub(super) spot: Spot,
    /// How its rows are read as lines, where they can be, and where they begin.
    pub(super) lines: Option<(Arc<Lines>, usize)>,
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
    let lines =
        job.lines.as_ref().and_then(|(lines, at)| Some((lines, lines.of(&job.sql[*at..])?)));
    let Some((lines, bytes)) = lines else {
        return execute(connection, &job.sql, &job.spot, shared).map(drop);
    };
    // The server asks for the only file that there is, at each try.
    connection
        .set_local_infile_handler(Some(LocalInfileHandler::new(move |_, to| to.write_all(&bytes))));
    let skipped = execute(connection, &lines.statement, &job.spot, shared)?;
    connection.set_local_infile_handler(None);
    if skipped == 0 {
        return Ok(());
    }
    // Of lines the server only says what it refuses of an `INSERT`.
    let said: Vec<(String, u32, String)> =
        connection.query("SHOW WARNINGS").doing(|| "ask for warnings".into())?;
    let why = said.into_iter().find(|(level, ..)| level != "Note");
    let why = why.map_or_else(|| "a row was refused".to_owned(), |(.., message)| message);
    Err(job.spot.error().because(Error::failed(why)))
}

/// Runs a statement and answers how many rows were skipped; a text that the server could not keep whole is an error, other warnings are noted.
pub(super) fn execute(
    connection: &mut Conn,
    sql: &str,
    spot: &Spot,
    shared: &Shared,
) -> Result<u64> {
    let mut tries = 0;
    let (warnings, skipped) = loop {
        tries += 1;
        match connection.query_iter(sql) {
            Ok(result) => break (result.warnings(), skipped(&result.info_str())),
            // The server chose this statement to give way to the other connection; nothing of it was done.
            Err(mysql::Error::MySqlError(error)) if error.code == DEADLOCK && tries < 20 => {}
            Err(error) => return Err(spot.error().because(error)),
        }
    };
    if warnings == 0 || skipped > 0 {
        return Ok(skipped);
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
    Ok(0)
}

/// The number after `Skipped:` in what the server says of lines: `Records: 2  Deleted: 0  Skipped: 1  Warnings: 1`.
fn skipped(said: &str) -> u64 {
    let rest = said.split_once("Skipped:").map_or("", |(_, rest)| rest);
    rest.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0)
}

impl Shared {
    /// The first error of a worker.
    pub(super) fn check(&self) -> Result<()> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}
