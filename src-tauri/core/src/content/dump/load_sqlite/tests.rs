//! Dumps into real SQLite files.
use std::fs;

use rusqlite::Connection;

use super::{Definitions, Dialect, load_sqlite};
use crate::{
    content::{
        dump::{Loaded, Loading, tests::open_path},
        urls::Rewriter,
    },
    error::{Error, Result},
    progress::Meter,
};

struct Target {
    folder: tempfile::TempDir,
    dialect: Dialect,
}

impl Target {
    fn new(dialect: Dialect) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), dialect }
    }

    fn try_load(&self, sql: &[u8], how: Loading<'_>) -> Result<Loaded> {
        let (path, file) = (self.folder.path().join("dump.sql"), self.folder.path().join("db"));
        fs::write(&path, sql).unwrap();
        drop(fs::remove_file(&file));
        load_sqlite(
            open_path(&path, None, None)?,
            &file,
            Definitions::Own(self.dialect),
            how,
            Meter::silent(),
        )
    }

    fn load(&self, sql: &str) -> Loaded {
        self.try_load(sql.as_bytes(), Loading::default())
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    fn error(&self, sql: &str) -> Error {
        self.try_load(sql.as_bytes(), Loading::default()).expect_err("it is bad")
    }

    fn open(&self) -> Connection {
        crate::content::database::new_sqlite(&self.folder.path().join("db")).unwrap()
    }

    fn ask(&self, sql: &str) -> String {
        let value: rusqlite::types::Value =
            self.open().query_row(sql, [], |row| row.get(0)).unwrap();
        match value {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        }
    }
}

const NODE: &str = "CREATE TABLE `node` (\n  `nid` int(10) unsigned NOT NULL AUTO_INCREMENT,\n  `type` varchar(32) CHARACTER SET ascii NOT NULL,\n  \
    `title` varchar(255) NOT NULL DEFAULT '',\n  `data` longblob DEFAULT NULL,\n  `at` timestamp NULL DEFAULT NULL,\n  PRIMARY KEY (`nid`),\n  \
    UNIQUE KEY `uuid` (`type`),\n  KEY `title` (`title`(191))\n) ENGINE=InnoDB AUTO_INCREMENT=90 DEFAULT CHARSET=utf8mb4;\n";

#[test]
fn a_drupal_dump_becomes_drupal_s_own_sqlite_tables() {
    let target = Target::new(Dialect::Drupal);
    let loaded = target.load(&format!(
        "/*!40101 SET NAMES utf8mb4 */;\nDROP TABLE IF EXISTS `node`;\n{NODE}\
         INSERT INTO `node` VALUES (1,'a','Ärger',_binary 'a:1:{{s:1:\\\"x\\\";N;}}',NULL),(2,'A','it''s',_binary '\\0\\'\\\\',NULL);\n\
         /*!50001 CREATE VIEW `v` AS SELECT 1 AS `a`*/;\n\
         DELIMITER ;;\nCREATE DEFINER=`x`@`%` TRIGGER `tr` BEFORE INSERT ON `node` FOR EACH ROW BEGIN SET @a = 1; END ;;\n\
         CREATE PROCEDURE `p`() BEGIN SELECT 1; END ;;\nDELIMITER ;\n"
    ));
    assert_eq!((loaded.tables, loaded.rows), (1, 2));
    let notes = loaded.notes.join("; ");
    for what in ["the view `v`", "the trigger `tr`", "the procedure `p`"] {
        assert!(notes.contains(what), "no {what} in {notes}");
    }
    assert_eq!(target.ask("SELECT title FROM node WHERE title = 'ÄRGER'"), "Ärger");
    assert_eq!(target.ask("SELECT typeof(data) FROM node WHERE nid = 1"), "text");
    assert_eq!(target.ask("SELECT hex(data) FROM node WHERE nid = 2"), "00275C");
    assert_eq!(target.ask("PRAGMA integrity_check"), "ok");
    assert_eq!(
        target.ask("SELECT group_concat(name) FROM (SELECT name FROM pragma_index_list('node') ORDER BY name)"),
        "node_title,node_uuid"
    );
    // The next row's number is the one that the dump's server would give.
    target.open().execute("INSERT INTO node (type) VALUES ('next')", []).unwrap();
    assert_eq!(target.ask("SELECT max(nid) FROM node"), "90");
}

#[test]
fn texts_in_another_character_set_become_utf_8() {
    let target = Target::new(Dialect::Plain);
    let sql = [
        &b"/*!40101 SET NAMES latin1 */;\nCREATE TABLE `t` (`a` text, `b` blob);\nINSERT INTO `t` VALUES ('caf\xe9',_binary '\xe9\xff');"[..],
    ];
    target.try_load(&sql.concat(), Loading::default()).unwrap();
    assert_eq!(target.ask("SELECT a FROM t"), "café");
    assert_eq!(target.ask("SELECT hex(b) FROM t"), "E9FF");
}

#[test]
fn addresses_are_converted_on_the_way_into_sqlite() {
    let target = Target::new(Dialect::Plain);
    let pairs = [("https://old.example".into(), "http://dev.localhost".into())];
    let rewriter = Rewriter::new(&pairs).unwrap();
    let how = Loading { rewriter: Some(&rewriter), ..Loading::default() };
    let sql = "CREATE TABLE `wp_posts` (`ID` int, `post_content` text, `guid` text);\n\
        INSERT INTO `wp_posts` (`guid`, `post_content`) VALUES ('https://old.example/?p=2','a:1:{i:0;s:19:\\\"https://old.example\\\";}');\n";
    let loaded = target.try_load(sql.as_bytes(), how).unwrap();
    assert_eq!(loaded.replacements, 1);
    assert_eq!(
        target.ask("SELECT post_content || guid FROM wp_posts"),
        "a:1:{i:0;s:20:\"http://dev.localhost\";}https://old.example/?p=2"
    );
}

#[test]
fn keys_that_phpmyadmin_writes_after_the_rows_are_there() {
    let target = Target::new(Dialect::Plain);
    target.load(
        "SET SQL_MODE = \"NO_AUTO_VALUE_ON_ZERO\";\nSTART TRANSACTION;\nSET time_zone = \"+00:00\";\n\
         CREATE TABLE `t` (`id` int(11) NOT NULL, `a` varchar(9) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n\
         INSERT INTO `t` (`id`, `a`) VALUES\n(1, 'x'),\n(5, 'y');\n\
         ALTER TABLE `t`\n  ADD PRIMARY KEY (`id`),\n  ADD KEY `a` (`a`);\n\
         ALTER TABLE `t`\n  MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=9;\nCOMMIT;\n",
    );
    target.open().execute("INSERT INTO t (a) VALUES ('z')", []).unwrap();
    assert_eq!(target.ask("SELECT group_concat(id) FROM t"), "1,5,9");
    assert_eq!(target.ask("SELECT name FROM pragma_index_list('t')"), "t_a");
}

#[test]
fn what_sqlite_can_t_take_names_the_line_and_the_table() {
    let target = Target::new(Dialect::Plain);
    for (sql, says) in [
        (
            "INSERT INTO `node` VALUES\n(1,'a','b',NULL,NULL),\n(1,'b','c',NULL,NULL);",
            "line 13, table `node`",
        ),
        ("INSERT INTO `node` VALUES (1,uuid(),'b',NULL,NULL);", "uuid()"),
        (
            "INSERT INTO `node` VALUES (99999999999999999999,'a','b',NULL,NULL);",
            "larger than SQLite keeps",
        ),
        ("UPDATE `node` SET `nid` = 2;", "`UPDATE`"),
        ("INSERT INTO `other` VALUES (1);", "does not define"),
        ("INSERT INTO `node` (`nope`) VALUES (1);", "`nope`"),
        ("SET time_zone = '+02:00';", "+02:00"),
        ("INSERT INTO `node` VALUES (1,'a", "cut short"),
        (
            "USE `a`;\nCREATE TABLE `x` (a int);\nUSE `b`;\nCREATE TABLE `x` (a int);",
            "several databases",
        ),
    ] {
        let error = target.error(&format!("{NODE}{sql}"));
        assert!(error.message.contains(says), "no {says} in {error:?}");
    }
}
