//! What a shell can ask for. Both shells, the loopback connection and the journal use these types.
use serde::{Deserialize, Serialize};

use crate::{
    model::{
        Address, ConnectionMode, DatabaseEngine, EnvironmentName, SiteName, view::WorkflowRow,
    },
    progress::Unit,
};

/// A change that is asked for: one workflow. Its tag is the workflow's kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// Makes a site and its Dev environment.
    CreateSite(CreateSite),
    /// Runs the installer of the site's system.
    InstallSite(InstallSite),
    /// Takes a site away; its folder is kept until pruned.
    DeleteSite(DeleteSite),
    /// Brings the parent's code to Test or Live.
    Deploy(Deploy),
    /// Brings another environment's content here.
    CloneContent(CloneContent),
    /// Commits what is changed in a writable environment's folder.
    Commit(Commit),
    /// Says how a writable environment's code is changed.
    SetConnection(SetConnection),
    /// Clears the site's caches.
    ClearCache(ClearCache),
    /// Empties database and files.
    Wipe(Wipe),
    /// Makes a multidev environment.
    CreateMultidev(CreateMultidev),
    /// Takes a multidev environment away; its folder is kept until pruned.
    DeleteMultidev(DeleteMultidev),
    /// Merges a multidev's branch into Dev's.
    MergeToDev(Merge),
    /// Merges Dev's branch into a multidev's.
    MergeFromDev(Merge),
    /// Says where a site's updates come from.
    SetUpstream(SetUpstream),
    /// Merges the upstream's updates.
    ApplyUpstream(ApplyUpstream),
    /// Deploys a tag that exists to Test or Live.
    DeployTag(DeployTag),
    /// Brings commits that only Test or Live has to Dev.
    BringToDev(BringToDev),
    /// Takes back the newest workflow of a site, or the one that is named.
    Undo(Undo),
}

/// `site:create`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct CreateSite {
    /// The permanent name, part of every address
    pub name: SiteName,
    /// A folder, a Git URL or path, or a .zip or .tar.gz of code; `sample` for the sample site
    #[cfg_attr(feature = "clap", arg(long))]
    pub from: String,
    /// The name that people read [default: the site's name]
    #[cfg_attr(feature = "clap", arg(long))]
    pub label: Option<String>,
    /// Where the database is kept [default: mariadb where it is installed]
    #[cfg_attr(feature = "clap", arg(long, value_enum))]
    pub database: Option<DatabaseEngine>,
    /// The branch that Dev follows [default: the repository's own]
    #[cfg_attr(feature = "clap", arg(long))]
    pub branch: Option<String>,
}

/// `site:install`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct InstallSite {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The site's title
    #[cfg_attr(feature = "clap", arg(long))]
    pub title: String,
    /// The first administrator's name
    #[cfg_attr(feature = "clap", arg(long))]
    pub admin_user: String,
    /// The first administrator's password
    #[cfg_attr(feature = "clap", arg(long))]
    pub admin_password: String,
    /// The first administrator's address
    #[cfg_attr(feature = "clap", arg(long))]
    pub admin_email: String,
}

/// `site:delete`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct DeleteSite {
    /// The site
    pub site: SiteName,
    /// The site's name once more, to confirm
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `env:deploy`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Deploy {
    /// Test or Live of a site, as in `acme.test`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// Pull the database and files from Live first (Test only)
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub sync_content: bool,
    /// The deploy log message
    #[cfg_attr(feature = "clap", arg(long))]
    pub note: Option<String>,
    /// Run the system's database updates after the code is there
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub updatedb: bool,
    /// Clear caches afterwards
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub cc: bool,
}

/// `env:clone-content`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct CloneContent {
    /// The environment whose content is copied, as in `acme.live`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub from: Address,
    /// The environment whose content is replaced
    #[cfg_attr(feature = "clap", arg(value_name = "ENV"))]
    pub to: EnvironmentName,
    /// Only the database
    #[cfg_attr(feature = "clap", arg(long, conflicts_with = "files_only"))]
    #[serde(default)]
    pub db_only: bool,
    /// Only the files
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub files_only: bool,
    /// Clear caches afterwards
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub cc: bool,
    /// Run the system's database updates afterwards
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub updatedb: bool,
    /// One more address to replace, beside those of the source that are found
    #[cfg_attr(feature = "clap", arg(long, requires = "to_url"))]
    pub from_url: Option<String>,
    /// What replaces it
    #[cfg_attr(feature = "clap", arg(long, requires = "from_url"))]
    pub to_url: Option<String>,
    /// Leave the addresses in the database as they are
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub keep_urls: bool,
    /// Copy the rows of cache and log tables too
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub full: bool,
    /// The site's name, to confirm that content goes up to Live
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `env:commit`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Commit {
    /// Dev or a multidev, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// What changed, and why
    #[cfg_attr(feature = "clap", arg(long))]
    pub message: String,
    /// Only these files [default: all that changed]
    #[cfg_attr(feature = "clap", arg(value_name = "FILE"))]
    #[serde(default)]
    pub files: Vec<String>,
}

/// `connection:set`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct SetConnection {
    /// Dev or a multidev, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// Edit the folder (sftp), or push to it (git)
    #[cfg_attr(feature = "clap", arg(value_enum))]
    pub mode: ConnectionMode,
}

/// `env:clear-cache`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ClearCache {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}

/// `env:wipe`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Wipe {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The site's name, to confirm that Live is emptied
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `multidev:create`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct CreateMultidev {
    /// The environment whose database and files are copied, as in `acme.live`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub from: Address,
    /// The new environment's name; a branch of that name is used if there is one
    #[cfg_attr(feature = "clap", arg(value_name = "NAME"))]
    pub name: EnvironmentName,
    /// Begin with an empty database
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub no_db: bool,
    /// Begin without files
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub no_files: bool,
}

/// `multidev:delete`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct DeleteMultidev {
    /// The multidev, as in `acme.blog`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// Delete its branch too
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub delete_branch: bool,
}

/// `multidev:merge-to-dev`, `multidev:merge-from-dev`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Merge {
    /// The multidev that is merged with Dev, as in `acme.blog`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// Run the system's database updates after the code is there
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub updatedb: bool,
}

/// `site:upstream:set`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct SetUpstream {
    /// The site
    pub site: SiteName,
    /// A Git URL or path; `empty` for no upstream
    pub url: String,
    /// The branch [default: that repository's main one]
    pub branch: Option<String>,
}

/// `upstream:updates:apply`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ApplyUpstream {
    /// Dev or a multidev, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// Run the system's database updates after the code is there
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub updatedb: bool,
    /// Take the upstream's lines where both changed
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub accept_upstream: bool,
}

/// `env:code-rollback`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct DeployTag {
    /// Test or Live of a site, as in `acme.test`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The tag to run [default: the one before]
    #[cfg_attr(feature = "clap", arg(long))]
    pub tag: Option<String>,
}

/// `env:bring-to-dev`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct BringToDev {
    /// Test or Live of a site, as in `acme.live`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}

/// `undo`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Undo {
    /// The site
    pub site: SiteName,
    /// The workflow to take back [default: the newest that can be]
    #[cfg_attr(feature = "clap", arg(long, value_name = "ID"))]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub workflow: Option<i64>,
}

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
    /// What the machine has; answers `Check[]`.
    Doctor,
    /// How the owner stands; answers `Status`.
    Status,
    /// The command line of a request; answers a string.
    Command {
        /// The request.
        request: Box<Request>,
    },
}

/// What is told while a workflow runs, to whoever started it and to every other shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It has its number and has begun.
    Started {
        /// Its row.
        workflow: WorkflowRow,
    },
    /// How far it is. Any of these but the last may be left out.
    Step {
        /// The workflow.
        #[cfg_attr(test, ts(type = "number"))]
        workflow: i64,
        /// What is being done.
        step: String,
        /// Units done.
        #[cfg_attr(test, ts(type = "number"))]
        done: u64,
        /// Units in all, when known.
        #[cfg_attr(test, ts(type = "number | null"))]
        total: Option<u64>,
        /// What the units are.
        unit: Unit,
        /// Seconds left, once they can be told.
        #[cfg_attr(test, ts(type = "number | null"))]
        eta_s: Option<u64>,
    },
    /// A line of its log.
    Line {
        /// The workflow.
        #[cfg_attr(test, ts(type = "number"))]
        workflow: i64,
        /// The line.
        line: String,
    },
    /// It has ended, well or not; the last event of a workflow.
    Finished {
        /// Its row.
        workflow: WorkflowRow,
    },
    /// Something outside a workflow changed: a push, an edited folder, a server that fell asleep.
    Changed {
        /// The site, when it is one site's.
        site: Option<SiteName>,
    },
}

/// What every shell needs to know of a request before it runs.
impl Request {
    /// The site that it changes.
    pub fn site(&self) -> &SiteName {
        match self {
            Self::CreateSite(it) => &it.name,
            Self::InstallSite(it) => &it.environment.site,
            Self::DeleteSite(it) => &it.site,
            Self::Deploy(it) => &it.environment.site,
            Self::CloneContent(it) => &it.from.site,
            Self::Commit(it) => &it.environment.site,
            Self::SetConnection(it) => &it.environment.site,
            Self::ClearCache(it) => &it.environment.site,
            Self::Wipe(it) => &it.environment.site,
            Self::CreateMultidev(it) => &it.from.site,
            Self::DeleteMultidev(it) => &it.environment.site,
            Self::MergeToDev(it) => &it.environment.site,
            Self::MergeFromDev(it) => &it.environment.site,
            Self::SetUpstream(it) => &it.site,
            Self::ApplyUpstream(it) => &it.environment.site,
            Self::DeployTag(it) => &it.environment.site,
            Self::BringToDev(it) => &it.environment.site,
            Self::Undo(it) => &it.site,
        }
    }

    /// The environment that it changes, where it is one.
    pub fn environment(&self) -> Option<&EnvironmentName> {
        match self {
            Self::CreateSite(_) | Self::DeleteSite(_) | Self::SetUpstream(_) | Self::Undo(_) => {
                None
            }
            Self::InstallSite(it) => Some(&it.environment.environment),
            Self::Deploy(it) => Some(&it.environment.environment),
            Self::CloneContent(it) => Some(&it.to),
            Self::Commit(it) => Some(&it.environment.environment),
            Self::SetConnection(it) => Some(&it.environment.environment),
            Self::ClearCache(it) => Some(&it.environment.environment),
            Self::Wipe(it) => Some(&it.environment.environment),
            Self::CreateMultidev(it) => Some(&it.name),
            Self::DeleteMultidev(it) => Some(&it.environment.environment),
            Self::MergeToDev(_) | Self::BringToDev(_) => Some(&EnvironmentName::Dev),
            Self::MergeFromDev(it) => Some(&it.environment.environment),
            Self::ApplyUpstream(it) => Some(&it.environment.environment),
            Self::DeployTag(it) => Some(&it.environment.environment),
        }
    }

    /// The workflow's kind, as the wire and the lists name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CreateSite(_) => "create_site",
            Self::InstallSite(_) => "install_site",
            Self::DeleteSite(_) => "delete_site",
            Self::Deploy(_) => "deploy",
            Self::CloneContent(_) => "clone_content",
            Self::Commit(_) => "commit",
            Self::SetConnection(_) => "set_connection",
            Self::ClearCache(_) => "clear_cache",
            Self::Wipe(_) => "wipe",
            Self::CreateMultidev(_) => "create_multidev",
            Self::DeleteMultidev(_) => "delete_multidev",
            Self::MergeToDev(_) => "merge_to_dev",
            Self::MergeFromDev(_) => "merge_from_dev",
            Self::SetUpstream(_) => "set_upstream",
            Self::ApplyUpstream(_) => "apply_upstream",
            Self::DeployTag(_) => "deploy_tag",
            Self::BringToDev(_) => "bring_to_dev",
            Self::Undo(_) => "undo",
        }
    }

    /// The request as history may keep it: a password that was only passed through is left out.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut copy = self.clone();
        if let Self::InstallSite(it) = &mut copy {
            it.admin_password.clear();
        }
        copy
    }
}
