//! Whether a text is SQL of a database, and what its beginning tells.
use super::head::{SqlHead, has};
use crate::content::dump;

/// What programs that write dumps put into their first lines.
const MARKS: &[&[u8]] = &[
    b"MySQL dump",
    b"MariaDB dump",
    b"mysqldump",
    b"phpMyAdmin",
    b"Adminer",
    b"Backup and Migrate",
    b"WordPress MySQL database backup",
    b"UpdraftPlus",
    b"BackWPup",
    b"Portico database export",
    b"Duplicator",
    b"DUPLICATOR",
    b"All-in-One WP Migration",
    b"HeidiSQL",
    b"Navicat",
    b"Sequel ",
    b"MySQL Shell",
    b"mydumper",
    b"Migrate DB",
    b"Softaculous",
    b"Database Backup",
    b"database backup",
    b"SQL Dump",
    b"SQL dump",
];
/// First words of statements, each with what may follow; nothing else that a text begins with is SQL.
const STATEMENTS: &[(&str, &[&str])] = &[
    (
        "CREATE",
        &[
            "TABLE",
            "DATABASE",
            "SCHEMA",
            "TEMPORARY",
            "OR",
            "SEQUENCE",
            "VIEW",
            "ALGORITHM",
            "DEFINER",
            "FUNCTION",
            "PROCEDURE",
            "TRIGGER",
            "EVENT",
            "INDEX",
            "UNIQUE",
        ],
    ),
    (
        "DROP",
        &["TABLE", "DATABASE", "SCHEMA", "VIEW", "TRIGGER", "SEQUENCE", "FUNCTION", "PROCEDURE"],
    ),
    ("INSERT", &["INTO", "IGNORE", "LOW_PRIORITY", "DELAYED"]),
    ("REPLACE", &["INTO"]),
    (
        "SET",
        &[
            "NAMES",
            "SQL_MODE",
            "FOREIGN_KEY_CHECKS",
            "TIME_ZONE",
            "AUTOCOMMIT",
            "SESSION",
            "GLOBAL",
            "CHARACTER",
            "UNIQUE_CHECKS",
            "STORAGE_ENGINE",
            "CHARSET",
        ],
    ),
    ("START", &["TRANSACTION"]),
    ("LOCK", &["TABLES", "TABLE"]),
    ("ALTER", &["TABLE", "DATABASE"]),
    ("TRUNCATE", &["TABLE"]),
    ("BEGIN", &["TRANSACTION"]),
];

/// What the beginning of a text tells, if it is SQL.
pub(super) fn head_of(text: &[u8]) -> Option<SqlHead> {
    let comments = text.len() - without_comments(text).len();
    let top = &text[..text.len().min(2048)];
    let is_comment = top.trim_ascii_start();
    let is_comment = ["--", "/*", "#"].iter().any(|it| is_comment.starts_with(it.as_bytes()));
    let is_marked = (is_comment
        && MARKS.iter().any(|mark| has(&top[..comments.min(top.len())], mark)))
        || dump::foreign_lines(text) > 0;
    let rest = match dump::foreign_lines(text) {
        0 => text,
        length => &text[length..],
    };
    if !begins_statement(without_comments(rest)) && !is_marked {
        return None;
    }
    let has_rows =
        line_with(rest, &["INSERT INTO", "INSERT IGNORE INTO", "REPLACE INTO", "COPY "]).is_some();
    let table = ["CREATE TABLE", "DROP TABLE IF EXISTS", "INSERT INTO"]
        .iter()
        .filter_map(|words| line_with(rest, &[words]))
        .min();
    let table = table.and_then(|at| dump::table_of(&rest[at..rest.len().min(at + 400)]));
    Some(SqlHead { is_marked, has_rows, table })
}

/// Where a line begins that begins with one of these words.
fn line_with(text: &[u8], words: &[&str]) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let blanks = line.len() - line.trim_ascii_start().len();
        let begins = |words: &&str| {
            line[blanks..]
                .get(..words.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(words.as_bytes()))
        };
        if words.iter().any(begins) {
            return Some(at + blanks);
        }
        at += line.len();
    }
    None
}

/// The text behind the blanks and comments that it begins with. What the server reads (`/*!40101 …`) is none.
fn without_comments(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        let after = if text.starts_with(b"#") || is_dashes(text) {
            memchr::memchr(b'\n', text)
        } else if text.starts_with(b"/*") && !text.starts_with(b"/*!") && !text.starts_with(b"/*M!")
        {
            memchr::memmem::find(text, b"*/").map(|at| at + 1)
        } else {
            return text;
        };
        match after {
            Some(after) => text = &text[after + 1..],
            None => return &[],
        }
    }
}

fn is_dashes(text: &[u8]) -> bool {
    text.starts_with(b"--") && text.get(2).is_none_or(|byte| *byte <= b' ')
}

fn begins_statement(text: &[u8]) -> bool {
    if text.starts_with(b"/*!") || text.starts_with(b"/*M!") {
        return true;
    }
    let mut words = text
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_' && *byte != b'@')
        .filter(|it| !it.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !text.first().is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    let is = |word: &[u8], of: &str| word.eq_ignore_ascii_case(of.as_bytes());
    let follows = text.get(first.len()..).unwrap_or_default().trim_ascii_start();
    STATEMENTS.iter().any(|(word, next)| is(first, word) && next.iter().any(|it| is(second, it)))
        || (is(first, "SET") && second.starts_with(b"@"))
        || (is(first, "SET")
            && has(&text[..text.len().min(80)], b"=")
            && has(&text[..text.len().min(200)], b";"))
        || (is(first, "USE") && (follows.starts_with(b"`") || ends_soon(follows)))
        || ((is(first, "BEGIN") || is(first, "COMMIT")) && follows.starts_with(b";"))
        || is(first, "DELIMITER")
        || (is(first, "PRAGMA") && ends_soon(follows))
}

/// `name;`: a word or two, then the end of the statement.
fn ends_soon(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.len() < 80 && line.trim_ascii_end().ends_with(b";")
}
