//! What is told before content is replaced, and what then happens: looks into files, plans, comparisons.
use std::fs;

use serde_json::Value;

use crate::{
    content::{path, with_wordpress},
    support::PorticoTest,
};

fn names(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|it| it["table"].as_str().unwrap()).collect()
}

fn generation(test: &PorticoTest, environment: &str) -> Value {
    test.json(&["env:info", environment])["content"]["generation"].clone()
}

#[test]
fn a_clone_is_compared_and_planned_first_and_leaves_out_what_is_asked() {
    let test = PorticoTest::new();
    let (_serving, _) = with_wordpress(&test);
    let clone = ["env:clone-content", "acme.dev", "test"];
    test.run(&clone).status(5).stderr_has("env:deploy acme.test");
    test.run(&["env:deploy", "acme.test"]).success();
    let browser = test.browser();
    browser.publish("acme.dev", "ada", "correct horse", "Only in Dev");
    fs::create_dir_all(test.environment("acme.dev").join("files/2026")).unwrap();
    fs::write(test.environment("acme.dev").join("files/2026/a.txt"), "a").unwrap();

    let compared = test.json(&["env:compare", "acme.dev", "test"]);
    assert_eq!(compared["entries"]["what"], "posts");
    assert!(compared["entries"]["newer"].as_u64().unwrap() >= 1, "{compared}");
    assert!(names(&compared["tables"]).contains(&"wp_posts"), "{compared}");
    assert_eq!(
        (&compared["files_from"]["count"], &compared["files_to"]["count"]),
        (&1.into(), &0.into())
    );
    assert!(compared["files_from"]["newest"].is_string());

    let before = generation(&test, "acme.test");
    let dry = |more: &[&str]| test.json(&[&clone[..], &["--dry-run"], more].concat());
    let plan = dry(&[]);
    assert!(
        plan["database"]["rows"].as_u64().unwrap() > 10 && plan["files"]["count"] == 1,
        "{plan}"
    );
    assert_eq!(plan["pairs"][0]["old"], browser.url("acme.dev", ""));
    assert_eq!(plan["pairs"][0]["new"], browser.url("acme.test", ""));
    assert!(
        plan["effort"]["needed"].as_u64().unwrap() > 0 && plan["excluded"] == Value::Array(vec![])
    );
    test.run(&["site:clone-profile", "acme", "--exclude", "links", "--exclude", "comment*"])
        .success();
    let plan = dry(&["--exclude-table", "wp_termmeta"]);
    let out = names(&plan["excluded"]);
    assert_eq!(out, ["wp_commentmeta", "wp_comments", "wp_links", "wp_termmeta"]);
    test.run(&[&clone[..], &["--exclude-table", "nothing"]].concat()).status(3);
    assert_eq!(generation(&test, "acme.test"), before, "nothing has changed so far");

    test.run(&clone).success();
    let dump =
        |environment: &str| test.run(&["export:database", environment, "-"]).success().stdout;
    let (dev, cloned) = (dump("acme.dev"), dump("acme.test"));
    assert!(dev.contains("INSERT INTO `wp_comments`"));
    assert!(
        cloned.contains("CREATE TABLE `wp_comments`")
            && !cloned.contains("INSERT INTO `wp_comments`")
    );
    assert_eq!(test.json(&["env:compare", "acme.dev", "test"])["entries"]["newer"], 0);
    assert!(dry(&[])["effort"]["about_s"].as_u64().unwrap() >= 1, "it was done before");
    test.run(&["site:clone-profile", "acme", "--reset"]).success();
    assert_eq!(test.json(&["site:clone-profile", "acme"])["is_default"], true);
    assert!(dry(&[])["excluded"].as_array().unwrap().is_empty());
}

/// A site as Local exports it: code in `app/public`, a dump in `app/sql`.
fn whole_site(test: &PorticoTest) {
    let wordpress = crate::support::wordpress();
    let line = format!(
        "mkdir -p whole/app/sql whole/app/public && cp -r {}/. whole/app/public/ && rm -rf whole/app/public/.git \
         && cp acme.sql whole/app/sql/local.sql && cd whole/app/public \
         && mkdir -p wp-content/uploads/2026 wp-content/mu-plugins && echo film > wp-content/uploads/2026/a.txt \
         && echo '<?php // new' > wp-content/mu-plugins/new.php && cd ../.. && tar czf ../whole.tar.gz .",
        path(&wordpress)
    );
    test.shell(&test.folder("."), &line).success();
}

#[test]
fn a_whole_site_comes_in_by_one_workflow_and_goes_by_one_undo() {
    let test = PorticoTest::new();
    let (_serving, _) = with_wordpress(&test);
    let browser = test.browser();
    browser.publish("acme.dev", "ada", "correct horse", "After the dump");
    whole_site(&test);
    let plan = test.json(&["import", "whole.tar.gz", "acme.dev", "--dry-run"]);
    let holds = &plan["sources"][0]["holds"];
    assert_eq!((&holds["type"], &holds["cms"]), (&"site".into(), &"wordpress".into()));
    assert_eq!(
        (&holds["root"], &holds["dump"]),
        (&"app/public".into(), &"app/sql/local.sql".into())
    );
    assert_eq!(plan["sources"][0]["packed"], serde_json::json!(["gzip", "tar"]));
    assert_eq!(plan["request"]["kind"], "import_site");
    assert!(browser.get("acme.dev", "/").ok().has("After the dump"), "a dry run changes nothing");

    let row = test.json(&["import", "whole.tar.gz", "acme.dev"]);
    assert_eq!(row["kind"], "import_site");
    let page = browser.get("acme.dev", "/").ok();
    assert!(
        page.has("Before the dump") && !page.has("After the dump") && !page.has("acme.example")
    );
    assert!(browser.get("acme.dev", "/wp-content/uploads/2026/a.txt").ok().has("film"));
    let code = test.environment("acme.dev").join("code");
    let tracked = || test.git(&code, &["ls-files"]).success().stdout;
    assert!(tracked().contains("mu-plugins/new.php") && tracked().contains("wp-config.php"));
    assert!(!tracked().contains(".sql") && !tracked().contains("uploads"), "they are content");
    assert_eq!(test.json(&["env:code-log", "acme.dev"])[0]["subject"], "Import whole.tar.gz");
    test.run(&["undo", "acme"]).success();
    assert!(browser.get("acme.dev", "/").ok().has("After the dump"));
    assert!(!tracked().contains("mu-plugins/new.php"));

    // Pantheon's three archives.
    let three = "tar czf acme_live_code.tar.gz -C whole/app/public --exclude uploads . \
        && gzip -c acme.sql > acme_live_database.sql.gz \
        && mkdir files_live && cp -r whole/app/public/wp-content/uploads/2026 files_live/ \
        && tar czf acme_live_files.tar.gz files_live";
    test.shell(&test.folder("."), three).success();
    let import = [
        "import",
        "acme_live_code.tar.gz",
        "acme_live_database.sql.gz",
        "acme_live_files.tar.gz",
        "acme.dev",
    ];
    let plan = test.json(&[&import[..], &["--dry-run"]].concat());
    let types: Vec<&Value> =
        plan["sources"].as_array().unwrap().iter().map(|it| &it["holds"]["type"]).collect();
    assert_eq!(types, ["code", "database", "files"]);
    let database = &plan["sources"][1]["holds"];
    assert_eq!((&database["prefix"], &database["cms"]), (&"wp_".into(), &"wordpress".into()));
    assert_eq!(database["addresses"], serde_json::json!(["https://www.acme.example"]));
    assert_eq!(plan["sources"][2]["holds"]["root"], "files_live");
    assert!(test.json(&import)["result"]["commit"].is_string());
    let again = test.json(&["import:site", "acme.dev", import[1], import[2], import[3]]);
    assert!(again["result"]["commit"].is_null(), "the code is the same");
    assert!(browser.get("acme.dev", "/wp-content/uploads/2026/a.txt").ok().has("film"));
    assert!(browser.get("acme.dev", "/").ok().has("Before the dump"));

    fs::write(test.folder("junk.bin"), "no dump").unwrap();
    test.run(&["import", "junk.bin", "acme.dev"])
        .status(5)
        .stderr_has("neither a dump nor an archive");
    test.run(&["import", import[2], "acme.sql", "acme.dev"])
        .status(2)
        .stderr_has("second database");
}

/// Answers one request with these bytes, as they are; answers its address.
fn serve_once(answer: Vec<u8>) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        stream.write_all(&answer).unwrap();
    });
    format!("http://{address}/backup.tar.gz?Signature=a/b")
}

#[test]
fn an_address_is_downloaded_whole_or_nothing_changes() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let pack =
        "mkdir files_live && echo film > files_live/a.txt && tar czf files.tar.gz files_live";
    test.shell(&test.folder("."), pack).success();
    let bytes = fs::read(test.folder("files.tar.gz")).unwrap();
    let head =
        |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    let before = generation(&test, "demo.dev");

    let missing = serve_once(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec());
    let outcome = test.run(&["import", &missing, "demo.dev"]).status(1).stderr_has("404");
    assert!(!outcome.stderr.contains("Signature"), "a signature is a secret");
    let cut = serve_once([head(bytes.len()), bytes[..bytes.len() / 2].to_vec()].concat());
    let told = format!("after {} of {} bytes", bytes.len() / 2, bytes.len());
    test.run(&["import:files", "demo.dev", &cut]).status(1).stderr_has(&told);
    assert_eq!(generation(&test, "demo.dev"), before);

    let whole = serve_once([head(bytes.len()), bytes.clone()].concat());
    test.run(&["import", &whole, "demo.dev"]).success();
    let film = test.environment("demo.dev").join("files/a.txt");
    assert_eq!(fs::read_to_string(film).unwrap(), "film\n");
    assert_eq!(test.json(&["env:info", "demo.dev"])["content"]["origin"]["name"], "backup.tar.gz");
    let left = fs::read_dir(test.root().join("scratch")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what was downloaded is gone");
}
