//! A site's database moves between MariaDB and SQLite, by a dump or as a whole.
use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    content::{content, path, settled_export, with_wordpress},
    support::{PorticoTest, wordpress},
};

/// The SQLite file that an environment uses.
fn sqlite_file(test: &PorticoTest, environment: &str) -> PathBuf {
    let number = content(test, environment)["generation"].as_u64().unwrap();
    let folder = test.environment(environment).join(format!("content/{number}/database"));
    let mut files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    files.find(|it| it.extension().is_some_and(|it| it == "sqlite")).expect("a SQLite file")
}

/// Runs PHP with the SQLite plugin's driver as `$driver` on a file; answers what it prints.
fn with_driver(test: &PorticoTest, file: &Path, code: &str) -> String {
    let script = test.folder("driver.php");
    let head = "<?php require getenv('HOME') . '/.local/share/portico/sqlite-database-integration/wp-includes/database/load.php';\n\
        $driver = new WP_MySQL_On_SQLite(\"mysql-on-sqlite:path={$argv[1]};dbname=wp\");\n";
    fs::write(&script, format!("{head}{code}")).unwrap();
    let line = format!("php '{}' '{}'", path(&script), path(file));
    test.shell(&test.folder("."), &line).success().stdout
}

/// What `PRAGMA integrity_check` says, and whether the driver's notes are about the tables that there are.
fn assert_whole(test: &PorticoTest, file: &Path, dump: &str) {
    let copy = test.folder("copy.sqlite");
    fs::copy(file, &copy).unwrap();
    let said = with_driver(
        test,
        &copy,
        r#"
$pdo = $driver->get_sqlite_pdo();
echo $pdo->query('PRAGMA integrity_check')->fetchColumn(), "\n";
foreach ($driver->query('SHOW TABLES')->fetchAll(PDO::FETCH_COLUMN) as $table) {
	$mysql = $driver->query("SHOW CREATE TABLE `$table`")->fetch(PDO::FETCH_NUM)[1];
	echo $table, ' ', substr_count($mysql, ' KEY '), "\n";
}
$driver->query('ALTER TABLE wp_posts ADD COLUMN portico varchar(20) NOT NULL DEFAULT "x", ADD KEY portico (portico)');
$driver->query('ALTER TABLE wp_options DROP KEY autoload');
echo $driver->query('SELECT count(*) FROM wp_posts WHERE portico = "x"')->fetchColumn() > 0 ? 'altered' : 'empty', "\n";
echo $pdo->query('PRAGMA integrity_check')->fetchColumn(), "\n";
"#,
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines[0], lines[lines.len() - 1]), ("ok", "ok"), "{said}");
    assert!(lines.contains(&"altered"), "{said}");
    // Every key that the dump defines.
    for create in dump.split("CREATE TABLE `").skip(1) {
        let create = create.split(';').next().unwrap();
        let line =
            format!("{} {}", create.split('`').next().unwrap(), create.matches(" KEY ").count());
        assert!(lines.contains(&line.as_str()), "no {line} in {said}");
    }
}

#[test]
fn a_mysql_dump_comes_into_a_wordpress_on_sqlite() {
    let test = PorticoTest::new();
    let (_serving, dump) = with_wordpress(&test);
    let browser = test.browser();
    let source = wordpress();
    test.run(&["site:create", "lite", "--from", path(&source), "--database", "sqlite"]).success();
    test.shell(&test.folder("."), "gzip -k acme.sql").success().stdout_has("");
    let row = test.json(&["import:database", "lite.dev", path(&test.folder("acme.sql.gz"))]);
    assert!(row["result"]["replacements"].as_u64().unwrap() > 2, "{row}");
    assert_eq!(row["result"]["tables"], content(&test, "acme.dev")["database"]["tables"]);
    let page = browser.get("lite.dev", "/").ok();
    assert!(page.has("Before the dump") && !page.has("acme.example"), "{}", page.body);
    browser.publish("lite.dev", "ada", "correct horse", "On SQLite now");
    assert!(browser.get("lite.dev", "/wp-admin/edit.php").ok().has("On SQLite now"));
    let text = fs::read_to_string(&dump).unwrap();
    assert_whole(&test, &sqlite_file(&test, "lite.dev"), &text);
    // A cut dump changes nothing.
    let cut = test.folder("cut.sql");
    fs::write(&cut, &text[..text.find("INSERT INTO `wp_posts`").unwrap() + 400]).unwrap();
    let before = content(&test, "lite.dev")["generation"].clone();
    test.run(&["import:database", "lite.dev", path(&cut)])
        .status(1)
        .stderr_has("cut short")
        .stderr_has("wp_posts");
    assert_eq!(content(&test, "lite.dev")["generation"], before);
    test.run(&["import", path(&dump), "lite.dev", "--keep-urls"]).success();
    test.run(&["undo", "lite"]).success();
    assert!(browser.get("lite.dev", "/").ok().has("On SQLite now"));
}

/// Every row of every table, from the SQL that Portico exports: both engines' exports list them the same way.
fn rows(test: &PorticoTest, environment: &str, name: &str) -> Vec<String> {
    let file = test.folder(name);
    test.run(&["export:database", environment, path(&file)]).success();
    let text = fs::read_to_string(file).unwrap();
    let mut table = "";
    let mut all = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("INSERT INTO ") {
            Some(head) => table = head,
            // What WordPress keeps of the present moment changes with every visit.
            None if line.starts_with('(')
                && !line.contains("_transient_")
                && !line.contains("'cron'") =>
            {
                all.push(format!("{table} {}", line.trim_end_matches([',', ';'])));
            }
            None => {}
        }
    }
    all.sort();
    all
}

#[test]
fn a_site_moves_to_sqlite_and_back_with_every_row_and_goes_by_undo() {
    let test = PorticoTest::new();
    let (_serving, _) = with_wordpress(&test);
    let browser = test.browser();
    test.run(&["env:deploy", "acme.test"]).success();
    // What WordPress does on the first visits, and by itself after a post, is over.
    for environment in ["acme.dev", "acme.test", "acme.dev"] {
        browser.get(environment, "/").ok();
    }
    settled_export(&test);
    let before = (rows(&test, "acme.dev", "1.sql"), rows(&test, "acme.test", "2.sql"));
    assert!(before.0.iter().any(|row| row.contains("Before the dump")));
    let generation = content(&test, "acme.dev")["generation"].clone();

    let moved = test.json(&["site:database", "acme", "sqlite"]);
    assert_eq!(moved["kind"], "set_database");
    assert_eq!(moved["result"]["environments"], 2);
    // Before anyone visits.
    assert_eq!(rows(&test, "acme.dev", "3.sql"), before.0, "rows differ on SQLite");
    assert_eq!(rows(&test, "acme.test", "4.sql"), before.1, "rows of Test differ on SQLite");
    for environment in ["acme.dev", "acme.test"] {
        assert_eq!(content(&test, environment)["database"]["engine"], "sqlite");
        assert!(browser.get(environment, "/").ok().has("Before the dump"));
    }
    browser.publish("acme.dev", "ada", "correct horse", "Written on SQLite");

    test.run(&["site:database", "acme", "sqlite"]).status(5).stderr_has("already");
    let on_sqlite = rows(&test, "acme.test", "5.sql");
    test.run(&["site:database", "acme", "mariadb"]).success();
    assert_eq!(rows(&test, "acme.test", "6.sql"), on_sqlite, "rows of Test differ on MariaDB");
    assert_eq!(content(&test, "acme.dev")["database"]["engine"], "mariadb");
    assert!(browser.get("acme.dev", "/").ok().has("Written on SQLite"));
    assert!(browser.get("acme.test", "/").ok().has("Before the dump"));
    browser.publish("acme.dev", "ada", "correct horse", "Written on MariaDB");

    test.run(&["undo", "acme"]).success();
    assert_eq!(content(&test, "acme.dev")["database"]["engine"], "sqlite");
    assert!(!browser.get("acme.dev", "/").ok().has("Written on MariaDB"));
    test.run(&["undo", "acme", "--workflow", &moved["id"].to_string()]).success();
    assert_eq!(content(&test, "acme.dev")["generation"], generation);
    assert!(browser.get("acme.dev", "/").ok().has("Before the dump"));
    assert!(!browser.get("acme.dev", "/").ok().has("Written on SQLite"));

    // One file of the other engine, each way.
    let file = test.folder("acme.sqlite");
    test.run(&["export:database", "acme.dev", path(&file)]).success();
    let text = fs::read_to_string(test.folder("1.sql")).unwrap();
    assert_whole(&test, &file, &text);
    test.run(&["env:wipe", "acme.dev"]).success();
    test.run(&["import:database", "acme.dev", path(&file)]).success();
    assert!(browser.get("acme.dev", "/").ok().has("Before the dump"));
}

#[test]
fn a_dump_of_another_system_or_prefix_is_found_out_and_said() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let source = wordpress();
    test.run(&["site:create", "lite", "--from", path(&source), "--database", "sqlite"]).success();
    let import = |sql: &str| {
        let file = test.folder("dump.sql");
        fs::write(&file, sql).unwrap();
        test.json(&["import:database", "lite.dev", path(&file)])["result"]["notes"].to_string()
    };
    let table = |name: &str| {
        format!("CREATE TABLE `{name}` (`option_name` varchar(20), `option_value` text);\n")
    };
    let drupal = import(&[table("x_key_value"), table("x_config")].concat());
    assert!(drupal.contains("those of Drupal, and lite runs WordPress"), "{drupal}");
    let wordpress = import(&[table("wp_options"), table("wp_posts")].concat());
    assert_eq!(wordpress, "[]");
    let prefix = import(&[table("shop_options"), table("shop_posts")].concat());
    assert!(prefix.contains("begin with `shop_`, those before with `wp_`"), "{prefix}");
    let neither = import(&table("other"));
    assert!(neither.contains("no tables of WordPress"), "{neither}");
    // Several dumps in one archive: one is chosen.
    fs::create_dir(test.folder("both")).unwrap();
    fs::write(test.folder("both/one.sql"), table("one")).unwrap();
    fs::write(test.folder("both/two.sql"), table("wp_options") + &table("wp_posts")).unwrap();
    test.shell(&test.folder("."), "tar -czf both.tar.gz both").success().stdout_has("");
    let both = test.folder("both.tar.gz");
    test.run(&["import:database", "lite.dev", path(&both)])
        .status(5)
        .stderr_has("both/one.sql")
        .stderr_has("--entry");
    let row = test.json(&["import", path(&both), "lite.dev", "--entry", "two.sql"]);
    assert_eq!(row["result"]["tables"], 2);
}
