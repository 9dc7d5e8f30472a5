//! The folder of sockets, settings and other files that live as long as a process.
use std::{fs, path::Path};

use crate::error::{Doing, Result};

/// The longest path of a socket on every Unix (`sun_path` has 104 bytes on macOS, with the closing zero).
#[cfg(unix)]
const LONGEST_SOCKET: usize = 103;

/// Refuses a folder in which a socket's path would be too long for some system.
pub(super) fn check_length(sockets: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;

        use crate::{error::Error, runtime::mariadb};
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
    fs::create_dir_all(sockets).doing(doing)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(sockets, fs::Permissions::from_mode(0o700)).doing(doing)?;
        super::warden::end_leftovers(&sockets.join("processes"));
    }
    for entry in fs::read_dir(sockets).doing(doing)? {
        let entry = entry.doing(doing)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = entry.path();
        if name.starts_with("php-") || name.starts_with("run-") {
            fs::remove_dir_all(&path).doing(|| format!("delete {}", path.display()))?;
        } else if name.starts_with("db-") {
            fs::remove_file(&path).doing(|| format!("delete {}", path.display()))?;
        }
    }
    Ok(())
}
