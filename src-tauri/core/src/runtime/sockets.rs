//! The folder of sockets, settings and other files that live as long as a process.
use std::{fs, path::Path};

use super::mariadb;
use crate::error::{Doing, Error, Result};

/// The longest path of a socket on every Unix (`sun_path` has 104 bytes on macOS, with the closing zero).
#[cfg(unix)]
const LONGEST_SOCKET: usize = 103;

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

/// Makes the sockets' folder ours alone, ends what a killed owner left and clears its files.
pub(super) fn prepare(sockets: &Path) -> Result<()> {
    let doing = || format!("prepare {}", sockets.display());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        fs::DirBuilder::new().recursive(true).mode(0o700).create(sockets).doing(doing)?;
        // Fails for a folder that is another user's.
        fs::set_permissions(sockets, fs::Permissions::from_mode(0o700)).doing(doing)?;
        super::warden::end_leftovers(&sockets.join("processes"));
    }
    #[cfg(not(unix))]
    fs::create_dir_all(sockets).doing(doing)?;
    for entry in fs::read_dir(sockets).doing(doing)? {
        let entry = entry.doing(doing)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = entry.path();
        if ["php-", "run-", "page-"].iter().any(|it| name.starts_with(it)) {
            fs::remove_dir_all(&path).doing(|| format!("delete {}", path.display()))?;
        } else if name.starts_with("db-") {
            fs::remove_file(&path).doing(|| format!("delete {}", path.display()))?;
        }
    }
    Ok(())
}
