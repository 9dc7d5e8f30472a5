//! Uncommitted changes that were taken away, as commits on no branch.
use std::collections::{HashMap, HashSet};

use super::{Kept, Limit};
use crate::{
    error::Result,
    model::{Address, Change, SiteName, view::WorkflowState},
    workflow::Context,
};

/// How many workflows that changed folders tell which snapshots undo needs; the others go by their age.
const REMEMBERED: u32 = 1000;

/// The snapshots that a site lets go. Both of one workflow stay or go: to take it back, undo compares them.
pub(super) fn due(context: &Context, site: &SiteName, limit: &Limit) -> Result<Vec<Kept>> {
    let repository = context.repository(site);
    if !repository.path().exists() {
        return Ok(Vec::new());
    }
    let all: HashMap<_, _> = repository.snapshots()?.into_iter().collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let (mut stays, mut known) = (HashSet::new(), HashSet::new());
    let mut later: HashMap<Address, usize> = HashMap::new();
    for workflow in context.store.workflows_that_changed(site, "worktree", REMEMBERED)? {
        if workflow.state != WorkflowState::Succeeded {
            continue;
        }
        for change in workflow.changes {
            let Change::Worktree { environment, before, after, .. } = change else { continue };
            let own: Vec<String> =
                [before.snapshot, after.snapshot].into_iter().flatten().collect();
            if !own.iter().any(|it| all.contains_key(it)) {
                continue;
            }
            let later = later.entry(environment).or_default();
            if !limit.retires(*later, workflow.started_at) {
                stays.extend(own.iter().cloned());
            }
            known.extend(own);
            *later += 1;
        }
    }
    let is_lost = super::is_history_lost(context)?;
    let is_due = |(commit, made): &(&String, &_)| {
        // What no workflow tells of was needed only while one ran, or is older than what is remembered.
        let is_old = || !is_lost && limit.retires(usize::MAX, **made);
        !stays.contains(*commit) && (known.contains(*commit) || is_old())
    };
    let due: Vec<_> = all.iter().filter(is_due).collect();
    let newest = due.iter().map(|(_, made)| **made).max();
    let commits = due.into_iter().map(|(commit, _)| commit.clone()).collect();
    let kept = newest.map(|made| Kept::Snapshots { site: site.clone(), commits, made });
    Ok(kept.into_iter().collect())
}
