//! Detection by small made-up trees, and the contract; real WordPress is in `real`.
use std::{fs, path::Path};

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::model::{CodePointer, ConnectionMode, DatabaseEngine, Secrets};

#[cfg(unix)]
mod real;

/// A folder with the named files; the text of each stands after its name.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, contents) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, contents).expect("a file");
    }
    folder
}

fn found(files: &[(&str, &str)]) -> (Cms, Option<String>, String, String) {
    let Detected { cms, version, docroot, uploads } =
        detect(tree(files).path()).expect("it is a site");
    (cms, version, docroot, uploads)
}

fn wordpress(docroot: &str, uploads: &str) -> (Cms, Option<String>, String, String) {
    (Cms::WordPress, Some("6.1.9".into()), docroot.into(), uploads.into())
}

const VERSION: &str = "<?php\n/** @global string $wp_version */\n$wp_version = '6.1.9';\n";

#[test]
fn wordpress_is_found_in_every_layout() {
    let root = [("wp-includes/version.php", VERSION), ("index.php", "<?php")];
    assert_eq!(found(&root), wordpress("", "wp-content/uploads"));
    let web = [("web/wp-includes/version.php", VERSION), ("pantheon.yml", "web_docroot: true")];
    assert_eq!(found(&web), wordpress("web", "web/wp-content/uploads"));
    let archive = [("wordpress/wp-includes/version.php", VERSION)];
    assert_eq!(found(&archive), wordpress("wordpress", "wordpress/wp-content/uploads"));
    let below = [("index.php", ""), ("blog/wp-includes/version.php", VERSION)];
    assert_eq!(found(&below), wordpress("", "blog/wp-content/uploads"));
}

#[test]
fn bedrock_keeps_core_and_content_apart() {
    let bedrock = [
        ("web/index.php", "<?php"),
        ("web/wp-config.php", "<?php require_once dirname(__DIR__) . '/config/application.php';"),
        ("web/wp/wp-includes/version.php", VERSION),
        ("web/wp/wp-content/themes/index.php", ""),
        ("web/app/themes/x/style.css", ""),
        (
            "config/application.php",
            "<?php Config::define('CONTENT_DIR', '/app');\n\
             Config::define('WP_CONTENT_DIR', $webroot_dir . Config::get('CONTENT_DIR'));",
        ),
    ];
    assert_eq!(found(&bedrock), wordpress("web", "web/app/uploads"));
}

#[test]
fn a_renamed_content_folder_is_read_from_the_settings() {
    let renamed = |config: &'static str| {
        found(&[
            ("index.php", ""),
            ("wp/wp-includes/version.php", VERSION),
            ("content/themes/index.php", ""),
            ("wp-config.php", config),
        ])
    };
    for config in [
        "<?php define('WP_CONTENT_DIR', __DIR__ . '/content');",
        "<?php define( 'WP_CONTENT_DIR', $_SERVER['DOCUMENT_ROOT'] . '/content' );",
        "<?php define('WP_CONTENT_DIR', '/home/acme/public_html/content');",
        "<?php // nothing is said, but there it is",
    ] {
        assert_eq!(renamed(config), wordpress("", "content/uploads"), "{config}");
    }
    let uploads = "<?php define('UPLOADS', '../media');";
    let root = [("wp-includes/version.php", VERSION), ("wp-config.php", uploads)];
    assert_eq!(found(&root).3, "wp-content/uploads", "a folder outside of the code is not taken");
    let inside = "<?php define('UPLOADS', 'media');";
    let root = [("wp-includes/version.php", VERSION), ("wp-config.php", inside)];
    assert_eq!(found(&root).3, "media");
}

#[test]
fn drupal_is_found_with_its_version() {
    let seven =
        [("includes/bootstrap.inc", "<?php\ndefine('VERSION', '7.105');\n"), ("index.php", "")];
    let expected =
        (Cms::Drupal7, Some("7.105".into()), String::new(), "sites/default/files".into());
    assert_eq!(found(&seven), expected);
    let eleven = [
        ("web/core/lib/Drupal.php", "<?php class Drupal {\n  const VERSION = '11.2.0';\n"),
        ("web/index.php", ""),
        ("composer.json", "{}"),
    ];
    let expected =
        (Cms::Drupal, Some("11.2.0".into()), "web".into(), "web/sites/default/files".into());
    assert_eq!(found(&eleven), expected);
    let docroot = [("docroot/core/lib/Drupal.php", "")];
    assert_eq!(
        found(&docroot),
        (Cms::Drupal, None, "docroot".into(), "docroot/sites/default/files".into())
    );
}

#[test]
fn plain_sites_have_no_uploads_unless_they_say_so() {
    let none = String::new;
    assert_eq!(found(&[("index.php", "")]), (Cms::Php, None, none(), none()));
    assert_eq!(found(&[("public/index.html", "")]), (Cms::Html, None, "public".into(), none()));
    let pages = [("about/index.html", ""), ("team/index.html", "")];
    assert_eq!(found(&pages), (Cms::Html, None, none(), none()));
    let archive = [("acme-1.0/index.html", "")];
    assert_eq!(found(&archive), (Cms::Html, None, "acme-1.0".into(), none()));
    let mounted = [("index.php", ""), ("pantheon.yml", "api_version: 1\nfilemount: /files\n")];
    assert_eq!(found(&mounted), (Cms::Php, None, none(), "files".into()));
}

#[test]
fn a_folder_with_nothing_to_serve_is_refused_with_a_hint() {
    for files in [&[][..], &[("README.md", "hello")][..], &[(".git/x.php", "")][..]] {
        let error = detect(tree(files).path()).expect_err("no site");
        assert_eq!(error.code, crate::Code::Refused);
        assert!(error.hint.is_some());
    }
    let fetched = [("composer.json", r#"{"require": {"drupal/core-recommended": "^10"}}"#)];
    let files = [fetched[0], ("web/index.php", "<?php")];
    let error = detect(tree(&files).path()).expect_err("no Drupal");
    assert!(error.message.contains("no Drupal"), "what Composer should fetch is named: {error}");
    let missing = tree(&[("index.php", ""), ("pantheon.upstream.yml", "web_docroot: true")]);
    assert!(detect(missing.path()).expect_err("no web").message.contains("`web`"));
}

#[test]
fn the_sample_site_has_uploads_and_no_missing_settings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("a/sample");
    write_sample(&place).expect("written");
    let found = detect(&place).expect("a site");
    assert_eq!((found.cms, found.uploads.as_str()), (Cms::Php, "files"));
    assert_eq!(missing_settings_file(&place, &found), None);
    assert!(write_sample(&place).is_err(), "it writes over nothing");
}

#[test]
fn pantheon_yml_wins_by_key_and_paths_are_added() {
    let folder = tree(&[
        (
            "pantheon.upstream.yml",
            "api_version: 1\nphp_version: 8.10\nprotected_web_paths:\n  - /private/\n",
        ),
        (
            "pantheon.yml",
            "# ours\napi_version: 1\nphp_version: 8.2\nweb_docroot: true\nprotected_web_paths: [/x, /private/]\n\
             workflows:\n  deploy:\n    after:\n      - type: webphp\n        script: a.php\n",
        ),
    ]);
    let read = pantheon_yml(folder.path()).expect("reads");
    assert_eq!(read.php_version.as_deref(), Some("8.2"));
    assert_eq!(read.protected_web_paths, ["/private/", "/x"]);
    assert!(read.web_docroot);

    fs::write(
        folder.path().join("pantheon.yml"),
        "protected_web_paths_override: true\nprotected_web_paths: [/x]\n",
    )
    .expect("written");
    let read = pantheon_yml(folder.path()).expect("reads");
    assert_eq!(read.protected_web_paths, ["/x"]);
    assert_eq!(read.php_version.as_deref(), Some("8.10"), "as written");
    fs::write(folder.path().join("pantheon.yml"), "# nothing yet\n").expect("written");
    assert_eq!(pantheon_yml(folder.path()).expect("reads").protected_web_paths, ["/private/"]);
}

#[test]
fn a_broken_pantheon_yml_is_refused_with_name_and_line() {
    for broken in [
        "api_version: 1\nweb_docroot: maybe\n",
        "api_version: 1\nphp_version: [8\n",
        "api_version: 1\n\tphp_version: 8.2\n",
    ] {
        let folder = tree(&[("pantheon.yml", broken)]);
        let error = pantheon_yml(folder.path()).expect_err("broken");
        assert_eq!(error.code, crate::Code::Refused, "{broken}");
        assert!(error.message.starts_with("pantheon.yml, line "), "{}", error.message);
    }
    for refused in ["api_version: 2\n", "filemount: /../elsewhere\n"] {
        let folder = tree(&[("pantheon.yml", refused)]);
        assert!(pantheon_yml(folder.path()).is_err(), "{refused}");
    }
}

#[test]
fn what_pantheon_would_refuse_is_refused_with_its_line() {
    let good = "---\napi_version: 1\nphp_version: 8.2\nweb_docroot: true\nenforce_https: full\n\
        database:\n  version: 10.6\nsearch_replace: true\nobject_cache: {version: 6.2}\n\
        protected_web_paths:\n  - /private/\nworkflows:\n  deploy:\n    after:\n      \
        - type: webphp\n        description: Log\n        script: private/log.php\n  sync_code:\n";
    check_pantheon_yml("pantheon.yml", good.as_bytes()).expect("all of it is documented");
    check_pantheon_yml("pantheon.yml", b"# nothing yet\n").expect("it says nothing");
    let cases: &[(&str, u64, &str)] = &[
        ("php_version: 8.2\n", 1, "api_version"),
        ("api_version: 2\n", 1, "api_version"),
        ("\napi_version: 1\nphp_version: eight\n", 3, "php_version"),
        ("api_version: 1\nphp_version: 8\n", 2, "php_version"),
        ("api_version: 1\nphp_version: [8.2]\n", 2, ""),
        ("api_version: 1\nweb_docroot: maybe\n", 2, ""),
        ("api_version: 1\nenforce_https: yes please\n", 2, "enforce_https"),
        ("api_version: 1\ndatabase: 10.6\n", 2, ""),
        ("api_version: 1\nfilemount: /../x\n", 2, "filemount"),
        ("api_version: 1\nprotected_web_paths: /private\n", 2, ""),
        ("api_version: 1\nprotected_web_paths:\n  - /a\n  - private\n", 4, "begins with"),
        ("api_version: 1\nworkflows:\n  deploys:\n    after: []\n", 3, "deploys"),
        (
            "api_version: 1\nworkflows:\n  deploy:\n    after:\n      - type: bash\n        script: x\n",
            5,
            "webphp",
        ),
        ("api_version: 1\nworkflows:\n  deploy:\n    later: []\n", 4, "later"),
        ("api_version: 1\n  php_version: 8.2\n", 2, ""),
        ("api_version: 1\nphp_version: 8.2\nphp_version: 8.3\n", 3, ""),
    ];
    for (source, line, says) in cases {
        let error = check_pantheon_yml("pantheon.yml", source.as_bytes()).expect_err(source);
        assert_eq!(error.code, crate::Code::Refused, "{source}");
        let place = format!("pantheon.yml, line {line}");
        assert!(error.message.starts_with(&place), "{source}: {}", error.message);
        assert!(error.message.contains(says), "{source}: {}", error.message);
    }
    let error = check_pantheon_yml("pantheon.yml", b"api_version: 1\n# caf\xe9\n");
    assert!(error.expect_err("latin").message.contains("line 2"));
}

/// A site and an environment, as the store would hold them.
pub(super) struct Example {
    pub(super) site: Site,
    pub(super) environment: Environment,
    pub(super) folder: TempDir,
}

impl Example {
    pub(super) fn new(cms: Cms, engine: DatabaseEngine, environment: &str) -> Self {
        let site = Site {
            name: "acme".parse().expect("a name"),
            label: "Acme".into(),
            cms,
            docroot: String::new(),
            uploads: "wp-content/uploads".into(),
            engine,
            branch: "main".into(),
            id: "9c2b3c1e-3f7e-4b1e-8a52-2f6a0d1c7b11".into(),
            created: Timestamp::UNIX_EPOCH,
        };
        let name: crate::model::EnvironmentName = environment.parse().expect("a name");
        let writable = name.is_writable();
        let environment = Environment {
            site: site.name.clone(),
            code: CodePointer::Branch { branch: "main".into() },
            generation: 1,
            connection_mode: writable.then_some(ConnectionMode::Sftp),
            lock: None,
            secrets: Secrets {
                database_password: "pass'word".into(),
                wordpress: (1..=8).map(|n| format!("secret {n}")).collect(),
                drupal_hash_salt: "salt".into(),
            },
            name,
            created: Timestamp::UNIX_EPOCH,
        };
        let folder = tempfile::Builder::new().prefix("cms").tempdir().expect("a folder");
        for inner in ["code", "files", "tmp", "support"] {
            fs::create_dir(folder.path().join(inner)).expect("a folder");
        }
        Self { site, environment, folder }
    }

    /// Calls `use_it` with the surroundings that this example has.
    pub(super) fn with<T>(
        &self,
        database: Option<&Database>,
        plugin: Option<&Path>,
        use_it: impl FnOnce(&Surroundings<'_>) -> T,
    ) -> T {
        let at = |name: &str| self.folder.path().join(name);
        let (code, files, temporary, support) = (at("code"), at("files"), at("tmp"), at("support"));
        use_it(&Surroundings {
            smtp_port: 2525,
            cron_by_visits: true,
            site: &self.site,
            environment: &self.environment,
            database,
            host: "dev-acme.localhost:8080",
            code: &code,
            files: &files,
            temporary: &temporary,
            support: &support,
            sqlite_plugin: plugin,
        })
    }
}

fn value<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut all = variables.iter().filter(|(known, _)| known == name);
    let value = all.next().map(|(_, value)| value.as_str());
    assert!(all.next().is_none(), "{name} is said twice");
    value
}

fn server() -> Database {
    Database::MariaDb {
        socket: "/run/p/1.sock".into(),
        name: "pantheon".into(),
        user: "pantheon".into(),
        password: "pass'word".into(),
        administrator: String::new(),
    }
}

#[test]
fn wordpress_is_told_what_pantheon_tells_it() {
    let example = Example::new(Cms::WordPress, DatabaseEngine::MariaDb, "live");
    let told = example.with(Some(&server()), None, variables).expect("variables");
    for (name, expected) in [
        ("PANTHEON_ENVIRONMENT", "live"),
        ("PANTHEON_SITE_NAME", "acme"),
        ("PANTHEON_SITE", example.site.id.as_str()),
        ("FRAMEWORK", "wordpress"),
        ("FILEMOUNT", "wp-content/uploads"),
        ("DOCROOT", "/"),
        ("DB_HOST", "localhost"),
        ("DB_PORT", "/run/p/1.sock"),
        ("DB_PASSWORD", "pass'word"),
        ("AUTH_KEY", "secret 1"),
        ("NONCE_KEY", "secret 4"),
        ("AUTH_SALT", "secret 5"),
        ("NONCE_SALT", "secret 8"),
        ("WP_ENVIRONMENT_TYPE", "production"),
        ("PORTICO_CODE_WRITABLE", "0"),
        ("PORTICO_DB_HOST", "localhost:/run/p/1.sock"),
    ] {
        assert_eq!(value(&told, name), Some(expected), "{name}");
    }
}

#[test]
fn a_network_bedrock_and_pantheons_settings_are_told_apart() {
    let example = Example::new(Cms::WordPress, DatabaseEngine::MariaDb, "dev");
    let code = example.folder.path().join("code");
    fs::write(code.join("wp-config.php"), "<?php define( 'MULTISITE', true );").expect("written");
    let told = example.with(Some(&server()), None, variables).expect("variables");
    assert_eq!(value(&told, "FRAMEWORK"), Some("wordpress_network"));
    assert_eq!(value(&told, "PORTICO_WP_CONSTANTS"), Some("1"));

    fs::create_dir(code.join("config")).expect("a folder");
    fs::write(code.join("config/application.php"), "<?php").expect("written");
    let told = example.with(Some(&server()), None, variables).expect("variables");
    assert_eq!(value(&told, "PORTICO_WP_CONSTANTS"), None, "Bedrock takes it for an error");
    assert_eq!(value(&told, "DB_HOST"), Some("localhost:/run/p/1.sock"));
    assert_eq!(value(&told, "WP_HOME"), Some("http://dev-acme.localhost:8080"));

    fs::write(code.join("wp-config-pantheon.php"), "<?php").expect("written");
    let told = example.with(Some(&server()), None, variables).expect("variables");
    assert_eq!(value(&told, "PORTICO_WP_CONSTANTS"), None);
    assert_eq!(value(&told, "DB_HOST"), Some("localhost"));
}

#[test]
fn wordpress_on_sqlite_without_the_plugin_says_what_is_missing() {
    let example = Example::new(Cms::WordPress, DatabaseEngine::Sqlite, "dev");
    let file = Database::Sqlite { file: "/x/site.sqlite".into() };
    let error = example.with(Some(&file), None, variables).expect_err("no plugin");
    assert_eq!(error.code, crate::Code::Missing);
    let told = example.with(Some(&file), Some(Path::new("/p")), variables).expect("variables");
    assert_eq!(value(&told, "PORTICO_SQLITE_FILE"), Some("/x/site.sqlite"));
    assert_eq!(value(&told, "PORTICO_SQLITE_PLUGIN"), Some("/p"));
}

#[test]
fn drupal_is_told_its_database_as_json() {
    let example = Example::new(Cms::Drupal, DatabaseEngine::MariaDb, "test");
    let told = example.with(Some(&server()), None, variables).expect("variables");
    let settings: serde_json::Value =
        serde_json::from_str(value(&told, "PRESSFLOW_SETTINGS").expect("said")).expect("JSON");
    let connection = &settings["databases"]["default"]["default"];
    assert_eq!(connection["unix_socket"], "/run/p/1.sock");
    assert_eq!(connection["password"], "pass'word");
    assert_eq!(connection["isolation_level"], "READ COMMITTED", "as Drupal's installer writes it");
    assert_eq!(settings["drupal_hash_salt"], "salt");
    assert_eq!(value(&told, "FRAMEWORK"), Some("drupal8"));
    assert_eq!(value(&told, "DRUPAL_HASH_SALT"), Some("salt"));
    assert!(value(&told, "HOME").is_some_and(|home| Path::new(home).join("tmp").is_absolute()));

    let example = Example::new(Cms::Drupal7, DatabaseEngine::Sqlite, "dev");
    let file = Database::Sqlite { file: "/x/site.sqlite".into() };
    let sites = example.folder.path().join("code/sites/default");
    fs::create_dir_all(&sites).expect("folders");
    fs::write(sites.join("settings.php"), "<?php $databases = ['prefix' => 'd7_'];")
        .expect("written");
    let told = example.with(Some(&file), None, variables).expect("variables");
    assert_eq!(value(&told, "FRAMEWORK"), Some("drupal"));
    let own: serde_json::Value =
        serde_json::from_str(value(&told, "PORTICO_DRUPAL_DATABASE").expect("said")).expect("JSON");
    assert_eq!(own["prefix"], "d7_");
}

#[test]
fn errors_show_where_code_is_written_and_nowhere_else() {
    for (environment, shown) in [("dev", "1"), ("events", "1"), ("test", "0"), ("live", "0")] {
        let example = Example::new(Cms::WordPress, DatabaseEngine::MariaDb, environment);
        let settings = example.with(Some(&server()), None, php_settings).expect("settings");
        assert_eq!(value(&settings, "display_errors"), Some(shown), "{environment}");
        assert_eq!(value(&settings, "log_errors"), Some("1"));
        assert_eq!(value(&settings, "variables_order"), Some("EGPCS"));
    }
}

fn names(tables: &[&str]) -> Vec<String> {
    tables.iter().map(|&table| table.into()).collect()
}

#[test]
fn the_table_prefix_is_found_by_tables_that_belong_together() {
    let network =
        names(&["acme_2_options", "acme_2_posts", "acme_options", "acme_posts", "acme_users"]);
    assert_eq!(table_prefix(Cms::WordPress, &network), "acme_");
    assert_eq!(table_prefix(Cms::WordPress, &names(&["wp_options"])), "wp_");
    assert_eq!(table_prefix(Cms::Drupal7, &names(&["d7_system", "d7_variable"])), "d7_");
    assert_eq!(table_prefix(Cms::Drupal, &names(&["key_value", "config"])), "");
}

#[test]
fn an_address_inside_another_is_not_replaced_by_itself() {
    let outer = |all: &[&str]| outermost(&names(all));
    let home = "https://acme.example";
    assert_eq!(outer(&["https://acme.example/wp", home]), [home]);
    assert_eq!(outer(&["http://acme.example/wp", home]), [home]);
    assert_eq!(outer(&["https://acme.example.org", home]).len(), 2);
    assert_eq!(outer(&["https://acme.example/blog"]), ["https://acme.example/blog"]);
}

#[test]
fn addresses_come_from_options() {
    let site = Example::new(Cms::WordPress, DatabaseEngine::Sqlite, "live").site;
    let database = rusqlite::Connection::open_in_memory().expect("a database");
    let mut query = |sql: &str| match database.query_row(sql, [], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        answer => Ok(answer.expect("a query that SQLite understands")),
    };
    assert!(addresses(&site, "wp_", &mut query).expect("no tables yet").is_empty());
    database
        .execute_batch(
            "CREATE TABLE wp_options (option_name TEXT, option_value TEXT);
             INSERT INTO wp_options VALUES ('siteurl', 'https://acme.example/wp'), ('home', 'https://acme.example/');",
        )
        .expect("tables");
    assert_eq!(
        addresses(&site, "wp_", &mut query).expect("addresses"),
        ["https://acme.example/wp", "https://acme.example"],
    );
}
