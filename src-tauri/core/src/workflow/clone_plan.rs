//! `env:clone-content --dry-run`: what a clone would do, measured now, changing nothing.
use super::{
    Context,
    clone_content::initialized,
    clone_profile, effort, generation,
    request::{CloneContent, Request},
    running,
};
use crate::{
    content::database,
    error::{Error, Result},
    model::{
        Address, Environment, EnvironmentName, Site,
        view::{ClonePlan, ContentInfo, DatabaseInfo, FilesInfo, Replacement, TableSize},
    },
    progress::Cancel,
};

/// What a clone would do. The confirmation that Live needs is not asked for yet.
pub fn plan(context: &Context, wanted: &CloneContent) -> Result<ClonePlan> {
    let site = context.store.site(&wanted.from.site)?;
    let target = Address::new(&site.name, &wanted.to);
    if wanted.from == target {
        return Err(Error::refused(format!("{target} can't be cloned onto itself"))
            .hint("Choose two different environments."));
    }
    let from = initialized(context, &wanted.from)?;
    let to = initialized(context, &target)?;
    let mut plan = ClonePlan {
        from: wanted.from.clone(),
        to: target.clone(),
        database: None,
        files: None,
        replaces: content_info(context, &site, &to)?,
        excluded: Vec::new(),
        pairs: Vec::new(),
        effort: Default::default(),
        confirm: target.environment == EnvironmentName::Live,
    };
    if !wanted.files_only {
        add_database(context, wanted, &site, &from, &mut plan)?;
    }
    let files = match wanted.db_only {
        true => None,
        // The number that the new generation will have is not known, nor needed.
        false => {
            let numbers = (to.generation, u32::MAX);
            let cancel = Cancel::default();
            Some(generation::plan_files(context, &site, &from, &target, numbers, &cancel)?)
        }
    };
    let cost = effort::copy(context, &from, plan.database.is_some(), files.as_ref())?;
    plan.files = cost.files;
    let kind = Request::CloneContent(wanted.clone()).kind();
    plan.effort = effort::of(context, kind, cost)?;
    Ok(plan)
}

fn add_database(
    context: &Context,
    wanted: &CloneContent,
    site: &Site,
    from: &Environment,
    plan: &mut ClonePlan,
) -> Result<()> {
    let opened = running::open_database(context, site, from, from.generation)?;
    let Some(database) = &opened.database else { return Ok(()) };
    let sizes = database::table_sizes(database)?;
    let tables: Vec<String> = sizes.iter().map(|it| it.table.clone()).collect();
    clone_profile::check_names(site, &tables, &wanted.exclude_table)?;
    let out = clone_profile::left_out(context, site, &tables, wanted.full, &wanted.exclude_table)?;
    let is_out = |it: &TableSize| out.contains(&it.table);
    plan.database = Some(database::sum(database, &sizes));
    plan.excluded = sizes.into_iter().filter(is_out).collect();
    if !wanted.keep_urls {
        let extra = wanted.from_url.clone().zip(wanted.to_url.clone());
        let pairs =
            generation::address_pairs(context, site, database, &wanted.from, &plan.to, extra)?;
        plan.pairs = pairs.into_iter().map(|(old, new)| Replacement { old, new }).collect();
    }
    Ok(())
}

/// An environment's content, as last measured.
pub(crate) fn content_info(
    context: &Context,
    site: &Site,
    environment: &Environment,
) -> Result<ContentInfo> {
    let address = Address::new(&site.name, &environment.name);
    // A row that can't be read is told as damage; the content itself may be whole.
    let row = context.store.generation(&address, environment.generation).unwrap_or(None);
    let empty = DatabaseInfo::empty(site.engine);
    let measured = row.as_ref().and_then(|row| row.measured);
    Ok(ContentInfo {
        generation: environment.generation,
        origin: row.as_ref().map(|row| row.generation.origin.clone()),
        origin_at: row.as_ref().map(|row| row.generation.created),
        database: measured.map_or(empty, |it| it.database),
        files: measured.map_or(FilesInfo::default(), |it| it.files),
    })
}
