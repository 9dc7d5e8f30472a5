//! `pantheon.yml` over `pantheon.upstream.yml`.
use std::{fs, io, path::Path};

use serde::Deserialize;

use super::quicksilver::{self, Workflows};
use crate::{
    error::{Doing, Error, Result},
    model::Hook,
};

/// `pantheon.yml` over `pantheon.upstream.yml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PantheonYml {
    /// `web_docroot`
    pub web_docroot: bool,
    /// `php_version`, as written: "8.2".
    pub php_version: Option<String>,
    /// `protected_web_paths`
    pub protected_web_paths: Vec<String>,
    /// `filemount`, the uploads folder of a site of no known system.
    pub filemount: Option<String>,
    /// `workflows`: the site's own scripts before and after workflows, in the order in which they run.
    pub hooks: Vec<Hook>,
}

/// The keys of one file that Portico uses. Pantheon has more of them; the others are left alone.
#[derive(Default, Deserialize)]
struct File {
    api_version: Option<u32>,
    web_docroot: Option<bool>,
    php_version: Option<String>,
    protected_web_paths: Option<Vec<String>>,
    protected_web_paths_override: Option<bool>,
    filemount: Option<String>,
    workflows: Option<Workflows>,
}

/// Reads both files of the code below `folder`; a broken one is refused with its line.
///
/// The site's file wins key by key, except that its `protected_web_paths` are added to the upstream's unless
/// `protected_web_paths_override` is set (Pantheon docs, "The pantheon.yml configuration file").
pub fn pantheon_yml(folder: &Path) -> Result<PantheonYml> {
    let upstream = read(folder, "pantheon.upstream.yml")?;
    let site = read(folder, "pantheon.yml")?;

    let overrides = site.protected_web_paths_override.or(upstream.protected_web_paths_override);
    let mut paths = match (&site.protected_web_paths, overrides) {
        (Some(_), Some(true)) => Vec::new(),
        _ => upstream.protected_web_paths.unwrap_or_default(),
    };
    for path in site.protected_web_paths.unwrap_or_default() {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(PantheonYml {
        web_docroot: site.web_docroot.or(upstream.web_docroot).unwrap_or(false),
        php_version: site.php_version.or(upstream.php_version),
        protected_web_paths: paths,
        filemount: site.filemount.or(upstream.filemount),
        hooks: quicksilver::hooks(site.workflows.or(upstream.workflows).unwrap_or_default()),
    })
}

fn read(folder: &Path, name: &str) -> Result<File> {
    let path = folder.join(name);
    let source = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(File::default()),
        source => source.doing(|| format!("read {}", path.display()))?,
    };
    if source.lines().all(is_blank) {
        return Ok(File::default());
    }
    let file: File = serde_saphyr::from_str(&source).map_err(|error| broken(name, &error))?;
    match file.api_version {
        None | Some(1) => check(name, file),
        Some(version) => Err(Error::refused(format!("{name} has `api_version: {version}`"))
            .hint("The only version that there is, is `api_version: 1`.")),
    }
}

/// Whether a line says nothing.
pub(super) fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "---"
}

/// The uploads folder must be inside the code.
fn check(name: &str, file: File) -> Result<File> {
    let leaves = |path: &str| path.split(['/', '\\']).any(|part| part == "..");
    match &file.filemount {
        Some(mount) if leaves(mount) => {
            Err(Error::refused(format!("{name} has `filemount: {mount}`, which leaves the code"))
                .hint("Write a folder inside the code, as in `filemount: /files`."))
        }
        _ => Ok(file),
    }
}

pub(super) fn broken(name: &str, error: &serde_saphyr::Error) -> Error {
    let error = error.without_snippet();
    let place = match error.location() {
        Some(location) if location.line() > 0 => format!("{name}, line {}", location.line()),
        _ => name.to_owned(),
    };
    Error::refused(format!("{place} can't be read: {error}"))
        .hint(format!("Correct {name} and commit it; Pantheon would refuse it too."))
}
