//! The many files that mydumper writes of one dump, in a folder or an archive: definitions, rows, the rest.
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    vec,
};

use super::{
    encoding::as_text,
    members::{Member, is_dump_name, open_member},
    source::{Dump, open_plain},
};
use crate::error::{Code, Doing, Error, Result};

/// What stands before each file in the stream; see [`super::statements::Statements`].
pub(super) const MARK: &str = "-- Portico reads ";

/// Whether the names are those of mydumper's files: each table's definition has a file of its own.
pub(super) fn are_parts<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| part_of(name).is_some_and(|it| it.rank == DEFINITION))
}

/// Whether a folder holds what mydumper wrote.
pub(super) fn is_folder(folder: &Path) -> Result<bool> {
    let names = names(folder)?;
    let has_metadata = names.iter().any(|it| it.starts_with("metadata"));
    Ok(has_metadata && are_parts(names.iter().map(String::as_str)))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let doing = || format!("read `{}`", folder.display());
    let entries = fs::read_dir(folder).doing(doing)?;
    let name =
        |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().doing(doing)
}

const DEFINITION: u8 = 0;

/// One of mydumper's files.
struct Part<'a> {
    database: &'a str,
    /// Definitions come first, then rows, then what needs both.
    rank: u8,
}

/// `acme.wp_posts-schema.sql.gz`; none for the file that makes the database, and for what has no database's name.
fn part_of(name: &str) -> Option<Part<'_>> {
    let name = name.rsplit('/').next()?;
    let stem = &name[..name.find(".sql")?];
    if stem.ends_with("-schema-create") || !is_dump_name(name) {
        return None;
    }
    let ends = [
        ("-schema-triggers", 2),
        ("-schema-view", 3),
        ("-schema-post", 4),
        ("-schema", DEFINITION),
    ];
    let rank = ends.iter().find(|(end, _)| stem.ends_with(end)).map_or(1, |(_, rank)| *rank);
    let database = match rank {
        4 => stem.strip_suffix("-schema-post")?,
        _ => stem.split_once('.')?.0,
    };
    Some(Part { database, rank })
}

/// The names of one database's files, in the order in which they are read.
fn ordered(mut names: Vec<String>, database: Option<&str>, shown: &str) -> Result<Vec<String>> {
    let databases: BTreeSet<String> =
        names.iter().filter_map(|it| part_of(it)).map(|it| it.database.to_owned()).collect();
    if database.is_none() && databases.len() > 1 {
        let all: Vec<String> = databases.iter().map(|it| format!("`{it}`")).collect();
        return Err(Error::refused(format!("`{shown}` has several databases: {}", all.join(", ")))
            .hint("Choose one with `--from-database`."));
    }
    names.retain(|name| {
        part_of(name).is_some_and(|it| database.is_none_or(|wanted| wanted == it.database))
    });
    names.sort_by_key(|name| (part_of(name).map(|it| it.rank), name.clone()));
    Ok(names)
}

/// Opens the folder that mydumper wrote.
pub(super) fn open_folder(folder: &Path, database: Option<&str>) -> Result<Dump> {
    let shown = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    let all = names(folder)?;
    let metadata = folder.join("metadata");
    let is_finished = !metadata.exists()
        || fs::read_to_string(&metadata)
            .doing(|| format!("read `{}`", metadata.display()))?
            .to_ascii_lowercase()
            .contains("finished dump");
    if !is_finished || all.iter().any(|it| it == "metadata.partial") {
        return Err(Error::new(
            Code::Failed,
            format!("the dump is cut short: mydumper did not finish `{shown}`"),
        )
        .hint("Export or copy it again; nothing was changed here."));
    }
    let names = ordered(all, database, &shown)?;
    let size = names.iter().map(|it| fs::metadata(folder.join(it)).map_or(0, |it| it.len())).sum();
    let folder = folder.to_owned();
    Ok(chain(names, shown, size, move |name| open_file(folder.join(name))))
}

fn open_file(path: PathBuf) -> io::Result<(Box<dyn Read>, Arc<AtomicU64>)> {
    let dump = open_plain(&path)?;
    Ok((dump.input, dump.read))
}

/// Opens an archive of such files.
pub(super) fn open_archive(path: &Path, all: Vec<Member>, database: Option<&str>) -> Result<Dump> {
    let shown = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let names = ordered(all.iter().map(|it| it.name.clone()).collect(), database, &shown)?;
    // Each is found anew, so what is read says nothing of how far it is.
    let path = path.to_owned();
    Ok(chain(names, shown, 0, move |name| {
        let member = all.iter().find(|it| it.name == name);
        let member = member.ok_or(io::ErrorKind::NotFound)?;
        let (input, ..) = open_member(&path, member)?;
        Ok((as_text(input)?, Arc::default()))
    }))
}

fn chain(
    names: Vec<String>,
    name: String,
    size: u64,
    open: impl Fn(&str) -> io::Result<(Box<dyn Read>, Arc<AtomicU64>)> + 'static,
) -> Dump {
    let read = Arc::new(AtomicU64::new(0));
    let chain = Chain {
        names: names.into_iter(),
        open: Box::new(open),
        current: None,
        mark: io::Cursor::new(Vec::new()),
        read: read.clone(),
        before: 0,
    };
    Dump { input: Box::new(chain), read, size, name }
}

type Opener = dyn Fn(&str) -> io::Result<(Box<dyn Read>, Arc<AtomicU64>)>;

/// The files one after the other, each behind a line with its name.
struct Chain {
    names: vec::IntoIter<String>,
    open: Box<Opener>,
    current: Option<(Box<dyn Read>, Arc<AtomicU64>)>,
    mark: io::Cursor<Vec<u8>>,
    /// What was read of all.
    read: Arc<AtomicU64>,
    /// What was read of those before the present one.
    before: u64,
}

impl Read for Chain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.mark.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if let Some((input, read)) = &mut self.current {
                let count = input.read(buffer)?;
                self.read.store(self.before + read.load(Relaxed), Relaxed);
                if count > 0 {
                    return Ok(count);
                }
                self.before = self.read.load(Relaxed);
                self.current = None;
            }
            let Some(name) = self.names.next() else { return Ok(0) };
            self.current = Some((self.open)(&name)?);
            self.mark = io::Cursor::new(format!("\n{MARK}`{name}`\n").into_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mydumper_s_files_come_in_an_order_that_can_be_loaded() {
        let names = [
            "a.v-schema-view.sql",
            "a-schema-create.sql",
            "a.t.00001.sql.zst",
            "a.t.sql",
            "metadata",
            "a.t-schema-triggers.sql",
            "a-schema-post.sql",
            "a.t-schema.sql",
            "a.v-schema.sql",
        ];
        let all: Vec<String> = names.map(str::to_owned).into();
        assert!(are_parts(all.iter().map(String::as_str)));
        assert!(!are_parts(["one.sql", "two.sql"].into_iter()));
        assert_eq!(
            ordered(all.clone(), None, "x").expect("one database"),
            [
                "a.t-schema.sql",
                "a.v-schema.sql",
                "a.t.00001.sql.zst",
                "a.t.sql",
                "a.t-schema-triggers.sql",
                "a.v-schema-view.sql",
                "a-schema-post.sql"
            ]
        );
        let two = [all, vec!["b.t-schema.sql".to_owned()]].concat();
        assert!(ordered(two.clone(), None, "x").expect_err("two").message.contains("`a`, `b`"));
        assert_eq!(ordered(two, Some("b"), "x").expect("chosen"), ["b.t-schema.sql"]);
    }
}
