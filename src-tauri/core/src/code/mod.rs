//! The site's Git repository: commits, worktrees, releases, tags. Local work is done by libgit2;
//! what talks to a network is left to the machine's own `git`, which knows the person's keys.
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::{
    error::Result,
    model::view::{CommitRow, FileChange},
    progress::Meter,
};

/// A site's bare repository.
#[derive(Clone, Debug)]
pub struct Repository {
    path: PathBuf,
}

/// Who commits or tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// How far two commits are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Commits that the first has and the second lacks.
    pub ahead: u64,
    /// Commits that the second has and the first lacks.
    pub behind: u64,
}

/// A `pantheon_<environment>_N` tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployTag {
    /// The whole name.
    pub name: String,
    /// The N.
    pub number: u64,
    /// The commit it is on.
    pub commit: String,
    /// The deploy message.
    pub message: String,
    /// When it was made.
    pub date: Timestamp,
}

impl Repository {
    /// The repository at `path`, which may not exist yet.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The bare repository's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the repository from a Git URL or path, with all branches, tags and history. Answers the branch to follow.
    pub fn clone_from(
        &self,
        _source: &str,
        _branch: Option<&str>,
        _meter: Meter<'_>,
    ) -> Result<String> {
        todo!()
    }

    /// Makes the repository with the folder's files as the first commit on `master`.
    pub fn import_folder(
        &self,
        _folder: &Path,
        _author: &Author,
        _message: &str,
        _meter: Meter<'_>,
    ) -> Result<String> {
        todo!()
    }

    /// Paths (relative to the code) that Git never sees in any worktree of this repository: the uploads link.
    pub fn exclude(&self, _paths: &[&str]) -> Result<()> {
        todo!()
    }

    /// The commit a branch is at.
    pub fn head(&self, _branch: &str) -> Result<String> {
        todo!()
    }

    /// One commit.
    pub fn commit(&self, _commit: &str) -> Result<CommitRow> {
        todo!()
    }

    /// Whether the commit tracks anything at or below `path`.
    pub fn tracks(&self, _commit: &str, _path: &str) -> Result<bool> {
        todo!()
    }

    /// A file's bytes in a commit, if it is there.
    pub fn file(&self, _commit: &str, _path: &str) -> Result<Option<Vec<u8>>> {
        todo!()
    }

    /// Commits from `commit` down the first parents, newest first (labels left empty).
    pub fn log(&self, _commit: &str, _limit: usize) -> Result<Vec<CommitRow>> {
        todo!()
    }

    /// How far two commits are apart.
    pub fn distance(&self, _one: &str, _other: &str) -> Result<Distance> {
        todo!()
    }

    /// Commits that `has` contains and `lacks` does not, newest first, at most `limit`; all of `has` when `lacks` is none.
    pub fn missing(
        &self,
        _has: &str,
        _lacks: Option<&str>,
        _limit: usize,
    ) -> Result<Vec<CommitRow>> {
        todo!()
    }

    /// Deploy tags of an environment (`test`, `live`), highest number first.
    pub fn deploy_tags(&self, _environment: &str) -> Result<Vec<DeployTag>> {
        todo!()
    }

    /// Makes an annotated tag.
    pub fn tag(&self, _name: &str, _commit: &str, _message: &str, _author: &Author) -> Result<()> {
        todo!()
    }

    /// Where a reference (`refs/tags/…`, `refs/heads/…`) points: the object's id, none if it does not exist.
    pub fn reference(&self, _name: &str) -> Result<Option<String>> {
        todo!()
    }

    /// Moves, makes or (with none) removes a reference. `from` is what it must be now, or it is refused as busy.
    pub fn move_reference(
        &self,
        _name: &str,
        _from: Option<&str>,
        _to: Option<&str>,
    ) -> Result<()> {
        todo!()
    }

    /// Adds a worktree at `folder` that follows `branch`.
    pub fn add_worktree(&self, _folder: &Path, _branch: &str, _meter: Meter<'_>) -> Result<()> {
        todo!()
    }

    /// Mends the links between a worktree and the repository after either was moved. Quick when nothing is to do.
    pub fn mend_worktree(&self, _folder: &Path) -> Result<()> {
        todo!()
    }

    /// Forgets a worktree whose folder is gone or about to go.
    pub fn forget_worktree(&self, _folder: &Path) -> Result<()> {
        todo!()
    }

    /// Checks out `commit` into the new folder `folder`, read-only and without Git's own files.
    /// `like` is an earlier checkout and its commit: unchanged files are shared with it by reflink where the disk can.
    pub fn checkout_release(
        &self,
        _commit: &str,
        _folder: &Path,
        _like: Option<(&Path, &str)>,
        _meter: Meter<'_>,
    ) -> Result<()> {
        todo!()
    }
}

/// Changed files of a worktree against its branch, by path.
pub fn changes(_worktree: &Path) -> Result<Vec<FileChange>> {
    todo!()
}

/// How many files of a worktree are changed.
pub fn count_changes(_worktree: &Path) -> Result<u64> {
    todo!()
}

/// The unified diff of one changed file of a worktree.
pub fn diff(_worktree: &Path, _file: &str) -> Result<String> {
    todo!()
}

/// Commits the given changed files (all, when none are named) of a worktree to its branch; answers the commit.
pub fn commit_changes(
    _worktree: &Path,
    _files: &[String],
    _message: &str,
    _author: &Author,
) -> Result<String> {
    todo!()
}

/// The person's name and address from Git's configuration, or a stand-in that says so.
pub fn default_author() -> Author {
    todo!()
}
