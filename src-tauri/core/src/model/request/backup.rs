//! Requests about backups.
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Target, Verb};
use crate::model::{Address, Elements, EnvironmentName, KeepFor};

/// `backup:create`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CreateBackup {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// What is backed up
    #[arg(long, value_enum, default_value = "all")]
    #[serde(default)]
    pub element: Elements,
    /// For how long it is kept [default: 365]
    #[arg(long, value_name = "DAYS|forever")]
    #[serde(default)]
    pub keep_for: Option<KeepFor>,
    /// What it is for
    #[arg(long)]
    #[serde(default)]
    pub note: Option<String>,
}

impl Verb for CreateBackup {
    const COMMAND: &'static str = "backup:create";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Back up {}", self.environment.environment.title())
    }
}

/// `backup:restore`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RestoreBackup {
    /// The environment that was backed up, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The backup, by its id or the name of one of its archives; that archive alone then [default: the newest]
    #[arg(long, value_name = "ID|FILE")]
    #[serde(default)]
    pub file: Option<String>,
    /// What of it is restored
    #[arg(long, value_enum, default_value = "all")]
    #[serde(default)]
    pub element: Elements,
    /// Restore it into this environment of the site [default: the same]
    #[arg(long, value_name = "ENV")]
    #[serde(default)]
    pub to: Option<EnvironmentName>,
    /// Run the system's database updates afterwards
    #[arg(long)]
    #[serde(default)]
    pub updatedb: bool,
    /// Clear caches afterwards
    #[arg(long)]
    #[serde(default)]
    pub cc: bool,
    /// The site's name, to confirm that Live's content is replaced
    #[arg(long, value_name = "SITE")]
    #[serde(default)]
    pub confirm: Option<String>,
}

impl RestoreBackup {
    /// Where it is restored to.
    pub fn destination(&self) -> Address {
        let to = self.to.as_ref().unwrap_or(&self.environment.environment);
        Address::new(&self.environment.site, to)
    }
}

impl Verb for RestoreBackup {
    const COMMAND: &'static str = "backup:restore";

    fn target(&self) -> Target<'_> {
        let to = self.to.as_ref().unwrap_or(&self.environment.environment);
        Target::of(&self.environment.site, to)
    }

    fn title(&self) -> String {
        let from = self.environment.environment.title();
        match self.to.as_ref().filter(|to| **to != self.environment.environment) {
            Some(to) => format!("Restore a backup of {from} to {}", to.title()),
            None => format!("Restore a backup of {from}"),
        }
    }
}

/// `backup:delete`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeleteBackup {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The backup, by its id or the name of one of its archives; `backup:list` shows them
    #[arg(value_name = "ID|FILE")]
    pub file: String,
}

impl Verb for DeleteBackup {
    const COMMAND: &'static str = "backup:delete";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Delete a backup of {}", self.environment.environment.title())
    }
}

/// `backup:expire`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExpireBackups {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for ExpireBackups {
    const COMMAND: &'static str = "backup:expire";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Let expired backups of {} go", self.environment.environment.title())
    }
}

/// `backup:verify`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VerifyBackup {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The backup, by its id or the name of one of its archives [default: all of the environment's]
    #[arg(value_name = "ID|FILE")]
    #[serde(default)]
    pub file: Option<String>,
}

impl Verb for VerifyBackup {
    const COMMAND: &'static str = "backup:verify";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Check backups of {}", self.environment.environment.title())
    }
}
