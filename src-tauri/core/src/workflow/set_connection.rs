//! `connection:set`: how a writable environment's code is changed.
use super::{Change, Context, Done, request::SetConnection};
use crate::error::{Error, Result};

/// None when the environment is in that mode already: then there is nothing to do (Terminus says so too).
pub(super) fn plan(context: &Context, wanted: &SetConnection) -> Result<Option<Change>> {
    let environment = context.store.environment(&wanted.environment)?;
    if !environment.name.is_writable() {
        return Err(Error::refused(format!(
            "connection mode can't be set on {}",
            wanted.environment
        ))
        .hint("Code on Test and Live changes by deploys only."));
    }
    if environment.connection_mode == Some(wanted.mode) {
        return Ok(None);
    }
    Ok(Some(Change::ConnectionMode {
        environment: wanted.environment.clone(),
        before: environment.connection_mode,
        after: Some(wanted.mode),
    }))
}

pub(super) fn run(change: Option<Change>) -> Done {
    Done { changes: change.into_iter().collect(), ..Done::default() }
}
