//! `.wpress`, as All-in-One WP Migration makes it: a header before each file's bytes, and one without a name at the end.
//!
//! A header is 4377 bytes, each field padded with NUL: the name (255), the bytes (14) and the time (12) in decimal digits,
//! and the folder. In the first form the folder has the 4096 bytes that are left; in the second 4088, and the CRC-32 of
//! the content follows in eight hexadecimal digits. The last header is NUL alone in the first form; in the second it tells
//! the bytes before it and their CRC-32. Paths are relative to `wp-content`, except for a few files of its own at the top
//! (`lib/vendor/servmask/archiver` of the plugin, 7.97).
use std::{
    io::{self, BufReader, Cursor, Read, Seek, SeekFrom},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use flate2::{Crc, CrcReader};

use super::{
    Counted, is_noise,
    place::{About, Place},
    tar::as_path,
};
use crate::error::{Code, Doing, Error, Result};

/// The bytes of a header.
pub(in crate::content) const HEADER: usize = 4377;
/// What the archive tells about itself; it comes first, and is never packed.
const PACKAGE: &str = "package.json";
/// It is no longer.
const LONGEST_PACKAGE: u64 = 16 << 20;
/// A packed piece is of 512,000 bytes, which grow by little where they can't be made smaller.
const LONGEST_CHUNK: u64 = 8 << 20;

/// How contents are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    #[default]
    Plain,
    /// In pieces, each by zlib.
    Zlib,
    /// In pieces, each by bzip2.
    Bzip2,
}

/// A file in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::content) struct Entry {
    /// Folder and name.
    pub(in crate::content) path: Vec<u8>,
    /// Its bytes in the archive.
    pub(in crate::content) bytes: u64,
    /// The checksum of its content, where there is one.
    pub(in crate::content) crc: Option<u32>,
    modified: Option<SystemTime>,
}

impl Entry {
    pub(in crate::content) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }
}

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
enum Header {
    File(Entry),
    /// The end, with the bytes before it and their checksum in the second form.
    End(Option<(u64, u32)>),
    /// It is none.
    Other,
}

/// Whether the first bytes of a file are a header of one.
pub(in crate::content) fn is_header(first: &[u8]) -> bool {
    first.get(..HEADER).is_some_and(|block| matches!(header(block), Header::File(_)))
}

fn header(block: &[u8]) -> Header {
    let field = |from: usize, to: usize| padded(&block[from..to]);
    let crc = hex(&block[4369..HEADER]);
    let folder = match crc {
        Some(_) => field(281, 4369),
        None => field(281, HEADER),
    };
    let (Some(name), Some(bytes), Some(time), Some(folder)) =
        (field(0, 255), field(255, 269), field(269, 281), folder)
    else {
        return Header::Other;
    };
    if name.is_empty() {
        let told = number(bytes).zip(crc);
        let is_end = time.is_empty() && folder.is_empty() && (bytes.is_empty() || told.is_some());
        return if is_end { Header::End(told) } else { Header::Other };
    }
    let Some(bytes) = number(bytes).filter(|_| !folder.is_empty()) else { return Header::Other };
    let is_text = |text: &[u8]| !text.iter().any(u8::is_ascii_control);
    let (true, true, Some(since)) = (is_text(name), is_text(folder), number(time)) else {
        return Header::Other;
    };
    let modified = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(since));
    Header::File(Entry { path: path(folder, name), bytes, crc, modified })
}

fn path(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut folder = folder.to_vec();
    // Some exports from Windows have its own separator.
    if !folder.contains(&b'/') {
        folder.iter_mut().filter(|it| **it == b'\\').for_each(|it| *it = b'/');
    }
    match &folder[..] {
        b"." => name.to_vec(),
        folder => [folder, b"/", name].concat(),
    }
}

/// A field without the NULs that fill it; none where something else stands behind the first.
fn padded(field: &[u8]) -> Option<&[u8]> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    field[end..].iter().all(|byte| *byte == 0).then_some(&field[..end])
}

fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

fn hex(digits: &[u8]) -> Option<u32> {
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    is_hex.then(|| u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()).flatten()
}

/// What comes next in an archive.
pub(in crate::content) enum Next {
    /// A file, and where its bytes begin. They come next.
    File(Entry, u64),
    /// The end.
    End,
}

/// Goes from header to header.
pub(in crate::content) struct Headers<R> {
    pub(in crate::content) input: R,
    /// Where the next header begins.
    at: u64,
    /// The last file that was met.
    last: Option<String>,
    /// What was read until now has this checksum, for whoever reads all of it.
    crc: Option<Crc>,
}

impl<R: Read> Headers<R> {
    pub(in crate::content) fn new(input: R) -> Self {
        Self { input, at: 0, last: None, crc: None }
    }

    /// Reads a header.
    ///
    /// # Errors
    /// Where the archive is cut or damaged, by the file before that.
    pub(in crate::content) fn next(&mut self) -> Result<Next> {
        let mut block = vec![0; HEADER];
        self.input.read_exact(&mut block).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("its end mark is missing"),
            _ => self.damaged(&error.to_string()),
        })?;
        let begin = self.at + HEADER as u64;
        let read = match header(&block) {
            Header::Other => Err(self.damaged("what stands there is no file's header")),
            Header::End(Some((bytes, _))) if bytes != self.at => {
                let at = self.at;
                Err(self.damaged(&format!("it has {at} of {bytes} bytes before its end")))
            }
            Header::End(Some((_, crc))) if self.crc.as_ref().is_some_and(|it| it.sum() != crc) => {
                Err(self.damaged("its checksum is wrong"))
            }
            Header::End(_) => Ok(Next::End),
            Header::File(entry) => {
                self.last = Some(entry.shown());
                self.at = begin.saturating_add(entry.bytes);
                Ok(Next::File(entry, begin))
            }
        };
        if let Some(crc) = &mut self.crc {
            crc.update(&block);
        }
        read
    }

    /// "it is damaged or cut short after `uploads/a.jpg`"
    fn damaged(&self, cause: &str) -> Error {
        let place = match &self.last {
            Some(name) => format!("after `{name}`"),
            None => "at its start".to_owned(),
        };
        Error::new(Code::Failed, format!("the archive is damaged or cut short {place}"))
            .because(cause)
            .hint("Download or copy the archive again.")
    }
}

impl<R: Read + Seek> Headers<R> {
    /// Goes to the next header, past the present file's bytes.
    pub(in crate::content) fn pass(&mut self) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(self.at)).map(drop)
    }
}

/// How the contents are packed, by `package.json`.
///
/// # Errors
/// Refused where they are encrypted.
pub(in crate::content) fn packing(package: &[u8]) -> Result<Packing> {
    let package: serde_json::Value = serde_json::from_slice(package).unwrap_or_default();
    if is_true(&package["Encrypted"]) || package["EncryptedSignature"].is_string() {
        return Err(Error::refused("the archive can't be read").because(ENCRYPTED).hint(DECRYPT));
    }
    let compression = &package["Compression"];
    Ok(match compression["Type"].as_str() {
        _ if !is_true(&compression["Enabled"]) => Packing::Plain,
        Some("bzip2") => Packing::Bzip2,
        _ => Packing::Zlib,
    })
}

/// Why an archive with a password can't be read.
pub(in crate::content) const ENCRYPTED: &str = "it is encrypted with a password";
/// The way to one without.
pub(in crate::content) const DECRYPT: &str = "Export it again in All-in-One WP Migration without `Encrypt this backup with a password`, or restore it there first.";

fn is_true(value: &serde_json::Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// A file's content, unpacked and checked as it is read. Of one that ends too early, whoever knows its length tells that.
pub(in crate::content) fn content<'a>(
    stored: impl Read + 'a,
    packing: Packing,
    (bytes, crc): (Option<u64>, Option<u32>),
) -> Box<dyn Read + 'a> {
    let unpacked: Box<dyn Read + 'a> = match packing {
        Packing::Plain => Box::new(stored),
        _ => Box::new(Chunks { stored, packing, chunk: Cursor::default() }),
    };
    match crc {
        Some(expected) => {
            let content = CrcReader::new(unpacked);
            Box::new(Checked { content, expected, left: bytes.unwrap_or(0) })
        }
        None => unpacked,
    }
}

/// Pieces, each packed by itself behind its length in four bytes.
struct Chunks<R> {
    stored: R,
    packing: Packing,
    chunk: Cursor<Vec<u8>>,
}

impl<R: Read> Chunks<R> {
    /// Unpacks the next piece; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        let mut length = [0; 4];
        let first = self.stored.read(&mut length)?;
        if first == 0 {
            return Ok(false);
        }
        self.stored.read_exact(&mut length[first..])?;
        let length = u64::from(u32::from_be_bytes(length));
        if length > LONGEST_CHUNK {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a piece of it is too long"));
        }
        let mut packed = Vec::new();
        Read::take(&mut self.stored, length).read_to_end(&mut packed)?;
        if packed.len() as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let packed = Cursor::new(packed);
        let mut plain: Box<dyn Read> = match self.packing {
            Packing::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(packed)),
            _ => Box::new(flate2::bufread::ZlibDecoder::new(packed)),
        };
        let mut chunk = Vec::new();
        Read::take(&mut plain, LONGEST_CHUNK).read_to_end(&mut chunk)?;
        self.chunk = Cursor::new(chunk);
        Ok(true)
    }
}

impl<R: Read> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.chunk.read(buffer)?;
            if count > 0 || buffer.is_empty() || !self.advance()? {
                return Ok(count);
            }
        }
    }
}

/// Fails at the end where the checksum is another.
struct Checked<R> {
    content: CrcReader<R>,
    expected: u32,
    /// The bytes that are to come, where their number is known.
    left: u64,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.left = self.left.saturating_sub(count as u64);
        let is_end = count == 0 && !buffer.is_empty() && self.left == 0;
        if is_end && self.content.crc().sum() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is wrong"));
        }
        Ok(count)
    }
}

/// Adds what is read to a checksum.
struct Summed<'a, R> {
    input: R,
    crc: &'a mut Crc,
}

impl<R: Read> Read for Summed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}

pub(super) fn unpack(stream: BufReader<Counted>, place: &mut Place<'_>) -> Result<()> {
    let mut headers = Headers { crc: Some(Crc::new()), ..Headers::new(stream) };
    let mut packing = Packing::default();
    while let Next::File(entry, _) = headers.next()? {
        place.tick()?;
        let mut whole = headers.crc.take().unwrap_or_default();
        let stored = Read::take(&mut headers.input, entry.bytes);
        let mut stored = Summed { input: stored, crc: &mut whole };
        if entry.path == PACKAGE.as_bytes() {
            let text = package(&mut stored, &entry)?;
            packing = self::packing(&text)?;
            unpack_entry(&entry, &mut &text[..], Packing::Plain, place)?;
        } else {
            unpack_entry(&entry, &mut stored, packing, place)?;
        }
        // What is left out is passed over.
        io::copy(&mut stored, &mut io::sink()).doing(|| format!("read `{}`", entry.shown()))?;
        headers.crc = Some(whole);
    }
    Ok(())
}

/// Reads what the archive tells about itself.
pub(in crate::content) fn package(stored: &mut dyn Read, entry: &Entry) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    stored
        .take(LONGEST_PACKAGE)
        .read_to_end(&mut text)
        .doing(|| format!("read `{}`", entry.shown()))?;
    Ok(text)
}

fn unpack_entry(
    entry: &Entry,
    stored: &mut dyn Read,
    packing: Packing,
    place: &mut Place<'_>,
) -> Result<()> {
    let inside: PathBuf = Place::inside(&as_path(&entry.path)?)?;
    if is_noise(&inside.to_string_lossy()) {
        return Ok(());
    }
    if inside.as_os_str().is_empty() {
        let shown = entry.shown();
        return Err(Error::refused(format!("the archive's entry `{shown}` has no usable name")));
    }
    let bytes = (packing == Packing::Plain).then_some(entry.bytes);
    let about = About { bytes, executable: false, modified: entry.modified };
    place.file(&inside, about, &mut content(stored, packing, (bytes, entry.crc)))
}

/// Whether a file of an archive is the one that tells about it.
pub(in crate::content) fn is_package(entry: &Entry) -> bool {
    entry.path == PACKAGE.as_bytes()
}
