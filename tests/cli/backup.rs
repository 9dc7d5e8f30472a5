//! Backups: made, read back, restored anywhere in the site, damaged, deleted, and let go.
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    random::{Random, moments},
    support::{PorticoTest, wordpress},
};

const DUMP: &str = "CREATE TABLE notes (id INT NOT NULL PRIMARY KEY, text TEXT);\n\
    INSERT INTO notes VALUES (1, 'it''s'), (2, 'ä…'), (3, NULL);\n";

/// The sample with rows, files, Test and Live, on this engine.
fn sample(test: &PorticoTest, engine: &str) {
    test.run(&["site:create", "demo", "--from", "sample", "--database", engine]).success();
    fs::write(test.folder("notes.sql"), DUMP).unwrap();
    test.run(&["import:database", "demo.dev", "notes.sql"]).success();
    let files = test.environment("demo.dev").join("files");
    fs::create_dir_all(files.join("2026/12")).unwrap();
    fs::write(files.join("2026/12/photo.txt"), "photo").unwrap();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
}

fn backups(test: &PorticoTest, environment: &str) -> Vec<Value> {
    test.json(&["backup:list", environment]).as_array().unwrap().clone()
}

fn create(test: &PorticoTest, environment: &str) -> PathBuf {
    let row = test.json(&["backup:create", environment]);
    PathBuf::from(row["result"]["folder"].as_str().unwrap())
}

/// What a visitor and a program see of an environment: rows, files, code.
fn seen(test: &PorticoTest, environment: &str) -> (Value, Option<String>, String) {
    let database = &test.json(&["env:info", environment])["content"]["database"];
    let tables = database["tables"].clone();
    let photo = test.environment(environment).join("files/2026/12/photo.txt");
    let code = fs::read_to_string(test.environment(environment).join("code/index.php")).unwrap();
    (tables, fs::read_to_string(photo).ok(), code)
}

/// Changes Dev's code and brings it to Live.
fn deploy_more(test: &PorticoTest) {
    let index = test.environment("demo.dev").join("code/index.php");
    fs::write(&index, "<?php echo 'later';").unwrap();
    test.run(&["env:commit", "demo.dev", "--message", "Later"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
}

#[test]
fn a_backup_brings_code_rows_and_files_back_and_the_restore_is_undone() {
    for engine in ["sqlite", "mariadb"] {
        let test = PorticoTest::new();
        let _serving = test.serve();
        sample(&test, engine);
        let before = seen(&test, "demo.live");
        assert_eq!((&before.0, before.1.as_deref()), (&1.into(), Some("photo")), "{engine}");
        create(&test, "demo.live");
        deploy_more(&test);
        test.run(&["env:wipe", "demo.live", "--confirm", "demo"]).success();
        let after = seen(&test, "demo.live");
        assert!(after != before, "{engine}");

        let restore = ["backup:restore", "demo.live"];
        test.run(&restore).status(5).stderr_has("--confirm demo");
        test.run(&[&restore[..], &["--confirm", "demo"]].concat()).success();
        assert_eq!(seen(&test, "demo.live"), before, "{engine}");
        test.run(&["undo", "demo"]).success();
        assert_eq!(seen(&test, "demo.live"), after, "{engine}");

        // One part alone, and into another environment; its uncommitted work is carried over, or told.
        test.run(&["backup:restore", "demo.live", "--element", "files", "--confirm", "demo"])
            .success();
        assert_eq!(seen(&test, "demo.live").1.as_deref(), Some("photo"));
        test.run(&["env:wipe", "demo.dev"]).success();
        test.run(&["backup:restore", "demo.live", "--to", "dev"]).success();
        assert_eq!(seen(&test, "demo.dev"), before, "{engine}");
        let log = test.json(&["env:code-log", "demo.dev"]);
        assert!(log[0]["subject"].as_str().unwrap().starts_with("Restore "), "{log}");
        assert!(log.as_array().unwrap().len() > 2, "history is not rewritten: {log}");
        test.run(&["undo", "demo"]).success();
        assert!(seen(&test, "demo.dev").2.contains("later"), "{engine}");
    }
}

#[test]
fn a_wordpress_is_restored_to_another_environment_with_its_own_address() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let source = wordpress();
    test.run(&["site:create", "acme", "--from", source.to_str().unwrap()]).success();
    let line = "--title Bluewhales --admin-user ada --admin-email ada@acme.test";
    let mut words = vec!["site:install", "acme.dev", "--admin-password", "correct horse"];
    words.extend(line.split(' '));
    test.run(&words).success();
    test.run(&["env:deploy", "acme.test"]).success();
    test.run(&["env:deploy", "acme.live"]).success();
    test.browser().publish("acme.live", "ada", "correct horse", "Before the backup");
    create(&test, "acme.live");
    test.browser().publish("acme.live", "ada", "correct horse", "After the backup");

    test.run(&["backup:restore", "acme.live", "--confirm", "acme"]).success();
    let live = test.browser().get("acme.live", "/").ok();
    assert!(live.has("Before the backup") && !live.has("After the backup"));
    test.run(&["undo", "acme"]).success();
    assert!(test.browser().get("acme.live", "/").ok().has("After the backup"));

    test.run(&["backup:restore", "acme.live", "--to", "dev"]).success();
    let dev = test.browser().get("acme.dev", "/").ok();
    assert!(dev.has("Before the backup") && !dev.has("After the backup"));
    assert!(!dev.has("live-acme"), "its addresses are Dev's: {}", dev.body);
    // What others read, too: a clone of the code, and a dump that MariaDB's own client would take.
    let code = test.json(&["backup:info", "acme.live", "--element", "code"]);
    let name = code["parts"][0]["file"].as_str().unwrap().to_owned();
    test.run(&["backup:get", "acme.live", "--element", "code", "--to", "."]).success();
    let stem = name.strip_suffix(".tar.gz").unwrap();
    test.shell(&test.folder("."), &format!("tar xzf {name} && git -C {stem} fsck --strict"))
        .success();
    let folder = test.folder(stem);
    assert_eq!(test.git(&folder, &["status", "--porcelain"]).success().stdout, "");
    assert!(test.git(&folder, &["tag"]).success().stdout.contains("pantheon_live_1"));
    test.run(&["backup:get", "acme.live", "--element", "code", "--to", "."])
        .status(5)
        .stderr_has("exists already");
}

#[test]
fn a_changed_byte_anywhere_in_an_archive_is_found_and_nothing_is_restored_from_it() {
    let test = PorticoTest::new();
    sample(&test, "sqlite");
    let folder = create(&test, "demo.live");
    let before = seen(&test, "demo.live");
    let archives: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "gz"))
        .collect();
    assert_eq!(archives.len(), 3);
    let mut random = Random::new();
    for archive in &archives {
        let whole = fs::read(archive).unwrap();
        for _ in 0..moments(3) {
            let length = Duration::from_nanos(whole.len() as u64);
            let at = random.below(length).as_nanos() as usize;
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(archive, &changed).unwrap();
            let name = archive.file_name().unwrap().to_str().unwrap();
            test.run(&["backup:verify", "demo.live"]).status(1).stderr_has(name);
            let check = &backups(&test, "demo.live")[0]["check"];
            assert!(check["problem"].is_string(), "byte {at} of {name}: {check}");
            // It is not taken by itself any more, nor when it is named.
            let restore = ["backup:restore", "demo.live", "--confirm", "demo"];
            test.run(&restore).status(5).stderr_has("no whole backup");
            let id = folder.file_name().unwrap().to_str().unwrap();
            test.run(&[&restore[..], &["--file", id]].concat()).status(1).stderr_has(name);
            assert_eq!(seen(&test, "demo.live"), before);
        }
        for cut in [0, whole.len() / 2] {
            fs::write(archive, &whole[..cut]).unwrap();
            test.run(&["backup:verify", "demo.live"]).status(1);
        }
        fs::remove_file(archive).unwrap();
        test.run(&["backup:verify", "demo.live"]).status(1);
        fs::write(archive, &whole).unwrap();
        test.run(&["backup:verify", "demo.live"]).success();
    }
}

#[test]
fn a_deleted_backup_comes_back_until_the_rule_of_what_is_kept_lets_it_go() {
    let test = PorticoTest::new();
    sample(&test, "sqlite");
    test.run(&["backup:list", "demo.live"]).success().stderr_has("backup:create demo.live");
    test.run(&["backup:restore", "demo.live", "--confirm", "demo"]).status(5);
    let folder = create(&test, "demo.live");
    let id = folder.file_name().unwrap().to_str().unwrap().to_owned();
    test.run(&["backup:delete", "demo.live", "nothing"]).status(3).stderr_has("backup:list");
    test.run(&["backup:delete", "demo.live", &id]).success();
    assert!(backups(&test, "demo.live").is_empty() && !folder.exists());
    test.run(&["undo", "demo"]).success();
    assert_eq!(backups(&test, "demo.live").len(), 1);
    test.run(&["undo", "demo"]).success();
    assert!(backups(&test, "demo.live").is_empty(), "the undo is undone");
    let deleted = || fs::read_dir(test.root().join("deleted")).map_or(0, Iterator::count);
    assert_eq!(deleted(), 1);
    test.run(&["disk:free", "demo", "--keep", "0", "--yes"]).success();
    assert_eq!(deleted(), 0);
    test.run(&["undo", "demo"]).status(5);

    // Undo of a creation takes the backup away, as long as nobody wants it back.
    create(&test, "demo.live");
    test.run(&["undo", "demo"]).success();
    assert!(backups(&test, "demo.live").is_empty());
}

#[test]
fn backups_that_were_kept_long_enough_go_but_never_the_newest_whole_one() {
    let test = PorticoTest::new();
    sample(&test, "sqlite");
    let keep = |days: &str| {
        let row = test.json(&["backup:create", "demo.live", "--keep-for", days]);
        PathBuf::from(row["result"]["folder"].as_str().unwrap())
    };
    let (forever, old, newest) = (keep("forever"), keep("8"), keep("8"));
    test.run(&["backup:expire", "demo.live"]).status(5).stderr_has("no backup");
    for folder in [&forever, &old, &newest] {
        let manifest = folder.join("manifest.json");
        let mut backup: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        if backup["kept_until"].is_string() {
            backup["kept_until"] = "2020-01-01T00:00:00Z".into();
        }
        fs::write(&manifest, backup.to_string()).unwrap();
    }
    test.run(&["backup:expire", "demo.live"]).success();
    assert!(forever.exists() && newest.exists() && !old.exists());
    test.run(&["undo", "demo"]).success();
    assert!(old.exists());
    test.run(&["backup:create", "demo.live", "--keep-for", "soon"]).status(2);
}

#[test]
fn a_killed_or_cancelled_backup_leaves_none_and_a_whole_one_stands() {
    let test = PorticoTest::new();
    sample(&test, "sqlite");
    let film = test.environment("demo.live").join("files/film.bin");
    fs::write(
        film,
        (0..4_000_000_u32)
            .map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect::<Vec<_>>(),
    )
    .unwrap();
    let started = Instant::now();
    create(&test, "demo.live");
    let lasts = started.elapsed();
    let folder = test.root().join("sites/demo/backups/live");
    let mut random = Random::new();
    for _ in 0..moments(4) {
        let mut child = test.command(&["backup:create", "demo.live"]).spawn().unwrap();
        std::thread::sleep(random.below(lasts));
        child.kill().unwrap();
        child.wait().unwrap();
        // The next owner takes away what was half made.
        let listed = backups(&test, "demo.live").len();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), listed);
        test.run(&["backup:verify", "demo.live"]).success();
    }
}

#[test]
fn one_part_is_backed_up_alone_and_a_part_that_is_not_there_is_told() {
    let test = PorticoTest::new();
    sample(&test, "sqlite");
    test.run(&["backup:create", "demo.live", "--element", "db", "--note", "rows only"]).success();
    let all = backups(&test, "demo.live");
    assert_eq!(all[0]["parts"].as_array().unwrap().len(), 1);
    assert_eq!((&all[0]["parts"][0]["rows"], &all[0]["note"]), (&3.into(), &"rows only".into()));
    let restore = ["backup:restore", "demo.live", "--confirm", "demo", "--element"];
    test.run(&[&restore[..], &["files"]].concat()).status(5).stderr_has("files");
    test.run(&["backup:get", "demo.live", "--element", "code"]).status(5);
    test.run(&["env:wipe", "demo.live", "--confirm", "demo"]).success();
    test.run(&[&restore[..], &["database"]].concat()).success();
    assert_eq!(seen(&test, "demo.live").0, 1);
    let file = all[0]["parts"][0]["file"].as_str().unwrap();
    let printed =
        test.run(&["backup:get", "demo.live", "--file", file, "--element", "db"]).success();
    assert!(Path::new(printed.stdout.trim()).exists());
    test.run(&["multidev:create", "demo.dev", "backups"]).status(2).stderr_has("reserved");
}

#[test]
fn an_environment_without_a_table_is_backed_up_and_restored_as_such() {
    let test = PorticoTest::new();
    let create = ["site:create", "demo", "--from", "sample", "--database"];
    test.run(&[&create[..], &["mariadb"]].concat()).success();
    test.run(&["backup:create", "demo.dev"]).success();
    fs::write(test.folder("notes.sql"), DUMP).unwrap();
    test.run(&["import:database", "demo.dev", "notes.sql"]).success();
    assert_eq!(seen(&test, "demo.dev").0, 1);
    test.run(&["backup:restore", "demo.dev", "--element", "database"]).success();
    assert_eq!(seen(&test, "demo.dev").0, 0);
    test.run(&["undo", "demo"]).success();
    assert_eq!(seen(&test, "demo.dev").0, 1);
}

#[test]
fn what_has_no_database_yet_is_backed_up_and_restored_as_such() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample", "--database", "sqlite"]).success();
    let folder = create(&test, "demo.dev");
    let parts = backups(&test, "demo.dev")[0]["parts"].as_array().unwrap().clone();
    assert_eq!(parts.iter().map(|it| &it["element"]).collect::<Vec<_>>(), ["code", "files"]);
    let only = ["backup:create", "demo.dev", "--element", "database"];
    test.run(&only).status(5).stderr_has("no database");
    let restore = ["backup:restore", "demo.dev"];
    test.run(&[&restore[..], &["--element", "database"]].concat())
        .status(5)
        .stderr_has("no whole backup of database");
    fs::write(test.folder("notes.sql"), DUMP).unwrap();
    test.run(&["import:database", "demo.dev", "notes.sql"]).success();
    assert_eq!(seen(&test, "demo.dev").0, 1);
    test.run(&restore).success().stderr_has("becomes an empty one");
    assert_eq!(seen(&test, "demo.dev").0, 0);
    test.run(&["undo", "demo"]).success();
    assert_eq!(seen(&test, "demo.dev").0, 1);
    // It is as whole as any, and the newest whole one never goes.
    let manifest = folder.join("manifest.json");
    let mut backup: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    backup["kept_until"] = "2020-01-01T00:00:00Z".into();
    fs::write(&manifest, backup.to_string()).unwrap();
    test.run(&["backup:expire", "demo.dev"]).status(5);
}

#[test]
fn a_backup_whose_manifest_is_lost_or_damaged_is_shown_as_damaged_and_its_archives_can_be_imported()
{
    let test = PorticoTest::new();
    sample(&test, "sqlite");
    let folder = create(&test, "demo.live");
    let id = folder.file_name().unwrap().to_str().unwrap();
    let manifest = folder.join("manifest.json");
    let whole = fs::read(&manifest).unwrap();
    for damaged in [Some(&whole[..whole.len() / 2]), Some(b""), None] {
        match damaged {
            Some(bytes) => fs::write(&manifest, bytes).unwrap(),
            None => fs::remove_file(&manifest).unwrap(),
        }
        let backup = &backups(&test, "demo.live")[0];
        assert_eq!(backup["parts"].as_array().unwrap().len(), 3, "{backup}");
        assert!(backup["check"]["problem"].as_str().unwrap().contains("manifest.json"), "{backup}");
        test.run(&["backup:list", "demo.live"]).success().stdout_has("damaged");
        test.run(&["backup:verify", "demo.live"]).status(1).stderr_has("manifest.json");
        let restore = ["backup:restore", "demo.live", "--confirm", "demo"];
        test.run(&restore).status(5).stderr_has("no whole backup");
        test.run(&[&restore[..], &["--file", id]].concat()).status(5).stderr_has("manifest.json");
    }
    let get = ["backup:get", "demo.live", "--file", id, "--element", "db"];
    let dump = test.run(&get).success().stdout;
    test.run(&["env:wipe", "demo.dev"]).success();
    test.run(&["import:database", "demo.dev", dump.trim()]).success();
    assert_eq!(seen(&test, "demo.dev").0, 1);
    test.run(&["backup:delete", "demo.live", id]).success();
    assert!(backups(&test, "demo.live").is_empty());
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_left_out_and_told_and_names_of_all_kinds_come_back() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener};

    let test = PorticoTest::with_root("a root's folder/Portico");
    test.run(&["site:create", "demo", "--from", "sample", "--database", "sqlite"]).success();
    let files = test.environment("demo.dev").join("files");
    let long = "d".repeat(120);
    let latin = std::ffi::OsStr::from_bytes(b"lat\xe9in.txt");
    fs::create_dir_all(files.join(&long).join(&long)).unwrap();
    fs::create_dir_all(files.join("empty")).unwrap();
    let names = ["Größe 😀.txt", "new\nline.txt", "back\\slash.txt", "-rf", "it's"];
    for name in names {
        fs::write(files.join(name), name).unwrap();
    }
    fs::write(files.join(latin), "latin").unwrap();
    fs::write(files.join(&long).join(&long).join(&long), "long").unwrap();
    symlink("it's", files.join("link")).unwrap();
    let _socket = UnixListener::bind(files.join("s.sock")).unwrap();
    test.shell(&files, "mkfifo pipe").success();
    fs::write(test.environment("demo.dev").join("code/new.php"), "<?php").unwrap();

    let created = test.run(&["backup:create", "demo.dev"]).success();
    created.stderr_has("left out: `pipe`").stderr_has("not in it: 1 uncommitted change");
    test.run(&["env:wipe", "demo.dev"]).success();
    test.run(&["backup:restore", "demo.dev", "--element", "files"]).success();
    let files = test.environment("demo.dev").join("files");
    for name in names {
        assert_eq!(fs::read_to_string(files.join(name)).unwrap(), name);
    }
    assert_eq!(fs::read_to_string(files.join(latin)).unwrap(), "latin");
    assert!(files.join(&long).join(&long).join(&long).is_file() && files.join("empty").is_dir());
    assert_eq!(fs::read_link(files.join("link")).unwrap(), Path::new("it's"));
    assert!(!files.join("pipe").exists() && !files.join("s.sock").exists());
}

#[test]
fn backups_of_a_deleted_environment_are_listed_restored_elsewhere_and_let_go() {
    let test = PorticoTest::new();
    sample(&test, "sqlite");
    test.run(&["multidev:create", "demo.live", "blog"]).success();
    let (old, newest) = (create(&test, "demo.blog"), create(&test, "demo.blog"));
    test.run(&["multidev:delete", "demo.blog"]).success();
    // As people of Terminus type it.
    let listed = test.run(&["backups", "demo.blog", "--element=db", "--format=json"]).success();
    assert_eq!(listed.json().as_array().unwrap().len(), 2);
    test.run(&["env:wipe", "demo.dev"]).success();
    test.run(&["backup:restore", "demo.blog", "--to", "dev"]).success();
    assert_eq!(seen(&test, "demo.dev").0, 1);
    let manifest = old.join("manifest.json");
    let mut backup: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    backup["kept_until"] = "2020-01-01T00:00:00Z".into();
    fs::write(&manifest, backup.to_string()).unwrap();
    test.run(&["backup:expire", "demo.blog"]).success();
    assert!(!old.exists() && newest.exists());
}
