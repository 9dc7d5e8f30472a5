//! Lines that a program or a shell wrote before a dump, into the same file: `mysqldump: [Warning] …`.
use std::io::{self, BufRead, Cursor, Read};

use super::source::Buffered;

/// So much of a file is looked at for such lines.
const HEAD_LIMIT: usize = 4 << 10;
/// How the first line of a dump begins, as its program writes it.
const FIRST: &[&[u8]] = &[
    b"-- MySQL dump",
    b"-- MariaDB dump",
    b"/*M!999999",
    b"/*!999999",
    b"/*!40101 SET",
    b"-- phpMyAdmin SQL Dump",
];

/// The bytes of the foreign lines that a dump begins with; 0 where there are none.
pub(in crate::content) fn foreign_lines(text: &[u8]) -> usize {
    let text = &text[..text.len().min(HEAD_LIMIT)];
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if FIRST.iter().any(|first| line.starts_with(first)) {
            return at;
        }
        // A comment or a statement is the dump's own; nothing foreign is in bytes that are no text.
        let begins_sql =
            [&b"--"[..], b"/*", b"#", b"SET ", b"CREATE ", b"USE ", b"DROP ", b"INSERT "]
                .iter()
                .any(|it| line.starts_with(it));
        if begins_sql || line.iter().any(|byte| *byte < b'\t') {
            return 0;
        }
        at += line.len();
    }
    0
}

/// The dump with such lines made comments, so that the others keep their numbers; and the lines.
pub(super) fn commented(mut input: Buffered) -> io::Result<(Buffered, Vec<String>)> {
    let length = foreign_lines(input.fill_buf()?);
    if length == 0 {
        return Ok((input, Vec::new()));
    }
    let mut lines = vec![0; length];
    input.read_exact(&mut lines)?;
    let lines: Vec<String> =
        String::from_utf8_lossy(&lines).lines().map(|line| line.trim_end().to_owned()).collect();
    let comments: String = lines.iter().map(|line| format!("-- {line}\n")).collect();
    let lines = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let chained = Cursor::new(comments.into_bytes()).chain(input);
    Ok((super::source::buffered(chained), lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_before_a_program_s_own_first_line_is_foreign() {
        let warned = b"mysqldump: [Warning] x\n-- MySQL dump 10.13\n";
        assert_eq!(foreign_lines(warned), 23);
        assert_eq!(foreign_lines(b"-- MySQL dump 10.13\n"), 0);
        assert_eq!(foreign_lines(b"-- my own words\n-- MySQL dump\n"), 0);
        assert_eq!(foreign_lines(b"hello\nworld\n"), 0);
        let (mut dump, lines) =
            commented(super::super::source::buffered(&warned[..])).expect("reads");
        let mut text = String::new();
        dump.read_to_string(&mut text).expect("reads");
        assert_eq!(text, "-- mysqldump: [Warning] x\n-- MySQL dump 10.13\n");
        assert_eq!(lines, ["mysqldump: [Warning] x"]);
    }
}
