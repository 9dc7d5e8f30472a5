//! Whatever happens to a worktree, what is shown as changed is what the real `git status` shows.
use std::{
    cell::Cell,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use proptest::{prelude::*, test_runner::TestRunner};

use super::{
    Author,
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
        15 => drop(super::testing::try_git(dev, &["update-index", "--assume-unchanged", file])),
        16 => drop(super::testing::try_git(dev, &["update-index", "--skip-worktree", file])),
        17 => drop(super::testing::try_git(dev, &["add", "-N", "."])),
        18 => git2::Repository::open(dev)
            .and_then(|it| it.config()?.set_bool("core.fileMode", false))
            .unwrap(),
        19 if path.is_file() => {
            let ends = fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
            put(dev, file, ends + "\r\n");
        }
        20 => put(dev, ".gitattributes", "*.php text\n"),
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
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() };
    let steps = prop::collection::vec((0u8..22, 0u8..8), 1..8);
    let check = |steps: Vec<(u8, u8)>| {
        cases.set(cases.get() + 1);
        let name = format!("case{}", cases.get());
        let dev = scratch.join(&name);
        git(site.repository.path(), &["branch", &name, &commit]);
        git(site.repository.path(), &["config", "core.fileMode", "true"]);
        site.repository.add_worktree(&dev, &name, Meter::silent()).unwrap();
        for (what, where_) in &steps {
            disturb(&dev, *what, *where_);
            let shown: Vec<String> = changes(&dev).unwrap().into_iter().map(|it| it.file).collect();
            prop_assert_eq!(&shown, &told_by_going_through_everything(&dev));
            prop_assert_eq!(count_changes(&dev).unwrap(), shown.len() as u64);
        }
        // Git tells of what is staged, even where the folder has it as the branch does. And committed line ends that
        // rules of later would make others are a change for Git only when it looks: within the second of the commit.
        let has = |wanted| steps.iter().any(|(what, _)| *what == wanted);
        let ends_by_chance = [19, 14, 20].into_iter().all(has);
        if ![11, 12, 17].into_iter().any(has) && !ends_by_chance {
            let shown: Vec<String> = changes(&dev).unwrap().into_iter().map(|it| it.file).collect();
            prop_assert_eq!(&shown, &told_by_git(&dev));
        }
        Ok(())
    };
    TestRunner::new(config).run(&steps, check).unwrap();
}

#[test]
fn a_file_that_a_sparse_checkout_leaves_out_is_never_committed_as_deleted() {
    let site = site();
    let dev = site.scratch.path().join("dev");
    site.repository.add_worktree(&dev, "master", Meter::silent()).unwrap();
    put(&dev, "lib/deep/b.php", "<?php // b");
    git(&dev, &["add", "-A"]);
    git(&dev, &["commit", "-q", "-m", "More"]);
    git(&dev, &["update-index", "--skip-worktree", "lib/deep/b.php"]);
    fs::remove_dir_all(dev.join("lib")).unwrap();
    // An index in this form is for libgit2 alone to compare, which takes the file for deleted.
    git(&dev, &["update-index", "--index-version", "4"]);
    let shown: Vec<String> = changes(&dev).unwrap().into_iter().map(|it| it.file).collect();
    assert_eq!(shown, told_by_git(&dev));
    assert_eq!(shown, ["lib/a.php"]);
    assert_eq!(count_changes(&dev).unwrap(), 1);
    let author = Author { name: "Ada".into(), email: "ada@example.com".into() };
    changes::commit_changes(&dev, &[], "All", &author).unwrap();
    let kept = git(&dev, &["ls-tree", "-r", "--name-only", "HEAD"]);
    assert!(kept.contains("lib/deep/b.php") && !kept.contains("lib/a.php"), "{kept}");
}

#[test]
fn a_staged_file_that_became_a_link_is_shown_where_git_does_not_trust_modes() {
    let site = site();
    let dev = site.scratch.path().join("dev");
    site.repository.add_worktree(&dev, "master", Meter::silent()).unwrap();
    git(&dev, &["config", "core.fileMode", "false"]);
    put(&dev, "new.php", "<?php // new");
    git(&dev, &["add", "new.php"]);
    fs::remove_file(dev.join("new.php")).unwrap();
    symlink("index.php", dev.join("new.php")).unwrap();
    let shown: Vec<String> = changes(&dev).unwrap().into_iter().map(|it| it.file).collect();
    assert_eq!(shown, ["new.php"]);
    let author = Author { name: "Ada".into(), email: "ada@example.com".into() };
    changes::commit_changes(&dev, &[], "All", &author).unwrap();
    assert!(git(&dev, &["ls-tree", "HEAD", "new.php"]).starts_with("120000"));
    assert_eq!(changes(&dev).unwrap(), []);
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

/// What the real Git counts, of files that are new, too.
fn lines_told_by_git(dev: &Path) -> Vec<(String, u64, u64)> {
    git(dev, &["add", "-A"]);
    let said = git(dev, &["diff", "--cached", "--numstat", "--no-renames", "-z", "HEAD"]);
    git(dev, &["reset", "-q"]);
    let number = |text: &str| text.parse().unwrap_or(0);
    let row = |line: &str| {
        let parts: Vec<&str> = line.splitn(3, '\t').collect();
        (parts[2].to_owned(), number(parts[0]), number(parts[1]))
    };
    let mut rows: Vec<_> = said.split('\0').filter(|it| !it.is_empty()).map(row).collect();
    rows.sort();
    rows
}

#[test]
fn lines_are_counted_as_git_counts_them_whatever_its_rules_make_of_a_file() {
    let site = site();
    let dev = site.scratch.path().join("dev");
    site.repository.add_worktree(&dev, "master", Meter::silent()).unwrap();
    put(&dev, ".gitattributes", "*.txt text\n*.id ident\n*.min.js -diff\n");
    for file in ["a.php", "gone.php", "mode.php", "link.php", "ends.txt", "id.id", "a.min.js"] {
        put(&dev, file, "one\ntwo\nthree\n");
    }
    put(&dev, "picture.png", b"\0one\ntwo\n");
    git(&dev, &["add", "-A"]);
    git(&dev, &["commit", "-q", "-m", "Files"]);
    put(&dev, "a.php", "one\n2\nthree\nfour");
    put(&dev, "new.php", "one\ntwo");
    put(&dev, "empty.php", "");
    put(&dev, "new.min.js", "one\ntwo\n");
    put(&dev, "ends.txt", "one\r\ntwo\r\nthree\r\nfour\r\n");
    put(&dev, "ends.php", "one\r\ntwo\r\n");
    put(&dev, "id.id", "one\n$Id: 123 $\nthree\n");
    put(&dev, "a.min.js", "one\n2\nthree\n");
    put(&dev, "picture.png", b"\0one\nthree\n");
    fs::remove_file(dev.join("gone.php")).unwrap();
    fs::remove_file(dev.join("link.php")).unwrap();
    symlink("a.php", dev.join("link.php")).unwrap();
    symlink("a.php", dev.join("new-link.php")).unwrap();
    fs::set_permissions(dev.join("mode.php"), fs::Permissions::from_mode(0o755)).unwrap();
    let shown = changes(&dev).unwrap();
    let shown: Vec<_> = shown.into_iter().map(|it| (it.file, it.additions, it.deletions)).collect();
    assert_eq!(shown, lines_told_by_git(&dev));
    assert_eq!(shown.len(), 13, "{shown:?}");
}

#[test]
fn an_index_that_is_compressed_is_read_too() {
    let site = site();
    let dev = site.scratch.path().join("dev");
    site.repository.add_worktree(&dev, "master", Meter::silent()).unwrap();
    git(&dev, &["update-index", "--index-version", "4", "--force-write-index"]);
    put(&dev, "index.php", "<?php // changed");
    assert_eq!(count_changes(&dev).unwrap(), 1);
    assert_eq!(changes(&dev).unwrap()[0].file, "index.php");
}

#[test]
fn a_staged_file_is_a_change_although_the_folder_is_as_the_index() {
    let site = site();
    let dev = site.scratch.path().join("dev");
    site.repository.add_worktree(&dev, "master", Meter::silent()).unwrap();
    put(&dev, "index.php", "<?php // staged");
    git(&dev, &["add", "-A"]);
    git(&dev, &["write-tree"]);
    assert_eq!(count_changes(&dev).unwrap(), 1);
}
