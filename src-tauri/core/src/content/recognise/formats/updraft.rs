//! UpdraftPlus: an archive each for `plugins`, `themes`, `uploads` and the others, with the folder as its only root.
//!
//! What belongs together has one name but for its end: `backup_2026-01-02-0304_Garden_abc123def456-db.gz`, and
//! `…-uploads.zip`, `…-uploads2.zip` where it was too large for one.
use super::{Format, Layout, Tree, wp_content};

pub(super) const FORMAT: Format = Format { title: "UpdraftPlus, or a part of wp-content", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    if set_of(tree.shown).is_some_and(|(_, what)| what == "others") {
        return Some(others(tree));
    }
    // A folder of uploads alone is one of any site.
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

/// What else is in `wp-content` has no folder around it.
fn others(tree: &Tree<'_>) -> Layout {
    wp_content::below(tree, "")
}

/// The name that the files of a backup have in common, and what of it one is: `db`, `plugins`, `uploads`; the number of
/// a part is none of that. None for a name of another kind.
pub fn set_of(name: &str) -> Option<(&str, &str)> {
    let stem = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zip"))?;
    let (set, what) = stem.split_once('-').and_then(|_| {
        // `mu-plugins` has a dash of its own.
        let at = stem
            .strip_suffix("mu-plugins")
            .map_or_else(|| stem.rfind('-'), |it| it.len().checked_sub(1));
        let at = at?;
        Some((&stem[..at], &stem[at + 1..]))
    })?;
    let what = what.trim_end_matches(|c: char| c.is_ascii_digit());
    let rest = set.strip_prefix("backup_")?;
    let (date, nonce) = (rest.get(..15)?, set.rsplit('_').next()?);
    let is_date = date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let is_nonce = nonce.len() == 12 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_known = ["db", "plugins", "themes", "uploads", "others", "mu-plugins", "wpcore", "more"]
        .contains(&what);
    (is_date && is_nonce && is_known).then_some((set, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_backup_are_known_by_their_names() {
        let set = "backup_2026-01-02-0304_My-Garden_abc123def456";
        for (end, what) in [
            ("-db.gz", "db"),
            ("-uploads.zip", "uploads"),
            ("-uploads12.zip", "uploads"),
            ("-mu-plugins.zip", "mu-plugins"),
            ("-others.zip", "others"),
        ] {
            assert_eq!(set_of(&format!("{set}{end}")), Some((set, what)));
        }
        for name in [
            "backup-db.gz",
            "backup_2026-01-02-0304_x_abc-db.gz",
            "acme-uploads.zip",
            "-",
            "é-db.gz",
        ] {
            assert_eq!(set_of(name), None, "{name}");
        }
    }
}
