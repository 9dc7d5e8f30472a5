//! Opens whatever a person has: finds out what it is by its content, and unpacks it as it is read.
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    super::archive,
    encoding::as_text,
    members::{Member, members, open_member},
    parts,
};
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
        return Ok(if parts::is_folder(path)? { Content::Sql } else { Content::Folder });
    }
    let doing = || format!("read `{}`", path.display());
    let mut first = Vec::new();
    File::open(path).doing(doing)?.take(16).read_to_end(&mut first).doing(doing)?;
    if is_sqlite(&first) {
        return Ok(Content::Sqlite);
    }
    if archive::is_archive(path)? {
        let holds_sql = !members(path, true).doing(doing)?.is_empty();
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

/// Which part of what a file holds is meant.
#[derive(Clone, Copy, Default)]
pub struct Choice<'a> {
    /// Of several dumps in an archive, the one with this name.
    pub entry: Option<&'a str>,
    /// Of several databases, this one.
    pub database: Option<&'a str>,
}

/// Opens a dump: plain, gz, bz2, xz or zst, the `.sql` inside a zip or tar, or the files that mydumper writes, in a
/// folder, zip or tar. UTF-16 becomes UTF-8.
///
/// # Errors
/// Several dumps in one archive, of which none is chosen, are refused by their names.
pub fn open(path: &Path, choice: Choice<'_>) -> Result<Dump> {
    let doing = || format!("read `{}`", path.display());
    let shown = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    if path.is_dir() {
        return parts::open_folder(path, choice.database);
    }
    if !archive::is_archive(path)? {
        return open_plain(path).doing(doing);
    }
    let all = members(path, false).doing(doing)?;
    if parts::are_parts(all.iter().map(|it| it.name.as_str())) && choice.entry.is_none() {
        return parts::open_archive(path, all, choice.database);
    }
    let member = chosen(all, choice.entry, &shown)?;
    let (input, read, size) = open_member(path, &member).doing(doing)?;
    Ok(Dump {
        input: as_text(input).doing(doing)?,
        read,
        size,
        name: format!("{shown}: {}", member.name),
    })
}

/// The dump of an archive that is meant: the only one, or the one that is named.
fn chosen(all: Vec<Member>, entry: Option<&str>, shown: &str) -> Result<Member> {
    let names: Vec<String> = all.iter().map(|it| format!("`{}`", it.name)).collect();
    let mut fitting = all.into_iter().filter(|it| {
        entry.is_none_or(|entry| it.name == entry || it.name.rsplit('/').next() == Some(entry))
    });
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) if names.is_empty() => {
            Err(Error::refused(format!("`{shown}` holds no file whose name ends in .sql")))
        }
        (None, _) => Err(Error::not_found("entry", entry.unwrap_or_default())
            .hint(format!("`{shown}` holds {}.", names.join(", ")))),
        (Some(_), Some(_)) => {
            Err(Error::refused(format!("`{shown}` holds several dumps: {}", names.join(", ")))
                .hint("Choose one with `--entry`."))
        }
    }
}

pub(super) fn open_plain(path: &Path) -> io::Result<Dump> {
    let (file, read, size) = counted(path, 0)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Dump { input: as_text(unpacked(file)?)?, read, size, name })
}

pub(super) type Buffered = BufReader<Box<dyn Read>>;

pub(super) fn counted(path: &Path, at: u64) -> io::Result<(Buffered, Arc<AtomicU64>, u64)> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(at))?;
    let read = Arc::new(AtomicU64::new(at));
    let counted = Counted { file, read: Arc::clone(&read) };
    Ok((buffered(counted), read, size))
}

pub(super) fn buffered(input: impl Read + 'static) -> Buffered {
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
pub(super) fn unpacked(mut input: Buffered) -> io::Result<Buffered> {
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

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use flate2::Crc;
    use zip::CompressionMethod;

    use super::*;

    const SQL: &str = "-- MySQL dump\nINSERT INTO t VALUES ('é😀');\n";

    fn all(path: &Path) -> String {
        let mut text = String::new();
        open(path, Choice::default())
            .expect("opens")
            .input
            .read_to_string(&mut text)
            .expect("reads");
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

    fn zip_of(path: &Path, entries: &[&str], method: CompressionMethod) {
        let mut zip = zip::ZipWriter::new(File::create(path).expect("a file"));
        let how = zip::write::SimpleFileOptions::default().compression_method(method);
        for name in entries {
            // As of an entry over 4 GB: the sizes stand in the extension for 64 bits.
            zip.start_file(*name, how.large_file(true)).expect("packs");
            zip.write_all(format!("-- {name}\n{SQL}").as_bytes()).expect("packs");
        }
        zip.finish().expect("packs");
    }

    #[test]
    fn of_several_dumps_in_an_archive_one_is_chosen_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("backup.zip");
        zip_of(&path, &["a/one.sql", "a/two.sql"], CompressionMethod::Deflated);
        let open = |entry| open(&path, Choice { entry, database: None });
        let error = open(None).err().expect("it holds two");
        assert_eq!(error.message, "`backup.zip` holds several dumps: `a/one.sql`, `a/two.sql`");
        assert!(error.hint.is_some_and(|it| it.contains("--entry")));
        for entry in ["two.sql", "a/two.sql"] {
            let mut text = String::new();
            let mut dump = open(Some(entry)).expect("opens");
            dump.input.read_to_string(&mut text).expect("reads");
            assert!(text.starts_with("-- a/two.sql"), "{text}");
        }
        let error = open(Some("three.sql")).err().expect("there is none");
        assert!(error.hint.is_some_and(|it| it.contains("a/one.sql")), "{}", error.message);
    }

    #[test]
    fn each_method_of_zip_is_unpacked_or_refused_by_its_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.zip");
        for method in
            [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Bzip2]
        {
            zip_of(&path, &["a.sql"], method);
            assert_eq!(all(&path), format!("-- a.sql\n{SQL}"), "{method}");
        }
        // Neither of these is written by the library: the method's number is changed in both tables.
        let zst = zstd::encode_all(SQL.as_bytes(), 1).expect("packs");
        let mut deflate =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        deflate.write_all(SQL.as_bytes()).expect("packs");
        // Without a very long repetition, both kinds of deflate are the same.
        let deflate = deflate.finish().expect("packs");
        let unknown = SQL.as_bytes().to_vec();
        for (number, packed, is_good) in
            [(9_u16, deflate, true), (93, zst, true), (98, unknown, false)]
        {
            let mut zip = zip::ZipWriter::new(File::create(&path).expect("a file"));
            let how = zip::write::SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored);
            zip.start_file("a.sql", how).expect("packs");
            zip.write_all(&packed).expect("packs");
            zip.finish().expect("packs");
            let mut bytes = fs::read(&path).expect("reads");
            let central = memchr::memmem::find(&bytes, b"PK\x01\x02").expect("a table");
            let mut crc = Crc::new();
            crc.update(SQL.as_bytes());
            for (at, crc_at, size_at) in [(8, 14, 22), (central + 10, central + 16, central + 24)] {
                bytes[at..at + 2].copy_from_slice(&number.to_le_bytes());
                bytes[crc_at..crc_at + 4].copy_from_slice(&crc.sum().to_le_bytes());
                let size = u32::try_from(SQL.len()).expect("short");
                bytes[size_at..size_at + 4].copy_from_slice(&size.to_le_bytes());
            }
            fs::write(&path, bytes).expect("writes");
            match open(&path, Choice::default()) {
                Ok(_) if is_good => assert_eq!(all(&path), SQL),
                Ok(_) => panic!("method {number} is no known one"),
                Err(error) => {
                    let causes = error.causes.join(" ");
                    assert!(!is_good && causes.contains("Ppmd"), "{number}: {causes}");
                }
            }
        }
    }
}
