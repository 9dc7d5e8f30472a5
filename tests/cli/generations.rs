//! The contents that an environment had, and what is replaced throughout one.
use std::fs;

use serde_json::Value;

use crate::support::{PorticoTest, wordpress};

fn generations(test: &PorticoTest, environment: &str) -> Vec<Value> {
    test.json(&["generation:list", environment]).as_array().unwrap().clone()
}

fn current(test: &PorticoTest, environment: &str) -> u64 {
    test.json(&["env:info", environment])["content"]["generation"].as_u64().unwrap()
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
    let source = wordpress();
    let source = source.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", source, "--database", "mariadb"]).success();
    let line = "--title Bluewhales --admin-user ada --admin-email ada@acme.test";
    let mut words = vec!["site:install", "acme.dev", "--admin-password", "correct horse"];
    words.extend(line.split(' '));
    test.run(&words).success();
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
