//! `connection:set`: how a writable environment's code is changed.
use super::{
    Change, Context, Done, Frame, Run, Workflow, request::SetConnection, running, work::Work,
};
use crate::{
    code,
    error::{Error, Result},
    model::{CodePointer, ConnectionMode, Environment, WorktreeState},
};

impl Run for SetConnection {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let found = plan(frame.context, self)?;
        frame.run(found, |work, found| run(work, self, found.clone()))
    }
}

/// None when the environment is in that mode already: then there is nothing to do (Terminus says so too).
pub(super) fn plan(context: &Context, wanted: &SetConnection) -> Result<Option<Environment>> {
    let environment = context.store.environment(&wanted.environment)?;
    if !environment.name.is_writable() {
        return Err(Error::refused(format!(
            "connection mode can't be set on {}",
            wanted.environment
        ))
        .hint("Code on Test and Live changes by deploys only."));
    }
    Ok((environment.connection_mode != Some(wanted.mode)).then_some(environment))
}

pub(super) fn run(
    work: &Work<'_>,
    wanted: &SetConnection,
    environment: Option<Environment>,
) -> Result<Done> {
    let Some(environment) = environment else { return Ok(Done::default()) };
    let mut done = Done::default();
    if wanted.mode == ConnectionMode::Git {
        set_changes_aside(work, wanted, &environment, &mut done)?;
    }
    done.changes.push(Change::ConnectionMode {
        environment: wanted.environment.clone(),
        before: environment.connection_mode,
        after: Some(wanted.mode),
    });
    Ok(done)
}

/// A push is taken only by a clean folder, so uncommitted changes leave it; they are kept, and undo brings them back.
fn set_changes_aside(
    work: &Work<'_>,
    wanted: &SetConnection,
    environment: &Environment,
    done: &mut Done,
) -> Result<()> {
    let CodePointer::Branch { branch } = &environment.code else { return Ok(()) };
    let folder = running::code_folder(work.context, environment);
    let changed = code::count_changes(&folder)?;
    if changed == 0 {
        return Ok(());
    }
    let commit = work.context.commit_of(environment)?;
    let snapshot =
        work.step("Keep the uncommitted changes", |_| code::snapshot_worktree(&folder))?;
    work.line("the uncommitted changes are kept; undo brings them back");
    done.result.insert("set_aside".into(), changed.into());
    done.changes.push(Change::Worktree {
        environment: wanted.environment.clone(),
        branch: branch.clone(),
        before: WorktreeState { commit: commit.clone(), snapshot: Some(snapshot) },
        after: WorktreeState { commit, snapshot: None },
    });
    Ok(())
}
