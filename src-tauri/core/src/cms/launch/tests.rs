//! The checks of Site Audit on small databases of Drupal's shape; real Drupals are walked by `tests/cli/drupal.rs`.
use std::{collections::HashMap, fs};

use jiff::Timestamp;
use rusqlite::{Connection, types::ValueRef};

use super::*;

const CONFIG: &str = r#"
CREATE TABLE config (collection TEXT, name TEXT, data BLOB);
INSERT INTO config VALUES
('', 'core.extension', 'a:1:{s:6:"module";a:3:{s:4:"node";i:0;s:5:"views";i:0;s:14:"automated_cron";i:0;}}'),
('', 'node.type.article', 'a:2:{s:4:"name";s:7:"Article";s:4:"type";s:7:"article";}'),
('', 'node.type.page', 'a:2:{s:4:"name";s:10:"Basic page";s:4:"type";s:4:"page";}'),
('', 'media.type.image', 'a:2:{s:2:"id";s:5:"image";s:5:"label";s:5:"Image";}'),
('', 'taxonomy.vocabulary.tags', 'a:1:{s:4:"name";s:4:"Tags";}'),
('', 'field.storage.node.body', 'a:1:{s:2:"id";s:9:"node.body";}'),
('', 'field.storage.node.field_old', 'a:1:{s:2:"id";s:14:"node.field_old";}'),
('', 'field.field.node.article.body', 'a:0:{}'),
('', 'field.field.node.page.body', 'a:0:{}'),
('', 'field.field.node.page.field_old', 'a:0:{}'),
('', 'user.role.editor', 'a:3:{s:5:"label";s:6:"Editor";s:8:"is_admin";b:0;s:11:"permissions";a:2:{i:0;s:1:"a";i:1;s:1:"b";}}'),
('', 'user.role.administrator', 'a:3:{s:5:"label";s:13:"Administrator";s:8:"is_admin";b:1;s:11:"permissions";a:0:{}}'),
('', 'views.view.front', 'a:3:{s:5:"label";s:5:"Front";s:6:"status";b:1;s:7:"display";a:2:{s:7:"default";a:2:{s:13:"display_title";s:7:"Default";s:15:"display_options";a:1:{s:5:"cache";a:1:{s:4:"type";s:4:"none";}}}s:6:"page_1";a:2:{s:13:"display_title";s:4:"Page";s:15:"display_options";a:1:{s:5:"cache";a:2:{s:4:"type";s:4:"time";s:7:"options";a:2:{s:16:"results_lifespan";i:3600;s:15:"output_lifespan";i:-1;}}}}}}'),
('', 'views.view.old', 'a:3:{s:5:"label";s:3:"Old";s:6:"status";b:0;s:7:"display";a:0:{}}'),
('language.de', 'node.type.page', 'a:1:{s:4:"name";s:5:"Seite";}');
CREATE TABLE node (nid INT, type TEXT);
CREATE TABLE node_field_data (nid INT, type TEXT, title TEXT);
INSERT INTO node VALUES (1, 'article'), (2, 'article'), (3, 'article');
INSERT INTO node_field_data VALUES (1, 'article', 'Same'), (2, 'article', 'Same'), (3, 'article', 'Own'), (3, 'article', 'Own');
CREATE TABLE media (mid INT, bundle TEXT);
CREATE TABLE taxonomy_term_data (tid INT, vid TEXT);
CREATE TABLE node__body (entity_id INT);
CREATE TABLE node__field_old (entity_id INT);
INSERT INTO node__body VALUES (1);
CREATE TABLE user__roles (entity_id INT, roles_target_id TEXT);
INSERT INTO user__roles VALUES (1, 'administrator'), (2, 'editor'), (3, 'editor');
CREATE TABLE cache_page (cid TEXT);
CREATE TABLE semaphore (name TEXT);
"#;

const SYSTEM: &str = r#"
CREATE TABLE variable (name TEXT, value BLOB);
INSERT INTO variable VALUES ('cron_safe_threshold', 's:1:"0";');
CREATE TABLE system (name TEXT, filename TEXT, type TEXT, status INT, schema_version INT);
INSERT INTO system VALUES ('node', '', 'module', 1, 7000), ('left', '', 'module', 0, 7001), ('never', '', 'module', 0, -1);
CREATE TABLE menu_router (path TEXT, page_callback TEXT, access_callback TEXT, title_callback TEXT);
INSERT INTO menu_router VALUES ('node', 'node_page', 'user_access', 't'), ('kgldhf', 'php_eval', 'file_put_contents', 't');
CREATE TABLE node (nid INT, type TEXT, title TEXT);
CREATE TABLE node_type (type TEXT, name TEXT);
INSERT INTO node_type VALUES ('page', 'Page');
CREATE TABLE field_config (id INT, field_name TEXT, deleted INT);
CREATE TABLE field_config_instance (id INT, field_id INT, deleted INT);
INSERT INTO field_config VALUES (1, 'body', 0), (2, 'gone', 1);
INSERT INTO field_config_instance VALUES (1, 1, 0), (2, 1, 0), (3, 1, 1);
CREATE TABLE field_data_body (entity_id INT);
CREATE TABLE role (rid INT, name TEXT);
CREATE TABLE users_roles (uid INT, rid INT);
CREATE TABLE role_permission (rid INT, permission TEXT);
INSERT INTO role VALUES (3, 'editor');
INSERT INTO users_roles VALUES (5, 3);
INSERT INTO role_permission VALUES (3, 'a'), (3, 'b');
CREATE TABLE views_view (vid INT, name TEXT);
CREATE TABLE views_display (vid INT, id TEXT, display_title TEXT, display_options BLOB, position INT);
INSERT INTO views_view VALUES (1, 'front');
INSERT INTO views_display VALUES (1, 'default', 'Master', 'a:1:{s:5:"cache";a:3:{s:4:"type";s:4:"time";s:16:"results_lifespan";s:2:"60";s:15:"output_lifespan";s:2:"60";}}', 1), (1, 'page', 'Page', 'a:0:{}', 2), (1, 'feed', 'Feed', 'a:1:{s:5:"cache";a:1:{s:4:"type";s:4:"none";}}', 3);
"#;

/// What a Launch Check of Live finds, by group and name.
fn check(cms: Cms, schema: &str, code: &[&str]) -> HashMap<String, Finding> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in code {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, "").expect("a file");
    }
    let database = Connection::open_in_memory().expect("a database");
    database.execute_batch(schema).expect("its tables");
    let mut ask = |sql: &str| Ok(rows(&database, sql));
    let tables: Vec<String> =
        rows(&database, "SELECT name FROM sqlite_master WHERE type = 'table'")
            .into_iter()
            .filter_map(|mut row| row.remove(0))
            .collect();
    let site = Site {
        name: "acme".parse().expect("a name"),
        label: "Acme".into(),
        cms,
        docroot: String::new(),
        uploads: "sites/default/files".into(),
        engine: DatabaseEngine::Sqlite,
        branch: "main".into(),
        id: "9c2b3c1e-3f7e-4b1e-8a52-2f6a0d1c7b11".into(),
        created: Timestamp::UNIX_EPOCH,
    };
    let subject = Subject {
        site: &site,
        environment: &EnvironmentName::Live,
        code: folder.path(),
        tables: &tables,
        prefix: "",
        code_bytes: &|| Ok(1_000_000),
        files: FilesInfo { count: 1, bytes: 500_000 },
        updates: &[],
        probe: &Ok(Some(serde_json::json!({ "opt_out": ["WatchdogSyslog"] }))),
    };
    let found = launch_check(&subject, &mut ask).expect("a check");
    found.into_iter().map(|it| (format!("{}: {}", it.group, it.name), it)).collect()
}

fn rows(database: &Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    let Ok(mut statement) = database.prepare(sql) else { return Vec::new() };
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    };
    let read = statement
        .query_map([], |row| (0..columns).map(|at| row.get_ref(at).map(text)).collect())
        .expect("a query");
    read.collect::<rusqlite::Result<_>>().expect("rows")
}

#[track_caller]
fn says(
    found: &HashMap<String, Finding>,
    name: &str,
    score: Score,
    result: &str,
    rows: &[&[&str]],
) {
    let finding = found.get(name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!((finding.score, finding.result.as_str()), (score, result), "{name}");
    assert_eq!(finding.rows, rows, "{name}");
}

#[test]
fn drupal_8_tells_what_it_is_built_of() {
    let files = [
        "modules/a/shop.info.yml",
        "sites/default/modules/shop.info.yml",
        "core/modules/x/tests/shop.info.yml",
    ];
    let found = check(Cms::Drupal, CONFIG, &files);
    let types: &[&[&str]] = &[&["Article", "3"], &["Basic page", "0"]];
    says(&found, "Content: Content types", Score::Ok, "2 content types.", types);
    says(
        &found,
        "Content: Unused content types",
        Score::Info,
        "1 unused content type.",
        &[&["Basic page"]],
    );
    let unused: &[&[&str]] = &[&["node", "Basic page", "0"], &["media", "Image", "0"]];
    says(&found, "Content: Unused content entity types", Score::Info, "2 unused types.", unused);
    says(
        &found,
        "Content: Duplicate titles",
        Score::Info,
        "1 title used more than once.",
        &[&["Same", "2"]],
    );
    says(
        &found,
        "Content: Unused vocabularies",
        Score::Info,
        "1 of 1 without terms.",
        &[&["Tags"]],
    );
    let instances: &[&[&str]] = &[&["node.body", "2"], &["node.field_old", "1"]];
    says(
        &found,
        "Content: Field instance counts",
        Score::Info,
        "3 field instances in all.",
        instances,
    );
    says(
        &found,
        "Content: Unused fields",
        Score::Info,
        "1 field without data.",
        &[&["node.field_old"]],
    );
    let twice: &[&[&str]] = &[&["shop", "modules/a"], &["shop", "sites/default/modules"]];
    says(
        &found,
        "Extensions: Duplicates",
        Score::Warning,
        "1 module found at several places.",
        twice,
    );
}

#[test]
fn drupal_8_tells_of_roles_views_and_caches() {
    let found = check(Cms::Drupal, CONFIG, &[]);
    let users: &[&[&str]] = &[&["Administrator", "1"], &["Editor", "2"]];
    says(&found, "Roles: Roles and User Count", Score::Info, "2 roles.", users);
    let permissions: &[&[&str]] = &[&["Administrator", "all"], &["Editor", "2"]];
    says(&found, "Roles: Roles and Permissions", Score::Info, "2 roles.", permissions);
    says(&found, "Views: Count", Score::Info, "1 view.", &[]);
    let anew: &[&[&str]] = &[&["Front", "Default"], &["Front", "Page"]];
    says(
        &found,
        "Views: Rendered output caching",
        Score::Warning,
        "2 displays whose output is made anew each time.",
        anew,
    );
    says(
        &found,
        "Views: Query results caching",
        Score::Warning,
        "1 display whose query is run each time.",
        &[&["Front", "Default"]],
    );
    says(
        &found,
        "Cache: Cache bins",
        Score::Info,
        "1 cache bin in the database.",
        &[&["cache_page"]],
    );
    says(&found, "Cron: Enabled", Score::Ok, "Visits start it.", &[]);
    says(&found, "Cron: Running", Score::Info, "Cron is not running.", &[]);
    says(&found, "Codebase: Size of entire site", Score::Info, "1.5 MB of code and files.", &[]);
    says(
        &found,
        "Best practices: Folder Structure",
        Score::Info,
        "The docroot is the code itself.",
        &[],
    );
    says(&found, "Content: Taxonomy status", Score::Info, "Taxonomy is not enabled.", &[]);
}

#[test]
fn a_check_that_the_site_opts_out_of_says_only_that() {
    for (cms, schema) in [(Cms::Drupal, CONFIG), (Cms::Drupal7, SYSTEM)] {
        let found = check(cms, schema, &[]);
        let out = "The site's configuration opts out of this check.";
        says(&found, "Watchdog: syslog status", Score::Info, out, &[]);
        assert_eq!(found.values().filter(|it| it.result == out).count(), 1);
    }
}

#[test]
fn drupal_7_tells_what_it_is_built_of() {
    let code = ["sites/all/README.txt", "sites/all/modules/page_title/page_title.info"];
    let found = check(Cms::Drupal7, SYSTEM, &code);
    says(
        &found,
        "Extensions: Redundant",
        Score::Error,
        "1 module that another one makes superfluous.",
        &[&["page_title", "metatag"]],
    );
    says(
        &found,
        "FrontEnd: Template Files",
        Score::Ok,
        "No template of the theme does more than show.",
        &[],
    );
    says(
        &found,
        "Content: Unused content types",
        Score::Info,
        "1 unused content type.",
        &[&["Page"]],
    );
    says(
        &found,
        "Content: Field instance counts",
        Score::Info,
        "2 field instances in all.",
        &[&["body", "2"]],
    );
    says(&found, "Content: Unused fields", Score::Info, "1 field without data.", &[&["body"]]);
    says(&found, "Roles: Roles and User Count", Score::Info, "1 role.", &[&["editor", "1"]]);
    says(&found, "Roles: Roles and Permissions", Score::Info, "1 role.", &[&["editor", "2"]]);
    says(
        &found,
        "Views: Query results caching",
        Score::Warning,
        "1 display whose query is run each time.",
        &[&["front", "Feed"]],
    );
    says(&found, "Cron: Enabled", Score::Ok, "Visits do not start it.", &[]);
    says(
        &found,
        "Extensions: Disabled modules",
        Score::Warning,
        "1 disabled module still installed.",
        &[&["left"]],
    );
    let broken: &[&[&str]] = &[&["kgldhf", "php_eval", "file_put_contents", "t"]];
    says(
        &found,
        "Security: Menu Router",
        Score::Error,
        "1 path with a dangerous function.",
        broken,
    );
    says(&found, "Best practices: sites/all", Score::Ok, "It is there.", &[]);
}
