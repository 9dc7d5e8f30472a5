//! The site's Git repository: commits, worktrees, releases, tags. Local work is done by libgit2;
//! what talks to a network is left to the machine's own `git`, which knows the person's keys.
use std::{
    path::{Path, PathBuf},
    rc::Rc,
    thread,
};

use jiff::Timestamp;

use crate::error::{Doing, Error, Result};

mod backup;
mod branches;
mod changes;
mod checkout;
mod clone;
mod disk;
mod fsck;
mod graph;
mod held;
mod history;
mod hooks;
mod import;
mod inspect;
mod lines;
mod look;
mod mend;
mod merge;
mod open;
mod pack;
mod program;
mod pushed;
mod references;
mod remake;
mod rows;
mod scan;
mod stored;
#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod testing;
mod tidy;
mod update;
mod worktree;

pub use branches::{Branch, UPSTREAM};
pub use changes::{
    any_tracked, changes, commit_changes, commit_file, count_changes, diff, prepare_commit,
};
pub use fsck::{BrokenReference, Checked};
pub use hooks::{FollowedBranch, Push, PushRules, Releases};
pub use inspect::Inspection;
pub use look::WorktreeFault;
pub use merge::{Answer, Choices, ConflictFile, Merged, Take};
pub use open::kept_open;
pub use update::{
    SNAPSHOTS, carry_changes, move_worktree, restore_worktree, snapshot_without, snapshot_worktree,
    update_worktree,
};

/// The branch of a repository that Portico makes itself (Pantheon's name for it).
pub const FIRST_BRANCH: &str = "master";

/// From now on the whole process reads objects as Git does: their packing is checked (zlib's Adler-32), their content is
/// not hashed anew at each reading. `git fsck` does that, and Git does it to all that is pushed or fetched.
pub fn trust_stored_objects() {
    git2::opts::strict_hash_verification(false);
}

/// A site's bare repository.
#[derive(Clone, Debug)]
pub struct Repository {
    path: PathBuf,
    /// More objects than its own: those of a push that is not taken yet.
    objects: Option<PathBuf>,
}

/// Who commits or tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// How far two commits are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Commits that the first has and the second lacks.
    pub ahead: u64,
    /// Commits that the second has and the first lacks.
    pub behind: u64,
}

/// A `pantheon_<environment>_N` tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployTag {
    /// The whole name.
    pub name: String,
    /// The N.
    pub number: u64,
    /// The commit it is on.
    pub commit: String,
    /// The deploy message; empty for a tag that was made by hand without one.
    pub message: String,
    /// When it was made; for a tag without a date of its own, its commit's.
    pub date: Timestamp,
}

impl Repository {
    /// The repository at `path`, which may not exist yet.
    pub fn at(path: PathBuf) -> Self {
        Self { path, objects: None }
    }

    /// The same, and the objects in a folder besides: those of a push, before it is taken.
    #[must_use]
    pub fn with_objects(self, objects: PathBuf) -> Self {
        Self { objects: Some(objects), ..self }
    }

    /// The bare repository's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Paths (relative to the code) that Git never sees in any worktree of this repository: the uploads link.
    /// Makes an empty repository if there is none yet, so that [`Self::import_folder`] leaves them out too.
    pub fn exclude(&self, paths: &[&str]) -> Result<()> {
        if !self.path.exists() {
            self.init()?;
        }
        let file = self.path.join("info/exclude");
        let old = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.doing(|| format!("read {}", file.display()))?,
        };
        let mut new = old.clone();
        for path in paths {
            let line = format!("/{}", escape_pattern(path.trim_matches('/')));
            if !new.lines().any(|present| present == line) {
                if !new.is_empty() && !new.ends_with('\n') {
                    new.push('\n');
                }
                new.push_str(&line);
                new.push('\n');
            }
        }
        if new == old {
            return Ok(());
        }
        std::fs::create_dir_all(self.path.join("info"))
            .and_then(|()| std::fs::write(&file, new))
            .doing(|| format!("write {}", file.display()))
    }

    fn open(&self) -> Result<Rc<git2::Repository>> {
        let doing = || format!("open the repository {}", self.path.display());
        let Some(objects) = &self.objects else {
            return open::once(&self.path).doing(doing);
        };
        let git = git2::Repository::open(&self.path).doing(doing)?;
        let path = objects.to_string_lossy();
        git.odb().and_then(|odb| odb.add_disk_alternate(&path)).doing(doing)?;
        Ok(Rc::new(git))
    }

    /// Makes an empty bare repository with our settings.
    fn init(&self) -> Result<git2::Repository> {
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).no_reinit(true).external_template(false).initial_head(FIRST_BRANCH);
        let git = git2::Repository::init_opts(&self.path, &options)
            .doing(|| format!("make the repository {}", self.path.display()))?;
        configure(&git)?;
        Ok(git)
    }
}

/// What Git brings to the disk before it says that it is done, here and in the worktrees: objects, the index, references.
/// By default it leaves loose objects and references to the system (git-config(1), `core.fsync`, since 2.36). With how: one
/// flush for many objects where its manual calls that as safe (`core.fsyncMethod`).
const FSYNC: (&str, Option<&str>) = (
    "added,reference",
    if cfg!(any(target_vendor = "apple", windows)) { Some("batch") } else { None },
);

/// Settings of every repository of ours.
fn configure(git: &git2::Repository) -> Result<()> {
    let set = || -> Result<(), git2::Error> {
        let mut config = git.config()?.open_level(git2::ConfigLevel::Local)?;
        // A push updates the folder that follows the branch, and is refused while that is dirty.
        config.set_str("receive.denyCurrentBranch", "updateInstead")?;
        config.set_bool("receive.advertisePushOptions", true)?;
        // What we keep for undo is no business of those who clone.
        config.set_str("transfer.hideRefs", "refs/portico")?;
        // Nothing that was ever committed is lost: not by a forced push, not by housekeeping.
        config.set_str("core.logAllRefUpdates", "always")?;
        for expiry in ["pruneExpire", "reflogExpire", "reflogExpireUnreachable"] {
            config.set_str(&format!("gc.{expiry}"), "never")?;
        }
        // A worktree whose folder can't be seen for a while (a moved root folder) is still ours.
        config.set_str("gc.worktreePruneExpire", "never")?;
        let (fsync, method) = FSYNC;
        config.set_str("core.fsync", fsync)?;
        if let Some(method) = method {
            config.set_str("core.fsyncMethod", method)?;
        }
        // What runs here is what is committed, byte for byte, on every system.
        config.set_bool("core.autocrlf", false)
    };
    set().doing(|| format!("set up the repository {}", git.path().display()))
}

/// Does the same on as many threads as the machine runs at once, at most `most`; answers what each made of it.
fn on_threads<T: Send>(most: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8).min(most);
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        all.into_iter()
            .map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Makes a path a pattern of an ignore file that matches just that path.
fn escape_pattern(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for letter in path.chars() {
        if matches!(letter, '*' | '?' | '[' | '\\' | ' ') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// Reads a commit id: all 40 hex digits, since a cut one could come to mean another commit.
fn oid(commit: &str) -> Result<git2::Oid> {
    if commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        git2::Oid::from_str(commit).doing(|| format!("read the commit id `{commit}`"))
    } else {
        Err(Error::not_found("commit", commit))
    }
}

fn find_commit<'git>(git: &'git git2::Repository, commit: &str) -> Result<git2::Commit<'git>> {
    match git.find_commit(oid(commit)?) {
        Err(error) if error.code() == git2::ErrorCode::NotFound => {
            Err(Error::not_found("commit", commit))
        }
        found => found.doing(|| format!("read the commit {commit}")),
    }
}

fn signature(author: &Author) -> Result<git2::Signature<'static>> {
    git2::Signature::now(author.name.trim(), author.email.trim())
        .doing(|| format!("use `{} <{}>` as the author", author.name, author.email))
}

fn timestamp(time: git2::Time) -> Timestamp {
    // A forged date far outside of the calendar is shown as the nearest one that can be shown.
    Timestamp::from_second(time.seconds()).unwrap_or(if time.seconds() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// A row of an index that is made, not read from a disk: it says nothing of a file's times.
fn bare_entry(path: &[u8], mode: u32, id: git2::Oid) -> git2::IndexEntry {
    let never = git2::IndexTime::new(0, 0);
    git2::IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.to_owned(),
    }
}

/// A path as Git stores it (bytes, `/`) as a path of this system.
#[cfg(unix)]
fn system_path(path: &[u8]) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(path)))
}

/// A path as Git stores it (bytes, `/`) as a path of this system.
#[cfg(windows)]
fn system_path(path: &[u8]) -> Result<PathBuf> {
    std::str::from_utf8(path).map(PathBuf::from).map_err(|_| {
        Error::refused(format!(
            "the file name `{}` is no text that this system can store",
            String::from_utf8_lossy(path)
        ))
    })
}

/// The person's name and address from Git's configuration, or the stand-in `Portico <portico@localhost>`.
pub fn default_author() -> Author {
    let config = git2::Config::open_default().ok();
    let get = |key: &str| {
        let value = config.as_ref()?.get_string(key).ok()?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    };
    match (get("user.name"), get("user.email")) {
        (Some(name), Some(email)) => Author { name, email },
        // One without the other would put a half-known person into the history.
        _ => Author { name: "Portico".into(), email: "portico@localhost".into() },
    }
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests_change;
#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests_scan;
