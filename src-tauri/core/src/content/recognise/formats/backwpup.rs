//! BackWPup: the site's files, its dump at the root, told by `manifest.json`.
use super::{Format, ITS_OWN, Layout, Tree};

pub(super) const FORMAT: Format = Format { title: "BackWPup", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_of("manifest.json")?;
    let manifest = format!("{base}manifest.json");
    let is_its_own = tree.has(&format!("{base}backwpup_readme.txt"))
        || tree.text(&manifest).is_some_and(|it| it.contains("blog_info"));
    is_its_own.then(|| Layout {
        unused: vec![(manifest, ITS_OWN), (format!("{base}backwpup_readme.txt"), ITS_OWN)],
        ..Layout::default()
    })
}
