//! What the lines of a log mean.
use super::SLOW;
use crate::model::{LogEntry, LogKind, LogLevel};

/// Words by which PHP errors of databases are known: WordPress's own, PDO's (Drupal), mysqli's.
const OF_DATABASES: &[&str] = &[
    "database error",
    "PDOException",
    "mysqli_sql_exception",
    "SQLSTATE",
    "mysqli_real_connect",
    "DatabaseException",
];

/// Kinds of errors that end a request (PHP manual, "Predefined constants" of error handling).
const FATAL: &[&str] =
    &["PHP Fatal error", "PHP Parse error", "PHP Core error", "PHP Compile error"];

/// Splits whole lines into entries. PHP begins each with its time in brackets, and traces follow on lines of their own.
pub(super) fn split(kind: LogKind, text: &str) -> Vec<LogEntry> {
    let mut entries: Vec<LogEntry> = Vec::new();
    for line in text.lines() {
        let continues = matches!(kind, LogKind::Php | LogKind::Database)
            && !line.starts_with('[')
            && !starts_with_a_date(line);
        match entries.last_mut() {
            Some(last) if continues => {
                last.text.push('\n');
                last.text.push_str(line);
            }
            _ => entries.push(LogEntry { level: LogLevel::Info, text: line.to_owned() }),
        }
    }
    for entry in &mut entries {
        entry.level = level(kind, &entry.text);
    }
    entries
}

/// The database server's lines begin so: "2026-11-25  3:12:36 0 [ERROR] …".
fn starts_with_a_date(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.len() > 10 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[..4].is_ascii()
}

/// Whether an entry of the file belongs to the log that was asked for.
pub(super) fn belongs(kind: LogKind, entry: &LogEntry) -> bool {
    match kind {
        LogKind::Slow => took(&entry.text).is_some_and(|took| took >= SLOW),
        LogKind::Database => {
            entry.text.contains("[ERROR]")
                || OF_DATABASES.iter().any(|words| entry.text.contains(words))
        }
        LogKind::Php | LogKind::Access | LogKind::Mail => true,
    }
}

/// Whether the entry is one of PHP that ended a request.
pub(super) fn is_fatal(text: &str) -> bool {
    FATAL.iter().any(|words| text.contains(words))
}

fn level(kind: LogKind, text: &str) -> LogLevel {
    match kind {
        LogKind::Access | LogKind::Slow => match status(text) {
            Some(500..) => LogLevel::Error,
            Some(400..) => LogLevel::Warning,
            _ => LogLevel::Info,
        },
        LogKind::Mail => LogLevel::Info,
        LogKind::Php | LogKind::Database => {
            if is_fatal(text) {
                LogLevel::Fatal
            } else if text.contains("PHP Warning") {
                LogLevel::Warning
            } else if text.contains("PHP Notice") || text.contains("PHP Deprecated") {
                LogLevel::Info
            } else if text.to_lowercase().contains("error") {
                LogLevel::Error
            } else {
                LogLevel::Info
            }
        }
    }
}

/// The status in a line of the access log. No target has a space, so the protocol is where it seems to be.
fn status(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once(" HTTP/")?;
    let (_, rest) = rest.split_once("\" ")?;
    rest.get(..3)?.parse().ok()
}

/// The seconds at the end of a line of the access log.
fn took(line: &str) -> Option<f64> {
    line.rsplit(' ').next()?.parse().ok()
}
