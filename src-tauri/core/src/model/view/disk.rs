//! What everything takes of the disk, and what could be freed.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{EnvironmentName, KeptKind, SiteName};

/// `disk`: what Portico holds. All in bytes of the disk; what several things share (reflinks, hard links) counts once, for
/// what is in use first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskReport {
    /// The root folder.
    pub root: String,
    /// The whole disk that it is on.
    #[cfg_attr(test, ts(type = "number"))]
    pub disk: u64,
    /// What is free of it.
    #[cfg_attr(test, ts(type = "number"))]
    pub free: u64,
    /// What Portico holds in all.
    #[cfg_attr(test, ts(type = "number"))]
    pub held: u64,
    /// The sites, the largest first; deleted ones whose folders are kept are among them.
    pub sites: Vec<DiskSite>,
    /// Empty data directories of database servers.
    #[cfg_attr(test, ts(type = "number"))]
    pub templates: u64,
    /// The logs of workflows and of Portico itself.
    #[cfg_attr(test, ts(type = "number"))]
    pub logs: u64,
    /// What was let go and is being deleted.
    #[cfg_attr(test, ts(type = "number"))]
    pub trash: u64,
    /// portico.db and what else is no site's.
    #[cfg_attr(test, ts(type = "number"))]
    pub rest: u64,
    /// Whether the disk told which blocks are shared; where it can't (macOS, Windows), they count in full.
    pub is_exact: bool,
    /// Whether so little is free that only what was replaced last is kept.
    pub is_short: bool,
}

/// What one site takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskSite {
    /// Its name.
    pub site: SiteName,
    /// The name that people read.
    pub label: String,
    /// Whether it was deleted, and is kept so that this can be undone.
    pub is_deleted: bool,
    /// All of it.
    pub parts: DiskParts,
    /// Its environments; the repository is none of theirs.
    pub environments: Vec<DiskEnvironment>,
    /// How many of each kind it keeps for undo.
    pub keeps: u32,
    /// And all of so many days.
    pub keeps_days: u32,
    /// What `disk:free` would let go.
    pub freeable: Vec<Goes>,
}

/// What one environment takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskEnvironment {
    /// Its name.
    pub environment: EnvironmentName,
    /// What it takes.
    pub parts: DiskParts,
}

/// Bytes by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskParts {
    /// Code in use, and the repository.
    #[cfg_attr(test, ts(type = "number"))]
    pub code: u64,
    /// Content in use.
    #[cfg_attr(test, ts(type = "number"))]
    pub content: u64,
    /// Contents that were replaced.
    #[cfg_attr(test, ts(type = "number"))]
    pub undo: u64,
    /// Releases that were replaced.
    #[cfg_attr(test, ts(type = "number"))]
    pub releases: u64,
    /// Deleted environments, or the whole of a deleted site.
    #[cfg_attr(test, ts(type = "number"))]
    pub deleted: u64,
    /// Backups.
    #[cfg_attr(test, ts(type = "number"))]
    pub backups: u64,
    /// Logs, reports, caught mail, temporary files.
    #[cfg_attr(test, ts(type = "number"))]
    pub logs: u64,
}

impl DiskParts {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Self { code, content, undo, releases, deleted, backups, logs } = self;
        code + content + undo + releases + deleted + backups + logs
    }

    /// What is in use now.
    pub fn in_use(&self) -> u64 {
        self.code + self.content
    }

    /// What is kept so that steps can be undone.
    pub fn for_undo(&self) -> u64 {
        self.undo + self.releases + self.deleted
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.code += other.code;
        self.content += other.content;
        self.undo += other.undo;
        self.releases += other.releases;
        self.deleted += other.deleted;
        self.backups += other.backups;
        self.logs += other.logs;
    }
}

/// Something that would be let go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Goes {
    /// What it is.
    pub kind: KeptKind,
    /// Its site.
    pub site: SiteName,
    /// Its environment; none of a whole site and of what several share.
    pub environment: Option<EnvironmentName>,
    /// What it is, for people: "generation 7 of acme.dev".
    pub what: String,
    /// When it was made, or deleted.
    #[cfg_attr(test, ts(type = "string"))]
    pub made: Timestamp,
    /// What the disk has more without it, and without those before it in the list.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// The workflows that can't be undone any more without it, newest first. A release that is gone is checked out again.
    pub undo_of: Vec<String>,
}

/// What a change of the rule, or `disk:free`, would let go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FreePlan {
    /// How many of each kind stay.
    pub count: u32,
    /// And all of so many days.
    pub days: u32,
    /// What goes.
    pub goes: Vec<Goes>,
    /// What the disk has more then.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// Whether the disk told which blocks are shared.
    pub is_exact: bool,
}
