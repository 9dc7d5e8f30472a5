//! What trees take of the disk, where what they share counts once.
use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, Metadata},
    io,
    path::Path,
};

use super::walk::{self, Kind};
use crate::error::{Doing, Result};

/// Adds up what trees take of the disk. What several share (hard links; on Linux also blocks, by reflink) counts for the
/// one that is added first, and what is added twice counts once; so what the trees that are added last come to is what
/// deleting just those would free.
pub struct Tally {
    /// What was counted, by disk and number there.
    names: HashSet<(u64, u64)>,
    blocks: Blocks,
    is_exact: bool,
}

impl Default for Tally {
    fn default() -> Self {
        Self { names: HashSet::new(), blocks: Blocks::default(), is_exact: true }
    }
}

impl Tally {
    /// Adds a file or a folder with all below it; answers the bytes that it takes beside what was added before. Nothing
    /// when it does not exist; links are not followed.
    pub fn add(&mut self, tree: &Path) -> Result<u64> {
        let doing = || format!("measure {}", tree.display());
        let Some(known) = walk::if_there(fs::symlink_metadata(tree)).doing(doing)? else {
            return Ok(0);
        };
        let disk = Disk::of(tree);
        if !known.is_dir() {
            return self.add_one(tree, &known, disk).doing(doing);
        }
        let mut bytes = 0;
        let listed = walk::walk(tree, None)?;
        let folders = listed.folders.iter().map(|it| tree.join(it));
        let files = listed.items.iter().filter(|it| it.kind == Kind::File);
        for path in folders.chain(files.map(|it| tree.join(listed.path(it)))) {
            // What vanishes meanwhile is passed over.
            let Some(known) = walk::if_there(fs::symlink_metadata(&path)).doing(doing)? else {
                continue;
            };
            bytes += walk::if_there(self.add_one(&path, &known, disk)).doing(doing)?.unwrap_or(0);
        }
        Ok(bytes)
    }

    /// Whether shared blocks were told from others everywhere; where not, they count in full.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    #[cfg(unix)]
    fn add_one(&mut self, path: &Path, known: &Metadata, disk: Disk) -> io::Result<u64> {
        use std::os::unix::fs::MetadataExt;
        const BLOCK: u64 = 512;
        if !self.names.insert((known.dev(), known.ino())) {
            return Ok(0);
        }
        let taken = known.blocks() * BLOCK;
        match disk {
            Disk::TellsShared if known.is_file() && taken > 0 => {
                Ok(taken.saturating_sub(self.counted_before(path)?))
            }
            Disk::MayShare => {
                self.is_exact = false;
                Ok(taken)
            }
            _ => Ok(taken),
        }
    }

    #[cfg(windows)]
    fn add_one(&mut self, path: &Path, known: &Metadata, _disk: Disk) -> io::Result<u64> {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        self.is_exact = false;
        let name = BuildHasherDefault::<DefaultHasher>::default().hash_one(path);
        let is_new = self.names.insert((0, name));
        Ok(if is_new && known.is_file() { known.len() } else { 0 })
    }

    /// Bytes of the file's shared blocks that were counted with another file.
    #[cfg(target_os = "linux")]
    fn counted_before(&mut self, path: &Path) -> io::Result<u64> {
        let mut before = 0;
        for extent in fiemap::fiemap(path)? {
            let Ok(extent) = extent else {
                self.is_exact = false;
                break;
            };
            if extent.fe_flags.contains(fiemap::FiemapExtentFlags::SHARED) {
                let (start, length) = (extent.fe_physical, extent.fe_length);
                before += length - self.blocks.add(start, start + length);
            }
        }
        Ok(before)
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn counted_before(&mut self, _path: &Path) -> io::Result<u64> {
        Ok(0)
    }
}

/// What a disk can tell of blocks that several files share.
#[derive(Clone, Copy)]
enum Disk {
    /// No file shares blocks with another.
    NeverShares,
    /// It tells which they are.
    TellsShared,
    /// Nobody can ask it.
    MayShare,
}

impl Disk {
    /// By the kind of file system, as Linux numbers them (`statfs(2)`).
    #[cfg(target_os = "linux")]
    fn of(path: &Path) -> Self {
        const XFS: u64 = 0x5846_5342;
        const BTRFS: u64 = 0x9123_683e;
        const BCACHEFS: u64 = 0xca45_1a4e;
        const EXT: u64 = 0xef53;
        const TMPFS: u64 = 0x0102_1994;
        let kind = rustix::fs::statfs(path).map(|it| it.f_type as u64 & 0xffff_ffff);
        match kind {
            Ok(XFS | BTRFS | BCACHEFS) => Self::TellsShared,
            Ok(EXT | TMPFS) => Self::NeverShares,
            _ => Self::MayShare,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of(_path: &Path) -> Self {
        Self::MayShare
    }
}

/// Blocks of a disk that were counted: where each stretch begins and ends.
#[derive(Default)]
struct Blocks(BTreeMap<u64, u64>);

impl Blocks {
    /// Adds a stretch; answers how much of it is new.
    fn add(&mut self, start: u64, end: u64) -> u64 {
        let mut new = end - start;
        let (mut first, mut last) = (start, end);
        let touching: Vec<(u64, u64)> = self
            .0
            .range(..=end)
            .rev()
            .map(|(from, to)| (*from, *to))
            .take_while(|(_, to)| *to >= start)
            .collect();
        for (from, to) in touching {
            new -= to.min(end).saturating_sub(from.max(start));
            first = first.min(from);
            last = last.max(to);
            self.0.remove(&from);
        }
        self.0.insert(first, last);
        new
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_two_trees_share_counts_for_the_first() {
        let dir = tempfile::tempdir().expect("a folder");
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        for (folder, own) in [(&one, "a"), (&other, "b")] {
            fs::create_dir(folder).expect("makes");
            fs::write(folder.join(own), vec![7; 1 << 16]).expect("writes");
        }
        fs::write(one.join("film"), vec![7; 1 << 20]).expect("writes");
        fs::hard_link(one.join("film"), other.join("film")).expect("links");
        let mut tally = Tally::default();
        let (first, second) = (tally.add(&one), tally.add(&other));
        let (first, second) = (first.expect("measures"), second.expect("measures"));
        assert!((1 << 20..2 << 20).contains(&first), "{first}");
        if cfg!(unix) {
            assert!((1 << 16..1 << 18).contains(&second), "{second}");
        }
        assert_eq!(tally.add(&dir.path().join("nowhere")).expect("measures"), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn each_block_is_counted_once(stretches in prop::collection::vec((0..60_u64, 1..9_u64), 0..20)) {
            let (mut blocks, mut plain) = (Blocks::default(), HashSet::new());
            for (start, length) in stretches {
                let new = (start..start + length).filter(|it| plain.insert(*it)).count() as u64;
                prop_assert_eq!(blocks.add(start, start + length), new);
            }
        }
    }
}
