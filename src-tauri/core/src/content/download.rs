//! Downloads a file over HTTP, to the end or not at all: what stalls is an error, what is cut goes on from there.
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use ureq::{Agent, Body, http::Response};

use super::files::disk_full;
use crate::{
    error::{Doing, Error, Result},
    model::secrets::{source_without_secrets, text_without_secrets},
    progress::{Meter, Unit},
    room::Room,
};

/// How long a server may take for what.
#[derive(Clone, Copy)]
struct Limits {
    /// To be reached: its name looked up, connected, a secure connection made.
    connect: Duration,
    /// To begin its answer.
    answer: Duration,
    /// To send [`SLOWEST`] bytes.
    idle: Duration,
    /// Between two tries.
    pause: Duration,
}

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(30),
    answer: Duration::from_secs(60),
    idle: Duration::from_secs(60),
    pause: Duration::from_secs(2),
};

/// Who sends less than this in the time that a server may be idle would take days.
const SLOWEST: u64 = 4 << 10;
/// A download that was cut goes on so many times, counted from the last that brought [`WORTH`] bytes.
const TRIES: u32 = 3;
/// See [`TRIES`].
const WORTH: u64 = 1 << 20;
/// How much is read at a time: between two looks at the person's wish to stop.
const CHUNK: usize = 256 << 10;
/// How long a wish to stop may wait while nothing is read yet.
const LOOK: Duration = Duration::from_millis(50);

/// Whether a word is an address of the web rather than a path.
pub fn is_url(word: &str) -> bool {
    let lower = word.get(..8).unwrap_or(word).to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// The name of the file that an address is about: no query, which may hold a signature.
pub fn name_of(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    match path.trim_end_matches('/').rsplit_once('/') {
        Some((_, name)) => name.replace('\\', "_"),
        None => "download".into(),
    }
}

/// Downloads `url` into a new file in `folder`; answers its path. Reports bytes. A connection that is cut or stalls is
/// taken up where it ended (RFC 9110, section 14.2) when the server says which file it is; a cancel is heard at once.
///
/// # Errors
/// What the server answers instead of the file; a server that stays silent; a connection that ends before the file does;
/// a disk that would have less left than is kept free.
pub fn download(url: &str, folder: &Path, meter: Meter<'_>) -> Result<PathBuf> {
    download_within(LIMITS, url, folder, meter)
}

fn download_within(limits: Limits, url: &str, folder: &Path, meter: Meter<'_>) -> Result<PathBuf> {
    let path = folder.join(name_of(url));
    let file = File::create_new(&path).doing(|| format!("write `{}`", path.display()))?;
    let agent = agent(limits);
    // What waits for the server ends at once then.
    let cancelled = agent.clone();
    meter.cancel().when_cancelled(move || cancelled.shutdown());
    let room = Room::new(folder);
    let mut download = Download {
        url,
        limits,
        agent,
        path: &path,
        file,
        room,
        done: 0,
        total: None,
        identity: None,
    };
    download.run(meter)?;
    Ok(path)
}

fn agent(limits: Limits) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_recv_response(Some(limits.answer))
        .timeout_per_read(Some(limits.idle))
        .timeout_per_write(Some(limits.idle))
        .build();
    Agent::new_with_config(config)
}

/// A file on its way.
struct Download<'a> {
    url: &'a str,
    limits: Limits,
    agent: Agent,
    path: &'a Path,
    file: File,
    room: Room,
    /// Bytes that are there.
    done: u64,
    /// The file's size, when the server says it.
    total: Option<u64>,
    /// What tells this version of the file from another: a strong `ETag` or a `Last-Modified`.
    identity: Option<String>,
}

/// Why one connection did not bring the whole file.
enum Trouble {
    /// Another one could bring the rest.
    Cut(String),
    /// It would not.
    Final(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl Download<'_> {
    fn run(&mut self, meter: Meter<'_>) -> Result<()> {
        let mut tries = 0;
        loop {
            let before = self.done;
            let ended = self.connection(meter);
            // A cancel cuts the connection.
            meter.check()?;
            let why = match ended {
                Ok(()) => return Ok(()),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Cut(why)) => why,
            };
            tries = if self.done >= before + WORTH { 1 } else { tries + 1 };
            if self.done == 0 || self.identity.is_none() || tries >= TRIES {
                return Err(self.failed(&why));
            }
            meter.line(format!("{why} after {} bytes; the download goes on there", self.done));
            pause(self.limits.pause, meter)?;
        }
    }

    /// One connection: the file from its beginning, or from where the last one ended.
    fn connection(&mut self, meter: Meter<'_>) -> Result<(), Trouble> {
        let answer = self.ask(meter)?;
        self.place(&answer)?;
        if let Some(total) = self.total {
            // A file that can't fit is refused before anything of it is written.
            let folder = self.path.parent().unwrap_or(self.path);
            let room = Room::new(folder).take(total.saturating_sub(self.done));
            room.map_err(|error| disk_full(error, self.path))?;
        }
        self.receive(answer.into_body().into_reader(), meter)
    }

    /// The server's answer. Names are looked up and connections made on a thread of its own, for that can't be
    /// interrupted; the limits end it.
    fn ask(&self, meter: Meter<'_>) -> Result<Response<Body>, Trouble> {
        let mut request = self.agent.get(self.url);
        if let (1.., Some(identity)) = (self.done, &self.identity) {
            let range = format!("bytes={}-", self.done);
            request = request.header("Range", range).header("If-Range", identity);
        }
        let (send, answered) = channel();
        // Nobody listens any more after a cancel.
        thread::spawn(move || drop(send.send(request.call())));
        loop {
            match answered.recv_timeout(LOOK) {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => return Err(Trouble::Cut(in_words(&error, self.limits))),
                Err(RecvTimeoutError::Timeout) => meter.check()?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Trouble::Final(Error::failed(self.doing())));
                }
            }
        }
    }

    /// Finds out what the answer brings, and from where on; a part that can't be had begins the file anew.
    fn place(&mut self, answer: &Response<Body>) -> Result<(), Trouble> {
        let header = |name: &str| answer.headers().get(name).and_then(|it| it.to_str().ok());
        let status = answer.status();
        if !status.is_success() {
            let says = format!("the server answered {status}");
            if self.done > 0 && status.is_server_error() {
                return Err(Trouble::Cut(says));
            }
            return Err(Trouble::Final(Error::failed(self.doing()).because(says).hint(
                "Check the address; links to backups end after a while. Nothing was changed here.",
            )));
        }
        let length: Option<u64> = header("content-length").and_then(|it| it.parse().ok());
        if status.as_u16() == 206 {
            let range = header("content-range").and_then(read_range);
            if range.is_none_or(|(from, _)| from != self.done) {
                return Err(Trouble::Final(
                    Error::failed(self.doing()).because("the server sent another part of the file"),
                ));
            }
            return Ok(());
        }
        if self.done > 0 {
            let begun = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
            begun.map_err(|error| disk_full(error, self.path))?;
            self.done = 0;
        }
        self.total = length;
        let strong = header("etag").filter(|it| !it.starts_with("W/"));
        let identity = strong.or(header("last-modified"));
        let in_parts = header("accept-ranges") != Some("none");
        self.identity = identity.filter(|_| in_parts).map(str::to_owned);
        Ok(())
    }

    fn receive(&mut self, mut input: impl Read, meter: Meter<'_>) -> Result<(), Trouble> {
        let mut buffer = vec![0; CHUNK];
        let (mut since, mut then) = (Instant::now(), self.done);
        loop {
            meter.check()?;
            let count = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Trouble::Cut(read_in_words(&error, self.limits))),
            };
            let written = self.room.take(count as u64);
            let written = written.and_then(|()| self.file.write_all(&buffer[..count]));
            written.map_err(|error| disk_full(error, self.path))?;
            self.done += count as u64;
            meter.progress(self.done, self.total, Unit::Bytes);
            if since.elapsed() >= self.limits.idle {
                if self.done - then < SLOWEST {
                    return Err(Trouble::Final(self.failed(&stalled(self.limits.idle))));
                }
                (since, then) = (Instant::now(), self.done);
            }
        }
        match self.total {
            Some(total) if self.done != total => {
                Err(Trouble::Cut("the connection ended".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn doing(&self) -> String {
        format!("download {}", source_without_secrets(self.url))
    }

    fn failed(&self, why: &str) -> Error {
        let of = self.total.map(|total| format!(" of {total}")).unwrap_or_default();
        Error::failed(self.doing()).because(format!("{why} after {}{of} bytes", self.done)).hint(
            "Try again later, or download the file with another program and import that. Nothing was changed here.",
        )
    }
}

/// The first byte and the whole size of `bytes 500-999/8000`; the size may be unknown, `*`.
fn read_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = range.split_once('-')?;
    Some((from.trim().parse().ok()?, total.trim().parse().ok()))
}

fn stalled(limit: Duration) -> String {
    format!("the server sent next to nothing for {} s", limit.as_secs_f64())
}

fn in_words(error: &ureq::Error, limits: Limits) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::PerRead | ureq::Timeout::RecvBody) => {
            stalled(limits.idle)
        }
        ureq::Error::Timeout(ureq::Timeout::RecvResponse) => {
            format!("the server did not begin its answer for {} s", limits.answer.as_secs_f64())
        }
        ureq::Error::Timeout(_) => {
            format!("the server was not reached in {} s", limits.connect.as_secs_f64())
        }
        // What the library says may have the address in it.
        other => text_without_secrets(&other.to_string()),
    }
}

fn read_in_words(error: &io::Error, limits: Limits) -> String {
    match error.get_ref().and_then(|it| it.downcast_ref::<ureq::Error>()) {
        Some(error) => in_words(error, limits),
        None if error.kind() == io::ErrorKind::TimedOut => stalled(limits.idle),
        None => format!("the connection ended ({error})"),
    }
}

/// Waits before the next try; a cancel is heard.
fn pause(length: Duration, meter: Meter<'_>) -> Result<()> {
    let until = Instant::now() + length;
    while Instant::now() < until {
        meter.check()?;
        thread::sleep(LOOK.min(length));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
