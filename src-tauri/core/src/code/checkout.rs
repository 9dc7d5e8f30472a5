//! Writing a commit's tree to a new folder, by several threads: what limits it is the time per file.
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use super::{Repository, disk, find_commit, on_threads, system_path};
use crate::{
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
};

const LINK: i32 = 0o120_000;

/// Files that a thread takes at a time: few enough for an even load, enough to keep a folder's files together.
const PORTION: usize = 32;

/// A file or link to write.
struct Item {
    path: Vec<u8>,
    id: git2::Oid,
    mode: i32,
}

/// What a tree holds, in the order in which it is made.
#[derive(Default)]
struct Plan {
    folders: Vec<Vec<u8>>,
    items: Vec<Item>,
}

/// How a tree is written.
pub(super) struct Manner<'a> {
    /// Files are made without the right to write; folders keep it, so that the whole can be deleted.
    pub(super) read_only: bool,
    /// An earlier checkout with which unchanged files may be shared.
    pub(super) like: Option<&'a Path>,
}

impl Repository {
    /// Checks out `commit` into the new folder `folder`, read-only and without Git's own files.
    /// `like` is an earlier checkout and its commit: unchanged files are shared with it, by reflink where the disk can,
    /// else by hard links (on Unix). What writes to a file of one release in spite of its mode writes to all of them:
    /// [`Repository::is_release_intact`] finds that, and no such file is shared further.
    ///
    /// Files can't be written to, folders can (so that the caller can place a link and delete the whole).
    /// Bytes are exactly those of the commit: no line ends are converted.
    ///
    /// # Errors
    /// Refused for a commit with submodules or with links that leave the code; nothing is left at `folder`.
    pub fn checkout_release(
        &self,
        commit: &str,
        folder: &Path,
        like: Option<(&Path, &str)>,
        meter: Meter<'_>,
    ) -> Result<()> {
        let git = self.open()?;
        let tree = find_commit(&git, commit)?
            .tree()
            .doing(|| format!("read the files of the commit {commit}"))?;
        let like = like.filter(|(folder, _)| folder.is_dir()).map(|(folder, _)| folder);
        let (scratch, made) = scratch_beside(folder)?;
        write_tree(&git, &tree, &made, &Manner { read_only: true, like }, meter)?;
        place(scratch, &made, folder)
    }
}

/// An empty folder in a scratch folder beside `folder`, which must not exist yet; both vanish with the first.
pub(super) fn scratch_beside(folder: &Path) -> Result<(tempfile::TempDir, PathBuf)> {
    if fs::symlink_metadata(folder).is_ok() {
        return Err(Error::refused(format!("{} exists already", folder.display())));
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).doing(|| format!("make {}", parent.display()))?;
    let scratch = tempfile::Builder::new()
        .prefix(".checkout-")
        .tempdir_in(parent)
        .doing(|| format!("make a folder in {}", parent.display()))?;
    let made = scratch.path().join("code");
    fs::create_dir(&made).doing(|| format!("make {}", made.display()))?;
    Ok((scratch, made))
}

/// Moves what was made in the scratch folder to its final place.
pub(super) fn place(scratch: tempfile::TempDir, made: &Path, folder: &Path) -> Result<()> {
    fs::rename(made, folder).doing(|| format!("move the code to {}", folder.display()))?;
    drop(scratch);
    Ok(())
}

/// Writes a tree into the empty folder `root`. Answers an index entry for each file, in order of path.
pub(super) fn write_tree(
    git: &git2::Repository,
    tree: &git2::Tree<'_>,
    root: &Path,
    manner: &Manner<'_>,
    meter: Meter<'_>,
) -> Result<Vec<git2::IndexEntry>> {
    let mut plan = Plan::default();
    list(git, tree, &[], &mut plan)?;
    for folder in &plan.folders {
        meter.check()?;
        let folder = root.join(system_path(folder)?);
        fs::create_dir(&folder).doing(|| format!("make {}", folder.display()))?;
    }
    let work = Work {
        git: git.path(),
        root,
        manner,
        meter,
        items: &plan.items,
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
        can_share: AtomicBool::new(manner.like.is_some()),
    };
    let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let threads = threads.min(plan.items.len().div_ceil(PORTION)).max(1);
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work.run())).collect();
        workers.into_iter().map(|worker| worker.join().expect("a checkout thread ends")).collect()
    });
    let mut entries = Vec::with_capacity(plan.items.len());
    for result in results {
        entries.extend(result?);
    }
    meter.progress(entries.len() as u64, Some(entries.len() as u64), Unit::Files);
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

/// What the threads of one checkout share.
struct Work<'a> {
    git: &'a Path,
    root: &'a Path,
    manner: &'a Manner<'a>,
    meter: Meter<'a>,
    items: &'a [Item],
    next: AtomicUsize,
    done: AtomicUsize,
    failed: AtomicBool,
    can_share: AtomicBool,
}

impl Work<'_> {
    fn run(&self) -> Result<Vec<git2::IndexEntry>> {
        let result = self.take_portions();
        if result.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    fn take_portions(&self) -> Result<Vec<git2::IndexEntry>> {
        let git = git2::Repository::open(self.git)
            .doing(|| format!("open the repository {}", self.git.display()))?;
        let odb = git.odb().doing(|| "open the repository's objects".into())?;
        let mut entries = Vec::new();
        while !self.failed.load(Ordering::Relaxed) {
            self.meter.check()?;
            let start = self.next.fetch_add(PORTION, Ordering::Relaxed);
            if start >= self.items.len() {
                break;
            }
            let portion = &self.items[start..self.items.len().min(start + PORTION)];
            for item in portion {
                entries.push(self.write(&odb, item)?);
            }
            let done = self.done.fetch_add(portion.len(), Ordering::Relaxed) + portion.len();
            self.meter.progress(done as u64, Some(self.items.len() as u64), Unit::Files);
        }
        Ok(entries)
    }

    fn write(&self, odb: &git2::Odb<'_>, item: &Item) -> Result<git2::IndexEntry> {
        let path = system_path(&item.path)?;
        let to = self.root.join(&path);
        let doing = || format!("write {}", to.display());
        if item.mode != LINK && self.share(&path, &to, item)? {
            return disk::index_entry(&item.path, item.id, item.mode, &to).doing(doing);
        }
        let object = odb.read(item.id).doing(|| {
            format!("read `{}` from the repository", String::from_utf8_lossy(&item.path))
        })?;
        if item.mode == LINK {
            check_link(&item.path, object.data())?;
            disk::write_link(object.data(), &to).doing(doing)?;
        } else {
            let mut file = disk::create(&to, item.mode, self.manner.read_only).doing(doing)?;
            file.write_all(object.data()).doing(doing)?;
            disk::close(file, self.manner.read_only).doing(doing)?;
        }
        disk::index_entry(&item.path, item.id, item.mode, &to).doing(doing)
    }

    /// Makes the file share its blocks with the earlier checkout's, if that one still is what the commit says.
    fn share(&self, path: &Path, to: &Path, item: &Item) -> Result<bool> {
        let Some(like) = self.manner.like else { return Ok(false) };
        let from = like.join(path);
        if !fs::symlink_metadata(&from).is_ok_and(|found| found.is_file()) {
            return Ok(false);
        }
        let doing = || format!("write {}", to.display());
        if !self.share_file(&from, to, item.mode).doing(doing)? {
            return Ok(false);
        }
        // Shared, then compared: whatever happens to the original from now on, this copy was checked.
        let same = git2::Oid::hash_file(git2::ObjectType::Blob, to).doing(doing)? == item.id;
        if !same {
            fs::remove_file(to).doing(doing)?;
        }
        Ok(same)
    }
}

impl Work<'_> {
    /// Gives the file the earlier one's blocks, or the earlier one a second name; answers whether it could.
    fn share_file(&self, from: &Path, to: &Path, mode: i32) -> io::Result<bool> {
        let read_only = self.manner.read_only;
        if self.can_share.load(Ordering::Relaxed) {
            if disk::reflink(from, to, mode, read_only).is_ok() {
                return Ok(true);
            }
            // The disk can't (or the file just went away): no reason to try each file, nor to fail.
            self.can_share.store(false, Ordering::Relaxed);
            disk::remove_if_there(to)?;
        }
        Ok(read_only && disk::link(from, to, mode))
    }
}

impl Repository {
    /// Whether the files of a release that share what they hold with other releases are as its commit has them: one
    /// that was written to elsewhere was written to here. Files of its own are not looked at.
    pub fn is_release_intact(&self, commit: &str, folder: &Path) -> Result<bool> {
        let git = self.open()?;
        let tree = find_commit(&git, commit)?
            .tree()
            .doing(|| format!("read the files of the commit {commit}"))?;
        let mut plan = Plan::default();
        list(&git, &tree, &[], &mut plan)?;
        let (next, is_intact) = (AtomicUsize::new(0), AtomicBool::new(true));
        let look = || -> Result<()> {
            while let Some(item) = plan.items.get(next.fetch_add(1, Ordering::Relaxed)) {
                let file = folder.join(system_path(&item.path)?);
                if !is_intact.load(Ordering::Relaxed) || !disk::has_other_names(&file) {
                    continue;
                }
                let found = git2::Oid::hash_file(git2::ObjectType::Blob, &file);
                if found.is_ok_and(|it| it != item.id) {
                    is_intact.store(false, Ordering::Relaxed);
                }
            }
            Ok(())
        };
        on_threads(plan.items.len().div_ceil(PORTION).max(1), look)
            .into_iter()
            .collect::<Result<()>>()?;
        Ok(is_intact.into_inner())
    }
}

/// Lists a tree; refuses what can't be checked out here.
fn list(
    git: &git2::Repository,
    tree: &git2::Tree<'_>,
    parent: &[u8],
    plan: &mut Plan,
) -> Result<()> {
    for entry in tree {
        let mut path = parent.to_vec();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(entry.name_bytes());
        let shown = || String::from_utf8_lossy(&path).into_owned();
        if !is_plain_name(entry.name_bytes()) {
            return Err(Error::refused(format!(
                "the commit holds a file with the forbidden name `{}`",
                shown()
            )));
        }
        match entry.kind() {
            Some(git2::ObjectType::Tree) => {
                let tree =
                    git.find_tree(entry.id()).doing(|| format!("read the folder `{}`", shown()))?;
                plan.folders.push(path.clone());
                list(git, &tree, &path, plan)?;
            }
            Some(git2::ObjectType::Blob) => {
                plan.items.push(Item { path, id: entry.id(), mode: entry.filemode() });
            }
            _ => return Err(submodule(&shown())),
        }
    }
    Ok(())
}

/// Why a submodule is not taken.
pub(super) fn submodule(path: &str) -> Error {
    Error::refused(format!("`{path}` is a Git submodule, and those can't be deployed"))
        .hint("Add its files to the repository itself (remove its `.git`, then `git rm --cached` and `git add` it).")
}

/// Whether a name of a tree is one that a file may get: it stays in its folder and is not Git's own.
pub(super) fn is_plain_name(name: &[u8]) -> bool {
    let never = name.is_empty()
        || name == b"."
        || name == b".."
        || name.contains(&b'/')
        || name.eq_ignore_ascii_case(b".git")
        || name.eq_ignore_ascii_case(b"git~1");
    let not_here = cfg!(windows) && name.iter().any(|letter| b"\\:*?\"<>|".contains(letter));
    !never && !not_here
}

/// Refuses a link that leaves the code. `..` is only taken at the start of a target, where it can't hide
/// behind another link.
pub(super) fn check_link(path: &[u8], target: &[u8]) -> Result<()> {
    let mut depth = path.iter().filter(|&&letter| letter == b'/').count();
    let mut inside = !target.is_empty() && !target.starts_with(b"/") && !target.contains(&0);
    let mut descended = false;
    for part in target.split(|&letter| letter == b'/' || (cfg!(windows) && letter == b'\\')) {
        match part {
            b"" | b"." => {}
            b".." => {
                inside &= !descended && depth > 0;
                depth = depth.saturating_sub(1);
            }
            _ => descended = true,
        }
    }
    let has_drive = cfg!(windows) && target.get(1) == Some(&b':');
    if inside && !has_drive {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the link `{}` leaves the code: it leads to `{}`",
        String::from_utf8_lossy(path),
        String::from_utf8_lossy(target)
    ))
    .hint("Replace it by the files themselves, or by a relative link that stays inside."))
}
