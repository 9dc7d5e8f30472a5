//! A site's PHP stays in its site: it and all that it starts reach the environment's own folders, and what every program
//! needs to read. Linux: Landlock, which a process takes upon itself before it becomes PHP, so that nothing of ours runs
//! with more. macOS: `sandbox-exec`. Elsewhere PHP's own `open_basedir`, which does not hold what PHP starts.
#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(target_os = "macos", test))]
mod macos;
mod surroundings;

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::PhpSpec;
#[cfg(target_os = "linux")]
use crate::error::Doing;
use crate::error::{Error, Result};

/// The first argument of Portico's own program that makes it a site's program, with nothing of what it could do before.
const CONFINED: &str = "--confined";

/// What an environment's PHP may reach of the disk beside what every program needs. Places that are not there are no
/// part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reach {
    /// Folders and files to read, and programs in them to run.
    pub read: Vec<PathBuf>,
    /// Folders and files to change, too.
    pub write: Vec<PathBuf>,
    /// Folders whose sockets may be spoken to; kernels before 7.1 don't ask.
    pub sockets: Vec<PathBuf>,
    /// Portico's own program, which confines itself and becomes PHP; without it only `open_basedir` holds.
    pub confiner: Option<PathBuf>,
}

/// By what sites are kept apart on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Landlock, by the version that the kernel has of it.
    Landlock(u8),
    /// macOS's `sandbox-exec`.
    Sandbox,
    /// PHP's own setting: PHP is held, what it starts is not.
    OpenBasedir,
}

/// By what sites are kept apart on this machine; found out once.
pub fn means() -> Means {
    #[cfg(target_os = "linux")]
    {
        static FOUND: std::sync::OnceLock<Means> = std::sync::OnceLock::new();
        *FOUND.get_or_init(|| linux::version().map_or(Means::OpenBasedir, Means::Landlock))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let sandbox = cfg!(target_os = "macos") && Path::new("/usr/bin/sandbox-exec").is_file();
        if sandbox { Means::Sandbox } else { Means::OpenBasedir }
    }
}

/// Changes when a file of the system is replaced that a confined process reads: it may read the one that was there when
/// it began, and needs to begin anew.
pub fn system_stamp() -> u64 {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        let files = ["/etc/resolv.conf", "/etc/hosts", "/etc/ld.so.cache"];
        let inodes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|it| it.ino());
        inodes.fold(0, |stamp, inode| stamp.wrapping_mul(31).wrapping_add(inode))
    }
    #[cfg(not(target_os = "linux"))]
    {
        0
    }
}

/// The command of a PHP program in the surroundings of `spec`, confined to its reach. It reads `settings` too, where its
/// ini files are, and may make its socket there where it `listens` by itself. `begin` makes the command of any program.
pub(super) fn command(
    begin: fn(&Path) -> Command,
    program: &Path,
    spec: &PhpSpec,
    settings: &Path,
    listens: bool,
) -> Command {
    let mut command = match &spec.reach {
        Some(reach) => {
            let mut reach = reach.clone();
            let own = if listens { &mut reach.write } else { &mut reach.read };
            own.push(settings.to_owned());
            reach.read.extend(installation(program));
            reach.read.extend(named());
            confined(begin, program, &reach)
        }
        None => begin(program),
    };
    surroundings::give(&mut command, spec);
    command.env("PHP_INI_SCAN_DIR", super::php::scan_path(settings));
    command
}

fn confined(begin: fn(&Path) -> Command, program: &Path, reach: &Reach) -> Command {
    match (means(), &reach.confiner) {
        #[cfg(unix)]
        (Means::Landlock(_), Some(confiner)) => {
            let mut command = begin(confiner);
            command.arg(CONFINED);
            let lists =
                [("read", &reach.read), ("write", &reach.write), ("socket", &reach.sockets)];
            for (what, places) in lists {
                places.iter().for_each(|place| _ = command.arg(what).arg(place));
            }
            command.arg("--").arg(program);
            command
        }
        #[cfg(target_os = "macos")]
        (Means::Sandbox, _) => {
            let mut command = begin(Path::new("/usr/bin/sandbox-exec"));
            command.arg("-p").arg(macos::profile(reach)).arg(program);
            command
        }
        _ => begin(program),
    }
}

/// PHP's settings of `spec`, with `open_basedir` where nothing better is at hand.
pub(super) fn settings(spec: &PhpSpec) -> Vec<(String, String)> {
    let mut settings = spec.settings.clone();
    if let Some(reach) = &spec.reach
        && (means() == Means::OpenBasedir
            || (cfg!(target_os = "linux") && reach.confiner.is_none()))
    {
        let system = SHARED.iter().map(PathBuf::from).filter(|it| it.exists());
        let all = reach.read.iter().chain(&reach.write).cloned().chain(system);
        let all: Vec<_> = all.map(|it| it.to_string_lossy().into_owned()).collect();
        let separator = if cfg!(windows) { ";" } else { ":" };
        settings.push(("open_basedir".into(), all.join(separator)));
    }
    settings
}

/// What PHP itself opens by path: fonts, time zones, certificates, its own extensions.
const SHARED: &[&str] =
    &["/usr", "/etc/ssl", "/etc/pki", "/opt/homebrew", "/dev/urandom", "/dev/null"];

/// The folders of a PHP that a person installed for themself (`~/.phpenv/versions/8.2/bin/php`).
fn installation(program: &Path) -> Vec<PathBuf> {
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    let prefix = real.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    let parts = ["bin", "sbin", "lib", "lib64", "libexec", "etc", "share"];
    parts.iter().map(|part| prefix.join(part)).chain([real.clone()]).collect()
}

/// Files and folders that the owner's surroundings name for PHP and for certificates.
fn named() -> Vec<PathBuf> {
    let names = [
        "PHPRC",
        "PHP_INI_SCAN_DIR",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "CURL_CA_BUNDLE",
        "LD_LIBRARY_PATH",
    ];
    let values = names.iter().filter_map(env::var_os);
    let paths = values.flat_map(|value| env::split_paths(&value).collect::<Vec<_>>());
    paths.filter(|path| path.is_absolute()).collect()
}

/// Does what Portico's program was called for if it was called to become a site's program: confines this process and
/// becomes it. Answers nothing when it was called for something else, else why it could not. To be called before
/// anything else: a process with other threads would leave those unconfined.
pub fn become_confined(arguments: impl IntoIterator<Item = OsString>) -> Option<Error> {
    let mut arguments = arguments.into_iter().skip(1);
    (arguments.next()? == CONFINED).then(|| match read(arguments) {
        Ok((reach, program, rest)) => become_program(&reach, &program, &rest),
        Err(error) => error,
    })
}

/// A reach, a program and its arguments, as [`confined`] wrote them.
fn read(mut words: impl Iterator<Item = OsString>) -> Result<(Reach, OsString, Vec<OsString>)> {
    let mut reach = Reach::default();
    let wrong = || Error::usage("a program to confine is named by Portico itself");
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(wrong)?;
        match word.to_str() {
            Some("read") => reach.read.push(value.into()),
            Some("write") => reach.write.push(value.into()),
            Some("socket") => reach.sockets.push(value.into()),
            Some("--") => return Ok((reach, value, words.collect())),
            _ => return Err(wrong()),
        }
    }
    Err(wrong())
}

/// Never answers when it succeeds.
#[cfg(target_os = "linux")]
fn become_program(reach: &Reach, program: &OsStr, arguments: &[OsString]) -> Error {
    use std::os::unix::process::CommandExt;
    if let Err(error) = linux::restrict(reach) {
        return error;
    }
    let error = Command::new(program).args(arguments).exec();
    let failed = Err::<(), _>(error).doing(|| format!("start {}", program.to_string_lossy()));
    failed.err().unwrap_or_else(Error::cancelled)
}

#[cfg(not(target_os = "linux"))]
fn become_program(_reach: &Reach, program: &OsStr, _arguments: &[OsString]) -> Error {
    Error::failed(format!("confine {}", program.to_string_lossy()))
        .because("only Linux has Landlock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_as_it_was_written() {
        let reach = Reach {
            read: vec!["/a b".into(), "/--".into()],
            write: vec!["write".into()],
            sockets: vec!["/run/x".into()],
            confiner: None,
        };
        let mut words: Vec<OsString> = Vec::new();
        for (what, places) in
            [("read", &reach.read), ("write", &reach.write), ("socket", &reach.sockets)]
        {
            places.iter().for_each(|place| words.extend([what.into(), place.into()]));
        }
        words.extend(["--", "/usr/bin/php", "-r", "--"].map(OsString::from));
        let (found, program, rest) = read(words.into_iter()).expect("read");
        assert_eq!((found, program), (reach, OsString::from("/usr/bin/php")));
        assert_eq!(rest, ["-r", "--"]);
        assert!(read(["read".into()].into_iter()).is_err());
        let other = ["portico", "site:list"].map(OsString::from);
        assert!(become_confined(other).is_none() && become_confined([]).is_none());
    }
}
