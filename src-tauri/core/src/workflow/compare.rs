//! `env:compare`: what one environment's content has that another's lacks, told by counts and dates.
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{Context, clone_content::initialized, clone_profile, running};
use crate::{
    cms,
    content::{database, files},
    error::{Error, Result},
    model::{
        Address, Cms, Database, Environment, EnvironmentName, Site,
        view::{ContentComparison, FilesSeen, NewerEntries, TableDifference, TableSize},
    },
};

/// Tables that are listed; the rest differs less.
const LISTED: usize = 100;
/// How long tables are counted that are large enough to be estimated otherwise.
const COUNTING: Duration = Duration::from_secs(2);

/// Compares the content of two environments of a site. Rows are counted, not read: a table whose rows were changed in
/// place is no difference here. Where counting them would take long they are estimated, and said to be.
pub fn compare(
    context: &Context,
    from: &Address,
    to: &EnvironmentName,
) -> Result<ContentComparison> {
    let site = context.store.site(&from.site)?;
    let to = Address::new(&site.name, to);
    if *from == to {
        return Err(Error::refused(format!("{to} can't be compared with itself"))
            .hint("Choose two different environments."));
    }
    let sides = (initialized(context, from)?, initialized(context, &to)?);
    let opened = (open(context, &site, &sides.0)?, open(context, &site, &sides.1)?);
    let mut comparison = ContentComparison {
        from: from.clone(),
        to: to.clone(),
        entries: None,
        tables: Vec::new(),
        files_from: files_of(context, from, &sides.0)?,
        files_to: files_of(context, &to, &sides.1)?,
    };
    if let (Some(one), Some(other)) = (&opened.0.database, &opened.1.database) {
        let sizes = (database::table_sizes(one)?, database::table_sizes(other)?);
        comparison.entries = entries(site.cms, (one, &sizes.0), (other, &sizes.1))?;
        comparison.tables = tables(context, &site, (one, &sizes.0), (other, &sizes.1))?;
    }
    Ok(comparison)
}

fn open(
    context: &Context,
    site: &Site,
    environment: &Environment,
) -> Result<running::OpenDatabase> {
    running::open_database(context, site, environment, environment.generation)
}

fn files_of(context: &Context, address: &Address, it: &Environment) -> Result<FilesSeen> {
    let folder = context.layout.generation_files(address, it.generation);
    files::seen(&running::resolved(&folder)?)
}

fn tables(
    context: &Context,
    site: &Site,
    (from, from_sizes): (&Database, &[TableSize]),
    (to, to_sizes): (&Database, &[TableSize]),
) -> Result<Vec<TableDifference>> {
    let mut sizes: BTreeMap<&str, [Option<&TableSize>; 2]> = BTreeMap::new();
    from_sizes.iter().for_each(|it| sizes.entry(&it.table).or_default()[0] = Some(it));
    to_sizes.iter().for_each(|it| sizes.entry(&it.table).or_default()[1] = Some(it));
    let names: Vec<String> = sizes.keys().map(|it| (*it).to_owned()).collect();
    // Caches and logs always differ; clones leave them out.
    let out = clone_profile::left_out(context, site, &names, false, &[])?;
    let mut sizes: Vec<_> =
        sizes.into_iter().filter(|(table, _)| !out.iter().any(|it| it == table)).collect();
    // Small tables are counted while there is time.
    sizes.sort_by_key(|(_, both)| both.iter().flatten().map(|it| it.rows).max());
    let until = Instant::now() + COUNTING;
    let mut differing = Vec::new();
    for (table, [one, other]) in sizes {
        let (rows_from, from_estimated) = rows(from, one, until)?;
        let (rows_to, to_estimated) = rows(to, other, until)?;
        if rows_from != rows_to {
            let estimated = from_estimated || to_estimated;
            differing.push(TableDifference { table: table.into(), rows_from, rows_to, estimated });
        }
    }
    differing.sort_by_key(|it| {
        std::cmp::Reverse(it.rows_from.unwrap_or(0).abs_diff(it.rows_to.unwrap_or(0)))
    });
    differing.truncate(LISTED);
    Ok(differing)
}

/// The rows of a table that may not be there, and whether they are an estimate: what was estimated is counted until then.
fn rows(
    database: &Database,
    size: Option<&TableSize>,
    until: Instant,
) -> Result<(Option<u64>, bool)> {
    let Some(size) = size else { return Ok((None, false)) };
    let patience = until.saturating_duration_since(Instant::now());
    if !size.estimated || patience.is_zero() {
        return Ok((Some(size.rows), size.estimated));
    }
    let counted = database::count_rows(database, &size.table, patience)?;
    Ok((Some(counted.unwrap_or(size.rows)), counted.is_none()))
}

fn entries(
    cms: Cms,
    (from, from_sizes): (&Database, &[TableSize]),
    (to, to_sizes): (&Database, &[TableSize]),
) -> Result<Option<NewerEntries>> {
    let of = |sizes: &[TableSize]| {
        let tables: Vec<String> = sizes.iter().map(|it| it.table.clone()).collect();
        cms::entries(cms, &cms::table_prefix(cms, &tables))
    };
    let (Some(mine), Some(theirs)) = (of(from_sizes), of(to_sizes)) else { return Ok(None) };
    let newest_to = database::text(to, &theirs.newest())?;
    let newest_from = database::text(from, &mine.newest())?;
    let newer = database::text(from, &mine.newer_than(newest_to.as_deref()))?;
    Ok(Some(NewerEntries {
        what: mine.what.to_owned(),
        newer: newer.and_then(|it| it.parse().ok()).unwrap_or(0),
        newest_from: newest_from.and_then(|it| mine.moment(&it)),
        newest_to: newest_to.and_then(|it| theirs.moment(&it)),
    }))
}
