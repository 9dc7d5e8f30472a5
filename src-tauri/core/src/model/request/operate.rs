//! Requests about an environment's lock, cron and mail.
use serde::{Deserialize, Serialize};

use crate::model::Address;

/// `lock:enable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct EnableLock {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The name that visitors enter [default: the one it has, else the site's name]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME"))]
    pub username: Option<String>,
    /// The password that visitors enter [default: the one it has, else a random one]
    #[cfg_attr(feature = "clap", arg(long))]
    pub password: Option<String>,
}

/// `lock:disable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct DisableLock {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}

/// `cron:enable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct EnableCron {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// Minutes between two runs
    #[cfg_attr(feature = "clap", arg(long, value_name = "MINUTES", default_value_t = 60))]
    #[cfg_attr(feature = "clap", arg(value_parser = clap::value_parser!(u32).range(1..=10080)))]
    pub every: u32,
    /// Every hour, and only while the environment is awake: as on Pantheon, and as a new environment has it
    #[cfg_attr(feature = "clap", arg(long, conflicts_with = "every"))]
    #[serde(default)]
    pub while_awake: bool,
}

/// `cron:disable`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct DisableCron {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}

/// `cron:run`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct RunCron {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}

/// `mail:clear`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ClearMail {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}
