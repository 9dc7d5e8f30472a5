//! What is inside an archive or a folder, by name: as much of it as can be seen before a moment.
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, BufReader, Read},
    path::Path,
    time::Instant,
};

use zip::ZipArchive;

use crate::error::{Doing, Result};

/// No list is longer: who looks needs no more to tell what it is.
const LONGEST: usize = 200_000;

/// What is inside an archive or a folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// How it is packed, from the outside in: `gzip`, `tar`; empty for a folder.
    pub packed: Vec<&'static str>,
    /// Files, as far as they were seen.
    pub files: Vec<Listed>,
    /// Whether these are all.
    pub is_complete: bool,
    /// Whether the list may be longer than a look needs.
    is_unlimited: bool,
}

/// A file inside.
#[derive(Debug)]
pub struct Listed {
    /// Its path with `/` between folders; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Its bytes, unpacked.
    pub bytes: u64,
}

/// Lists what is inside an archive or a folder until `until`; none for a file that is no archive. What is damaged
/// ends the list: whoever unpacks it meets that again and tells it.
pub fn list(path: &Path, until: Instant) -> Result<Option<Listing>> {
    let doing = || format!("read `{}`", path.display());
    if path.is_dir() {
        return list_folder(path, until).doing(doing).map(Some);
    }
    let mut first = Vec::new();
    File::open(path).doing(doing)?.take(8).read_to_end(&mut first).doing(doing)?;
    if first.starts_with(b"PK") {
        return list_zip(path, until).doing(doing).map(Some);
    }
    list_tar(path, &first, until).doing(doing)
}

/// Every file below a folder, however many.
pub fn all(folder: &Path) -> Result<Vec<Listed>> {
    let mut listing = Listing { is_unlimited: true, ..Listing::default() };
    let doing = || format!("read `{}`", folder.display());
    walk(folder, None, &mut listing).doing(doing)?;
    Ok(listing.files)
}

/// How a file is packed, by its first bytes; `zip` counts.
pub fn packing(first: &[u8]) -> Option<&'static str> {
    match first {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [b'B', b'Z', b'h', ..] => Some("bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [b'P', b'K', ..] => Some("zip"),
        _ => None,
    }
}

/// Names that macOS adds by itself are no files of the person's.
fn is_noise(path: &str) -> bool {
    path.split('/').any(|part| part == "__MACOSX" || part == ".DS_Store" || part.starts_with("._"))
}

impl Listing {
    /// Adds a file; false when the list is full.
    fn add(&mut self, path: &str, bytes: u64) -> bool {
        let path = path.replace('\\', "/");
        let path = path.trim_start_matches("./").trim_start_matches('/');
        if !is_noise(path) {
            self.files.push(Listed { path: path.to_owned(), bytes });
        }
        self.is_unlimited || self.files.len() < LONGEST
    }
}

fn list_folder(root: &Path, until: Instant) -> io::Result<Listing> {
    let mut listing = Listing::default();
    walk(root, Some(until), &mut listing)?;
    Ok(listing)
}

fn walk(root: &Path, until: Option<Instant>, listing: &mut Listing) -> io::Result<()> {
    let mut waiting = VecDeque::from([root.to_path_buf()]);
    // Breadth first: what tells a system stands near the root.
    while let Some(folder) = waiting.pop_front() {
        if until.is_some_and(|until| Instant::now() > until) {
            return Ok(());
        }
        let entries = match fs::read_dir(&folder) {
            Err(error) if folder != root && error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if entry.file_name() != ".git" {
                    waiting.push_back(entry.path());
                }
                continue;
            }
            let path = entry.path();
            let bytes = entry.metadata().map_or(0, |known| known.len());
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            if kind.is_file() && !listing.add(&relative, bytes) {
                return Ok(());
            }
        }
    }
    listing.is_complete = true;
    Ok(())
}

fn list_zip(path: &Path, until: Instant) -> io::Result<Listing> {
    let mut listing = Listing { packed: vec!["zip"], ..Listing::default() };
    let mut zip = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
    for index in 0..zip.len() {
        if Instant::now() > until {
            return Ok(listing);
        }
        let entry = zip.by_index_raw(index).map_err(io::Error::other)?;
        let name = entry.name().map_err(io::Error::other)?.into_owned();
        if entry.is_file() && !listing.add(&name, entry.size()) {
            return Ok(listing);
        }
    }
    listing.is_complete = true;
    Ok(listing)
}

/// None when it is no tar.
fn list_tar(path: &Path, first: &[u8], until: Instant) -> io::Result<Option<Listing>> {
    let file = BufReader::with_capacity(1 << 17, File::open(path)?);
    let mut packed: Vec<&'static str> = packing(first).into_iter().collect();
    let input: Box<dyn Read> = match packed.first() {
        Some(&"gzip") => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        Some(&"bzip2") => Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
        Some(&"xz") => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(file)),
        Some(&"zstd") => Box::new(zstd::Decoder::with_buffer(file)?),
        _ => Box::new(file),
    };
    let mut input = Until { input, until };
    let mut header = Vec::new();
    if Read::take(&mut input, 512).read_to_end(&mut header).is_err()
        || !super::archive::is_tar_header(&header)
    {
        return Ok(None);
    }
    packed.push("tar");
    let mut listing = Listing { packed, ..Listing::default() };
    let mut tar = tar::Archive::new(io::Cursor::new(header).chain(input));
    for entry in tar.entries()? {
        let Ok(entry) = entry else { return Ok(Some(listing)) };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type().is_file() && !listing.add(&name, entry.size()) {
            return Ok(Some(listing));
        }
    }
    listing.is_complete = true;
    Ok(Some(listing))
}

/// Reads until a moment, and fails afterwards.
pub(super) struct Until<R> {
    pub(super) input: R,
    pub(super) until: Instant,
}

impl<R: Read> Read for Until<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() > self.until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.input.read(buffer)
    }
}
