//! One address and what it becomes.
use crate::error::{Error, Result};

/// One address (or text) and what it becomes.
#[derive(Clone, Debug)]
pub(super) enum Pair {
    Address { old: Address, new: Address },
    Text { old: Vec<u8>, new: Vec<u8> },
}

/// The parts of an address; what it does not have is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// `http` or `https`; none for `//host` and a bare host.
    pub(super) scheme: Option<Vec<u8>>,
    /// Whether it was written without `//`.
    pub(super) bare: bool,
    pub(super) host: Vec<u8>,
    /// Digits.
    pub(super) port: Vec<u8>,
    /// With its first slash, without its last.
    pub(super) path: Vec<u8>,
}

impl Pair {
    pub(super) fn parse((old, new): &(String, String)) -> Result<Self> {
        if old.is_empty() {
            return Err(Error::usage("an empty text can't be replaced"));
        }
        Ok(match (Address::parse(old), Address::parse(new)) {
            (Some(old), Some(new)) => Self::Address { old, new },
            (Some(address), None) if !address.bare => {
                return Err(Error::usage(format!(
                    "`{new}` is no address that can replace `{old}`"
                ))
                .hint("Write it as `http://name.localhost:8080`."));
            }
            _ => Self::Text { old: old.clone().into_bytes(), new: new.clone().into_bytes() },
        })
    }

    /// What a value must contain.
    pub(super) fn needle(&self) -> &[u8] {
        match self {
            Self::Address { old, .. } => &old.host,
            Self::Text { old, .. } => old,
        }
    }

    pub(super) fn is_address(&self) -> bool {
        matches!(self, Self::Address { .. })
    }

    /// Longest first; an address with a scheme before the bare one, `https` before `http` before neither.
    pub(super) fn rank(&self) -> (usize, bool, usize) {
        match self {
            Self::Address { old, .. } => (
                old.host.len() + old.port.len() + old.path.len(),
                !old.bare,
                old.scheme.as_ref().map_or(0, Vec::len),
            ),
            Self::Text { old, .. } => (old.len(), false, 0),
        }
    }
}

impl Address {
    /// None when the text is no address.
    fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let (scheme, rest) = if let Some(rest) = lower.strip_prefix("https://") {
            (Some(b"https".to_vec()), rest)
        } else if let Some(rest) = lower.strip_prefix("http://") {
            (Some(b"http".to_vec()), rest)
        } else {
            (None, lower.strip_prefix("//").unwrap_or(&lower))
        };
        let rest = &text[text.len() - rest.len()..];
        let bare = rest.len() == text.len();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        let named = host.contains('.') || host == "localhost" || !port.is_empty() || !bare;
        let good = !host.is_empty()
            && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && !host.starts_with(['.', '-'])
            && !host.ends_with(['.', '-'])
            && port.bytes().all(|digit| digit.is_ascii_digit())
            && !authority.ends_with(':')
            && !path.contains(|c: char| c.is_whitespace() || "\"'<>\\%".contains(c));
        (named && good).then(|| Self {
            scheme,
            bare,
            host: host.into(),
            port: port.into(),
            path: path.strip_suffix('/').unwrap_or(path).into(),
        })
    }
}
