//! Kinds of files that people take for a backup and that Portico does not read: each by its name, with the way on.
use super::head::has;

/// A kind of file that Portico knows, and does not read.
#[derive(Debug)]
pub struct Foreign {
    /// What it is, with its article: `a 7-Zip archive`.
    pub is: &'static str,
    /// How to get to what can be read: a whole sentence.
    pub hint: &'static str,
    /// Whether these first bytes are those of one.
    fits: fn(&[u8]) -> bool,
}

impl PartialEq for Foreign {
    fn eq(&self, other: &Self) -> bool {
        self.is == other.is
    }
}

impl Eq for Foreign {}

/// The kind that a file's first bytes are of.
pub(super) fn of(first: &[u8]) -> Option<&'static Foreign> {
    KINDS.iter().find(|kind| (kind.fits)(first))
}

/// The beginning of a text, where its kind stands.
fn top(first: &[u8]) -> &[u8] {
    first[..first.len().min(2048)].trim_ascii_start()
}

/// XML whose first element is this.
fn is_xml(first: &[u8], element: &[u8]) -> bool {
    let top = top(first);
    top.starts_with(b"<") && has(top, element)
}

fn begins(first: &[u8], with: &[u8]) -> bool {
    let top = top(first);
    top.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with))
}

const KINDS: &[Foreign] = &[
    Foreign {
        is: "a 7-Zip archive",
        hint: "Unpack it (`7z x`), and import the folder.",
        fits: |first| first.starts_with(b"7z\xbc\xaf\x27\x1c"),
    },
    Foreign {
        is: "a RAR archive",
        hint: "Unpack it (`unrar x`), and import the folder.",
        fits: |first| first.starts_with(b"Rar!\x1a\x07"),
    },
    Foreign {
        is: "a part of a zip in several parts",
        hint: "Put its parts together first: `zip -s 0 first.zip --out whole.zip`.",
        fits: |first| first.starts_with(b"PK\x07\x08"),
    },
    Foreign {
        is: "a DupArchive of Duplicator (.daf)",
        hint: "Have Duplicator make a zip (Settings, Packages, Archive engine), or run its installer.php and import what it unpacks.",
        fits: |first| first.starts_with(b"<A><V>") || first.starts_with(b"?F#"),
    },
    Foreign {
        is: "a dump of PostgreSQL",
        hint: "Portico's databases are MariaDB and SQLite: bring the data over on the old host first.",
        fits: |first| {
            first.starts_with(b"PGDMP")
                || (top(first).starts_with(b"--") && has(top(first), b"-- PostgreSQL database"))
        },
    },
    Foreign {
        is: "a WordPress export of posts (WXR), and no database",
        hint: "It has posts and pages alone. Import it in Dev's WordPress (Tools, Import, WordPress), or export the database: `wp db export`.",
        fits: |first| is_xml(first, b"<rss") && has(first, b"wordpress.org/export/"),
    },
    Foreign {
        is: "a dump of a database as XML",
        hint: "Export it again as SQL: without `--xml`, or in phpMyAdmin with the format SQL.",
        fits: |first| is_xml(first, b"<mysqldump") || is_xml(first, b"<pma_xml_export"),
    },
    Foreign {
        is: "a web page, not a backup",
        hint: "The download may have ended at a login or an error page: open it in a browser, and download again.",
        fits: |first| begins(first, b"<!doctype html") || begins(first, b"<html"),
    },
    Foreign {
        is: "encrypted",
        hint: "Decrypt it with its password or key first.",
        fits: |first| first.starts_with(b"Salted__") || begins(first, b"-----BEGIN PGP MESSAGE"),
    },
    Foreign {
        is: "packed by lz4",
        hint: "Unpack it first: `lz4 -d`.",
        fits: |first| first.starts_with(&[0x04, 0x22, 0x4d, 0x18]),
    },
    Foreign {
        is: "packed by lzip",
        hint: "Unpack it first: `lzip -d`.",
        fits: |first| first.starts_with(b"LZIP"),
    },
    Foreign {
        is: "packed by compress (.Z)",
        hint: "Unpack it first: `uncompress`.",
        fits: |first| first.starts_with(&[0x1f, 0x9d]),
    },
    Foreign {
        is: "a backup of Microsoft SQL Server",
        hint: "Portico's databases are MariaDB and SQLite: bring the data over on the old host first.",
        fits: |first| first.starts_with(b"TAPE\0\0"),
    },
    Foreign {
        is: "a shell script, and no backup",
        hint: "If it unpacks itself, run it in a folder of its own, and import that folder.",
        fits: |first| first.starts_with(b"#!") && !has(first, b"PK\x03\x04"),
    },
];
