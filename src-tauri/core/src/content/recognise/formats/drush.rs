//! `drush archive:dump` of Drush 11 and later: `code/`, `files/`, `database/database.sql`, told by `MANIFEST.yml`.
use super::{Format, ITS_OWN, Layout, Tree};

pub(super) const FORMAT: Format = Format { title: "Drush (archive:dump)", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_of("MANIFEST.yml")?;
    let manifest = format!("{base}MANIFEST.yml");
    tree.text(&manifest)?.contains("archive:dump").then(|| {
        let inside = |name: &str| Some(format!("{base}{name}")).filter(|it| tree.has_below(it));
        Layout {
            code: inside("code").map(|it| (it, String::new())).into_iter().collect(),
            is_whole: true,
            cms: Some(crate::model::Cms::Drupal),
            uploads: inside("files"),
            dumps: Some(vec![format!("{base}database")]),
            unused: vec![(manifest, ITS_OWN)],
            ..Layout::default()
        }
    })
}
