//! Launch Check and smoke test: what was looked at, how it stands, what to do.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Address, EnvironmentName};

/// How a check came out; the last two are Pantheon's scores 1 and 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// Nothing to do.
    Ok,
    /// Worth knowing.
    Info,
    /// Should be looked at before visitors come.
    Warning,
    /// Wrong.
    Error,
}

impl Score {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One check of a Launch Check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finding {
    /// What it belongs to: "Database", "Cron".
    pub group: String,
    /// Its name in Pantheon's tools.
    pub name: String,
    /// How it came out.
    pub score: Score,
    /// What was found.
    pub result: String,
    /// What to do; none when there is nothing.
    pub action: Option<String>,
    /// The headings of its table; none when it has no table.
    pub headings: Vec<String>,
    /// The rows of its table.
    pub rows: Vec<Vec<String>>,
}

impl Finding {
    /// A check without a table.
    pub fn new(group: &str, name: &str, score: Score, result: impl Into<String>) -> Self {
        Self {
            group: group.to_owned(),
            name: name.to_owned(),
            score,
            result: result.into(),
            action: None,
            headings: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Adds what to do, where it is not all right.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        if self.score > Score::Ok {
            self.action = Some(action.into());
        }
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, headings: &[&str], rows: Vec<Vec<String>>) -> Self {
        if !rows.is_empty() {
            self.headings = headings.iter().map(|it| (*it).to_owned()).collect();
            self.rows = rows;
        }
        self
    }
}

/// The checks of one environment, the answer of `env:status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LaunchCheck {
    /// The environment.
    pub environment: Address,
    /// When it was made.
    #[cfg_attr(test, ts(type = "string"))]
    pub made_at: Timestamp,
    /// The commit that it ran then.
    pub commit: String,
    /// The generation that it ran then.
    pub generation: u32,
    /// How long it took, in milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ms: u64,
    /// The worst of the checks.
    pub score: Score,
    /// The checks, in groups.
    pub findings: Vec<Finding>,
}

/// What is wrong with one page of a smoke test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PageDifference {
    /// Its path.
    pub path: String,
    /// How bad it is.
    pub score: Score,
    /// What is wrong, or other than in the other environment; each a sentence.
    pub what: Vec<String>,
    /// The page that led to it.
    pub linked_from: Option<String>,
}

/// A smoke test's verdict, the answer of `env:smoke`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SmokeReport {
    /// The environment.
    pub environment: Address,
    /// The environment that it was compared with.
    pub against: Option<EnvironmentName>,
    /// When it was made.
    #[cfg_attr(test, ts(type = "string"))]
    pub made_at: Timestamp,
    /// The commit that it ran then.
    pub commit: String,
    /// The generation that it ran then.
    pub generation: u32,
    /// How long it took, in milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ms: u64,
    /// Pages that were asked for.
    #[cfg_attr(test, ts(type = "number"))]
    pub pages: u64,
    /// Pages that were found and not asked for, since there were more than the limit.
    #[cfg_attr(test, ts(type = "number"))]
    pub left_out: u64,
    /// The worst of the pages.
    pub score: Score,
    /// In a sentence.
    pub verdict: String,
    /// The pages that are not all right, worst first.
    pub differences: Vec<PageDifference>,
}
