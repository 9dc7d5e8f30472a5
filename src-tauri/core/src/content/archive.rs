//! Unpacks archives by their content, not their name.
use std::path::{Path, PathBuf};

use crate::{error::Result, progress::Meter};

/// Unpacks a tar (plain, gz, bz2, xz, zst) or zip into the new folder `into`. An entry that would leave it
/// (`../`, an absolute path, a link out of it) is refused and names itself. Reports bytes.
pub fn unpack(_archive: &Path, _into: &Path, _meter: Meter<'_>) -> Result<()> {
    todo!()
}

/// Whether the file's first bytes are those of an archive that [`unpack`] can read.
pub fn is_archive(_file: &Path) -> Result<bool> {
    todo!()
}

/// The single folder that everything else is in, as archives of code often have; else `folder` itself.
pub fn single_root(_folder: &Path) -> Result<PathBuf> {
    todo!()
}
