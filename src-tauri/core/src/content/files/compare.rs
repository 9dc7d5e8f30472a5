//! Compares a tree with an earlier copy of it. Both are listed at once, and only what differs is remembered.
use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fs::{self, DirEntry, FileType},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use super::walk::{self, Item, Listed, Tree, lock};
use crate::{
    error::{Doing, Result},
    model::view::FilesInfo,
    progress::Cancel,
};

/// An earlier copy of a tree that nobody uses.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// Its folder.
    pub folder: &'a Path,
    /// When it was complete: what was touched since is not believed to be a copy.
    pub complete: Timestamp,
}

/// How an earlier copy differs from a tree.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// The tree's folders, and those of its items that the copy lacks or has otherwise.
    pub(super) tree: Tree,
    /// The folders that both have, relative to the root.
    pub(super) common: HashSet<PathBuf>,
    /// What the copy has and the tree has not, or otherwise: files, links, and folders with all that is in them.
    pub(super) away: Vec<PathBuf>,
    /// The files that are surely the same.
    pub(super) same: FilesInfo,
}

/// Compares the tree below `root` with an earlier copy of it. Links are not followed, and always count as different.
pub(super) fn compare(root: &Path, earlier: Earlier<'_>, cancel: &Cancel) -> Result<Difference> {
    fs::read_dir(root).doing(|| format!("read `{}`", root.display()))?;
    let found = Mutex::new(Difference::whole(Tree::default()));
    let tree = walk::walk_by(Some(cancel), |relative, index| {
        let is_common = lock(&found).common.contains(relative);
        let copy = is_common.then(|| earlier.folder.join(relative));
        let mut folder = Folder { index, earlier, found: Difference::default() };
        let listed = folder
            .compare(&root.join(relative), copy.as_deref())
            .doing(|| format!("read `{}`", root.join(relative).display()))?;
        lock(&found).add(folder.found, relative);
        Ok(listed)
    })?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Difference { tree, ..found })
}

impl Difference {
    /// A tree of which nothing is there yet, but the folder itself.
    pub(super) fn whole(tree: Tree) -> Self {
        Self { tree, common: HashSet::from([PathBuf::new()]), ..Self::default() }
    }

    /// Whether all its names can be written down.
    pub(super) fn can_be_written_down(&self) -> bool {
        let mut folders = self.tree.folders.iter().chain(&self.away);
        folders.all(|path| path.to_str().is_some())
            && self.tree.items.iter().all(|item| item.name.to_str().is_some())
    }

    /// Adds what was found in a folder, by names, as paths.
    fn add(&mut self, more: Self, folder: &Path) {
        self.common.extend(more.common.into_iter().map(|name| folder.join(name)));
        self.away.extend(more.away.into_iter().map(|name| folder.join(name)));
        self.same.count += more.same.count;
        self.same.bytes += more.same.bytes;
    }
}

/// One folder of the tree beside the copy's.
struct Folder<'a> {
    index: usize,
    earlier: Earlier<'a>,
    /// By names.
    found: Difference,
}

impl Folder<'_> {
    /// What of the folder the copy lacks, and all the folders in it.
    fn compare(&mut self, folder: &Path, copy: Option<&Path>) -> io::Result<Listed> {
        let copy = copy.map_or(Ok(Vec::new()), walk::entries)?;
        let mut copied: HashMap<OsString, (DirEntry, FileType)> =
            copy.into_iter().map(|entry| (entry.0.file_name(), entry)).collect();
        let (mut items, mut folders) = (Vec::new(), Vec::new());
        for (entry, kind) in walk::entries(folder)? {
            let name = entry.file_name();
            let copy = copied.remove(&name);
            if kind.is_dir() {
                self.folder(&name, copy);
                folders.push(name);
            } else {
                items.extend(self.item(&entry, kind, copy)?);
            }
        }
        self.found.away.extend(copied.into_keys().map(PathBuf::from));
        Ok((items, folders))
    }

    fn folder(&mut self, name: &OsString, copy: Option<(DirEntry, FileType)>) {
        match copy {
            Some((_, kind)) if kind.is_dir() => {
                self.found.common.insert(name.into());
            }
            Some(_) => self.found.away.push(name.into()),
            None => {}
        }
    }

    /// An item, unless the copy has the same, or it vanished.
    fn item(
        &mut self,
        entry: &DirEntry,
        kind: FileType,
        copy: Option<(DirEntry, FileType)>,
    ) -> io::Result<Option<Item>> {
        let name = entry.file_name();
        let known = match kind.is_file() {
            true => walk::if_there(entry.metadata())?,
            false => None,
        };
        if let Some((copy, _)) = copy {
            let of_copy = copy.metadata()?;
            if known
                .as_ref()
                .is_some_and(|known| same::is_sure(known, &of_copy, self.earlier.complete))
            {
                self.found.same.count += 1;
                self.found.same.bytes += of_copy.len();
                return Ok(None);
            }
            self.found.away.push(name.clone().into());
        }
        Ok(match (kind.is_file(), known) {
            (true, None) => None,
            (true, Some(known)) => Some(Item::file(self.index, name, known.len())),
            (false, _) => Some(Item::other(self.index, name, kind)),
        })
    }
}

#[cfg(unix)]
mod same {
    use std::{fs::Metadata, os::unix::fs::MetadataExt};

    use jiff::Timestamp;

    /// Whether `found` is a copy of `wanted` as it is now. Length, time and mode alone don't tell: a file can be
    /// changed and given its former time again. So the one must be untouched since before the copy was begun, and the
    /// other since `complete`.
    pub(super) fn is_sure(wanted: &Metadata, found: &Metadata, complete: Timestamp) -> bool {
        let time = |it: &Metadata| (it.mtime(), it.mtime_nsec());
        let is_only_name = found.nlink() == 1;
        wanted.is_file()
            && found.is_file()
            && is_only_name
            && wanted.len() == found.len()
            && wanted.mode() == found.mode()
            && time(wanted) == time(found)
            && touched(wanted).is_some_and(|at| made(found).is_some_and(|made| at < made))
            && touched(found).is_some_and(|at| at <= complete)
    }

    /// When a file, its mode or its name last changed: nobody can set this time.
    fn touched(known: &Metadata) -> Option<Timestamp> {
        Timestamp::new(known.ctime(), known.ctime_nsec().try_into().ok()?).ok()
    }

    fn made(known: &Metadata) -> Option<Timestamp> {
        known.created().ok()?.try_into().ok()
    }
}

/// Elsewhere modes and the number of names are not told, so nothing is sure.
#[cfg(not(unix))]
mod same {
    use std::fs::Metadata;

    pub(super) fn is_sure(
        _wanted: &Metadata,
        _found: &Metadata,
        _complete: jiff::Timestamp,
    ) -> bool {
        false
    }
}
