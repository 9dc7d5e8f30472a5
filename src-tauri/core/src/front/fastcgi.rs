//! The FastCGI wire format (specification 1.0): one request per connection, request id 1.
//!
//! Encoding appends to a buffer; decoding takes bytes as they come, in pieces of any size.
use std::io;

use bytes::{Buf, Bytes, BytesMut};

const VERSION: u8 = 1;
const REQUEST_ID: u16 = 1;
const HEADER: usize = 8;
const RESPONDER: u16 = 1;

const BEGIN_REQUEST: u8 = 1;
const ABORT_REQUEST: u8 = 2;
const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
const STDERR: u8 = 7;

/// The most content of one record; the largest multiple of eight, so that no padding is needed.
const LONGEST_CONTENT: usize = 65_528;

/// What the responder says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A piece of the answer.
    Stdout(Bytes),
    /// A piece of the error log.
    Stderr(Bytes),
    /// The answer is complete, or was refused.
    End(Ending),
}

/// How the responder ended a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// `FCGI_REQUEST_COMPLETE`.
    Complete,
    /// `FCGI_CANT_MPX_CONN`, `FCGI_OVERLOADED`, `FCGI_UNKNOWN_ROLE`: the request was not carried out.
    Refused(u8),
}

fn header(out: &mut Vec<u8>, kind: u8, length: usize) {
    let length = u16::try_from(length).expect("contents are cut to fit a record");
    let [id_high, id_low] = REQUEST_ID.to_be_bytes();
    let [high, low] = length.to_be_bytes();
    out.extend_from_slice(&[VERSION, kind, id_high, id_low, high, low, 0, 0]);
}

/// The start of a request: the role, with the connection to be closed by the responder at the end.
pub(super) fn begin(out: &mut Vec<u8>) {
    header(out, BEGIN_REQUEST, 8);
    let [high, low] = RESPONDER.to_be_bytes();
    out.extend_from_slice(&[high, low, 0, 0, 0, 0, 0, 0]);
}

/// The whole parameter stream, with its end. Each pair is within one record, since PHP takes each record for itself; so a
/// pair must be shorter than a record.
pub(super) fn params<'a>(out: &mut Vec<u8>, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) {
    let mut block = Vec::with_capacity(4096);
    for (name, value) in pairs {
        // A length takes four bytes at most.
        if block.len() + name.len() + value.len() + 8 > LONGEST_CONTENT {
            stream(out, PARAMS, &block);
            block.clear();
        }
        length(&mut block, name.len());
        length(&mut block, value.len());
        block.extend_from_slice(name);
        block.extend_from_slice(value);
    }
    stream(out, PARAMS, &block);
    header(out, PARAMS, 0);
}

/// A piece of the request's body; an empty piece writes nothing, since that would end the body.
pub(super) fn stdin(out: &mut Vec<u8>, content: &[u8]) {
    stream(out, STDIN, content);
}

/// The end of the request's body.
pub(super) fn end_of_stdin(out: &mut Vec<u8>) {
    header(out, STDIN, 0);
}

/// Asks the responder to give up.
pub(super) fn abort() -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    header(&mut out, ABORT_REQUEST, 0);
    out
}

fn stream(out: &mut Vec<u8>, kind: u8, content: &[u8]) {
    for piece in content.chunks(LONGEST_CONTENT) {
        header(out, kind, piece.len());
        out.extend_from_slice(piece);
    }
}

/// A name's or value's length: one byte below 128, else four with the top bit set.
fn length(out: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let long = u32::try_from(length).expect("a parameter is far shorter than 2 GB");
            out.extend_from_slice(&(long | 0x8000_0000).to_be_bytes());
        }
    }
}

/// Takes the responder's bytes, gives records.
#[derive(Default)]
pub(super) struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Where the next bytes are to be read into.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        if self.buffer.capacity() - self.buffer.len() < HEADER {
            self.buffer.reserve(16 * 1024);
        }
        &mut self.buffer
    }

    /// Whether what has come but was not yet taken is nothing but the complete end.
    pub(super) fn ends_here(&self) -> bool {
        let mut rest = &self.buffer[..];
        while let [_, kind, _, _, high, low, padding, _, after @ ..] = rest {
            let content = usize::from(u16::from_be_bytes([*high, *low]));
            match *kind {
                END_REQUEST => return after.get(4) == Some(&0),
                STDOUT | STDERR if content == 0 => {}
                _ => return false,
            }
            rest = after.get(usize::from(*padding)..).unwrap_or_default();
        }
        false
    }

    /// The next whole record, or none until more bytes come. Empty pieces and records of kinds that
    /// a responder has no use for are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        while self.buffer.len() >= HEADER {
            let head = &self.buffer[..HEADER];
            let (version, kind) = (head[0], head[1]);
            let id = u16::from_be_bytes([head[2], head[3]]);
            let content = usize::from(u16::from_be_bytes([head[4], head[5]]));
            let padding = usize::from(head[6]);
            if version != VERSION || id > REQUEST_ID {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "not FastCGI"));
            }
            let whole = HEADER + content + padding;
            if self.buffer.len() < whole {
                self.buffer.reserve(whole - self.buffer.len());
                return Ok(None);
            }
            self.buffer.advance(HEADER);
            let content = self.buffer.split_to(content).freeze();
            self.buffer.advance(padding);
            if let Some(record) = record(kind, id, content)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

fn record(kind: u8, id: u16, content: Bytes) -> io::Result<Option<Record>> {
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    Ok(match kind {
        // Id 0 is for management records; we never ask for any.
        _ if id != REQUEST_ID => None,
        STDOUT if !content.is_empty() => Some(Record::Stdout(content)),
        STDERR if !content.is_empty() => Some(Record::Stderr(content)),
        STDOUT | STDERR => None,
        END_REQUEST => match content.get(4) {
            Some(0) => Some(Record::End(Ending::Complete)),
            Some(&refused) => Some(Record::End(Ending::Refused(refused))),
            None => return Err(invalid("a FastCGI end that is too short")),
        },
        // Kinds 1 to 5 are ours to send, 8 to 11 are management.
        _ => return Err(invalid("a FastCGI record of a wrong kind")),
    })
}

#[cfg(test)]
#[path = "fastcgi_tests.rs"]
pub(in crate::front) mod tests;
