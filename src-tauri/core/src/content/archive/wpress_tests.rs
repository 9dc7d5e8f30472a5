//! Archives of All-in-One WP Migration, made as both forms of it are.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{fs, io::Write};

use flate2::Crc;

use super::{unpack, wpress::HEADER};
use crate::{error::Result, progress::Meter};

/// Makes an archive.
pub(in crate::content) struct Made {
    pub(in crate::content) bytes: Vec<u8>,
    is_second: bool,
    packed: Option<&'static str>,
}

fn crc(bytes: &[u8]) -> String {
    let mut crc = Crc::new();
    crc.update(bytes);
    format!("{:08x}", crc.sum())
}

fn header(fields: &[(&str, usize)]) -> Vec<u8> {
    let mut header = Vec::new();
    for (text, length) in fields {
        let mut field = text.as_bytes().to_vec();
        field.resize(*length, 0);
        header.extend(field);
    }
    header
}

impl Made {
    /// Of the first or of the second form.
    pub(in crate::content) fn new(form: u8) -> Self {
        Self { bytes: Vec::new(), is_second: form == 2, packed: None }
    }

    /// With contents in packed pieces.
    fn packed(how: &'static str) -> Self {
        Self { packed: Some(how), ..Self::new(2) }
    }

    pub(in crate::content) fn add(mut self, path: &str, content: &[u8]) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let stored = match self.packed.filter(|_| path != "package.json") {
            None => content.to_vec(),
            Some(how) => content.chunks(1000).flat_map(|chunk| piece(how, chunk)).collect(),
        };
        let bytes = stored.len().to_string();
        let crc = if self.is_second { crc(content) } else { String::new() };
        let fields = [(name, 255), (&bytes, 14), ("1700000000", 12), (folder, 4088), (&crc, 8)];
        self.bytes.extend(header(&fields));
        self.bytes.extend(stored);
        self
    }

    pub(in crate::content) fn end(mut self) -> Vec<u8> {
        let (bytes, crc) = (self.bytes.len().to_string(), crc(&self.bytes));
        self.bytes.extend(match self.is_second {
            true => header(&[("", 255), (&bytes, 14), ("", 4100), (&crc, 8)]),
            false => vec![0; HEADER],
        });
        self.bytes
    }
}

fn piece(how: &str, chunk: &[u8]) -> Vec<u8> {
    let packed = match how {
        "gzip" => {
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            zlib.write_all(chunk).unwrap();
            zlib.finish().unwrap()
        }
        _ => {
            let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            bzip2.write_all(chunk).unwrap();
            bzip2.finish().unwrap()
        }
    };
    [&u32::try_from(packed.len()).unwrap().to_be_bytes()[..], &packed].concat()
}

/// What an archive tells about itself.
pub(in crate::content) fn package(more: &str) -> String {
    format!(
        r#"{{"SiteURL":"https://old.example","HomeURL":"https://old.example","WordPress":{{"Version":"6.4"}},"Plugins":["hello\/hello.php"],"Template":"leaf","Stylesheet":"leaf"{more}}}"#
    )
}

const LONG: &[u8] = &[7; 5_500];

fn sample(made: Made) -> Vec<u8> {
    let more = match made.packed {
        Some(how) => format!(r#","Compression":{{"Enabled":true,"Type":"{how}"}}"#),
        None => String::new(),
    };
    made.add("package.json", package(&more).as_bytes())
        .add("uploads/2026/é.jpg", LONG)
        .add("plugins/hello/hello.php", b"<?php")
        .add("empty", b"")
        .add("database.sql", b"-- dump\n")
        .end()
}

fn unpack_bytes(bytes: &[u8]) -> (tempfile::TempDir, Result<()>) {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("a.wpress");
    fs::write(&archive, bytes).unwrap();
    let unpacked = unpack(&archive, &temp.path().join("into"), Meter::silent());
    if unpacked.is_err() {
        assert!(!temp.path().join("into").exists(), "something was left behind");
    }
    (temp, unpacked)
}

#[test]
fn both_forms_are_unpacked_and_packed_contents_too() {
    for made in [Made::new(1), Made::new(2), Made::packed("gzip"), Made::packed("bzip2")] {
        let (temp, unpacked) = unpack_bytes(&sample(made));
        unpacked.unwrap();
        let read = |path: &str| fs::read(temp.path().join("into").join(path)).unwrap();
        assert_eq!(read("uploads/2026/é.jpg"), LONG);
        assert_eq!(read("plugins/hello/hello.php"), b"<?php");
        assert_eq!((read("empty"), read("database.sql")), (Vec::new(), b"-- dump\n".to_vec()));
        let time = fs::metadata(temp.path().join("into/empty")).unwrap().modified().unwrap();
        assert_eq!(time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), 1_700_000_000);
    }
}

#[test]
fn one_that_is_cut_anywhere_is_an_error_and_leaves_nothing() {
    for made in [Made::new(1), Made::new(2), Made::packed("gzip")] {
        let bytes = sample(made);
        for part in 1..60 {
            unpack_bytes(&bytes[..bytes.len() * part / 60]).1.unwrap_err();
        }
        unpack_bytes(&bytes[..bytes.len() - 1]).1.unwrap_err();
    }
    let bytes = sample(Made::new(2));
    let (_temp, cut) = unpack_bytes(&bytes[..bytes.len() - HEADER]);
    assert!(cut.unwrap_err().causes.concat().contains("end mark"));
    let (_temp, cut) = unpack_bytes(&bytes[..2 * HEADER + 800]);
    let cut = format!("{:?}", cut.unwrap_err());
    assert!(cut.contains("uploads/2026/é.jpg") && cut.contains("of 5500 bytes are there"), "{cut}");
}

#[test]
fn another_byte_anywhere_in_the_second_form_is_an_error() {
    let bytes = sample(Made::new(2));
    for at in (0..bytes.len()).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        unpack_bytes(&damaged).1.expect_err(&format!("byte {at} is another"));
    }
}

#[test]
fn names_that_lead_out_are_refused_and_absolute_ones_are_taken_as_inside() {
    for path in ["../out.txt", "uploads/../../out.txt", "a/.."] {
        let bytes = Made::new(1).add("package.json", b"{}").add(path, b"x").end();
        let error = unpack_bytes(&bytes).1.unwrap_err();
        assert!(format!("{error:?}").contains("leads out of"), "{path}: {error:?}");
    }
    let bytes = Made::new(2).add("/uploads/a.txt", b"x").add("uploads\\b/__MACOSX/c", b"x").end();
    let (temp, unpacked) = unpack_bytes(&bytes);
    unpacked.unwrap();
    assert!(temp.path().join("into/uploads/a.txt").exists());
    // A separator of Windows is one where no other is.
    let bytes = Made::new(1).add("plugins\\a/b.php", b"x").end();
    let (temp, unpacked) = unpack_bytes(&bytes);
    unpacked.unwrap();
    assert!(temp.path().join("into/plugins/a/b.php").exists());
}

#[test]
fn one_with_a_password_is_said_to_be_encrypted() {
    let package = package(r#","Encrypted":true,"EncryptedSignature":"abc""#);
    let bytes = Made::new(2).add("package.json", package.as_bytes()).add("a", b"\x01\x9f").end();
    let error = unpack_bytes(&bytes).1.unwrap_err();
    assert!(format!("{error:?}").contains("encrypted with a password"), "{error:?}");
}
