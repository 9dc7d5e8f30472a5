//! What a folder alone takes of the disk: what deleting it would free.
use std::{
    fs,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::SystemTime,
};

use jiff::Timestamp;

use super::walk::{self, Kind};
use crate::{
    error::{Doing, Result},
    model::view::{DiskUse, FilesSeen},
};

/// Bytes on the disk that only the files below `folder` hold; nothing when it does not exist.
///
/// On Linux the disk is asked for the blocks of each file (`FIEMAP`): those that another file shares (reflinks) and
/// files with a second name count as nothing. Elsewhere no system call tells shared blocks from others, so all count.
pub fn disk_use(folder: &Path) -> Result<DiskUse> {
    if !folder.exists() {
        return Ok(DiskUse { own: 0, is_exact: true });
    }
    let (own, is_exact) = (AtomicU64::new(0), AtomicBool::new(true));
    each_file(folder, |path| {
        let (bytes, exact) = own_bytes(path)?;
        own.fetch_add(bytes, Relaxed);
        is_exact.fetch_and(exact, Relaxed);
        Ok(())
    })?;
    Ok(DiskUse { own: own.into_inner(), is_exact: is_exact.into_inner() })
}

/// Counts the files below `folder` and finds the newest; nothing when it does not exist.
pub fn seen(folder: &Path) -> Result<FilesSeen> {
    if !folder.exists() {
        return Ok(FilesSeen::default());
    }
    let (count, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
    let newest = Mutex::new(None::<SystemTime>);
    each_file(folder, |path| {
        let known = fs::symlink_metadata(path)?;
        count.fetch_add(1, Relaxed);
        bytes.fetch_add(known.len(), Relaxed);
        let changed = known.modified()?;
        let mut newest = walk::lock(&newest);
        *newest = newest.max(Some(changed));
        Ok(())
    })?;
    let newest = newest.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(FilesSeen {
        count: count.into_inner(),
        bytes: bytes.into_inner(),
        newest: newest.and_then(|it| Timestamp::try_from(it).ok()),
    })
}

/// Looks at every file below `folder` with several threads; what vanishes meanwhile is passed over.
fn each_file(folder: &Path, look: impl Fn(&Path) -> std::io::Result<()> + Sync) -> Result<()> {
    let tree = walk::walk(folder, None)?;
    let next = AtomicUsize::new(0);
    let run = || -> Result<()> {
        while let Some(item) = tree.items.get(next.fetch_add(1, Relaxed)) {
            if item.kind != Kind::File {
                continue;
            }
            let path = folder.join(tree.path(item));
            match look(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                looked => looked.doing(|| format!("measure `{}`", path.display()))?,
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..walk::threads()).map(|_| scope.spawn(run)).collect();
        all.into_iter().try_for_each(|one| one.join().expect("a measuring thread ends"))
    })
}

/// The file's own bytes, and whether shared blocks were told from others.
#[cfg(target_os = "linux")]
fn own_bytes(path: &Path) -> std::io::Result<(u64, bool)> {
    use std::os::unix::fs::MetadataExt;
    const BLOCK: u64 = 512;
    let known = fs::symlink_metadata(path)?;
    if known.nlink() > 1 {
        return Ok((0, true));
    }
    let taken = known.blocks() * BLOCK;
    if taken == 0 {
        return Ok((0, true));
    }
    let mut shared = 0;
    for extent in fiemap::fiemap(path)? {
        match extent {
            Ok(extent) if extent.fe_flags.contains(fiemap::FiemapExtentFlags::SHARED) => {
                shared += extent.fe_length;
            }
            Ok(_) => {}
            // A disk without such a list (tmpfs); some of them share blocks all the same.
            Err(_) => return Ok((taken, false)),
        }
    }
    Ok((taken.saturating_sub(shared), true))
}

#[cfg(not(target_os = "linux"))]
fn own_bytes(path: &Path) -> std::io::Result<(u64, bool)> {
    Ok((fs::symlink_metadata(path)?.len(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_second_name_frees_nothing_and_any_other_its_blocks() {
        let dir = tempfile::tempdir().expect("a folder");
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        fs::create_dir(&one).expect("makes");
        fs::write(one.join("film"), vec![7; 1 << 20]).expect("writes");
        let alone = disk_use(&one).expect("measures").own;
        assert!((1 << 20..2 << 20).contains(&alone), "{alone}");
        fs::create_dir(&other).expect("makes");
        fs::hard_link(one.join("film"), other.join("film")).expect("links");
        if cfg!(target_os = "linux") {
            assert_eq!(disk_use(&one).expect("measures").own, 0);
        }
        assert_eq!(disk_use(&dir.path().join("nowhere")).expect("measures").own, 0);
    }
}
