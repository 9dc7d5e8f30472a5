//! The files that Portico brings for a site's PHP, and the tasks that run them.
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{Surroundings, contract};
use crate::{
    error::{Doing, Error, Result},
    model::{Cms, Configuration},
};

/// Name and text of each file. The two settings files are not among them: they go into a site's code.
pub(super) const FILES: &[(&str, &str)] = &[
    ("prepend.php", include_str!("support/prepend.php")),
    ("prepend-wordpress.php", include_str!("support/prepend-wordpress.php")),
    ("prepend-drupal.php", include_str!("support/prepend-drupal.php")),
    ("task.php", include_str!("support/task.php")),
    ("wordpress-install.php", include_str!("support/wordpress-install.php")),
    ("wordpress-update.php", include_str!("support/wordpress-update.php")),
    ("wordpress-caches.php", include_str!("support/wordpress-caches.php")),
    ("wordpress-database.php", include_str!("support/wordpress-database.php")),
    ("drupal7-install.php", include_str!("support/drupal7-install.php")),
    ("drupal7-update.php", include_str!("support/drupal7-update.php")),
    ("drupal7-caches.php", include_str!("support/drupal7-caches.php")),
    ("drupal-install.php", include_str!("support/drupal-install.php")),
    ("drupal-update.php", include_str!("support/drupal-update.php")),
    ("drupal-caches.php", include_str!("support/drupal-caches.php")),
    ("wordpress-cron.php", include_str!("support/wordpress-cron.php")),
    ("drupal7-cron.php", include_str!("support/drupal7-cron.php")),
    ("drupal-cron.php", include_str!("support/drupal-cron.php")),
    ("wordpress-probe.php", include_str!("support/wordpress-probe.php")),
    ("drupal7-probe.php", include_str!("support/drupal7-probe.php")),
    ("drupal-boot.php", include_str!("support/drupal-boot.php")),
    ("drupal7-boot.php", include_str!("support/drupal7-boot.php")),
    ("drupal-probe.php", include_str!("support/drupal-probe.php")),
    ("wordpress-bundles.php", include_str!("support/wordpress-bundles.php")),
    ("wordpress-acf.php", include_str!("support/wordpress-acf.php")),
    ("wordpress-config.php", include_str!("support/wordpress-config.php")),
    ("drupal7-config.php", include_str!("support/drupal7-config.php")),
    ("drupal-config.php", include_str!("support/drupal-config.php")),
    ("mail.sh", include_str!("support/mail.sh")),
    ("mail.cmd", include_str!("support/mail.cmd")),
];

/// Writes the PHP files that Portico brings (prepended file, installers) into `folder`.
///
/// A file that is there already and the same is not touched: a site's PHP may be running it.
pub fn write_support(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).doing(|| format!("make the folder {}", folder.display()))?;
    for (name, contents) in FILES {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|present| present == contents.as_bytes()) {
            continue;
        }
        replace(folder, &path, contents)?;
    }
    Ok(())
}

/// Puts a whole file in the place of another, so that no reader sees a half of it.
fn replace(folder: &Path, path: &Path, contents: &str) -> Result<()> {
    let doing = || format!("write {}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).doing(doing)?;
    file.write_all(contents.as_bytes()).doing(doing)?;
    file.persist(path).doing(doing)?;
    Ok(())
}

/// A PHP script to run inside an environment, with its arguments. It ends with 0 or says on stderr what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhpTask {
    /// The script, one of those that [`write_support`] wrote.
    pub script: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Lines to its standard input: secrets never stand in arguments.
    pub input: String,
}

/// What an installer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The site's title.
    pub title: String,
    /// The administrator's name.
    pub admin_user: String,
    /// The administrator's password.
    pub admin_password: String,
    /// The administrator's address.
    pub admin_email: String,
}

/// The system's own installer, headless. A site of no known system has none: refused.
pub fn installer(around: &Surroundings<'_>, wanted: &Installation) -> Result<PhpTask> {
    let input = json!({
        "title": wanted.title,
        "user": wanted.admin_user,
        "password": wanted.admin_password,
        "email": wanted.admin_email,
    });
    task(around, "install", format!("{input}\n")).ok_or_else(|| {
        Error::refused(format!("`{}` has no installer", around.site.name))
            .hint("Only WordPress and Drupal have one; visit the site to set up anything else.")
    })
}

/// The system's database updates; none for a site of no known system.
pub fn updater(around: &Surroundings<'_>) -> Option<PhpTask> {
    task(around, "update", String::new())
}

/// Clears the system's caches; none for a site of no known system.
pub fn cache_clearer(around: &Surroundings<'_>) -> Option<PhpTask> {
    task(around, "caches", String::new())
}

/// The driver that keeps notes of its own in the site's SQLite database, as WordPress's does; none where there is none.
/// It answers each line of JSON: `{"run": statement}` with `{"refused": message or null}`, `{"show": table}` with
/// `{"text": its CREATE TABLE}`.
pub fn sqlite_driver(around: &Surroundings<'_>) -> Option<PhpTask> {
    (around.site.cms == Cms::WordPress).then(|| task(around, "database", String::new())).flatten()
}

/// One run of the system's cron; none for a site of no known system.
pub fn cron_runner(around: &Surroundings<'_>) -> Option<PhpTask> {
    task(around, "cron", String::new())
}

/// Looks at configuration in code (`status`), or brings it into the database (`import`) or into the code (`export`);
/// none for a site of no known system.
pub fn configurer(around: &Surroundings<'_>, act: &str) -> Option<PhpTask> {
    task(around, "config", format!("{}\n", json!({ "act": act })))
}

/// What [`configurer`] said; a site may print before it.
pub fn read_configuration(said: &str) -> Option<Configuration> {
    said.lines().rev().find_map(|line| serde_json::from_str(line.strip_prefix("config ")?).ok())
}

pub(super) fn task(around: &Surroundings<'_>, what: &str, input: String) -> Option<PhpTask> {
    let system = match around.site.cms {
        Cms::WordPress => "wordpress",
        Cms::Drupal7 => "drupal7",
        Cms::Drupal => "drupal",
        Cms::Php | Cms::Html => return None,
    };
    Some(PhpTask {
        script: around.support.join(format!("{system}-{what}.php")),
        arguments: Vec::new(),
        folder: contract::task_folder(around),
        input,
    })
}
