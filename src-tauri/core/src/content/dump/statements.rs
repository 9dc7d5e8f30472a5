//! Cuts a stream of SQL into statements, and a large `INSERT` into its rows, with the lines that they begin in.
//!
//! Knows what the command-line clients know: quotes with backslashes and doubled quotes, comments, conditional
//! comments (`/*!40101 … */`), `DELIMITER`. Holds one statement or one row at a time.
use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2, memmem};

/// How much is read at a time.
const CHUNK: usize = 256 << 10;
/// No definition is longer; what is, is no SQL. In bytes, as are the others.
const LONGEST_STATEMENT: usize = 64 << 20;
/// No row is held that is longer as text: servers take 16 to 64 MB at once unless they are told otherwise.
const LONGEST_ROW: usize = 128 << 20;
/// A buffer that grew for a long row is made as small as this again.
const KEPT: usize = 8 << 20;
/// No longer text is taken for one that a shell wrote behind a dump.
const LONGEST_END: usize = 4 << 10;

/// What a piece of the dump is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole statement, without its delimiter.
    Statement,
    /// An `INSERT` or `REPLACE` up to and with `VALUES`; its rows follow.
    Head,
    /// A row, with its parentheses.
    Row,
    /// The rows of the last head have ended; with `ON DUPLICATE KEY UPDATE …`, where that follows.
    End,
}

/// A piece of the dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    /// The line that it begins in, from 1.
    pub(super) line: u64,
    pub(super) text: &'a [u8],
    /// Of a dump in several files, the one that it is in.
    pub(super) part: Option<&'a str>,
}

/// Why there is no further piece.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The file can't be read on.
    Read { line: u64, error: io::Error },
    /// The file ends in the middle of something.
    Cut { line: u64, inside: &'static str },
    /// A row or a statement is longer than any is held.
    Long { line: u64, what: &'static str, megabytes: usize },
    /// What stands there is no SQL of a dump.
    Odd { line: u64, what: String },
}

/// The statements of a dump.
pub(super) struct Statements<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the next piece begins.
    at: usize,
    line: u64,
    has_ended: bool,
    delimiter: Vec<u8>,
    in_rows: bool,
    marks: Marks,
    /// Of a dump in several files, the present one.
    part: Option<String>,
    foreign_end: Option<String>,
}

/// What the dump says about its own beginning and end.
#[derive(Default)]
struct Marks {
    /// Its first lines are those of a program that marks the end too.
    announced: bool,
    completed: bool,
    /// The session's character set is kept at the head; the last lines give it back.
    saved: bool,
    restored: bool,
}

impl<R: Read> Statements<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            at: 0,
            line: 1,
            has_ended: false,
            delimiter: b";".to_vec(),
            in_rows: false,
            marks: Marks::default(),
            part: None,
            foreign_end: None,
        }
    }

    /// Whether the mark is missing that the dump's program writes last.
    pub(super) fn lacks_its_end(&self) -> bool {
        let marks = &self.marks;
        (marks.announced && !marks.completed)
            || (marks.saved && !marks.restored && !marks.completed)
    }

    /// The line that was reached.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'_>>, Trouble> {
        if self.in_rows { self.next_row() } else { self.next_statement() }
    }

    fn next_row(&mut self) -> Result<Option<Piece<'_>>, Trouble> {
        loop {
            self.forget_what_was_read();
            let line = self.line;
            match self.byte(self.at)? {
                Some(b',' | b' ' | b'\t' | b'\r' | b'\n') => self.advance(self.at + 1),
                Some(b'(') => {
                    let end = self.end_of_row()?;
                    let start = self.at;
                    self.advance(end);
                    let text = &self.buffer[start..end];
                    return Ok(Some(Piece {
                        kind: Kind::Row,
                        line,
                        text,
                        part: self.part.as_deref(),
                    }));
                }
                Some(_) if self.is_delimiter(self.at)? => {
                    self.advance(self.at + self.delimiter.len());
                    self.in_rows = false;
                    return Ok(Some(Piece { kind: Kind::End, line, text: b"", part: None }));
                }
                Some(_) if self.is_word(self.at, b"ON")? || self.is_word(self.at, b"AS")? => {
                    return self.rest_after_rows().map(Some);
                }
                Some(_) => match self.after_comment(self.at)? {
                    Some(after) => self.advance(after),
                    None => {
                        let what = self.shown(self.at)?;
                        return Err(Trouble::Odd { line, what: format!("`{what}` after rows") });
                    }
                },
                None => return Err(Trouble::Cut { line, inside: "rows" }),
            }
        }
    }

    /// What says after the rows what becomes of those that are there already.
    fn rest_after_rows(&mut self) -> Result<Piece<'_>, Trouble> {
        let (start, line) = (self.at, self.line);
        let (_, end) = self.end_of_statement()?;
        self.advance(end);
        self.advance(end + self.delimiter.len());
        self.in_rows = false;
        let text = self.buffer[start..end].trim_ascii_end();
        Ok(Piece { kind: Kind::End, line, text, part: self.part.as_deref() })
    }

    fn next_statement(&mut self) -> Result<Option<Piece<'_>>, Trouble> {
        loop {
            self.forget_what_was_read();
            match self.byte(self.at)? {
                None => return Ok(None),
                // A zero byte pads some dumps' ends.
                Some(byte) if byte.is_ascii_whitespace() || byte == 0 => {
                    self.advance(self.at + 1);
                }
                Some(_) if self.is_delimiter(self.at)? => {
                    self.advance(self.at + self.delimiter.len());
                }
                Some(_) => match self.after_comment(self.at)? {
                    Some(after) => {
                        self.mark_comment(after);
                        let begins_part = self.begin_part(after);
                        self.advance(after);
                        self.line = if begins_part { 1 } else { self.line };
                    }
                    None if self.is_word(self.at, b"DELIMITER")? => self.read_delimiter()?,
                    None => break,
                },
            }
        }
        if self.marks.completed && self.is_foreign_end()? {
            return Ok(None);
        }
        let (start, line) = (self.at, self.line);
        let (kind, end) = self.end_of_statement()?;
        self.advance(end);
        self.in_rows = kind == Kind::Head;
        if kind == Kind::Statement {
            self.mark_statement(start, end);
            self.advance(end + self.delimiter.len());
        }
        let text = self.buffer[start..end].trim_ascii_end();
        Ok(Some(Piece { kind, line, text, part: self.part.as_deref() }))
    }

    /// Whether the rest, behind the line that completes the dump, is what a shell or a program wrote after it:
    /// `Connection to host.example closed.` Then it is passed over.
    fn is_foreign_end(&mut self) -> Result<bool, Trouble> {
        while self.buffer.len() <= self.at + LONGEST_END && self.fill()? {}
        let rest = &self.buffer[self.at..];
        if rest.len() > LONGEST_END || memmem::find(rest, &self.delimiter).is_some() {
            return Ok(false);
        }
        let text = String::from_utf8_lossy(rest).trim().to_owned();
        self.foreign_end = Some(text).filter(|it| !it.is_empty());
        self.advance(self.buffer.len());
        Ok(true)
    }

    /// What was passed over behind the dump's end.
    pub(super) fn foreign_end(&self) -> Option<&str> {
        self.foreign_end.as_deref()
    }

    /// The end of the row that begins here.
    fn end_of_row(&mut self) -> Result<usize, Trouble> {
        let mut at = self.at;
        let mut depth = 0_u32;
        loop {
            let Some(byte) = self.byte(at)? else {
                return Err(Trouble::Cut { line: self.line, inside: "a row" });
            };
            match byte {
                b'\'' | b'"' | b'`' => at = self.after_quoted(at)?,
                b'(' => {
                    depth += 1;
                    at += 1;
                }
                b')' => {
                    depth -= 1;
                    at += 1;
                    if depth == 0 {
                        return Ok(at);
                    }
                }
                b'/' | b'#' | b'-' => at = self.after_comment(at)?.unwrap_or(at + 1),
                _ => at += 1,
            }
        }
    }

    /// Where the statement that begins here has its delimiter, or its rows begin.
    fn end_of_statement(&mut self) -> Result<(Kind, usize), Trouble> {
        let mut at = self.at;
        let mut depth = 0_u32;
        let mut is_conditional = false;
        let mut first_word = true;
        let mut is_insert = false;
        loop {
            let Some(byte) = self.byte(at)? else {
                return Err(Trouble::Cut { line: self.line, inside: "a statement" });
            };
            if !is_conditional && byte == self.delimiter[0] && self.is_delimiter(at)? {
                return Ok((Kind::Statement, at));
            }
            match byte {
                b'\'' | b'"' | b'`' => at = self.after_quoted(at)?,
                b'/' if self.begins_conditional(at)? => {
                    is_conditional = true;
                    at = self.after_conditional_head(at)?;
                }
                b'*' if is_conditional && self.byte(at + 1)? == Some(b'/') => {
                    is_conditional = false;
                    at += 2;
                }
                b'/' | b'#' | b'-' => at = self.after_comment(at)?.unwrap_or(at + 1),
                b'(' => {
                    depth += 1;
                    at += 1;
                }
                b')' => {
                    depth = depth.saturating_sub(1);
                    at += 1;
                }
                _ if is_word_byte(byte) => {
                    let end = self.after_word(at)?;
                    let word = &self.buffer[at..end];
                    if std::mem::take(&mut first_word) {
                        is_insert = is_any(word, &["INSERT", "REPLACE"]);
                    } else if is_insert && depth == 0 && is_any(word, &["VALUES", "VALUE"]) {
                        let next = self.after_blanks(end)?;
                        if !is_conditional && self.byte(next)? == Some(b'(') {
                            return Ok((Kind::Head, end));
                        }
                    }
                    at = end;
                }
                _ => at += 1,
            }
        }
    }

    /// The place after the quoted text that begins at `at`.
    fn after_quoted(&mut self, at: usize) -> Result<usize, Trouble> {
        let quote = self.buffer[at];
        let mut inside = at + 1;
        loop {
            let rest = &self.buffer[inside..];
            let found =
                if quote == b'`' { memchr(quote, rest) } else { memchr2(quote, b'\\', rest) };
            let Some(found) = found else {
                inside = self.buffer.len();
                if !self.fill()? {
                    let line = self.line_of(at);
                    return Err(Trouble::Cut { line, inside: "a quoted value" });
                }
                continue;
            };
            inside += found;
            if self.buffer[inside] == b'\\' {
                inside += 2;
                // The escaped byte must be there before the search goes on behind it.
                if self.byte(inside - 1)?.is_none() {
                    let line = self.line_of(at);
                    return Err(Trouble::Cut { line, inside: "a quoted value" });
                }
            } else if self.byte(inside + 1)? == Some(quote) {
                inside += 2;
            } else {
                return Ok(inside + 1);
            }
        }
    }

    /// The place after the comment that begins at `at`; none when there is no comment, or a conditional one.
    fn after_comment(&mut self, at: usize) -> Result<Option<usize>, Trouble> {
        let (first, second) = (self.byte(at)?, self.byte(at + 1)?);
        match (first, second) {
            (Some(b'#'), _) => self.after_line(at + 1).map(Some),
            (Some(b'-'), Some(b'-')) => match self.byte(at + 2)? {
                Some(byte) if byte > b' ' => Ok(None),
                _ => self.after_line(at + 2).map(Some),
            },
            (Some(b'/'), Some(b'*')) if !self.begins_conditional(at)? => {
                let mut from = at + 2;
                loop {
                    if let Some(found) = memmem::find(&self.buffer[from..], b"*/") {
                        return Ok(Some(from + found + 2));
                    }
                    from = (self.buffer.len() - 1).max(at + 2);
                    if !self.fill()? {
                        let line = self.line_of(at);
                        return Err(Trouble::Cut { line, inside: "a comment" });
                    }
                }
            }
            _ => Ok(None),
        }
    }

    /// Whether what the server reads begins here: `/*!` or `/*M!`, but not one for a version that never comes
    /// (`/*M!999999\- enable the sandbox mode */`).
    fn begins_conditional(&mut self, at: usize) -> Result<bool, Trouble> {
        // Enough to see the version.
        self.byte(at + 10)?;
        let rest = &self.buffer[at..];
        let inside = rest.strip_prefix(b"/*M!").or_else(|| rest.strip_prefix(b"/*!"));
        Ok(inside.is_some_and(|inside| !inside.starts_with(b"999999")))
    }

    fn after_conditional_head(&mut self, at: usize) -> Result<usize, Trouble> {
        let mut at = at + if self.byte(at + 2)? == Some(b'M') { 4 } else { 3 };
        while self.byte(at)?.is_some_and(|byte| byte.is_ascii_digit()) {
            at += 1;
        }
        Ok(at)
    }

    fn after_line(&mut self, at: usize) -> Result<usize, Trouble> {
        let mut from = at;
        loop {
            if let Some(found) = memchr(b'\n', self.buffer.get(from..).unwrap_or_default()) {
                return Ok(from + found + 1);
            }
            from = self.buffer.len().max(at);
            if !self.fill()? {
                return Ok(self.buffer.len());
            }
        }
    }

    /// A delimiter ends a word that it is written against: `END$$`.
    fn after_word(&mut self, mut at: usize) -> Result<usize, Trouble> {
        let may_be_delimiter = is_word_byte(self.delimiter[0]);
        at += 1;
        while self.byte(at)?.is_some_and(is_word_byte) {
            if may_be_delimiter && self.is_delimiter(at)? {
                break;
            }
            at += 1;
        }
        Ok(at)
    }

    fn after_blanks(&mut self, mut at: usize) -> Result<usize, Trouble> {
        while self.byte(at)?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            at += 1;
        }
        Ok(at)
    }

    fn is_word(&mut self, at: usize, word: &[u8]) -> Result<bool, Trouble> {
        let follows = self.byte(at + word.len())?;
        let is =
            self.buffer[at..].get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
        Ok(is && follows.is_some_and(|byte| byte.is_ascii_whitespace()))
    }

    /// Reads a `DELIMITER` line, which is an order to the client.
    fn read_delimiter(&mut self) -> Result<(), Trouble> {
        let end = self.after_line(self.at)?;
        let word = &self.buffer[self.at + b"DELIMITER".len()..end];
        let word = word.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if word.is_empty() {
            let what = "`DELIMITER` without a delimiter".to_owned();
            return Err(Trouble::Odd { line: self.line, what });
        }
        self.delimiter = word.to_vec();
        self.advance(end);
        Ok(())
    }

    fn is_delimiter(&mut self, at: usize) -> Result<bool, Trouble> {
        self.byte(at + self.delimiter.len() - 1)?;
        Ok(self.buffer[at..].starts_with(&self.delimiter))
    }

    fn mark_comment(&mut self, end: usize) {
        let comment = &self.buffer[self.at..end];
        let says = |text: &[u8]| memmem::find(comment, text).is_some();
        if comment.starts_with(b"-- MySQL dump")
            || comment.starts_with(b"-- MariaDB dump")
            || comment.starts_with(super::EXPORT_HEAD.as_bytes())
        {
            self.marks.announced = true;
        }
        if says(b"Dump completed") {
            self.marks.completed = true;
        }
    }

    /// Whether the comment here says that the next file of the dump begins; then lines are counted anew.
    fn begin_part(&mut self, end: usize) -> bool {
        let name = self.buffer[self.at..end].strip_prefix(super::parts::MARK.as_bytes());
        let Some(name) = name else { return false };
        let name = String::from_utf8_lossy(name);
        self.part = Some(name.trim().trim_matches('`').to_owned());
        true
    }

    fn mark_statement(&mut self, start: usize, end: usize) {
        let statement = &self.buffer[start..end.min(start + 200)];
        if statement.starts_with(b"/*!40101 SET") {
            let says = |text: &[u8]| memmem::find(statement, text).is_some();
            self.marks.saved |= says(b"@OLD_CHARACTER_SET_CLIENT=@@");
            self.marks.restored |= says(b"=@OLD_CHARACTER_SET_CLIENT");
        }
    }

    /// The byte at `at`, which is read if need be; none at the end.
    fn byte(&mut self, at: usize) -> Result<Option<u8>, Trouble> {
        while at >= self.buffer.len() {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(Some(self.buffer[at]))
    }

    /// Reads on; false at the end. What is held of a piece is bounded here.
    fn fill(&mut self) -> Result<bool, Trouble> {
        if self.has_ended {
            return Ok(false);
        }
        let (longest, what) =
            if self.in_rows { (LONGEST_ROW, "row") } else { (LONGEST_STATEMENT, "statement") };
        if self.buffer.len() - self.at > longest {
            return Err(Trouble::Long { line: self.line, what, megabytes: longest >> 20 });
        }
        let length = self.buffer.len();
        self.buffer.resize(length + CHUNK, 0);
        let count = loop {
            match self.input.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer.truncate(length + *count.as_ref().unwrap_or(&0));
        let count = count.map_err(|error| {
            let line = self.line_of(length);
            Trouble::Read { line, error }
        })?;
        self.has_ended = count == 0;
        Ok(count > 0)
    }

    fn advance(&mut self, to: usize) {
        self.line = self.line_of(to);
        self.at = to;
    }

    fn line_of(&self, at: usize) -> u64 {
        let passed = &self.buffer[self.at..at.min(self.buffer.len())];
        self.line + memchr_iter(b'\n', passed).count() as u64
    }

    /// Only between pieces, since places inside a piece must hold.
    fn forget_what_was_read(&mut self) {
        if self.at > 1 << 20 || self.at == self.buffer.len() {
            self.buffer.drain(..self.at);
            self.at = 0;
            if self.buffer.capacity() > KEPT {
                self.buffer.shrink_to(KEPT);
            }
        }
    }

    /// What stands there, as a message quotes it; the same however the bytes arrived.
    fn shown(&mut self, at: usize) -> Result<String, Trouble> {
        while self.buffer.len() < at + 40 && self.fill()? {}
        let rest = &self.buffer[at..];
        Ok(String::from_utf8_lossy(&rest[..rest.len().min(40)]).trim().to_owned())
    }
}

pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Whether a word is one of these, in whatever case.
pub(super) fn is_any(word: &[u8], of: &[&str]) -> bool {
    of.iter().any(|it| word.eq_ignore_ascii_case(it.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives its bytes in pieces of the given lengths.
    struct Dripping<'a>(&'a [u8], Vec<usize>, usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let step = if self.1.is_empty() { 1 } else { self.1[self.2 % self.1.len()] };
            self.2 += 1;
            let count = step.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    type Seen = (Vec<(Kind, u64, String)>, Option<String>);

    fn read(input: impl Read) -> Seen {
        let mut statements = Statements::new(input);
        let mut all = Vec::new();
        loop {
            match statements.next() {
                Ok(Some(piece)) => {
                    let text = String::from_utf8_lossy(piece.text).into_owned();
                    all.push((piece.kind, piece.line, text));
                }
                Ok(None) => return (all, None),
                Err(trouble) => return (all, Some(format!("{trouble:?}"))),
            }
        }
    }

    fn texts(sql: &str) -> Vec<String> {
        let (all, trouble) = read(sql.as_bytes());
        assert_eq!(trouble, None, "{sql}");
        all.into_iter().map(|(_, _, text)| text).collect()
    }

    #[test]
    fn what_is_too_long_to_hold_is_refused_with_its_line_whatever_it_is() {
        for (start, what, longest) in [
            ("\nINSERT INTO t VALUES (1,'", "row", LONGEST_ROW),
            ("\nCREATE TABLE t (a int) COMMENT='", "statement", LONGEST_STATEMENT),
            ("\nSELECT `", "statement", LONGEST_STATEMENT),
            ("\n-- ", "statement", LONGEST_STATEMENT),
            ("\n/* ", "statement", LONGEST_STATEMENT),
            ("\nSELECT ", "statement", LONGEST_STATEMENT),
        ] {
            let mut statements = Statements::new(start.as_bytes().chain(io::repeat(b'x')));
            let trouble = loop {
                match statements.next() {
                    Ok(piece) => assert!(piece.is_some(), "{start}"),
                    Err(trouble) => break trouble,
                }
            };
            let Trouble::Long { line: 2, what: told, .. } = trouble else {
                panic!("{start}: {trouble:?}");
            };
            assert_eq!(told, what, "{start}");
            let held = statements.buffer.len();
            assert!(held <= longest + 2 * CHUNK, "{start}: {held} bytes are held");
        }
    }

    #[test]
    fn a_delimiter_of_word_characters_ends_the_word_before_it() {
        let sql =
            "DELIMITER $$\nCREATE PROCEDURE `p` () BEGIN SELECT 1; END$$\nDELIMITER ;\nSELECT 2;";
        assert_eq!(texts(sql), ["CREATE PROCEDURE `p` () BEGIN SELECT 1; END", "SELECT 2"]);
    }

    #[test]
    fn what_a_shell_writes_behind_a_whole_dump_is_passed_over_and_kept_to_be_told() {
        let sql = "SELECT 1;\n-- Dump completed\nConnection to host.example closed.\n";
        let mut statements = Statements::new(sql.as_bytes());
        assert!(statements.next().expect("reads").is_some());
        assert!(statements.next().expect("reads").is_none());
        assert_eq!(statements.foreign_end(), Some("Connection to host.example closed."));
        let (_, trouble) = read("SELECT 1;\nConnection to host.example closed.\n".as_bytes());
        assert!(trouble.is_some(), "before the mark, it is a cut");
    }

    #[test]
    fn comments_quotes_and_delimiters_are_those_of_the_client() {
        let sql = "-- a; b\n# c;\n/* d; */ SELECT 'a;''b\\';', \"x;\", `y;``z`; -- e\n\
            /*!40101 SET NAMES utf8mb4 */;\n/*M!999999\\- enable the sandbox mode */ \nSELECT 5--1;";
        assert_eq!(
            texts(sql),
            ["SELECT 'a;''b\\';', \"x;\", `y;``z`", "/*!40101 SET NAMES utf8mb4 */", "SELECT 5--1"]
        );
    }

    #[test]
    fn a_delimiter_holds_until_the_next() {
        let sql = "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t \
            BEGIN SET @a=1; SET @b=2; END */;;\ndelimiter ;\nSELECT 1;";
        let all = texts(sql);
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all[0].ends_with("END */"), "{all:?}");
    }

    #[test]
    fn rows_come_one_by_one_with_their_lines() {
        let sql = "SET a=1;\nINSERT INTO `t` (`a`, `values`) VALUES\n(1,'x),(y'),\n(2,_binary '\n;'),(3,now());\nSELECT 1;";
        let (all, trouble) = read(sql.as_bytes());
        assert_eq!(trouble, None);
        let expected = [
            (Kind::Statement, 1, "SET a=1"),
            (Kind::Head, 2, "INSERT INTO `t` (`a`, `values`) VALUES"),
            (Kind::Row, 3, "(1,'x),(y')"),
            (Kind::Row, 4, "(2,_binary '\n;')"),
            (Kind::Row, 5, "(3,now())"),
            (Kind::End, 5, ""),
            (Kind::Statement, 6, "SELECT 1"),
        ];
        assert_eq!(all, expected.map(|(kind, line, text)| (kind, line, text.to_owned())));
    }

    #[test]
    fn what_follows_the_rows_is_told_with_their_end() {
        let sql = "INSERT INTO t VALUES (1),\n(2)\nON DUPLICATE KEY UPDATE a = VALUES(a), b = ';';\nSELECT 1;";
        let (all, trouble) = read(sql.as_bytes());
        assert_eq!(trouble, None);
        let end = "ON DUPLICATE KEY UPDATE a = VALUES(a), b = ';'";
        assert_eq!(all[3], (Kind::End, 3, end.to_owned()));
        assert_eq!(all[4], (Kind::Statement, 4, "SELECT 1".to_owned()));
    }

    #[test]
    fn every_cut_inside_something_is_found_with_its_line() {
        for sql in [
            "SELECT 1;\nINSERT INTO t VALUES (1,'a",
            "SELECT 1;\nINSERT INTO t VALUES (1",
            "\nCREATE TABLE x (a int",
            "\nINSERT INTO t VALUES (1),",
        ] {
            let (_, trouble) = read(sql.as_bytes());
            let trouble = trouble.expect("it is cut");
            assert!(trouble.starts_with("Cut { line: 2"), "{sql}: {trouble}");
        }
    }

    #[test]
    fn a_dump_that_says_so_must_have_its_last_line() {
        let lacks = |sql: &str| {
            let mut statements = Statements::new(sql.as_bytes());
            while statements.next().expect("reads").is_some() {}
            statements.lacks_its_end()
        };
        let head = "-- MariaDB dump 10.19  Distrib 10.11.4-MariaDB\nSELECT 1;\n";
        assert!(lacks(head));
        assert!(!lacks(&format!("{head}-- Dump completed on 2026-11-24")));
        let head = "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n";
        assert!(lacks(head));
        assert!(!lacks(&format!(
            "{head}/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;"
        )));
        assert!(!lacks("SELECT 1;"));
    }

    fn bits() -> impl Strategy<Value = Vec<u8>> {
        let bit = prop_oneof![
            Just("INSERT INTO t VALUES "),
            Just("("),
            Just(")"),
            Just(","),
            Just(";"),
            Just("'"),
            Just("\""),
            Just("`"),
            Just("\\"),
            Just("-- "),
            Just("#"),
            Just("/*"),
            Just("/*!"),
            Just("/*M!999999"),
            Just("*/"),
            Just("\n"),
            Just("DELIMITER ;;\n"),
            Just("a "),
            Just("é"),
            Just("1"),
            Just("SET "),
            Just("\0"),
        ];
        prop::collection::vec(bit, 0..40).prop_map(|bits| bits.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn how_the_bytes_arrive_makes_no_difference(
            sql in bits(), steps in prop::collection::vec(1_usize..7, 1..5),
        ) {
            prop_assert_eq!(read(&sql[..]), read(Dripping(&sql, steps, 0)));
        }

        #[test]
        fn any_bytes_come_to_an_end(sql in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&sql[..]);
        }

        #[test]
        fn a_row_comes_back_as_it_was(values in prop::collection::vec("[ -~\n]*", 1..5)) {
            let quoted = values.iter().map(|it| format!("'{}'", it.replace('\\', "\\\\").replace('\'', "''")));
            let row = format!("({})", quoted.collect::<Vec<_>>().join(","));
            let all = texts(&format!("INSERT INTO t VALUES {row},{row};"));
            prop_assert_eq!(&all[1..3], &[row.clone(), row]);
        }
    }
}
