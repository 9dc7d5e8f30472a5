//! `cron:…`
use clap::Subcommand;
use portico_core::{
    Result,
    model::{
        Address, CronMode,
        request::{DisableCron, EnableCron, Request, RunCron, ask},
    },
};

use crate::{output::Output, workflow::run};

#[derive(Subcommand)]
pub(crate) enum CronCommand {
    /// Run cron at an interval; the environment is woken for it
    Enable(EnableCron),
    /// Run cron only when it is asked for
    Disable(DisableCron),
    /// Run cron now
    Run(RunCron),
    /// Show when cron runs, and how it went the last time
    Info {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
}

pub(crate) fn cron(command: CronCommand, output: &Output) -> Result<()> {
    let environment = match command {
        CronCommand::Enable(wanted) => return run(&Request::EnableCron(wanted), output),
        CronCommand::Disable(wanted) => return run(&Request::DisableCron(wanted), output),
        CronCommand::Run(wanted) => return run(&Request::RunCron(wanted), output),
        CronCommand::Info { environment } => environment,
    };
    let info = crate::open()?.ask(ask::Cron { environment })?;
    let runs = match (info.known, info.mode) {
        (false, _) => "never: the site has no cron that Portico knows".into(),
        (_, CronMode::Off) => "only by cron:run".into(),
        (_, CronMode::On) => format!("every {} min; the environment is woken for it", info.every),
        (_, CronMode::Awake) => format!("every {} min while the environment is awake", info.every),
    };
    let last = info.last.as_ref();
    output.facts(
        &info,
        &[
            ("runs", runs),
            ("next", info.next.map(|at| at.to_string()).unwrap_or_default()),
            ("last", last.map(|run| run.at.to_string()).unwrap_or_default()),
            (
                "went",
                last.map(|run| if run.ok { "well" } else { "wrong" }.into()).unwrap_or_default(),
            ),
            ("said", last.map(|run| run.said.trim().to_owned()).unwrap_or_default()),
        ],
    );
    Ok(())
}
