//! Text as UTF-8, whichever of Unicode's encodings it comes in.
use std::io::{self, BufRead, Read};

use super::source::Buffered;

/// Without a byte order mark; UTF-16 (as PowerShell's `>` writes it) as UTF-8.
pub(in crate::content) fn as_text(mut input: Buffered) -> io::Result<Box<dyn Read>> {
    let is_big = match input.fill_buf()? {
        [0xef, 0xbb, 0xbf, ..] => {
            input.consume(3);
            return Ok(Box::new(input));
        }
        [0xff, 0xfe, ..] => false,
        [0xfe, 0xff, ..] => true,
        _ => return Ok(Box::new(input)),
    };
    input.consume(2);
    Ok(Box::new(Utf16 { input, is_big, high: None, out: Vec::new(), at: 0 }))
}

struct Utf16 {
    input: Buffered,
    is_big: bool,
    /// The first half of a pair, met at the end of the last read.
    high: Option<u16>,
    out: Vec<u8>,
    at: usize,
}

impl Utf16 {
    fn refill(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        Read::take(&mut self.input, 1 << 16).read_to_end(&mut bytes)?;
        if !bytes.len().is_multiple_of(2) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let is_last = bytes.is_empty();
        let units = bytes.chunks(2).map(|pair| match self.is_big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        });
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
        if !is_last {
            self.high = units.pop_if(|unit| (0xd800..0xdc00).contains(unit));
        }
        self.at = 0;
        self.out = String::from_utf16(&units)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
            .into_bytes();
        // A read that held only the first half of a pair is no end.
        if self.out.is_empty() && self.high.is_some() { self.refill() } else { Ok(()) }
    }
}

impl Read for Utf16 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.out.len() {
            self.refill()?;
        }
        let rest = &self.out[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}
