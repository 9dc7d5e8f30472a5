//! What the site's PHP is told: Pantheon's environment variables, and PHP's own settings.
use std::path::{Path, PathBuf};

use super::{Surroundings, detect, drupal, wordpress};
use crate::{
    error::{Error, Result},
    model::{Cms, CodePointer, ConnectionMode, Database},
};

/// The name that Pantheon gives to database and user; a SQLite file has neither, but sites ask for them.
const PANTHEON: &str = "pantheon";

/// The environment variables (and FastCGI parameters) of Pantheon's contract, and our own for the prepended file.
///
/// Each name stands once. Values are text; a path that is no Unicode loses what can't be said.
pub fn variables(around: &Surroundings<'_>) -> Result<Vec<(String, String)>> {
    let mut all = common(around);
    all.extend(database(around));
    if lacks_sqlite_plugin(around) {
        return Err(Error::missing("the SQLite Database Integration plugin"));
    }
    if let Some(settings) = drupal::pressflow_settings(around)? {
        all.push(("PRESSFLOW_SETTINGS".into(), settings));
    }
    let own = match around.site.cms {
        Cms::WordPress => wordpress::variables(around)?,
        Cms::Drupal7 | Cms::Drupal => drupal::variables(around)?,
        Cms::Php | Cms::Html => Vec::new(),
    };
    all.extend(own);
    Ok(last_of_each(all))
}

/// Who the environment is and where its folders are.
fn common(around: &Surroundings<'_>) -> Vec<(String, String)> {
    let site = around.site;
    let environment = around.environment;
    let uploads = site.uploads.strip_prefix(&site.docroot).unwrap_or(&site.uploads);
    let deployment = match &environment.code {
        CodePointer::Branch { branch } => branch,
        CodePointer::Release { directory, .. } => directory,
    };
    let pairs = [
        ("PANTHEON_ENVIRONMENT", environment.name.as_str().to_owned()),
        ("PANTHEON_SITE", site.id.clone()),
        ("PANTHEON_SITE_NAME", site.name.as_str().to_owned()),
        ("PANTHEON_INFRASTRUCTURE_ENVIRONMENT", "live".into()),
        ("PANTHEON_DEPLOYMENT_IDENTIFIER", deployment.clone()),
        ("PANTHEON_ROLLING_TMP", text(&around.temporary.join("rolling").join(deployment))),
        ("DOCROOT", format!("/{}", site.docroot)),
        ("FILEMOUNT", uploads.trim_matches('/').to_owned()),
        ("DRUPAL_HASH_SALT", environment.secrets.drupal_hash_salt.clone()),
        ("HOME", text(&home(around.temporary))),
        ("TMPDIR", text(around.temporary)),
        ("PORTICO_CMS", cms(site.cms).into()),
        ("PORTICO_HOST", around.host.to_owned()),
        ("PORTICO_FILES", text(around.files)),
        ("PORTICO_SMTP_HOST", "127.0.0.1".into()),
        ("PORTICO_SMTP_PORT", around.smtp_port.to_string()),
        ("PORTICO_PASS", environment.pass()),
        ("PORTICO_CRON_BY_VISITS", if around.cron_by_visits { "1" } else { "0" }.into()),
        ("PORTICO_CODE_WRITABLE", if code_is_writable(around) { "1" } else { "0" }.into()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// How the database is reached.
fn database(around: &Surroundings<'_>) -> Vec<(String, String)> {
    let Some(database) = around.database else { return Vec::new() };
    let (port, name, user, password) = match database {
        Database::MariaDb { socket, name, user, password, .. } => {
            (text(socket), name.as_str(), user.as_str(), password.as_str())
        }
        Database::Sqlite { .. } => (String::new(), PANTHEON, PANTHEON, ""),
    };
    let mut pairs = vec![
        ("DB_HOST", "localhost".to_owned()),
        ("DB_PORT", port),
        ("DB_NAME", name.into()),
        ("DB_USER", user.into()),
        ("DB_PASSWORD", password.into()),
    ];
    if let Database::Sqlite { file } = database {
        pairs.push(("PORTICO_SQLITE_FILE", text(file)));
        if let Some(plugin) = around.sqlite_plugin {
            pairs.push(("PORTICO_SQLITE_PLUGIN", text(plugin)));
        }
    }
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// WordPress on SQLite needs the plugin, unless its code has a `db.php` of its own.
fn lacks_sqlite_plugin(around: &Surroundings<'_>) -> bool {
    around.site.cms == Cms::WordPress
        && matches!(around.database, Some(Database::Sqlite { .. }))
        && around.sqlite_plugin.is_none()
        && !wordpress::has_database_drop_in(around)
}

/// `DB_HOST` as WordPress's constant wants it: a socket follows the colon.
pub(super) fn wordpress_host(around: &Surroundings<'_>) -> String {
    match around.database {
        Some(Database::MariaDb { socket, .. }) => format!("localhost:{}", text(socket)),
        _ => "localhost".into(),
    }
}

/// The folder whose `tmp` is the environment's temporary folder, as `$HOME/tmp` is on Pantheon.
fn home(temporary: &Path) -> PathBuf {
    match temporary.parent() {
        Some(parent) if temporary.ends_with("tmp") => parent.to_owned(),
        _ => temporary.to_owned(),
    }
}

/// Whether the system may change code: not on Test and Live, and not where code comes by a push.
fn code_is_writable(around: &Surroundings<'_>) -> bool {
    around.environment.name.is_writable()
        && around.environment.connection_mode != Some(ConnectionMode::Git)
}

fn cms(cms: Cms) -> &'static str {
    match cms {
        Cms::WordPress => "wordpress",
        Cms::Drupal7 => "drupal7",
        Cms::Drupal => "drupal",
        Cms::Php => "php",
        Cms::Html => "html",
    }
}

/// Each name once, with the value that was said last.
fn last_of_each(all: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::with_capacity(all.len());
    for (name, value) in all {
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => found.push((name, value)),
        }
    }
    found
}

/// Settings of PHP itself: `variables_order`, `auto_prepend_file`, error display, limits.
pub fn php_settings(around: &Surroundings<'_>) -> Result<Vec<(String, String)>> {
    let writable = around.environment.name.is_writable();
    let temporary = text(around.temporary);
    let mut settings = vec![
        // Without the E, $_ENV is empty and a site takes itself for one outside of Pantheon.
        ("variables_order", "EGPCS".to_owned()),
        ("auto_prepend_file", text(&around.support.join("prepend.php"))),
        // As on Pantheon: errors show where code is written, and are only logged where visitors are.
        ("display_errors", if writable { "1" } else { "0" }.into()),
        ("display_startup_errors", "0".into()),
        ("log_errors", "1".into()),
        // E_ALL & ~E_DEPRECATED & ~E_STRICT, as php.ini-production
        ("error_reporting", "22527".into()),
        ("memory_limit", "512M".into()),
        ("max_execution_time", "300".into()),
        ("max_input_time", "-1".into()),
        ("max_input_vars", "10000".into()),
        ("max_file_uploads", "100".into()),
        // A number, not 0 for "no limit": WordPress takes the smaller of the two for its own limit.
        ("upload_max_filesize", "16G".into()),
        ("post_max_size", "16G".into()),
        ("output_buffering", "4096".into()),
        ("expose_php", "0".into()),
        ("realpath_cache_size", "4096K".into()),
        ("opcache.enable", "1".into()),
        ("opcache.max_accelerated_files", "20000".into()),
        ("opcache.interned_strings_buffer", "16".into()),
        ("opcache.validate_timestamps", "1".into()),
        // A release never changes; what a person edits shows at once.
        ("opcache.revalidate_freq", if writable { "0" } else { "60" }.into()),
        ("opcache.lockfile_path", temporary.clone()),
        ("sys_temp_dir", temporary.clone()),
        ("upload_tmp_dir", temporary.clone()),
        ("session.save_path", session_path(temporary)),
        ("session.gc_probability", "1".into()),
        ("session.gc_divisor", "100".into()),
        ("sendmail_path", sendmail(around.support, &around.temporary.join("mail"))),
    ];
    if let Some(Database::MariaDb { socket, .. }) = around.database {
        // A plain site that connects to "localhost" meets its own environment's server.
        settings.push(("mysqli.default_socket", text(socket)));
        settings.push(("pdo_mysql.default_socket", text(socket)));
    }
    Ok(settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The command that PHP's `mail()` pipes a message into: it keeps the message in `folder` and sends nothing.
#[cfg(unix)]
fn sendmail(support: &Path, folder: &Path) -> String {
    let quoted = |path: &Path| format!("'{}'", text(path).replace('\'', r"'\''"));
    format!("/bin/sh {} {}", quoted(&support.join("mail.sh")), quoted(folder))
}

/// The command that PHP's `mail()` pipes a message into: it keeps the message in `folder` and sends nothing.
#[cfg(windows)]
fn sendmail(support: &Path, folder: &Path) -> String {
    format!("cmd /c call \"{}\" \"{}\"", text(&support.join("mail.cmd")), text(folder))
}

/// PHP takes the last of three parts for the folder: with a semicolon in it, the other two must be there.
fn session_path(folder: String) -> String {
    if folder.contains(';') { format!("0;0600;{folder}") } else { folder }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The folder of a task: where the system's own entry script stands.
pub fn task_folder(around: &Surroundings<'_>) -> PathBuf {
    match around.site.cms {
        Cms::WordPress => wordpress::task_folder(around),
        _ => detect::below(around.code, &around.site.docroot),
    }
}
