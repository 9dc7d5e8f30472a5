//! Runs requests, and lists what was run.
use std::{
    io::{self, BufRead, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use clap::Subcommand;
use portico_core::{
    Error, Result, Session,
    model::{
        HookRun, SiteName,
        request::{Request, ask},
        view::WorkflowRow,
    },
    progress::Cancel,
};

use crate::{
    output::{self, Output, print, say},
    progress::Drawer,
};

#[derive(Subcommand)]
pub(crate) enum WorkflowCommand {
    /// List workflows, newest first
    List {
        /// Only of this site
        site: Option<SiteName>,
    },
    /// Show one workflow
    #[command(subcommand)]
    Info(WorkflowInfo),
}

#[derive(Subcommand)]
pub(crate) enum WorkflowInfo {
    /// Print the log of a workflow
    Logs {
        /// The site
        site: SiteName,
        /// The workflow [default: the newest of the site]
        #[arg(long)]
        id: Option<i64>,
    },
    /// Show how a workflow stands
    Status {
        /// The site
        site: SiteName,
        /// The workflow [default: the newest of the site]
        #[arg(long)]
        id: Option<i64>,
    },
}

/// Runs a request to its end and shows its row. Ctrl-C cancels; a second one doesn't wait for that.
pub(crate) fn run(request: &Request, output: &Output) -> Result<()> {
    show(&run_silently(request, output)?, output);
    Ok(())
}

/// The same in a session that is open already, without a way to cancel.
pub(crate) fn run_in(session: &Session, request: &Request, output: &Output) -> Result<()> {
    let drawer = Drawer::new(output.progress);
    show(&session.run(request, &|event| drawer.draw(&event), &Cancel::default())?, output);
    Ok(())
}

/// Runs a request to its end and answers its row, which is not shown.
pub(crate) fn run_silently(request: &Request, output: &Output) -> Result<WorkflowRow> {
    let cancel = Cancel::default();
    let ours = cancel.clone();
    // Until the root folder is open nothing is begun that could be cancelled.
    static LEAVE: AtomicBool = AtomicBool::new(true);
    ctrlc::set_handler(move || {
        if LEAVE.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        say("\nCancelling; everything will be as it was. Ctrl-C again to leave at once.");
        ours.cancel();
    })
    .map_err(|error| Error::failed("listen for Ctrl-C").because(error))?;
    let session = crate::open()?;
    LEAVE.store(false, Ordering::SeqCst);
    let drawer = Drawer::new(output.progress);
    session.run(request, &|event| drawer.draw(&event), &cancel)
}

fn show(row: &WorkflowRow, output: &Output) {
    if output.is_json() {
        output.facts(row, &[]);
        return;
    }
    let took = row.finished_at.map(|end| end.duration_since(row.started_at).as_secs_f64());
    say(&format!("{}: done in {:.1} s (workflow {})", row.title, took.unwrap_or(0.0), row.id));
    if let Some(serde_json::Value::Object(result)) = &row.result {
        let facts: Vec<(&str, String)> = result
            .iter()
            .filter(|(name, _)| *name != "hooks")
            .map(|(name, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name.as_str(), text)
            })
            .collect();
        output.facts(row, &facts);
        let ran = result.get("hooks").cloned().map(serde_json::from_value::<Vec<HookRun>>);
        ran.into_iter().flatten().flatten().for_each(|ran| tell_hook(&ran));
    }
}

/// Says how one of the site's own scripts ran.
fn tell_hook(ran: &HookRun) {
    let seconds = ran.ms as f64 / 1000.0;
    let which = format!("“{}” ({} {})", ran.description, ran.stage, ran.event);
    match &ran.error {
        None => say(&format!("hook {which}: done in {seconds:.1} s")),
        Some(error) => say(&format!(
            "hook {which} failed: {error}\nWhat the workflow itself does is done; `portico workflow:info:logs` has the output."
        )),
    }
}

/// What the person types to confirm: the option, PORTICO_CONFIRM, or a question where one may be asked.
pub(crate) fn confirmation(
    given: Option<String>,
    site: &SiteName,
    question: &str,
    output: &Output,
) -> Option<String> {
    let given = given.or_else(|| std::env::var("PORTICO_CONFIRM").ok());
    if given.is_some() || !output.may_ask {
        return given;
    }
    drop(write!(io::stderr(), "{question}\nType the site's name, {site}, to go on: "));
    drop(io::stderr().flush());
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).ok()?;
    Some(answer.trim().to_owned())
}

/// Asks whether to go on, unless the person said yes beforehand.
pub(crate) fn consent(question: &str, output: &Output) -> Result<()> {
    if output.yes {
        return Ok(());
    }
    if !output.may_ask {
        return Err(Error::refused("this can't be undone, and needs a yes").hint("Add `--yes`."));
    }
    drop(write!(io::stderr(), "{question} [y/N] "));
    drop(io::stderr().flush());
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Error::failed("read the answer").because(error))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::refused("nothing was changed")),
    }
}

/// `workflow:…`
pub(crate) fn list(command: WorkflowCommand, output: &Output) -> Result<()> {
    let session = crate::open()?;
    match command {
        WorkflowCommand::List { site } => {
            let rows = session.ask(ask::Workflows { site })?;
            let headings = ["Id", "Site", "Environment", "What", "State", "Started", "Undo"];
            output.table(&headings, &rows, |row| {
                [
                    row.id.to_string(),
                    row.site.to_string(),
                    row.environment.as_ref().map(ToString::to_string).unwrap_or_default(),
                    row.title.clone(),
                    output::state(row.state).to_owned(),
                    row.started_at.to_string(),
                    if row.undoable { "possible".to_owned() } else { String::new() },
                ]
            });
        }
        WorkflowCommand::Info(WorkflowInfo::Logs { site, id }) => {
            let row = find(&session, site, id)?;
            let log = session.ask(ask::WorkflowLog { id: row.id })?;
            print(log.trim_end());
        }
        WorkflowCommand::Info(WorkflowInfo::Status { site, id }) => {
            let row = find(&session, site, id)?;
            output.facts(
                &row,
                &[
                    ("id", row.id.to_string()),
                    ("what", row.title.clone()),
                    ("state", output::state(row.state).to_owned()),
                    ("started", row.started_at.to_string()),
                    ("finished", row.finished_at.map(|it| it.to_string()).unwrap_or_default()),
                ],
            );
        }
    }
    Ok(())
}

fn find(session: &portico_core::Session, site: SiteName, id: Option<i64>) -> Result<WorkflowRow> {
    let name = site.clone();
    let rows = session.ask(ask::Workflows { site: Some(site) })?;
    let mut rows = rows.into_iter().filter(|row| id.is_none_or(|id| row.id == id));
    rows.next().ok_or_else(|| match id {
        Some(id) => Error::not_found("workflow", id),
        None => Error::not_found("workflow of the site", name),
    })
}
