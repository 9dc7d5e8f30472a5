//! How files, folders and file systems become durable: there after a power cut, too.
//!
//! A system keeps what is written in memory for up to half a minute, and brings it to the disk in an order of its own:
//! until then a file may have its name and none of its bytes. **Invariant:** nobody else syncs. What pointers will point
//! to is written out as a whole, once, before they move ([`Disk::write_out`]); what stands for itself, a file at a time.
use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, SystemTime},
};

use crate::{
    error::{Doing, Error, Result},
    progress::Cancel,
};

/// How soon a cancel is heard while the system writes.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// What is written is newer than this much before the clock said that it began: some disks keep whole seconds only.
const CLOCKS: Duration = Duration::from_secs(2);

/// Threads that wait for the disk; most of their time they do nothing.
const THREADS: usize = 8;

/// Says that what pointers are about to point to is on the disk. Only this module makes one, and the transaction that
/// moves pointers asks for one.
#[derive(Debug)]
#[must_use]
pub struct Durable {
    #[cfg(test)]
    seen: seen::Seen,
}

/// What is to be written out, for systems that can't write out a file system as a whole.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Files, and folders with all that is in them.
    pub whole: Vec<PathBuf>,
    /// Folders in which something may have been written since the disk was opened.
    pub newer: Vec<PathBuf>,
    /// Folders in which entries came or went.
    pub folders: Vec<PathBuf>,
}

/// The disk of a root folder, from before something is written to it: what it can't keep of that is told.
pub struct Disk {
    root: Arc<PathBuf>,
    since: SystemTime,
    /// Linux tells an error of the disk to those who had it open before.
    #[cfg(target_os = "linux")]
    handle: Arc<File>,
    #[cfg(test)]
    seen: seen::Seen,
}

impl Disk {
    /// Opens the disk that the folder is on.
    pub fn open(root: &Path) -> Result<Self> {
        Ok(Self {
            root: Arc::new(root.to_owned()),
            since: SystemTime::now() - CLOCKS,
            #[cfg(target_os = "linux")]
            handle: Arc::new(File::open(root).doing(|| format!("open {}", root.display()))?),
            #[cfg(test)]
            seen: seen::look(root),
        })
    }

    /// Waits until all that was written before is on the disk. A cancel is heard meanwhile; the system goes on writing
    /// then, which harms nothing.
    ///
    /// # Errors
    /// What the disk could not keep: then none of it may be pointed to.
    pub fn write_out(&self, written: Written, cancel: &Cancel) -> Result<Durable> {
        #[cfg(test)]
        let seen = seen::look(&self.root);
        let (tell, told) = channel();
        let (root, since) = (self.root.clone(), self.since);
        #[cfg(target_os = "linux")]
        let handle = self.handle.clone();
        thread::spawn(move || {
            #[cfg(target_os = "linux")]
            let outcome = all(&handle, &root, &written, since);
            #[cfg(not(target_os = "linux"))]
            let outcome = pass(&root, &written, since);
            // Who was cancelled does not listen any more.
            drop(tell.send(outcome));
        });
        let doing = || format!("write everything in {} to the disk", self.root.display());
        loop {
            cancel.check()?;
            match told.recv_timeout(BETWEEN_LOOKS) {
                Ok(outcome) => outcome.doing(doing)?,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Err(Error::failed(doing())),
            }
            return Ok(Durable {
                #[cfg(test)]
                seen,
            });
        }
    }

    /// For pointers that move to what is on the disk already: nothing was written since it was opened.
    pub fn nothing_written(&self) -> Durable {
        Durable {
            #[cfg(test)]
            seen: self.seen.clone(),
        }
    }
}

/// Waits until a folder, with all that is in it, is on the disk.
pub fn tree(folder: &Path) -> Result<()> {
    let written = Written { whole: vec![folder.to_owned()], ..Written::default() };
    let doing = || format!("write {} to the disk", folder.display());
    #[cfg(target_os = "linux")]
    {
        let handle = File::open(folder).doing(doing)?;
        all(&handle, folder, &written, SystemTime::UNIX_EPOCH).doing(doing)
    }
    #[cfg(not(target_os = "linux"))]
    pass(folder, &written, SystemTime::UNIX_EPOCH).doing(doing)
}

/// Waits until a file is on the disk: its bytes, and its name in its folder.
pub fn file(path: &Path) -> Result<()> {
    let doing = || format!("write {} to the disk", path.display());
    fs::metadata(path).and_then(|known| sync(path, &known)).doing(doing)?;
    folder(path.parent().unwrap_or(Path::new(".")))
}

/// Waits until the names in a folder are on the disk, and all names of the same disk that came or went before: every
/// file system that survives power cuts writes names in their order.
pub fn folder(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let doing = || format!("write {} to the disk", path.display());
    fs::metadata(path).and_then(|known| sync(path, &known)).doing(doing)
}

/// Puts a whole file in the place of another, which keeps its mode. After a power cut one of the two is there, whole.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let doing = || format!("write {}", path.display());
    let place = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(place).doing(doing)?;
    new.write_all(bytes).doing(doing)?;
    if let Ok(known) = fs::metadata(path) {
        new.as_file().set_permissions(known.permissions()).doing(doing)?;
    }
    new.as_file().sync_all().doing(doing)?;
    new.persist(path).doing(doing)?;
    folder(place)
}

/// The whole file system at once; what was written to it by others waits with us.
#[cfg(target_os = "linux")]
fn all(handle: &File, root: &Path, written: &Written, since: SystemTime) -> io::Result<()> {
    match rustix::fs::syncfs(handle) {
        // A sandbox that has no such call.
        Err(rustix::io::Errno::NOSYS) => pass(root, written, since),
        synced => synced.map_err(io::Error::from),
    }
}

/// Every file and folder by itself, many at a time.
fn pass(root: &Path, written: &Written, since: SystemTime) -> io::Result<()> {
    let mut found = Vec::new();
    for path in &written.whole {
        list(path, SystemTime::UNIX_EPOCH, &mut found)?;
        found.extend(parents(path, root));
    }
    for path in &written.newer {
        list(path, since, &mut found)?;
    }
    for path in &written.folders {
        found.extend(if_there(fs::symlink_metadata(path))?.map(|known| (path.clone(), known)));
    }
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let work = || -> io::Result<()> {
            while let Some((path, known)) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
                if_there(hand_over(path, known))?;
            }
            Ok(())
        };
        let all: Vec<_> = (0..THREADS.min(found.len())).map(|_| scope.spawn(work)).collect();
        all.into_iter()
            .try_for_each(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    empty_cache(root)
}

/// Notes a file, or all of a folder, that is as new. Links are a part of their folder.
fn list(path: &Path, since: SystemTime, found: &mut Vec<(PathBuf, Metadata)>) -> io::Result<()> {
    let Some(known) = if_there(fs::symlink_metadata(path))? else { return Ok(()) };
    if known.is_dir() {
        for entry in if_there(fs::read_dir(path))?.into_iter().flatten() {
            list(&entry?.path(), since, found)?;
        }
    } else if !known.is_file() {
        return Ok(());
    }
    if known.modified()? >= since {
        found.push((path.to_owned(), known));
    }
    Ok(())
}

/// The folders in which a path is named, up to the root: they may be as new as it.
fn parents<'a>(path: &'a Path, root: &'a Path) -> impl Iterator<Item = (PathBuf, Metadata)> + 'a {
    let inside = path.ancestors().skip(1).take_while(move |it| it.starts_with(root));
    inside.filter_map(|it| Some((it.to_owned(), fs::metadata(it).ok()?)))
}

/// None for what went meanwhile.
fn if_there<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        done => done.map(Some),
    }
}

/// Gives a file or folder to the disk. A Mac's disk may keep it in a cache of its own until [`empty_cache`].
#[cfg(unix)]
fn hand_over(path: &Path, _known: &Metadata) -> io::Result<()> {
    Ok(rustix::fs::fsync(File::open(path)?)?)
}

#[cfg(windows)]
fn hand_over(path: &Path, known: &Metadata) -> io::Result<()> {
    sync(path, known)
}

/// Has the disk write its own cache: `F_FULLFSYNC` of one file is about all that it was given before (fcntl(2)).
#[cfg(target_vendor = "apple")]
fn empty_cache(root: &Path) -> io::Result<()> {
    Ok(rustix::fs::fcntl_fullfsync(File::open(root)?)?)
}

/// Elsewhere the system does that for each file.
#[cfg(not(target_vendor = "apple"))]
#[expect(clippy::unnecessary_wraps, reason = "as on the systems that can fail")]
fn empty_cache(_root: &Path) -> io::Result<()> {
    Ok(())
}

/// Waits for one file or folder. (`sync_all` is `F_FULLFSYNC` on a Mac.)
#[cfg(unix)]
fn sync(path: &Path, _known: &Metadata) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// `FlushFileBuffers` asks for the right to write. NTFS writes names to its journal in their order, and has no call for a
/// folder's.
#[cfg(windows)]
fn sync(path: &Path, known: &Metadata) -> io::Result<()> {
    if known.is_dir() {
        return Ok(());
    }
    let mut permissions = known.permissions();
    let is_read_only = permissions.readonly();
    if is_read_only {
        permissions.set_readonly(false);
        fs::set_permissions(path, permissions.clone())?;
    }
    let synced = File::options().write(true).open(path).and_then(|file| file.sync_all());
    if is_read_only {
        permissions.set_readonly(true);
        fs::set_permissions(path, permissions)?;
    }
    synced
}

/// In tests every [`Durable`] knows what was there when it was made, and so whether a pointer moves too early.
#[cfg(test)]
mod seen {
    use std::{collections::BTreeMap, fs, path::Path, path::PathBuf, time::SystemTime};

    use super::Durable;

    /// Size, time and (of a link) target of all that pointers may point to.
    pub(super) type Seen = BTreeMap<PathBuf, (u64, Option<SystemTime>, Option<PathBuf>)>;

    /// What is made again from the pointers, or points to nothing.
    const DERIVED: [&str; 11] = [
        "site.json",
        "logs",
        "tmp",
        "reports",
        "index",
        "files",
        "hooks",
        "portico-branches",
        "portico-pushes",
        "gitdir",
        "commondir",
    ];

    pub(super) fn look(root: &Path) -> Seen {
        let mut seen = Seen::new();
        let mut waiting = vec![root.join("sites"), root.join("deleted")];
        while let Some(path) = waiting.pop() {
            let Ok(known) = fs::symlink_metadata(&path) else { continue };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // A generation's own files are a folder; the link to those in use is not.
            if DERIVED.contains(&name.as_ref()) && !(name == "files" && known.is_dir()) {
                continue;
            }
            if known.is_dir() {
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                waiting.extend(entries.map(|entry| entry.path()));
                seen.insert(path, (0, None, None));
            } else {
                let target = fs::read_link(&path).ok();
                seen.insert(path, (known.len(), known.modified().ok(), target));
            }
        }
        seen
    }

    impl Durable {
        /// Panics when something that a pointer may point to was written since.
        pub(crate) fn assert_nothing_written_since(&self, root: &Path) {
            let now = look(root);
            let differs = |path: &&PathBuf| now.get(*path) != self.seen.get(*path);
            let all: std::collections::BTreeSet<&PathBuf> =
                now.keys().chain(self.seen.keys()).collect();
            let late: Vec<_> = all.into_iter().filter(differs).collect();
            assert!(late.is_empty(), "a pointer moves before this is on the disk: {late:#?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_waits_for_every_file_and_passes_over_what_is_gone() {
        let temp = tempfile::tempdir().expect("a folder");
        let folder = temp.path().join("a/b");
        fs::create_dir_all(&folder).expect("makes");
        fs::write(folder.join("c"), "c").expect("writes");
        let read_only = folder.join("d");
        fs::write(&read_only, "d").expect("writes");
        let mut permissions = fs::metadata(&read_only).expect("there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&read_only, permissions).expect("sets");
        let mut found = Vec::new();
        list(&folder, SystemTime::UNIX_EPOCH, &mut found).expect("lists");
        assert_eq!(found.len(), 3);
        let mut newer = Vec::new();
        let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
        list(&folder, tomorrow, &mut newer).expect("lists");
        assert!(newer.is_empty(), "{newer:?}");
        let written = Written {
            whole: vec![folder, temp.path().join("gone")],
            newer: vec![temp.path().join("gone too")],
            folders: vec![temp.path().to_owned()],
        };
        pass(temp.path(), &written, SystemTime::UNIX_EPOCH).expect("written");
        assert!(fs::metadata(&read_only).expect("there").permissions().readonly());
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_mode() {
        let temp = tempfile::tempdir().expect("a folder");
        let path = temp.path().join("config");
        fs::write(&path, "old").expect("writes");
        let before = fs::metadata(&path).expect("there").permissions();
        replace(&path, b"new").expect("replaces");
        assert_eq!(fs::read(&path).expect("reads"), b"new");
        assert_eq!(fs::metadata(&path).expect("there").permissions(), before);
        assert_eq!(fs::read_dir(temp.path()).expect("reads").count(), 1);
    }

    #[test]
    fn a_cancel_is_heard_before_everything_is_written() {
        let temp = tempfile::tempdir().expect("a folder");
        let cancel = Cancel::default();
        let disk = Disk::open(temp.path()).expect("opens");
        disk.write_out(Written::default(), &cancel).map(drop).expect("writes");
        cancel.cancel();
        let error = disk.write_out(Written::default(), &cancel).map(drop).expect_err("cancelled");
        assert!(error.is_cancelled());
    }
}
