//! `disk:free`, and what a change of the rule lets go: first told with what it takes, then done.
use std::collections::HashSet;

use super::{
    Change, Context, Done, Frame, Run, disk, keep_rule,
    keeping::{self, Kept, deleted, releases},
    request::{FreeDisk, FreeRule, KeepGenerations},
    running,
    work::{DRAIN_TIMEOUT, Work, empty_trash_in_background},
};
use crate::{
    content::files::{self, Tally},
    error::{Error, Result},
    layout::DeletedName,
    model::{
        Address, CodePointer, KeepRule, KeptKind, SiteName, count, human_bytes,
        view::{FreePlan, Goes, WorkflowState},
    },
    store::Workflow,
};

/// What stays when nothing else is asked for: what was replaced last.
pub(super) const RULE: KeepRule = KeepRule { count: 1, days: 0 };

/// How many of a site's workflows are looked through for those that need a thing.
pub(super) const HISTORY_LIMIT: u32 = 500;

/// The rule that is asked for.
fn rule(wanted: &FreeRule) -> KeepRule {
    KeepRule { count: wanted.keep.unwrap_or(RULE.count), days: wanted.days.unwrap_or(RULE.days) }
}

/// What a site would let go by a rule: of all kinds, when none is named.
pub(super) fn due(
    context: &Context,
    site: &SiteName,
    rule: KeepRule,
    only: &[KeptKind],
) -> Result<Vec<Kept>> {
    let mut due = keeping::due(context, site, Some(rule), &mut false)?;
    due.retain(|kept| only.is_empty() || only.contains(&kept.kind()));
    Ok(due)
}

/// What `disk:free` would let go; nothing of a name that no site has or had.
pub fn preview(context: &Context, wanted: &FreeDisk) -> Result<FreePlan> {
    let rule = rule(&wanted.rule);
    told(context, &wanted.site, rule, &due(context, &wanted.site, rule, &wanted.rule.only)?)
}

/// What a change of the rule would let go.
pub fn plan_of_rule(context: &Context, wanted: &KeepGenerations) -> Result<FreePlan> {
    let (site, _, after) = keep_rule::wanted_rule(context, wanted)?;
    let rule = after.unwrap_or_default();
    told(context, &site.name, rule, &due(context, &site.name, rule, &[])?)
}

fn told(context: &Context, site: &SiteName, rule: KeepRule, due: &[Kept]) -> Result<FreePlan> {
    let mut tally = Tally::default();
    if !due.is_empty() {
        count_the_rest(context, site, due, &mut tally)?;
    }
    let history = context.store.workflows(Some(site), HISTORY_LIMIT)?;
    let goes: Vec<Goes> =
        due.iter().map(|kept| goes(context, kept, &history, &mut tally)).collect::<Result<_>>()?;
    Ok(FreePlan {
        count: rule.count,
        days: rule.days,
        bytes: goes.iter().map(|it| it.bytes).sum(),
        goes,
        is_exact: tally.is_exact(),
    })
}

/// Counts what stays, so that what is counted after it is what only that holds.
fn count_the_rest(
    context: &Context,
    site: &SiteName,
    due: &[Kept],
    tally: &mut Tally,
) -> Result<()> {
    let layout = &context.layout;
    let going: HashSet<_> = due.iter().flat_map(|kept| disk::folders(context, kept)).collect();
    for environment in context.store.environments(site)? {
        let address = Address::new(site, &environment.name);
        let generations = context.store.generations(&address)?;
        let mut folders: Vec<_> = generations
            .iter()
            .map(|row| layout.generation(&address, row.generation.number))
            .collect();
        let all = releases::all(context, &address)?;
        folders.extend(all.iter().map(|(directory, _)| layout.release(&address, directory)));
        folders.push(running::code_folder(context, &environment));
        for folder in folders.iter().filter(|it| !going.contains(*it)) {
            tally.add(folder)?;
        }
    }
    for it in deleted::all(context)?.iter().filter(|it| it.site() == site) {
        for folder in it.folders(context).iter().filter(|it| !going.contains(*it)) {
            tally.add(folder)?;
        }
    }
    Ok(())
}

/// One thing that goes, as people are told of it. What was counted before is not freed by it.
pub(super) fn goes(
    context: &Context,
    kept: &Kept,
    history: &[Workflow],
    tally: &mut Tally,
) -> Result<Goes> {
    let mut bytes = 0;
    for folder in disk::folders(context, kept) {
        bytes += tally.add(&folder)?;
    }
    let is_done = |it: &&Workflow| it.state == WorkflowState::Succeeded;
    let needs = |it: &&Workflow| it.changes.iter().any(|change| needs(change, kept));
    let undo_of = history.iter().filter(is_done).filter(needs).map(|it| it.title.clone());
    let (site, environment, made) = match kept {
        Kept::Generation { environment, made, .. } | Kept::Release { environment, made, .. } => {
            (environment.site.clone(), Some(environment.environment.clone()), *made)
        }
        Kept::Snapshots { site, made, .. } => (site.clone(), None, *made),
        Kept::Deleted(it) => {
            let environment = match &it.name {
                DeletedName::Environment { environment, .. }
                | DeletedName::Backup { environment, .. } => Some(environment.environment.clone()),
                DeletedName::Site { .. } => None,
            };
            (it.site().clone(), environment, it.at)
        }
    };
    let (kind, what, undo_of) = (kept.kind(), kept.to_string(), undo_of.collect());
    Ok(Goes { kind, site, environment, what, made, bytes, undo_of })
}

/// Whether taking this change back needs the thing.
fn needs(change: &Change, kept: &Kept) -> bool {
    match (change, kept) {
        (
            Change::Content { environment, before, .. },
            Kept::Generation { environment: its, number, .. },
        ) => environment == its && before == number,
        (
            Change::Code { environment, before: CodePointer::Release { directory, .. }, .. },
            Kept::Release { environment: its, directory: kept, .. },
        ) => environment == its && directory == kept,
        (Change::Worktree { before, after, .. }, Kept::Snapshots { commits, .. }) => {
            let own = [&before.snapshot, &after.snapshot].into_iter().flatten();
            own.into_iter().any(|it| commits.contains(it))
        }
        (change, Kept::Deleted(it)) => deleted::named(change).as_ref() == Some(&it.name),
        _ => false,
    }
}

pub(super) struct Plan {
    due: Vec<Kept>,
    told: FreePlan,
}

impl Run for FreeDisk {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan(context: &Context, wanted: &FreeDisk) -> Result<Plan> {
    let rule = rule(&wanted.rule);
    let due = due(context, &wanted.site, rule, &wanted.rule.only)?;
    if due.is_empty() {
        let mut known = deleted::all(context)?.into_iter();
        if context.store.find_site(&wanted.site)?.is_none()
            && !known.any(|it| *it.site() == wanted.site)
        {
            return Err(Error::not_found("site", &wanted.site));
        }
        return Err(Error::refused(format!("{} has nothing that could be freed", wanted.site))
            .hint("What is in use, pinned, and what was replaced last is kept."));
    }
    let told = told(context, &wanted.site, rule, &due)?;
    Ok(Plan { due, told })
}

/// Says what goes; the frame lets it go once this is recorded.
pub(super) fn run(work: &Work<'_>, plan: &Plan) -> Result<Done> {
    for it in &plan.told.goes {
        work.line(format!("lets go of {}: {}", it.what, human_bytes(it.bytes)));
        it.undo_of.iter().for_each(|title| work.line(format!("  “{title}” can't be undone then")));
    }
    let mut result = serde_json::Map::new();
    result.insert("bytes".into(), plan.told.bytes.into());
    result.insert("let_go".into(), plan.due.len().into());
    Ok(Done { result, frees: plan.due.clone(), ..Done::default() })
}

/// Lets go of what a workflow frees, and deletes it before the workflow says that it is done.
pub(super) fn free(work: &Work<'_>, all: &[Kept]) {
    let context = work.context;
    let mut stayed = 0;
    for kept in all {
        if let Kept::Generation { environment, number, .. } = kept {
            // Its server would keep the files; one that doesn't stop in time keeps the generation.
            let database = context.layout.database(environment, *number);
            if !database.is_symlink()
                && let Err(error) = context.runtime.stop_mariadb(&database, DRAIN_TIMEOUT)
            {
                work.line(format!("{kept} was not let go: {error}"));
                stayed += 1;
                continue;
            }
        }
        if let Err(error) = keeping::release(context, kept) {
            work.line(format!("{kept} was not let go: {error}"));
            stayed += 1;
        }
    }
    if stayed > 0 {
        work.line(format!("{} stayed; try again later", count(stayed, "thing")));
    }
    let trash = context.layout.trash();
    if let Err(error) = work.step("Delete", |meter| files::empty_trash_now(&trash, meter)) {
        work.line(format!("not all is deleted yet, the rest follows in the background: {error}"));
        empty_trash_in_background(trash);
    }
}
