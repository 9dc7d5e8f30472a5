//! Inserts rows on a thread of its own, while the next ones are read and converted.
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{self, Receiver, SyncSender},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;

use super::values::{self, Takes};
use crate::{
    content::dump::Spot,
    error::{Error, Result},
};

/// Rows wait in batches of about this size; so many batches wait.
const BATCH: usize = 256 << 10;
const WAITING: usize = 4;

/// The statement that inserts rows of a table.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Insert {
    pub(super) sql: String,
    /// What the columns take.
    pub(super) takes: Vec<Takes>,
}

/// Rows for one statement.
#[derive(Default)]
struct Batch {
    insert: Arc<Insert>,
    /// The file and the table.
    spot: Spot,
    text: String,
    /// The line of each row, and where it ends in the text.
    rows: Vec<(u64, usize)>,
}

enum Job {
    Insert(Batch),
    /// Answered when everything before it is done.
    Answer(SyncSender<()>),
}

/// Has the connection, and inserts with it what it is given.
pub(super) struct Inserter {
    /// None when it ends.
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    batch: Batch,
}

struct Shared {
    connection: Mutex<Connection>,
    failed: AtomicBool,
    error: Mutex<Option<Error>>,
}

impl Inserter {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, to_do) = mpsc::sync_channel(WAITING);
        let shared = Arc::new(Shared {
            connection: Mutex::new(connection),
            failed: AtomicBool::new(false),
            error: Mutex::default(),
        });
        let beside = Arc::clone(&shared);
        let thread = Some(thread::spawn(move || beside.work(&to_do)));
        Self { jobs: Some(jobs), thread, shared, batch: Batch::default() }
    }

    /// Inserts the rows to come by this statement.
    pub(super) fn begin(&mut self, insert: Insert, spot: &Spot) -> Result<()> {
        if *self.batch.insert != insert || self.batch.spot.name != spot.name {
            self.flush()?;
            self.batch.insert = Arc::new(insert);
        }
        self.batch.spot = spot.clone();
        Ok(())
    }

    /// Takes a row, with its parentheses.
    ///
    /// # Errors
    /// Those of rows before it.
    pub(super) fn row(&mut self, row: &str, line: u64) -> Result<()> {
        self.batch.text.push_str(row);
        self.batch.rows.push((line, self.batch.text.len()));
        if self.batch.text.len() > BATCH { self.flush() } else { Ok(()) }
    }

    /// The connection, when every row that it was given is there.
    pub(super) fn connection(&mut self) -> Result<MutexGuard<'_, Connection>> {
        self.flush()?;
        let (answer, answered) = mpsc::sync_channel(1);
        self.send(Job::Answer(answer))?;
        answered.recv().map_err(|_| stopped())?;
        self.shared.check()?;
        Ok(lock(&self.shared.connection))
    }

    fn flush(&mut self) -> Result<()> {
        if self.batch.rows.is_empty() {
            return Ok(());
        }
        let next = Batch {
            insert: Arc::clone(&self.batch.insert),
            spot: self.batch.spot.clone(),
            ..Batch::default()
        };
        let batch = std::mem::replace(&mut self.batch, next);
        self.send(Job::Insert(batch))
    }

    fn send(&self, job: Job) -> Result<()> {
        self.shared.check()?;
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        sent.and_then(std::result::Result::ok).ok_or_else(stopped)
    }
}

impl Drop for Inserter {
    /// Nobody writes to the file any more when it is gone.
    fn drop(&mut self) {
        self.shared.failed.store(true, Relaxed);
        self.jobs = None;
        // One that panicked has not answered.
        self.thread.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn work(&self, jobs: &Receiver<Job>) {
        for job in jobs {
            match job {
                // Whoever asked may be gone.
                Job::Answer(answer) => drop(answer.send(())),
                // What comes after a failure is not wanted any more.
                Job::Insert(_) if self.failed.load(Relaxed) => {}
                Job::Insert(batch) => {
                    if let Err(error) = insert(&lock(&self.connection), &batch) {
                        *lock(&self.error) = Some(error);
                        self.failed.store(true, Relaxed);
                    }
                }
            }
        }
    }

    fn check(&self) -> Result<()> {
        if !self.failed.load(Relaxed) {
            return Ok(());
        }
        let error = lock(&self.error).take();
        Err(error.unwrap_or_else(|| Error::failed("insert rows: one before was refused")))
    }
}

fn stopped() -> Error {
    Error::failed("insert rows: the thread has stopped")
}

fn insert(connection: &Connection, batch: &Batch) -> Result<()> {
    let mut start = 0;
    let refused = |error: rusqlite::Error, line| batch.spot.at(line).error().because(error);
    let first = batch.rows.first().map_or(0, |(line, _)| *line);
    let sql = &batch.insert.sql;
    let mut statement = connection.prepare_cached(sql).map_err(|error| refused(error, first))?;
    for &(line, end) in &batch.rows {
        let values = values::values(&batch.text[start..end], &batch.insert.takes)
            .map_err(|what| batch.spot.at(line).refused(&what))?;
        statement
            .execute(rusqlite::params_from_iter(values))
            .map_err(|error| refused(error, line))?;
        start = end;
    }
    Ok(())
}

/// A thread that panicked has left its mark in the channel.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
