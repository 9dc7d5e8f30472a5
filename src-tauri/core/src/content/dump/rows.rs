//! What a row's literals become on their way into the database: addresses converted, bytes kept.
use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::{memchr2, memchr2_iter};

use super::{Spot, statements::is_word_byte};
use crate::{
    content::urls::{Met, Rewriter},
    error::Result,
};

/// How rows are changed while they pass.
pub(super) struct Rows<'a> {
    rewriter: Option<&'a Rewriter>,
    /// What a value must contain to be rewritten: as it is, and as hexadecimal digits in either case.
    needles: Option<[AhoCorasick; 2]>,
    /// The character set that the dump's texts are in, where it is not UTF-8.
    pub(super) charset: Option<String>,
    /// The column that keeps its addresses: WordPress's `guid`, which names a post to feed readers for ever.
    pub(super) kept: Option<usize>,
    /// What the rewriter met.
    pub(super) met: Met,
}

impl<'a> Rows<'a> {
    pub(super) fn new(rewriter: Option<&'a Rewriter>) -> Self {
        let needles = rewriter.map(Rewriter::needles).filter(|it| !it.is_empty());
        let needles = needles.and_then(|needles| {
            let digits = needles.iter().map(|needle| hex(needle));
            let digits = digits.flat_map(|it| [it.to_ascii_uppercase(), it]);
            // They were built into one of the same kind before. This kind skips fastest.
            let mut finder = AhoCorasick::builder();
            finder.match_kind(MatchKind::LeftmostFirst);
            Some([finder.build(needles).ok()?, finder.build(digits).ok()?])
        });
        Self { rewriter, needles, charset: None, kept: None, met: Met::default() }
    }

    /// Takes the texts to come for ones in this character set, if it `is_known`.
    ///
    /// # Errors
    /// In some a backslash or a quote may be the second byte of a letter: refused.
    pub(super) fn use_charset(
        &mut self,
        name: &str,
        spot: &Spot,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<()> {
        if ["big5", "gbk", "sjis", "cp932", "gb18030", "gb2312", "utf16", "utf32", "ucs2"]
            .contains(&name)
        {
            let what = format!("texts in the character set {name}");
            return Err(spot.refused(&what).hint("Export it again as utf8mb4."));
        }
        let is_utf8 = name.starts_with("utf8") || name == "binary" || name == "default";
        // `SET CHARACTER_SET_RESULTS = NULL` and the like are no names.
        self.charset = (!is_utf8 && is_known(name)).then(|| name.to_owned());
        Ok(())
    }

    /// The row as it is sent: always UTF-8, since bytes that are not are written as hexadecimal literals.
    pub(super) fn convert<'r>(&mut self, row: &'r [u8]) -> Cow<'r, str> {
        let has_needle = self.has_needle(row) || (self.needles.is_some() && self.has_hex(row));
        if !has_needle
            && (self.charset.is_none() || row.is_ascii())
            && let Ok(text) = str::from_utf8(row)
        {
            return Cow::Borrowed(text);
        }
        let mut out = Vec::with_capacity(row.len() + 64);
        let mut at = 0;
        let mut introduced = false;
        let (mut depth, mut column) = (0_u32, 0_usize);
        while at < row.len() {
            let byte = row[at];
            match byte {
                b'\'' | b'"' => {
                    let end = end_of_literal(row, at).max((at + 2).min(row.len()));
                    if end - at < 2 {
                        out.push(byte);
                        break;
                    }
                    let is_hex = out.last().is_some_and(|it| matches!(it, b'x' | b'X'))
                        && out.len().checked_sub(2).is_none_or(|it| !is_word_byte(out[it]));
                    match is_hex {
                        true => self.hex_literal(&row[at + 1..end - 1], &row[at..end], &mut out),
                        false => {
                            let keeps = self.kept == Some(column);
                            self.literal(&row[at..end], introduced, keeps, &mut out);
                        }
                    }
                    introduced = false;
                    at = end;
                }
                b'0' if row.get(at + 1) == Some(&b'x') => {
                    let digits = &row[at + 2..];
                    let count = digits.iter().take_while(|it| it.is_ascii_hexdigit()).count();
                    out.extend_from_slice(b"0x");
                    self.hex_literal(&digits[..count], &digits[..count], &mut out);
                    at += 2 + count;
                }
                _ if is_word_byte(byte) => {
                    let end = at + row[at..].iter().take_while(|it| is_word_byte(**it)).count();
                    introduced = byte == b'_';
                    out.extend_from_slice(&row[at..end]);
                    at = end;
                }
                _ => {
                    introduced &= byte.is_ascii_whitespace();
                    match byte {
                        b'(' => depth += 1,
                        b')' => depth = depth.saturating_sub(1),
                        b',' if depth == 1 => column += 1,
                        _ => {}
                    }
                    out.push(byte);
                    at += 1;
                }
            }
        }
        match String::from_utf8(out) {
            Ok(text) => Cow::Owned(text),
            Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        }
    }

    /// A quoted text, with its quotes.
    fn literal(&mut self, quoted: &[u8], introduced: bool, keeps: bool, out: &mut Vec<u8>) {
        let as_it_is = match self.charset.is_some() && !introduced {
            true => quoted.is_ascii(),
            false => str::from_utf8(quoted).is_ok(),
        };
        let has_needle = !keeps && self.has_needle(quoted);
        if as_it_is && !has_needle {
            return out.extend_from_slice(quoted);
        }
        let value = unescape(&quoted[1..quoted.len() - 1], quoted[0]);
        let rewritten = match self.rewriter.filter(|_| has_needle) {
            Some(rewriter) => rewriter.rewrite(&value, &mut self.met),
            None => Cow::Borrowed(&value[..]),
        };
        if as_it_is {
            return escape(&rewritten, out);
        }
        if let Some(charset) = self.charset.as_ref().filter(|_| !introduced) {
            out.extend_from_slice(format!("_{charset} ").as_bytes());
        }
        out.extend_from_slice(format!("X'{}'", hex(&rewritten)).as_bytes());
    }

    /// The digits of a hexadecimal literal; `raw` is how they are written.
    fn hex_literal(&mut self, digits: &[u8], raw: &[u8], out: &mut Vec<u8>) {
        if let Some(rewriter) = self.rewriter
            && self.has_hex(digits)
            && let Some(value) = unhex(digits)
        {
            let rewritten = hex(&rewriter.rewrite(&value, &mut self.met));
            let quote = raw.first().filter(|it| matches!(it, b'\'' | b'"'));
            out.extend(quote);
            out.extend_from_slice(rewritten.as_bytes());
            out.extend(quote);
            return;
        }
        out.extend_from_slice(raw);
    }

    fn has_needle(&self, text: &[u8]) -> bool {
        self.needles.as_ref().is_some_and(|[plain, _]| plain.is_match(text))
    }

    /// Whether the digits of a needle are somewhere in a row (behind `0x` or `X'`), or in digits alone.
    fn has_hex(&self, text: &[u8]) -> bool {
        let begins = |at: usize| {
            matches!(text.get(at + 1), Some(b'\'' | b'"'))
                || at.checked_sub(1).is_some_and(|it| text[it] == b'0')
        };
        let may_have = text.iter().take(16).all(u8::is_ascii_hexdigit)
            || memchr2_iter(b'X', b'x', text).any(begins);
        may_have && self.needles.as_ref().is_some_and(|[_, digits]| digits.is_match(text))
    }
}

/// The place after the literal that begins at `at`; the row is known to be whole.
pub(super) fn end_of_literal(row: &[u8], at: usize) -> usize {
    let quote = row[at];
    let mut inside = at + 1;
    while let Some(found) = memchr2(quote, b'\\', row.get(inside..).unwrap_or_default()) {
        inside += found;
        if row[inside] == b'\\' || row.get(inside + 1) == Some(&quote) {
            inside += 2;
        } else {
            return inside + 1;
        }
    }
    row.len()
}

/// What a literal's text means (MySQL's manual, "String Literals").
pub(super) fn unescape(text: &[u8], quote: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = memchr2(quote, b'\\', &text[at..]) {
        out.extend_from_slice(&text[at..at + found]);
        at += found;
        let Some(&next) = text.get(at + 1) else { break };
        if text[at] == quote {
            out.push(quote);
        } else {
            match next {
                b'0' => out.push(0),
                b'b' => out.push(8),
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b't' => out.push(b'\t'),
                b'Z' => out.push(26),
                // These two keep their backslash: they are for LIKE.
                b'%' | b'_' => out.extend_from_slice(&[b'\\', next]),
                other => out.push(other),
            }
        }
        at += 2;
    }
    out.extend_from_slice(&text[at.min(text.len())..]);
    out
}

/// Writes a value as a quoted literal.
pub(super) fn escape(value: &[u8], out: &mut Vec<u8>) {
    out.push(b'\'');
    let mut rest = value;
    while let Some(at) = rest.iter().position(|byte| IS_ESCAPED[usize::from(*byte)]) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            0 => b"\\0",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            26 => b"\\Z",
            b'\\' => b"\\\\",
            _ => b"\\'",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'\'');
}

/// The bytes that a quoted literal has only with a backslash.
const IS_ESCAPED: [bool; 256] = {
    let mut all = [false; 256];
    let (bytes, mut at) = (b"\0\n\r\x1a\\'", 0);
    while at < bytes.len() {
        all[bytes[at] as usize] = true;
        at += 1;
    }
    all
};

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

pub(super) fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// The values of a row that are quoted texts; none for every other.
pub(super) fn texts(row: &[u8]) -> Vec<Option<Vec<u8>>> {
    let inside = row.strip_prefix(b"(").and_then(|it| it.strip_suffix(b")")).unwrap_or(row);
    let mut values = vec![None];
    let mut at = 0;
    while at < inside.len() {
        match inside[at] {
            quote @ (b'\'' | b'"') => {
                let end = end_of_literal(inside, at);
                let text = unescape(&inside[at + 1..(end - 1).max(at + 1)], quote);
                *values.last_mut().expect("there is one") = Some(text);
                at = end;
            }
            byte => {
                if byte == b',' {
                    values.push(None);
                }
                at += 1;
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn converted(row: &[u8], charset: Option<&str>) -> String {
        let pairs = [("https://old.example".to_owned(), "http://dev-acme.localhost".to_owned())];
        let rewriter = Rewriter::new(&pairs).expect("a rewriter");
        let mut rows = Rows::new(Some(&rewriter));
        rows.charset = charset.map(str::to_owned);
        rows.convert(row).into_owned()
    }

    #[test]
    fn serialised_values_keep_their_lengths_right_inside_literals() {
        assert_eq!(
            converted(br#"(1,'s:19:\"https://old.example\";','it''s \'x\'')"#, None),
            r#"(1,'s:25:"http://dev-acme.localhost";','it''s \'x\'')"#
        );
    }

    #[test]
    fn hexadecimal_literals_are_converted_too() {
        let row = format!("(0x{},X'{}',0x00FF)", hex(b"https://old.example/a"), hex(b"x"));
        let new = hex(b"http://dev-acme.localhost/a");
        assert_eq!(converted(row.as_bytes(), None), format!("(0x{new},X'78',0x00FF)"));
    }

    #[test]
    fn bytes_that_are_no_text_travel_as_digits() {
        assert_eq!(converted(b"(_binary '\xff\\0',1,'\xfe')", None), "(_binary X'ff00',1,X'fe')");
    }

    #[test]
    fn another_character_set_is_named_at_the_literal() {
        assert_eq!(
            converted(b"('caf\xe9','plain')", Some("latin1")),
            "(_latin1 X'636166e9','plain')"
        );
        assert_eq!(converted("('é')".as_bytes(), None), "('é')");
    }

    proptest! {
        #[test]
        fn an_escaped_value_reads_as_it_was(value in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut out = Vec::new();
            escape(&value, &mut out);
            prop_assert_eq!(end_of_literal(&out, 0), out.len());
            prop_assert_eq!(unescape(&out[1..out.len() - 1], b'\''), value);
        }

        #[test]
        fn any_row_is_converted_without_a_panic(row in prop::collection::vec(any::<u8>(), 0..120)) {
            converted(&row, None);
            texts(&row);
        }
    }
}
