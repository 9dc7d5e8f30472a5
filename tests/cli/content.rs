//! Content comes from files and goes to files; what is wrong with a file changes nothing.
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::support::{PorticoTest, Serving, wordpress};

/// A served WordPress on MariaDB with one post, and a dump of it by the server's own tool.
pub(crate) fn with_wordpress(test: &PorticoTest) -> (Serving, PathBuf) {
    let serving = test.serve();
    let source = wordpress();
    let source = source.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", source, "--database", "mariadb"]).success();
    install(test, "acme.dev");
    test.browser().publish("acme.dev", "ada", "correct horse", "Before the dump");
    let dump = test.folder("acme.sql");
    let mut command = Command::new("mariadb-dump");
    let database = &test.json(&["connection:info", "acme.dev"])["database"];
    let text = |name: &str| database[name].as_str().unwrap().to_owned();
    command.args(["--no-defaults", "--routines", "--no-tablespaces"]);
    command.arg(format!("--socket={}", text("path"))).arg(format!("--user={}", text("user")));
    command.env("MYSQL_PWD", text("password"));
    let output = command.arg("pantheon").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // The dump is one of a site that answers elsewhere.
    let own = test.browser().url("acme.dev", "");
    let text = String::from_utf8(output.stdout).unwrap();
    fs::write(&dump, text.replace(&own, "https://www.acme.example")).unwrap();
    (serving, dump)
}

fn install(test: &PorticoTest, environment: &str) {
    let line = "--title Acme --admin-user ada --admin-email ada@acme.test";
    let mut words = vec!["site:install", environment, "--admin-password", "correct horse"];
    words.extend(line.split(' '));
    test.run(&words).success();
}

/// How many tables an environment has.
pub(crate) fn tables(test: &PorticoTest, environment: &str) -> u64 {
    test.json(&["env:info", environment])["content"]["database"]["tables"].as_u64().unwrap()
}

/// Its uploads, sorted.
pub(crate) fn files(test: &PorticoTest, environment: &str) -> Vec<String> {
    let root = test.environment(environment).join("files");
    let mut found = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false => found.push(path.strip_prefix(&root).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn content(test: &PorticoTest, environment: &str) -> Value {
    test.json(&["env:info", environment])["content"].clone()
}

/// Imports a file that must not come in: exit code, what the message has, and everything as before.
fn refused(test: &PorticoTest, file: &Path, status: i32, says: &[&str]) {
    let before = content(test, "acme.dev");
    let outcome = test.run(&["import:database", "acme.dev", path(file)]).status(status);
    for text in says {
        assert!(outcome.stderr.contains(text), "no {text:?} in {outcome}");
    }
    let after = content(test, "acme.dev");
    for same in ["generation", "origin", "origin_at"] {
        assert_eq!(after[same], before[same]);
    }
    assert_eq!(after["database"]["rows"], before["database"]["rows"]);
    assert!(test.browser().get("acme.dev", "/").ok().has("Before the dump"));
}

#[test]
fn a_dump_comes_in_with_this_environment_s_addresses_and_goes_by_undo() {
    let test = PorticoTest::new();
    let (_serving, dump) = with_wordpress(&test);
    let browser = test.browser();
    browser.publish("acme.dev", "ada", "correct horse", "After the dump");
    let before = content(&test, "acme.dev");
    let row = test.json(&["import:database", "acme.dev", path(&dump)]);
    assert_eq!(row["kind"], "import_database");
    assert!(row["result"]["replacements"].as_u64().unwrap() > 2, "{row}");
    let page = browser.get("acme.dev", "/").ok();
    assert!(page.has("Before the dump") && !page.has("After the dump"));
    assert!(!page.has("acme.example"), "the old address is left");
    let after = content(&test, "acme.dev");
    assert_eq!(after["origin"]["name"], "acme.sql");
    assert_eq!(after["database"]["tables"], before["database"]["tables"]);
    test.run(&["undo", "acme"]).success();
    assert!(browser.get("acme.dev", "/").ok().has("After the dump"));
    assert_eq!(content(&test, "acme.dev")["generation"], before["generation"]);
}

#[test]
fn a_bad_dump_changes_nothing_and_says_where_it_is_bad() {
    let test = PorticoTest::new();
    let (_serving, dump) = with_wordpress(&test);
    let text = fs::read_to_string(&dump).unwrap();
    let bad = test.folder("bad.sql");
    // Inside a value of the posts.
    let cut = text.find("INSERT INTO `wp_posts`").unwrap() + 400;
    fs::write(&bad, &text[..cut]).unwrap();
    let line = format!("line {}", text[..cut].matches('\n').count() + 1);
    refused(&test, &bad, 1, &["cut short", "wp_posts", "bad.sql"]);
    let outcome = test.run(&["import:database", "acme.dev", path(&bad)]);
    let said: u64 =
        outcome.stderr.split("line ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    let real: u64 = line[5..].parse().unwrap();
    assert!(real - said <= 3, "{said} is not near {real}");
    // Between two statements.
    let cut = text.find("-- Table structure for table `wp_term_taxonomy`").unwrap();
    fs::write(&bad, &text[..cut]).unwrap();
    refused(&test, &bad, 1, &["cut short", "line"]);
    // Inside the packing.
    let mut gzip =
        Command::new("gzip").arg("-c").arg(&dump).stdout(Stdio::piped()).spawn().unwrap();
    let mut packed = Vec::new();
    std::io::Read::read_to_end(gzip.stdout.as_mut().unwrap(), &mut packed).unwrap();
    gzip.wait().unwrap();
    fs::write(&bad, &packed[..packed.len() / 2]).unwrap();
    refused(&test, &bad, 1, &["cut short", "line"]);
    // A statement that is wrong, and one that reaches for files.
    let end = "-- Dump completed";
    fs::write(&bad, text.replace(end, &format!("CREATE TABLE `x` (oops);\n{end}"))).unwrap();
    refused(&test, &bad, 1, &["`x`", "line"]);
    let evil = format!("INSERT INTO `wp_posts` SELECT LOAD_FILE('/etc/passwd');\n{end}");
    fs::write(&bad, text.replace(end, &evil)).unwrap();
    refused(&test, &bad, 5, &["LOAD_FILE"]);
    fs::write(&bad, "<!DOCTYPE html><p>Log in to download").unwrap();
    refused(&test, &bad, 5, &["no dump"]);
}

#[test]
fn what_reaches_outside_the_database_is_left_out_and_told() {
    let test = PorticoTest::new();
    let (_serving, dump) = with_wordpress(&test);
    let text = fs::read_to_string(&dump).unwrap();
    let foreign = "CREATE DATABASE `other`;\nUSE `other`;\nGRANT ALL ON *.* TO 'evil'@'%';\nSET GLOBAL general_log = 1;\n";
    let trigger = "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`gone`@`%`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `wp_posts` FOR EACH ROW BEGIN SET @a = 1; END */;;\nDELIMITER ;\n";
    let collation = text.replace("utf8mb4_unicode_520_ci", "utf8mb4_0900_ai_ci");
    let end = "-- Dump completed";
    let changed = test.folder("changed.sql");
    fs::write(
        &changed,
        collation.replace(end, &format!("{trigger}{end}")).replacen(
            "DROP TABLE",
            &format!("{foreign}DROP TABLE"),
            1,
        ),
    )
    .unwrap();
    let row = test.json(&["import:database", "acme.dev", path(&changed)]);
    let notes = row["result"]["notes"].to_string();
    for note in ["CREATE DATABASE", "GRANT", "SET GLOBAL", "definers", "utf8mb4_0900_ai_ci"] {
        assert!(notes.contains(note), "no {note} in {notes}");
    }
    assert!(test.browser().get("acme.dev", "/").ok().has("Before the dump"));
    test.browser().publish("acme.dev", "ada", "correct horse", "With the trigger");
}

/// An export of Dev once WordPress's own scheduled work is over: it still writes after a post was published.
pub(crate) fn settled_export(test: &PorticoTest) -> PathBuf {
    let mut exports = (0..50).map(|number| {
        let file = test.folder(&format!("export-{number}.sql"));
        test.run(&["export:database", "acme.dev", path(&file)]).success();
        file
    });
    let mut last = exports.next().unwrap();
    for next in exports {
        if fs::read(&last).unwrap() == fs::read(&next).unwrap() {
            return next;
        }
        last = next;
    }
    panic!("WordPress never stops writing");
}

#[test]
fn what_is_exported_comes_back_the_same() {
    let test = PorticoTest::new();
    let (_serving, _) = with_wordpress(&test);
    let (first, second) = (settled_export(&test), test.folder("second.sql"));
    let packed = test.folder("packed.sql.gz");
    test.run(&["export:database", "acme.dev", path(&packed)]).success();
    test.run(&["import:database", "acme.dev", path(&packed), "--keep-urls"]).success();
    test.run(&["export:database", "acme.dev", path(&second)]).success();
    let read = |file: &Path| fs::read_to_string(file).unwrap();
    assert!(read(&first).contains("Before the dump"));
    assert!(read(&first) == read(&second), "an export after an import differs");
    test.run(&["export:database", "acme.dev", path(&second)]).status(5).stderr_has("exists");
    let piped = test.run(&["export:database", "acme.dev", "-"]).success();
    assert!(piped.stdout == read(&first));
}

#[test]
fn a_dump_can_come_by_standard_input() {
    let test = PorticoTest::new();
    let (_serving, dump) = with_wordpress(&test);
    let mut command = test.command(&["import:database", "acme.dev", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(dump).unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(test.browser().get("acme.dev", "/").ok().has("Before the dump"));
}

#[cfg(unix)]
#[test]
fn a_dump_can_come_by_a_pipe_and_one_that_nobody_writes_into_is_given_up() {
    let test = PorticoTest::new();
    let code = test.folder("code");
    fs::create_dir_all(&code).unwrap();
    fs::write(code.join("index.php"), "<?php").unwrap();
    test.run(&["site:create", "plain", "--from", path(&code), "--database", "mariadb"]).success();
    let pipe = test.folder("dump.sql");
    test.shell(&test.folder("."), "mkfifo dump.sql").success();
    let writer = {
        let pipe = pipe.clone();
        std::thread::spawn(move || {
            fs::write(pipe, "CREATE TABLE `a` (`b` int);\nINSERT INTO `a` VALUES (1);\n")
        })
    };
    test.run(&["import", path(&pipe), "plain.dev"]).success();
    writer.join().unwrap().unwrap();
    assert_eq!(tables(&test, "plain.dev"), 1);
    let started = std::time::Instant::now();
    test.run(&["import", path(&pipe), "plain.dev"])
        .status(5)
        .stderr_has("nothing came from the pipe");
    assert!(started.elapsed() < std::time::Duration::from_secs(60));
}

#[test]
fn sqlite_and_files_come_in_one_step_and_go_out_again() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    let source = wordpress();
    test.run(&["site:create", "acme", "--from", path(&source), "--database", "sqlite"]).success();
    install(&test, "acme.dev");
    browser.publish("acme.dev", "ada", "correct horse", "On SQLite");
    let uploads = test.environment("acme.dev").join("files");
    fs::create_dir_all(uploads.join("2026/11")).unwrap();
    fs::write(uploads.join("2026/11/a.txt"), "uploaded").unwrap();
    let (database, files) = (test.folder("out.sqlite"), test.folder("out.tar.gz"));
    test.run(&["export:database", "acme.dev", path(&database)]).success();
    test.run(&["export:files", "acme.dev", path(&files)]).success();
    test.run(&["export:files", "acme.dev", path(&test.folder("out.zip"))]).success();
    test.run(&["env:wipe", "acme.dev"]).success();
    assert!(!browser.get("acme.dev", "/").has("On SQLite"));
    test.run(&["import", path(&files), path(&database), "acme.dev"]).success();
    assert!(browser.get("acme.dev", "/").ok().has("On SQLite"));
    assert!(browser.get("acme.dev", "/wp-content/uploads/2026/11/a.txt").ok().has("uploaded"));
    let zip = test.folder("out.zip");
    fs::remove_file(uploads.join("2026/11/a.txt")).unwrap();
    test.run(&["import:files", "acme.dev", path(&zip)]).success();
    assert!(browser.get("acme.dev", "/wp-content/uploads/2026/11/a.txt").ok().has("uploaded"));
    assert!(browser.get("acme.dev", "/").ok().has("On SQLite"));
    // A damaged file, and one of the other engine.
    let bytes = fs::read(&database).unwrap();
    fs::write(&database, &bytes[..bytes.len() / 2]).unwrap();
    test.run(&["import:database", "acme.dev", path(&database)]).status(1).stderr_has("malformed");
    let dump = test.folder("dump.sql");
    fs::write(&dump, "CREATE TABLE `t` (a int);\nUPDATE `t` SET a = 1;").unwrap();
    test.run(&["import:database", "acme.dev", path(&dump)]).status(5).stderr_has("SQLite");
    assert!(browser.get("acme.dev", "/").ok().has("On SQLite"));
}

#[test]
fn live_asks_for_its_site_s_name() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
    fs::create_dir(test.folder("uploads")).unwrap();
    fs::write(test.folder("uploads/a.txt"), "a").unwrap();
    let import = ["import", "uploads", "demo.live"];
    test.run(&import).status(5).stderr_has("--confirm demo");
    test.run(&[&import[..], &["--confirm", "demo"]].concat()).success();
    test.run(&["import", "nowhere", "demo.dev"]).status(3);
}
