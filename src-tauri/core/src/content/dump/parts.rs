//! Dumps in many files: those that mydumper writes (definitions, rows, the rest), and one file for each table.
use std::{
    collections::BTreeSet,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    vec,
};

use super::{
    encoding::as_text,
    members::{Member, Place, open_member},
    source::{Dump, Source},
    tab,
};
use crate::error::{Code, Doing, Error, Result};

/// What stands before each file in the stream; see [`super::statements::Statements`].
pub(super) const MARK: &str = "-- Portico reads ";

/// Whether the names are those of mydumper's files: each table's definition has a file of its own.
pub(in crate::content) fn are_mydumpers<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| part_of(name).is_some_and(|it| it.rank == DEFINITION))
}

const DEFINITION: u8 = 1;

/// One of mydumper's files.
struct Part<'a> {
    database: &'a str,
    /// Sequences come first, then definitions, then rows, then what needs both.
    rank: u8,
}

/// `acme.wp_posts-schema.sql.gz`; none for the file that makes the database, and for what has no database's name.
fn part_of(name: &str) -> Option<Part<'_>> {
    let name = name.rsplit('/').next()?;
    let stem = &name[..name.find(".sql")?];
    let is_packed = ["", ".gz", ".zst", ".bz2", ".xz"].contains(&&name[stem.len() + 4..]);
    if stem.ends_with("-schema-create") || !is_packed {
        return None;
    }
    let ends = [
        ("-schema-sequence", 0),
        ("-schema-triggers", 3),
        ("-schema-view", 4),
        ("-schema-post", 5),
        ("-schema", DEFINITION),
    ];
    let rank = ends.iter().find(|(end, _)| stem.ends_with(end)).map_or(2, |(_, rank)| *rank);
    let database = match rank {
        5 => stem.strip_suffix("-schema-post")?,
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

/// Opens what mydumper wrote.
pub(super) fn open_mydumper(source: &Source, database: Option<&str>) -> Result<Dump> {
    let base = |member: &Member| member.name.rsplit('/').next().unwrap_or_default().to_owned();
    let metadata = source.files.iter().find(|it| base(it) == "metadata");
    let doing = || format!("read `{}`", source.shown);
    let is_finished = match metadata {
        None => true,
        Some(metadata) => {
            let mut text = String::new();
            open_member(metadata)
                .and_then(|(mut it, ..)| it.read_to_string(&mut text))
                .doing(doing)?;
            text.to_ascii_lowercase().contains("finished dump")
        }
    };
    if !is_finished || source.files.iter().any(|it| base(it) == "metadata.partial") {
        let shown = &source.shown;
        return Err(Error::new(
            Code::Failed,
            format!("the dump is cut short: mydumper did not finish `{shown}`"),
        )
        .hint("Export or copy it again; nothing was changed here."));
    }
    let names = source.files.iter().map(|it| it.name.clone()).collect();
    let names = ordered(names, database, &source.shown)?;
    let files = names.iter().filter_map(|name| source.files.iter().find(|it| it.name == *name));
    Ok(chain(files.cloned().map(Piece::Sql).collect(), &source.shown))
}

/// Opens the files of one database one after the other.
#[expect(clippy::unnecessary_wraps, reason = "as every form is opened")]
pub(super) fn open_in_order(source: &Source) -> Result<Dump> {
    Ok(chain(source.files.iter().cloned().map(Piece::Sql).collect(), &source.shown))
}

/// A part of a dump in several files.
pub(super) enum Piece {
    /// SQL.
    Sql(Member),
    /// The rows of a table as text.
    Rows(Member, tab::Table),
}

impl Piece {
    fn member(&self) -> &Member {
        match self {
            Self::Sql(member) | Self::Rows(member, _) => member,
        }
    }

    fn open(&self) -> io::Result<(Box<dyn Read>, Arc<AtomicU64>)> {
        let (input, read, _) = open_member(self.member())?;
        Ok(match self {
            Self::Sql(_) => (as_text(input)?, read),
            Self::Rows(_, table) => (Box::new(tab::Rows::new(input, table.clone())), read),
        })
    }
}

pub(super) fn chain(pieces: Vec<Piece>, shown: &str) -> Dump {
    // What is read of an archive says nothing of how far one of its files is.
    let is_on_disk = pieces.iter().all(|it| matches!(it.member().place, Place::File(_)));
    let size = if is_on_disk { pieces.iter().map(|it| it.member().bytes).sum() } else { 0 };
    let read = Arc::new(AtomicU64::new(0));
    let chain = Chain {
        pieces: pieces.into_iter(),
        current: None,
        mark: io::Cursor::new(Vec::new()),
        read: read.clone(),
        before: 0,
    };
    Dump { input: Box::new(chain), read, size, name: shown.to_owned(), foreign: Vec::new() }
}

/// The files one after the other, each behind a line with its name.
struct Chain {
    pieces: vec::IntoIter<Piece>,
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
            let Some(piece) = self.pieces.next() else { return Ok(0) };
            self.current = Some(piece.open()?);
            let name = &piece.member().name;
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
        assert!(are_mydumpers(all.iter().map(String::as_str)));
        assert!(!are_mydumpers(["one.sql", "two.sql"].into_iter()));
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
