//! Drupal 7.
use std::path::Path;

use super::{
    Detected,
    detect::{below, join, quoted_after, text},
    drupal,
};
use crate::model::Cms;

/// Drupal 7 stands in the served folder itself.
pub(super) fn detect(folder: &Path, docroot: &str) -> Option<Detected> {
    let bootstrap = text(&below(folder, docroot).join("includes/bootstrap.inc"));
    let version = quoted_after(&bootstrap, "define('VERSION',")?;
    version.starts_with("7.").then(|| Detected {
        cms: Cms::Drupal7,
        version: Some(version),
        docroot: docroot.into(),
        uploads: join(docroot, drupal::FILES),
    })
}

/// Drupal 7's tables that Pantheon's clone leaves out (docs, "Create a Pantheon workflow", tables excluded).
pub(super) const VOLATILE: &[&str] = &[
    "accesslog",
    "cache",
    "cache_block",
    "cache_bootstrap",
    "cache_field",
    "cache_filter",
    "cache_form",
    "cache_image",
    "cache_menu",
    "cache_page",
    "cache_path",
    "cache_update",
    "cache_views",
    "cache_views_data",
    "watchdog",
];

/// The prefix of Drupal 7's tables.
pub(super) fn table_prefix(tables: &[String]) -> String {
    drupal::prefix_shared_by(tables, "system", "variable")
}
