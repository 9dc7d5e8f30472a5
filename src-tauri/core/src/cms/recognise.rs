//! Recognises a system by the names of its tables or files alone: in a dump or an archive that is not unpacked yet.
use crate::model::Cms;

/// Tables that only one system has. Two of them with one prefix are enough, so that the beginning of a dump tells.
const TABLES: [(Cms, &[&str]); 3] = [
    (
        Cms::WordPress,
        &["commentmeta", "comments", "options", "postmeta", "posts", "term_taxonomy", "usermeta"],
    ),
    (
        Cms::Drupal,
        &[
            "block_content",
            "cache_config",
            "cache_container",
            "cachetags",
            "config",
            "key_value",
            "router",
        ],
    ),
    (
        Cms::Drupal7,
        &[
            "authmap",
            "blocked_ips",
            "menu_router",
            "registry",
            "registry_file",
            "system",
            "variable",
        ],
    ),
];

/// What only one system's code has, relative to the folder that is served: whole folders where there are such, so that
/// the beginning of an archive tells.
const FILES: [(Cms, &str); 4] = [
    (Cms::WordPress, "wp-includes/"),
    (Cms::WordPress, "wp-admin/"),
    (Cms::Drupal, "core/lib/Drupal"),
    (Cms::Drupal7, "modules/system/system.module"),
];

/// The system that tables belong to and their prefix, as far as those that are known tell.
pub fn of_tables(tables: &[String]) -> Option<(Cms, String)> {
    TABLES.iter().find_map(|(cms, known)| {
        let pairs = known.iter().flat_map(|name| tables.iter().map(move |table| (table, *name)));
        let mut all: Vec<String> =
            pairs.filter_map(|(table, name)| Some(table.strip_suffix(name)?.to_owned())).collect();
        all.sort_by_key(|prefix| (prefix.len(), prefix.clone()));
        let twice = all.windows(2).find(|pair| pair[0] == pair[1])?;
        Some((*cms, twice[0].clone()))
    })
}

/// The system whose code is among `paths` (with `/` between folders), and the folder that holds the site's code:
/// the one above the served folder where that is `web` or `docroot`.
pub fn of_paths<'a>(paths: impl Iterator<Item = &'a str>) -> Option<(Cms, String)> {
    let mut found: Option<(Cms, &str)> = None;
    for path in paths {
        for (cms, file) in FILES {
            let Some(at) = path.find(file) else { continue };
            let folder = &path[..at];
            let is_whole = folder.is_empty() || folder.ends_with('/');
            // Drupal 8 and later have `modules/system` inside `core`; plugins may have folders of such names.
            let is_inside = (cms == Cms::Drupal7 && folder.ends_with("core/"))
                || ["wp-content/", "plugins/", "vendor/"].iter().any(|it| folder.contains(it));
            let is_shallower = found.is_none_or(|(_, known)| folder.len() < known.len());
            if is_whole && !is_inside && is_shallower {
                found = Some((cms, folder));
            }
        }
    }
    found.map(|(cms, folder)| (cms, code_root(folder.trim_end_matches('/')).to_owned()))
}

/// `acme/web/wp` (WordPress in a folder of its own) and `acme/web` belong to the code in `acme`.
fn code_root(served: &str) -> &str {
    let mut folder = served;
    for name in ["wp", "web", "docroot"] {
        if let Some(above) = folder.strip_suffix(name)
            && (above.is_empty() || above.ends_with('/'))
        {
            folder = above.trim_end_matches('/');
        }
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(names: &str) -> Option<(Cms, String)> {
        of_tables(&names.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    fn paths(paths: &[&str]) -> Option<(Cms, String)> {
        of_paths(paths.iter().copied())
    }

    #[test]
    fn the_first_tables_of_a_dump_tell_the_system_and_the_prefix() {
        let wordpress = tables("abc_commentmeta abc_comments abc_links");
        assert_eq!(wordpress, Some((Cms::WordPress, "abc_".into())));
        assert_eq!(tables("block_content config other"), Some((Cms::Drupal, String::new())));
        assert_eq!(tables("d_system d_variable"), Some((Cms::Drupal7, "d_".into())));
        assert_eq!(tables("customers orders"), None);
        assert_eq!(tables("my_posts wp_options"), None, "two prefixes");
    }

    #[test]
    fn code_is_found_at_any_depth_and_its_root_is_above_the_served_folder() {
        assert_eq!(paths(&["wp-includes/version.php"]), Some((Cms::WordPress, String::new())));
        let local = paths(&["app/public/wp-includes/version.php", "app/sql/local.sql"]);
        assert_eq!(local, Some((Cms::WordPress, "app/public".into())));
        let drupal =
            paths(&["acme/web/core/modules/system/system.module", "acme/web/core/lib/Drupal.php"]);
        assert_eq!(drupal, Some((Cms::Drupal, "acme".into())));
        let bedrock = paths(&["acme/web/wp/wp-includes/version.php"]);
        assert_eq!(bedrock, Some((Cms::WordPress, "acme".into())));
        assert_eq!(paths(&["files/2026/a.jpg"]), None);
        assert_eq!(paths(&["wp-content/plugins/x/wp-admin/a.php"]), None);
    }
}
