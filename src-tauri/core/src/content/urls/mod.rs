//! Replaces addresses inside stored values, whatever they are wrapped in. A parser of bytes that never unserialises.
//!
//! A value is looked at as PHP-serialised data, then as JSON, then as text; the strings of the first two are
//! values again. Text is searched for the pairs' hosts; around each hit the boundaries, the separator and its
//! encoding (`//`, `\/\/`, `%2F%2F`) decide whether it is an address of a pair and how the new one is written.
#[cfg(test)]
mod fuzz;
mod json;
mod pair;
mod serialized;
mod text;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeMap};

use aho_corasick::{AhoCorasick, MatchKind};
use pair::Pair;

use crate::{
    error::{Doing, Result},
    model::count,
};

/// What replaces what, in one pass: longest match first, no replacement is replaced again.
#[derive(Clone, Debug)]
pub struct Rewriter {
    /// Finds any needle as people write it, and what only seems to be one: hosts in base64, and in regular expressions.
    /// It tells letters apart, for only then it can skip what holds none at the speed of memory.
    finder: AhoCorasick,
    /// What it finds.
    texts: Vec<Vec<u8>>,
    /// Which needle each of these is; none for what only seems to be one.
    meant: Vec<Option<usize>>,
    needles: Vec<Needle>,
}

/// A host (or a text) that one or more pairs are about.
#[derive(Clone, Debug)]
struct Needle {
    /// Its pairs and those of needles that it starts with, longest first.
    pairs: Vec<Pair>,
}

/// What the rewriter met in one value or in many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Replacements made.
    pub replacements: u64,
    /// Serialised values whose lengths were broken before; replaced as plain text.
    pub broken: u64,
    /// Base64 texts that seem to hold an address; left alone.
    pub base64: u64,
    /// Serialised values within texts, whose lengths are not right any more.
    pub inside: u64,
    /// Mentions of a host that are none of its addresses as they are written; left alone.
    pub left: u64,
}

impl Met {
    /// What a person should know, as sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.broken > 0 {
            let values = count(self.broken, "serialised value");
            notes.push(format!("replaced as text, for the length was wrong before: {values}"));
        }
        if self.base64 > 0 {
            let values = count(self.base64, "base64 value");
            notes.push(format!("left alone, though an address seems to be in it: {values}"));
        }
        if self.inside > 0 {
            let values = count(self.inside, "text");
            notes.push(format!(
                "replaced within serialised data that is a part of a text, where its lengths stay: {values}"
            ));
        }
        if self.left > 0 {
            let mentions = count(self.left, "mention");
            notes.push(format!(
                "left as they are, for they are no address of the site as they stand (a bare name, mail, another scheme): {mentions}"
            ));
        }
        notes
    }
}

impl std::ops::AddAssign for Met {
    fn add_assign(&mut self, more: Self) {
        self.replacements += more.replacements;
        self.broken += more.broken;
        self.base64 += more.base64;
        self.inside += more.inside;
        self.left += more.left;
    }
}

/// Values within values are followed so deep; what lies deeper counts as broken.
const DEEPEST: u32 = 64;

impl Rewriter {
    /// A rewriter for pairs of addresses such as `https://www.acme.example` → `http://dev-acme.localhost:8080`.
    ///
    /// - With a scheme, the old address is found with `http`, `https` or neither (`//host`), never bare.
    /// - Without one (`acme.example`, as in a multisite's `domain`), it is found bare and behind any scheme,
    ///   which stays as it is.
    /// - A path (`host/sub`) counts whole: `host/subway` is another address. One slash at the end is ignored.
    /// - What is no address (no dot, no port, not `localhost`) is replaced as plain text, boundaries or not.
    ///
    /// Keys of serialised arrays and names of properties and classes stay, as `wp search-replace` leaves them.
    pub fn new(pairs: &[(String, String)]) -> Result<Self> {
        let pairs = pairs.iter().map(Pair::parse).collect::<Result<Vec<_>>>()?;
        let mut texts: Vec<Vec<u8>> = pairs.iter().map(|pair| pair.needle().to_vec()).collect();
        texts.sort();
        texts.dedup();
        let needles = texts.iter().map(|text| {
            let mut own: Vec<Pair> =
                pairs.iter().filter(|pair| text.starts_with(pair.needle())).cloned().collect();
            own.sort_by_key(|pair| std::cmp::Reverse(pair.rank()));
            Needle { pairs: own }
        });
        let needles = needles.collect();
        let traces = pairs.iter().filter(|pair| pair.is_address());
        let traces = traces.flat_map(|pair| {
            let mut all = base64_traces(pair.needle());
            all.extend(regex_traces(pair.needle()).into_iter().filter(|it| !it.is_empty()));
            all
        });
        let spelled = texts.iter().enumerate().rev();
        let spelled = spelled
            .flat_map(|(number, text)| spellings(text).into_iter().map(move |it| (it, number)));
        let mut found: BTreeMap<Vec<u8>, Option<usize>> = traces.map(|it| (it, None)).collect();
        found.extend(spelled.map(|(text, number)| (text, Some(number))));
        let (texts, meant): (Vec<_>, _) = found.into_iter().unzip();
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&texts)
            .doing(|| "prepare the addresses".into())?;
        Ok(Self { finder, texts, meant, needles })
    }

    /// The value with its addresses replaced; borrowed when nothing was.
    pub fn rewrite<'v>(&self, value: &'v [u8], met: &mut Met) -> Cow<'v, [u8]> {
        self.value(value, met, 0)
    }

    /// Whether [`Self::rewrite`] has anything to do or to count in a value.
    pub(in crate::content) fn may_change(&self, value: &[u8]) -> bool {
        self.finder.is_match(value)
    }

    /// A value of fewer bytes holds no address, not even inside base64.
    pub(in crate::content) fn shortest(&self) -> usize {
        self.finder.min_pattern_len()
    }

    /// A value that is rewritten contains one of these.
    pub fn needles(&self) -> &[Vec<u8>] {
        &self.texts
    }

    fn value<'v>(&self, value: &'v [u8], met: &mut Met, depth: u32) -> Cow<'v, [u8]> {
        if !self.may_change(value) {
            return Cow::Borrowed(value);
        }
        let serialized = serialized::looks_so(value);
        if depth < DEEPEST {
            if serialized && let Some(rewritten) = self.serialized(value, met, depth) {
                return rewritten;
            }
            if json::looks_so(value)
                && let Some(rewritten) = self.json(value, met, depth)
            {
                return rewritten;
            }
        }
        met.broken += u64::from(serialized);
        let inside = met.inside;
        let rewritten = self.text(value, met);
        if serialized {
            // It is counted as broken.
            met.inside = inside;
        }
        rewritten
    }
}

/// A host as people write it: as it is, and each of its first parts in small letters, capitals, or with one capital.
fn spellings(host: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for (number, part) in host.split(|byte| *byte == b'.').enumerate() {
        let lower = part.to_ascii_lowercase();
        let mut first = lower.clone();
        first.iter_mut().take(1).for_each(|byte| byte.make_ascii_uppercase());
        let forms = match number {
            0..3 => vec![lower, part.to_ascii_uppercase(), first],
            _ => vec![part.to_vec()],
        };
        let dot: &[u8] = if number == 0 { b"" } else { b"." };
        let longer =
            all.iter().flat_map(|it| forms.iter().map(move |form| [it, dot, form].concat()));
        all = longer.collect();
    }
    all.push(host.to_vec());
    all
}

/// A host in a regular expression, and the same in a dump.
fn regex_traces(host: &[u8]) -> [Vec<u8>; 2] {
    let escaped = |dot: &[u8]| host.split(|byte| *byte == b'.').collect::<Vec<_>>().join(dot);
    if !host.contains(&b'.') {
        return [Vec::new(), Vec::new()];
    }
    [escaped(b"\\."), escaped(b"\\\\.")]
}

/// What a host looks like inside base64: three forms, by where it starts among groups of three bytes.
/// The characters that its neighbours have a part in are cut off; short rests would be found by chance.
fn base64_traces(host: &[u8]) -> Vec<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let trace = |skip: usize| {
        let padded: Vec<u8> = std::iter::repeat_n(0, skip).chain(host.iter().copied()).collect();
        let encoded = padded.chunks_exact(3).flat_map(|group| {
            let bits = group.iter().fold(0usize, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| ALPHABET[bits >> shift & 63])
        });
        encoded.skip(if skip == 0 { 0 } else { skip + 1 }).collect::<Vec<u8>>()
    };
    (0..3).map(trace).filter(|trace| trace.len() >= 8).collect()
}
