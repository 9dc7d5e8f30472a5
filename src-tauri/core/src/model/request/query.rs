//! Questions, and what answers them.
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{CloneContent, FreeDisk, ImportSite, KeepGenerations, Request, SearchReplace};
use crate::model::{self, Address, EnvironmentName, LogKind, SiteName, view};

/// A question that changes nothing, and knows what answers it.
pub trait Ask: Into<Query> {
    /// What the owner answers.
    type Answer: Serialize + DeserializeOwned;
}

/// The one list of the questions: a struct of [`ask`] for each, and a variant of [`Query`] as it goes over the wire.
/// The dollar sign is handed in for the macros that this one defines.
macro_rules! questions {
    (($d:tt) $($(#[$about:meta])* $name:ident {
        $($(#[$of:meta])* $field:ident: $type:ty,)*
    } -> $answer:ty;)*) => {
        /// Any question.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(tag = "query", rename_all = "snake_case")]
        pub enum Query {
            $($(#[$about])* $name { $($(#[$of])* $field: $type,)* },)*
        }

        /// Each question by itself.
        pub mod ask {
            #[allow(clippy::wildcard_imports, reason = "the types of the list")]
            use super::*;

            $(
                $(#[$about])*
                #[derive(Clone, Debug, Serialize, Deserialize)]
                #[cfg_attr(test, derive(ts_rs::TS))]
                pub struct $name { $($(#[$of])* pub $field: $type,)* }

                impl Ask for $name {
                    type Answer = $answer;
                }

                impl From<$name> for Query {
                    fn from($name { $($field),* }: $name) -> Self {
                        Self::$name { $($field),* }
                    }
                }
            )*
        }

        /// Evaluates an expression for a question, whichever it is.
        macro_rules! for_question {
            ($d query:expr, $d it:ident => $d body:expr) => {
                match $d query {
                    $($crate::model::request::Query::$name { $($field),* } => {
                        let $d it = $crate::model::request::ask::$name { $($field),* };
                        $d body
                    })*
                }
            };
        }
        pub(crate) use for_question;

        /// Evaluates an expression for the type and the name of each question, in the order of the list.
        #[cfg(test)]
        macro_rules! for_each_question {
            ($d question:ident, $d called:ident => $d body:expr) => {
                $({
                    type $d question = $crate::model::request::ask::$name;
                    let $d called = stringify!($name);
                    $d body
                })*
            };
        }
        #[cfg(test)]
        pub(crate) use for_each_question;
    };
}

questions! { ($)
    /// All sites.
    Sites {} -> Vec<view::SiteRow>;

    /// All sites with what waits.
    SiteCards {} -> Vec<view::SiteCard>;

    /// One site.
    Board {
        /// The site.
        site: SiteName,
    } -> view::Board;

    /// One environment.
    Environment {
        /// The environment.
        environment: Address,
    } -> view::EnvironmentInfo;

    /// Commits of an environment, newest first.
    CodeLog {
        /// The environment.
        environment: Address,
        /// At most so many.
        limit: u32,
    } -> Vec<view::CommitRow>;

    /// Changed files that are not committed.
    Diffstat {
        /// The environment.
        environment: Address,
    } -> Vec<view::FileChange>;

    /// The difference of one changed file, as a unified diff.
    Diff {
        /// The environment.
        environment: Address,
        /// The file.
        file: String,
    } -> String;

    /// What a deploy would do.
    DeployPlan {
        /// Test or Live.
        environment: Address,
        /// The multidev whose code is deployed as a hotfix, instead of the environment before.
        #[serde(default)]
        from: Option<EnvironmentName>,
    } -> view::DeployPlan;

    /// Multidevs of a site, with how far they are from Dev.
    Multidevs {
        /// The site.
        site: SiteName,
    } -> Vec<view::MultidevRow>;

    /// Branches of a site's repository.
    Branches {
        /// The site.
        site: SiteName,
    } -> Vec<view::BranchRow>;

    /// Where a site's updates come from.
    Upstream {
        /// The site.
        site: SiteName,
    } -> Option<model::Upstream>;

    /// Which upstream updates wait.
    UpstreamUpdates {
        /// Dev or a multidev.
        environment: Address,
        /// Whether to ask the upstream first, which takes a while; else what was last seen counts.
        check: bool,
    } -> view::UpstreamStatus;

    /// Commits that Test or Live has and Dev lacks.
    Orphans {
        /// Test or Live.
        environment: Address,
    } -> Vec<view::CommitRow>;

    /// One commit with what it changed.
    Commit {
        /// The site.
        site: SiteName,
        /// The commit's id, or the beginning of it.
        commit: String,
    } -> view::CommitInfo;

    /// The difference that a commit made to a file, as a unified diff.
    CommitDiff {
        /// The site.
        site: SiteName,
        /// The commit's id, or the beginning of it.
        commit: String,
        /// The file.
        file: String,
    } -> String;

    /// Deploys of Test or Live, newest first.
    Deploys {
        /// Test or Live.
        environment: Address,
    } -> Vec<view::DeployRow>;

    /// What a merge, upstream updates (as last seen) or bringing commits to Dev would do.
    MergePlan {
        /// The request.
        request: Box<Request>,
    } -> view::MergePlan;

    /// How tools reach an environment; starts its database.
    Connection {
        /// The environment.
        environment: Address,
    } -> view::Connection;

    /// The scripts that `pantheon.yml` hooks to workflows, as the environment's commit has it.
    Hooks {
        /// The environment.
        environment: Address,
    } -> Vec<model::Hook>;

    /// The last Launch Check of an environment, or a new one.
    LaunchCheck {
        /// The environment.
        environment: Address,
        /// Whether to make a new one, which takes a few seconds.
        run: bool,
    } -> Option<model::LaunchCheck>;

    /// The last smoke test of an environment.
    SmokeReport {
        /// The environment.
        environment: Address,
    } -> Option<model::SmokeReport>;

    /// How the configuration in the code stands against the database.
    Configuration {
        /// The environment.
        environment: Address,
    } -> model::Configuration;

    /// What of a site is damaged, and what repairing it would do. Reads the whole repository.
    RepairPlan {
        /// The site.
        site: SiteName,
    } -> model::RepairPlan;

    /// Workflows, newest first.
    Workflows {
        /// Only of this site.
        site: Option<SiteName>,
    } -> Vec<view::WorkflowRow>;

    /// The log of a workflow.
    WorkflowLog {
        /// Its id.
        #[cfg_attr(test, ts(type = "number"))]
        id: i64,
    } -> String;

    /// The lock of an environment.
    Lock {
        /// The environment.
        environment: Address,
    } -> model::LockInfo;

    /// The newest entries of a log, or those since a cursor.
    Log {
        /// The environment.
        environment: Address,
        /// Which log.
        kind: LogKind,
        /// At most so many entries, when there is no cursor.
        lines: u32,
        /// The cursor of the page before: only what came since.
        since: Option<String>,
    } -> model::LogPage;

    /// Mail that an environment sent and Portico caught, newest first.
    Mail {
        /// The environment.
        environment: Address,
    } -> Vec<model::MailRow>;

    /// One message.
    MailMessage {
        /// The environment.
        environment: Address,
        /// Its id.
        id: String,
    } -> model::MailMessage;

    /// A message as it was sent, or a file that came with it, in Base64 or written to a file.
    MailPart {
        /// The environment.
        environment: Address,
        /// The message's id.
        id: String,
        /// Which attachment, from 0; none for the whole message.
        attachment: Option<u32>,
        /// The file to write; the answer is empty then.
        to: Option<String>,
    } -> String;

    /// When an environment's cron runs, and how it went.
    Cron {
        /// The environment.
        environment: Address,
    } -> model::CronInfo;

    /// What the machine has.
    Doctor {} -> Vec<view::Check>;

    /// How the owner stands.
    Status {} -> view::Status;

    /// The command line of a request.
    Command {
        /// The request.
        request: Box<Request>,
    } -> String;

    /// An environment's generations, newest first.
    Generations {
        /// The environment.
        environment: Address,
        /// Whether to measure what each alone takes of the disk, which takes a while with many files.
        disk: bool,
    } -> Vec<view::GenerationInfo>;

    /// What a search and replace would change. Reads the whole database.
    SearchReplacePlan {
        /// The request.
        request: Box<SearchReplace>,
    } -> view::SearchReplacePlan;

    /// What a clone would do. Starts the source's database and counts its files.
    ClonePlan {
        /// The request.
        request: Box<CloneContent>,
    } -> view::ClonePlan;

    /// What importing files would do, whatever they are, and the request that does it.
    ImportPlan {
        /// The files and options.
        request: Box<ImportSite>,
    } -> view::ImportPlan;

    /// What one environment's content has that another's lacks.
    CompareContent {
        /// The environment that may have more, such as Live.
        from: Address,
        /// The environment of the same site that may lack it.
        to: EnvironmentName,
    } -> view::ContentComparison;

    /// Which tables' rows a site's clones leave out.
    CloneProfile {
        /// The site.
        site: SiteName,
    } -> view::CloneProfile;

    /// What a site keeps for undo.
    KeepRule {
        /// The site.
        site: SiteName,
    } -> view::KeepRule;

    /// What a site's PHP may reach outside of the site.
    Allowed {
        /// The site.
        site: SiteName,
    } -> Vec<model::Allowed>;

    /// What a change of that rule would let go.
    KeepPlan {
        /// The change.
        request: KeepGenerations,
    } -> view::FreePlan;

    /// What would be freed.
    FreePlan {
        /// The request.
        request: FreeDisk,
    } -> view::FreePlan;

    /// What everything, or one site, takes of the disk. Looks at every file.
    Disk {
        /// The site, or one that was deleted.
        site: Option<SiteName>,
    } -> view::DiskReport;

    /// What files and folders are, by a quick look into each.
    Inspect {
        /// Their paths, absolute.
        paths: Vec<String>,
        /// Where they may be imported: notes say what does not fit there.
        environment: Option<Address>,
    } -> Vec<view::Inspected>;

    /// An environment's backups, newest first.
    Backups {
        /// The environment; one that is gone may have some.
        environment: Address,
    } -> Vec<model::Backup>;
}
