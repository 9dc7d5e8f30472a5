//! Questions.
use serde::{Deserialize, Serialize};

use super::{CloneContent, ImportSite, Request, SearchReplace};
use crate::model::{Address, EnvironmentName, SiteName};

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
    /// What files and folders are, by a quick look into each; answers `Inspected[]`.
    Inspect {
        /// Their paths, absolute.
        paths: Vec<String>,
        /// Where they may be imported: notes say what does not fit there.
        environment: Option<Address>,
    },
}
