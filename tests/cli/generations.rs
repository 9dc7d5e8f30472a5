//! The contents that an environment had, and what is replaced throughout one.
use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::{PorticoTest, eventually, wordpress};

fn generations(test: &PorticoTest, environment: &str) -> Vec<Value> {
    test.json(&["generation:list", environment]).as_array().unwrap().clone()
}

fn ids(test: &PorticoTest, environment: &str) -> Vec<u64> {
    generations(test, environment).iter().map(|it| it["id"].as_u64().unwrap()).collect()
}

fn current(test: &PorticoTest, environment: &str) -> u64 {
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
    told.stdout_has("5 replaced generations").stdout_has("14 days").stdout_has("the default");
    let clone = || test.run(&["env:clone-content", "demo.dev", "test"]).success();
    (0..3).for_each(|_| drop(clone()));
    assert_eq!(ids(&test, "demo.test"), [4, 3, 2, 1], "all are young");

    test.run(&["generation:keep", "demo", "2"]).success();
    assert_eq!(ids(&test, "demo.test"), [4, 3, 2, 1], "the days are as before");
    let row = test.json(&["generation:keep", "demo", "--days", "0"]);
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
    test.run(&none).status(2).stderr_has("at least the content").stderr_has("generation:prune");
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

/// Files of an environment's content, by their path, and what tells a file from every other.
fn files_of(folder: &Path) -> HashMap<PathBuf, (u64, u64)> {
    let mut found = HashMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let known = path.symlink_metadata().unwrap();
            if known.is_dir() {
                folders.push(path);
            } else if known.is_file() {
                found.insert(path, (known.dev(), known.ino()));
            }
        }
    }
    found
}

/// No file of the site is one of another generation's as well, once the trash is empty.
#[track_caller]
fn nothing_is_shared(test: &PorticoTest) {
    let trash = test.root().join("trash");
    eventually("the trash is empty", || fs::read_dir(&trash).map_or(0, Iterator::count) == 0);
    let mut owners = HashMap::new();
    for environment in ["demo.dev", "demo.test"] {
        for (path, own) in files_of(&test.environment(environment).join("content")) {
            assert_eq!(path.metadata().unwrap().nlink(), 1, "{}", path.display());
            let other = owners.insert(own, path.clone());
            assert!(other.is_none(), "{} is {other:?}", path.display());
        }
    }
}

/// A file's text, written in place.
fn write_in_place(path: &Path, text: &str) {
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

fn bytes_of(folder: &Path) -> HashMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| {
        (path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap())
    };
    files_of(folder).into_keys().map(read).collect()
}

/// The sample with many small files on Dev, Test with the same, and one replaced content kept.
fn with_many_files(test: &PorticoTest) -> PathBuf {
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let uploads = test.environment("demo.dev").join("files").canonicalize().unwrap();
    for number in 0..300 {
        let path = uploads.join(format!("2026/{}/{number}.txt", number % 7));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("file {number}")).unwrap();
    }
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["generation:keep", "demo", "1", "--days", "0"]).success();
    uploads
}

#[test]
fn a_clone_takes_over_the_files_of_the_generation_that_goes_and_shares_none() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let uploads = with_many_files(&test);
    let content =
        |number: u64| test.environment("demo.test").join(format!("content/{number}/files"));
    for round in 2..7_u64 {
        for number in 0..3 {
            write_in_place(
                &uploads.join(format!("2026/{number}/{number}.txt")),
                &format!("{round}"),
            );
        }
        // As long and as old as before, and yet another.
        let hidden = uploads.join("2026/3/3.txt");
        let then = hidden.metadata().unwrap().modified().unwrap();
        write_in_place(&hidden, &format!("FILE {}", round % 10));
        File::options().write(true).open(&hidden).unwrap().set_modified(then).unwrap();
        fs::remove_file(uploads.join(format!("2026/{}/{}.txt", (100 + round) % 7, 100 + round)))
            .unwrap();
        fs::write(uploads.join(format!("new-{round}.txt")), "new").unwrap();

        let row = test.json(&["env:clone-content", "demo.dev", "test"]);

        assert_eq!(ids(&test, "demo.test"), [round, round - 1]);
        assert_eq!(bytes_of(&content(round)), bytes_of(&uploads), "the files are the source's");
        let taken = row["result"]["taken_over"].as_u64().unwrap();
        assert!(if round == 2 { taken == 0 } else { taken > 280 }, "{taken} in round {round}");
        if round > 2 {
            let line =
                format!("taken over from generation {}, which is let go: {taken} files", round - 2);
            test.run(&["workflow:info:logs", "demo"]).success().stdout_has(&line);
        }
        assert!(!test.environment("demo.test").join(format!("content/{}", round - 2)).exists());
        nothing_is_shared(&test);

        // What a site writes in place shows nowhere else.
        let (kept, source) = (bytes_of(&content(round - 1)), bytes_of(&uploads));
        write_in_place(&content(round).join("2026/4/200.txt"), "of test alone");
        assert_eq!((bytes_of(&content(round - 1)), bytes_of(&uploads)), (kept, source));
        write_in_place(&uploads.join("2026/5/201.txt"), &format!("of dev alone {round}"));
        let copied = fs::read_to_string(content(round).join("2026/5/201.txt")).unwrap();
        assert_ne!(copied, format!("of dev alone {round}"));
    }
    let kept = bytes_of(&content(5));
    test.run(&["undo", "demo"]).success();
    assert_eq!(current(&test, "demo.test"), 5);
    assert_eq!(bytes_of(&test.environment("demo.test").join("files/.")), kept);
}

#[test]
fn a_clone_that_fails_leaves_the_generation_that_would_go_as_it_was() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let uploads = with_many_files(&test);
    // Its first visit makes its database.
    test.browser().get("demo.dev", "/").ok();
    let clone = ["env:clone-content", "demo.dev", "test"];
    test.run(&clone).success();
    test.run(&clone).success();
    // What a file takes of the disk is known only once the system has written it.
    let listed = || {
        let mut all = generations(&test, "demo.test");
        all.iter_mut().for_each(|it| it["disk"] = serde_json::Value::Null);
        all
    };
    let before = listed();
    assert_eq!(ids(&test, "demo.test"), [3, 2]);
    let content =
        |number: u64| test.environment("demo.test").join(format!("content/{number}/files"));
    let files = [2, 3].map(|number| (files_of(&content(number)), bytes_of(&content(number))));

    // Its database is broken, which shows only after the files are copied.
    let database = uploads.with_file_name("database").join("site.sqlite");
    let aside = database.with_file_name("aside");
    fs::rename(&database, &aside).unwrap();
    fs::write(&database, "no database at all".repeat(100)).unwrap();
    test.run(&clone).status(1);
    test.run(&["workflow:info:logs", "demo"]).success().stdout_has("Copy the database");
    fs::rename(&aside, &database).unwrap();
    // A large file, so that there is something to be cancelled in.
    File::create(uploads.join("film.bin")).unwrap().write_all(&vec![7; 400 << 20]).unwrap();
    let mut child = test.command(&clone).spawn().unwrap();
    eventually("files are copied", || content(5).join("film.bin").exists());
    crate::support::signal(&child, rustix::process::Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));

    nothing_is_shared(&test);
    assert_eq!(listed(), before);
    let now = [2, 3].map(|number| (files_of(&content(number)), bytes_of(&content(number))));
    assert_eq!(now, files, "the very files, and what is in them");
    test.run(&["generation:switch", "demo.test", "2"]).success();
    assert_eq!(current(&test, "demo.test"), 2);
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
