//! portico.db is lost, emptied, damaged: Portico says so, and the sites come back by what it says.
use std::fs;

use crate::support::{PorticoTest, wordpress};

/// A WordPress on MariaDB with Dev and Test, and a post on Dev.
fn with_wordpress() -> PorticoTest {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let source = wordpress();
    let source = source.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", source, "--database", "mariadb"]).success();
    let mut install = vec!["site:install", "acme.dev", "--title", "Acme Corp"];
    install.extend(["--admin-user", "ada", "--admin-password", "correct horse"]);
    install.extend(["--admin-email", "ada@acme.test"]);
    test.run(&install).success();
    test.run(&["env:deploy", "acme.test"]).success();
    test.browser().publish("acme.dev", "ada", "correct horse", "Written on Dev");
    test
}

/// Whether everything of the site is served again.
fn serves(test: &PorticoTest) {
    let browser = test.browser();
    assert!(browser.get("acme.dev", "/").ok().has("Written on Dev"));
    assert!(browser.get("acme.test", "/").ok().has("Acme Corp"));
}

#[test]
fn a_lost_database_is_said_at_once_and_adopting_brings_a_real_wordpress_back() {
    let test = with_wordpress();
    fs::remove_file(test.root().join("portico.db")).unwrap();
    for command in [&["site:list"][..], &["serve"], &["env:info", "acme.dev"]] {
        test.run(command)
            .status(1)
            .stderr_has("portico.db is missing")
            .stderr_has("the site acme")
            .stderr_has("site:adopt");
    }
    assert!(!test.root().join("portico.db").exists(), "an empty truth was started");
    test.run(&["self:restore"]).status(5).stderr_has("no copy").stderr_has("site:adopt");
    test.run(&["site:adopt"]).success();
    let _serving = test.serve();
    serves(&test);
    test.run(&["env:deploy", "acme.live"]).success();
    test.run(&["env:clone-content", "acme.live", "dev"]).success();
}

#[test]
fn a_damaged_database_gives_way_to_its_copy_and_what_was_done_since_is_there() {
    let test = with_wordpress();
    assert!(!test.root().join("copies").exists(), "there was nothing to copy yet");
    test.run(&["site:list"]).success();
    let copies = fs::read_dir(test.root().join("copies")).unwrap().count();
    assert_eq!(copies, 1, "the start makes the day's copy");
    test.run(&["env:deploy", "acme.live"]).success();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let database = test.root().join("portico.db");
    fs::write(&database, "this is no database").unwrap();
    test.run(&["site:list"]).status(1).stderr_has("is no database").stderr_has("self:restore");
    test.run(&["self:restore"])
        .success()
        .stderr_has("is the copy of")
        .stderr_has("can't be undone")
        .stderr_has("acme.live has come into being")
        .stderr_has("`portico site:adopt demo` takes it up");
    test.run(&["site:adopt", "demo"]).success();
    let _serving = test.serve();
    serves(&test);
    assert!(test.browser().get("acme.live", "/").ok().has("Acme Corp"));
    assert!(test.browser().get("demo.dev", "/").ok().has("guest"));
    let aside = fs::read_dir(test.root().join("copies")).unwrap();
    let aside = aside.map(|it| it.unwrap().path());
    let kept = aside.filter(|it| fs::read(it).unwrap() == b"this is no database").count();
    assert_eq!(kept, 1, "the damaged one is put aside, not deleted");
}

#[test]
fn a_database_of_yesterday_learns_from_the_sites_what_was_done_today() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let database = test.root().join("portico.db");
    let yesterday = fs::read(&database).unwrap();
    {
        let _serving = test.serve();
        let browser = test.browser();
        test.run(&["env:deploy", "demo.test"]).success();
        let form = [("name", "A visitor"), ("text", "Hello from Test")];
        browser.post("demo.test", "/", &form).ok();
        test.run(&["env:clone-content", "demo.test", "dev"]).success();
        test.run(&["lock:enable", "demo.test", "--password", "sesame"]).success();
    }
    fs::write(&database, yesterday).unwrap();
    test.run(&["site:list"])
        .success()
        .stderr_has("demo.test has come into being")
        .stderr_has("demo.dev uses generation 2, not 1");
    let _serving = test.serve();
    assert!(test.browser().get("demo.dev", "/").ok().has("Hello from Test"));
    assert_eq!(test.browser().get("demo.test", "/").status, 401);
}

#[test]
fn a_folder_that_holds_a_site_is_never_told_to_be_moved_away() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(test.root().join(format!("portico.db{end}")));
    }
    let other = test.root().join("sites/other");
    fs::create_dir_all(other.join("mine")).unwrap();
    test.run(&["site:adopt", "demo"]).success();
    test.run(&["undo", "demo"]).success();
    assert!(test.root().join("sites/demo/dev/code/index.php").exists(), "undo touched the folder");
    let refused = test.run(&["site:create", "demo", "--from", "sample"]).status(5);
    assert!(refused.stderr.contains("`portico site:adopt demo` takes it up"), "{refused}");
    let refused = test.run(&["site:create", "other", "--from", "sample"]).status(5);
    assert!(!refused.stderr.to_lowercase().contains("away"), "{refused}");
    test.run(&["site:adopt", "other"]).status(3);
    // Undo of the undo takes it up again.
    test.run(&["undo", "demo"]).success();
    test.run(&["site:list"]).success().stdout_has("demo");
}

#[test]
fn a_sites_folder_alone_is_taken_up_by_another_root_folder_under_another_name() {
    let test = with_wordpress();
    let other = PorticoTest::new();
    fs::create_dir_all(other.root().join("sites")).unwrap();
    let line = format!(
        "cp -R '{}' '{}'",
        test.root().join("sites/acme").display(),
        other.root().join("sites/moved").display()
    );
    let _serving = other.serve();
    test.shell(&test.root(), &line).success();
    other.run(&["site:adopt"]).success();
    let browser = other.browser();
    assert!(browser.get("moved.dev", "/").ok().has("Written on Dev"));
    assert!(browser.get("moved.test", "/").ok().has("Acme Corp"));
    fs::write(other.environment("moved.dev").join("code/new.html"), "<p>New").unwrap();
    other.run(&["env:commit", "moved.dev", "--message", "A page"]).success();
    other.run(&["env:deploy", "moved.test"]).success();
    assert!(browser.get("moved.test", "/new.html").ok().has("New"));
    // Once more beside it: the permanent id is another one.
    test.shell(&test.root(), &line.replace("sites/moved", "sites/twice")).success();
    other.run(&["site:adopt", "twice"]).success();
    assert!(browser.get("twice.dev", "/").ok().has("Written on Dev"));
}

#[test]
fn a_site_without_its_site_json_is_taken_up_as_its_folder_shows_it() {
    let test = with_wordpress();
    test.run(&["multidev:create", "acme.dev", "blog"]).success();
    fs::remove_file(test.root().join("sites/acme/site.json")).unwrap();
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(test.root().join(format!("portico.db{end}")));
    }
    let adopted = test.run(&["site:adopt", "acme"]).success();
    assert!(adopted.stdout.contains("site.json is not there"), "{adopted}");
    let _serving = test.serve();
    serves(&test);
    assert!(test.browser().get("acme.blog", "/").ok().has("Written on Dev"));
    test.run(&["env:deploy", "acme.live"]).success();
    assert!(test.root().join("sites/acme/site.json").exists());
}
