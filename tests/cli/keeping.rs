//! What is kept so that it can be undone: one rule, what it costs, and how it is let go.
use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::PorticoTest;

/// A site from the sample with Test, on which `rounds` changes were deployed.
fn deployed(test: &PorticoTest, rounds: usize) {
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    (1..=rounds).for_each(|round| deploy(test, &format!("round {round}")));
}

/// Commits this text on Dev and deploys it to Test.
fn deploy(test: &PorticoTest, text: &str) {
    fs::write(test.environment("demo.dev").join("code/round.txt"), text).unwrap();
    test.run(&["env:commit", "demo.dev", "--message", text]).success();
    test.run(&["env:deploy", "demo.test"]).success();
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

fn releases(test: &PorticoTest) -> usize {
    count(&test.environment("demo.test").join("releases"))
}

/// Bytes of the disk below the root folder, as `du` tells.
fn du(test: &PorticoTest) -> u64 {
    let said = test.shell(&test.root(), "du -s -B1 . | cut -f1").success().stdout;
    said.trim().parse().unwrap()
}

fn text_on_test(test: &PorticoTest) -> String {
    fs::read_to_string(test.environment("demo.test").join("code/round.txt")).unwrap()
}

#[test]
fn one_rule_holds_for_releases_discarded_changes_and_what_was_deleted() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    deployed(&test, 4);
    assert_eq!(releases(&test), 5, "all are young");
    let code = test.environment("demo.dev").join("code");
    let discard = |text: &str| {
        fs::write(code.join("round.txt"), text).unwrap();
        test.run(&["env:discard", "demo.dev"]).success();
    };
    (0..4).for_each(|round| discard(&format!("draft {round}")));
    for _ in 0..3 {
        test.run(&["multidev:create", "demo.dev", "blog"]).success();
        test.run(&["multidev:delete", "demo.blog"]).success();
    }
    let repository = test.root().join("sites/demo/repository.git");
    let snapshots = || {
        let said = test.git(&repository, &["for-each-ref", "refs/portico/snapshots"]).success();
        said.stdout.lines().count()
    };
    let deleted = || count(&test.root().join("deleted"));
    assert!(snapshots() > 4, "all are young");
    assert_eq!(deleted(), 6, "each is a folder and Git's part of its worktree");

    let keep = ["generation:keep", "demo", "1", "--days", "0"];
    let asks = test.run(&keep).status(5).stderr_has("--yes").stderr_has("release 1-");
    let asks = asks.stderr_has("the deleted environment demo.blog");
    assert!(asks.stderr.contains("snapshots of uncommitted changes"), "{asks}");
    assert_eq!((releases(&test), deleted()), (5, 6), "nothing goes unasked");
    assert!(snapshots() > 4, "nothing goes unasked");
    test.run(&[&keep[..], &["--yes"]].concat()).success();
    assert_eq!((releases(&test), snapshots(), deleted()), (2, 2, 2));

    deploy(&test, "round 5");
    discard("draft 5");
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    test.run(&["multidev:delete", "demo.blog"]).success();
    assert_eq!((releases(&test), snapshots(), deleted()), (2, 2, 2), "the rule goes on");
    test.run(&["undo", "demo"]).success();
    assert!(test.environment("demo.blog").join("code/index.php").exists(), "the last one stays");
    let discards = test.json(&["workflow:list", "demo"]);
    let ids = discards.as_array().unwrap().iter().filter(|it| it["kind"] == "discard");
    let last = ids.map(|it| it["id"].to_string()).next().unwrap();
    test.run(&["undo", "demo", "--workflow", &last]).success();
    assert_eq!(fs::read_to_string(code.join("round.txt")).unwrap(), "draft 5");
}

#[test]
fn a_release_that_was_let_go_is_checked_out_again_by_undo() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    deployed(&test, 4);
    test.run(&["generation:keep", "demo", "1", "--days", "0", "--yes"]).success();
    let deploys: Vec<String> = test
        .json(&["workflow:list", "demo"])
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["kind"] == "deploy")
        .map(|it| it["id"].to_string())
        .collect();
    for (id, text) in deploys.iter().zip(["round 3", "round 2", "round 1"]) {
        test.run(&["undo", "demo", "--workflow", id]).success();
        assert_eq!(text_on_test(&test), text);
    }
    assert_eq!(releases(&test), 2);
    test.browser().get("demo.test", "/").ok();
}

#[cfg(unix)]
#[test]
fn a_release_that_was_written_to_through_another_is_checked_out_again() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let test = PorticoTest::new();
    let _serving = test.serve();
    deployed(&test, 2);
    let folder = test.environment("demo.test").join("releases");
    let of = |number: &str| {
        let mut all = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
        let is_it = |it: &std::path::PathBuf| {
            it.file_name().unwrap().to_str().unwrap().starts_with(&format!("{number}-"))
        };
        all.find(is_it).unwrap().join("style.css")
    };
    let (before, now) = (of("2"), of("3"));
    let known = now.metadata().unwrap();
    assert_eq!(known.mode() & 0o222, 0, "nobody may write to it");
    if known.ino() == before.metadata().unwrap().ino() {
        assert!(known.nlink() > 1);
        fs::set_permissions(&now, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&now, "hacked").unwrap();
        assert_eq!(fs::read_to_string(&before).unwrap(), "hacked", "the disk shares it");
    }
    test.run(&["undo", "demo"]).success();
    assert!(!fs::read_to_string(&before).unwrap().contains("hacked"), "it is made anew");
    assert_eq!(text_on_test(&test), "round 1");
    deploy(&test, "round 3");
    assert!(!fs::read_to_string(of("4")).unwrap().contains("hacked"), "nor shared further");
}

#[test]
fn what_the_disk_is_used_for_is_told_and_freed_when_done_is_said() {
    let test = PorticoTest::new();
    let serving = test.serve();
    deployed(&test, 2);
    let film = test.environment("demo.dev").join("files/film.bin");
    fs::write(&film, vec![7; 3_000_000]).unwrap();
    test.run(&["env:clone-content", "demo.dev", "test"]).success();
    test.run(&["env:wipe", "demo.test"]).success();
    test.run(&["env:wipe", "demo.test"]).success();
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    test.run(&["multidev:delete", "demo.blog"]).success();
    // What runs writes logs between two looks.
    serving.end();

    let report = test.json(&["disk"]);
    let (held, really) = (report["held"].as_u64().unwrap(), du(&test));
    assert!(held.abs_diff(really) < really / 50, "{held} is told, {really} are there");
    let site = &report["sites"][0];
    let dev = &site["environments"][0];
    assert_eq!((&site["site"], &dev["environment"]), (&json!("demo"), &json!("dev")));
    assert!(dev["parts"]["content"].as_u64().unwrap() > 3_000_000);
    let test_ = &site["environments"][1]["parts"];
    assert!(test_["undo"].as_u64().unwrap() > 3_000_000, "{test_}");
    assert!(test_["content"].as_u64().unwrap() < 1_000_000, "{test_}");
    assert!(site["parts"]["deleted"].as_u64().unwrap() > 3_000_000, "{site}");
    let of_one = test.json(&["disk", "demo"]);
    assert_eq!(of_one["sites"][0]["parts"], site["parts"]);
    test.run(&["disk"]).success().stdout_has("For undo").stdout_has("held in all");
    test.run(&["disk", "nowhere"]).status(3);

    let plan = test.json(&["disk:free", "demo", "--dry-run"]);
    let whats: Vec<&str> =
        plan["goes"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert!(whats.contains(&"generation 2 of demo.test"), "{whats:?}");
    assert!(!whats.contains(&"generation 3 of demo.test"), "replaced last: {whats:?}");
    assert!(!whats.iter().any(|it| it.contains("demo.blog")), "deleted last: {whats:?}");
    let bytes = plan["bytes"].as_u64().unwrap();
    assert!(bytes > 3_000_000, "{plan}");
    let undo_of = |what: &str| {
        let goes = plan["goes"].as_array().unwrap().iter().find(|it| it["what"] == what);
        goes.unwrap()["undo_of"].clone()
    };
    assert_eq!(undo_of("generation 2 of demo.test"), json!(["Wipe Test"]));

    test.run(&["disk:free", "demo"]).status(5).stderr_has("“Wipe Test”").stderr_has("--yes");
    let row = test.json(&["disk:free", "demo", "--yes"]);
    assert_eq!(row["result"]["bytes"], bytes);
    assert_eq!(count(&test.root().join("trash")), 0, "freed means gone");
    let left = du(&test);
    assert!(really - left > bytes - 200_000, "{really} - {left} < {bytes}");
    test.run(&["disk:free", "demo", "--yes"]).status(5).stderr_has("nothing that could be freed");
    test.run(&["disk:free", "--dry-run"]).success().stdout_has("nothing was changed");
    test.run(&["undo", "demo"]).success();
    assert!(test.environment("demo.blog").join("files/film.bin").exists(), "still there");
}

#[test]
fn a_deleted_site_is_shown_and_freed_too() {
    let test = PorticoTest::new();
    for name in ["one", "two"] {
        test.run(&["site:create", name, "--from", "sample"]).success();
        test.run(&["site:delete", name, "--confirm", name]).success();
    }
    let deleted = |report: &Value| {
        let all = report["sites"].as_array().unwrap().clone();
        all.iter().filter(|it| it["is_deleted"] == true).count()
    };
    assert_eq!(deleted(&test.json(&["disk"])), 2);
    test.run(&["disk:free", "two", "--yes"]).status(5).stderr_has("nothing that could be freed");
    let row = test.json(&["disk:free", "one", "--yes"]);
    assert!(row["result"]["bytes"].as_u64().unwrap() > 10_000);
    assert_eq!(deleted(&test.json(&["disk"])), 1);
    test.run(&["undo", "one"]).status(5);
    test.run(&["undo", "two"]).success();
    test.run(&["site:delete", "two", "--confirm", "two"]).success();
    test.run(&["disk:free", "two", "--keep", "0", "--yes"]).success();
    assert_eq!(count(&test.root().join("deleted")), 0);
    test.run(&["disk:free", "three", "--yes"]).status(3);
}
