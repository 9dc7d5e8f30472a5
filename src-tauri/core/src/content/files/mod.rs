//! Copies, measures and removes trees of files.
mod compare;
mod copy;
mod link;
mod over;
mod take_over;
mod tally;
mod trash;
mod usage;
mod walk;

#[cfg(all(test, unix))]
mod tests;

use std::path::Path;

pub use compare::Earlier;
pub use copy::{CopyCost, CopyPlan, copy_tree};
pub(super) use copy::{copy_file, disk_full};
pub use link::point_link;
pub use over::{copy_over, move_over};
pub use take_over::take_back;
pub use tally::Tally;
pub use trash::{be_gentle, empty_trash, empty_trash_now, move_to_trash};
pub use usage::{disk_use, seen};

pub use crate::room::free_bytes;
use crate::{
    error::{Doing, Result},
    model::view::FilesInfo,
};

/// Counts files and their bytes below `folder`; nothing when it does not exist. Links count as nothing.
pub fn measure(folder: &Path) -> Result<FilesInfo> {
    if !folder.exists() {
        return Ok(FilesInfo::default());
    }
    Ok(size_of(&walk::walk(folder, None)?))
}

fn size_of(tree: &walk::Tree) -> FilesInfo {
    let files = tree.items.iter().filter(|item| item.kind == walk::Kind::File);
    files.fold(FilesInfo::default(), |sum, item| FilesInfo {
        count: sum.count + 1,
        bytes: sum.bytes + item.bytes,
    })
}

/// Bytes of the whole disk that holds `path`.
pub fn disk_bytes(path: &Path) -> Result<u64> {
    whole(path).doing(|| format!("find out how large the disk of `{}` is", path.display()))
}

#[cfg(unix)]
fn whole(path: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_blocks.saturating_mul(disk.f_frsize))
}

#[cfg(windows)]
fn whole(path: &Path) -> std::io::Result<u64> {
    fs4::total_space(path)
}
