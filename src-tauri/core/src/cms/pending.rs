//! Database updates that wait: read from code and database, without running the site, so that looking changes nothing.
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Ask,
    detect::{below, text},
    php_value, wordpress,
};
use crate::{
    error::Result,
    model::{Cms, Site, view::PendingUpdate},
};

/// The updates that the code below `code` would run on a database whose tables begin with `prefix`, in the order of
/// their modules. None on a database that is not installed.
pub fn pending_updates(
    site: &Site,
    code: &Path,
    prefix: &str,
    ask: &mut Ask<'_>,
) -> Result<Vec<PendingUpdate>> {
    match site.cms {
        Cms::WordPress => of_wordpress(site, code, prefix, ask),
        Cms::Drupal7 => of_drupal7(&below(code, &site.docroot), prefix, ask),
        Cms::Drupal => of_drupal(&below(code, &site.docroot), prefix, ask),
        Cms::Php | Cms::Html => Ok(Vec::new()),
    }
}

/// The page of a site that runs them.
pub fn update_page(cms: Cms) -> Option<&'static str> {
    match cms {
        Cms::WordPress => Some("/wp-admin/upgrade.php"),
        Cms::Drupal7 | Cms::Drupal => Some("/update.php"),
        Cms::Php | Cms::Html => None,
    }
}

fn cell(row: &[Option<String>], at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}

/// WordPress compares one number of its code with one number of each site's options.
fn of_wordpress(
    site: &Site,
    code: &Path,
    prefix: &str,
    ask: &mut Ask<'_>,
) -> Result<Vec<PendingUpdate>> {
    let version = text(&wordpress::core_folder(code, site).join("wp-includes/version.php"));
    let Some(wanted) = number_after(&version, "$wp_db_version =") else { return Ok(Vec::new()) };
    let blogs = ask(&format!(
        "SELECT blog_id, domain, path FROM `{prefix}blogs` \
         WHERE archived = '0' AND spam = 0 AND deleted = 0 ORDER BY blog_id"
    ))?;
    let mut sites: Vec<(String, String)> = blogs
        .iter()
        .map(|row| {
            let id = cell(row, 0);
            let own = if id == "1" { prefix.to_owned() } else { format!("{prefix}{id}_") };
            (own, format!("{}{}", cell(row, 1), cell(row, 2)))
        })
        .collect();
    if sites.is_empty() {
        sites.push((prefix.to_owned(), String::new()));
    }
    let mut found = Vec::new();
    for (own, address) in sites {
        let rows = ask(&format!(
            "SELECT option_value FROM `{own}options` WHERE option_name = 'db_version'"
        ))?;
        let Some(present) = rows.first().map(|row| cell(row, 0).to_owned()) else { continue };
        if present != wanted {
            found.push(PendingUpdate {
                module: if address.is_empty() { "WordPress".into() } else { address },
                update: format!("{present} → {wanted}"),
                description: "The version of the database".into(),
            });
        }
    }
    Ok(found)
}

fn number_after(text: &str, marker: &str) -> Option<String> {
    let rest = text[text.find(marker)? + marker.len()..].trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (end > 0).then(|| rest[..end].to_owned())
}

/// Drupal 7 keeps in its `system` table where each module is and which update it had last.
fn of_drupal7(root: &Path, prefix: &str, ask: &mut Ask<'_>) -> Result<Vec<PendingUpdate>> {
    let mut found = Vec::new();
    for row in ask(&format!(
        "SELECT name, schema_version, filename FROM `{prefix}system` \
         WHERE type = 'module' AND status = 1 AND schema_version >= 0 ORDER BY name"
    ))? {
        let (module, last) = (cell(&row, 0), cell(&row, 1).parse().unwrap_or(0));
        let Some(folder) = below(root, cell(&row, 2)).parent().map(Path::to_owned) else {
            continue;
        };
        let install = text(&folder.join(format!("{module}.install")));
        found.extend(numbered(module, &install, last));
    }
    Ok(found)
}

/// Drupal 8 and later keep numbers by module, and the names of the updates without numbers that were done.
fn of_drupal(root: &Path, prefix: &str, ask: &mut Ask<'_>) -> Result<Vec<PendingUpdate>> {
    let rows = ask(&format!(
        "SELECT name, value FROM `{prefix}key_value` WHERE collection = 'system.schema' ORDER BY name"
    ))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let done = ask(&format!(
        "SELECT value FROM `{prefix}key_value` \
         WHERE collection = 'post_update' AND name = 'existing_updates'"
    ))?;
    let done = done.first().map(|row| cell(row, 0).to_owned()).unwrap_or_default();
    let files = update_files(root);
    let mut found = Vec::new();
    let mut later = Vec::new();
    for row in &rows {
        let module = cell(row, 0);
        let Some(last) = number(cell(row, 1)) else { continue };
        let Some(paths) = files.get(module) else { continue };
        for path in paths {
            let source = text(path);
            if path.extension().is_some_and(|it| it == "install") {
                found.extend(numbered(module, &source, last));
            } else {
                later.extend(named(module, &source, &done));
            }
        }
    }
    for theme in installed_themes(prefix, ask)? {
        let paths = files.get(&theme).into_iter().flatten();
        let updates = paths.filter(|it| it.extension().is_some_and(|it| it == "php"));
        updates.for_each(|path| later.extend(named(&theme, &text(path), &done)));
    }
    later.sort_by(|one, other| one.module.cmp(&other.module));
    found.extend(later);
    Ok(found)
}

/// Themes have updates without numbers only.
fn installed_themes(prefix: &str, ask: &mut Ask<'_>) -> Result<Vec<String>> {
    let rows = ask(&format!(
        "SELECT data FROM `{prefix}config` WHERE collection = '' AND name = 'core.extension'"
    ))?;
    let extensions = rows.first().and_then(|row| php_value::unserialize(cell(row, 0)));
    let themes = extensions.as_ref().and_then(|it| it["theme"].as_object());
    Ok(themes.map(|it| it.keys().cloned().collect()).unwrap_or_default())
}

/// A number, serialised by PHP as a number or as text.
fn number(serialised: &str) -> Option<u64> {
    let digits = serialised.strip_prefix("i:").or_else(|| serialised.split('"').nth(1));
    digits.unwrap_or(serialised).trim_end_matches(';').parse().ok()
}

/// Folders without modules that are installed: tests bring modules that only tests install.
const SKIPPED: &[&str] = &["tests", "node_modules", "vendor", "files", "src"];

/// The `.install` and `.post_update.php` files of all modules and themes, by their names.
fn update_files(root: &Path) -> HashMap<String, Vec<PathBuf>> {
    let mut found: HashMap<String, Vec<PathBuf>> = HashMap::new();
    let mut folders: Vec<PathBuf> =
        ["core/modules", "core/profiles", "core/themes", "modules", "profiles", "themes", "sites"]
            .iter()
            .map(|name| below(root, name))
            .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            // Links lead to uploads.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !SKIPPED.contains(&name) => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    let module =
                        name.strip_suffix(".install").or(name.strip_suffix(".post_update.php"));
                    if let Some(module) = module {
                        found.entry(module.to_owned()).or_default().push(entry.path());
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// `hook_update_N` with an N above `last`.
fn numbered(module: &str, source: &str, last: u64) -> Vec<PendingUpdate> {
    let start = format!("{module}_update_");
    let mut found: Vec<(u64, PendingUpdate)> = functions(source)
        .filter_map(|(name, description)| {
            let number: u64 = name.strip_prefix(&start)?.parse().ok()?;
            let update =
                PendingUpdate { module: module.to_owned(), update: name.to_owned(), description };
            (number > last).then_some((number, update))
        })
        .collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, update)| update).collect()
}

/// `hook_post_update_NAME` that is not among those done.
fn named(module: &str, source: &str, done: &str) -> Vec<PendingUpdate> {
    let start = format!("{module}_post_update_");
    let is_waiting =
        |name: &str| name.starts_with(&start) && !done.contains(&format!("\"{name}\""));
    functions(source)
        .filter(|(name, _)| is_waiting(name))
        .map(|(name, description)| PendingUpdate {
            module: module.to_owned(),
            update: name.to_owned(),
            description,
        })
        .collect()
}

/// The functions of a source at the beginning of a line, each with the first sentence of the comment above it.
fn functions(source: &str) -> impl Iterator<Item = (&str, String)> {
    let mut comment = String::new();
    source.lines().filter_map(move |line| {
        if let Some(rest) = line.strip_prefix("function ") {
            let name = rest.trim_start_matches('&').split('(').next()?.trim();
            return Some((name, std::mem::take(&mut comment)));
        }
        let line = line.trim();
        if line.starts_with("/**") {
            comment.clear();
        } else if let Some(text) = line.strip_prefix("* ") {
            let is_description = !text.starts_with('@') && !text.starts_with("Implements ");
            if comment.is_empty() && is_description {
                text.trim().clone_into(&mut comment);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_above_the_last_one_wait_in_their_order_with_what_they_say() {
        let source = "<?php\n/**\n * Implements hook_schema().\n */\nfunction blog_schema() {\n}\n\
            /**\n * Adds a column.\n *\n * More.\n */\nfunction blog_update_7010() {}\n\
            function blog_update_7002(&$sandbox) {}\nfunction blog_update_7001() {}\n\
            function blog_update_dependencies() {}\nfunction blogger_update_7099() {}\n";
        let found = numbered("blog", source, 7001);
        let names: Vec<_> = found.iter().map(|it| it.update.as_str()).collect();
        assert_eq!(names, ["blog_update_7002", "blog_update_7010"]);
        assert_eq!(found[1].description, "Adds a column.");
        assert_eq!(found[0].description, "");
    }

    #[test]
    fn an_update_without_a_number_waits_until_its_name_is_noted() {
        let source =
            "<?php\nfunction blog_post_update_one() {}\nfunction blog_post_update_two() {}";
        let found = named("blog", source, "a:1:{i:0;s:20:\"blog_post_update_one\";}");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].update, "blog_post_update_two");
    }

    #[test]
    fn updates_of_an_installed_theme_wait_in_their_place() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, function) in [
            ("core/modules/node", "node_post_update_b"),
            ("core/modules/views", "views_post_update_c"),
            ("core/themes/olivero", "olivero_post_update_a"),
            ("themes/unused", "unused_post_update_d"),
        ] {
            let name = path.rsplit('/').next().unwrap_or_default();
            let file = folder.path().join(path).join(format!("{name}.post_update.php"));
            fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
            fs::write(file, format!("<?php\nfunction {function}() {{}}\n")).expect("written");
        }
        let mut ask = |sql: &str| {
            let rows: &[&[&str]] = match sql {
                _ if sql.contains("system.schema") => {
                    &[&["node", "i:8000;"], &["views", "i:8000;"]]
                }
                _ if sql.contains("core.extension") => {
                    &[&["a:1:{s:5:\"theme\";a:1:{s:7:\"olivero\";i:0;}}"]]
                }
                _ => &[],
            };
            let cells = |row: &&[&str]| row.iter().map(|it| Some((*it).to_owned())).collect();
            Ok(rows.iter().map(cells).collect())
        };
        let found = of_drupal(folder.path(), "", &mut ask).expect("read");
        let names: Vec<_> = found.iter().map(|it| it.update.as_str()).collect();
        assert_eq!(names, ["node_post_update_b", "olivero_post_update_a", "views_post_update_c"]);
    }

    #[test]
    fn a_number_is_read_whether_php_kept_it_as_number_or_text() {
        assert_eq!(number("i:8901;"), Some(8901));
        assert_eq!(number("s:4:\"8901\";"), Some(8901));
        assert_eq!(number("i:-1;"), None);
        assert_eq!(
            number_after("$wp_db_version = 60421;", "$wp_db_version ="),
            Some("60421".into())
        );
    }
}
