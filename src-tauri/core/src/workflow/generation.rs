//! Makes new content generations, part by part.
use std::{fs, path::PathBuf, time::Instant};

use super::{
    Context, clone_profile, effort, prune,
    running::{self, OpenDatabase},
    work::Work,
};
use crate::{
    cms::{self, Surroundings},
    content::{
        database::{self, Conversion},
        files::{self, CopyCost},
        urls::Rewriter,
    },
    error::{Doing, Result},
    model::{
        Address, Cms, Database, DatabaseEngine, Environment, Generation, GenerationRow, Measured,
        Origin, Site, TakenOver, count,
        view::{DatabaseInfo, FilesInfo},
    },
    progress::Cancel,
    store::{Trace, now},
};

/// A generation in the making; nobody uses it yet.
pub(crate) struct NewGeneration {
    pub(crate) address: Address,
    pub(crate) number: u32,
    pub(crate) database: PathBuf,
    pub(crate) files: PathBuf,
    /// A generation whose files became its own; it goes in the moment in which this one is used.
    pub(crate) took_over: Option<u32>,
}

impl NewGeneration {
    /// What is forgotten in the moment in which it is used.
    pub(crate) fn retires(&self) -> Vec<(Address, u32)> {
        self.took_over.map(|number| (self.address.clone(), number)).into_iter().collect()
    }
}

/// Makes the folder of a new generation.
pub(crate) fn begin(work: &Work<'_>, address: &Address) -> Result<NewGeneration> {
    let number = work.context.store.next_generation(address)?;
    let folder = work.context.layout.generation(address, number);
    work.will_make(&folder)?;
    fs::create_dir(&folder).doing(|| format!("make {}", folder.display()))?;
    Ok(NewGeneration {
        address: address.clone(),
        number,
        database: work.context.layout.database(address, number),
        files: work.context.layout.generation_files(address, number),
        took_over: None,
    })
}

/// Gives it an empty database.
pub(crate) fn empty_database(work: &Work<'_>, site: &Site, fresh: &NewGeneration) -> Result<()> {
    match site.engine {
        DatabaseEngine::MariaDb if site.cms != Cms::Html => {
            work.step("Prepare an empty database", |meter| {
                work.context.runtime.create_data_directory(&fresh.database, meter)
            })?;
            own_server(work, fresh)
        }
        _ => make_folder(&fresh.database),
    }
}

/// Gives it an empty files folder.
pub(crate) fn empty_files(fresh: &NewGeneration) -> Result<()> {
    make_folder(&fresh.files)
}

/// Gives it the database of another generation, as it is at one moment.
pub(crate) fn copy_database(
    work: &Work<'_>,
    site: &Site,
    from: &Environment,
    fresh: &NewGeneration,
) -> Result<CopyCost> {
    let context = work.context;
    let source = Address::new(&site.name, &from.name);
    let folder = context.layout.database(&source, from.generation);
    let folder = running::resolved(&folder)?;
    if site.engine == DatabaseEngine::Sqlite || site.cms == Cms::Html {
        return work.step("Copy the database", |meter| {
            database::copy_sqlite(&folder, &fresh.database, meter)
        });
    }
    let cost = work.step("Copy the database", |meter| {
        // A clean stop leaves complete files; the source's visitors wait meanwhile.
        let held = work.hold(&source)?;
        let since = Instant::now();
        // Not even a tool on the command line starts it before its files are copied.
        let stopped = context.runtime.stop_mariadb(&folder, std::time::Duration::from_secs(10))?;
        let cost = files::copy_tree(&folder, &fresh.database, meter)?;
        drop((stopped, held));
        work.line(format!("{source} was held for {:.2} s", since.elapsed().as_secs_f64()));
        Ok(cost)
    })?;
    own_server(work, fresh)?;
    Ok(cost)
}

/// How an environment's files come to another one.
pub(crate) struct FilesPlan {
    pub(crate) copy: files::CopyPlan,
    /// The target's own generation whose files become the new ones.
    spare: Option<u32>,
}

/// Lists the files of `from`. Where an older generation of the target goes once `next` has taken the place of
/// `replaced`, what is unchanged since that was copied from there will be taken over from it.
pub(crate) fn plan_files(
    context: &Context,
    site: &Site,
    from: &Environment,
    to: &Address,
    (replaced, next): (u32, u32),
    cancel: &Cancel,
) -> Result<FilesPlan> {
    let layout = &context.layout;
    let source = Address::new(&from.site, &from.name);
    let folder = running::resolved(&layout.generation_files(&source, from.generation))?;
    let spare = prune::spare(context, site, to, (replaced, next))?;
    let earlier = spare.as_ref().map(|it| (layout.generation_files(to, it.number), it.created));
    let earlier = earlier.as_ref().map(|(folder, at)| files::Earlier { folder, complete: *at });
    let copy = files::CopyPlan::of(&folder, earlier, cancel)?;
    Ok(FilesPlan { copy, spare: spare.map(|it| it.number) })
}

/// Lists the files of another generation, which will become its own when `replaced` is replaced by it.
pub(crate) fn list_files(
    work: &Work<'_>,
    site: &Site,
    from: &Environment,
    fresh: &NewGeneration,
    replaced: u32,
) -> Result<FilesPlan> {
    let numbers = (replaced, fresh.number);
    work.step("List the files", |meter| {
        plan_files(work.context, site, from, &fresh.address, numbers, meter.cancel())
    })
}

/// Gives it the files of another generation.
pub(crate) fn copy_files(
    work: &Work<'_>,
    fresh: &mut NewGeneration,
    plan: FilesPlan,
) -> Result<CopyCost> {
    let note =
        |taken: &TakenOver| work.context.store.trace(work.id, &Trace::TakenOver(taken.clone()));
    let cost = work.step("Copy the files", |meter| plan.copy.copy(&fresh.files, note, meter))?;
    // One that gave nothing is pruned like any other.
    if let Some(spare) = plan.spare.filter(|_| cost.taken_over > 0) {
        let taken = count(cost.taken_over, "file");
        work.line(format!("taken over from generation {spare}, which is let go: {taken}"));
        fresh.took_over = Some(spare);
    }
    Ok(cost)
}

/// Lets it share the database of the generation that it follows: that part is not replaced.
pub(crate) fn share_database(work: &Work<'_>, fresh: &NewGeneration, number: u32) -> Result<()> {
    let folder = work.context.layout.database(&fresh.address, number);
    let folder = running::resolved(&folder)?;
    files::point_link(&fresh.database, &folder)
}

/// Lets it share the files of the generation that it follows: that part is not replaced.
pub(crate) fn share_files(work: &Work<'_>, fresh: &NewGeneration, number: u32) -> Result<()> {
    let folder = work.context.layout.generation_files(&fresh.address, number);
    let folder = running::resolved(&folder)?;
    files::point_link(&fresh.files, &folder)
}

/// Opens its database.
pub(crate) fn open(
    work: &Work<'_>,
    site: &Site,
    environment: &Environment,
    fresh: &NewGeneration,
) -> Result<OpenDatabase> {
    running::open_database_or_cancel(work.context, site, environment, fresh.number, work.cancel)
}

/// Empties the tables that the site's clone profile leaves out, and those that are named.
pub(crate) fn leave_rows_out(
    work: &Work<'_>,
    site: &Site,
    database: &Database,
    full: bool,
    more: &[String],
) -> Result<()> {
    let tables = database::tables(database)?;
    let out = clone_profile::left_out(work.context, site, &tables, full, more)?;
    if out.is_empty() {
        return Ok(());
    }
    work.step("Leave out tables' rows", |meter| database::empty_tables(database, &out, meter))?;
    work.line(format!("left out the rows of {}", out.join(", ")));
    Ok(())
}

/// The addresses of the source that its database knows, each with the target's; none for an empty database.
pub(crate) fn address_pairs(
    context: &Context,
    site: &Site,
    database: &Database,
    source: &Address,
    target: &Address,
    extra: Option<(String, String)>,
) -> Result<Vec<(String, String)>> {
    let tables = database::tables(database)?;
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let prefix = cms::table_prefix(site.cms, &tables);
    let to = context.url(target);
    let mut pairs: Vec<(String, String)> = extra.into_iter().collect();
    let known = cms::addresses(site, &prefix, &mut |sql| database::text(database, sql))?;
    let mut known: Vec<(String, String)> =
        cms::outermost(&known).into_iter().map(|from| (from, to.clone())).collect();
    known.push((context.url(source), to.clone()));
    let network = cms::network(site, &prefix, &mut |sql| database::rows(database, sql))?;
    if let Some(network) = network {
        known.extend(network.pairs(host(&to)));
    }
    for (from, to) in known {
        if from != to && pairs.iter().all(|(known, _)| *known != from) {
            pairs.push((from, to));
        }
    }
    Ok(pairs)
}

fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host)
}

/// Replaces the addresses of the source, wherever they are, by the target's.
pub(crate) fn convert_addresses(
    work: &Work<'_>,
    site: &Site,
    database: &Database,
    source: &Address,
    target: &Address,
    extra: Option<(String, String)>,
) -> Result<u64> {
    let pairs = address_pairs(work.context, site, database, source, target, extra)?;
    if pairs.is_empty() {
        return Ok(0);
    }
    for (from, to) in &pairs {
        work.line(format!("{from} → {to}"));
    }
    let rewriter = Rewriter::new(&pairs)?;
    // Its tables name domains without a scheme, which no pair may touch elsewhere.
    let prefix = cms::table_prefix(site.cms, &database::tables(database)?);
    let network = cms::network(site, &prefix, &mut |sql| database::rows(database, sql))?;
    let converted = work.step("Convert addresses", |meter| {
        let converted = database::convert(database, &rewriter, &Conversion::default(), meter)?;
        for statement in
            network.iter().flat_map(|it| it.statements(host(&work.context.url(target))))
        {
            database::execute(database, &statement)?;
        }
        Ok(converted)
    })?;
    for table in converted.iter().filter(|table| table.replacements > 0) {
        let (replacements, rows) =
            (count(table.replacements, "replacement"), count(table.rows, "row"));
        work.line(format!("{}: {replacements} in {rows}", table.table));
    }
    Ok(converted.iter().map(|table| table.replacements).sum())
}

/// A new generation with another environment's content, or without the parts that are not asked for: its caches left
/// out, its addresses converted.
pub(crate) fn clone_of(
    work: &Work<'_>,
    site: &Site,
    source: &Environment,
    future: &Environment,
    (with_database, with_files): (bool, bool),
) -> Result<NewGeneration> {
    let (from, to) =
        (Address::new(&site.name, &source.name), Address::new(&site.name, &future.name));
    let mut fresh = begin(work, &to)?;
    let plan = match with_files {
        true => Some(list_files(work, site, source, &fresh, future.generation)?),
        false => None,
    };
    effort::check_copy(work.context, source, with_database, plan.as_ref())?;
    if with_database {
        copy_database(work, site, source, &fresh)?;
    } else {
        empty_database(work, site, &fresh)?;
    }
    match plan {
        Some(plan) => copy_files(work, &mut fresh, plan).map(drop)?,
        None => empty_files(&fresh)?,
    }
    if with_database {
        let opened = open(work, site, future, &fresh)?;
        if let Some(database) = &opened.database {
            leave_rows_out(work, site, database, false, &[])?;
            convert_addresses(work, site, database, &from, &to, None)?;
        }
    }
    Ok(fresh)
}

/// A generation with the environment's own content, updated by the code that it will have. Its visitors wait
/// meanwhile: what they wrote between the copy and the switch would be lost.
pub(crate) fn updated_copy(
    work: &Work<'_>,
    site: &Site,
    target: &Environment,
    future: &Environment,
) -> Result<GenerationRow> {
    changed_copy(work, site, target, future, |fresh| update_database(work, site, future, fresh))
}

/// A generation with the environment's own content, changed by `change`, while its visitors wait.
pub(crate) fn changed_copy(
    work: &Work<'_>,
    site: &Site,
    target: &Environment,
    future: &Environment,
    change: impl FnOnce(&NewGeneration) -> Result<()>,
) -> Result<GenerationRow> {
    let to = Address::new(&site.name, &target.name);
    let before = work.context.store.generation(&to, target.generation)?;
    let origin = before.map_or(Origin::Empty, |row| row.generation.origin);
    let fresh = begin(work, &to)?;
    work.hold_until_switched(&to)?;
    copy_database(work, site, target, &fresh)?;
    share_files(work, &fresh, target.generation)?;
    change(&fresh)?;
    finish(work, site, future, &fresh, origin)
}

/// Runs the system's database updates on it, with the code that it will be used with.
///
/// # Errors
/// A failing update fails the workflow: nobody has used the generation yet.
pub(crate) fn update_database(
    work: &Work<'_>,
    site: &Site,
    environment: &Environment,
    fresh: &NewGeneration,
) -> Result<()> {
    let said = work.step("Update the database", |meter| {
        let task = |around: &Surroundings<'_>| Ok(cms::updater(around));
        running::run_task(work.context, site, environment, fresh.number, task, meter)
    })?;
    match said {
        Some(said) => said.lines().for_each(|line| work.line(line)),
        None => work.line("this system has no database updates that Portico can run"),
    }
    Ok(())
}

/// Its row, measured. Its server may go on running: it is about to be visited.
pub(crate) fn finish(
    work: &Work<'_>,
    site: &Site,
    environment: &Environment,
    fresh: &NewGeneration,
    origin: Origin,
) -> Result<GenerationRow> {
    let opened = open(work, site, environment, fresh)?;
    let measured = measure(work, site, opened.database.as_ref(), fresh)?;
    Ok(GenerationRow {
        generation: Generation {
            site: site.name.clone(),
            environment: fresh.address.environment.clone(),
            number: fresh.number,
            origin,
            engine: site.engine,
            pinned: false,
            created: now(),
        },
        measured: Some(measured),
    })
}

fn measure(
    work: &Work<'_>,
    site: &Site,
    database: Option<&Database>,
    fresh: &NewGeneration,
) -> Result<Measured> {
    work.step("Measure", |_| {
        let empty = DatabaseInfo::empty(site.engine);
        let database = database.map(database::measure).transpose()?.unwrap_or(empty);
        let files: FilesInfo = files::measure(&fresh.files)?;
        Ok(Measured { database, files })
    })
}

fn own_server(work: &Work<'_>, fresh: &NewGeneration) -> Result<()> {
    work.owns_server(running::resolved(&fresh.database)?);
    Ok(())
}

fn make_folder(folder: &std::path::Path) -> Result<()> {
    fs::create_dir(folder).doing(|| format!("make {}", folder.display()))
}
