//! Files in folders that a site's PHP writes to: its logs, its mail, its uploads. What a site puts there in the place of a
//! file (a link to somebody else's, a pipe that never ends) is neither followed nor waited for: Portico may do more than
//! the site.
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// Opens a file to be read.
///
/// # Errors
/// Also for what is no file.
pub fn read(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// Opens a file to be appended to and read, and makes it if it is not there. What is no file is taken away first.
pub fn append(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        fs::remove_file(path)?;
    }
    open(OpenOptions::new().create(true).append(true).read(true), path)
}

/// Whether a folder is one, and no link to another.
pub fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// Whether an open file lies below one of these folders, whatever was put into its path since that was looked at.
/// Where the system does not say, it is believed.
pub fn lies_in<'a>(file: &File, folders: impl IntoIterator<Item = &'a Path>) -> bool {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let Ok(real) = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) else {
            return true;
        };
        let is_in = |folder: &Path| folder.canonicalize().is_ok_and(|it| real.starts_with(it));
        folders.into_iter().any(is_in)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, folders.into_iter().next());
        true
    }
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        // Without the second one a pipe is waited for until somebody opens its other end.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags);
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no file")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{io::Write, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn what_a_site_puts_in_the_place_of_a_log_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (secret, log) = (folder.path().join("secret"), folder.path().join("access.log"));
        fs::write(&secret, "mine").expect("written");
        symlink(&secret, &log).expect("linked");
        read(&log).expect_err("a link is not read");
        append(&log).and_then(|mut it| it.write_all(b"a line\n")).expect("appended");
        assert_eq!(fs::read_to_string(&secret).expect("read"), "mine");
        assert_eq!(fs::read_to_string(&log).expect("read"), "a line\n");
        append(&log).and_then(|mut it| it.write_all(b"b\n")).expect("appended");
        assert_eq!(fs::read_to_string(&log).expect("read"), "a line\nb\n");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        read(&pipe).expect_err("a pipe is not waited for");
        append(&pipe).expect("it is a file now");
        read(folder.path()).expect_err("a folder is no file");
    }

    #[test]
    fn an_open_file_is_known_by_where_it_is() {
        let (inside, outside) =
            (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        let secret = outside.path().join("secret");
        fs::write(&secret, "mine").expect("written");
        symlink(&secret, inside.path().join("a")).expect("linked");
        let file = File::open(inside.path().join("a")).expect("opened");
        assert!(lies_in(&file, [outside.path()]));
        assert!(!lies_in(&file, [inside.path()]) || cfg!(not(target_os = "linux")));
    }
}
