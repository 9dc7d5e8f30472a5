//! Addresses in plain text, in whatever encoding their separators are.
use std::borrow::Cow;

use super::{
    Met, Rewriter,
    pair::{Address, Pair},
};

/// How slashes and colons are written around a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// A slash behind so many backslashes: none in plain text, one in JSON, three in JSON within JSON.
    Escaped(usize),
    /// `%2F` and `%3A`, or `%252F` and `%253A` when encoded twice.
    Percent { twice: bool, lower: bool },
}

/// How what follows a host may be written, where nothing before it tells.
const BARE: [Style; 4] = [
    Style::Escaped(0),
    Style::Escaped(1),
    Style::Percent { twice: false, lower: false },
    Style::Percent { twice: false, lower: true },
];

/// A piece of text that a pair replaces.
struct Found<'p> {
    start: usize,
    end: usize,
    new: &'p [u8],
    address: Option<(&'p Address, Style, bool)>,
}

impl Rewriter {
    /// Replaces in plain text, from left to right.
    pub(super) fn text<'v>(&self, value: &'v [u8], met: &mut Met) -> Cow<'v, [u8]> {
        let mut out = Vec::new();
        let (mut done, mut from, mut base64) = (0, 0, false);
        while let Some(hit) = self.finder.find(aho_corasick::Input::new(value).range(from..)) {
            let Some(needle) = self.needles.get(hit.pattern().as_usize()) else {
                base64 |= in_base64(value, hit.start(), hit.end());
                from = hit.start() + 1;
                continue;
            };
            let found = needle.pairs.iter().find_map(|pair| find(pair, value, hit.start(), done));
            let Some(found) = found else {
                from = hit.start() + 1;
                continue;
            };
            if out.is_empty() {
                out.reserve(value.len() + value.len() / 8);
            }
            out.extend_from_slice(&value[done..found.start]);
            let before = out.len();
            found.write(&mut out);
            met.replacements += u64::from(out[before..] != value[found.start..found.end]);
            done = found.end;
            from = found.end;
        }
        met.base64 += u64::from(base64);
        if out.is_empty() && done == 0 {
            return Cow::Borrowed(value);
        }
        out.extend_from_slice(&value[done..]);
        if out == value { Cow::Borrowed(value) } else { Cow::Owned(out) }
    }
}

/// The pair's address around the host at `at`; nothing before `done` is looked at, it is replaced already.
fn find<'p>(pair: &'p Pair, value: &[u8], at: usize, done: usize) -> Option<Found<'p>> {
    let (old, new) = match pair {
        Pair::Text { old, new } => {
            let end = at + old.len();
            let here = value.get(at..end) == Some(old);
            return here.then_some(Found { start: at, end, new, address: None });
        }
        Pair::Address { old, new } => (old, new),
    };
    let host_end = at + old.host.len();
    let before = &value[done..at];
    let separator = separator(before);
    let ends = |style| Some((style, end_of(old, style, value, host_end)?));
    let (style, end) = match separator {
        Some((style, _)) => ends(style)?,
        None if old.bare => BARE.into_iter().find_map(ends)?,
        None => return None,
    };
    let mut start = at;
    let mut with_scheme = false;
    if let Some((_, length)) = separator {
        let scheme = scheme(&before[..before.len() - length], style)?;
        match scheme {
            Scheme::Http(colon) if !old.bare => {
                let whole = colon.len;
                let exact = old.scheme.as_deref().is_none_or(|own| own.len() == colon.name)
                    || new.scheme.is_some();
                if !exact {
                    return None;
                }
                if new.scheme.is_some() {
                    start = at - length - whole;
                    with_scheme = true;
                }
            }
            Scheme::Other if !old.bare => return None,
            _ => {}
        }
    } else if !is_start(before) || (done == at && done > 0) {
        return None;
    }
    Some(Found { start, end, new: &[], address: Some((new, style, with_scheme)) })
}

/// The end of port and path, if they are there and the address ends there.
fn end_of(old: &Address, style: Style, value: &[u8], host_end: usize) -> Option<usize> {
    let mut end = host_end;
    if !old.port.is_empty() {
        let port = [style.colon(), &old.port].concat();
        value[end..].starts_with(&port).then_some(())?;
        end += port.len();
        if value.get(end).is_some_and(u8::is_ascii_digit) {
            return None;
        }
    }
    if old.path.is_empty() {
        return is_end_of_host(&value[end..]).then_some(end);
    }
    let mut path = Vec::new();
    style.write(&old.path, &mut path);
    value[end..].starts_with(&path).then_some(())?;
    end += path.len();
    is_end_of_path(&value[end..]).then_some(end)
}

impl Found<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Some((new, style, with_scheme)) = &self.address else {
            out.extend_from_slice(self.new);
            return;
        };
        if let (true, Some(scheme)) = (with_scheme, &new.scheme) {
            out.extend_from_slice(scheme);
            out.extend_from_slice(style.colon());
            style.write(b"//", out);
        }
        out.extend_from_slice(&new.host);
        if !new.port.is_empty() {
            out.extend_from_slice(style.colon());
            out.extend_from_slice(&new.port);
        }
        style.write(&new.path, out);
    }
}

impl Style {
    fn colon(self) -> &'static [u8] {
        match self {
            Self::Escaped(_) => b":",
            Self::Percent { twice: false, lower: false } => b"%3A",
            Self::Percent { twice: false, lower: true } => b"%3a",
            Self::Percent { twice: true, lower: false } => b"%253A",
            Self::Percent { twice: true, lower: true } => b"%253a",
        }
    }

    /// Writes a path with its slashes.
    fn write(self, path: &[u8], out: &mut Vec<u8>) {
        for &byte in path {
            match (byte, self) {
                (b'/', Self::Escaped(backslashes)) => {
                    out.extend(std::iter::repeat_n(b'\\', backslashes));
                    out.push(b'/');
                }
                (b'/', Self::Percent { twice, lower }) => {
                    out.extend_from_slice(if twice { b"%25" } else { b"%" });
                    out.extend_from_slice(if lower { b"2f" } else { b"2F" });
                }
                _ => out.push(byte),
            }
        }
    }
}

/// The `//` that the text ends with, however it is written, and its length.
fn separator(before: &[u8]) -> Option<(Style, usize)> {
    if let Some(b'F' | b'f') = before.last() {
        let written: [(&[u8], _, _); 4] = [
            (b"%2F%2F", false, false),
            (b"%2f%2f", false, true),
            (b"%252F%252F", true, false),
            (b"%252f%252f", true, true),
        ];
        let found = written.into_iter().find(|(both, ..)| before.ends_with(both));
        return found.map(|(both, twice, lower)| (Style::Percent { twice, lower }, both.len()));
    }
    let (b'/', rest) = before.split_last()? else { return None };
    let backslashes = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
    let (b'/', rest) = rest[..rest.len() - backslashes].split_last()? else { return None };
    let first = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
    // Before the first slash stands a colon, or what happens to be there.
    (first >= backslashes).then_some((Style::Escaped(backslashes), 2 * (backslashes + 1)))
}

/// What stands before a separator.
enum Scheme {
    Http(Colon),
    Other,
    None,
}

/// The length of the scheme's name and of name and colon.
struct Colon {
    name: usize,
    len: usize,
}

fn scheme(before: &[u8], style: Style) -> Option<Scheme> {
    let Some(name) = before.strip_suffix(style.colon()) else { return Some(Scheme::None) };
    let colon = style.colon().len();
    for scheme in [&b"https"[..], b"http"] {
        let ends = name.len().checked_sub(scheme.len()).map(|start| &name[start..]);
        if ends.is_some_and(|end| end.eq_ignore_ascii_case(scheme)) {
            let len = scheme.len() + colon;
            return Some(Scheme::Http(Colon { name: scheme.len(), len }));
        }
    }
    let named = name.last().is_some_and(u8::is_ascii_alphanumeric);
    Some(if named { Scheme::Other } else { Scheme::None })
}

/// Whether a bare host may start after this text.
fn is_start(before: &[u8]) -> bool {
    let Some((last, rest)) = before.split_last() else { return true };
    // `%2F` and the like: an encoded character, as long as it is none that belongs to a host.
    if let [.., b'%', high, low] = before
        && high.is_ascii_hexdigit()
        && low.is_ascii_hexdigit()
    {
        return !matches!((high, low.to_ascii_uppercase()), (b'2', b'D' | b'E') | (b'4', b'0'));
    }
    if last.is_ascii_alphanumeric() {
        // The letter of an escape such as `\n`, in JSON.
        let backslashes = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
        return matches!(last, b'n' | b'r' | b't' | b'b' | b'f') && backslashes % 2 == 1;
    }
    !matches!(last, b'-' | b'.' | b'_' | b'@')
}

/// Whether a host (and port) ends where this text begins.
fn is_end_of_host(after: &[u8]) -> bool {
    let digit = |at: usize| after.get(at).is_some_and(u8::is_ascii_digit);
    match after {
        [] => true,
        [b'-' | b'_' | b'@', ..] => false,
        [byte, ..] if byte.is_ascii_alphanumeric() => false,
        [b'.', next, ..] => !next.is_ascii_alphanumeric(),
        [b':', ..] => !digit(1) && !after.contains_userinfo(),
        [b'%', b'3', b'A' | b'a', ..] => !digit(3),
        [b'%', b'2', b'5', b'3', b'A' | b'a', ..] => !digit(5),
        [b'%', b'4', b'0', ..] | [b'%', b'2', b'D' | b'E' | b'd' | b'e', ..] => false,
        _ => true,
    }
}

trait Userinfo {
    fn contains_userinfo(&self) -> bool;
}

impl Userinfo for [u8] {
    /// Whether `:word@` begins here: what looked like a host is a user's name.
    fn contains_userinfo(&self) -> bool {
        let word = self[1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        word > 0 && self.get(word + 1) == Some(&b'@')
    }
}

/// Whether a path ends where this text begins: `/sub` is not `/subway`.
fn is_end_of_path(after: &[u8]) -> bool {
    match after {
        [] => true,
        [b'-' | b'_' | b'~' | b'+', ..] => false,
        [b'.', next, ..] => !next.is_ascii_alphanumeric(),
        [byte, ..] => !byte.is_ascii_alphanumeric() && byte.is_ascii(),
    }
}

/// Whether the trace of a host at `start..end` lies in a run of base64 that is long enough to be some.
fn in_base64(value: &[u8], start: usize, end: usize) -> bool {
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let before = value[..start].iter().rev().take(64).take_while(is_base64).count();
    let after = value[end..].iter().take(64).take_while(is_base64).count();
    before + (end - start) + after >= 12
}
