//! Paths as the person writes them.
use std::path::{Path, PathBuf};

use crate::surroundings::from_home;

/// The owner may run in another folder: a path is made absolute here, and `~` is the person's home.
pub(crate) fn absolute(path: &str) -> String {
    let own = from_home(PathBuf::from(path));
    let absolute = std::path::absolute(&own).unwrap_or(own);
    absolute.display().to_string()
}

/// The same, where what is no path on this machine may be an address.
pub(crate) fn absolute_if_there(text: String) -> String {
    let absolute = absolute(&text);
    if Path::new(&absolute).exists() { absolute } else { text }
}
