//! Jetpack's, WordPress.com's and Studio's backups: `sql/` with a file for each table, `wp-content/`.
use super::{Format, ITS_OWN, Layout, Tree, wp_content};

pub(super) const FORMAT: Format = Format { title: "Jetpack, WordPress.com or Studio", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_where(|path| path.starts_with("sql/") && path.ends_with(".sql"))?;
    let content = format!("{base}wp-content");
    if !tree.has_below(&content) || tree.has_below(&format!("{base}wp-includes")) {
        return None;
    }
    let mut layout = wp_content::below(tree, &content);
    layout.dumps = Some(vec![format!("{base}sql")]);
    for name in ["studio.json", "meta.json"] {
        layout.unused.push((format!("{base}{name}"), ITS_OWN));
    }
    Some(layout)
}
