//! The check PHP Sessions: what in a WordPress's code uses them.
use std::{fs, path::Path};

use serde_json::Value;

use super::{
    Subject,
    wordpress::{flag, word},
};
use crate::{
    cms::wordpress,
    model::{Finding, Score, count},
};

/// Lines that a table of matches shows.
const SHOWN: usize = 50;
/// A source larger than this is no code that a person wrote.
const LARGEST_SOURCE: u64 = 2 << 20;

/// PHP sessions are kept in files, which an environment with several servers has not in common.
pub(super) fn sessions(subject: &Subject<'_>, said: &Value) -> Finding {
    let (group, name) = ("PHP Sessions", "PHP Sessions");
    let core = wordpress::core_folder(subject.code, subject.site);
    let content = said["content"].as_str().map_or_else(|| core.join("wp-content"), Into::into);
    let mut matches = Vec::new();
    for part in ["plugins", "themes", "mu-plugins"] {
        search(&content.join(part), &content, &mut matches);
    }
    let plugins = said["plugins"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_plugin = plugins
        .iter()
        .any(|it| flag(it, "active") && word(it, "file").starts_with("wp-native-php-sessions/"));
    if matches.is_empty() {
        return Finding::new(group, name, Score::Ok, "No file uses PHP sessions.");
    }
    let says = format!("{} of PHP sessions.", count(matches.len() as u64, "use"));
    matches.truncate(SHOWN);
    let score = if has_plugin { Score::Info } else { Score::Error };
    Finding::new(group, name, score, says)
        .action(if has_plugin {
            "The Native PHP Sessions plugin keeps them in the database."
        } else {
            "Install the Native PHP Sessions plugin, or replace what uses them."
        })
        .table(&["File", "Line", "Match"], matches)
}

/// Lines of PHP files that start or use a session.
fn search(folder: &Path, base: &Path, found: &mut Vec<Vec<String>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            // The plugin that mends it, and tests that nobody visits.
            if !["wp-native-php-sessions", "node_modules", "tests"]
                .iter()
                .any(|it| path.ends_with(it))
            {
                search(&path, base, found);
            }
        } else if path.extension().is_some_and(|it| it == "php")
            && entry.metadata().is_ok_and(|it| it.len() < LARGEST_SOURCE)
        {
            let source = fs::read(&path).unwrap_or_default();
            for word in ["session_start", "$_SESSION"] {
                for at in memchr::memmem::find_iter(&source, word) {
                    let line = 1 + memchr::memchr_iter(b'\n', &source[..at]).count();
                    let name = path.strip_prefix(base).unwrap_or(&path);
                    found.push(vec![name.display().to_string(), line.to_string(), word.to_owned()]);
                }
            }
        }
    }
}
