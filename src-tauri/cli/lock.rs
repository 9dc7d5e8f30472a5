//! `lock:…`
use clap::Subcommand;
use portico_core::{
    Result,
    model::{
        Address,
        request::{DisableLock, EnableLock, Request, ask},
    },
};

use crate::{
    output::Output,
    workflow::{run, run_silently},
};

#[derive(Subcommand)]
pub(crate) enum LockCommand {
    /// Ask visitors for a name and a password
    Enable(EnableLock),
    /// Let everybody in
    Disable(DisableLock),
    /// Show whether it is locked, with name and password
    Info {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
}

pub(crate) fn lock(command: LockCommand, output: &Output) -> Result<()> {
    match command {
        LockCommand::Enable(wanted) => {
            let environment = wanted.environment.clone();
            let request = Request::EnableLock(wanted);
            if output.is_json() {
                return run(&request, output);
            }
            run_silently(&request, output)?;
            info(environment, output)
        }
        LockCommand::Disable(wanted) => run(&Request::DisableLock(wanted), output),
        LockCommand::Info { environment } => info(environment, output),
    }
}

fn info(environment: Address, output: &Output) -> Result<()> {
    let info = crate::open()?.ask(ask::Lock { environment })?;
    output.facts(
        &info,
        &[
            ("locked", info.locked.to_string()),
            ("username", info.username.clone().unwrap_or_default()),
            ("password", info.password.clone().unwrap_or_default()),
        ],
    );
    Ok(())
}
