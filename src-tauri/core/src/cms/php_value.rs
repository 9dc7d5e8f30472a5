//! Reads what PHP's `serialize()` wrote, as JSON: lists and maps become objects, objects their properties.
use serde_json::{Map, Value};

/// Values nested deeper than this are not read.
const DEPTH: usize = 60;

/// The value of a serialised text; none when it is broken.
pub(super) fn unserialize(text: &str) -> Option<Value> {
    Reader { rest: text.as_bytes() }.value(DEPTH)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        match self.take(2)? {
            b"N;" => Some(Value::Null),
            b"b:" => Some(Value::Bool(self.until(b';')? == b"1")),
            b"i:" => Some(Value::from(self.number(b';')?)),
            b"d:" => {
                let text = std::str::from_utf8(self.until(b';')?).ok()?;
                Some(text.parse::<f64>().map_or(Value::Null, Value::from))
            }
            b"s:" => {
                let text = self.quoted()?;
                self.expect(b";")?;
                Some(Value::String(text))
            }
            b"a:" => self.members(depth),
            b"O:" => {
                self.quoted()?;
                self.expect(b":")?;
                self.members(depth)
            }
            // A reference to a value before: what it is, matters to nobody here.
            b"r:" | b"R:" => self.until(b';').map(|_| Value::Null),
            _ => None,
        }
    }

    fn members(&mut self, depth: usize) -> Option<Value> {
        let count = self.number(b':')?;
        self.expect(b"{")?;
        let mut members = Map::new();
        for _ in 0..count {
            let key = match self.value(depth)? {
                Value::String(key) => key,
                other => other.to_string(),
            };
            // The name of a private property begins with its class between two zero bytes.
            let key = key.rsplit('\0').next().unwrap_or_default().to_owned();
            members.insert(key, self.value(depth)?);
        }
        self.expect(b"}")?;
        Some(Value::Object(members))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn expect(&mut self, wanted: &[u8]) -> Option<()> {
        (self.take(wanted.len())? == wanted).then_some(())
    }

    fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let at = memchr::memchr(end, self.rest)?;
        let taken = self.take(at)?;
        self.take(1)?;
        Some(taken)
    }

    fn number(&mut self, end: u8) -> Option<i64> {
        std::str::from_utf8(self.until(end)?).ok()?.parse().ok()
    }

    /// `3:"abc"`: the length counts bytes.
    fn quoted(&mut self) -> Option<String> {
        let length = usize::try_from(self.number(b':')?).ok()?;
        self.expect(b"\"")?;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.expect(b"\"")?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_php_writes_is_read() {
        let text =
            "a:3:{s:4:\"name\";s:5:\"Zoë!\";i:0;b:1;s:1:\"o\";O:1:\"X\":1:{s:4:\"\0X\0p\";d:0.5;}}";
        assert_eq!(unserialize(text), Some(json!({"name": "Zoë!", "0": true, "o": {"p": 0.5}})));
        assert_eq!(unserialize("i:-7;"), Some(json!(-7)));
        for broken in ["", "s:9:\"short\";", "a:2:{i:0;N;}", "i:x;", "q:1;"] {
            assert_eq!(unserialize(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[absidNOrR:;{}\"0-9é]{0,60}") {
            let _ = unserialize(&text);
        }
    }
}
