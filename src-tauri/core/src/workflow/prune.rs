//! Lets go of generations and releases that undo needs no more.
use std::{collections::HashSet, fs, path::Path};

use jiff::{SignedDuration, Timestamp};

use super::{Change, Context, work};
use crate::{
    content::files,
    error::{Doing, Result},
    layout::canonical,
    model::{Address, CodePointer, GenerationRow, SiteName, view::WorkflowState},
    store,
};

/// At least so many generations that are not in use are kept …
const KEPT: usize = 5;

/// … and all that are younger than this, while the disk has room.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How many workflows are looked at: more than anyone runs in the time that is kept.
const LOOKED_AT: u32 = 100_000;

/// With less free disk than this, in bytes, only the newest replaced generation is kept.
const SHORT_OF_DISK: u64 = 5_000_000_000;

/// Prunes what the site's environments keep, after a workflow.
pub(crate) fn after_workflow(context: &Context, site: &SiteName) -> Result<()> {
    if context.store.find_site(site)?.is_none() {
        return Ok(());
    }
    let free = files::free_bytes(context.layout.root())?;
    let mut pruned = false;
    for environment in context.store.environments(site)? {
        let address = Address::new(site, &environment.name);
        let all = context.store.generations(&address)?;
        for row in to_prune(&all, environment.generation, free, store::now()) {
            prune(context, &address, row.generation.number, &all)?;
            pruned = true;
        }
        pruned |= prune_releases(context, &address, &environment.code)?;
    }
    if pruned {
        work::empty_trash_in_background(context.layout.trash());
    }
    Ok(())
}

/// Lets go of deleted sites and multidevs that could be brought back for long enough.
pub(crate) fn deleted_sites(context: &Context) -> Result<()> {
    let folder = context.layout.deleted_sites();
    if !folder.exists() {
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

/// Which of an environment's generations (newest first) are let go.
fn to_prune(all: &[GenerationRow], in_use: u32, free: u64, now: Timestamp) -> Vec<&GenerationRow> {
    let short = free < SHORT_OF_DISK;
    let replaced = all
        .iter()
        .filter(|row| row.generation.number != in_use && !row.generation.pinned)
        .enumerate();
    replaced
        .filter(|(index, row)| {
            let young = now.duration_since(row.generation.created) < KEPT_FOR;
            if short { *index >= 1 } else { *index >= KEPT && !young }
        })
        .map(|(_, row)| row)
        .collect()
}

/// Lets a generation go, unless a later one shares a part of it.
pub(super) fn prune(
    context: &Context,
    address: &Address,
    number: u32,
    all: &[GenerationRow],
) -> Result<()> {
    let layout = &context.layout;
    for part in [layout.database(address, number), layout.generation_files(address, number)] {
        let Ok(own) = canonical(&part) else { continue };
        if part.is_symlink() {
            continue;
        }
        let mut others =
            all.iter().map(|row| row.generation.number).filter(|other| *other != number).flat_map(
                |other| [layout.database(address, other), layout.generation_files(address, other)],
            );
        let shares = |other: &std::path::PathBuf| {
            other.is_symlink() && canonical(&other).ok().as_ref() == Some(&own)
        };
        if others.any(|other| shares(&other)) {
            return Ok(());
        }
    }
    context
        .store
        .transaction(|transaction| store::generations::remove(transaction, address, number))?;
    files::move_to_trash(&layout.generation(address, number), &layout.trash())
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
    use crate::model::{DatabaseEngine, EnvironmentName, Generation, Origin};

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
        to_prune(rows, in_use, free, now).iter().map(|row| row.generation.number).collect()
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
    fn what_is_in_use_or_pinned_is_never_pruned() {
        let now = store::now();
        let mut all = rows(&[0, 30, 40], now);
        all[2].generation.pinned = true;
        assert!(pruned(&all, 2, 0, now).len() <= 1);
        assert!(!pruned(&all, 2, 0, now).contains(&1), "pinned");
    }
}
