//! PHP's serialised data: strings are rewritten and their lengths set right, everything else is kept as it is.
use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::{Met, Rewriter};

/// Whether a value begins as serialised data that can hold a string does.
pub(super) fn looks_so(value: &[u8]) -> bool {
    matches!(value, [b'a' | b'O' | b's' | b'S' | b'C' | b'E', b':', digit, ..] if digit.is_ascii_digit())
}

impl Rewriter {
    /// None when the value is not serialised data from its start to its end (spaces apart), or is broken.
    pub(super) fn serialized<'v>(
        &self,
        value: &'v [u8],
        met: &mut Met,
        depth: u32,
    ) -> Option<Cow<'v, [u8]>> {
        let mut parsing = Parsing::new(self, value, depth);
        parsing.value()?;
        if !value[parsing.at..].iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        *met += parsing.met;
        Some(parsing.finish())
    }
}

/// A pass over serialised data. What is not changed is copied in whole runs.
struct Parsing<'r, 'v> {
    rewriter: &'r Rewriter,
    value: &'v [u8],
    at: usize,
    out: Vec<u8>,
    copied: usize,
    met: Met,
    depth: u32,
}

impl<'r, 'v> Parsing<'r, 'v> {
    fn new(rewriter: &'r Rewriter, value: &'v [u8], depth: u32) -> Self {
        Self { rewriter, value, at: 0, out: Vec::new(), copied: 0, met: Met::default(), depth }
    }

    fn finish(mut self) -> Cow<'v, [u8]> {
        if self.copied == 0 {
            return Cow::Borrowed(self.value);
        }
        self.out.extend_from_slice(&self.value[self.copied..]);
        Cow::Owned(self.out)
    }

    /// Puts `new` where the value's bytes from `start` to here are.
    fn replace(&mut self, start: usize, new: &[u8]) {
        self.out.extend_from_slice(&self.value[self.copied..start]);
        self.out.extend_from_slice(new);
        self.copied = self.at;
    }

    fn peek(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// One value with everything in it. Containers are counted, not recursed into: PHP's may be very deep.
    fn value(&mut self) -> Option<()> {
        // Keys and values still to come in each open container: even means a key is next.
        let mut open: Vec<usize> = Vec::new();
        loop {
            match open.last_mut() {
                Some(0) => {
                    self.expect(b'}')?;
                    open.pop();
                }
                Some(left) if left.is_multiple_of(2) => {
                    *left -= 1;
                    self.key()?;
                    continue;
                }
                Some(left) => {
                    *left -= 1;
                    open.extend(self.token()?);
                }
                None => open.extend(self.token()?),
            }
            if open.is_empty() {
                return Some(());
            }
        }
    }

    /// A key stays as it is.
    fn key(&mut self) -> Option<()> {
        match self.peek()? {
            b'i' => self.scalar(),
            b's' => self.string().and_then(|_| self.expect(b';')),
            b'S' => self.escaped().and_then(|_| self.expect(b';')),
            _ => None,
        }
    }

    /// One token; for the start of a container, how many keys and values are in it.
    fn token(&mut self) -> Option<Option<usize>> {
        let start = self.at;
        match self.peek()? {
            b'N' => {
                self.at += 1;
                self.expect(b';')?;
            }
            b'b' | b'i' | b'd' | b'r' | b'R' => self.scalar()?,
            b's' => {
                let content = self.string()?;
                self.expect(b';')?;
                self.content(start, content);
            }
            b'S' => {
                let content = self.escaped()?;
                self.expect(b';')?;
                self.content(start, &content);
            }
            b'E' => {
                self.string()?;
                self.expect(b';')?;
            }
            b'a' => {
                self.at += 1;
                return Some(Some(self.items()?));
            }
            b'O' => {
                self.string()?;
                return Some(Some(self.items()?));
            }
            b'C' => self.custom()?,
            _ => return None,
        }
        Some(None)
    }

    /// A string's content, rewritten; the token from `start` to here is replaced with one of the right length.
    fn content(&mut self, start: usize, content: &[u8]) {
        if let Cow::Owned(new) = self.rewriter.value(content, &mut self.met, self.depth + 1) {
            let length = format!("s:{}:\"", new.len());
            self.replace(start, &[length.as_bytes(), &new, b"\";"].concat());
        }
    }

    /// `i:…;` and the like, whatever is in it: numbers are never formatted anew.
    fn scalar(&mut self) -> Option<()> {
        self.at += 1;
        self.expect(b':')?;
        let length = memchr(b';', &self.value[self.at..])?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        let number = &self.value[self.at..self.at + length];
        (length > 0 && number.iter().all(plain)).then(|| self.at += length + 1)
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.value[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = str::from_utf8(&self.value[self.at..self.at + digits]).ok()?.parse().ok()?;
        self.at += digits;
        Some(number)
    }

    /// `:n:{`; how many keys and values follow.
    fn items(&mut self) -> Option<usize> {
        self.expect(b':')?;
        let items = self.number()?;
        self.expect(b':')?;
        self.expect(b'{')?;
        items.checked_mul(2)
    }

    /// `s:n:"…"` with whatever letter, up to its last quote.
    fn string(&mut self) -> Option<&'v [u8]> {
        self.at += 1;
        self.expect(b':')?;
        let length = self.number()?;
        self.expect(b':')?;
        self.expect(b'"')?;
        let content = self.value.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        self.expect(b'"')?;
        Some(content)
    }

    /// `S:n:"…"`, where `\xx` is a byte; the length is that of the bytes.
    fn escaped(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        self.expect(b':')?;
        let length = self.number()?;
        self.expect(b':')?;
        self.expect(b'"')?;
        let mut content = Vec::new();
        while content.len() < length {
            let byte = self.peek()?;
            self.at += 1;
            if byte != b'\\' {
                content.push(byte);
                continue;
            }
            let code = str::from_utf8(self.value.get(self.at..self.at + 2)?).ok()?;
            content.push(u8::from_str_radix(code, 16).ok()?);
            self.at += 2;
        }
        self.expect(b'"')?;
        Some(content)
    }

    /// `C:n:"class":m:{…}`: the class wrote what is in the braces itself.
    fn custom(&mut self) -> Option<()> {
        self.string()?;
        let name_end = self.at;
        self.expect(b':')?;
        let length = self.number()?;
        self.expect(b':')?;
        self.expect(b'{')?;
        let raw = self.value.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        self.expect(b'}')?;
        if let Cow::Owned(new) = self.custom_content(raw) {
            let length = format!(":{}:{{", new.len());
            self.replace(name_end, &[length.as_bytes(), &new, b"}"].concat());
        }
        Some(())
    }

    /// Serialised values between marks of PHP's own classes (`x:i:0;a:…;m:a:…`), or text without lengths.
    /// Anything else could not be kept right: it is left alone and counted.
    fn custom_content(&mut self, raw: &'v [u8]) -> Cow<'v, [u8]> {
        let depth = self.depth + 1;
        if depth >= super::DEEPEST || !self.rewriter.finder.is_match(raw) {
            return Cow::Borrowed(raw);
        }
        let mut inner = Parsing::new(self.rewriter, raw, depth);
        if inner.marked().is_some() {
            self.met += inner.met;
            return inner.finish();
        }
        if memmem::find(raw, b":\"")
            .is_some_and(|at| raw[..at].last().is_some_and(u8::is_ascii_digit))
        {
            self.met.broken += 1;
            return Cow::Borrowed(raw);
        }
        self.rewriter.value(raw, &mut self.met, depth)
    }

    fn marked(&mut self) -> Option<()> {
        while let Some(byte) = self.peek() {
            match byte {
                b'x' | b'm' if self.value.get(self.at + 1) == Some(&b':') => self.at += 2,
                b';' | b',' => self.at += 1,
                _ => self.value()?,
            }
        }
        Some(())
    }
}
