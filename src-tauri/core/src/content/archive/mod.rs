//! Unpacks archives by their content, not their name.
#[cfg(test)]
mod fuzz;
mod place;
mod tar;
pub(super) mod wpress;
mod zip;

pub(super) use self::{
    tar::is_header as is_tar_header,
    zip::{kind as zip_kind, name_of as zip_name},
};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wpress_fuzz;
#[cfg(test)]
pub(super) mod wpress_tests;

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::gzip::Gzip;
use crate::{
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
};

/// Unpacks a tar (plain, gz, bz2, xz, zst), zip or wpress into the new folder `into`. An entry that would leave it
/// (`../`, an absolute path, a link out of it) is refused and names itself. Reports bytes of the archive.
///
/// Modification times and the executable bit are kept, other modes are not. Devices and pipes are refused.
/// An archive that is cut, damaged or larger than the disk is an error, after which nothing is left at `into`.
pub fn unpack(archive: &Path, into: &Path, meter: Meter<'_>) -> Result<()> {
    let doing = || format!("unpack `{}`", archive.display());
    let opened = open(archive).doing(doing)?;
    let Some(kind) = opened else {
        return Err(Error::refused(format!("`{}` is no archive", archive.display()))
            .hint("Archives are tar (plain, gz, bz2, xz, zst), zip and wpress."));
    };
    if let Some(parent) = into.parent() {
        fs::create_dir_all(parent).doing(|| format!("create `{}`", parent.display()))?;
    }
    fs::create_dir(into).doing(|| format!("create `{}`", into.display()))?;
    let mut place = place::Place::new(into, meter);
    let unpacked = match kind {
        Opened::Zip(file) => zip::unpack(file, &mut place),
        Opened::Tar { stream, read, size } => {
            place.progress = Some((read, size));
            tar::unpack(stream, &mut place)
        }
        Opened::Wpress { stream, read, size } => {
            place.progress = Some((read, size));
            wpress::unpack(stream, &mut place)
        }
    };
    unpacked.and_then(|()| place.finish()).doing(doing).inspect_err(|_| {
        // What could not be removed is reported by the next attempt to create `into`.
        fs::remove_dir_all(into).ok();
    })
}

/// Whether the file's first bytes are those of an archive that [`unpack`] can read.
pub fn is_archive(file: &Path) -> Result<bool> {
    Ok(open(file).doing(|| format!("read `{}`", file.display()))?.is_some())
}

/// The single folder that everything else is in, as archives of code often have; else `folder` itself.
/// What macOS adds by itself (`__MACOSX`, `.DS_Store`) does not count.
pub fn single_root(folder: &Path) -> Result<PathBuf> {
    let doing = || format!("read `{}`", folder.display());
    let mut only = None;
    for entry in fs::read_dir(folder).doing(doing)? {
        let entry = entry.doing(doing)?;
        let name = entry.file_name();
        if name == "__MACOSX" || name == ".DS_Store" || name.as_encoded_bytes().starts_with(b"._") {
            continue;
        }
        if only.is_some() || !entry.file_type().doing(doing)?.is_dir() {
            return Ok(folder.to_path_buf());
        }
        only = Some(entry.path());
    }
    Ok(only.unwrap_or_else(|| folder.to_path_buf()))
}

/// An entry's name as the place that it means below a folder: with `/` between folders, whatever system wrote it, and
/// without the root of the disk that it was taken from.
pub(super) fn plain_name(name: &str) -> String {
    let name = match name.contains('/') {
        true => name.to_owned(),
        false => name.replace('\\', "/"),
    };
    let mut rest = name.as_str();
    loop {
        let shorter = rest.trim_start_matches('/');
        let shorter = shorter.strip_prefix("./").unwrap_or(shorter);
        if shorter.len() == rest.len() {
            return rest.to_owned();
        }
        rest = shorter;
    }
}

/// Names that macOS adds by itself are no files of the person's.
pub(super) fn is_noise(path: &str) -> bool {
    path.split('/').any(|part| part == "__MACOSX" || part == ".DS_Store" || part.starts_with("._"))
}

/// An archive, by what its first bytes say.
enum Opened {
    Zip(File),
    Tar {
        /// The tar itself, whatever it was compressed with.
        stream: Box<dyn Read>,
        /// Bytes of the file read so far.
        read: Arc<AtomicU64>,
        size: u64,
    },
    Wpress {
        stream: BufReader<Counted>,
        /// Bytes of the file read so far.
        read: Arc<AtomicU64>,
        size: u64,
    },
}

/// None when the file is no archive.
fn open(path: &Path) -> io::Result<Option<Opened>> {
    if zip::kind(path)?.is_some() {
        return Ok(Some(Opened::Zip(File::open(path)?)));
    }
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut first = Vec::new();
    Read::take(&mut file, wpress::HEADER as u64).read_to_end(&mut first)?;
    file.rewind()?;
    let read = Arc::new(AtomicU64::new(0));
    let counted = BufReader::with_capacity(1 << 17, Counted { file, read: Arc::clone(&read) });
    if wpress::is_header(&first) {
        return Ok(Some(Opened::Wpress { stream: counted, read, size }));
    }
    let mut stream = decompress(&first, counted)?;
    let mut header = Vec::new();
    // A compressed file that is cut within its first 512 bytes is no tar either way.
    let enough = Read::take(&mut stream, 512).read_to_end(&mut header).is_ok();
    if !enough || !tar::is_header(&header) {
        return Ok(None);
    }
    let stream = Box::new(io::Cursor::new(header).chain(stream));
    Ok(Some(Opened::Tar { stream, read, size }))
}

fn decompress(first: &[u8], file: BufReader<Counted>) -> io::Result<Box<dyn Read>> {
    Ok(match first {
        [0x1f, 0x8b, ..] => Box::new(Gzip::new(file)),
        [b'B', b'Z', b'h', ..] => Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(file))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(file)?),
        _ => Box::new(file),
    })
}

/// A file that says how much of it was read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Relaxed);
        Ok(count)
    }
}

impl place::Place<'_> {
    /// Reports how much of the archive was read, and fails once the person wants to stop.
    fn tick(&self) -> Result<()> {
        if let Some((read, size)) = &self.progress {
            self.meter.progress(read.load(Relaxed), Some(*size), Unit::Bytes);
        }
        self.meter.check()
    }
}
