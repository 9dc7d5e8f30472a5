//! Copies, measures and removes trees of files.
use std::path::Path;

use crate::{error::Result, model::view::FilesInfo, progress::Meter};

/// What a copy came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyCost {
    /// Files copied.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Bytes of new disk use: less than `bytes` where the disk shares blocks.
    pub new_bytes: u64,
}

/// Copies the tree below `from` into the new folder `to`, by reflink where the disk can, with several threads.
/// Links are copied as links. Modes and modification times are kept. Reports bytes.
pub fn copy_tree(_from: &Path, _to: &Path, _meter: Meter<'_>) -> Result<CopyCost> {
    todo!()
}

/// Counts files and their bytes below `folder`; nothing when it does not exist.
pub fn measure(_folder: &Path) -> Result<FilesInfo> {
    todo!()
}

/// Moves `path` into the folder `trash` (on the same disk) under a name of its own; nothing when it does not exist.
pub fn move_to_trash(_path: &Path, _trash: &Path) -> Result<()> {
    todo!()
}

/// Deletes what is in `trash`, slowly enough to disturb nobody.
pub fn empty_trash(_trash: &Path) -> Result<()> {
    todo!()
}

/// Free bytes on the disk that holds `path`.
pub fn free_bytes(_path: &Path) -> Result<u64> {
    todo!()
}

/// Makes `link` point to `target` (relative where it can be) in one step; a junction on Windows.
pub fn point_link(_link: &Path, _target: &Path) -> Result<()> {
    todo!()
}
