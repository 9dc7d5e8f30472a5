//! `multidev:delete`: the folder is set aside whole, so that undo brings uncommitted work back too.
use super::{
    Change, Context, Done, Frame, Run, Workflow,
    request::DeleteMultidev,
    work::{DRAIN_TIMEOUT, Work},
};
use crate::{
    error::{Error, Result},
    model::{Address, CodePointer, Environment, EnvironmentName},
};

impl Run for DeleteMultidev {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let found = plan(frame.context, self)?;
        frame.run(found, |work, found| run(work, self, found.clone()))
    }
}

pub(super) fn plan(context: &Context, wanted: &DeleteMultidev) -> Result<Environment> {
    let environment = context.store.environment(&wanted.environment)?;
    if !matches!(environment.name, EnvironmentName::Multidev(_)) {
        return Err(Error::refused(format!(
            "{} is not a multidev environment",
            wanted.environment
        ))
        .hint("Dev, Test and Live belong to the site; `portico site:delete` deletes all of it."));
    }
    Ok(environment)
}

pub(super) fn run(
    work: &Work<'_>,
    wanted: &DeleteMultidev,
    environment: Environment,
) -> Result<Done> {
    let commit = work.context.commit_of(&environment)?;
    set_aside(work, &environment)?;
    let mut changes = Vec::new();
    if let CodePointer::Branch { branch } = &environment.code {
        // A branch that stays is noted as well: once it has moved, the folder doesn't fit it any more.
        changes.push(Change::Reference {
            site: environment.site.clone(),
            name: format!("refs/heads/{branch}"),
            before: Some(commit.clone()),
            after: (!wanted.delete_branch).then_some(commit),
        });
    }
    changes.push(Change::Environment {
        environment: wanted.environment.clone(),
        before: Some(Box::new(environment)),
        after: None,
    });
    Ok(Done { changes, ..Done::default() })
}

/// Stops what runs of the environment and moves it away, with Git's own part of its worktree.
pub(super) fn set_aside(work: &Work<'_>, environment: &Environment) -> Result<()> {
    let layout = &work.context.layout;
    let address = Address::new(&environment.site, &environment.name);
    let created = environment.created.as_millisecond();
    let admin = work.context.repository(&address.site).worktree_admin(&layout.code(&address))?;
    work.hold_until_switched(&address)?;
    work.step("Stop the environment", |_| {
        work.context.runtime.stop_environment(&address, DRAIN_TIMEOUT)
    })?;
    let kept = layout.deleted_environment(&address, created);
    work.move_path(&layout.environment(&address), &kept)?;
    match admin {
        Some(admin) => work.move_path(&admin, &layout.deleted_worktree(&address, created)),
        None => Ok(()),
    }
}

/// The way back of [`set_aside`].
pub(super) fn bring_back(work: &Work<'_>, environment: &Environment) -> Result<()> {
    let layout = &work.context.layout;
    let address = Address::new(&environment.site, &environment.name);
    let created = environment.created.as_millisecond();
    let repository = work.context.repository(&address.site);
    let code = layout.code(&address);
    let kept = layout.deleted_environment(&address, created);
    work.move_path(&kept, &layout.environment(&address))?;
    let admin = repository.admin_named_by(&code)?;
    work.move_path(&layout.deleted_worktree(&address, created), &admin)?;
    repository.repair_worktree(&code)
}
