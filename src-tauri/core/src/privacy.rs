//! The root folder is its person's alone: no other user of the machine reads databases, uploads, passwords or logs.
//!
//! A folder that is closed (mode 0700) closes everything in it, whatever the modes inside are. So the root folder is
//! made closed, Portico's own places in it are closed each by itself too (a link may lead to another disk), and
//! nothing is swept file by file.
use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    error::{Doing, Result},
    layout::Layout,
};

/// Makes the root folder for this user alone, unless it is there.
///
/// On Windows it inherits nothing and this user, the system and the administrators have it, by `icacls`; a folder
/// below the person's own profile is closed by Windows anyway, so a failure of `icacls` is no failure here.
pub fn make(root: &Path) -> Result<()> {
    if root.is_dir() {
        return Ok(());
    }
    let doing = || format!("make the folder {}", root.display());
    if let Some(parent) = root.parent() {
        fs::create_dir_all(parent).doing(doing)?;
    }
    match new_folder(root) {
        // Another Portico made it in this moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && root.is_dir() => Ok(()),
        made => made.doing(doing),
    }
}

/// Portico's places that other users of this machine can reach; none where the root folder is closed.
///
/// Windows, whose lists of rights the standard library can't read, always answers none.
pub fn open_places(layout: &Layout) -> Vec<PathBuf> {
    if is_open(layout.root()) {
        places(layout).filter(|it| is_open(it)).collect()
    } else {
        Vec::new()
    }
}

/// Closes what is Portico's: its places in the root folder, and the root folder itself where nothing else is in it.
/// Answers what was open. Idempotent.
///
/// A root folder that holds other things, or belongs to somebody else, stays as it is: others may have a right to
/// them, and what is Portico's is closed all the same.
///
/// # Errors
/// A place that can't be closed, as on a disk without rights (FAT).
pub fn close(layout: &Layout) -> Result<Vec<PathBuf>> {
    let mut closed = Vec::new();
    let root = Some(layout.root().to_owned()).filter(|it| is_ours_alone(layout, it));
    for place in places(layout).chain(root) {
        if is_open(&place) {
            close_one(&place).doing(|| format!("close {} to other users", place.display()))?;
            closed.push(place);
        }
    }
    Ok(closed)
}

/// Portico's own places that are there.
fn places(layout: &Layout) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(layout.root()).into_iter().flatten().flatten();
    entries.filter(|entry| Layout::is_own(&entry.file_name())).map(|entry| entry.path())
}

/// Whether nothing in the root folder is anybody else's. What is hidden does not count: systems leave such files.
fn is_ours_alone(layout: &Layout, root: &Path) -> bool {
    let Ok(entries) = fs::read_dir(root) else { return false };
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    is_owned(layout.root())
        && entries.flatten().all(|it| Layout::is_own(&it.file_name()) || is_hidden(&it.file_name()))
}

#[cfg(unix)]
fn new_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(windows)]
fn new_folder(folder: &Path) -> io::Result<()> {
    use std::process::{Command, Stdio};
    fs::create_dir(folder)?;
    let said = Command::new("whoami").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let person = said.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    if let Ok(person) = person.as_deref()
        && !person.is_empty()
    {
        // The system and the administrators by their well-known identifiers: their names are translated.
        let own = format!("{person}:(OI)(CI)F");
        let rights = [own.as_str(), "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F"];
        let mut command = Command::new("icacls");
        command.arg(folder).arg("/inheritance:r").arg("/grant:r").args(rights);
        drop(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
    Ok(())
}

/// Whether the group or others may do anything with it. A link is as open as what it leads to.
#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(windows)]
fn is_open(_path: &Path) -> bool {
    false
}

#[cfg(unix)]
fn is_owned(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).is_ok_and(|found| found.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(windows)]
fn is_owned(_path: &Path) -> bool {
    true
}

#[cfg(unix)]
fn close_one(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7700))
}

#[cfg(windows)]
fn close_one(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    fn open(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("opened");
    }

    #[test]
    fn a_root_folder_is_made_closed_and_an_open_one_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(folder.path().join("a/Portico"));
        make(layout.root()).expect("made");
        assert_eq!(mode(layout.root()), 0o700);
        fs::create_dir_all(layout.sites()).expect("made");
        fs::write(layout.store(), "").expect("written");
        open(layout.root(), 0o755);
        open(&layout.sites(), 0o755);
        open(&layout.store(), 0o644);
        assert_eq!(open_places(&layout).len(), 2);
        assert_eq!(close(&layout).expect("closed").len(), 3);
        let modes = [layout.root(), &layout.sites(), &layout.store()].map(mode);
        assert_eq!(modes, [0o700, 0o700, 0o600]);
        assert!(open_places(&layout).is_empty() && close(&layout).expect("closed").is_empty());
    }

    #[test]
    fn what_is_not_ours_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(folder.path().to_owned());
        fs::create_dir_all(layout.sites()).expect("made");
        let other = folder.path().join("holiday.jpg");
        fs::write(&other, "").expect("written");
        for (path, mode) in [(layout.root(), 0o755), (&layout.sites(), 0o755), (&other, 0o644)] {
            open(path, mode);
        }
        assert_eq!(close(&layout).expect("closed"), [layout.sites()]);
        assert_eq!([layout.root(), &other].map(mode), [0o755, 0o644]);
        assert!(open_places(&layout).is_empty());
    }
}
