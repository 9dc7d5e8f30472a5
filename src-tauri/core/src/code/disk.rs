//! What differs per system in writing a file of a commit.
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use super::rows::Row;

#[cfg(unix)]
const EXECUTABLE: i32 = 0o100_755;

#[cfg(unix)]
pub(super) fn create(to: &Path, mode: i32, read_only: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mode = if mode == EXECUTABLE { 0o777 } else { 0o666 };
    let mode = if read_only { mode & 0o555 } else { mode };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(to)
}

#[cfg(windows)]
pub(super) fn create(to: &Path, _mode: i32, _read_only: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(to)
}

/// On Unix the rights were given when the file was made.
pub(super) fn close(file: File, read_only: bool) -> io::Result<()> {
    if cfg!(windows) && read_only {
        let mut permissions = file.metadata()?.permissions();
        permissions.set_readonly(true);
        file.set_permissions(permissions)?;
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn reflink(from: &Path, to: &Path, mode: i32, read_only: bool) -> io::Result<()> {
    let file = create(to, mode, read_only)?;
    rustix::fs::ioctl_ficlone(&file, File::open(from)?)?;
    Ok(())
}

/// On macOS `fs::copy` shares blocks on APFS; elsewhere it copies, which is never slower than unpacking.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn reflink(from: &Path, to: &Path, mode: i32, read_only: bool) -> io::Result<()> {
    fs::copy(from, to)?;
    set_rights(to, mode, read_only)
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn set_rights(to: &Path, mode: i32, read_only: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if mode == EXECUTABLE { 0o755 } else { 0o644 };
    let mode = if read_only { mode & 0o555 } else { mode };
    fs::set_permissions(to, fs::Permissions::from_mode(mode))
}

#[cfg(windows)]
fn set_rights(to: &Path, _mode: i32, read_only: bool) -> io::Result<()> {
    let mut permissions = fs::metadata(to)?.permissions();
    permissions.set_readonly(read_only);
    fs::set_permissions(to, permissions)
}

/// Gives a file that nobody may write to a second name, if its mode is the wanted one. Answers whether it has it.
#[cfg(unix)]
pub(super) fn link(from: &Path, to: &Path, mode: i32) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let is_as_wanted = |known: fs::Metadata| {
        let bits = known.permissions().mode();
        known.is_file() && bits & 0o222 == 0 && (bits & 0o111 != 0) == (mode == EXECUTABLE)
    };
    fs::symlink_metadata(from).is_ok_and(is_as_wanted) && fs::hard_link(from, to).is_ok()
}

/// On Windows a file's last name can't be deleted while it is read-only, and the mark belongs to all names.
#[cfg(windows)]
pub(super) fn link(_from: &Path, _to: &Path, _mode: i32) -> bool {
    false
}

/// Whether a file has more than one name.
#[cfg(unix)]
pub(super) fn has_other_names(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(file).is_ok_and(|known| known.is_file() && known.nlink() > 1)
}

/// On Windows no file of ours has two names.
#[cfg(windows)]
pub(super) fn has_other_names(_file: &Path) -> bool {
    false
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(unix)]
pub(super) fn write_link(target: &[u8], to: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), to)
}

/// Links need a right that people rarely have; like Git there, a file that holds the target stands for it.
#[cfg(windows)]
pub(super) fn write_link(target: &[u8], to: &Path) -> io::Result<()> {
    fs::write(to, target)
}

/// The index entry of a file that was just written, with what Git looks at to see that it is unchanged.
#[cfg(unix)]
pub(super) fn index_entry(
    path: &[u8],
    id: git2::Oid,
    mode: i32,
    file: &Path,
) -> io::Result<git2::IndexEntry> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::symlink_metadata(file)?;
    let time = |seconds: i64, nanoseconds: i64| {
        // Git keeps the low 32 bits.
        git2::IndexTime::new(seconds as i32, nanoseconds as u32)
    };
    Ok(git2::IndexEntry {
        ctime: time(found.ctime(), found.ctime_nsec()),
        mtime: time(found.mtime(), found.mtime_nsec()),
        dev: found.dev() as u32,
        ino: found.ino() as u32,
        mode: mode as u32,
        uid: found.uid(),
        gid: found.gid(),
        file_size: found.len() as u32,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.to_vec(),
    })
}

/// Whether a file looks as it did when the index took note of it; then Git takes it for unchanged, too.
#[cfg(unix)]
pub(super) fn is_as_indexed(row: &Row<'_>, found: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let kind = match (found.is_symlink(), found.mode() & 0o100 != 0) {
        (true, _) => 0o120_000,
        (_, true) => 0o100_755,
        (_, false) => 0o100_644,
    };
    row.mode == kind
        && row.size == found.len() as u32
        && row.inode == found.ino() as u32
        && row.modified == (found.mtime() as u32, found.mtime_nsec() as u32)
        && row.touched == (found.ctime() as u32, found.ctime_nsec() as u32)
}

/// Whether a file looks as it did when the index took note of it; then Git takes it for unchanged, too.
#[cfg(windows)]
pub(super) fn is_as_indexed(row: &Row<'_>, found: &fs::Metadata) -> bool {
    let since = found.modified().ok().and_then(|it| it.duration_since(std::time::UNIX_EPOCH).ok());
    let since = since.unwrap_or_default();
    row.mode != 0o120_000
        && row.size == found.len() as u32
        && row.modified == (since.as_secs() as u32, since.subsec_nanos())
}

/// The index entry of a file that was just written, with what Git looks at to see that it is unchanged.
#[cfg(windows)]
pub(super) fn index_entry(
    path: &[u8],
    id: git2::Oid,
    mode: i32,
    file: &Path,
) -> io::Result<git2::IndexEntry> {
    use std::time::{SystemTime, UNIX_EPOCH};
    let found = fs::symlink_metadata(file)?;
    let time = |time: io::Result<SystemTime>| {
        let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let since = since.unwrap_or_default();
        git2::IndexTime::new(since.as_secs() as i32, since.subsec_nanos())
    };
    Ok(git2::IndexEntry {
        ctime: time(found.created()),
        mtime: time(found.modified()),
        dev: 0,
        ino: 0,
        mode: mode as u32,
        uid: 0,
        gid: 0,
        file_size: found.len() as u32,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.to_vec(),
    })
}
