//! Lets go of generations and releases that undo needs no more.
use std::{collections::HashSet, fs, path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{Change, Context, work};
use crate::{
    content::files,
    error::{Doing, Result},
    layout::Layout,
    model::{
        Address, CodePointer, Generation, GenerationRow, KeepRule, Site, SiteName,
        view::WorkflowState,
    },
    store::{self, Workflow},
};

/// Deleted sites and multidevs can be brought back for so long.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How many workflows are looked at: more than anyone runs in the time that is kept.
const LOOKED_AT: u32 = 100_000;

/// How many of a site's workflows tell which generations were in use last: the others go by their number.
const REMEMBERED: u32 = 200;

/// With less free disk than this, in bytes, only the generation that was replaced last is kept.
const SHORT_OF_DISK: u64 = 5_000_000_000;

/// How long the last requests to the database of a generation that goes may take; after that, it goes another time.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Prunes what the site's environments keep, after a workflow.
pub(crate) fn after_workflow(context: &Context, site: &SiteName) -> Result<()> {
    let Some(site) = context.store.find_site(site)? else { return Ok(()) };
    let mut pruned = put_away(context, &site.name)?;
    let mut failed = Ok(());
    let history = context.store.workflows(Some(&site.name), REMEMBERED)?;
    for environment in context.store.environments(&site.name)? {
        let address = Address::new(&site.name, &environment.name);
        let all = context.store.generations(&address)?;
        let replaced = replaced(&history, &address);
        for number in due(context, &site, &all, &replaced, environment.generation)? {
            // One that is still in use somewhere keeps no other.
            failed = failed.and(prune(context, &address, number, &all));
            pruned = true;
        }
        pruned |= prune_releases(context, &address, &environment.code)?;
    }
    if pruned {
        work::empty_trash_in_background(context.layout.trash());
    }
    failed
}

/// Lets go of deleted sites and multidevs that could be brought back for long enough.
pub(crate) fn deleted_sites(context: &Context) -> Result<()> {
    let folder = context.layout.deleted_sites();
    if !folder.exists() {
        return Ok(());
    }
    if is_history_lost(context)? {
        return Ok(());
    }
    let mut kept = HashSet::new();
    for workflow in context.store.workflows(None, LOOKED_AT)? {
        let is_young = store::now().duration_since(workflow.started_at) < KEPT_FOR;
        for change in &workflow.changes {
            match change {
                _ if !is_young => {}
                Change::Site { site, before: Some(record), after: None } => {
                    kept.insert(context.layout.deleted(site, &record.site.id));
                }
                Change::Environment { environment, before: Some(before), after: None } => {
                    let created = before.created.as_millisecond();
                    kept.insert(context.layout.deleted_environment(environment, created));
                    kept.insert(context.layout.deleted_worktree(environment, created));
                }
                _ => {}
            }
        }
    }
    for entry in fs::read_dir(&folder).doing(|| format!("read {}", folder.display()))? {
        let path = entry.doing(|| format!("read {}", folder.display()))?.path();
        if !kept.contains(&path) {
            files::move_to_trash(&path, &context.layout.trash())?;
        }
    }
    Ok(())
}

/// Whether the history that would name what may come back was lost lately: nothing is let go for its lack then.
fn is_history_lost(context: &Context) -> Result<bool> {
    let since = context.store.setting(store::HISTORY_SINCE)?;
    let since = since.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Ok(since.is_some_and(|since| store::now().duration_since(since) < KEPT_FOR))
}

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
            && !is_shared(&context.layout, address, *number, &all)
    };
    let spare = due(context, site, &all, &order, next)?.into_iter().find(is_spare);
    let mut rows = all.into_iter().map(|row| row.generation);
    Ok(spare.and_then(|number| rows.find(|it| it.number == number)))
}

/// The generations that the site's rule lets go when `in_use` is used, newest first: what shares a part goes before
/// what it shares. `replaced` are those that were in use before, the last first.
fn due(
    context: &Context,
    site: &Site,
    all: &[GenerationRow],
    replaced: &[u32],
    in_use: u32,
) -> Result<Vec<u32>> {
    let rule = context.store.keep_rule(&site.id)?.unwrap_or_default();
    let free = files::free_bytes(context.layout.root())?;
    let mut rows: Vec<&GenerationRow> = all.iter().collect();
    rows.sort_by_key(|row| since_use(replaced, row.generation.number));
    let mut numbers = to_prune(&rows, in_use, rule, free, store::now());
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    Ok(numbers)
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

/// Which of an environment's generations (replaced last first) are let go.
fn to_prune(
    all: &[&GenerationRow],
    in_use: u32,
    rule: KeepRule,
    free: u64,
    now: Timestamp,
) -> Vec<u32> {
    let kept_for = SignedDuration::from_hours(24 * i64::from(rule.days));
    let short = free < SHORT_OF_DISK;
    let replaced = all
        .iter()
        .filter(|row| row.generation.number != in_use && !row.generation.pinned)
        .enumerate();
    replaced
        .filter(|(index, row)| {
            let young = now.duration_since(row.generation.created) < kept_for;
            let is_kept = *index < rule.count as usize || young;
            !is_kept || (short && *index >= 1)
        })
        .map(|(_, row)| row.generation.number)
        .collect()
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
    if is_shared(&context.layout, address, number, all) {
        return Ok(());
    }
    stop_database(context, address, number)?;
    context
        .store
        .transaction(|transaction| store::generations::let_go(transaction, address, number))?;
    put_away(context, &address.site).map(drop)
}

/// Whether another generation uses a part of this one.
fn is_shared(layout: &Layout, address: &Address, number: u32, all: &[GenerationRow]) -> bool {
    let parts =
        |number| [layout.database(address, number), layout.generation_files(address, number)];
    let own: Vec<_> = parts(number)
        .into_iter()
        .filter(|part| !part.is_symlink())
        .filter_map(|part| part.canonicalize().ok())
        .collect();
    let others = all.iter().map(|row| row.generation.number).filter(|other| *other != number);
    others
        .flat_map(parts)
        .any(|other| other.is_symlink() && other.canonicalize().is_ok_and(|it| own.contains(&it)))
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
pub(super) fn put_away(context: &Context, site: &SiteName) -> Result<bool> {
    let all = context.store.let_go(site)?;
    for (address, number) in &all {
        // A site that was made since under the same name may have a generation of this number.
        if context.store.generation(address, *number)?.is_none() {
            stop_database(context, address, *number)?;
            let folder = context.layout.generation(address, *number);
            files::move_to_trash(&folder, &context.layout.trash())?;
        }
        context.store.put_away(address, *number)?;
    }
    Ok(!all.is_empty())
}

/// Lets go of releases that neither the environment nor an undoable workflow points to.
fn prune_releases(context: &Context, address: &Address, code: &CodePointer) -> Result<bool> {
    let CodePointer::Release { directory, .. } = code else { return Ok(false) };
    let mut wanted = HashSet::from([directory.clone()]);
    for workflow in context.store.workflows(Some(&address.site), 100)? {
        if workflow.state != WorkflowState::Succeeded {
            continue;
        }
        for change in &workflow.changes {
            if let Change::Code { environment, before, after } = change
                && environment == address
            {
                let both = [before, after].into_iter();
                wanted.extend(both.filter_map(|code| match code {
                    CodePointer::Release { directory, .. } => Some(directory.clone()),
                    CodePointer::Branch { .. } => None,
                }));
            }
        }
    }
    remove_others(context, &context.layout.releases(address), &wanted)
}

fn remove_others(context: &Context, releases: &Path, wanted: &HashSet<String>) -> Result<bool> {
    let mut removed = false;
    let entries = fs::read_dir(releases).doing(|| format!("read {}", releases.display()))?;
    for entry in entries {
        let entry = entry.doing(|| format!("read {}", releases.display()))?;
        if !wanted.contains(&*entry.file_name().to_string_lossy()) {
            files::move_to_trash(&entry.path(), &context.layout.trash())?;
            removed = true;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DatabaseEngine, EnvironmentName, Origin};

    fn rows(ages_in_days: &[i64], now: Timestamp) -> Vec<GenerationRow> {
        let numbers = (1..=ages_in_days.len() as u32).rev();
        let row = |(number, days): (u32, &i64)| GenerationRow {
            generation: Generation {
                site: "acme".parse().expect("a name"),
                environment: EnvironmentName::Dev,
                number,
                origin: Origin::Empty,
                engine: DatabaseEngine::Sqlite,
                pinned: false,
                created: now - SignedDuration::from_hours(24 * days),
            },
            measured: None,
        };
        numbers.zip(ages_in_days).map(row).collect()
    }

    fn pruned(rows: &[GenerationRow], in_use: u32, free: u64, now: Timestamp) -> Vec<u32> {
        by_rule(rows, in_use, KeepRule::default(), free, now)
    }

    fn by_rule(
        rows: &[GenerationRow],
        in_use: u32,
        rule: KeepRule,
        free: u64,
        now: Timestamp,
    ) -> Vec<u32> {
        to_prune(&rows.iter().collect::<Vec<_>>(), in_use, rule, free, now)
    }

    #[test]
    fn five_generations_and_two_weeks_are_kept_and_less_when_the_disk_is_short() {
        let now = store::now();
        let all = rows(&[0, 1, 2, 3, 15, 16, 17, 18], now);
        assert_eq!(pruned(&all, 8, u64::MAX, now), [2, 1], "five beside the one in use are kept");
        let young = rows(&[0, 1, 2, 3, 4, 5, 6, 7], now);
        assert!(pruned(&young, 8, u64::MAX, now).is_empty(), "none is two weeks old");
        assert_eq!(pruned(&young, 8, 1_000_000, now), [6, 5, 4, 3, 2, 1], "the disk is short");
    }

    #[test]
    fn a_site_s_own_rule_counts_and_a_short_disk_never_keeps_more() {
        let now = store::now();
        let all = rows(&[0, 1, 2, 3], now);
        let kept = |count, days, free| by_rule(&all, 4, KeepRule { count, days }, free, now);
        assert_eq!(kept(1, 0, u64::MAX), [2, 1]);
        assert_eq!(kept(1, 3, u64::MAX), [1], "young ones are kept as well");
        assert_eq!(kept(1, 14, 1_000_000), [2, 1]);
        assert!(kept(1, u32::MAX, u64::MAX).is_empty());
    }

    #[test]
    fn what_is_in_use_or_pinned_is_never_pruned() {
        let now = store::now();
        let mut all = rows(&[0, 30, 40], now);
        all[2].generation.pinned = true;
        assert!(pruned(&all, 2, 0, now).len() <= 1);
        assert!(!pruned(&all, 2, 0, now).contains(&1), "pinned");
    }
}
