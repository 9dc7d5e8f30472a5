//! `mysqldump --tab`: for each table a file of SQL with its definition, and one of text with its rows.
//!
//! The rows are read as `LOAD DATA` reads them by default: fields end with a tab, lines with a newline, `\` escapes,
//! `\N` is NULL. They become an `INSERT`, so that everything else treats them as any other row.
use std::io::{self, BufRead, Read};

use base64::prelude::{BASE64_STANDARD, Engine};

use super::{
    parts::{Piece, chain},
    source::{Buffered, Dump, Source},
};
use crate::error::Result;

/// Whose rows a file of text has.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) name: String,
    /// Its columns in the order of the fields; empty for all of the table's.
    pub(super) columns: Vec<Column>,
}

/// A column of such rows.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) packed: Packing,
}

/// How bytes that are no text are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Packing {
    /// As they are, with escapes.
    #[default]
    Plain,
    /// By base64.
    Base64,
    /// By their hexadecimal digits.
    Hex,
}

/// `folder/fx_a.sql` → `folder/fx_a`
pub(in crate::content) fn stem(name: &str) -> Option<&str> {
    [".sql", ".txt"].iter().find_map(|end| name.strip_suffix(end))
}

/// Opens the files: all definitions, then all rows.
#[expect(clippy::unnecessary_wraps, reason = "as every form is opened")]
pub(super) fn open(source: &Source) -> Result<Dump> {
    let (rows, definitions): (Vec<_>, Vec<_>) =
        source.files.iter().cloned().partition(|it| it.name.ends_with(".txt"));
    let rows = rows.into_iter().map(|file| {
        let stem = stem(&file.name).unwrap_or(&file.name);
        let name = stem.rsplit('/').next().unwrap_or(stem).to_owned();
        Piece::Rows(file, Table { name, columns: Vec::new() })
    });
    let pieces = definitions.into_iter().map(Piece::Sql).chain(rows);
    Ok(chain(pieces.collect(), &source.shown))
}

/// A file of rows, read as an `INSERT`.
pub(super) struct Rows {
    input: Buffered,
    table: Table,
    /// What was made of the input and not given yet.
    out: Vec<u8>,
    at: usize,
    begun: bool,
    ended: bool,
}

impl Rows {
    pub(super) fn new(input: Buffered, table: Table) -> Self {
        Self { input, table, out: Vec::new(), at: 0, begun: false, ended: false }
    }

    /// Makes the next row, or the end of the statement.
    fn refill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.at = 0;
        let mut line = Vec::new();
        loop {
            let count = self.input.read_until(b'\n', &mut line)?;
            // An escaped newline is one of the value.
            if count == 0 || !line.ends_with(b"\n") || !is_escaped(&line, line.len() - 1) {
                break;
            }
        }
        if line.is_empty() {
            self.ended = true;
            if self.begun {
                self.out.extend(b";\n");
            }
            return Ok(());
        }
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match std::mem::replace(&mut self.begun, true) {
            true => self.out.extend(b",\n("),
            false => {
                self.head();
                self.out.push(b'(');
            }
        }
        let mut number = 0;
        let mut from = 0;
        for at in memchr::memchr_iter(b'\t', &line).chain([line.len()]) {
            if at < line.len() && is_escaped(&line, at) {
                continue;
            }
            if number > 0 {
                self.out.push(b',');
            }
            let packed = self.table.columns.get(number).map(|it| it.packed).unwrap_or_default();
            value(&line[from..at], packed, &mut self.out)?;
            (from, number) = (at + 1, number + 1);
        }
        self.out.push(b')');
        Ok(())
    }

    fn head(&mut self) {
        let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
        let columns: Vec<String> = self.table.columns.iter().map(|it| quoted(&it.name)).collect();
        let columns = match columns.is_empty() {
            true => String::new(),
            false => format!(" ({})", columns.join(",")),
        };
        self.out
            .extend(format!("INSERT INTO {}{columns} VALUES\n", quoted(&self.table.name)).bytes());
    }
}

/// Whether the byte at `at` stands behind an odd number of `\`.
fn is_escaped(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// A field as a value of SQL: its escapes are those of SQL.
fn value(field: &[u8], packed: Packing, out: &mut Vec<u8>) -> io::Result<()> {
    if field == b"\\N" {
        out.extend(b"NULL");
        return Ok(());
    }
    match packed {
        Packing::Plain => {
            out.push(b'\'');
            for byte in field {
                if *byte == b'\'' {
                    out.push(b'\'');
                }
                out.push(*byte);
            }
            out.push(b'\'');
        }
        Packing::Hex | Packing::Base64 if field.is_empty() => out.extend(b"''"),
        Packing::Hex => {
            out.extend(b"X'");
            out.extend(field);
            out.push(b'\'');
        }
        Packing::Base64 => {
            out.extend(b"X'");
            for byte in from_base64(field)? {
                out.extend(format!("{byte:02x}").bytes());
            }
            out.push(b'\'');
        }
    }
    Ok(())
}

/// Long values are broken into lines, which the text has escaped.
fn from_base64(text: &[u8]) -> io::Result<Vec<u8>> {
    let letters: Vec<u8> = text
        .split(|byte| *byte == b'\\')
        .enumerate()
        .flat_map(|(number, line)| if number == 0 { line } else { &line[1.min(line.len())..] })
        .copied()
        .collect();
    BASE64_STANDARD
        .decode(letters)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() {
            if self.ended || buffer.is_empty() {
                return Ok(0);
            }
            self.refill()?;
        }
        let count = buffer.len().min(self.out.len() - self.at);
        buffer[..count].copy_from_slice(&self.out[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::dump::source::buffered;

    fn sql(text: &'static [u8], columns: &[(&str, Packing)]) -> String {
        let columns = columns
            .iter()
            .map(|(name, packed)| Column { name: (*name).to_owned(), packed: *packed });
        let table = Table { name: "t`x".into(), columns: columns.collect() };
        let mut made = String::new();
        Rows::new(buffered(text), table).read_to_string(&mut made).expect("reads");
        made
    }

    #[test]
    fn rows_of_text_become_an_insert() {
        assert_eq!(sql(b"", &[]), "");
        assert_eq!(
            sql(b"1\ta\n2\t\\N\n", &[]),
            "INSERT INTO `t``x` VALUES\n('1','a'),\n('2',NULL);\n"
        );
        // What is escaped ends neither field nor line, and means the same in SQL.
        assert_eq!(
            sql(b"it's\\\tone\\\nvalue\\\\\tb\n", &[]),
            "INSERT INTO `t``x` VALUES\n('it''s\\\tone\\\nvalue\\\\','b');\n"
        );
        assert_eq!(
            sql(
                b"AP8=\t00ff\t\n",
                &[("a", Packing::Base64), ("b", Packing::Hex), ("c", Packing::Base64)]
            ),
            "INSERT INTO `t``x` (`a`,`b`,`c`) VALUES\n(X'00ff',X'00ff','');\n"
        );
    }

    #[test]
    fn rows_that_are_cut_are_an_error() {
        let mut made = String::new();
        let rows =
            Rows::new(buffered(&b"1\ta\n2\tb"[..]), Table::default()).read_to_string(&mut made);
        assert_eq!(rows.expect_err("cut").kind(), io::ErrorKind::UnexpectedEof);
    }
}
