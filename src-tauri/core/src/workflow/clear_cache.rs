//! `env:clear-cache`: the system's own caches.
use super::{
    Context, Done, Frame, Run, Workflow, deploy, request::ClearCache, running, work::Work,
};
use crate::{
    cms::{self, Surroundings},
    error::{Code, Error, Result},
    model::{Address, Environment, Site},
};

impl Run for ClearCache {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan(context: &Context, wanted: &ClearCache) -> Result<Environment> {
    context.store.environment(&wanted.environment)
}

pub(super) fn run(work: &Work<'_>, environment: &Environment) -> Result<Done> {
    clear(work, &Address::new(&environment.site, &environment.name))?;
    Ok(Done::default())
}

/// Clears the caches of an environment as it runs now.
pub(super) fn clear(work: &Work<'_>, address: &Address) -> Result<()> {
    let site = work.context.store.site(&address.site)?;
    let environment = work.context.store.environment(address)?;
    let said = work.step("Clear caches", |meter| {
        let task = |around: &Surroundings<'_>| Ok(cms::cache_clearer(around));
        let number = environment.generation;
        running::run_task(work.context, &site, &environment, number, task, meter)
    });
    match said.map_err(|error| explain(work.context, &site, &environment, error))? {
        Some(said) => said.lines().for_each(|line| work.line(line)),
        None => work.line("this system has no caches that Portico knows"),
    }
    Ok(())
}

/// Caches can't be filled by code that is newer than its database.
fn explain(context: &Context, site: &Site, environment: &Environment, error: Error) -> Error {
    let Some(page) = cms::update_page(site.cms) else { return error };
    let code = running::code_folder(context, environment);
    let waiting = deploy::pending_updates(context, site, environment, &code).unwrap_or_default();
    if error.code != Code::Failed || waiting.is_empty() {
        return error;
    }
    let url = context.url(&Address::new(&environment.site, &environment.name));
    let count = waiting.len();
    error.hint(format!(
        "The code brings database updates ({count}): run them first, at {url}{page}."
    ))
}
