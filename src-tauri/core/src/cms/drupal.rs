//! Drupal 8 and later, and what they share with Drupal 7.
use std::path::Path;

use serde_json::{Value, json};

use super::{
    Detected, Surroundings,
    detect::{below, join, quoted_after, text},
    php_source,
};
use crate::{
    error::{Doing, Result},
    model::{Cms, Database},
};

/// The folder of the public files, relative to Drupal's root.
pub(super) const FILES: &str = "sites/default/files";

/// Drupal stands in the served folder itself.
pub(super) fn detect(folder: &Path, docroot: &str) -> Option<Detected> {
    let file = below(folder, docroot).join("core/lib/Drupal.php");
    file.is_file().then(|| Detected {
        cms: Cms::Drupal,
        version: quoted_after(&text(&file), "const VERSION ="),
        docroot: docroot.into(),
        uploads: join(docroot, FILES),
    })
}

/// Whether settings.php (or Pantheon's Drupal 7 core) takes its database from `PRESSFLOW_SETTINGS`.
fn reads_the_environment(root: &Path) -> bool {
    let reads = |path: &str| text(&root.join(path)).contains("PRESSFLOW_SETTINGS");
    reads("sites/default/settings.pantheon.php")
        || reads("includes/bootstrap.inc")
        || reads("sites/default/settings.php")
}

/// What Drupal and our prepended file need beyond the common contract.
pub(super) fn variables(around: &Surroundings<'_>) -> Result<Vec<(String, String)>> {
    let root = below(around.code, &around.site.docroot);
    let framework = if around.site.cms == Cms::Drupal7 { "drupal" } else { "drupal8" };
    let mut found = vec![("FRAMEWORK".into(), framework.into())];
    if let Some(database) = around.database
        && !reads_the_environment(&root)
    {
        let prefix = own_prefix(&root);
        let connection = connection(around.site.cms, database, &prefix);
        let json = serde_json::to_string(&connection).doing(|| "describe the database".into())?;
        found.push(("PORTICO_DRUPAL_DATABASE".into(), json));
        found.push(("PORTICO_DOCROOT".into(), root.to_string_lossy().into_owned()));
    }
    Ok(found)
}

/// The table prefix that the site's own settings.php names.
fn own_prefix(root: &Path) -> String {
    let source = php_source::without_comments(&text(&root.join("sites/default/settings.php")));
    ["'prefix' =>", "\"prefix\" =>"]
        .iter()
        .filter_map(|marker| {
            let rest = source[source.find(marker)? + marker.len()..].trim_start();
            rest.starts_with(['\'', '"']).then(|| quoted_after(rest, ""))?
        })
        .next()
        .unwrap_or_default()
}

/// A connection as `$databases['default']['default']` describes it.
fn connection(cms: Cms, database: &Database, prefix: &str) -> Value {
    let mut connection = match database {
        Database::MariaDb { socket, name, user, password, .. } => json!({
            "driver": "mysql",
            "host": "localhost",
            "port": "",
            "unix_socket": socket.to_string_lossy(),
            "database": name,
            "username": user,
            "password": password,
            "prefix": prefix,
            "charset": "utf8mb4",
            "collation": "utf8mb4_general_ci",
        }),
        Database::Sqlite { file } => json!({
            "driver": "sqlite",
            "database": file.to_string_lossy(),
            "prefix": prefix,
        }),
    };
    // What Drupal's own installer writes since version 10; older ones know no such setting.
    if cms == Cms::Drupal && matches!(database, Database::MariaDb { .. }) {
        connection["isolation_level"] = "READ COMMITTED".into();
    }
    connection
}

/// `PRESSFLOW_SETTINGS`: databases, Drupal 7's `$conf` and the hash salt, as JSON.
pub(super) fn pressflow_settings(around: &Surroundings<'_>) -> Result<Option<String>> {
    let Some(database) = around.database else { return Ok(None) };
    let settings = json!({
        "conf": {
            "pantheon_environment": around.environment.name.as_str(),
            "file_public_path": FILES,
            "file_private_path": format!("{FILES}/private"),
            "file_temporary_path": around.temporary.to_string_lossy(),
        },
        "databases": { "default": { "default": connection(around.site.cms, database, "") } },
        "drupal_hash_salt": around.environment.secrets.drupal_hash_salt,
    });
    serde_json::to_string(&settings).doing(|| "describe the database".into()).map(Some)
}

/// settings.php for a Drupal that has none: where it goes, relative to the code, and what it says.
pub(super) fn missing_settings(folder: &Path, detected: &Detected) -> Option<(String, String)> {
    let root = below(folder, &detected.docroot);
    let path = "sites/default/settings.php";
    // Pantheon's Drupal 7 needs no settings.php: its core reads the environment.
    let missing = !root.join(path).exists() && !reads_the_environment(&root);
    missing.then(|| {
        let contents = if detected.cms == Cms::Drupal7 {
            include_str!("support/drupal7-settings.php")
        } else {
            include_str!("support/drupal-settings.php")
        };
        (join(&detected.docroot, path), contents.to_owned())
    })
}

/// The prefix that both tables have; empty when there are none.
pub(super) fn prefix_shared_by(tables: &[String], one: &str, other: &str) -> String {
    tables
        .iter()
        .filter_map(|table| table.strip_suffix(one))
        .filter(|prefix| tables.iter().any(|table| table.strip_prefix(*prefix) == Some(other)))
        .min_by_key(|prefix| prefix.len())
        .unwrap_or_default()
        .to_owned()
}

/// The prefix of the tables of Drupal 8 and later.
pub(super) fn table_prefix(tables: &[String]) -> String {
    prefix_shared_by(tables, "key_value", "config")
}
