//! Where in an unpacked archive, or a folder, the uploads are.
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder inside `unpacked` that holds the uploads: archives have it at any depth. `uploads` is where the
/// site's code has them, such as `wp-content/uploads`.
pub fn uploads_in(unpacked: &Path, uploads: &str) -> PathBuf {
    let mut folder = unpacked.to_path_buf();
    loop {
        for inside in [uploads, "wp-content/uploads", "sites/default/files"] {
            let found = folder.join(inside);
            if !inside.is_empty() && found.is_dir() {
                return found;
            }
        }
        let Some(only) = only_folder(&folder) else { return folder };
        let name = only.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        // A folder of a year or of a plugin is content; one that only wraps it is not.
        let wraps = ["files", "uploads", "web", "docroot", "public_html"];
        let is_wrapper = wraps.iter().any(|it| name == *it) || name.starts_with("files_");
        let holds_wrapper = ["files", "uploads", "web", "wp-content", "sites"]
            .iter()
            .any(|it| only.join(it).is_dir());
        if !is_wrapper && !holds_wrapper {
            return folder;
        }
        folder = only;
    }
}

/// The single folder in `folder`, if there is nothing beside it that counts.
fn only_folder(folder: &Path) -> Option<PathBuf> {
    let mut only = None;
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let name = entry.file_name();
        if name == "__MACOSX" || name == ".DS_Store" {
            continue;
        }
        if only.is_some() || !entry.file_type().ok()?.is_dir() {
            return None;
        }
        only = Some(entry.path());
    }
    only
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_found_whatever_wraps_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let find = |inside: &str| {
            let root = folder.path().join(inside.replace('/', "-"));
            let deep = root.join(inside);
            fs::create_dir_all(&deep).expect("makes");
            fs::write(deep.join("a.jpg"), "x").expect("writes");
            let found = uploads_in(&root, "wp-content/uploads");
            found.strip_prefix(&root).expect("inside").to_string_lossy().into_owned()
        };
        assert_eq!(find("site/wp-content/uploads/2024/01"), "site/wp-content/uploads");
        assert_eq!(find("files_dev/2024"), "files_dev");
        assert_eq!(find("2024/01"), "");
        assert_eq!(find("uploads/2024/01"), "uploads");
        assert_eq!(find("woocommerce_uploads"), "");
    }
}
