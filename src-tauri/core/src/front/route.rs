//! Which file or script answers a path.
//!
//! Looks at the disk (`stat`), never reads a file. What a path leads to is checked a second time by
//! [`resolve`], after all links are followed: nothing outside the code and the uploads is ever opened.
use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Served;

/// What answers a path.
#[derive(Debug)]
pub(super) enum Route {
    /// A file that exists; its links are not yet followed.
    File { path: PathBuf, metadata: Metadata },
    /// A PHP script that exists, with its links followed and found allowed.
    Script(Script),
    /// A folder asked for without its slash: the path to be sent to.
    Slash(String),
    /// There is nothing, and the site has no page of its own to say so.
    NotFound,
    /// There is nothing; the site's own page says so.
    NotFoundPage { path: PathBuf, metadata: Metadata },
    /// Never served, whether it exists or not.
    Forbidden,
    /// A path that no client sends in good faith.
    Bad,
}

/// A script, as CGI names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// `SCRIPT_FILENAME`.
    pub(super) file: PathBuf,
    /// `SCRIPT_NAME`: its path in the URL, decoded.
    pub(super) name: String,
    /// `PATH_INFO`: what follows it; empty or with a leading slash.
    pub(super) path_info: String,
}

/// Index files, in the order in which they are looked for.
const INDEX_PAGES: &[&str] = &["index.html", "index.htm"];

/// Finds what answers the path `raw` of a URL.
pub(super) fn route(served: &Served, raw: &str) -> Route {
    let Some(decoded) = decode(raw) else { return Route::Bad };
    let path = match String::from_utf8(decoded) {
        Ok(path) => path,
        // An old permalink, or a file from times when names were in other encodings.
        Err(error) => return odd(served, error.as_bytes()),
    };
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty() && *s != ".").collect();
    if let Some(refused) = refused(served, &segments) {
        return refused;
    }
    let ends_with_slash = path.ends_with('/') || path.ends_with("/.");
    match in_uploads(served, &segments) {
        Some((folder, below)) => uploaded(served, folder, below),
        None => in_code(served, &segments, ends_with_slash),
    }
}

/// The canonical path of `file`, if it may be read: in the code or the uploads and nowhere else, and
/// under no name that is never served. None otherwise. `runs`: it is for PHP to run, not to be shown.
pub(super) fn resolve(served: &Served, file: &Path, runs: bool) -> Option<PathBuf> {
    let uploads = served.uploads.as_ref().map(|(_, folder)| folder.as_path());
    let roots = [(uploads, true), (Some(served.docroot.as_path()), false)];
    for (root, uploaded) in roots {
        if let Some(below) = root.and_then(|root| file.strip_prefix(root).ok())
            && root.is_some_and(|root| has_no_links(root, below))
        {
            return may_be_read(served, file, below, uploaded, runs).then(|| file.to_path_buf());
        }
    }
    let file = fs::canonicalize(file).ok()?;
    let uploads = uploads.and_then(|folder| fs::canonicalize(folder).ok());
    let (root, uploaded) = match &uploads {
        Some(folder) if file.starts_with(folder) => (folder.as_path(), true),
        _ => (served.code.as_path(), false),
    };
    let below = file.strip_prefix(root).ok()?;
    may_be_read(served, &file, below, uploaded, runs).then(|| file.clone())
}

/// Whether the path from `root` on is what it seems: the common case, and ten times quicker to see than
/// to follow all links.
fn has_no_links(root: &Path, below: &Path) -> bool {
    let mut path = root.to_path_buf();
    below.iter().all(|name| {
        path.push(name);
        fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_symlink())
    })
}

fn may_be_read(served: &Served, file: &Path, below: &Path, uploaded: bool, runs: bool) -> bool {
    let hidden = below.iter().any(|name| is_hidden(&name.to_string_lossy()));
    let private = uploaded
        && below
            .iter()
            .next()
            .and_then(|name| name.to_str())
            .is_some_and(|n| same_name(n, "private"));
    let secret = if runs { uploaded || !is_php(file) } else { is_secret(served, file) };
    !hidden && !private && !secret
}

/// What answers a path before any file is looked for.
fn refused(served: &Served, segments: &[&str]) -> Option<Route> {
    if segments.contains(&"..") {
        Some(Route::Bad)
    } else if is_protected(served, segments) {
        Some(Route::Forbidden)
    } else {
        segments.iter().any(|segment| !is_portable(segment)).then(|| missing(served))
    }
}

/// A path that is no text: a file of such a name, never a script. No rule names such a file, but it may be below a
/// folder, or of a kind, that a rule names; what can't be read in it is then as good as any letter.
#[cfg(unix)]
fn odd(served: &Served, path: &[u8]) -> Route {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let parts = path.split(|byte| *byte == b'/').filter(|it| !it.is_empty() && *it != b".");
    let parts: Vec<&OsStr> = parts.map(OsStr::from_bytes).collect();
    let segments: Vec<_> = parts.iter().map(|it| it.to_string_lossy()).collect();
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    if let Some(refused) = refused(served, &segments) {
        return refused;
    }
    let (folder, below) = match in_uploads(served, &segments) {
        Some((_, below)) if is_private_upload(below) => return Route::Forbidden,
        Some((folder, below)) => (folder, below.len()),
        None => (served.docroot.as_path(), segments.len()),
    };
    let file =
        parts[parts.len() - below..].iter().fold(folder.to_path_buf(), |it, part| it.join(part));
    match fs::metadata(&file) {
        Ok(metadata) if metadata.is_file() && !path.ends_with(b"/") => {
            shown(served, file, metadata)
        }
        _ => missing(served),
    }
}

/// No file on this system has such a name.
#[cfg(windows)]
fn odd(served: &Served, _path: &[u8]) -> Route {
    missing(served)
}

/// Whether no visitor may see it: PHP is never run nor shown in the uploads.
fn is_private_upload(below: &[&str]) -> bool {
    below.first() == Some(&"private") || below.iter().any(|part| is_php(Path::new(part)))
}

/// A file or script below the docroot, or what stands in for one that is missing.
fn in_code(served: &Served, segments: &[&str], ends_with_slash: bool) -> Route {
    let mut file = served.docroot.clone();
    for (index, segment) in segments.iter().enumerate() {
        file.push(segment);
        if served.php && is_php(Path::new(segment)) && file.is_file() {
            let (name, rest) = segments.split_at(index + 1);
            let mut path_info = rest.iter().fold(String::new(), |info, part| info + "/" + part);
            if ends_with_slash {
                path_info.push('/');
            }
            return script(served, file, format!("/{}", name.join("/")), path_info);
        }
    }
    match fs::metadata(&file) {
        Ok(metadata) if metadata.is_dir() => directory(served, file, segments, ends_with_slash),
        Ok(metadata) if metadata.is_file() && !ends_with_slash => shown(served, file, metadata),
        _ => missing(served),
    }
}

fn directory(served: &Served, folder: PathBuf, segments: &[&str], ends_with_slash: bool) -> Route {
    let index = folder.join("index.php");
    let has_script = served.php && index.is_file();
    let page = || {
        INDEX_PAGES.iter().find_map(|name| {
            let path = folder.join(name);
            fs::metadata(&path).ok().filter(Metadata::is_file).map(|metadata| (path, metadata))
        })
    };
    let page = if has_script { None } else { page() };
    match page {
        None if !has_script => missing(served),
        _ if !ends_with_slash && !segments.is_empty() => Route::Slash(encode(segments) + "/"),
        Some((path, metadata)) => Route::File { path, metadata },
        None => {
            let name = segments.iter().fold(String::new(), |name, part| name + "/" + part);
            script(served, index, name + "/index.php", String::new())
        }
    }
}

/// A file of the uploads. A missing one is left to the site, since Drupal makes its scaled images and aggregated styles
/// on the first visit.
fn uploaded(served: &Served, folder: &Path, below: &[&str]) -> Route {
    if is_private_upload(below) {
        return Route::Forbidden;
    }
    let file = below.iter().fold(folder.to_path_buf(), |file, part| file.join(part));
    match fs::metadata(&file) {
        Ok(metadata) if metadata.is_file() => shown(served, file, metadata),
        Ok(metadata) if metadata.is_dir() => Route::Forbidden,
        _ => missing(served),
    }
}

/// A file that exists, unless visitors must not see it.
fn shown(served: &Served, path: PathBuf, metadata: Metadata) -> Route {
    if is_secret(served, &path) { Route::Forbidden } else { Route::File { path, metadata } }
}

/// The front controller, the site's own 404 page, or nothing.
fn missing(served: &Served) -> Route {
    if served.php {
        let file = served.docroot.join("index.php");
        return match file.is_file() {
            true => script(served, file, "/index.php".into(), String::new()),
            false => Route::NotFound,
        };
    }
    let path = served.docroot.join("404.html");
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Route::NotFoundPage { path, metadata },
        _ => Route::NotFound,
    }
}

fn script(served: &Served, file: PathBuf, name: String, path_info: String) -> Route {
    match resolve(served, &file, true) {
        Some(_) => Route::Script(Script { file, name, path_info }),
        None => Route::Forbidden,
    }
}

fn in_uploads<'a>(
    served: &'a Served,
    segments: &'a [&'a str],
) -> Option<(&'a Path, &'a [&'a str])> {
    let (prefix, folder) = served.uploads.as_ref()?;
    let prefix: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
    let starts = !prefix.is_empty()
        && segments.len() >= prefix.len()
        && prefix.iter().zip(segments).all(|(left, right)| same_name(left, right));
    starts.then(|| (folder.as_path(), &segments[prefix.len()..]))
}

fn is_protected(served: &Served, segments: &[&str]) -> bool {
    let below = |protected: &str| {
        let mut protected = protected.split('/').filter(|part| !part.is_empty()).peekable();
        let mut segments = segments.iter();
        protected.peek().is_some()
            && protected.all(|part| segments.next().is_some_and(|name| same_name(part, name)))
    };
    segments.iter().any(|segment| is_hidden(segment))
        // The code's `private` folder is Pantheon's for what no visitor may see.
        || below("private")
        || served.protected.iter().any(|path| below(path))
}

/// Names of the same file, on systems where most disks don't tell cases apart.
fn same_name(left: &str, right: &str) -> bool {
    if cfg!(any(windows, target_os = "macos")) {
        left.to_lowercase() == right.to_lowercase()
    } else {
        left == right
    }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && name != ".well-known"
}

/// Whether the name means a plain file on every system: no other separator, and on Windows no stream,
/// no device, no short name, nothing that the system drops silently.
fn is_portable(name: &str) -> bool {
    !name.contains('\\')
        && (!cfg!(windows)
            || (!name.contains([':', '~', '*', '?', '"', '<', '>', '|'])
                && !name.ends_with(['.', ' '])
                && !is_device(name)))
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_lowercase();
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || (stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")))
}

/// Whether PHP runs it.
fn is_php(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("php"))
}

/// Whether a file that is no script would tell what only the code may know: source under another name,
/// dumps, settings. The lists are those that Drupal's and WordPress's own server rules guard.
fn is_secret(served: &Served, file: &Path) -> bool {
    const NAMES: &[&str] = &[
        "pantheon.yml",
        "pantheon.yaml",
        "pantheon.upstream.yml",
        "composer.json",
        "composer.lock",
        "web.config",
        "auth.json",
    ];
    const SOURCES: &[&str] = &[
        "php", "php3", "php4", "php5", "php7", "php8", "phps", "pht", "phtml", "phar", "inc",
        "install", "module", "engine", "theme", "profile", "twig", "make", "sql", "sqlite",
    ];
    const COPIES: &[&str] =
        &["bak", "orig", "save", "old", "swp", "swo", "gz", "bz2", "xz", "zst", "zip"];
    let Some(name) = file.file_name() else { return true };
    let name = name.to_string_lossy().to_ascii_lowercase();
    let name = name.trim_end_matches('~');
    let split = |name| str::rsplit_once(name, '.').filter(|(stem, _)| !stem.is_empty());
    let (stem, mut last) = split(name).unwrap_or((name, ""));
    if COPIES.contains(&last) {
        last = split(stem).map_or("", |(_, last)| last);
    }
    NAMES.contains(&name)
        || name.starts_with("wp-config")
        || SOURCES.contains(&last)
        || (served.php && matches!(last, "yml" | "yaml"))
}

/// Decodes `%41`; a lone `%` stands for itself. None when it holds a NUL.
fn decode(raw: &str) -> Option<Vec<u8>> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (bytes, mut out, mut at) = (raw.as_bytes(), Vec::with_capacity(raw.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let pair =
            (byte == b'%').then(|| Some((hex(*bytes.get(at + 1)?)?, hex(*bytes.get(at + 2)?)?)));
        match pair.flatten() {
            Some((high, low)) => {
                out.push(high << 4 | low);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    (!out.contains(&0)).then_some(out)
}

/// What is encoded in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@')
    .remove(b'+')
    .remove(b',');

/// The path of a URL, with one slash before each segment: it can't be taken for another host's.
fn encode(segments: &[&str]) -> String {
    let mut out = String::new();
    for segment in segments {
        out.push('/');
        out.extend(utf8_percent_encode(segment, SEGMENT));
    }
    out
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
