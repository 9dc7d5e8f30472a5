//! Looks into files before they are imported: quickly, and by their content, whatever they are called.
use std::{
    fs::{self, File},
    io::Read,
    path::Path,
    time::{Duration, Instant},
};

use super::Context;
use crate::{
    cms,
    content::{
        database,
        dump::{self, Content, Survey},
        listing::{self, Listed, Listing},
    },
    error::{Doing, Result},
    model::{
        Address, DatabaseEngine, Site,
        view::{Holding, Inspected, InspectedDatabase, InspectedFiles},
    },
};

use super::running;

/// How long all files together are looked at: a person holds them over the window meanwhile.
const QUICK: Duration = Duration::from_millis(240);
/// How long they are looked at before they are imported, where what is inside may stand at the end of an archive.
pub(super) const PATIENT: Duration = Duration::from_secs(30);
/// Folders inside code whose `.sql` files belong to plugins or modules, not to the site.
const NO_DUMPS: [&str; 12] = [
    "plugins",
    "themes",
    "mu-plugins",
    "modules",
    "profiles",
    "libraries",
    "vendor",
    "node_modules",
    "core",
    "wp-includes",
    "wp-admin",
    "uploads",
];
/// Folders that hold uploads, wherever they are in an archive; Pantheon's own archives have `files_<env>`.
const UPLOADS: [&str; 2] = ["wp-content/uploads", "sites/default/files"];

/// Says of each path what it is; with an environment, what a person should know before it is imported there.
pub fn inspect(
    context: &Context,
    paths: &[String],
    environment: Option<&Address>,
) -> Result<Vec<Inspected>> {
    inspect_within(context, paths, None, environment, QUICK)
}

/// As [`inspect`], taking as long as it is given. Of an archive of several dumps, `entry` is the one that is meant.
pub(super) fn inspect_within(
    context: &Context,
    paths: &[String],
    entry: Option<&str>,
    environment: Option<&Address>,
    budget: Duration,
) -> Result<Vec<Inspected>> {
    let share = budget / u32::try_from(paths.len().max(1)).unwrap_or(u32::MAX);
    let look = |path: &String| {
        look(path, entry, Instant::now() + share).unwrap_or_else(|error| {
            let reason =
                [error.message.clone()].into_iter().chain(error.causes).collect::<Vec<_>>();
            unusable(path, reason.join(", "))
        })
    };
    let mut all: Vec<Inspected> = paths.iter().map(look).collect();
    if let Some(address) = environment {
        let site = context.store.site(&address.site)?;
        let prefix = present_prefix(context, &site, address)?;
        for it in &mut all {
            it.notes.extend(differences(&site, prefix.as_deref(), &it.holds));
        }
    }
    Ok(all)
}

fn unusable(path: &str, reason: impl Into<String>) -> Inspected {
    Inspected {
        path: path.to_owned(),
        name: name_of(Path::new(path)),
        bytes: 0,
        packed: Vec::new(),
        holds: Holding::Unusable { reason: reason.into() },
        notes: Vec::new(),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What one path is, as far as can be seen until `until`.
pub(super) fn look(path: &str, entry: Option<&str>, until: Instant) -> Result<Inspected> {
    let file = Path::new(path);
    let Ok(known) = fs::metadata(file) else {
        return Ok(unusable(path, "there is no such file"));
    };
    let mut found = Inspected { bytes: known.len(), ..unusable(path, "") };
    if let Some(listing) = listing::list(file, until)? {
        if known.is_dir() {
            found.bytes = 0;
        }
        found.packed = listing.packed.iter().map(|it| (*it).to_owned()).collect();
        found.holds = of_listing(file, entry, &listing, until, &mut found.notes)?;
        return Ok(found);
    }
    let mut first = Vec::new();
    let doing = || format!("read `{path}`");
    File::open(file).doing(doing)?.take(8).read_to_end(&mut first).doing(doing)?;
    found.packed = listing::packing(&first).into_iter().map(str::to_owned).collect();
    found.holds = match dump::look(file)? {
        Content::Sql => of_survey(dump::survey(file, entry, soon(until))?, false),
        // One that is packed tells nothing more before it is unpacked.
        Content::Sqlite if found.packed.is_empty() => of_survey(dump::survey_sqlite(file)?, true),
        Content::Sqlite => of_survey(Survey::default(), true),
        _ if first.is_empty() => Holding::Unusable { reason: "it is empty".into() },
        _ => Holding::Unusable { reason: "it is neither a dump nor an archive".into() },
    };
    Ok(found)
}

/// The beginning of a dump tells enough: a person who waits for the import must not wait for a second read.
fn soon(until: Instant) -> Instant {
    until.min(Instant::now() + QUICK)
}

fn of_survey(survey: Survey, sqlite: bool) -> Holding {
    let known = cms::of_tables(&survey.tables);
    Holding::Database(InspectedDatabase {
        sqlite,
        member: survey.member,
        cms: known.as_ref().map(|(cms, _)| *cms),
        prefix: known.map(|(_, prefix)| prefix).unwrap_or_default(),
        tables: survey.tables,
        complete: survey.is_complete,
        addresses: survey.addresses,
        databases: survey.databases,
    })
}

/// What an archive or folder is, by the names in it.
fn of_listing(
    path: &Path,
    entry: Option<&str>,
    listing: &Listing,
    until: Instant,
    notes: &mut Vec<String>,
) -> Result<Holding> {
    if listing.files.is_empty() {
        let reason = if listing.is_complete { "it is empty" } else { "it is damaged" };
        return Ok(Holding::Unusable { reason: reason.into() });
    }
    if !listing.is_complete {
        notes.push("it is large: only its beginning was looked at".into());
    }
    let dumps = dumps_in(&listing.files);
    if let Some((cms, root)) = cms::of_paths(listing.files.iter().map(|it| it.path.as_str())) {
        let uploads = uploads_in(&listing.files).filter(|it| has_files(&listing.files, it));
        return Ok(match dumps.first() {
            Some(dump) => {
                if dumps.len() > 1 {
                    notes.push(format!("it holds {} dumps; `{}` is taken", dumps.len(), dump.path));
                }
                Holding::Site { cms, root, dump: dump.path.clone(), uploads }
            }
            None => Holding::Code { cms, root, uploads },
        });
    }
    // A dump beside a note or a manifest is a database; one among many files is one of them.
    let others = listing.files.len() - dumps.len();
    if !dumps.is_empty() && others <= dumps.len() + 3 && !path.is_dir() {
        return Ok(of_survey(dump::survey(path, entry, soon(until))?, false));
    }
    let root = files_root(&listing.files);
    let inside = listing.files.iter().filter(|it| is_below(&it.path, &root));
    let (count, bytes) = inside.fold((0, 0), |(n, sum), it| (n + 1, sum + it.bytes));
    Ok(Holding::Files(InspectedFiles { count, bytes, complete: listing.is_complete, root }))
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Dumps of the whole site among files: the shallowest first, the largest of those.
pub(super) fn dumps_in(files: &[Listed]) -> Vec<&Listed> {
    let is_the_sites = |path: &str| {
        let mut folders = path.rsplit('/').skip(1);
        !folders.any(|folder| NO_DUMPS.contains(&folder)) && !path.contains("sites/default/files/")
    };
    let mut dumps: Vec<&Listed> =
        files.iter().filter(|it| dump::is_dump_name(&it.path) && is_the_sites(&it.path)).collect();
    dumps.sort_by_key(|it| (it.path.matches('/').count(), std::cmp::Reverse(it.bytes)));
    dumps
}

/// The uploads folder of a site, wherever it is.
pub(super) fn uploads_in(files: &[Listed]) -> Option<String> {
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
        is_below(path, folder)
            && ![".gitkeep", ".htaccess", "index.php", "index.html"]
                .contains(&path.rsplit('/').next().unwrap_or(path))
    };
    files.iter().any(|it| counts(&it.path))
}

/// The folder that becomes the uploads folder; empty for the whole. As `archive::uploads_in` finds it on the disk.
fn files_root(files: &[Listed]) -> String {
    if let Some(uploads) = uploads_in(files) {
        return uploads;
    }
    let mut root = String::new();
    loop {
        let mut names = files.iter().filter_map(|it| {
            let rest = it.path.strip_prefix(&root)?;
            Some(rest.split_once('/').map_or("", |(name, _)| name))
        });
        let Some(first) = names.next().filter(|name| !name.is_empty()) else { break };
        let lower = first.to_lowercase();
        let wraps = ["files", "uploads", "web", "docroot", "public_html"].contains(&&*lower)
            || lower.starts_with("files_");
        if !wraps || names.any(|name| name != first) {
            break;
        }
        root = format!("{root}{first}/");
    }
    root.trim_end_matches('/').to_owned()
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
fn differences(site: &Site, prefix: Option<&str>, holds: &Holding) -> Vec<String> {
    let mut notes = Vec::new();
    let cms = match holds {
        Holding::Database(it) => it.cms,
        Holding::Code { cms, .. } | Holding::Site { cms, .. } => Some(*cms),
        Holding::Files(_) | Holding::Unusable { .. } => None,
    };
    if let Some(cms) = cms.filter(|cms| *cms != site.cms) {
        notes.push(format!("it is of {}, and the site is {}", cms.title(), site.cms.title()));
    }
    if let Holding::Database(it) = holds {
        if let (Some(_), Some(prefix)) = (it.cms, prefix)
            && it.prefix != prefix
        {
            notes.push(format!(
                "its tables begin with `{}`, the present ones with `{prefix}`; the site's settings must name the prefix",
                it.prefix
            ));
        }
        if it.databases.len() > 1 {
            notes.push(format!("it holds the databases {}; choose one", it.databases.join(", ")));
        }
        if it.sqlite && site.engine == DatabaseEngine::MariaDb {
            notes.push("it is a SQLite file, and the site's database is MariaDB".into());
        }
    }
    notes
}
