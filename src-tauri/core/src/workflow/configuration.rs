//! Configuration in code: its state, its way from the code into the database, and from the database into the code.
use super::{
    Change, Context, Done, Frame, Run, Workflow, generation,
    generation::NewGeneration,
    report,
    request::{ExportConfig, ImportConfig},
    running,
    work::Work,
};
use crate::{
    cms::{self, Surroundings},
    code,
    error::{Error, Result},
    model::{
        Address, CodePointer, Configuration, ConnectionMode, Environment, Site, WorktreeState,
        count,
    },
    progress::Meter,
};

const CONFIGURATION: &str = "configuration";

/// A state together with what it was read from.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    commit: String,
    generation: u32,
    configuration: Configuration,
}

/// Runs the system's part; none for a system that keeps no configuration in code.
fn act(
    context: &Context,
    site: &Site,
    environment: &Environment,
    number: u32,
    act: &str,
    meter: Meter<'_>,
) -> Result<Configuration> {
    let task = |around: &Surroundings<'_>| Ok(cms::configurer(around, act));
    let said = running::run_task(context, site, environment, number, task, meter)?;
    let none = Configuration { system: None, same: 0, items: Vec::new() };
    Ok(said.and_then(|said| cms::read_configuration(&said)).unwrap_or(none))
}

/// How the configuration of an environment stands; kept for the board.
pub fn configuration(
    context: &Context,
    address: &Address,
    meter: Meter<'_>,
) -> Result<Configuration> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let generation = environment.generation;
    let found = act(context, &site, &environment, generation, "status", meter)?;
    let commit = context.commit_of(&environment)?;
    let kept = Kept { commit, generation, configuration: found.clone() };
    report::keep(context, address, CONFIGURATION, &kept)?;
    Ok(found)
}

/// How many pieces differed when it was last looked at; none when code or content have been replaced since.
pub fn last_difference(context: &Context, environment: &Environment) -> Result<Option<u64>> {
    let address = Address::new(&environment.site, &environment.name);
    let Some(kept) = report::last::<Kept>(context, &address, CONFIGURATION)? else {
        return Ok(None);
    };
    let is_fresh = kept.generation == environment.generation
        && kept.commit == context.commit_of(environment)?;
    Ok(is_fresh.then_some(kept.configuration.items.len() as u64))
}

/// Brings the configuration of the code into a generation that nobody uses yet; after its database updates.
pub(super) fn import_into(
    work: &Work<'_>,
    site: &Site,
    environment: &Environment,
    fresh: &NewGeneration,
) -> Result<()> {
    let left = work.step("Import the configuration", |meter| {
        act(work.context, site, environment, fresh.number, "import", meter)
    })?;
    match &left.system {
        None => work.line("no configuration is kept in the code"),
        Some(system) => {
            let (same, more) = (left.same, left.items.len() as u64);
            work.line(format!("{system}: {same} the same, {} left", count(more, "difference")));
        }
    }
    Ok(())
}

pub(super) struct ImportPlan {
    site: Site,
    environment: Environment,
}

impl Run for ImportConfig {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_import(frame.context, self)?;
        frame.run(plan, run_import)
    }
}

pub(super) fn plan_import(context: &Context, wanted: &ImportConfig) -> Result<ImportPlan> {
    let site = context.store.site(&wanted.environment.site)?;
    Ok(ImportPlan { site, environment: context.store.environment(&wanted.environment)? })
}

pub(super) fn run_import(work: &Work<'_>, plan: &ImportPlan) -> Result<Done> {
    let ImportPlan { site, environment } = plan;
    let address = Address::new(&site.name, &environment.name);
    let row = generation::changed_copy(work, site, environment, environment, |fresh| {
        import_into(work, site, environment, fresh)
    })?;
    let change = Change::Content {
        environment: address.clone(),
        before: environment.generation,
        after: row.generation.number,
    };
    Ok(Done {
        generations: vec![row],
        changes: vec![change],
        clear_cache: Some(address),
        ..Done::default()
    })
}

pub(super) struct ExportPlan {
    site: Site,
    environment: Environment,
    branch: String,
}

impl Run for ExportConfig {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_export(frame.context, self)?;
        frame.run(plan, run_export)
    }
}

pub(super) fn plan_export(context: &Context, wanted: &ExportConfig) -> Result<ExportPlan> {
    let address = &wanted.environment;
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let CodePointer::Branch { branch } = &environment.code else {
        return Err(Error::refused(format!("code can't be changed on {address}"))
            .hint("Export on Dev or a multidev, commit, then deploy."));
    };
    if environment.connection_mode == Some(ConnectionMode::Git) {
        return Err(Error::refused(format!("{address} is in Git mode"))
            .hint(format!("Run `portico connection:set {address} sftp` first.")));
    }
    let branch = branch.clone();
    Ok(ExportPlan { site, environment, branch })
}

pub(super) fn run_export(work: &Work<'_>, plan: &ExportPlan) -> Result<Done> {
    let ExportPlan { site, environment, branch } = plan;
    let address = Address::new(&site.name, &environment.name);
    let folder = running::code_folder(work.context, environment);
    let commit = work.context.commit_of(environment)?;
    let state = || -> Result<WorktreeState> {
        let snapshot = match code::count_changes(&folder)? {
            0 => None,
            _ => Some(code::snapshot_worktree(&folder)?),
        };
        Ok(WorktreeState { commit: commit.clone(), snapshot })
    };
    let before = state()?;
    // Until the switch it is written to and put back; where the owner dies in between, the start puts it back.
    let unchanged = before.clone();
    work.will_change_worktree(&address, branch, unchanged.clone(), unchanged)?;
    let said = work.step("Export the configuration", |meter| {
        act(work.context, site, environment, environment.generation, "export", meter)
    });
    let after = said.and_then(|said| Ok((said, state()?)));
    // The folder is as it was until the switch, whether it was written well or not.
    let kept = before.snapshot.as_ref().unwrap_or(&commit);
    code::restore_worktree(&folder, kept)?;
    let (said, after) = after?;
    if said.system.is_none() {
        return Err(Error::refused(format!("{address} keeps no configuration in its code")).hint(
            "Use WP-CFM bundles or a folder `acf-json` in the theme on WordPress, or a \
                 configuration sync folder on Drupal.",
        ));
    }
    let changes = match after == before {
        true => {
            work.line("no file of the code changed");
            Vec::new()
        }
        false => {
            vec![Change::Worktree { environment: address, branch: branch.clone(), before, after }]
        }
    };
    Ok(Done { changes, ..Done::default() })
}
