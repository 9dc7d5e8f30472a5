//! UpdraftPlus: an archive each for `plugins`, `themes`, `uploads` and the others, with the folder as its only root.
use super::{Format, Layout, Tree, wp_content};

pub(super) const FORMAT: Format = Format { title: "UpdraftPlus, or a part of wp-content", layout };

/// A folder of uploads alone is one of any site.
fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let mut top = None;
    for path in tree.paths() {
        let (first, _) = path.split_once('/')?;
        if *top.get_or_insert(first) != first {
            return None;
        }
    }
    let folder = top.filter(|it| wp_content::CODE.contains(it))?;
    // Code of Drupal has a folder of that name, too: there every theme has an `.info` file.
    let is_drupals = tree.paths().any(|it| it.ends_with(".info.yml") || it.ends_with(".info"));
    (!is_drupals).then(|| Layout {
        code: vec![(folder.to_owned(), format!("wp-content/{folder}"))],
        cms: Some(crate::model::Cms::WordPress),
        ..Layout::default()
    })
}
