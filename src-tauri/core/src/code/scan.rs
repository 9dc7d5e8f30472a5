//! Where a worktree may differ from its branch, found by several threads: what limits a status is the time per file.
//!
//! libgit2 looks at one file after the other, and asks the rules of `.gitignore` about each. Here a file that is as
//! Git's index has it costs one look at its dates, and libgit2 compares only what is left.
use std::{
    collections::HashMap,
    fs, io,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    disk,
    rows::{IndexFile, Row, Rows},
    system_path,
};
use crate::error::{Doing, Result};

/// More than so many are quicker compared by going through everything.
const MANY: usize = 5_000;

/// Folders that a thread takes at a time.
const PORTION: usize = 8;

/// What the index has in one folder.
#[derive(Default)]
struct Folder<'a> {
    path: &'a [u8],
    files: Vec<&'a Row<'a>>,
    folders: Vec<&'a [u8]>,
}

/// The paths, files or whole folders, outside of which the worktree is as its branch; none when it is not worth it.
/// No change is missing; what is here may turn out not to be one.
pub(super) fn candidates(git: &git2::Repository) -> Result<Option<Vec<Vec<u8>>>> {
    let Some(root) = git.workdir() else { return Ok(None) };
    let doing = || format!("read the changes in {}", root.display());
    // An index that is not there yet makes every file a new one.
    let Some(index) = IndexFile::read(&git.path().join("index")) else { return Ok(None) };
    let Some(Rows { rows, tree }) = index.rows() else { return Ok(None) };
    let mut found = staged(git, tree).doing(doing)?;
    let scan = Scan {
        root,
        folders: folders(&rows),
        written: index.written,
        next: AtomicUsize::new(0),
        many: AtomicUsize::new(found.len()),
    };
    for part in scan.run() {
        found.extend(part?);
    }
    Ok((found.len() <= MANY).then_some(found))
}

/// What the index has that the branch has not, or otherwise. `tree` is what the index is known to be as a whole.
fn staged(git: &git2::Repository, tree: Option<git2::Oid>) -> Result<Vec<Vec<u8>>, git2::Error> {
    let head = match git.head() {
        Err(error) if error.code() == git2::ErrorCode::UnbornBranch => None,
        head => Some(head?.peel_to_tree()?),
    };
    if tree.is_some() && head.as_ref().map(git2::Tree::id) == tree {
        return Ok(Vec::new());
    }
    let diff = git.diff_tree_to_index(head.as_ref(), Some(&git.index()?), None)?;
    Ok(diff.deltas().map(|delta| super::changes::path(&delta).to_owned()).collect())
}

/// The index's files by folder, each folder with those inside it. The index is sorted by path.
fn folders<'a>(rows: &'a [Row<'a>]) -> Vec<Folder<'a>> {
    let mut folders = vec![Folder::default()];
    let mut known: HashMap<&[u8], usize> = HashMap::from([(&b""[..], 0)]);
    let mut at = 0;
    for row in rows {
        if folders[at].path != parent(row.path) {
            at = place(&mut folders, &mut known, parent(row.path));
        }
        folders[at].files.push(row);
    }
    folders
}

fn place<'a>(
    folders: &mut Vec<Folder<'a>>,
    known: &mut HashMap<&'a [u8], usize>,
    path: &'a [u8],
) -> usize {
    if let Some(at) = known.get(path) {
        return *at;
    }
    let above = place(folders, known, parent(path));
    folders[above].folders.push(path);
    folders.push(Folder { path, ..Folder::default() });
    known.insert(path, folders.len() - 1);
    folders.len() - 1
}

fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|it| *it == b'/').map_or(&[], |at| &path[..at])
}

fn name(path: &[u8]) -> &[u8] {
    path.iter().rposition(|it| *it == b'/').map_or(path, |at| &path[at + 1..])
}

/// What the threads share.
struct Scan<'a> {
    root: &'a Path,
    folders: Vec<Folder<'a>>,
    /// When the index was written: a file that was written then or later may have changed unseen.
    written: SystemTime,
    next: AtomicUsize,
    many: AtomicUsize,
}

impl Scan<'_> {
    fn run(&self) -> Vec<Result<Vec<Vec<u8>>>> {
        let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let threads = threads.min(self.folders.len().div_ceil(PORTION)).max(1);
        thread::scope(|scope| {
            let all: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.take_portions())).collect();
            all.into_iter()
                .map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        })
    }

    fn take_portions(&self) -> Result<Vec<Vec<u8>>> {
        let mut rules = None;
        let mut found = Vec::new();
        while self.many.load(Ordering::Relaxed) <= MANY {
            let start = self.next.fetch_add(PORTION, Ordering::Relaxed);
            let Some(rest) = self.folders.get(start..) else { break };
            for folder in &rest[..rest.len().min(PORTION)] {
                let before = found.len();
                self.look(folder, &mut rules, &mut found)?;
                self.many.fetch_add(found.len() - before, Ordering::Relaxed);
            }
        }
        Ok(found)
    }

    fn look(
        &self,
        folder: &Folder<'_>,
        rules: &mut Option<git2::Repository>,
        found: &mut Vec<Vec<u8>>,
    ) -> Result<()> {
        let place = self.root.join(system_path(folder.path)?);
        let doing = || format!("read {}", place.display());
        let entries = match fs::read_dir(&place) {
            Err(error) if is_gone(&error) => {
                found.push(folder.path.to_owned());
                return Ok(());
            }
            entries => entries.doing(doing)?,
        };
        // The index is sorted, and so are a folder's files in it.
        let mut is_here = vec![false; folder.files.len()];
        let mut inside: Vec<&[u8]> = folder.folders.iter().map(|it| name(it)).collect();
        for entry in entries {
            let entry = entry.doing(doing)?;
            let (file, kind) = (entry.file_name(), entry.file_type().doing(doing)?);
            let file = file.as_encoded_bytes();
            if file.eq_ignore_ascii_case(b".git") {
                if !folder.path.is_empty() {
                    found.push(folder.path.to_owned());
                }
                continue;
            }
            if kind.is_dir()
                && let Some(at) = inside.iter().position(|it| *it == file)
            {
                inside.swap_remove(at);
                continue;
            }
            let known = folder.files.binary_search_by(|it| name(it.path).cmp(file)).ok();
            if let Some(at) = known {
                is_here[at] = true;
            }
            match known.map(|at| folder.files[at]) {
                Some(known) if !kind.is_dir() => {
                    // One that vanishes at this moment is compared, too.
                    let is_same = entry.metadata().is_ok_and(|it| self.is_same(known, &it));
                    if !is_same {
                        found.push(known.path.to_owned());
                    }
                }
                known => {
                    let path = join(folder.path, file);
                    if known.is_some() || !self.is_ignored(rules, &path)? {
                        found.push(path);
                    }
                }
            }
        }
        let gone = folder.files.iter().zip(is_here).filter(|(_, is_here)| !is_here);
        found.extend(gone.map(|(it, _)| it.path.to_owned()));
        found.extend(inside.into_iter().map(|it| join(folder.path, it)));
        Ok(())
    }

    fn is_same(&self, row: &Row<'_>, found: &fs::Metadata) -> bool {
        let (seconds, nanoseconds) = row.modified;
        let time = UNIX_EPOCH + Duration::new(seconds.into(), nanoseconds);
        time < self.written && disk::is_as_indexed(row, found)
    }

    fn is_ignored(&self, rules: &mut Option<git2::Repository>, path: &[u8]) -> Result<bool> {
        let doing = || format!("read the ignore rules of {}", self.root.display());
        let rules = match rules {
            Some(rules) => rules,
            None => rules.insert(git2::Repository::open(self.root).doing(doing)?),
        };
        rules.is_path_ignored(system_path(path)?).doing(doing)
    }
}

/// Whether a folder of the index is no folder here any more.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    let separator: &[u8] = if parent.is_empty() { b"" } else { b"/" };
    [parent, separator, name].concat()
}
