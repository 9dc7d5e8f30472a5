//! What differs between WordPress, Drupal 7, Drupal 8+ and plain PHP. One file each.
use std::path::Path;

use crate::{
    error::Result,
    model::{Address, Cms, Database, Environment, Site},
};

mod contract;
mod detect;
mod drupal;
mod drupal7;
mod entries;
mod imported;
mod launch;
mod network;
mod pantheon_yml;
mod pantheon_yml_check;
mod pending;
mod php_range;
mod php_source;
mod php_value;
mod plain;
mod quicksilver;
mod recognise;
mod sample;
mod support;
#[cfg(test)]
mod tests;
mod wordpress;

pub use contract::task_folder as system_folder;
pub use contract::{php_settings, variables};
pub use detect::detect;
pub use entries::{Entries, entries};
pub use imported::{USUAL_PREFIX, activation_statements, prefix_statements, settings_prefix};
pub use launch::{Subject, launch_check, prober, read_probe};
pub use network::Network;
pub use pantheon_yml::{PantheonYml, pantheon_yml};
pub use pantheon_yml_check::{PANTHEON_YML, check_pantheon_yml};
pub use pending::{pending_updates, update_page};
pub use php_range::PhpRange;
pub use quicksilver::{HookCall, PhpPage, hook_page};
pub use recognise::{of_paths, of_tables};
pub use sample::write_sample;
pub use support::{
    Installation, PhpTask, cache_clearer, configurer, cron_runner, installer, read_configuration,
    sqlite_driver, updater, write_support,
};

/// Answers the rows of a query, every value as text; none when the table does not exist.
pub type Ask<'a> = dyn FnMut(&str) -> Result<Vec<Vec<Option<String>>>> + 'a;

/// What the code of a site says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The system.
    pub cms: Cms,
    /// The system's version, when its code says.
    pub version: Option<String>,
    /// The folder that is served, relative to the code; empty for the code itself.
    pub docroot: String,
    /// The uploads folder, relative to the code; empty for none.
    pub uploads: String,
}

/// Everything that the site's PHP is told about where it runs.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The site.
    pub site: &'a Site,
    /// The environment.
    pub environment: &'a Environment,
    /// The database that it uses; none on a site without one.
    pub database: Option<&'a Database>,
    /// Host name and port as the browser sends them.
    pub host: &'a str,
    /// The folder of its code.
    pub code: &'a Path,
    /// The folder of its uploaded files.
    pub files: &'a Path,
    /// A folder for temporary files.
    pub temporary: &'a Path,
    /// The loopback port that catches mail.
    pub smtp_port: u16,
    /// Whether cron is run by Portico or not at all, so that visits must not start it.
    pub cron_by_visits: bool,
    /// Where [`write_support`] wrote.
    pub support: &'a Path,
    /// The SQLite Database Integration plugin's folder, where it is installed.
    pub sqlite_plugin: Option<&'a Path>,
}

impl Surroundings<'_> {
    /// `site.env`
    pub fn address(&self) -> Address {
        Address::new(&self.site.name, &self.environment.name)
    }
}

/// A settings file that reads the environment, for code that comes with none (a plain download of WordPress or Drupal):
/// where it goes, relative to the code, and what it says. To be written before the first commit, so that nothing in
/// the code differs between environments. None when the site has its settings.
pub fn missing_settings_file(folder: &Path, detected: &Detected) -> Option<(String, String)> {
    match detected.cms {
        Cms::WordPress => wordpress::missing_settings(folder, detected),
        Cms::Drupal7 | Cms::Drupal => drupal::missing_settings(folder, detected),
        Cms::Php | Cms::Html => None,
    }
}

/// The addresses (`https://www.acme.example`) that the database says the site has, each once and without a slash at
/// its end; the query is run by `text`, which answers the first value. Drupal keeps none in its database.
pub fn addresses(
    site: &Site,
    prefix: &str,
    text: &mut dyn FnMut(&str) -> Result<Option<String>>,
) -> Result<Vec<String>> {
    match site.cms {
        Cms::WordPress => wordpress::addresses(site, prefix, text),
        Cms::Drupal7 | Cms::Drupal | Cms::Php | Cms::Html => Ok(Vec::new()),
    }
}

/// The network of sites that the database holds; none where it holds one site.
pub fn network(site: &Site, prefix: &str, ask: &mut Ask<'_>) -> Result<Option<Network>> {
    if site.cms == Cms::WordPress { Network::of(prefix, ask) } else { Ok(None) }
}

/// Without those that lie inside another: `https://acme.example/wp`, where WordPress's own files are, becomes right by
/// the replacement of `https://acme.example`.
pub fn outermost(addresses: &[String]) -> Vec<String> {
    let bare = |address: &str| address.split_once("://").map_or(address, |(_, it)| it).to_owned();
    let lies_in = |inner: &str, outer: &str| {
        bare(inner).strip_prefix(&bare(outer)).is_some_and(|rest| rest.starts_with('/'))
    };
    let kept = addresses.iter().filter(|it| !addresses.iter().any(|other| lies_in(it, other)));
    kept.cloned().collect()
}

/// Whether the code lacks its system, without which nothing answers.
pub fn lacks_core(site: &Site, code: &Path) -> bool {
    site.cms == Cms::WordPress && wordpress::lacks_core(code, site)
}

/// The table prefix, found by the names of the tables.
pub fn table_prefix(cms: Cms, tables: &[String]) -> String {
    match cms {
        Cms::WordPress => wordpress::table_prefix(tables),
        Cms::Drupal7 => drupal7::table_prefix(tables),
        Cms::Drupal => drupal::table_prefix(tables),
        Cms::Php | Cms::Html => String::new(),
    }
}

/// Tables whose rows a clone leaves out unless the person says otherwise, without their prefix; `*` stands for any
/// letters. Pantheon's list, and the cache tables of Drupal 8 and later. WordPress and plain sites have none of them.
pub fn clone_profile(cms: Cms) -> Vec<&'static str> {
    match cms {
        Cms::Drupal7 => drupal7::VOLATILE.to_vec(),
        Cms::Drupal => drupal7::VOLATILE.iter().copied().chain(["cache_*"]).collect(),
        Cms::WordPress | Cms::Php | Cms::Html => Vec::new(),
    }
}
