//! What is changed in a worktree and not committed: list, diff, commit.
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Author, Repository, checkout, find_commit,
    held::hold_still,
    lines::{self, Lines},
    scan::{self, Found},
    signature, system_path,
};
use crate::{
    error::{Doing, Error, Result},
    model::view::{FileChange, FileStatus},
};

/// Files over this many bytes are not looked into for lines, in both directions: nobody reads such a diff.
pub(super) const DIFF_LIMIT: i64 = 8 * 1024 * 1024;

/// Changed files of a worktree against its branch, by path. A renamed file is one deleted and one added.
pub fn changes(worktree: &Path) -> Result<Vec<FileChange>> {
    let git = open(worktree)?;
    let mut changes = match scan::look(&git)? {
        Some(Found { certain, mut rest, has_rules }) => {
            let mut changes = Vec::with_capacity(certain.len() + rest.len());
            for (change, lines) in certain.iter().zip(lines::count(&git, &certain, has_rules)) {
                match lines {
                    Some(lines) => changes.push(row(&change.path, change.status(), lines)),
                    None => rest.push(change.path.clone()),
                }
            }
            changes.extend(compared(&git, Some(&rest))?);
            changes
        }
        None => compared(&git, None)?,
    };
    changes.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(changes)
}

/// What libgit2 finds changed at the given paths, everywhere when none are given.
fn compared(git: &git2::Repository, paths: Option<&[Vec<u8>]>) -> Result<Vec<FileChange>> {
    if paths.is_some_and(<[_]>::is_empty) {
        return Ok(Vec::new());
    }
    let doing = || format!("read the changes in {}", git.workdir().unwrap_or(git.path()).display());
    let diff = compare(git, paths, true)?;
    let lines = lines_by_file(&hold_still(git, &diff)?).doing(doing)?;
    let changed = |delta: git2::DiffDelta<'_>| {
        let lines = lines.get(path(&delta)).copied().unwrap_or_default();
        row(path(&delta), file_status(delta.status()), lines)
    };
    Ok(diff.deltas().map(changed).collect())
}

/// The lines of each file. Of one that became a link there are two deltas, which are added up: one deletes it, one adds
/// the link.
fn lines_by_file(diff: &git2::Diff<'_>) -> Result<HashMap<Vec<u8>, Lines>, git2::Error> {
    let mut lines: HashMap<Vec<u8>, Lines> = HashMap::new();
    for (number, delta) in diff.deltas().enumerate() {
        // Without a patch nothing but its mode changed, or it is binary.
        let Some(patch) = git2::Patch::from_diff(diff, number)? else { continue };
        let (_, additions, deletions) = patch.line_stats()?;
        let sum = lines.entry(path(&delta).to_owned()).or_default();
        *sum = (sum.0 + additions, sum.1 + deletions);
    }
    Ok(lines)
}

/// How many files of a worktree are changed. Reads no file that Git's index knows to be unchanged.
pub fn count_changes(worktree: &Path) -> Result<u64> {
    let git = open(worktree)?;
    let (certain, rest) = match scan::look(&git)? {
        Some(Found { certain, rest, .. }) => (certain.len(), Some(rest)),
        None => (0, None),
    };
    let compared = match &rest {
        Some(rest) if rest.is_empty() => 0,
        rest => compare(&git, rest.as_deref(), false)?.deltas().count(),
    };
    Ok((certain + compared) as u64)
}

/// The unified diff of one changed file of a worktree; of a binary file one line that says so.
pub fn diff(worktree: &Path, file: &str) -> Result<String> {
    let git = open(worktree)?;
    let doing = || format!("compare `{file}` in {}", worktree.display());
    let diff = status(&git, Some(file))?;
    let delta = delta_of(diff.deltas(), file).doing(doing)?;
    patch_text(&hold_still(&git, &diff)?, &delta).doing(doing)
}

fn delta_of<'a>(
    mut deltas: impl Iterator<Item = git2::DiffDelta<'a>>,
    file: &str,
) -> Result<git2::DiffDelta<'a>> {
    deltas
        .find(|delta| String::from_utf8_lossy(path(delta)) == file)
        .ok_or_else(|| Error::not_found("changed file", file))
}

/// A file's patch as text; of one that became a link the two that Git shows, too.
fn patch_text(diff: &git2::Diff<'_>, delta: &git2::DiffDelta<'_>) -> Result<String, git2::Error> {
    let mut text = String::new();
    for (number, _) in diff.deltas().enumerate().filter(|(_, it)| path(it) == path(delta)) {
        match git2::Patch::from_diff(diff, number)? {
            Some(mut patch) if !patch.delta().flags().is_binary() => {
                text += &String::from_utf8_lossy(&patch.to_buf()?);
            }
            _ => {}
        }
    }
    if text.is_empty() {
        text = format!(
            "binary file `{}`: {} bytes before, {} bytes now\n",
            String::from_utf8_lossy(path(delta)),
            delta.old_file().size(),
            delta.new_file().size()
        );
    }
    Ok(text)
}

impl Repository {
    /// What a commit changed against its first parent, by path.
    pub fn commit_changes(&self, commit: &str) -> Result<Vec<FileChange>> {
        let git = self.open()?;
        let doing = || format!("compare the commit {commit} with its parent");
        let diff = against_parent(&git, commit, None)?;
        let lines = lines_by_file(&diff).doing(doing)?;
        let mut rows: Vec<FileChange> = Vec::with_capacity(lines.len());
        let mut last: &[u8] = &[];
        for delta in diff.deltas() {
            match rows.last_mut().filter(|_| path(&delta) == last) {
                Some(row) => row.status = FileStatus::Modified,
                None => {
                    let lines = lines.get(path(&delta)).copied().unwrap_or_default();
                    rows.push(row(path(&delta), file_status(delta.status()), lines));
                }
            }
            last = path(&delta);
        }
        Ok(rows)
    }

    /// The unified diff of one file that a commit changed; of a binary file one line that says so.
    pub fn commit_diff(&self, commit: &str, file: &str) -> Result<String> {
        let git = self.open()?;
        let diff = against_parent(&git, commit, Some(file))?;
        let doing = || format!("compare `{file}` in the commit {commit}");
        patch_text(&diff, &delta_of(diff.deltas(), file).doing(doing)?).doing(doing)
    }
}

/// The difference between a commit (of one file of it) and its first parent; all is new in a commit without one.
fn against_parent<'git>(
    git: &'git git2::Repository,
    commit: &str,
    file: Option<&str>,
) -> Result<git2::Diff<'git>> {
    let found = find_commit(git, commit)?;
    let compare = || -> Result<git2::Diff<'git>, git2::Error> {
        let before = found.parent(0).ok().map(|parent| parent.tree()).transpose()?;
        let mut options = git2::DiffOptions::new();
        options.max_size(DIFF_LIMIT);
        if let Some(file) = file {
            options.disable_pathspec_match(true).pathspec(file);
        }
        git.diff_tree_to_tree(before.as_ref(), Some(&found.tree()?), Some(&mut options))
    };
    compare().doing(|| format!("compare the commit {commit} with its parent"))
}

/// A row of the list of changes.
fn row(path: &[u8], status: FileStatus, (additions, deletions): Lines) -> FileChange {
    FileChange {
        file: String::from_utf8_lossy(path).into_owned(),
        status,
        deletions: deletions as u64,
        additions: additions as u64,
    }
}

/// Commits the given changed files (all, when none are named) of a worktree to its branch; answers the commit.
/// Other changes stay as they are, also those that were staged by hand.
///
/// # Errors
/// A message without text is a usage error; a named file that is not changed is not found; refused when nothing is
/// changed, or for a folder that is a Git repository of its own.
pub fn commit_changes(
    worktree: &Path,
    files: &[String],
    message: &str,
    author: &Author,
) -> Result<String> {
    make_commit(worktree, files, message, author, Some("HEAD"), |_| Ok(()))
}

/// As [`commit_changes`], but leaves the branch where it is: whoever asked moves it to the commit. What `accept` refuses
/// is as if it never was.
pub fn prepare_commit(
    worktree: &Path,
    files: &[String],
    message: &str,
    author: &Author,
    accept: impl FnOnce(&str) -> Result<()>,
) -> Result<String> {
    make_commit(worktree, files, message, author, None, accept)
}

/// Commits one file of a worktree, also one that `.gitignore` names; answers the commit.
pub fn commit_file(worktree: &Path, file: &str, message: &str, author: &Author) -> Result<String> {
    let _held = hold_index();
    let git = open(worktree)?;
    let doing = || format!("commit {file} in {}", worktree.display());
    let parent = git.head().and_then(|head| head.peel_to_commit()).doing(doing)?;
    let mut index = git.index().doing(doing)?;
    index.add_path(Path::new(file)).doing(doing)?;
    let tree = index.write_tree().doing(doing)?;
    let tree = git.find_tree(tree).doing(doing)?;
    let author = signature(author)?;
    let commit =
        git.commit(Some("HEAD"), &author, &author, message, &tree, &[&parent]).doing(doing)?;
    index.write().doing(doing)?;
    Ok(commit.to_string())
}

/// Git lets one program write a worktree's index at a time. Those of us who must write it wait for one another here; a
/// look at the changes, which only remembers what it found, then does without.
static INDEX: Mutex<()> = Mutex::new(());

pub(super) fn hold_index() -> MutexGuard<'static, ()> {
    INDEX.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_commit(
    worktree: &Path,
    files: &[String],
    message: &str,
    author: &Author,
    reference: Option<&str>,
    accept: impl FnOnce(&str) -> Result<()>,
) -> Result<String> {
    let _held = hold_index();
    let git = open(worktree)?;
    let doing = || format!("commit the changes in {}", worktree.display());
    let message = git2::message_prettify(message.trim(), None).doing(doing)?;
    if message.is_empty() {
        return Err(Error::usage("the commit message is empty").hint("Say what changed, and why."));
    }
    let diff = status(&git, None)?;
    let chosen = choose(&diff, files)?;
    if chosen.is_empty() {
        return Err(Error::refused("there is nothing to commit"));
    }
    let parent = match git.head() {
        Err(error) if error.code() == git2::ErrorCode::UnbornBranch => None,
        head => Some(head.and_then(|head| head.peel_to_commit()).doing(doing)?),
    };
    let mut index = git.index().doing(doing)?;
    index.read(true).doing(doing)?;
    // The commit holds the parent and what was chosen; the index may hold more that a person staged.
    let mut staged = git2::Index::new().doing(doing)?;
    if let Some(parent) = &parent {
        staged.read_tree(&parent.tree().doing(doing)?).doing(doing)?;
    }
    for delta in &chosen {
        stage(worktree, &mut index, &mut staged, delta)?;
    }
    let tree = staged.write_tree_to(&git).doing(doing)?;
    if parent.as_ref().is_some_and(|parent| parent.tree_id() == tree) {
        return Err(Error::refused("there is nothing to commit"));
    }
    let tree = git.find_tree(tree).doing(doing)?;
    let author = signature(author)?;
    let parents: Vec<_> = parent.iter().collect();
    let commit = git.commit(reference, &author, &author, &message, &tree, &parents).doing(doing)?;
    accept(&commit.to_string())?;
    index.write().doing(doing)?;
    Ok(commit.to_string())
}

/// Whether Git looks at any of these paths inside a worktree, rather than ignoring all of them.
pub fn any_tracked(worktree: &Path, paths: &[PathBuf]) -> bool {
    let Ok(git) = git2::Repository::open(worktree) else { return true };
    let Some(root) = git.workdir() else { return true };
    paths.iter().any(|path| {
        let inside = path.strip_prefix(root).or_else(|_| path.strip_prefix(worktree));
        inside.is_ok_and(|inside| {
            !inside.starts_with(".git") && !git.is_path_ignored(inside).unwrap_or(false)
        })
    })
}

/// The deltas of the named files, of all when none are named.
pub(super) fn choose<'a>(
    diff: &'a Compared<'_>,
    files: &[String],
) -> Result<Vec<git2::DiffDelta<'a>>> {
    if files.is_empty() {
        return Ok(diff.deltas().collect());
    }
    let mut chosen = Vec::with_capacity(files.len());
    for file in files {
        let before = chosen.len();
        chosen.extend(diff.deltas().filter(|delta| String::from_utf8_lossy(path(delta)) == *file));
        if chosen.len() == before {
            return Err(Error::not_found("changed file", file));
        }
    }
    Ok(chosen)
}

/// Puts one change of a worktree into its index and into the index that is committed.
pub(super) fn stage(
    folder: &Path,
    index: &mut git2::Index,
    staged: &mut git2::Index,
    delta: &git2::DiffDelta<'_>,
) -> Result<()> {
    let shown = String::from_utf8_lossy(path(delta)).into_owned();
    let doing = || format!("stage `{shown}`");
    let file = system_path(path(delta))?;
    if delta.status() == git2::Delta::Deleted {
        index.remove_path(&file).doing(doing)?;
        return staged.remove_path(&file).doing(doing);
    }
    if is_repository(folder, delta) {
        return Err(checkout::submodule(shown.trim_end_matches('/')));
    }
    index.add_path(&file).doing(doing)?;
    let entry =
        index.get_path(&file, 0).ok_or_else(|| Error::failed(format!("stage `{shown}`")))?;
    staged.add(&entry).doing(doing)
}

pub(super) fn open(worktree: &Path) -> Result<git2::Repository> {
    git2::Repository::open(worktree).doing(|| format!("open the code in {}", worktree.display()))
}

/// The difference between the worktree (of one file of it) and its branch.
pub(super) fn status<'git>(
    git: &'git git2::Repository,
    file: Option<&str>,
) -> Result<Compared<'git>> {
    // A name with bytes that are no text is not in here as it is on the disk: then all are compared.
    match file.filter(|it| !it.contains(char::REPLACEMENT_CHARACTER)) {
        Some(file) => compare(git, Some(&[file.as_bytes().to_owned()]), true),
        None => compare(git, scan::candidates(git)?.as_deref(), true),
    }
}

/// Compares the given paths, files or whole folders; everything when none are given.
pub(super) fn compare<'git>(
    git: &'git git2::Repository,
    paths: Option<&[Vec<u8>]>,
    with_content: bool,
) -> Result<Compared<'git>> {
    let doing = || format!("read the changes in {}", git.workdir().unwrap_or(git.path()).display());
    let attempt = |refresh: bool| -> Result<git2::Diff<'git>, git2::Error> {
        let head = match git.head() {
            Err(error) if error.code() == git2::ErrorCode::UnbornBranch => None,
            head => Some(head?.peel_to_tree()?),
        };
        let mut options = git2::DiffOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .show_untracked_content(with_content)
            .include_typechange(true)
            .include_unreadable(true)
            .max_size(DIFF_LIMIT)
            // What was found unchanged by reading it is remembered, so that it is not read again.
            .update_index(refresh);
        for path in paths.into_iter().flatten() {
            options.disable_pathspec_match(true).pathspec(path.as_slice());
        }
        if paths.is_some_and(<[_]>::is_empty) {
            // Without a path libgit2 would compare everything.
            return git.diff_tree_to_tree(None, None, None);
        }
        git.diff_tree_to_workdir_with_index(head.as_ref(), Some(&mut options))
    };
    let held = INDEX.try_lock();
    let diff = attempt(held.is_ok())
        .or_else(|error| {
            // Another `git` holds the index at this moment, or it can't be written: then without the shortcut.
            if matches!(error.code(), git2::ErrorCode::Locked)
                || error.class() == git2::ErrorClass::Os
            {
                attempt(false)
            } else {
                Err(error)
            }
        })
        .doing(doing)?;
    let left_out = left_out(git, &diff).doing(doing)?;
    Ok(Compared { diff, left_out })
}

/// The files that are gone from the folder and that Git takes for unchanged nevertheless: a sparse checkout leaves them
/// out, or a person said so (`git update-index --assume-unchanged`). libgit2 takes them for deleted.
fn left_out(
    git: &git2::Repository,
    diff: &git2::Diff<'_>,
) -> Result<HashSet<Vec<u8>>, git2::Error> {
    let (index, mut left_out) = (git.index()?, HashSet::new());
    for delta in diff.deltas().filter(|it| it.status() == git2::Delta::Deleted) {
        let Ok(file) = system_path(path(&delta)) else { continue };
        let is_passed_over = |it: git2::IndexEntry| {
            git2::IndexEntryFlag::from_bits_truncate(it.flags).is_valid()
                || git2::IndexEntryExtendedFlag::from_bits_truncate(it.flags_extended)
                    .is_skip_worktree()
        };
        if index.get_path(&file, 0).is_some_and(is_passed_over) {
            left_out.insert(path(&delta).to_owned());
        }
    }
    Ok(left_out)
}

/// What libgit2 found different between a worktree and its branch.
pub(super) struct Compared<'git> {
    diff: git2::Diff<'git>,
    left_out: HashSet<Vec<u8>>,
}

impl Compared<'_> {
    pub(super) fn deltas(&self) -> impl Iterator<Item = git2::DiffDelta<'_>> {
        self.diff.deltas().filter(|it| !self.left_out.contains(path(it)))
    }
}

pub(super) fn path<'a>(delta: &git2::DiffDelta<'a>) -> &'a [u8] {
    delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes()).unwrap_or_default()
}

/// Whether a folder is where a changed file is named: a Git repository of its own.
fn is_repository(folder: &Path, delta: &git2::DiffDelta<'_>) -> bool {
    let is_folder = |it: PathBuf| folder.join(it).symlink_metadata().is_ok_and(|it| it.is_dir());
    path(delta).ends_with(b"/") || system_path(path(delta)).is_ok_and(is_folder)
}

pub(super) fn file_status(status: git2::Delta) -> FileStatus {
    match status {
        git2::Delta::Added | git2::Delta::Untracked | git2::Delta::Copied => FileStatus::Added,
        git2::Delta::Deleted => FileStatus::Deleted,
        _ => FileStatus::Modified,
    }
}
