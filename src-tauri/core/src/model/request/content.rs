//! Requests about databases and files.
use serde::{Deserialize, Serialize};

use crate::model::{Address, EnvironmentName, KeptKind, SiteName, view::Replacement};

/// `env:clone-content`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct CloneContent {
    /// The environment whose content is copied, as in `acme.live`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub from: Address,
    /// The environment whose content is replaced
    #[cfg_attr(feature = "clap", arg(value_name = "ENV"))]
    pub to: EnvironmentName,
    /// Only the database
    #[cfg_attr(feature = "clap", arg(long, conflicts_with = "files_only"))]
    #[serde(default)]
    pub db_only: bool,
    /// Only the files
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub files_only: bool,
    /// Clear caches afterwards
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub cc: bool,
    /// Run the system's database updates afterwards
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub updatedb: bool,
    /// Bring the configuration of the code into the database, after the updates
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub config_import: bool,
    /// One more address to replace, beside those of the source that are found
    #[cfg_attr(feature = "clap", arg(long, requires = "to_url"))]
    pub from_url: Option<String>,
    /// What replaces it
    #[cfg_attr(feature = "clap", arg(long, requires = "from_url"))]
    pub to_url: Option<String>,
    /// Leave the addresses in the database as they are
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub keep_urls: bool,
    /// Copy the rows of cache and log tables too
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub full: bool,
    /// Leave the rows of this table behind, too (`*` for any letters); can be given more than once
    #[cfg_attr(feature = "clap", arg(long, value_name = "TABLE"))]
    #[serde(default)]
    pub exclude_table: Vec<String>,
    /// The site's name, to confirm that content goes up to Live
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `env:wipe`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Wipe {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The site's name, to confirm that Live is emptied
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// What a file is taken as, where it may be one thing or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum ImportAs {
    /// The database in it, and nothing else
    Database,
    /// Uploaded files
    Files,
    /// The code in it, and nothing else
    Code,
}

impl std::fmt::Display for ImportAs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Database => "database",
            Self::Files => "files",
            Self::Code => "code",
        })
    }
}

/// What every import of a database may be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ImportOptions {
    /// Of a dump of several databases, the one to import
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME"))]
    pub from_database: Option<String>,
    /// Of an archive of several dumps, the one to import
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME"))]
    pub entry: Option<String>,
    /// What the file is, where it may be one thing or another
    #[cfg_attr(feature = "clap", arg(long = "as", value_enum))]
    #[serde(default)]
    pub taken_as: Option<ImportAs>,
    /// One more address to replace by the environment's, beside those that are found
    #[cfg_attr(feature = "clap", arg(long, value_name = "URL"))]
    pub from_url: Option<String>,
    /// Leave the addresses in the database as they are
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub keep_urls: bool,
    /// Run the system's database updates afterwards
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub updatedb: bool,
    /// Clear caches afterwards
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub cc: bool,
    /// The site's name, to confirm that Live's content is replaced
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `import:database`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ImportDatabase {
    /// The environment whose database is replaced, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// A dump (.sql, plain or packed, or in a zip or tar) or a .sqlite file, by path or http(s) address; `-` for standard
    /// input
    #[cfg_attr(feature = "clap", arg(value_name = "FILE"))]
    pub file: String,
    /// Replace the uploaded files too, by those of this archive or folder
    #[cfg_attr(feature = "clap", arg(long, value_name = "ARCHIVE"))]
    pub files: Option<String>,
    /// What is taken of it, and what is done to it
    #[cfg_attr(feature = "clap", command(flatten))]
    #[serde(flatten)]
    pub options: ImportOptions,
}

/// `import:files`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ImportFiles {
    /// The environment whose files are replaced, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// A tar (plain or packed), a zip or a folder, by path or http(s) address; `-` for standard input
    #[cfg_attr(feature = "clap", arg(value_name = "FILE"))]
    pub file: String,
    /// `files`: take it for uploads, although it looks like something else
    #[cfg_attr(feature = "clap", arg(long = "as", value_enum))]
    #[serde(default)]
    pub taken_as: Option<ImportAs>,
    /// The site's name, to confirm that Live's content is replaced
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `export:database`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ExportDatabase {
    /// The environment, as in `acme.live`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The file to write: .sql.gz, .sql, .sql.zst or .sqlite; `-` for standard output
    #[cfg_attr(feature = "clap", arg(value_name = "FILE"))]
    pub to: String,
    /// Replace the file, where there is one
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub overwrite: bool,
}

/// `export:files`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ExportFiles {
    /// The environment, as in `acme.live`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The archive to write: .tar.gz or .zip; `-` for standard output
    #[cfg_attr(feature = "clap", arg(value_name = "FILE"))]
    pub to: String,
    /// Replace the file, where there is one
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub overwrite: bool,
}

/// `generation:switch`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct SwitchGeneration {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The generation to use; `generation:list` shows them
    pub id: u32,
    /// The site's name, to confirm that Live's content is replaced
    #[cfg_attr(feature = "clap", arg(long, value_name = "SITE"))]
    pub confirm: Option<String>,
}

/// `generation:pin`, `generation:unpin`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct PinGeneration {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The generation; `generation:list` shows them
    pub id: u32,
}

/// `generation:prune`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct PruneGenerations {
    /// The environment, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// The generations to let go [default: all but the one in use, the pinned, and those that `--keep` keeps]
    #[cfg_attr(feature = "clap", arg(value_name = "ID", conflicts_with = "keep"))]
    #[serde(default)]
    pub ids: Vec<u32>,
    /// How many of those that were replaced last stay, for undo [default: 1]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N"))]
    pub keep: Option<u32>,
}

/// `search-replace`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SearchReplace {
    /// The environment whose database is searched.
    pub environment: Address,
    /// What replaces what, all in one pass: no replacement is replaced again.
    pub pairs: Vec<Replacement>,
    /// Only these tables; all when empty.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Replace in WordPress's `guid` columns too.
    #[serde(default)]
    pub guid: bool,
    /// Clear caches afterwards.
    #[serde(default)]
    pub cc: bool,
    /// The site's name, to confirm that Live's content is changed.
    pub confirm: Option<String>,
}

/// `site:clone-profile`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetCloneProfile {
    /// The site.
    pub site: SiteName,
    /// Tables whose rows clones leave out, without their prefix; `*` stands for any letters.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Back to the system's own list.
    #[serde(default)]
    pub reset: bool,
}

/// `generation:keep`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct KeepGenerations {
    /// The site
    pub site: SiteName,
    /// How many of each are kept for undo, those that were replaced last: contents and releases of each environment,
    /// discarded changes, deleted environments and sites; at least 1 [default: as now]
    #[cfg_attr(feature = "clap", arg(value_name = "COUNT", conflicts_with = "default"))]
    pub count: Option<u32>,
    /// Keep those of the last N days as well; 0 for none more [default: as now]
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", conflicts_with = "default"))]
    pub days: Option<u32>,
    /// Go back to the default: 5, and all that are younger than 14 days
    #[cfg_attr(feature = "clap", arg(long))]
    #[serde(default)]
    pub default: bool,
}

/// `disk:free`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FreeDisk {
    /// The site, or one that was deleted.
    pub site: SiteName,
    /// How many of each stay, those that were replaced last: one, unless another number is given; with none, the last
    /// step can't be undone, either.
    pub keep: Option<u32>,
    /// Leaves those of the last so many days as well; of none, unless a number is given.
    pub days: Option<u32>,
    /// Only these; all kinds when none is named.
    #[serde(default)]
    pub only: Vec<KeptKind>,
}

/// `import:site`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ImportSite {
    /// The environment whose code, database and files are replaced, as in `acme.dev`
    #[cfg_attr(feature = "clap", arg(value_name = "SITE.ENV"))]
    pub environment: Address,
    /// An archive or folder of a whole site with a dump in it, or one each of its code, database and files
    #[cfg_attr(feature = "clap", arg(value_name = "ARCHIVE", required = true))]
    pub files: Vec<String>,
    /// The message of the commit that brings the code [default: "Import" and the file's name]
    #[cfg_attr(feature = "clap", arg(long))]
    pub message: Option<String>,
    /// What is taken of it, and what is done to it
    #[cfg_attr(feature = "clap", command(flatten))]
    #[serde(flatten)]
    pub options: ImportOptions,
}
