//! `import:database` and `import:files`: a generation from what a person has.
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    Change, Context, Done, Frame, Run, Workflow, delete_site, effort, generation, import_plan,
    inspect::{self, Said},
    load,
    request::{ImportAs, ImportDatabase, ImportFiles, ImportOptions},
    running,
    work::Work,
};
use crate::{
    cms,
    content::{
        archive, database,
        dump::{self, Layout, Loading, Peeked, Prefix, Source},
        files,
        recognise::Problem,
        urls::Rewriter,
    },
    error::{Doing, Error, Result},
    layout,
    model::{
        Address, Cms, Database, DatabaseEngine, Environment, EnvironmentName, Origin, Site, count,
    },
};

pub(super) struct Plan<'a> {
    pub(super) site: Site,
    pub(super) environment: Environment,
    pub(super) address: Address,
    /// The database, and how it is brought.
    pub(super) database: Option<(Source, &'a ImportOptions)>,
    /// Whether the database becomes an empty one, where none is brought.
    pub(super) empties_database: bool,
    /// Archives and folders of uploads; several are parts of one set.
    pub(super) files: Vec<Uploads>,
    /// The code that the content will be used with.
    pub(super) code: PathBuf,
    /// What lists show: the names of the files.
    pub(super) name: String,
    /// How much there is to read: what it takes at the least, and what the next import's time is told by.
    pub(super) bytes: u64,
}

/// What can be imported as a database.
const DUMPS: &str = "A dump is SQL (plain, gz, bz2, xz, zst, or in a zip or tar) or a SQLite file.";

/// Where uploads come from.
pub(super) enum Uploads {
    /// An archive, or a folder that stays as it is.
    Given(PathBuf),
    /// A folder in the workflow's scratch, and what in it are no uploads.
    Unpacked(PathBuf, Vec<PathBuf>),
}

impl Plan<'_> {
    fn owner(&self, generation: u32) -> load::Owner<'_> {
        load::Owner { site: &self.site, environment: &self.environment, generation }
    }
}

impl Run for ImportDatabase {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_database(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan_database<'a>(context: &Context, wanted: &'a ImportDatabase) -> Result<Plan<'a>> {
    let mut plan = plan(context, &wanted.environment, wanted.options.confirm.as_deref())?;
    let file = PathBuf::from(&wanted.file);
    plan.name = inspect::name_of(&file);
    if plan.site.cms == Cms::Html {
        return Err(Error::refused(format!("{} has no database", plan.site.name)));
    }
    let said = Said { taken_as: Some(ImportAs::Database), ..import_plan::said(&wanted.options) };
    let reading = inspect::read(&file, said)?;
    if let Some(Problem::Unusable { reason, hint }) = &reading.problem {
        return Err(Error::refused(format!("`{}` is no dump of a database: {reason}", plan.name))
            .hint(hint.unwrap_or(DUMPS)));
    }
    import_plan::check(&plan.name, reading.problem.as_ref())?;
    let Some(source) = reading.database else {
        let message = format!("`{}` is no dump of a database", plan.name);
        return Err(Error::refused(message).hint(DUMPS));
    };
    plan.bytes = size(&file)?;
    plan.database = Some((source, &wanted.options));
    if let Some(files) = &wanted.files {
        add_files(&mut plan, files, wanted.options.taken_as.filter(|it| *it == ImportAs::Files))?;
    }
    effort::check_room(context, plan.bytes)?;
    Ok(plan)
}

impl Run for ImportFiles {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_files(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan_files<'a>(context: &Context, wanted: &ImportFiles) -> Result<Plan<'a>> {
    let mut plan = plan(context, &wanted.environment, wanted.confirm.as_deref())?;
    add_files(&mut plan, &wanted.file, wanted.taken_as)?;
    effort::check_room(context, plan.bytes)?;
    Ok(plan)
}

fn plan<'a>(context: &Context, address: &Address, confirm: Option<&str>) -> Result<Plan<'a>> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    self::confirm(&site, address, confirm)?;
    Ok(Plan {
        code: running::code_folder(context, &environment),
        site,
        environment,
        address: address.clone(),
        database: None,
        empties_database: false,
        files: Vec::new(),
        name: String::new(),
        bytes: 0,
    })
}

/// Live's content is replaced only when the person typed the site's name.
pub(super) fn confirm(site: &Site, address: &Address, typed: Option<&str>) -> Result<()> {
    match address.environment {
        EnvironmentName::Live => {
            delete_site::confirm(&site.name, typed, "replacing Live's content")
        }
        _ => Ok(()),
    }
}

fn add_files(plan: &mut Plan<'_>, source: &str, taken_as: Option<ImportAs>) -> Result<()> {
    let source = PathBuf::from(source);
    let name = inspect::name_of(&source);
    let reading = inspect::read(&source, Said { taken_as, ..Said::default() })?;
    import_plan::check(&name, reading.problem.as_ref())?;
    if reading.files.is_none() {
        let is = match (&reading.database, &reading.code) {
            (Some(_), _) => "a dump of a database",
            (None, Some(code)) if !code.is_whole => "plugins, themes or other code of WordPress",
            (None, _) => "code of a site",
        };
        return Err(Error::refused(format!("`{name}` is no archive of files: it is {is}"))
            .hint("Files come as tar (plain, gz, bz2, xz, zst), zip, or a folder; `portico import` takes what it is."));
    }
    plan.name = if plan.name.is_empty() { name } else { format!("{}, {name}", plan.name) };
    plan.bytes += size(&source)?;
    plan.files.push(Uploads::Given(source));
    Ok(())
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let (site, environment) = (&plan.site, &plan.environment);
    let mut result = serde_json::Map::new();
    let fresh = generation::begin(work, &plan.address)?;
    match plan.files.is_empty() {
        true => generation::share_files(work, &fresh, environment.generation)?,
        false => bring_files(work, &plan.files, &fresh)?,
    }
    let mut clear_cache = None;
    match &plan.database {
        None if plan.empties_database => generation::empty_database(work, site, &fresh)?,
        None => generation::share_database(work, &fresh, environment.generation)?,
        Some((_, options)) => {
            result.extend(bring_database(work, plan, &fresh)?);
            if options.updatedb {
                generation::update_database(work, site, environment, &fresh)?;
            }
            clear_cache = options.cc.then(|| plan.address.clone());
        }
    }
    result.insert("bytes".into(), plan.bytes.into());
    let origin = Origin::Import { name: plan.name.clone() };
    let row = generation::finish(work, site, environment, &fresh, origin)?;
    result.insert("generation".into(), fresh.number.into());
    result.insert("url".into(), work.context.url(&plan.address).into());
    Ok(Done {
        generations: vec![row],
        changes: vec![Change::Content {
            environment: plan.address.clone(),
            before: environment.generation,
            after: fresh.number,
        }],
        result,
        clear_cache,
        ..Done::default()
    })
}

/// The bytes of a file, or of all files in a folder.
fn size(source: &Path) -> Result<u64> {
    match source.is_dir() {
        true => Ok(files::measure(source)?.bytes),
        false => {
            let known = fs::metadata(source).doing(|| format!("read `{}`", source.display()))?;
            Ok(known.len())
        }
    }
}

type Counted = serde_json::Map<String, serde_json::Value>;

/// Brings the plan's database into a generation that has none yet; answers what came.
pub(super) fn bring_database(
    work: &Work<'_>,
    plan: &Plan<'_>,
    fresh: &generation::NewGeneration,
) -> Result<Counted> {
    match &plan.database {
        None => Ok(Counted::new()),
        Some((source, options)) if source.layout == Layout::Sqlite => {
            import_sqlite(work, plan, source, options, fresh)
        }
        Some((source, options)) => import_dump(work, plan, source, options, fresh),
    }
}

fn import_dump(
    work: &Work<'_>,
    plan: &Plan<'_>,
    source: &Source,
    options: &ImportOptions,
    fresh: &generation::NewGeneration,
) -> Result<Counted> {
    generation::empty_database(work, &plan.site, fresh)?;
    let opened = generation::open(work, &plan.site, &plan.environment, fresh)?;
    let Some(database) = &opened.database else { return Ok(Counted::new()) };
    let peeked = look_ahead(work, plan, source, options)?;
    let pairs = pairs(work, plan, &peeked, source, options);
    let prefix = other_prefix(work, plan, &peeked, source);
    let rewriter = if pairs.is_empty() { None } else { Some(Rewriter::new(&pairs)?) };
    let started = Instant::now();
    let loaded = work.step("Load the dump", |meter| {
        let how = Loading {
            rewriter: rewriter.as_ref(),
            database: options.from_database.as_deref(),
            prefix: prefix.as_ref(),
        };
        let dump = dump::open(source, how.database)?;
        dump.foreign.iter().for_each(|line| work.line(format!("not of the dump: {line}")));
        load::load(work, plan.owner(fresh.number), database, dump, how, meter)
    })?;
    work.line(format!(
        "loaded {} in {} in {:.1} s",
        count(loaded.rows, "row"),
        count(loaded.tables, "table"),
        started.elapsed().as_secs_f64()
    ));
    settle(work, database, prefix.as_ref(), source)?;
    let mut replacements = loaded.replacements;
    if !options.keep_urls {
        replacements += convert_the_rest(work, plan, database)?;
    }
    let mut counted = told(work, &loaded, what_differs(work, plan, database)?);
    counted.insert("replacements".into(), replacements.into());
    Ok(counted)
}

/// What a dump of WordPress's tells before it is loaded.
fn look_ahead(
    work: &Work<'_>,
    plan: &Plan<'_>,
    source: &Source,
    options: &ImportOptions,
) -> Result<Peeked> {
    if plan.site.cms != Cms::WordPress {
        return Ok(Peeked::default());
    }
    work.step("Look for addresses", |meter| {
        let database = options.from_database.as_deref();
        // A placeholder is no site's prefix: nothing else can be meant.
        let wanted = cms::settings_prefix(&plan.code, &plan.site)
            .filter(|_| source.beside.placeholder.is_none());
        dump::peek(dump::open(source, database)?, database, wanted.as_deref(), meter)
    })
}

/// The addresses to convert while the dump is read: those of its main site, what its archive tells, and what the person
/// adds.
fn pairs(
    work: &Work<'_>,
    plan: &Plan<'_>,
    peeked: &Peeked,
    source: &Source,
    options: &ImportOptions,
) -> Vec<(String, String)> {
    let to = work.context.url(&plan.address);
    let mut from: Vec<String> = options.from_url.iter().cloned().collect();
    if !options.keep_urls && plan.site.cms == Cms::WordPress {
        let known = [&peeked.addresses[..], &source.beside.addresses].concat();
        from.extend(cms::outermost(&known));
    }
    from.retain(|from| *from != to);
    from.sort();
    from.dedup();
    from.iter().for_each(|from| work.line(format!("{from} → {to}")));
    from.into_iter().map(|from| (from, to.clone())).collect()
}

/// The prefix that the dump's tables get, where the site's own settings ask for another than they have.
fn other_prefix(
    work: &Work<'_>,
    plan: &Plan<'_>,
    peeked: &Peeked,
    source: &Source,
) -> Option<Prefix> {
    let is_wordpress = plan.site.cms == Cms::WordPress;
    let prefix = changed_prefix(
        source.beside.placeholder.as_deref(),
        peeked.prefix.as_deref().filter(|_| is_wordpress),
        cms::settings_prefix(&plan.code, &plan.site),
    )?;
    let is_there = |table: &String| {
        let renamed = table.strip_prefix(&prefix.old).map(|it| format!("{}{it}", prefix.new));
        renamed.is_some_and(|it| !it.starts_with(&prefix.old) && peeked.tables.contains(&it))
    };
    let Prefix { old, new } = &prefix;
    if let Some(table) = peeked.tables.iter().find(|it| is_there(it)) {
        work.line(format!(
            "the tables keep their prefix `{old}`, though the site's settings name `{new}`: of `{table}` it holds both"
        ));
        return None;
    }
    work.line(format!("the tables' prefix {old} becomes {new}, as the site's settings name it"));
    Some(prefix)
}

/// The prefix that tables have, and the one that they need; none where they have it. A placeholder becomes the usual one
/// where no settings say more.
pub(super) fn changed_prefix(
    placeholder: Option<&str>,
    present: Option<&str>,
    wanted: Option<String>,
) -> Option<Prefix> {
    let (old, new) = match placeholder {
        Some(old) => (old, wanted.unwrap_or_else(|| cms::USUAL_PREFIX.to_owned())),
        None => (present?, wanted?),
    };
    (old != new && !old.is_empty()).then(|| Prefix { old: old.to_owned(), new })
}

/// Makes rows fit the tables' new prefix, and active what the archive names as active.
fn settle(
    work: &Work<'_>,
    database: &Database,
    prefix: Option<&Prefix>,
    source: &Source,
) -> Result<()> {
    let beside = &source.beside;
    let Some(Prefix { old, new }) = prefix else { return Ok(()) };
    let tables = database::tables(database)?;
    let is_placeholder = beside.placeholder.is_some();
    let mut statements = cms::prefix_statements(&tables, (old, new), is_placeholder);
    if tables.contains(&format!("{new}options")) {
        let theme = beside.theme.as_ref();
        statements.extend(cms::activation_statements(new, &beside.plugins, theme));
    }
    if is_placeholder {
        let theme = beside.theme.as_ref().map_or("none", |(_, it)| it);
        let plugins = count(beside.plugins.len() as u64, "active plugin");
        work.line(format!("the archive names {plugins} and the theme {theme}"));
    }
    statements.iter().try_for_each(|sql| database::execute(database, sql))
}

/// Addresses that only the whole database tells, such as those of a multisite's sites.
fn convert_the_rest(work: &Work<'_>, plan: &Plan<'_>, database: &Database) -> Result<u64> {
    let (site, address) = (&plan.site, &plan.address);
    generation::convert_addresses(work, site, database, address, address, None)
}

/// What a person should know of a database that is not like the one before, as sentences.
fn what_differs(work: &Work<'_>, plan: &Plan<'_>, database: &Database) -> Result<Vec<String>> {
    let tables = database::tables(database)?;
    let (site, environment) = (&plan.site, &plan.environment);
    let mut notes = Vec::new();
    match cms::of_tables(&tables).map(|(cms, _)| cms) {
        Some(other) if other != site.cms => notes.push(format!(
            "its tables are those of {}, and {} runs {}",
            other.title(),
            site.name,
            site.cms.title()
        )),
        None if matches!(site.cms, Cms::WordPress | Cms::Drupal | Cms::Drupal7) => {
            notes.push(format!("there are no tables of {} in it", site.cms.title()));
        }
        _ => {}
    }
    let before = running::open_database_or_cancel(
        work.context,
        site,
        environment,
        environment.generation,
        work.cancel,
    )?;
    let Some(before) = &before.database else { return Ok(notes) };
    let before = database::tables(before)?;
    let prefix = |tables: &[String]| cms::table_prefix(site.cms, tables);
    let is_wanted = cms::settings_prefix(&plan.code, site).is_some_and(|it| it == prefix(&tables));
    if notes.is_empty() && !before.is_empty() && !is_wanted && prefix(&before) != prefix(&tables) {
        notes.push(format!(
            "its tables begin with `{}`, those before with `{}`; the site's settings must name the prefix",
            prefix(&tables),
            prefix(&before)
        ));
    }
    Ok(notes)
}

/// Tells the notes in the log, and counts what came.
fn told(work: &Work<'_>, loaded: &dump::Loaded, more: Vec<String>) -> Counted {
    let notes = [&loaded.notes[..], &more].concat();
    loaded.notes.iter().for_each(|note| work.line(note));
    more.iter().for_each(|note| work.line(format!("note: {note}")));
    let mut counted = Counted::new();
    counted.insert("tables".into(), loaded.tables.into());
    counted.insert("rows".into(), loaded.rows.into());
    counted.insert("notes".into(), notes.into());
    counted
}

fn import_sqlite(
    work: &Work<'_>,
    plan: &Plan<'_>,
    source: &Source,
    options: &ImportOptions,
    fresh: &generation::NewGeneration,
) -> Result<Counted> {
    generation::empty_database(work, &plan.site, fresh)?;
    let is_own = plan.site.engine == DatabaseEngine::Sqlite;
    let target = match is_own {
        true => layout::sqlite_file(&fresh.database),
        false => work.scratch()?.join("import.sqlite"),
    };
    work.step("Copy the database", |meter| {
        if let Some(dump::Place::File(file)) = source.files.first().map(|it| &it.place) {
            let mut head = [0; 6];
            let read = io::Read::read(
                &mut fs::File::open(file).doing(|| source.shown.clone())?,
                &mut head,
            );
            if read.is_ok() && head == *b"SQLite" {
                return database::copy_sqlite(file, &target, meter).map(drop);
            }
        }
        let doing = || format!("unpack `{}`", source.shown);
        let mut dump = dump::open(source, None)?;
        let mut out = fs::File::create(&target).doing(doing)?;
        dump.copy_to(&mut out, meter).doing(doing)
    })?;
    work.step("Check the database", |_| check_sqlite(&target, &source.shown))?;
    let opened = generation::open(work, &plan.site, &plan.environment, fresh)?;
    let mut counted = Counted::new();
    if let Some(database) = &opened.database {
        let mut loaded = None;
        if !is_own {
            let (owner, from) = (plan.owner(fresh.number), Database::Sqlite { file: target });
            loaded = Some(work.step("Move it to MariaDB", |meter| {
                load::transfer(work, owner, &from, database, meter)
            })?);
        }
        let replacements =
            if options.keep_urls { 0 } else { convert_the_rest(work, plan, database)? };
        let differs = what_differs(work, plan, database)?;
        match loaded {
            Some(loaded) => counted = told(work, &loaded, differs),
            None => {
                differs.iter().for_each(|note| work.line(format!("note: {note}")));
                counted.insert("notes".into(), differs.into());
            }
        }
        counted.insert("replacements".into(), replacements.into());
    }
    Ok(counted)
}

fn check_sqlite(copy: &Path, shown: &str) -> Result<()> {
    let damaged = || format!("import `{shown}`: the database is damaged");
    let connection = rusqlite::Connection::open(copy).doing(damaged)?;
    let said: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).doing(damaged)?;
    if said == "ok" { Ok(()) } else { Err(Error::failed(damaged()).because(said)) }
}

/// Brings uploads into a generation that has none yet.
pub(super) fn bring_files(
    work: &Work<'_>,
    all: &[Uploads],
    fresh: &generation::NewGeneration,
) -> Result<()> {
    work.step("Bring the files", |meter| {
        for (number, uploads) in all.iter().enumerate() {
            match uploads {
                Uploads::Unpacked(folder, besides) => {
                    place_files(work, folder, besides, &fresh.files, number == 0)?;
                }
                Uploads::Given(source) => {
                    let (folder, is_ours) = match source.is_dir() {
                        true => (source.clone(), false),
                        false => (work.scratch()?.join(format!("files-{number}")), true),
                    };
                    if is_ours {
                        archive::unpack(source, &folder, meter)?;
                    }
                    let said = Said { taken_as: Some(ImportAs::Files), ..Said::default() };
                    let reading = inspect::read_folder(&folder, &inspect::name_of(source), said)?;
                    let root = reading.files.map(|it| it.root).unwrap_or_default();
                    let besides: Vec<PathBuf> =
                        reading.not_files.iter().map(|it| folder.join(it)).collect();
                    let root = folder.join(root);
                    if is_ours {
                        place_files(work, &root, &besides, &fresh.files, number == 0)?;
                        continue;
                    }
                    files::copy_tree(&root, &fresh.files, meter)?;
                    let copied =
                        |path: &PathBuf| path.strip_prefix(&root).map(|it| fresh.files.join(it));
                    let copies = besides.iter().filter_map(|it| copied(it).ok());
                    leave_out(work, &copies.collect::<Vec<_>>())?;
                }
            }
        }
        Ok(())
    })?;
    let measured = files::measure(&fresh.files)?;
    work.line(format!("{} brought", count(measured.count, "file")));
    Ok(())
}

/// Moves a folder of uploads to its place; one that is not the first of a set goes over what is there.
fn place_files(
    work: &Work<'_>,
    folder: &Path,
    besides: &[PathBuf],
    to: &Path,
    is_first: bool,
) -> Result<()> {
    leave_out(work, besides)?;
    match is_first {
        true => fs::rename(folder, to)
            .doing(|| format!("move `{}` to `{}`", folder.display(), to.display())),
        false => files::move_over(folder, to),
    }
}

/// Takes away what lies among uploads and is none.
fn leave_out(work: &Work<'_>, paths: &[PathBuf]) -> Result<()> {
    for path in paths {
        let doing = || format!("leave out `{}`", path.display());
        match path.is_dir() {
            true => fs::remove_dir_all(path).doing(doing)?,
            false => fs::remove_file(path).doing(doing)?,
        }
        work.line(format!("left out of the uploads: {}", inspect::name_of(path)));
    }
    Ok(())
}
