//! What is changed in a worktree, held still while it is compared.
use std::path::Path;

use super::{
    bare_entry,
    changes::{Compared, DIFF_LIMIT, path},
    system_path,
};
use crate::error::{Doing, Result};

/// What is changed in a worktree, read once and then compared in memory: libgit2 maps the files that it compares, and
/// a file that a person's editor makes shorter meanwhile would end the process (`SIGBUS`). Files that are too large to
/// be shown, gone, or no files are left out. A file that became a link is deleted and added: a change of type is a delta
/// without content for libgit2.
pub(super) fn hold_still<'git>(
    git: &'git git2::Repository,
    diff: &Compared<'_>,
) -> Result<git2::Diff<'git>> {
    let folder = git.workdir().unwrap_or(git.path()).to_owned();
    let hold = || -> Result<git2::Diff<'git>, git2::Error> {
        // New objects stay in memory, and go with this handle.
        git.odb()?.add_new_mempack_backend(999)?;
        let trusts_modes = git.config()?.get_bool("core.filemode").unwrap_or(true);
        let (mut before, mut after) = (git2::Index::new()?, git2::Index::new()?);
        for delta in diff.deltas() {
            let old = delta.old_file();
            if !old.id().is_zero() && is_blob(old.mode()) {
                before.add(&bare_entry(path(&delta), old.mode().into(), old.id()))?;
            }
            if delta.status() == git2::Delta::Deleted {
                continue;
            }
            let mode = mode_now(&folder, &delta, trusts_modes);
            if is_blob(mode)
                && let Some(id) = read_into(git, &folder, path(&delta), mode)
            {
                after.add(&bare_entry(path(&delta), mode.into(), id))?;
            }
        }
        let tree = |index: &mut git2::Index| git.find_tree(index.write_tree_to(git)?);
        let (before, after) = (tree(&mut before)?, tree(&mut after)?);
        let mut options = git2::DiffOptions::new();
        options.max_size(DIFF_LIMIT);
        git.diff_tree_to_tree(Some(&before), Some(&after), Some(&mut options))
    };
    hold().doing(|| format!("read the changes in {}", folder.display()))
}

/// What a changed file is now. Where Git does not trust the modes of the disk (`core.fileMode`), libgit2 makes up one that
/// is none for a file that became a link or was one, and git2 panics over it: there the disk is asked, and whether a file
/// is executable stays as the branch has it.
fn mode_now(folder: &Path, delta: &git2::DiffDelta<'_>, trusts_modes: bool) -> git2::FileMode {
    let is_other_type = delta.status() == git2::Delta::Typechange;
    if trusts_modes && !is_other_type {
        return delta.new_file().mode();
    }
    let found =
        system_path(path(delta)).ok().and_then(|it| folder.join(it).symlink_metadata().ok());
    match found {
        Some(it) if it.is_symlink() => git2::FileMode::Link,
        Some(it) if it.is_dir() => git2::FileMode::Commit,
        _ if !is_other_type && is_blob(delta.old_file().mode()) => delta.old_file().mode(),
        _ => git2::FileMode::Blob,
    }
}

fn is_blob(mode: git2::FileMode) -> bool {
    use git2::FileMode::{Blob, BlobExecutable, BlobGroupWritable, Link};
    matches!(mode, Blob | BlobExecutable | BlobGroupWritable | Link)
}

/// Reads a file, as it would be committed; none when it can't be read or nobody would read its difference.
fn read_into(
    git: &git2::Repository,
    folder: &Path,
    path: &[u8],
    mode: git2::FileMode,
) -> Option<git2::Oid> {
    let file = folder.join(system_path(path).ok()?);
    if mode == git2::FileMode::Link {
        let target = std::fs::read_link(&file).ok()?;
        return git.blob(target.as_os_str().as_encoded_bytes()).ok();
    }
    let known = std::fs::metadata(&file).ok()?;
    let is_shown = known.is_file() && known.len() <= DIFF_LIMIT as u64;
    if is_shown { git.blob_path(&file).ok() } else { None }
}
