//! Where an archive is unpacked to: nothing gets out of it, nothing overfills the disk.
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    time::SystemTime,
};

use crate::{
    content::files::disk_full,
    error::{Doing, Error, Result},
    progress::Meter,
    room::{RESERVE, Room},
};

/// How much is written between two looks at the meter.
const CHUNK: usize = 256 << 10;

/// The folder that an archive is unpacked into.
///
/// Links are made last, after every file: so no entry can be written through a link of the archive.
pub(super) struct Place<'a> {
    into: &'a Path,
    pub(super) meter: Meter<'a>,
    /// Bytes of the archive read, and its size.
    pub(super) progress: Option<(Arc<AtomicU64>, u64)>,
    links: BTreeMap<PathBuf, PathBuf>,
    room: Room,
    buffer: Vec<u8>,
}

/// What is known of a file.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// None where only its end tells.
    pub(super) bytes: Option<u64>,
    pub(super) executable: bool,
    pub(super) modified: Option<SystemTime>,
}

impl<'a> Place<'a> {
    pub(super) fn new(into: &'a Path, meter: Meter<'a>) -> Self {
        let (progress, links) = (None, BTreeMap::new());
        Self { into, meter, progress, links, room: Room::new(into), buffer: vec![0; CHUNK] }
    }

    /// The entry's path inside the folder: without `.`, and without the root of the disk that it was taken from; one that
    /// would leave the folder is refused. Empty for the folder itself.
    pub(super) fn inside(name: &Path) -> Result<PathBuf> {
        let mut inside = PathBuf::new();
        for part in name.components() {
            match part {
                Component::Normal(part) => inside.push(part),
                Component::CurDir | Component::RootDir => {}
                Component::ParentDir | Component::Prefix(_) => {
                    return Err(Error::refused(format!(
                        "the archive's entry `{}` leads out of the folder it is unpacked into",
                        name.display()
                    )));
                }
            }
        }
        Ok(inside)
    }

    pub(super) fn folder(&self, inside: &Path) -> Result<()> {
        let path = self.into.join(inside);
        fs::create_dir_all(&path).map_err(|error| disk_full(error, &path))
    }

    /// Writes a file; a later entry of the same name replaces the earlier one.
    pub(super) fn file(
        &mut self,
        inside: &Path,
        about: About,
        content: &mut dyn Read,
    ) -> Result<()> {
        if let Some(parent) = inside.parent() {
            self.folder(parent)?;
        }
        self.links.remove(inside);
        let path = self.into.join(inside);
        let mut file = create(&path, about).map_err(|error| disk_full(error, &path))?;
        if let Some(bytes) = about.bytes.filter(|bytes| *bytes > RESERVE) {
            // One that says to be too large is refused before anything of it is written.
            Room::new(self.into).take(bytes).map_err(|error| full(inside, error))?;
        }
        let mut written = 0;
        loop {
            let count = match content.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(cut(inside, error)),
                Ok(0) => break,
                Ok(count) => count,
            };
            written += count as u64;
            self.room.take(count as u64).map_err(|error| full(inside, error))?;
            file.write_all(&self.buffer[..count]).map_err(|error| disk_full(error, &path))?;
            self.tick()?;
        }
        if let Some(bytes) = about.bytes.filter(|bytes| written != *bytes) {
            let error = format!("{written} of {bytes} bytes are there");
            return Err(cut(inside, io::Error::new(io::ErrorKind::UnexpectedEof, error)));
        }
        if let Some(modified) = about.modified {
            file.set_modified(modified)
                .doing(|| format!("set the time of `{}`", path.display()))?;
        }
        Ok(())
    }

    /// Remembers a link, which is made at the end. Its target may climb, but only at its start and never
    /// out of the folder: then no chain of such links can lead out of it either. One that does is left out and told.
    pub(super) fn link(&mut self, inside: &Path, target: &Path) -> Result<()> {
        let depth = inside.components().count().saturating_sub(1);
        let climbs = target.components().take_while(|part| *part == Component::ParentDir).count();
        let descends = target
            .components()
            .skip(climbs)
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if climbs > depth || !descends || target.as_os_str().is_empty() {
            self.meter.line(format!(
                "left out: the link `{}` to `{}`, which may lead out of the archive",
                inside.display(),
                target.display()
            ));
            return Ok(());
        }
        self.links.insert(inside.to_path_buf(), target.to_path_buf());
        Ok(())
    }

    /// A second name for a file that was unpacked before: a copy, so that the two stay apart later.
    pub(super) fn same_as(&mut self, inside: &Path, target: &Path) -> Result<()> {
        if let Some(points_to) = self.links.get(target).cloned() {
            return self.link(inside, &points_to);
        }
        let (from, to) = (self.into.join(target), self.into.join(inside));
        if !from.exists() {
            let (inside, target) = (inside.display(), target.display());
            self.meter.line(format!(
                "left out: `{inside}`, a second name of `{target}`, which is not in the archive"
            ));
            return Ok(());
        }
        if let Some(parent) = inside.parent() {
            self.folder(parent)?;
        }
        let bytes = fs::metadata(&from).map(|known| known.len()).unwrap_or(0);
        self.room.take(bytes).map_err(|error| full(inside, error))?;
        fs::copy(&from, &to).map(|_| ()).doing(|| {
            format!("unpack `{}`, a second name of `{}`", inside.display(), target.display())
        })
    }

    /// Makes the links.
    pub(super) fn finish(&mut self) -> Result<()> {
        for (inside, target) in &self.links {
            if let Some(parent) = inside.parent() {
                self.folder(parent)?;
            }
            symlink(target, &self.into.join(inside))
                .doing(|| format!("unpack the link `{}`", inside.display()))?;
        }
        self.tick()
    }
}

/// "cannot write {entry}": the disk has no room for it.
fn full(inside: &Path, error: io::Error) -> Error {
    Error::failed(format!("write `{}`", inside.display()))
        .because(error)
        .hint("The archive needs more room than the disk has. Make room and try again.")
}

/// "the archive is damaged or cut in the middle of {entry}".
fn cut(inside: &Path, error: io::Error) -> Error {
    Error::new(
        crate::error::Code::Failed,
        format!("the archive is damaged or cut short in the middle of `{}`", inside.display()),
    )
    .because(error)
    .hint("Download or copy the archive again.")
}

fn create(path: &Path, about: About) -> io::Result<File> {
    // Removed first, so that a read-only file of the same name is no obstacle.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        if about.executable { 0o755 } else { 0o644 },
    );
    #[cfg(not(unix))]
    let _ = about;
    options.open(path)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    let folder = link.parent().is_some_and(|parent| parent.join(target).is_dir());
    if folder {
        std::os::windows::fs::symlink_dir(target, link)
    } else {
        std::os::windows::fs::symlink_file(target, link)
    }
}
