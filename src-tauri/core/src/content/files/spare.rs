//! Taking files over from a copy that is deleted next: a second name for each, instead of a second copy.
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use super::walk::{Item, Tree};

/// A former copy of a tree that nobody uses any more, with those of its folders that the tree still has.
pub(super) struct Spare<'a> {
    root: &'a Path,
    folders: HashSet<PathBuf>,
}

impl<'a> Spare<'a> {
    /// Looks for the tree's folders in it. A link in place of one is not followed: what it leads to may stay.
    pub(super) fn of(root: &'a Path, tree: &Tree) -> Self {
        let mut folders = HashSet::new();
        for folder in &tree.folders {
            let is_there = match folder.parent() {
                None => is_folder(root),
                Some(parent) => folders.contains(parent) && is_folder(&root.join(folder)),
            };
            if is_there {
                folders.insert(folder.clone());
            }
        }
        Self { root, folders }
    }

    /// Makes `target` a second name of its own file where that is surely what `source` is; answers the file's bytes.
    /// Where it is not, or the disk gives no second name, the file is to be copied.
    pub(super) fn give(
        &self,
        tree: &Tree,
        item: &Item,
        source: &Path,
        target: &Path,
    ) -> Option<u64> {
        let folder = &tree.folders[item.folder];
        if !self.folders.contains(folder) {
            return None;
        }
        let own = self.root.join(folder).join(&item.name);
        let (wanted, found) =
            (fs::symlink_metadata(source).ok()?, fs::symlink_metadata(&own).ok()?);
        if !same::is_sure(&wanted, &found) {
            return None;
        }
        fs::hard_link(&own, target).ok()?;
        Some(found.len())
    }
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|known| known.is_dir())
}

#[cfg(unix)]
mod same {
    use std::{
        fs::Metadata,
        os::unix::fs::MetadataExt,
        time::{Duration, SystemTime},
    };

    /// Whether `found` is a copy of `wanted` as it is now. Length, time and mode alone don't tell: a file can be
    /// changed and given its former time again. So it must be untouched since before the copy was begun.
    pub(super) fn is_sure(wanted: &Metadata, found: &Metadata) -> bool {
        let time = |it: &Metadata| (it.mtime(), it.mtime_nsec());
        let is_only_name = found.nlink() == 1;
        wanted.is_file()
            && found.is_file()
            && is_only_name
            && wanted.len() == found.len()
            && wanted.mode() == found.mode()
            && time(wanted) == time(found)
            && found.created().is_ok_and(|made| touched(wanted).is_some_and(|at| at < made))
    }

    /// When a file, its mode or its name last changed: nobody can set this time.
    fn touched(known: &Metadata) -> Option<SystemTime> {
        let (seconds, rest) = (known.ctime(), known.ctime_nsec());
        let since = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(rest).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(since)
    }
}

/// Elsewhere modes and the number of names are not told, so nothing is sure.
#[cfg(not(unix))]
mod same {
    use std::fs::Metadata;

    pub(super) fn is_sure(_wanted: &Metadata, _found: &Metadata) -> bool {
        false
    }
}
