//! What the code of a site says about itself, read without running it.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Detected, PantheonYml, drupal, drupal7, pantheon_yml, plain, wordpress};
use crate::error::{Doing, Error, Result};

/// Folders that hosts and frameworks serve, in the order in which they are tried; the code itself comes first.
const DOCROOTS: &[&str] =
    &["", "web", "docroot", "public", "public_html", "htdocs", "www", "httpdocs"];

/// Looks into the code below `folder`.
///
/// `web_docroot` of `pantheon.yml` decides where it says so. Refused when there is nothing that could be served.
pub fn detect(folder: &Path) -> Result<Detected> {
    let settings = pantheon_yml(folder)?;
    let docroots = docroots(folder, &settings)?;
    for docroot in &docroots {
        if let Some(found) = known_system(folder, docroot) {
            return Ok(found);
        }
    }
    for docroot in &docroots {
        if let Some(found) = wordpress::detect_below(folder, docroot, settings.web_docroot) {
            return Ok(found);
        }
    }
    if let Some(system) = left_to_composer(folder) {
        return Err(Error::refused(format!(
            "there is no {system} in `{}`, which its composer.json asks for",
            folder.display()
        ))
        .hint(
            "Run `composer install` there, and take the folders that it fills (the core, `vendor`) \
             out of .gitignore: what is in Git is what runs.",
        ));
    }
    if let Some(found) = docroots.iter().find_map(|it| wordpress::detect_content(folder, it)) {
        return Ok(found);
    }
    plain::detect(folder, &docroots, &settings).ok_or_else(|| {
        Error::refused(format!("there is no site in `{}`", folder.display())).hint(
            "A site has WordPress, Drupal, or an index.php or index.html in its folder or in `web/`.",
        )
    })
}

/// A system whose files stand in the served folder itself.
fn known_system(folder: &Path, docroot: &str) -> Option<Detected> {
    drupal::detect(folder, docroot)
        .or_else(|| drupal7::detect(folder, docroot))
        .or_else(|| wordpress::detect(folder, docroot))
}

/// Packages that are a system's core.
const CORES: &[(&str, &str)] = &[
    ("drupal/core", "Drupal"),
    ("drupal/core-recommended", "Drupal"),
    ("roots/wordpress", "WordPress"),
    ("roots/wordpress-no-content", "WordPress"),
    ("johnpbloch/wordpress", "WordPress"),
    ("johnpbloch/wordpress-core", "WordPress"),
];

/// The system that Composer should fetch, by the code's `composer.json`.
fn left_to_composer(folder: &Path) -> Option<&'static str> {
    let file: serde_json::Value =
        serde_json::from_str(&text(&folder.join("composer.json"))).ok()?;
    let wanted = file.get("require")?.as_object()?;
    CORES.iter().find(|(package, _)| wanted.contains_key(*package)).map(|(_, system)| *system)
}

/// The folders that may be the served one, relative to the code.
fn docroots(folder: &Path, settings: &PantheonYml) -> Result<Vec<String>> {
    if settings.web_docroot {
        if !folder.join("web").is_dir() {
            return Err(Error::refused(
                "pantheon.yml says `web_docroot: true`, but there is no folder `web`",
            )
            .hint("Add the folder `web`, or remove that line from pantheon.yml."));
        }
        return Ok(vec!["web".into()]);
    }
    let mut found: Vec<String> = DOCROOTS
        .iter()
        .filter(|name| name.is_empty() || folder.join(name).is_dir())
        .map(|name| (*name).to_owned())
        .collect();
    // An archive often holds one folder, named after the version, and everything in it.
    let entries = visible(folder)?;
    if let [only] = entries.as_slice()
        && folder.join(only).is_dir()
        && !found.contains(only)
    {
        found.push(only.clone());
    }
    Ok(found)
}

/// The names in a folder that don't begin with a dot, sorted.
fn visible(folder: &Path) -> Result<Vec<String>> {
    let doing = || format!("read the folder {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).doing(doing)? {
        let name = entry.doing(doing)?.file_name();
        // A name that is no text can't be part of an address either.
        if let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The folders in `folder` that may hold code of the site's own, sorted.
pub(super) fn folders(folder: &Path) -> Vec<String> {
    let skipped = ["node_modules", "vendor", "wp-admin", "wp-includes", "wp-content"];
    visible(folder)
        .unwrap_or_default()
        .into_iter()
        .filter(|name| !skipped.contains(&name.as_str()) && folder.join(name).is_dir())
        .collect()
}

/// `base/name` with forward slashes; `base` or `name` may be empty.
pub(super) fn join(base: &str, name: &str) -> String {
    let (base, name) = (base.trim_matches('/'), name.trim_matches('/'));
    match (base.is_empty(), name.is_empty()) {
        (true, _) => name.into(),
        (_, true) => base.into(),
        _ => format!("{base}/{name}"),
    }
}

/// The place of `relative`, which has forward slashes, below `folder`.
pub(super) fn below(folder: &Path, relative: &str) -> PathBuf {
    relative
        .split('/')
        .filter(|part| !part.is_empty())
        .fold(folder.to_owned(), |path, part| path.join(part))
}

/// The first quoted text after `marker`, as in `$wp_version = '6.1.9';`.
pub(super) fn quoted_after(text: &str, marker: &str) -> Option<String> {
    let rest = &text[text.find(marker)? + marker.len()..];
    let open = rest.find(['\'', '"'])?;
    let quote = rest[open..].chars().next()?;
    let value = &rest[open + 1..];
    let value = &value[..value.find(quote)?];
    (!value.is_empty() && !value.contains('\n')).then(|| value.to_owned())
}

/// The text of a file, whatever its encoding; empty when it can't be read.
pub(super) fn text(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
