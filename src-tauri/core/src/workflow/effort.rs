//! Whether something fits on the disk, and about how long it takes: known before it is begun.
use super::{Context, generation::FilesPlan, running};
use crate::{
    content::files,
    error::{Code, Error, Result},
    model::{
        Address, Environment, human_bytes,
        view::{Effort, FilesInfo, WorkflowState},
    },
    room::RESERVE,
};

/// How many workflows are looked at for one of the same kind.
const HISTORY_LIMIT: u32 = 200;

/// Bytes that something moves, and how many of them are new on the root folder's disk, at most.
#[derive(Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) bytes: u64,
    pub(super) needed: u64,
    /// The uploaded files among them, where a copy brings them.
    pub(super) files: Option<FilesInfo>,
}

/// What work of a kind needs. The time is that of the most similar workflow of that kind that succeeded on this machine,
/// in proportion.
pub(super) fn of(context: &Context, kind: &str, cost: Cost) -> Result<Effort> {
    let free = files::free_bytes(context.layout.root())?;
    Ok(Effort { needed: cost.needed, free, about_s: about(context, kind, cost.bytes)? })
}

/// What a copy of an environment's content costs, or of the parts of it that are asked for.
///
/// Files take nothing where the disk shares blocks, or where a generation that goes has them already. A database counts
/// in full, with its server's logs and system tables, also where blocks are shared: the search for addresses may write
/// each page anew.
pub(super) fn copy(
    context: &Context,
    from: &Environment,
    database: bool,
    files: Option<&FilesPlan>,
) -> Result<Cost> {
    let address = Address::new(&from.site, &from.name);
    let mut cost = Cost::default();
    if database {
        let folder = running::resolved(&context.layout.database(&address, from.generation))?;
        cost.bytes = files::measure(&folder)?.bytes;
        cost.needed = cost.bytes;
    }
    if let Some(plan) = files {
        let size = plan.copy.size();
        cost.bytes += size.bytes;
        cost.needed += plan.copy.new_bytes(&context.layout.scratch())?;
        cost.files = Some(size);
    }
    Ok(cost)
}

/// Refuses a copy of an environment's content that can't fit, before anything is written.
pub(super) fn check_copy(
    context: &Context,
    from: &Environment,
    database: bool,
    files: Option<&FilesPlan>,
) -> Result<()> {
    check_room(context, copy(context, from, database, files)?.needed)
}

fn about(context: &Context, kind: &str, bytes: u64) -> Result<Option<u64>> {
    let mut closest: Option<(f64, f64)> = None;
    for workflow in context.store.workflows(None, HISTORY_LIMIT)? {
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

/// Refuses what can't fit, before anything is written. What fits leaves [`RESERVE`] free.
pub(super) fn check_room(context: &Context, bytes: u64) -> Result<()> {
    let root = context.layout.root();
    let free = files::free_bytes(root)?;
    if bytes == 0 || bytes.saturating_add(RESERVE) <= free {
        return Ok(());
    }
    Err(Error::new(
        Code::Failed,
        format!(
            "not enough room on the disk of {}: {} needed, {} free, of which {} stay so",
            root.display(),
            human_bytes(bytes),
            human_bytes(free),
            human_bytes(RESERVE)
        ),
    )
    .hint("Free some space, or prune generations that you don't need."))
}
