//! Gzip as it comes: several members one after the other, and bytes behind the last that are none of it.
//!
//! Tapes, block devices and some programs pad a file with zeros; copies over a terminal end with its words. What
//! stands behind a whole member with its checksum can't be a part of it.
use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// What a gzip holds.
pub(super) struct Gzip<R> {
    /// None once the last member has ended.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(input: R) -> Self {
        Self { member: Some(GzDecoder::new(input)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(mut input) = self.member.take().map(GzDecoder::into_inner) else { break };
            if input.fill_buf()?.first() == Some(&0x1f) {
                self.member = Some(GzDecoder::new(input));
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text).expect("packs");
        gz.finish().expect("packs")
    }

    #[test]
    fn members_are_read_and_what_stands_behind_them_is_not() {
        for behind in [&b""[..], &[0; 600], b"Connection closed.\n"] {
            let bytes = [&gz(b"one, ")[..], &gz(b"two"), behind].concat();
            let mut text = String::new();
            Gzip::new(&bytes[..]).read_to_string(&mut text).expect("reads");
            assert_eq!(text, "one, two");
        }
    }

    #[test]
    fn one_that_is_cut_is_an_error_wherever_it_is_cut() {
        let whole = gz(&b"some words, ".repeat(100));
        for cut in [5, 12, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
            let mut out = Vec::new();
            Gzip::new(&whole[..cut]).read_to_end(&mut out).expect_err("cut");
        }
    }
}
