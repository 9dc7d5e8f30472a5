//! Tests of merging, updating, snapshots and upstreams.
use std::{fs, path::Path};

use super::{
    testing::{Site, author, git, put, site},
    *,
};
use crate::{error::Code, model::view::FileStatus, progress::Meter};

/// A site with `dev` on `master` and `blog` on a branch of its own.
fn with_blog() -> (Site, PathBuf, PathBuf) {
    let (site, dev) = site().with_dev();
    site.git(&["branch", "blog"]);
    let blog = site.path("blog/code");
    site.repository.add_worktree(&blog, "blog", Meter::silent()).unwrap();
    (site, dev, blog)
}

fn commit(folder: &Path, file: &str, content: &str) -> String {
    put(folder, file, content);
    commit_changes(folder, &[], &format!("Change {file}"), &author()).unwrap()
}

fn theirs_first() -> Choices {
    Choices { prefer_theirs: true, ..Choices::default() }
}

fn merged(result: Merged) -> String {
    match result {
        Merged::Commit(commit) => commit,
        Merged::Conflicts(files) => panic!("conflicts: {files:?}"),
    }
}

#[test]
fn a_merge_is_one_commit_with_both_sides_and_moves_nothing_by_itself() {
    let (site, dev, blog) = with_blog();
    let tip = site.tip();
    let theirs = commit(&blog, "blog.php", "blog");
    let merge =
        || site.repository.merge("master", &theirs, "Merge blog", &author(), &Choices::default());
    let result = merged(merge().unwrap());
    assert_eq!(site.tip(), tip);
    assert_eq!(site.git(&["log", "-1", "--format=%P", &result]), format!("{tip} {theirs}"));
    update_worktree(&dev, &result).unwrap();
    assert_eq!(site.tip(), result);
    assert_eq!(fs::read_to_string(dev.join("blog.php")).unwrap(), "blog");
    assert_eq!(git(&dev, &["status", "--porcelain"]), "");
    assert_eq!(merge().unwrap_err().code, Code::Refused);
}

#[test]
fn a_conflict_changes_nothing_and_shows_both_sides() {
    let (site, dev, blog) = with_blog();
    let theirs = commit(&blog, "index.php", "theirs\n");
    let ours = commit(&dev, "index.php", "ours\n");
    let Merged::Conflicts(files) =
        site.repository.merge("master", &theirs, "Merge", &author(), &Choices::default()).unwrap()
    else {
        panic!("it conflicts");
    };
    assert_eq!(
        files,
        [ConflictFile {
            path: "index.php".into(),
            ours: Some(b"ours\n".to_vec()),
            theirs: Some(b"theirs\n".to_vec()),
            base: Some(b"<?php\necho 1;\n".to_vec()),
        }]
    );
    let marked = files[0].with_markers("Dev", "blog").unwrap().unwrap();
    let marked = String::from_utf8(marked).unwrap();
    assert_eq!(marked, "<<<<<<< Dev\nours\n=======\ntheirs\n>>>>>>> blog\n");
    assert_eq!(site.tip(), ours);
    assert_eq!(git(&dev, &["status", "--porcelain"]), "");
    let preferred = merged(
        site.repository.merge("master", &theirs, "Merge", &author(), &theirs_first()).unwrap(),
    );
    assert_eq!(site.repository.file(&preferred, "index.php").unwrap().unwrap(), b"theirs\n");
}

#[test]
fn a_conflict_is_solved_file_by_file() {
    let (site, dev, blog) = with_blog();
    put(&blog, "lib/a.php", "theirs\n");
    put(&blog, "b.php", "theirs\n");
    put(&blog, "c.php", "theirs\n");
    let theirs = commit(&blog, "index.php", "theirs\n");
    fs::remove_file(dev.join("lib/a.php")).unwrap();
    commit(&dev, "index.php", "ours\n");
    put(&dev, "b.php", "ours\n");
    commit(&dev, "c.php", "ours\n");
    let merge = |answers: &[Answer]| {
        let choices = Choices { answers: answers.to_vec(), ..Choices::default() };
        site.repository.merge("master", &theirs, "Merge", &author(), &choices)
    };
    let answer = |path: &str, take| Answer { path: path.into(), take };
    let edited = answer("index.php", Take::Content(b"both\n".to_vec()));
    let Merged::Conflicts(left) = merge(std::slice::from_ref(&edited)).unwrap() else {
        panic!("some are left")
    };
    let left: Vec<_> = left.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(left, ["b.php", "c.php", "lib/a.php"]);
    let wrong = answer("other.php", Take::Ours);
    assert_eq!(merge(&[wrong]).unwrap_err().code, Code::NotFound);
    let (ours, theirs) = (answer("b.php", Take::Ours), answer("c.php", Take::Theirs));
    let deleted = answer("lib/a.php", Take::Ours);
    let result = merged(merge(&[edited, ours, theirs, deleted]).unwrap());
    update_worktree(&dev, &result).unwrap();
    assert_eq!(fs::read_to_string(dev.join("index.php")).unwrap(), "both\n");
    assert_eq!(fs::read_to_string(dev.join("b.php")).unwrap(), "ours\n");
    assert_eq!(fs::read_to_string(dev.join("c.php")).unwrap(), "theirs\n");
    assert!(!dev.join("lib/a.php").exists());
    assert_eq!(git(&dev, &["status", "--porcelain"]), "");
}

#[test]
fn a_file_deleted_on_one_side_and_changed_on_the_other_is_a_conflict() {
    let (site, dev, blog) = with_blog();
    let theirs = commit(&blog, "lib/a.php", "changed\n");
    fs::remove_file(dev.join("lib/a.php")).unwrap();
    commit_changes(&dev, &[], "Delete", &author()).unwrap();
    let result =
        site.repository.merge("master", &theirs, "Merge", &author(), &theirs_first()).unwrap();
    let Merged::Conflicts(files) = result else { panic!("it conflicts") };
    assert_eq!(
        (files[0].ours.as_ref(), files[0].theirs.as_deref()),
        (None, Some(&b"changed\n"[..]))
    );
}

#[test]
fn a_hotfix_comes_to_the_main_branch_with_its_author() {
    let (site, dev, blog) = with_blog();
    let mut fixes = Vec::new();
    for (file, text) in [("fix.php", "one"), ("fix.php", "two"), ("index.php", "fixed\n")] {
        put(&blog, file, text);
        git(&blog, &["add", "."]);
        git(&blog, &["commit", "-qm", &format!("Fix {file}\n\nWhy.")]);
        fixes.push(site.repository.head("blog").unwrap());
    }
    commit(&dev, "index.php", "changed\n");
    let pick = |answers: &[Answer]| {
        site.repository.cherry_pick("master", &fixes, &author(), answers).unwrap()
    };
    let Merged::Conflicts(files) = pick(&[]) else { panic!("the third conflicts") };
    assert_eq!(files[0].path, "index.php");
    let tip = site.tip();
    let orphans = |dev: &str| {
        let left = site.repository.unpicked(fixes.last().unwrap(), dev, 9).unwrap();
        left.into_iter().map(|it| it.commit).collect::<Vec<_>>()
    };
    assert_eq!(orphans(&tip), [&fixes[2][..], &fixes[1], &fixes[0]]);
    let picked = merged(pick(&[Answer { path: "index.php".into(), take: Take::Theirs }]));
    update_worktree(&dev, &picked).unwrap();
    assert_eq!(git(&dev, &["log", "-1", "--format=%an %cn %s"]), "Bob Ada Example Fix index.php");
    assert_eq!(fs::read_to_string(dev.join("index.php")).unwrap(), "fixed\n");
    assert_eq!(fs::read_to_string(dev.join("fix.php")).unwrap(), "two");
    assert!(orphans(&picked).is_empty(), "what was picked is no orphan any more");
    // `git` itself says so in the same words.
    put(&blog, "more.php", "more");
    git(&blog, &["add", "."]);
    git(&blog, &["commit", "-qm", "More"]);
    let more = site.repository.head("blog").unwrap();
    git(&dev, &["cherry-pick", "-x", &more]);
    assert!(site.repository.unpicked(&more, &site.tip(), 9).unwrap().is_empty());
}

#[test]
fn an_update_keeps_uncommitted_changes_and_refuses_to_overwrite_them() {
    let (site, dev, blog) = with_blog();
    let tip = site.tip();
    put(&blog, "new.php", "new");
    let target = commit(&blog, "index.php", "blog\n");
    put(&dev, "index.php", "mine\n");
    put(&dev, "new.php", "mine too\n");
    put(&dev, "lib/a.php", "kept\n");
    let error = update_worktree(&dev, &target).unwrap_err();
    assert_eq!(
        (error.code, error.causes),
        (Code::Refused, vec!["index.php".into(), "new.php".into()])
    );
    assert_eq!(site.tip(), tip);
    assert_eq!(fs::read_to_string(dev.join("index.php")).unwrap(), "mine\n");
    let rest = snapshot_without(&dev, &["index.php".into(), "new.php".into()]).unwrap();
    restore_worktree(&dev, &rest).unwrap();
    update_worktree(&dev, &target).unwrap();
    assert_eq!(site.tip(), target);
    assert_eq!(fs::read_to_string(dev.join("index.php")).unwrap(), "blog\n");
    assert_eq!(git(&dev, &["status", "--porcelain"]), " M lib/a.php");
    update_worktree(&dev, &tip).unwrap();
    assert!(!dev.join("new.php").exists());
}

#[test]
fn an_update_does_not_overwrite_an_ignored_file() {
    let (site, dev, blog) = with_blog();
    site.repository.exclude(&["local.php"]).unwrap();
    put(&dev, "local.php", "mine");
    put(&blog, "local.php", "theirs");
    git(&blog, &["add", "-f", "local.php"]);
    git(&blog, &["commit", "-qm", "Track it"]);
    let error = update_worktree(&dev, &site.repository.head("blog").unwrap()).unwrap_err();
    assert_eq!(error.causes, ["local.php"]);
    assert_eq!(fs::read_to_string(dev.join("local.php")).unwrap(), "mine");
}

#[test]
fn an_update_waits_for_nobody_who_holds_the_branch() {
    let (site, dev, blog) = with_blog();
    let target = commit(&blog, "index.php", "blog\n");
    put(site.repository.path(), "refs/heads/master.lock", "");
    assert_eq!(update_worktree(&dev, &target).unwrap_err().code, Code::Busy);
    assert_eq!(count_changes(&dev).unwrap(), 0);
}

#[test]
fn a_snapshot_brings_uncommitted_work_back_exactly() {
    let (site, dev) = site().with_dev();
    site.repository.exclude(&["cache"]).unwrap();
    put(&dev, "index.php", "changed\n");
    put(&dev, "new/a.php", "new");
    fs::remove_file(dev.join("lib/a.php")).unwrap();
    put(&dev, "cache/x", "ignored");
    git(&dev, &["add", "new/a.php"]);
    let before = changes(&dev).unwrap();
    let porcelain = git(&dev, &["status", "--porcelain"]);
    let snapshot = snapshot_worktree(&dev).unwrap();
    assert_eq!(git(&dev, &["status", "--porcelain"]), porcelain);
    restore_worktree(&dev, &snapshot_without(&dev, &[]).unwrap()).unwrap();
    assert_eq!(git(&dev, &["status", "--porcelain"]), "");
    assert!(dev.join("lib/a.php").exists() && !dev.join("new/a.php").exists());
    put(&dev, "later.php", "goes");
    restore_worktree(&dev, &snapshot).unwrap();
    assert_eq!(changes(&dev).unwrap(), before);
    assert!(!dev.join("later.php").exists() && dev.join("cache/x").exists());
    assert_eq!(git(&dev, &["diff", "--cached", "--name-only"]), "");
    assert_eq!(site.repository.log(&site.tip(), 9).unwrap().len(), 1);
    let name = format!("{SNAPSHOTS}/{snapshot}");
    assert_eq!(site.repository.reference(&name).unwrap(), Some(snapshot));
    let clone = git(site.scratch.path(), &["ls-remote", "repository.git"]);
    assert!(!clone.contains("refs/portico"), "{clone}");
}

#[test]
fn a_repository_in_the_folder_is_never_thrown_away() {
    let (_site, dev) = site().with_dev();
    let nested = dev.join("plugin");
    fs::create_dir(&nested).unwrap();
    git(&nested, &["init", "-q"]);
    put(&nested, "a.php", "x");
    git(&nested, &["add", "."]);
    git(&nested, &["commit", "-qm", "Nested"]);
    let tip = git(&dev, &["rev-parse", "HEAD"]);
    assert_eq!(snapshot_worktree(&dev).unwrap_err().code, Code::Refused);
    assert_eq!(restore_worktree(&dev, &tip).unwrap_err().code, Code::Refused);
    let without = snapshot_without(&dev, &[]).unwrap();
    assert_eq!(restore_worktree(&dev, &without).unwrap_err().code, Code::Refused);
    assert!(nested.join("a.php").exists() && nested.join(".git").exists());
}

#[test]
fn a_commit_shows_what_it_changed() {
    let (site, dev) = site().with_dev();
    put(&dev, "b.bin", b"\0");
    fs::remove_file(dev.join("lib/a.php")).unwrap();
    let commit = commit(&dev, "index.php", "<?php\necho 2;\n");
    let files = site.repository.commit_changes(&commit).unwrap();
    let rows: Vec<_> = files.iter().map(|it| (it.file.as_str(), it.status, it.additions)).collect();
    assert_eq!(
        rows,
        [
            ("b.bin", FileStatus::Added, 0),
            ("index.php", FileStatus::Modified, 1),
            ("lib/a.php", FileStatus::Deleted, 0)
        ]
    );
    let text = |file: &str| site.repository.commit_diff(&commit, file);
    assert!(text("b.bin").unwrap().starts_with("binary file"));
    assert!(text("index.php").unwrap().contains("+echo 2;"));
    assert_eq!(text("other.php").unwrap_err().code, Code::NotFound);
    let first = site.repository.log(&commit, 9).unwrap().pop().unwrap();
    assert_eq!(site.repository.commit_changes(&first.commit).unwrap().len(), 2);
}

#[test]
fn carried_changes_leave_later_ones_of_other_files_alone() {
    let (_site, dev) = site().with_dev();
    put(&dev, "index.php", "mine\n");
    put(&dev, "new.php", "new\n");
    put(&dev, "lib/a.php", "kept\n");
    let all = snapshot_worktree(&dev).unwrap();
    let rest = snapshot_without(&dev, &["index.php".into(), "new.php".into()]).unwrap();
    restore_worktree(&dev, &rest).unwrap();
    put(&dev, "lib/a.php", "later\n");
    put(&dev, "later.php", "later\n");
    restore_worktree(&dev, &carry_changes(&dev, &rest, &all).unwrap()).unwrap();
    let read = |file: &str| fs::read_to_string(dev.join(file)).unwrap();
    assert_eq!((read("index.php"), read("new.php")), ("mine\n".into(), "new\n".into()));
    assert_eq!((read("lib/a.php"), read("later.php")), ("later\n".into(), "later\n".into()));
    restore_worktree(&dev, &carry_changes(&dev, &all, &rest).unwrap()).unwrap();
    assert!(!dev.join("new.php").exists());
    assert_eq!(read("lib/a.php"), "later\n");
}

#[test]
fn the_name_of_a_branch_to_fetch_is_checked() {
    let site = site();
    for odd in ["-d", "a..b", "", "a b"] {
        let fetched = site.repository.fetch("elsewhere", Some(odd), Meter::silent());
        assert_eq!(fetched.unwrap_err().code, Code::Usage, "{odd}");
    }
}

#[test]
fn an_upstream_is_fetched_beside_the_branches_and_merged() {
    let (site, dev) = site().with_dev();
    let upstream = site.path("upstream");
    git(site.scratch.path(), &["clone", "-q", "repository.git", "upstream"]);
    put(&upstream, "core.php", "new core");
    git(&upstream, &["add", "."]);
    git(&upstream, &["commit", "-qm", "Core"]);
    git(&upstream, &["tag", "pantheon_live_9"]);
    let url = upstream.to_str().unwrap();
    for branch in [None, Some("master")] {
        let fetched = site.repository.fetch(url, branch, Meter::silent()).unwrap();
        assert_eq!(fetched, git(&upstream, &["rev-parse", "HEAD"]));
    }
    assert!(site.repository.deploy_tags("live").unwrap().is_empty());
    assert_eq!(site.repository.branches().unwrap().len(), 1);
    let name = format!("{UPSTREAM}/master");
    let core = site.repository.reference(&name).unwrap().unwrap();
    let result =
        site.repository.merge("master", &core, "Update core", &author(), &theirs_first()).unwrap();
    update_worktree(&dev, &merged(result)).unwrap();
    assert_eq!(fs::read_to_string(dev.join("core.php")).unwrap(), "new core");
    let error = site.repository.fetch("--upload-pack=x", None, Meter::silent()).unwrap_err();
    assert_eq!(error.message, "cannot fetch from `--upload-pack=x`");
    assert_eq!(error.code, Code::Failed);
    let error = site.repository.fetch(url, Some("-x"), Meter::silent()).unwrap_err();
    assert_eq!(error.code, Code::Usage);
}

#[test]
fn whoever_looks_at_the_changes_is_not_in_the_way_of_a_restore() {
    let (_site, dev) = site().with_dev();
    let tip = git(&dev, &["rev-parse", "HEAD"]);
    put(&dev, "index.php", "mine\n");
    let mine = snapshot_worktree(&dev).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looks = || {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                // A file may come or go while it is looked at.
                let _ = changes(&dev);
            }
        };
        scope.spawn(looks);
        scope.spawn(looks);
        let restored: Vec<_> = (0..100)
            .map(|round| restore_worktree(&dev, if round % 2 == 0 { &tip } else { &mine }))
            .collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        restored.into_iter().for_each(|it| it.unwrap());
    });
    assert_eq!(fs::read_to_string(dev.join("index.php")).unwrap(), "mine\n");
}

#[test]
fn a_file_that_grows_and_shrinks_can_be_looked_at() {
    let (_site, dev) = site().with_dev();
    let long = "a line of a large file\n".repeat(100_000);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                put(&dev, "large.php", &long);
                put(&dev, "large.php", "");
            }
        });
        for _ in 0..60 {
            // What it says depends on the moment; that it says it is the rule.
            changes(&dev).unwrap();
            let _ = diff(&dev, "large.php");
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
