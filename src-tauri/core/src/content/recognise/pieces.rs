//! What each file and folder becomes: rules by path, of which the longest counts.
use std::collections::{BTreeMap, BTreeSet};

use super::{super::listing::Listed, head::Head};
use crate::model::{
    count,
    view::{Becomes, InspectedPiece},
};

/// So many pieces are told at most: a person reads them.
const PIECE_LIMIT: usize = 100;

/// What files and folders become.
#[derive(Default)]
pub(super) struct Rules {
    by_path: BTreeMap<String, (Becomes, Option<String>)>,
}

impl Rules {
    pub(super) fn add(&mut self, path: &str, becomes: Becomes) {
        self.by_path.insert(path.to_owned(), (becomes, None));
    }

    /// What is not used, and why; it stays what it was said to be before.
    pub(super) fn unused(&mut self, path: &str, reason: &str) {
        let rule = (Becomes::Unused, Some(reason.to_owned()));
        self.by_path.entry(path.to_owned()).or_insert(rule);
    }

    /// The rule that counts for a file: its own, or that of the innermost folder.
    fn rule(&self, path: &str) -> Option<(&str, Becomes, Option<&str>)> {
        let mut at = path;
        loop {
            if let Some((key, (becomes, reason))) = self.by_path.get_key_value(at) {
                return Some((key, *becomes, reason.as_deref()));
            }
            if at.is_empty() {
                return None;
            }
            at = at.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }

    pub(super) fn of(&self, path: &str) -> Option<Becomes> {
        self.rule(path).map(|(_, becomes, _)| becomes)
    }

    /// How many files become this, and their bytes.
    pub(super) fn count(&self, files: &[Listed], becomes: Becomes) -> (u64, u64) {
        let fitting = files.iter().filter(|it| self.of(&it.path) == Some(becomes));
        fitting.fold((0, 0), |(count, bytes), it| (count + 1, bytes + it.bytes))
    }

    /// Files and folders inside these folders that become something else.
    pub(super) fn within(&self, folders: &[&str], becomes: Becomes) -> Vec<String> {
        let is_inside = |path: &str| folders.iter().any(|it| path != *it && is_below(path, it));
        let others =
            self.by_path.iter().filter(|(path, (it, _))| *it != becomes && is_inside(path));
        others.map(|(path, _)| path.clone()).collect()
    }

    /// The pieces that a person is shown: one for each rule that files fall under, and one for each folder or file at
    /// the top that falls under none.
    pub(super) fn pieces(&self, files: &[Listed]) -> Vec<InspectedPiece> {
        let base = common_folder(files);
        let mut pieces: BTreeMap<String, InspectedPiece> = BTreeMap::new();
        for file in files {
            let (path, becomes, reason) = match self.rule(&file.path) {
                Some((path, becomes, reason)) => {
                    (path.to_owned(), becomes, reason.map(str::to_owned))
                }
                None => (top(&file.path, &base), Becomes::Unused, Some(why(file))),
            };
            let piece = pieces.entry(path.clone()).or_insert_with(|| InspectedPiece {
                path,
                files: 0,
                bytes: 0,
                becomes,
                reason,
            });
            piece.files += 1;
            piece.bytes += file.bytes;
        }
        let mut pieces: Vec<InspectedPiece> = pieces.into_values().collect();
        // What is used comes first, so that a long list leaves out what matters least.
        pieces.sort_by_key(|it| it.becomes == Becomes::Unused);
        if pieces.len() > PIECE_LIMIT {
            let more = pieces.split_off(PIECE_LIMIT);
            pieces.push(InspectedPiece {
                path: format!("{} more", count(more.len() as u64, "file or folder")),
                files: more.iter().map(|it| it.files).sum(),
                bytes: more.iter().map(|it| it.bytes).sum(),
                becomes: more[0].becomes,
                reason: more[0].reason.clone(),
            });
        }
        pieces
    }
}

fn why(file: &Listed) -> String {
    match &file.head {
        Head::Foreign(foreign) => format!("it is {}", foreign.is),
        Head::Archive => "an archive inside the archive: unpack it first".to_owned(),
        _ => "neither code, nor uploads, nor a dump".to_owned(),
    }
}

pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The innermost folder that all files are in; empty where there is none.
pub(super) fn common_folder(files: &[Listed]) -> String {
    let mut folders = files.iter().map(|it| it.path.rsplit_once('/').map_or("", |(it, _)| it));
    let Some(mut common) = folders.next() else { return String::new() };
    for folder in folders {
        while !(folder == common || is_below(folder, common)) {
            common = common.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
    common.to_owned()
}

/// The file or folder at the top, below `base`, that a path is in.
fn top(path: &str, base: &str) -> String {
    let inside = match base.is_empty() {
        true => path,
        false => path.get(base.len() + 1..).unwrap_or(path),
    };
    let first = inside.split('/').next().unwrap_or(inside);
    if base.is_empty() { first.to_owned() } else { format!("{base}/{first}") }
}

/// What lies among the uploads that should not be seen by visitors: told, once for each kind.
pub(super) fn warnings(files: &[Listed], rules: &Rules) -> Vec<String> {
    let mut met: BTreeMap<&'static str, BTreeSet<&str>> = BTreeMap::new();
    for file in files.iter().filter(|it| rules.of(&it.path) == Some(Becomes::Files)) {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let kind = match &file.head {
            Head::PrivateKey => "a private key",
            Head::Archive => "an archive",
            Head::Sql(_) => "SQL",
            _ if name == "wp-config.php" || name == "settings.php" => {
                "a settings file with passwords"
            }
            _ if name.ends_with(".sql") => "SQL",
            _ => continue,
        };
        met.entry(kind).or_default().insert(&file.path);
    }
    met.iter()
        .map(|(kind, paths)| {
            let first = paths.iter().next().copied().unwrap_or_default();
            match paths.len() {
                1 => format!("{kind} lies among the uploads, where visitors can ask for it: `{first}`"),
                more => format!(
                    "{kind} lies among the uploads, where visitors can ask for it: `{first}` and {} more",
                    more - 1
                ),
            }
        })
        .collect()
}
