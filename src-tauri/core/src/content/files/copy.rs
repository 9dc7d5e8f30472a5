//! Copies a tree: folders first, then files with several threads, by reflink where the disk can.
use std::{
    cmp::Reverse,
    fs::{self, File, FileTimes, Metadata, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use super::{
    compare::{Difference, Earlier, compare},
    size_of, take_over,
    walk::{self, Item, Kind, Tree, lock},
};
use crate::{
    error::{Doing, Error, Result},
    model::{TakenOver, view::FilesInfo},
    progress::{Cancel, Meter, Unit},
};

/// What a copy came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyCost {
    /// Files in the copy.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Bytes of new disk use: less than `bytes` where the disk shares blocks.
    pub new_bytes: u64,
    /// Files among them that were taken over from an earlier copy.
    pub taken_over: u64,
}

/// How much is copied between two looks at the meter.
const CHUNK: u64 = 16 << 20;

/// Copies the tree below `from` into the new folder `to`, by reflink where the disk can, with several threads.
/// Links are copied as links. Modes and modification times are kept. Reports bytes.
///
/// Files that vanish meanwhile are passed over with a line in the log, as are sockets, pipes and devices.
///
/// No file is ever shared by a hard link, neither with the source nor with an earlier copy of it that stays, although
/// that would make a second copy after few changes much faster. A site may write a file in place (plugins that optimise
/// images, logs, generated style sheets do), and every copy is either one that a site uses next or one that is kept for
/// undo: what is written in one would be in the other. Where the disk shares blocks, it does this safely, and copies at
/// once. An earlier copy that goes is another matter: [`CopyPlan`].
/// After a failure or a cancel nothing is left at `to`.
pub fn copy_tree(from: &Path, to: &Path, meter: Meter<'_>) -> Result<CopyCost> {
    CopyPlan::of(from, None, meter.cancel())?.copy(to, |_| Ok(()), meter)
}

/// What a copy of a tree takes, found out before it is begun.
pub struct CopyPlan {
    from: PathBuf,
    /// What is copied.
    difference: Difference,
    /// The copy from before that becomes the new one.
    over: Option<PathBuf>,
}

impl CopyPlan {
    /// Lists the tree below `from`, and how `earlier`, a copy of it from before that is not needed any more, differs:
    /// that will become the new copy, where anything in it is the same.
    pub fn of(from: &Path, earlier: Option<Earlier<'_>>, cancel: &Cancel) -> Result<Self> {
        if let Some(earlier) = earlier.filter(|it| take_over::is_possible(it.folder)) {
            let difference = compare(from, earlier, cancel)?;
            if difference.same.count > 0 && difference.can_be_written_down() {
                let over = Some(earlier.folder.to_owned());
                return Ok(Self { from: from.to_owned(), difference, over });
            }
        }
        let difference = Difference::whole(walk::walk(from, Some(cancel))?);
        Ok(Self { from: from.to_owned(), difference, over: None })
    }

    /// The size of the whole copy.
    pub fn size(&self) -> FilesInfo {
        let (same, new) = (self.difference.same, size_of(&self.difference.tree));
        FilesInfo { count: same.count + new.count, bytes: same.bytes + new.bytes }
    }

    /// The bytes that it takes anew on the disk of `scratch`, a folder for temporary files: none where the disk shares
    /// blocks, which one of the files is copied to find out.
    pub fn new_bytes(&self, scratch: &Path) -> Result<u64> {
        let tree = &self.difference.tree;
        match tree.items.iter().find(|item| item.bytes > 0) {
            Some(item) if is_shared(&self.from.join(tree.path(item)), scratch)? => Ok(0),
            _ => Ok(size_of(tree).bytes),
        }
    }

    /// Copies to the new folder `to` as [`copy_tree`] does. Where an earlier copy becomes the new one, its folder is
    /// moved, and what is not surely the same is copied; `note` hears how that can be taken back, before anything is
    /// changed. After a failure or a cancel the earlier copy is as it was.
    pub fn copy(
        self,
        to: &Path,
        note: impl FnOnce(&TakenOver) -> Result<()>,
        meter: Meter<'_>,
    ) -> Result<CopyCost> {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).doing(|| format!("create `{}`", parent.display()))?;
        }
        let Some(earlier) = &self.over else {
            fs::create_dir(to).doing(|| format!("create `{}`", to.display()))?;
            return copy_into(Copying::new(&self, to, meter)).inspect_err(|_| {
                // What could not be removed is reported by the next attempt to create `to`.
                fs::remove_dir_all(to).ok();
            });
        };
        let plan = take_over::plan(earlier, to, &self.difference)?;
        note(&plan)?;
        let copied =
            take_over::begin(&plan).and_then(|()| copy_into(Copying::new(&self, to, meter)));
        copied.inspect_err(|_| {
            // What could not be taken back is tried again by whoever was told of it.
            take_over::take_back(&plan).ok();
        })
    }
}

fn copy_into(copying: Copying<'_>) -> Result<CopyCost> {
    let Difference { tree, common, .. } = &copying.plan.difference;
    let (from, to) = (&copying.plan.from, copying.to);
    for folder in tree.folders.iter().filter(|folder| !common.contains(*folder)) {
        let path = to.join(folder);
        fs::create_dir(&path).map_err(|error| disk_full(error, &path))?;
    }
    thread::scope(|scope| {
        for _ in 0..walk::threads().min(copying.parts.len()) {
            scope.spawn(|| copying.run());
        }
    });
    let cost = copying.finish()?;
    // Deepest first, since a change inside a folder sets its time, and a read-only folder takes no change.
    for folder in tree.folders.iter().rev() {
        let (source, target) = (from.join(folder), to.join(folder));
        match fs::metadata(&source) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            known => known.and_then(|known| keep_folder(&target, &known)),
        }
        .doing(|| format!("set mode and time of `{}`", target.display()))?;
    }
    Ok(cost)
}

/// How many small files a thread takes at a time.
const PART: usize = 64;

/// A file of so many bytes is a part of its own.
const LARGE: u64 = 8 << 20;

/// The items in parts, each for one thread. Large files come first, so that no thread is left alone with one at the end.
/// After them come parts of different folders in turn: a folder takes one new name at a time, and threads that wait for
/// one another there take twice as long as they would alone.
fn parts(tree: &Tree) -> Vec<Vec<&Item>> {
    let (large, small): (Vec<_>, Vec<_>) = tree.items.iter().partition(|it| it.bytes >= LARGE);
    let mut by_folder = vec![Vec::new(); tree.folders.len()];
    small.into_iter().for_each(|item| by_folder[item.folder].push(item));
    let mut parts: Vec<(usize, Vec<&Item>)> = by_folder
        .iter()
        .flat_map(|items| items.chunks(PART).map(<[_]>::to_vec).enumerate())
        .collect();
    parts.sort_by_key(|(turn, _)| *turn);
    let mut first: Vec<_> = large.into_iter().map(|item| vec![item]).collect();
    first.sort_by_key(|part| Reverse(part[0].bytes));
    first.extend(parts.into_iter().map(|(_, part)| part));
    first
}

struct Copying<'a> {
    plan: &'a CopyPlan,
    parts: Vec<Vec<&'a Item>>,
    to: &'a Path,
    meter: Meter<'a>,
    total: u64,
    next: AtomicUsize,
    files: AtomicU64,
    done: AtomicU64,
    new: AtomicU64,
    /// Cleared by the first file that the disk refuses to share, so that it is asked once.
    shares: AtomicBool,
    failed: Mutex<Option<Error>>,
}

impl<'a> Copying<'a> {
    fn new(plan: &'a CopyPlan, to: &'a Path, meter: Meter<'a>) -> Self {
        Self {
            plan,
            parts: parts(&plan.difference.tree),
            to,
            meter,
            total: plan.size().bytes,
            next: AtomicUsize::new(0),
            files: AtomicU64::new(plan.difference.same.count),
            done: AtomicU64::new(plan.difference.same.bytes),
            new: AtomicU64::new(0),
            shares: AtomicBool::new(true),
            failed: Mutex::new(None),
        }
    }

    fn run(&self) {
        while let Some(part) = self.parts.get(self.next.fetch_add(1, Relaxed)) {
            let copied = part.iter().try_for_each(|item| {
                self.meter.check()?;
                self.copy(item)
            });
            if let Err(error) = copied {
                self.next.store(self.parts.len(), Relaxed);
                lock(&self.failed).get_or_insert(error);
                return;
            }
        }
    }

    fn copy(&self, item: &Item) -> Result<()> {
        let relative = self.plan.difference.tree.path(item);
        let (source, target) = (self.plan.from.join(&relative), self.to.join(&relative));
        let copied = match item.kind {
            Kind::Other => {
                self.meter.line(format!("passed over `{}`: no file", relative.display()));
                return Ok(());
            }
            Kind::Link => copy_link(&source, &target).map_err(|error| {
                if is_gone(&error) { Failure::Gone } else { disk_full(error, &target).into() }
            }),
            Kind::File => {
                let progress = |bytes| self.advance(bytes);
                copy_one(&source, &target, &self.shares, &progress).map(|(bytes, new)| {
                    self.files.fetch_add(1, Relaxed);
                    self.new.fetch_add(if new { bytes } else { 0 }, Relaxed);
                })
            }
        };
        match copied {
            Ok(()) => Ok(()),
            Err(Failure::Gone) => {
                self.meter.line(format!("passed over `{}`: it vanished", relative.display()));
                Ok(())
            }
            Err(Failure::Real(error)) => Err(*error),
        }
    }

    fn advance(&self, bytes: u64) -> Result<()> {
        let before = self.done.fetch_add(bytes, Relaxed);
        let done = before + bytes;
        if before >> 20 != done >> 20 {
            self.meter.progress(done, Some(self.total.max(done)), Unit::Bytes);
        }
        self.meter.check()
    }

    fn finish(self) -> Result<CopyCost> {
        if let Some(error) = self.failed.into_inner().unwrap_or_else(|poison| poison.into_inner()) {
            return Err(error);
        }
        let bytes = self.done.into_inner();
        self.meter.progress(bytes, Some(bytes), Unit::Bytes);
        Ok(CopyCost {
            files: self.files.into_inner(),
            bytes,
            new_bytes: self.new.into_inner(),
            taken_over: self.plan.difference.same.count,
        })
    }
}

/// Why a file was not copied.
enum Failure {
    /// Its source is no longer there.
    Gone,
    Real(Box<Error>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Real(Box::new(error))
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Copies one file to a new name. Answers its bytes, and whether they take new space on the disk.
pub(in crate::content) fn copy_file(
    source: &Path,
    target: &Path,
    meter: Meter<'_>,
) -> Result<CopyCost> {
    let total = fs::metadata(source).map(|known| known.len()).ok();
    let done = AtomicU64::new(0);
    let progress = |bytes| {
        let done = done.fetch_add(bytes, Relaxed) + bytes;
        meter.progress(done, total, Unit::Bytes);
        meter.check()
    };
    match copy_one(source, target, &AtomicBool::new(true), &progress) {
        Ok((bytes, new)) => {
            let new_bytes = if new { bytes } else { 0 };
            Ok(CopyCost { files: 1, bytes, new_bytes, ..CopyCost::default() })
        }
        Err(Failure::Gone) => Err(Error::not_found("file", source.display())),
        Err(Failure::Real(error)) => Err(*error),
    }
}

/// The bytes copied, and whether they take new space. `progress` hears of each chunk.
fn copy_one(
    source: &Path,
    target: &Path,
    shares: &AtomicBool,
    progress: &dyn Fn(u64) -> Result<()>,
) -> Result<(u64, bool), Failure> {
    let opened = File::open(source).and_then(|file| Ok((file.metadata()?, file)));
    let (known, file) = match opened {
        Err(error) if is_gone(&error) => return Err(Failure::Gone),
        opened => opened.doing(|| format!("read `{}`", source.display()))?,
    };
    if known.len() > 0 && shares.load(Relaxed) {
        if share::clone(&file, target, &known) {
            progress(known.len())?;
            return Ok((known.len(), false));
        }
        shares.store(false, Relaxed);
    }
    let copy = create(target, &known).map_err(|error| disk_full(error, target))?;
    let bytes = copy_bytes(&file, &copy, source, target, progress)?;
    keep(&copy, &known).doing(|| format!("set mode and time of `{}`", target.display()))?;
    Ok((bytes, true))
}

fn copy_bytes(
    mut file: &File,
    mut copy: &File,
    source: &Path,
    target: &Path,
    progress: &dyn Fn(u64) -> Result<()>,
) -> Result<u64> {
    let mut bytes = 0;
    loop {
        // The standard library lets the kernel copy between two files.
        let chunk = io::copy(&mut Read::take(&mut file, CHUNK), &mut copy).map_err(|error| {
            disk_full(error, target).because(Error::failed(format!("copy `{}`", source.display())))
        })?;
        bytes += chunk;
        progress(chunk)?;
        if chunk < CHUNK {
            copy.flush().map_err(|error| disk_full(error, target))?;
            return Ok(bytes);
        }
    }
}

/// "cannot write {path}", with how much is free where the disk is full.
pub(in crate::content) fn disk_full(error: io::Error, path: &Path) -> Error {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let failed = Error::failed(format!("write `{}`", path.display())).because(error);
    if !full {
        return failed;
    }
    let free = super::free_bytes(path).unwrap_or(0);
    failed.hint(format!("The disk is full: {} MB are free. Make room and try again.", free >> 20))
}

fn create(target: &Path, known: &Metadata) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        // Never wider than the original, not even while it is being written.
        options.mode(known.permissions().mode() & 0o777);
    }
    #[cfg(not(unix))]
    let _ = known;
    options.open(target)
}

fn keep(copy: &File, known: &Metadata) -> io::Result<()> {
    copy.set_times(FileTimes::new().set_modified(known.modified()?))?;
    copy.set_permissions(known.permissions())
}

#[cfg(unix)]
fn keep_folder(target: &Path, known: &Metadata) -> io::Result<()> {
    let folder = File::open(target)?;
    folder.set_times(FileTimes::new().set_modified(known.modified()?))?;
    folder.set_permissions(known.permissions())
}

/// Windows opens no folder as a file, and its folders have no modes.
#[cfg(windows)]
fn keep_folder(_target: &Path, _known: &Metadata) -> io::Result<()> {
    Ok(())
}

fn copy_link(source: &Path, target: &Path) -> io::Result<()> {
    let points_to = fs::read_link(source)?;
    #[cfg(unix)]
    return std::os::unix::fs::symlink(points_to, target);
    #[cfg(windows)]
    if fs::metadata(source).is_ok_and(|known| known.is_dir()) {
        std::os::windows::fs::symlink_dir(points_to, target)
    } else {
        std::os::windows::fs::symlink_file(points_to, target)
    }
}

/// Whether a copy of `source` on the disk of `scratch` shares its blocks. Nothing is left of the copy.
fn is_shared(source: &Path, scratch: &Path) -> Result<bool> {
    let folder = fs::create_dir_all(scratch)
        .and_then(|()| tempfile::tempdir_in(scratch))
        .doing(|| format!("write to `{}`", scratch.display()))?;
    let opened = File::open(source).and_then(|file| Ok((file.metadata()?, file)));
    // One that vanished meanwhile or can't be read is the copy's own affair.
    Ok(opened.is_ok_and(|(known, file)| share::clone(&file, &folder.path().join("copy"), &known)))
}

/// Files that share their blocks until one of them is changed. Asked of the disk directly, because
/// `std::fs::copy`, which does it too, does not tell whether it happened.
#[cfg(target_os = "linux")]
mod share {
    use std::{fs, fs::File, fs::Metadata, path::Path};

    /// Whether `target` now exists and shares the blocks of `source`.
    pub(super) fn clone(source: &File, target: &Path, known: &Metadata) -> bool {
        let Ok(copy) = super::create(target, known) else { return false };
        let shared =
            rustix::fs::ioctl_ficlone(&copy, source).is_ok() && super::keep(&copy, known).is_ok();
        if !shared {
            fs::remove_file(target).ok();
        }
        shared
    }
}

#[cfg(target_os = "macos")]
mod share {
    use std::{fs, fs::File, fs::Metadata, path::Path};

    /// Whether `target` now exists and shares the blocks of `source`.
    pub(super) fn clone(source: &File, target: &Path, known: &Metadata) -> bool {
        use rustix::fs::{CWD, CloneFlags, fclonefileat};
        let shared = fclonefileat(source, CWD, target, CloneFlags::empty()).is_ok();
        // The clone has mode and time already; a read-only one could not be opened to set them.
        debug_assert!(!shared || fs::metadata(target).is_ok_and(|copy| copy.len() == known.len()));
        shared
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod share {
    use std::{fs::File, fs::Metadata, path::Path};

    pub(super) fn clone(_source: &File, _target: &Path, _known: &Metadata) -> bool {
        false
    }
}
