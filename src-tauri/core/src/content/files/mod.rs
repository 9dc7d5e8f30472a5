//! Copies, measures and removes trees of files.
mod compare;
mod copy;
mod link;
mod take_over;
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
pub use take_over::take_back;
pub use trash::{empty_trash, move_to_trash};
pub use usage::{disk_use, seen};

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

/// Free bytes on the disk that holds `path`, or that will hold it once it exists.
pub fn free_bytes(path: &Path) -> Result<u64> {
    let there = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path);
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    free(there).doing(|| format!("find out how much is free where `{}` is", path.display()))
}

#[cfg(unix)]
fn free(path: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(windows)]
fn free(path: &Path) -> std::io::Result<u64> {
    fs4::available_space(path)
}
