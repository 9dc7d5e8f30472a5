//! How many lines of changed files are new and gone, counted by several threads.
use std::{
    fs::File,
    io::Read,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{changes::DIFF_LIMIT, on_threads, scan::Change, system_path};

/// Files that a thread takes at a time.
const PORTION: usize = 16;

/// Lines that are new, and lines that are gone.
pub(super) type Lines = (usize, usize);

/// The lines of each change of a worktree; none where the plain content does not tell: large files, and what Git may
/// store otherwise than it stands in the folder. Without rules (`.gitattributes`) none are looked for.
pub(super) fn count(
    git: &git2::Repository,
    changes: &[Change],
    has_rules: bool,
) -> Vec<Option<Lines>> {
    let Some(folder) = git.workdir() else { return vec![None; changes.len()] };
    let next = AtomicUsize::new(0);
    let take = || take_portions(folder, changes, has_rules, &next).unwrap_or_default();
    let parts = on_threads(changes.len().div_ceil(PORTION), take);
    let mut lines = vec![None; changes.len()];
    for (at, found) in parts.into_iter().flatten() {
        lines[at] = found;
    }
    lines
}

/// libgit2's objects belong to one thread, so each has its own.
fn take_portions(
    folder: &Path,
    changes: &[Change],
    has_rules: bool,
    next: &AtomicUsize,
) -> Result<Vec<(usize, Option<Lines>)>, git2::Error> {
    let git = git2::Repository::open(folder)?;
    // The empty object that new files are compared with stays in memory.
    git.odb()?.add_new_mempack_backend(999)?;
    // A look at the rules for a file (`.gitattributes`) would read the whole index. It matters where such a file is gone.
    if !changes.iter().any(|it| !it.is_here && it.path.ends_with(b".gitattributes")) {
        git.set_index(&mut git2::Index::new()?)?;
    }
    let empty = git.blob(b"")?;
    let mut found = Vec::new();
    loop {
        let start = next.fetch_add(PORTION, Ordering::Relaxed);
        let Some(rest) = changes.get(start..).filter(|it| !it.is_empty()) else { break };
        let portion = rest.iter().take(PORTION).enumerate();
        found.extend(
            portion.map(|(at, it)| (start + at, compare(&git, folder, it, empty, has_rules))),
        );
    }
    Ok(found)
}

fn compare(
    git: &git2::Repository,
    folder: &Path,
    change: &Change,
    empty: git2::Oid,
    has_rules: bool,
) -> Option<Lines> {
    let blob = git.find_blob(change.before.unwrap_or(empty)).ok()?;
    let file = system_path(&change.path).ok()?;
    let now = if change.is_here { read_plain(&folder.join(&file))? } else { Vec::new() };
    if blob.size() as i64 > DIFF_LIMIT {
        return None;
    }
    let mut options = git2::DiffOptions::new();
    options.context_lines(0);
    // By its name the rules for a file are looked up, which takes longer than all else here.
    let name = has_rules.then_some(file.as_ref());
    let patch = git2::Patch::from_blob_and_buffer(&blob, name, &now, name, Some(&mut options));
    let (_, additions, deletions) = patch.ok()?.line_stats().ok()?;
    Some((additions, deletions))
}

/// A file's content, if that is certainly what Git would store: its rules change nothing but ends of lines with a
/// carriage return, and `$Id$`. Read, not mapped: it may be made shorter at this moment.
pub(super) fn read_plain(file: &Path) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let limit = DIFF_LIMIT as u64;
    let file = File::open(file).ok().filter(|it| it.metadata().is_ok_and(|it| it.is_file()))?;
    file.take(limit + 1).read_to_end(&mut content).ok()?;
    let is_stored_so = content.len() as u64 <= limit
        && memchr::memchr(b'\r', &content).is_none()
        && memchr::memmem::find(&content, b"$Id").is_none();
    is_stored_so.then_some(content)
}
