//! Files and archives that nobody would make.
use std::{
    fs,
    time::{Duration, Instant},
};

use super::{Look, head, read};
use crate::fuzzing::fuzz;

const WORDS: &[&[u8]] = &[
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"../",
    b"wp-content/plugins/",
    b"wp-includes/version.php",
    b"local-site.json",
    b"dup-installer/",
    b"homedir/",
    b"sql/wp_posts.sql",
    b"@.json",
    b"metadata",
    b"-schema.sql",
    b"-- MySQL dump\n",
    b"CREATE TABLE `t` (`a` int);\n",
    b"INSERT INTO `t` VALUES (1);\n",
    b"SQLite format 3\0",
    b"\x1f\x8b\x08",
    b"\xff\xfe",
];

#[test]
fn no_file_breaks_the_recogniser() {
    let temp = tempfile::tempdir().expect("a folder");
    let file = temp.path().join("file");
    fuzz("archive", WORDS, |input| {
        fs::write(&file, input).expect("writes");
        let look = Look {
            code: |paths| {
                let is_code = paths.iter().any(|it| it.contains("wp-includes/"));
                is_code.then(|| (crate::model::Cms::WordPress, String::new()))
            },
            taken_as: None,
            entry: None,
            code_at: None,
            until: Instant::now() + Duration::from_secs(2),
        };
        let mut said = format!("{:?} ", head::of(input));
        match read(&file, &look) {
            Err(error) => said += &format!("{:?}", error.code),
            Ok(reading) => {
                let is_something =
                    reading.code.is_some() || reading.database.is_some() || reading.files.is_some();
                assert!(
                    is_something || reading.problem.is_some(),
                    "it is neither something nor refused"
                );
                said += &format!("{:?} {}", reading.origin, is_something);
            }
        }
        said.truncate(60);
        said
    });
}
