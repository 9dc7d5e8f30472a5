//! Requests about code.
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    model::{Address, ConnectionMode, EnvironmentName, HookEvent, HookStage, SiteName},
};

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
    /// Deploy this multidev's code instead of the environment before: a hotfix
    #[cfg_attr(feature = "clap", arg(long, value_name = "MULTIDEV"))]
    #[serde(default)]
    pub from: Option<EnvironmentName>,
    /// Bring the configuration of the code into the database, after the updates
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub config_import: bool,
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
    /// Make its branch at this branch or tag [default: Dev's commit]
    #[cfg_attr(feature = "clap", arg(long, value_name = "BRANCH|TAG"))]
    #[serde(default)]
    pub at: Option<String>,
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
    /// How a file that conflicts is solved; may be given for each
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE=ours|theirs|PATH"))]
    #[serde(default)]
    pub resolve: Vec<Resolution>,
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
    /// How a file that conflicts is solved; may be given for each
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE=ours|theirs|PATH"))]
    #[serde(default)]
    pub resolve: Vec<Resolution>,
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
    /// How a file that conflicts is solved; may be given for each
    #[cfg_attr(feature = "clap", arg(long, value_name = "FILE=ours|theirs|PATH"))]
    #[serde(default)]
    pub resolve: Vec<Resolution>,
}

/// `env:discard`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Discard {
    /// Dev or a multidev, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// Only these files [default: all that changed]
    #[cfg_attr(feature = "clap", arg(value_name = "FILE"))]
    #[serde(default)]
    pub files: Vec<String>,
}

/// How a person solves the conflict in one file: `page.php=ours`, `page.php=theirs`, `page.php=/tmp/page.php`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Resolution {
    /// The path in the code.
    pub file: String,
    /// What it holds in the end.
    pub take: Take,
}

/// What a file with conflicts holds in the end. A side that has no such file deletes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// What the environment has.
    Ours,
    /// What comes.
    Theirs,
    /// This text.
    Text(String),
    /// What a file of the person's holds; its path is absolute.
    File(String),
}

impl FromStr for Resolution {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let sides = [("=ours", Take::Ours), ("=theirs", Take::Theirs)];
        for (end, take) in sides {
            if let Some(file) = text.strip_suffix(end) {
                return Ok(Self { file: file.to_owned(), take });
            }
        }
        match text.split_once('=') {
            Some((file, path)) if !file.is_empty() && !path.is_empty() => {
                Ok(Self { file: file.to_owned(), take: Take::File(path.to_owned()) })
            }
            _ => Err(Error::usage(format!("`{text}` says not what the file holds in the end"))
                .hint(
                    "Write `<file>=ours`, `<file>=theirs` or `<file>=<path of the solved file>`.",
                )),
        }
    }
}

/// `env:run-hooks`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct RunHooks {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The workflow whose scripts are run, by its name in pantheon.yml
    #[cfg_attr(feature = "clap", arg(value_enum, value_name = "WORKFLOW"))]
    pub event: HookEvent,
    /// Which of them
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value = "after"))]
    pub stage: HookStage,
}

/// `config:import`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ImportConfig {
    /// The environment whose database takes the configuration of its code, as in `acme.test`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}

/// `config:export`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ExportConfig {
    /// Dev or a multidev, whose code takes the configuration of its database, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}
