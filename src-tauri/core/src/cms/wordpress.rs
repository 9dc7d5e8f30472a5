//! WordPress in any layout: where its core, its content and its settings are.
use std::path::{Path, PathBuf};

use super::{
    Detected, Surroundings,
    detect::{below, folders, join, quoted_after, text},
    php_source,
};
use crate::{
    error::Result,
    model::{Cms, DatabaseEngine, Site},
};

/// Pantheon's name for a single site, and for a network of sites.
const FRAMEWORK: &str = "wordpress";
const FRAMEWORK_NETWORK: &str = "wordpress_network";

/// WordPress's core stands in the served folder itself.
pub(super) fn detect(folder: &Path, docroot: &str) -> Option<Detected> {
    is_core(&below(folder, docroot)).then(|| describe(folder, docroot, docroot))
}

/// WordPress's core stands one or two folders deeper: `web/wp`, `wordpress`, `blog`.
pub(super) fn detect_below(folder: &Path, docroot: &str, fixed: bool) -> Option<Detected> {
    let core = core_below(folder, docroot)?;
    let parent = core.rsplit_once('/').map_or("", |(parent, _)| parent);
    // An index.php beside the core's folder serves the site from there (Bedrock, "its own directory").
    let served = match () {
        () if fixed => docroot,
        () if below(folder, parent).join("index.php").is_file() => parent,
        () => &core,
    };
    Some(describe(folder, served, &core))
}

/// A site's own part of WordPress, `wp-content`, without WordPress itself: that may be brought later.
pub(super) fn detect_content(folder: &Path, docroot: &str) -> Option<Detected> {
    let content = below(folder, &join(docroot, "wp-content"));
    let has = |name: &str| content.join(name).is_dir();
    (has("themes") || has("plugins")).then(|| describe(folder, docroot, docroot))
}

/// The core's folder, relative to the code, one or two levels below the served folder.
fn core_below(folder: &Path, docroot: &str) -> Option<String> {
    let first: Vec<String> =
        folders(&below(folder, docroot)).into_iter().map(|name| join(docroot, &name)).collect();
    let second = first.iter().flat_map(|outer| {
        folders(&below(folder, outer)).into_iter().map(move |name| join(outer, &name))
    });
    first.iter().cloned().chain(second).find(|core| is_core(&below(folder, core)))
}

fn is_core(folder: &Path) -> bool {
    folder.join("wp-includes/version.php").is_file()
}

fn describe(folder: &Path, docroot: &str, core: &str) -> Detected {
    let version = text(&below(folder, core).join("wp-includes/version.php"));
    let settings = Settings::read(folder, core);
    Detected {
        cms: Cms::WordPress,
        version: quoted_after(&version, "$wp_version ="),
        docroot: docroot.into(),
        uploads: settings.uploads(folder, docroot, core),
    }
}

/// Who decides what WordPress's constants are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `wp-config-pantheon.php` reads the environment: nothing to add.
    Pantheon,
    /// Bedrock reads the environment, and takes a constant that is already there for an error.
    Bedrock,
    /// The site's own `wp-config.php`.
    Own,
}

/// The settings files of a WordPress, without their comments.
struct Settings {
    kind: Kind,
    /// The folder of the settings file, relative to the code.
    folder: String,
    source: String,
}

impl Settings {
    fn read(folder: &Path, core: &str) -> Self {
        let parent = core.rsplit_once('/').map_or("", |(parent, _)| parent);
        // The order in which wp-load.php looks.
        let place = [core, parent]
            .into_iter()
            .find(|place| below(folder, place).join("wp-config.php").is_file())
            .unwrap_or(core);
        let at = below(folder, place);
        let bedrock = folder.join("config/application.php");
        let pantheon = at.join("wp-config-pantheon.php").is_file()
            || folder.join("config/application.pantheon.php").is_file();
        let kind = match () {
            () if pantheon => Kind::Pantheon,
            () if bedrock.is_file() => Kind::Bedrock,
            () => Kind::Own,
        };
        let source = [at.join("wp-config.php"), bedrock]
            .iter()
            .map(|path| php_source::without_comments(&text(path)))
            .collect::<Vec<_>>()
            .join("\n");
        Self { kind, folder: place.into(), source }
    }

    fn constant(&self, name: &str) -> Option<&str> {
        php_source::constant(&self.source, name)
    }

    fn is_network(&self) -> bool {
        self.constant("MULTISITE").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The content folder, relative to the code.
    fn content(&self, folder: &Path, docroot: &str, core: &str) -> String {
        if let Some(expression) = self.constant("WP_CONTENT_DIR")
            && let Some(found) = self.content_of(folder, docroot, core, expression)
        {
            return found;
        }
        let usual = join(core, "wp-content");
        if below(folder, &usual).is_dir() {
            return usual;
        }
        [docroot, core]
            .into_iter()
            .flat_map(|place| {
                folders(&below(folder, place))
                    .into_iter()
                    .chain(["wp-content".into()])
                    .map(move |name| join(place, &name))
            })
            .find(|place| below(folder, place).join("themes").is_dir())
            .unwrap_or(usual)
    }

    /// The folder that an expression such as `dirname(__FILE__) . '/content'` means, where it is there.
    fn content_of(
        &self,
        folder: &Path,
        docroot: &str,
        core: &str,
        expression: &str,
    ) -> Option<String> {
        let literal = match php_source::last_literal(expression) {
            Some(literal) => literal.to_owned(),
            None => php_source::last_literal(self.constant("CONTENT_DIR")?)?.to_owned(),
        };
        let last = literal.trim_matches('/').rsplit('/').next().unwrap_or_default();
        if last.is_empty() {
            return None;
        }
        // A path of another machine still ends with the folder's name.
        [self.folder.as_str(), docroot, core]
            .into_iter()
            .flat_map(|base| [resolve(&join(base, &literal)), resolve(&join(base, last))])
            .flatten()
            .find(|place| below(folder, place).is_dir())
    }

    /// The uploads folder, relative to the code.
    fn uploads(&self, folder: &Path, docroot: &str, core: &str) -> String {
        // WordPress takes UPLOADS as relative to its core.
        self.constant("UPLOADS")
            .and_then(php_source::last_literal)
            .and_then(|uploads| resolve(&join(core, uploads)))
            .unwrap_or_else(|| join(&self.content(folder, docroot, core), "uploads"))
    }
}

/// A path below the code without `.` and `..`; none when it leaves the code or is the code itself.
fn resolve(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The core's folder of a known site, relative to its code.
fn core(code: &Path, site: &Site) -> String {
    let docroot = site.docroot.as_str();
    if is_core(&below(code, docroot)) {
        return docroot.into();
    }
    core_below(code, docroot).unwrap_or_else(|| docroot.into())
}

/// The folder of `wp-load.php`.
pub(super) fn task_folder(around: &Surroundings<'_>) -> PathBuf {
    core_folder(around.code, around.site)
}

/// Whether the code brings its own database layer.
pub(super) fn has_database_drop_in(around: &Surroundings<'_>) -> bool {
    let core = core(around.code, around.site);
    let settings = Settings::read(around.code, &core);
    let content = settings.content(around.code, &around.site.docroot, &core);
    below(around.code, &content).join("db.php").is_file()
}

/// The path of `inner` as an address below `outer`: `/wp`, or nothing.
fn address_path(outer: &str, inner: &str) -> String {
    let rest = inner.strip_prefix(outer).unwrap_or(inner).trim_matches('/');
    if rest.is_empty() { String::new() } else { format!("/{rest}") }
}

/// What WordPress and our prepended file need beyond the common contract.
pub(super) fn variables(around: &Surroundings<'_>) -> Result<Vec<(String, String)>> {
    let core = core(around.code, around.site);
    let docroot = around.site.docroot.as_str();
    let settings = Settings::read(around.code, &core);
    let framework = if settings.is_network() { FRAMEWORK_NETWORK } else { FRAMEWORK };
    let stage = match around.environment.name.as_str() {
        "live" => "production",
        "test" => "staging",
        _ => "development",
    };
    let mut found: Vec<(String, String)> =
        vec![("FRAMEWORK".into(), framework.into()), ("WP_ENVIRONMENT_TYPE".into(), stage.into())];
    let names = ["AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE"];
    let keys = names.iter().map(|name| format!("{name}_KEY"));
    let salts = names.iter().map(|name| format!("{name}_SALT"));
    found.extend(keys.chain(salts).zip(around.environment.secrets.wordpress.iter().cloned()));

    let host = super::contract::wordpress_host(around);
    match settings.kind {
        Kind::Pantheon => {}
        Kind::Bedrock => {
            let home = format!("http://{}", around.host);
            found.push(("WP_SITEURL".into(), format!("{home}{}", address_path(docroot, &core))));
            found.push(("WP_HOME".into(), home));
            found.push(("WP_ENV".into(), stage.into()));
            found.push(("DOMAIN_CURRENT_SITE".into(), around.host.into()));
            found.push(("DB_HOST".into(), host));
        }
        Kind::Own => {
            found.push(("PORTICO_WP_CONSTANTS".into(), "1".into()));
            found.push(("PORTICO_DB_HOST".into(), host));
            found.push(("PORTICO_WP_CORE".into(), address_path(docroot, &core)));
            if settings.constant("WP_CONTENT_URL").is_some() {
                let content = settings.content(around.code, docroot, &core);
                found.push(("PORTICO_WP_CONTENT".into(), address_path(docroot, &content)));
            }
        }
    }
    Ok(found)
}

/// `wp-config.php` for a WordPress that has none: where it goes, relative to the code, and what it says.
pub(super) fn missing_settings(folder: &Path, detected: &Detected) -> Option<(String, String)> {
    let docroot = detected.docroot.as_str();
    let core = if is_core(&below(folder, docroot)) {
        docroot.to_owned()
    } else {
        core_below(folder, docroot)?
    };
    let parent = core.rsplit_once('/').map_or("", |(parent, _)| parent);
    let has = |place: &str| below(folder, place).join("wp-config.php").is_file();
    // wp-load.php looks in the folder above its own, too.
    if has(&core) || (!core.is_empty() && has(parent)) {
        return None;
    }
    let contents = include_str!("support/wp-config.php").to_owned();
    Some((join(docroot, "wp-config.php"), contents))
}

/// The prefix that `$table_prefix = …;` names; of one that comes from the environment, what it is without that.
pub(super) fn settings_prefix(code: &Path, site: &Site) -> Option<String> {
    let settings = Settings::read(code, &core(code, site));
    let assigned = settings.source.match_indices("$table_prefix").find_map(|(at, name)| {
        let rest = settings.source[at + name.len()..].trim_start().strip_prefix('=')?;
        (!rest.starts_with('=')).then(|| rest.split(';').next().unwrap_or_default())
    })?;
    // What ends otherwise is asked of something that is not known here.
    let is_literal = assigned.trim_end().ends_with(['\'', '"']);
    php_source::last_literal(assigned).filter(|_| is_literal).map(str::to_owned)
}

/// Where the core's files are, relative to the code.
pub(super) fn core_folder(code: &Path, site: &Site) -> PathBuf {
    below(code, &core(code, site))
}

/// Whether the core's files are missing, as in what WordPress's own backup plugins keep of a site.
pub(super) fn lacks_core(code: &Path, site: &Site) -> bool {
    !core_folder(code, site).join("wp-includes/version.php").exists()
}

/// The prefix of WordPress's tables: the shortest that `options` and `posts` share.
pub(super) fn table_prefix(tables: &[String]) -> String {
    tables
        .iter()
        .filter_map(|table| table.strip_suffix("options"))
        .filter(|prefix| tables.iter().any(|table| table.strip_prefix(*prefix) == Some("posts")))
        .min_by_key(|prefix| prefix.len())
        .unwrap_or("wp_")
        .to_owned()
}

/// The addresses of the site, and of every site of a network, each once.
pub(super) fn addresses(
    site: &Site,
    prefix: &str,
    query: &mut dyn FnMut(&str) -> Result<Option<String>>,
) -> Result<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |address: &str| {
        let address = address.trim().trim_end_matches('/').to_owned();
        if !address.is_empty() && !found.contains(&address) {
            found.push(address);
        }
    };
    if has_table(site.engine, &format!("{prefix}options"), query)? {
        for name in ["siteurl", "home"] {
            let sql =
                format!("SELECT option_value FROM `{prefix}options` WHERE option_name = '{name}'");
            if let Some(address) = query(&sql)? {
                add(&address);
            }
        }
    }
    Ok(found)
}

fn has_table(
    engine: DatabaseEngine,
    table: &str,
    query: &mut dyn FnMut(&str) -> Result<Option<String>>,
) -> Result<bool> {
    let table = table.replace('\'', "''");
    let sql = match engine {
        DatabaseEngine::MariaDb => format!(
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = '{table}'"
        ),
        DatabaseEngine::Sqlite => {
            format!("SELECT name FROM sqlite_master WHERE type = 'table' AND name = '{table}'")
        }
    };
    Ok(query(&sql)?.is_some())
}
