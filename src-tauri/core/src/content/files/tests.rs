#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

use super::{
    CopyCost, CopyPlan, Earlier, copy_tree, empty_trash, free_bytes, measure, move_to_trash,
    point_link,
};
use crate::{
    error::Result,
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

/// A tree, and a copy of it from before, which goes.
struct Copied {
    temp: tempfile::TempDir,
    complete: Timestamp,
    /// The copy's files by their names.
    inodes: HashMap<String, u64>,
}

impl Copied {
    /// Each file is its own name's text.
    fn new(names: &[&str]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("2")).unwrap();
        let mut copied = Self { temp, complete: Timestamp::now(), inodes: HashMap::new() };
        for name in names {
            let path = copied.source().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        // Longer than a file system's clock stands still: what is written while it is copied is never sure.
        thread::sleep(Duration::from_millis(30));
        copy_tree(&copied.source(), &copied.earlier(), Meter::silent()).unwrap();
        copied.complete = Timestamp::now();
        thread::sleep(Duration::from_millis(30));
        let inodes =
            names.iter().map(|name| (name.to_string(), inode(&copied.earlier().join(name))));
        copied.inodes = inodes.collect();
        copied
    }

    fn source(&self) -> PathBuf {
        self.temp.path().join("source")
    }

    fn earlier(&self) -> PathBuf {
        self.temp.path().join("1/files")
    }

    fn next(&self) -> PathBuf {
        self.temp.path().join("2/files")
    }

    fn copy_again(&self, meter: Meter<'_>) -> Result<CopyCost> {
        let earlier = Earlier { folder: &self.earlier(), complete: self.complete };
        let plan = CopyPlan::of(&self.source(), Some(earlier), meter.cancel())?;
        assert_eq!(plan.size(), measure(&self.source())?);
        plan.copy(&self.next(), |_| Ok(()), meter)
    }

    /// Whether the new copy's file is the earlier one's own.
    #[track_caller]
    fn is_taken_over(&self, name: &str) -> bool {
        let text = fs::read_to_string(self.source().join(name)).unwrap();
        let copied = fs::read_to_string(self.next().join(name)).unwrap();
        assert_eq!(copied, text, "{name} is the source's");
        assert_ne!(inode(&self.next().join(name)), inode(&self.source().join(name)), "{name}");
        Some(&inode(&self.next().join(name))) == self.inodes.get(name)
    }
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

fn set_modified(path: &Path, time: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn unchanged_files_are_taken_over_from_an_earlier_copy_and_others_are_copied() {
    let names = ["same", ".hidden/.same", "2024/05/same", "length", "time", "mode", "gone"];
    let copied = Copied::new(&names);
    let (source, next) = (copied.source(), copied.next());
    let then = modified(&source.join("length"));
    fs::write(source.join("length"), "longer than before").unwrap();
    set_modified(&source.join("length"), then);
    set_modified(&source.join("time"), then + Duration::from_nanos(1));
    fs::set_permissions(source.join("mode"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(source.join("gone")).unwrap();
    fs::create_dir(source.join("2025")).unwrap();
    fs::write(source.join("2025/added"), "new").unwrap();

    let cost = copied.copy_again(Meter::silent()).unwrap();

    for name in ["same", ".hidden/.same", "2024/05/same"] {
        assert!(copied.is_taken_over(name), "{name}");
    }
    for name in ["length", "time", "mode", "2025/added"] {
        assert!(!copied.is_taken_over(name), "{name}");
    }
    assert!(!next.join("gone").exists());
    assert!(!copied.earlier().exists(), "it is the new one now");
    assert_eq!((cost.files, cost.taken_over), (7, 3));
    assert_eq!(cost.bytes, measure(&source).unwrap().bytes);
    assert_eq!(measure(&next).unwrap(), measure(&source).unwrap());
    let new = "longer than before".len() + "time".len() + "mode".len() + "new".len();
    assert!(cost.new_bytes <= new as u64, "what is taken over takes no room");
    assert_eq!(mode(&next.join("mode")), 0o600);
    for folder in ["2024", "2025", "."] {
        assert_eq!(modified(&next.join(folder)), modified(&source.join(folder)));
    }
}

#[test]
fn a_change_that_hides_behind_the_former_length_and_time_is_copied() {
    let copied = Copied::new(&["photo", "of-the-copy", "untouched"]);
    for (root, name) in [(copied.source(), "photo"), (copied.earlier(), "of-the-copy")] {
        let path = root.join(name);
        let then = modified(&path);
        fs::write(&path, name.to_uppercase()).unwrap();
        set_modified(&path, then);
    }
    copied.copy_again(Meter::silent()).unwrap();
    assert!(!copied.is_taken_over("photo"));
    assert!(!copied.is_taken_over("of-the-copy"));
    assert!(copied.is_taken_over("untouched"));
}

#[test]
fn links_in_an_earlier_copy_are_not_followed_and_files_with_more_names_are_not_taken() {
    let copied = Copied::new(&["file", "folder/inside", "twice", "was-folder/x", "kept"]);
    let (source, earlier) = (copied.source(), copied.earlier());
    let outside = copied.temp.path().join("outside");
    // The same files, but where they stay.
    fs::rename(earlier.join("folder"), &outside).unwrap();
    symlink(&outside, earlier.join("folder")).unwrap();
    fs::rename(earlier.join("file"), outside.join("file")).unwrap();
    symlink(outside.join("file"), earlier.join("file")).unwrap();
    fs::hard_link(earlier.join("twice"), outside.join("twice")).unwrap();
    fs::remove_dir_all(source.join("was-folder")).unwrap();
    fs::write(source.join("was-folder"), "a file now").unwrap();
    symlink("kept", source.join("link")).unwrap();

    let cost = copied.copy_again(Meter::silent()).unwrap();

    for name in ["file", "folder/inside", "twice", "was-folder"] {
        assert!(!copied.is_taken_over(name), "{name} is a copy of its own");
    }
    assert!(copied.is_taken_over("kept"));
    assert_eq!(cost.taken_over, 1);
    let next = copied.next();
    assert!(fs::symlink_metadata(next.join("link")).unwrap().is_symlink());
    assert!(!fs::symlink_metadata(next.join("folder")).unwrap().is_symlink());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 3, "what the links led to stays");
}

#[test]
fn an_earlier_copy_that_is_a_link_gives_nothing() {
    let copied = Copied::new(&["file"]);
    let moved = copied.temp.path().join("moved");
    fs::rename(copied.earlier(), &moved).unwrap();
    symlink(&moved, copied.earlier()).unwrap();
    assert_eq!(copied.copy_again(Meter::silent()).unwrap().taken_over, 0);
    assert!(moved.join("file").exists());
}

#[test]
fn a_cancelled_copy_gives_back_what_it_took_over() {
    let copied = Copied::new(&["a", "b", "folder/c"]);
    fs::write(copied.source().join("film"), vec![7; 20 << 20]).unwrap();
    fs::remove_file(copied.source().join("b")).unwrap();
    let cancel = Cancel::default();
    let stop_at_once = |report: Report| {
        if matches!(report, Report::Progress { .. }) {
            cancel.cancel();
        }
    };
    let error = copied.copy_again(Meter::new(&cancel, &stop_at_once)).unwrap_err();
    assert!(error.is_cancelled());
    assert!(!copied.next().exists());
    for name in ["a", "b", "folder/c"] {
        assert_eq!(fs::read_to_string(copied.earlier().join(name)).unwrap(), name);
        assert_eq!(Some(&inode(&copied.earlier().join(name))), copied.inodes.get(name));
    }
    assert_eq!(fs::read_dir(copied.temp.path().join("1")).unwrap().count(), 1, "nothing is left");
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
