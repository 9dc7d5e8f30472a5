//! The files that a database is in: on the disk, or inside an archive, read where they lie.
use std::{
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

use flate2::Crc;
use zip::CompressionMethod;

use super::{
    super::archive::wpress::{self, Packing},
    source::{Buffered, buffered, counted, unpacked},
};

/// A file of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in its archive or folder; its name where it stands alone.
    pub name: String,
    /// Where its bytes are.
    pub place: Place,
    /// Its bytes, as far as they are known without reading it.
    pub bytes: u64,
}

/// Where a file's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the disk.
    File(PathBuf),
    /// In a zip.
    Zip {
        /// The zip.
        archive: PathBuf,
        /// Where the entry's bytes begin.
        at: u64,
        /// Its bytes there.
        packed: u64,
        /// Its bytes, unpacked.
        bytes: u64,
        /// Its checksum.
        crc: u32,
        /// How it is packed.
        method: CompressionMethod,
        /// Whether a password is needed.
        is_encrypted: bool,
    },
    /// In a tar, which may be packed as a whole.
    Tar {
        /// The tar.
        archive: PathBuf,
        /// Where it begins in what comes out.
        at: u64,
        /// Its bytes.
        bytes: u64,
    },
    /// In a wpress.
    Wpress {
        /// The wpress.
        archive: PathBuf,
        /// Where its bytes begin.
        at: u64,
        /// Its bytes there.
        stored: u64,
        /// How they are packed.
        packed: Packing,
        /// Its checksum, where there is one.
        crc: Option<u32>,
    },
}

impl Place {
    /// The file on the disk that has to be read.
    pub fn file(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Zip { archive, .. }
            | Self::Tar { archive, .. }
            | Self::Wpress { archive, .. } => archive,
        }
    }
}

impl Member {
    /// A file that stands alone.
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let bytes = path.metadata().map_or(0, |known| known.len());
        Self { name, place: Place::File(path.to_owned()), bytes }
    }
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

/// Opens a file of a dump, unpacked as it is read; with the bytes that were read of the file on the disk, and its size.
pub(in crate::content) fn open_member(
    member: &Member,
) -> io::Result<(Buffered, Arc<AtomicU64>, u64)> {
    match &member.place {
        Place::File(path) => {
            let (file, read, size) = counted(path, 0)?;
            Ok((unpacked(file)?, read, size))
        }
        Place::Zip { is_encrypted: true, .. } => {
            Err(io::Error::other(format!("`{}` is encrypted", member.name)))
        }
        Place::Zip { archive, at, packed, bytes, crc, method, .. } => {
            let (file, read, size) = counted(archive, *at)?;
            let content = unpacked_entry(file.take(*packed), *method)?;
            let whole = Whole { content, left: *bytes, expected: Some(*crc), crc: Crc::new() };
            Ok((unpacked(buffered(whole))?, read, size))
        }
        Place::Tar { archive, at, bytes } => {
            let (file, read, size) = counted(archive, 0)?;
            let mut stream = unpacked(file)?;
            io::copy(&mut Read::take(&mut stream, *at), &mut io::sink())?;
            let content = Box::new(stream);
            let whole = Whole { content, left: *bytes, expected: None, crc: Crc::new() };
            Ok((unpacked(buffered(whole))?, read, size))
        }
        Place::Wpress { archive, at, stored, packed, crc } => {
            let (file, read, size) = counted(archive, *at)?;
            let content: Box<dyn Read> = match packed {
                Packing::Plain => {
                    let (content, crc) = (Box::new(file), *crc);
                    Box::new(Whole { content, left: *stored, expected: crc, crc: Crc::new() })
                }
                _ => wpress::content(file.take(*stored), *packed, (None, *crc)),
            };
            Ok((unpacked(buffered(content))?, read, size))
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
