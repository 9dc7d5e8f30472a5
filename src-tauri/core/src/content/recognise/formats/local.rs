//! Local's export: code in `app/public`, a dump in `app/sql`, and how its servers were set up.
use super::{Format, ITS_OWN, Layout, Tree};

pub(super) const FORMAT: Format = Format { title: "Local", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_of("local-site.json").or_else(|| {
        tree.base_of("app/sql/local.sql")
            .filter(|base| tree.has_below(&format!("{base}app/public")))
    })?;
    let public = format!("{base}app/public");
    if !tree.has_below(&public) {
        return None;
    }
    Some(Layout {
        code: vec![(public.clone(), String::new())],
        cms: Some(crate::model::Cms::WordPress),
        uploads: Some(format!("{public}/wp-content/uploads")),
        dumps: Some(vec![format!("{base}app/sql")]),
        unused: vec![
            (format!("{base}local-site.json"), ITS_OWN),
            (format!("{base}conf"), "settings of Local's own servers"),
            (format!("{base}logs"), "logs of Local's own servers"),
        ],
        ..Layout::default()
    })
}
