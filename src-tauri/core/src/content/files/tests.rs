#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    sync::Mutex,
    time::{Duration, SystemTime},
};

use super::{copy_tree, empty_trash, free_bytes, measure, move_to_trash, point_link};
use crate::{
    model::view::FilesInfo,
    progress::{Cancel, Meter, Report},
};

fn mode(path: &std::path::Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_copy_keeps_bytes_links_modes_and_times() {
    let temp = tempfile::tempdir().unwrap();
    let (from, to) = (temp.path().join("from"), temp.path().join("new/to"));
    fs::create_dir_all(from.join("2024/05")).unwrap();
    for n in 0..300 {
        fs::write(from.join(format!("2024/05/{n}.txt")), format!("file {n}")).unwrap();
    }
    fs::write(from.join("empty"), "").unwrap();
    fs::write(from.join("tool"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(from.join("tool"), fs::Permissions::from_mode(0o750)).unwrap();
    symlink("2024/05/1.txt", from.join("link")).unwrap();
    symlink("nowhere", from.join("dangling")).unwrap();
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(from.join("tool")).unwrap().set_modified(old).unwrap();
    fs::set_permissions(from.join("2024"), fs::Permissions::from_mode(0o555)).unwrap();
    fs::File::open(from.join("2024")).unwrap().set_modified(old).unwrap();

    let cost = copy_tree(&from, &to, Meter::silent()).unwrap();

    assert_eq!(cost.files, 302);
    let bytes = (0..300).map(|n| format!("file {n}").len() as u64).sum::<u64>() + 10;
    assert_eq!(cost.bytes, bytes);
    assert_eq!(measure(&to).unwrap(), FilesInfo { count: 302, bytes });
    assert_eq!(measure(&to).unwrap(), measure(&from).unwrap());
    assert_eq!(fs::read_to_string(to.join("2024/05/299.txt")).unwrap(), "file 299");
    assert_eq!(fs::read_link(to.join("link")).unwrap().to_str(), Some("2024/05/1.txt"));
    assert_eq!(fs::read_link(to.join("dangling")).unwrap().to_str(), Some("nowhere"));
    assert_eq!((mode(&to.join("tool")), mode(&to.join("2024"))), (0o750, 0o555));
    for name in ["tool", "2024"] {
        assert_eq!(fs::metadata(to.join(name)).unwrap().modified().unwrap(), old, "{name}");
    }
}

#[test]
fn a_copy_never_writes_into_a_folder_that_exists() {
    let temp = tempfile::tempdir().unwrap();
    fs::create_dir(temp.path().join("from")).unwrap();
    fs::create_dir(temp.path().join("to")).unwrap();
    fs::write(temp.path().join("to/precious"), "x").unwrap();
    copy_tree(&temp.path().join("from"), &temp.path().join("to"), Meter::silent()).unwrap_err();
    assert!(temp.path().join("to/precious").exists());
}

#[test]
fn a_cancelled_copy_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let (from, to) = (temp.path().join("from"), temp.path().join("to"));
    fs::create_dir_all(from.join("sub")).unwrap();
    for n in 0..20 {
        fs::write(from.join(format!("sub/{n}")), vec![7; 1 << 20]).unwrap();
    }
    let cancel = Cancel::default();
    let stop_at_once = |report: Report| {
        if matches!(report, Report::Progress { .. }) {
            cancel.cancel();
        }
    };
    let error = copy_tree(&from, &to, Meter::new(&cancel, &stop_at_once)).unwrap_err();
    assert!(error.is_cancelled());
    assert!(!to.exists());
}

#[test]
fn progress_ends_at_the_bytes_copied() {
    let temp = tempfile::tempdir().unwrap();
    let from = temp.path().join("from");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("a"), vec![1; 3 << 20]).unwrap();
    let cancel = Cancel::default();
    let last = Mutex::new(None);
    let report = |report| *last.lock().unwrap() = Some(report);
    copy_tree(&from, &temp.path().join("to"), Meter::new(&cancel, &report)).unwrap();
    let Some(Report::Progress { done, total, .. }) = last.into_inner().unwrap() else {
        panic!("no progress was reported")
    };
    assert_eq!((done, total), (3 << 20, Some(3 << 20)));
}

#[test]
fn sockets_are_passed_over_with_a_line() {
    let temp = tempfile::tempdir().unwrap();
    let from = temp.path().join("from");
    fs::create_dir(&from).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(from.join("s")).unwrap();
    let cancel = Cancel::default();
    let lines = Mutex::new(Vec::new());
    let report = |report| {
        if let Report::Line(line) = report {
            lines.lock().unwrap().push(line);
        }
    };
    copy_tree(&from, &temp.path().join("to"), Meter::new(&cancel, &report)).unwrap();
    assert_eq!(lines.into_inner().unwrap(), ["passed over `s`: no file"]);
}

#[test]
fn what_does_not_exist_measures_as_nothing() {
    let temp = tempfile::tempdir().unwrap();
    assert_eq!(measure(&temp.path().join("none")).unwrap(), FilesInfo { count: 0, bytes: 0 });
}

#[test]
fn trash_takes_the_same_name_twice_and_empties() {
    let temp = tempfile::tempdir().unwrap();
    let (path, trash) = (temp.path().join("files"), temp.path().join("trash"));
    let outside = temp.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "x").unwrap();
    for _ in 0..2 {
        fs::create_dir_all(path.join("deep/er")).unwrap();
        fs::write(path.join("deep/er/file"), "x").unwrap();
        symlink(&outside, path.join("out")).unwrap();
        fs::set_permissions(path.join("deep/er"), fs::Permissions::from_mode(0o500)).unwrap();
        move_to_trash(&path, &trash).unwrap();
        assert!(!path.exists());
    }
    move_to_trash(&path, &trash).unwrap();
    assert_eq!(fs::read_dir(&trash).unwrap().count(), 2);
    empty_trash(&trash).unwrap();
    assert_eq!(fs::read_dir(&trash).unwrap().count(), 0);
    assert!(outside.join("kept").exists());
    empty_trash(&temp.path().join("none")).unwrap();
}

#[test]
fn a_link_is_relative_and_moves_in_one_step() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("sites/acme/dev");
    for generation in ["7", "8"] {
        fs::create_dir_all(root.join("content").join(generation).join("files")).unwrap();
        fs::write(root.join("content").join(generation).join("files/which"), generation).unwrap();
        point_link(&root.join("files"), &root.join("content").join(generation).join("files"))
            .unwrap();
        assert_eq!(fs::read_to_string(root.join("files/which")).unwrap(), generation);
    }
    assert_eq!(fs::read_link(root.join("files")).unwrap().to_str(), Some("content/8/files"));
    assert_eq!(fs::read_dir(&root).unwrap().count(), 2, "no temporary name is left");
}

#[test]
fn a_link_behind_a_link_still_arrives() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("test");
    fs::create_dir_all(root.join("releases/12/wp-content")).unwrap();
    fs::create_dir_all(root.join("files")).unwrap();
    fs::write(root.join("files/a"), "a").unwrap();
    point_link(&root.join("code"), &root.join("releases/12")).unwrap();
    point_link(&root.join("code/wp-content/uploads"), &root.join("files")).unwrap();
    assert_eq!(fs::read_to_string(root.join("releases/12/wp-content/uploads/a")).unwrap(), "a");
}

#[test]
fn a_link_never_replaces_a_real_folder() {
    let temp = tempfile::tempdir().unwrap();
    fs::create_dir(temp.path().join("files")).unwrap();
    point_link(&temp.path().join("files"), &temp.path().join("else")).unwrap_err();
    assert!(temp.path().join("files").is_dir());
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn free_space_is_known_before_the_folder_is() {
    let temp = tempfile::tempdir().unwrap();
    assert!(free_bytes(&temp.path().join("not/yet")).unwrap() > 0);
}
