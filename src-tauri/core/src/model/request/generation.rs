//! Requests about what is kept for undo.
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Target, Verb};
use crate::model::{Address, KeptKind, SiteName};

/// `generation:switch`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SwitchGeneration {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The generation to use; `generation:list` shows them
    pub id: u32,
    /// The site's name, to confirm that Live's content is replaced
    #[arg(long, value_name = "SITE")]
    pub confirm: Option<String>,
}

impl Verb for SwitchGeneration {
    const COMMAND: &'static str = "generation:switch";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        let environment = self.environment.environment.title();
        format!("Switch {environment} to generation {}", self.id)
    }
}

/// `generation:pin`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PinGeneration {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The generation; `generation:list` shows them
    pub id: u32,
}

impl Verb for PinGeneration {
    const COMMAND: &'static str = "generation:pin";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Pin generation {} of {}", self.id, self.environment.environment.title())
    }
}

/// `generation:unpin`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UnpinGeneration {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The generation; `generation:list` shows them
    pub id: u32,
}

impl Verb for UnpinGeneration {
    const COMMAND: &'static str = "generation:unpin";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Unpin generation {} of {}", self.id, self.environment.environment.title())
    }
}

/// `generation:prune`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PruneGenerations {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The generations to let go [default: all but the one in use, the pinned, and those that `--keep` keeps]
    #[arg(value_name = "ID", conflicts_with = "keep")]
    #[serde(default)]
    pub ids: Vec<u32>,
    /// How many of those that were replaced last stay, for undo [default: 1]
    #[arg(long, value_name = "N")]
    pub keep: Option<u32>,
}

impl Verb for PruneGenerations {
    const COMMAND: &'static str = "generation:prune";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Prune generations of {}", self.environment.environment.title())
    }
}

/// `generation:keep`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeepGenerations {
    /// The site
    pub site: SiteName,
    /// How many of each are kept for undo, those that were replaced last: contents and releases of each environment,
    /// discarded changes, deleted environments and sites; at least 1 [default: as now]
    #[arg(value_name = "COUNT", conflicts_with = "default")]
    pub count: Option<u32>,
    /// Keep those of the last N days as well; 0 for none more [default: as now]
    #[arg(long, value_name = "N", conflicts_with = "default")]
    pub days: Option<u32>,
    /// Go back to the default: 5, and all that are younger than 14 days
    #[arg(long)]
    #[serde(default)]
    pub default: bool,
}

impl Verb for KeepGenerations {
    const COMMAND: &'static str = "generation:keep";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Set what {} keeps for undo", self.site)
    }
}

/// `disk:free`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FreeDisk {
    /// The site, or one that was deleted
    pub site: SiteName,
    /// What stays
    #[command(flatten)]
    #[serde(flatten)]
    pub rule: FreeRule,
}

/// What `disk:free` leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FreeRule {
    /// How many of each stay, those that were replaced last; with 0 not even the last step can be undone [default: 1]
    #[arg(long, value_name = "COUNT")]
    pub keep: Option<u32>,
    /// Leave those of the last N days as well [default: 0]
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// Only these; can be given more than once [default: all of them]
    #[arg(long, value_name = "KIND")]
    #[serde(default)]
    pub only: Vec<KeptKind>,
}

impl Verb for FreeDisk {
    const COMMAND: &'static str = "disk:free";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Free disk of {}", self.site)
    }
}
