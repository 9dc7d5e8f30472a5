//! What is in a folder.
use std::{
    fs::{self, DirEntry},
    io,
    path::Path,
};

use crate::error::{Doing, Result};

/// What is in a folder, in no order; nothing where there is no such folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<DirEntry>> {
    let doing = || format!("read {}", folder.display());
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        found => found.doing(doing)?.collect::<io::Result<_>>().doing(doing),
    }
}
