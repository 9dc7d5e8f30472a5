//! `logs`
use std::{
    io::{self, Write},
    thread,
    time::Duration,
};

use clap::Args;
use portico_core::{
    Result,
    model::{Address, LogKind, LogPage, request::ask},
};

use crate::output::Output;

#[derive(Args)]
pub(crate) struct Logs {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub(crate) environment: Address,
    /// Which log; `slow` has the requests that took a second or longer to answer
    #[arg(long = "type", value_enum, default_value = "php")]
    pub(crate) kind: LogKind,
    /// Go on printing what comes
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Begin with so many of the newest entries
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) lines: u32,
}

/// How often a followed log is asked for what came since.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) fn logs(wanted: Logs, output: &Output) -> Result<()> {
    let Logs { environment, kind, follow, lines } = wanted;
    let session = crate::open()?;
    let mut since = None;
    loop {
        let environment = environment.clone();
        let page = session.ask(ask::Log { environment, kind, lines, since: since.clone() })?;
        if !show(&page, follow, output) || !follow {
            return Ok(());
        }
        since = Some(page.cursor);
        thread::sleep(PAUSE);
    }
}

/// Prints what there is; answers whether anybody still reads it. Followed, JSON is one entry a line.
fn show(page: &LogPage, follow: bool, output: &Output) -> bool {
    if output.is_json() && !follow {
        output.facts(page, &[]);
        return true;
    }
    let mut out = io::stdout().lock();
    let mut entries = page.entries.iter();
    let wrote = entries.try_for_each(|entry| match output.is_json() {
        true => writeln!(out, "{}", serde_json::json!(entry)),
        false => writeln!(out, "{}", entry.text),
    });
    wrote.and_then(|()| out.flush()).is_ok()
}
