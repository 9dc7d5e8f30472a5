//! Lists a tree with several threads: on a cold disk the wait for each folder is what costs.
use std::{
    ffi::OsString,
    fs, io,
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

/// Everything below `root`; what vanishes meanwhile is passed over.
pub(super) fn walk(root: &Path, cancel: Option<&Cancel>) -> Result<Tree> {
    fs::read_dir(root).doing(|| format!("read `{}`", root.display()))?;
    let shared = Mutex::new(Shared {
        tree: Tree { folders: vec![PathBuf::new()], items: Vec::new() },
        waiting: vec![0],
        ..Shared::default()
    });
    let changed = Condvar::new();
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| read_folders(root, &shared, &changed, cancel));
        }
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    shared.failed.map_or(Ok(shared.tree), Err)
}

fn read_folders(root: &Path, shared: &Mutex<Shared>, changed: &Condvar, cancel: Option<&Cancel>) {
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
        let read = cancel.map_or(Ok(()), Cancel::check).and_then(|()| {
            let folder = root.join(&relative);
            read_folder(&folder, index).doing(|| format!("read `{}`", folder.display()))
        });
        state = lock(shared);
        state.reading -= 1;
        match read {
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

fn read_folder(folder: &Path, index: usize) -> io::Result<(Vec<Item>, Vec<OsString>)> {
    let (mut items, mut folders) = (Vec::new(), Vec::new());
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((items, folders)),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let kind = match entry.file_type() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            kind => kind?,
        };
        if kind.is_dir() {
            folders.push(entry.file_name());
            continue;
        }
        let (kind, bytes) = if kind.is_symlink() {
            (Kind::Link, 0)
        } else if kind.is_file() {
            match entry.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                known => (Kind::File, known?.len()),
            }
        } else {
            (Kind::Other, 0)
        };
        items.push(Item { folder: index, name: entry.file_name(), kind, bytes });
    }
    Ok((items, folders))
}
