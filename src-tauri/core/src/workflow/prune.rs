//! Lets go of generations that undo needs no more.
use std::{path::PathBuf, time::Duration};

use super::{
    Change, Context,
    keeping::{Kept, Limit},
};
use crate::{
    content::files,
    error::Result,
    layout::Layout,
    model::{Address, Environment, EnvironmentName, Generation, GenerationRow, Site, SiteName},
    store::{self, Workflow},
};

/// How many of a site's workflows tell which generations were in use last: the others go by their number.
const REMEMBERED: u32 = 200;

/// How long the last requests to the database of a generation that goes may take; after that, it goes another time.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// The newest of the generations that are let go once `next` has taken the place of `current`, with files of its own:
/// nobody will miss them, so they may go over to `next`.
pub(super) fn spare(
    context: &Context,
    site: &Site,
    address: &Address,
    (current, next): (u32, u32),
) -> Result<Option<Generation>> {
    let all = context.store.generations(address)?;
    let mut order = vec![current];
    order.extend(replaced_before(context, address)?);
    let is_spare = |number: &u32| {
        let files = context.layout.generation_files(address, *number);
        *number != current
            && files.symlink_metadata().is_ok_and(|known| known.is_dir())
            && users(&context.layout, address, *number, &all).is_empty()
    };
    let limit = Limit::of(context, &site.id)?;
    let due = falling_out(all.iter(), &order, next, &limit);
    let spare = due.into_iter().map(|row| row.generation.number).find(is_spare);
    let mut rows = all.into_iter().map(|row| row.generation);
    Ok(spare.and_then(|number| rows.find(|it| it.number == number)))
}

/// The generations that an environment lets go, newest first: what shares a part goes before what it shares.
pub(super) fn due(
    context: &Context,
    address: &Address,
    environment: &Environment,
    limit: &Limit,
) -> Result<Vec<Kept>> {
    let all = context.store.generations(address)?;
    let replaced = replaced_before(context, address)?;
    // Those of a deleted multidev that had this name are kept and let go with its folder.
    let own = all.iter().filter(|row| {
        let is_multidev = matches!(address.environment, EnvironmentName::Multidev(_));
        !is_multidev || row.generation.created >= environment.created
    });
    let mut due = falling_out(own, &replaced, environment.generation, limit);
    // One stays while a part of it is used by one that stays.
    loop {
        let numbers: Vec<u32> = due.iter().map(|row| row.generation.number).collect();
        due.retain(|row| {
            let users = users(&context.layout, address, row.generation.number, &all);
            users.iter().all(|it| numbers.contains(it))
        });
        if due.len() == numbers.len() {
            break;
        }
    }
    let kept = |row: &GenerationRow| Kept::Generation {
        environment: address.clone(),
        number: row.generation.number,
        made: row.generation.created,
    };
    Ok(due.into_iter().map(kept).collect())
}

/// Those that a rule lets go when `in_use` is used, newest first. `replaced` are those that were in use before, the last
/// first.
fn falling_out<'a>(
    all: impl Iterator<Item = &'a GenerationRow>,
    replaced: &[u32],
    in_use: u32,
    limit: &Limit,
) -> Vec<&'a GenerationRow> {
    let mut rows: Vec<_> =
        all.filter(|row| row.generation.number != in_use && !row.generation.pinned).collect();
    rows.sort_by_key(|row| since_use(replaced, row.generation.number));
    let rows = rows.into_iter().enumerate();
    let due = rows.filter(|(later, row)| limit.retires(*later, row.generation.created));
    let mut due: Vec<_> = due.map(|(_, row)| row).collect();
    due.sort_unstable_by_key(|row| std::cmp::Reverse(row.generation.number));
    due
}

/// The generations that an environment used before, as the site's last workflows tell; the one that was replaced last
/// first.
pub(super) fn replaced_before(context: &Context, address: &Address) -> Result<Vec<u32>> {
    Ok(replaced(&context.store.workflows(Some(&address.site), REMEMBERED)?, address))
}

/// For sorting: how long ago a generation was replaced, among `replaced`. Those that are not among them come last.
pub(super) fn since_use(replaced: &[u32], number: u32) -> usize {
    replaced.iter().position(|it| *it == number).unwrap_or(usize::MAX)
}

/// The generations that an environment used before, the one that was replaced last first. An undo can go back to an
/// old one, so this is not the order of their numbers.
fn replaced(history: &[Workflow], address: &Address) -> Vec<u32> {
    let mut numbers = Vec::new();
    for workflow in history {
        for change in workflow.changes.iter().rev() {
            if let Change::Content { environment, before, .. } = change
                && environment == address
                && !numbers.contains(before)
            {
                numbers.push(*before);
            }
        }
    }
    numbers
}

/// Lets a generation go, unless a later one shares a part of it.
///
/// # Errors
/// Busy while its database is used: it is kept until another time.
pub(super) fn prune(
    context: &Context,
    address: &Address,
    number: u32,
    all: &[GenerationRow],
) -> Result<()> {
    if !users(&context.layout, address, number, all).is_empty() {
        return Ok(());
    }
    stop_database(context, address, number)?;
    context
        .store
        .transaction(|transaction| store::generations::let_go(transaction, address, number))?;
    move_to_trash(context, &address.site).map(drop)
}

/// The generations that use a part of this one.
fn users(layout: &Layout, address: &Address, number: u32, all: &[GenerationRow]) -> Vec<u32> {
    let parts =
        |number| [layout.database(address, number), layout.generation_files(address, number)];
    let own: Vec<_> = parts(number)
        .into_iter()
        .filter(|part| !part.is_symlink())
        .filter_map(|part| part.canonicalize().ok())
        .collect();
    let uses =
        |part: PathBuf| part.is_symlink() && part.canonicalize().is_ok_and(|it| own.contains(&it));
    let others = all.iter().map(|row| row.generation.number).filter(|other| *other != number);
    others.filter(|other| parts(*other).into_iter().any(uses)).collect()
}

fn stop_database(context: &Context, address: &Address, number: u32) -> Result<()> {
    let database = context.layout.database(address, number);
    match database.is_symlink() {
        true => Ok(()),
        false => context.runtime.stop_mariadb(&database, LAST_REQUESTS).map(drop),
    }
}

/// Moves the folders of generations that were let go to the trash, also where an owner was killed before it did.
/// Answers whether there were any.
pub(super) fn move_to_trash(context: &Context, site: &SiteName) -> Result<bool> {
    let all = context.store.let_go(site)?;
    for (address, number) in &all {
        // A site that was made since under the same name may have a generation of this number.
        if context.store.generation(address, *number)?.is_none() {
            stop_database(context, address, *number)?;
            let folder = context.layout.generation(address, *number);
            files::move_to_trash(&folder, &context.layout.trash())?;
        }
        context.store.move_to_trash(address, *number)?;
    }
    Ok(!all.is_empty())
}
