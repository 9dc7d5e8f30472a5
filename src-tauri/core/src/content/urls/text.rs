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
    /// `\u002F` behind so many backslashes, in JSON.
    Unicode { backslashes: usize, lower: bool },
    /// `&#x2F;`, `&#47;` and the like, in HTML; the number says which of [`ENTITIES`].
    Entity(usize),
}

/// How a slash is written in HTML where it is none.
const ENTITIES: [&[u8]; 5] = [b"&#x2F;", b"&#x2f;", b"&#47;", b"&#047;", b"&sol;"];
/// How a colon is written, whatever the slashes behind it are.
const COLONS: [&[u8]; 11] = [
    b":", b"&#58;", b"&#058;", b"&#x3A;", b"&#x3a;", b"&colon;", b"%3A", b"%3a", b"%253A",
    b"%253a", b"\\u003A",
];

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
    address: Option<Written<'p>>,
}

/// How a new address is written.
struct Written<'p> {
    new: &'p Address,
    style: Style,
    /// What stands for the colons.
    colon: &'static [u8],
    /// What the scheme becomes, where it is written.
    scheme: Option<&'static [u8]>,
}

impl Rewriter {
    /// Replaces in plain text, from left to right.
    pub(super) fn text<'v>(&self, value: &'v [u8], met: &mut Met) -> Cow<'v, [u8]> {
        let mut out = Vec::new();
        let (mut done, mut from, mut base64, mut inside, mut left) = (0, 0, false, false, 0);
        while let Some(hit) = self.finder.find(aho_corasick::Input::new(value).range(from..)) {
            from = hit.start() + 1;
            let Some(needle) = self.meant[hit.pattern().as_usize()].map(|it| &self.needles[it])
            else {
                // A dot is in none of base64's.
                match value[hit.start()..hit.end()].contains(&b'.') {
                    true => left += 1,
                    false => base64 |= in_base64(value, hit.start(), hit.end()),
                }
                continue;
            };
            let found = needle.pairs.iter().find_map(|pair| find(pair, value, hit.start(), done));
            let Some(found) = found else {
                left += u64::from(is_mention(value, hit.start(), hit.end()));
                continue;
            };
            inside |= is_behind_a_length(&value[done..found.start]);
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
        met.left += left;
        if out.is_empty() && done == 0 {
            return Cow::Borrowed(value);
        }
        out.extend_from_slice(&value[done..]);
        if out == value {
            return Cow::Borrowed(value);
        }
        met.inside += u64::from(inside && out.len() != value.len());
        Cow::Owned(out)
    }
}

/// Whether what stands at `start..end` is the host itself, and no part of another one.
fn is_mention(value: &[u8], start: usize, end: usize) -> bool {
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let before = value[..start].last().is_none_or(|byte| !is_of_host(*byte));
    let after = match &value[end..] {
        [b'.', next, ..] => !is_of_host(*next),
        [byte, ..] => !is_of_host(*byte) || *byte == b'.',
        [] => true,
    };
    before && after
}

/// `… s:24:"`: PHP's serialised data within a text counts the letters of what follows.
fn is_behind_a_length(before: &[u8]) -> bool {
    let Some(rest) = before.strip_suffix(b"\"") else { return false };
    let Some(rest) = rest.strip_suffix(b"\\").unwrap_or(rest).strip_suffix(b":") else {
        return false;
    };
    let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest[..rest.len() - digits].ends_with(b"s:")
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
    let Some((style, length)) = separator(before) else {
        if !old.bare || !is_start(before) || (done == at && done > 0) {
            return None;
        }
        let ends = |style: Style| Some((style, end_of(old, style, value, host_end, None)?));
        let (style, end) = BARE.into_iter().find_map(ends)?;
        let address = Some(Written { new, style, colon: style.colon(), scheme: None });
        return Some(Found { start: at, end, new: &[], address });
    };
    let before = &before[..before.len() - length];
    let (start, written, port) = match scheme(before, style) {
        Scheme::Http { secure, socket, colon, length: whole } => {
            let is_same = old.scheme.as_deref().is_none_or(|own| (own == b"https") == secure);
            if !old.bare && !is_same && new.scheme.is_none() {
                return None;
            }
            let scheme = new.scheme.as_deref().filter(|_| !old.bare).map(|scheme| {
                match (scheme == b"https", socket) {
                    (true, false) => &b"https"[..],
                    (false, false) => b"http",
                    (true, true) => b"wss",
                    (false, true) => b"ws",
                }
            });
            let start = if scheme.is_some() { at - length - whole } else { at };
            let port: &[u8] = if secure { b"443" } else { b"80" };
            (start, Written { new, style, colon, scheme }, Some(port))
        }
        Scheme::Other if !old.bare => return None,
        // `'https:' + '//acme.test'`: half of it would be another address.
        Scheme::None if !old.bare && is_joined(before) => return None,
        _ => (at, Written { new, style, colon: style.colon(), scheme: None }, None),
    };
    let end = end_of(old, style, value, host_end, port)?;
    Some(Found { start, end, new: &[], address: Some(written) })
}

/// Whether a scheme ends here in a text of its own.
fn is_joined(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let Some((b'\'' | b'"', rest)) = before.split_last() else { return false };
    let rest = rest.strip_suffix(b"\\").unwrap_or(rest).trim_ascii_end();
    let Some((b'+' | b'.', rest)) = rest.split_last() else { return false };
    let Some((b'\'' | b'"', rest)) = rest.trim_ascii_end().split_last() else { return false };
    rest.strip_suffix(b"\\").unwrap_or(rest).ends_with(b":")
}

/// The end of port and path, if they are there and the address ends there. The port that the scheme has anyway may be
/// written out, and a dot behind the name, which is the name's own in full.
fn end_of(
    old: &Address,
    style: Style,
    value: &[u8],
    host_end: usize,
    usual: Option<&[u8]>,
) -> Option<usize> {
    let mut end = host_end;
    let slash = style.slash();
    if let Some(after) = value[end..].strip_prefix(b".")
        && (after.starts_with(&slash) || after.starts_with(style.colon()))
    {
        end += 1;
    }
    let port = match (&old.port[..], usual) {
        (b"", None) => None,
        (b"", Some(usual)) => {
            let port = [style.colon(), usual].concat();
            let is_it = value[end..].starts_with(&port)
                && !value.get(end + port.len()).is_some_and(u8::is_ascii_digit);
            is_it.then_some(port)
        }
        (own, _) => Some([style.colon(), own].concat()),
    };
    if let Some(port) = port {
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
        let Some(Written { new, style, colon, scheme }) = &self.address else {
            out.extend_from_slice(self.new);
            return;
        };
        if let Some(scheme) = scheme {
            out.extend_from_slice(scheme);
            out.extend_from_slice(colon);
            style.write(b"//", out);
        }
        out.extend_from_slice(&new.host);
        if !new.port.is_empty() {
            out.extend_from_slice(colon);
            out.extend_from_slice(&new.port);
        }
        style.write(&new.path, out);
    }
}

impl Style {
    fn colon(self) -> &'static [u8] {
        match self {
            Self::Escaped(_) | Self::Unicode { .. } | Self::Entity(_) => b":",
            Self::Percent { twice: false, lower: false } => b"%3A",
            Self::Percent { twice: false, lower: true } => b"%3a",
            Self::Percent { twice: true, lower: false } => b"%253A",
            Self::Percent { twice: true, lower: true } => b"%253a",
        }
    }

    fn slash(self) -> Vec<u8> {
        let escaped = |backslashes: usize, slash: &[u8]| {
            let mut all = vec![b'\\'; backslashes];
            all.extend_from_slice(slash);
            all
        };
        match self {
            Self::Escaped(backslashes) => escaped(backslashes, b"/"),
            Self::Unicode { backslashes, lower: false } => escaped(backslashes, b"u002F"),
            Self::Unicode { backslashes, lower: true } => escaped(backslashes, b"u002f"),
            Self::Percent { twice: false, lower: false } => b"%2F".to_vec(),
            Self::Percent { twice: false, lower: true } => b"%2f".to_vec(),
            Self::Percent { twice: true, lower: false } => b"%252F".to_vec(),
            Self::Percent { twice: true, lower: true } => b"%252f".to_vec(),
            Self::Entity(which) => ENTITIES[which].to_vec(),
        }
    }

    /// Writes a path with its slashes.
    fn write(self, path: &[u8], out: &mut Vec<u8>) {
        let slash = self.slash();
        for byte in path {
            match byte {
                b'/' => out.extend_from_slice(&slash),
                other => out.push(*other),
            }
        }
    }
}

/// The `//` that the text ends with, however it is written, and its length.
fn separator(before: &[u8]) -> Option<(Style, usize)> {
    if let Some(b';') = before.last() {
        let ends =
            |slash: &&[u8]| before.strip_suffix(*slash).is_some_and(|rest| rest.ends_with(slash));
        let which = ENTITIES.iter().position(ends)?;
        return Some((Style::Entity(which), 2 * ENTITIES[which].len()));
    }
    if let [.., b'0', b'0', b'2', b'F' | b'f'] = before {
        return unicode_separator(before);
    }
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

/// `\u002F\u002F`, each behind as many backslashes.
fn unicode_separator(before: &[u8]) -> Option<(Style, usize)> {
    let lower = before.last() == Some(&b'f');
    let slash: &[u8] = if lower { b"u002f" } else { b"u002F" };
    let rest = before.strip_suffix(slash)?;
    let backslashes = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
    let style = Style::Unicode { backslashes, lower };
    let both = style.slash().repeat(2);
    (backslashes > 0 && before.ends_with(&both)).then_some((style, both.len()))
}

/// What stands before a separator.
enum Scheme {
    /// `http:` or `ws:`, secure or not, with the bytes that it takes.
    Http {
        secure: bool,
        socket: bool,
        colon: &'static [u8],
        length: usize,
    },
    Other,
    None,
}

fn scheme(before: &[u8], style: Style) -> Scheme {
    let colons = [style.colon()].into_iter().chain(COLONS);
    let Some((colon, name)) =
        colons.into_iter().find_map(|colon| Some((colon, before.strip_suffix(colon)?)))
    else {
        return Scheme::None;
    };
    let letters = name.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let known = [
        (&b"https"[..], true, false),
        (b"http", false, false),
        (b"wss", true, true),
        (b"ws", false, true),
    ];
    for (scheme, secure, socket) in known {
        let ends = name.len().checked_sub(scheme.len()).map(|start| &name[start..]);
        // Behind an escape such as `\n` stands a letter that is none of it; `ws` is the end of many words.
        let is_whole = !socket || letters == scheme.len();
        if is_whole && ends.is_some_and(|end| end.eq_ignore_ascii_case(scheme)) {
            return Scheme::Http { secure, socket, colon, length: scheme.len() + colon.len() };
        }
    }
    if letters > 0 { Scheme::Other } else { Scheme::None }
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
