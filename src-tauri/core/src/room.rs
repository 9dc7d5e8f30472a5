//! How much may be written to a disk: one rule for everything whose size nobody can promise.
use std::{
    io,
    path::{Path, PathBuf},
};

use crate::error::{Doing, Result};

/// So much is always left free, in bytes: a full disk would stop more than what fills it.
pub const RESERVE: u64 = 32 << 20;
/// How much is written between two looks at the free space, at most.
const LOOK: u64 = 16 << 20;

/// Free bytes on the disk that holds `path`, or that will hold it once it exists.
pub fn free_bytes(path: &Path) -> Result<u64> {
    free(path).doing(|| format!("find out how much is free where `{}` is", path.display()))
}

fn free(path: &Path) -> io::Result<u64> {
    let there = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path);
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    system_free(there)
}

#[cfg(unix)]
fn system_free(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(windows)]
fn system_free(path: &Path) -> io::Result<u64> {
    fs4::available_space(path)
}

/// What may still be written to the disk of a folder, by one writer.
pub struct Room {
    folder: PathBuf,
    /// Until the free space is asked for again.
    allowed: u64,
}

impl Room {
    /// Room on the disk that holds `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), allowed: 0 }
    }

    /// Takes room for `bytes` that are written next.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`], as from a disk that is full, where less than [`RESERVE`] would be left.
    pub fn take(&mut self, bytes: u64) -> io::Result<()> {
        if bytes > self.allowed {
            let free = free(&self.folder)?;
            if bytes.saturating_add(RESERVE) > free {
                let told = format!("{} MB are free, and {} MB stay so", free >> 20, RESERVE >> 20);
                return Err(io::Error::new(io::ErrorKind::StorageFull, told));
            }
            self.allowed = bytes.max(LOOK).min(free - RESERVE);
        }
        self.allowed -= bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_leaves_the_reserve_free() {
        let temp = tempfile::tempdir().unwrap();
        let mut room = Room::new(&temp.path().join("not/yet"));
        room.take(1).unwrap();
        let error = room.take(u64::MAX - RESERVE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        room.take(1).unwrap();
    }
}
