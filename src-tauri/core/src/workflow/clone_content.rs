//! `env:clone-content`: another environment's database and files, with this one's addresses.
use std::time::Instant;

use super::{
    Change, Context, Done, Frame, Run, Workflow, clone_profile, configuration, delete_site, effort,
    generation, request::CloneContent, running, work::Work,
};
use crate::{
    content::{database, files::CopyCost},
    error::{Error, Result},
    model::{Address, Environment, EnvironmentName, Origin, Site, count, human_bytes},
};

pub(super) struct Plan<'a> {
    wanted: &'a CloneContent,
    site: Site,
    from: Environment,
    to: Environment,
}

impl Run for CloneContent {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a CloneContent) -> Result<Plan<'a>> {
    let site = context.store.site(&wanted.from.site)?;
    let target = Address::new(&site.name, &wanted.to);
    if wanted.from.environment == wanted.to {
        return Err(Error::refused(format!("{target} can't be cloned onto itself"))
            .hint("Choose two different environments."));
    }
    if wanted.db_only && wanted.files_only {
        return Err(Error::usage("only the database and only the files exclude each other")
            .hint("Leave both out to clone database and files."));
    }
    let from = initialized(context, &wanted.from)?;
    let to = initialized(context, &target)?;
    if wanted.to == EnvironmentName::Live {
        delete_site::confirm(&site.name, wanted.confirm.as_deref(), "replacing Live's content")?;
    }
    let plan = Plan { wanted, site, from, to };
    check_tables(context, &plan)?;
    Ok(plan)
}

/// Test and Live exist from their first deploy on.
pub(super) fn initialized(context: &Context, address: &Address) -> Result<Environment> {
    let fixed = [EnvironmentName::Test, EnvironmentName::Live];
    match context.store.find_environment(address)? {
        None if fixed.contains(&address.environment) => {
            Err(Error::refused(format!("{address} is not initialized"))
                .hint(format!("Run `portico env:deploy {address}` first: it creates it.")))
        }
        None => context.store.environment(address),
        Some(found) => Ok(found),
    }
}

fn check_tables(context: &Context, plan: &Plan<'_>) -> Result<()> {
    let names = &plan.wanted.exclude_table;
    if names.is_empty() {
        return Ok(());
    }
    let (site, from) = (&plan.site, &plan.from);
    let opened = running::open_database(context, site, from, from.generation)?;
    match &opened.database {
        Some(database) => clone_profile::check_names(site, &database::tables(database)?, names),
        None => Ok(()),
    }
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let wanted = plan.wanted;
    let (database, files) = (!wanted.files_only, !wanted.db_only);
    let address = Address::new(&plan.site.name, &plan.to.name);
    let started = Instant::now();
    let mut fresh = generation::begin(work, &address)?;
    let replaced = plan.to.generation;
    let listed = match files {
        true => Some(generation::list_files(work, &plan.site, &plan.from, &fresh, replaced)?),
        false => None,
    };
    effort::check_copy(work.context, &plan.from, database, listed.as_ref())?;
    let mut cost = CopyCost::default();
    match listed {
        Some(listed) => add(&mut cost, generation::copy_files(work, &mut fresh, listed)?),
        None => generation::share_files(work, &fresh, replaced)?,
    }
    let mut replacements = 0;
    if database {
        add(&mut cost, generation::copy_database(work, &plan.site, &plan.from, &fresh)?);
        replacements = adapt(work, plan, &fresh)?;
    } else {
        generation::share_database(work, &fresh, plan.to.generation)?;
    }
    if wanted.updatedb && database {
        generation::update_database(work, &plan.site, &plan.to, &fresh)?;
    }
    if wanted.config_import && database {
        configuration::import_into(work, &plan.site, &plan.to, &fresh)?;
    }
    let origin = Origin::Clone { environment: plan.from.name.clone(), database, files };
    let row = generation::finish(work, &plan.site, &plan.to, &fresh, origin)?;
    work.line(cost_line(&cost, started));
    let mut result = serde_json::Map::new();
    result.insert("generation".into(), fresh.number.into());
    result.insert("bytes".into(), cost.bytes.into());
    result.insert("new_bytes".into(), cost.new_bytes.into());
    result.insert("files".into(), cost.files.into());
    result.insert("taken_over".into(), cost.taken_over.into());
    result.insert("replacements".into(), replacements.into());
    result.insert("url".into(), work.context.url(&address).into());
    Ok(Done {
        generations: vec![row],
        let_go: fresh.retires(),
        changes: vec![Change::Content {
            environment: address.clone(),
            before: plan.to.generation,
            after: fresh.number,
        }],
        result,
        clear_cache: wanted.cc.then_some(address),
        ..Done::default()
    })
}

/// Makes the copied database the target's own: no caches of the source, the target's addresses.
fn adapt(work: &Work<'_>, plan: &Plan<'_>, fresh: &generation::NewGeneration) -> Result<u64> {
    let wanted = plan.wanted;
    let opened = generation::open(work, &plan.site, &plan.to, fresh)?;
    let Some(database) = &opened.database else { return Ok(0) };
    let more = &wanted.exclude_table;
    generation::leave_rows_out(work, &plan.site, database, wanted.full, more)?;
    if wanted.keep_urls {
        return Ok(0);
    }
    let extra = wanted.from_url.clone().zip(wanted.to_url.clone());
    let (from, to) = (&wanted.from, &fresh.address);
    generation::convert_addresses(work, &plan.site, database, from, to, extra)
}

fn add(sum: &mut CopyCost, more: CopyCost) {
    sum.files += more.files;
    sum.bytes += more.bytes;
    sum.new_bytes += more.new_bytes;
    sum.taken_over += more.taken_over;
}

fn cost_line(cost: &CopyCost, started: Instant) -> String {
    format!(
        "cloned {} in {} in {:.1} s, new disk use {}",
        human_bytes(cost.bytes),
        count(cost.files, "file"),
        started.elapsed().as_secs_f64(),
        human_bytes(cost.new_bytes),
    )
}
