//! Requests about code.
use std::{fmt, str::FromStr};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{
    Target, Verb, Words,
    verb::{HIDDEN, words},
};
use crate::{
    error::{Error, Result},
    model::{
        Address, ConnectionMode, EnvironmentName, HookEvent, HookStage, SiteName,
        secrets::source_without_secrets,
    },
};

/// `env:deploy`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Deploy {
    /// Test or Live of a site, as in `acme.test`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// Pull the database and files from Live first (Test only)
    #[arg(long)]
    #[serde(default)]
    pub sync_content: bool,
    /// The deploy log message
    #[arg(long)]
    pub note: Option<String>,
    /// Run the system's database updates after the code is there
    #[arg(long)]
    #[serde(default)]
    pub updatedb: bool,
    /// Clear caches afterwards
    #[arg(long)]
    #[serde(default)]
    pub cc: bool,
    /// Deploy this multidev's code instead of the environment before: a hotfix
    #[arg(long, value_name = "MULTIDEV")]
    #[serde(default)]
    pub from: Option<EnvironmentName>,
    /// Bring the configuration of the code into the database, after the updates
    #[arg(long)]
    #[serde(default)]
    pub config_import: bool,
}

impl Verb for Deploy {
    const COMMAND: &'static str = "env:deploy";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        let to = self.environment.environment.title();
        match &self.from {
            Some(from) => format!("Deploy {} to {to}", from.title()),
            None => format!("Deploy to {to}"),
        }
    }
}

/// `env:commit`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Commit {
    /// Dev or a multidev, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// What changed, and why
    #[arg(long)]
    pub message: String,
    /// Only these files [default: all that changed]
    #[arg(value_name = "FILE")]
    #[serde(default)]
    pub files: Vec<String>,
}

impl Verb for Commit {
    const COMMAND: &'static str = "env:commit";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Commit to {}", self.environment.environment.title())
    }
}

/// `connection:set`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetConnection {
    /// Dev or a multidev, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// Edit the folder (sftp), or push to it (git)
    #[arg(value_enum)]
    pub mode: ConnectionMode,
}

impl Verb for SetConnection {
    const COMMAND: &'static str = "connection:set";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        let mode = match self.mode {
            ConnectionMode::Sftp => "SFTP",
            ConnectionMode::Git => "Git",
        };
        format!("Switch {} to {mode} mode", self.environment.environment.title())
    }
}

/// `multidev:create`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CreateMultidev {
    /// The environment whose database and files are copied, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub from: Address,
    /// The new environment's name; a branch of that name is used if there is one
    #[arg(value_name = "NAME")]
    pub name: EnvironmentName,
    /// Begin with an empty database
    #[arg(long)]
    #[serde(default)]
    pub no_db: bool,
    /// Begin without files
    #[arg(long)]
    #[serde(default)]
    pub no_files: bool,
    /// Make its branch at this branch or tag [default: Dev's commit]
    #[arg(long, value_name = "BRANCH|TAG")]
    #[serde(default)]
    pub at: Option<String>,
}

impl Verb for CreateMultidev {
    const COMMAND: &'static str = "multidev:create";

    fn target(&self) -> Target<'_> {
        Target::of(&self.from.site, &self.name)
    }

    fn title(&self) -> String {
        format!("Create {}", self.name.title())
    }
}

/// `multidev:delete`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeleteMultidev {
    /// The multidev, as in `acme.blog`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// Delete its branch too
    #[arg(long)]
    #[serde(default)]
    pub delete_branch: bool,
}

impl Verb for DeleteMultidev {
    const COMMAND: &'static str = "multidev:delete";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Delete {}", self.environment.environment.title())
    }
}

/// What a merge of a multidev with Dev is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Merge {
    /// The multidev that is merged with Dev, as in `acme.blog`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// Run the system's database updates after the code is there
    #[arg(long)]
    #[serde(default)]
    pub updatedb: bool,
    /// How a file that conflicts is solved; may be given for each
    #[arg(long, value_name = "FILE=ours|theirs|PATH")]
    #[serde(default)]
    pub resolve: Vec<Resolution>,
}

/// `multidev:merge-to-dev`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MergeToDev {
    /// What is merged, and how
    #[command(flatten)]
    #[serde(flatten)]
    pub merge: Merge,
}

impl Verb for MergeToDev {
    const COMMAND: &'static str = "multidev:merge-to-dev";

    fn target(&self) -> Target<'_> {
        Target::of(&self.merge.environment.site, &EnvironmentName::Dev)
    }

    fn title(&self) -> String {
        format!("Merge {} into Dev", self.merge.environment.environment.title())
    }

    fn words(&self) -> Words {
        words(self).with("resolve", spoken(&self.merge.resolve))
    }
}

/// `multidev:merge-from-dev`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MergeFromDev {
    /// What is merged, and how
    #[command(flatten)]
    #[serde(flatten)]
    pub merge: Merge,
}

impl Verb for MergeFromDev {
    const COMMAND: &'static str = "multidev:merge-from-dev";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.merge.environment)
    }

    fn title(&self) -> String {
        format!("Merge Dev into {}", self.merge.environment.environment.title())
    }

    fn words(&self) -> Words {
        words(self).with("resolve", spoken(&self.merge.resolve))
    }
}

/// `site:upstream:set`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetUpstream {
    /// The site
    pub site: SiteName,
    /// A Git URL or path; `empty` for no upstream
    pub url: String,
    /// The branch [default: that repository's main one]
    pub branch: Option<String>,
}

impl Verb for SetUpstream {
    const COMMAND: &'static str = "site:upstream:set";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Set the upstream of {}", self.site)
    }

    fn forget_secrets(&mut self) {
        self.url = source_without_secrets(&self.url);
    }
}

/// `upstream:updates:apply`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApplyUpstream {
    /// Dev or a multidev, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// Run the system's database updates after the code is there
    #[arg(long)]
    #[serde(default)]
    pub updatedb: bool,
    /// Take the upstream's lines where both changed
    #[arg(long)]
    #[serde(default)]
    pub accept_upstream: bool,
    /// How a file that conflicts is solved; may be given for each
    #[arg(long, value_name = "FILE=ours|theirs|PATH")]
    #[serde(default)]
    pub resolve: Vec<Resolution>,
}

impl Verb for ApplyUpstream {
    const COMMAND: &'static str = "upstream:updates:apply";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Apply upstream updates to {}", self.environment.environment.title())
    }

    fn words(&self) -> Words {
        words(self).with("resolve", spoken(&self.resolve))
    }
}

/// `env:code-rollback`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeployTag {
    /// Test or Live of a site, as in `acme.test`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The tag to run [default: the one before]
    #[arg(long)]
    pub tag: Option<String>,
}

impl Verb for DeployTag {
    const COMMAND: &'static str = "env:code-rollback";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        let on = self.environment.environment.title();
        match &self.tag {
            Some(tag) => format!("Deploy {tag} to {on}"),
            None => format!("Roll back {on}"),
        }
    }
}

/// `env:bring-to-dev`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BringToDev {
    /// Test or Live of a site, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// How a file that conflicts is solved; may be given for each
    #[arg(long, value_name = "FILE=ours|theirs|PATH")]
    #[serde(default)]
    pub resolve: Vec<Resolution>,
}

impl Verb for BringToDev {
    const COMMAND: &'static str = "env:bring-to-dev";

    fn target(&self) -> Target<'_> {
        Target::of(&self.environment.site, &EnvironmentName::Dev)
    }

    fn title(&self) -> String {
        format!("Bring commits of {} to Dev", self.environment.environment.title())
    }

    fn words(&self) -> Words {
        words(self).with("resolve", spoken(&self.resolve))
    }
}

/// `env:discard`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Discard {
    /// Dev or a multidev, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// Only these files [default: all that changed]
    #[arg(value_name = "FILE")]
    #[serde(default)]
    pub files: Vec<String>,
}

impl Verb for Discard {
    const COMMAND: &'static str = "env:discard";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Discard changes of {}", self.environment.environment.title())
    }
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

/// A text that was written in the window is in no file; like a password, it shows as `…`.
impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let take = match &self.take {
            Take::Ours => "ours",
            Take::Theirs => "theirs",
            Take::Text(_) => HIDDEN,
            Take::File(path) => path,
        };
        write!(f, "{}={take}", self.file)
    }
}

/// As they are typed.
fn spoken(all: &[Resolution]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunHooks {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The workflow whose scripts are run, by its name in pantheon.yml
    #[arg(value_enum, value_name = "WORKFLOW")]
    pub event: HookEvent,
    /// Which of them
    #[arg(long, value_enum, default_value = "after")]
    pub stage: HookStage,
}

impl Verb for RunHooks {
    const COMMAND: &'static str = "env:run-hooks";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        let on = self.environment.environment.title();
        format!("Run {} hooks of {on} ({})", self.event, self.stage)
    }
}

/// `config:import`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportConfig {
    /// The environment whose database takes the configuration of its code, as in `acme.test`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for ImportConfig {
    const COMMAND: &'static str = "config:import";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Import configuration on {}", self.environment.environment.title())
    }
}

/// `config:export`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExportConfig {
    /// Dev or a multidev, whose code takes the configuration of its database, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for ExportConfig {
    const COMMAND: &'static str = "config:export";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Export configuration of {}", self.environment.environment.title())
    }
}
