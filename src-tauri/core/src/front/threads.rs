//! The threads that the front runs on: one loop for each, and a connection stays with its loop.
//!
//! One shared pool of async workers costs a wake-up of another thread for many requests, which for small
//! files is more than all else (measured: 40 % of the time).
use std::{thread::JoinHandle, time::Duration};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
};

use crate::error::{Doing, Result};

/// How long an end waits for what can't be interrupted (a wake under way).
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Threads that run until they are ended.
pub(super) struct Threads(Vec<Loop>);

struct Loop {
    handle: Handle,
    /// Ends the loop when it is dropped.
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Threads {
    /// As many as the machine has processors, within reason.
    pub(super) fn start() -> Result<Self> {
        let count = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 8));
        let doing = || "start the web server's threads".to_owned();
        let loops = (0..count).map(|_| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (end, ended) = oneshot::channel();
            let handle = runtime.handle().clone();
            let run = move || run(runtime, ended);
            let thread = std::thread::Builder::new().name("portico-front".into()).spawn(run)?;
            Ok(Loop { handle, end, thread })
        });
        loops.collect::<std::io::Result<_>>().doing(doing).map(Self)
    }

    /// The loops, for work to be given to.
    pub(super) fn handles(&self) -> Vec<Handle> {
        self.0.iter().map(|each| each.handle.clone()).collect()
    }

    /// Ends everything that runs there.
    pub(super) fn end(self) {
        let threads: Vec<_> = self
            .0
            .into_iter()
            .map(|each| {
                drop(each.end);
                each.thread
            })
            .collect();
        for thread in threads {
            // A panic in a request was that request's, and has been shown.
            let _ = thread.join();
        }
    }
}

fn run(runtime: Runtime, ended: oneshot::Receiver<()>) {
    let _ = runtime.block_on(ended);
    runtime.shutdown_timeout(STOP_TIMEOUT);
}
