//! Configuration that stands in the code and in the database.
use serde::{Deserialize, Serialize};

/// How a piece of configuration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConfigState {
    /// The code has it and the database does not.
    OnlyInCode,
    /// The database has it and the code does not.
    OnlyInDatabase,
    /// Both have it, each otherwise.
    Differs,
}

impl ConfigState {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnlyInCode => "only in code",
            Self::OnlyInDatabase => "only in the database",
            Self::Differs => "differs",
        }
    }
}

/// One piece of configuration that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConfigItem {
    /// The bundle, feature or collection; empty for none.
    pub group: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: ConfigState,
}

/// The answer of `config:status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Configuration {
    /// What keeps configuration in code: "WP-CFM", "ACF JSON", "Features"; none where nothing does.
    pub system: Option<String>,
    /// How many pieces are the same.
    #[cfg_attr(test, ts(type = "number"))]
    pub same: u64,
    /// The others.
    pub items: Vec<ConfigItem>,
}
