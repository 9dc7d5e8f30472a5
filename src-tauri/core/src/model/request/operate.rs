//! Requests about an environment's lock, cron and mail.
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{
    Target, Verb, Words,
    verb::{HIDDEN, words},
};
use crate::model::Address;

/// `lock:enable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnableLock {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The name that visitors enter [default: the one it has, else the site's name]
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The password that visitors enter [default: the one it has, else a random one]
    #[arg(long)]
    pub password: Option<String>,
}

impl Verb for EnableLock {
    const COMMAND: &'static str = "lock:enable";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Lock {}", self.environment.environment.title())
    }

    fn words(&self) -> Words {
        words(self).with("password", HIDDEN)
    }

    fn forget_secrets(&mut self) {
        self.password = None;
    }
}

/// `lock:disable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DisableLock {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for DisableLock {
    const COMMAND: &'static str = "lock:disable";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Unlock {}", self.environment.environment.title())
    }
}

/// `cron:enable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnableCron {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// Minutes between two runs
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10080))]
    pub every: u32,
    /// Every hour, and only while the environment is awake: as on Pantheon, and as a new environment has it
    #[arg(long, conflicts_with = "every")]
    #[serde(default)]
    pub while_awake: bool,
}

impl Verb for EnableCron {
    const COMMAND: &'static str = "cron:enable";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Turn cron on, {}", self.environment.environment.title())
    }

    fn words(&self) -> Words {
        let every = (!self.while_awake).then_some(self.every);
        words(self).with("every", every)
    }
}

/// `cron:disable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DisableCron {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for DisableCron {
    const COMMAND: &'static str = "cron:disable";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Turn cron off, {}", self.environment.environment.title())
    }
}

/// `cron:run`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunCron {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for RunCron {
    const COMMAND: &'static str = "cron:run";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Run cron of {}", self.environment.environment.title())
    }
}

/// `mail:clear`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClearMail {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for ClearMail {
    const COMMAND: &'static str = "mail:clear";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Clear mail of {}", self.environment.environment.title())
    }
}
