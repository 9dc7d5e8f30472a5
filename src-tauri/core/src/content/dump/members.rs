//! The dumps inside an archive, found by their names and read where they lie.
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use flate2::Crc;
use zip::{CompressionMethod, ZipArchive};

use super::source::{Buffered, buffered, counted, unpacked};

/// A file inside an archive.
pub(super) struct Member {
    pub(super) name: String,
    place: Place,
}

enum Place {
    /// In a zip.
    Zip { at: u64, packed: u64, bytes: u64, crc: u32, method: CompressionMethod },
    /// In a tar, which may be packed as a whole: where it begins in what comes out.
    Tar { at: u64, bytes: u64 },
}

/// The files of an archive whose names are those of dumps, in its order; only one of them where that is enough.
pub(super) fn members(path: &Path, only_one: bool) -> io::Result<Vec<Member>> {
    let mut first = [0; 2];
    let is_zip = File::open(path)?.read(&mut first)? == 2 && first == *b"PK";
    if is_zip {
        return zip_members(path);
    }
    let (file, ..) = counted(path, 0)?;
    let mut archive = tar::Archive::new(unpacked(file)?);
    let mut all = Vec::new();
    for entry in archive.entries()? {
        // A tar that is cut is told when it is unpacked, or when the dump that is in it is read.
        let Ok(entry) = entry else { break };
        let name = entry.path()?.to_string_lossy().into_owned();
        if entry.header().entry_type().is_file() && is_dump_name(&name) {
            let place = Place::Tar { at: entry.raw_file_position(), bytes: entry.size() };
            all.push(Member { name, place });
            if only_one {
                break;
            }
        }
    }
    Ok(all)
}

fn zip_members(path: &Path) -> io::Result<Vec<Member>> {
    let mut zip = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
    let mut all = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(io::Error::other)?;
        let name = entry.name().map_err(io::Error::other)?.into_owned();
        if !entry.is_file() || !is_dump_name(&name) {
            continue;
        }
        let method = entry.compression();
        if entry.encrypted() {
            return Err(io::Error::other(format!("`{name}` is encrypted")));
        }
        let at = entry.data_start().ok_or_else(|| io::Error::other("an entry without a place"))?;
        let (packed, bytes, crc) = (entry.compressed_size(), entry.size(), entry.crc32());
        all.push(Member { name, place: Place::Zip { at, packed, bytes, crc, method } });
    }
    Ok(all)
}

/// What an entry of a zip holds.
fn unpacked_entry(
    packed: impl Read + 'static,
    method: CompressionMethod,
) -> io::Result<Box<dyn Read>> {
    let packed = BufReader::with_capacity(1 << 17, packed);
    Ok(match method {
        CompressionMethod::Stored => Box::new(packed),
        CompressionMethod::Deflated => Box::new(flate2::bufread::DeflateDecoder::new(packed)),
        CompressionMethod::Deflate64 => Box::new(deflate64::Deflate64Decoder::with_buffer(packed)),
        CompressionMethod::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(packed)),
        // By their numbers: the zip library knows these two only where it brings decoders of its own.
        CompressionMethod::ZSTD => Box::new(zstd::Decoder::with_buffer(packed)?),
        CompressionMethod::XZ => Box::new(liblzma::bufread::XzDecoder::new(packed)),
        other => {
            let shown = format!("it is packed by a method of zip that is not known here: {other}");
            return Err(io::Error::new(io::ErrorKind::Unsupported, shown));
        }
    })
}

/// `acme.sql`, `acme.sql.gz`; not what macOS puts beside it.
pub fn is_dump_name(name: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    let packed = [".gz", ".bz2", ".xz", ".zst"].iter().find_map(|end| file.strip_suffix(end));
    !file.starts_with("._") && packed.unwrap_or(&file).ends_with(".sql")
}

pub(super) fn open_member(
    path: &Path,
    member: &Member,
) -> io::Result<(Buffered, Arc<AtomicU64>, u64)> {
    match member.place {
        Place::Zip { at, packed, bytes, crc, method } => {
            let (file, read, size) = counted(path, at)?;
            let content = unpacked_entry(file.take(packed), method)?;
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
