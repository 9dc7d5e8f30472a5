//! Dumps as the tools that people have write them, into MariaDB and into SQLite.
use std::{fs, path::Path, process::Command};

use super::{
    Definitions, Dialect, Loaded, Loading, load_mariadb, load_sqlite, tests::Target,
    tests::open_path,
};
use crate::{
    content::database,
    error::{Error, Result},
    model::Database,
    progress::Meter,
};

/// What every tool is to bring over: texts, bytes, times, numbers, a view, MyISAM, text that looks like SQL.
const SITE: &[&str] = &[
    "CREATE TABLE a_posts (ID bigint unsigned NOT NULL AUTO_INCREMENT, post_date datetime NOT NULL DEFAULT '0000-00-00 00:00:00', \
       post_content longtext NOT NULL, raw longblob, flag bit(1) NOT NULL DEFAULT b'0', price decimal(10,2) DEFAULT NULL, f double, \
       PRIMARY KEY (ID), KEY post_date (post_date), FULLTEXT KEY post_content (post_content)) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci",
    "INSERT INTO a_posts VALUES (1,'0000-00-00 00:00:00','it''s \\\\ \\n é😀; DROP TABLE `a_posts`; -- Dump completed',X'00ff0a275c',b'1',1.50,0.1), \
       (7,'2026-01-01 10:00:00','',NULL,b'0',NULL,NULL)",
    "CREATE TABLE b_options (name varchar(64) NOT NULL, value text, PRIMARY KEY (name)) ENGINE=MyISAM CHARACTER SET utf8mb4",
    "INSERT INTO b_options VALUES ('a','1'),('b',NULL)",
    "CREATE VIEW v AS SELECT ID FROM a_posts",
];
const VALUES: &str = "SELECT group_concat(concat_ws('|', ID, post_date, hex(post_content), coalesce(hex(raw), '-'), flag + 0, coalesce(price + 0e0, '-'), coalesce(f, '-'))) FROM a_posts";

fn filled() -> Target {
    let target = Target::new();
    target.server.sql(&["DROP DATABASE site", "CREATE DATABASE site CHARACTER SET utf8mb4"]);
    target.server.sql(SITE);
    target
}

/// Runs a program on the target's server; what it writes to standard output.
fn run(target: &Target, program: &str, arguments: &[&str]) -> Vec<u8> {
    let Database::MariaDb { socket, .. } = &target.server.database else {
        panic!("it is a server")
    };
    let output = Command::new(program)
        .args(arguments)
        .arg(format!("--socket={}", socket.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Loads a file into an emptied MariaDB and into a new SQLite file, and compares what they hold.
fn comes_over(target: &Target, path: &Path, database: Option<&str>, expected: &str) {
    target.server.sql(&["DROP DATABASE site", "CREATE DATABASE site CHARACTER SET utf8mb4"]);
    let how = Loading { database, ..Loading::default() };
    let dump = open_path(path, None, database).unwrap();
    let loaded = load_mariadb(dump, &target.server.database, how, Meter::silent())
        .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    assert_eq!(loaded.rows, 4, "{}", path.display());
    assert_eq!(target.ask(VALUES), expected, "{} in MariaDB", path.display());
    assert_eq!(target.ask("SELECT cast(count(*) AS char) FROM v"), "2");
    let loaded = into_sqlite(target, path, database)
        .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    assert_eq!((loaded.tables, loaded.rows), (2, 4), "{}: {:?}", path.display(), loaded.notes);
    assert!(loaded.notes.iter().any(|it| it.contains("the view `v`")), "{:?}", loaded.notes);
    let file = Database::Sqlite { file: target.folder.path().join("db") };
    let values = "SELECT group_concat(ID || '|' || post_date || '|' || hex(post_content) || '|' || CASE WHEN raw IS NULL THEN '-' ELSE hex(raw) END || '|' || flag || '|' || coalesce(price, '-') || '|' || coalesce(f, '-')) FROM a_posts";
    assert_eq!(
        database::text(&file, values).unwrap().unwrap(),
        expected,
        "{} in SQLite",
        path.display()
    );
    let whole = database::text(&file, "SELECT * FROM pragma_integrity_check").unwrap();
    assert_eq!(whole.as_deref(), Some("ok"));
}

fn into_sqlite(target: &Target, path: &Path, database: Option<&str>) -> Result<Loaded> {
    let file = target.folder.path().join("db");
    drop(fs::remove_file(&file));
    let how = Loading { database, ..Loading::default() };
    let definitions = Definitions::Own(Dialect::Plain);
    load_sqlite(open_path(path, None, database)?, &file, definitions, how, Meter::silent())
}

#[test]
fn what_mariadb_dump_writes_comes_over_with_whatever_options() {
    let target = filled();
    let expected = target.ask(VALUES);
    let folder = target.folder.path().to_owned();
    let options: &[&[&str]] = &[
        &["site"],
        &["--skip-extended-insert", "--complete-insert", "site"],
        &["--hex-blob", "--single-transaction", "--quick", "site"],
        &["--databases", "site"],
        &["--skip-opt", "--compact", "site"],
        &["--replace", "--skip-comments", "site"],
        &["--insert-ignore", "--skip-tz-utc", "--no-tablespaces", "site"],
    ];
    let written: Vec<_> = options
        .iter()
        .map(|options| {
            let base = ["--no-defaults", "-uroot"];
            (options, run(&target, "mariadb-dump", &[&base[..], *options].concat()))
        })
        .collect();
    let xml = run(&target, "mariadb-dump", &["--no-defaults", "-uroot", "--xml", "site"]);
    for (number, (_, dump)) in written.iter().enumerate() {
        let path = folder.join(format!("{number}.sql"));
        fs::write(&path, dump).unwrap();
        comes_over(&target, &path, None, &expected);
    }
    // As mysqldump 8 writes it.
    let text = String::from_utf8(written[2].1.clone()).unwrap();
    let (_, body) = text.split_once("/*!40103 SET").unwrap();
    let head = "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: site\n\
        /*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n/*!50503 SET NAMES utf8mb4 */;\n\
        SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\nSET @@SESSION.SQL_LOG_BIN= 0;\n\
        SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';\n/*!40103 SET";
    let mysql = format!("{head}{body}")
        .replace("utf8mb4_unicode_520_ci", "utf8mb4_0900_ai_ci")
        .replace("ENGINE=InnoDB", "/*!80016 ENCRYPTION='N' */ ENGINE=InnoDB")
        .replace("/*!80016 ENCRYPTION='N' */ ", "");
    let path = folder.join("mysql8.sql");
    fs::write(&path, mysql).unwrap();
    comes_over(&target, &path, None, &expected);
    let path = folder.join("a.xml");
    fs::write(&path, xml).unwrap();
    // The import refuses it as no dump.
    let error: Error = open_path(&path, None, None).err().expect("it is XML");
    assert!(error.message.contains("a dump of a database as XML"), "{error:?}");
}

#[test]
fn what_phpmyadmin_and_adminer_write_comes_over() {
    let target = filled();
    let expected = target.ask(VALUES);
    let folder = target.folder.path().to_owned();
    let rows = |end: &str| {
        format!(
            "INSERT INTO `a_posts` (`ID`, `post_date`, `post_content`, `raw`, `flag`, `price`, `f`) VALUES\n\
             (1, '0000-00-00 00:00:00', 'it\\'s \\\\ \\n é😀; DROP TABLE `a_posts`; -- Dump completed', 0x00ff0a275c, b'1', '1.50', 0.1),\n\
             (7, '2026-01-01 10:00:00', '', NULL, b'0', NULL, NULL){end};\n\
             INSERT INTO `b_options` (`name`, `value`) VALUES\n('a', '1'),\n('b', NULL){end};\n"
        )
    };
    let columns = "`ID` bigint(20) UNSIGNED NOT NULL{},\n  `post_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',\n  \
        `post_content` longtext NOT NULL,\n  `raw` longblob DEFAULT NULL,\n  `flag` bit(1) NOT NULL DEFAULT b'0',\n  \
        `price` decimal(10,2) DEFAULT NULL,\n  `f` double DEFAULT NULL";
    let options =
        "CREATE TABLE `b_options` (\n  `name` varchar(64) NOT NULL,\n  `value` text DEFAULT NULL";
    let phpmyadmin = format!(
        "-- phpMyAdmin SQL Dump\n-- version 5.2.1\n\nSET SQL_MODE = \"NO_AUTO_VALUE_ON_ZERO\";\nSTART TRANSACTION;\nSET time_zone = \"+00:00\";\n\n\
         /*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n/*!40101 SET NAMES utf8mb4 */;\n\
         CREATE TABLE `a_posts` (\n  {}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;\n\n{options}\n) ENGINE=MyISAM;\n\n{}\
         DROP TABLE IF EXISTS `v`;\nCREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v`  AS SELECT `a_posts`.`ID` AS `ID` FROM `a_posts` ;\n\
         ALTER TABLE `a_posts`\n  ADD PRIMARY KEY (`ID`),\n  ADD KEY `post_date` (`post_date`);\nALTER TABLE `a_posts` ADD FULLTEXT KEY `post_content` (`post_content`);\n\
         ALTER TABLE `b_options`\n  ADD PRIMARY KEY (`name`);\n\
         ALTER TABLE `a_posts`\n  MODIFY `ID` bigint(20) UNSIGNED NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=8;\nCOMMIT;\n\
         /*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\n",
        columns.replace("{}", ""),
        rows(""),
    );
    let path = folder.join("phpmyadmin.sql");
    fs::write(&path, phpmyadmin).unwrap();
    comes_over(&target, &path, None, &expected);
    let adminer = format!(
        "-- Adminer 4.8.1 MySQL 10.11.4-MariaDB dump\n\nSET NAMES utf8;\nSET time_zone = '+00:00';\nSET foreign_key_checks = 0;\nSET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\n\n\
         SET NAMES utf8mb4;\n\nDROP TABLE IF EXISTS `a_posts`;\nCREATE TABLE `a_posts` (\n  {},\n  PRIMARY KEY (`ID`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n\n\
         DROP TABLE IF EXISTS `b_options`;\n{options},\n  PRIMARY KEY (`name`)\n) ENGINE=MyISAM;\n\n{}\n\
         DROP VIEW IF EXISTS `v`;\nCREATE TABLE `v` (`ID` bigint(20) unsigned);\n\n\
         DROP TABLE IF EXISTS `v`;\nCREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW `v` AS select `a_posts`.`ID` AS `ID` from `a_posts`;\n\n-- 2026-11-24 10:00:00\n",
        columns.replace("{}", " AUTO_INCREMENT"),
        rows("\nON DUPLICATE KEY UPDATE `value` = VALUES(`value`)").replacen(
            "\nON DUPLICATE KEY UPDATE `value` = VALUES(`value`)",
            "\nON DUPLICATE KEY UPDATE `ID` = VALUES(`ID`)",
            1
        ),
    );
    let path = folder.join("adminer.sql");
    fs::write(&path, adminer).unwrap();
    comes_over(&target, &path, None, &expected);
}

#[test]
fn the_files_of_mydumper_come_over_from_a_folder_and_a_tar() {
    let is_there = Command::new("mydumper").arg("--version").output().is_ok();
    // Where a system has no package of it, `setup` can't bring it.
    if !is_there && !Path::new("/etc/debian_version").exists() {
        return;
    }
    let target = filled();
    let expected = target.ask(VALUES);
    let folder = target.folder.path().join("dumped");
    let out = format!("--outputdir={}", folder.display());
    run(&target, "mydumper", &["--user=root", "--database=site", &out, "--compress", "--no-locks"]);
    comes_over(&target, &folder, None, &expected);
    let tar = target.folder.path().join("dumped.tar.gz");
    let packed = Command::new("tar")
        .arg("-czf")
        .arg(&tar)
        .arg("-C")
        .arg(target.folder.path())
        .arg("dumped")
        .output();
    assert!(packed.unwrap().status.success());
    comes_over(&target, &tar, None, &expected);
    // An error names the one file, and one that is not finished is refused.
    let bad = folder.join("site.b_options.sql");
    drop(fs::remove_file(folder.join("site.b_options.sql.gz")));
    fs::write(&bad, "INSERT INTO `b_options` VALUES\n(\"a\",\"1\"),\n(\"a").unwrap();
    let error = into_sqlite(&target, &folder, None).expect_err("it is cut");
    assert!(error.message.contains("dumped: site.b_options.sql`, line 3"), "{error:?}");
    fs::write(folder.join("metadata"), "Started dump at: 2026-11-24 10:00:00\n").unwrap();
    let error: Error = open_path(&folder, None, None).err().expect("it is not finished");
    assert!(error.message.contains("did not finish"), "{error:?}");
}
