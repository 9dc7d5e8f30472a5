//! Lists a tree with several threads: on a cold disk the wait for each folder is what costs.
use std::{
    ffi::OsString,
    fs::{self, DirEntry, FileType},
    io,
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use crate::{
    error::{Doing, Result},
    progress::Cancel,
};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    /// A socket, a pipe, a device.
    Other,
}

/// An entry that is no folder.
#[derive(Debug)]
pub(super) struct Item {
    /// Its folder, as an index of [`Tree::folders`].
    pub(super) folder: usize,
    pub(super) name: OsString,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
}

impl Item {
    pub(super) fn file(folder: usize, name: OsString, bytes: u64) -> Self {
        Self { folder, name, kind: Kind::File, bytes }
    }

    /// A link, or neither file nor folder.
    pub(super) fn other(folder: usize, name: OsString, kind: FileType) -> Self {
        let kind = if kind.is_symlink() { Kind::Link } else { Kind::Other };
        Self { folder, name, kind, bytes: 0 }
    }
}

/// What is below a folder.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Folders relative to the root, each after its parent; the first is the root itself (empty).
    pub(super) folders: Vec<PathBuf>,
    pub(super) items: Vec<Item>,
}

impl Tree {
    /// The path of an item, relative to the root.
    pub(super) fn path(&self, item: &Item) -> PathBuf {
        self.folders[item.folder].join(&item.name)
    }
}

/// How many threads wait for the disk at once: the limit is latency per file, not the processor.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(4, |n| (n.get() * 2).clamp(4, 8))
}

/// A poisoned lock only says that another thread panicked, which the scope passes on by itself.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Shared {
    tree: Tree,
    /// Folders that wait to be read.
    waiting: Vec<usize>,
    /// Folders being read now.
    reading: usize,
    failed: Option<crate::error::Error>,
}

/// What a folder holds: its items, and the names of the folders in it.
pub(super) type Listed = (Vec<Item>, Vec<OsString>);

/// Everything below `root`; what vanishes meanwhile is passed over.
pub(super) fn walk(root: &Path, cancel: Option<&Cancel>) -> Result<Tree> {
    fs::read_dir(root).doing(|| format!("read `{}`", root.display()))?;
    walk_by(cancel, |relative, index| {
        let folder = root.join(relative);
        read_folder(&folder, index).doing(|| format!("read `{}`", folder.display()))
    })
}

/// What `read` tells of each folder, which it is asked for by its path and its index; several threads ask.
pub(super) fn walk_by(
    cancel: Option<&Cancel>,
    read: impl Fn(&Path, usize) -> Result<Listed> + Sync,
) -> Result<Tree> {
    let shared = Mutex::new(Shared {
        tree: Tree { folders: vec![PathBuf::new()], items: Vec::new() },
        waiting: vec![0],
        ..Shared::default()
    });
    let changed = Condvar::new();
    let read = |relative: &Path, index| {
        cancel.map_or(Ok(()), Cancel::check)?;
        read(relative, index)
    };
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| read_folders(&read, &shared, &changed));
        }
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    shared.failed.map_or(Ok(shared.tree), Err)
}

fn read_folders(
    read: &(impl Fn(&Path, usize) -> Result<Listed> + Sync),
    shared: &Mutex<Shared>,
    changed: &Condvar,
) {
    let mut state = lock(shared);
    loop {
        if state.failed.is_some() || (state.waiting.is_empty() && state.reading == 0) {
            changed.notify_all();
            return;
        }
        let Some(index) = state.waiting.pop() else {
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        state.reading += 1;
        let relative = state.tree.folders[index].clone();
        drop(state);
        let listed = read(&relative, index);
        state = lock(shared);
        state.reading -= 1;
        match listed {
            Ok((items, folders)) => {
                state.tree.items.extend(items);
                for name in folders {
                    let next = state.tree.folders.len();
                    state.tree.folders.push(relative.join(name));
                    state.waiting.push(next);
                }
            }
            Err(error) => state.failed = Some(error),
        }
        changed.notify_all();
    }
}

fn read_folder(folder: &Path, index: usize) -> io::Result<Listed> {
    let (mut items, mut folders) = (Vec::new(), Vec::new());
    for (entry, kind) in entries(folder)? {
        if kind.is_dir() {
            folders.push(entry.file_name());
        } else if kind.is_file() {
            let Some(known) = if_there(entry.metadata())? else { continue };
            items.push(Item::file(index, entry.file_name(), known.len()));
        } else {
            items.push(Item::other(index, entry.file_name(), kind));
        }
    }
    Ok((items, folders))
}

/// What a folder holds, and what each of it is; nothing when the folder vanished.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<(DirEntry, FileType)>> {
    let Some(entries) = if_there(fs::read_dir(folder))? else { return Ok(Vec::new()) };
    let known = entries.map(|entry| {
        let entry = entry?;
        Ok(if_there(entry.file_type())?.map(|kind| (entry, kind)))
    });
    known.filter_map(io::Result::transpose).collect()
}

/// Nothing for what vanished.
pub(super) fn if_there<T>(asked: io::Result<T>) -> io::Result<Option<T>> {
    match asked {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        asked => asked.map(Some),
    }
}
