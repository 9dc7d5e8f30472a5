//! Questions.
use serde::{Deserialize, Serialize};

use super::{CloneContent, FreeDisk, ImportSite, KeepGenerations, Request, SearchReplace};
use crate::model::{Address, EnvironmentName, LogKind, SiteName};

/// A question that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// All sites; answers `SiteRow[]`.
    Sites,
    /// All sites with what waits; answers `SiteCard[]`.
    SiteCards,
    /// One site; answers `Board`.
    Board {
        /// The site.
        site: SiteName,
    },
    /// One environment; answers `EnvironmentInfo`.
    Environment {
        /// The environment.
        environment: Address,
    },
    /// Commits of an environment, newest first; answers `CommitRow[]`.
    CodeLog {
        /// The environment.
        environment: Address,
        /// At most so many.
        limit: u32,
    },
    /// Changed files that are not committed; answers `FileChange[]`.
    Diffstat {
        /// The environment.
        environment: Address,
    },
    /// The difference of one changed file, as a unified diff; answers a string.
    Diff {
        /// The environment.
        environment: Address,
        /// The file.
        file: String,
    },
    /// What a deploy would do; answers `DeployPlan`.
    DeployPlan {
        /// Test or Live.
        environment: Address,
        /// The multidev whose code is deployed as a hotfix, instead of the environment before.
        #[serde(default)]
        from: Option<EnvironmentName>,
    },
    /// Multidevs of a site, with how far they are from Dev; answers `MultidevRow[]`.
    Multidevs {
        /// The site.
        site: SiteName,
    },
    /// Branches of a site's repository; answers `BranchRow[]`.
    Branches {
        /// The site.
        site: SiteName,
    },
    /// Where a site's updates come from; answers `Upstream | null`.
    Upstream {
        /// The site.
        site: SiteName,
    },
    /// Which upstream updates wait; answers `UpstreamStatus`.
    UpstreamUpdates {
        /// Dev or a multidev.
        environment: Address,
        /// Whether to ask the upstream first, which takes a while; else what was last seen counts.
        check: bool,
    },
    /// Commits that Test or Live has and Dev lacks; answers `CommitRow[]`.
    Orphans {
        /// Test or Live.
        environment: Address,
    },
    /// One commit with what it changed; answers `CommitInfo`.
    Commit {
        /// The site.
        site: SiteName,
        /// The commit's id, or the beginning of it.
        commit: String,
    },
    /// The difference that a commit made to a file, as a unified diff; answers a string.
    CommitDiff {
        /// The site.
        site: SiteName,
        /// The commit's id, or the beginning of it.
        commit: String,
        /// The file.
        file: String,
    },
    /// Deploys of Test or Live, newest first; answers `DeployRow[]`.
    Deploys {
        /// Test or Live.
        environment: Address,
    },
    /// What a merge, upstream updates (as last seen) or bringing commits to Dev would do; answers `MergePlan`.
    MergePlan {
        /// The request.
        request: Box<Request>,
    },
    /// How tools reach an environment; starts its database. Answers `Connection`.
    Connection {
        /// The environment.
        environment: Address,
    },
    /// The scripts that `pantheon.yml` hooks to workflows, as the environment's commit has it; answers `Hook[]`.
    Hooks {
        /// The environment.
        environment: Address,
    },
    /// The last Launch Check of an environment, or a new one; answers `LaunchCheck | null`.
    LaunchCheck {
        /// The environment.
        environment: Address,
        /// Whether to make a new one, which takes a few seconds.
        run: bool,
    },
    /// The last smoke test of an environment; answers `SmokeReport | null`.
    SmokeReport {
        /// The environment.
        environment: Address,
    },
    /// How the configuration in the code stands against the database; answers `Configuration`.
    Configuration {
        /// The environment.
        environment: Address,
    },
    /// What of a site is damaged, and what repairing it would do; answers `RepairPlan`. Reads the whole repository.
    RepairPlan {
        /// The site.
        site: SiteName,
    },
    /// Workflows, newest first; answers `WorkflowRow[]`.
    Workflows {
        /// Only of this site.
        site: Option<SiteName>,
    },
    /// The log of a workflow; answers a string.
    WorkflowLog {
        /// Its id.
        #[cfg_attr(test, ts(type = "number"))]
        id: i64,
    },
    /// The lock of an environment; answers `LockInfo`.
    Lock {
        /// The environment.
        environment: Address,
    },
    /// The newest entries of a log, or those since a cursor; answers `LogPage`.
    Log {
        /// The environment.
        environment: Address,
        /// Which log.
        kind: LogKind,
        /// At most so many entries, when there is no cursor.
        lines: u32,
        /// The cursor of the page before: only what came since.
        since: Option<String>,
    },
    /// Mail that an environment sent and Portico caught, newest first; answers `MailRow[]`.
    Mail {
        /// The environment.
        environment: Address,
    },
    /// One message; answers `MailMessage`.
    MailMessage {
        /// The environment.
        environment: Address,
        /// Its id.
        id: String,
    },
    /// A message as it was sent, or a file that came with it, in Base64 or written to a file; answers a string.
    MailPart {
        /// The environment.
        environment: Address,
        /// The message's id.
        id: String,
        /// Which attachment, from 0; none for the whole message.
        attachment: Option<u32>,
        /// The file to write; the answer is empty then.
        to: Option<String>,
    },
    /// When an environment's cron runs, and how it went; answers `CronInfo`.
    Cron {
        /// The environment.
        environment: Address,
    },
    /// What the machine has; answers `Check[]`.
    Doctor,
    /// How the owner stands; answers `Status`.
    Status,
    /// The command line of a request; answers a string.
    Command {
        /// The request.
        request: Box<Request>,
    },
    /// An environment's generations, newest first; answers `GenerationInfo[]`.
    Generations {
        /// The environment.
        environment: Address,
        /// Whether to measure what each alone takes of the disk, which takes a while with many files.
        disk: bool,
    },
    /// What a search and replace would change; answers `SearchReplacePlan`. Reads the whole database.
    SearchReplacePlan {
        /// The request.
        request: Box<SearchReplace>,
    },
    /// What a clone would do; answers `ClonePlan`. Starts the source's database and counts its files.
    ClonePlan {
        /// The request.
        request: Box<CloneContent>,
    },
    /// What importing files would do, whatever they are, and the request that does it; answers `ImportPlan`.
    ImportPlan {
        /// The files and options.
        request: Box<ImportSite>,
    },
    /// What one environment's content has that another's lacks; answers `ContentComparison`.
    CompareContent {
        /// The environment that may have more, such as Live.
        from: Address,
        /// The environment of the same site that may lack it.
        to: EnvironmentName,
    },
    /// Which tables' rows a site's clones leave out; answers `CloneProfile`.
    CloneProfile {
        /// The site.
        site: SiteName,
    },
    /// What a site keeps for undo; answers `KeepRule`.
    KeepRule {
        /// The site.
        site: SiteName,
    },
    /// What a site's PHP may reach outside of the site; answers `Allowed[]`.
    Allowed {
        /// The site.
        site: SiteName,
    },
    /// What a change of that rule would let go; answers `FreePlan`.
    KeepPlan {
        /// The change.
        request: KeepGenerations,
    },
    /// What would be freed; answers `FreePlan`.
    FreePlan {
        /// The request.
        request: FreeDisk,
    },
    /// What everything, or one site, takes of the disk; answers `DiskReport`. Looks at every file.
    Disk {
        /// The site, or one that was deleted.
        site: Option<SiteName>,
    },
    /// What files and folders are, by a quick look into each; answers `Inspected[]`.
    Inspect {
        /// Their paths, absolute.
        paths: Vec<String>,
        /// Where they may be imported: notes say what does not fit there.
        environment: Option<Address>,
    },
}
