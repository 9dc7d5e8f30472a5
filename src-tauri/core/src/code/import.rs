//! Making the site's repository from a folder of files.
use std::{
    fs,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use super::{
    Author, Repository, bare_entry,
    checkout::check_link,
    pack::{Pack, Packed},
    signature,
};
use crate::{
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
};

/// A file or link to take.
struct Found {
    /// As Git stores it.
    path: Vec<u8>,
    from: PathBuf,
    mode: u32,
}

const FILE: u32 = 0o100_644;
const EXECUTABLE: u32 = 0o100_755;
const LINK: u32 = 0o120_000;

impl Repository {
    /// Makes the repository with the folder's files as the first commit on `master`. What the folder's own
    /// `.gitignore` files and [`Self::exclude`] leave out stays out, and any `.git` in it. `besides` are files and
    /// folders in it that are no code.
    ///
    /// # Errors
    /// Refused for a folder without files, for a link that leaves it, and when there are commits already;
    /// the repository is removed after a failure.
    pub fn import_folder(
        &self,
        folder: &Path,
        besides: &[PathBuf],
        author: &Author,
        message: &str,
        meter: Meter<'_>,
    ) -> Result<String> {
        let git = if self.path.exists() { self.open()? } else { Rc::new(self.init()?) };
        // A repository that holds anything is nobody's to remove after a failure.
        let doing = || format!("look into {}", self.path.display());
        if git.references().doing(doing)?.next().is_some() {
            return Err(Error::refused(format!("{} has commits already", self.path.display())));
        }
        let imported = import(&git, folder, besides, author, message, meter);
        if imported.is_err() {
            drop(git);
            // The first failure is the one to tell.
            let _ = fs::remove_dir_all(&self.path);
        }
        imported
    }
}

impl Repository {
    /// Commits the folder's files on top of `parent`, on no branch; none when they are the same as the parent's.
    /// `besides` are files and folders in it that are no code. What the folder lacks stays as the parent has it where
    /// the folder's own `.gitignore` leaves it out, and where `keeps` says so.
    #[expect(clippy::too_many_arguments, reason = "each is one fact of the commit")]
    pub fn commit_folder(
        &self,
        folder: &Path,
        besides: &[PathBuf],
        keeps: &dyn Fn(&str) -> bool,
        parent: &str,
        author: &Author,
        message: &str,
        meter: Meter<'_>,
    ) -> Result<Option<String>> {
        let git = self.open()?;
        let author = signature(author)?;
        let files = find(&git, folder, besides, meter)?;
        let ids = pack(&git, &files, meter)?;
        let rules = ignore_rules(&git, folder)?;
        let commit = || -> Result<Option<git2::Oid>, git2::Error> {
            let parent = git.find_commit(git2::Oid::from_str(parent)?)?;
            let mut index = git2::Index::new()?;
            for (file, id) in files.iter().zip(ids) {
                index.add(&bare_entry(&file.path, file.mode, id))?;
            }
            let mut before = git2::Index::new()?;
            before.read_tree(&parent.tree()?)?;
            for entry in before.iter() {
                let name = String::from_utf8_lossy(&entry.path).into_owned();
                let path = Path::new(&name);
                let stays = || -> Result<bool, git2::Error> {
                    Ok(keeps(&name) || rules.is_path_ignored(path)?)
                };
                if index.get_path(path, 0).is_none() && stays()? {
                    index.add(&entry)?;
                }
            }
            let tree = index.write_tree_to(&git)?;
            if tree == parent.tree_id() {
                return Ok(None);
            }
            let tree = git.find_tree(tree)?;
            let message = git2::message_prettify(message.trim(), None)?;
            git.commit(None, &author, &author, &message, &tree, &[&parent]).map(Some)
        };
        let commit = commit().doing(|| format!("commit the files of {}", folder.display()))?;
        Ok(commit.map(|commit| commit.to_string()))
    }
}

impl Repository {
    /// Writes all files of a folder as they are, but the link `besides`, whatever its rules of ignoring say; answers
    /// the tree.
    pub(super) fn write_folder(
        &self,
        folder: &Path,
        besides: &str,
        meter: Meter<'_>,
    ) -> Result<git2::Oid> {
        let git = self.open()?;
        let files = list(folder, &|path| Ok(path == Path::new(besides)), meter)?;
        let ids = pack(&git, &files, meter)?;
        let write = || -> Result<git2::Oid, git2::Error> {
            let mut index = git2::Index::new()?;
            for (file, id) in files.iter().zip(ids) {
                index.add(&bare_entry(&file.path, file.mode, id))?;
            }
            index.write_tree_to(&git)
        };
        write().doing(|| format!("keep the files of {}", folder.display()))
    }
}

/// A second handle that takes the folder for its worktree knows the folder's ignore rules.
fn ignore_rules(git: &git2::Repository, folder: &Path) -> Result<git2::Repository> {
    git2::Repository::open(git.path())
        .and_then(|rules| rules.set_workdir(folder, false).map(|()| rules))
        .doing(|| format!("read the ignore rules of {}", folder.display()))
}

fn import(
    git: &git2::Repository,
    folder: &Path,
    besides: &[PathBuf],
    author: &Author,
    message: &str,
    meter: Meter<'_>,
) -> Result<String> {
    let author = signature(author)?;
    let files = find(git, folder, besides, meter)?;
    if files.is_empty() {
        return Err(Error::refused(format!("{} has no files", folder.display()))
            .hint("Choose the folder that holds the site's code, with its `index.php`."));
    }
    let ids = pack(git, &files, meter)?;
    let commit = || -> Result<git2::Oid, git2::Error> {
        let mut index = git2::Index::new()?;
        for (file, id) in files.iter().zip(ids) {
            index.add(&bare_entry(&file.path, file.mode, id))?;
        }
        let tree = git.find_tree(index.write_tree_to(git)?)?;
        let message = git2::message_prettify(message.trim(), None)?;
        git.commit(Some("refs/heads/master"), &author, &author, &message, &tree, &[])
    };
    let commit = commit().doing(|| format!("commit the files of {}", folder.display()))?;
    Ok(commit.to_string())
}

/// Lists what is taken of a folder that a person has, by path.
fn find(
    git: &git2::Repository,
    folder: &Path,
    besides: &[PathBuf],
    meter: Meter<'_>,
) -> Result<Vec<Found>> {
    let folder = fs::canonicalize(folder).doing(|| format!("open {}", folder.display()))?;
    let besides: Vec<PathBuf> = besides
        .iter()
        .map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.clone()))
        .collect();
    let rules = ignore_rules(git, &folder)?;
    let ignored = |path: &Path| {
        let is_beside = besides.iter().any(|it| *it == folder.join(path));
        Ok(is_beside || rules.is_path_ignored(path)?)
    };
    list(&folder, &ignored, meter)
}

/// Lists a folder's files but those that are `ignored`, by path.
fn list(
    folder: &Path,
    ignored: &dyn Fn(&Path) -> std::result::Result<bool, git2::Error>,
    meter: Meter<'_>,
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_path_buf(), Vec::new())];
    while let Some((folder, parent)) = waiting.pop() {
        meter.check()?;
        let doing = || format!("read {}", folder.display());
        for entry in fs::read_dir(&folder).doing(doing)? {
            let entry = entry.doing(doing)?;
            let path = [parent.as_slice(), &git_name(&entry.file_name())?].concat();
            if entry.file_name().eq_ignore_ascii_case(".git") {
                if !parent.is_empty() {
                    meter.line(format!("left out: {}", entry.path().display()));
                }
                continue;
            }
            let kind = entry.file_type().doing(doing)?;
            let relative = super::system_path(&path)?;
            if ignored(&relative).doing(|| format!("look up {}", relative.display()))? {
                continue;
            }
            if kind.is_dir() {
                waiting.push((entry.path(), [path.as_slice(), b"/"].concat()));
                continue;
            }
            let mode = if kind.is_symlink() {
                LINK
            } else if !kind.is_file() {
                meter.line(format!("left out, for it is no file: {}", entry.path().display()));
                continue;
            } else if is_executable(&entry.metadata().doing(doing)?) {
                EXECUTABLE
            } else {
                FILE
            };
            found.push(Found { path, from: entry.path(), mode });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// Reads and packs the files by several threads; answers their ids in order.
fn pack(git: &git2::Repository, files: &[Found], meter: Meter<'_>) -> Result<Vec<git2::Oid>> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let mut pack = Pack::new()?;
    let mut ids = vec![None; files.len()];
    let read = |send: SyncSender<(usize, Packed)>| -> Result<()> {
        loop {
            meter.check()?;
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(number) else { return Ok(()) };
            let packed = Packed::new(&content(file)?)?;
            // Nobody receives any more after a failure, which is told there.
            if failed.load(Ordering::Relaxed) || send.send((number, packed)).is_err() {
                return Ok(());
            }
        }
    };
    let read = &read;
    thread::scope(|scope| -> Result<()> {
        let (send, packed) = sync_channel(64);
        let readers: Vec<_> = (0..threads)
            .map(|_| {
                let send = send.clone();
                let failed = &failed;
                scope.spawn(move || {
                    read(send).inspect_err(|_| failed.store(true, Ordering::Relaxed))
                })
            })
            .collect();
        drop(send);
        let mut done = 0;
        for (number, packed) in packed {
            pack.add(&packed)?;
            ids[number] = Some(packed.id);
            done += 1;
            meter.progress(done, Some(files.len() as u64), Unit::Files);
        }
        readers.into_iter().try_for_each(|reader| reader.join().expect("a reader ends"))
    })?;
    pack.finish(git, meter)?;
    Ok(ids.into_iter().flatten().collect())
}

fn content(file: &Found) -> Result<Vec<u8>> {
    let doing = || format!("read {}", file.from.display());
    if file.mode != LINK {
        return fs::read(&file.from).doing(doing);
    }
    let target = fs::read_link(&file.from).doing(doing)?;
    let target = git_name(target.as_os_str())?;
    check_link(&file.path, &target)?;
    Ok(target)
}

#[cfg(unix)]
fn git_name(name: &std::ffi::OsStr) -> Result<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    Ok(name.as_bytes().to_vec())
}

#[cfg(windows)]
fn git_name(name: &std::ffi::OsStr) -> Result<Vec<u8>> {
    let name = name.to_str().ok_or_else(|| {
        Error::refused(format!("the file name `{}` is no text", name.to_string_lossy()))
    })?;
    Ok(name.replace('\\', "/").into_bytes())
}

#[cfg(unix)]
fn is_executable(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o100 != 0
}

#[cfg(windows)]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}
