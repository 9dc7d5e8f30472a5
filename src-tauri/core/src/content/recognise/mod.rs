//! What a file, a folder or an archive is, by looking into it: the one reading that every way in starts from.
//!
//! It names the parts (code, database, uploads), each with its place inside, and what is not used, with the reason.
//! Where two answers are possible it guesses neither: that is a doubt, and the person chooses. What a program puts
//! where is told by one small file each in [`formats`]; what is no backup at all is told by its name in `foreign`.
mod dumps;
mod foreign;
mod formats;
#[cfg(test)]
mod fuzz;
pub(super) mod head;
mod pieces;
mod sql;
#[cfg(test)]
mod tests;

use std::{fs, path::Path, time::Instant};

pub use foreign::Foreign;
use formats::Layout;
pub use formats::set_of;
use head::Head;
use pieces::Rules;

use super::{
    dump::{Layout as DumpLayout, Source},
    listing::{self, Listed, Listing},
};
use crate::{
    error::{Doing, Result},
    model::{
        Cms,
        request::ImportAs,
        view::{Becomes, InspectedPiece},
    },
};

/// Finds the system whose code is among paths, and the folder of the code. The area of systems knows it.
pub type CodeLook = fn(&[&str]) -> Option<(Cms, String)>;

/// How something is looked at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Who knows code.
    pub code: CodeLook,
    /// What the person says that it is.
    pub taken_as: Option<ImportAs>,
    /// Of several dumps, the one that the person means.
    pub entry: Option<&'a str>,
    /// The folder of the code, where the person has said that there is code and no format says more.
    pub code_at: Option<&'a str>,
    /// When the look ends.
    pub until: Instant,
}

/// What a file, a folder or an archive is.
#[derive(Debug, Default)]
pub struct Reading {
    /// How it is packed, from the outside in.
    pub packed: Vec<&'static str>,
    /// The program or host that made it.
    pub origin: Option<&'static str>,
    /// The code in it.
    pub code: Option<Code>,
    /// The database in it.
    pub database: Option<Source>,
    /// The uploads in it.
    pub files: Option<Files>,
    /// What each part of it becomes, those that are not used too.
    pub pieces: Vec<InspectedPiece>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// Why it can't be taken as it is.
    pub problem: Option<Problem>,
    /// Whether all of it was seen.
    pub is_complete: bool,
    /// Files and folders inside the code that are no code.
    pub not_code: Vec<String>,
    /// Files and folders inside the uploads that are none.
    pub not_files: Vec<String>,
}

/// Code in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The system; none for code of no system that is known.
    pub cms: Option<Cms>,
    /// Folders inside, each with its place in the code.
    pub folders: Vec<(String, String)>,
    /// Whether the system itself is in it; else it goes over what is there.
    pub is_whole: bool,
}

/// Uploads in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The folder inside; empty for the whole.
    pub root: String,
    /// Files that were met.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why something can't be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is nothing in it that Portico could use.
    Unusable {
        /// Why: a clause without full stop.
        reason: String,
        /// The way on: a whole sentence.
        hint: Option<&'static str>,
    },
    /// It may be one thing or another.
    Doubt {
        /// What speaks for each: a clause without full stop.
        reason: String,
        /// What it can be taken as.
        choices: Vec<ImportAs>,
        /// Dumps of which one can be chosen.
        entries: Vec<String>,
    },
}

/// Reads what is at `path`.
pub fn read(path: &Path, look: &Look<'_>) -> Result<Reading> {
    let shown = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    // One waits for a pipe, perhaps for ever.
    if fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        let hint = "Write what comes from it into a file, and import that.";
        return Ok(unusable("it is a pipe or a device, and no file", Some(hint)));
    }
    if let Some(listing) = listing::list(path, look.until)? {
        return Ok(of_listing(&listing, &shown, look));
    }
    let doing = || format!("read `{}`", path.display());
    let mut first = Vec::new();
    let file = fs::File::open(path).doing(doing)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, head::HEAD_LIMIT as u64), &mut first)
        .doing(doing)?;
    let mut reading = of_file(path, head::of(&first));
    reading.packed = listing::packing(&first).into_iter().collect();
    reading.is_complete = true;
    Ok(reading)
}

/// Reads what was unpacked, with all of its files known.
pub fn read_folder(folder: &Path, shown: &str, look: &Look<'_>) -> Result<Reading> {
    Ok(of_listing(&listing::all(folder)?, shown, look))
}

fn unusable(reason: impl Into<String>, hint: Option<&'static str>) -> Reading {
    let problem = Problem::Unusable { reason: reason.into(), hint };
    Reading { problem: Some(problem), ..Reading::default() }
}

/// What a file is that is no archive.
fn of_file(path: &Path, head: Head) -> Reading {
    let database =
        |layout| Reading { database: Some(Source::of(path, layout)), ..Reading::default() };
    match head {
        Head::Sql(_) => database(DumpLayout::Sql),
        Head::Sqlite => database(DumpLayout::Sqlite),
        Head::Foreign(foreign) => unusable(format!("it is {}", foreign.is), Some(foreign.hint)),
        Head::PrivateKey => unusable("it is a private key", None),
        Head::Empty => unusable("it is empty", None),
        Head::Archive => unusable(
            "it is an archive that is damaged or cut short",
            Some("Download or copy it again."),
        ),
        Head::Unseen | Head::Other => match formats::by_name(path) {
            Some((reason, hint)) => unusable(reason, Some(hint)),
            None => unusable("it is neither a dump nor an archive", None),
        },
    }
}

/// What the files of an archive or a folder are.
fn of_listing(listing: &Listing, shown: &str, look: &Look<'_>) -> Reading {
    let mut reading = match (&listing.damage, listing.files.is_empty()) {
        (Some(damage), _) => unusable(damage.as_str(), Some("Download or copy the archive again.")),
        (None, true) => {
            unusable(if listing.is_complete { "it is empty" } else { "it is damaged" }, None)
        }
        (None, false) => Reader { files: &listing.files, shown, look }.read(),
    };
    reading.packed.clone_from(&listing.packed);
    reading.is_complete = listing.is_complete;
    if !listing.is_complete && listing.damage.is_none() && !listing.files.is_empty() {
        reading.notes.push("it is large: only its beginning was looked at".into());
    }
    if listing.noise > 0 {
        let piece = |path: &str, reason: &str, files| InspectedPiece {
            path: path.to_owned(),
            files,
            bytes: 0,
            becomes: Becomes::Unused,
            reason: Some(reason.to_owned()),
        };
        reading.pieces.push(piece(
            "__MACOSX, .DS_Store, ._*",
            "macOS puts them there",
            listing.noise,
        ));
    }
    reading
}

/// Reads a list of files.
struct Reader<'a> {
    files: &'a [Listed],
    shown: &'a str,
    look: &'a Look<'a>,
}

impl Reader<'_> {
    fn read(&self) -> Reading {
        let (origin, mut layout) = match formats::of(self.files, self.shown) {
            Some((title, layout)) => (Some(title), layout),
            None => (None, Layout::default()),
        };
        if let Some((reason, hint)) = layout.refused {
            return Reading { origin, ..unusable(reason, Some(hint)) };
        }
        if self.look.taken_as == Some(ImportAs::Files) {
            (layout.code, layout.dumps) = (Vec::new(), None);
        }
        let code = self.code(&layout);
        let uploads = layout.uploads.clone().or_else(|| uploads_in(self.files));
        let uploads = uploads.filter(|it| has_files(self.files, it));
        let mut rules = Rules::default();
        for (path, reason) in &layout.unused {
            rules.unused(path, reason);
        }
        code.iter().flat_map(|it| &it.folders).for_each(|(from, _)| rules.add(from, Becomes::Code));
        if let Some(uploads) = &uploads {
            rules.add(uploads, Becomes::Files);
        }
        let mut reading = Reading { origin, code, ..Reading::default() };
        let found = dumps::find(self.files, &layout, reading.code.as_ref(), uploads.as_deref());
        found
            .strays
            .iter()
            .for_each(|it| rules.unused(it, "a dump of a database among other files"));
        found.backups.iter().for_each(|it| rules.unused(it, "backups that a plugin keeps"));
        self.take_database(found.sources(self.shown, &layout.beside), &mut rules, &mut reading);
        let root = match uploads {
            Some(root) => Some(root),
            None if reading.code.is_some() => None,
            None => self.rest(&mut rules, &mut reading),
        };
        if let Some(root) = root {
            let count = rules.count(self.files, Becomes::Files);
            reading.files = Some(Files { root, count: count.0, bytes: count.1 });
        }
        self.finish(&rules, &mut reading);
        reading
    }

    fn code(&self, layout: &Layout) -> Option<Code> {
        let taken_as = self.look.taken_as;
        if taken_as.is_some_and(|it| it != ImportAs::Code) {
            return None;
        }
        let paths: Vec<&str> = self.files.iter().map(|it| it.path.as_str()).collect();
        let known = (self.look.code)(&paths);
        let cms = known.as_ref().map(|(cms, _)| *cms).or(layout.cms);
        // A folder of WordPress's may be in a plugin, too.
        let is_part = !layout.code.is_empty() && layout.code.iter().all(|(_, to)| !to.is_empty());
        let is_whole = (known.is_some() && !is_part) || layout.is_whole;
        if !layout.code.is_empty() {
            return Some(Code { cms, folders: layout.code.clone(), is_whole });
        }
        let said = || (taken_as == Some(ImportAs::Code)).then(|| pieces::common_folder(self.files));
        let root =
            self.look.code_at.map(str::to_owned).or(known.map(|(_, root)| root)).or_else(said);
        root.map(|root| Code { cms, folders: vec![(root, String::new())], is_whole: true })
    }

    /// Takes the one database; of several the one that is meant.
    fn take_database(&self, all: Vec<Source>, rules: &mut Rules, reading: &mut Reading) {
        let names: Vec<String> = all.iter().map(dumps::shown).collect();
        let is_meant =
            |it: &&Source| self.look.entry.is_none_or(|entry| dumps::is_named(it, entry));
        let meant: Vec<&Source> = all.iter().filter(is_meant).collect();
        let is_wanted = self.look.taken_as.is_none_or(|it| it == ImportAs::Database);
        match (&meant[..], self.look.entry) {
            _ if !is_wanted => {}
            ([only], _) => reading.database = Some((*only).clone()),
            ([], None) => {}
            ([], Some(entry)) => {
                let reason = format!("there is no dump `{entry}` in it");
                let (choices, entries) = (Vec::new(), names);
                reading.problem = Some(Problem::Doubt { reason, choices, entries });
            }
            _ => {
                let named: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
                let reason = format!("it holds several dumps: {}", named.join(", "));
                let choices = reading.code.iter().map(|_| ImportAs::Code).collect();
                reading.problem = Some(Problem::Doubt { reason, choices, entries: names });
            }
        }
        for source in &all {
            let folder = dumps::shown(source);
            let paths = match source.files.len() > 1 && !folder.is_empty() {
                true => vec![folder],
                false => source.files.iter().map(|it| it.name.clone()).collect(),
            };
            for path in paths {
                match reading.database.as_ref() == Some(source) {
                    true => rules.add(&path, Becomes::Database),
                    false => rules.unused(&path, "another dump of a database"),
                }
            }
        }
    }

    /// What the files are that are neither code nor in a folder of uploads: the folder that becomes the uploads.
    fn rest(&self, rules: &mut Rules, reading: &mut Reading) -> Option<String> {
        let rest: Vec<&Listed> =
            self.files.iter().filter(|it| rules.of(&it.path).is_none()).collect();
        let has_database = reading.database.is_some();
        let is_aside = |it: &&Listed| is_note(&it.path) || it.head == Head::Archive;
        if self.look.taken_as == Some(ImportAs::Database)
            || (has_database && rest.iter().all(is_aside))
        {
            for it in rest {
                rules.unused(&it.path, aside(it));
            }
            return None;
        }
        if rest.is_empty() || reading.problem.is_some() {
            return None;
        }
        if rest.iter().all(|it| it.head == Head::Archive) {
            let names: Vec<String> = rest.iter().map(|it| format!("`{}`", it.path)).collect();
            reading.problem = Some(Problem::Unusable {
                reason: format!("it holds only archives: {}", names.join(", ")),
                hint: Some("Unpack it, and import what is in it together."),
            });
            return None;
        }
        let root = files_root(&rest);
        if self.look.taken_as.is_none() && self.doubt(&rest, &root, reading) {
            return None;
        }
        rules.add(&root, Becomes::Files);
        Some(root)
    }

    /// Whether it may be something else than uploads: told in the reading.
    fn doubt(&self, rest: &[&Listed], root: &str, reading: &mut Reading) -> bool {
        let code = rest.iter().filter(|it| is_code(&it.path)).count();
        if code * 2 > rest.len() {
            reading.database = None;
            reading.problem = Some(Problem::Doubt {
                reason: format!(
                    "{code} of its {} files are code, which uploads have none of",
                    rest.len()
                ),
                choices: vec![ImportAs::Files, ImportAs::Code],
                entries: Vec::new(),
            });
            return true;
        }
        let Some(database) = reading.database.as_ref().filter(|_| root.is_empty()) else {
            return false;
        };
        reading.problem = Some(Problem::Doubt {
            reason: format!(
                "it holds the dump `{}` among {} other files",
                dumps::shown(database),
                rest.len()
            ),
            choices: vec![ImportAs::Database, ImportAs::Files],
            entries: Vec::new(),
        });
        reading.database = None;
        true
    }

    fn finish(&self, rules: &Rules, reading: &mut Reading) {
        reading.pieces = rules.pieces(self.files);
        let folders = reading.code.iter().flat_map(|it| &it.folders);
        let folders: Vec<&str> = folders.map(|(from, _)| from.as_str()).collect();
        reading.not_code = rules.within(&folders, Becomes::Code);
        let root = reading.files.as_ref().map(|it| it.root.as_str());
        reading.not_files =
            root.map(|root| rules.within(&[root], Becomes::Files)).unwrap_or_default();
        reading.notes.extend(pieces::warnings(self.files, rules));
        let is_nothing =
            reading.code.is_none() && reading.database.is_none() && reading.files.is_none();
        if is_nothing && reading.problem.is_none() {
            reading.problem =
                Some(Problem::Unusable { reason: formats::nothing_in(self.files), hint: None });
        }
    }
}

/// Why a file beside a dump is not used.
fn aside(file: &Listed) -> &'static str {
    match &file.head {
        Head::Archive => "an archive inside the archive: unpack it, and import it beside the dump",
        Head::Foreign(foreign) => foreign.is,
        _ => "neither code, nor uploads, nor a dump",
    }
}

/// Folders that hold uploads, wherever they are.
const UPLOADS: [&str; 2] = ["wp-content/uploads", "sites/default/files"];

/// The uploads folder of a site, wherever it is.
fn uploads_in(files: &[Listed]) -> Option<String> {
    UPLOADS.iter().find_map(|name| {
        files.iter().find_map(|it| {
            let at = it.path.find(&format!("{name}/"))?;
            let is_whole = at == 0 || it.path[..at].ends_with('/');
            is_whole.then(|| format!("{}{name}", &it.path[..at]))
        })
    })
}

/// Whether a folder has more than the files that systems put into an empty one.
fn has_files(files: &[Listed], folder: &str) -> bool {
    let counts = |path: &str| {
        pieces::is_below(path, folder)
            && ![".gitkeep", ".htaccess", "index.php", "index.html"]
                .contains(&path.rsplit('/').next().unwrap_or(path))
    };
    files.iter().any(|it| counts(&it.path))
}

/// The folder that becomes the uploads folder; empty for the whole.
fn files_root(files: &[&Listed]) -> String {
    let mut root = String::new();
    loop {
        let mut names = files.iter().filter_map(|it| {
            let rest = it.path.strip_prefix(&root)?;
            Some(rest.split_once('/').map_or("", |(name, _)| name))
        });
        let Some(first) = names.next().filter(|name| !name.is_empty()) else { break };
        let lower = first.to_lowercase();
        let holds_wrapper = ["files/", "uploads/"]
            .iter()
            .any(|it| all_below(files, &format!("{root}{first}/{it}")));
        let wraps = ["files", "uploads", "web", "docroot", "public_html"].contains(&&*lower)
            || lower.starts_with("files_")
            || holds_wrapper;
        if !wraps || names.any(|name| name != first) {
            break;
        }
        root = format!("{root}{first}/");
    }
    root.trim_end_matches('/').to_owned()
}

fn all_below(files: &[&Listed], folder: &str) -> bool {
    files.iter().all(|it| it.path.starts_with(folder))
}

fn ending(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

/// Whether a file of this name is one that people and programs put beside a dump.
fn is_note(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    ["txt", "md", "json", "log", "yml", "yaml", "ini", "md5", "sha1", "sha256", "xml", "nfo", "idx"]
        .contains(&ending(path).as_str())
        || ["readme", "license", "metadata", "checksums"].contains(&name.as_str())
}

fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [
        "php", "inc", "module", "theme", "install", "phtml", "css", "scss", "less", "js", "mjs",
        "ts", "tsx", "twig", "vue",
    ]
    .contains(&ending(path).as_str())
        && name != "index.php"
}
