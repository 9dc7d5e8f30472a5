//! Writing many blobs at once as one pack: tens of thousands of loose files would be slow to make and to read.
//! The format is Git's `gitformat-pack`, version 2, without deltas.
use std::{
    collections::HashSet,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};

use flate2::{Compression, write::ZlibEncoder};
use sha1::{Digest, Sha1};

use crate::{
    error::{Doing, Result},
    progress::Meter,
};

/// Kind and size take 4 and 7 bits a byte; 3 is a blob.
const BLOB: u8 = 3;

/// A blob as it stands in a pack.
pub(super) struct Packed {
    pub(super) id: git2::Oid,
    bytes: Vec<u8>,
}

impl Packed {
    /// Names and compresses a blob.
    pub(super) fn new(data: &[u8]) -> Result<Self> {
        let doing = || "pack a file".to_owned();
        let id = git2::Oid::hash_object(git2::ObjectType::Blob, data).doing(doing)?;
        let mut bytes = Vec::with_capacity(data.len() / 3 + 16);
        let mut rest = data.len();
        let mut byte = (BLOB << 4) | (rest & 0x0f) as u8;
        rest >>= 4;
        while rest > 0 {
            bytes.push(byte | 0x80);
            byte = (rest & 0x7f) as u8;
            rest >>= 7;
        }
        bytes.push(byte);
        let mut encoder = ZlibEncoder::new(bytes, Compression::new(3));
        encoder.write_all(data).doing(doing)?;
        Ok(Self { id, bytes: encoder.finish().doing(doing)? })
    }
}

/// Blobs on their way into a pack. They wait in an unnamed file, since a pack begins with their number.
pub(super) struct Pack {
    body: BufWriter<std::fs::File>,
    present: HashSet<git2::Oid>,
}

impl Pack {
    pub(super) fn new() -> Result<Self> {
        let body = tempfile::tempfile().doing(|| "make a temporary file".into())?;
        Ok(Self { body: BufWriter::new(body), present: HashSet::new() })
    }

    /// Adds a blob, once.
    pub(super) fn add(&mut self, blob: &Packed) -> Result<()> {
        if self.present.insert(blob.id) {
            self.body.write_all(&blob.bytes).doing(|| "write a temporary file".into())?;
        }
        Ok(())
    }

    /// Puts the pack into the repository.
    pub(super) fn finish(self, git: &git2::Repository, meter: Meter<'_>) -> Result<()> {
        let doing = || format!("write a pack into {}", git.path().display());
        let mut body =
            self.body.into_inner().map_err(io::IntoInnerError::into_error).doing(doing)?;
        body.seek(SeekFrom::Start(0)).doing(doing)?;
        let odb = git.odb().doing(doing)?;
        let mut writer = odb.packwriter().doing(doing)?;
        let mut hash = Sha1::new();
        let mut header = b"PACK\0\0\0\x02".to_vec();
        let count = u32::try_from(self.present.len()).doing(doing)?;
        header.extend(count.to_be_bytes());
        hash.update(&header);
        writer.write_all(&header).doing(doing)?;
        let mut body = BufReader::new(body);
        let mut buffer = vec![0; 256 * 1024];
        loop {
            meter.check()?;
            let read = body.read(&mut buffer).doing(doing)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            writer.write_all(&buffer[..read]).doing(doing)?;
        }
        writer.write_all(&hash.finalize()).doing(doing)?;
        writer.commit().doing(doing)?;
        odb.refresh().doing(doing)
    }
}
