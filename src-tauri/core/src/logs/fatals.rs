//! How many requests died since a moment. Asked for whenever the board is drawn, so only what is new is read.
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{entries, file::Source};
use crate::{error::Result, model::LogKind};

/// What was counted of each environment's log.
#[derive(Default)]
pub struct Fatals(Mutex<HashMap<PathBuf, Counted>>);

struct Counted {
    since: Timestamp,
    cursor: Option<String>,
    count: u64,
}

impl Fatals {
    /// How many fatal errors the log in `folder` has since then.
    pub fn since(&self, folder: &Path, since: Timestamp) -> Result<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Counted { since, cursor: None, count: 0 };
        let counted = all.entry(folder.to_owned()).or_insert_with(fresh);
        if counted.since != since {
            *counted = fresh();
        }
        let source = Source::new(folder, "php-error.log");
        let read = source.read(counted.cursor.as_deref(), |_| false)?;
        let new = entries::split(LogKind::Php, &read.text);
        let dead = new.iter().filter(|entry| {
            entries::is_fatal(&entry.text) && time(&entry.text).is_none_or(|at| at >= since)
        });
        counted.count += dead.count() as u64;
        counted.cursor = Some(read.cursor);
        Ok(counted.count)
    }
}

/// The time of an entry, "[25-Nov-2026 03:12:36 Europe/Berlin] …".
fn time(text: &str) -> Option<Timestamp> {
    let (inside, _) = text.strip_prefix('[')?.split_once(']')?;
    let mut words = inside.splitn(3, ' ');
    let at = format!("{} {}", words.next()?, words.next()?);
    let at = DateTime::strptime("%d-%b-%Y %H:%M:%S", at).ok()?;
    let zone = TimeZone::get(words.next().unwrap_or("UTC")).unwrap_or(TimeZone::UTC);
    zone.to_timestamp(at).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn fatal_errors_count_from_the_deploy_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let fatals = Fatals::default();
        let count = |since: &str| {
            fatals.since(folder.path(), since.parse().expect("a time")).expect("it counts")
        };
        assert_eq!(count("2026-11-25T03:00:00Z"), 0);
        let line = |time: &str, what: &str| format!("[25-Nov-2026 {time}] PHP {what}:  x\n");
        let mut log = line("02:59:59 UTC", "Fatal error") + &line("03:00:00 UTC", "Parse error");
        log += &line("03:00:01 UTC", "Warning");
        // That is 02:30 UTC.
        log += &line("03:30:00 Europe/Berlin", "Fatal error");
        fs::write(folder.path().join("php-error.log"), &log).expect("written");
        assert_eq!(count("2026-11-25T03:00:00Z"), 1);
        log += &line("04:00:00 UTC", "Fatal error");
        fs::write(folder.path().join("php-error.log"), &log).expect("written");
        assert_eq!(count("2026-11-25T03:00:00Z"), 2);
        assert_eq!(count("2026-11-25T02:00:00Z"), 4);
        assert_eq!(count("2026-11-25T04:00:00Z"), 1);
    }
}
