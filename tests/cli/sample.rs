//! The sample site walks the whole workflow with nothing but PHP.
use std::fs;

use crate::support::{Answer, Browser, PorticoTest};

/// Writes into the sample site's guest book, which is content.
fn write_into_guest_book(browser: &Browser, environment: &str, text: &str) -> Answer {
    browser.post(environment, "/", &[("name", "A visitor"), ("text", text)]).ok()
}

#[test]
fn the_sample_site_walks_the_whole_workflow() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
    write_into_guest_book(&browser, "demo.live", "Hello from Live");
    assert!(browser.get("demo.live", "/").ok().has("Hello from Live"));
    assert!(!browser.get("demo.dev", "/").ok().has("Hello from Live"));

    let page = test.environment("demo.dev").join("code/new.html");
    fs::write(page, "<p>New code").unwrap();
    test.run(&["env:commit", "demo.dev", "--message", "A page"]).success();
    test.run(&["env:deploy", "demo.test", "--sync-content"]).success();
    assert!(browser.get("demo.test", "/").ok().has("Hello from Live"));
    assert!(browser.get("demo.test", "/new.html").ok().has("New code"));
    assert_eq!(browser.get("demo.live", "/new.html").status, 404);

    test.run(&["undo", "demo"]).success();
    assert!(!browser.get("demo.test", "/").ok().has("Hello from Live"));
    assert_eq!(browser.get("demo.test", "/new.html").status, 404);
}

#[test]
fn a_deleted_site_comes_back_by_undo() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    write_into_guest_book(&test.browser(), "demo.dev", "Still here");
    test.run(&["site:delete", "demo", "--confirm", "other"]).status(5);
    test.run(&["site:delete", "demo", "--confirm", "demo"]).success();
    assert_eq!(test.json(&["site:list"]), serde_json::json!([]));
    assert_eq!(test.browser().get("demo.dev", "/").status, 404);
    test.run(&["undo", "demo"]).success();
    assert!(test.browser().get("demo.dev", "/").ok().has("Still here"));
}

#[test]
fn a_wiped_environment_comes_back_by_undo() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    write_into_guest_book(&test.browser(), "demo.dev", "Still here");
    test.run(&["env:wipe", "demo.dev", "--yes"]).success();
    assert!(!test.browser().get("demo.dev", "/").has("Still here"));
    test.run(&["undo", "demo"]).success();
    assert!(test.browser().get("demo.dev", "/").ok().has("Still here"));
}

#[test]
fn a_push_updates_dev_in_git_mode_and_is_refused_in_sftp_mode() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let repository = test.root().join("sites/demo/repository.git");
    let clone = test.folder("clone");
    let home = test.folder("");
    test.git(&home, &["clone", repository.to_str().unwrap(), "clone"]).success();
    fs::write(clone.join("pushed.html"), "<p>Pushed").unwrap();
    test.git(&clone, &["add", "."]).success();
    test.git(&clone, &["commit", "-m", "Pushed"]).success();

    test.run(&["connection:set", "demo.dev", "sftp"]).success();
    test.git(&clone, &["push"]).status(1);
    assert_eq!(test.browser().get("demo.dev", "/pushed.html").status, 404);

    test.run(&["connection:set", "demo.dev", "git"]).success();
    test.git(&clone, &["push"]).success();
    assert!(test.browser().get("demo.dev", "/pushed.html").ok().has("Pushed"));
}
