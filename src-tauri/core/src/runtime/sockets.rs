//! The folder of sockets, settings and other files that live as long as a process.
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use super::mariadb;
use crate::{
    error::{Doing, Error, Logged, Result},
    room::free_bytes,
};

/// The longest path of a socket on every Unix (`sun_path` has 104 bytes on macOS, with the closing zero).
#[cfg(unix)]
const LONGEST_SOCKET: usize = 103;

/// What a process writes at its start is less, in bytes.
const START: u64 = 256 << 10;

/// Refuses a folder in which a socket's path would be too long for some system.
pub(super) fn check_length(sockets: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let longest = mariadb::socket(sockets, Path::new("")).as_os_str().as_bytes().len();
        if longest > LONGEST_SOCKET {
            let over = longest - LONGEST_SOCKET;
            return Err(Error::refused(format!(
                "the folder for sockets is {over} bytes too deep: {}",
                sockets.display()
            ))
            .hint("Choose a root folder with a shorter path."));
        }
    }
    #[cfg(not(unix))]
    let _ = sockets;
    Ok(())
}

/// Whether what a process writes at its start fits on the disk of a folder.
pub(super) fn has_room(folder: &Path) -> bool {
    free_bytes(folder).is_ok_and(|free| free >= START)
}

/// A new folder for the settings and the socket of a pool: in the sockets' folder, or, when nothing can be written there,
/// where the system has its temporary files. So a site that only reads wakes on a disk that is full.
pub(super) fn pool_folder(sockets: &Path, number: u64) -> Result<PathBuf> {
    let (inside, temporary) = (sockets.join(format!("php-{number}")), std::env::temp_dir());
    if has_room(sockets) || !has_room(&temporary) {
        return Ok(inside);
    }
    let prefix = outside_prefix(sockets);
    let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(&temporary);
    Ok(made.doing(|| format!("write to {}", temporary.display()))?.keep())
}

/// How the folders of pools begin that found no room in this sockets' folder.
fn outside_prefix(sockets: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    sockets.hash(&mut hasher);
    format!("portico-{:016x}-", hasher.finish())
}

/// Deletes the folders that a killed owner of this sockets' folder left where the system has its temporary files.
fn clear_outside(sockets: &Path, temporary: &Path) -> Result<()> {
    let doing = || format!("read {}", temporary.display());
    let prefix = outside_prefix(sockets);
    for entry in fs::read_dir(temporary).doing(doing)? {
        let entry = entry.doing(doing)?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            // Another user's of the same name is not ours to delete.
            fs::remove_dir_all(entry.path())
                .logged(|| format!("delete {}", entry.path().display()));
        }
    }
    Ok(())
}

/// Makes the sockets' folder ours alone, ends what a killed owner left and clears its files.
pub(super) fn prepare(sockets: &Path) -> Result<()> {
    let doing = || format!("prepare {}", sockets.display());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        fs::DirBuilder::new().recursive(true).mode(0o700).create(sockets).doing(doing)?;
        // Fails for a folder that is another user's.
        fs::set_permissions(sockets, fs::Permissions::from_mode(0o700)).doing(doing)?;
        super::supervisor::end_leftovers(&sockets.join("processes"));
    }
    #[cfg(not(unix))]
    fs::create_dir_all(sockets).doing(doing)?;
    clear_outside(sockets, &std::env::temp_dir()).logged(|| "clear the temporary files".into());
    for entry in fs::read_dir(sockets).doing(doing)? {
        let entry = entry.doing(doing)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = entry.path();
        if ["php-", "run-", "page-"].iter().any(|it| name.starts_with(it)) {
            fs::remove_dir_all(&path).doing(|| format!("delete {}", path.display()))?;
        } else if name.starts_with("db-") || name.starts_with("init-") {
            fs::remove_file(&path).doing(|| format!("delete {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_owner_left_outside_goes_and_nothing_of_another_owner() {
        let (temporary, sockets) = (tempfile::tempdir().unwrap(), Path::new("/one/run"));
        let folder = |sockets, rest: &str| {
            let path = temporary.path().join(outside_prefix(sockets) + rest);
            fs::create_dir_all(path.join("php.sock")).unwrap();
            path
        };
        let (own, others) = (folder(sockets, "abc"), folder(Path::new("/two/run"), "abc"));
        clear_outside(sockets, temporary.path()).unwrap();
        assert!(!own.exists() && others.exists());
    }
}
