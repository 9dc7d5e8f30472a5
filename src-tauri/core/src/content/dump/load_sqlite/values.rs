//! What a row's literals are as values of SQLite.
use std::borrow::Cow;

use encoding_rs::Encoding;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use crate::content::dump::{
    rows::{end_of_literal, unescape, unhex},
    statements::{is_any, is_word_byte},
};

/// A value to insert.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Blob(Vec<u8>),
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What a column takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Integer,
    /// A number that MySQL keeps as bits, and dumps as bytes.
    Bits,
    Real,
    Text,
    /// Bytes, whatever they are.
    Bytes,
    /// Bytes, which Drupal keeps as text where they are one.
    TextOrBytes,
}

/// The values of a row, with its parentheses. `takes` has one for each; `shift` is what a time is moved by.
///
/// # Errors
/// What can't be taken over, as it follows "has": "a value that is computed, `now()`".
pub(super) fn values<'a>(row: &'a str, takes: &[Takes]) -> Result<Vec<Value<'a>>, String> {
    let mut all = Vec::with_capacity(takes.len());
    let mut scan = Scan { text: row.as_bytes(), row, at: 1 };
    loop {
        scan.skip_blanks();
        if all.is_empty() && scan.peek() == Some(b')') {
            return Ok(all);
        }
        let Some(takes) = takes.get(all.len()) else {
            return Err("a row with more values than the table has columns".into());
        };
        all.push(scan.literal()?.into_value(*takes)?);
        scan.skip_blanks();
        match scan.peek() {
            Some(b',') => scan.at += 1,
            Some(b')') => break,
            _ => return Err(scan.computed()),
        }
    }
    if all.len() < takes.len() {
        return Err("a row with fewer values than the table has columns".into());
    }
    Ok(all)
}

/// A literal as it is written.
enum Literal<'a> {
    Null,
    Number(&'a str),
    Text(Cow<'a, str>),
    Bytes(Vec<u8>),
    Bits(u64),
}

struct Scan<'a> {
    text: &'a [u8],
    row: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            let rest = &self.text[self.at..];
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if rest.starts_with(b"/*") {
                self.at += memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    /// What an error says of the value that begins here.
    fn computed(&self) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let shown = String::from_utf8_lossy(&rest[..rest.len().min(40)]).trim().to_owned();
        format!("a value that only a MySQL server can compute, `{shown}`")
    }

    fn literal(&mut self) -> Result<Literal<'a>, String> {
        let byte = self.peek().ok_or_else(|| self.computed())?;
        match byte {
            b'\'' | b'"' => Ok(Literal::Text(self.quoted_text()?)),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            _ if is_word_byte(byte) => self.word(),
            _ => Err(self.computed()),
        }
    }

    /// A quoted text; several beside one another are one.
    fn quoted_text(&mut self) -> Result<Cow<'a, str>, String> {
        let bytes = self.quoted();
        Ok(match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(str::from_utf8(bytes).map_err(|_| broken())?),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).map_err(|_| broken())?),
        })
    }

    fn quoted(&mut self) -> Cow<'a, [u8]> {
        let (from, quote) = (self.at, self.text[self.at]);
        let end = end_of_literal(self.text, from);
        self.at = end;
        let inside = &self.text[(from + 1).min(end)..(end - 1).max((from + 1).min(end))];
        match memchr::memchr2(quote, b'\\', inside) {
            None => Cow::Borrowed(inside),
            Some(_) => Cow::Owned(unescape(inside, quote)),
        }
    }

    fn number(&mut self) -> Result<Literal<'a>, String> {
        let rest = &self.text[self.at..];
        let digits =
            |from: usize, is: fn(&u8) -> bool| rest[from..].iter().take_while(|it| is(it)).count();
        if rest.starts_with(b"0x") || rest.starts_with(b"0b") {
            let count = digits(2, u8::is_ascii_alphanumeric);
            let inside = &rest[2..2 + count];
            let found = match rest[1] {
                b'x' => bytes_of(inside).map(Literal::Bytes),
                _ => bits_of(inside).map(Literal::Bits),
            };
            let found = found.ok_or_else(|| self.computed())?;
            self.at += 2 + count;
            return Ok(found);
        }
        let count = rest
            .iter()
            .enumerate()
            .take_while(|(at, byte)| match byte {
                b'+' | b'-' => *at == 0 || matches!(rest[at - 1], b'e' | b'E'),
                other => other.is_ascii_alphanumeric() || **byte == b'.',
            })
            .count();
        let text = &self.row[self.at..self.at + count];
        if text.parse::<f64>().is_err() {
            return Err(self.computed());
        }
        self.at += count;
        Ok(Literal::Number(text))
    }

    /// `NULL`, `TRUE`, an introducer or the letter of a literal in digits.
    fn word(&mut self) -> Result<Literal<'a>, String> {
        let rest = &self.text[self.at..];
        let count = rest.iter().take_while(|it| is_word_byte(**it)).count();
        let word = &rest[..count];
        let is_quoted = rest.get(count) == Some(&b'\'');
        let found = match () {
            () if is_any(word, &["NULL"]) => Literal::Null,
            () if is_any(word, &["TRUE"]) => Literal::Number("1"),
            () if is_any(word, &["FALSE"]) => Literal::Number("0"),
            () if is_quoted && is_any(word, &["X", "B"]) => {
                let begin = self.at;
                self.at += 1;
                let inside = self.quoted();
                let found = match word[0] {
                    b'x' | b'X' => bytes_of(&inside).map(Literal::Bytes),
                    _ => bits_of(&inside).map(Literal::Bits),
                };
                let Some(found) = found else {
                    self.at = begin;
                    return Err(self.computed());
                };
                return Ok(found);
            }
            () if word[0] == b'_' => {
                let charset = String::from_utf8_lossy(&word[1..]).to_ascii_lowercase();
                self.at += count;
                self.skip_blanks();
                return introduced(self.literal()?, &charset);
            }
            () => return Err(self.computed()),
        };
        self.at += count;
        Ok(found)
    }
}

/// A literal whose character set is named.
fn introduced<'a>(literal: Literal<'a>, charset: &str) -> Result<Literal<'a>, String> {
    let bytes = match literal {
        Literal::Bytes(bytes) => bytes,
        // The row itself was read as UTF-8 already.
        Literal::Text(text) if charset == "binary" => {
            return Ok(Literal::Bytes(text.into_owned().into_bytes()));
        }
        other => return Ok(other),
    };
    match charset {
        "binary" => Ok(Literal::Bytes(bytes)),
        _ => decode(bytes, charset).map(|text| Literal::Text(Cow::Owned(text))),
    }
}

/// A text in one of MySQL's character sets.
fn decode(bytes: Vec<u8>, charset: &str) -> Result<String, String> {
    let label = match charset {
        _ if charset.starts_with("utf8") || charset == "ascii" => {
            return String::from_utf8(bytes).map_err(|_| broken());
        }
        // The server's latin1 is Windows' (MySQL's manual, "West European Character Sets").
        "latin1" | "cp1252" => "windows-1252",
        "latin2" => "iso-8859-2",
        "latin5" => "iso-8859-9",
        "latin7" => "iso-8859-13",
        "greek" => "iso-8859-7",
        "hebrew" => "iso-8859-8",
        "cp1250" => "windows-1250",
        "cp1251" => "windows-1251",
        "cp1256" => "windows-1256",
        "cp1257" => "windows-1257",
        "koi8r" => "koi8-r",
        "koi8u" => "koi8-u",
        "cp866" => "ibm866",
        "macroman" => "macintosh",
        "tis620" => "windows-874",
        "ujis" | "eucjpms" => "euc-jp",
        "euckr" => "euc-kr",
        other => return Err(format!("texts in the character set {other}")),
    };
    let encoding = Encoding::for_label(label.as_bytes())
        .ok_or_else(|| format!("texts in the character set {charset}"))?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes);
    text.map(Cow::into_owned).ok_or_else(broken)
}

fn broken() -> String {
    "a text that is not in the character set that the dump says".into()
}

fn bytes_of(digits: &[u8]) -> Option<Vec<u8>> {
    match digits.len().is_multiple_of(2) {
        true => unhex(digits),
        false => unhex(&[b"0", digits].concat()),
    }
}

fn bits_of(digits: &[u8]) -> Option<u64> {
    let text = str::from_utf8(digits).ok()?;
    u64::from_str_radix(text, 2).ok().or((text.is_empty()).then_some(0))
}

fn number_of(bytes: &[u8]) -> Option<i64> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[first..];
    if bytes.len() > 8 {
        return None;
    }
    let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    i64::try_from(number).ok()
}

fn too_large(number: impl std::fmt::Display) -> String {
    format!("the number {number}, which is larger than SQLite keeps")
}

impl<'a> Literal<'a> {
    fn into_value(self, takes: Takes) -> Result<Value<'a>, String> {
        Ok(match (self, takes) {
            (Self::Null, _) => Value::Null,
            (Self::Bits(bits), _) => {
                Value::Integer(i64::try_from(bits).map_err(|_| too_large(bits))?)
            }
            (Self::Number(text), Takes::Integer | Takes::Bits) => match text.parse::<i64>() {
                Ok(number) => Value::Integer(number),
                Err(_) if text.bytes().all(|it| it.is_ascii_digit() || it == b'-') => {
                    return Err(too_large(text));
                }
                // A fraction: the column's own rule decides.
                Err(_) => Value::Real(text.parse().map_err(|_| too_large(text))?),
            },
            (Self::Number(text), Takes::Real) => {
                Value::Real(text.parse().map_err(|_| too_large(text))?)
            }
            (Self::Number(text), Takes::Text | Takes::TextOrBytes) => Value::Text(text.into()),
            (Self::Number(text), Takes::Bytes) => Value::Blob(text.into()),
            (Self::Text(text), Takes::Bits) => number(text.as_bytes())?,
            (Self::Text(text), Takes::Bytes) => Value::Blob(text.into_owned().into_bytes()),
            (Self::Text(text), Takes::TextOrBytes) if text.contains('\0') => {
                Value::Blob(text.into_owned().into_bytes())
            }
            (Self::Text(text), _) => Value::Text(text),
            (Self::Bytes(bytes), Takes::Integer | Takes::Bits) => number(&bytes)?,
            (Self::Bytes(bytes), Takes::Bytes) => Value::Blob(bytes),
            (Self::Bytes(bytes), Takes::TextOrBytes) => match String::from_utf8(bytes) {
                Ok(text) if !text.contains('\0') => Value::Text(text.into()),
                Ok(text) => Value::Blob(text.into_bytes()),
                Err(error) => Value::Blob(error.into_bytes()),
            },
            (Self::Bytes(bytes), Takes::Text | Takes::Real) => {
                Value::Text(String::from_utf8(bytes).map_err(|_| broken())?.into())
            }
        })
    }
}

fn number<'a>(bytes: &[u8]) -> Result<Value<'a>, String> {
    number_of(bytes).map(Value::Integer).ok_or_else(|| too_large("of more than 63 bits"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(literal: &str, takes: Takes) -> Result<Value<'static>, String> {
        let row = format!("({literal})");
        let mut all = values(&row, &[takes])?;
        Ok(match all.remove(0) {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Null => Value::Null,
            Value::Integer(number) => Value::Integer(number),
            Value::Real(number) => Value::Real(number),
            Value::Blob(bytes) => Value::Blob(bytes),
        })
    }

    #[test]
    fn a_literal_becomes_what_its_column_takes() {
        let text = |text: &str| Ok(Value::Text(Cow::Owned(text.to_owned())));
        assert_eq!(one(r"'it''s \'a\' \n'", Takes::Text), text("it's 'a' \n"));
        assert_eq!(one("-12", Takes::Integer), Ok(Value::Integer(-12)));
        assert_eq!(one("1.50", Takes::Real), Ok(Value::Real(1.5)));
        assert_eq!(one("1e300", Takes::Real), Ok(Value::Real(1e300)));
        assert_eq!(one("1.50", Takes::Text), text("1.50"));
        assert_eq!(one("NULL", Takes::Bytes), Ok(Value::Null));
        assert_eq!(one("_binary 'a\\0'", Takes::Bytes), Ok(Value::Blob(b"a\0".to_vec())));
        assert_eq!(one("0x616263", Takes::TextOrBytes), text("abc"));
        assert_eq!(one("X'ff'", Takes::TextOrBytes), Ok(Value::Blob(vec![255])));
        assert_eq!(one("b'101'", Takes::Bits), Ok(Value::Integer(5)));
        assert_eq!(one("'\\0'", Takes::Bits), Ok(Value::Integer(0)));
        assert_eq!(one("_binary X'0101'", Takes::Bits), Ok(Value::Integer(257)));
        assert_eq!(one("_latin1 X'636166e980'", Takes::Text), text("café€"));
        assert_eq!(one("_utf8mb4'é'", Takes::Text), text("é"));
        assert_eq!(one("TRUE", Takes::Integer), Ok(Value::Integer(1)));
    }

    #[test]
    fn what_can_t_be_kept_is_an_error_and_not_another_value() {
        for (literal, takes, says) in [
            ("18446744073709551615", Takes::Integer, "larger than SQLite keeps"),
            ("now()", Takes::Text, "only a MySQL server can compute"),
            ("X'ff'", Takes::Text, "not in the character set"),
            ("_gbk X'b0a1'", Takes::Text, "character set gbk"),
            ("1 + 1", Takes::Integer, "only a MySQL server"),
        ] {
            let error = one(literal, takes).expect_err(literal);
            assert!(error.contains(says), "{literal}: {error}");
        }
        assert!(values("(1,2)", &[Takes::Integer]).is_err());
        assert!(values("(1)", &[Takes::Integer, Takes::Integer]).is_err());
    }

    proptest! {
        #[test]
        fn any_row_is_read_without_a_panic(row in "\\([ -~é]{0,40}\\)") {
            drop(values(&row, &[Takes::Text, Takes::Integer, Takes::Bits]));
        }

        #[test]
        fn a_text_arrives_as_it_was(text in any::<String>()) {
            let mut row = vec![b'('];
            crate::content::dump::rows::escape(text.as_bytes(), &mut row);
            row.push(b')');
            let row = String::from_utf8(row).expect("text");
            prop_assert_eq!(values(&row, &[Takes::Text]), Ok(vec![Value::Text(text.as_str().into())]));
        }
    }
}
