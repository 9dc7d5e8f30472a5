//! What is inside an archive or a folder, by name: as much of it as can be seen before a moment.
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, BufReader, Read},
    path::Path,
    time::Instant,
};

use zip::{CompressionMethod, ZipArchive, read::ZipFile};

use super::{
    archive::{
        self,
        wpress::{self, Headers, Next, Packing},
    },
    dump::{self, Member, Place},
    gzip::Gzip,
    recognise::head::{self, Head, SqlHead},
};
use crate::error::{Doing, Result};

/// No list is longer: who looks needs no more to tell what it is.
const LONGEST: usize = 200_000;
/// No more files are looked into: there are not so many whose names say nothing.
const MOST_LOOKED_INTO: usize = 3_000;
/// A text that tells about the archive it is in is no longer.
const LONGEST_TEXT: u64 = 256 << 10;

/// What is inside an archive or a folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// How it is packed, from the outside in: `gzip`, `tar`; empty for a folder.
    pub packed: Vec<&'static str>,
    /// Files, as far as they were seen.
    pub files: Vec<Listed>,
    /// Whether these are all.
    pub is_complete: bool,
    /// How many files were passed over that macOS makes by itself.
    pub noise: u64,
    /// What is neither file nor folder: links, pipes, devices.
    pub odd: Vec<String>,
    /// Where it is damaged or cut short, as far as a list meets that.
    pub damage: Option<String>,
    looked_into: usize,
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
    /// What its first bytes say.
    pub head: Head,
    /// What it says, where that is about the archive.
    pub text: Option<String>,
    /// Where its bytes are.
    pub place: Place,
}

/// Lists what is inside an archive or a folder until `until`; none for a file that is no archive. What is damaged
/// ends the list: whoever unpacks it meets that again and tells it.
pub fn list(path: &Path, until: Instant) -> Result<Option<Listing>> {
    let doing = || format!("read `{}`", path.display());
    if path.is_dir() {
        return list_folder(path, until).doing(doing).map(Some);
    }
    if let Some(packed) = archive::zip_kind(path).doing(doing)? {
        return list_zip(path, packed, until).doing(doing).map(Some);
    }
    let mut first = Vec::new();
    let most = wpress::HEADER as u64;
    File::open(path).doing(doing)?.take(most).read_to_end(&mut first).doing(doing)?;
    if wpress::is_header(&first) {
        return list_wpress(path, until).doing(doing).map(Some);
    }
    list_tar(path, &first, until).doing(doing)
}

/// Every file below a folder, however many.
pub fn all(folder: &Path) -> Result<Listing> {
    let mut listing = Listing { is_unlimited: true, ..Listing::default() };
    let doing = || format!("read `{}`", folder.display());
    walk(folder, None, &mut listing).doing(doing)?;
    Ok(listing)
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

impl Listing {
    /// Adds a file; false when the list is full. What has to be seen is read.
    fn add(
        &mut self,
        name: &str,
        bytes: u64,
        place: Place,
        content: Option<&mut dyn Read>,
    ) -> bool {
        let path = archive::plain_name(name);
        if archive::is_noise(&path) {
            self.noise += 1;
            return true;
        }
        let mut file = Listed { path, bytes, head: Head::Unseen, text: None, place };
        // What can't be read is told by whoever needs it.
        if let Some(content) = content.filter(|_| self.looked_into < MOST_LOOKED_INTO) {
            self.looked_into += 1;
            let is_text = head::tells_about_others(&file.path) && bytes <= LONGEST_TEXT;
            let most = if is_text { LONGEST_TEXT } else { head::HEAD_LIMIT as u64 };
            let mut first = Vec::new();
            drop(content.take(most).read_to_end(&mut first));
            file.head = head::of(&first);
            file.text = is_text.then(|| String::from_utf8_lossy(&first).into_owned());
        }
        self.files.push(file);
        self.is_unlimited || self.files.len() < LONGEST
    }
}

/// Whether a file has to be opened to know what it is.
fn is_to_be_opened(path: &str) -> bool {
    head::is_to_be_seen(path) || head::tells_about_others(path)
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
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            if !kind.is_file() {
                listing.odd.push(archive::plain_name(&relative));
                continue;
            }
            let bytes = entry.metadata().map_or(0, |known| known.len());
            let mut content = is_to_be_opened(&relative).then(|| File::open(&path).ok()).flatten();
            let content = content.as_mut().map(|file| file as &mut dyn Read);
            if !listing.add(&relative, bytes, Place::File(path), content) {
                return Ok(());
            }
        }
    }
    listing.is_complete = true;
    Ok(())
}

fn list_zip(path: &Path, packed: &'static str, until: Instant) -> io::Result<Listing> {
    let mut listing = Listing { packed: vec![packed], ..Listing::default() };
    let mut zip = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
    for index in 0..zip.len() {
        if Instant::now() > until {
            return Ok(listing);
        }
        let (name, bytes, place) = {
            let entry = zip.by_index_raw(index).map_err(io::Error::other)?;
            let name = archive::zip_name(&entry).map_err(io::Error::other)?.into_owned();
            if !entry.is_file() || name.ends_with('/') {
                continue;
            }
            if entry.is_symlink() {
                listing.odd.push(archive::plain_name(&name));
                continue;
            }
            (name, entry.size(), zip_place(path, &entry)?)
        };
        let is_opened = is_to_be_opened(&name);
        let is_usual = is_usual(&place);
        let mut content = (is_opened && is_usual).then(|| zip.by_index(index).ok()).flatten();
        if is_opened && !is_usual {
            let member = Member { name: name.clone(), place: place.clone(), bytes };
            let mut content = dump::open_member(&member).ok();
            let content = content.as_mut().map(|(it, ..)| it as &mut dyn Read);
            let is_seen = content.is_some();
            let goes_on = listing.add(&name, bytes, place, content);
            if let Some(file) = listing.files.last_mut().filter(|_| !is_seen && is_sql(&name)) {
                // Whoever reads it tells why it can't.
                file.head = Head::Sql(SqlHead::default());
            }
            if goes_on {
                continue;
            }
            return Ok(listing);
        }
        let content = content.as_mut().map(|entry| entry as &mut dyn Read);
        if !listing.add(&name, bytes, place, content) {
            return Ok(listing);
        }
    }
    listing.is_complete = true;
    Ok(listing)
}

/// Whether the zip library reads an entry: what is encrypted it does not, and some methods it leaves to us.
fn is_usual(place: &Place) -> bool {
    let usual = [CompressionMethod::Stored, CompressionMethod::Deflated];
    matches!(place, Place::Zip { method, is_encrypted: false, .. } if usual.contains(method))
}

fn is_sql(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".sql") || name.ends_with(".sql.gz")
}

fn zip_place<R: Read>(path: &Path, entry: &ZipFile<'_, R>) -> io::Result<Place> {
    let at = entry.data_start().ok_or_else(|| io::Error::other("an entry without a place"))?;
    Ok(Place::Zip {
        archive: path.to_owned(),
        at,
        packed: entry.compressed_size(),
        bytes: entry.size(),
        crc: entry.crc32(),
        method: entry.compression(),
        is_encrypted: entry.encrypted(),
    })
}

/// None when it is no tar.
fn list_tar(path: &Path, first: &[u8], until: Instant) -> io::Result<Option<Listing>> {
    let file = BufReader::with_capacity(1 << 17, File::open(path)?);
    let mut packed: Vec<&'static str> = packing(first).into_iter().collect();
    let input: Box<dyn Read> = match packed.first() {
        Some(&"gzip") => Box::new(Gzip::new(file)),
        Some(&"bzip2") => Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
        Some(&"xz") => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(file)),
        Some(&"zstd") => Box::new(zstd::Decoder::with_buffer(file)?),
        _ => Box::new(file),
    };
    let mut input = Until { input, until };
    let mut header = Vec::new();
    if Read::take(&mut input, 512).read_to_end(&mut header).is_err()
        || !archive::is_tar_header(&header)
    {
        return Ok(None);
    }
    packed.push("tar");
    let mut listing = Listing { packed, ..Listing::default() };
    let mut tar = tar::Archive::new(io::Cursor::new(header).chain(input));
    for entry in tar.entries()? {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                if error.kind() != io::ErrorKind::TimedOut {
                    listing.damage = Some(damaged_after(listing.files.last()));
                }
                return Ok(Some(listing));
            }
        };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            if !kind.is_dir() && !kind.is_pax_global_extensions() {
                listing.odd.push(archive::plain_name(&name));
            }
            continue;
        }
        let bytes = entry.size();
        let at = entry.raw_file_position();
        let place = Place::Tar { archive: path.to_owned(), at, bytes };
        let is_opened = is_to_be_opened(&name);
        let content = is_opened.then_some(&mut entry as &mut dyn Read);
        if !listing.add(&name, bytes, place, content) {
            return Ok(Some(listing));
        }
    }
    listing.is_complete = true;
    Ok(Some(listing))
}

/// Where a list ends that is not whole.
fn damaged_after(last: Option<&Listed>) -> String {
    match last {
        Some(last) => format!("the archive is damaged or cut short after `{}`", last.path),
        None => "the archive is damaged or cut short at its start".to_owned(),
    }
}

fn list_wpress(path: &Path, until: Instant) -> io::Result<Listing> {
    let mut listing = Listing { packed: vec!["wpress"], ..Listing::default() };
    let mut headers = Headers::new(BufReader::new(File::open(path)?));
    // None where nothing can be looked into.
    let mut packing = Some(Packing::default());
    while Instant::now() < until {
        let (entry, at) = match headers.next() {
            Ok(Next::File(entry, at)) => (entry, at),
            Ok(Next::End) => {
                listing.is_complete = true;
                return Ok(listing);
            }
            Err(error) => {
                listing.damage = Some(error.message);
                return Ok(listing);
            }
        };
        let (name, is_package) = (entry.shown(), wpress::is_package(&entry));
        let packed = if is_package { Packing::Plain } else { packing.unwrap_or_default() };
        let place = Place::Wpress {
            archive: path.to_owned(),
            at,
            stored: entry.bytes,
            packed,
            crc: entry.crc,
        };
        let stored = Read::take(&mut headers.input, entry.bytes);
        let mut content = (is_package || (packing.is_some() && is_to_be_opened(&name)))
            .then(|| wpress::content(stored, packed, (None, None)));
        let seen = content.as_mut().map(|it| it as &mut dyn Read);
        let goes_on = listing.add(&name, entry.bytes, place, seen);
        drop(content);
        if !goes_on {
            return Ok(listing);
        }
        if is_package {
            let text = listing.files.last().and_then(|it| it.text.as_deref()).unwrap_or_default();
            packing = wpress::packing(text.as_bytes()).ok();
        }
        headers.pass()?;
    }
    Ok(listing)
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
