//! The rows of a worktree's index, read as they stand in the file: one pass, nothing copied per file.
//!
//! libgit2 makes a checksum over the whole index, an object of each row and a table of them, each time that a
//! repository is opened. To see that nothing has changed needs none of them.
use std::{fs::File, io::Read, path::Path, time::SystemTime};

/// What a row holds before its path: times, device, numbers, mode, size, id, flags.
const HEAD: usize = 62;
/// The length of an object's id.
const ID: usize = 20;
/// The flag of a row that has two more bytes of flags.
const IS_EXTENDED: u16 = 0x4000;
/// The flags of a row of a conflict.
const STAGE: u16 = 0x3000;
/// The flag of a file that Git was told to take for unchanged.
const IS_ASSUMED: u16 = 0x8000;
/// The flag, among two more bytes of them, of a file that a sparse checkout leaves out.
const IS_SKIPPED: u16 = 0x4000;

/// An index as it was written.
pub(super) struct IndexFile {
    bytes: Vec<u8>,
    /// When it was written: a file that was written then or later may have changed unseen.
    pub(super) written: SystemTime,
}

/// What the index has of one file.
pub(super) struct Row<'a> {
    pub(super) path: &'a [u8],
    pub(super) id: git2::Oid,
    pub(super) mode: u32,
    /// Whether Git takes it for unchanged without a look: it was told so, or a sparse checkout leaves it out.
    pub(super) is_passed_over: bool,
    /// A regular file, and not only announced (`git add -N`).
    pub(super) is_plain: bool,
    pub(super) size: u32,
    pub(super) inode: u32,
    /// When it was changed: seconds, nanoseconds.
    pub(super) modified: (u32, u32),
    /// When its rights or content were changed, on Unix.
    pub(super) touched: (u32, u32),
}

/// All rows, and the tree that they make where the index knows that.
pub(super) struct Rows<'a> {
    pub(super) rows: Vec<Row<'a>>,
    pub(super) tree: Option<git2::Oid>,
}

impl IndexFile {
    /// Reads the file; none when there is none.
    pub(super) fn read(file: &Path) -> Option<Self> {
        let mut file = File::open(file).ok()?;
        let written = file.metadata().and_then(|it| it.modified()).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(Self { bytes, written })
    }

    /// The rows; none of an index of another kind (compressed, split, sparse), or in which a conflict stands.
    pub(super) fn rows(&self) -> Option<Rows<'_>> {
        let end = self.bytes.len().checked_sub(ID)?;
        let bytes = &self.bytes[..end];
        if bytes.get(..4)? != b"DIRC" || !matches!(number(bytes, 4)?, 2 | 3) {
            return None;
        }
        let count = number(bytes, 8)? as usize;
        // A count that is not true would ask for any amount of memory.
        let mut rows = Vec::with_capacity(count.min(bytes.len() / HEAD));
        let mut at = 12;
        for _ in 0..count {
            let (row, length) = row(&bytes[at..])?;
            rows.push(row);
            at += length;
        }
        Some(Rows { rows, tree: whole_tree(bytes.get(at..)?)? })
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The row at the beginning, and how many bytes it takes.
fn row(bytes: &[u8]) -> Option<(Row<'_>, usize)> {
    let flags = u16::from_be_bytes(bytes.get(HEAD - 2..HEAD)?.try_into().ok()?);
    if flags & STAGE != 0 {
        return None;
    }
    let is_extended = flags & IS_EXTENDED != 0;
    let head = if is_extended { HEAD + 2 } else { HEAD };
    let length = memchr::memchr(0, bytes.get(head..)?)?;
    let word = |number_of: usize| number(bytes, number_of * 4);
    let mode = word(6)?;
    let more =
        if is_extended { u16::from_be_bytes(bytes[HEAD..HEAD + 2].try_into().ok()?) } else { 0 };
    let row = Row {
        path: &bytes[head..head + length],
        id: git2::Oid::from_bytes(&bytes[HEAD - 2 - ID..HEAD - 2]).ok()?,
        is_passed_over: flags & IS_ASSUMED != 0 || more & IS_SKIPPED != 0,
        is_plain: more & !IS_SKIPPED == 0 && matches!(mode, 0o100_644 | 0o100_755),
        touched: (word(0)?, word(1)?),
        modified: (word(2)?, word(3)?),
        inode: word(5)?,
        mode,
        size: word(9)?,
    };
    // One to eight zeros follow, up to a multiple of eight.
    let whole = (head + length + 8) & !7;
    (whole <= bytes.len()).then_some((row, whole))
}

/// The tree that all rows make, from what follows them. The outer none: something without which the rows can't be
/// understood.
fn whole_tree(mut bytes: &[u8]) -> Option<Option<git2::Oid>> {
    let mut tree = None;
    while !bytes.is_empty() {
        let (name, size) = (bytes.get(..4)?, number(bytes, 4)? as usize);
        let content = bytes.get(8..8 + size)?;
        if name == b"TREE" {
            tree = root_of(content);
        } else if !name[0].is_ascii_uppercase() {
            return None;
        }
        bytes = &bytes[8 + size..];
    }
    Some(tree)
}

/// The first tree of the list: an empty name, how many files (less than none: not known), folders, id.
fn root_of(content: &[u8]) -> Option<git2::Oid> {
    let counts = content.strip_prefix(b"\0")?;
    let line = memchr::memchr(b'\n', counts)?;
    if counts.starts_with(b"-") {
        return None;
    }
    git2::Oid::from_bytes(counts.get(line + 1..line + 1 + ID)?).ok()
}
