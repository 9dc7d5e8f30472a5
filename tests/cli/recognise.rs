//! Whatever a person has is read for what it is: parts go where they belong, and what is not used is told.
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    content::{files, path, tables},
    support::{PorticoTest, wordpress},
};

/// One of the small inputs.
fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import-cases").join(name)
}

/// A plain site on MariaDB with an upload.
fn with_plain_site() -> PorticoTest {
    let test = PorticoTest::new();
    let code = test.folder("code");
    fs::create_dir_all(&code).unwrap();
    fs::write(code.join("index.php"), "<?php echo 'hello';").unwrap();
    fs::write(code.join("pantheon.yml"), "api_version: 1\nfilemount: /files\n").unwrap();
    test.run(&["site:create", "plain", "--from", path(&code), "--database", "mariadb"]).success();
    test
}

fn unused(plan: &Value) -> Vec<&str> {
    let sources = plan["sources"].as_array().unwrap();
    let pieces = sources.iter().flat_map(|it| it["pieces"].as_array().unwrap());
    let unused = pieces.filter(|it| it["becomes"] == "unused");
    unused
        .map(|it| {
            assert!(it["reason"].is_string(), "{it}");
            it["path"].as_str().unwrap()
        })
        .collect()
}

#[test]
fn a_database_is_one_whatever_it_is_called_and_however_many_files_it_has() {
    let test = with_plain_site();
    for (name, expected) in [
        ("02-warning-line.sql", 1),
        ("70-tab", 2),
        ("73-bam.mysql.zip", 1),
        ("74-dumptxt.zip", 1),
        ("98-mydumper.tar.gz", 1),
    ] {
        let file = case(name);
        let row = test.json(&["import", path(&file), "plain.dev"]);
        assert_eq!(row["kind"], "import_database", "{name}");
        assert_eq!(tables(&test, "plain.dev"), expected, "{name}");
        assert!(files(&test, "plain.dev").is_empty(), "{name}");
    }
    // As Jetpack packs a site; themes are of no use to a site of another system.
    let jetpack = case("29-per-table.zip");
    let row = test.json(&["import", path(&jetpack), "plain.dev"]);
    assert!(row["result"]["commit"].is_null(), "{row}");
    assert_eq!(tables(&test, "plain.dev"), 12);
    assert_eq!(files(&test, "plain.dev"), ["2026/01/a.txt"]);
    // The rows of text are rows of the table.
    let (a, b) = (case("70-tab/fx_a.sql"), case("70-tab/fx_b.sql"));
    test.run(&["import", path(&case("70-tab")), "plain.dev"]).success();
    let dump = test.run(&["export:database", "plain.dev", "-"]).success().stdout;
    assert!(dump.contains("fx_a") && dump.contains("(1)") && dump.contains("(2)"), "{dump}");
    // Several files with other tables each are one database, too; the same one twice is not.
    test.run(&["import", path(&a), path(&b), "plain.dev"]).success();
    assert_eq!(tables(&test, "plain.dev"), 2);
    test.run(&["import", path(&a), path(&a), "plain.dev"]).status(2).stderr_has("second database");
}

#[test]
fn archives_are_taken_as_they_come() {
    let test = with_plain_site();
    let import = |name: &str| {
        let file = case(name);
        test.run(&["import", path(&file), "plain.dev"]).success();
        files(&test, "plain.dev")
    };
    assert_eq!(import("31-backslash.zip"), ["2026/01/a.jpg", "2026/01/b é.jpg"]);
    assert_eq!(import("31e-abs.zip"), ["2026/a.jpg", "2026/b.jpg"]);
    let odd = import("32c-odd2.tar.gz");
    assert!(odd.iter().any(|it| it == "hard.jpg") && odd.iter().any(|it| it == "a.jpg"), "{odd:?}");
    assert!(!odd.iter().any(|it| it.contains("._") || it.contains("fifo")), "{odd:?}");
    // One that unpacks itself.
    let zip = test.folder("sfx.zip");
    let mut file = fs::File::create(&zip).unwrap();
    file.write_all(b"#!/bin/sh\nexit\n").unwrap();
    file.write_all(&fs::read(case("31e-abs.zip")).unwrap()).unwrap();
    drop(file);
    test.run(&["import", path(&zip), "plain.dev"]).success();
    assert_eq!(files(&test, "plain.dev"), ["2026/a.jpg", "2026/b.jpg"]);
}

#[test]
fn what_is_not_read_is_refused_by_its_name_and_a_doubt_with_its_choices() {
    let test = with_plain_site();
    for (name, says) in [
        ("36.7z", "7-Zip"),
        ("67-pgdump.sql", "PostgreSQL"),
        ("68-wxr.sql", "WXR"),
        ("backup_2026-01-02-0304_Garden_abc123def456-themes.zip", "themes"),
    ] {
        let file = case(name);
        let command = match name.ends_with("themes.zip") {
            true => ["import:files", "plain.dev", path(&file)],
            false => ["import", path(&file), "plain.dev"],
        };
        test.run(&command).status(5).stderr_has(says);
    }
    let mixed = test.folder("mixed");
    fs::create_dir(&mixed).unwrap();
    for name in ["a.jpg", "b.jpg", "c.pdf", "d.png"] {
        fs::write(mixed.join(name), "x").unwrap();
    }
    fs::copy(case("02-warning-line.sql"), mixed.join("backup.sql")).unwrap();
    let import = ["import", path(&mixed), "plain.dev"];
    test.run(&import).status(5).stderr_has("--as database").stderr_has("--as files");
    test.run(&[&import[..], &["--as", "files"]].concat()).success();
    assert_eq!(files(&test, "plain.dev"), ["a.jpg", "b.jpg", "c.pdf", "d.png"]);
    test.run(&[&import[..], &["--as", "database"]].concat()).success();
    assert_eq!(tables(&test, "plain.dev"), 1);
}

#[test]
fn a_plan_says_what_is_not_used_and_why() {
    let test = with_plain_site();
    let plan = |name: &str| test.json(&["import", path(&case(name)), "plain.dev", "--dry-run"]);
    let local = plan("33-local.zip");
    assert_eq!(local["sources"][0]["origin"], "Local");
    assert_eq!(unused(&local), ["conf", "local-site.json", "logs"]);
    let nested = plan("31d-nested.zip");
    assert_eq!(nested["sources"][0]["holds"]["type"], "database");
    assert_eq!(unused(&nested), ["backup/files.zip"]);
    let content = plan("33b-sql-wpcontent.zip");
    let source = &content["sources"][0]["holds"];
    assert_eq!((&source["type"], &source["whole"]), (&"site".into(), &false.into()));
    assert!(unused(&content).is_empty());
}

#[test]
fn a_new_site_of_a_whole_archive_has_its_content_and_git_its_code_alone() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let local = case("33-local.zip");
    let row = test.json(&["site:create", "garden", "--from", path(&local)]);
    assert_eq!(row["result"]["cms"], "wordpress");
    assert_eq!(row["result"]["not_used"].as_array().unwrap().len(), 3, "{row}");
    let code = test.environment("garden.dev").join("code");
    let tracked = || test.git(&code, &["ls-files"]).success().stdout;
    let all = tracked();
    assert!(all.contains("wp-content/themes/leaf/style.css"), "{all}");
    for content in [".sql", "uploads", "conf/", "logs/", "local-site.json"] {
        assert!(!all.contains(content), "{content} in {all}");
    }
    assert_eq!(tables(&test, "garden.dev"), 12);
    assert_eq!(files(&test, "garden.dev"), ["2026/01/a.jpg"]);
    test.run(&["undo", "garden"]).success();
    assert_eq!(test.json(&["site:list"]), serde_json::json!([]));
}

#[test]
fn a_folder_with_a_dump_in_it_becomes_a_site_without_the_dump_in_git() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let copy = format!(
        "mkdir site && cp -r {}/. site/ && rm -rf site/.git && mkdir -p site/wp-content/updraft site/wp-content/plugins/shop",
        path(&wordpress())
    );
    test.shell(&test.folder("."), &copy).success();
    let site = test.folder("site");
    fs::copy(case("02-warning-line.sql"), site.join("old.txt")).unwrap();
    fs::copy(case("02-warning-line.sql"), site.join("wp-content/updraft/x-db.sql")).unwrap();
    fs::write(site.join("wp-content/plugins/shop/schema.sql"), "CREATE TABLE a (b int);").unwrap();
    test.run(&["site:create", "acme", "--from", path(&site)]).success();
    let code = test.environment("acme.dev").join("code");
    let tracked = test.git(&code, &["ls-files"]).success().stdout;
    assert!(tracked.contains("plugins/shop/schema.sql"), "it is a part of the plugin");
    assert!(!tracked.contains("old.txt") && !tracked.contains("updraft"), "{tracked}");
    assert_eq!(tables(&test, "acme.dev"), 1);
    // Two are a doubt, which `--entry` or `--as` ends.
    fs::copy(case("02-warning-line.sql"), site.join("older.sql")).unwrap();
    let create = ["site:create", "again", "--from", path(&site)];
    test.run(&create).status(5).stderr_has("--as code").stderr_has("--entry old.txt");
    test.run(&[&create[..], &["--as", "code"]].concat()).success();
    assert_eq!(tables(&test, "again.dev"), 0);
    let code = test.environment("again.dev").join("code");
    let tracked = test.git(&code, &["ls-files"]).success().stdout;
    assert!(!tracked.contains("old.txt") && !tracked.contains("older.sql"));
}

#[test]
fn a_set_of_updraftplus_comes_in_whole_and_each_of_it_as_what_it_is() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let source = wordpress();
    test.run(&["site:create", "acme", "--from", path(&source), "--database", "mariadb"]).success();
    let set = |what: &str| case(&format!("backup_2026-01-02-0304_Garden_abc123def456-{what}"));
    let all = [set("db.gz"), set("plugins.zip"), set("themes.zip"), set("uploads.zip")];
    let all: Vec<&str> = all.iter().map(|it| path(it)).collect();
    let import = [&["import"], &all[..], &["acme.dev"]].concat();
    let row = test.json(&import);
    assert_eq!(row["kind"], "import_site");
    assert!(row["result"]["commit"].is_string());
    assert_eq!(files(&test, "acme.dev"), ["2026/01/a.jpg"]);
    assert!(tables(&test, "acme.dev") > 0);
    let code = test.environment("acme.dev").join("code");
    let tracked = || test.git(&code, &["ls-files"]).success().stdout;
    for there in
        ["wp-content/plugins/hello/hello.php", "wp-content/themes/leaf/style.css", "wp-load.php"]
    {
        assert!(tracked().contains(there), "{there}");
    }
    test.run(&["undo", "acme"]).success();
    assert!(!tracked().contains("themes/leaf") && files(&test, "acme.dev").is_empty());
    // Each says which others lie beside it.
    let alone = test.json(&["import", all[0], "acme.dev", "--dry-run"]);
    let notes = alone["sources"][0]["notes"].to_string();
    for name in ["-plugins.zip", "-themes.zip", "-uploads.zip"] {
        assert!(notes.contains(name), "{name} in {notes}");
    }
    // Parts of what was too large for one archive, and what else there was.
    let parts = test.folder("parts");
    fs::create_dir(&parts).unwrap();
    let part = |end: &str| parts.join(format!("backup_2026-01-02-0304_Garden_abc123def456-{end}"));
    fs::copy(all[3], part("uploads.zip")).unwrap();
    let pack = |to: &Path, name: &str, text: &str| {
        let script = format!(
            "mkdir -p p/{0} && printf '{text}' > p/{name} && cd p && zip -qr {1} . && cd .. && rm -r p",
            Path::new(name).parent().unwrap().display(),
            path(to)
        );
        test.shell(&test.folder("."), &script).success();
    };
    pack(&part("uploads2.zip"), "uploads/2026/02/b.jpg", "x");
    pack(&part("others.zip"), "fonts/a.css", "x");
    let all_parts = [part("uploads.zip"), part("uploads2.zip"), part("others.zip")];
    let given: Vec<&str> = all_parts.iter().map(|it| path(it)).collect();
    test.run(&[&["import"], &given[..], &["acme.dev"]].concat()).success();
    assert_eq!(files(&test, "acme.dev"), ["2026/01/a.jpg", "2026/02/b.jpg"]);
    assert!(tracked().contains("wp-content/fonts/a.css"));
    test.run(&["undo", "acme"]).success();
    // Themes alone are code, whatever is asked.
    let row = test.json(&["import", all[2], "acme.dev"]);
    assert!(row["result"]["commit"].is_string(), "{row}");
    assert!(files(&test, "acme.dev").is_empty() && tracked().contains("themes/leaf"));
}
