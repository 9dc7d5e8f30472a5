//! Changing a worktree as a whole: to another commit, to a snapshot and back.
use std::path::Path;

use super::{
    Author,
    changes::{choose, file_status, open, path, stage, status},
    checkout, find_commit, references, signature, system_path,
};
use crate::{
    error::{Doing, Error, Result},
    model::{WorktreeState, view::FileStatus},
};

/// Where snapshots are kept from being cleaned away: `refs/portico/snapshots/<commit>`.
pub const SNAPSHOTS: &str = "refs/portico/snapshots";

/// Moves a worktree and its branch to another commit. Uncommitted changes of files that are the same in both
/// commits stay.
///
/// # Errors
/// Refused, with the files in the causes, when uncommitted changes would be overwritten; busy when the branch was
/// moved meanwhile. The worktree is as before then.
pub fn update_worktree(worktree: &Path, to_commit: &str) -> Result<()> {
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
    let doing = || format!("keep the changes in {}", worktree.display());
    let head = git.head().and_then(|head| head.peel_to_commit()).doing(doing)?;
    // Read from disk and never written back: what a person staged stays staged.
    let mut index = git.index().doing(doing)?;
    let mut kept = git2::Index::new().doing(doing)?;
    kept.read_tree(&head.tree().doing(doing)?).doing(doing)?;
    let diff = status(&git, None)?;
    for delta in diff.deltas() {
        stage(&mut index, &mut kept, &delta)?;
    }
    let by = signature(&Author { name: "Portico".into(), email: "portico@localhost".into() })?;
    let mut write = || -> Result<git2::Oid, git2::Error> {
        let tree = git.find_tree(kept.write_tree_to(&git)?)?;
        let commit = git.commit(None, &by, &by, "Uncommitted changes\n", &tree, &[&head])?;
        git.reference(&format!("{SNAPSHOTS}/{commit}"), commit, true, "portico: snapshot")?;
        Ok(commit)
    };
    Ok(write().doing(doing)?.to_string())
}

/// Makes a worktree's files those of a snapshot (or any commit). The branch stays where it is, so that the difference
/// shows as uncommitted changes. What was there is overwritten: take a snapshot first. Ignored files stay.
///
/// # Errors
/// Refused while a folder in it is a Git repository of its own, whose history would be lost.
pub fn restore_worktree(worktree: &Path, commit: &str) -> Result<()> {
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
    if from.snapshot.is_none() && status(&git, None)?.deltas().len() > 0 {
        return Err(Error::refused("uncommitted changes would be overwritten")
            .hint("Commit or discard the changes first, then try again."));
    }
    if from.snapshot.is_some() {
        restore_worktree(worktree, &from.commit)?;
    }
    if to.commit != from.commit {
        update_worktree(worktree, &to.commit)?;
    }
    match &to.snapshot {
        Some(snapshot) => restore_worktree(worktree, snapshot),
        None => Ok(()),
    }
}

/// Takes back the uncommitted changes of the named files (all, when none are named): a new file goes, a changed or
/// deleted one is as in the last commit. Take a snapshot first.
pub fn discard_changes(worktree: &Path, files: &[String]) -> Result<()> {
    let git = open(worktree)?;
    let doing = || format!("discard changes in {}", worktree.display());
    let diff = status(&git, None)?;
    let chosen = choose(&diff, files)?;
    let head = git.head().and_then(|head| head.peel_to_commit()).doing(doing)?;
    let mut index = git.index().doing(doing)?;
    let mut options = git2::build::CheckoutBuilder::new();
    options.force().disable_pathspec_match(true).update_index(true);
    let mut any = false;
    for delta in &chosen {
        if path(delta).ends_with(b"/") {
            return Err(checkout::submodule(
                String::from_utf8_lossy(path(delta)).trim_end_matches('/'),
            ));
        }
        if file_status(delta.status()) != FileStatus::Added {
            options.path(path(delta));
            any = true;
        }
    }
    for delta in &chosen {
        if file_status(delta.status()) == FileStatus::Added {
            let file = system_path(path(delta))?;
            let full = worktree.join(&file);
            std::fs::remove_file(&full).doing(|| format!("remove {}", full.display()))?;
            // It may have been staged by hand.
            index.remove_path(&file).doing(doing)?;
        }
    }
    index.write().doing(doing)?;
    if any {
        git.checkout_tree(head.as_object(), Some(&mut options)).doing(doing)?;
    }
    Ok(())
}
