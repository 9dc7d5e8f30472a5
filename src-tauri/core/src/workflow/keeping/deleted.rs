//! Environments and sites that were deleted, and that undo can bring back.
use std::{collections::BTreeSet, fmt, path::PathBuf};

use jiff::Timestamp;

use super::{Kept, Limit};
use crate::{
    content::files,
    error::Result,
    folder,
    layout::DeletedName,
    model::{Change, SiteName},
    store,
    workflow::Context,
};

/// How many deletions of a site are looked at for when one happened: more than anyone has.
const HISTORY_LIMIT: u32 = 10_000;

/// A deleted environment or site whose folder is kept.
#[derive(Clone)]
pub(crate) struct Deleted {
    pub(crate) name: DeletedName,
    /// When it was deleted.
    pub(crate) at: Timestamp,
    /// Whether the site's history tells of it, so that undo can bring it back.
    pub(crate) is_known: bool,
}

impl Deleted {
    /// The site that it is, or is of.
    pub(in super::super) fn site(&self) -> &SiteName {
        match &self.name {
            DeletedName::Site { site, .. } => site,
            DeletedName::Environment { environment, .. }
            | DeletedName::Backup { environment, .. } => &environment.site,
        }
    }

    /// Git's index of its worktree.
    pub(super) fn index(&self, context: &Context) -> Option<PathBuf> {
        match &self.name {
            DeletedName::Site { .. } | DeletedName::Backup { .. } => None,
            DeletedName::Environment { environment, created } => {
                Some(context.layout.deleted_index(environment, *created))
            }
        }
    }

    /// Where its files are.
    pub(in super::super) fn folders(&self, context: &Context) -> Vec<PathBuf> {
        let layout = &context.layout;
        match &self.name {
            DeletedName::Site { site, id } => vec![layout.deleted(site, id)],
            DeletedName::Backup { environment, id } => {
                vec![layout.deleted_backup(environment, id)]
            }
            DeletedName::Environment { environment, created } => vec![
                layout.deleted_environment(environment, *created),
                layout.deleted_worktree(environment, *created),
            ],
        }
    }
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            DeletedName::Site { site, .. } => write!(f, "the deleted site {site}"),
            DeletedName::Environment { environment, .. } => {
                write!(f, "the deleted environment {environment}")
            }
            DeletedName::Backup { environment, id } => {
                write!(f, "the deleted backup {id} of {environment}")
            }
        }
    }
}

/// All that is kept of what was deleted, the last first.
pub(in super::super) fn all(context: &Context) -> Result<Vec<Deleted>> {
    let folder = context.layout.deleted_sites();
    let entries = folder::entries(&folder)?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry.file_name();
        // What has no name of ours was put there by somebody, who will know why.
        names.extend(name.to_str().and_then(DeletedName::read));
    }
    let mut all = Vec::new();
    for name in names {
        let mut deleted = Deleted { name, at: Timestamp::UNIX_EPOCH, is_known: false };
        match deleted_at(context, &deleted)? {
            Some(at) => (deleted.at, deleted.is_known) = (at, true),
            None => deleted.at = changed_at(context, &deleted),
        }
        all.push(deleted);
    }
    all.sort_by_key(|it| std::cmp::Reverse(it.at));
    Ok(all)
}

/// When it was deleted, as the site's history tells.
fn deleted_at(context: &Context, deleted: &Deleted) -> Result<Option<Timestamp>> {
    let what = match deleted.name {
        DeletedName::Site { .. } => "site",
        DeletedName::Environment { .. } => "environment",
        DeletedName::Backup { .. } => "backup",
    };
    for workflow in context.store.workflows_that_changed(deleted.site(), what, HISTORY_LIMIT)? {
        if workflow.changes.iter().any(|change| named(change).as_ref() == Some(&deleted.name)) {
            return Ok(Some(workflow.started_at));
        }
    }
    Ok(None)
}

/// When its folder was last changed.
fn changed_at(context: &Context, deleted: &Deleted) -> Timestamp {
    let folders = deleted.folders(context);
    let known = folders.iter().find_map(|it| it.symlink_metadata().ok()?.modified().ok());
    known.and_then(|it| Timestamp::try_from(it).ok()).unwrap_or_else(store::now)
}

/// What a change deleted.
pub(in super::super) fn named(change: &Change) -> Option<DeletedName> {
    match change {
        Change::Site { site, before: Some(record), after: None } => {
            Some(DeletedName::Site { site: site.clone(), id: record.site.id.clone() })
        }
        Change::Environment { environment, before: Some(before), after: None } => {
            let created = before.created.as_millisecond();
            Some(DeletedName::Environment { environment: environment.clone(), created })
        }
        Change::Backup { environment, id, before: true, after: false } => {
            Some(DeletedName::Backup { environment: environment.clone(), id: id.clone() })
        }
        _ => None,
    }
}

/// The deleted environments and backups that a site which is there lets go.
pub(super) fn environments_due(
    context: &Context,
    site: &SiteName,
    limit: &Limit,
) -> Result<Vec<Kept>> {
    let of_site = all(context)?.into_iter().filter(|it| it.site() == site);
    let (backups, environments): (Vec<_>, Vec<_>) = of_site
        .filter(|it| !matches!(it.name, DeletedName::Site { .. }))
        .partition(|it| matches!(it.name, DeletedName::Backup { .. }));
    let due = |all: Vec<Deleted>| {
        let all = all.into_iter().enumerate();
        all.filter(|(later, it)| limit.retires(*later, it.at)).map(|(_, it)| Kept::Deleted(it))
    };
    Ok(due(environments).chain(due(backups)).collect())
}

/// The deleted sites of this name that are let go, by the rule that each had when it was deleted or by another; and what
/// was deleted of a site of which nothing is left.
pub(super) fn sites_due(
    context: &Context,
    name: &SiteName,
    by: Option<Limit>,
) -> Result<Vec<Kept>> {
    let all = all(context)?;
    let mut due = Vec::new();
    let mut is_left = context.store.find_site(name)?.is_some();
    let sites = all.iter().filter_map(|it| match &it.name {
        DeletedName::Site { site, id } => Some((it, site, id)),
        DeletedName::Environment { .. } | DeletedName::Backup { .. } => None,
    });
    for (later, (it, site, id)) in sites.enumerate().filter(|(_, (_, site, _))| *site == name) {
        let limit = by.map_or_else(|| Limit::of(context, id), Ok)?;
        match limit.retires(later, it.at) {
            true => due.push(Kept::Deleted(it.clone())),
            false => is_left |= site == name,
        }
    }
    let is_orphan =
        |it: &&Deleted| it.site() == name && !matches!(it.name, DeletedName::Site { .. });
    if !is_left {
        due.extend(all.iter().filter(is_orphan).cloned().map(Kept::Deleted));
    }
    Ok(due)
}

/// Lets go of it, and of what the store knows of its contents.
pub(super) fn release(context: &Context, deleted: &Deleted) -> Result<()> {
    if let DeletedName::Environment { environment, created } = &deleted.name {
        let made = Timestamp::from_millisecond(*created).unwrap_or(Timestamp::MIN)..=deleted.at;
        for row in context.store.generations(environment)? {
            if made.contains(&row.generation.created) {
                context.store.forget_generation(environment, row.generation.number)?;
            }
        }
    }
    for folder in deleted.folders(context) {
        files::move_to_trash(&folder, &context.layout.trash())?;
    }
    Ok(())
}
