//! What the shells are told about commits, deploys and merges.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CommitRow, FileChange};
use crate::model::{Address, ConnectionMode, DatabaseEngine};

/// One commit in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CommitInfo {
    /// As lists show it; its labels are left empty.
    pub row: CommitRow,
    /// The whole message.
    pub message: String,
    /// The author's address.
    pub email: String,
    /// The commits that it came from; more than one for a merge.
    pub parents: Vec<String>,
    /// What it changed against the first of them.
    pub files: Vec<FileChange>,
}

/// A deploy of Test or Live, a row of `env:deploys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeployRow {
    /// `pantheon_test_N`.
    pub tag: String,
    /// The deploy message; empty for a tag that was made by hand without one.
    pub message: String,
    /// When it was tagged.
    #[cfg_attr(test, ts(type = "string"))]
    pub date: Timestamp,
    /// The commit it is on.
    pub commit: CommitRow,
    /// Whether the environment runs it.
    pub current: bool,
}

/// What bringing code into Dev or a multidev would do: a merge, upstream updates, commits of Test or Live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MergePlan {
    /// The environment that changes.
    pub into: Address,
    /// Where the code comes from: an environment's name, or `the upstream`.
    pub from: String,
    /// What comes, newest first; the first 200.
    pub commits: Vec<CommitRow>,
    /// How many there are in all; with none there is nothing to do.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
    /// Changed files that are in the way until they are committed or discarded.
    #[cfg_attr(test, ts(type = "number"))]
    pub uncommitted: u64,
    /// Files that need the person's answer and have none in the request.
    pub conflicts: Vec<Conflict>,
    /// The commands that do it by hand, one a line.
    pub by_hand: Vec<String>,
}

/// A file that both sides changed in the same place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Conflict {
    /// The path in the code.
    pub file: String,
    /// What the environment has; none when it has no such file.
    pub ours: Option<Side>,
    /// What comes; none when it has no such file.
    pub theirs: Option<Side>,
    /// What both came from.
    pub base: Option<Side>,
    /// Both sides between markers, where both are text.
    pub merged: Option<String>,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Side {
    /// How large the file is.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// What it holds; none for a binary or a very long one.
    pub text: Option<String>,
}

/// How tools reach an environment, `connection:info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Connection {
    /// How its code is changed.
    pub connection_mode: Option<ConnectionMode>,
    /// Where it answers.
    pub url: String,
    /// What clones the site's repository; with the branch, where it has one.
    pub git_command: String,
    /// The folder of its code.
    pub code_folder: String,
    /// The folder of its uploaded files.
    pub files_folder: String,
    /// Its database; none on a site without PHP.
    pub database: Option<DatabaseConnection>,
}

/// How tools reach a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DatabaseConnection {
    /// Which engine it is.
    pub engine: DatabaseEngine,
    /// MariaDB's socket (a named pipe on Windows), or SQLite's file.
    pub path: String,
    /// The database's name; none of SQLite's.
    pub name: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<String>,
    /// A client's command line.
    pub command: String,
}
