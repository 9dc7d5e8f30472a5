//! Archives that nobody would make.
use std::{fs, path::Path};

use super::{is_archive, unpack};
use crate::{content::dump, fuzzing::fuzz, progress::Meter};

const WORDS: &[&[u8]] = &[
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"../",
    b"/etc/",
    b"ustar\0",
    b"\x1f\x8b\x08",
    b"BZh9",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"a.sql",
    b"2",
    b"1",
    b"5",
    b"L",
    b"SQLite format 3\0",
    b"-- MySQL dump\n",
];

#[test]
fn no_archive_breaks_its_reader_or_gets_out_of_its_folder() {
    let temp = tempfile::tempdir().expect("a folder");
    let (file, outside) = (temp.path().join("archive"), temp.path().join("outside"));
    let into = outside.join("into");
    fs::create_dir(&outside).expect("makes");
    fuzz("archive", WORDS, |input| {
        fs::write(&file, input).expect("writes");
        let mut said = format!("{:?} ", is_archive(&file).map_err(|error| error.code));
        said += &match unpack(&file, &into, Meter::silent()) {
            Ok(()) => format!("{} unpacked ", count(&into).min(9)),
            Err(error) => {
                assert!(!into.exists(), "something was left behind");
                error
                    .causes
                    .into_iter()
                    .chain([error.message])
                    .map(|it| {
                        it.chars()
                            .filter(|it| it.is_ascii_alphabetic())
                            .take(30)
                            .collect::<String>()
                    })
                    .collect()
            }
        };
        let beside = fs::read_dir(&outside)
            .expect("reads")
            .filter(|it| it.as_ref().is_ok_and(|it| it.file_name() != "into"));
        assert_eq!(beside.count(), 0, "something got out of the folder");
        drop(fs::remove_dir_all(&into));
        if let Ok(mut opened) = dump::tests::open_path(&file, None, None) {
            let copied = opened.copy_to(&mut std::io::sink(), Meter::silent());
            said += if copied.is_ok() { "read" } else { "cut" };
        }
        said
    });
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}
