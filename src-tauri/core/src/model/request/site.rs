//! Requests about a site as a whole.
use serde::{Deserialize, Serialize};

use super::ImportAs;
use crate::model::{Address, DatabaseEngine, SiteName};

/// `site:create`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct CreateSite {
    /// The permanent name, part of every address
    pub name: SiteName,
    /// A folder, a Git URL or path, or a .zip or .tar.gz of code or of a whole site; `sample` for the sample site
    #[cfg_attr(feature = "clap", arg(long))]
    pub from: String,
    /// The name that people read [default: the site's name]
    #[cfg_attr(feature = "clap", arg(long))]
    pub label: Option<String>,
    /// Where the database is kept [default: mariadb where it is installed]
    #[cfg_attr(feature = "clap", arg(long, value_enum))]
    pub database: Option<DatabaseEngine>,
    /// The branch that Dev follows [default: the repository's own]
    #[cfg_attr(feature = "clap", arg(long))]
    pub branch: Option<String>,
    /// Take uploads that Git tracks out of it with one more commit; they become Dev's uploads
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub untrack_uploads: bool,
    /// Of an archive or a folder with several dumps, the one to load
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME"))]
    #[serde(default)]
    pub entry: Option<String>,
    /// `code`: take the code alone, and leave databases and backups that lie in it
    #[cfg_attr(feature = "clap", arg(long = "as", value_enum))]
    #[serde(default)]
    pub taken_as: Option<ImportAs>,
}

/// `site:install`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct InstallSite {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The site's title
    #[cfg_attr(feature = "clap", arg(long))]
    pub title: String,
    /// The first administrator's name
    #[cfg_attr(feature = "clap", arg(long))]
    pub admin_user: String,
    /// The first administrator's password
    #[cfg_attr(feature = "clap", arg(long))]
    pub admin_password: String,
    /// The first administrator's address
    #[cfg_attr(feature = "clap", arg(long))]
    pub admin_email: String,
}

/// `site:allow`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AllowPath {
    /// The site.
    pub site: SiteName,
    /// A folder or file outside of it, absolute.
    pub path: String,
    /// Let PHP change it, too.
    #[serde(default)]
    pub write: bool,
}

/// `site:disallow`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DisallowPath {
    /// The site.
    pub site: SiteName,
    /// What was allowed.
    pub path: String,
}

/// `site:repair`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct RepairSite {
    /// The site
    pub site: SiteName,
}

/// `site:delete`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct DeleteSite {
    /// The site
    pub site: SiteName,
    /// The site's name once more, to confirm
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `site:adopt`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AdoptSite {
    /// The name of the site's folder below `sites/`
    pub site: SiteName,
}

/// `env:clear-cache`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ClearCache {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
}

/// `undo`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Undo {
    /// The site
    pub site: SiteName,
    /// The workflow to take back [default: the newest that can be]
    #[cfg_attr(feature = "clap", arg(long, value_name = "ID"))]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub workflow: Option<i64>,
}

/// `site:database`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct SetDatabase {
    /// The site
    pub site: SiteName,
    /// Where its databases are to be kept
    #[cfg_attr(feature = "clap", arg(value_enum))]
    pub engine: DatabaseEngine,
}
