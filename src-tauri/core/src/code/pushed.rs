//! What a power cut left of a push: a folder that was being brought to the pushed commit.
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Repository,
    changes::{hold_index, open, path},
    find_commit,
    mend::mend_index,
    system_path,
    worktree::linked_folder,
};
use crate::{
    durable,
    error::{Doing, Result},
};

/// How the hook names its notes: after it come the number of Git's process, and the worktree.
const NOTE: &str = ".folder.";

/// Locks are as new as a note when they are not older than it by more: some disks keep whole seconds only.
const CLOCKS: Duration = Duration::from_secs(2);

impl Repository {
    /// Finishes or takes back what pushes were changing in folders when the machine died, by where the branch is. A file
    /// that somebody has changed since stays as it is.
    pub fn heal_pushes(&self) -> Result<()> {
        let folder = self.pushes_folder();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.doing(|| format!("read {}", folder.display()))?,
        };
        for entry in entries {
            let note = entry.doing(|| format!("read {}", folder.display()))?.path();
            let name = note.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let parts = name.strip_prefix(NOTE).and_then(|it| it.split_once('.'));
            let Some((process, worktree)) = parts else { continue };
            if is_git(process) {
                continue;
            }
            let doing = || format!("read {}", note.display());
            let noted = fs::metadata(&note).and_then(|it| it.modified()).doing(doing)?;
            self.remove_locks(noted - CLOCKS)?;
            let text = fs::read_to_string(&note).doing(doing)?;
            let lines: Vec<&str> = text.lines().collect();
            // One that is not whole was written before anything was changed. One of a folder that was not clean is, too:
            // the hook takes it away when it refuses.
            if let [branch, old, new] = lines[..] {
                self.heal_push(&self.path().join("worktrees").join(worktree), branch, old, new)?;
            }
            fs::remove_file(&note).doing(|| format!("remove {}", note.display()))?;
        }
        Ok(())
    }

    fn heal_push(&self, admin: &Path, branch: &str, old: &str, new: &str) -> Result<()> {
        if self.reference(branch).is_err() {
            self.take_back_reference(branch, Some(new), Some(old))?;
        }
        let now = self.reference(branch)?;
        let folder = linked_folder(admin).filter(|it| it.exists());
        match (now, folder) {
            (Some(now), Some(folder)) if now == old || now == new => {
                mend_index(admin, &folder)?;
                bring(&folder, old, new, &now)?;
                durable::tree(&folder)
            }
            _ => Ok(()),
        }
    }
}

/// Brings the files that differ between two commits to one of them, where they are as either has them, or cut short.
fn bring(worktree: &Path, old: &str, new: &str, to: &str) -> Result<()> {
    let _held = hold_index();
    let doing = || format!("bring {} to {to}", worktree.display());
    let git = open(worktree)?;
    let tree = |commit: &str| find_commit(&git, commit)?.tree().doing(doing);
    let (old, new, to) = (tree(old)?, tree(new)?, tree(to)?);
    let diff = git.diff_tree_to_tree(Some(&old), Some(&new), None).doing(doing)?;
    let mut options = git2::build::CheckoutBuilder::new();
    options.force().disable_pathspec_match(true);
    let mut any = false;
    for delta in diff.deltas() {
        let file = system_path(path(&delta))?;
        let place = worktree.join(&file);
        let is_as = |tree: &git2::Tree<'_>| is_prefix(&git, tree, &file, &place);
        if !is_as(&new) && !is_as(&old) && place.symlink_metadata().is_ok() {
            continue;
        }
        if to.get_path(&file).is_ok() {
            options.path(&file);
            any = true;
        } else {
            remove(worktree, &place)?;
        }
    }
    if any {
        git.checkout_tree(to.as_object(), Some(&mut options)).doing(doing)?;
    }
    let mut index = git.index().doing(doing)?;
    index.read_tree(&to).and_then(|()| index.write()).doing(doing)
}

/// Whether a file is what a tree has there, or the beginning of it.
fn is_prefix(git: &git2::Repository, tree: &git2::Tree<'_>, file: &Path, place: &Path) -> bool {
    let Ok(found) = fs::read_link(place)
        .map(|to| to.into_os_string().into_encoded_bytes())
        .or_else(|_| fs::read(place))
    else {
        return false;
    };
    let blob = tree.get_path(file).and_then(|entry| git.find_blob(entry.id()));
    blob.is_ok_and(|blob| blob.content().starts_with(&found))
}

/// Removes a file, and the folders that are empty then.
fn remove(worktree: &Path, place: &Path) -> Result<()> {
    match fs::remove_file(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).doing(|| format!("remove {}", place.display()));
        }
        _ => {}
    }
    let above: Vec<PathBuf> = place.ancestors().skip(1).map(Path::to_owned).collect();
    for folder in above.iter().take_while(|it| *it != worktree) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Whether the process that made a note still runs: numbers are given again after a start.
fn is_git(process: &str) -> bool {
    let command = fs::read_to_string(format!("/proc/{process}/comm"));
    command.is_ok_and(|command| command.starts_with("git"))
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use crate::{
        code::testing::{git, put, site},
        progress::Meter,
    };

    #[test]
    fn a_push_that_was_cut_off_is_taken_back_or_finished_by_where_the_branch_is() {
        for is_moved in [false, true] {
            let site = site();
            let code = site.scratch.path().join("code");
            site.repository.add_worktree(&code, "master", Meter::silent()).unwrap();
            let admin = site.repository.worktree_admin(&code).unwrap().unwrap();
            let old = site.repository.head("master").unwrap();
            put(&code, "index.php", "<?php // pushed\n");
            put(&code, "pushed/new.php", "<?php // new\n");
            git(&code, &["add", "-A"]);
            git(&code, &["commit", "-qm", "Pushed"]);
            let new = site.repository.head("master").unwrap();
            if !is_moved {
                git(site.repository.path(), &["update-ref", "refs/heads/master", &old]);
            }
            // The folder as a cut leaves it, and a file that nobody pushed.
            put(&code, "index.php", "");
            put(&code, "pushed/new.php", "<?php");
            put(&code, "mine.php", "<?php // mine\n");
            let name =
                format!("portico-pushes/.folder.999999.{}", admin.file_name().unwrap().display());
            put(site.repository.path(), &name, format!("refs/heads/master\n{old}\n{new}\n"));
            site.repository.heal_pushes().unwrap();
            assert_eq!(git(&code, &["status", "--short"]), "?? mine.php", "{is_moved}");
            assert_eq!(code.join("pushed").exists(), is_moved);
            assert!(!site.repository.path().join(&name).exists());
        }
    }
}
