//! `generation:…`: the contents that an environment had, to go back to, to keep, or to let go.
use std::{collections::HashMap, path::Path};

use super::{
    Change, Context, Done, Frame, Run, delete_site, prune,
    request::{PinGeneration, PruneGenerations, SwitchGeneration, UnpinGeneration},
    work::{DRAIN_TIMEOUT, Work, empty_trash_in_background},
};
use crate::{
    content::files,
    error::{Error, Result},
    model::{
        Address, EnvironmentName, GenerationRow, count,
        view::{DiskUse, GenerationInfo, WorkflowState},
    },
    store::Workflow,
};

/// How far back the workflow is looked for that made a generation.
const HISTORY_LIMIT: u32 = 1000;
/// How many replaced generations a prune leaves by itself: enough for the next undo.
const KEPT: u32 = 1;

/// The generations of an environment, newest first; with `disk`, what each alone takes of the disk.
pub fn list(context: &Context, address: &Address, disk: bool) -> Result<Vec<GenerationInfo>> {
    let environment = context.store.environment(address)?;
    let rows = context.store.generations(address)?;
    let makers = makers(context, address)?;
    let shares = shares(context, address, &rows);
    let info = |row: GenerationRow| {
        let generation = row.generation;
        let number = generation.number;
        let maker = makers.get(&number);
        let mine = shares.get(&number).copied().unwrap_or_default();
        Ok(GenerationInfo {
            id: number,
            origin: generation.origin,
            workflow: maker.map(|(id, _)| *id),
            made_by: maker.map(|(_, title)| title.clone()),
            created: generation.created,
            current: number == environment.generation,
            pinned: generation.pinned,
            database: row.measured.map(|it| it.database),
            files: row.measured.map(|it| it.files),
            database_of: mine.database,
            files_of: mine.files,
            needed_by: needed_by(&shares, number),
            disk: disk.then(|| disk_use(context, address, number)).transpose()?,
        })
    };
    rows.into_iter().map(info).collect()
}

/// The parts of earlier generations that one uses.
#[derive(Clone, Copy, Default)]
struct Shares {
    database: Option<u32>,
    files: Option<u32>,
}

fn shares(context: &Context, address: &Address, rows: &[GenerationRow]) -> HashMap<u32, Shares> {
    let of = |row: &GenerationRow| {
        let number = row.generation.number;
        let database = context.layout.database(address, number);
        let files = context.layout.generation_files(address, number);
        let shares = Shares { database: owner(&database), files: owner(&files) };
        (number, shares)
    };
    rows.iter().map(of).collect()
}

/// The generation that a part belongs to, where it is a link to another's.
fn owner(part: &Path) -> Option<u32> {
    if !part.is_symlink() {
        return None;
    }
    let own = part.canonicalize().ok()?;
    own.parent()?.file_name()?.to_str()?.parse().ok()
}

fn needed_by(shares: &HashMap<u32, Shares>, number: u32) -> Vec<u32> {
    let uses = |it: &Shares| [it.database, it.files].contains(&Some(number));
    let mut all: Vec<u32> =
        shares.iter().filter(|(_, it)| uses(it)).map(|(other, _)| *other).collect();
    all.sort_unstable();
    all
}

/// For each generation, the first workflow that made an environment use it.
fn makers(context: &Context, address: &Address) -> Result<HashMap<u32, (i64, String)>> {
    let mut makers = HashMap::new();
    for workflow in context.store.workflows(Some(&address.site), HISTORY_LIMIT)? {
        if workflow.state != WorkflowState::Succeeded {
            continue;
        }
        for number in made(&workflow, address) {
            // Newest first: the oldest is written last.
            makers.insert(number, (workflow.id, workflow.title.clone()));
        }
    }
    Ok(makers)
}

fn made(workflow: &Workflow, address: &Address) -> Vec<u32> {
    let of = |change: &Change| match change {
        Change::Content { environment, after, .. } if environment == address => Some(*after),
        Change::Environment { environment, after: Some(after), .. } if environment == address => {
            Some(after.generation)
        }
        Change::Site { after: Some(record), .. } => {
            let mut all = record.environments.iter();
            all.find(|it| it.name == address.environment).map(|it| it.generation)
        }
        _ => None,
    };
    workflow.changes.iter().filter_map(of).collect()
}

fn disk_use(context: &Context, address: &Address, number: u32) -> Result<DiskUse> {
    files::disk_use(&context.layout.generation(address, number))
}

/// A generation that is kept.
fn kept(context: &Context, address: &Address, number: u32) -> Result<GenerationRow> {
    context.store.generation(address, number)?.ok_or_else(|| {
        Error::not_found("generation", format!("{address}:{number}"))
            .hint(format!("`portico generation:list {address}` shows those that are kept."))
    })
}

impl Run for SwitchGeneration {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_switch(frame.context, self)?;
        frame.run(plan, run_switch)
    }
}

/// The change, checked.
pub(super) fn plan_switch(context: &Context, wanted: &SwitchGeneration) -> Result<Change> {
    let address = &wanted.environment;
    let environment = context.store.environment(address)?;
    let row = kept(context, address, wanted.id)?;
    if environment.generation == wanted.id {
        return Err(Error::refused(format!("{address} uses generation {} already", wanted.id)));
    }
    let site = context.store.site(&address.site)?;
    if row.generation.engine != site.engine {
        return Err(Error::refused(format!(
            "generation {} of {address} was made for another database server",
            wanted.id
        ))
        .hint("Undo the change of the site's database server first."));
    }
    if address.environment == EnvironmentName::Live {
        delete_site::confirm(&site.name, wanted.confirm.as_deref(), "replacing Live's content")?;
    }
    Ok(Change::Content {
        environment: address.clone(),
        before: environment.generation,
        after: wanted.id,
    })
}

pub(super) fn run_switch(work: &Work<'_>, change: &Change) -> Result<Done> {
    let mut result = serde_json::Map::new();
    if let Change::Content { environment, after, .. } = change {
        result.insert("generation".into(), (*after).into());
        result.insert("url".into(), work.context.url(environment).into());
    }
    Ok(Done { changes: vec![change.clone()], result, ..Done::default() })
}

impl Run for PinGeneration {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let change = plan_pin(frame.context, &self.environment, self.id, true)?;
        frame.run(change, |_, change| Ok(run_pin(change.clone())))
    }
}

impl Run for UnpinGeneration {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let change = plan_pin(frame.context, &self.environment, self.id, false)?;
        frame.run(change, |_, change| Ok(run_pin(change.clone())))
    }
}

/// The change, checked.
pub(super) fn plan_pin(
    context: &Context,
    environment: &Address,
    number: u32,
    pin: bool,
) -> Result<Change> {
    let row = kept(context, environment, number)?;
    if row.generation.pinned == pin {
        let how = if pin { "pinned already" } else { "not pinned" };
        return Err(Error::refused(format!("generation {number} of {environment} is {how}")));
    }
    let environment = environment.clone();
    Ok(Change::Pin { environment, generation: number, before: !pin, after: pin })
}

pub(super) fn run_pin(change: Change) -> Done {
    Done { changes: vec![change], ..Done::default() }
}

impl Run for PruneGenerations {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let numbers = plan_prune(frame.context, self)?;
        frame.run(numbers, |work, numbers| run_prune(work, self, numbers))
    }
}

/// The generations to let go, newest first: what shares a part goes before what it shares.
pub(super) fn plan_prune(context: &Context, wanted: &PruneGenerations) -> Result<Vec<u32>> {
    let all = list(context, &wanted.environment, false)?;
    let numbers = match wanted.ids.is_empty() {
        true => {
            let replaced = prune::replaced_before(context, &wanted.environment)?;
            to_prune(&all, &replaced, wanted.keep.unwrap_or(KEPT))
        }
        false => named(&all, wanted)?,
    };
    if numbers.is_empty() {
        return Err(Error::refused(format!(
            "{} has no generation that could be pruned",
            wanted.environment
        ))
        .hint("The one in use, pinned ones and those that they share a part with are kept."));
    }
    Ok(numbers)
}

/// All that are not in use, newest first, but for the `keep` that were replaced last, the pinned, and what those use.
fn to_prune(all: &[GenerationInfo], replaced: &[u32], keep: u32) -> Vec<u32> {
    let free = all.iter().filter(|it| !it.current && !it.pinned);
    let mut going: Vec<u32> = free.map(|it| it.id).collect();
    going.sort_by_key(|id| prune::since_use(replaced, *id));
    going.drain(..going.len().min(keep as usize));
    going.sort_unstable_by(|a, b| b.cmp(a));
    loop {
        let stays = |it: &&GenerationInfo| !it.needed_by.iter().all(|by| going.contains(by));
        let needed: Vec<u32> = all.iter().filter(stays).map(|it| it.id).collect();
        let before = going.len();
        going.retain(|id| !needed.contains(id));
        if going.len() == before {
            return going;
        }
    }
}

fn named(all: &[GenerationInfo], wanted: &PruneGenerations) -> Result<Vec<u32>> {
    let (address, mut ids) = (&wanted.environment, wanted.ids.clone());
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    for id in &ids {
        let Some(found) = all.iter().find(|it| it.id == *id) else {
            return Err(Error::not_found("generation", format!("{address}:{id}")));
        };
        if found.current {
            return Err(Error::refused(format!("{address} uses generation {id}")));
        }
        if found.pinned {
            return Err(Error::refused(format!("generation {id} of {address} is pinned"))
                .hint(format!("Run `portico generation:unpin {address} {id}` first.")));
        }
        if let Some(by) = found.needed_by.iter().find(|by| !ids.contains(by)) {
            return Err(Error::refused(format!(
                "generation {by} of {address} uses a part of generation {id}"
            ))
            .hint(format!("Prune {by} too, or first.")));
        }
    }
    Ok(ids)
}

pub(super) fn run_prune(
    work: &Work<'_>,
    wanted: &PruneGenerations,
    numbers: &[u32],
) -> Result<Done> {
    let (context, address) = (work.context, &wanted.environment);
    let all = context.store.generations(address)?;
    let freed = work.step("Measure", |meter| {
        let mut freed = 0;
        for number in numbers {
            meter.check()?;
            freed += disk_use(context, address, *number)?.own;
            let database = context.layout.database(address, *number);
            if !database.is_symlink() {
                context.runtime.stop_mariadb(&database, DRAIN_TIMEOUT)?;
            }
        }
        Ok(freed)
    })?;
    // From here on a few renames: too quick to be cancelled half-way.
    for number in numbers {
        prune::prune(context, address, *number, &all)?;
        work.line(format!("generation {number} is let go"));
    }
    empty_trash_in_background(context.layout.trash());
    let mut result = serde_json::Map::new();
    result.insert("pruned".into(), count(numbers.len() as u64, "generation").into());
    result.insert("ids".into(), numbers.to_vec().into());
    result.insert("bytes".into(), freed.into());
    Ok(Done { result, ..Done::default() })
}
