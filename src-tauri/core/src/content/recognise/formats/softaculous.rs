//! Softaculous and Backuply: the site at the root, with `softsql.sql` and notes about permissions beside it.
use super::{Format, ITS_OWN, Layout, Tree};

pub(super) const FORMAT: Format = Format { title: "Softaculous", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_of("softsql.sql")?;
    let unused = ["softperms.txt", "softver.txt"].map(|name| (format!("{base}{name}"), ITS_OWN));
    Some(Layout {
        dumps: Some(vec![format!("{base}softsql.sql")]),
        unused: unused.into(),
        ..Layout::default()
    })
}
