//! Deleting is slow, so it happens aside: what goes is moved first, and deleted in the background.
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    error::{Doing, Error, Result},
    folder,
    progress::{Meter, Unit},
};

/// So many entries are deleted between two pauses.
const BATCH: u32 = 256;
/// How long the disk is left to others after a batch.
const PAUSE: Duration = Duration::from_millis(20);

/// Moves `path` into the folder `trash` under a name of its own; nothing when it does not exist. What is on another disk
/// is deleted in its place. A link is moved itself, never what it points to.
pub fn move_to_trash(path: &Path, trash: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(());
    }
    fs::create_dir_all(trash).doing(|| format!("create `{}`", trash.display()))?;
    let target = trash.join(own_name(path));
    match rename(path, &target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let mut deleting = Deleting::default();
            deleting.delete(path);
            deleting.failed.map_or(Ok(()), Err)
        }
        moved => moved.doing(|| format!("move `{}` to `{}`", path.display(), trash.display())),
    }
}

/// Renames a file or folder; a read-only folder, too.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        // It can't be moved to another folder, since that changes its `..`.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && from.is_dir() => {
            make_writable(from)?;
            fs::rename(from, to)
        }
        renamed => renamed,
    }
}

/// A name that nothing else in the trash has: time, process, count, and what it was called.
fn own_name(path: &Path) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{now}-{}-{count}-{name}", std::process::id())
}

/// Deletes what is in `trash`, slowly enough to disturb nobody; nothing when it does not exist.
/// What can't be deleted stays and is named; the rest is deleted all the same.
pub fn empty_trash(trash: &Path) -> Result<()> {
    let paths = entries(trash)?;
    // A thread of its own, because a thread's priority can be lowered but not raised again.
    thread::scope(|scope| {
        let deleting = scope.spawn(|| {
            be_gentle();
            let mut deleting = Deleting::default();
            paths.iter().for_each(|path| deleting.delete(path));
            deleting.failed.map_or(Ok(()), Err)
        });
        deleting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Deletes what is in `trash` at once, since somebody waits for the room; nothing when it does not exist.
/// What can't be deleted stays and is named; the rest is deleted all the same.
pub fn empty_trash_now(trash: &Path, meter: Meter<'_>) -> Result<()> {
    let paths = entries(trash)?;
    let mut deleting = Deleting { hurries: true, ..Deleting::default() };
    for (done, path) in paths.iter().enumerate() {
        meter.check()?;
        meter.progress(done as u64, Some(paths.len() as u64), Unit::Steps);
        deleting.delete(path);
    }
    deleting.failed.map_or(Ok(()), Err)
}

fn entries(trash: &Path) -> Result<Vec<PathBuf>> {
    let entries = folder::entries(trash)?;
    Ok(entries.iter().map(fs::DirEntry::path).collect())
}

/// Lowers this thread's priority, and with it that of its reads and writes, and of programs that it starts (on Linux).
pub fn be_gentle() {
    // Elsewhere the call is about the whole process.
    #[cfg(target_os = "linux")]
    rustix::process::setpriority_process(None, 15).ok();
}

#[derive(Default)]
struct Deleting {
    count: u32,
    failed: Option<Error>,
    /// Whether it makes no pauses.
    hurries: bool,
}

impl Deleting {
    fn delete(&mut self, path: &Path) {
        let folder = fs::symlink_metadata(path).is_ok_and(|known| known.is_dir());
        if folder {
            self.delete_folder(path);
        } else {
            self.note(fs::remove_file(path).or_else(|error| as_link_to_folder(path, error)), path);
        }
    }

    fn delete_folder(&mut self, path: &Path) {
        let listed = fs::metadata(path).and_then(|known| {
            if known.permissions().readonly() {
                make_writable(path)?;
            }
            fs::read_dir(path)
        });
        match listed {
            Ok(entries) => entries.flatten().for_each(|entry| self.delete(&entry.path())),
            Err(error) => self.note(Err(error), path),
        }
        self.note(fs::remove_dir(path), path);
    }

    fn note(&mut self, deleted: io::Result<()>, path: &Path) {
        match deleted {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let doing = || Error::failed(format!("delete `{}`", path.display()));
                self.failed.get_or_insert_with(|| doing().because(error));
            }
            _ => {}
        }
        self.count += 1;
        if !self.hurries && self.count.is_multiple_of(BATCH) {
            thread::sleep(PAUSE);
        }
    }
}

/// On Windows a junction is removed as a folder is; elsewhere the error stands.
fn as_link_to_folder(path: &Path, error: io::Error) -> io::Result<()> {
    if cfg!(windows) { fs::remove_dir(path) } else { Err(error) }
}

/// Lets a folder's entries be changed.
pub(super) fn make_writable(folder: &Path) -> io::Result<()> {
    let mut permissions = fs::metadata(folder)?.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        permissions.set_mode(permissions.mode() | 0o700);
    }
    #[cfg(windows)]
    permissions.set_readonly(false);
    fs::set_permissions(folder, permissions)
}
