//! Sites of no system that Portico knows: plain PHP, plain HTML.
use std::{fs, path::Path};

use super::{
    Detected, PantheonYml,
    detect::{below, folders, join},
};
use crate::model::Cms;

/// A folder with an index, or else with anything that can be served.
///
/// `filemount` of `pantheon.yml` names the uploads folder: a plain site that has one says so there.
pub(super) fn detect(
    folder: &Path,
    docroots: &[String],
    settings: &PantheonYml,
) -> Option<Detected> {
    let has_index = |docroot: &&String| {
        let served = below(folder, docroot);
        ["index.php", "index.html", "index.htm"].iter().any(|name| served.join(name).is_file())
    };
    let served = |docroot: &&String| servable(&below(folder, docroot), 2).is_some();
    let docroot =
        docroots.iter().find(has_index).or_else(|| docroots.iter().find(served)).cloned()?;
    let cms = servable(&below(folder, &docroot), 2)?;
    let uploads = match (&settings.filemount, cms) {
        (Some(mount), Cms::Php) => join(&docroot, mount),
        _ => String::new(),
    };
    Some(Detected { cms, version: None, docroot, uploads })
}

/// Whether PHP or HTML stands in the folder or up to `depth` folders deeper.
fn servable(folder: &Path, depth: usize) -> Option<Cms> {
    let mut found = None;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("php") if path.is_file() => return Some(Cms::Php),
            Some("html" | "htm") if path.is_file() => found = Some(Cms::Html),
            _ => {}
        }
    }
    if depth > 0 {
        for inner in folders(folder) {
            match servable(&folder.join(inner), depth - 1) {
                Some(Cms::Php) => return Some(Cms::Php),
                deeper => found = found.or(deeper),
            }
        }
    }
    found
}
