#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    sync::Mutex,
    thread,
    time::{Duration, SystemTime},
};

use super::{
    CopyCost, copy_tree, copy_tree_reusing, empty_trash, free_bytes, measure, move_to_trash,
    point_link,
};
use crate::{
    model::view::FilesInfo,
    progress::{Cancel, Meter, Report},
};

fn mode(path: &Path) -> u32 {
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

/// A tree, and a spare copy of it from before.
struct Spared {
    temp: tempfile::TempDir,
}

impl Spared {
    /// Each file is its own name's text.
    fn new(names: &[&str]) -> Self {
        let spared = Self { temp: tempfile::tempdir().unwrap() };
        for name in names {
            let path = spared.source().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        // Longer than a file system's clock stands still: what is written while it is copied is never sure.
        thread::sleep(Duration::from_millis(30));
        copy_tree(&spared.source(), &spared.spare(), Meter::silent()).unwrap();
        spared
    }

    fn source(&self) -> std::path::PathBuf {
        self.temp.path().join("source")
    }

    fn spare(&self) -> std::path::PathBuf {
        self.temp.path().join("spare")
    }

    fn new_copy(&self) -> std::path::PathBuf {
        self.temp.path().join("new")
    }

    fn copy_again(&self) -> CopyCost {
        let (from, to, spare) = (self.source(), self.new_copy(), self.spare());
        copy_tree_reusing(&from, &to, Some(&spare), Meter::silent()).unwrap()
    }

    /// Whether the new copy's file is the spare's own.
    #[track_caller]
    fn is_taken_over(&self, name: &str) -> bool {
        let text = fs::read_to_string(self.source().join(name)).unwrap();
        let copied = fs::read_to_string(self.new_copy().join(name)).unwrap();
        assert_eq!(copied, text, "{name} is the source's");
        assert_ne!(inode(&self.new_copy().join(name)), inode(&self.source().join(name)), "{name}");
        inode(&self.new_copy().join(name)) == inode(&self.spare().join(name))
    }
}

fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|known| known.ino())
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

fn set_modified(path: &Path, time: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn unchanged_files_are_taken_over_from_a_spare_copy_and_others_are_copied() {
    let names = ["same", ".hidden/.same", "2024/05/same", "length", "time", "mode", "gone"];
    let spared = Spared::new(&names);
    let source = spared.source();
    let then = modified(&source.join("length"));
    fs::write(source.join("length"), "longer than before").unwrap();
    set_modified(&source.join("length"), then);
    set_modified(&source.join("time"), then + Duration::from_nanos(1));
    fs::set_permissions(source.join("mode"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(source.join("gone")).unwrap();
    fs::write(source.join("added"), "new").unwrap();

    let cost = spared.copy_again();

    for name in ["same", ".hidden/.same", "2024/05/same"] {
        assert!(spared.is_taken_over(name), "{name}");
    }
    for name in ["length", "time", "mode", "added"] {
        assert!(!spared.is_taken_over(name), "{name}");
    }
    assert!(!spared.new_copy().join("gone").exists());
    assert_eq!((cost.files, cost.taken_over), (7, 3));
    assert_eq!(cost.bytes, measure(&source).unwrap().bytes);
    let copied = "longer than before".len() + "time".len() + "mode".len() + "new".len();
    assert!(cost.new_bytes <= copied as u64, "what is taken over takes no room");
    assert_eq!(mode(&spared.new_copy().join("mode")), 0o600);
    assert_eq!(modified(&spared.new_copy().join("2024")), modified(&source.join("2024")));
}

#[test]
fn a_change_that_hides_behind_the_former_length_and_time_is_copied() {
    let spared = Spared::new(&["photo", "untouched"]);
    let photo = spared.source().join("photo");
    let then = modified(&photo);
    fs::write(&photo, "PHOTO").unwrap();
    set_modified(&photo, then);
    spared.copy_again();
    assert!(!spared.is_taken_over("photo"));
    assert!(spared.is_taken_over("untouched"));
}

#[test]
fn links_in_a_spare_copy_are_not_followed_and_files_with_more_names_are_not_taken() {
    let spared = Spared::new(&["file", "folder/inside", "twice", "was-folder/x", "kept"]);
    let (source, spare) = (spared.source(), spared.spare());
    let outside = spared.temp.path().join("outside");
    // The same files, but where they stay.
    fs::rename(spare.join("folder"), &outside).unwrap();
    symlink(&outside, spare.join("folder")).unwrap();
    fs::rename(spare.join("file"), outside.join("file")).unwrap();
    symlink(outside.join("file"), spare.join("file")).unwrap();
    fs::hard_link(spare.join("twice"), outside.join("twice")).unwrap();
    fs::remove_dir_all(source.join("was-folder")).unwrap();
    fs::write(source.join("was-folder"), "a file now").unwrap();
    symlink("kept", source.join("link")).unwrap();

    let cost = spared.copy_again();

    for name in ["file", "folder/inside", "twice", "was-folder"] {
        let copied = inode(&spared.new_copy().join(name));
        assert_ne!(copied, inode(&spare.join(name)), "{name} is a copy of its own");
    }
    assert!(spared.is_taken_over("kept"));
    assert_eq!(cost.taken_over, 1);
    assert!(fs::symlink_metadata(spared.new_copy().join("link")).unwrap().is_symlink());
    assert!(!fs::symlink_metadata(spared.new_copy().join("folder")).unwrap().is_symlink());
}

#[test]
fn a_spare_copy_that_is_a_link_gives_nothing() {
    let spared = Spared::new(&["file"]);
    let moved = spared.temp.path().join("moved");
    fs::rename(spared.spare(), &moved).unwrap();
    symlink(&moved, spared.spare()).unwrap();
    assert_eq!(spared.copy_again().taken_over, 0);
}

#[test]
fn deleting_either_copy_leaves_the_other_s_bytes_modes_and_times() {
    let spared = Spared::new(&["folder/read-only", "film"]);
    let read_only = spared.source().join("folder/read-only");
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o400)).unwrap();
    fs::remove_dir_all(spared.spare()).unwrap();
    thread::sleep(Duration::from_millis(30));
    copy_tree(&spared.source(), &spared.spare(), Meter::silent()).unwrap();
    assert_eq!(spared.copy_again().taken_over, 2);
    let trash = spared.temp.path().join("trash");
    // A copy that failed goes; what it had taken over is as it was.
    move_to_trash(&spared.new_copy(), &trash).unwrap();
    empty_trash(&trash).unwrap();
    for (copy, goes) in [(spared.spare(), None), (spared.new_copy(), Some(spared.spare()))] {
        if let Some(goes) = goes {
            assert_eq!(spared.copy_again().taken_over, 2, "their only name is the spare's again");
            move_to_trash(&goes, &trash).unwrap();
            empty_trash(&trash).unwrap();
        }
        for name in ["folder/read-only", "film"] {
            let (own, source) = (copy.join(name), spared.source().join(name));
            assert_eq!(fs::read_to_string(&own).unwrap(), name);
            assert_eq!((mode(&own), modified(&own)), (mode(&source), modified(&source)));
            assert_eq!(fs::metadata(&own).unwrap().nlink(), 1);
        }
    }
}

#[test]
fn a_cancelled_copy_gives_back_what_it_took_over() {
    let spared = Spared::new(&["a", "b", "c"]);
    fs::write(spared.source().join("film"), vec![7; 20 << 20]).unwrap();
    let cancel = Cancel::default();
    let stop_at_once = |report: Report| {
        if matches!(report, Report::Progress { .. }) {
            cancel.cancel();
        }
    };
    let (from, to, spare) = (spared.source(), spared.new_copy(), spared.spare());
    let meter = Meter::new(&cancel, &stop_at_once);
    assert!(copy_tree_reusing(&from, &to, Some(&spare), meter).unwrap_err().is_cancelled());
    assert!(!to.exists());
    for name in ["a", "b", "c"] {
        assert_eq!(fs::read_to_string(spare.join(name)).unwrap(), name);
        assert_eq!(fs::metadata(spare.join(name)).unwrap().nlink(), 1);
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
