//! What the shells are told: rows of lists, an environment in full, the board.
mod content;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use content::*;

use super::{
    Address, Cms, ConnectionMode, Damage, DatabaseEngine, EnvironmentName, Origin, SiteName,
    Upstream,
};
use crate::error::Error;

mod code;
mod disk;

pub use code::*;
pub use disk::*;

/// A row of `site:list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SiteRow {
    /// The permanent name.
    pub name: SiteName,
    /// The name that people read.
    pub label: String,
    /// What it is made with.
    pub cms: Cms,
    /// When it was made.
    #[cfg_attr(test, ts(type = "string"))]
    pub created: Timestamp,
}

/// A row of the window's list of sites; cheap enough for twenty of them at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SiteCard {
    /// The permanent name.
    pub name: SiteName,
    /// The name that people read.
    pub label: String,
    /// What it is made with.
    pub cms: Cms,
    /// The system's version, as its code says.
    pub cms_version: Option<String>,
    /// Commits of Dev that Test lacks, and of Test that Live lacks.
    #[cfg_attr(test, ts(type = "number"))]
    pub deployable: u64,
    /// Whether there is a Test yet: a site that has Dev alone has nothing to be in step with.
    pub deployed: bool,
    /// Updates of its upstream that Dev lacks, as last seen.
    #[cfg_attr(test, ts(type = "number"))]
    pub upstream_updates: u64,
    /// Whether a workflow runs on it now.
    pub busy: bool,
    /// The first thing that is broken of it: "Dev: the folder of its code is missing".
    pub damage: Option<String>,
}

/// `env:info` (design, section 9), with what the board shows beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnvironmentInfo {
    /// The site.
    pub site: SiteName,
    /// The environment.
    pub environment: EnvironmentName,
    /// Where it answers.
    pub url: String,
    /// Whether it exists yet; Test and Live come into being by their first deploy.
    pub initialized: bool,
    /// How its code is changed; none on Test and Live.
    pub connection_mode: Option<ConnectionMode>,
    /// Whether visitors meet a password.
    pub locked: bool,
    /// Its code.
    pub code: CodeInfo,
    /// Its content.
    pub content: ContentInfo,
    /// How it answered last, as far as the front has seen.
    pub health: Health,
    /// How many requests died in PHP since its code came: since the last deploy, or Dev's last commit.
    #[cfg_attr(test, ts(type = "number"))]
    pub fatal_errors: u64,
    /// What is broken of it, with the way back; empty most of the time.
    pub damage: Vec<Damage>,
    /// What a person should know: that the PHP version which the code asks for is not on this machine.
    pub note: Option<String>,
    /// How many pieces of configuration differ between code and database, as far as somebody looked since either
    /// was replaced.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub config_differences: Option<u64>,
    /// The folder of its code.
    pub code_folder: String,
    /// The folder of its uploaded files.
    pub files_folder: String,
}

/// An environment's code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CodeInfo {
    /// The commit it runs, 40 hex digits.
    pub commit: Option<String>,
    /// The tag it runs (Test and Live).
    pub tag: Option<String>,
    /// The branch it follows (Dev and multidev).
    pub branch: Option<String>,
    /// The commit's subject; on Test and Live the deploy message.
    pub message: Option<String>,
    /// The commit's author.
    pub author: Option<String>,
    /// When it was committed, or deployed.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub date: Option<Timestamp>,
    /// How many commits the parent has and this environment lacks; none on Dev.
    #[cfg_attr(test, ts(type = "number"))]
    pub deployable: u64,
    /// How many commits this environment has and Dev lacks: a deploy would drop them (Test and Live).
    #[cfg_attr(test, ts(type = "number"))]
    pub orphans: u64,
    /// How many files are changed and not committed (Dev and multidev).
    #[cfg_attr(test, ts(type = "number"))]
    pub uncommitted: u64,
    /// What a person should know of the commit's files.
    pub warnings: Vec<CodeWarning>,
}

/// Something about a commit's files that a person should know: tracked uploads, Git LFS, names that clash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CodeWarning {
    /// What it is: lower case, no full stop.
    pub message: String,
    /// What to do: full sentences.
    pub hint: String,
}

/// An environment's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ContentInfo {
    /// The number of the generation in use; 0 where there is none yet.
    pub generation: u32,
    /// Where it came from.
    pub origin: Option<Origin>,
    /// When it came from there.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub origin_at: Option<Timestamp>,
    /// The database, as last measured.
    pub database: DatabaseInfo,
    /// The uploaded files, as last measured.
    pub files: FilesInfo,
}

/// Size of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DatabaseInfo {
    /// Which engine holds it.
    pub engine: DatabaseEngine,
    /// Tables.
    #[cfg_attr(test, ts(type = "number"))]
    pub tables: u64,
    /// Rows.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Whether `rows` is the engine's own estimate: counting them all would take long.
    #[serde(default)]
    pub estimated: bool,
    /// Bytes of data and indexes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

impl DatabaseInfo {
    /// One without a table.
    pub fn empty(engine: DatabaseEngine) -> Self {
        Self { engine, tables: 0, rows: 0, estimated: false, bytes: 0 }
    }
}

/// Size of the uploaded files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilesInfo {
    /// Files.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
    /// Bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

/// How an environment answered last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Health {
    /// Nobody visited since the owner started; it starts on the first visit.
    Asleep,
    /// The last page that PHP (or a file, on a site without PHP) answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// Milliseconds until the answer began.
        #[cfg_attr(test, ts(type = "number"))]
        ms: u64,
        /// When that was.
        #[cfg_attr(test, ts(type = "string"))]
        at: Timestamp,
    },
    /// Its PHP or its database could not be started.
    Broken {
        /// Why.
        error: Error,
    },
}

/// A row of `workflow:list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkflowRow {
    /// Counts up.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The site.
    pub site: SiteName,
    /// The environment, where one is changed.
    pub environment: Option<EnvironmentName>,
    /// `deploy`, `clone_content`, …: the request's tag.
    pub kind: String,
    /// What it did, for people: "Deploy to Test".
    pub title: String,
    /// How it stands.
    pub state: WorkflowState,
    /// When it began.
    #[cfg_attr(test, ts(type = "string"))]
    pub started_at: Timestamp,
    /// When it ended.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub finished_at: Option<Timestamp>,
    /// The workflow that it undid.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub undoes: Option<i64>,
    /// Whether `portico undo` can take it back now.
    pub undoable: bool,
    /// The command line that does the same.
    pub command: String,
    /// What it brought about: tag, generation, costs; its keys depend on the kind.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub result: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<Error>,
}

/// How a workflow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WorkflowState {
    /// Under way.
    Running,
    /// Done.
    Succeeded,
    /// Failed; everything is as it was.
    Failed,
    /// Stopped by the person; everything is as it was.
    Cancelled,
    /// Its owner died; the next owner put everything back.
    RolledBack,
}

/// One commit, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CommitRow {
    /// 40 hex digits.
    pub commit: String,
    /// The message's first line.
    pub subject: String,
    /// The author's name.
    pub author: String,
    /// When it was committed.
    #[cfg_attr(test, ts(type = "string"))]
    pub date: Timestamp,
    /// `pantheon_…` tags on it.
    pub tags: Vec<String>,
    /// Environments whose code contains it.
    pub labels: Vec<EnvironmentName>,
}

/// A row of `multidev:list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MultidevRow {
    /// Its name, which is its branch's too.
    pub environment: EnvironmentName,
    /// Where it answers.
    pub url: String,
    /// When it was made.
    #[cfg_attr(test, ts(type = "string"))]
    pub created: Timestamp,
    /// How its code is changed.
    pub connection_mode: Option<ConnectionMode>,
    /// Whether visitors meet a password.
    pub locked: bool,
    /// Commits that it has and Dev lacks.
    #[cfg_attr(test, ts(type = "number"))]
    pub ahead: u64,
    /// Commits that Dev has and it lacks.
    #[cfg_attr(test, ts(type = "number"))]
    pub behind: u64,
}

/// A row of `branch:list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BranchRow {
    /// Its short name.
    pub name: String,
    /// The commit it is at.
    pub commit: CommitRow,
    /// The environment that follows it.
    pub environment: Option<EnvironmentName>,
    /// Commits that it has and Dev lacks.
    #[cfg_attr(test, ts(type = "number"))]
    pub ahead: u64,
    /// Commits that Dev has and it lacks.
    #[cfg_attr(test, ts(type = "number"))]
    pub behind: u64,
}

/// Which upstream updates wait for an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UpstreamStatus {
    /// Where they come from.
    pub upstream: Upstream,
    /// Whether the upstream was ever seen; if not, nothing is known of updates.
    pub is_known: bool,
    /// How many updates wait.
    #[cfg_attr(test, ts(type = "number"))]
    pub behind: u64,
    /// They, newest first; the first 200.
    pub updates: Vec<CommitRow>,
}

/// One changed file, a row of `env:diffstat`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileChange {
    /// The path in the code; bytes that are no UTF-8 are shown replaced.
    pub file: String,
    /// What happened to it.
    pub status: FileStatus,
    /// Lines removed.
    #[cfg_attr(test, ts(type = "number"))]
    pub deletions: u64,
    /// Lines added.
    #[cfg_attr(test, ts(type = "number"))]
    pub additions: u64,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// Its content or mode changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// What a deploy would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeployPlan {
    /// Where it goes.
    pub environment: Address,
    /// Where it comes from.
    pub from: EnvironmentName,
    /// Whether it creates the environment, with the parent's content.
    pub first: bool,
    /// What the environment lacks, newest first; the first 200.
    pub commits: Vec<CommitRow>,
    /// How many there are in all.
    #[cfg_attr(test, ts(type = "number"))]
    pub deployable: u64,
    /// Changed files of the parent that are not committed and so stay behind.
    #[cfg_attr(test, ts(type = "number"))]
    pub uncommitted: u64,
    /// Commits that the environment has and would lose: a hotfix that never came to Dev, or what a hotfix passes by.
    #[cfg_attr(test, ts(type = "number"))]
    pub dropped: u64,
    /// The tag that it would make.
    pub tag: String,
    /// Live's content, when it can be pulled into Test.
    pub content: Option<ContentInfo>,
    /// What a person should know of the files that would be deployed.
    pub warnings: Vec<CodeWarning>,
    /// Database updates that the new code would run on what the environment holds.
    pub updates: Vec<PendingUpdate>,
}

/// One database update that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PendingUpdate {
    /// The module, or the site of a network.
    pub module: String,
    /// The function, or the versions.
    pub update: String,
    /// What it does, in its author's words; empty when they say nothing.
    pub description: String,
}

/// Everything that the board of one site shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Board {
    /// The site.
    pub site: SiteRow,
    /// The system's version, as its code says.
    pub cms_version: Option<String>,
    /// Where Git clients clone and push.
    pub repository: String,
    /// Updates of its upstream that Dev lacks; none when it has no upstream, or nobody has looked yet.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub upstream_updates: Option<u64>,
    /// What is broken of the site as a whole: its repository.
    pub damage: Vec<Damage>,
    /// Dev, Test, Live, then the multidevs by name.
    pub environments: Vec<EnvironmentInfo>,
    /// The newest twenty workflows, newest first.
    pub workflows: Vec<WorkflowRow>,
}

/// What the machine has, for the window's foot and `portico status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Status {
    /// The root folder.
    pub root: String,
    /// The front's port.
    pub port: u16,
    /// Free bytes on the root folder's disk.
    #[cfg_attr(test, ts(type = "number"))]
    pub free: u64,
    /// Processes under way: PHP pools and database servers.
    pub processes: Vec<ProcessRow>,
    /// What the last owner left unfinished and this one put back.
    pub healed: Vec<WorkflowRow>,
    /// Sites and environments that could not be made ready at the start.
    pub problems: Vec<Problem>,
    /// What else there is to say of the owner's start: a copy of portico.db that took its place, what was newer.
    pub told: Vec<String>,
    /// Folders of sites that portico.db doesn't know; `site:adopt` takes them up.
    pub unknown_sites: Vec<SiteName>,
}

/// A site, or one environment of it, that could not be made ready, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// The site.
    pub site: SiteName,
    /// The environment; none when it is the site as a whole.
    pub environment: Option<EnvironmentName>,
    /// The reason.
    pub error: Error,
}

/// A process that Portico started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProcessRow {
    /// `PHP 8.2`, `MariaDB 10.11`.
    pub what: String,
    /// The environment it serves.
    pub environment: Address,
    /// Its process id.
    pub pid: u32,
}

/// One program that Portico needs or can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Check {
    /// The program, as people call it.
    pub name: String,
    /// Whether it is there and complete.
    pub ok: bool,
    /// Whether sites can run without it.
    pub optional: bool,
    /// Its version.
    pub version: Option<String>,
    /// Where it was found.
    pub path: Option<String>,
    /// What it lacks, or why it is no use: "lacks mysqli, gd".
    pub problem: Option<String>,
    /// How to get it on this system: a command, or a sentence.
    pub remedy: Option<String>,
}
