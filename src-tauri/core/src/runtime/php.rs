//! The PHP versions on this machine, and the settings that we add to a system's own.
use std::{
    collections::{BTreeMap, HashMap},
    env, fmt, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
    time::{Duration, SystemTime},
};

use super::{lock, process::ask, programs};
use crate::error::{Doing, Error, Result};

/// `php -v` takes 30 ms; a program that takes so long is none of ours.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Sites get these unless they say otherwise: `$_ENV` filled, edits seen at once, room for a large system's code.
const SETTINGS: &[(&str, &str)] = &[
    ("variables_order", "EGPCS"),
    ("opcache.enable", "1"),
    ("opcache.validate_timestamps", "1"),
    ("opcache.revalidate_freq", "0"),
    ("opcache.memory_consumption", "128"),
    ("opcache.max_accelerated_files", "20000"),
    ("opcache.interned_strings_buffer", "16"),
    ("log_errors", "On"),
];

/// A PHP version, ordered as people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Version {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Version {
    /// Reads "8.2" or "8.2.36-1+deb12u1".
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse::<u16>().ok()
        });
        let major = numbers.next()??;
        let minor = numbers.next()??;
        Some(Self { major, minor, patch: numbers.next().flatten().unwrap_or(0) })
    }

    /// "8.2", by which sites choose.
    pub(super) fn series(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    fn in_series(self) -> (u16, u16) {
        (self.major, self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// How a PHP program is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sapi {
    Cli,
    Cgi,
    Fpm,
}

/// One version with the programs it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installation {
    pub(super) version: Version,
    pub(super) cli: Option<PathBuf>,
    pub(super) cgi: Option<PathBuf>,
    pub(super) fpm: Option<PathBuf>,
}

impl Installation {
    /// The program that serves sites.
    pub(super) fn server(&self) -> Option<&Path> {
        self.fpm.as_deref().or(self.cgi.as_deref())
    }
}

/// All versions on this machine, newest first.
pub(super) fn installations() -> Vec<Installation> {
    let programs = candidates();
    let known: Vec<Option<(Version, Sapi)>> = thread::scope(|scope| {
        let asked: Vec<_> = programs.iter().map(|it| scope.spawn(|| identify(it))).collect();
        asked.into_iter().map(|it| it.join().unwrap_or(None)).collect()
    });
    let mut found: BTreeMap<Version, Installation> = BTreeMap::new();
    for (program, known) in programs.into_iter().zip(known) {
        let Some((version, sapi)) = known else { continue };
        let empty = Installation { version, cli: None, cgi: None, fpm: None };
        let installation = found.entry(version).or_insert(empty);
        let place = match sapi {
            Sapi::Cli => &mut installation.cli,
            Sapi::Cgi => &mut installation.cgi,
            Sapi::Fpm => &mut installation.fpm,
        };
        place.get_or_insert(program);
    }
    found.into_values().rev().collect()
}

/// The installation for a site that wants `wanted`: that series, else the nearest newer one, else the newest.
/// Only those that `fits` count.
pub(super) fn choose<'a>(
    all: &'a [Installation],
    wanted: Option<&str>,
    fits: impl Fn(&Installation) -> bool,
) -> Option<&'a Installation> {
    let fitting = || all.iter().filter(|it| fits(it));
    let newest = fitting().max_by_key(|it| it.version);
    let Some(wanted) = wanted.and_then(Version::parse) else { return newest };
    let enough = fitting().filter(|it| it.version.in_series() >= wanted.in_series());
    let nearest = enough.map(|it| it.version.in_series()).min();
    let best = fitting().filter(|it| Some(it.version.in_series()) == nearest);
    best.max_by_key(|it| it.version).or(newest)
}

/// Files that are named like a PHP program, each program once.
fn candidates() -> Vec<PathBuf> {
    let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
    for folder in programs::folders() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(is_php_name))
            .map(|entry| entry.path())
            .filter(|file| programs::is_program(file))
            .collect();
        files.sort();
        for file in files {
            let Ok(real) = fs::canonicalize(&file) else { continue };
            if !found.iter().any(|(_, known)| *known == real) {
                found.push((file, real));
            }
        }
    }
    found.into_iter().map(|(file, _)| file).collect()
}

/// `php`, `php8.2`, `php82`, `php-cgi8.2`, `php-fpm8.2`, `php82-cgi`, `php83-fpm`.
fn is_php_name(name: &str) -> bool {
    let name = name.strip_suffix(env::consts::EXE_SUFFIX).unwrap_or(name);
    let Some(rest) = name.strip_prefix("php") else { return false };
    let is_version = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match rest.split_once('-') {
        None => is_version(rest),
        Some((version, sapi)) => {
            let sapi = sapi.strip_prefix("cgi").or_else(|| sapi.strip_prefix("fpm"));
            is_version(version) && sapi.is_some_and(is_version)
        }
    }
}

/// A program at the time of its last change, and what it said it is.
type Known = HashMap<(PathBuf, Option<SystemTime>), Option<(Version, Sapi)>>;

/// What a program says it is; asked once for each program and change of it.
fn identify(program: &Path) -> Option<(Version, Sapi)> {
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let changed = fs::metadata(program).and_then(|found| found.modified()).ok();
    let key = (program.to_owned(), changed);
    if let Some(known) = lock(&KNOWN).get_or_insert_default().get(&key) {
        return *known;
    }
    let said = ask(Command::new(program).arg("-v"), ANSWER_TIMEOUT);
    let known = said.as_deref().and_then(read_version);
    lock(&KNOWN).get_or_insert_default().insert(key, known);
    known
}

/// Reads the line "PHP 8.2.36 (fpm-fcgi) (built: …".
fn read_version(said: &str) -> Option<(Version, Sapi)> {
    let line = said.lines().find_map(|line| line.trim().strip_prefix("PHP "))?;
    let (version, rest) = line.split_once(' ')?;
    let (sapi, _) = rest.strip_prefix('(')?.split_once(')')?;
    let sapi = match sapi {
        "cli" => Sapi::Cli,
        "cgi-fcgi" => Sapi::Cgi,
        "fpm-fcgi" => Sapi::Fpm,
        _ => return None,
    };
    Some((Version::parse(version)?, sapi))
}

/// The extensions that a PHP program loads, lower case; none when it doesn't say.
pub(super) fn extensions(program: &Path) -> Option<Vec<String>> {
    let said = ask(Command::new(program).arg("-m"), ANSWER_TIMEOUT)?;
    let names =
        said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('['));
    // The only one that calls itself otherwise than its package does.
    Some(names.map(|name| name.to_lowercase().replace("zend opcache", "opcache")).collect())
}

/// Writes our settings into `folder`, from where [`scan_path`] lets PHP read them after the system's own.
pub(super) fn write_settings(
    folder: &Path,
    errors: &Path,
    given: &[(String, String)],
    last: &[(&str, &str)],
) -> Result<()> {
    let errors = errors.to_string_lossy();
    let ours = SETTINGS.iter().copied().chain([("error_log", errors.as_ref())]);
    let given = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut text = String::new();
    for (name, value) in ours.chain(given).chain(last.iter().copied()) {
        text.push_str(&setting(name, value)?);
    }
    let file = folder.join("zz-portico.ini");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, text))
        .doing(|| format!("write {}", file.display()))
}

/// The value of `PHP_INI_SCAN_DIR` that adds `folder` to the folders that are read anyway (an empty entry stands for those).
pub(super) fn scan_path(folder: &Path) -> std::ffi::OsString {
    let separator = if cfg!(windows) { ";" } else { ":" };
    let mut path = env::var_os("PHP_INI_SCAN_DIR").unwrap_or_default();
    path.push(separator);
    path.push(folder);
    path
}

/// One line of a PHP settings file, which php-fpm's own are too.
pub(super) fn setting(name: &str, value: &str) -> Result<String> {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let is_bare = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ' | b'&' | b'|' | b'~' | b'.' | b'-')
    };
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(Error::usage(format!("`{name}` can't be the name of a PHP setting")));
    }
    if value.contains('\0') {
        return Err(Error::usage(format!("the PHP setting `{name}` is no text")));
    }
    // Bare words are read as constants and expressions: `On`, `256M`, `E_ALL & ~E_DEPRECATED`.
    if !value.is_empty() && value.bytes().all(is_bare) {
        return Ok(format!("{name} = {value}\n"));
    }
    // Nothing is special between single quotes, a line's end neither. One stands between double quotes, and what
    // stands beside each other is one value; but two single quotes with nothing between them are read as themselves.
    let parts: Vec<String> = value
        .split('\'')
        .map(|part| if part.is_empty() { String::new() } else { format!("'{part}'") })
        .collect();
    let value = if value.is_empty() { "\"\"".to_owned() } else { parts.join("\"'\"") };
    Ok(format!("{name} = {value}\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn installed(versions: &[&str]) -> Vec<Installation> {
        let parse = |text: &&str| Version::parse(text).expect("a version");
        versions
            .iter()
            .map(|it| Installation { version: parse(it), cli: None, cgi: None, fpm: None })
            .collect()
    }

    #[test]
    fn the_wanted_version_else_the_nearest_newer_else_the_newest() {
        let all = installed(&["8.4.1", "8.2.36", "8.2.9", "7.4.33"]);
        let check = |wanted: Option<&str>, expected: &str| {
            let chosen = choose(&all, wanted, |_| true).expect("one is chosen");
            assert_eq!(chosen.version.to_string(), expected, "for {wanted:?}");
        };
        check(Some("8.2"), "8.2.36");
        check(Some("8.3"), "8.4.1");
        check(Some("7.0"), "7.4.33");
        check(Some("8.5"), "8.4.1");
        check(Some("nonsense"), "8.4.1");
        check(None, "8.4.1");
        assert_eq!(choose(&[], Some("8.2"), |_| true), None);
    }

    #[test]
    fn only_php_programs_are_asked_what_they_are() {
        for good in ["php", "php8.2", "php82", "php-cgi", "php-cgi8.2", "php-fpm8.2", "php82-cgi"] {
            assert!(is_php_name(good), "{good}");
        }
        for bad in ["phpize", "php-config8.2", "phpdbg", "phpunit", "php.default.bak", "perl"] {
            assert!(!is_php_name(bad), "{bad}");
        }
    }

    #[test]
    fn the_version_line_may_follow_warnings() {
        let said = "Warning: no such extension\nPHP 8.2.36-1+deb12u1 (fpm-fcgi) (built: x)\n";
        let (version, sapi) = read_version(said).expect("read");
        assert_eq!((version.to_string().as_str(), sapi), ("8.2.36", Sapi::Fpm));
        assert_eq!(read_version("HipHop VM 3.2"), None);
    }

    #[test]
    fn this_machine_has_a_php_that_serves() {
        let all = installations();
        let serving = choose(&all, None, |it| it.server().is_some()).expect("a PHP server");
        let program = serving.server().expect("it serves");
        assert!(extensions(program).expect("it says").contains(&"mysqli".to_owned()));
    }

    #[test]
    fn php_reads_the_values_that_were_written() {
        let all = installations();
        let php = choose(&all, None, |it| it.cli.is_some()).and_then(|it| it.cli.clone());
        let folder = tempfile::tempdir().expect("a folder");
        let values = [
            "256M",
            "/a b/ü;#=(x)",
            "C:\\x\\y\\",
            "it's",
            "say \"$x\" ${y}",
            "%^!{}",
            "",
            "'both' \"kinds\" \\'' ${HOME}",
            "two\nlines\t'",
        ];
        let given: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(n, it)| (format!("portico.v{n}"), (*it).to_owned()))
            .collect();
        write_settings(folder.path(), Path::new("/dev/null"), &given, &[]).expect("written");
        let said = ask(
            Command::new(php.expect("a php program"))
                .args([
                    "-r",
                    "for ($i = 0; $i < 9; $i++) echo get_cfg_var(\"portico.v$i\"), \"\\n\";",
                ])
                .env("PHP_INI_SCAN_DIR", scan_path(folder.path())),
            ANSWER_TIMEOUT,
        );
        assert_eq!(said.expect("it ran"), values.map(|value| format!("{value}\n")).concat());
    }

    proptest! {
        #[test]
        fn any_answer_of_a_program_is_survived(said in "(PHP )?[0-9.]{0,9}.{0,40}") {
            let _ = read_version(&said);
            let _ = Version::parse(&said);
        }
    }
}
