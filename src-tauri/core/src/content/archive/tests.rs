#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    fs::{self, File},
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;

use super::{is_archive, single_root, unpack};
use crate::{error::Result, progress::Meter};

fn header(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o755);
    header.set_mtime(1_000_000_000);
    header
}

fn sample_tar() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let long = format!("site/{}/é.txt", "deep/".repeat(40));
    for (name, content) in [("site/run", "#!/bin/sh"), (&long, "long"), ("./site/empty", "")] {
        tar.append_data(
            &mut header(EntryType::Regular, content.len() as u64),
            name,
            content.as_bytes(),
        )
        .unwrap();
    }
    tar.append_link(&mut header(EntryType::Symlink, 0), "site/link", "../site/run").unwrap();
    tar.append_link(&mut header(EntryType::Link, 0), "site/second", "site/run").unwrap();
    tar.append_data(&mut header(EntryType::Directory, 0), "site/folder/", &[][..]).unwrap();
    let big = vec![3; 300_000];
    tar.append_data(&mut header(EntryType::Regular, 300_000), "site/big", &big[..]).unwrap();
    tar.into_inner().unwrap()
}

fn in_temp(bytes: &[u8]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let (archive, into) = (temp.path().join("archive"), temp.path().join("new/into"));
    fs::write(&archive, bytes).unwrap();
    (temp, archive, into)
}

fn unpack_bytes(bytes: &[u8]) -> (tempfile::TempDir, PathBuf, Result<()>) {
    let (temp, archive, into) = in_temp(bytes);
    let unpacked = unpack(&archive, &into, Meter::silent());
    if unpacked.is_err() {
        assert!(!into.exists(), "something was left behind");
    }
    (temp, into, unpacked)
}

fn assert_sample(into: &Path) {
    let site = into.join("site");
    assert_eq!(fs::read_to_string(site.join("run")).unwrap(), "#!/bin/sh");
    assert_eq!(fs::read_to_string(site.join("second")).unwrap(), "#!/bin/sh");
    assert_eq!(fs::read_to_string(site.join("link")).unwrap(), "#!/bin/sh");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(site.join("run")).unwrap().permissions().mode() & 0o777, 0o755);
    }
    assert_eq!(fs::metadata(site.join("big")).unwrap().len(), 300_000);
    let long = site.join("deep/".repeat(40)).join("é.txt");
    assert_eq!(fs::read_to_string(long).unwrap(), "long");
    assert!(site.join("folder").is_dir());
    assert_eq!(single_root(into).unwrap(), site);
    assert_eq!(single_root(&site).unwrap(), site);
}

fn compressed() -> Vec<(&'static str, Vec<u8>)> {
    let tar = sample_tar();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    gz.write_all(&tar).unwrap();
    bz2.write_all(&tar).unwrap();
    xz.write_all(&tar).unwrap();
    let zst = zstd::encode_all(&tar[..], 1).unwrap();
    vec![
        ("gz", gz.finish().unwrap()),
        ("bz2", bz2.finish().unwrap()),
        ("xz", xz.finish().unwrap()),
        ("zst", zst),
        ("tar", tar),
    ]
}

#[test]
fn every_compression_is_known_by_its_bytes() {
    for (name, bytes) in compressed() {
        let (_temp, into, unpacked) = unpack_bytes(&bytes);
        unpacked.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_sample(&into);
    }
}

#[test]
fn an_archive_cut_anywhere_is_an_error_and_leaves_nothing() {
    for (name, bytes) in compressed() {
        for part in 1..12 {
            let cut = bytes.len() * part / 12;
            let (_temp, _into, unpacked) = unpack_bytes(&bytes[..cut]);
            unpacked.expect_err(&format!("{name} cut at {cut}"));
        }
    }
}

#[test]
fn a_tar_cut_between_two_entries_is_an_error_that_names_the_last() {
    let tar = sample_tar();
    // The last entry's 300,000 bytes are padded to blocks; two blocks of zeros follow.
    let (_temp, _into, unpacked) = unpack_bytes(&tar[..tar.len() - 1024]);
    let error = unpacked.unwrap_err();
    assert!(error.causes[0].contains("after `site/big`"), "{error:?}");
}

#[test]
fn a_cut_entry_is_named() {
    let tar = sample_tar();
    let (_temp, _into, unpacked) = unpack_bytes(&tar[..tar.len() - 100_000]);
    let error = unpacked.unwrap_err();
    assert!(error.causes[0].contains("in the middle of `site/big`"), "{error:?}");
}

fn tar_with(kind: EntryType, name: &str, target: Option<&str>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = header(kind, 0);
    // Written raw: the builder itself would refuse such names.
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    if let Some(target) = target {
        header.as_gnu_mut().unwrap().linkname[..target.len()].copy_from_slice(target.as_bytes());
    }
    header.set_cksum();
    tar.append(&header, &[][..]).unwrap();
    tar.into_inner().unwrap()
}

#[test]
fn what_leads_out_is_refused_by_name() {
    let bad = [
        (EntryType::Regular, "../evil", None),
        (EntryType::Regular, "a/../../evil", None),
        (EntryType::Directory, "../evil", None),
    ];
    for (kind, name, target) in bad {
        let (_temp, _into, unpacked) = unpack_bytes(&tar_with(kind, name, target));
        let error = unpacked.expect_err(name);
        assert_eq!(error.code, crate::error::Code::Refused, "{error:?}");
        assert!(error.message.contains("evil"), "{error:?}");
    }
}

#[test]
fn links_out_and_pipes_are_left_out_and_the_rest_is_taken() {
    let odd = [
        (EntryType::Symlink, "evil", Some("../x")),
        (EntryType::Symlink, "evil", Some("/etc/passwd")),
        (EntryType::Symlink, "a/evil", Some("b/../../..")),
        (EntryType::Link, "evil", Some("../../etc/passwd")),
        (EntryType::Link, "evil", Some("nowhere")),
        (EntryType::Fifo, "evil", None),
        (EntryType::Char, "evil", None),
        (EntryType::Regular, "__MACOSX/evil", None),
        (EntryType::Regular, "a/._evil", None),
        (EntryType::Regular, ".DS_Store", None),
    ];
    for (kind, name, target) in odd {
        let (_temp, into, unpacked) = unpack_bytes(&tar_with(kind, name, target));
        unpacked.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(fs::read_dir(into).unwrap().count(), 0, "{kind:?} {name}");
    }
}

#[test]
fn a_name_from_the_root_of_a_disk_stands_below_the_folder() {
    let (_temp, into, unpacked) = unpack_bytes(&tar_with(EntryType::Regular, "/srv/www/a", None));
    unpacked.unwrap();
    assert!(into.join("srv/www/a").is_file());
}

#[test]
fn no_file_is_written_through_a_link_of_the_archive() {
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_link(&mut header(EntryType::Symlink, 0), "a/up", "..").unwrap();
    tar.append_data(&mut header(EntryType::Regular, 1), "a/up/evil", &b"x"[..]).unwrap();
    let (_temp, _into, unpacked) = unpack_bytes(&tar.into_inner().unwrap());
    unpacked.unwrap_err();
}

fn sample_zip() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default();
    zip.start_file("site/run", plain.unix_permissions(0o755)).unwrap();
    zip.write_all(b"#!/bin/sh").unwrap();
    zip.start_file(format!("site/{}é.txt", "deep/".repeat(40)), plain).unwrap();
    zip.write_all(b"long").unwrap();
    zip.start_file("site/second", plain.large_file(true)).unwrap();
    zip.write_all(b"#!/bin/sh").unwrap();
    zip.add_symlink("site/link", "run", plain).unwrap();
    zip.add_directory("site/folder", plain).unwrap();
    zip.start_file("site/big", plain).unwrap();
    zip.write_all(&vec![3; 300_000]).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_zip_unpacks_too() {
    let (_temp, into, unpacked) = unpack_bytes(&sample_zip());
    unpacked.unwrap();
    assert_sample(&into);
}

#[test]
fn a_zip_by_windows_explorer_of_a_large_file_unpacks() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("a.txt", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"without a long repetition, both kinds of deflate are the same").unwrap();
    let mut zip = zip.finish().unwrap().into_inner();
    let central = zip.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    // The method: deflate becomes deflate64.
    for at in [8, central + 10] {
        assert_eq!(zip[at], 8);
        zip[at] = 9;
    }
    let (_temp, into, unpacked) = unpack_bytes(&zip);
    unpacked.unwrap();
    assert!(fs::read_to_string(into.join("a.txt")).unwrap().ends_with("are the same"));
}

#[test]
fn a_cut_or_damaged_zip_is_an_error() {
    let zip = sample_zip();
    for part in 1..8 {
        let (_temp, _into, unpacked) = unpack_bytes(&zip[..zip.len() * part / 8]);
        unpacked.unwrap_err();
    }
    let mut damaged = zip.clone();
    let at = zip.windows(9).position(|w| w == b"site/big\x00").unwrap_or(0);
    damaged[at.max(60)] ^= 0xff;
    damaged[45] ^= 0xff;
    let (_temp, _into, unpacked) = unpack_bytes(&damaged);
    unpacked.unwrap_err();
}

#[test]
fn a_zip_that_leads_out_is_refused() {
    for name in ["../evil", "a/../../evil"] {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stand_in = "x".repeat(name.len());
        zip.start_file(&stand_in, SimpleFileOptions::default()).unwrap();
        let mut bytes = zip.finish().unwrap().into_inner();
        while let Some(at) =
            bytes.windows(name.len()).position(|window| window == stand_in.as_bytes())
        {
            bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
        let (_temp, _into, unpacked) = unpack_bytes(&bytes);
        assert_eq!(unpacked.unwrap_err().code, crate::error::Code::Refused, "{name}");
    }
}

#[test]
fn only_archives_are_archives() {
    for (name, bytes) in compressed() {
        let (_temp, archive, _) = in_temp(&bytes);
        assert!(is_archive(&archive).unwrap(), "{name}");
    }
    let (_temp, archive, _) = in_temp(&sample_zip());
    assert!(is_archive(&archive).unwrap());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&b"CREATE TABLE x (y int);\n".repeat(100)).unwrap();
    for other in [b"".to_vec(), b"PK".to_vec(), vec![0; 2048], gz.finish().unwrap()] {
        let (_temp, archive, into) = in_temp(&other);
        assert!(!is_archive(&archive).unwrap());
        unpack(&archive, &into, Meter::silent()).unwrap_err();
        assert!(!into.exists());
    }
}

#[test]
fn a_single_root_ignores_what_macos_adds() {
    let temp = tempfile::tempdir().unwrap();
    assert_eq!(single_root(temp.path()).unwrap(), temp.path());
    fs::create_dir_all(temp.path().join("__MACOSX/site")).unwrap();
    fs::create_dir_all(temp.path().join("site")).unwrap();
    File::create(temp.path().join(".DS_Store")).unwrap();
    assert_eq!(single_root(temp.path()).unwrap(), temp.path().join("site"));
    File::create(temp.path().join("index.php")).unwrap();
    assert_eq!(single_root(temp.path()).unwrap(), temp.path());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_archives_never_panic_nor_get_out(at in 0..1500usize, byte: u8, zip: bool) {
        let mut bytes = if zip { sample_zip() } else { sample_tar() };
        let at = at.min(bytes.len() - 1);
        bytes[at] = byte;
        let (temp, _into, _unpacked) = unpack_bytes(&bytes);
        let beside: Vec<_> = fs::read_dir(temp.path()).unwrap().flatten().collect();
        prop_assert!(beside.len() <= 2);
    }
}
