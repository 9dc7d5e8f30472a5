//! One log file and the one that it took the place of.
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::{
    error::{Doing, Result},
    untrusted,
};

/// No more is read of a file at once; the front moves logs aside at 10 MiB.
const READ_LIMIT: u64 = 16 << 20;
/// So much of the first line is enough to know a file by: lines begin with a time.
const KNOWN_BY: u64 = 256;

/// A log file, and where it is moved when it has grown long.
pub(super) struct Source {
    pub(super) current: PathBuf,
    pub(super) former: Option<PathBuf>,
}

/// What was read.
pub(super) struct Piece {
    /// Whole lines.
    pub(super) text: String,
    /// Where to read on.
    pub(super) cursor: String,
    /// Whether older lines were left out.
    pub(super) cut: bool,
}

impl Source {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        let former = Some(folder.join(format!("{name}.1")));
        Self { current: folder.join(name), former }
    }

    /// Reads what came since `cursor`; without one the whole file, and the former one too unless that is `enough`.
    pub(super) fn read(
        &self,
        cursor: Option<&str>,
        enough: impl FnOnce(&str) -> bool,
    ) -> Result<Piece> {
        let Some(cursor) = cursor else {
            let mut read = part(&self.current, 0)?;
            let former = self.former.as_deref().filter(|_| !enough(&read.text));
            if let Some(former) = former.map(|file| part(file, 0)).transpose()? {
                read.text.insert_str(0, &former.text);
                read.cut |= former.cut;
            }
            return Ok(read);
        };
        let (known, offset) = cursor.split_once(':').unwrap_or(("", ""));
        let offset = offset.parse().unwrap_or(0);
        if mark(&self.current)? == known {
            return part(&self.current, offset);
        }
        // Another file stands there now. What the former one got last comes first.
        let mut read = part(&self.current, 0)?;
        if let Some(former) = &self.former
            && !known.is_empty()
            && mark(former)? == known
        {
            read.text.insert_str(0, &part(former, offset)?.text);
        }
        Ok(read)
    }
}

/// What a file is known by; empty while it has no whole line.
fn mark(path: &Path) -> Result<String> {
    let mut start = Vec::new();
    if let Some(file) = open(path)? {
        file.take(KNOWN_BY).read_to_end(&mut start).doing(|| format!("read {}", path.display()))?;
    }
    let is_whole = start.len() as u64 == KNOWN_BY || start.contains(&b'\n');
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in line {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    Ok(if is_whole { format!("{hash:016x}") } else { String::new() })
}

/// The whole lines of a file from `offset` on; the newest of them, when there are very many.
fn part(path: &Path, offset: u64) -> Result<Piece> {
    let doing = || format!("read {}", path.display());
    let Some(mut file) = open(path)? else {
        return Ok(Piece { text: String::new(), cursor: ":0".into(), cut: false });
    };
    let length = file.metadata().doing(doing)?.len();
    // A file that was emptied by hand is read from its start.
    let offset = if offset > length { 0 } else { offset };
    let from = offset.max(length.saturating_sub(READ_LIMIT));
    file.seek(SeekFrom::Start(from)).doing(doing)?;
    let mut bytes = Vec::new();
    file.take(length - from).read_to_end(&mut bytes).doing(doing)?;
    let end = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
    let cut = from > offset;
    let begin = if cut { memchr::memchr(b'\n', &bytes).map_or(0, |at| at + 1) } else { 0 };
    let text = String::from_utf8_lossy(&bytes[begin.min(end)..end]).into_owned();
    Ok(Piece { text, cursor: format!("{}:{}", mark(path)?, from + end as u64), cut })
}

fn open(path: &Path) -> Result<Option<File>> {
    match untrusted::read(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing(|| format!("read {}", path.display())),
    }
}
