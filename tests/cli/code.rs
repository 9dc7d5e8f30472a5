//! The code half with a real Git client: multidevs, merges, hotfix tags, upstream updates, mode switches.
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;

use crate::support::{PorticoTest, eventually, wordpress};

/// A site from the sample whose Dev takes pushes, and a person's clone of it.
pub(crate) fn with_clone(test: &PorticoTest) -> PathBuf {
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["connection:set", "demo.dev", "git"]).success();
    clone(test, "clone")
}

pub(crate) fn clone(test: &PorticoTest, name: &str) -> PathBuf {
    let repository = test.root().join("sites/demo/repository.git");
    test.git(&test.folder(""), &["clone", repository.to_str().unwrap(), name]).success();
    test.folder(name)
}

/// Commits a file in a clone.
pub(crate) fn commit(test: &PorticoTest, clone: &Path, file: &str, text: &str) {
    fs::write(clone.join(file), text).unwrap();
    test.git(clone, &["add", "."]).success();
    test.git(clone, &["commit", "-m", &format!("Change {file}")]).success();
}

pub(crate) fn code(test: &PorticoTest, environment: &str) -> Value {
    test.json(&["env:info", environment])["code"].clone()
}

pub(crate) fn read(test: &PorticoTest, environment: &str, file: &str) -> Option<String> {
    fs::read_to_string(test.environment(environment).join("code").join(file)).ok()
}

#[test]
fn a_multidev_has_devs_code_and_another_environments_content() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    with_clone(&test);
    browser.post("demo.dev", "/", &[("name", "A"), ("text", "Written on Dev")]).ok();
    test.run(&["multidev:create", "demo.live", "blog"]).status(5).stderr_has("initialized");
    test.run(&["multidev:create", "demo.dev", "gh-comment-12"]).status(2).stderr_has("gh-comment");
    test.run(&["multidev:create", "demo.dev", "test"]).status(5).stderr_has("reserved");
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    assert!(browser.get("demo.blog", "/").ok().has("Written on Dev"));
    test.run(&["multidev:create", "demo.dev", "blog"]).status(5).stderr_has("exists");
    test.run(&["multidev:create", "demo.dev", "bare", "--no-db", "--no-files"]).success();
    assert!(!browser.get("demo.bare", "/").ok().has("Written on Dev"));
    let names = test.json(&["multidev:list", "demo"]);
    let names: Vec<_> = names.as_array().unwrap().iter().map(|it| &it["environment"]).collect();
    assert_eq!(names, ["bare", "blog"]);
    // The site `blog-demo` would have `dev-blog-demo`; `demo` must not get a multidev `dev-blog`.
    test.run(&["site:create", "blog-demo", "--from", "sample"]).success();
    test.run(&["multidev:create", "demo.dev", "dev-blog"]).status(5).stderr_has("same address");
    test.run(&["multidev:create", "demo.dev", "live-x"]).success();
    test.run(&["site:create", "x-demo", "--from", "sample"]).status(5).stderr_has("same address");
}

#[test]
fn a_deleted_multidev_comes_back_with_its_uncommitted_work() {
    let test = PorticoTest::new();
    let serving = test.serve();
    let browser = test.browser();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    browser.post("demo.blog", "/", &[("name", "A"), ("text", "Written on blog")]).ok();
    let folder = test.environment("demo.blog").join("code");
    fs::write(folder.join("draft.html"), "a draft").unwrap();
    test.run(&["multidev:delete", "demo.dev"]).status(5).stderr_has("not a multidev");
    test.run(&["multidev:delete", "demo.blog", "--delete-branch"]).success();
    assert!(!folder.exists());
    assert_eq!(browser.get("demo.blog", "/").status, 404);
    assert_eq!(test.json(&["branch:list", "demo"]).as_array().unwrap().len(), 1);
    // The next owner keeps what can be brought back.
    assert_eq!(serving.end(), Some(0));
    let _serving = test.serve();
    test.run(&["undo", "demo"]).success();
    assert!(browser.get("demo.blog", "/").ok().has("Written on blog"));
    assert_eq!(read(&test, "demo.blog", "draft.html").as_deref(), Some("a draft"));
    assert_eq!(code(&test, "demo.blog")["uncommitted"], 1);
    test.git(&folder, &["status"]).success().stdout_has("draft.html");
    // Undo of undo deletes it again; then the same name can be made anew.
    test.run(&["undo", "demo"]).success();
    assert!(!folder.exists());
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    assert_eq!(read(&test, "demo.blog", "draft.html"), None);
    // Making it is undone too, and redone.
    test.run(&["undo", "demo"]).success();
    assert!(!folder.exists());
    test.run(&["undo", "demo"]).success();
    browser.get("demo.blog", "/").ok();
}

#[test]
fn a_pushed_branch_becomes_an_environment_and_takes_pushes() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    test.git(&clone, &["switch", "-c", "blog"]).success();
    commit(&test, &clone, "blog.html", "one");
    test.git(&clone, &["push", "-u", "origin", "blog"]).success();
    let rows = test.json(&["branch:list", "demo"]);
    assert_eq!(rows[0]["name"], "blog");
    assert_eq!((&rows[0]["ahead"], &rows[0]["behind"]), (&1.into(), &0.into()));
    assert!(rows[0]["environment"].is_null());
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    assert_eq!(read(&test, "demo.blog", "blog.html").as_deref(), Some("one"));
    commit(&test, &clone, "blog.html", "two");
    test.git(&clone, &["push"]).success();
    assert_eq!(read(&test, "demo.blog", "blog.html").as_deref(), Some("two"));
    test.git(&clone, &["push", "origin", ":blog"]).status(1).stderr_has("demo.blog follows");
}

#[test]
fn merges_go_both_ways_and_are_undone() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    test.run(&["multidev:merge-to-dev", "demo.blog"]).status(5).stderr_has("nothing to merge");
    commit(&test, &clone, "dev.html", "from Dev");
    test.git(&clone, &["push"]).success();
    test.git(&clone, &["fetch"]).success();
    test.git(&clone, &["switch", "blog"]).success();
    commit(&test, &clone, "blog.html", "from blog");
    test.git(&clone, &["push"]).success();
    let row = test.json(&["multidev:list", "demo"])[0].clone();
    assert_eq!((&row["ahead"], &row["behind"]), (&1.into(), &1.into()));

    let before = code(&test, "demo.dev")["commit"].clone();
    test.run(&["multidev:merge-to-dev", "demo.blog"]).success();
    assert_eq!(read(&test, "demo.dev", "blog.html").as_deref(), Some("from blog"));
    assert!(test.browser().get("demo.dev", "/blog.html").ok().has("from blog"));
    let merged = code(&test, "demo.dev");
    assert_eq!(merged["uncommitted"], 0);
    test.run(&["undo", "demo"]).success();
    assert_eq!(code(&test, "demo.dev")["commit"], before);
    assert_eq!(read(&test, "demo.dev", "blog.html"), None);
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);
    test.run(&["undo", "demo"]).success();
    assert_eq!(code(&test, "demo.dev")["commit"], merged["commit"]);

    test.run(&["multidev:merge-from-dev", "demo.blog"]).success();
    assert_eq!(read(&test, "demo.blog", "dev.html").as_deref(), Some("from Dev"));
    test.run(&["multidev:merge-from-dev", "demo.dev"]).status(5).stderr_has("not a multidev");
}

#[test]
fn a_merge_that_conflicts_changes_nothing_and_names_the_files() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    commit(&test, &clone, "page.html", "Dev's");
    test.git(&clone, &["push"]).success();
    test.git(&clone, &["fetch"]).success();
    test.git(&clone, &["switch", "blog"]).success();
    commit(&test, &clone, "page.html", "blog's");
    test.git(&clone, &["push"]).success();
    let before = code(&test, "demo.dev");
    let outcome = test.run(&["multidev:merge-to-dev", "demo.blog"]).status(5);
    outcome.stderr_has("conflict in page.html").stderr_has("git pull --no-rebase origin blog");
    assert_eq!(code(&test, "demo.dev"), before);
    assert_eq!(read(&test, "demo.dev", "page.html").as_deref(), Some("Dev's"));
    // Uncommitted changes are in the way of any merge.
    fs::write(test.environment("demo.dev").join("code/open.html"), "open").unwrap();
    test.run(&["multidev:merge-to-dev", "demo.blog"]).status(5).stderr_has("open.html");
}

#[test]
fn pushing_a_higher_tag_deploys_it_and_a_lower_or_moved_one_is_refused() {
    let test = PorticoTest::new();
    let serving = test.serve();
    let clone = with_clone(&test);
    test.git(&clone, &["tag", "pantheon_test_9"]).success();
    test.git(&clone, &["push", "origin", "pantheon_test_9"]).status(1).stderr_has("initialized");
    test.git(&clone, &["tag", "-d", "pantheon_test_9"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
    test.git(&clone, &["fetch", "--tags"]).success();
    test.git(&clone, &["switch", "-c", "hotfix", "pantheon_live_1"]).success();
    commit(&test, &clone, "fix.html", "fixed");
    let tag = |name: &str| test.git(&clone, &["tag", "-f", "-a", name, "-m", "Hotfix"]).success();
    let push = |name: &str| test.git(&clone, &["push", "-f", "origin", name]);
    tag("pantheon_live_1");
    push("pantheon_live_1").status(1).stderr_has("can't be moved");
    tag("pantheon_live_0");
    push("pantheon_live_0").status(1).stderr_has("comes a number");
    push(":pantheon_live_1").status(1).stderr_has("can't be deleted");
    tag("pantheon_live_5");
    push("pantheon_live_5").success().stderr_has("pantheon_live_5");
    // It is on record a moment before visitors see it.
    eventually("the tag is deployed", || test.browser().get("demo.live", "/fix.html").has("fixed"));
    assert_eq!(code(&test, "demo.live")["tag"], "pantheon_live_5");
    tag("pantheon_live_4");
    push("pantheon_live_4").status(1).stderr_has("pantheon_live_6");

    // The commit is on Live alone until it is brought to Dev.
    assert_eq!(code(&test, "demo.live")["orphans"], 1);
    assert_eq!(test.json(&["env:orphans", "demo.live"])[0]["subject"], "Change fix.html");
    test.run(&["env:bring-to-dev", "demo.live"]).success();
    assert_eq!(code(&test, "demo.live")["orphans"], 0);
    assert_eq!(read(&test, "demo.dev", "fix.html").as_deref(), Some("fixed"));
    test.run(&["env:bring-to-dev", "demo.live"]).status(5);

    // The deploy before is one command away, and undone like any other.
    test.run(&["env:code-rollback", "demo.live"]).success();
    assert_eq!(code(&test, "demo.live")["tag"], "pantheon_live_1");
    assert_eq!(test.browser().get("demo.live", "/fix.html").status, 404);
    test.run(&["env:code-rollback", "demo.live"]).status(5).stderr_has("first deploy");
    test.run(&["undo", "demo"]).success();
    assert_eq!(code(&test, "demo.live")["tag"], "pantheon_live_5");

    // What is pushed while nobody is there is deployed by the next who is.
    assert_eq!(serving.end(), Some(0));
    tag("pantheon_test_2");
    push("pantheon_test_2").success();
    assert_eq!(code(&test, "demo.test")["tag"], "pantheon_test_2");
}

#[test]
fn tracked_uploads_are_refused_at_the_push() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let wordpress = test.folder("site");
    fs::create_dir_all(wordpress.join("files")).unwrap();
    fs::write(wordpress.join("index.php"), "<?php").unwrap();
    fs::write(wordpress.join("pantheon.yml"), "api_version: 1\nfilemount: /files\n").unwrap();
    test.run(&["site:create", "demo", "--from", wordpress.to_str().unwrap()]).success();
    test.run(&["connection:set", "demo.dev", "git"]).success();
    let clone = clone(&test, "clone");
    fs::create_dir_all(clone.join("files")).unwrap();
    commit(&test, &clone, "files/picture.txt", "content");
    let outcome = test.git(&clone, &["push"]).status(1);
    outcome.stderr_has("Git tracks files in files").stderr_has("git rm -r --cached files");
    // The hook does what it can by itself where Portico's program is gone.
    let rules = test.root().join("sites/demo/repository.git/portico-branches");
    let text = fs::read_to_string(&rules).unwrap();
    assert!(text.contains("\nprogram - "), "{text}");
    fs::write(&rules, text.replace("program - ", "program - /nowhere")).unwrap();
    let outcome = test.git(&clone, &["push"]).status(1);
    outcome.stderr_has("Git tracks files in files").stderr_has("git rm -r --cached files");
}

#[test]
fn uncommitted_work_survives_a_mode_switch_as_an_undo_step() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let folder = test.environment("demo.dev").join("code");
    let index = fs::read(folder.join("index.php")).unwrap();
    fs::write(folder.join("index.php"), "<?php // changed").unwrap();
    fs::write(folder.join("new.html"), "new").unwrap();
    test.run(&["connection:set", "demo.dev", "git"]).success();
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);
    assert_eq!(fs::read(folder.join("index.php")).unwrap(), index);
    let clone = clone(&test, "clone");
    assert!(!clone.join("new.html").exists());
    test.run(&["undo", "demo"]).success();
    assert_eq!(test.json(&["env:info", "demo.dev"])["connection_mode"], "sftp");
    assert_eq!(fs::read_to_string(folder.join("index.php")).unwrap(), "<?php // changed");
    assert_eq!(fs::read_to_string(folder.join("new.html")).unwrap(), "new");
    // Undo of undo sets aside what is there now, later edits included.
    fs::write(folder.join("new.html"), "newer").unwrap();
    test.run(&["undo", "demo"]).success();
    assert!(!folder.join("new.html").exists());
    test.run(&["undo", "demo"]).success();
    assert_eq!(fs::read_to_string(folder.join("new.html")).unwrap(), "newer");
}

#[test]
fn upstream_updates_are_listed_and_merged_and_a_conflict_can_prefer_the_upstream() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let upstream = test.folder("upstream");
    test.git(&test.folder(""), &["init", "-b", "main", "upstream"]).success();
    fs::write(upstream.join("index.php"), "<?php echo 1;").unwrap();
    commit(&test, &upstream, "page.html", "first");
    test.run(&["site:create", "demo", "--from", upstream.to_str().unwrap()]).success();
    let info = test.json(&["upstream:info", "demo"]);
    assert_eq!(info["url"], upstream.to_str().unwrap());
    test.run(&["upstream:updates:status", "demo.dev"]).success().stdout_has("current");
    test.run(&["upstream:updates:apply", "demo.dev"]).stderr_has("no available updates");

    commit(&test, &upstream, "page.html", "second");
    commit(&test, &upstream, "other.html", "other");
    test.run(&["upstream:updates:status", "demo.dev"]).success().stdout_has("outdated");
    let updates = test.json(&["upstream:updates:list", "demo.dev"]);
    assert_eq!(updates[0]["subject"], "Change other.html");
    assert_eq!(updates.as_array().unwrap().len(), 2);
    test.run(&["upstream:updates:apply", "demo.dev"]).success();
    assert_eq!(read(&test, "demo.dev", "page.html").as_deref(), Some("second"));

    commit(&test, &upstream, "page.html", "third");
    fs::write(test.environment("demo.dev").join("code/page.html"), "ours").unwrap();
    test.run(&["upstream:updates:apply", "demo.dev"]).status(5).stderr_has("uncommitted");
    test.run(&["env:commit", "demo.dev", "--message", "Ours"]).success();
    let outcome = test.run(&["upstream:updates:apply", "demo.dev"]).status(5);
    outcome.stderr_has("conflict in page.html").stderr_has("--accept-upstream");
    assert_eq!(read(&test, "demo.dev", "page.html").as_deref(), Some("ours"));
    test.run(&["upstream:updates:apply", "demo.dev", "--accept-upstream"]).success();
    assert_eq!(read(&test, "demo.dev", "page.html").as_deref(), Some("third"));
    test.run(&["upstream:updates:apply", "demo.test"]).status(5);

    test.run(&["site:upstream:set", "demo", "empty"]).success();
    test.run(&["upstream:info", "demo"]).status(3);
    test.run(&["undo", "demo"]).success();
    test.run(&["upstream:info", "demo"]).success();
}

#[test]
fn an_edited_file_and_a_push_are_told_within_a_second() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let events = test.subscribe();
    let folder = test.environment("demo.dev").join("code");
    let told = |patience: Duration| events.recv_timeout(patience).ok();
    // The watch begins a moment after the owner; this is no part of the second.
    eventually("the watch has begun", || {
        fs::write(folder.join("first.html"), "edited").unwrap();
        told(Duration::from_millis(500)).is_some()
    });
    while told(Duration::from_millis(500)).is_some() {}
    fs::write(folder.join("edited.html"), "edited").unwrap();
    let event = told(Duration::from_secs(1)).expect("an event within a second");
    assert!(event.contains("changed") && event.contains("demo"), "{event}");
    while told(Duration::from_millis(500)).is_some() {}
    fs::write(test.environment("demo.dev").join("files/upload.txt"), "content").unwrap();
    assert_eq!(told(Duration::from_secs(1)), None, "uploads are content");

    test.run(&["connection:set", "demo.dev", "git"]).success();
    let clone = clone(&test, "clone");
    commit(&test, &clone, "pushed.html", "pushed");
    while told(Duration::from_millis(500)).is_some() {}
    test.git(&clone, &["push"]).success();
    let event = told(Duration::from_secs(1)).expect("an event within a second");
    assert!(event.contains("changed") && event.contains("demo"), "{event}");
}

#[test]
fn a_multidev_that_can_t_be_made_leaves_nothing() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    let commit_id = test.git(&clone, &["rev-parse", "HEAD"]).success().stdout.trim().to_owned();
    test.git(&clone, &["switch", "-c", "sub"]).success();
    let entry = format!("160000,{commit_id},module");
    test.git(&clone, &["update-index", "--add", "--cacheinfo", &entry]).success();
    test.git(&clone, &["commit", "-m", "A submodule"]).success();
    test.git(&clone, &["push", "origin", "sub"]).success();
    test.run(&["multidev:create", "demo.dev", "sub"]).status(5).stderr_has("module");
    assert!(!test.environment("demo.sub").exists());
    // Once the branch is right, so is the environment.
    test.git(&clone, &["reset", "--hard", "HEAD~1"]).success();
    test.git(&clone, &["push", "-f", "origin", "sub"]).success();
    test.run(&["multidev:create", "demo.dev", "sub"]).success();
    test.browser().get("demo.sub", "/").ok();
}

#[test]
fn a_merge_whose_database_updates_fail_leaves_code_and_content_as_they_were() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let wordpress = wordpress();
    let source = ["site:create", "demo", "--from", wordpress.to_str().unwrap()];
    test.run(&[&source[..], &["--database", "sqlite"]].concat()).success();
    let install = ["site:install", "demo.dev", "--title", "Demo", "--admin-user", "admin"];
    let rest = ["--admin-password", "secret-1", "--admin-email", "a@example.org"];
    test.run(&[&install[..], &rest[..]].concat()).success();
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    let plugin = "wp-content/mu-plugins/broken.php";
    let file = test.environment("demo.blog").join("code").join(plugin);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, "<?php no_such_function();").unwrap();
    test.run(&["env:commit", "demo.blog", "--message", "Broken"]).success();
    let before = test.json(&["env:info", "demo.dev"]);
    test.run(&["multidev:merge-to-dev", "demo.blog", "--updatedb"]).status(1);
    let after = test.json(&["env:info", "demo.dev"]);
    assert_eq!(after["code"], before["code"]);
    assert_eq!(after["content"]["generation"], before["content"]["generation"]);
    assert_eq!(read(&test, "demo.dev", plugin), None);
    test.browser().get("demo.dev", "/").ok();
}
