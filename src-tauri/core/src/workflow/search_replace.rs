//! `search-replace`: texts or addresses replaced throughout a database, by the engine that converts clones.
use std::sync::{Mutex, PoisonError};

use super::{
    Change, Context, Done, Frame, Run, Workflow, delete_site, generation,
    request::SearchReplace,
    running,
    work::{Work, empty_trash_in_background},
};
use crate::{
    content::{
        database::{self, Conversion, Converted},
        files,
        urls::Rewriter,
    },
    error::{Error, Result},
    model::{
        Address, Cms, Database, Environment, EnvironmentName, Origin, Site, count,
        view::{ReplacedTable, SearchReplacePlan},
    },
    progress::{Cancel, Meter, Report},
};

pub(super) struct Plan<'a> {
    wanted: &'a SearchReplace,
    site: Site,
    environment: Environment,
    rewriter: Rewriter,
}

impl Run for SearchReplace {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a SearchReplace) -> Result<Plan<'a>> {
    let plan = checked(context, wanted)?;
    if wanted.environment.environment == EnvironmentName::Live {
        let confirm = wanted.confirm.as_deref();
        delete_site::confirm(&plan.site.name, confirm, "changing Live's content")?;
    }
    Ok(plan)
}

fn checked<'a>(context: &Context, wanted: &'a SearchReplace) -> Result<Plan<'a>> {
    let site = context.store.site(&wanted.environment.site)?;
    let environment = context.store.environment(&wanted.environment)?;
    if site.cms == Cms::Html {
        return Err(Error::refused(format!("{} has no database", site.name)));
    }
    if wanted.pairs.0.is_empty() {
        return Err(Error::usage("a text and its replacement are needed")
            .hint("Write `portico search-replace acme.dev old.example new.example`."));
    }
    let pairs: Vec<_> = wanted.pairs.0.iter().map(|it| (it.old.clone(), it.new.clone())).collect();
    Ok(Plan { wanted, site, environment, rewriter: Rewriter::new(&pairs)? })
}

impl Plan<'_> {
    fn conversion(&self, database: &Database, dry_run: bool) -> Result<Conversion> {
        let there = database::tables(database)?;
        if let Some(missing) = self.wanted.tables.iter().find(|it| !there.contains(it)) {
            return Err(Error::not_found("table", missing)
                .hint(format!("The tables are: {}.", there.join(", "))));
        }
        Ok(Conversion { dry_run, tables: self.wanted.tables.clone(), guid: self.wanted.guid })
    }
}

/// What a search and replace would change. Reads the whole database, and changes nothing.
pub fn dry_run(context: &Context, wanted: &SearchReplace) -> Result<SearchReplacePlan> {
    let plan = checked(context, wanted)?;
    let number = plan.environment.generation;
    let opened = running::open_database(context, &plan.site, &plan.environment, number)?;
    let notes = Mutex::new(Vec::new());
    let report = |report: Report| {
        if let Report::Line(line) = report {
            notes.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    };
    let cancel = Cancel::default();
    let converted = match &opened.database {
        Some(database) => {
            let how = plan.conversion(database, true)?;
            database::convert(database, &plan.rewriter, &how, Meter::new(&cancel, &report))?
        }
        None => Vec::new(),
    };
    let tables: Vec<ReplacedTable> = converted.into_iter().map(shown).collect();
    Ok(SearchReplacePlan {
        rows: tables.iter().map(|it| it.rows).sum(),
        replacements: tables.iter().map(|it| it.replacements).sum(),
        tables,
        notes: notes.into_inner().unwrap_or_else(PoisonError::into_inner),
    })
}

fn shown(it: Converted) -> ReplacedTable {
    ReplacedTable { table: it.table, rows: it.rows, replacements: it.replacements }
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let (site, environment) = (&plan.site, &plan.environment);
    let address = &plan.wanted.environment;
    let fresh = generation::begin(work, address)?;
    // What a visitor wrote between the copy and the switch would be lost.
    work.hold_until_switched(address)?;
    generation::copy_database(work, site, environment, &fresh)?;
    generation::share_files(work, &fresh, environment.generation)?;
    let opened = generation::open(work, site, environment, &fresh)?;
    let mut converted = Vec::new();
    if let Some(database) = &opened.database {
        let how = plan.conversion(database, false)?;
        converted = work.step("Search and replace", |meter| {
            database::convert(database, &plan.rewriter, &how, meter)
        })?;
    }
    for it in converted.iter().filter(|it| it.replacements > 0) {
        work.line(format!("{}: {} in {}", it.table, replacements(it), count(it.rows, "row")));
    }
    let sum = converted.iter().map(|it| it.replacements).sum::<u64>();
    let mut result = serde_json::Map::new();
    result.insert("replacements".into(), sum.into());
    result.insert("rows".into(), converted.iter().map(|it| it.rows).sum::<u64>().into());
    if sum == 0 {
        drop(opened);
        return forget(work, address, fresh.number, result);
    }
    let row = generation::finish(work, site, environment, &fresh, Origin::SearchReplace)?;
    result.insert("generation".into(), fresh.number.into());
    Ok(Done {
        generations: vec![row],
        changes: vec![Change::Content {
            environment: address.clone(),
            before: environment.generation,
            after: fresh.number,
        }],
        result,
        clear_cache: plan.wanted.cc.then(|| address.clone()),
        ..Done::default()
    })
}

fn replacements(it: &Converted) -> String {
    count(it.replacements, "replacement")
}

/// Nothing was found: the environment stays with what it has.
fn forget(
    work: &Work<'_>,
    address: &Address,
    number: u32,
    result: serde_json::Map<String, serde_json::Value>,
) -> Result<Done> {
    work.line("nothing was found to replace");
    work.stop_own_servers();
    let layout = &work.context.layout;
    files::move_to_trash(&layout.generation(address, number), &layout.trash())?;
    empty_trash_in_background(layout.trash());
    Ok(Done { result, ..Done::default() })
}
