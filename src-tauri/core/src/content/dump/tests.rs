//! Dumps into a real server, and out of it.
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{Dump, Form, Loaded, Loading, export_database, load_mariadb, open};
use crate::{
    content::{
        database::tests::Server,
        recognise::{self, Look},
        urls::Rewriter,
    },
    error::{Error, Result},
    model::request::ImportAs,
    progress::Meter,
};

/// A server whose site's user has its database and nothing else.
pub(super) struct Target {
    pub(super) server: Server,
    pub(super) folder: tempfile::TempDir,
    /// One server at a time is enough for the machine.
    _turn: std::sync::MutexGuard<'static, ()>,
}

impl Target {
    pub(super) fn new() -> Self {
        static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let server = Server::start();
        server.sql(&[
            "CREATE USER IF NOT EXISTS site@localhost",
            "GRANT ALL PRIVILEGES ON site.* TO site@localhost",
        ]);
        Self { server, folder: tempfile::tempdir().unwrap(), _turn: turn }
    }

    fn load_bytes(&self, sql: &[u8], how: Loading<'_>) -> Result<Loaded> {
        self.server.sql(&["DROP DATABASE site", "CREATE DATABASE site CHARACTER SET utf8mb4"]);
        let path = self.folder.path().join("dump.sql");
        fs::write(&path, sql).unwrap();
        load_mariadb(open_path(&path, None, None)?, &self.server.database, how, Meter::silent())
    }

    fn load(&self, sql: &str) -> Loaded {
        self.load_bytes(sql.as_bytes(), Loading::default())
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    fn error(&self, sql: &[u8]) -> Error {
        self.load_bytes(sql, Loading::default()).expect_err("it is bad")
    }

    pub(super) fn ask(&self, sql: &str) -> String {
        self.server.ask(sql)
    }

    fn export(&self, name: &str) -> (PathBuf, String) {
        let path = self.folder.path().join(name);
        let form = Form::of(name).unwrap();
        export_database(&self.server.database, form, &path, Meter::silent()).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut open_path(&path, None, None).unwrap().input, &mut text)
            .unwrap();
        (path, text)
    }
}

/// Opens what is at `path` as a database; of several dumps the one that `entry` names.
pub(in crate::content) fn open_path(
    path: &Path,
    entry: Option<&str>,
    database: Option<&str>,
) -> Result<Dump> {
    let look = Look {
        code: |_| None,
        taken_as: Some(ImportAs::Database),
        entry,
        code_at: None,
        until: Instant::now() + Duration::from_secs(60),
    };
    let reading = recognise::read(path, &look)?;
    match reading.database {
        Some(source) => open(&source, database),
        None => Err(Error::refused(format!("{:?}", reading.problem))),
    }
}

#[test]
fn rows_arrive_byte_for_byte_whatever_they_are_written_in() {
    let target = Target::new();
    let create = "CREATE TABLE `t` (`id` int NOT NULL AUTO_INCREMENT, `a` text, `b` blob, \
        `d` datetime NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)) ENGINE=InnoDB;\n";
    // Latin 1, as the dump says; blobs stay what they are.
    let latin = [
        b"/*!40101 SET NAMES latin1 */;\n",
        create.as_bytes(),
        b"INSERT INTO `t` VALUES (1,'caf\xe9',_binary '\xff\\0\xe9','0000-00-00 00:00:00'),(0,'x',X'fe','2020-01-01');",
    ]
    .concat();
    let loaded = target.load_bytes(&latin, Loading::default()).unwrap();
    assert_eq!((loaded.tables, loaded.rows), (1, 2));
    assert_eq!(target.ask("SELECT hex(a) FROM t WHERE id = 1"), "636166C3A9");
    assert_eq!(target.ask("SELECT hex(b) FROM t WHERE id = 1"), "FF00E9");
    // A row whose number is 0 keeps it.
    assert_eq!(target.ask("SELECT hex(b) FROM t WHERE id = 0"), "FE");
    assert_eq!(target.ask("SELECT cast(d AS char) FROM t WHERE id = 1"), "0000-00-00 00:00:00");
    // UTF-8 with a blob that older programs write without its introducer.
    let old = [
        create.as_bytes(),
        b"INSERT INTO t VALUES (1,'\xc3\xa9\xf0\x9f\x98\x80','\xff\xfe','2020-01-01');",
    ]
    .concat();
    target.load_bytes(&old, Loading::default()).unwrap();
    assert_eq!(target.ask("SELECT concat(hex(a), ' ', hex(b)) FROM t"), "C3A9F09F9880 FFFE");
    // A text that is not what the dump says is an error, not a shorter text.
    let wrong =
        [create.as_bytes(), b"INSERT INTO t VALUES (1,'caf\xe9 and more','','2020-01-01');"]
            .concat();
    let error = target.error(&wrong);
    assert!(error.message.contains("line 2") && error.message.contains("`t`"), "{error:?}");
}

#[test]
fn content_that_looks_like_sql_is_content() {
    let target = Target::new();
    let text = "'); DROP TABLE `t`; -- Dump completed\n/*! USE mysql */; INSERT INTO `t` VALUES (";
    let quoted = text.replace('\'', "''").replace('\n', "\\n");
    target.load(&format!(
        "CREATE TABLE `t` (`a` text);\nINSERT INTO `t` VALUES ('{quoted}'),('b');\nCREATE TABLE `u` (`a` text);\n"
    ));
    assert_eq!(target.ask("SELECT a FROM t LIMIT 1"), text);
    assert_eq!(target.ask("SELECT cast(count(*) AS char) FROM t"), "2");
}

#[test]
fn keys_triggers_views_and_functions_are_there_afterwards() {
    let target = Target::new();
    target.load(
        "CREATE TABLE `child` (\n  `id` int NOT NULL,\n  `parent` int,\n  PRIMARY KEY (`id`),\n  KEY `p` (`parent`),\n  CONSTRAINT `c` FOREIGN KEY (`parent`) REFERENCES `parent` (`id`)\n) ENGINE=InnoDB;\n\
         INSERT INTO `child` VALUES (1,1);\n\
         CREATE TABLE `parent` (\n  `id` int NOT NULL,\n  `a` varchar(20),\n  PRIMARY KEY (`id`),\n  KEY `a` (`a`(10))\n) ENGINE=InnoDB;\n\
         INSERT INTO `parent` VALUES (1,'x');\n\
         /*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`gone`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select `parent`.`a` AS `a` from `parent` */;\n\
         DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`gone`@`%`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `parent` FOR EACH ROW BEGIN SET NEW.a = 'set'; END */;;\n\
         CREATE DEFINER=`gone`@`%` FUNCTION `f`() RETURNS int DETERMINISTIC BEGIN DECLARE x int; SET x = 7; RETURN x; END ;;\nDELIMITER ;\n",
    );
    assert_eq!(target.ask("SELECT group_concat(DISTINCT index_name ORDER BY index_name DESC) FROM information_schema.statistics WHERE table_schema = 'site' AND table_name = 'parent'"), "PRIMARY,a");
    assert_eq!(target.ask("SELECT a FROM v"), "x");
    target.server.sql(&["INSERT INTO parent VALUES (2, 'y')"]);
    assert_eq!(target.ask("SELECT concat(a, f()) FROM parent WHERE id = 2"), "set7");
    assert_eq!(
        target.ask("SELECT definer FROM information_schema.triggers WHERE trigger_name = 't'"),
        "site@localhost"
    );
}

#[test]
fn a_dump_can_do_nothing_outside_its_database() {
    let target = Target::new();
    target.server.sql(&["CREATE DATABASE other", "CREATE TABLE other.t (a int)"]);
    let table = "CREATE TABLE `x` (a int);\n";
    for evil in [
        "INSERT INTO `other`.`t` VALUES (1);",
        "CREATE VIEW v AS SELECT * FROM other.t;",
        "INSERT INTO x SELECT a FROM other.t;",
        "DROP TABLE IF EXISTS mysql.user;",
        "CREATE TABLE `y` (a text) SELECT LOAD_FILE('/etc/hostname') a;",
    ] {
        let error = target.load_bytes(
            format!("CREATE TABLE `own`.`o` (a int);\n{table}{evil}").as_bytes(),
            Loading::default(),
        );
        assert!(error.is_err(), "{evil}");
    }
    assert_eq!(target.ask("SELECT cast(count(*) AS char) FROM other.t"), "0");
    let two = "USE `a`;\nCREATE TABLE `t` (x int);\nINSERT INTO t VALUES (1);\nUSE `b`;\nCREATE TABLE `t` (x int);\nINSERT INTO t VALUES (2);\n";
    let error = target.error(two.as_bytes());
    assert!(error.message.contains("several databases"), "{error:?}");
    let how = Loading { database: Some("b"), ..Loading::default() };
    target.load_bytes(two.as_bytes(), how).unwrap();
    assert_eq!(target.ask("SELECT cast(x AS char) FROM t"), "2");
}

#[test]
fn an_insert_larger_than_the_server_takes_is_sent_in_parts() {
    let target = Target::new();
    target.server.sql(&["SET GLOBAL max_allowed_packet = 1048576"]);
    let row = format!("('{}')", "x".repeat(300_000));
    let rows = vec![row; 10].join(",");
    target.load(&format!("CREATE TABLE `t` (`a` longtext);\nINSERT INTO `t` VALUES {rows};"));
    assert_eq!(target.ask("SELECT cast(count(*) AS char) FROM t"), "10");
    let row = format!("('{}')", "x".repeat(2_000_000));
    let error = target.error(
        format!("CREATE TABLE `t` (`a` longtext);\nINSERT INTO `t` VALUES\n{row};").as_bytes(),
    );
    assert!(error.message.contains("line 3"), "{error:?}");
}

#[test]
fn addresses_are_converted_on_the_way_and_guid_is_not() {
    let target = Target::new();
    let rewriter =
        Rewriter::new(&[("https://old.example".into(), "http://dev.localhost".into())]).unwrap();
    let how = Loading { rewriter: Some(&rewriter), ..Loading::default() };
    let sql = "CREATE TABLE `wp_posts` (\n  `ID` int,\n  `post_content` text,\n  `guid` varchar(255)\n) ENGINE=InnoDB;\n\
        INSERT INTO `wp_posts` VALUES (1,'see https://old.example/a, (b)','https://old.example/?p=1');\n\
        INSERT INTO `wp_posts` (`guid`, `post_content`) VALUES ('https://old.example/?p=2','a:1:{i:0;s:19:\\\"https://old.example\\\";}');\n";
    let loaded = target.load_bytes(sql.as_bytes(), how).unwrap();
    assert_eq!(loaded.replacements, 2);
    assert_eq!(
        target.ask("SELECT post_content FROM wp_posts WHERE ID = 1"),
        "see http://dev.localhost/a, (b)"
    );
    assert_eq!(
        target.ask("SELECT post_content FROM wp_posts WHERE ID IS NULL"),
        "a:1:{i:0;s:20:\"http://dev.localhost\";}"
    );
    assert_eq!(
        target.ask("SELECT group_concat(guid ORDER BY guid) FROM wp_posts"),
        "https://old.example/?p=1,https://old.example/?p=2"
    );
}

#[test]
fn an_export_holds_everything_and_comes_back_the_same() {
    let target = Target::new();
    target.load(
        "CREATE TABLE `all` (`id` int unsigned NOT NULL AUTO_INCREMENT, `t` longtext, `l` varchar(20) CHARACTER SET latin1, `b` varbinary(20), `bit` bit(9), `f` float, `d` double, `n` decimal(20,5), `dt` datetime, `ts` timestamp NULL, `y` year, `e` enum('a','b'), `j` json, `g` int AS (`y` + 1) STORED, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n\
         INSERT INTO `all` (`id`,`t`,`l`,`b`,`bit`,`f`,`d`,`n`,`dt`,`ts`,`y`,`e`,`j`) VALUES (1,'it''s \\\\ \\0 \\n é😀','é',X'00ff',b'100000001',0.1234567,1e300,-1.50000,'0000-00-00 00:00:00','2026-01-01 10:00:00',2026,'b','{\"a\":1}'),(2,NULL,'',X'',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'a',NULL);\n\
         CREATE TABLE `empty` (`a` int) ENGINE=MyISAM;\n\
         CREATE VIEW `a` AS SELECT * FROM `all`;\nCREATE VIEW `z` AS SELECT * FROM `a`;\n\
         DELIMITER ;;\nCREATE TRIGGER `trigger` AFTER INSERT ON `all` FOR EACH ROW BEGIN SET @x = 1; SET @y = 'DEFINER=x'; END ;;\n\
         CREATE PROCEDURE `p`(IN a int) BEGIN SELECT a; SELECT 2; END ;;\nDELIMITER ;\n",
    );
    let checksum = |target: &Target| {
        let columns = "coalesce(hex(t),'-'),hex(l),hex(b),coalesce(bin(bit),'-'),coalesce(f+0e0,'-'),coalesce(d,'-'),coalesce(n,'-'),coalesce(dt,'-'),coalesce(ts,'-'),coalesce(y,'-'),e,coalesce(j,'-'),g";
        target.ask(&format!(
            "SELECT cast(group_concat(concat_ws('|', {columns}) ORDER BY id) AS char) FROM `all`"
        ))
    };
    let before = checksum(&target);
    let (_, first) = target.export("first.sql");
    let (packed, again) = target.export("packed.sql.gz");
    assert_eq!(first, again);
    assert!(!first.contains("DEFINER=`"), "{first}");
    target.load_bytes(&fs::read(packed).unwrap(), Loading::default()).unwrap();
    assert_eq!(checksum(&target), before);
    assert_eq!(target.ask("SELECT cast(count(*) AS char) FROM z"), "2");
    assert_eq!(target.export("second.sql.zst").1, first);
}

#[test]
fn statements_that_replace_keep_their_order() {
    let target = Target::new();
    let replaces: String =
        (0..200).map(|number| format!("REPLACE INTO `t` VALUES (1,{number});\n")).collect();
    target.load(&format!("CREATE TABLE `t` (`id` int PRIMARY KEY, `n` int);\n{replaces}"));
    assert_eq!(target.ask("SELECT cast(n AS char) FROM t"), "199");
}

#[test]
fn times_of_another_zone_are_converted() {
    let target = Target::new();
    target.load(
        "SET time_zone = '+02:00';\nCREATE TABLE `t` (`a` timestamp NULL, `b` datetime);\n\
         INSERT INTO `t` VALUES ('2026-01-01 12:00:00','2026-01-01 12:00:00');\n\
         SET time_zone = '+00:00';\nINSERT INTO `t` VALUES ('2026-01-01 12:00:00','2026-01-01 12:00:00');\n",
    );
    // The server's own zone for the answer is UTC.
    let times = "SELECT group_concat(unix_timestamp(a) ORDER BY a) FROM t";
    assert_eq!(target.ask(times), "1767261600,1767268800");
    assert_eq!(target.ask("SELECT cast(count(DISTINCT b) AS char) FROM t"), "1");
}

#[test]
fn rows_that_are_there_already_become_what_the_dump_says() {
    let target = Target::new();
    target.load(
        "CREATE TABLE `t` (`id` int PRIMARY KEY, `n` int);\nINSERT INTO `t` VALUES (1,1);\n\
         INSERT INTO `t` (`id`, `n`) VALUES (1,2),(2,2)\nON DUPLICATE KEY UPDATE `n` = VALUES(`n`);\n",
    );
    assert_eq!(target.ask("SELECT group_concat(n) FROM t"), "2,2");
    let evil = "CREATE TABLE `t` (`id` int);\nINSERT INTO `t` VALUES (1) ON DUPLICATE KEY UPDATE a = LOAD_FILE('x');";
    assert!(target.error(evil.as_bytes()).message.contains("end of rows"));
}

#[test]
fn errors_name_the_file_the_line_and_the_table() {
    let target = Target::new();
    let sql = "CREATE TABLE `t` (\n  `a` int,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB;\nINSERT INTO `t` VALUES\n(1),\n(2);\nCREATE TABLE `u` (a int);\nINSERT INTO `t` VALUES (1);\n";
    let error = target.error(sql.as_bytes());
    assert_eq!(error.message, "cannot import `dump.sql`, line 9, table `t`");
    assert!(error.causes.join(" ").contains("Duplicate"), "{error:?}");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for number in 0..20_000 {
        writeln!(gz, "INSERT INTO `t` VALUES ({number});").unwrap();
    }
    let packed = gz.finish().unwrap();
    let error = target.error(&packed[..packed.len() - 20]);
    assert!(!error.message.is_empty());
    let error = target.error(b"SET NAMES utf8mb4;\n");
    assert!(error.message.contains("defines no table"), "{error:?}");
}

/// A literal of a random value, as some tool writes it, for each column of the table below.
fn random_row(number: usize) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let quoted = |text: &str| {
        let mut out = Vec::new();
        super::rows::escape(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    };
    let text = prop_oneof![
        "[ -~é😀\\t\\n\\r\\\\'\"%_\u{1a}]{0,12}".prop_map(move |it| quoted(&it)),
        Just("NULL".to_owned()),
        (-9_i64..9).prop_map(|it| it.to_string()),
        Just("'N'".to_owned()),
        Just("'\\\\N'".to_owned()),
    ];
    let bytes = prop::collection::vec(any::<u8>(), 0..8);
    let bytes = (bytes, 0..3_u8).prop_map(|(bytes, how)| match how {
        0 if !bytes.is_empty() => format!("0x{}", super::rows::hex(&bytes)),
        1 => format!("_binary X'{}'", super::rows::hex(&bytes)),
        _ => format!("X'{}'", super::rows::hex(&bytes)),
    });
    let number = (
        Just(number),
        prop_oneof![
            any::<f64>()
                .prop_filter("finite", |it| it.is_finite())
                .prop_map(|it| format!("{it:e}")),
            any::<i32>().prop_map(|it| it.to_string()),
            Just("'12abc'".to_owned()),
            Just("''".to_owned()),
            Just("NULL".to_owned()),
        ],
    );
    let decimal =
        (-99_999_i64..99_999).prop_map(|it| format!("{}.{:02}", it / 100, it.abs() % 100));
    let date = prop_oneof![
        Just("'0000-00-00 00:00:00'"),
        Just("'2026-02-30 10:00:00'"),
        Just("'2026-11-25 10:11:12'"),
        Just("NULL"),
    ];
    let choice = prop_oneof![Just("'a'"), Just("'b'"), Just("'c'"), Just("''")];
    (number, text.clone(), text, bytes, decimal, date, choice).prop_map(
        |((id, number), short, long, bytes, decimal, date, choice)| {
            format!("({id},{number},{short},{long},{bytes},{decimal},{date},{choice})")
        },
    )
}

#[test]
fn rows_as_values_and_rows_as_inserts_are_the_same_rows() {
    use proptest::prelude::*;
    let target = Target::new();
    let load = |rows: &[String], insert: &str| {
        let rows = rows.join(",\n");
        target.load(&format!(
            "CREATE TABLE `t` (`id` int NOT NULL, `n` double, `s` varchar(40), `l` longtext, `b` varbinary(20), \
             `d` decimal(10,2), `t` datetime, `e` enum('a','b'), PRIMARY KEY (`id`)) DEFAULT CHARSET=utf8mb4;\n\
             {insert} INTO `t` VALUES {rows};\n"
        ));
        target.ask(
            "SELECT cast(coalesce(group_concat(concat_ws('|', id, hex(coalesce(n, 'none')), hex(coalesce(s, '<none>')), \
             hex(coalesce(l, '<none>')), hex(b), d, t, hex(e)) ORDER BY id SEPARATOR '\n'), '') AS char) FROM t",
        )
    };
    let mut config = ProptestConfig::with_cases(12);
    config.failure_persistence = None;
    let rows = (1..30_usize).prop_flat_map(|count| (0..count).map(random_row).collect::<Vec<_>>());
    proptest!(config, |(rows in rows)| {
        // What may be passed over is always inserted.
        prop_assert_eq!(load(&rows, "INSERT"), load(&rows, "INSERT IGNORE"));
    });
}

/// One of the small inputs.
fn case(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/import-cases");
    fs::read(Path::new(folder).join(name)).unwrap()
}

#[test]
fn small_inputs_of_other_servers_load_and_what_is_lost_is_told() {
    let target = Target::new();
    let load = |name: &str| {
        target
            .load_bytes(&case(name), Loading::default())
            .unwrap_or_else(|error| panic!("{name}: {error:?}"))
            .notes
            .join("; ")
    };
    load("01b-ansi-mode.sql");
    assert_eq!(target.ask("SELECT title FROM fx_orders WHERE id = 1"), "blue \"chair\"");
    // Blanks at the end and accents tell rows apart.
    load("08-trailing-space-unique.sql");
    assert_eq!(target.ask("SELECT COUNT(*) FROM fx_terms"), "3");
    load("79-dup-index-and-ci.sql");
    assert_eq!(target.ask("SELECT COUNT(*) FROM fx_a WHERE s = 'RESUME'"), "1");
    // A table that is made later is like the dump's.
    load("09-illegal-mix.sql");
    target.server.sql(&[
        "CREATE TABLE site.later (sku varchar(40))",
        "INSERT INTO site.later VALUES ('A-1')",
    ]);
    assert_eq!(target.ask("SELECT COUNT(*) FROM fx_orders JOIN later USING (sku)"), "1");
    for name in ["10b-nouuid.sql", "10c.sql"] {
        let told = load(name);
        let definition = target.ask("SELECT GROUP_CONCAT(column_name) FROM information_schema.columns WHERE table_schema = 'site' AND extra LIKE '%INVISIBLE%'");
        assert_eq!(definition, "hid", "{name}");
        assert!(told.contains("not enforced") && told.contains("ignored"), "{name}: {told}");
        assert_eq!(target.ask("SELECT name FROM fx_m"), "Größe");
    }
    assert!(load("10d-functional-index.sql").contains("the index `m` on an expression"));
    assert_eq!(target.ask("SELECT mail FROM fx_f"), "A@x.example");
    load("14-sequence.sql");
    assert_eq!(target.ask("SELECT NEXTVAL(fx_s)"), "3");
    load("15b-seq-only.sql");
    assert_eq!(target.ask("SELECT NEXTVAL(fx_seq)"), "100");
    load("17b-routine-pipes.sql");
    assert_eq!(target.ask("SELECT fx_cat('a', 'b')"), "a-b");
    target.server.sql(&["UPDATE site.fx_a SET s = 'y'"]);
    assert_eq!(target.ask("SELECT s FROM fx_a"), "y!");
    assert!(load("60-rowformat-fixed.sql").contains("ROW_FORMAT"));
    assert!(load("62-compression.sql").contains("COMPRESSION, which MariaDB lacks, was left out"));
    load("69-qualified-view.sql");
    assert_eq!(target.ask("SELECT id FROM fx_v"), "1");
    assert!(load("77-generated-notnull.sql").contains("NOT NULL of generated columns"));
    assert_eq!(target.ask("SELECT h FROM fx_a"), "9dd4e461268c8034f5c8564e155c67a6");
    assert!(load("78-check-not-enforced.sql").contains("not enforced"));
    assert_eq!(target.ask("SELECT q FROM fx_a"), "-5");
}

#[test]
fn each_form_of_an_address_is_converted_or_counted_and_none_is_half() {
    let target = Target::new();
    let pairs = [("https://garden.example".to_owned(), "http://dev-g.localhost:8080".to_owned())];
    let rewriter = Rewriter::new(&pairs).unwrap();
    let how = Loading { rewriter: Some(&rewriter), ..Loading::default() };
    let told = target.load_bytes(&case("50-urls.sql"), how).unwrap().notes.join("; ");
    let old = "SELECT GROUP_CONCAT(k ORDER BY k) FROM fx_u WHERE v LIKE '%garden_example%' OR v LIKE '%garden\\\\\\\\.example%'";
    assert_eq!(
        target.ask(old),
        "backslashes,bare,feed,htaccess,js,mail,path,regex_escaped,sub,user,www"
    );
    assert!(told.contains("left as they are") && told.contains("9 mentions"), "{told}");
    assert!(told.contains("2 base64 values") && told.contains("is a part of a text"), "{told}");
    for half in ["https://dev-g", "https&%dev-g", "8080.", "8080:"] {
        let count = target.ask(&format!("SELECT COUNT(*) FROM fx_u WHERE v LIKE '%{half}%'"));
        assert_eq!(count, "0", "{half}");
    }
}

#[test]
fn a_dump_gets_another_prefix_while_it_is_loaded() {
    let target = Target::new();
    let prefix = super::Prefix { old: "old_".into(), new: "wp_".into() };
    let how = Loading { prefix: Some(&prefix), ..Loading::default() };
    let sql = "CREATE TABLE `old_a` (\n  `old_id` int NOT NULL,\n  PRIMARY KEY (`old_id`),\n  KEY `k` (`old_id`)\n) ENGINE=InnoDB;
        INSERT INTO `old_a` VALUES (1),(2);
        CREATE VIEW `old_v` AS SELECT `old_a`.`old_id` AS `old_id` FROM `old_a`;
        CREATE TRIGGER old_t BEFORE INSERT ON old_a FOR EACH ROW SET NEW.old_id = NEW.old_id + (SELECT COUNT(*) FROM old_a);";
    target.load_bytes(sql.as_bytes(), how).unwrap();
    assert_eq!(target.ask("SELECT SUM(old_id) FROM wp_v"), "3");
    target.server.sql(&["INSERT INTO site.wp_a VALUES (10)"]);
    assert_eq!(target.ask("SELECT MAX(old_id) FROM wp_a"), "12");
}
