//! Whatever happens to a worktree, what is shown as changed is what the real `git status` shows.
use std::{
    cell::Cell,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use proptest::{prelude::*, test_runner::TestRunner};

use super::{
    changes::{self, changes},
    count_changes, scan,
    testing::{git, put, site},
};
use crate::progress::Meter;

/// One thing that a person or a program does to a folder.
fn disturb(dev: &Path, what: u8, where_: u8) {
    let file = ["index.php", "lib/a.php", "lib/deep/b.php", "theme/c.php"][where_ as usize % 4];
    let path = dev.join(file);
    let folder = path.parent().unwrap().to_owned();
    match what {
        // Where an earlier step has made it a folder there is no file to write.
        0 | 1 if path.is_dir() => {}
        0 => put(dev, file, "<?php // changed"),
        // As long as before, and perhaps within the same moment.
        1 => {
            let same: Vec<u8> = fs::read(&path).unwrap_or_default().iter().map(|_| b'x').collect();
            put(dev, file, same);
        }
        2 => drop(fs::remove_file(&path)),
        3 => put(dev, &format!("{file}.new"), "new"),
        4 => put(dev, &format!("new{where_}/deep/file"), "new"),
        5 => put(dev, &format!("cache{where_}/ignored.log"), "ignored"),
        6 if path.is_file() => {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        7 if folder != dev => drop(fs::remove_dir_all(&folder)),
        8 if path.is_file() => {
            fs::remove_file(&path).unwrap();
            put(dev, &format!("{file}/inside"), "a folder now");
        }
        9 if path.is_file() => {
            fs::remove_file(&path).unwrap();
            symlink("elsewhere", &path).unwrap();
        }
        10 if folder != dev && folder.is_dir() => {
            let aside = dev.join(format!("aside{where_}"));
            if !aside.exists() {
                fs::rename(&folder, &aside).unwrap();
                symlink(&aside, &folder).unwrap();
            }
        }
        11 => drop(super::testing::try_git(dev, &["rm", "-q", "--cached", file])),
        12 => drop(super::testing::try_git(dev, &["add", "-A"])),
        13 => fs::create_dir_all(dev.join("empty/folder")).unwrap(),
        14 => drop(super::testing::try_git(dev, &["commit", "-q", "-a", "-m", "By hand"])),
        _ => put(dev, ".gitignore", "*.log\n/cache*/\n*.new\n"),
    }
}

/// What `git status` names.
fn told_by_git(dev: &Path) -> Vec<String> {
    let said = git(dev, &["status", "--porcelain", "-uall", "--no-renames", "-z"]);
    let mut files: Vec<String> =
        said.split('\0').filter(|it| it.len() > 3).map(|it| it[3..].to_owned()).collect();
    // A file that is staged as gone and still there has two lines.
    files.sort();
    files.dedup();
    files
}

fn told_by_going_through_everything(dev: &Path) -> Vec<String> {
    let git = git2::Repository::open(dev).unwrap();
    let diff = changes::compare(&git, None, true).unwrap();
    let files = diff.deltas().map(|it| String::from_utf8_lossy(changes::path(&it)).into_owned());
    let mut files: Vec<String> = files.collect();
    files.sort();
    files
}

#[test]
fn what_is_changed_is_what_git_says() {
    let site = site();
    let scratch = site.scratch.path();
    let from = scratch.join("person");
    git(scratch, &["clone", "-q", site.repository.path().to_str().unwrap(), "person"]);
    put(&from, "lib/deep/b.php", "<?php // b");
    put(&from, "theme/c.php", "<?php // c");
    put(&from, ".gitignore", "*.log\n");
    git(&from, &["add", "."]);
    git(&from, &["commit", "-q", "-m", "More"]);
    git(&from, &["push", "-q", "origin", "HEAD:refs/heads/more"]);
    let commit = site.repository.head("more").unwrap();
    let cases = Cell::new(0);
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() };
    let steps = prop::collection::vec((0u8..16, 0u8..8), 1..7);
    let check = |steps: Vec<(u8, u8)>| {
        cases.set(cases.get() + 1);
        let name = format!("case{}", cases.get());
        let dev = scratch.join(&name);
        git(site.repository.path(), &["branch", &name, &commit]);
        site.repository.add_worktree(&dev, &name, Meter::silent()).unwrap();
        for (what, where_) in &steps {
            disturb(&dev, *what, *where_);
            let shown: Vec<String> = changes(&dev).unwrap().into_iter().map(|it| it.file).collect();
            prop_assert_eq!(&shown, &told_by_going_through_everything(&dev));
            prop_assert_eq!(count_changes(&dev).unwrap(), shown.len() as u64);
        }
        // Git tells of what is staged, even where the folder has it as the branch does.
        if steps.iter().all(|(what, _)| ![11, 12].contains(what)) {
            let shown: Vec<String> = changes(&dev).unwrap().into_iter().map(|it| it.file).collect();
            prop_assert_eq!(&shown, &told_by_git(&dev));
        }
        Ok(())
    };
    TestRunner::new(config).run(&steps, check).unwrap();
}

#[test]
fn a_folder_as_its_branch_leaves_nothing_to_compare() {
    let site = site();
    let dev = site.scratch.path().join("dev");
    site.repository.add_worktree(&dev, "master", Meter::silent()).unwrap();
    put(&dev, "index.php", "<?php // changed");
    let opened = git2::Repository::open(&dev).unwrap();
    let found = scan::candidates(&opened).unwrap().unwrap();
    assert!(found.contains(&b"index.php".to_vec()));
    git(&dev, &["checkout", "-q", "."]);
    // A file that is as old as the index is compared once more, and then known.
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(count_changes(&dev).unwrap(), 0);
    git(&dev, &["update-index", "--refresh", "--really-refresh"]);
    let opened = git2::Repository::open(&dev).unwrap();
    assert_eq!(scan::candidates(&opened).unwrap(), Some(Vec::new()));
}
