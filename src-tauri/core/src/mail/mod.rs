//! Mail that sites send: all of it is caught and none leaves the machine.
//!
//! PHP's `mail()` pipes a message into a script of ours (`sendmail_path`); what speaks SMTP finds a server on loopback
//! ([`Catchers`]). Both leave one file a message, `<seconds>-<random>.eml`, in the environment's mail folder.
mod catchers;
mod message;
mod smtp;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

pub use catchers::Catchers;
pub use message::{list, part, show};

use crate::error::{Doing, Error, Result};
use crate::folder;

/// A message may be as large as what the large mail services take.
const LARGEST: usize = 32 << 20;
/// Messages that are kept of an environment.
const KEPT: usize = 1000;
/// How long a message is kept.
const DAYS_KEPT: u64 = 30;

/// A message on the disk.
struct Caught {
    id: String,
    path: PathBuf,
    at: SystemTime,
    bytes: u64,
}

/// The messages in a folder, newest first.
fn caught(folder: &Path) -> Result<Vec<Caught>> {
    let doing = || format!("list {}", folder.display());
    if folder.is_symlink() {
        return Err(Error::refused(format!("{} leads elsewhere", folder.display()))
            .hint("The site put a link there; delete it."));
    }
    let entries = folder::entries(folder)?;
    let mut all = Vec::new();
    for entry in entries {
        let Ok(id) = entry.file_name().into_string() else { continue };
        if !is_id(&id) {
            continue;
        }
        // It may have been taken away meanwhile.
        let Ok(found) = entry.metadata() else { continue };
        let at = found.modified().doing(doing)?;
        all.push(Caught { id, path: entry.path(), at, bytes: found.len() });
    }
    all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    Ok(all)
}

/// Whether a name is one of those that catching gives.
fn is_id(name: &str) -> bool {
    name.strip_suffix(".eml").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    })
}

fn find(folder: &Path, id: &str) -> Result<Caught> {
    let all = if is_id(id) { caught(folder)? } else { Vec::new() };
    all.into_iter().find(|it| it.id == id).ok_or_else(|| {
        Error::not_found("message", id).hint("`portico mail:list` shows those that there are.")
    })
}

fn timestamp(at: SystemTime) -> Timestamp {
    let at = Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.round(jiff::Unit::Millisecond).unwrap_or(at)
}

/// Deletes what is older than a month, and the oldest of very many.
pub fn prune(folder: &Path) -> Result<()> {
    let oldest = SystemTime::now().checked_sub(Duration::from_secs(DAYS_KEPT * 24 * 60 * 60));
    for (number, message) in caught(folder)?.into_iter().enumerate() {
        if number >= KEPT || oldest.is_some_and(|oldest| message.at < oldest) {
            let path = &message.path;
            fs::remove_file(path).doing(|| format!("delete {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
