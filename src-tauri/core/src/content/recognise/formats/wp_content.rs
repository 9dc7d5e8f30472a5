//! `wp-content` without WordPress around it: plugins, themes and uploads, at the root or in a folder of that name.
use super::{Format, Layout, Tree};
use crate::model::Cms;

pub(super) const FORMAT: Format = Format { title: "WordPress's wp-content", layout };

/// Folders of `wp-content` that hold code.
pub(super) const CODE: [&str; 4] = ["plugins", "themes", "mu-plugins", "languages"];

/// What plugins for backups leave in it.
const KEPT: &str = "backups that a plugin keeps";

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let is_inside =
        |path: &str| CODE[..3].iter().any(|it| path.starts_with(&format!("wp-content/{it}/")));
    let base = tree.base_where(is_inside)?;
    // Where WordPress itself is there, it is code like any other.
    let is_whole = tree.has_below(&format!("{base}wp-includes"));
    (!is_whole && !tree.paths().any(|it| it.ends_with("wp-includes/version.php")))
        .then(|| below(tree, &format!("{base}wp-content")))
}

/// The parts of `wp-content` at `content`.
pub(super) fn below(tree: &Tree<'_>, content: &str) -> Layout {
    let inside = |name: &str| match content.is_empty() {
        true => name.to_owned(),
        false => format!("{content}/{name}"),
    };
    let uploads = inside("uploads");
    let mut unused = Vec::new();
    for (name, why) in [
        ("cache", "a cache: it is made again when it is needed"),
        ("upgrade", "left over from updates"),
        ("advanced-cache.php", "a page cache of the old host's paths"),
        ("object-cache.php", "it belongs to the old host's cache server"),
        ("ai1wm-backups", KEPT),
        ("updraft", KEPT),
        ("backups-dup-lite", KEPT),
        ("backups-dup-pro", KEPT),
    ] {
        unused.push((inside(name), why));
    }
    Layout {
        code: vec![(content.to_owned(), "wp-content".to_owned())],
        cms: Some(Cms::WordPress),
        uploads: Some(uploads).filter(|it| tree.has_below(it)),
        unused,
        ..Layout::default()
    }
}
