//! The access log of one environment, in the combined format with the seconds that the answer took at the end.
//!
//! Requests append to memory; [`AccessLog::flush`] writes it out, which the front does each second.
use std::{
    fmt::Write as _,
    fs,
    io::{self, Write},
    net::IpAddr,
    path::Path,
    sync::Mutex,
    time::Duration,
};

use hyper::{HeaderMap, Method, StatusCode, Version, header};
use jiff::Timestamp;

use crate::untrusted;

/// A log longer than this is moved to `access.log.1`, whose place it takes.
const LONGEST: u64 = 10 * 1024 * 1024;
/// Lines beyond this are dropped when the disk doesn't keep up.
const LONGEST_BUFFER: usize = 8 * 1024 * 1024;

/// What is yet to be written.
#[derive(Default)]
pub(super) struct AccessLog(Mutex<String>);

/// What the log says of a request, beside its headers.
pub(super) struct Entry<'a> {
    pub(super) client: IpAddr,
    pub(super) user: Option<&'a str>,
    pub(super) method: &'a Method,
    pub(super) target: &'a str,
    pub(super) version: Version,
    pub(super) headers: &'a HeaderMap,
    pub(super) status: StatusCode,
    /// Bytes of the body, as far as known when the answer began.
    pub(super) bytes: Option<u64>,
    /// Until the answer began.
    pub(super) took: Duration,
}

impl AccessLog {
    /// Notes one request. Answers whether there was nothing to write before.
    pub(super) fn add(&self, entry: &Entry<'_>) -> bool {
        let mut buffer = self.0.lock().expect("nothing panics while it holds the log's lock");
        let was_empty = buffer.is_empty();
        if buffer.len() < LONGEST_BUFFER {
            line(&mut buffer, entry, Timestamp::now());
        }
        was_empty
    }

    /// Writes what was noted to `access.log` in `folder`.
    pub(super) fn flush(&self, folder: &Path) -> io::Result<()> {
        let lines =
            std::mem::take(&mut *self.0.lock().expect("nothing panics while it holds the lock"));
        if lines.is_empty() {
            return Ok(());
        }
        append(folder, "access.log", lines.as_bytes())?;
        // PHP opens its log for each line, so it can be moved; it grows while there are requests.
        move_aside(&folder.join("php-error.log"))
    }
}

/// Appends to a log file, which is moved aside first when it has grown long.
pub(super) fn append(folder: &Path, name: &str, lines: &[u8]) -> io::Result<()> {
    // Of an environment that was deleted meanwhile nothing may come back, not even its log.
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let path = folder.join(name);
    move_aside(&path)?;
    untrusted::append(&path)?.write_all(lines)
}

/// Moves a log that has grown long to `….log.1`, in the place of the one before.
fn move_aside(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.len() >= LONGEST => {
            let mut former = path.as_os_str().to_owned();
            former.push(".1");
            fs::rename(path, former)
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn line(out: &mut String, entry: &Entry<'_>, now: Timestamp) {
    let text = |name| entry.headers.get(name).map_or("-", |value| value.to_str().unwrap_or("?"));
    let _ = write!(out, "{} - ", entry.client);
    escaped(out, entry.user.unwrap_or("-"));
    let _ = write!(out, " [{}] \"{} ", now.strftime("%d/%b/%Y:%H:%M:%S +0000"), entry.method);
    escaped(out, entry.target);
    let _ = write!(out, " {:?}\" {} ", entry.version, entry.status.as_u16());
    match entry.bytes {
        Some(bytes) => drop(write!(out, "{bytes} \"")),
        None => out.push_str("- \""),
    }
    escaped(out, text(header::REFERER));
    out.push_str("\" \"");
    escaped(out, text(header::USER_AGENT));
    let _ = writeln!(out, "\" {:.3}", entry.took.as_secs_f64());
}

/// A quote or a control character can't break out of its field.
fn escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(log: &AccessLog, agent: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, agent.parse().unwrap());
        log.add(&Entry {
            client: [127, 0, 0, 1].into(),
            user: None,
            method: &Method::GET,
            target: "/a?b=\"c",
            version: Version::HTTP_11,
            headers: &headers,
            status: StatusCode::OK,
            bytes: Some(12),
            took: Duration::from_millis(34),
        });
    }

    #[test]
    fn a_line_is_in_the_combined_format_and_cannot_be_forged() {
        let folder = tempfile::tempdir().unwrap();
        let log = AccessLog::default();
        add(&log, "x\" 200");
        log.flush(folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join("access.log")).unwrap();
        let (client, rest) = text.split_once(" [").unwrap();
        let (_, rest) = rest.split_once("] ").unwrap();
        assert_eq!(client, "127.0.0.1 - -");
        assert_eq!(rest, "\"GET /a?b=\\\"c HTTP/1.1\" 200 12 \"-\" \"x\\\" 200\" 0.034\n");
    }

    #[test]
    fn a_long_log_is_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        fs::write(&path, vec![b'x'; usize::try_from(LONGEST).unwrap()]).unwrap();
        let errors = folder.path().join("php-error.log");
        fs::copy(&path, &errors).unwrap();
        let log = AccessLog::default();
        add(&log, "a");
        log.flush(folder.path()).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 1000);
        for name in ["access.log.1", "php-error.log.1"] {
            assert_eq!(fs::metadata(folder.path().join(name)).unwrap().len(), LONGEST, "{name}");
        }
        assert!(!errors.exists());
    }
}
