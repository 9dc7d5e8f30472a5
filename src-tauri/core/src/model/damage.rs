//! What is broken of a site, and the way back.
use serde::{Deserialize, Serialize};

use super::{EnvironmentName, SiteName};
use crate::error::{Code, Error};

/// A part of a site that can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What portico.db says of it.
    Row,
    /// The folder of its code.
    Code,
    /// Its database.
    Database,
    /// Its uploaded files.
    Files,
    /// The site's repository: its references, commits and files.
    Repository,
    /// What lies in the site's folder and nothing points to.
    Leftover,
    /// Who may read the root folder.
    Access,
}

/// How a part comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WayBack {
    /// The row is written anew from what lies on the disk.
    Row,
    /// The release is checked out anew from its commit.
    Release {
        /// The commit, 40 hex digits.
        commit: String,
    },
    /// The folder is made anew from its branch; files that are in it stay.
    Worktree {
        /// The branch's short name.
        branch: String,
    },
    /// The environment goes back to an earlier generation.
    Generation {
        /// Its number.
        number: u32,
    },
    /// The link is made anew.
    Link,
    /// An empty folder takes its place.
    EmptyFolder,
    /// The reference goes back to where it was last seen.
    Reference {
        /// `refs/heads/…`, `refs/tags/…`
        name: String,
        /// The commit, or the tag's own object.
        target: String,
    },
    /// Objects are made anew from the same files in worktrees and releases.
    Objects,
    /// The repository is made anew, as far as worktrees and releases tell.
    Repository,
    /// The folder is closed to everyone else.
    Close,
    /// Nothing that Portico could do by itself.
    None,
}

/// One thing that is broken, or should be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Damage {
    /// The environment that it is of; none when it is the site's.
    pub environment: Option<EnvironmentName>,
    /// The part.
    pub part: Part,
    /// What is broken: lower case, no full stop.
    pub message: String,
    /// What repairing would do, or what a person can: a full sentence.
    pub action: String,
    /// How it comes back.
    pub way_back: WayBack,
    /// Whether the environment can't answer visitors meanwhile.
    pub stops: bool,
}

/// What of a site is damaged, and what is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RepairPlan {
    /// The site.
    pub site: SiteName,
    /// What was found, the site's own first, then by environment.
    pub findings: Vec<Damage>,
    /// What was looked at and is whole, in words.
    pub whole: Vec<String>,
}

impl Damage {
    /// Whether `site:repair` does something about it.
    pub fn is_repairable(&self) -> bool {
        self.way_back != WayBack::None
    }

    /// As an error is told.
    pub fn error(&self) -> Error {
        Error::new(Code::Failed, &self.message).hint(&self.action)
    }
}
