//! Whether something fits on the disk, and about how long it takes: known before it is begun.
use std::path::Path;

use super::Context;
use crate::{
    content::files,
    error::{Code, Error, Result},
    model::{
        human_bytes,
        view::{Effort, WorkflowState},
    },
};

/// How many workflows are looked at for one of the same kind.
const LOOKED_AT: u32 = 200;

/// What `bytes` of work of a kind need, of which `needed` on the disk. The time is that of the most similar workflow of
/// that kind that succeeded on this machine, in proportion.
pub(super) fn of(context: &Context, kind: &str, bytes: u64, needed: u64) -> Result<Effort> {
    let free = files::free_bytes(context.layout.root())?;
    Ok(Effort { needed, free, about_s: about(context, kind, bytes)? })
}

fn about(context: &Context, kind: &str, bytes: u64) -> Result<Option<u64>> {
    let mut closest: Option<(f64, f64)> = None;
    for workflow in context.store.workflows(None, LOOKED_AT)? {
        if workflow.state != WorkflowState::Succeeded || workflow.request.kind() != kind {
            continue;
        }
        let then = workflow.result.as_ref().and_then(|it| it.get("bytes")?.as_u64());
        let (Some(then), Some(end)) = (then.filter(|it| *it > 0), workflow.finished_at) else {
            continue;
        };
        let took = end.duration_since(workflow.started_at).as_secs_f64();
        let times = bytes.max(1) as f64 / then as f64;
        let is_closer = closest.is_none_or(|(known, _)| times.ln().abs() < known.ln().abs());
        if is_closer {
            closest = Some((times, took));
        }
    }
    // Less work is seldom quicker in proportion: starting a server takes as long.
    Ok(closest.map(|(times, took)| (took * times.max(0.5)).ceil().max(1.0) as u64))
}

/// Bytes that a copy of a tree of files takes of the root folder's disk, at most: none where the disk shares blocks. Files
/// that a clone takes over from a generation that goes count too. A copied database counts in full also where blocks are
/// shared, since the search for addresses may write each of its pages anew.
pub(super) fn new_bytes(context: &Context, files: &Path) -> Result<u64> {
    files::new_bytes(files, &context.layout.scratch())
}

/// Refuses what can't fit, before anything is written.
pub(super) fn check_room(context: &Context, bytes: u64) -> Result<()> {
    let root = context.layout.root();
    let free = files::free_bytes(root)?;
    if bytes <= free {
        return Ok(());
    }
    Err(Error::new(
        Code::Failed,
        format!(
            "not enough room on the disk of {}: {} needed, {} free",
            root.display(),
            human_bytes(bytes),
            human_bytes(free)
        ),
    )
    .hint("Free some space, or prune generations that you don't need."))
}
