//! Requests that look and change nothing.
use serde::{Deserialize, Serialize};

use crate::model::{Address, EnvironmentName};

/// `env:smoke`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct SmokeTest {
    /// The environment whose pages are visited, as in `acme.test`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The environment that they are compared with [default: Live for Test, else none]
    #[cfg_attr(feature = "clap", arg(long, value_name = "ENV"))]
    pub against: Option<EnvironmentName>,
    /// Only these paths, as in `/about` [default: front page, links and sitemap]
    #[cfg_attr(feature = "clap", arg(long, value_name = "PATH", num_args = 1..))]
    #[serde(default)]
    pub paths: Vec<String>,
    /// At most so many pages [default: 200]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub limit: Option<u32>,
}
