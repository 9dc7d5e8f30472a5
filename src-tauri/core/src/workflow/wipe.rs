//! `env:wipe`: an empty generation; code stays.
use super::{
    Change, Context, Done, Frame, Run, Workflow, delete_site, generation, request::Wipe, work::Work,
};
use crate::{
    error::Result,
    model::{Environment, EnvironmentName, Origin},
};

pub(super) struct Plan<'a> {
    wanted: &'a Wipe,
    environment: Environment,
}

impl Run for Wipe {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a Wipe) -> Result<Plan<'a>> {
    let environment = context.store.environment(&wanted.environment)?;
    if environment.name == EnvironmentName::Live {
        let confirm = wanted.confirm.as_deref();
        delete_site::confirm(&environment.site, confirm, "emptying Live")?;
    }
    Ok(Plan { wanted, environment })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let address = &plan.wanted.environment;
    let site = work.context.store.site(&address.site)?;
    let fresh = generation::begin(work, address)?;
    generation::empty_database(work, &site, &fresh)?;
    generation::empty_files(&fresh)?;
    let row = generation::finish(work, &site, &plan.environment, &fresh, Origin::Wipe)?;
    Ok(Done {
        generations: vec![row],
        changes: vec![Change::Content {
            environment: address.clone(),
            before: plan.environment.generation,
            after: fresh.number,
        }],
        ..Done::default()
    })
}
