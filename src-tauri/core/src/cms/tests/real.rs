//! Real PHP, a real WordPress, a real MariaDB. Each request is one run of `php-cgi`, told what the pool would be told.
use std::{fs, path::PathBuf};

use super::{super::support, Example};
use crate::{
    cms::{
        Detected, Installation, addresses, cache_clearer, detect, installer, missing_settings_file,
        sample, table_prefix, updater, write_sample, write_support,
    },
    model::{Cms, Database, DatabaseEngine},
};
use machine::{MariaDb, Running, fixture, lint};

mod machine;

/// What a site brings along from the host where it was: nothing of it is true here.
const FOREIGN_SETTINGS: &str = "<?php
define( 'DB_NAME', 'acme_prod' );
define( 'DB_USER', 'acme' );
const DB_PASSWORD = 'x';
define( 'DB_HOST', 'db.acme.example' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'WP_HOME', 'https://www.acme.example' );
define( 'WP_SITEURL', 'https://www.acme.example' );
define( 'FORCE_SSL_ADMIN', true );
define( 'COOKIE_DOMAIN', 'www.acme.example' );
define( 'AUTH_KEY', 'a key' );
define( 'AUTH_SALT', 'a salt' );
$table_prefix = 'acme_';
define( 'WP_DEBUG', false );
require_once ABSPATH . 'wp-settings.php';
";

fn wanted() -> Installation {
    Installation {
        title: "Acme & Söhne".into(),
        admin_user: "boss".into(),
        admin_password: r#"a "long" \ pass'word"#.into(),
        admin_email: "boss@acme.example".into(),
    }
}

/// A WordPress whose code is in place; none where the fixture can't be built.
fn wordpress(engine: DatabaseEngine, environment: &str) -> Option<Running> {
    let tree = fixture("wordpress")?;
    let plugin = match engine {
        DatabaseEngine::Sqlite => Some(fixture("sqlite-plugin")?),
        DatabaseEngine::MariaDb => None,
    };
    let example = Example::new(Cms::WordPress, engine, environment);
    machine::link_tree(&tree, &example.folder.path().join("code"));
    Some(Running::new(example, plugin))
}

fn install(site: &Running) -> Result<String, String> {
    let task = site.with(|around| installer(around, &wanted())).expect("WordPress has one");
    site.run(&task)
}

fn tables(file: &std::path::Path) -> Vec<String> {
    let database = rusqlite::Connection::open(file).expect("the site's database");
    let mut query =
        database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("a query");
    let names = query.query_map([], |row| row.get(0)).expect("rows");
    names.map(|name| name.expect("a name")).collect()
}

#[test]
fn every_php_file_is_php() {
    let files = support::FILES.iter().chain(sample::FILES);
    for (name, contents) in files.filter(|(name, _)| name.ends_with(".php")) {
        lint(name, contents);
    }
    lint("wp-config.php", include_str!("../support/wp-config.php"));
    lint("drupal7-settings.php", include_str!("../support/drupal7-settings.php"));
    lint("drupal-settings.php", include_str!("../support/drupal-settings.php"));
}

#[test]
fn a_wordpress_with_foreign_settings_runs_here_on_sqlite() {
    let Some(site) = wordpress(DatabaseEngine::Sqlite, "dev") else { return };
    fs::write(site.code().join("wp-config.php"), FOREIGN_SETTINGS).expect("settings");
    let before = fs::read_dir(site.code()).expect("code").count();
    install(&site).expect("it installs");

    let home = site.get("/");
    assert_eq!(home.status, 200, "{}", home.text);
    assert!(home.text.contains("<title>Acme &amp; Söhne</title>"), "{}", home.text);
    assert!(!home.text.contains("already defined"), "{}", home.text);
    assert!(!home.text.contains("acme.example/"), "it leads away");
    assert!(home.text.contains("http://dev-acme.localhost:8080/wp-"));
    let posts = site.get("/wp-json/wp/v2/posts");
    assert_eq!(
        (posts.status, posts.text.starts_with("[{\"id\":1,")),
        (200, true),
        "{}",
        posts.text
    );
    let cron = site.get("/wp-cron.php?doing_wp_cron");
    assert_eq!((cron.status, cron.text.as_str()), (200, ""));

    let Database::Sqlite { file } = &site.database else { panic!("it is on SQLite") };
    let names = tables(file);
    assert!(names.iter().any(|name| name == "acme_options"), "the site's own prefix: {names:?}");
    assert_eq!(table_prefix(Cms::WordPress, &names), "acme_");
    let database = rusqlite::Connection::open(file).expect("the site's database");
    let found = addresses(&site.example.site, "acme_", &mut |sql| {
        Ok(database.query_row(sql, [], |row| row.get(0)).ok())
    });
    assert_eq!(found.expect("addresses"), ["http://dev-acme.localhost:8080"]);
    assert_eq!(fs::read_dir(site.code()).expect("code").count(), before, "no file is added");
}

#[test]
fn bedrock_meets_no_constant_that_is_there_already() {
    let Some(tree) = fixture("wordpress") else { return };
    let Some(plugin) = fixture("sqlite-plugin") else { return };
    let mut example = Example::new(Cms::WordPress, DatabaseEngine::Sqlite, "dev");
    let code = example.folder.path().join("code");
    machine::link_tree(&tree, &code.join("web/wp"));
    machine::link_tree(&tree.join("wp-content/themes"), &code.join("web/app/themes"));
    // As Bedrock does it: settings from the environment, and a constant that is there is an error.
    let application = "<?php
        class Config {
            static function define($name, $value) {
                if (defined($name)) { throw new Exception(\"$name is there already\"); }
                define($name, $value);
            }
        }
        $webroot_dir = dirname(__DIR__) . '/web';
        foreach (['WP_HOME', 'WP_SITEURL', 'DB_NAME', 'DB_USER', 'DB_PASSWORD', 'DB_HOST', 'AUTH_KEY'] as $name) {
            Config::define($name, $_ENV[$name]);
        }
        Config::define('CONTENT_DIR', '/app');
        Config::define('WP_CONTENT_DIR', $webroot_dir . CONTENT_DIR);
        Config::define('WP_CONTENT_URL', WP_HOME . CONTENT_DIR);
        Config::define('WP_DEBUG', false);
        Config::define('COOKIE_DOMAIN', false);
        Config::define('DISALLOW_FILE_MODS', true);
        Config::define('AUTOMATIC_UPDATER_DISABLED', true);
        $table_prefix = 'wp_';";
    for (path, contents) in [
        ("config/application.php", application),
        (
            "web/index.php",
            "<?php define('WP_USE_THEMES', true); require __DIR__ . '/wp/wp-blog-header.php';",
        ),
        (
            "web/wp-config.php",
            "<?php require dirname(__DIR__) . '/config/application.php'; require ABSPATH . 'wp-settings.php';",
        ),
    ] {
        let path = code.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, contents).expect("a file");
    }
    let found = detect(&code).expect("WordPress");
    assert_eq!(found.uploads, "web/app/uploads");
    assert_eq!(missing_settings_file(&code, &found), None);
    example.site.docroot = found.docroot;
    let site = Running::new(example, Some(plugin));
    install(&site).expect("it installs");
    let home = site.get("/");
    assert_eq!(home.status, 200, "{}", home.text);
    assert!(home.text.contains("http://dev-acme.localhost:8080/wp/wp-includes/"), "{}", home.text);
    assert_eq!(site.get("/wp/wp-login.php").status, 200);
}

#[test]
fn the_administrator_logs_in_on_the_local_address() {
    let Some(mut site) = wordpress(DatabaseEngine::Sqlite, "dev") else { return };
    fs::write(site.code().join("wp-config.php"), FOREIGN_SETTINGS).expect("settings");
    install(&site).expect("it installs");

    let form = "log=boss&pwd=a+%22long%22+%5C+pass%27word&testcookie=1&wp-submit=Log+In";
    site.cookies = "wordpress_test_cookie=WP%20Cookie%20check".into();
    let answer = site.post("/wp-login.php", form);
    assert_eq!(answer.status, 302, "{}", answer.text);
    assert_eq!(answer.header("Location"), Some("http://dev-acme.localhost:8080/wp-admin/"));
    site.cookies = answer.cookies();
    let dashboard = site.get("/wp-admin/");
    assert_eq!(dashboard.status, 200);
    assert!(dashboard.text.contains("<title>Dashboard"), "{}", dashboard.text);
    let themes = site.get("/wp-admin/themes.php");
    assert!(themes.text.contains("twentytwentythree"), "the theme is there");
}

#[test]
fn a_wordpress_without_settings_gets_them_and_runs_on_mariadb() {
    let Some(mut site) = wordpress(DatabaseEngine::MariaDb, "dev") else { return };
    let Some(server) = MariaDb::start() else { return };
    site.database = server.database();
    let found = detect(&site.code()).expect("WordPress");
    let (path, contents) = missing_settings_file(&site.code(), &found).expect("there are none");
    assert_eq!(path, "wp-config.php");
    fs::write(site.code().join(path), contents).expect("settings");
    assert_eq!(missing_settings_file(&site.code(), &found), None);

    let empty = site.get("/");
    assert_eq!(empty.status, 302);
    let installer = "http://dev-acme.localhost:8080/wp-admin/install.php";
    assert_eq!(empty.header("Location"), Some(installer));
    install(&site).expect("it installs");
    assert_eq!(site.get("/").status, 200);
    let again = install(&site).expect_err("it is there already");
    assert_eq!(again.trim(), "WordPress is installed already");

    server.sql("UPDATE wp_options SET option_value = '51000' WHERE option_name = 'db_version'");
    let update = site.with(updater).expect("WordPress has updates");
    assert!(site.run(&update).expect("it updates").contains("from database version 51000 to"));
    let clear = site.with(cache_clearer).expect("WordPress has caches");
    site.run(&clear).expect("caches are cleared");
    drop(server);
    let error = site.run(&update).expect_err("the server is gone");
    assert!(error.contains("Error establishing a database connection"), "{error}");
}

#[test]
fn mail_is_kept_and_code_stays_as_it_was_deployed() {
    for (environment, may_change) in [("dev", "yes"), ("live", "no")] {
        let Some(site) = wordpress(DatabaseEngine::Sqlite, environment) else { return };
        fs::write(site.code().join("wp-config.php"), FOREIGN_SETTINGS).expect("settings");
        install(&site).expect("it installs");
        let script = "<?php require './wp-load.php';
            echo wp_is_file_mod_allowed('x') ? 'yes' : 'no';
            // As a plugin that sends by SMTP does.
            add_action('phpmailer_init', function ($m) { $m->isSMTP(); $m->Host = 'smtp.acme.example'; });
            echo wp_mail('someone@acme.example', 'A subject', 'A text') ? ' sent' : ' not sent';";
        fs::write(site.code().join("ask.php"), script).expect("a script");
        assert_eq!(site.get("/ask.php").text, format!("{may_change} sent"));
        let kept: Vec<PathBuf> = fs::read_dir(site.example.folder.path().join("tmp/mail"))
            .expect("the folder of mail")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        let [message] = kept.as_slice() else { panic!("one message: {kept:?}") };
        let text = fs::read_to_string(message).expect("the message");
        assert!(text.contains("To: someone@acme.example") && text.contains("A text"), "{text}");
    }
}

#[test]
fn the_sample_site_takes_entries_and_pictures() {
    let example = Example::new(Cms::Php, DatabaseEngine::Sqlite, "test");
    let code = example.folder.path().join("code");
    fs::remove_dir(&code).expect("an empty folder");
    write_sample(&code).expect("the sample");
    let Detected { uploads, .. } = detect(&code).expect("a site");
    let files = example.folder.path().join("files");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&files, code.join(uploads)).expect("the link to the files");
    let site = Running::new(example, None);

    let first = site.get("/");
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(first.text.contains("This is <strong>test</strong>"), "{}", first.text);
    assert!(first.text.contains("Version 1 of the code"));
    assert_eq!(site.post("/", "name=Ann&text=H%C3%A9llo+%3Cb%3E").status, 303);
    assert!(site.get("/").text.contains("Héllo &lt;b&gt;"));
    assert!(site.post("/", "name=Ann&text=").text.contains("Write a name and a text."));

    // The smallest GIF that there is.
    let gif =
        b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    assert_eq!(site.upload("/", "picture", "A Harbour.GIF", gif).status, 303);
    assert!(files.join("a-harbour.gif").is_file());
    assert!(site.get("/").text.contains("src=\"files/a-harbour.gif\""));
    let refused = site.upload("/", "picture", "x.php", b"<?php phpinfo();");
    assert!(refused.text.contains("That is no picture"), "{}", refused.text);
}

#[test]
fn support_files_that_are_the_same_are_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    write_support(folder.path()).expect("written");
    let prepend = folder.path().join("prepend.php");
    let before = fs::metadata(&prepend).and_then(|file| file.modified()).expect("a file");
    fs::write(folder.path().join("task.php"), "old").expect("an old one");
    write_support(folder.path()).expect("written again");
    let after = fs::metadata(&prepend).and_then(|file| file.modified()).expect("a file");
    assert_eq!(before, after);
    assert_ne!(fs::read(folder.path().join("task.php")).expect("a file"), b"old");
    let count = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(count, support::FILES.len(), "nothing half made is left");
}
