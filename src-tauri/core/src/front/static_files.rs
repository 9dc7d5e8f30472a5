//! Files: types, validators, ranges, compressed siblings.
use std::{
    ffi::OsString,
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};

use super::{
    Served,
    body::{Body, read_exact_at},
    file_cache::{Cached, FileCache, LARGEST, Stamp},
    pages, route,
};
use crate::untrusted;

/// A file that is ready to be sent.
enum Source {
    Memory(Bytes),
    Disk(File),
}

/// Answers with a file; `status` is 200, or 404 for a site's own page of that kind.
pub(super) async fn answer(
    cache: &Arc<FileCache>,
    served: &Arc<Served>,
    (path, metadata): (PathBuf, Metadata),
    (method, headers): (&Method, &HeaderMap),
    status: StatusCode,
) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        let mut response = pages::not_allowed();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let plain_type = content_type(&path);
    let (sibling, varies) = compressed_sibling(&path, &metadata, &plain_type, headers);
    let (path, metadata, encoding) = match sibling {
        Some((path, metadata, encoding)) => (path, metadata, Some(encoding)),
        None => (path, metadata, None),
    };
    let opened = match cache.get(&path, Stamp::of(&metadata)) {
        Some(cached) => Ok((Arc::clone(&cached), Source::Memory(cached.content.clone()))),
        None => {
            let (cache, served) = (Arc::clone(cache), Arc::clone(served));
            let work = move || open(&cache, &served, path);
            tokio::task::spawn_blocking(work)
                .await
                .unwrap_or_else(|gone| Err(io::Error::other(gone)))
        }
    };
    match opened {
        Ok((file, source)) => {
            let mut response = respond(&file, source, headers, status);
            let head = response.headers_mut();
            if let Some(encoding) = encoding {
                head.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
                head.insert(header::CONTENT_TYPE, with_charset(plain_type, &[]));
            }
            if varies {
                head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            }
            response
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => pages::forbidden(),
        // It was there a moment ago.
        Err(error) if error.kind() == io::ErrorKind::NotFound => pages::not_found(),
        Err(error) => pages::failed(&format!("The file cannot be read: {error}.")),
    }
}

/// Opens a file after its links are followed, and keeps it in memory if it is small.
fn open(cache: &FileCache, served: &Served, path: PathBuf) -> io::Result<(Arc<Cached>, Source)> {
    let resolved = route::resolve(served, &path, false).ok_or(io::ErrorKind::PermissionDenied)?;
    let file = File::open(resolved)?;
    // A site's PHP may change the path between the look and the opening.
    let uploads = served.uploads.as_ref().map(|(_, folder)| folder.as_path());
    if !untrusted::lies_in(&file, uploads.into_iter().chain([served.code.as_path()])) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let stamp = Stamp::of(&metadata);
    let small = stamp.size <= LARGEST;
    let content = if small { read_exact_at(&file, 0, stamp.size)? } else { Bytes::new() };
    let cached = Arc::new(Cached {
        stamp,
        content_type: with_charset(content_type(&path), &content),
        content: content.clone(),
        etag: etag(stamp),
        last_modified: http_date(metadata.modified()?),
    });
    if small {
        cache.put(path, Arc::clone(&cached));
        return Ok((cached, Source::Memory(content)));
    }
    Ok((cached, Source::Disk(file)))
}

fn respond(
    file: &Cached,
    source: Source,
    headers: &HeaderMap,
    status: StatusCode,
) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let size = file.stamp.size;
    let head = response.headers_mut();
    head.insert(header::ETAG, file.etag.clone());
    head.insert(header::LAST_MODIFIED, file.last_modified.clone());
    // Kept, but asked for anew each time: a change in the folder shows at the next visit.
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let whole = status != StatusCode::OK;
    if !whole && is_unchanged(file, headers) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    head.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let range = if whole { Range::Whole } else { wanted_range(file, headers) };
    let (status, first, length) = match range {
        Range::Whole => (status, 0, size),
        Range::Part(first, last) => {
            head.insert(header::CONTENT_RANGE, text(&format!("bytes {first}-{last}/{size}")));
            (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
        }
        Range::Outside => {
            head.insert(header::CONTENT_RANGE, text(&format!("bytes */{size}")));
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            return response;
        }
    };
    head.insert(header::CONTENT_TYPE, file.content_type.clone());
    *response.status_mut() = status;
    *response.body_mut() = match source {
        Source::Disk(file) => Body::file(file, first, length),
        Source::Memory(bytes) if length == size => bytes.into(),
        Source::Memory(bytes) => part(&bytes, first, length).into(),
    };
    response
}

fn part(bytes: &Bytes, first: u64, length: u64) -> Bytes {
    let index = |at: u64| usize::try_from(at).expect("what is in memory is counted by usize");
    bytes.slice(index(first)..index(first + length))
}

/// `If-None-Match`, else `If-Modified-Since` (RFC 9110, section 13.2.2).
fn is_unchanged(file: &Cached, headers: &HeaderMap) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        let etag = file.etag.to_str().unwrap_or_default();
        return texts(headers, header::IF_NONE_MATCH)
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    }
    let since = texts(headers, header::IF_MODIFIED_SINCE).next().and_then(read_http_date);
    since.is_some_and(|since| file.stamp.modified / 1_000_000_000 <= since)
}

/// What a client wants of a file.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// The first and the last byte.
    Part(u64, u64),
    Outside,
}

fn wanted_range(file: &Cached, headers: &HeaderMap) -> Range {
    let Some(range) = texts(headers, header::RANGE).next() else { return Range::Whole };
    // The client's part is of this very file, or it gets the whole.
    if let Some(condition) = headers.get(header::IF_RANGE)
        && *condition != file.etag
        && *condition != file.last_modified
    {
        return Range::Whole;
    }
    parse_range(range, file.stamp.size)
}

/// One range of bytes. Several at once, other units and nonsense get the whole file, as the RFC allows.
fn parse_range(range: &str, size: u64) -> Range {
    let number = |text: &str| -> Option<u64> {
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().unwrap_or(u64::MAX))
    };
    let bounds = range.trim().strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'));
    let Some((first, last)) = bounds else { return Range::Whole };
    match (number(first), number(last)) {
        (Some(first), last)
            if last.is_some() || bounds.is_some_and(|(_, last)| last.is_empty()) =>
        {
            match last {
                Some(last) if last < first => Range::Whole,
                _ if first >= size => Range::Outside,
                last => Range::Part(first, last.unwrap_or(u64::MAX).min(size - 1)),
            }
        }
        (None, Some(0)) if first.is_empty() => Range::Outside,
        (None, Some(_)) if first.is_empty() && size == 0 => Range::Outside,
        (None, Some(count)) if first.is_empty() => Range::Part(size - count.min(size), size - 1),
        _ => Range::Whole,
    }
}

/// A `.br` or `.gz` file beside the file that is no older and that the client can read; and whether
/// the answer depends on what the client can read.
fn compressed_sibling(
    path: &Path,
    metadata: &Metadata,
    content_type: &HeaderValue,
    headers: &HeaderMap,
) -> (Option<(PathBuf, Metadata, &'static str)>, bool) {
    if !is_text(content_type) {
        return (None, false);
    }
    let accepted = texts(headers, header::ACCEPT_ENCODING).collect::<Vec<_>>().join(",");
    let mut varies = false;
    for (coding, ending) in [("br", ".br"), ("gzip", ".gz")] {
        if !accepts(&accepted, coding) {
            continue;
        }
        let mut sibling = OsString::from(path);
        sibling.push(ending);
        let Ok(found) = fs::metadata(&sibling) else { continue };
        let is_current = found.modified().ok() >= metadata.modified().ok();
        if found.is_file() && is_current {
            return (Some((sibling.into(), found, coding)), true);
        }
        varies = true;
    }
    (None, varies)
}

fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let refused = |part: &str| part.trim_start_matches("q=").parse::<f32>() == Ok(0.0);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding)) && !parts.any(refused)
    })
}

/// The type that a file's name says.
fn content_type(path: &Path) -> HeaderValue {
    mime_guess::from_path(path)
        .first_raw()
        .map_or(HeaderValue::from_static("application/octet-stream"), HeaderValue::from_static)
}

fn is_text(content_type: &HeaderValue) -> bool {
    const TEXTS: &[&str] = &["javascript", "json", "xml", "manifest+json"];
    let name = content_type.to_str().unwrap_or_default();
    let kind = name.rsplit(['/', '+']).next().unwrap_or_default();
    name.starts_with("text/") || TEXTS.contains(&kind)
}

/// Text is UTF-8, except where a (small) file proves that it isn't: an old page then tells its own charset.
fn with_charset(content_type: HeaderValue, content: &[u8]) -> HeaderValue {
    if !is_text(&content_type) || std::str::from_utf8(content).is_err() {
        return content_type;
    }
    text(&format!("{}; charset=utf-8", content_type.to_str().unwrap_or_default()))
}

fn etag(stamp: Stamp) -> HeaderValue {
    text(&format!("\"{:x}-{:x}-{:x}\"", stamp.modified, stamp.size, stamp.identity.1))
}

fn http_date(time: SystemTime) -> HeaderValue {
    let date = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&date);
    text(&date.unwrap_or_default())
}

/// Seconds since 1970.
fn read_http_date(text: &str) -> Option<u128> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    let since: Duration = date.timestamp().duration_since(Timestamp::UNIX_EPOCH).try_into().ok()?;
    Some(u128::from(since.as_secs()))
}

fn texts(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and the names of types are valid in a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_of_the_file() {
        let cases = [
            ("bytes=0-9", Range::Part(0, 9)),
            ("bytes=10-", Range::Part(10, 99)),
            ("bytes=-10", Range::Part(90, 99)),
            ("bytes=-1000", Range::Part(0, 99)),
            ("bytes=90-1000", Range::Part(90, 99)),
            ("bytes=100-", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=9-0", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=x-5", Range::Whole),
            ("bytes=5-x", Range::Whole),
            ("bytes=+1-5", Range::Whole),
            ("lines=1-2", Range::Whole),
            ("bytes=0-99999999999999999999999", Range::Part(0, 99)),
        ];
        for (range, expected) in cases {
            assert_eq!(parse_range(range, 100), expected, "{range}");
        }
        assert_eq!(parse_range("bytes=-5", 0), Range::Outside);
        assert_eq!(parse_range("bytes=0-", 0), Range::Outside);
    }

    #[test]
    fn a_coding_is_accepted_unless_its_weight_is_zero() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("gzip;q=0.5", "gzip"));
        assert!(!accepts("gzip;q=0, br", "gzip"));
        assert!(!accepts("xgzip", "gzip"));
        assert!(!accepts("", "br"));
    }

    #[test]
    fn text_bears_its_charset_and_other_types_none() {
        let named = |name: &str, content: &[u8]| {
            with_charset(content_type(Path::new(name)), content).to_str().unwrap().to_owned()
        };
        assert_eq!(named("a.css", b"x"), "text/css; charset=utf-8");
        assert_eq!(named("a.js", b"x"), "text/javascript; charset=utf-8");
        assert_eq!(named("a.svg", b"x"), "image/svg+xml; charset=utf-8");
        assert_eq!(named("a.json", b"x"), "application/json; charset=utf-8");
        assert_eq!(named("a.html", b"\xe4"), "text/html");
        assert_eq!(named("a.png", b"x"), "image/png");
        assert_eq!(named("a.woff2", b"x"), "font/woff2");
        assert_eq!(named("README", b"x"), "application/octet-stream");
    }

    #[test]
    fn a_date_is_read_as_it_is_written() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let written = http_date(time);
        assert_eq!(written, "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(read_http_date(written.to_str().unwrap()), Some(1_700_000_000));
    }
}
