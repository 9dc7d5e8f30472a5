//! Replaces addresses inside stored values, whatever they are wrapped in. A parser of bytes that never unserialises.
use std::borrow::Cow;

use crate::error::Result;

/// What replaces what, in one pass: longest match first, no replacement is replaced again.
#[derive(Clone, Debug)]
pub struct Rewriter {}

/// What the rewriter met in one value or in many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Replacements made.
    pub replacements: u64,
    /// Serialised values whose lengths were broken before; replaced as plain text.
    pub broken: u64,
    /// Base64 texts that seem to hold an address; left alone.
    pub base64: u64,
}

impl Rewriter {
    /// A rewriter for pairs of addresses such as `https://www.acme.example` → `http://dev-acme.localhost:8080`.
    pub fn new(_pairs: &[(String, String)]) -> Result<Self> {
        todo!()
    }

    /// The value with its addresses replaced; borrowed when nothing was.
    pub fn rewrite<'v>(&self, _value: &'v [u8], _met: &mut Met) -> Cow<'v, [u8]> {
        todo!()
    }
}
