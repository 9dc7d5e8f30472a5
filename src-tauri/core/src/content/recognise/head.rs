//! What a file is by its first bytes, whatever it is called.
use std::io::{Cursor, Read};

use super::{
    super::{archive, dump},
    foreign::{self, Foreign},
    sql,
};

/// So many bytes of a file are looked at.
pub(in crate::content) const HEAD_LIMIT: usize = 16 << 10;
/// So much of what is packed in them.
const UNPACKED: u64 = 64 << 10;

/// What the first bytes of a file say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Head {
    /// It was not looked at: its name is that of a picture, a script or the like.
    #[default]
    Unseen,
    /// SQL of a database.
    Sql(SqlHead),
    /// A SQLite database.
    Sqlite,
    /// An archive that Portico opens.
    Archive,
    /// What Portico knows by its name, and does not read.
    Foreign(&'static Foreign),
    /// A private key.
    PrivateKey,
    /// There are no bytes.
    Empty,
    /// Something else.
    Other,
}

/// What the beginning of a dump tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlHead {
    /// A program that writes dumps has put its name there.
    pub is_marked: bool,
    /// There are rows in it.
    pub has_rows: bool,
    /// Its first table.
    pub table: Option<String>,
}

impl Head {
    /// Whether it is a database: one that is more than a schema, which may be a part of code.
    pub fn is_dump(&self) -> bool {
        match self {
            Self::Sql(sql) => sql.is_marked || sql.has_rows,
            Self::Sqlite => true,
            _ => false,
        }
    }

    /// Whether it is SQL or a SQLite file.
    pub fn is_database(&self) -> bool {
        matches!(self, Self::Sql(_) | Self::Sqlite)
    }
}

/// What the first bytes of a file say; what they are packed in is looked through.
pub(in crate::content) fn of(first: &[u8]) -> Head {
    if first.is_empty() {
        return Head::Empty;
    }
    if first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06") {
        return Head::Archive;
    }
    let is_tar = first.len() >= 512 && archive::is_tar_header(&first[..512]);
    if is_tar || archive::wpress::is_header(first) {
        return Head::Archive;
    }
    if let Some(foreign) = foreign::of(first) {
        return Head::Foreign(foreign);
    }
    // What is cut or damaged tells nothing further.
    let mut unpacked = Vec::new();
    if let Ok(input) = dump::unpacked(dump::buffered(Cursor::new(first.to_vec()))) {
        drop(input.take(UNPACKED).read_to_end(&mut unpacked));
    }
    if unpacked.len() >= 512 && archive::is_tar_header(&unpacked[..512]) {
        return Head::Archive;
    }
    if unpacked.starts_with(b"SQLite format 3\0") {
        return Head::Sqlite;
    }
    let mut text = Vec::new();
    if let Ok(input) = dump::as_text(dump::buffered(Cursor::new(unpacked))) {
        drop(input.take(UNPACKED).read_to_end(&mut text));
    }
    of_text(&text)
}

fn of_text(text: &[u8]) -> Head {
    if let Some(foreign) = foreign::of(text) {
        return Head::Foreign(foreign);
    }
    if text.starts_with(b"-----BEGIN ") && has(&text[..text.len().min(80)], b"PRIVATE KEY") {
        return Head::PrivateKey;
    }
    sql::head_of(text).map_or(Head::Other, Head::Sql)
}

/// Whether `needle` is somewhere in `text`.
pub(super) fn has(text: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(text, needle).is_some()
}

/// Names whose files are what they say: there are many of them in a site, and none is a database or an archive.
const ORDINARY: &[&str] = &[
    "php", "inc", "module", "theme", "install", "phtml", "css", "scss", "sass", "less", "js",
    "mjs", "cjs", "ts", "tsx", "jsx", "vue", "map", "json", "html", "htm", "svg", "png", "jpg",
    "jpeg", "gif", "webp", "avif", "bmp", "ico", "tif", "tiff", "heic", "psd", "woff", "woff2",
    "ttf", "eot", "otf", "mo", "po", "pot", "md", "rst", "yml", "yaml", "twig", "mp4", "mp3",
    "m4a", "m4v", "mov", "avi", "mkv", "webm", "ogg", "wav", "pdf", "doc", "docx", "xls", "xlsx",
    "ppt", "pptx", "odt", "ods", "csv", "ics", "lock", "neon", "stub", "tpl", "sh", "py", "rb",
    "c", "h", "pem", "crt", "key",
];

/// Whether a file of this name has to be looked into to know what it is.
pub(in crate::content) fn is_to_be_seen(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    !ORDINARY.contains(&ending.as_str()) || is_key(&ending)
}

fn is_key(ending: &str) -> bool {
    ["pem", "key"].contains(&ending)
}

/// Whether the text of a file tells about the archive that it is in.
pub(in crate::content) fn tells_about_others(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    const NAMES: &[&str] = &[
        "local-site.json",
        "studio.json",
        "manifest.json",
        "package.json",
        "MANIFEST.yml",
        "MANIFEST.ini",
        "wp-config.php",
        "style.css",
        "metadata",
        "@.json",
        "wpmigrate-backup.json",
    ];
    NAMES.contains(&name) || name.starts_with("dup-archive__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_like_sql_is_none() {
        for text in [
            "Use of this software is free.",
            "Set up the theme, then create table views.",
            "# Title\n\nText.",
            "/* style */\nbody { color: red }",
            "-- lua comment\nlocal x = 1",
            "Create an account.",
        ] {
            assert_eq!(of(text.as_bytes()), Head::Other, "{text}");
        }
    }

    #[test]
    fn a_dump_is_known_whatever_stands_before_it() {
        let first_table = |text: &str| match of(text.as_bytes()) {
            Head::Sql(sql) => sql.table,
            other => panic!("{text} is {other:?}"),
        };
        assert_eq!(first_table("CREATE TABLE `a` (`b` int);").as_deref(), Some("a"));
        assert_eq!(first_table("SET NAMES utf8;\nINSERT INTO x VALUES (1);").as_deref(), Some("x"));
        let warned = "mysqldump: [Warning] Using a password.\n-- MySQL dump 10.13\nCREATE TABLE `x` (a int);";
        assert_eq!(first_table(warned).as_deref(), Some("x"));
        assert_eq!(first_table("/*!40101 SET NAMES utf8 */;\n"), None);
        let schema = of(b"CREATE TABLE a (b int);");
        assert!(schema.is_database() && !schema.is_dump());
        assert!(of(b"-- phpMyAdmin SQL Dump\n-- version 5\n").is_dump());
    }

    #[test]
    fn what_is_not_read_is_named() {
        let named = |bytes: &[u8]| match of(bytes) {
            Head::Foreign(foreign) => foreign.is,
            other => panic!("{} is {other:?}", bytes.escape_ascii()),
        };
        assert_eq!(named(b"7z\xbc\xaf\x27\x1c\0\x04"), "a 7-Zip archive");
        assert_eq!(named(b"Rar!\x1a\x07\x01\0"), "a RAR archive");
        assert_eq!(named(b"--\n-- PostgreSQL database dump\n--\n"), "a dump of PostgreSQL");
        assert!(
            named(b"<?xml version=\"1.0\"?>\n<rss xmlns:wp=\"http://wordpress.org/export/1.2/\">")
                .contains("WXR")
        );
        assert!(named(b"<?xml version=\"1.0\"?>\n<mysqldump xmlns:xsi=\"\">").contains("XML"));
        assert!(named(b"<!DOCTYPE html>\n<html>").contains("web page"));
    }
}
