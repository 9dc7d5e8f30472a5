//! Opens whatever a person has: finds out what it is by its content, and unpacks it as it is read.
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use flate2::{Crc, read::DeflateDecoder};
use zip::{CompressionMethod, ZipArchive};

use super::super::archive;
use crate::{
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// SQL, packed or not.
    Sql,
    /// A SQLite database.
    Sqlite,
    /// An archive of files.
    Archive,
    /// A folder.
    Folder,
    /// None of these.
    Unknown,
}

/// A dump, unpacked as it is read.
pub struct Dump {
    pub(super) input: Box<dyn Read>,
    /// Bytes of the packed file that were read.
    pub(super) read: Arc<AtomicU64>,
    /// The packed file's bytes.
    pub(super) size: u64,
    /// The file, and what inside it: `backup.zip: acme.sql`.
    pub(super) name: String,
}

impl Dump {
    /// What another database writes at this moment.
    pub fn of(input: impl Read + 'static, name: &str) -> Self {
        let (read, size) = (Arc::default(), 0);
        Self { input: Box::new(input), read, size, name: name.to_owned() }
    }

    /// Writes what it holds, as it is, to `out`.
    pub fn copy_to(&mut self, out: &mut impl io::Write, meter: Meter<'_>) -> Result<()> {
        let doing = || format!("unpack `{}`", self.name);
        let mut buffer = vec![0; 256 << 10];
        loop {
            let count = self.input.read(&mut buffer).doing(doing)?;
            if count == 0 {
                return Ok(());
            }
            out.write_all(&buffer[..count]).doing(doing)?;
            meter.progress(self.read.load(Relaxed), Some(self.size), Unit::Bytes);
            meter.check()?;
        }
    }
}

/// Finds out what a file is by looking into it.
pub fn look(path: &Path) -> Result<Content> {
    if path.is_dir() {
        return Ok(Content::Folder);
    }
    let doing = || format!("read `{}`", path.display());
    let mut first = Vec::new();
    File::open(path).doing(doing)?.take(16).read_to_end(&mut first).doing(doing)?;
    if is_sqlite(&first) {
        return Ok(Content::Sqlite);
    }
    if archive::is_archive(path)? {
        let holds_sql = member(path).doing(doing)?.is_some();
        return Ok(if holds_sql { Content::Sql } else { Content::Archive });
    }
    let mut dump = open_plain(path).doing(doing)?;
    let mut head = Vec::new();
    // What can't be unpacked at all is no SQL; what is cut later is found when it is read.
    let read = Read::take(&mut dump.input, 64 << 10).read_to_end(&mut head);
    if head.is_empty() && read.is_err() {
        return Ok(Content::Unknown);
    }
    Ok(match is_sqlite(&head) {
        true => Content::Sqlite,
        false if looks_like_sql(&head) => Content::Sql,
        false => Content::Unknown,
    })
}

/// Opens a dump: plain, gz, bz2, xz or zst, or the first `.sql` inside a zip or tar. UTF-16 becomes UTF-8.
pub fn open(path: &Path) -> Result<Dump> {
    let doing = || format!("read `{}`", path.display());
    let shown = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    if !archive::is_archive(path)? {
        return open_plain(path).doing(doing);
    }
    let Some(member) = member(path).doing(doing)? else {
        return Err(Error::refused(format!("`{shown}` holds no file whose name ends in .sql")));
    };
    let (input, read, size) = open_member(path, &member).doing(doing)?;
    Ok(Dump {
        input: as_text(input).doing(doing)?,
        read,
        size,
        name: format!("{shown}: {}", member.name),
    })
}

fn open_plain(path: &Path) -> io::Result<Dump> {
    let (file, read, size) = counted(path, 0)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Dump { input: as_text(unpacked(file)?)?, read, size, name })
}

type Buffered = BufReader<Box<dyn Read>>;

fn counted(path: &Path, at: u64) -> io::Result<(Buffered, Arc<AtomicU64>, u64)> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(at))?;
    let read = Arc::new(AtomicU64::new(at));
    let counted = Counted { file, read: Arc::clone(&read) };
    Ok((buffered(counted), read, size))
}

fn buffered(input: impl Read + 'static) -> Buffered {
    BufReader::with_capacity(1 << 17, Box::new(input))
}

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

/// By its first bytes. A stream inside a stream (`.sql.gz` in a `.tar.gz`) is unpacked too.
fn unpacked(mut input: Buffered) -> io::Result<Buffered> {
    for _ in 0..3 {
        input = match input.fill_buf()? {
            [0x1f, 0x8b, ..] => buffered(flate2::bufread::MultiGzDecoder::new(input)),
            [b'B', b'Z', b'h', ..] => buffered(bzip2::bufread::MultiBzDecoder::new(input)),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
                buffered(liblzma::bufread::XzDecoder::new_multi_decoder(input))
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => buffered(zstd::Decoder::with_buffer(input)?),
            _ => return Ok(input),
        };
    }
    Ok(input)
}

/// A file inside an archive.
struct Member {
    name: String,
    place: Place,
}

enum Place {
    /// Stored or deflated in a zip.
    Zip { at: u64, packed: u64, bytes: u64, crc: u32, is_deflated: bool },
    /// In a tar, which may be packed as a whole: where it begins in what comes out.
    Tar { at: u64, bytes: u64 },
}

/// The first file of an archive whose name is that of a dump.
fn member(path: &Path) -> io::Result<Option<Member>> {
    let mut first = [0; 2];
    let is_zip = File::open(path)?.read(&mut first)? == 2 && first == *b"PK";
    if is_zip {
        return zip_member(path);
    }
    let (file, ..) = counted(path, 0)?;
    let mut archive = tar::Archive::new(unpacked(file)?);
    for entry in archive.entries()? {
        // A tar that is cut before a dump was found is told when it is unpacked.
        let Ok(entry) = entry else { return Ok(None) };
        let name = entry.path()?.to_string_lossy().into_owned();
        if entry.header().entry_type().is_file() && is_dump_name(&name) {
            let place = Place::Tar { at: entry.raw_file_position(), bytes: entry.size() };
            return Ok(Some(Member { name, place }));
        }
    }
    Ok(None)
}

fn zip_member(path: &Path) -> io::Result<Option<Member>> {
    let mut zip = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(io::Error::other)?;
        let name = entry.name().map_err(io::Error::other)?.into_owned();
        if !entry.is_file() || !is_dump_name(&name) {
            continue;
        }
        let is_deflated = match entry.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => return Err(io::Error::other(format!("`{name}` is packed by {other}"))),
        };
        if entry.encrypted() {
            return Err(io::Error::other(format!("`{name}` is encrypted")));
        }
        let at = entry.data_start().ok_or_else(|| io::Error::other("an entry without a place"))?;
        let (packed, bytes, crc) = (entry.compressed_size(), entry.size(), entry.crc32());
        let place = Place::Zip { at, packed, bytes, crc, is_deflated };
        return Ok(Some(Member { name, place }));
    }
    Ok(None)
}

/// `acme.sql`, `acme.sql.gz`; not what macOS puts beside it.
pub fn is_dump_name(name: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    let packed = [".gz", ".bz2", ".xz", ".zst"].iter().find_map(|end| file.strip_suffix(end));
    !file.starts_with("._") && packed.unwrap_or(&file).ends_with(".sql")
}

fn open_member(path: &Path, member: &Member) -> io::Result<(Buffered, Arc<AtomicU64>, u64)> {
    match member.place {
        Place::Zip { at, packed, bytes, crc, is_deflated } => {
            let (file, read, size) = counted(path, at)?;
            let file = file.take(packed);
            let content: Box<dyn Read> = match is_deflated {
                true => Box::new(DeflateDecoder::new(file)),
                false => Box::new(file),
            };
            let whole = Whole { content, left: bytes, expected: Some(crc), crc: Crc::new() };
            Ok((unpacked(buffered(whole))?, read, size))
        }
        Place::Tar { at, bytes } => {
            let (file, read, size) = counted(path, 0)?;
            let mut stream = unpacked(file)?;
            io::copy(&mut Read::take(&mut stream, at), &mut io::sink())?;
            let content = Box::new(stream);
            let whole = Whole { content, left: bytes, expected: None, crc: Crc::new() };
            Ok((unpacked(buffered(whole))?, read, size))
        }
    }
}

/// Exactly the bytes that the archive promises, with the checksum that it has of them.
struct Whole {
    content: Box<dyn Read>,
    left: u64,
    expected: Option<u32>,
    crc: Crc,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return match self.expected {
                Some(expected) if self.left == 0 && self.crc.sum() != expected => {
                    Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is wrong"))
                }
                _ => Ok(0),
            };
        }
        let count = self.content.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.crc.update(&buffer[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}

/// Without a byte order mark; UTF-16 (as PowerShell's `>` writes it) as UTF-8.
fn as_text(mut input: Buffered) -> io::Result<Box<dyn Read>> {
    let is_big = match input.fill_buf()? {
        [0xef, 0xbb, 0xbf, ..] => {
            input.consume(3);
            return Ok(Box::new(input));
        }
        [0xff, 0xfe, ..] => false,
        [0xfe, 0xff, ..] => true,
        _ => return Ok(Box::new(input)),
    };
    input.consume(2);
    Ok(Box::new(Utf16 { input, is_big, high: None, out: Vec::new(), at: 0 }))
}

struct Utf16 {
    input: Buffered,
    is_big: bool,
    /// The first half of a pair, met at the end of the last read.
    high: Option<u16>,
    out: Vec<u8>,
    at: usize,
}

impl Utf16 {
    fn refill(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        Read::take(&mut self.input, 1 << 16).read_to_end(&mut bytes)?;
        if !bytes.len().is_multiple_of(2) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let is_last = bytes.is_empty();
        let units = bytes.chunks(2).map(|pair| match self.is_big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        });
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
        if !is_last {
            self.high = units.pop_if(|unit| (0xd800..0xdc00).contains(unit));
        }
        self.at = 0;
        self.out = String::from_utf16(&units)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
            .into_bytes();
        // A read that held only the first half of a pair is no end.
        if self.out.is_empty() && self.high.is_some() { self.refill() } else { Ok(()) }
    }
}

impl Read for Utf16 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.out.len() {
            self.refill()?;
        }
        let rest = &self.out[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

fn is_sqlite(head: &[u8]) -> bool {
    head.starts_with(b"SQLite format 3\0")
}

fn looks_like_sql(head: &[u8]) -> bool {
    const WORDS: [&str; 12] = [
        "SET",
        "CREATE",
        "DROP",
        "INSERT",
        "REPLACE",
        "USE",
        "START",
        "BEGIN",
        "LOCK",
        "ALTER",
        "DELIMITER",
        "TRUNCATE",
    ];
    let text = head.trim_ascii_start();
    let word = text.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
    ["--", "/*", "#"].iter().any(|start| text.starts_with(start.as_bytes()))
        || super::statements::is_any(word, &WORDS)
}

/// The folder inside `unpacked` that holds the uploads: archives have it at any depth. `uploads` is where the
/// site's code has them, such as `wp-content/uploads`.
pub fn uploads_in(unpacked: &Path, uploads: &str) -> PathBuf {
    let mut folder = unpacked.to_path_buf();
    loop {
        for inside in [uploads, "wp-content/uploads", "sites/default/files"] {
            let found = folder.join(inside);
            if !inside.is_empty() && found.is_dir() {
                return found;
            }
        }
        let Some(only) = only_folder(&folder) else { return folder };
        let name = only.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        // A folder of a year or of a plugin is content; one that only wraps it is not.
        let wraps = ["files", "uploads", "web", "docroot", "public_html"];
        let is_wrapper = wraps.iter().any(|it| name == *it) || name.starts_with("files_");
        let holds_wrapper = ["files", "uploads", "web", "wp-content", "sites"]
            .iter()
            .any(|it| only.join(it).is_dir());
        if !is_wrapper && !holds_wrapper {
            return folder;
        }
        folder = only;
    }
}

/// The single folder in `folder`, if there is nothing beside it that counts.
fn only_folder(folder: &Path) -> Option<PathBuf> {
    let mut only = None;
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let name = entry.file_name();
        if name == "__MACOSX" || name == ".DS_Store" {
            continue;
        }
        if only.is_some() || !entry.file_type().ok()?.is_dir() {
            return None;
        }
        only = Some(entry.path());
    }
    only
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const SQL: &str = "-- MySQL dump\nINSERT INTO t VALUES ('é😀');\n";

    fn all(path: &Path) -> String {
        let mut text = String::new();
        open(path).expect("opens").input.read_to_string(&mut text).expect("reads");
        text
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).expect("packs");
        gz.finish().expect("packs")
    }

    #[test]
    fn the_content_counts_and_not_the_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wrong.png");
        let utf16: Vec<u8> =
            [0xfeff].into_iter().chain(SQL.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bz.write_all(SQL.as_bytes()).expect("packs");
        let forms = [
            SQL.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", SQL.as_bytes()].concat(),
            gz(SQL.as_bytes()),
            gz(&gz(SQL.as_bytes())),
            zstd::encode_all(SQL.as_bytes(), 1).expect("packs"),
            bz.finish().expect("packs"),
            gz(&utf16),
            utf16,
        ];
        for form in forms {
            fs::write(&path, &form).expect("writes");
            assert_eq!(look(&path).expect("looks"), Content::Sql);
            assert_eq!(all(&path), SQL);
        }
        fs::write(&path, b"\x89PNG").expect("writes");
        assert_eq!(look(&path).expect("looks"), Content::Unknown);
        fs::write(&path, b"SQLite format 3\0").expect("writes");
        assert_eq!(look(&path).expect("looks"), Content::Sqlite);
    }

    #[test]
    fn a_dump_is_found_deep_in_a_zip_or_a_tar() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("backup");
        let mut zip = zip::ZipWriter::new(File::create(&path).expect("a file"));
        for (name, bytes) in [
            ("__MACOSX/._a.sql", &b"x"[..]),
            ("a/readme.txt", b"x"),
            ("a/b/c.SQL.gz", &gz(SQL.as_bytes())),
        ] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("packs");
            zip.write_all(bytes).expect("packs");
        }
        zip.finish().expect("packs");
        assert_eq!((look(&path).expect("looks"), all(&path)), (Content::Sql, SQL.to_owned()));
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in [("a/readme.txt", &b"x"[..]), ("a/b/c.sql", SQL.as_bytes())] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, bytes).expect("packs");
        }
        let tar = tar.into_inner().expect("packs");
        for form in [tar.clone(), gz(&tar)] {
            fs::write(&path, form).expect("writes");
            assert_eq!((look(&path).expect("looks"), all(&path)), (Content::Sql, SQL.to_owned()));
        }
    }

    #[test]
    fn uploads_are_found_whatever_wraps_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let find = |inside: &str| {
            let root = folder.path().join(inside.replace('/', "-"));
            let deep = root.join(inside);
            fs::create_dir_all(&deep).expect("makes");
            fs::write(deep.join("a.jpg"), "x").expect("writes");
            let found = uploads_in(&root, "wp-content/uploads");
            found.strip_prefix(&root).expect("inside").to_string_lossy().into_owned()
        };
        assert_eq!(find("site/wp-content/uploads/2024/01"), "site/wp-content/uploads");
        assert_eq!(find("files_dev/2024"), "files_dev");
        assert_eq!(find("2024/01"), "");
        assert_eq!(find("uploads/2024/01"), "uploads");
        assert_eq!(find("woocommerce_uploads"), "");
    }
}
