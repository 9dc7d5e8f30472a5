//! Copies, measures and removes trees of files.
mod copy;
mod link;
mod spare;
mod trash;
mod usage;
mod walk;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use copy::{CopyCost, copy_tree, copy_tree_reusing};
pub(super) use copy::{copy_file, disk_full};
pub use link::point_link;
pub use trash::{empty_trash, move_to_trash};
pub use usage::{disk_use, seen};

use crate::{
    error::{Doing, Result},
    model::view::FilesInfo,
};

/// Counts files and their bytes below `folder`; nothing when it does not exist. Links count as nothing.
pub fn measure(folder: &Path) -> Result<FilesInfo> {
    if !folder.exists() {
        return Ok(FilesInfo { count: 0, bytes: 0 });
    }
    let tree = walk::walk(folder, None)?;
    let files = tree.items.iter().filter(|item| item.kind == walk::Kind::File);
    Ok(files.fold(FilesInfo { count: 0, bytes: 0 }, |sum, item| FilesInfo {
        count: sum.count + 1,
        bytes: sum.bytes + item.bytes,
    }))
}

/// Bytes of the files below `from`, and how many of them a copy takes anew on the disk of `scratch`, a folder for
/// temporary files: none where the disk shares blocks, which one of the files is copied to find out.
pub fn copy_bytes(from: &Path, scratch: &Path) -> Result<(u64, u64)> {
    if !from.exists() {
        return Ok((0, 0));
    }
    let tree = walk::walk(from, None)?;
    let is_shared = |item: &walk::Item| copy::is_shared(&from.join(tree.path(item)), scratch);
    let bytes = tree.items.iter().map(|item| item.bytes).sum();
    match tree.items.iter().find(|item| item.bytes > 0) {
        Some(item) if is_shared(item)? => Ok((bytes, 0)),
        _ => Ok((bytes, bytes)),
    }
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
