//! Names of sites and environments, and `site.env` as Terminus writes it.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The name of a site: `^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$`; with the longest environment name
/// and a hyphen it still is one DNS label (63 characters).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
pub struct SiteName(String);

/// The name of a multidev environment: `^[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?$` and not reserved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MultidevName(String);

/// One of a site's environments.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
pub enum EnvironmentName {
    /// Follows the repository's main branch; its code is writable.
    Dev,
    /// Runs the newest `pantheon_test_N` tag.
    Test,
    /// Runs the newest `pantheon_live_N` tag.
    Live,
    /// Follows the branch of its own name.
    Multidev(MultidevName),
}

/// An environment of a site, written `site.env`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
pub struct Address {
    /// The site.
    pub site: SiteName,
    /// The environment of it.
    pub environment: EnvironmentName,
}

const LONGEST_SITE_NAME: usize = 52;
const LONGEST_MULTIDEV_NAME: usize = 11;

/// Names that Pantheon keeps for itself (docs, "Multidev", naming), with those of the fixed three.
const RESERVED: &[&str] = &[
    "master",
    "settings",
    "team",
    "support",
    "multidev",
    "debug",
    "files",
    "tags",
    "billing",
    "dev",
    "test",
    "live",
    "main", // Folders beside those of the environments.
    "backups",
    "set-aside",
];

/// Lower-case letters, digits and inner hyphens, 1 to `longest` characters.
fn is_label(text: &str, longest: usize) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=longest).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The nearest allowed name, or none when nothing of it can stay.
fn suggest(text: &str, longest: usize) -> Option<String> {
    let mut name = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(longest);
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

impl SiteName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if is_label(text, LONGEST_SITE_NAME) {
            return Ok(Self(text.into()));
        }
        let rule = "A site's name has 1 to 52 lower-case letters, digits and inner hyphens";
        Err(Error::usage(format!("`{text}` can't be a site's name")).hint(
            match suggest(text, LONGEST_SITE_NAME) {
                Some(name) => format!("{rule}; try `{name}`."),
                None => format!("{rule}."),
            },
        ))
    }
}

impl MultidevName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MultidevName {
    type Err = Error;

    /// A longer name is refused with a suggestion, never cut (users' complaints 16 and 17 of the facts).
    fn from_str(text: &str) -> Result<Self> {
        if RESERVED.contains(&text) {
            return Err(Error::usage(format!("`{text}` is a reserved name"))
                .hint("Choose another name for the environment."));
        }
        if is_label(text, LONGEST_MULTIDEV_NAME) {
            return Ok(Self(text.into()));
        }
        let rule = "A multidev environment's name has 1 to 11 lower-case letters, digits and inner hyphens";
        Err(Error::usage(format!("`{text}` can't be an environment's name")).hint(
            match suggest(text, LONGEST_MULTIDEV_NAME) {
                Some(name) if !RESERVED.contains(&name.as_str()) => {
                    format!("{rule}; try `{name}`.")
                }
                _ => format!("{rule}."),
            },
        ))
    }
}

impl EnvironmentName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Live => "live",
            Self::Multidev(name) => name.as_str(),
        }
    }

    /// The name as headings and sentences show it: "Dev", "Test", "Live", a multidev's own.
    pub fn title(&self) -> &str {
        match self {
            Self::Dev => "Dev",
            Self::Test => "Test",
            Self::Live => "Live",
            Self::Multidev(name) => name.as_str(),
        }
    }

    /// Whether code is changed here, rather than deployed to here.
    pub fn is_writable(&self) -> bool {
        matches!(self, Self::Dev | Self::Multidev(_))
    }

    /// Where its code comes from (Terminus, `Environment::getParentEnvironment`); Dev has none.
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Dev => None,
            Self::Live => Some(Self::Test),
            Self::Test | Self::Multidev(_) => Some(Self::Dev),
        }
    }
}

impl FromStr for EnvironmentName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "dev" => Ok(Self::Dev),
            "test" => Ok(Self::Test),
            "live" => Ok(Self::Live),
            other => other.parse().map(Self::Multidev),
        }
    }
}

impl Address {
    /// The environment `environment` of `site`.
    pub fn new(site: &SiteName, environment: &EnvironmentName) -> Self {
        Self { site: site.clone(), environment: environment.clone() }
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((site, environment)) = text.split_once('.') else {
            return Err(Error::usage(format!("`{text}` names no environment"))
                .hint("Write the site and the environment with a dot between, as in `acme.dev`."));
        };
        Ok(Self { site: site.parse()?, environment: environment.parse()? })
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.site, self.environment)
    }
}

/// Serde reads and writes each name as its text.
macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(text: String) -> Result<Self> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }
    )*};
}
as_text!(SiteName, EnvironmentName, Address);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_name_is_one_dns_label_with_room_for_the_environment() {
        for good in ["a", "acme", "acme-2", &"a".repeat(52)] {
            assert!(good.parse::<SiteName>().is_ok(), "{good}");
        }
        for bad in ["", "Acme", "-a", "a-", "a.b", "ä", "a/b", &"a".repeat(53)] {
            assert!(bad.parse::<SiteName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_long_multidev_name_is_refused_with_a_suggestion_never_cut() {
        let error = "gh-comment-12".parse::<MultidevName>().expect_err("12 is too long");
        assert!(error.hint.expect("a hint").ends_with("try `gh-comment`."));
        assert!("events".parse::<MultidevName>().is_ok());
        assert!("settings".parse::<MultidevName>().is_err());
    }

    #[test]
    fn an_address_is_site_dot_environment() {
        let address: Address = "acme.dev".parse().expect("parses");
        assert_eq!(address.to_string(), "acme.dev");
        assert!("acme".parse::<Address>().is_err());
        assert!("acme.blog".parse::<Address>().is_ok());
    }
}
