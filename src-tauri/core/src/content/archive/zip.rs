//! Zip, as Windows, macOS, browsers and hosts make it.
use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use zip::{ZipArchive, read::ZipFile, result::ZipError};

use super::{
    is_noise,
    place::{About, Place},
};
use crate::{
    error::{Code, Doing, Error, Result},
    progress::Unit,
};

/// The longest target of a link that any system takes.
const LONGEST_LINK: u64 = 4096;

pub(super) fn unpack(file: File, place: &mut Place<'_>) -> Result<()> {
    let size = file.metadata().doing(|| "read the archive".into())?.len();
    let mut archive =
        ZipArchive::new(BufReader::with_capacity(1 << 17, file)).map_err(|error| {
            Error::new(
                Code::Failed,
                "the archive is damaged or cut short: its table of contents is missing",
            )
            .because(error)
            .hint("Download or copy the archive again.")
        })?;
    let overlapping = archive.has_overlapping_entries();
    if overlapping.map_err(|error| damaged("its table of contents", error))? {
        return Err(Error::refused("the archive's entries lie over one another"));
    }
    let mut read = 0;
    for index in 0..archive.len() {
        let name =
            archive.name_for_index(index).and_then(Result::ok).unwrap_or_default().into_owned();
        let mut entry = archive.by_index(index).map_err(|error| damaged(&name, error))?;
        read += entry.compressed_size();
        unpack_entry(&mut entry, place)?;
        place.meter.progress(read.min(size), Some(size), Unit::Bytes);
    }
    place.meter.progress(size, Some(size), Unit::Bytes);
    Ok(())
}

fn unpack_entry<R: Read>(entry: &mut ZipFile<'_, R>, place: &mut Place<'_>) -> Result<()> {
    let name = name_of(entry)?.into_owned();
    let inside = Place::inside(&PathBuf::from(&name))?;
    if is_noise(&name) {
        return Ok(());
    }
    if entry.is_dir() || name.ends_with('/') {
        return place.folder(&inside);
    }
    if inside.as_os_str().is_empty() || name.contains('\0') {
        let shown = name.escape_default();
        return Err(Error::refused(format!("the archive's entry `{shown}` has no usable name")));
    }
    let mode = entry.unix_mode().unwrap_or(0o644);
    // The upper bits say what it is: a file, or nothing at all where the archive was not made on Unix.
    match mode & 0o170_000 {
        0o120_000 => {
            let mut target = String::new();
            Read::take(entry, LONGEST_LINK)
                .read_to_string(&mut target)
                .doing(|| format!("unpack the link `{name}`"))?;
            place.link(&inside, &PathBuf::from(target))
        }
        0 | 0o100_000 => {
            let about = About {
                bytes: Some(entry.size()),
                executable: mode & 0o100 != 0,
                modified: entry.last_modified().and_then(modified),
            };
            place.file(&inside, about, entry)
        }
        _ => {
            place.meter.line(format!("left out: `{name}`, a device or a pipe"));
            Ok(())
        }
    }
}

/// How a zip is packed, `zip` or `self-extracting zip`; none for what is no zip.
///
/// Before the first entry of one that unpacks itself stands the program that does it.
pub(in crate::content) fn kind(path: &Path) -> io::Result<Option<&'static str>> {
    let mut file = File::open(path)?;
    let mut first = Vec::new();
    Read::take(&mut file, 4).read_to_end(&mut first)?;
    // The second is a zip without entries.
    if first == b"PK\x03\x04" || first == b"PK\x05\x06" {
        return Ok(Some("zip"));
    }
    let is_program = first.starts_with(b"#!") || first.starts_with(b"MZ");
    let is_zip =
        is_program && ZipArchive::new(BufReader::new(file)).is_ok_and(|zip| !zip.is_empty());
    Ok(is_zip.then_some("self-extracting zip"))
}

/// The entry's name. UTF-8 that is not marked as such (macOS) is taken for what it is; the rest is code page 437.
pub(in crate::content) fn name_of<'a, R: Read>(entry: &'a ZipFile<'_, R>) -> Result<Cow<'a, str>> {
    let name = match str::from_utf8(entry.name_raw()) {
        Ok(name) => Cow::Borrowed(name),
        Err(_) => entry.name().map_err(|error| damaged("a name", error))?,
    };
    // Some programs for Windows write their own separator, against the format, and say that they are Unix's.
    if name.contains('\\') && !name.contains('/') {
        return Ok(Cow::Owned(name.replace('\\', "/")));
    }
    Ok(name)
}

/// The format has no time zone: taken for UTC.
fn modified(time: zip::DateTime) -> Option<SystemTime> {
    let (year, month) = (i16::try_from(time.year()).ok()?, i8::try_from(time.month()).ok()?);
    let (day, hour) = (i8::try_from(time.day()).ok()?, i8::try_from(time.hour()).ok()?);
    let (minute, second) = (i8::try_from(time.minute()).ok()?, i8::try_from(time.second()).ok()?);
    let time = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let seconds = jiff::tz::Offset::UTC.to_timestamp(time).ok()?.as_second();
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

fn damaged(name: &str, error: ZipError) -> Error {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Error::refused(format!("the archive's entry `{name}` is encrypted"))
                .hint("Unpack it with its password first.")
        }
        unsupported @ (ZipError::UnsupportedArchive(_)
        | ZipError::CompressionMethodNotSupported(_)) => {
            Error::refused(format!("the archive's entry `{name}` is packed in an unusual way"))
                .because(unsupported)
                .hint("Pack it again with the usual method (deflate).")
        }
        error => Error::new(Code::Failed, format!("the archive is damaged at `{name}`"))
            .because(error)
            .hint("Download or copy the archive again."),
    }
}
