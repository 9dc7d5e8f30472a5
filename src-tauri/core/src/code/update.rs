//! Changing a worktree as a whole: to another commit, to a snapshot and back.
use std::path::Path;

use jiff::Timestamp;

use super::{
    Author, Repository, bare_entry,
    changes::{Compared, choose, hold_index, open, path, stage, status},
    checkout, find_commit, references, signature, system_path, timestamp,
};
use crate::{
    error::{Doing, Error, Result},
    model::WorktreeState,
};

/// Where snapshots are kept from being cleaned away: `refs/portico/snapshots/<commit>`.
pub const SNAPSHOTS: &str = "refs/portico/snapshots";

/// Who makes snapshots, and what each says.
pub(super) const BY: &str = "portico@localhost";
pub(super) const MESSAGE: &str = "Uncommitted changes\n";

/// Moves a worktree and its branch to another commit. Uncommitted changes of files that are the same in both
/// commits stay.
///
/// # Errors
/// Refused, with the files in the causes, when uncommitted changes would be overwritten; busy when the branch was
/// moved meanwhile. The worktree is as before then.
pub fn update_worktree(worktree: &Path, to_commit: &str) -> Result<()> {
    let _held = hold_index();
    let git = open(worktree)?;
    let doing = || format!("update the code in {}", worktree.display());
    let head = git.find_reference("HEAD").doing(doing)?;
    let branch = match head.symbolic_target().doing(doing)? {
        Some(branch) => branch.to_owned(),
        None => {
            return Err(Error::refused(format!("{} follows no branch", worktree.display()))
                .hint("Check a branch out there first: `git switch <branch>`."));
        }
    };
    let to = find_commit(&git, to_commit)?;
    // Nobody moves the branch while the files are written.
    let mut transaction = git.transaction().doing(doing)?;
    match transaction.lock_ref(&branch) {
        Err(error) if error.code() == git2::ErrorCode::Locked => {
            return Err(references::moved_meanwhile(&branch));
        }
        locked => locked.doing(doing)?,
    }
    switch(&git, &to)?;
    let log = format!("portico: updated to {to_commit}");
    transaction.set_target(&branch, to.id(), None, &log).doing(doing)?;
    transaction.commit().doing(doing)
}

/// Checks out what differs between the present commit and another; refuses to overwrite anything else.
fn switch(git: &git2::Repository, to: &git2::Commit<'_>) -> Result<()> {
    let doing = || format!("check out {}", to.id());
    let mut in_the_way = Vec::new();
    let mut options = git2::build::CheckoutBuilder::new();
    options.safe().overwrite_ignored(false);
    options.notify_on(git2::CheckoutNotificationType::CONFLICT);
    options.notify(|_, file, _, _, _| {
        in_the_way.extend(file.map(|file| file.to_string_lossy().into_owned()));
        true
    });
    let done = git.checkout_tree(to.as_object(), Some(&mut options));
    drop(options);
    if done.is_err() && !in_the_way.is_empty() {
        in_the_way.sort();
        let mut error = Error::refused("uncommitted changes would be overwritten")
            .hint("Commit these files or discard their changes, then try again.");
        error.causes = in_the_way;
        return Err(error);
    }
    done.doing(doing)
}

/// Keeps everything in a worktree that Git does not ignore, committed or not, as a commit on no branch, and changes
/// nothing there. [`SNAPSHOTS`] refers to it; remove that reference to let it go.
///
/// # Errors
/// Refused for a folder in it that is a Git repository of its own.
pub fn snapshot_worktree(worktree: &Path) -> Result<String> {
    let git = open(worktree)?;
    let diff = status(&git, None)?;
    keep(&git, &diff, |_| true)
}

impl Repository {
    /// The snapshots that are kept, and when each was made.
    pub fn snapshots(&self) -> Result<Vec<(String, Timestamp)>> {
        let git = self.open()?;
        let read = || -> Result<Vec<_>, git2::Error> {
            let mut all = Vec::new();
            for reference in git.references_glob(&format!("{SNAPSHOTS}/*"))? {
                // One that names nothing is for those who look through the repository.
                let Ok(commit) = reference?.peel_to_commit() else { continue };
                all.push((commit.id().to_string(), timestamp(commit.time())));
            }
            Ok(all)
        };
        read().doing(|| format!("list the snapshots in {}", self.path().display()))
    }

    /// Lets go of snapshots: Git may clean them away from then on. Those that are gone already are passed over.
    pub fn forget_snapshots(&self, commits: &[String]) -> Result<()> {
        let git = self.open()?;
        for commit in commits {
            let name = format!("{SNAPSHOTS}/{commit}");
            match git.find_reference(&name).and_then(|mut it| it.delete()) {
                Err(error) if error.code() == git2::ErrorCode::NotFound => {}
                deleted => deleted.doing(|| format!("let go of `{name}`"))?,
            }
        }
        Ok(())
    }
}

/// A snapshot of the last commit with those changes that are `wanted`.
fn keep(
    git: &git2::Repository,
    diff: &Compared<'_>,
    wanted: impl Fn(&git2::DiffDelta<'_>) -> bool,
) -> Result<String> {
    let folder = git.workdir().unwrap_or(git.path());
    let doing = || format!("keep the changes in {}", folder.display());
    let head = git.head().and_then(|head| head.peel_to_tree()).doing(doing)?;
    // Read from disk and never written back: what a person staged stays staged.
    let mut index = git.index().doing(doing)?;
    let mut kept = git2::Index::new().doing(doing)?;
    kept.read_tree(&head).doing(doing)?;
    for delta in diff.deltas().filter(wanted) {
        stage(folder, &mut index, &mut kept, &delta)?;
    }
    commit_snapshot(git, &mut kept).doing(doing)
}

/// Commits an index on no branch, on top of the present commit.
fn commit_snapshot(git: &git2::Repository, kept: &mut git2::Index) -> Result<String> {
    let by = signature(&Author { name: "Portico".into(), email: BY.into() })?;
    let mut write = || -> Result<git2::Oid, git2::Error> {
        let head = git.head()?.peel_to_commit()?;
        let tree = git.find_tree(kept.write_tree_to(git)?)?;
        let commit = git.commit(None, &by, &by, MESSAGE, &tree, &[&head])?;
        git.reference(&format!("{SNAPSHOTS}/{commit}"), commit, true, "portico: snapshot")?;
        Ok(commit)
    };
    Ok(write().doing(|| "write the snapshot".into())?.to_string())
}

/// Makes a worktree's files those of a snapshot (or any commit). The branch stays where it is, so that the difference
/// shows as uncommitted changes. What was there is overwritten: take a snapshot first. Ignored files stay.
///
/// # Errors
/// Refused while a folder in it is a Git repository of its own, whose history would be lost.
pub fn restore_worktree(worktree: &Path, commit: &str) -> Result<()> {
    let _held = hold_index();
    let git = open(worktree)?;
    let doing = || format!("restore the code in {}", worktree.display());
    let diff = status(&git, None)?;
    if let Some(nested) = diff.deltas().find(|delta| path(delta).ends_with(b"/")) {
        return Err(checkout::submodule(
            String::from_utf8_lossy(path(&nested)).trim_end_matches('/'),
        ));
    }
    let kept = find_commit(&git, commit)?;
    let mut options = git2::build::CheckoutBuilder::new();
    options.force().remove_untracked(true);
    git.checkout_tree(kept.as_object(), Some(&mut options)).doing(doing)?;
    let unstage = || -> Result<(), git2::Error> {
        let mut index = git.index()?;
        index.read_tree(&git.head()?.peel_to_tree()?)?;
        index.write()
    };
    unstage().doing(doing)
}

/// Brings a worktree and its branch from one state to another. Uncommitted changes that neither state speaks of stay
/// where they can.
///
/// # Errors
/// Busy when the branch is not where the first state has it; refused when uncommitted changes would be overwritten.
pub fn move_worktree(worktree: &Path, from: &WorktreeState, to: &WorktreeState) -> Result<()> {
    let git = open(worktree)?;
    let doing = || format!("read the branch of {}", worktree.display());
    let head = git.head().and_then(|head| head.peel_to_commit()).doing(doing)?.id().to_string();
    if head != from.commit {
        return Err(references::moved_meanwhile(&worktree.display().to_string()));
    }
    if from.snapshot.is_none() && to.snapshot.is_none() {
        return update_worktree(worktree, &to.commit);
    }
    if from.snapshot.is_none() && status(&git, None)?.deltas().next().is_some() {
        return Err(Error::refused("uncommitted changes would be overwritten")
            .hint("Commit or discard the changes first, then try again."));
    }
    if to.commit == from.commit {
        // Straight there: files that both have are not touched.
        return restore_worktree(worktree, to.snapshot.as_ref().unwrap_or(&to.commit));
    }
    if from.snapshot.is_some() {
        restore_worktree(worktree, &from.commit)?;
    }
    update_worktree(worktree, &to.commit)?;
    match &to.snapshot {
        Some(snapshot) => restore_worktree(worktree, snapshot),
        None => Ok(()),
    }
}

/// As [`snapshot_worktree`], but the named files (all, when none are named) are as in the last commit. Nothing changes
/// in the worktree: restoring the snapshot there discards their changes.
pub fn snapshot_without(worktree: &Path, files: &[String]) -> Result<String> {
    let git = open(worktree)?;
    let diff = status(&git, None)?;
    let left_out: Vec<Vec<u8>> =
        choose(&diff, files)?.iter().map(|delta| path(delta).to_vec()).collect();
    keep(&git, &diff, |delta| !left_out.iter().any(|it| it == path(delta)))
}

/// A snapshot of the worktree in which every file that differs between two snapshots (or commits) is as in the
/// second; so later changes of other files stay.
pub fn carry_changes(worktree: &Path, from: &str, to: &str) -> Result<String> {
    let git = open(worktree)?;
    let doing = || format!("keep the changes in {}", worktree.display());
    let trees = [from, to].map(|commit| find_commit(&git, commit)?.tree().doing(doing));
    let [from, to] = trees;
    let (from, to) = (from?, to?);
    let now = find_commit(&git, &snapshot_worktree(worktree)?)?;
    let mut index = git2::Index::new().doing(doing)?;
    index.read_tree(&now.tree().doing(doing)?).doing(doing)?;
    let diff = git.diff_tree_to_tree(Some(&from), Some(&to), None).doing(doing)?;
    for delta in diff.deltas() {
        let file = system_path(path(&delta))?;
        match to.get_path(&file) {
            Err(error) if error.code() == git2::ErrorCode::NotFound => {
                if index.get_path(&file, 0).is_some() {
                    index.remove(&file, 0).doing(doing)?;
                }
            }
            found => {
                let found = found.doing(doing)?;
                let mode = u32::try_from(found.filemode()).unwrap_or_default();
                index.add(&bare_entry(path(&delta), mode, found.id())).doing(doing)?;
            }
        }
    }
    commit_snapshot(&git, &mut index).doing(doing)
}
