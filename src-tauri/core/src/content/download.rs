//! Downloads a file over HTTP, to the end or not at all.
use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    error::{Doing, Error, Result},
    model::secrets::{source_without_secrets, text_without_secrets},
    progress::{Meter, Unit},
};

/// How long a server may take to be reached, and to begin its answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much is read at a time: between two looks at the person's wish to stop.
const CHUNK: usize = 256 << 10;

/// Whether a word is an address of the web rather than a path.
pub fn is_url(word: &str) -> bool {
    let lower = word.get(..8).unwrap_or(word).to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// The name of the file that an address is about: no query, which may hold a signature.
pub fn name_of(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    match path.trim_end_matches('/').rsplit_once('/') {
        Some((_, name)) => name.replace('\\', "_"),
        None => "download".into(),
    }
}

/// Downloads `url` into a new file in `folder`; answers its path. Reports bytes.
///
/// # Errors
/// What the server answers instead of the file; a connection that ends before the file does.
pub fn download(url: &str, folder: &Path, meter: Meter<'_>) -> Result<PathBuf> {
    let shown = &source_without_secrets(url);
    let doing = || format!("download {shown}");
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .build();
    let answer = ureq::Agent::new_with_config(config).get(url).call().map_err(|error| {
        // What the library says may have the address in it.
        Error::failed(doing()).because(text_without_secrets(&error.to_string()))
    })?;
    let status = answer.status();
    if !status.is_success() {
        return Err(Error::failed(doing()).because(format!("the server answered {status}")).hint(
            "Check the address; links to backups end after a while. Nothing was changed here.",
        ));
    }
    let total = answer.headers().get("content-length");
    let total: Option<u64> = total.and_then(|it| it.to_str().ok()?.parse().ok());
    if let Some(total) = total {
        let free = super::files::free_bytes(folder)?;
        if total > free {
            return Err(Error::failed(doing()).because(format!(
                "it has {} MB, and {} MB are free",
                total >> 20,
                free >> 20
            )));
        }
    }
    let path = folder.join(name_of(url));
    let mut file = File::create_new(&path).doing(|| format!("write `{}`", path.display()))?;
    let mut input = answer.into_body().into_reader();
    let (mut buffer, mut done) = (vec![0; CHUNK], 0);
    loop {
        meter.check()?;
        let count = input.read(&mut buffer).map_err(|error| cut(shown, done).because(error))?;
        if count == 0 {
            break;
        }
        file.write_all(&buffer[..count]).map_err(|error| super::files::disk_full(error, &path))?;
        done += count as u64;
        meter.progress(done, total, Unit::Bytes);
    }
    match total {
        Some(total) if done != total => Err(cut(shown, done)),
        _ => Ok(path),
    }
}

fn cut(shown: &str, done: u64) -> Error {
    Error::failed(format!("download {shown}: the connection ended after {done} bytes"))
        .hint("Try again; nothing was changed here.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_a_path_and_names_its_file() {
        assert!(is_url("HTTPS://host/a.sql.gz") && !is_url("C:/a.sql") && !is_url("http"));
        assert_eq!(name_of("https://host/x/a.sql.gz?Signature=a/b"), "a.sql.gz");
        assert_eq!(name_of("https://host"), "download");
    }
}
