//! Archives of All-in-One WP Migration that nobody would make.
//!
//! An input is short and a header is not: each line of it is an entry (`name|bytes|time|folder|crc|content`), of which a
//! header is made; what is left open is right. `cut 300` leaves that many bytes, `second` is the end of the second form.
use std::{fs, time::Instant};

use super::{unpack, wpress::HEADER};
use crate::{content::listing, fuzzing::fuzz, progress::Meter};

const WORDS: &[&[u8]] = &[
    b"../",
    b"/etc/",
    b"\\",
    b".",
    b"|",
    b"\n",
    b"cut 4400\n",
    b"second\n",
    b"package.json||1|.||{\"Compression\":{\"Enabled\":true,\"Type\":\"gzip\"}}\n",
    b"package.json||1|.||{\"Encrypted\":true}\n",
    b"99999999999999",
    b"deadbeef",
    b"\x00\x00\x00\x05",
    b"-- MySQL dump ",
];

/// The archive that an input means.
fn archive(input: &[u8]) -> Vec<u8> {
    let mut archive = Vec::new();
    for line in input.split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        if let Some(bytes) = text.strip_prefix("cut ").and_then(|it| it.parse().ok()) {
            archive.truncate(bytes);
            return archive;
        }
        if text == "second" {
            let bytes = archive.len().to_string();
            let mut header = vec![0; HEADER];
            header[255..255 + bytes.len()].copy_from_slice(bytes.as_bytes());
            let mut crc = flate2::Crc::new();
            crc.update(&archive);
            header[HEADER - 8..].copy_from_slice(format!("{:08x}", crc.sum()).as_bytes());
            archive.extend(header);
            return archive;
        }
        let fields: Vec<&[u8]> = line.splitn(6, |byte| *byte == b'|').collect();
        let [name, bytes, time, folder, crc, content] = fields[..] else { continue };
        let length = content.len().to_string();
        let bytes = if bytes.is_empty() { length.as_bytes() } else { bytes };
        for (field, length) in [(name, 255), (bytes, 14), (time, 12), (folder, 4088), (crc, 8)] {
            let mut field = field.to_vec();
            field.resize(length, 0);
            archive.extend(field);
        }
        archive.extend(content);
    }
    archive.extend(vec![0; HEADER]);
    archive
}

#[test]
fn no_wpress_breaks_its_reader_or_gets_out_of_its_folder() {
    let temp = tempfile::tempdir().expect("a folder");
    let (file, outside) = (temp.path().join("archive"), temp.path().join("outside"));
    let into = outside.join("into");
    fs::create_dir(&outside).expect("makes");
    fuzz("wpress", WORDS, |input| {
        fs::write(&file, archive(input)).expect("writes");
        let soon = Instant::now() + std::time::Duration::from_secs(2);
        let listing = listing::list(&file, soon).map_err(|error| format!("{:?}", error.code));
        let unpacked = unpack(&file, &into, Meter::silent());
        assert!(unpacked.is_ok() || !into.exists(), "something was left behind");
        let is_listed =
            listing.as_ref().is_ok_and(|it| it.as_ref().is_some_and(|it| it.is_complete));
        let is_archive = listing.as_ref().is_ok_and(Option::is_some);
        assert!(unpacked.is_err() || !is_archive || is_listed, "it is unpacked, but not listed");
        drop(fs::remove_dir_all(&into));
        let beside = fs::read_dir(&outside).expect("reads").count();
        assert_eq!(beside, 0, "something got out of the folder");
        let letters = |text: &str| {
            text.chars().filter(char::is_ascii_alphabetic).take(40).collect::<String>()
        };
        match unpacked {
            Ok(()) => format!("unpacked {is_listed}"),
            Err(error) => {
                format!("{} {}", letters(&error.message), letters(&error.causes.concat()))
            }
        }
    });
}
