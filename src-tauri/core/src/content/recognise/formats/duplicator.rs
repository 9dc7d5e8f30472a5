//! Duplicator's zip: the whole site, with its installer and the dump in `dup-installer`.
use super::{Format, Layout, Tree};

pub(super) const FORMAT: Format = Format { title: "Duplicator", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_where(|path| path.starts_with("dup-installer/"))?;
    let installer = format!("{base}dup-installer");
    let mut unused = vec![(installer.clone(), "the installer of Duplicator")];
    let is_its_own = |path: &&str| {
        let name = path.strip_prefix(&*base).unwrap_or(path);
        name.starts_with("dup-wp-config-arc__")
            || name == "installer.php"
            || name.ends_with("_installer.php")
            || name.starts_with("installer-backup")
            || name.starts_with("dup-manifest")
            || name.ends_with("_installer-backup.php")
    };
    unused.extend(
        tree.paths().filter(is_its_own).map(|it| (it.to_owned(), "it belongs to Duplicator")),
    );
    Some(Layout { dumps: Some(vec![installer]), unused, ..Layout::default() })
}
