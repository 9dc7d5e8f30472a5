//! JSON, as far as its strings need more than a replacement in place: when PHP-serialised data is in one.
use std::borrow::Cow;

use memchr::memchr2;

use super::{Met, Rewriter, serialized};

/// Whether a value may be JSON.
pub(super) fn looks_so(value: &[u8]) -> bool {
    let first = value.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'"')) && value.contains(&b'"')
}

impl Rewriter {
    /// None when it is no JSON. Only strings are touched, and each keeps its way of escaping.
    pub(super) fn json<'v>(
        &self,
        value: &'v [u8],
        met: &mut Met,
        depth: u32,
    ) -> Option<Cow<'v, [u8]>> {
        // Only what holds serialised data is taken apart; all other JSON is right as text.
        if !may_hold_serialized(value) {
            return None;
        }
        let (mut out, mut done, mut at) = (Vec::new(), 0, 0);
        let mut met_here = Met::default();
        while let Some(open) = memchr::memchr(b'"', &value[at..]) {
            let start = at + open + 1;
            let end = end_of_string(value, start)?;
            let raw = &value[start..end];
            if self.finder.is_match(raw)
                && let Cow::Owned(new) = self.json_string(raw, &mut met_here, depth)
            {
                out.extend_from_slice(&value[done..start]);
                out.extend_from_slice(&new);
                done = end;
            }
            at = end + 1;
        }
        *met += met_here;
        if done == 0 {
            return Some(Cow::Borrowed(value));
        }
        out.extend_from_slice(&value[done..]);
        Some(Cow::Owned(out))
    }

    fn json_string<'v>(&self, raw: &'v [u8], met: &mut Met, depth: u32) -> Cow<'v, [u8]> {
        let held = decode(raw).filter(|text| serialized::looks_so(text) || looks_so(text));
        let Some(text) = held else { return self.text(raw, met) };
        let style = Escapes::of(raw);
        if style.encode(&text) != raw {
            // Escaped in a way that could not be kept.
            met.broken += u64::from(serialized::looks_so(&text));
            return self.text(raw, met);
        }
        match self.value(&text, met, depth + 1) {
            Cow::Borrowed(_) => Cow::Borrowed(raw),
            Cow::Owned(new) => Cow::Owned(style.encode(&new)),
        }
    }
}

/// Whether serialised data may be in a string: a string's token behind its quote, however often that is escaped.
fn may_hold_serialized(value: &[u8]) -> bool {
    memchr::memchr_iter(b'"', value).any(|quote| {
        let rest = &value[quote + 1..];
        serialized::looks_so(rest)
    })
}

fn end_of_string(value: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', value.get(at..)?)?;
        if value[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// The text that a string's raw form stands for; none when it is not valid.
fn decode(raw: &[u8]) -> Option<Vec<u8>> {
    let text: String = serde_json::from_slice(&[b"\"", raw, b"\""].concat()).ok()?;
    Some(text.into_bytes())
}

/// Which of the choices that JSON leaves were taken.
struct Escapes {
    slashes: bool,
    unicode: bool,
    upper: bool,
}

impl Escapes {
    fn of(raw: &[u8]) -> Self {
        let (mut slashes, mut upper, mut at) = (false, false, 0);
        while let Some(escape) = memchr::memchr(b'\\', &raw[at..]) {
            at += escape;
            slashes |= raw.get(at + 1) == Some(&b'/');
            upper |= raw.get(at + 1) == Some(&b'u')
                && raw.get(at + 2..at + 6).is_some_and(|c| c.iter().any(u8::is_ascii_uppercase));
            at = (at + 2).min(raw.len());
        }
        Self { slashes, unicode: raw.is_ascii(), upper }
    }

    fn encode(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + text.len() / 8);
        for c in String::from_utf8_lossy(text).chars() {
            let short = match c {
                '"' => b'"',
                '\\' => b'\\',
                '\n' => b'n',
                '\r' => b'r',
                '\t' => b't',
                '\u{8}' => b'b',
                '\u{c}' => b'f',
                '/' if self.slashes => b'/',
                c if c < ' ' || (self.unicode && !c.is_ascii()) => {
                    self.encode_code(c, &mut out);
                    continue;
                }
                c => {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
            };
            out.extend_from_slice(&[b'\\', short]);
        }
        out
    }

    fn encode_code(&self, c: char, out: &mut Vec<u8>) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let code = if self.upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
            out.extend_from_slice(code.as_bytes());
        }
    }
}
