//! What visitors can fetch and most likely should not: archives in the web root, and links from there into `private`.
//!
//! Pantheon's web server refuses the path `/private/` and dumps (`.sql`), but not archives, and it follows links: so does
//! the front. Whoever looks through a site before it goes live is told.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Subject;
use crate::{
    error::{Doing, Result},
    folder,
    model::{Finding, Score, count},
};

const ARCHIVES: &[&str] = &["tar", "tgz", "gz", "zip", "bz2", "xz", "zst", "7z", "rar", "wpress"];
/// So many are listed.
const LISTED: usize = 50;

/// Archives in the web root, and links there that lead into a `private` folder.
pub(super) fn exposed(subject: &Subject<'_>) -> Result<Finding> {
    let root = subject.code.join(&subject.site.docroot);
    let uploads = &subject.site.uploads;
    let uploads = (!uploads.is_empty()).then(|| subject.code.join(uploads));
    Ok(finding(&root, search(subject.code, &root, uploads.as_deref())?))
}

/// What is found in the web root, uploads and hidden files aside: each with what it is.
fn search(
    code: &Path,
    root: &Path,
    uploads: Option<&Path>,
) -> Result<Vec<(PathBuf, &'static str)>> {
    let private = [code, root].map(|folder| folder.join("private"));
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for (path, kind) in entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || private.contains(&path) || uploads == Some(&*path) {
                continue;
            }
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_symlink() && leads_into(&path, &private) {
                found.push((path, "a link into `private`"));
            } else if kind.is_file() && is_archive(&path) {
                found.push((path, "an archive"));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn finding(root: &Path, found: Vec<(PathBuf, &str)>) -> Finding {
    let number = found.len() as u64;
    let score = if number == 0 { Score::Ok } else { Score::Warning };
    let says =
        format!("{} in the web root that look like none for visitors.", count(number, "file"));
    let row = |(path, what): &(PathBuf, &str)| {
        let path = path.strip_prefix(root).unwrap_or(path).display().to_string();
        vec![format!("/{}", path.replace('\\', "/")), (*what).to_owned()]
    };
    Finding::new("Security", "Files that anyone can fetch", score, says)
        .action("Pantheon serves them, too: move them out of the web root, or into its `private` folder.")
        .table(&["Address", "What it is"], found.iter().take(LISTED).map(row).collect())
}

fn entries(folder: &Path) -> Result<Vec<(PathBuf, fs::FileType)>> {
    let kind = |entry: &fs::DirEntry| {
        let doing = || format!("read {}", entry.path().display());
        Ok((entry.path(), entry.file_type().doing(doing)?))
    };
    folder::entries(folder)?.iter().map(kind).collect()
}

fn leads_into(link: &Path, private: &[PathBuf; 2]) -> bool {
    // One that leads nowhere shows nothing.
    let Ok(target) = link.canonicalize() else { return false };
    private.iter().filter_map(|it| it.canonicalize().ok()).any(|it| target.starts_with(it))
}

/// Whether it is an archive; what stands compressed beside its plain file is none.
fn is_archive(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    ARCHIVES.contains(&extension.as_str()) && !path.with_extension("").is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn archives_and_links_into_private_are_found_and_nothing_else() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path();
        for file in ["backup.tar.gz", "a.js", "a.js.gz", "deep/er/old.ZIP", "private/key.zip"] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "x").unwrap();
        }
        std::os::unix::fs::symlink(root.join("private/key.zip"), root.join("key")).unwrap();
        std::os::unix::fs::symlink(root.join("a.js"), root.join("b.js")).unwrap();
        let finding = finding(root, search(root, root, None).unwrap());
        let found: Vec<&str> = finding.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(found, ["/backup.tar.gz", "/deep/er/old.ZIP", "/key"]);
        assert_eq!(finding.score, Score::Warning);
    }
}
