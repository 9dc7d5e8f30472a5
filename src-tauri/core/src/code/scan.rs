//! Where a worktree may differ from its branch, found by several threads: what limits a status is the time per file.
//!
//! libgit2 looks at one file after the other, and asks the rules of `.gitignore` about each. Here a file that is as
//! Git's index has it costs one look at its dates, one that certainly differs is read once, and libgit2 compares only
//! what is left.
use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use memchr::memrchr;

use super::{
    disk, lines, on_threads,
    rows::{IndexFile, Row, Rows},
    system_path,
};
use crate::{
    error::{Doing, Result},
    model::view::FileStatus,
};

/// More than so many are quicker compared by going through everything.
const MANY: usize = 5_000;

/// The name of a file of rules.
const RULES: &[u8] = b".gitattributes";

/// Folders that a thread takes at a time.
const PORTION: usize = 8;

/// What the index has in one folder.
#[derive(Default)]
struct Folder<'a> {
    path: &'a [u8],
    files: Vec<&'a Row<'a>>,
    folders: Vec<&'a [u8]>,
}

/// What is changed in a worktree, or may be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Changes of plain files that no rule of Git's can make none.
    pub(super) certain: Vec<Change>,
    /// The paths, files or whole folders, that must be compared by libgit2: outside of them, nothing else is changed.
    pub(super) rest: Vec<Vec<u8>>,
    /// Whether there may be rules of how files are compared (`.gitattributes`).
    pub(super) has_rules: bool,
}

/// A change of a plain file against the index, which has it as the branch does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: Vec<u8>,
    /// What the branch has; none of a new file.
    pub(super) before: Option<git2::Oid>,
    /// Whether the file is there; if not it is deleted.
    pub(super) is_here: bool,
}

impl Change {
    fn of(row: &Row<'_>, is_here: bool) -> Self {
        Self { path: row.path.to_owned(), before: Some(row.id), is_here }
    }

    pub(super) fn status(&self) -> FileStatus {
        match (self.before, self.is_here) {
            (None, _) => FileStatus::Added,
            (_, false) => FileStatus::Deleted,
            _ => FileStatus::Modified,
        }
    }
}

/// The paths, files or whole folders, outside of which the worktree is as its branch; none when it is not worth it.
/// No change is missing; what is here may turn out not to be one.
pub(super) fn candidates(git: &git2::Repository) -> Result<Option<Vec<Vec<u8>>>> {
    let Some(Found { certain, mut rest, .. }) = look(git)? else { return Ok(None) };
    rest.extend(certain.into_iter().map(|it| it.path));
    Ok((rest.len() <= MANY).then_some(rest))
}

/// Goes through the worktree; none when it is better compared as a whole.
pub(super) fn look(git: &git2::Repository) -> Result<Option<Found>> {
    let Some(root) = git.workdir() else { return Ok(None) };
    let doing = || format!("read the changes in {}", root.display());
    // An index that is not there yet makes every file a new one.
    let Some(index) = IndexFile::read(&git.path().join("index")) else { return Ok(None) };
    let Some(Rows { rows, tree }) = index.rows() else { return Ok(None) };
    let staged = staged(git, tree).doing(doing)?;
    let scan = Scan {
        root,
        folders: folders(&rows),
        written: index.written,
        knows_names: knows_names(git),
        next: AtomicUsize::new(0),
        many: AtomicUsize::new(staged.len()),
        staged,
    };
    let mut found = Found { has_rules: has_rules_of_all(git), ..Found::default() };
    for part in on_threads(scan.folders.len().div_ceil(PORTION), || scan.take_portions()) {
        let part = part?;
        found.certain.extend(part.certain);
        found.rest.extend(part.rest);
        found.has_rules |= part.has_rules;
    }
    found.rest.extend(scan.staged);
    if found.rest.len() > MANY {
        return Ok(None);
    }
    found.leave_to_rest();
    Ok(Some(found))
}

impl Found {
    /// What lies at or below a path that libgit2 compares is said by libgit2 alone.
    fn leave_to_rest(&mut self) {
        let rest: HashSet<&[u8]> = self.rest.iter().map(Vec::as_slice).collect();
        if rest.is_empty() {
            return;
        }
        self.certain.retain(|it| {
            let path = it.path.as_slice();
            let mut above = memchr::memchr_iter(b'/', path).map(|at| &path[..at]);
            !rest.contains(path) && !above.any(|it| rest.contains(it))
        });
    }
}

/// Whether a file's name on the disk is always the one that Git has for it: no other case, no other form of an accent.
fn knows_names(git: &git2::Repository) -> bool {
    let is_set = |key| git.config().and_then(|it| it.get_bool(key)).unwrap_or(false);
    !is_set("core.ignorecase") && !is_set("core.precomposeunicode")
}

/// Whether there may be rules outside of the tree: the repository's, the person's or the system's.
fn has_rules_of_all(git: &git2::Repository) -> bool {
    let is_set = git.config().and_then(|it| it.get_path("core.attributesFile")).is_ok();
    // Who has rules of their own has settings of their own: beside those, or where Git looks without them.
    let beside = git2::Config::find_xdg().map(|it| it.with_file_name("attributes"));
    let below = git2::Config::find_global().map(|it| it.with_file_name(".config/git/attributes"));
    let persons = [beside, below].into_iter().flatten().any(|it| it.exists());
    // Where Git for Windows keeps the system's is not looked for.
    let systems = cfg!(windows) || Path::new("/etc/gitattributes").exists();
    is_set || persons || systems || git.commondir().join("info/attributes").exists()
}

/// What the index has that the branch has not, or otherwise. `tree` is what the index is known to be as a whole.
fn staged(
    git: &git2::Repository,
    tree: Option<git2::Oid>,
) -> Result<HashSet<Vec<u8>>, git2::Error> {
    let head = match git.head() {
        Err(error) if error.code() == git2::ErrorCode::UnbornBranch => None,
        head => Some(head?.peel_to_tree()?),
    };
    if tree.is_some() && head.as_ref().map(git2::Tree::id) == tree {
        return Ok(HashSet::new());
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
        let above = parent(row.path);
        if folders[at].path != above {
            at = place(&mut folders, &mut known, above);
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
    memrchr(b'/', path).map_or(&[], |at| &path[..at])
}

fn name(path: &[u8]) -> &[u8] {
    memrchr(b'/', path).map_or(path, |at| &path[at + 1..])
}

/// What the threads share.
struct Scan<'a> {
    root: &'a Path,
    folders: Vec<Folder<'a>>,
    /// When the index was written: a file that was written then or later may have changed unseen.
    written: SystemTime,
    knows_names: bool,
    staged: HashSet<Vec<u8>>,
    next: AtomicUsize,
    many: AtomicUsize,
}

impl Scan<'_> {
    fn take_portions(&self) -> Result<Found> {
        let mut rules = None;
        let mut found = Found::default();
        while self.many.load(Ordering::Relaxed) <= MANY {
            let start = self.next.fetch_add(PORTION, Ordering::Relaxed);
            let Some(rest) = self.folders.get(start..) else { break };
            for folder in &rest[..rest.len().min(PORTION)] {
                let before = found.rest.len();
                self.look(folder, &mut rules, &mut found)?;
                self.many.fetch_add(found.rest.len() - before, Ordering::Relaxed);
            }
        }
        Ok(found)
    }

    fn look(
        &self,
        folder: &Folder<'_>,
        rules: &mut Option<git2::Repository>,
        found: &mut Found,
    ) -> Result<()> {
        let place = self.root.join(system_path(folder.path)?);
        let doing = || format!("read {}", place.display());
        let entries = match fs::read_dir(&place) {
            Err(error) if is_gone(&error) => {
                self.put_gone(folder.files.iter().copied(), found);
                return Ok(());
            }
            entries => entries.doing(doing)?,
        };
        // Rules that are gone from the folder are taken from the index.
        found.has_rules |= folder.files.iter().any(|it| name(it.path) == RULES);
        // The index is sorted, and so are a folder's files in it.
        let mut is_here = vec![false; folder.files.len()];
        let inside: HashSet<&[u8]> = folder.folders.iter().map(|it| name(it)).collect();
        for entry in entries {
            let entry = entry.doing(doing)?;
            let (file, kind) = (entry.file_name(), entry.file_type().doing(doing)?);
            let file = file.as_encoded_bytes();
            if file.eq_ignore_ascii_case(b".git") {
                if !folder.path.is_empty() {
                    found.rest.push(folder.path.to_owned());
                }
                continue;
            }
            if inside.contains(&file) {
                // Where a folder was and is none, libgit2 says what became of all that was in it.
                if !kind.is_dir() {
                    found.rest.push(join(folder.path, file));
                }
                continue;
            }
            // They hold even where they are ignored themselves.
            found.has_rules |= file == RULES;
            let known = folder.files.binary_search_by(|it| name(it.path).cmp(file)).ok();
            if let Some(at) = known {
                is_here[at] = true;
            }
            match known.map(|at| folder.files[at]) {
                Some(row) if row.is_passed_over && !kind.is_dir() => {}
                // Not the file that was left out, but what is in the folder in its place.
                Some(row) if row.is_passed_over => {
                    for inner in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
                        found.rest.push(join(row.path, inner.file_name().as_encoded_bytes()));
                    }
                }
                Some(row) => self.compare(row, &entry, found),
                None => {
                    let path = join(folder.path, file);
                    if !self.is_ignored(rules, &path)? {
                        let new = Change { path, before: None, is_here: true };
                        self.put(new, kind.is_file(), found);
                    }
                }
            }
        }
        let gone = folder.files.iter().zip(is_here).filter(|(_, is_here)| !is_here);
        self.put_gone(gone.map(|(row, _)| *row), found);
        Ok(())
    }

    fn put_gone<'a>(&self, rows: impl Iterator<Item = &'a Row<'a>>, found: &mut Found) {
        for row in rows.filter(|it| !it.is_passed_over) {
            self.put(Change::of(row, false), row.is_plain, found);
        }
    }

    /// Compares what has the name of a file of the index with it.
    fn compare(&self, row: &Row<'_>, entry: &fs::DirEntry, found: &mut Found) {
        // One that vanishes at this moment is left to libgit2, too.
        let metadata = entry.metadata().ok();
        if metadata.as_ref().is_some_and(|it| !it.is_dir() && self.is_same(row, it)) {
            return;
        }
        let is_plain = row.is_plain && metadata.is_some_and(|it| it.is_file());
        // An unreadable file is for libgit2 to judge, and one that only was touched: it remembers what it read.
        let differs = |content: Vec<u8>| {
            git2::Oid::hash_object(git2::ObjectType::Blob, &content).is_ok_and(|it| it != row.id)
        };
        let is_certain = is_plain && lines::read_plain(&entry.path()).is_some_and(differs);
        self.put(Change::of(row, true), is_certain, found);
    }

    /// Takes note of a change; one that is not certain is for libgit2 to look at.
    fn put(&self, change: Change, is_certain: bool, found: &mut Found) {
        if is_certain && self.knows_names && !self.staged.contains(&change.path) {
            found.certain.push(change);
        } else {
            found.rest.push(change.path);
        }
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
