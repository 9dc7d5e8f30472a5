//! The command `portico`. It parses, asks the core, and shows what the core says.

mod arguments;
mod backup;
mod content;
mod cron;
mod disk;
mod environment;
mod generation;
mod lock;
#[path = "../log.rs"]
mod log;
mod logs;
mod mail;
mod multidev;
mod output;
mod paths;
mod progress;
mod report;
mod serve;
mod site;
#[path = "../surroundings.rs"]
mod surroundings;
mod tools;
mod upstream;
mod workflow;
use std::{path::PathBuf, process::ExitCode};

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use output::Output;
use portico_core::{
    Code, Config, Error, Result, Session, Truth,
    model::{
        request::{Request, ask},
        view::{Check, Status},
    },
};
use site::SelfCommand;
use tools::DbCommand;

fn main() -> ExitCode {
    if let Some(error) = portico_core::runtime::become_confined(std::env::args_os()) {
        output::say(&error.to_string());
        error.causes.iter().for_each(|cause| output::say(cause));
        return ExitCode::from(126);
    }
    let arguments = Arguments::parse_from(arguments::with_colons_split(std::env::args_os()));
    let output = Output::new(&arguments.global);
    match run(arguments, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(exit_code(error.code))
        }
    }
}

/// The exit codes of the design's section 9.
fn exit_code(code: Code) -> u8 {
    match code {
        Code::Failed | Code::Damaged => 1,
        Code::Usage => 2,
        Code::NotFound => 3,
        Code::Busy => 4,
        Code::Refused => 5,
        Code::Missing => 6,
        Code::Cancelled => 130,
    }
}

fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Site(command) => site::run(command, output),
        Command::Env(command) => environment::run(command, output),
        Command::Backup(command) => backup::backup(command, output),
        Command::Import(wanted) => content::import(wanted, output),
        Command::Export(command) => content::export(command, output),
        Command::Generation(command) => generation::run(command, output),
        Command::Disk(wanted) => disk::run(wanted, output),
        Command::SearchReplace(wanted) => generation::search_replace(wanted, output),
        Command::Connection(command) => environment::connection(command, output),
        Command::Multidev(command) => multidev::run(command, output),
        Command::Branch(command) => multidev::branch(command, output),
        Command::Upstream(command) => upstream::run(command, output),
        Command::Config(command) => report::configuration(command, output),
        Command::Workflow(command) => workflow::list(command, output),
        Command::Lock(command) => lock::lock(command, output),
        Command::Cron(command) => cron::cron(command, output),
        Command::Mail(command) => mail::mail(command, output),
        Command::Logs(wanted) => logs::logs(wanted, output),
        Command::Wp(tool) => tools::run(tools::Kind::Wp, &tool),
        Command::Drush(tool) => tools::run(tools::Kind::Drush, &tool),
        Command::Php(tool) => tools::run(tools::Kind::Php, &tool),
        Command::Shell(tool) => tools::run(tools::Kind::Shell, &tool),
        Command::Db(DbCommand::Cli(tool)) => tools::run(tools::Kind::Database, &tool),
        Command::Undo(wanted) => workflow::run(&Request::Undo(wanted), output),
        Command::Serve => serve::run(),
        Command::Status => status(output),
        Command::Doctor => doctor(output),
        Command::Own(SelfCommand::Restore) => site::restore(),
        Command::PushedCode { repository, commit, uploads, objects } => {
            pushed_code(repository, objects, &uploads, &commit)
        }
        Command::WrittenOut { repository } => portico_core::workflow::written_out(repository),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "portico", &mut std::io::stdout());
            Ok(())
        }
    }
}

/// What Git's client shows of a push: the hook passes it on.
fn pushed_code(
    repository: PathBuf,
    objects: Option<PathBuf>,
    uploads: &str,
    commit: &str,
) -> Result<()> {
    let found = portico_core::workflow::pushed_code(repository, objects, uploads, commit)?;
    for it in found {
        output::say(&format!("Portico: {}", it.message));
        output::say(&it.hint);
    }
    Ok(())
}

/// Opens the root folder, and says what was healed.
fn open() -> Result<Session> {
    open_as(Truth::Trusted)
}

/// The same; `truth` is what is done where portico.db is lost or damaged.
fn open_as(truth: Truth) -> Result<Session> {
    let config = Config { truth, ..surroundings::config()? };
    let session = surroundings::open(&config)?;
    if let Session::Owner(engine) = &session {
        output::tell_healed(engine.healed());
        output::tell_problems(engine.problems());
        engine.told().iter().for_each(|line| output::say(line));
    }
    Ok(session)
}

fn status(output: &Output) -> Result<()> {
    let status = open()?.ask(ask::Status {})?;
    output.facts(
        &status,
        &[
            ("root", status.root.clone()),
            ("port", status.port.to_string()),
            ("free", portico_core::model::human_bytes(status.free)),
            ("running", running(&status)),
        ],
    );
    Ok(())
}

fn running(status: &Status) -> String {
    let all = status.processes.iter();
    let all: Vec<_> = all.map(|it| format!("{} for {}", it.what, it.environment)).collect();
    if all.is_empty() { "nothing; it starts on the first visit".into() } else { all.join(", ") }
}

fn doctor(output: &Output) -> Result<()> {
    let layout = portico_core::layout::Layout::new(surroundings::root()?);
    let checks = portico_core::engine::doctor(&layout);
    let row = |check: &Check| {
        let state = match (check.ok, check.optional) {
            (true, _) => "ok",
            (false, true) => "optional",
            (false, false) => "missing",
        };
        let says = check.problem.clone().or_else(|| check.path.clone()).unwrap_or_default();
        [
            check.name.clone(),
            state.to_owned(),
            check.version.clone().unwrap_or_default(),
            says,
            check.remedy.clone().unwrap_or_default(),
        ]
    };
    output.table(&["Program", "State", "Version", "Where", "How to get it"], &checks, row);
    if checks.iter().any(|check| !check.ok && !check.optional) {
        return Err(Error::new(Code::Missing, "something that Portico needs is missing")
            .hint("The last column says how to get it."));
    }
    Ok(())
}
