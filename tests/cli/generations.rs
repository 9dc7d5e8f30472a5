//! The contents that an environment had, and what is replaced throughout one.
use std::fs;

use serde_json::{Value, json};

use crate::support::{PorticoTest, wordpress};

pub(crate) fn generations(test: &PorticoTest, environment: &str) -> Vec<Value> {
    test.json(&["generation:list", environment]).as_array().unwrap().clone()
}

pub(crate) fn ids(test: &PorticoTest, environment: &str) -> Vec<u64> {
    generations(test, environment).iter().map(|it| it["id"].as_u64().unwrap()).collect()
}

pub(crate) fn current(test: &PorticoTest, environment: &str) -> u64 {
    test.json(&["env:info", environment])["content"]["generation"].as_u64().unwrap()
}

/// The site `acme`: a WordPress called Bluewhales, on MariaDB.
fn install_wordpress(test: &PorticoTest) {
    let source = wordpress();
    let source = source.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", source, "--database", "mariadb"]).success();
    let line = "--title Bluewhales --admin-user ada --admin-email ada@acme.test";
    let mut words = vec!["site:install", "acme.dev", "--admin-password", "correct horse"];
    words.extend(line.split(' '));
    test.run(&words).success();
}

#[test]
fn generations_are_listed_switched_to_pinned_and_let_go() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let film = test.environment("demo.dev").join("files/film.bin");
    fs::write(&film, vec![7; 300_000]).unwrap();
    test.run(&["env:wipe", "demo.dev"]).success();
    let folder = test.folder("uploads");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.txt"), "a").unwrap();
    test.run(&["import:files", "demo.dev", "uploads"]).success();

    let all = generations(&test, "demo.dev");
    let ids: Vec<&Value> = all.iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [3, 2, 1]);
    assert_eq!((&all[0]["current"], &all[1]["current"]), (&true.into(), &false.into()));
    assert_eq!(all[0]["origin"]["type"], "import");
    assert_eq!(all[0]["made_by"], "Import files into Dev");
    assert_eq!(all[1]["made_by"], "Wipe Dev");
    assert_eq!(all[2]["made_by"], "Create demo");
    assert_eq!(all[0]["database_of"], 2, "only the files were replaced");
    assert_eq!(all[1]["needed_by"], serde_json::json!([3]));
    assert!(all[2]["disk"]["own"].as_u64().unwrap() >= 300_000, "{}", all[2]);
    assert!(all[0]["disk"]["own"].as_u64().unwrap() < 100_000, "its database is another's");
    test.run(&["generation:list", "demo.dev"]).success().stdout_has("in use, database of 2");

    test.run(&["generation:switch", "demo.dev", "1"]).success();
    assert!(film.exists() && !film.with_file_name("a.txt").exists());
    test.run(&["generation:switch", "demo.dev", "1"]).status(5).stderr_has("already");
    test.run(&["generation:switch", "demo.dev", "9"]).status(3).stderr_has("generation:list");
    test.run(&["undo", "demo"]).success();
    assert!(!film.exists() && film.with_file_name("a.txt").exists());

    test.run(&["generation:pin", "demo.dev", "1"]).success();
    test.run(&["generation:pin", "demo.dev", "1"]).status(5);
    let prune = ["generation:prune", "demo.dev", "--keep", "0"];
    test.run(&prune).status(5).stderr_has("no generation that could be pruned");
    test.run(&["generation:prune", "demo.dev", "1"]).status(5).stderr_has("pinned");
    test.run(&["generation:prune", "demo.dev", "2"]).status(5).stderr_has("uses a part");
    test.run(&["generation:prune", "demo.dev", "3"]).status(5).stderr_has("uses generation 3");
    test.run(&["undo", "demo"]).success();
    assert_eq!(generations(&test, "demo.dev")[2]["pinned"], false, "the pin is taken back");
    let row = test.json(&prune);
    assert_eq!(row["result"]["ids"], serde_json::json!([1]));
    assert!(row["result"]["bytes"].as_u64().unwrap() >= 300_000);
    assert_eq!(generations(&test, "demo.dev").len(), 2);
    assert!(!test.environment("demo.dev").join("content/1").exists());
    test.run(&["generation:switch", "demo.dev", "1"]).status(3);
}

#[test]
fn live_s_generations_and_texts_ask_for_the_site_s_name() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
    test.run(&["env:wipe", "demo.live", "--confirm", "demo"]).success();
    let switch = ["generation:switch", "demo.live", "1"];
    test.run(&switch).status(5).stderr_has("--confirm demo");
    test.run(&[&switch[..], &["--confirm", "demo"]].concat()).success();
    test.run(&["search-replace", "demo.live", "a", "b"]).status(5).stderr_has("--confirm demo");
    test.run(&["search-replace", "demo.live", "a", "b", "--dry-run"]).success();
}

#[test]
fn a_text_is_replaced_everywhere_as_the_dry_run_said_and_undo_brings_it_back() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    install_wordpress(&test);
    let browser = test.browser();
    browser.publish("acme.dev", "ada", "correct horse", "Bluewhales sing");
    let before = current(&test, "acme.dev");
    let pairs = ["search-replace", "acme.dev", "Bluewhales", "Redwhales", "Redwhales", "never"];

    let plan = test.json(&[&pairs[..], &["--dry-run"]].concat());
    let tables: Vec<&str> =
        plan["tables"].as_array().unwrap().iter().map(|it| it["table"].as_str().unwrap()).collect();
    assert!(tables.contains(&"wp_posts") && tables.contains(&"wp_options"), "{plan}");
    assert_eq!(current(&test, "acme.dev"), before, "a dry run changes nothing");
    assert!(browser.get("acme.dev", "/").ok().has("Bluewhales sing"));

    let row = test.json(&pairs);
    assert_eq!(row["result"]["replacements"], plan["replacements"], "as the dry run said");
    let page = browser.get("acme.dev", "/").ok();
    assert!(page.has("Redwhales sing") && !page.has("Bluewhales"), "{}", page.body);
    assert_eq!(generations(&test, "acme.dev")[0]["origin"]["type"], "search_replace");
    test.run(&["undo", "acme"]).success();
    assert!(browser.get("acme.dev", "/").ok().has("Bluewhales sing"));

    let one = ["search-replace", "acme.dev", "Bluewhales", "Redwhales", "--table", "wp_options"];
    test.run(&one).success();
    let page = browser.get("acme.dev", "/").ok();
    assert!(page.has("Bluewhales sing") && page.has("Redwhales"), "only the site's title");
    let now = current(&test, "acme.dev");
    let row = test.json(&["search-replace", "acme.dev", "Greenwhales", "x"]);
    assert_eq!((&row["result"]["replacements"], current(&test, "acme.dev")), (&0.into(), now));
    let kept = fs::read_dir(test.environment("acme.dev").join("content")).unwrap().count();
    assert_eq!(kept, generations(&test, "acme.dev").len(), "nothing is left of a vain search");
    test.run(&["search-replace", "acme.dev", "a", "b", "c"]).status(2);
    test.run(&["search-replace", "acme.dev", "a", "b", "--table", "wp_nothing"]).status(3);
}

#[test]
fn the_rule_of_what_is_kept_is_told_set_applied_and_undone() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    let default = json!({ "count": 5, "days": 14, "is_default": true });
    assert_eq!(test.json(&["generation:keep", "demo"]), default);
    let told = test.run(&["generation:keep", "demo"]).success();
    told.stdout_has("5 of each").stdout_has("14 days").stdout_has("the default");
    let clone = || test.run(&["env:clone-content", "demo.dev", "test"]).success();
    (0..3).for_each(|_| drop(clone()));
    assert_eq!(ids(&test, "demo.test"), [4, 3, 2, 1], "all are young");

    test.run(&["generation:keep", "demo", "2"]).success();
    assert_eq!(ids(&test, "demo.test"), [4, 3, 2, 1], "the days are as before");
    let row = test.json(&["generation:keep", "demo", "--days", "0", "--yes"]);
    assert_eq!(row["result"], json!({ "count": 2, "days": 0 }));
    assert_eq!(row["command"], "portico generation:keep demo --days 0");
    assert_eq!(ids(&test, "demo.test"), [4, 3, 2], "what falls out of the rule goes at once");
    clone();
    assert_eq!(ids(&test, "demo.test"), [5, 4, 3]);
    assert!(!test.environment("demo.test").join("content/2").exists());
    assert_eq!(
        test.json(&["generation:keep", "demo"]),
        json!({ "count": 2, "days": 0, "is_default": false })
    );

    test.run(&["generation:keep", "demo", "2"]).status(5).stderr_has("already");
    for wrong in [&["-1"][..], &["x"], &["--days", "1.5"], &["3", "--default"], &["4294967296"]] {
        test.run(&[&["generation:keep", "demo"], wrong].concat()).status(2);
    }
    test.run(&["generation:keep", "nowhere", "2"]).status(3);
    test.run(&["generation:keep", "demo", "--default"]).success();
    assert_eq!(test.json(&["generation:keep", "demo"]), default);
    test.run(&["undo", "demo"]).success();
    assert_eq!(test.json(&["generation:keep", "demo"])["count"], 2);
    test.run(&["undo", "demo"]).success();
    assert_eq!(test.json(&["generation:keep", "demo"]), default);
}

#[test]
fn what_was_replaced_last_is_what_is_kept_also_after_an_undo() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["generation:keep", "demo", "1", "--days", "0"]).success();
    test.run(&["env:wipe", "demo.dev"]).success();
    test.run(&["undo", "demo"]).success();
    assert_eq!((ids(&test, "demo.dev"), current(&test, "demo.dev")), (vec![2, 1], 1));
    test.run(&["env:wipe", "demo.dev"]).success();
    assert_eq!(ids(&test, "demo.dev"), [3, 1], "not 2, although it is newer");
    test.run(&["undo", "demo"]).success();
    assert_eq!(current(&test, "demo.dev"), 1);
}

#[test]
fn at_least_the_content_that_was_replaced_last_is_kept() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let none = ["generation:keep", "demo", "0", "--days", "0"];
    test.run(&none).status(2).stderr_has("at least what was replaced last").stderr_has("disk:free");
    assert_eq!(test.json(&["generation:keep", "demo"])["count"], 5, "nothing is changed");
}

#[test]
fn an_undo_to_a_generation_that_was_pruned_says_so() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:wipe", "demo.dev"]).success();
    test.run(&["generation:prune", "demo.dev", "--keep", "0"]).success();
    assert_eq!(ids(&test, "demo.dev"), [2]);
    let wipe = &test.json(&["workflow:list", "demo"])[1];
    assert_eq!((&wipe["kind"], &wipe["undoable"]), (&json!("wipe"), &json!(false)));
    test.run(&["undo", "demo"]).status(5).stderr_has("generation 1 of demo.dev is not kept");
    assert_eq!(test.json(&["env:info", "demo.dev"])["content"]["files"]["count"], 0);
}

#[test]
fn pruning_keeps_what_was_replaced_last_too() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:wipe", "demo.dev"]).success();
    test.run(&["undo", "demo"]).success();
    test.run(&["env:wipe", "demo.dev"]).success();
    test.run(&["generation:prune", "demo.dev", "--keep", "1"]).success();
    assert_eq!(ids(&test, "demo.dev"), [3, 1], "not 2, although it is newer");
}

#[test]
fn a_database_that_runs_is_stopped_before_its_generation_goes() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    install_wordpress(&test);
    test.run(&["env:deploy", "acme.test"]).success();
    test.run(&["generation:keep", "acme", "1", "--days", "0"]).success();
    let browser = test.browser();
    for number in 2..5 {
        browser.get("acme.test", "/").ok();
        test.run(&["env:clone-content", "acme.dev", "test"]).success();
        assert_eq!(ids(&test, "acme.test"), [number, number - 1]);
        assert!(browser.get("acme.test", "/").ok().has("Bluewhales"));
    }
}

#[test]
fn a_generation_whose_owner_was_killed_before_it_was_put_away_goes_at_the_next_start() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let content = test.environment("demo.dev").join("content");
    for number in [7, 8] {
        fs::create_dir_all(content.join(format!("{number}/files"))).unwrap();
    }
    let store = rusqlite::Connection::open(test.root().join("portico.db")).unwrap();
    // The second note is older than the site, which has a generation of that number.
    let notes = "('let_go.demo.dev.7', ''), ('let_go.demo.dev.1', '')";
    store.execute(&format!("INSERT INTO settings VALUES {notes}"), []).unwrap();
    drop(store);
    test.run(&["site:list"]).success();
    assert!(!content.join("7").exists(), "it was let go");
    assert!(content.join("1").exists(), "it is in use");
    assert!(content.join("8").exists(), "nobody let this go");
    let store = rusqlite::Connection::open(test.root().join("portico.db")).unwrap();
    let left: u32 = store
        .query_row("SELECT count(*) FROM settings WHERE name LIKE 'let_go%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
