//! `logs`
use std::{
    io::{self, Write},
    thread,
    time::Duration,
};

use portico_core::{
    Result,
    model::{LogPage, request::ask},
};

use crate::{arguments::Logs, output::Output};

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
