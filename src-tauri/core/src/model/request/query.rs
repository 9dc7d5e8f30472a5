//! Questions.
use serde::{Deserialize, Serialize};

use super::Request;
use crate::model::{Address, SiteName};

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
