//! What the shells are told about content: its generations, what a file holds, what a clone or an import would do.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ContentInfo, DatabaseInfo, FilesInfo};
use crate::model::{
    Address, Cms, Origin,
    request::{ImportAs, Request},
};

/// A row of `generation:list`: one complete content that an environment has or had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GenerationInfo {
    /// Its number; never used twice in an environment.
    pub id: u32,
    /// Where its content came from.
    pub origin: Origin,
    /// The workflow that made it, where history still has it.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub workflow: Option<i64>,
    /// That workflow's title: "Clone database and files, Live → Dev".
    pub made_by: Option<String>,
    /// When it was made.
    #[cfg_attr(test, ts(type = "string"))]
    pub created: Timestamp,
    /// Whether the environment runs it.
    pub current: bool,
    /// Whether the person wants it kept.
    pub pinned: bool,
    /// The size of its database, as last measured.
    pub database: Option<DatabaseInfo>,
    /// The size of its files, as last measured.
    pub files: Option<FilesInfo>,
    /// The earlier generation whose database it uses, because only files were replaced.
    pub database_of: Option<u32>,
    /// The earlier generation whose files it uses, because only the database was replaced.
    pub files_of: Option<u32>,
    /// Later generations that use a part of it: it can't be pruned before them.
    pub needed_by: Vec<u32>,
    /// Disk use of what only this generation holds, in bytes; none when it was not asked for. See [`DiskUse`].
    pub disk: Option<DiskUse>,
}

/// Disk use of one generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiskUse {
    /// Bytes that pruning would free: blocks that other files share (reflinks), files with a second name (hard
    /// links) and parts of other generations (links) count as nothing.
    #[cfg_attr(test, ts(type = "number"))]
    pub own: u64,
    /// Whether the disk told which blocks are shared; where it can't (macOS, Windows), they count in full.
    pub is_exact: bool,
}

/// A text, or an address, and what replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Replacement {
    /// What is looked for.
    pub old: String,
    /// What replaces it.
    pub new: String,
}

/// What a search and replace changes, or would change, in one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplacedTable {
    /// The table.
    pub table: String,
    /// Rows that change.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Replacements in them.
    #[cfg_attr(test, ts(type = "number"))]
    pub replacements: u64,
}

/// What `search-replace --dry-run` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SearchReplacePlan {
    /// Tables that would change, by name.
    pub tables: Vec<ReplacedTable>,
    /// Rows in all.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Replacements in all.
    #[cfg_attr(test, ts(type = "number"))]
    pub replacements: u64,
    /// What a person should know: broken serialised values, base64 that is left alone.
    pub notes: Vec<String>,
}

/// What a file or folder is, found by looking into its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Inspected {
    /// The path as it was asked about.
    pub path: String,
    /// The file's name.
    pub name: String,
    /// Bytes of the file; 0 for a folder.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// How it is packed, from the outside in: `["gzip", "tar"]`; empty when it is not.
    pub packed: Vec<String>,
    /// What it holds.
    pub holds: Holding,
    /// The program or host that made it, where it tells.
    pub origin: Option<String>,
    /// What each part of an archive or a folder becomes, those that are not used too.
    pub pieces: Vec<InspectedPiece>,
    /// What a person should know before it is imported.
    pub notes: Vec<String>,
}

/// A part of an archive or a folder: a file or folder inside, with what it becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectedPiece {
    /// Its path inside; empty for everything that no other piece has.
    pub path: String,
    /// Files in it that were met.
    #[cfg_attr(test, ts(type = "number"))]
    pub files: u64,
    /// Their bytes, unpacked.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// What it becomes.
    pub becomes: Becomes,
    /// Why it is not used: a clause without full stop.
    pub reason: Option<String>,
}

/// What a part of an archive or a folder becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// Code: a commit.
    Code,
    /// The database.
    Database,
    /// Uploaded files.
    Files,
    /// Nothing: it is not used.
    Unused,
}

/// What a file or folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Holding {
    /// A dump of a database, or a SQLite file.
    Database(InspectedDatabase),
    /// Uploaded files.
    Files(InspectedFiles),
    /// The code of a site, without a database.
    Code {
        /// What the code is.
        cms: Cms,
        /// The folder inside that holds the code; empty for the whole.
        root: String,
        /// Whether the system itself is in it; else it goes over the code that is there.
        whole: bool,
        /// Whether the uploads folder has files as well.
        uploads: Option<String>,
    },
    /// A database and uploaded files, without code.
    Content {
        /// The database.
        database: InspectedDatabase,
        /// The files.
        files: InspectedFiles,
    },
    /// A whole site: code and a database, uploads mostly too.
    Site {
        /// What the code is.
        cms: Cms,
        /// The folder inside that holds the code; empty for the whole.
        root: String,
        /// Whether the system itself is in it; else it goes over the code that is there.
        whole: bool,
        /// The dump inside.
        dump: String,
        /// What it tells.
        database: InspectedDatabase,
        /// The uploads folder inside, where it has files.
        uploads: Option<String>,
    },
    /// One thing or another: the person chooses.
    Doubt {
        /// What speaks for each: a clause without full stop.
        reason: String,
        /// What it can be taken as (`as`).
        choices: Vec<ImportAs>,
        /// Dumps of which one can be chosen (`entry`).
        entries: Vec<String>,
    },
    /// Nothing that can be imported.
    Unusable {
        /// Why: a clause without full stop.
        reason: String,
        /// The way on: a whole sentence.
        hint: Option<String>,
    },
}

impl Holding {
    /// The database in it.
    pub fn database(&self) -> Option<&InspectedDatabase> {
        match self {
            Self::Database(database)
            | Self::Content { database, .. }
            | Self::Site { database, .. } => Some(database),
            _ => None,
        }
    }
}

/// A database, as the beginning of its dump tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectedDatabase {
    /// Whether it is a SQLite file; else a dump in SQL.
    pub sqlite: bool,
    /// The dump's name inside its archive.
    pub member: Option<String>,
    /// The system that its tables belong to, as far as they tell.
    pub cms: Option<Cms>,
    /// The prefix of its tables.
    pub prefix: String,
    /// Tables that were met so far.
    pub tables: Vec<String>,
    /// Whether all of it was looked at, so that there are no further tables.
    pub complete: bool,
    /// Addresses that the site answered at.
    pub addresses: Vec<String>,
    /// Names of the databases inside; more than one: choose by `from_database`.
    pub databases: Vec<String>,
}

/// Uploaded files, as far as they were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InspectedFiles {
    /// Files that were met.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
    /// Their bytes, unpacked.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// Whether all of it was looked at; else there are more.
    pub complete: bool,
    /// The folder inside that becomes the uploads folder; empty for the whole.
    pub root: String,
}

/// A table whose structure is cloned and whose rows are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TableSize {
    /// The table.
    pub table: String,
    /// Its rows.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Whether `rows` is the engine's own estimate: counting them would take long.
    pub estimated: bool,
    /// Bytes of data and indexes; 0 where the engine does not tell (SQLite).
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

/// Whether it fits on the disk, and how long it may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Effort {
    /// Bytes that it needs: a clone at most, since blocks that the disk will share count; an import at least, since what
    /// is packed grows.
    #[cfg_attr(test, ts(type = "number"))]
    pub needed: u64,
    /// Free bytes on the root folder's disk.
    #[cfg_attr(test, ts(type = "number"))]
    pub free: u64,
    /// Seconds that it takes, about; by what the same took before on this machine. None when nothing is known.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub about_s: Option<u64>,
}

/// What a clone of content would do; the same as `env:clone-content --dry-run`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClonePlan {
    /// Whose content is copied.
    pub from: Address,
    /// Whose content is replaced.
    pub to: Address,
    /// The database that is copied, measured now; none when only files are.
    pub database: Option<DatabaseInfo>,
    /// The files that are copied, measured now; none when only the database is.
    pub files: Option<FilesInfo>,
    /// What is replaced, as last measured.
    pub replaces: ContentInfo,
    /// Tables whose rows stay behind.
    pub excluded: Vec<TableSize>,
    /// Addresses that are converted.
    pub pairs: Vec<Replacement>,
    /// Disk and time.
    pub effort: Effort,
    /// The site's name has to be typed: content goes up to Live.
    pub confirm: bool,
}

/// What an import would do; the same as `import --dry-run`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportPlan {
    /// Whose content is replaced.
    pub environment: Address,
    /// What each file is.
    pub sources: Vec<Inspected>,
    /// What is replaced, as last measured.
    pub replaces: ContentInfo,
    /// Whether its code is replaced, too.
    pub code: bool,
    /// Whether its database is replaced.
    pub database: bool,
    /// Whether its files are replaced.
    pub files: bool,
    /// Addresses that are converted.
    pub pairs: Vec<Replacement>,
    /// Disk and time.
    pub effort: Effort,
    /// The request that does it; none while `problem` stands in the way.
    pub request: Option<Request>,
    /// Why it can't be done.
    pub problem: Option<crate::error::Error>,
    /// The site's name has to be typed: Live's content is replaced.
    pub confirm: bool,
}

/// Which tables a site's clones leave out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CloneProfile {
    /// Tables whose rows are left out, without their prefix; `*` stands for any letters.
    pub exclude: Vec<String>,
    /// Whether this is the system's own list, which nobody has changed.
    pub is_default: bool,
}

/// What a site keeps for undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeepRule {
    /// So many, those that were in use last.
    pub count: u32,
    /// And all that were made in so many days, while the disk has room.
    pub days: u32,
    /// Whether this is the default, which nobody has changed.
    pub is_default: bool,
}

/// What one environment's content has that another's lacks; the same as `env:compare`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ContentComparison {
    /// The environment that may have more.
    pub from: Address,
    /// The environment that may lack it.
    pub to: Address,
    /// Posts or nodes; none where the system has neither.
    pub entries: Option<NewerEntries>,
    /// Tables that differ in rows, or that one of both lacks, largest difference first.
    pub tables: Vec<TableDifference>,
    /// Files of `from`.
    pub files_from: FilesSeen,
    /// Files of `to`.
    pub files_to: FilesSeen,
}

/// Posts or nodes that are newer than anything that the other environment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NewerEntries {
    /// `posts` or `nodes`.
    pub what: String,
    /// Entries of `from` that were changed after the newest change of `to`.
    #[cfg_attr(test, ts(type = "number"))]
    pub newer: u64,
    /// The newest change in `from`.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub newest_from: Option<Timestamp>,
    /// The newest change in `to`.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub newest_to: Option<Timestamp>,
}

/// A table that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TableDifference {
    /// The table.
    pub table: String,
    /// Its rows in `from`; none when it is not there.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub rows_from: Option<u64>,
    /// Its rows in `to`; none when it is not there.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub rows_to: Option<u64>,
    /// Whether one of both is an estimate, so that they may be the same.
    pub estimated: bool,
}

/// Uploaded files, counted just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilesSeen {
    /// Files.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
    /// Bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// When the newest was changed.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub newest: Option<Timestamp>,
}
