//! `env:clear-cache`: the system's own caches.
use super::{Context, Done, request::ClearCache, running, work::Work};
use crate::{
    cms::{self, Surroundings},
    error::Result,
    model::{Address, Environment},
};

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
    })?;
    match said {
        Some(said) => said.lines().for_each(|line| work.line(line)),
        None => work.line("this system has no caches that Portico knows"),
    }
    Ok(())
}
