//! `import:database` and `import:files`: a generation from what a person has.
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    Change, Context, Done, delete_site, effort, generation, load,
    request::{ImportDatabase, ImportFiles},
    running,
    work::Work,
};
use crate::{
    cms,
    content::{
        archive, database,
        dump::{self, Choice, Content, Loading},
        files,
        urls::Rewriter,
    },
    error::{Doing, Error, Result},
    layout,
    model::{
        Address, Cms, Database, DatabaseEngine, Environment, EnvironmentName, Origin, Site, count,
    },
};

pub(super) struct Plan<'a> {
    site: Site,
    environment: Environment,
    address: Address,
    /// The database's file, what it is, and how it is brought.
    database: Option<(PathBuf, Content, &'a ImportDatabase)>,
    files: Option<PathBuf>,
    /// What lists show: the names of the files.
    name: String,
    /// How much there is to read: what it takes at the least, and what the next import's time is told by.
    bytes: u64,
}

impl Plan<'_> {
    fn owner(&self, generation: u32) -> load::Owner<'_> {
        load::Owner { site: &self.site, environment: &self.environment, generation }
    }
}

pub(super) fn plan_database<'a>(context: &Context, wanted: &'a ImportDatabase) -> Result<Plan<'a>> {
    let mut plan = plan(context, &wanted.environment, wanted.options.confirm.as_deref())?;
    let file = PathBuf::from(&wanted.file);
    plan.name = shown(&file);
    let content = look(&file)?;
    if plan.site.cms == Cms::Html {
        return Err(Error::refused(format!("{} has no database", plan.site.name)));
    }
    match content {
        Content::Sql | Content::Sqlite => {}
        _ => {
            return Err(Error::refused(format!("`{}` is no dump of a database", plan.name)).hint(
                "A dump is SQL (plain, gz, bz2, xz, zst, or in a zip or tar) or a SQLite file.",
            ));
        }
    }
    plan.bytes = size(&file)?;
    plan.database = Some((file, content, wanted));
    if let Some(files) = &wanted.files {
        add_files(&mut plan, files)?;
    }
    effort::check_room(context, plan.bytes)?;
    Ok(plan)
}

pub(super) fn plan_files<'a>(context: &Context, wanted: &ImportFiles) -> Result<Plan<'a>> {
    let mut plan = plan(context, &wanted.environment, wanted.confirm.as_deref())?;
    add_files(&mut plan, &wanted.file)?;
    effort::check_room(context, plan.bytes)?;
    Ok(plan)
}

fn plan<'a>(context: &Context, address: &Address, confirm: Option<&str>) -> Result<Plan<'a>> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    self::confirm(&site, address, confirm)?;
    let (address, name) = (address.clone(), String::new());
    Ok(Plan { site, environment, address, database: None, files: None, name, bytes: 0 })
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

fn add_files(plan: &mut Plan<'_>, source: &str) -> Result<()> {
    let source = PathBuf::from(source);
    let name = shown(&source);
    if !matches!(look(&source)?, Content::Archive | Content::Folder) {
        return Err(Error::refused(format!("`{name}` is no archive of files"))
            .hint("Files come as tar (plain, gz, bz2, xz, zst), zip, or a folder."));
    }
    plan.name = if plan.name.is_empty() { name } else { format!("{}, {name}", plan.name) };
    plan.bytes += size(&source)?;
    plan.files = Some(source);
    Ok(())
}

fn look(file: &Path) -> Result<Content> {
    if !file.exists() {
        return Err(Error::not_found("file", file.display()));
    }
    dump::look(file)
}

fn shown(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let (site, environment) = (&plan.site, &plan.environment);
    let mut result = serde_json::Map::new();
    let fresh = generation::begin(work, &plan.address)?;
    match &plan.files {
        Some(source) => import_files(work, site, source, &fresh)?,
        None => generation::share_files(work, &fresh, environment.generation)?,
    }
    let mut clear_cache = None;
    match &plan.database {
        None => generation::share_database(work, &fresh, environment.generation)?,
        Some((file, content, wanted)) => {
            let counted = match content {
                Content::Sqlite => import_sqlite(work, plan, file, &fresh)?,
                _ => import_dump(work, plan, file, wanted, &fresh)?,
            };
            result.extend(counted);
            if wanted.options.updatedb {
                generation::update_database(work, site, environment, &fresh)?;
            }
            clear_cache = wanted.options.cc.then(|| plan.address.clone());
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

/// Which part of the file the person means.
fn choice(wanted: &ImportDatabase) -> Choice<'_> {
    Choice {
        entry: wanted.options.entry.as_deref(),
        database: wanted.options.from_database.as_deref(),
    }
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

fn import_dump(
    work: &Work<'_>,
    plan: &Plan<'_>,
    file: &Path,
    wanted: &ImportDatabase,
    fresh: &generation::Fresh,
) -> Result<Counted> {
    generation::empty_database(work, &plan.site, fresh)?;
    let opened = generation::open(work, &plan.site, &plan.environment, fresh)?;
    let Some(database) = &opened.database else { return Ok(Counted::new()) };
    let pairs = pairs(work, plan, file, wanted)?;
    let rewriter = if pairs.is_empty() { None } else { Some(Rewriter::new(&pairs)?) };
    let started = Instant::now();
    let loaded = work.step("Load the dump", |meter| {
        let how = Loading {
            rewriter: rewriter.as_ref(),
            database: wanted.options.from_database.as_deref(),
        };
        let dump = dump::open(file, choice(wanted))?;
        load::load(work, plan.owner(fresh.number), database, dump, how, meter)
    })?;
    work.line(format!(
        "loaded {} in {} in {:.1} s",
        count(loaded.rows, "row"),
        count(loaded.tables, "table"),
        started.elapsed().as_secs_f64()
    ));
    let mut replacements = loaded.replacements;
    if !wanted.options.keep_urls {
        replacements += convert_the_rest(work, plan, database)?;
    }
    let mut counted = told(work, &loaded, what_differs(work, plan, database)?);
    counted.insert("replacements".into(), replacements.into());
    Ok(counted)
}

/// The addresses to convert while the dump is read: those that it begins with, and what the person adds.
fn pairs(
    work: &Work<'_>,
    plan: &Plan<'_>,
    file: &Path,
    wanted: &ImportDatabase,
) -> Result<Vec<(String, String)>> {
    let to = work.context.url(&plan.address);
    let mut from: Vec<String> = wanted.options.from_url.iter().cloned().collect();
    if plan.site.cms == Cms::WordPress && !wanted.options.keep_urls {
        let peeked = work.step("Look for addresses", |meter| {
            dump::peek(
                dump::open(file, choice(wanted))?,
                wanted.options.from_database.as_deref(),
                meter,
            )
        })?;
        from.extend(cms::outermost(&peeked.addresses));
    }
    from.retain(|from| *from != to);
    from.sort();
    from.dedup();
    from.iter().for_each(|from| work.line(format!("{from} → {to}")));
    Ok(from.into_iter().map(|from| (from, to.clone())).collect())
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
    let before = running::open_database(work.context, site, environment, environment.generation)?;
    let Some(before) = &before.database else { return Ok(notes) };
    let before = database::tables(before)?;
    let prefix = |tables: &[String]| cms::table_prefix(site.cms, tables);
    if notes.is_empty() && !before.is_empty() && prefix(&before) != prefix(&tables) {
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
    file: &Path,
    fresh: &generation::Fresh,
) -> Result<Counted> {
    generation::empty_database(work, &plan.site, fresh)?;
    let is_own = plan.site.engine == DatabaseEngine::Sqlite;
    let target = match is_own {
        true => layout::sqlite_file(&fresh.database),
        false => work.scratch()?.join("import.sqlite"),
    };
    work.step("Copy the database", |meter| {
        let mut head = [0; 6];
        let read = io::Read::read(&mut fs::File::open(file).doing(|| shown(file))?, &mut head);
        if read.is_ok() && head == *b"SQLite" {
            return database::copy_sqlite(file, &target, meter).map(drop);
        }
        let doing = || format!("unpack `{}`", file.display());
        let mut dump = dump::open(file, Choice::default())?;
        let mut out = fs::File::create(&target).doing(doing)?;
        dump.copy_to(&mut out, meter).doing(doing)
    })?;
    work.step("Check the database", |_| check_sqlite(&target, file))?;
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
        let keep = plan.database.as_ref().is_some_and(|(_, _, wanted)| wanted.options.keep_urls);
        let replacements = if keep { 0 } else { convert_the_rest(work, plan, database)? };
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

fn check_sqlite(copy: &Path, file: &Path) -> Result<()> {
    let damaged = || format!("import `{}`: the database is damaged", shown(file));
    let connection = rusqlite::Connection::open(copy).doing(damaged)?;
    let said: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).doing(damaged)?;
    if said == "ok" { Ok(()) } else { Err(Error::failed(damaged()).because(said)) }
}

fn import_files(
    work: &Work<'_>,
    site: &Site,
    source: &Path,
    fresh: &generation::Fresh,
) -> Result<()> {
    work.step("Bring the files", |meter| {
        if source.is_dir() {
            let uploads = archive::uploads_in(source, &site.uploads);
            return files::copy_tree(&uploads, &fresh.files, meter).map(drop);
        }
        let unpacked = work.scratch()?.join("files");
        archive::unpack(source, &unpacked, meter)?;
        let uploads = archive::uploads_in(&unpacked, &site.uploads);
        fs::rename(&uploads, &fresh.files)
            .doing(|| format!("move `{}` to `{}`", uploads.display(), fresh.files.display()))
    })?;
    let measured = files::measure(&fresh.files)?;
    work.line(format!("{} brought", count(measured.count, "file")));
    Ok(())
}
