//! Requests about databases and files.
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde::{Deserialize, Serialize};

use super::{Target, Verb, Words, verb::words};
use crate::model::{
    Address, EnvironmentName, SiteName, secrets::source_without_secrets, view::Replacement,
};

/// `env:clone-content`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CloneContent {
    /// The environment whose content is copied, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub from: Address,
    /// The environment whose content is replaced
    #[arg(value_name = "ENV")]
    pub to: EnvironmentName,
    /// Only the database
    #[arg(long, conflicts_with = "files_only")]
    #[serde(default)]
    pub db_only: bool,
    /// Only the files
    #[arg(long)]
    #[serde(default)]
    pub files_only: bool,
    /// Clear caches afterwards
    #[arg(long)]
    #[serde(default)]
    pub cc: bool,
    /// Run the system's database updates afterwards
    #[arg(long)]
    #[serde(default)]
    pub updatedb: bool,
    /// Bring the configuration of the code into the database, after the updates
    #[arg(long)]
    #[serde(default)]
    pub config_import: bool,
    /// One more address to replace, beside those of the source that are found
    #[arg(long, requires = "to_url")]
    pub from_url: Option<String>,
    /// What replaces it
    #[arg(long, requires = "from_url")]
    pub to_url: Option<String>,
    /// Leave the addresses in the database as they are
    #[arg(long)]
    #[serde(default)]
    pub keep_urls: bool,
    /// Copy the rows of cache and log tables too
    #[arg(long)]
    #[serde(default)]
    pub full: bool,
    /// Leave the rows of this table behind, too (`*` for any letters); can be given more than once
    #[arg(long, value_name = "TABLE")]
    #[serde(default)]
    pub exclude_table: Vec<String>,
    /// The site's name, to confirm that content goes up to Live
    #[arg(long, value_name = "SITE")]
    pub confirm: Option<String>,
}

impl Verb for CloneContent {
    const COMMAND: &'static str = "env:clone-content";

    fn target(&self) -> Target<'_> {
        Target::of(&self.from.site, &self.to)
    }

    fn title(&self) -> String {
        let what = match (self.db_only, self.files_only) {
            (true, _) => "database",
            (_, true) => "files",
            _ => "database and files",
        };
        format!("Clone {what}, {} → {}", self.from.environment.title(), self.to.title())
    }
}

/// `env:wipe`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Wipe {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The site's name, to confirm that Live is emptied
    #[arg(long, value_name = "SITE")]
    pub confirm: Option<String>,
}

impl Verb for Wipe {
    const COMMAND: &'static str = "env:wipe";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Wipe {}", self.environment.environment.title())
    }
}

/// What a file is taken as, where it may be one thing or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
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
#[derive(clap::Args)]
pub struct ImportOptions {
    /// Of a dump of several databases, the one to import
    #[arg(long, value_name = "NAME")]
    pub from_database: Option<String>,
    /// Of an archive of several dumps, the one to import
    #[arg(long, value_name = "NAME")]
    pub entry: Option<String>,
    /// What the file is, where it may be one thing or another
    #[arg(long = "as", value_enum)]
    #[serde(default)]
    pub taken_as: Option<ImportAs>,
    /// One more address to replace by the environment's, beside those that are found
    #[arg(long, value_name = "URL")]
    pub from_url: Option<String>,
    /// Leave the addresses in the database as they are
    #[arg(long)]
    #[serde(default)]
    pub keep_urls: bool,
    /// Run the system's database updates afterwards
    #[arg(long)]
    #[serde(default)]
    pub updatedb: bool,
    /// Clear caches afterwards
    #[arg(long)]
    #[serde(default)]
    pub cc: bool,
    /// The site's name, to confirm that Live's content is replaced
    #[arg(long, value_name = "SITE")]
    pub confirm: Option<String>,
}

/// `import:database`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportDatabase {
    /// The environment whose database is replaced, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// A dump (.sql, plain or packed, or in a zip or tar) or a .sqlite file, by path or http(s) address; `-` for standard
    /// input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Replace the uploaded files too, by those of this archive or folder
    #[arg(long, value_name = "ARCHIVE")]
    pub files: Option<String>,
    /// What is taken of it, and what is done to it
    #[command(flatten)]
    #[serde(flatten)]
    pub options: ImportOptions,
}

impl Verb for ImportDatabase {
    const COMMAND: &'static str = "import:database";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        let what = if self.files.is_some() { "database and files" } else { "database" };
        format!("Import {what} into {}", self.environment.environment.title())
    }

    fn forget_secrets(&mut self) {
        let all = [&mut self.file].into_iter().chain(&mut self.files);
        all.for_each(|it| *it = source_without_secrets(it));
    }
}

/// `import:files`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportFiles {
    /// The environment whose files are replaced, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// A tar (plain or packed), a zip or a folder, by path or http(s) address; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// `files`: take it for uploads, although it looks like something else
    #[arg(long = "as", value_enum)]
    #[serde(default)]
    pub taken_as: Option<ImportAs>,
    /// The site's name, to confirm that Live's content is replaced
    #[arg(long, value_name = "SITE")]
    pub confirm: Option<String>,
}

impl Verb for ImportFiles {
    const COMMAND: &'static str = "import:files";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Import files into {}", self.environment.environment.title())
    }

    fn forget_secrets(&mut self) {
        self.file = source_without_secrets(&self.file);
    }
}

/// `export:database`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExportDatabase {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The file to write: .sql.gz, .sql, .sql.zst or .sqlite; `-` for standard output
    #[arg(value_name = "FILE")]
    pub to: String,
    /// Replace the file, where there is one
    #[arg(long)]
    #[serde(default)]
    pub overwrite: bool,
}

impl Verb for ExportDatabase {
    const COMMAND: &'static str = "export:database";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Export database of {}", self.environment.environment.title())
    }
}

/// `export:files`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExportFiles {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// The archive to write: .tar.gz or .zip; `-` for standard output
    #[arg(value_name = "FILE")]
    pub to: String,
    /// Replace the file, where there is one
    #[arg(long)]
    #[serde(default)]
    pub overwrite: bool,
}

impl Verb for ExportFiles {
    const COMMAND: &'static str = "export:files";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Export files of {}", self.environment.environment.title())
    }
}

/// `search-replace`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SearchReplace {
    /// The environment whose database is searched, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// What replaces what, all in one pass: no replacement is replaced again
    #[command(flatten)]
    pub pairs: Pairs,
    /// Only this table; can be given more than once
    #[arg(long = "table", value_name = "TABLE")]
    #[serde(default)]
    pub tables: Vec<String>,
    /// Replace in WordPress's `guid` columns too, which name posts for feed readers
    #[arg(long)]
    #[serde(default)]
    pub guid: bool,
    /// Clear caches afterwards
    #[arg(long)]
    #[serde(default)]
    pub cc: bool,
    /// The site's name, to confirm that Live's content is changed
    #[arg(long, value_name = "SITE")]
    pub confirm: Option<String>,
}

/// Pairs of what is looked for and what replaces it; on the command line one word after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Pairs(pub Vec<Replacement>);

const PAIRED: &str = "words";

impl Args for Pairs {
    fn augment_args(command: Command) -> Command {
        command.arg(
            Arg::new(PAIRED)
                .value_name("OLD NEW")
                .num_args(2..)
                .required(true)
                .help("What to look for and what replaces it, as many pairs as you like"),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Pairs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let words: Vec<&String> = matches.get_many(PAIRED).unwrap_or_default().collect();
        if let [.., last] = &words[..]
            && words.len() % 2 == 1
        {
            let told = format!(
                "a replacement is missing for `{last}`: each text is followed by what replaces it; write '' for nothing\n"
            );
            return Err(clap::Error::raw(clap::error::ErrorKind::WrongNumberOfValues, told));
        }
        let pair = |pair: &[&String]| Replacement { old: pair[0].clone(), new: pair[1].clone() };
        Ok(Self(words.chunks_exact(2).map(pair).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Verb for SearchReplace {
    const COMMAND: &'static str = "search-replace";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Search and replace in {}", self.environment.environment.title())
    }

    fn words(&self) -> Words {
        let pairs = self.pairs.0.iter().flat_map(|it| [it.old.clone(), it.new.clone()]);
        words(self).with(PAIRED, pairs.collect::<Vec<_>>())
    }
}

/// `site:clone-profile`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetCloneProfile {
    /// The site
    pub site: SiteName,
    /// Leave out this table's rows, instead of those left out now; without prefix, `*` for any letters; can be given more
    /// than once
    #[arg(long, value_name = "TABLE", conflicts_with = "reset")]
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Leave out no rows at all
    #[arg(long, conflicts_with_all = ["exclude", "reset"])]
    #[serde(skip)]
    pub none: bool,
    /// Go back to the system's own list
    #[arg(long)]
    #[serde(default)]
    pub reset: bool,
}

impl Verb for SetCloneProfile {
    const COMMAND: &'static str = "site:clone-profile";

    fn target(&self) -> Target<'_> {
        Target::site(&self.site)
    }

    fn title(&self) -> String {
        format!("Set the clone profile of {}", self.site)
    }

    fn words(&self) -> Words {
        words(self).with("none", self.exclude.is_empty() && !self.reset)
    }
}

/// `import:site`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Args)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportSite {
    /// The environment whose code, database and files are replaced, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub environment: Address,
    /// An archive or folder of a whole site with a dump in it, or one each of its code, database and files
    #[arg(value_name = "ARCHIVE", required = true)]
    pub files: Vec<String>,
    /// The message of the commit that brings the code [default: "Import" and the file's name]
    #[arg(long)]
    pub message: Option<String>,
    /// What is taken of it, and what is done to it
    #[command(flatten)]
    #[serde(flatten)]
    pub options: ImportOptions,
}

impl Verb for ImportSite {
    const COMMAND: &'static str = "import:site";

    fn target(&self) -> Target<'_> {
        Target::environment(&self.environment)
    }

    fn title(&self) -> String {
        format!("Import site into {}", self.environment.environment.title())
    }

    fn forget_secrets(&mut self) {
        self.files.iter_mut().for_each(|it| *it = source_without_secrets(it));
    }
}
