//! Quicksilver: a site's own scripts before and after workflows.
use std::fmt;

use serde::{Deserialize, Serialize};

/// A workflow that a site's scripts can be hooked to, by Pantheon's name (docs, "Quicksilver hooks").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[value(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    /// A site is made; runs in Dev.
    DeployProduct,
    /// A multidev is made; runs there.
    CreateCloudDevelopmentEnvironment,
    /// Code comes to Dev or a multidev by a commit, a push, a merge or upstream updates.
    SyncCode,
    /// A database is cloned; runs in the target.
    CloneDatabase,
    /// Code is deployed to Test or Live.
    Deploy,
    /// Caches are cleared.
    ClearCache,
}

impl HookEvent {
    /// All of them, with the names that `pantheon.yml` uses.
    pub const ALL: [Self; 6] = [
        Self::DeployProduct,
        Self::CreateCloudDevelopmentEnvironment,
        Self::SyncCode,
        Self::CloneDatabase,
        Self::Deploy,
        Self::ClearCache,
    ];

    /// Pantheon's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeployProduct => "deploy_product",
            Self::CreateCloudDevelopmentEnvironment => "create_cloud_development_environment",
            Self::SyncCode => "sync_code",
            Self::CloneDatabase => "clone_database",
            Self::Deploy => "deploy",
            Self::ClearCache => "clear_cache",
        }
    }

    /// Whether scripts can run before it; before something is made there is nowhere to run.
    pub fn has_before(self) -> bool {
        !matches!(self, Self::DeployProduct | Self::CreateCloudDevelopmentEnvironment)
    }
}

impl fmt::Display for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Before or after the workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum HookStage {
    /// While code and content are still the old.
    Before,
    /// Once they are the new.
    After,
}

impl fmt::Display for HookStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

/// One script that `pantheon.yml` hooks to a workflow, a row of `env:hooks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hook {
    /// The workflow's name, as written.
    pub event: String,
    /// When it runs.
    pub stage: HookStage,
    /// What it does, for people.
    pub description: String,
    /// Its script, relative to the served folder.
    pub script: String,
    /// Why it will not run: a workflow or type that there is not, a script that is missing.
    pub problem: Option<String>,
}

/// How one script ran, part of a workflow's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HookRun {
    /// The workflow.
    pub event: HookEvent,
    /// When it ran.
    pub stage: HookStage,
    /// What it does.
    pub description: String,
    /// Its script.
    pub script: String,
    /// How long it took, in milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ms: u64,
    /// Why it failed; none when it did not.
    pub error: Option<String>,
}
