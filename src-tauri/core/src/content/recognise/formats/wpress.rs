//! All-in-One WP Migration's `.wpress`: what is in `wp-content`, with `package.json` and `database.sql` beside it.
//!
//! The dump names its tables with a placeholder for the prefix, and leaves out which plugins and which theme are active:
//! `package.json` has them (`Ai1wm_Export_Config` and `Ai1wm_Export_Database` of the plugin, 7.97).
use serde_json::Value;

use super::{
    super::super::archive::wpress::{self, DECRYPT, ENCRYPTED},
    Beside, Format, ITS_OWN, Layout, Tree, wp_content,
};

pub(super) const FORMAT: Format = Format { title: "All-in-One WP Migration", layout };

/// What stands in its dumps for the prefix of the tables.
const PREFIX: &str = "SERVMASK_PREFIX_";

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_of("package.json")?;
    let text = tree.text(&format!("{base}package.json"))?;
    let package: Value = serde_json::from_str(text).ok()?;
    // Themes have a file of that name, too.
    if !(package["SiteURL"].is_string() && package["WordPress"].is_object()) {
        return None;
    }
    if wpress::packing(text.as_bytes()).is_err() {
        return Some(Layout { refused: Some((ENCRYPTED, DECRYPT)), ..Layout::default() });
    }
    let mut layout = wp_content::below(tree, base.trim_end_matches('/'));
    let dump = format!("{base}database.sql");
    for name in ["package.json", "multisite.json", "blogs.json"] {
        layout.unused.push((format!("{base}{name}"), ITS_OWN));
    }
    let old_network =
        "uploads of a network from before WordPress 3.5: put them into the uploads yourself";
    layout.unused.push((format!("{base}blogs.dir"), old_network));
    let is_code = |path: &str| {
        layout.unused.iter().chain([&(dump.clone(), "")]).all(|(it, _)| {
            !(path == it || path.strip_prefix(&**it).is_some_and(|rest| rest.starts_with('/')))
        }) && !path.starts_with(&format!("{base}uploads/"))
    };
    // An export may be of the database or of the uploads alone.
    if !tree.paths().any(is_code) {
        layout.code.clear();
    }
    layout.dumps = Some(vec![dump]);
    layout.beside = beside(&package);
    Some(layout)
}

fn beside(package: &Value) -> Beside {
    let text = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
    let mut addresses: Vec<String> = Vec::new();
    for name in ["HomeURL", "SiteURL", "InternalHomeURL", "InternalSiteURL"] {
        let address = text(name).trim_end_matches('/').to_owned();
        if address.contains("://") && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    // PHP writes a list with gaps as an object.
    let plugins: Vec<&Value> = match &package["Plugins"] {
        Value::Array(all) => all.iter().collect(),
        Value::Object(all) => all.values().collect(),
        _ => Vec::new(),
    };
    let theme = (text("Template"), text("Stylesheet"));
    Beside {
        placeholder: Some(PREFIX.to_owned()),
        addresses,
        plugins: plugins.into_iter().filter_map(|it| Some(it.as_str()?.to_owned())).collect(),
        theme: Some(theme).filter(|(template, _)| !template.is_empty()),
    }
}
