use std::{collections::HashSet, fs, os::unix::fs::PermissionsExt, path::Path};

use proptest::prelude::*;

use super::{
    testing::{author, git, put, site, try_git},
    *,
};
use crate::{
    error::Code,
    model::view::FileStatus,
    progress::{Cancel, Meter, Report},
};

fn at(folder: &Path) -> Repository {
    Repository::at(folder.join("repository.git"))
}

/// A work tree of Git with two branches and a tag, as people have them.
fn source(folder: &Path) -> std::path::PathBuf {
    let source = folder.join("source");
    fs::create_dir(&source).unwrap();
    git(&source, &["init", "-q"]);
    put(&source, "index.php", "one");
    git(&source, &["add", "."]);
    git(&source, &["commit", "-qm", "One"]);
    git(&source, &["tag", "pantheon_test_1"]);
    git(&source, &["branch", "blog"]);
    put(&source, "index.php", "two");
    git(&source, &["commit", "-qam", "Two"]);
    source
}

fn is_empty(folder: &Path, but: &[&str]) -> bool {
    fs::read_dir(folder).unwrap().all(|entry| {
        let name = entry.unwrap().file_name();
        but.iter().any(|allowed| name == *allowed)
    })
}

#[test]
fn a_clone_has_all_branches_and_tags_and_the_whole_history() {
    let scratch = tempfile::tempdir().unwrap();
    let source = source(scratch.path());
    let repository = at(scratch.path());
    let branch = repository.clone_from(source.to_str().unwrap(), None, Meter::silent()).unwrap();
    assert_eq!(branch, "master");
    let refs = ["for-each-ref", "--format=%(refname) %(objectname)"];
    assert_eq!(git(repository.path(), &refs), git(&source, &refs));
    assert_eq!(repository.log(&repository.head("master").unwrap(), 9).unwrap().len(), 2);
    assert_eq!(git(repository.path(), &["remote"]), "");
    assert_eq!(
        Path::new(&git(repository.path(), &["config", "portico.source"])),
        source.canonicalize().unwrap()
    );
    git(repository.path(), &["fsck", "--strict"]);
}

#[test]
fn the_branch_that_is_asked_for_is_followed() {
    let scratch = tempfile::tempdir().unwrap();
    let source = source(scratch.path());
    let repository = at(scratch.path());
    let source = source.to_str().unwrap();
    let error = repository.clone_from(source, Some("nope"), Meter::silent()).unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    assert!(error.hint.unwrap().contains("blog, master"));
    assert!(is_empty(scratch.path(), &["source"]));
    assert_eq!(repository.clone_from(source, Some("blog"), Meter::silent()).unwrap(), "blog");
    assert_eq!(git(repository.path(), &["symbolic-ref", "HEAD"]), "refs/heads/blog");
}

#[test]
fn a_source_without_commits_is_refused_and_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let source = scratch.path().join("source");
    fs::create_dir(&source).unwrap();
    git(&source, &["init", "-q"]);
    let error =
        at(scratch.path()).clone_from(source.to_str().unwrap(), None, Meter::silent()).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(error.message.ends_with("has no commits"), "{}", error.message);
    assert!(is_empty(scratch.path(), &["source"]));
}

#[test]
fn a_source_that_cant_be_reached_is_named_with_what_git_said() {
    let scratch = tempfile::tempdir().unwrap();
    let url = "http://127.0.0.1:9/a.git";
    let error = at(scratch.path()).clone_from(url, None, Meter::silent()).unwrap_err();
    assert_eq!(error.message, format!("cannot clone `{url}`"));
    assert!(error.causes[0].contains("127.0.0.1"), "{:?}", error.causes);
    assert!(is_empty(scratch.path(), &[]));
}

#[test]
fn a_source_is_never_an_option_of_git() {
    let scratch = tempfile::tempdir().unwrap();
    let mark = scratch.path().join("mark");
    let evil = format!("--upload-pack=touch {}", mark.display());
    let error = at(scratch.path()).clone_from(&evil, None, Meter::silent()).unwrap_err();
    assert!(error.causes[0].contains("does not exist"), "{:?}", error.causes);
    let ext = format!("ext::sh -c touch% {}", mark.display());
    at(scratch.path()).clone_from(&ext, None, Meter::silent()).unwrap_err();
    assert!(is_empty(scratch.path(), &[]));
}

#[test]
fn a_cancelled_clone_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let source = source(scratch.path());
    let cancel = Cancel::default();
    cancel.cancel();
    let error = at(scratch.path())
        .clone_from(source.to_str().unwrap(), None, Meter::new(&cancel, &|_| ()))
        .unwrap_err();
    assert!(error.is_cancelled());
    assert!(is_empty(scratch.path(), &["source"]));
}

#[test]
fn a_clone_from_a_server_that_never_answers_can_be_cancelled() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a.git", server.local_addr().unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    let ended = std::thread::scope(|scope| {
        // Cancelled once it is connected, so in the middle of its work.
        scope.spawn(|| {
            let connection = server.accept().unwrap();
            cancel.cancel();
            connection
        });
        at(scratch.path()).clone_from(&url, None, Meter::new(&cancel, &|_| ()))
    });
    assert!(ended.unwrap_err().is_cancelled());
    assert!(is_empty(scratch.path(), &[]));
}

#[test]
fn a_folder_becomes_the_first_commit_without_what_it_ignores() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    put(&folder, "index.php", "<?php");
    put(&folder, "bin/run", "#!/bin/sh\n");
    fs::set_permissions(folder.join("bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
    put(&folder, ".gitignore", "*.log\n/cache/\n!keep.log\n");
    put(&folder, "debug.log", "x");
    put(&folder, "keep.log", "x");
    put(&folder, "cache/a", "x");
    put(&folder, "plugin/.gitignore", "build\n");
    put(&folder, "plugin/build/a", "x");
    put(&folder, "plugin/.git/HEAD", "x");
    put(&folder, "wp-content/uploads/photo.jpg", "x");
    put(&folder, "copy.php", "<?php");
    put(&folder, "empty", "");
    std::os::unix::fs::symlink("bin/run", folder.join("run")).unwrap();
    let repository = at(scratch.path());
    repository.exclude(&["wp-content/uploads"]).unwrap();
    let commit = repository
        .import_folder(&folder, &[], &author(), "Import\n\nbody", Meter::silent())
        .unwrap();
    assert_eq!(
        git(repository.path(), &["ls-tree", "-r", "--format=%(objectmode) %(path)", "master"]),
        "100644 .gitignore\n100755 bin/run\n100644 copy.php\n100644 empty\n100644 index.php\n\
         100644 keep.log\n100644 plugin/.gitignore\n120000 run"
    );
    git(repository.path(), &["fsck", "--strict"]);
    let row = repository.commit(&commit).unwrap();
    assert_eq!((row.subject.as_str(), row.author.as_str()), ("Import", "Ada Example"));
    assert_eq!(repository.head("master").unwrap(), commit);
}

#[test]
fn a_folder_that_cant_be_taken_leaves_no_repository() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let repository = at(scratch.path());
    let import = || repository.import_folder(&folder, &[], &author(), "First", Meter::silent());
    assert!(import().unwrap_err().message.ends_with("has no files"));
    assert!(!repository.path().exists());
    put(&folder, "a/index.php", "x");
    for target in ["/etc/passwd", "../../x", "../a/../../x"] {
        std::os::unix::fs::symlink(target, folder.join("a/link")).unwrap();
        let error = import().unwrap_err();
        assert!(error.message.contains("`a/link` leaves the code"), "{}", error.message);
        assert_eq!(error.code, Code::Refused);
        assert!(!repository.path().exists());
        fs::remove_file(folder.join("a/link")).unwrap();
    }
    let first = import().unwrap();
    repository.move_reference("refs/heads/main", None, Some(&first)).unwrap();
    repository.move_reference("refs/heads/master", Some(&first), None).unwrap();
    assert_eq!(import().unwrap_err().code, Code::Refused);
    assert_eq!(repository.head("main").unwrap(), first, "what is there already is never removed");
}

#[test]
fn an_import_counts_its_files_and_can_be_cancelled() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    for number in 0..300 {
        put(&folder, &format!("{number}.php"), format!("{number}"));
    }
    let cancel = Cancel::default();
    let last = std::sync::Mutex::new((0, None));
    let stop_at = 50;
    let report = |report| {
        if let Report::Progress { done, total, .. } = report {
            *last.lock().unwrap() = (done, total);
            if done == stop_at {
                cancel.cancel();
            }
        }
    };
    let repository = at(scratch.path());
    let meter = Meter::new(&cancel, &report);
    let error = repository.import_folder(&folder, &[], &author(), "First", meter).unwrap_err();
    assert!(error.is_cancelled());
    assert!(!repository.path().exists());
    let never = Cancel::default();
    repository
        .import_folder(&folder, &[], &author(), "First", Meter::new(&never, &report))
        .unwrap();
    assert_eq!(*last.lock().unwrap(), (300, Some(300)));
}

#[test]
fn a_commit_id_must_be_whole() {
    let site = site();
    let tip = site.tip();
    assert_eq!(site.repository.commit(&tip[..8]).unwrap_err().code, Code::NotFound);
    assert_eq!(site.repository.commit(&"0".repeat(40)).unwrap_err().code, Code::NotFound);
    assert_eq!(site.repository.commit(&tip).unwrap().commit, tip);
}

#[test]
fn a_file_of_a_commit_is_read_and_what_is_tracked_is_known() {
    let site = site();
    let (repository, tip) = (&site.repository, site.tip());
    assert_eq!(repository.file(&tip, "lib/a.php").unwrap().unwrap(), b"<?php\n");
    assert_eq!(repository.file(&tip, "lib").unwrap(), None);
    assert_eq!(repository.file(&tip, "lib/b.php").unwrap(), None);
    assert!(repository.tracks(&tip, "lib/").unwrap());
    assert!(!repository.tracks(&tip, "li").unwrap());
}

#[test]
fn the_log_follows_first_parents_and_shows_deploy_tags() {
    let (site, dev) = site().with_dev();
    git(&dev, &["checkout", "-qb", "side"]);
    put(&dev, "side.php", "x");
    git(&dev, &["add", "."]);
    git(&dev, &["commit", "-qm", "Side"]);
    git(&dev, &["checkout", "-q", "master"]);
    git(&dev, &["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    let tip = site.tip();
    site.repository.tag("pantheon_test_1", &tip, "Deploy it", &author()).unwrap();
    site.git(&["tag", "pantheon_live_1", &tip]);
    site.git(&["tag", "other", &tip]);
    let log = site.repository.log(&tip, 10).unwrap();
    let subjects: Vec<_> = log.iter().map(|row| row.subject.as_str()).collect();
    assert_eq!(subjects, ["Merge side", "First"]);
    assert_eq!(log[0].tags, ["pantheon_live_1", "pantheon_test_1"]);
    assert_eq!(site.repository.log(&tip, 1).unwrap().len(), 1);
    let first = &log[1].commit;
    let missing = site.repository.missing(&tip, Some(first), 10).unwrap();
    let subjects: Vec<_> = missing.iter().map(|row| row.subject.as_str()).collect();
    assert_eq!(subjects, ["Merge side", "Side"]);
    assert!(site.repository.missing(first, Some(&tip), 10).unwrap().is_empty());
    assert_eq!(site.repository.missing(&tip, None, 10).unwrap().len(), 3);
    assert_eq!(site.repository.distance(&tip, first).unwrap(), Distance { ahead: 2, behind: 0 });
}

#[test]
fn deploy_tags_come_highest_first_and_odd_names_are_none() {
    let site = site();
    let tip = site.tip();
    for name in ["pantheon_test_2", "pantheon_test_10", "pantheon_live_3"] {
        site.repository.tag(name, &tip, "Message\n\nmore\n", &author()).unwrap();
    }
    site.git(&["tag", "pantheon_test_9", &tip]);
    for odd in [
        "pantheon_test_x",
        "pantheon_test_",
        "pantheon_test_+4",
        "pantheon_test_07",
        "pantheon_test_1_2",
    ] {
        site.git(&["tag", odd, &tip]);
    }
    site.git(&["tag", "pantheon_test_44", &format!("{tip}^{{tree}}")]);
    let tags = site.repository.deploy_tags("test").unwrap();
    let numbers: Vec<_> = tags.iter().map(|tag| tag.number).collect();
    assert_eq!(numbers, [10, 9, 2]);
    assert_eq!(tags[0].message, "Message\n\nmore");
    assert_eq!((tags[1].message.as_str(), tags[1].commit.as_str()), ("", tip.as_str()));
    assert_eq!(tags[0].name, "pantheon_test_10");
    let error = site.repository.tag("pantheon_test_2", &tip, "again", &author()).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert_eq!(site.repository.tag("-d", &tip, "", &author()).unwrap_err().code, Code::Usage);
}

#[test]
fn a_reference_only_moves_from_where_it_was_said_to_be() {
    let (site, dev) = site().with_dev();
    let repository = &site.repository;
    let first = site.tip();
    put(&dev, "index.php", "new");
    let second = commit_changes(&dev, &[], "Second", &author()).unwrap();
    let busy = |from: Option<&str>, to: Option<&str>| {
        let error = repository.move_reference("refs/heads/x", from, to).unwrap_err();
        assert_eq!(error.code, Code::Busy, "{error:?}");
    };
    busy(Some(&first), Some(&second));
    repository.move_reference("refs/heads/x", None, Some(&first)).unwrap();
    busy(None, Some(&second));
    busy(Some(&second), Some(&first));
    busy(Some(&second), None);
    busy(None, None);
    assert_eq!(repository.reference("refs/heads/x").unwrap().as_ref(), Some(&first));
    repository.move_reference("refs/heads/x", Some(&first), Some(&second)).unwrap();
    repository.move_reference("refs/heads/x", Some(&second), None).unwrap();
    assert_eq!(repository.reference("refs/heads/x").unwrap(), None);
    repository.move_reference("refs/heads/x", None, None).unwrap();
}

#[test]
fn an_annotated_tag_can_be_taken_away_and_put_back() {
    let site = site();
    let (name, tip) = ("refs/tags/pantheon_test_1", site.tip());
    site.repository.tag("pantheon_test_1", &tip, "Deploy", &author()).unwrap();
    let tag = site.repository.reference(name).unwrap().unwrap();
    assert_ne!(tag, tip);
    site.repository.move_reference(name, Some(&tag), None).unwrap();
    assert!(site.repository.deploy_tags("test").unwrap().is_empty());
    site.repository.move_reference(name, None, Some(&tag)).unwrap();
    assert_eq!(site.repository.deploy_tags("test").unwrap()[0].message, "Deploy");
}

#[test]
fn a_worktree_is_clean_for_git_and_for_us() {
    let (site, dev) = site().with_dev();
    assert_eq!(git(&dev, &["status", "--porcelain", "--branch"]), "## master");
    assert_eq!(git(&dev, &["diff-index", "HEAD"]), "");
    assert_eq!(count_changes(&dev).unwrap(), 0);
    assert_eq!(git(&dev, &["rev-parse", "--git-common-dir"]), {
        site.repository.path().canonicalize().unwrap().to_str().unwrap().to_owned()
    });
    let error =
        site.repository.add_worktree(&site.path("other"), "master", Meter::silent()).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    site.repository.move_reference("refs/heads/blog", None, Some(&site.tip())).unwrap();
    assert!(site.repository.add_worktree(&dev, "blog", Meter::silent()).is_err());
    let blog = site.path("blog/code");
    site.repository.add_worktree(&blog, "blog", Meter::silent()).unwrap();
    assert!(git(&blog, &["worktree", "list"]).lines().count() == 3);
    fs::remove_dir_all(&blog).unwrap();
    site.repository.forget_worktree(&blog).unwrap();
    site.repository.forget_worktree(&blog).unwrap();
    assert!(git(&dev, &["worktree", "list"]).lines().count() == 2);
    site.repository.add_worktree(&blog, "blog", Meter::silent()).unwrap();
}

#[test]
fn a_worktree_works_after_the_root_folder_was_moved() {
    let outer = tempfile::tempdir().unwrap();
    let (site, _) = site().with_dev();
    let moved = outer.path().join("moved");
    fs::rename(site.scratch.path(), &moved).unwrap();
    let repository = Repository::at(moved.join("repository.git"));
    let dev = moved.join("dev/code");
    repository.repair_worktree(&dev).unwrap();
    assert_eq!(git(&dev, &["status", "--porcelain"]), "");
    assert!(
        git(&dev, &["worktree", "list"]).contains(dev.canonicalize().unwrap().to_str().unwrap())
    );
    put(&dev, "index.php", "changed");
    assert_eq!(count_changes(&dev).unwrap(), 1);
    commit_changes(&dev, &[], "After the move", &author()).unwrap();
    assert_eq!(git(&dev, &["status", "--porcelain"]), "");
}

#[test]
fn a_push_updates_the_worktree_and_a_dirty_one_refuses_it() {
    let (site, dev) = site().with_dev();
    let person = site.path("person");
    git(site.scratch.path(), &["clone", "-q", "repository.git", "person"]);
    put(&person, "index.php", "pushed");
    put(&person, "new/b.php", "new");
    git(&person, &["add", "."]);
    git(&person, &["commit", "-qm", "Pushed"]);
    git(&person, &["push", "-q"]);
    assert_eq!(fs::read_to_string(dev.join("index.php")).unwrap(), "pushed");
    assert_eq!(count_changes(&dev).unwrap(), 0);
    put(&dev, "index.php", "dirty");
    put(&person, "index.php", "pushed again");
    git(&person, &["commit", "-qam", "Again"]);
    let (success, said) = try_git(&person, &["push", "-q"]);
    assert!(!success && said.contains("unstaged changes"), "{said}");
    assert_eq!(fs::read_to_string(dev.join("index.php")).unwrap(), "dirty");
}

#[test]
fn a_release_is_exactly_the_commit_and_can_be_read_only() {
    let (site, dev) = site().with_dev();
    put(&dev, "bin/run", "#!/bin/sh\n");
    fs::set_permissions(dev.join("bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
    put(&dev, "crlf.txt", "a\r\nb\r\n");
    std::os::unix::fs::symlink("../index.php", dev.join("lib/link")).unwrap();
    let commit = commit_changes(&dev, &[], "More", &author()).unwrap();
    let release = site.path("test/releases/1");
    site.repository.checkout_release(&commit, &release, None, Meter::silent()).unwrap();
    let mode = |file: &str| {
        fs::symlink_metadata(release.join(file)).unwrap().permissions().mode() & 0o7777
    };
    assert_eq!((mode("index.php"), mode("bin/run"), mode("lib")), (0o444, 0o555, 0o755));
    assert!(!release.join(".git").exists());
    assert_eq!(fs::read_link(release.join("lib/link")).unwrap(), Path::new("../index.php"));
    git(
        site.scratch.path(),
        &["diff", "--no-index", "--exit-code", "dev/code/crlf.txt", "test/releases/1/crlf.txt"],
    );
    assert!(is_empty(&site.path("test/releases"), &["1"]));
    assert!(site.repository.checkout_release(&commit, &release, None, Meter::silent()).is_err());
    fs::remove_dir_all(&release).unwrap();
}

#[test]
fn a_release_like_an_earlier_one_does_not_take_over_what_was_tampered_with() {
    let (site, dev) = site().with_dev();
    let first = site.tip();
    let (one, two) = (site.path("1"), site.path("2"));
    site.repository.checkout_release(&first, &one, None, Meter::silent()).unwrap();
    fs::remove_file(one.join("index.php")).unwrap();
    put(&one, "index.php", "tampered");
    put(&dev, "lib/a.php", "second");
    let second = commit_changes(&dev, &[], "Second", &author()).unwrap();
    let like = Some((one.as_path(), first.as_str()));
    site.repository.checkout_release(&second, &two, like, Meter::silent()).unwrap();
    assert_eq!(fs::read_to_string(two.join("index.php")).unwrap(), "<?php\necho 1;\n");
    assert_eq!(fs::read_to_string(two.join("lib/a.php")).unwrap(), "second");
}

#[test]
fn a_commit_that_cant_be_released_is_refused_with_the_reason() {
    let (site, dev) = site().with_dev();
    let release = site.path("release");
    let refused = |commit: &str, reason: &str| {
        let error =
            site.repository.checkout_release(commit, &release, None, Meter::silent()).unwrap_err();
        assert_eq!(error.code, Code::Refused);
        assert!(error.message.contains(reason), "{}", error.message);
        assert!(!release.exists());
    };
    let tip = site.tip();
    git(&dev, &["update-index", "--add", "--cacheinfo", &format!("160000,{tip},vendor/sub")]);
    git(&dev, &["commit", "-qm", "Submodule"]);
    refused(&site.tip(), "`vendor/sub` is a Git submodule");
    git(&dev, &["rm", "-q", "--cached", "vendor/sub"]);
    std::os::unix::fs::symlink("../../outside", dev.join("lib/link")).unwrap();
    git(&dev, &["add", "."]);
    git(&dev, &["commit", "-qm", "Link"]);
    refused(&site.tip(), "`lib/link` leaves the code");
}

#[test]
fn a_cancelled_checkout_leaves_nothing() {
    let site = site();
    let cancel = Cancel::default();
    cancel.cancel();
    let meter = Meter::new(&cancel, &|_| ());
    let release = site.path("test/release");
    let error = site.repository.checkout_release(&site.tip(), &release, None, meter).unwrap_err();
    assert!(error.is_cancelled());
    let error = site.repository.add_worktree(&site.path("test/code"), "master", meter).unwrap_err();
    assert!(error.is_cancelled());
    assert!(is_empty(&site.path("test"), &[]));
    assert!(is_empty(&site.repository.path().join("worktrees"), &[]));
}

#[test]
fn changes_are_listed_with_their_lines_and_ignored_files_are_not() {
    let (site, dev) = site().with_dev();
    site.repository.exclude(&["wp-content/uploads"]).unwrap();
    put(&dev, "index.php", "<?php\necho 2;\necho 3;\n");
    fs::remove_file(dev.join("lib/a.php")).unwrap();
    put(&dev, "lib/new/b c.php", "1\n2\n");
    put(&dev, "photo.bin", b"\0\x01\x02");
    put(&dev, ".gitignore", "*.log\n");
    put(&dev, "debug.log", "x");
    std::os::unix::fs::symlink("/tmp", dev.join("wp-content-link")).unwrap();
    fs::create_dir(dev.join("wp-content")).unwrap();
    std::os::unix::fs::symlink("../../../files", dev.join("wp-content/uploads")).unwrap();
    let rows: Vec<_> = changes(&dev)
        .unwrap()
        .into_iter()
        .map(|row| (row.file, row.status, row.additions, row.deletions))
        .collect();
    assert_eq!(
        rows,
        [
            (".gitignore".into(), FileStatus::Added, 1, 0),
            ("index.php".into(), FileStatus::Modified, 2, 1),
            ("lib/a.php".into(), FileStatus::Deleted, 0, 1),
            ("lib/new/b c.php".into(), FileStatus::Added, 2, 0),
            ("photo.bin".into(), FileStatus::Added, 0, 0),
            ("wp-content-link".to_owned(), FileStatus::Added, 1, 0),
        ]
    );
    assert_eq!(count_changes(&dev).unwrap(), 6);
    let text = diff(&dev, "index.php").unwrap();
    assert!(text.contains("@@ -1,2 +1,3 @@") && text.contains("+echo 2;"), "{text}");
    assert!(diff(&dev, "lib/new/b c.php").unwrap().contains("+2"));
    assert!(diff(&dev, "lib/a.php").unwrap().contains("-<?php"));
    let binary = diff(&dev, "photo.bin").unwrap();
    assert_eq!(binary, "binary file `photo.bin`: 0 bytes before, 3 bytes now\n");
    assert_eq!(diff(&dev, "debug.log").unwrap_err().code, Code::NotFound);
}

#[test]
fn only_the_chosen_files_are_committed_and_the_rest_stays_as_it_was() {
    let (site, dev) = site().with_dev();
    put(&dev, "index.php", "changed");
    put(&dev, "staged.php", "staged");
    git(&dev, &["add", "staged.php"]);
    fs::remove_file(dev.join("lib/a.php")).unwrap();
    put(&dev, "lib/b.php", "new");
    let files = ["index.php", "lib/a.php"].map(str::to_owned);
    let commit = commit_changes(&dev, &files, "  Two files\n\n\n", &author()).unwrap();
    assert_eq!(site.tip(), commit);
    assert_eq!(
        git(&dev, &["show", "--format=%an <%ae> %cn|%B", "--name-status", "HEAD"]),
        "Ada Example <ada@example.test> Ada Example|Two files\n\n\nM\tindex.php\nD\tlib/a.php"
    );
    assert_eq!(git(&dev, &["status", "--porcelain"]), "A  staged.php\n?? lib/");
    commit_changes(&dev, &[], "The rest", &author()).unwrap();
    assert_eq!(git(&dev, &["status", "--porcelain"]), "");
}

#[test]
fn what_cant_be_committed_is_refused_and_changes_nothing() {
    let (site, dev) = site().with_dev();
    let tip = site.tip();
    let commit = |files: &[String], message| {
        commit_changes(&dev, files, message, &author()).unwrap_err().code
    };
    assert_eq!(commit(&[], "Nothing"), Code::Refused);
    put(&dev, "index.php", "changed");
    assert_eq!(commit(&[], " \n"), Code::Usage);
    assert_eq!(commit(&["lib/a.php".into()], "Not changed"), Code::NotFound);
    let nested = dev.join("plugin");
    fs::create_dir(&nested).unwrap();
    git(&nested, &["init", "-q"]);
    put(&nested, "a.php", "x");
    git(&nested, &["add", "."]);
    git(&nested, &["commit", "-qm", "Nested"]);
    assert_eq!(commit(&[], "Nested"), Code::Refused);
    assert_eq!(site.tip(), tip);
    assert_eq!(git(&dev, &["diff", "--cached", "--name-only"]), "");
}

#[test]
fn a_file_name_of_any_bytes_is_listed_and_committed() {
    use std::os::unix::ffi::OsStrExt;
    let (site, dev) = site().with_dev();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.php");
    fs::write(dev.join(name), "x").unwrap();
    let rows = changes(&dev).unwrap();
    assert_eq!(rows[0].file, "caf\u{fffd}.php");
    commit_changes(&dev, &[rows[0].file.clone()], "Odd", &author()).unwrap();
    let release = site.path("release");
    site.repository.checkout_release(&site.tip(), &release, None, Meter::silent()).unwrap();
    assert!(release.join(name).exists());
}

#[test]
fn an_excluded_path_is_written_once_and_means_only_itself() {
    let (site, dev) = site().with_dev();
    for _ in 0..2 {
        site.repository.exclude(&["sites/default/files", "a[b]*"]).unwrap();
    }
    let written = fs::read_to_string(site.repository.path().join("info/exclude")).unwrap();
    assert_eq!(written.matches("/sites/default/files\n").count(), 1);
    put(&dev, "sites/default/files/x", "x");
    put(&dev, "a[b]*", "x");
    put(&dev, "abc", "x");
    put(&dev, "other/sites/default/files/x", "x");
    let files: Vec<_> = changes(&dev).unwrap().into_iter().map(|row| row.file).collect();
    assert_eq!(files, ["abc", "other/sites/default/files/x"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Commits with any parents and any dates (clocks go wrong).
    #[test]
    fn ahead_and_behind_are_what_git_counts(
        shape in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>(), 1_000_000_000i64..1_000_000_500), 2..30),
        sane in any::<bool>(),
        pairs in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 4),
    ) {
        let site = site();
        let git = site.repository.open().unwrap();
        let tree = git.find_commit(oid(&site.tip()).unwrap()).unwrap().tree().unwrap();
        let mut commits = vec![git.find_commit(oid(&site.tip()).unwrap()).unwrap()];
        for (number, (one, other, merge, date)) in shape.iter().enumerate() {
            let by = git2::Signature::new("a", "a@example.test", &git2::Time::new(if sane { 1_000_000_000 + number as i64 } else { *date }, 0)).unwrap();
            let mut parents = vec![&commits[one.index(commits.len())]];
            let second = &commits[other.index(commits.len())];
            if *merge && second.id() != parents[0].id() {
                parents.push(second);
            }
            let id = git.commit(None, &by, &by, &number.to_string(), &tree, &parents).unwrap();
            commits.push(git.find_commit(id).unwrap());
        }
        for (one, other) in pairs {
            let one = one.get(&commits).id().to_string();
            let other = other.get(&commits).id().to_string();
            // With dates that go backwards `git rev-list A...B` may be wrong itself; what one commit has is exact.
            let all = |commit: &str| site.git(&["rev-list", commit]).lines().map(str::to_owned).collect::<HashSet<_>>();
            let (mine, theirs) = (all(&one), all(&other));
            let expected = Distance {
                ahead: mine.difference(&theirs).count() as u64,
                behind: theirs.difference(&mine).count() as u64,
            };
            let distance = site.repository.distance(&one, &other).unwrap();
            prop_assert_eq!(distance, expected);
            prop_assert_eq!(site.repository.length(&one).unwrap(), mine.len() as u64);
            if sane {
                let counted = site.git(&["rev-list", "--left-right", "--count", &format!("{one}...{other}")]);
                prop_assert_eq!(format!("{}\t{}", distance.ahead, distance.behind), counted);
                let newest = site.repository.missing(&one, None, 3).unwrap();
                let newest: Vec<_> = newest.into_iter().map(|row| row.commit).collect();
                prop_assert_eq!(newest.join("\n"), site.git(&["rev-list", "-3", &one]));
            }
            let missing = site.repository.missing(&one, Some(&other), 1000).unwrap();
            let listed: Vec<_> = missing.into_iter().map(|row| row.commit).collect();
            prop_assert_eq!(listed.len() as u64, distance.ahead);
            prop_assert!(listed.iter().all(|commit| mine.contains(commit) && !theirs.contains(commit)));
            for (place, commit) in listed.iter().enumerate() {
                let commit = git.find_commit(oid(commit).unwrap()).unwrap();
                prop_assert!(commit.parent_ids().all(|parent| !listed[..place].contains(&parent.to_string())));
            }
        }
    }

    #[test]
    fn a_link_that_is_taken_never_leads_outside(parts in prop::collection::vec("[a-c]|\\.\\.|\\.|", 0..7), depth in 0usize..3) {
        let target = parts.join("/");
        let path = "d/".repeat(depth) + "link";
        if checkout::check_link(path.as_bytes(), target.as_bytes()).is_ok() {
            let mut here = depth as i32;
            for part in target.split('/') {
                here += match part { ".." => -1, "" | "." => 0, _ => 1 };
                prop_assert!(here >= 0, "{path} -> {target}");
            }
            prop_assert!(!target.starts_with('/'));
        }
    }
}
