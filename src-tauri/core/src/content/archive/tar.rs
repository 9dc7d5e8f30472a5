//! Tar, whatever it was compressed with.
use std::{
    borrow::Cow,
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use tar::{Archive, Entry, EntryType};

use super::{
    is_noise,
    place::{About, Place},
};
use crate::error::{Code, Doing, Error, Result};

/// Whether a block of 512 bytes is an entry's header: its checksum says so, since old ones have no magic.
pub(in crate::content) fn is_header(block: &[u8]) -> bool {
    let Some(stored) = block.get(148..156).filter(|_| block.len() == 512) else { return false };
    let digits: Vec<u8> =
        stored.iter().copied().skip_while(|b| *b == b' ').take_while(u8::is_ascii_digit).collect();
    let stored =
        str::from_utf8(&digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let outside = block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte));
    // The checksum's own eight bytes count as spaces.
    stored == Some(outside.sum::<u32>() + 8 * 32) && block[0] != 0
}

pub(super) fn unpack(stream: Box<dyn Read>, place: &mut Place<'_>) -> Result<()> {
    let zeros = Arc::new(AtomicU64::new(0));
    let mut archive = Archive::new(Tail { stream, zeros: Arc::clone(&zeros) });
    let mut last = None;
    let after = |last: &Option<String>| match last {
        Some(name) => format!("the archive is damaged or cut short after `{name}`"),
        None => "the archive is damaged or cut short at its start".to_owned(),
    };
    for entry in archive.entries().doing(|| "read the archive".into())? {
        let mut entry =
            entry.map_err(|error| Error::new(Code::Failed, after(&last)).because(error))?;
        place.tick()?;
        unpack_entry(&mut entry, place)?;
        last = Some(String::from_utf8_lossy(&entry.path_bytes()).into_owned());
    }
    // A whole tar ends with blocks of zeros: without them it was cut between two entries.
    if zeros.load(Relaxed) < 512 {
        return Err(Error::new(Code::Failed, after(&last))
            .because("its end mark is missing")
            .hint("Download or copy the archive again."));
    }
    // What follows the end is read too, since the compression's checksum stands there.
    io::copy(&mut archive.into_inner(), &mut io::sink())
        .map(|_| ())
        .map_err(|error| Error::new(Code::Failed, after(&last)).because(error))
}

fn unpack_entry<R: Read>(entry: &mut Entry<'_, R>, place: &mut Place<'_>) -> Result<()> {
    let kind = entry.header().entry_type();
    if kind.is_pax_global_extensions() {
        return Ok(());
    }
    let name = entry.path_bytes().into_owned();
    let name = as_path(&name)?;
    let inside = Place::inside(&name)?;
    let root = inside.as_os_str().is_empty();
    if is_noise(&inside.to_string_lossy()) {
        return Ok(());
    }
    match kind {
        EntryType::Directory => place.folder(&inside),
        _ if root => {
            Err(Error::refused(format!("the archive's entry `{}` has no name", name.display())))
        }
        EntryType::Symlink => {
            let target = target_of(entry)?;
            place.link(&inside, &as_path(&target)?)
        }
        EntryType::Link => {
            let target = target_of(entry)?;
            match Place::inside(&as_path(&target)?) {
                Ok(target) => place.same_as(&inside, &target),
                Err(error) => {
                    place.meter.line(format!(
                        "left out: `{}`: {}",
                        inside.display(),
                        error.message
                    ));
                    Ok(())
                }
            }
        }
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mode = entry.header().mode().unwrap_or(0o644);
            let modified = entry.header().mtime().ok().map(Duration::from_secs);
            let about = About {
                bytes: Some(entry.size()),
                executable: mode & 0o100 != 0,
                modified: modified.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)),
            };
            place.file(&inside, about, entry)
        }
        EntryType::Char | EntryType::Block | EntryType::Fifo => {
            place.meter.line(format!("left out: `{}`, a device or a pipe", name.display()));
            Ok(())
        }
        _ => {
            place.meter.line(format!("passed over `{}`: unknown kind of entry", name.display()));
            Ok(())
        }
    }
}

fn target_of<R: Read>(entry: &Entry<'_, R>) -> Result<Vec<u8>> {
    let target = entry.link_name_bytes().map(Cow::into_owned);
    target.ok_or_else(|| Error::refused("the archive has a link that points to nothing"))
}

/// Names are bytes; on Windows they must be text.
pub(super) fn as_path(name: &[u8]) -> Result<Cow<'_, Path>> {
    #[cfg(unix)]
    let path = {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        Cow::Borrowed(Path::new(OsStr::from_bytes(name)))
    };
    #[cfg(not(unix))]
    let path: Cow<'_, Path> = Cow::Owned(String::from_utf8_lossy(name).into_owned().into());
    if name.contains(&0) {
        return Err(Error::refused(format!(
            "the archive's entry `{}` has a name that no disk can hold",
            String::from_utf8_lossy(name).escape_default()
        )));
    }
    Ok(path)
}

/// A stream that knows how many zeros it gave last.
struct Tail {
    stream: Box<dyn Read>,
    zeros: Arc<AtomicU64>,
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        let zeros = buffer[..count].iter().rev().take_while(|byte| **byte == 0).count();
        let before = if zeros == count { self.zeros.load(Relaxed) } else { 0 };
        self.zeros.store(before + zeros as u64, Relaxed);
        Ok(count)
    }
}
