//! A real WordPress goes from Dev to Test to Live, and back.
use std::{fs, path::Path};

use crate::support::{Browser, PorticoTest, wordpress};

const POST: &str = "Written on Live";
const CHANGE: &str = "portico-theme-change";

#[test]
fn wordpress_on_mariadb_goes_from_dev_to_test_to_live_and_back() {
    walk("mariadb");
}

#[test]
fn wordpress_on_sqlite_goes_from_dev_to_test_to_live_and_back() {
    walk("sqlite");
}

fn walk(database: &str) {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    install(&test, database);
    first_deploys_create_environments(&test, &browser);
    let before = test.json(&["env:info", "acme.test"]);
    change_the_theme(&test);
    browser.publish("acme.live", "ada", "correct horse", POST);
    assert!(browser.get("acme.live", "/").ok().has(POST));
    assert!(!browser.get("acme.test", "/").ok().has(POST), "content went up by itself");
    test_gets_dev_s_code_and_live_s_content(&test, &browser);
    undo_goes_back_and_undo_of_undo_forward(&test, &browser, &before);
    live_keeps_its_content(&test, &browser);
}

/// A site from the folder of a WordPress, installed without a browser.
fn install(test: &PorticoTest, database: &str) {
    let source = wordpress();
    let source = source.to_str().unwrap();
    let created = test.json(&["site:create", "acme", "--from", source, "--database", database]);
    assert_eq!(created["state"], "succeeded");
    let sites = test.json(&["site:list"]);
    assert_eq!(sites[0]["name"], "acme");
    assert_eq!(sites[0]["cms"], "wordpress");
    test.run(&[
        "site:install",
        "acme.dev",
        "--title",
        "Acme Corp",
        "--admin-user",
        "ada",
        "--admin-password",
        "correct horse",
        "--admin-email",
        "ada@acme.test",
    ])
    .success();
    let info = test.json(&["env:info", "acme.dev"]);
    assert_eq!(info["content"]["database"]["engine"], database);
    assert!(info["content"]["database"]["tables"].as_u64().unwrap() >= 12, "{info}");
}

fn first_deploys_create_environments(test: &PorticoTest, browser: &Browser) {
    assert!(browser.get("acme.dev", "/").ok().has("Acme Corp"));
    assert!(browser.get("acme.dev", "/category/uncategorized/").ok().has("Hello world!"));
    assert_eq!(test.json(&["env:info", "acme.test"])["initialized"], false);
    test.run(&["env:deploy", "acme.test", "--note", "The first"]).success();
    let deployed = test.json(&["env:deploy", "acme.live", "--note", "To the public"]);
    assert_eq!(deployed["kind"], "deploy");
    for (environment, tag) in [("acme.test", "pantheon_test_1"), ("acme.live", "pantheon_live_1")] {
        let page = browser.get(environment, "/").ok();
        assert!(page.has("Acme Corp"));
        let own = browser.url(environment, "");
        assert!(page.has(&own), "{environment} has no address of its own in its page");
        assert!(!page.has("dev-acme.localhost"), "Dev's address is left in {environment}");
        let info = test.json(&["env:info", environment]);
        assert_eq!(info["initialized"], true);
        assert_eq!(info["code"]["tag"], tag);
        assert_eq!(info["url"], browser.url(environment, ""));
    }
    let repository = test.root().join("sites/acme/repository.git");
    test.git(&repository, &["tag", "-n", "--list", "pantheon_*"])
        .success()
        .stdout_has("pantheon_test_1 The first")
        .stdout_has("pantheon_live_1 To the public");
    test.run(&["env:deploy", "acme.test"]).status(5).stderr_has("nothing to deploy");
}

/// Each theme of Dev prints one more element in the page's head.
fn change_the_theme(test: &PorticoTest) {
    let themes = test.environment("acme.dev").join("code/wp-content/themes");
    for theme in fs::read_dir(themes).unwrap() {
        let theme = theme.unwrap().path();
        if theme.is_dir() {
            add_to_functions(&theme.join("functions.php"));
        }
    }
    let changes = test.json(&["env:diffstat", "acme.dev"]);
    let changes = changes.as_array().unwrap();
    assert!(!changes.is_empty());
    assert!(changes.iter().all(|row| row["file"].as_str().unwrap().ends_with("functions.php")));
    let dev = test.json(&["env:info", "acme.dev"]);
    assert_eq!(dev["code"]["uncommitted"].as_u64(), Some(changes.len() as u64));
    test.run(&["env:commit", "acme.dev", "--message", "A new head"]).success();
    assert_eq!(test.json(&["env:info", "acme.dev"])["code"]["uncommitted"], 0);
    assert_eq!(test.json(&["env:info", "acme.test"])["code"]["deployable"], 1);
}

fn add_to_functions(file: &Path) {
    let mut source = fs::read_to_string(file).unwrap_or_else(|_| "<?php\n".to_owned());
    source.push_str(&format!(
        "\nadd_action( 'wp_head', function () {{ echo '<meta name=\"{CHANGE}\">'; }} );\n"
    ));
    fs::write(file, source).unwrap();
}

fn test_gets_dev_s_code_and_live_s_content(test: &PorticoTest, browser: &Browser) {
    let note = ["--note", "Theme", "--sync-content", "--updatedb", "--cc"];
    let mut deploy = vec!["env:deploy", "acme.test"];
    deploy.extend(note);
    test.run(&deploy).success();
    let page = browser.get("acme.test", "/").ok();
    assert!(page.has(CHANGE), "the code of Dev is not on Test");
    assert!(page.has(POST), "the content of Live is not on Test");
    assert!(!page.has("live-acme.localhost"), "Live's address is left in Test");
    assert!(!browser.get("acme.live", "/").ok().has(CHANGE));
}

fn undo_goes_back_and_undo_of_undo_forward(
    test: &PorticoTest,
    browser: &Browser,
    before: &serde_json::Value,
) {
    test.run(&["undo", "acme"]).success();
    let page = browser.get("acme.test", "/").ok();
    assert!(!page.has(CHANGE) && !page.has(POST));
    let after = test.json(&["env:info", "acme.test"]);
    assert_eq!(after["code"]["commit"], before["code"]["commit"]);
    assert_eq!(after["content"]["generation"], before["content"]["generation"]);
    test.run(&["undo", "acme"]).success();
    let page = browser.get("acme.test", "/").ok();
    assert!(page.has(CHANGE) && page.has(POST));
}

fn live_keeps_its_content(test: &PorticoTest, browser: &Browser) {
    let before = test.json(&["env:info", "acme.live"]);
    test.run(&["env:deploy", "acme.live"]).success();
    let page = browser.get("acme.live", "/").ok();
    assert!(page.has(CHANGE) && page.has(POST));
    let after = test.json(&["env:info", "acme.live"]);
    assert_eq!(after["content"]["generation"], before["content"]["generation"]);
    test.run(&["env:clone-content", "acme.live", "dev"]).success();
    assert!(browser.get("acme.dev", "/").ok().has(POST));
}

#[test]
fn every_kind_of_request_is_answered_as_wordpress_expects() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    install(&test, "sqlite");
    browser.publish("acme.dev", "ada", "correct horse", "Pretty permalinks");
    assert!(browser.get("acme.dev", "/pretty-permalinks/").ok().has("Pretty permalinks"));
    assert_eq!(browser.get("acme.dev", "/no-such-page/").status, 404);
    assert!(browser.get("acme.dev", "/wp-admin/").ok().has("Dashboard"));
    let posts = browser.get("acme.dev", "/wp-json/wp/v2/posts").ok();
    assert_eq!(posts.header("content-type"), Some("application/json; charset=UTF-8"));
    let style = "/wp-includes/css/dashicons.min.css";
    let whole = browser.get("acme.dev", style).ok();
    let part = browser.get_with("acme.dev", style, ("Range", "bytes=10-19"));
    assert_eq!((part.status, part.body.as_bytes()), (206, &whole.body.as_bytes()[10..20]));
    let etag = whole.header("etag").expect("static files have an ETag");
    assert_eq!(browser.get_with("acme.dev", style, ("If-None-Match", etag)).status, 304);
    assert_eq!(browser.get("acme.dev", "/.git").status, 403);
    assert_eq!(browser.get("acme.nowhere", "/").status, 404);
}

#[test]
fn php_below_uploads_is_never_run() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    install(&test, "sqlite");
    let uploads = test.environment("acme.dev").join("files");
    fs::write(uploads.join("evil.php"), "<?php echo 'it ' . 'ran';").unwrap();
    let answer = test.browser().get("acme.dev", "/wp-content/uploads/evil.php");
    assert!(!answer.has("it ran"));
    assert_ne!(answer.status, 200);
}
