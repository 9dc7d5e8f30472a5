//! Backups: three archives of an environment, with Pantheon's names, and what is known of them.
use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Address, Cms, DatabaseEngine};
use crate::error::Error;

/// A part of a backup: an archive of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// The code with its history
    Code,
    /// The database
    #[value(alias = "db")]
    Database,
    /// The uploaded files
    Files,
}

impl Element {
    /// All of them, in the order in which they are restored.
    pub const ALL: [Self; 3] = [Self::Code, Self::Database, Self::Files];

    /// Its name on the command line, and in the names of archives.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Database => "database",
            Self::Files => "files",
        }
    }

    /// What the names of its archives end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Code | Self::Files => "tar.gz",
            Self::Database => "sql.gz",
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One part, or all of them, as Terminus names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Elements {
    /// Code, database and files
    #[default]
    All,
    /// The code with its history
    Code,
    /// The uploaded files
    Files,
    /// The database
    #[value(alias = "db")]
    Database,
}

impl Elements {
    /// Which they are.
    pub fn each(self) -> &'static [Element] {
        match self {
            Self::All => &Element::ALL,
            Self::Code => &[Element::Code],
            Self::Files => &[Element::Files],
            Self::Database => &[Element::Database],
        }
    }

    /// In words: "code, database and files".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::All => "code, database and files",
            Self::Code => "code",
            Self::Files => "files",
            Self::Database => "database",
        }
    }
}

/// For how long a backup is kept: some days, or `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub enum KeepFor {
    /// Days.
    Days(u32),
    /// Until it is deleted.
    Forever,
}

impl KeepFor {
    /// When a backup that was made then is let go; never where that is none.
    pub fn until(self, made: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Forever => None,
            Self::Days(days) => {
                made.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
            }
        }
    }
}

/// As Pantheon keeps a backup that somebody asked for.
impl Default for KeepFor {
    fn default() -> Self {
        Self::Days(365)
    }
}

impl FromStr for KeepFor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "forever" {
            return Ok(Self::Forever);
        }
        match text.parse() {
            Ok(days) if (1..=36_500).contains(&days) => Ok(Self::Days(days)),
            _ => Err(Error::usage(format!("`{text}` is no number of days, and not `forever`"))),
        }
    }
}

impl fmt::Display for KeepFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}"),
            Self::Forever => f.write_str("forever"),
        }
    }
}

impl TryFrom<String> for KeepFor {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<KeepFor> for String {
    fn from(keep: KeepFor) -> Self {
        keep.to_string()
    }
}

/// A backup of an environment; what its `manifest.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Backup {
    /// Its folder's name: when it was made, in seconds since 1970, and by whom it was asked for, as in `1764580000_backup`.
    pub id: String,
    /// The environment.
    pub environment: Address,
    /// When it was begun.
    #[cfg_attr(test, ts(type = "string"))]
    pub made: Timestamp,
    /// Until when it is kept; none for as long as nobody deletes it.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub kept_until: Option<Timestamp>,
    /// What the person wrote about it.
    pub note: Option<String>,
    /// The site's permanent id.
    pub site_id: String,
    /// The site's system.
    pub cms: Cms,
    /// The engine that held the database.
    pub engine: DatabaseEngine,
    /// The address that the site had, without a slash at the end.
    pub url: String,
    /// The commit that the environment ran.
    pub commit: String,
    /// The branch or the deploy tag that it was on.
    pub reference: String,
    /// The version of Portico that made it.
    pub version: String,
    /// Whether it was to hold all that the environment had then; else it is a backup of some parts alone.
    pub complete: bool,
    /// Its archives. Of a complete one, what is not among them the environment did not have.
    pub parts: Vec<BackupPart>,
    /// Where its archives are; not a part of the manifest, for it may be moved.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// What the last check found; none when it was never finished.
    #[serde(default)]
    pub check: Option<BackupCheck>,
    /// Why its manifest can't be read; what else is told of it then is only what its folder shows.
    #[serde(skip)]
    pub unreadable: Option<String>,
}

/// An archive of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BackupPart {
    /// What it holds.
    pub element: Element,
    /// Its name.
    pub file: String,
    /// Its bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// The SHA-256 of these bytes, 64 hex digits.
    pub sha256: String,
    /// Files and folders in it; the tables of a database.
    #[cfg_attr(test, ts(type = "number"))]
    pub entries: u64,
    /// The rows of a database.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub rows: Option<u64>,
}

/// What reading a backup to its end showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BackupCheck {
    /// When.
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    /// What is wrong with it; none when all of it is as it was written.
    pub problem: Option<String>,
}

impl Backup {
    /// The archive of a part.
    pub fn part(&self, element: Element) -> Option<&BackupPart> {
        self.parts.iter().find(|it| it.element == element)
    }

    /// Whether its last check found nothing wrong.
    pub fn is_whole(&self) -> bool {
        self.check.as_ref().is_some_and(|it| it.problem.is_none())
    }

    /// The beginning of its archives' names: `acme_live_2026-12-01T09-30-00_UTC`.
    pub fn stem(environment: &Address, made: Timestamp) -> String {
        let stamp = made.strftime("%Y-%m-%dT%H-%M-%S").to_string();
        format!("{}_{}_{stamp}_UTC", environment.site, environment.environment)
    }

    /// Whether it was kept as long as it was to be.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.kept_until.is_some_and(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_kept_for_days_or_for_ever() {
        let made: Timestamp = "2026-12-01T09:30:00Z".parse().expect("a time");
        let until = |text: &str| text.parse::<KeepFor>().expect("it is one").until(made);
        assert_eq!(until("forever"), None);
        assert_eq!(until("8"), made.checked_add(SignedDuration::from_hours(8 * 24)).ok());
        for text in ["0", "-1", "", "soon", "99999999999"] {
            assert!(text.parse::<KeepFor>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_archive_is_named_as_on_pantheon() {
        let made: Timestamp = "2026-12-01T09:30:00.7Z".parse().expect("a time");
        let live: Address = "acme.live".parse().expect("an address");
        assert_eq!(Backup::stem(&live, made), "acme_live_2026-12-01T09-30-00_UTC");
    }
}
