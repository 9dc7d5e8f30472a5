//! Copies of portico.db, and what is done where it is missing, empty or damaged.
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use serde::Deserialize;

use super::{Held, Store, facts, now};
use crate::{
    durable,
    error::{Code, Doing, Error, Result},
    folder,
    layout::Layout,
};

/// So many copies are kept, the newest.
const KEPT: usize = 7;

/// A copy that is older than this is not fresh any more.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Companions of a database file, which are worth nothing without it, and would harm another one.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// How a root folder's database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// One that is missing, empty or damaged while there are sites is an error.
    Trusted,
    /// One that is missing, empty or damaged is put aside, and the newest copy takes its place.
    FromCopy,
    /// One that is missing, empty or damaged is put aside for a new one, which knows no site.
    Anew,
}

/// A copy of portico.db.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The file.
    pub path: PathBuf,
    /// When it was made.
    pub made: Timestamp,
}

/// What had to be done before the database could be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Where the damaged one is now; none when there was no file at all.
    pub aside: Option<PathBuf>,
    /// The copy that took its place; none for a new database.
    pub copy: Option<Copy>,
}

/// The copies of a root folder's database, newest first.
pub fn copies(layout: &Layout) -> Result<Vec<Copy>> {
    let folder = layout.store_copies();
    let entries = folder::entries(&folder)?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        let made = path
            .file_name()
            .and_then(|it| it.to_str())
            .and_then(|it| read_stamp(it.strip_prefix("portico-")?.strip_suffix(".db")?));
        found.extend(made.map(|made| Copy { path, made }));
    }
    found.sort_by_key(|it| std::cmp::Reverse(it.made));
    Ok(found)
}

/// Makes sure that the root folder's database can be trusted, as `truth` says.
///
/// # Errors
/// Damaged, when it can't be and `truth` does not say what to do then.
pub(super) fn prepare(layout: &Layout, truth: Truth) -> Result<Option<Recovered>> {
    let Some(damage) = damage(layout)? else {
        return match truth {
            Truth::FromCopy => Err(Error::refused("portico.db is whole, so no copy is needed")
                .hint("`portico undo` takes back what was done to a site.")),
            _ => Ok(None),
        };
    };
    let path = layout.store();
    match truth {
        Truth::Trusted => Err(is_damaged(layout, &damage)?),
        Truth::Anew => Ok(Some(Recovered { aside: put_aside(layout)?, copy: None })),
        Truth::FromCopy => {
            let whole = copies(layout)?.into_iter().find(|it| matches!(check(&it.path), Ok(None)));
            let copy = whole.ok_or_else(|| {
                Error::refused(format!("portico.db {damage}, and there is no copy of it"))
                    .hint("`portico site:adopt` takes the sites up from their folders.")
            })?;
            let new = path.with_extension("new");
            bring(&copy.path, &new).doing(|| format!("copy {}", copy.path.display()))?;
            let aside = put_aside(layout)?;
            let doing = || format!("put {} into its place", copy.path.display());
            fs::rename(&new, &path).doing(doing)?;
            durable::folder(layout.root())?;
            let connection = Connection::open(&path).doing(doing)?;
            facts::end_workflows(&connection, None)?;
            Ok(Some(Recovered { aside, copy: Some(copy) }))
        }
    }
}

/// A copy of a file that has reached the disk, readable by this user only.
fn bring(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).doing(|| format!("write {}", to.display()))?;
    durable::file(to)
}

/// In what words the root folder's database is no truth; none when it is one, or when there is nothing to know yet.
fn damage(layout: &Layout) -> Result<Option<String>> {
    let path = layout.store();
    let length = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        found => Some(found.doing(|| format!("read {}", path.display()))?.len()),
    };
    let lost = match length {
        None => "is missing",
        Some(0) => "is empty",
        Some(_) => match check(&path)? {
            Some(damage) if damage == NOTHING => NOTHING,
            other => return Ok(other),
        },
    };
    // A new root folder has no database, and one that was never used has an empty one.
    Ok((!facts::sites_on_disk(layout)?.is_empty()).then(|| lost.to_owned()))
}

/// What is said of a whole database without a table.
const NOTHING: &str = "has no table";

/// What is wrong with a database file; none when it is whole.
///
/// # Errors
/// When it can't be read at all, which says nothing about what is in it.
fn check(path: &Path) -> Result<Option<String>> {
    let read = || -> rusqlite::Result<Option<String>> {
        // Not read-only: a log that a crash left is brought in first, as any opening does.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if said != "ok" {
            // Its first line only says in which database.
            let said = said.lines().find(|line| !line.starts_with("***")).unwrap_or(&said);
            return Ok(Some(format!("is damaged ({said})")));
        }
        let tables: u32 = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name IN
             ('sites', 'environments', 'generations', 'workflows', 'journal', 'settings')",
            [],
            |row| row.get(0),
        )?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok(match tables {
            0 if version == 0 => Some(NOTHING.to_owned()),
            6 => None,
            // A newer version's tables are its own affair; opening refuses them.
            _ if version as usize > super::MIGRATIONS.len() => None,
            _ => Some("lacks some of its tables".to_owned()),
        })
    };
    match read() {
        Ok(found) => Ok(found),
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.code == rusqlite::ErrorCode::NotADatabase =>
        {
            Ok(Some("is no database any more".into()))
        }
        Err(rusqlite::Error::SqliteFailure(error, said))
            if error.code == rusqlite::ErrorCode::DatabaseCorrupt =>
        {
            let said = said.unwrap_or_else(|| error.to_string());
            Ok(Some(format!("is damaged ({said})")))
        }
        Err(error) => Err(error).doing(|| format!("read {}", path.display())),
    }
}

fn is_damaged(layout: &Layout, damage: &str) -> Result<Error> {
    let sites = facts::sites_on_disk(layout)?;
    let names: Vec<_> = sites.iter().map(ToString::to_string).collect();
    let there = match names.as_slice() {
        [] => "no site".to_owned(),
        [one] => format!("the site {one}"),
        all => format!("{} sites: {}", all.len(), all.join(", ")),
    };
    let message = format!(
        "{} {damage}; it says which code and content the environments of each site use. {} holds {there}",
        layout.store().display(),
        layout.sites().display()
    );
    let adopt = "`portico site:adopt` begins a new one and takes the sites up from their folders";
    let hint = match copies(layout)?.first() {
        Some(copy) => format!(
            "`portico self:restore` puts back the copy of {}; {adopt}.",
            copy.made.strftime("%F %H:%M UTC")
        ),
        None => format!("There is no copy of it; {adopt}."),
    };
    Ok(Error::new(Code::Damaged, message).hint(hint))
}

/// Moves the database away, with its companions, without a change.
fn put_aside(layout: &Layout) -> Result<Option<PathBuf>> {
    let mut at = now();
    while layout.damaged_store(&stamp(at)).exists() {
        at += SignedDuration::from_secs(1);
    }
    let (path, aside) = (layout.store(), layout.damaged_store(&stamp(at)));
    make_folder(&layout.store_copies())?;
    let mut moved = None;
    for end in COMPANIONS {
        let with = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        match fs::rename(with(&path), with(&aside)) {
            Ok(()) => moved = Some(aside.clone()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).doing(|| format!("move {}", with(&path).display())),
        }
    }
    Ok(moved)
}

impl Store {
    /// Makes a copy, unless there is a fresh one, or nothing that a copy could bring back.
    pub fn copy_if_due(&self) -> Result<()> {
        if self.workflows(None, 1)?.is_empty() {
            return Ok(());
        }
        let newest = copies(&self.layout)?.first().map(|it| it.made);
        match newest {
            Some(made) if now().duration_since(made) < FRESH => Ok(()),
            _ => self.read(|connection| make(connection, &self.layout).map(drop)),
        }
    }

    /// Writes the database anew where somebody took its file away from under us: as long as we have it open, nothing
    /// of it is lost. Answers whether it was so.
    pub fn put_back_if_gone(&self) -> Result<bool> {
        let path = self.layout.store();
        let mut held = self.lock();
        if held.file == identity(&path) {
            return Ok(false);
        }
        let copy = make(&held.connection, &self.layout)?;
        let new = path.with_extension("new");
        bring(&copy, &new).doing(|| format!("copy {}", copy.display()))?;
        put_aside(&self.layout)?;
        fs::rename(&new, &path).doing(|| format!("put {} into its place", path.display()))?;
        durable::folder(self.layout.root())?;
        // At its end the old one would delete the log beside its path, which is the new one's by then.
        let doing = || format!("let go of the former {}", path.display());
        let keep_the_log = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        held.connection.set_db_config(keep_the_log, true).doing(doing)?;
        *held = Held::open(&self.layout)?;
        Ok(true)
    }
}

/// Which file a path leads to; none when there is none, or on a system that lets nobody take away a file in use.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).ok().map(|it| (it.dev(), it.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Makes a copy of the open database, looks whether it is whole, and lets the oldest ones go.
pub(super) fn make(connection: &Connection, layout: &Layout) -> Result<PathBuf> {
    let folder = layout.store_copies();
    make_folder(&folder)?;
    let path = layout.store_copy(&stamp(now()));
    let doing = || format!("copy portico.db to {}", path.display());
    // An empty file of mode 0600, which SQLite fills.
    let new = tempfile::Builder::new().prefix(".new-").tempfile_in(&folder).doing(doing)?;
    connection.execute("VACUUM INTO ?1", [new.path().to_string_lossy()]).doing(doing)?;
    if let Some(damage) = check(new.path())? {
        return Err(Error::failed(doing()).because(format!("the copy {damage}")));
    }
    durable::file(new.path())?;
    new.persist(&path).doing(doing)?;
    durable::folder(&folder)?;
    for old in copies(layout)?.into_iter().skip(KEPT) {
        fs::remove_file(&old.path).doing(|| format!("delete {}", old.path.display()))?;
    }
    Ok(path)
}

fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).doing(|| format!("make {}", folder.display()))
}

const STAMP: &str = "%Y-%m-%dT%H-%M-%S";

/// A moment in a file's name.
fn stamp(at: Timestamp) -> String {
    at.strftime(STAMP).to_string()
}

fn read_stamp(text: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime(STAMP, text).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}
