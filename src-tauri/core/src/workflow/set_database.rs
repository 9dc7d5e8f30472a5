//! `site:database`: every environment of a site moves to the other database engine, in one switch.
use std::time::Instant;

use super::{
    Change, Context, Done, Frame, Run, Workflow, generation,
    load::{self, Owner},
    request::SetDatabase,
    running,
    work::Work,
};
use crate::{
    error::{Error, Result},
    model::{Address, Cms, Database, Environment, GenerationRow, Origin, Site, count},
};

pub(super) struct Plan {
    before: Site,
    after: Site,
    environments: Vec<Environment>,
}

impl Run for SetDatabase {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan(context: &Context, wanted: &SetDatabase) -> Result<Plan> {
    let before = context.store.site(&wanted.site)?;
    if before.cms == Cms::Html {
        return Err(Error::refused(format!("{} has no database", before.name)));
    }
    if before.engine == wanted.engine {
        let engine = wanted.engine.title();
        return Err(Error::refused(format!("{} uses {engine} already", before.name)));
    }
    let after = Site { engine: wanted.engine, ..before.clone() };
    let environments = context.store.environments(&wanted.site)?;
    Ok(Plan { before, after, environments })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan) -> Result<Done> {
    let mut done = Done::default();
    let (mut tables, mut rows) = (0, 0);
    for environment in &plan.environments {
        let address = Address::new(&plan.before.name, &environment.name);
        let (row, loaded) = move_one(work, plan, environment, &address)?;
        tables += loaded.0;
        rows += loaded.1;
        done.changes.push(Change::Content {
            environment: address,
            before: environment.generation,
            after: row.generation.number,
        });
        done.generations.push(row);
    }
    done.changes.push(Change::Engine {
        site: plan.before.name.clone(),
        before: plan.before.engine,
        after: plan.after.engine,
    });
    done.result.insert("environments".into(), plan.environments.len().into());
    done.result.insert("tables".into(), tables.into());
    done.result.insert("rows".into(), rows.into());
    Ok(done)
}

/// One environment's content on the new engine: its database moved, its files shared. Its visitors wait until the
/// switch: what they wrote meanwhile would be lost.
fn move_one(
    work: &Work<'_>,
    plan: &Plan,
    environment: &Environment,
    address: &Address,
) -> Result<(GenerationRow, (u64, u64))> {
    let started = Instant::now();
    let before = work.context.store.generation(address, environment.generation)?;
    let origin = before.map_or(Origin::Empty, |row| row.generation.origin);
    let fresh = generation::begin(work, address)?;
    generation::share_files(work, &fresh, environment.generation)?;
    generation::empty_database(work, &plan.after, &fresh)?;
    work.hold_until_switched(address)?;
    let from = running::open_database_or_cancel(
        work.context,
        &plan.before,
        environment,
        environment.generation,
        work.cancel,
    )?;
    let to = generation::open(work, &plan.after, environment, &fresh)?;
    let mut moved = (0, 0);
    if let (Some(from), Some(to)) = (&from.database, &to.database)
        && !is_empty(from)?
    {
        let label = format!("Move the database of {}", environment.name.title());
        let (site, generation) = (&plan.after, fresh.number);
        let owner = Owner { site, environment, generation };
        let loaded = work.step(&label, |meter| load::transfer(work, owner, from, to, meter))?;
        loaded.notes.iter().for_each(|note| work.line(note));
        work.line(format!(
            "{address}: {} in {} in {:.1} s",
            count(loaded.rows, "row"),
            count(loaded.tables, "table"),
            started.elapsed().as_secs_f64()
        ));
        moved = (loaded.tables, loaded.rows);
    }
    let row = generation::finish(work, &plan.after, environment, &fresh, origin)?;
    Ok((row, moved))
}

fn is_empty(database: &Database) -> Result<bool> {
    Ok(crate::content::database::tables(database)?.is_empty())
}
