//! `connection:set`: how a writable environment's code is changed.
use super::{Change, Context, Done, request::SetConnection};
use crate::error::{Error, Result};

pub(super) fn plan(context: &Context, wanted: &SetConnection) -> Result<Change> {
    let environment = context.store.environment(&wanted.environment)?;
    if !environment.name.is_writable() {
        return Err(Error::refused(format!(
            "connection mode can't be set on {}",
            wanted.environment
        ))
        .hint("Code on Test and Live changes by deploys only."));
    }
    if environment.connection_mode == Some(wanted.mode) {
        return Err(Error::refused(format!("{} is in that mode already", wanted.environment)));
    }
    Ok(Change::ConnectionMode {
        environment: wanted.environment.clone(),
        before: environment.connection_mode,
        after: Some(wanted.mode),
    })
}

pub(super) fn run(change: Change) -> Done {
    Done { changes: vec![change], ..Done::default() }
}
