//! Requests that look and change nothing.
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Target, Verb};
use crate::model::{Address, EnvironmentName};

/// `env:smoke`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SmokeTest {
    /// The environment whose pages are visited, as in `acme.test`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The environment that they are compared with [default: Live for Test, else none]
    #[arg(long, value_name = "ENV")]
    pub against: Option<EnvironmentName>,
    /// Only these paths, as in `/about` [default: front page, links and sitemap]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    #[serde(default)]
    pub paths: Vec<String>,
    /// At most so many pages [default: 200]
    #[arg(long, value_name = "N")]
    pub limit: Option<u32>,
}

impl Verb for SmokeTest {
    const COMMAND: &'static str = "env:smoke";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Smoke test of {}", self.environment.environment.title())
    }
}
