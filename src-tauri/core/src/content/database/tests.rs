#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mysql::prelude::Queryable;

use super::{
    Conversion, Converted, convert, copy_sqlite, empty_tables, mariadb, measure, sqlite,
    table_sizes, tables, text,
};
use crate::{
    content::urls::Rewriter,
    model::Database,
    progress::{Cancel, Meter, Report},
};

/// A server of this test's own, which ends with it.
pub(in crate::content) struct Server {
    child: Child,
    pub(in crate::content) database: Database,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(in crate::content) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("ct").tempdir_in("/tmp").unwrap();
        let data = folder.path().join("d");
        // A server that starts deletes the temporary tables that it finds, those of other servers too.
        let temporary = folder.path().join("t");
        std::fs::create_dir(&temporary).unwrap();
        let temporary = format!("--tmpdir={}", temporary.display());
        let installed = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(format!("--datadir={}", data.display()))
            .arg(&temporary)
            .args(as_user())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&installed.stderr);
        assert!(
            installed.status.success(),
            "{}: {said}",
            String::from_utf8_lossy(&installed.stdout)
        );
        let socket = folder.path().join("s");
        let child = Command::new("mariadbd")
            .args(["--no-defaults", "--skip-networking", "--innodb-buffer-pool-size=64M"])
            .arg(format!("--datadir={}", data.display()))
            .arg(&temporary)
            .arg(format!("--socket={}", socket.display()))
            .args(as_user())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let database = |name: &str| Database::MariaDb {
            socket: socket.clone(),
            name: name.into(),
            user: "site".into(),
            password: String::new(),
            administrator: String::new(),
        };
        let server = Self { child, database: database("site"), _folder: folder };
        let started = Instant::now();
        let mut connection = loop {
            match mariadb::connect(&database("mysql")) {
                Ok(connection) => break connection,
                Err(error) => assert!(started.elapsed() < Duration::from_secs(30), "{error:?}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        connection.query_drop("CREATE DATABASE site CHARACTER SET utf8mb4").unwrap();
        server
    }

    pub(in crate::content) fn sql(&self, statements: &[&str]) {
        let mut connection = mariadb::connect(&self.database).unwrap();
        connection.query_drop("SET NAMES utf8mb4").unwrap();
        for statement in statements {
            connection.query_drop(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }

    /// As a crash would.
    #[cfg(unix)]
    fn kill(&self) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.unwrap(), rustix::process::Signal::KILL).unwrap();
    }

    pub(in crate::content) fn ask(&self, sql: &str) -> String {
        text(&self.database, sql).unwrap().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn as_user() -> Vec<&'static str> {
    #[cfg(unix)]
    if rustix::process::getuid().is_root() {
        return vec!["--user=root"];
    }
    Vec::new()
}

fn rewriter() -> Rewriter {
    Rewriter::new(&[("https://acme.test".into(), "http://dev-acme.localhost:8080".into())]).unwrap()
}

const OLD: &str = "https://acme.test/a";
const NEW: &str = "http://dev-acme.localhost:8080/a";

/// Runs a conversion; answers its result and the lines it logged.
fn converted(database: &Database, how: &Conversion) -> (Vec<Converted>, Vec<String>) {
    let (cancel, lines) = (Cancel::default(), std::sync::Mutex::new(Vec::new()));
    let report = |report| {
        if let Report::Line(line) = report
            && !line.starts_with("looked through")
        {
            lines.lock().unwrap().push(line);
        }
    };
    let converted = convert(database, &rewriter(), how, Meter::new(&cancel, &report)).unwrap();
    (converted, lines.into_inner().unwrap())
}

fn counts(converted: &[Converted]) -> Vec<(&str, u64, u64)> {
    converted.iter().map(|c| (c.table.as_str(), c.rows, c.replacements)).collect()
}

#[test]
fn mariadb_is_measured_emptied_and_asked() {
    let server = Server::start();
    server.sql(&[
        "CREATE TABLE parent (id INT PRIMARY KEY)",
        "CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id))",
        "CREATE VIEW seen AS SELECT * FROM child",
        "INSERT INTO parent VALUES (1), (2), (3)",
        "INSERT INTO child VALUES (1, 1), (2, 2)",
    ]);
    let info = measure(&server.database).unwrap();
    assert_eq!((info.tables, info.rows), (2, 5));
    assert!(info.bytes > 0);
    assert_eq!(tables(&server.database).unwrap(), ["child", "parent"]);
    let gone = empty_tables(
        &server.database,
        &["parent".into(), "none".into(), "seen".into()],
        Meter::silent(),
    );
    assert_eq!(gone.unwrap(), ["parent"]);
    assert_eq!(server.ask("SELECT count(*) FROM parent"), "0");
    assert_eq!(server.ask("SELECT count(*) FROM child"), "2");
    assert_eq!(text(&server.database, "SELECT id FROM none").unwrap(), None);
    assert_eq!(text(&server.database, "SELECT id FROM parent").unwrap(), None);
    text(&server.database, "SELECT nonsense FROM").unwrap_err();
}

#[test]
fn a_large_table_is_estimated_and_counted_only_in_the_time_that_there_is() {
    let server = Server::start();
    server.sql(&[
        "CREATE TABLE large (id INT PRIMARY KEY) SELECT seq AS id FROM seq_1_to_120000",
        "CREATE TABLE small (id INT PRIMARY KEY) SELECT seq AS id FROM seq_1_to_3",
        "CREATE VIEW slow AS SELECT DISTINCT id, SLEEP(1) AS s FROM small",
        "ANALYZE TABLE large",
    ]);
    let sizes = table_sizes(&server.database).unwrap();
    assert!(sizes[0].table == "large" && sizes[0].estimated && sizes[0].rows > 50_000);
    assert!((sizes[1].rows, sizes[1].estimated) == (3, false));
    assert!(measure(&server.database).unwrap().estimated);
    let count = |table, patience| {
        super::count_rows(&server.database, table, Duration::from_millis(patience)).unwrap()
    };
    assert_eq!(count("large", 20_000), Some(120_000));
    assert_eq!(count("slow", 200), None);
}

/// Every kind of column, key and rule that a conversion meets.
fn make_texts(server: &Server, long: &str) {
    let old = OLD;
    server.sql(&[
        "CREATE TABLE texts (
            id BIGINT UNSIGNED NOT NULL, part VARCHAR(20) NOT NULL,
            a VARCHAR(200), l TEXT CHARACTER SET latin1, w VARCHAR(200) CHARACTER SET utf16, b LONGBLOB,
            j JSON, e ENUM('https://acme.test') NOT NULL DEFAULT 'https://acme.test',
            g VARCHAR(250) AS (CONCAT(a, '!')) STORED,
            t TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
            z DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (id, part))",
        &format!(
            "INSERT INTO texts (id, part, a, l, w, b, j, t) VALUES
             (18446744073709551615, 'é', 'é {old}', 'é {old}', 'é {old}', x'00ff27', '{{\"u\":\"{old}\"}}', '2001-02-03 04:05:06'),
             (2, 'b', 'none', NULL, 'none', '{old}', '[]', '2001-02-03 04:05:06')"
        ),
        "CREATE TABLE wp_posts (ID INT PRIMARY KEY, guid VARCHAR(255), post_content LONGTEXT)",
        &format!("INSERT INTO wp_posts VALUES (1, '{old}', '{old} {old}'), (2, '{old}', '')"),
        "CREATE TABLE keyless (a TEXT, b VARCHAR(120))",
        &format!("INSERT INTO keyless VALUES ('{old}', 'x'), ('{old}', 'x'), ('é', '{old}')"),
        "CREATE TABLE named (url VARCHAR(200) PRIMARY KEY, short VARCHAR(120) UNIQUE)",
        &format!("INSERT INTO named VALUES ('{old}', 'a'), ('{old}/2', '{long}'), ('https://acme.test/t', 'c'),
            ('http://dev-acme.localhost:8080/t', 'd')"),
        "CREATE TABLE fired (n INT)",
        "CREATE TRIGGER fires AFTER UPDATE ON wp_posts FOR EACH ROW INSERT INTO fired VALUES (1)",
        "CREATE TRIGGER comes BEFORE INSERT ON wp_posts FOR EACH ROW INSERT INTO fired VALUES (2)",
    ]);
}

#[test]
fn a_server_has_its_usual_settings_again_after_a_large_conversion() {
    let server = Server::start();
    server.sql(&[
        "CREATE TABLE large (id INT PRIMARY KEY, c LONGTEXT)",
        &format!(
            "INSERT INTO large SELECT seq, CONCAT(REPEAT('x', 900000), '{OLD}') FROM seq_1_to_60"
        ),
        "ANALYZE TABLE large",
    ]);
    let settings = || {
        server.ask(
            "SELECT CONCAT_WS(' ', @@innodb_buffer_pool_size, @@innodb_log_file_size,
                @@innodb_io_capacity, @@innodb_io_capacity_max, @@innodb_max_dirty_pages_pct,
                @@innodb_flush_log_at_trx_commit, @@innodb_stats_auto_recalc)",
        )
    };
    let usual = settings();
    let (changed, _) = converted(&server.database, &Conversion::default());
    assert_eq!(counts(&changed), [("large", 60, 60)]);
    let since = Instant::now();
    while settings() != usual {
        assert!(since.elapsed() < Duration::from_secs(60), "{} was {usual}", settings());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.ask(&format!("SELECT count(*) FROM large WHERE c LIKE '%{NEW}'")), "60");
}

#[test]
fn rows_are_written_over_and_none_is_added_whatever_the_tables_rules() {
    let server = Server::start();
    server.sql(&[
        "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
        "CREATE TABLE zero (id INT AUTO_INCREMENT PRIMARY KEY, c TEXT, n INT NOT NULL)",
        "CREATE TABLE child (id INT PRIMARY KEY, c TEXT, of INT NOT NULL, FOREIGN KEY (of) REFERENCES zero (id))",
        "CREATE TABLE checked (id VARCHAR(20) PRIMARY KEY, c TEXT, n INT DEFAULT 0 CHECK (n > 5)) CHARSET=latin1",
        "CREATE TABLE paired (a INT, b VARBINARY(9), c TEXT, u VARCHAR(90) UNIQUE, PRIMARY KEY (a, b))",
        &format!("INSERT INTO zero VALUES (0, '{OLD}', 1), (1, '{OLD}', 2), (3, 'x', 3)"),
        &format!("INSERT INTO child VALUES (1, '{OLD}', 1), (2, '{OLD}', 1)"),
        &format!("INSERT INTO checked VALUES ('ä', 'ä {OLD}', 6), ('b', '{OLD}', 7)"),
        &format!("INSERT INTO paired VALUES (1, X'00FF', '{OLD}', '{OLD}'), (1, X'', 'x', '{OLD}/2'), (2, X'00FF', '{OLD}', NULL)"),
    ]);
    let (done, lines) = converted(&server.database, &Conversion::default());
    assert_eq!(
        counts(&done),
        [("checked", 2, 2), ("child", 2, 2), ("paired", 3, 4), ("zero", 2, 2)]
    );
    assert!(lines.is_empty(), "{lines:?}");
    let rows = |table: &str, columns: &str| {
        server.ask(&format!(
            "SELECT group_concat(concat_ws(' ', {columns}) ORDER BY 1 SEPARATOR '|') FROM {table}"
        ))
    };
    assert_eq!(rows("zero", "id, c, n"), format!("0 {NEW} 1|1 {NEW} 2|3 x 3"));
    assert_eq!(rows("child", "id, c, of"), format!("1 {NEW} 1|2 {NEW} 1"));
    assert_eq!(rows("checked", "hex(id), hex(left(c, 2)), n"), "62 6874 7|E4 E420 6");
    assert_eq!(
        rows("paired", "a, hex(b), c, u"),
        format!("1  x {NEW}/2|1 00FF {NEW} {NEW}|2 00FF {NEW}")
    );
}

#[test]
fn mariadb_converts_every_kind_of_text() {
    let server = Server::start();
    let long = format!("{}{OLD}", "x".repeat(100));
    make_texts(&server, &long);
    let how = Conversion { dry_run: true, ..Conversion::default() };
    let (dry, _) = converted(&server.database, &how);
    assert_eq!(server.ask("SELECT a FROM texts WHERE id > 2"), format!("é {OLD}"));

    let (done, lines) = converted(&server.database, &Conversion::default());
    assert_eq!(
        counts(&done),
        [("keyless", 3, 3), ("named", 2, 3), ("texts", 2, 5), ("wp_posts", 1, 2)]
    );
    assert_eq!(counts(&dry)[2..], counts(&done)[2..]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for column in ["a", "CONVERT(l USING utf8mb4)", "CONVERT(w USING utf8mb4)"] {
        assert_eq!(
            server.ask(&format!("SELECT {column} FROM texts WHERE id > 2")),
            format!("é {NEW}")
        );
    }
    assert_eq!(server.ask("SELECT g FROM texts WHERE id > 2"), format!("é {NEW}!"));
    assert_eq!(server.ask("SELECT j FROM texts WHERE id > 2"), format!("{{\"u\":\"{NEW}\"}}"));
    assert_eq!(server.ask("SELECT hex(b) FROM texts WHERE id > 2"), "00FF27");
    assert_eq!(server.ask("SELECT b FROM texts WHERE id = 2"), NEW);
    assert_eq!(
        server.ask("SELECT count(*) FROM texts WHERE t = '2001-02-03 04:05:06' AND z = 0"),
        "2"
    );
    assert_eq!(server.ask("SELECT e FROM texts WHERE id = 2"), "https://acme.test");
    assert_eq!(server.ask("SELECT guid FROM wp_posts WHERE ID = 1"), OLD);
    assert_eq!(
        server.ask("SELECT post_content FROM wp_posts WHERE ID = 1"),
        format!("{NEW} {NEW}")
    );
    assert_eq!(
        server.ask("SELECT count(*) FROM keyless WHERE a = 'http://dev-acme.localhost:8080/a'"),
        "2"
    );
    assert_eq!(server.ask("SELECT count(*) FROM named WHERE url = 'https://acme.test/t'"), "1");
    assert_eq!(
        server.ask("SELECT short FROM named WHERE url = 'http://dev-acme.localhost:8080/a/2'"),
        long
    );
    assert_eq!(server.ask("SELECT count(*) FROM fired"), "0");
    server.sql(&["UPDATE wp_posts SET post_content = 'x' WHERE ID = 2"]);
    assert_eq!(server.ask("SELECT count(*) FROM fired"), "1", "the trigger is back");
    assert_eq!(server.ask("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit"), "1");

    let how = Conversion { guid: true, tables: vec!["wp_posts".into()], ..Conversion::default() };
    assert_eq!(counts(&converted(&server.database, &how).0), [("wp_posts", 2, 2)]);
}

/// Every value of a column, by the number of its row.
fn values(server: &Server, table: &str, column: &str) -> Vec<(i64, Vec<u8>)> {
    let mut connection = mariadb::connect(&server.database).unwrap();
    connection.query(format!("SELECT n, {column} FROM {table} ORDER BY n, {column}")).unwrap()
}

#[test]
fn a_conversion_by_several_connections_is_that_of_one_value_after_the_other() {
    let server = Server::start();
    let text = format!("concat('{OLD} ', n, repeat('x', 8000), '{OLD}')");
    server.sql(&[
        // Large enough for several ranges, from negative keys on, with a gap.
        "CREATE TABLE numbered (n BIGINT PRIMARY KEY, t LONGTEXT, serial TEXT)",
        "INSERT INTO numbered SELECT IF(seq < 1500, CAST(seq AS SIGNED) - 700, seq * 1000), '', '' FROM seq_1_to_4000",
        &format!("UPDATE numbered SET t = {text}, serial = CONCAT('a:1:{{i:', ABS(n), ';s:19:\"{OLD}\";}}') WHERE n % 3"),
        "UPDATE numbered SET t = REPEAT('y', 8000) WHERE t = ''",
        "ANALYZE TABLE numbered",
        "CREATE TABLE parts (n INT, name VARCHAR(20), t TEXT, PRIMARY KEY (n, name))",
        "CREATE TABLE named (name VARCHAR(40) PRIMARY KEY, n INT, t TEXT)",
        "CREATE TABLE exact (f DOUBLE PRIMARY KEY, n INT, t TEXT)",
        "CREATE TABLE counting (n INT NOT NULL AUTO_INCREMENT, t TEXT, KEY (n))",
        "CREATE TABLE keyless (n INT, t TEXT)",
        "CREATE TABLE older (n INT PRIMARY KEY, t TEXT) ENGINE=MyISAM",
        "CREATE TABLE oldest (n INT, t TEXT) ENGINE=MyISAM",
    ]);
    for (table, rows) in [
        ("parts (n, name, t)", format!("SELECT seq DIV 2, seq % 2, {text} FROM seq_1_to_40")),
        ("named (name, n, t)", format!("SELECT CONCAT('É', seq), seq, {text} FROM seq_1_to_40")),
        ("exact (f, n, t)", format!("SELECT seq / 7, seq, {text} FROM seq_1_to_40")),
        ("counting (n, t)", format!("SELECT seq, {text} FROM seq_1_to_40")),
        ("keyless (n, t)", format!("SELECT seq DIV 2, {text} FROM seq_1_to_40")),
        ("older (n, t)", format!("SELECT seq, {text} FROM seq_1_to_400")),
        ("oldest (n, t)", format!("SELECT seq, {text} FROM seq_1_to_400")),
    ] {
        server.sql(&[&format!("INSERT INTO {table} {}", rows.replace(" n,", " seq,"))]);
    }
    let all = [
        ("numbered", "t"),
        ("numbered", "serial"),
        ("parts", "t"),
        ("named", "t"),
        ("exact", "t"),
        ("counting", "t"),
        ("keyless", "t"),
        ("older", "t"),
        ("oldest", "t"),
    ];
    let definitions = || all.map(|(table, _)| definition(&server, table));
    let (rewriter, mut met) = (rewriter(), super::super::urls::Met::default());
    let mut expected = all.map(|(table, column)| values(&server, table, column));
    for (_, value) in expected.iter_mut().flatten() {
        *value = rewriter.rewrite(value, &mut met).into_owned();
    }
    expected.iter_mut().for_each(|values| values.sort());
    let before = definitions();
    let (done, lines) = converted(&server.database, &Conversion::default());
    for ((table, column), expected) in all.iter().zip(&expected) {
        let mut values = values(&server, table, column);
        values.sort();
        assert!(values == *expected, "{table}.{column} differs");
    }
    assert_eq!(done.iter().map(|it| it.replacements).sum::<u64>(), met.replacements);
    assert_eq!(done.len(), 8);
    assert!(lines.is_empty(), "{lines:?}");
    assert_eq!(definitions(), before, "the tables are defined as before");
}

fn definition(server: &Server, table: &str) -> String {
    let mut connection = mariadb::connect(&server.database).unwrap();
    let shown: (String, String) =
        connection.query_first(format!("SHOW CREATE TABLE {table}")).unwrap().unwrap();
    // The next number is none of the definition.
    shown.1.split(" AUTO_INCREMENT=").next().unwrap().to_owned()
}

#[test]
fn base64_alone_is_left_alone_and_counted() {
    // "see https://acme.test/a now"
    let base64 = "c2VlIGh0dHBzOi8vYWNtZS50ZXN0L2Egbm93";
    let server = Server::start();
    let statements = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TEXT)",
        &format!("INSERT INTO t VALUES (1, '{base64}'), (2, 'none of it')"),
    ];
    server.sql(&statements);
    let (_temp, _file, sqlite) = sqlite_with(&statements);
    for database in [&server.database, &sqlite] {
        let (done, lines) = converted(database, &Conversion::default());
        assert!(done.is_empty(), "{done:?}");
        assert_eq!(lines, ["left alone, though an address seems to be in it: 1 base64 value"]);
        assert_eq!(text(database, "SELECT c FROM t WHERE id = 1").unwrap().unwrap(), base64);
    }
}

#[test]
fn rows_whose_numbers_are_the_largest_and_the_smallest_are_told_apart() {
    let server = Server::start();
    let signed = ["-9223372036854775808", "-1", "0", "1", "9223372036854775807"];
    // The two in the middle are the same as floating point numbers.
    let unsigned = [
        "0",
        "9007199254740992",
        "9007199254740993",
        "9223372036854775808",
        "18446744073709551615",
    ];
    for (table, kind, keys) in [("s", "BIGINT", signed), ("u", "BIGINT UNSIGNED", unsigned)] {
        let rows = keys.iter().enumerate().map(|(at, key)| {
            // In some both columns change, in some one.
            let (text, blob) = match at {
                0 | 1 => (format!("{key} {OLD}"), format!("{OLD} {key}")),
                2 => (key.to_string(), format!("{OLD} {key}")),
                3 => (format!("{key} {OLD}"), key.to_string()),
                _ => (format!("{key} {OLD} é"), format!("{OLD}\\0{key}")),
            };
            format!("({key}, '{text}', '{blob}')")
        });
        server.sql(&[
            &format!("CREATE TABLE {table} (id {kind} PRIMARY KEY, t LONGTEXT, b LONGBLOB)"),
            &format!("INSERT INTO {table} VALUES {}", rows.collect::<Vec<_>>().join(", ")),
        ]);
        let expected = server.ask(&all_of(&format!(
            "SELECT id, REPLACE(t, '{OLD}', '{NEW}') t, REPLACE(b, '{OLD}', '{NEW}') b FROM {table}"
        )));
        let (done, _) = converted(&server.database, &Conversion::default());
        assert_eq!(done.iter().find(|it| it.table == table).unwrap().rows, 5);
        assert_eq!(server.ask(&all_of(&format!("SELECT * FROM {table}"))), expected);
    }
}

/// One text of all the rows that a statement answers.
fn all_of(select: &str) -> String {
    format!(
        "SELECT CAST(GROUP_CONCAT(CONCAT_WS('|', id, HEX(t), HEX(b)) ORDER BY id) AS CHAR) FROM ({select}) it"
    )
}

/// Runs a conversion that waits for a row which somebody else holds, and `meanwhile` beside it.
fn while_it_waits(server: &Server, meanwhile: impl FnOnce(&Cancel)) -> crate::Error {
    server.sql(&[
        "CREATE TABLE t (id INT PRIMARY KEY, c TEXT)",
        &format!("INSERT INTO t VALUES (1, '{OLD}')"),
    ]);
    let mut holder = mariadb::connect(&server.database).unwrap();
    holder.query_drop("START TRANSACTION").unwrap();
    holder.query_drop("SELECT * FROM t FOR UPDATE").unwrap();
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let converting = scope.spawn(|| {
            let meter = Meter::new(&cancel, &|_| ());
            convert(&server.database, &rewriter(), &Conversion::default(), meter)
        });
        let waits = "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.processlist WHERE info LIKE 'UPDATE `t`%'";
        let started = Instant::now();
        while server.ask(waits) != "1" {
            assert!(started.elapsed() < Duration::from_secs(30), "it never came so far");
        }
        meanwhile(&cancel);
        converting.join().unwrap().expect_err("it can't have ended well")
    })
}

#[test]
fn a_cancel_is_heard_while_the_server_is_busy() {
    let server = Server::start();
    let mut cancelled = None;
    let error = while_it_waits(&server, |cancel| {
        cancelled = Some(Instant::now());
        cancel.cancel();
    });
    assert!(error.is_cancelled(), "{error:?}");
    // The lock would have been waited for 50 s.
    assert!(cancelled.unwrap().elapsed() < Duration::from_secs(20));
    assert_eq!(server.ask("SELECT c FROM t"), OLD);
    assert_eq!(server.ask("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit"), "1");
}

#[cfg(unix)]
#[test]
fn a_server_that_dies_in_the_middle_is_an_error() {
    let server = Server::start();
    let error = while_it_waits(&server, |_| server.kill());
    assert!(!error.is_cancelled() && error.message.contains("`t`"), "{error:?}");
}

fn sqlite_with(statements: &[&str]) -> (tempfile::TempDir, PathBuf, Database) {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("database/site.sqlite");
    std::fs::create_dir(temp.path().join("database")).unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    for statement in statements {
        connection.execute_batch(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let database = Database::Sqlite { file: file.clone() };
    (temp, file, database)
}

#[test]
fn a_sqlite_file_that_does_not_exist_yet_is_empty() {
    let temp = tempfile::tempdir().unwrap();
    let database = Database::Sqlite { file: temp.path().join("none.sqlite") };
    let info = measure(&database).unwrap();
    assert_eq!((info.tables, info.rows, info.bytes), (0, 0, 0));
    assert!(tables(&database).unwrap().is_empty());
    assert_eq!(text(&database, "SELECT 1").unwrap(), None);
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn sqlite_is_measured_emptied_and_asked() {
    let (_temp, _file, database) = sqlite_with(&[
        "CREATE TABLE wp_posts (ID INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT)",
        "CREATE TABLE log (t TEXT); CREATE TABLE fired (n)",
        "CREATE TABLE _wp_sqlite_global_variables (name TEXT)",
        "CREATE TRIGGER fires AFTER DELETE ON log BEGIN INSERT INTO fired VALUES (1); END",
        "INSERT INTO wp_posts (t) VALUES ('a'), ('b'); INSERT INTO log VALUES ('x')",
        "INSERT INTO _wp_sqlite_global_variables VALUES ('x')",
    ]);
    let info = measure(&database).unwrap();
    assert_eq!((info.tables, info.rows), (3, 3));
    assert_eq!(tables(&database).unwrap(), ["fired", "log", "wp_posts"]);
    let names = ["log", "none", "_wp_sqlite_global_variables"].map(String::from);
    assert_eq!(empty_tables(&database, &names, Meter::silent()).unwrap(), ["log"]);
    assert_eq!(measure(&database).unwrap().rows, 2);
    assert_eq!(text(&database, "SELECT t FROM wp_posts WHERE ID = 2").unwrap(), Some("b".into()));
    assert_eq!(text(&database, "SELECT t FROM none").unwrap(), None);
    text(&database, "SELECT nonsense FROM").unwrap_err();
}

#[test]
fn sqlite_converts_text_and_blobs() {
    let old = OLD;
    let (_temp, _file, database) = sqlite_with(&[
        "CREATE TABLE wp_posts (ID INTEGER PRIMARY KEY, guid TEXT, c TEXT, b BLOB,
            g TEXT GENERATED ALWAYS AS (c || '!') STORED) STRICT",
        "CREATE TABLE keyed (url TEXT PRIMARY KEY) WITHOUT ROWID; CREATE TABLE fired (n)",
        "CREATE TRIGGER fires AFTER UPDATE ON wp_posts BEGIN INSERT INTO fired VALUES (1); END",
        &format!("INSERT INTO wp_posts VALUES (1, '{old}', '{old} {old}', CAST('{old}' AS BLOB)), (2, '', 'é', x'00ff'),
            (3, '', 's:19:\"{old}\";', x'00ff'), (4, '', CAST(x'ff' AS TEXT), CAST('{old}' AS BLOB))"),
        &format!("INSERT INTO keyed VALUES ('{old}'), ('https://acme.test/t'), ('http://dev-acme.localhost:8080/t')"),
    ]);
    let dry_run = Conversion { dry_run: true, ..Conversion::default() };
    assert_eq!(counts(&converted(&database, &dry_run).0), [("keyed", 2, 2), ("wp_posts", 3, 5)]);
    let (done, lines) = converted(&database, &Conversion::default());
    assert_eq!(done[1], Converted { table: "wp_posts".into(), rows: 3, replacements: 5 });
    assert_eq!(done[0].rows, 1);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let ask = |sql: &str| text(&database, sql).unwrap().unwrap();
    assert_eq!(ask("SELECT c FROM wp_posts WHERE ID = 1"), format!("{NEW} {NEW}"));
    assert_eq!(ask("SELECT g FROM wp_posts WHERE ID = 1"), format!("{NEW} {NEW}!"));
    assert_eq!(ask("SELECT typeof(b) || b FROM wp_posts WHERE ID = 1"), format!("blob{NEW}"));
    assert_eq!(ask("SELECT c FROM wp_posts WHERE ID = 3"), format!("s:32:\"{NEW}\";"));
    assert_eq!(ask("SELECT typeof(c) || hex(c) FROM wp_posts WHERE ID = 4"), "textFF");
    assert_eq!(ask("SELECT guid FROM wp_posts WHERE ID = 1"), OLD);
    assert_eq!(ask("SELECT count(*) FROM fired"), "0");
}

#[test]
fn sqlite_converts_each_of_many_rows_once_whatever_its_columns_are_called() {
    let (_temp, _file, database) = sqlite_with(&[
        "CREATE TABLE many (rowid TEXT, oid TEXT, other TEXT UNIQUE)",
        "CREATE TABLE nameless (rowid TEXT, _rowid_ TEXT, oid TEXT)",
        "CREATE TABLE keyed (a TEXT COLLATE NOCASE, b INT, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
             INSERT INTO many SELECT iif(i % 3, '{OLD}/' || i, 'x'), 'o', 'other' || i FROM n"
        ),
        "INSERT INTO many (_rowid_, rowid, oid) VALUES (-5, 'https://acme.test/below', ''), (9223372036854775807, 'https://acme.test/last', '')",
        "INSERT INTO keyed SELECT rowid || oid, 1, rowid FROM many WHERE rowid <> 'x'",
        &format!("INSERT INTO nameless VALUES ('{OLD}', '', '')"),
    ]);
    let (done, lines) = converted(&database, &Conversion::default());
    assert_eq!(counts(&done), [("keyed", 6669, 13338), ("many", 6669, 6669)]);
    assert_eq!(lines, ["`nameless` is left as it is: its rows have no number or key"]);
    let ask = |sql: &str| text(&database, sql).unwrap().unwrap();
    let like = "'http://dev-acme.localhost:8080/%'";
    assert_eq!(ask(&format!("SELECT count(*) FROM many WHERE rowid LIKE {like}")), "6669");
    assert_eq!(
        ask(&format!("SELECT count(*) FROM keyed WHERE c || 'o' = a AND c LIKE {like}")),
        "6667"
    );
    assert_eq!(ask("SELECT count(*) FROM many WHERE other = 'other' || _rowid_"), "10000");
    assert_eq!(ask("PRAGMA integrity_check"), "ok");
}

#[test]
fn a_cancelled_sqlite_conversion_changes_nothing() {
    let insert = format!("INSERT INTO t VALUES ('{OLD}')");
    let (_temp, _file, database) = sqlite_with(&["CREATE TABLE t (c TEXT)", &insert]);
    let cancel = Cancel::default();
    cancel.cancel();
    let error =
        convert(&database, &rewriter(), &Conversion::default(), Meter::new(&cancel, &|_| ()));
    assert!(error.unwrap_err().is_cancelled());
    assert_eq!(text(&database, "SELECT c FROM t").unwrap().unwrap(), OLD);
}

/// Ends the other thread even when the test fails.
struct StopOnDrop<'a>(&'a Cancel);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn whole(file: &Path) -> (i64, String) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let check = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    let sum = "SELECT sum(n) FROM t";
    (connection.query_row(sum, [], |row| row.get(0)).unwrap(), check("PRAGMA integrity_check"))
}

#[test]
fn a_copy_of_sqlite_is_of_one_moment_while_others_write() {
    for mode in ["wal", "delete"] {
        let (temp, file, _) = sqlite_with(&[
            &format!("PRAGMA journal_mode = {mode}"),
            "CREATE TABLE t (n INTEGER, pad TEXT); INSERT INTO t VALUES (0, ''), (0, '')",
        ]);
        let stop = Cancel::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let writer = rusqlite::Connection::open(&file).unwrap();
                writer.busy_timeout(Duration::from_secs(10)).unwrap();
                while !stop.is_cancelled() {
                    // The sum is zero whenever a transaction has ended.
                    writer
                        .execute_batch(
                            "BEGIN IMMEDIATE; INSERT INTO t VALUES (7, hex(randomblob(2000)));
                             INSERT INTO t VALUES (-7, hex(randomblob(2000))); COMMIT",
                        )
                        .unwrap();
                }
            });
            let _stop = StopOnDrop(&stop);
            for n in 0..10 {
                let to = temp.path().join(format!("copy{n}/database"));
                let cost =
                    copy_sqlite(&temp.path().join("database"), &to, Meter::silent()).unwrap();
                assert_eq!(cost.files, 1);
                assert_eq!(std::fs::read_dir(&to).unwrap().count(), 1, "no -wal is copied");
                assert_eq!(whole(&to.join("site.sqlite")), (0, "ok".into()));
            }
        });
    }
}

#[test]
fn a_reader_that_holds_an_old_state_does_not_spoil_the_copy() {
    let (temp, file, _) = sqlite_with(&[
        "PRAGMA journal_mode = wal; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)",
    ]);
    let reader = rusqlite::Connection::open(&file).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
    let writer = rusqlite::Connection::open(&file).unwrap();
    writer.execute_batch("INSERT INTO t VALUES (41)").unwrap();
    let to = temp.path().join("copy.sqlite");
    std::fs::write(temp.path().join("copy.sqlite-wal"), "old").unwrap();
    copy_sqlite(&file, &to, Meter::silent()).unwrap();
    assert_eq!(whole(&to), (42, "ok".into()));
}

#[test]
fn every_file_of_a_sqlite_folder_is_copied_and_nothing_of_none() {
    let (temp, file, _) = sqlite_with(&["CREATE TABLE t (n); INSERT INTO t VALUES (1)"]);
    std::fs::copy(&file, file.with_file_name("second.sqlite")).unwrap();
    std::fs::write(file.with_file_name(".htaccess"), "deny").unwrap();
    let to = temp.path().join("to");
    assert_eq!(copy_sqlite(&temp.path().join("database"), &to, Meter::silent()).unwrap().files, 3);
    assert_eq!(whole(&to.join("second.sqlite")), (1, "ok".into()));
    let nothing = copy_sqlite(&temp.path().join("none"), &temp.path().join("x"), Meter::silent());
    assert_eq!(nothing.unwrap().files, 0);
    assert!(sqlite::open(&temp.path().join("none")).is_err());
}
