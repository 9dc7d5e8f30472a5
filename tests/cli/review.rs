//! What a person reviews, takes back and solves: commits, discards, conflicts, hotfixes.
use std::fs;

use crate::{
    code::{code, commit, read, with_clone},
    support::PorticoTest,
};

#[test]
fn a_commit_is_shown_with_what_it_changed() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    fs::write(clone.join("a.html"), "one\ntwo\n").unwrap();
    commit(&test, &clone, "b.html", "b\n");
    test.git(&clone, &["push"]).success();
    let id = test.git(&clone, &["rev-parse", "HEAD"]).success().stdout.trim().to_owned();
    let short = &id[..7];
    let rows = test.json(&["env:diffstat", "demo.dev", "--commit", short]);
    assert_eq!((&rows[0]["file"], &rows[0]["additions"]), (&"a.html".into(), &2.into()));
    let told = test.run(&["env:diff", "demo.dev", "--commit", short]).success();
    told.stdout_has("+two").stdout_has("+b");
    let one = test.run(&["env:diff", "demo.dev", "a.html", "--commit", short]).success();
    assert!(!one.stdout.contains("+b"), "{one}");
    test.run(&["env:diff", "demo.dev", "--commit", "ffffffff"]).status(3);
    test.run(&["env:diff", "demo.dev", "c.html", "--commit", short]).status(3);
}

#[test]
fn discarded_changes_come_back_by_undo_and_later_ones_stay() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:discard", "demo.dev"]).status(5).stderr_has("nothing to discard");
    let folder = test.environment("demo.dev").join("code");
    let put = |file: &str, text: &str| fs::write(folder.join(file), text).unwrap();
    let index = read(&test, "demo.dev", "index.php");
    put("index.php", "<?php // changed");
    put("new.html", "new");
    put("other.html", "other");
    test.run(&["env:discard", "demo.dev", "wrong.html"]).status(3);
    test.run(&["env:discard", "demo.dev", "index.php", "new.html"]).success();
    assert_eq!(read(&test, "demo.dev", "index.php"), index);
    assert_eq!(read(&test, "demo.dev", "new.html"), None);
    assert_eq!(read(&test, "demo.dev", "other.html").as_deref(), Some("other"));
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 1);
    put("other.html", "later");
    test.run(&["undo", "demo"]).success();
    assert_eq!(read(&test, "demo.dev", "index.php").as_deref(), Some("<?php // changed"));
    assert_eq!(read(&test, "demo.dev", "new.html").as_deref(), Some("new"));
    assert_eq!(read(&test, "demo.dev", "other.html").as_deref(), Some("later"));
    test.run(&["undo", "demo"]).success();
    assert_eq!(read(&test, "demo.dev", "new.html"), None);
    assert_eq!(read(&test, "demo.dev", "other.html").as_deref(), Some("later"));
    // All at once, and back although something new is there.
    test.run(&["env:discard", "demo.dev"]).success();
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);
    put("third.html", "third");
    test.run(&["undo", "demo"]).success();
    assert_eq!(read(&test, "demo.dev", "other.html").as_deref(), Some("later"));
    assert_eq!(read(&test, "demo.dev", "third.html").as_deref(), Some("third"));
    test.run(&["env:discard", "demo.test"]).status(5).stderr_has("initialized");
}

#[test]
fn a_conflict_is_solved_file_by_file_and_undone_as_one_step() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    for (branch, text) in [("master", "Dev's\n"), ("blog", "blog's\n")] {
        test.git(&clone, &["fetch", "-q"]).success();
        test.git(&clone, &["switch", branch]).success();
        for file in ["a.html", "b.html"] {
            fs::write(clone.join(file), text).unwrap();
        }
        commit(&test, &clone, "c.html", text);
        test.git(&clone, &["push"]).success();
    }
    let before = code(&test, "demo.dev")["commit"].clone();
    let merge = |resolve: &[&str]| {
        let mut words = vec!["multidev:merge-to-dev", "demo.blog"];
        resolve.iter().for_each(|it| words.extend(["--resolve", it]));
        test.run(&words)
    };
    let outcome = merge(&["a.html=ours"]).status(5).stderr_has("conflict in b.html");
    assert!(!outcome.stderr.contains("conflict in a.html"), "{outcome}");
    merge(&["a.html=ours", "b.html=theirs", "c.html=nowhere.html"]).status(1);
    merge(&["none.html=ours"]).status(3).stderr_has("none.html");
    merge(&["a.html"]).status(2);
    // A relative path is the person's, wherever the owner runs.
    fs::write(test.folder("solved.html"), "<<<<<<< a\n>>>>>>> b\n").unwrap();
    let all = ["a.html=ours", "b.html=theirs", "c.html=solved.html"];
    let command = || {
        let mut words = vec!["multidev:merge-to-dev", "demo.blog"];
        all.iter().for_each(|it| words.extend(["--resolve", it]));
        test.run(&words)
    };
    command().status(5).stderr_has("markers");
    assert_eq!(code(&test, "demo.dev")["commit"], before);
    fs::write(test.folder("solved.html"), "both\n").unwrap();
    command().success();
    let files = ["a.html", "b.html", "c.html"].map(|file| read(&test, "demo.dev", file).unwrap());
    assert_eq!(files, ["Dev's\n", "blog's\n", "both\n"]);
    let merged = code(&test, "demo.dev");
    assert_eq!(merged["uncommitted"], 0);
    test.run(&["undo", "demo"]).success();
    assert_eq!(code(&test, "demo.dev")["commit"], before);
    test.run(&["undo", "demo"]).success();
    assert_eq!(code(&test, "demo.dev"), merged);
}

#[test]
fn a_hotfix_goes_from_live_s_tag_to_test_and_live_and_then_to_dev() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
    commit(&test, &clone, "page.html", "unfinished\n");
    test.git(&clone, &["push"]).success();
    let at = ["multidev:create", "demo.live", "hotfix", "--at", "pantheon_live_1"];
    test.run(&[&at[..4], &["pantheon_live_9"]].concat()).status(3);
    test.run(&at).success();
    assert_eq!(read(&test, "demo.hotfix", "page.html"), None, "it begins with Live's code");
    test.run(&["env:deploy", "demo.live", "--from", "hotfix"]).status(5).stderr_has("nothing");
    test.run(&["connection:set", "demo.hotfix", "sftp"]).success();
    let folder = test.environment("demo.hotfix").join("code");
    for (file, text) in [("fix.html", "fixed\n"), ("page.html", "fixed\n")] {
        fs::write(folder.join(file), text).unwrap();
        test.run(&["env:commit", "demo.hotfix", "--message", &format!("Fix {file}")]).success();
    }
    test.run(&["env:deploy", "demo.test", "--from", "dev"]).status(5).stderr_has("multidev");
    test.run(&["env:deploy", "demo.test"]).success();
    let plan = test.json(&["env:deploy", "demo.test", "--from", "hotfix", "--dry-run"]);
    assert_eq!(plan["dropped"], 1, "Test has the unfinished page, which the hotfix passes by");
    for environment in ["demo.test", "demo.live"] {
        let note = ["--from", "hotfix", "--note", "Hotfix"];
        test.run(&[&["env:deploy", environment][..], &note].concat()).success();
        assert!(test.browser().get(environment, "/fix.html").ok().has("fixed"));
    }
    let deploys = test.json(&["env:deploys", "demo.live"]);
    assert_eq!(
        (&deploys[0]["tag"], &deploys[0]["current"]),
        (&"pantheon_live_2".into(), &true.into())
    );
    assert_eq!((&deploys[0]["message"], &deploys[1]["current"]), (&"Hotfix".into(), &false.into()));
    assert_eq!(code(&test, "demo.live")["orphans"], 2);
    let plan = test.json(&["env:deploy", "demo.test", "--dry-run"]);
    assert_eq!(plan["dropped"], 2, "the next deploy from Dev would drop the hotfix");

    let bring = ["env:bring-to-dev", "demo.live"];
    let refused = test.run(&bring).status(5).stderr_has("conflict in page.html");
    refused.stderr_has("git cherry-pick -x");
    test.run(&[&bring[..], &["--resolve", "page.html=theirs"]].concat()).success();
    assert_eq!(read(&test, "demo.dev", "fix.html").as_deref(), Some("fixed\n"));
    assert_eq!(read(&test, "demo.dev", "page.html").as_deref(), Some("fixed\n"));
    assert_eq!(code(&test, "demo.live")["orphans"], 0);
    assert_eq!(test.json(&["env:deploy", "demo.test", "--dry-run"])["dropped"], 0);
    let log = test.json(&["env:code-log", "demo.dev"]);
    let subjects: Vec<_> = log.as_array().unwrap().iter().map(|it| &it["subject"]).collect();
    assert_eq!(subjects[..2], ["Fix page.html", "Fix fix.html"]);
    test.run(&["undo", "demo"]).success();
    assert_eq!(code(&test, "demo.live")["orphans"], 2);
    // A multidev at a branch that is no name for an environment.
    test.git(&clone, &["push", "origin", "HEAD:refs/heads/feature/Long-Name"]).success();
    let long = ["multidev:create", "demo.dev", "long", "--at", "feature/Long-Name"];
    test.run(&long).success();
    assert_eq!(read(&test, "demo.long", "page.html").as_deref(), Some("unfinished\n"));
    test.run(&["multidev:delete", "demo.long"]).success();
    test.run(&long).status(5).stderr_has("branch `long` already");
}

#[test]
fn tools_are_told_how_to_reach_code_and_database() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample", "--database", "mariadb"]).success();
    test.browser().post("demo.dev", "/", &[("name", "A"), ("text", "Hello")]).ok();
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    let info = test.json(&["connection:info", "demo.blog"]);
    let command = info["git_command"].as_str().unwrap();
    test.shell(&test.folder(""), command).success();
    let branch = test.git(&test.folder("demo"), &["branch", "--show-current"]).success();
    assert_eq!(branch.stdout.trim(), "blog");
    let tables = format!("{} -e 'show tables'", info["database"]["command"].as_str().unwrap());
    test.shell(&test.folder(""), &tables).success().stdout_has("guestbook");
}
