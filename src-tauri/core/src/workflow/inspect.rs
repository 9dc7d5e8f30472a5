//! Looks into files before they are imported: quickly, and by their content, whatever they are called.
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{Context, import};
use crate::{
    cms,
    content::{
        database,
        dump::{self, Layout, Source, Survey},
        recognise::{self, Look, Problem, Reading},
    },
    error::{Error, Result},
    model::{
        Address, Cms, DatabaseEngine, Site,
        request::ImportAs,
        view::{Holding, Inspected, InspectedDatabase, InspectedFiles},
    },
};

use super::running;

/// How long all files together are looked at: a person holds them over the window meanwhile.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(240);
/// How long they are looked at before they are imported, where what is inside may stand at the end of an archive.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// What the person says of files that are looked into.
#[derive(Clone, Copy, Default)]
pub(super) struct Said<'a> {
    /// What they are, where that is in doubt.
    pub(super) taken_as: Option<ImportAs>,
    /// Of several dumps, the one that is meant.
    pub(super) entry: Option<&'a str>,
    /// The folder of the code inside, where it is said to be code.
    pub(super) code_at: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn look(self, until: Instant) -> Look<'a> {
        let code = |paths: &[&str]| cms::of_paths(paths.iter().copied());
        let Self { taken_as, entry, code_at } = self;
        Look { code, taken_as, entry, code_at, until }
    }
}

/// A file or folder that was looked into.
pub(super) struct Seen {
    pub(super) view: Inspected,
    pub(super) reading: Reading,
}

/// Says of each path what it is; with an environment, what a person should know before it is imported there.
pub fn inspect(
    context: &Context,
    paths: &[String],
    environment: Option<&Address>,
) -> Result<Vec<Inspected>> {
    let seen = inspect_within(context, paths, Said::default(), environment, ANSWER_TIMEOUT)?;
    Ok(seen.into_iter().map(|it| it.view).collect())
}

/// As [`inspect`], taking as long as it is given.
pub(super) fn inspect_within(
    context: &Context,
    paths: &[String],
    said: Said<'_>,
    environment: Option<&Address>,
    budget: Duration,
) -> Result<Vec<Seen>> {
    let share = budget / u32::try_from(paths.len().max(1)).unwrap_or(u32::MAX);
    let mut all: Vec<Seen> =
        paths.iter().map(|path| look(path, said, Instant::now() + share)).collect();
    for it in &mut all {
        let siblings = siblings(Path::new(&it.view.path), paths);
        if !siblings.is_empty() {
            let names = siblings.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
            it.view.notes.push(format!(
                "it is a part of a backup of UpdraftPlus, and these of the same backup lie beside it: {names}; give them together for the whole site"
            ));
        }
    }
    if let Some(address) = environment {
        let site = context.store.site(&address.site)?;
        let prefix = present_prefix(context, &site, address)?;
        let code = context.store.find_environment(address)?;
        let code = code.map(|it| running::code_folder(context, &it));
        let wanted = code.and_then(|it| cms::settings_prefix(&it, &site));
        for it in &mut all {
            let prefixes = (prefix.as_deref(), wanted.as_deref());
            let notes = differences(&site, prefixes, &it.reading, &it.view.holds);
            it.view.notes.extend(notes);
        }
    }
    Ok(all)
}

/// The other files of the backup that a file is a part of, which lie beside it and are not among `given`.
fn siblings(file: &Path, given: &[String]) -> Vec<String> {
    let name = name_of(file);
    let (Some((set, _)), Some(folder)) = (recognise::set_of(&name), file.parent()) else {
        return Vec::new();
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // What can't be listed has none to offer.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|it| it.file_name().to_string_lossy().into_owned());
    let is_given = |it: &String| given.iter().any(|path| name_of(Path::new(path)) == *it);
    let is_of_it = |it: &String| recognise::set_of(it).is_some_and(|(other, _)| other == set);
    let mut found: Vec<String> = names.filter(|it| is_of_it(it) && !is_given(it)).collect();
    found.sort();
    found
}

/// Reads what is at `path`, as long as it takes up to [`READ_TIMEOUT`].
pub(super) fn read(path: &Path, said: Said<'_>) -> Result<Reading> {
    if !path.exists() {
        return Err(Error::not_found("file", path.display()));
    }
    recognise::read(path, &said.look(Instant::now() + READ_TIMEOUT))
}

/// Reads what an archive was unpacked to.
pub(super) fn read_folder(folder: &Path, shown: &str, said: Said<'_>) -> Result<Reading> {
    recognise::read_folder(folder, shown, &said.look(Instant::now()))
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What one path is, as far as can be seen until `until`.
fn look(path: &str, said: Said<'_>, until: Instant) -> Seen {
    let file = Path::new(path);
    let unusable = |reason: String| Reading {
        problem: Some(Problem::Unusable { reason, hint: None }),
        ..Reading::default()
    };
    let known = fs::metadata(file);
    let reading = match &known {
        Err(_) => unusable("there is no such file".into()),
        Ok(_) => recognise::read(file, &said.look(until)).unwrap_or_else(|error| {
            let reason = [error.message.clone()].into_iter().chain(error.causes);
            unusable(reason.collect::<Vec<_>>().join(", "))
        }),
    };
    let view = Inspected {
        path: path.to_owned(),
        name: name_of(file),
        bytes: known.map_or(0, |it| if it.is_dir() { 0 } else { it.len() }),
        packed: reading.packed.iter().map(|it| (*it).to_owned()).collect(),
        holds: holding(&reading, until),
        origin: reading.origin.map(str::to_owned),
        pieces: reading.pieces.clone(),
        notes: reading.notes.clone(),
    };
    Seen { view, reading }
}

/// What a person is told that it holds.
fn holding(reading: &Reading, until: Instant) -> Holding {
    match &reading.problem {
        Some(Problem::Unusable { reason, hint }) => {
            return Holding::Unusable { reason: reason.clone(), hint: hint.map(str::to_owned) };
        }
        Some(Problem::Doubt { reason, choices, entries }) => {
            let (reason, choices) = (reason.clone(), choices.clone());
            return Holding::Doubt { reason, choices, entries: entries.clone() };
        }
        None => {}
    }
    let files = reading.files.as_ref().map(|it| InspectedFiles {
        count: it.count,
        bytes: it.bytes,
        complete: reading.is_complete,
        root: it.root.clone(),
    });
    let database = reading.database.as_ref().map(|it| (it, of_source(it, until)));
    let code = reading.code.as_ref().map(|it| {
        let cms = it.cms.unwrap_or(crate::model::Cms::Php);
        let root = it.folders.first().map(|(from, _)| from.clone()).unwrap_or_default();
        (cms, root, it.is_whole)
    });
    let uploads = files.as_ref().map(|it| it.root.clone());
    match (code, database, files) {
        (Some((cms, root, whole)), None, _) => Holding::Code { cms, root, whole, uploads },
        (Some((cms, root, whole)), Some((source, database)), _) => {
            let dump = source.member().unwrap_or_default().to_owned();
            Holding::Site { cms, root, whole, dump, database, uploads }
        }
        (None, Some((_, database)), Some(files)) => Holding::Content { database, files },
        (None, Some((_, database)), None) => Holding::Database(database),
        (None, None, Some(files)) => Holding::Files(files),
        (None, None, None) => {
            Holding::Unusable { reason: "there is nothing in it".into(), hint: None }
        }
    }
}

/// The beginning of a dump tells enough: a person who waits for the import must not wait for a second read.
fn soon(until: Instant) -> Instant {
    until.min(Instant::now() + ANSWER_TIMEOUT)
}

/// What a database tells about itself. What is wrong with it is told by the load.
fn of_source(source: &Source, until: Instant) -> InspectedDatabase {
    let file = source.files.first().map(|it| &it.place);
    let survey = match (source.layout, file) {
        // One that is packed tells nothing more before it is unpacked.
        (Layout::Sqlite, Some(dump::Place::File(file))) => dump::survey_sqlite(file),
        (Layout::Sqlite, _) => Ok(Survey::default()),
        _ => dump::survey(source, soon(until)),
    };
    let survey = survey.unwrap_or_default();
    let known = cms::of_tables(&survey.tables);
    let mut addresses = survey.addresses;
    addresses.extend(source.beside.addresses.iter().cloned());
    let mut met = BTreeSet::new();
    addresses.retain(|it| met.insert(it.clone()));
    InspectedDatabase {
        sqlite: source.layout == Layout::Sqlite,
        member: source.member().map(str::to_owned),
        cms: known.as_ref().map(|(cms, _)| *cms),
        prefix: known.map(|(_, prefix)| prefix).unwrap_or_default(),
        tables: survey.tables,
        complete: survey.is_complete,
        addresses,
        databases: survey.databases,
    }
}

/// The prefix of the tables that an environment has now; none while it has none.
fn present_prefix(context: &Context, site: &Site, address: &Address) -> Result<Option<String>> {
    let Some(environment) = context.store.find_environment(address)? else { return Ok(None) };
    let opened = running::open_database(context, site, &environment, environment.generation)?;
    let Some(database) = &opened.database else { return Ok(None) };
    let tables = database::tables(database)?;
    Ok((!tables.is_empty()).then(|| cms::table_prefix(site.cms, &tables)))
}

/// What of a file does not fit the site.
fn differences(
    site: &Site,
    prefixes: (Option<&str>, Option<&str>),
    reading: &Reading,
    holds: &Holding,
) -> Vec<String> {
    let mut notes = Vec::new();
    let cms = match holds {
        Holding::Database(it) => it.cms,
        Holding::Code { cms, .. } | Holding::Site { cms, .. } => Some(*cms),
        Holding::Content { database, .. } => database.cms,
        Holding::Files(_) | Holding::Doubt { .. } | Holding::Unusable { .. } => None,
    };
    if let Some(cms) = cms.filter(|cms| *cms != site.cms) {
        notes.push(format!("it is of {}, and the site is {}", cms.title(), site.cms.title()));
    }
    if let Some(it) = holds.database() {
        notes.extend(prefix_note(site, prefixes, reading, it));
        if it.databases.len() > 1 {
            notes.push(format!("it holds the databases {}; choose one", it.databases.join(", ")));
        }
        if it.sqlite && site.engine == DatabaseEngine::MariaDb {
            notes.push("it is a SQLite file, and the site's database is MariaDB".into());
        }
    }
    notes
}

/// What becomes of the prefix of its tables, where that is not the one that the site has or needs.
fn prefix_note(
    site: &Site,
    (present, wanted): (Option<&str>, Option<&str>),
    reading: &Reading,
    database: &InspectedDatabase,
) -> Option<String> {
    let placeholder = reading.database.as_ref().and_then(|it| it.beside.placeholder.as_deref());
    if database.cms.is_none() && placeholder.is_none() {
        return None;
    }
    let is_changed = site.cms == Cms::WordPress && !database.sqlite;
    let own = Some(&*database.prefix).filter(|_| is_changed);
    if let Some(dump::Prefix { old, new }) =
        import::changed_prefix(placeholder.filter(|_| is_changed), own, wanted.map(str::to_owned))
    {
        return Some(format!(
            "its tables begin with `{old}`; they will begin with `{new}`, as the site's settings name it"
        ));
    }
    let prefix = &database.prefix;
    let present = present.filter(|it| *it != prefix && wanted != Some(prefix))?;
    Some(format!(
        "its tables begin with `{prefix}`, the present ones with `{present}`; the site's settings must name the prefix"
    ))
}
