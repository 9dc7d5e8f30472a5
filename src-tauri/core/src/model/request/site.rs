//! Requests about a site as a whole.
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{
    ImportAs, Target, Verb, Words,
    verb::{HIDDEN, words},
};
use crate::model::{Address, DatabaseEngine, SiteName, secrets::source_without_secrets};

/// `site:create`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CreateSite {
    /// The permanent name, part of every address
    pub name: SiteName,
    /// A folder, a Git URL or path, or a .zip or .tar.gz of code or of a whole site; `sample` for the sample site
    #[arg(long)]
    pub from: String,
    /// The name that people read [default: the site's name]
    #[arg(long)]
    pub label: Option<String>,
    /// Where the database is kept [default: mariadb where it is installed]
    #[arg(long, value_enum)]
    pub database: Option<DatabaseEngine>,
    /// The branch that Dev follows [default: the repository's own]
    #[arg(long)]
    pub branch: Option<String>,
    /// Take uploads that Git tracks out of it with one more commit; they become Dev's uploads
    #[arg(long)]
    #[serde(default)]
    pub untrack_uploads: bool,
    /// Of an archive or a folder with several dumps, the one to load
    #[arg(long, value_name = "NAME")]
    #[serde(default)]
    pub entry: Option<String>,
    /// `code`: take the code alone, and leave databases and backups that lie in it
    #[arg(long = "as", value_enum)]
    #[serde(default)]
    pub taken_as: Option<ImportAs>,
}

impl Verb for CreateSite {
    const COMMAND: &'static str = "site:create";

    fn target(&self) -> Target<'_> {
        Target::site(&self.name)
    }

    fn title(&self) -> String {
        format!("Create {}", self.label.as_deref().unwrap_or(self.name.as_str()))
    }

    fn forget_secrets(&mut self) {
        self.from = source_without_secrets(&self.from);
    }
}

/// `site:install`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InstallSite {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The site's title
    #[arg(long)]
    pub title: String,
    /// The first administrator's name
    #[arg(long)]
    pub admin_user: String,
    /// The first administrator's password
    #[arg(long)]
    pub admin_password: String,
    /// The first administrator's address
    #[arg(long)]
    pub admin_email: String,
}

impl Verb for InstallSite {
    const COMMAND: &'static str = "site:install";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Install {}", self.environment.environment.title())
    }

    fn words(&self) -> Words {
        words(self).with("admin_password", HIDDEN)
    }

    fn forget_secrets(&mut self) {
        self.admin_password.clear();
    }
}

/// `site:allow`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AllowPath {
    /// The site.
    pub site: SiteName,
    /// A folder or file outside of it, absolute.
    pub path: String,
    /// Let PHP change it, too.
    #[arg(long)]
    #[serde(default)]
    pub write: bool,
}

impl Verb for AllowPath {
    const COMMAND: &'static str = "site:allow";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Let PHP of {} reach {}", self.site, self.path)
    }
}

/// `site:disallow`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DisallowPath {
    /// The site.
    pub site: SiteName,
    /// What was allowed.
    pub path: String,
}

impl Verb for DisallowPath {
    const COMMAND: &'static str = "site:disallow";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Close {} to PHP of {}", self.path, self.site)
    }
}

/// `site:repair`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RepairSite {
    /// The site
    pub site: SiteName,
}

impl Verb for RepairSite {
    const COMMAND: &'static str = "site:repair";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Repair {}", self.site)
    }
}

/// `site:delete`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeleteSite {
    /// The site
    pub site: SiteName,
    /// The site's name once more, to confirm
    #[arg(long, value_name = "SITE")]
    pub confirm: Option<String>,
}

impl Verb for DeleteSite {
    const COMMAND: &'static str = "site:delete";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Delete {}", self.site)
    }

    fn words(&self) -> Words {
        words(self).with("confirm", self.site.as_str())
    }
}

/// `site:adopt`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AdoptSite {
    /// The name of the site's folder below `sites/`
    pub site: SiteName,
}

impl Verb for AdoptSite {
    const COMMAND: &'static str = "site:adopt";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Take up {}", self.site)
    }
}

/// `env:clear-cache`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClearCache {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
}

impl Verb for ClearCache {
    const COMMAND: &'static str = "env:clear-cache";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Clear caches of {}", self.environment.environment.title())
    }
}

/// `undo`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Undo {
    /// The site
    pub site: SiteName,
    /// The workflow to take back [default: the newest that can be]
    #[arg(long, value_name = "ID")]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub workflow: Option<i64>,
}

impl Verb for Undo {
    const COMMAND: &'static str = "undo";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        "Undo".into()
    }
}

/// `site:database`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetDatabase {
    /// The site
    pub site: SiteName,
    /// Where its databases are to be kept
    #[arg(value_enum)]
    pub engine: DatabaseEngine,
}

impl Verb for SetDatabase {
    const COMMAND: &'static str = "site:database";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Move {} to {}", self.site, self.engine.title())
    }
}
