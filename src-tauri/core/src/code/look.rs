//! Whether code is whole, as far as a quick look tells: what is missing, empty or can't be read.
use std::{fs, io::Read, path::Path};

use super::{Repository, find_commit};
use crate::{
    error::{Doing, Result},
    progress::Meter,
};

/// What is broken of a worktree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorktreeFault {
    /// There is no folder.
    Missing,
    /// There is nothing in it.
    Empty,
    /// Its files are there, but Git does not know them: the link, Git's own folder or its index is missing or damaged.
    Unlinked,
}

/// How every index of Git's begins.
const INDEX: &[u8] = b"DIRC";

impl Repository {
    /// Refuses a repository that can't be opened or whose references can't be listed.
    pub fn look(&self) -> Result<()> {
        let git = self.open()?;
        let doing = || format!("read the references of {}", self.path.display());
        // A file of packed references that is damaged hides all of them.
        git.references().doing(doing)?.names().try_for_each(|name| match name {
            Err(error) if error.class() != git2::ErrorClass::None => Err(error).doing(doing),
            _ => Ok(()),
        })
    }

    /// Refuses a commit that can't be read, or whose topmost folder can't.
    pub fn look_at_commit(&self, commit: &str) -> Result<()> {
        let git = self.open()?;
        let doing = || format!("read the files of the commit {commit}");
        find_commit(&git, commit)?.tree().doing(doing).map(drop)
    }

    /// What is broken of the worktree at `folder`, which follows a branch. `uploads` is the link in it that is no code.
    pub fn look_at_worktree(&self, folder: &Path, uploads: &str) -> Option<WorktreeFault> {
        if !folder.is_dir() {
            return Some(WorktreeFault::Missing);
        }
        let below: Vec<&str> = uploads.split('/').filter(|it| !it.is_empty()).collect();
        if holds_nothing(folder, &below) {
            return Some(WorktreeFault::Empty);
        }
        let Ok(admin) = self.admin_named_by(folder) else { return Some(WorktreeFault::Unlinked) };
        let head = fs::read_to_string(admin.join("HEAD")).unwrap_or_default();
        let head = head.trim();
        let names = head.strip_prefix("ref: refs/").is_some_and(|name| !name.is_empty());
        let is_detached = head.len() == 40 && head.bytes().all(|it| it.is_ascii_hexdigit());
        let is_linked = (names || is_detached) && begins(&admin.join("index"), INDEX);
        (!is_linked).then_some(WorktreeFault::Unlinked)
    }

    /// What is broken of a release, the checkout of `commit` in `folder`: lower case, no full stop.
    pub fn look_at_release(&self, folder: &Path, docroot: &str, commit: &str) -> Option<String> {
        if !folder.is_dir() {
            return Some("the folder of its release is missing".into());
        }
        if holds_nothing(folder, &[]) {
            return Some("the folder of its release is empty".into());
        }
        let served = folder.join(docroot);
        if !served.is_dir() {
            return Some(format!("the folder `{docroot}` of its release is missing"));
        }
        // After a power cut files may be there with nothing in them; some are empty by right.
        let files = fs::read_dir(&served).into_iter().flatten().flatten();
        let empty = files.filter(|it| it.metadata().is_ok_and(|it| it.is_file() && it.len() == 0));
        let mut wrong = empty.filter(|it| {
            let path = Path::new(docroot).join(it.file_name());
            self.holds_something(commit, &path).unwrap_or(true)
        });
        let first = wrong.next()?.file_name();
        Some(format!("the file `{}` of its release is empty", first.to_string_lossy()))
    }

    /// Files of a release that are missing or have another size than in its commit: the first, and how many more.
    /// Nothing is read but sizes. `uploads` is the link in it that is no code.
    pub fn differing_files(
        &self,
        commit: &str,
        folder: &Path,
        uploads: &str,
        meter: Meter<'_>,
    ) -> Result<Option<(String, u64)>> {
        let git = self.open()?;
        let doing = || format!("read the files of the commit {commit}");
        let tree = find_commit(&git, commit)?.tree().doing(doing)?;
        let odb = git.odb().doing(doing)?;
        let (mut first, mut count) = (None, 0_u64);
        let mut look = |parent: &str, entry: &git2::TreeEntry<'_>| -> Result<()> {
            meter.check()?;
            let path = format!("{parent}{}", String::from_utf8_lossy(entry.name_bytes()));
            if entry.kind() != Some(git2::ObjectType::Blob) || path == uploads {
                return Ok(());
            }
            let found = fs::symlink_metadata(folder.join(&path));
            let is_link = entry.filemode() == 0o120_000;
            let is_same = match found {
                Ok(known) if is_link => known.is_symlink() || cfg!(windows),
                Ok(known) => {
                    known.is_file()
                        && known.len() == odb.read_header(entry.id()).doing(doing)?.0 as u64
                }
                Err(_) => false,
            };
            if !is_same {
                count += 1;
                first.get_or_insert(path);
            }
            Ok(())
        };
        let mut failed = Ok(());
        let walked =
            tree.walk(git2::TreeWalkMode::PreOrder, |parent, entry| match look(parent, entry) {
                Ok(()) => git2::TreeWalkResult::Ok,
                Err(error) => {
                    failed = Err(error);
                    git2::TreeWalkResult::Abort
                }
            });
        failed?;
        walked.doing(doing)?;
        Ok(first.map(|first| (first, count - 1)))
    }

    /// Whether a commit has something in a file that it has.
    fn holds_something(&self, commit: &str, file: &Path) -> Result<bool> {
        let git = self.open()?;
        let doing = || format!("read the files of the commit {commit}");
        let tree = find_commit(&git, commit)?.tree().doing(doing)?;
        match tree.get_path(file) {
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(false),
            found => {
                let odb = git.odb().doing(doing)?;
                Ok(odb.read_header(found.doing(doing)?.id()).doing(doing)?.0 > 0)
            }
        }
    }
}

/// Whether nothing is in a folder but Git's link and the way to the link `besides`.
fn holds_nothing(folder: &Path, besides: &[&str]) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().all(|entry| {
        let name = entry.file_name();
        match besides.split_first() {
            _ if name == ".git" => true,
            Some((first, rest)) if name == **first => {
                rest.is_empty() && entry.path().is_symlink() || holds_nothing(&entry.path(), rest)
            }
            _ => false,
        }
    })
}

fn begins(file: &Path, with: &[u8]) -> bool {
    let mut head = vec![0; with.len()];
    fs::File::open(file).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == with
}
