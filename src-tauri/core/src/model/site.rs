//! Sites, their environments, and what an environment points to.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha1::Digest;

use super::{EnvironmentName, SiteName};

/// What a site is made with; found by looking into its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Cms {
    /// WordPress, in any layout.
    WordPress,
    /// Drupal 7.
    Drupal7,
    /// Drupal 8 and later.
    Drupal,
    /// PHP files of no system that Portico knows.
    Php,
    /// No PHP at all.
    Html,
}

/// Which database server a site's generations are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseEngine {
    /// A MariaDB or MySQL server of its own for each generation.
    #[value(name = "mariadb")]
    MariaDb,
    /// One SQLite file in each generation.
    Sqlite,
}

impl Cms {
    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::WordPress => "WordPress",
            Self::Drupal7 => "Drupal 7",
            Self::Drupal => "Drupal",
            Self::Php => "PHP of its own",
            Self::Html => "plain pages",
        }
    }
}

impl DatabaseEngine {
    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::MariaDb => "MariaDB",
            Self::Sqlite => "SQLite",
        }
    }
}

/// How a writable environment's code is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionMode {
    /// The folder is edited, changes are committed from there; a push is refused.
    Sftp,
    /// A push updates the folder.
    Git,
}

/// One Git repository and its environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Site {
    /// The permanent name, part of every address.
    pub name: SiteName,
    /// The name that people read.
    pub label: String,
    /// What it is made with.
    pub cms: Cms,
    /// The folder that is served, relative to the code; empty when it is the code itself.
    pub docroot: String,
    /// The uploads folder, relative to the code; empty when the site has none.
    pub uploads: String,
    /// Where the database is kept.
    pub engine: DatabaseEngine,
    /// The repository's main branch, which Dev follows.
    pub branch: String,
    /// A random id, as Pantheon's `PANTHEON_SITE`: a UUID.
    pub id: String,
    /// When it was made.
    #[cfg_attr(test, ts(type = "string"))]
    pub created: Timestamp,
}

/// The repository that a site came from and takes updates from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Upstream {
    /// A Git URL or path.
    pub url: String,
    /// The branch; that repository's main one when none is named.
    pub branch: Option<String>,
}

/// Which code an environment runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CodePointer {
    /// A worktree that follows a branch; the commit is wherever the branch is.
    Branch {
        /// The branch's short name.
        branch: String,
    },
    /// A read-only checkout of a tag.
    Release {
        /// `pantheon_test_N` or `pantheon_live_N`.
        tag: String,
        /// The commit that the tag is on, 40 hex digits.
        commit: String,
        /// The checkout's folder below the environment's `releases/`.
        directory: String,
    },
}

/// A complete environment as the database holds it. One that has no row is not initialised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its site.
    pub site: SiteName,
    /// Its name.
    pub name: EnvironmentName,
    /// Which code it runs.
    pub code: CodePointer,
    /// The number of the content generation it runs.
    pub generation: u32,
    /// How its code is changed; none on Test and Live.
    pub connection_mode: Option<ConnectionMode>,
    /// The basic authentication that visitors meet, if any.
    pub lock: Option<Lock>,
    /// Passwords and salts that only this environment knows.
    pub secrets: Secrets,
    /// When it was made.
    pub created: Timestamp,
}

impl Environment {
    /// What an environment shows its own front to pass its lock: a site calls itself for cron and health checks.
    pub fn pass(&self) -> String {
        let mut hasher = sha1::Sha1::new();
        hasher.update(b"the site's own requests pass its lock");
        hasher.update(self.secrets.drupal_hash_salt.as_bytes());
        hasher.update(self.secrets.wordpress.concat().as_bytes());
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Basic authentication in front of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Lock {
    /// The user's name.
    pub user: String,
    /// The password, kept readable as on Pantheon: the team needs it.
    pub password: String,
}

/// Passwords and salts of one environment, each of them random.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    /// The database user's password.
    pub database_password: String,
    /// WordPress's AUTH, SECURE_AUTH, LOGGED_IN and NONCE keys, then their salts, in this order.
    pub wordpress: Vec<String>,
    /// Drupal's hash salt.
    pub drupal_hash_salt: String,
}

/// One complete content of one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Its site.
    pub site: SiteName,
    /// Its environment.
    pub environment: EnvironmentName,
    /// Its number; counts up and is never used twice in an environment.
    pub number: u32,
    /// Where its content came from.
    pub origin: Origin,
    /// Which database it holds.
    pub engine: DatabaseEngine,
    /// Whether the person wants it kept.
    pub pinned: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// A folder or file outside of a site that its PHP may reach, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Allowed {
    /// Where it is, absolute.
    pub path: String,
    /// Whether PHP may change it, too.
    pub write: bool,
}

/// What a site keeps so that it can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum KeptKind {
    /// Contents that were replaced.
    Generations,
    /// Releases of Test and Live that were replaced.
    Releases,
    /// Uncommitted changes that were taken away.
    Snapshots,
    /// Environments and sites that were deleted.
    Deleted,
}

impl KeptKind {
    /// Its name on the command line and the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generations => "generations",
            Self::Releases => "releases",
            Self::Snapshots => "snapshots",
            Self::Deleted => "deleted",
        }
    }
}

/// How much of each kind a site keeps: of contents and releases for each environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepRule {
    /// So many, those that were in use last; at least one, so that what was done last can be undone.
    pub count: u32,
    /// And all that were made in so many days, while the disk has room.
    pub days: u32,
}

impl Default for KeepRule {
    fn default() -> Self {
        Self { count: 5, days: 14 }
    }
}

/// Where a generation's content came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Origin {
    /// Nothing in it yet.
    Empty,
    /// The site's own installer made it.
    Install,
    /// Copied from another environment, wholly or in part.
    Clone {
        /// The source.
        environment: EnvironmentName,
        /// Whether the database came from there.
        database: bool,
        /// Whether the files came from there.
        files: bool,
    },
    /// Read from a dump or an archive.
    Import {
        /// The file's name.
        name: String,
    },
    /// Emptied by the person.
    Wipe,
    /// Addresses or other text were replaced throughout the database.
    SearchReplace,
    /// It lay in the site's folder; where it came from is not known.
    Found,
}

impl Origin {
    /// The origin in words, as lists show it: "clone of live".
    pub fn in_words(&self) -> String {
        match self {
            Self::Empty => "empty".into(),
            Self::Install => "installed here".into(),
            Self::Clone { environment, database: true, files: true } => {
                format!("clone of {environment}")
            }
            Self::Clone { environment, database: true, .. } => {
                format!("database of {environment}")
            }
            Self::Clone { environment, .. } => format!("files of {environment}"),
            Self::Import { name } => format!("import of {name}"),
            Self::Wipe => "wiped".into(),
            Self::SearchReplace => "search and replace".into(),
            Self::Found => "found in the folder".into(),
        }
    }
}
