//! What archives and folders are, made as the programs make them.
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{Look, Problem, Reading, read};
use crate::content::archive::wpress_tests;
use crate::model::{Cms, request::ImportAs, view::Becomes};

const DUMP: &str = "-- MySQL dump 10.13\nCREATE TABLE `wp_options` (`a` int);\nINSERT INTO `wp_options` VALUES (1);\n-- Dump completed\n";

/// As the area of systems knows it, near enough.
fn code(paths: &[&str]) -> Option<(Cms, String)> {
    paths.iter().find_map(|path| {
        let at = path.find("wp-includes/")?;
        Some((Cms::WordPress, path[..at].trim_end_matches('/').to_owned()))
    })
}

struct Made {
    folder: TempDir,
}

impl Made {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A zip of these files.
    fn zip(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let path = self.path(name);
        let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
        for (name, text) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    /// A tar of the same.
    fn tar(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let path = self.path(name);
        let mut tar = tar::Builder::new(fs::File::create(&path).unwrap());
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        tar.finish().unwrap();
        path
    }

    /// A folder of the same.
    fn folder(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let path = self.path(name);
        for (name, text) in files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        path
    }
}

fn look(taken_as: Option<ImportAs>) -> Look<'static> {
    let until = Instant::now() + Duration::from_secs(60);
    Look { code, taken_as, entry: None, code_at: None, until }
}

fn seen(path: &Path) -> Reading {
    read(path, &look(None)).unwrap()
}

/// `code [app/public] database [app/sql/local.sql] files [app/public/wp-content/uploads]`
fn parts(reading: &Reading) -> String {
    let code = reading.code.iter().map(|it| {
        let folders = it.folders.iter().map(|(from, to)| match to.is_empty() {
            true => from.clone(),
            false => format!("{from}={to}"),
        });
        let folders = folders.collect::<Vec<_>>();
        format!("{}code [{}]", if it.is_whole { "" } else { "part of " }, folders.join(" "))
    });
    let database = reading.database.iter().map(|it| {
        let files: Vec<&str> = it.files.iter().map(|it| it.name.as_str()).collect();
        format!("{:?} [{}]", it.layout, files.join(" "))
    });
    let files = reading.files.iter().map(|it| format!("files [{}]", it.root));
    code.chain(database).chain(files).collect::<Vec<_>>().join(" ")
}

fn unused(reading: &Reading) -> Vec<&str> {
    let unused = reading.pieces.iter().filter(|it| it.becomes == Becomes::Unused);
    unused.map(|it| it.path.as_str()).collect()
}

/// The same from a zip, a tar and a folder.
fn everywhere(files: &[(&str, &str)], expected: &str) -> Reading {
    let made = Made::new();
    let all = [made.zip("a.zip", files), made.tar("a.tar", files), made.folder("a", files)];
    let mut last = Reading::default();
    for path in all {
        last = seen(&path);
        assert_eq!(parts(&last), expected, "{}: {:?}", path.display(), last.problem);
    }
    last
}

#[test]
fn a_dump_in_an_archive_is_one_whatever_it_is_called() {
    for name in ["dump.txt", "db", "Site-2026-01-02T03-04-05.mysql", "a.sql", "backup/a.backup"] {
        everywhere(&[(name, DUMP)], &format!("Sql [{name}]"));
    }
    let reading = everywhere(&[("a/dump.txt", DUMP), ("a/readme.md", "hello")], "Sql [a/dump.txt]");
    assert_eq!(unused(&reading), ["a/readme.md"]);
}

#[test]
fn many_files_of_one_database_are_one_database() {
    let table = |name: &str| {
        format!("CREATE TABLE `{name}` (`a` int);\nINSERT INTO `{name}` VALUES (1);\n")
    };
    let (posts, options) = (table("wp_posts"), table("wp_options"));
    let files = [("sql/wp_options.sql", &*options), ("sql/wp_posts.sql", &*posts)];
    everywhere(&files, "Tables [sql/wp_options.sql sql/wp_posts.sql]");
    let schema = "-- MySQL dump\nCREATE TABLE `fx_a` (`id` int);\n";
    everywhere(&[("fx_a.sql", schema), ("fx_a.txt", "1\n")], "Tab [fx_a.sql fx_a.txt]");
    let reading = everywhere(
        &[
            ("d/@.json", "{}"),
            ("d/shop.sql", DUMP),
            ("d/shop@a.sql", schema),
            ("d/shop@a.json", "{}"),
        ],
        "Shell [d/@.json d/shop.sql d/shop@a.json d/shop@a.sql]",
    );
    assert!(unused(&reading).is_empty());
}

#[test]
fn uploads_are_uploads_and_what_else_lies_there_is_told() {
    everywhere(&[("uploads/2026/a.jpg", "x")], "files [uploads]");
    everywhere(&[("files_live/a.jpg", "x"), ("files_live/b/c.pdf", "x")], "files [files_live]");
    let reading = everywhere(
        &[
            ("files/2026/a.jpg", "x"),
            ("files/2026/old.sql", DUMP),
            ("files/2026/key.pem", "-----BEGIN RSA PRIVATE KEY-----\n"),
        ],
        "files [files]",
    );
    assert_eq!(unused(&reading), ["files/2026/old.sql"]);
    assert_eq!(reading.not_files, ["files/2026/old.sql"]);
    assert!(reading.notes.iter().any(|it| it.contains("private key")), "{:?}", reading.notes);
}

#[test]
fn a_dump_beside_uploads_is_the_database_and_one_among_them_a_doubt() {
    everywhere(&[("b/db.sql", DUMP), ("b/files/a.jpg", "x")], "Sql [b/db.sql] files [b/files]");
    let files = [("dump.sql", DUMP), ("a.jpg", "x"), ("b.jpg", "x")];
    let reading = everywhere(&files, "");
    let Some(Problem::Doubt { choices, .. }) = &reading.problem else {
        panic!("{:?}", reading.problem)
    };
    assert_eq!(choices, &[ImportAs::Database, ImportAs::Files]);
    let made = Made::new();
    let zip = made.zip("a.zip", &files);
    let taken = |as_: ImportAs| parts(&read(&zip, &look(Some(as_))).unwrap());
    assert_eq!(taken(ImportAs::Database), "Sql [dump.sql]");
    assert_eq!(taken(ImportAs::Files), "files []");
}

#[test]
fn several_dumps_are_a_doubt_until_one_is_named() {
    let made = Made::new();
    let zip = made.zip("a.zip", &[("one.sql", DUMP), ("two.sql", DUMP)]);
    let Some(Problem::Doubt { entries, .. }) = seen(&zip).problem else { panic!("no doubt") };
    assert_eq!(entries, ["one.sql", "two.sql"]);
    let named = Look { entry: Some("two.sql"), ..look(None) };
    let reading = read(&zip, &named).unwrap();
    assert_eq!((parts(&reading), unused(&reading)), ("Sql [two.sql]".into(), vec!["one.sql"]));
}

#[test]
fn code_that_is_dropped_as_uploads_is_a_doubt() {
    let files = [("leaf/style.css", "a {}"), ("leaf/functions.php", "<?php"), ("leaf/a.png", "x")];
    let reading = everywhere(&files, "");
    assert!(matches!(reading.problem, Some(Problem::Doubt { .. })), "{:?}", reading.problem);
}

#[test]
fn local_s_export_is_code_database_and_uploads() {
    let core = ("app/public/wp-includes/version.php", "<?php");
    let rest = [
        ("app/public/wp-content/plugins/hello.php", "<?php"),
        ("app/public/wp-content/uploads/2026/a.jpg", "x"),
        ("app/sql/local.sql", DUMP),
        ("conf/php/php.ini", "x"),
        ("local-site.json", "{}"),
        ("logs/php/error.log", "x"),
    ];
    let expected = "[app/public] Sql [app/sql/local.sql] files [app/public/wp-content/uploads]";
    let reading = everywhere(&[&rest[..], &[core]].concat(), &format!("code {expected}"));
    assert_eq!(
        (reading.origin, unused(&reading)),
        (Some("Local"), vec!["conf", "local-site.json", "logs"])
    );
    everywhere(&rest, &format!("part of code {expected}"));
}

#[test]
fn a_set_of_updraftplus_is_told_archive_by_archive() {
    let plugins = [("plugins/hello/hello.php", "<?php")];
    everywhere(&plugins, "part of code [plugins=wp-content/plugins]");
    everywhere(&[("themes/leaf/style.css", "a{}")], "part of code [themes=wp-content/themes]");
    everywhere(&[("uploads/2026/a.jpg", "x")], "files [uploads]");
    // What else there is in `wp-content` has no folder of its own: its name tells.
    let made = Made::new();
    let others = [("index.php", "<?php"), ("languages/de.mo", "x"), ("cache/a.html", "x")];
    let zip = made.zip("backup_2026-01-02-0304_Garden_abc123def456-others.zip", &others);
    let reading = seen(&zip);
    assert_eq!(parts(&reading), "part of code [=wp-content]");
    assert_eq!(unused(&reading), ["cache"]);
}

#[test]
fn the_archives_of_other_programs_are_taken_apart() {
    let table = |name: &str| {
        format!("CREATE TABLE `{name}` (`a` int);\nINSERT INTO `{name}` VALUES (1);\n")
    };
    let (posts, options) = (table("wp_posts"), table("wp_options"));
    let reading = everywhere(
        &[
            ("sql/wp_options.sql", &options),
            ("sql/wp_posts.sql", &posts),
            ("studio.json", "{}"),
            ("wp-content/cache/x.html", "x"),
            ("wp-content/plugins/a/a.php", "<?php"),
            ("wp-content/uploads/a.jpg", "x"),
        ],
        "part of code [wp-content=wp-content] Tables [sql/wp_options.sql sql/wp_posts.sql] files [wp-content/uploads]",
    );
    assert_eq!(unused(&reading), ["studio.json", "wp-content/cache"]);
    let reading = everywhere(
        &[
            ("MANIFEST.yml", "datestamp: 1\ngenerator: 'Drush archive:dump'\n"),
            ("code/web/index.php", "<?php"),
            ("database/database.sql", DUMP),
            ("files/a.jpg", "x"),
        ],
        "code [code] Sql [database/database.sql] files [files]",
    );
    assert_eq!(unused(&reading), ["MANIFEST.yml"]);
    let reading = everywhere(
        &[
            ("dup-installer/dup-archive__abc.txt", "{}"),
            ("dup-installer/dup-database__abc.sql", DUMP),
            ("installer.php", "<?php"),
            ("wp-content/uploads/a.jpg", "x"),
            ("wp-includes/version.php", "<?php"),
        ],
        "code [] Sql [dup-installer/dup-database__abc.sql] files [wp-content/uploads]",
    );
    assert_eq!(unused(&reading), ["dup-installer", "installer.php"]);
    assert!(reading.not_code.contains(&"dup-installer".to_owned()), "{:?}", reading.not_code);
    let reading = everywhere(
        &[
            ("b/homedir/mail/new/1", "x"),
            ("b/homedir/public_html/wp-config.php", "<?php define( 'DB_NAME', 'u_wp' );"),
            ("b/homedir/public_html/wp-includes/version.php", "<?php"),
            ("b/mysql.sql", "GRANT USAGE ON *.* TO 'u'@'localhost';"),
            ("b/mysql/u_other.sql", DUMP),
            ("b/mysql/u_wp.sql", DUMP),
        ],
        "code [b/homedir/public_html] Sql [b/mysql/u_wp.sql]",
    );
    assert_eq!(unused(&reading), ["b/homedir", "b/mysql", "b/mysql.sql"]);
}

#[test]
fn backups_that_a_plugin_keeps_and_its_own_sql_stay_out_of_it() {
    let reading = everywhere(
        &[
            ("index.php", "<?php"),
            (
                "wp-content/plugins/a/install.sql",
                "CREATE TABLE `x` (`a` int);\nINSERT INTO `x` VALUES (1);\n",
            ),
            ("wp-content/updraft/backup-db.sql", DUMP),
            ("wp-includes/version.php", "<?php"),
        ],
        "code []",
    );
    assert_eq!(reading.not_code, ["wp-content/updraft"]);
}

/// An archive of All-in-One WP Migration, as its plugin writes it.
fn wpress(made: &Made, form: u8, more: &str) -> PathBuf {
    let dump = DUMP.replace("wp_", "SERVMASK_PREFIX_").replace("-- Dump completed", "");
    let bytes = wpress_tests::Made::new(form)
        .add("package.json", wpress_tests::package(more).as_bytes())
        .add("ai1wm-backups/old.wpress", b"x")
        .add("index.php", b"<?php")
        .add("plugins/hello/hello.php", b"<?php")
        .add("plugins/hello/wp-includes/a.php", b"<?php")
        .add("themes/leaf/style.css", b"a {}")
        .add("uploads/2026/a.jpg", b"x")
        .add("database.sql", dump.as_bytes())
        .end();
    let path = made.path("a.wpress");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_wpress_of_either_form_is_code_database_and_uploads() {
    let made = Made::new();
    for form in [1, 2] {
        let reading = seen(&wpress(&made, form, ""));
        let expected = "part of code [=wp-content] Sql [database.sql] files [uploads]";
        assert_eq!(parts(&reading), expected, "{:?}", reading.problem);
        assert_eq!(reading.origin, Some("All-in-One WP Migration"));
        assert_eq!(reading.packed, ["wpress"]);
        assert_eq!(unused(&reading), ["ai1wm-backups", "package.json"]);
        let beside = reading.database.unwrap().beside;
        assert_eq!(beside.placeholder.as_deref(), Some("SERVMASK_PREFIX_"));
        assert_eq!(beside.addresses, ["https://old.example"]);
        assert_eq!(beside.plugins, ["hello/hello.php"]);
        assert_eq!(beside.theme, Some(("leaf".into(), "leaf".into())));
    }
}

#[test]
fn a_wpress_that_is_cut_is_refused_with_the_place_and_one_with_a_password_by_that() {
    let made = Made::new();
    let reason = |path: &Path| match seen(path).problem {
        Some(Problem::Unusable { reason, hint }) => (reason, hint.unwrap()),
        other => panic!("{other:?}"),
    };
    for form in [1, 2] {
        let path = wpress(&made, form, "");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 4_400]).unwrap();
        let (cut, hint) = reason(&path);
        assert!(cut.contains("cut short after `database.sql`"), "{cut}");
        assert!(hint.contains("again"), "{hint}");
        let path = wpress(&made, form, r#","Encrypted":true,"EncryptedSignature":"abc""#);
        assert!(reason(&path).0.contains("encrypted with a password"));
    }
    fs::write(made.path("b.wpress"), [0; 300]).unwrap();
    assert!(reason(&made.path("b.wpress")).0.contains("All-in-One"));
}

#[test]
fn a_tar_that_is_cut_is_said_to_be_so() {
    let made = Made::new();
    let tar = made.tar("a.tar", &[("uploads/a.jpg", "x"), ("uploads/b.jpg", &"x".repeat(3_000))]);
    let bytes = fs::read(&tar).unwrap();
    fs::write(&tar, &bytes[..2_700]).unwrap();
    let problem = seen(&tar).problem;
    assert!(format!("{problem:?}").contains("cut short after `uploads/"), "{problem:?}");
}

#[test]
fn what_is_not_read_is_refused_by_its_name() {
    let made = Made::new();
    let refused = |name: &str, text: &[u8]| {
        let path = made.path(name);
        fs::write(&path, text).unwrap();
        match seen(&path).problem {
            Some(Problem::Unusable { reason, .. }) => reason,
            other => panic!("{name}: {other:?}"),
        }
    };
    assert!(refused("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04").contains("7-Zip"));
    assert!(refused("backup-db.gz.crypt", &[1, 200, 3, 9]).contains("encrypted by UpdraftPlus"));
    assert!(refused("a.sql", b"\n-- PostgreSQL database dump\n").contains("PostgreSQL"));
    assert!(refused("a.xml", b"").contains("empty"));
    assert!(refused("a.sh", b"#!/bin/sh\nexit\n").contains("shell script"));
}
