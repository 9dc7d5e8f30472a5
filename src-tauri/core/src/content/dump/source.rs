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
    super::gzip::Gzip,
    encoding::as_text,
    members::{Member, open_member},
    parts,
    preface::commented,
    shell, tab,
};
use crate::{
    error::{Doing, Result},
    progress::{Meter, Unit},
};

/// How a database's files belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// SQL in one file.
    Sql,
    /// A SQLite file.
    Sqlite,
    /// SQL in several files, each with other tables.
    Tables,
    /// The files of mydumper.
    MyDumper,
    /// `mysqldump --tab`: a definition in SQL and the rows as text for each table.
    Tab,
    /// The files of MySQL Shell.
    Shell,
}

/// What an archive tells about the site of its database, beside the dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// What stands in the dump for the prefix of its tables.
    pub placeholder: Option<String>,
    /// Addresses at which the site answered.
    pub addresses: Vec<String>,
    /// The active plugins of WordPress, where the dump has none.
    pub plugins: Vec<String>,
    /// The active theme of WordPress, where the dump has none: its template and its style sheet.
    pub theme: Option<(String, String)>,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// How its files belong together.
    pub layout: Layout,
    /// Its files, in the order in which they are read; those of mydumper and of MySQL Shell as they come.
    pub files: Vec<Member>,
    /// What messages call it: the name of the file or folder that the person has.
    pub shown: String,
    /// What the archive tells beside it.
    pub beside: Beside,
}

impl Source {
    /// SQL or SQLite in a file that stands alone.
    pub fn of(path: &Path, layout: Layout) -> Self {
        let member = Member::of(path);
        let beside = Beside::default();
        Self { layout, shown: member.name.clone(), files: vec![member], beside }
    }

    /// The name of its one file, where that is inside something else.
    pub fn member(&self) -> Option<&str> {
        match &self.files[..] {
            [only] if only.name != self.shown => Some(&only.name),
            _ => None,
        }
    }

    /// The bytes of its files, as they lie there.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|it| it.bytes).sum()
    }
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
    /// Lines before its beginning that are none of its own.
    pub foreign: Vec<String>,
}

impl Dump {
    /// What another database writes at this moment.
    pub fn of(input: impl Read + 'static, name: &str) -> Self {
        let (read, size) = (Arc::default(), 0);
        Self { input: Box::new(input), read, size, name: name.to_owned(), foreign: Vec::new() }
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

/// Opens a dump: plain, gz, bz2, xz or zst, on the disk or inside a zip or tar; one file, or several that are one
/// database. UTF-16 becomes UTF-8. Of several databases in it, `database` is the one that is meant.
pub fn open(source: &Source, database: Option<&str>) -> Result<Dump> {
    let doing = || format!("read `{}`", source.shown);
    match source.layout {
        Layout::Sql | Layout::Sqlite => open_one(source).doing(doing),
        Layout::Tables => parts::open_in_order(source),
        Layout::MyDumper => parts::open_mydumper(source, database),
        Layout::Tab => tab::open(source),
        Layout::Shell => shell::open(source, database),
    }
}

fn open_one(source: &Source) -> io::Result<Dump> {
    let file = source.files.first().ok_or(io::ErrorKind::NotFound)?;
    let (input, read, size) = open_member(file)?;
    let name = match source.member() {
        Some(member) => format!("{}: {member}", source.shown),
        None => source.shown.clone(),
    };
    if source.layout == Layout::Sqlite {
        return Ok(Dump { input: Box::new(input), read, size, name, foreign: Vec::new() });
    }
    let (input, foreign) = commented(buffered(as_text(input)?))?;
    Ok(Dump { input: Box::new(input), read, size, name, foreign })
}

pub(in crate::content) type Buffered = BufReader<Box<dyn Read>>;

pub(super) fn counted(path: &Path, at: u64) -> io::Result<(Buffered, Arc<AtomicU64>, u64)> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(at))?;
    let read = Arc::new(AtomicU64::new(at));
    let counted = Counted { file, read: Arc::clone(&read) };
    Ok((buffered(counted), read, size))
}

pub(in crate::content) fn buffered(input: impl Read + 'static) -> Buffered {
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
pub(in crate::content) fn unpacked(mut input: Buffered) -> io::Result<Buffered> {
    for _ in 0..3 {
        input = match input.fill_buf()? {
            [0x1f, 0x8b, ..] => buffered(Gzip::new(input)),
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

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use flate2::Crc;
    use zip::CompressionMethod;

    use super::*;
    use crate::content::dump::tests::open_path;

    const SQL: &str = "-- MySQL dump\nINSERT INTO t VALUES ('é😀');\n";

    fn all(path: &Path) -> String {
        let mut text = String::new();
        open_path(path, None, None).expect("opens").input.read_to_string(&mut text).expect("reads");
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
            assert_eq!(all(&path), SQL);
        }
        fs::write(&path, b"\x89PNG").expect("writes");
        assert!(open_path(&path, None, None).is_err());
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
        assert_eq!(all(&path), SQL);
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in [("a/readme.txt", &b"x"[..]), ("a/b/c.sql", SQL.as_bytes())] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, bytes).expect("packs");
        }
        let tar = tar.into_inner().expect("packs");
        for form in [tar.clone(), gz(&tar)] {
            fs::write(&path, form).expect("writes");
            assert_eq!(all(&path), SQL);
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
        let open = |entry| open_path(&path, entry, None);
        let error = open(None).err().expect("it holds two");
        assert!(error.message.contains("several dumps: `a/one.sql`, `a/two.sql`"), "{error:?}");
        for entry in ["two.sql", "a/two.sql"] {
            let mut text = String::new();
            let mut dump = open(Some(entry)).expect("opens");
            dump.input.read_to_string(&mut text).expect("reads");
            assert!(text.starts_with("-- a/two.sql"), "{text}");
        }
        let error = open(Some("three.sql")).err().expect("there is none");
        assert!(error.message.contains("a/one.sql"), "{}", error.message);
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
            match open_path(&path, None, None) {
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
