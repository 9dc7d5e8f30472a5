//! `wp`, `drush`, `php`, `shell`, `db:cli`: a person's own tools inside an environment, with its PHP, its variables and
//! its database; standard input and output, the terminal and the exit code are the tool's.
use std::{
    env, fs,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
    process::{Child, Command},
};

use clap::{Args, Subcommand};
use portico_core::{
    Code, Error, Result,
    model::{Address, Database, ToolEnvironment},
    runtime::find_program,
};

use crate::output::say;

#[derive(Subcommand)]
pub(crate) enum DbCommand {
    /// Open the client of an environment's database: mariadb, or sqlite3
    Cli(Tool),
}

#[derive(Args)]
pub(crate) struct Tool {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub(crate) environment: Address,
    /// What the tool is given, after `--`
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,
}

/// Which tool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Wp,
    Drush,
    Php,
    Shell,
    Database,
}

/// Runs the tool and ends with its exit code.
pub(crate) fn run(kind: Kind, wanted: &Tool) -> Result<()> {
    let session = crate::open()?;
    // In a shell nothing may be going on for hours.
    let hold = kind != Kind::Shell;
    let code = session.lend(&wanted.environment, hold, |lent| {
        let command = command(kind, lent, &wanted.arguments)?;
        tell(kind, lent, &wanted.arguments);
        wait(command)
    })??;
    // What this process started must end before it does.
    drop(session);
    std::process::exit(code);
}

fn command(kind: Kind, lent: &ToolEnvironment, arguments: &[String]) -> Result<Command> {
    let (mut command, folder) = match kind {
        Kind::Wp => (site_tool(lent, &WP)?, &lent.docroot),
        Kind::Drush => (site_tool(lent, &DRUSH)?, &lent.docroot),
        Kind::Php => (Command::new(&lent.php), &lent.docroot),
        Kind::Shell => (Command::new(shell()), &lent.code),
        Kind::Database => (database(lent)?, &lent.docroot),
    };
    if kind == Kind::Wp && lent.system != lent.docroot && !says_path(arguments) {
        command.arg(format!("--path={}", lent.system.display()));
    }
    command.args(arguments).current_dir(folder);
    surround(&mut command, lent);
    Ok(command)
}

/// The environment's variables, and its PHP first in `PATH`.
fn surround(command: &mut Command, lent: &ToolEnvironment) {
    let rest = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(lent.path.clone()).chain(env::split_paths(&rest));
    let path = env::join_paths(folders).unwrap_or(rest);
    if let Some((_, host)) = lent.variables.iter().find(|(name, _)| name == "PORTICO_HOST") {
        // Without it Drush writes addresses of `http://default`.
        command.env("DRUSH_OPTIONS_URI", format!("http://{host}"));
    }
    command
        .envs(lent.variables.iter().map(|(name, value)| (name, value)))
        .env("PHP_INI_SCAN_DIR", &lent.scan)
        .env("PATH", path)
        .env("WP_CLI_PHP", &lent.php)
        .env("DRUSH_PHP", &lent.php);
}

/// A tool that a site may bring along.
struct SiteTool {
    name: &'static str,
    /// Names in `PATH`.
    names: &'static [&'static str],
    remedy: &'static str,
}

const WP: SiteTool = SiteTool {
    name: "WP-CLI (wp)",
    names: &["wp", "wp-cli", "wp-cli.phar"],
    remedy: "`composer require wp-cli/wp-cli-bundle` in the site's code, or install it for all sites: https://wp-cli.org/#installing",
};

const DRUSH: SiteTool = SiteTool {
    name: "Drush",
    names: &["drush", "drush.phar"],
    remedy: "`composer require drush/drush` in the site's code; Drupal 7 takes Drush 8: https://www.drush.org",
};

/// The site's own tool, which fits it best, else the machine's.
fn site_tool(lent: &ToolEnvironment, tool: &SiteTool) -> Result<Command> {
    let own =
        [&lent.code, &lent.docroot].map(|folder| folder.join("vendor/bin").join(tool.names[0]));
    let file = own.into_iter().find(|file| file.is_file()).or_else(|| find_program(tool.names));
    let file = file.ok_or_else(|| {
        Error::new(Code::Missing, format!("{} is needed and was not found", tool.name))
            .hint(format!("Run {}", tool.remedy))
    })?;
    if is_php(&file)? {
        let mut command = Command::new(&lent.php);
        command.arg(file);
        return Ok(command);
    }
    Ok(Command::new(file))
}

/// Whether PHP runs the file: a phar, a script of PHP, or one whose first line names it.
fn is_php(file: &Path) -> Result<bool> {
    let mut start = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(256).read_to_end(&mut start))
        .map_err(|error| Error::failed(format!("read {}", file.display())).because(error))?;
    let start = String::from_utf8_lossy(&start);
    let first = start.lines().next().unwrap_or_default();
    Ok(first.starts_with("<?php") || (first.starts_with("#!") && first.contains("php")))
}

fn says_path(arguments: &[String]) -> bool {
    arguments.iter().any(|it| it.starts_with("--path") || it.starts_with("--ssh"))
}

fn shell() -> PathBuf {
    let (name, usual) = if cfg!(windows) { ("COMSPEC", "cmd.exe") } else { ("SHELL", "/bin/sh") };
    env::var_os(name).filter(|it| !it.is_empty()).unwrap_or_else(|| usual.into()).into()
}

/// The client of the environment's database, logged in.
fn database(lent: &ToolEnvironment) -> Result<Command> {
    let missing = |name: &str, package: &str| {
        Error::new(Code::Missing, format!("{name} is needed and was not found"))
            .hint(format!("Install your system's package `{package}`."))
    };
    match &lent.database {
        None => Err(Error::refused(format!("{} has no database", lent.environment))),
        Some(Database::Sqlite { file }) => {
            let program = find_program(&["sqlite3"]);
            let program =
                program.ok_or_else(|| missing("the SQLite client (sqlite3)", "sqlite3"))?;
            let mut command = Command::new(program);
            command.arg(file);
            Ok(command)
        }
        Some(Database::MariaDb { socket, name, user, password, .. }) => {
            let program = find_program(&["mariadb", "mysql"]);
            let program =
                program.ok_or_else(|| missing("the MariaDB client (mariadb)", "mariadb-client"))?;
            let mut command = Command::new(program);
            // Settings of the person's own could name another server.
            command.arg("--no-defaults");
            if cfg!(windows) {
                command.arg("--protocol=pipe");
            }
            command
                .arg(format!("--socket={}", socket.display()))
                .arg(format!("--user={user}"))
                .arg(format!("--database={name}"))
                .arg("--default-character-set=utf8mb4")
                // An argument could be read by every user of the machine.
                .env("MYSQL_PWD", password);
            Ok(command)
        }
    }
}

/// What the person should know before the tool speaks.
fn tell(kind: Kind, lent: &ToolEnvironment, arguments: &[String]) {
    if kind != Kind::Database && !lent.writable {
        say(&read_only(&lent.environment));
    }
    if kind == Kind::Wp && serverless(lent) && arguments.first().is_some_and(|it| it == "db") {
        say(&format!(
            "Note: {0} keeps its database in a file; much of `wp db` asks a server. Use `portico db:cli {0}` and `portico export:database {0}`.",
            lent.environment
        ));
    }
    if kind == Kind::Shell && io::stdin().is_terminal() {
        say(&format!("Inside {}, in {}. `exit` leaves.", lent.environment, lent.code.display()));
    }
}

fn serverless(lent: &ToolEnvironment) -> bool {
    matches!(lent.database, Some(Database::Sqlite { .. }))
}

fn read_only(environment: &Address) -> String {
    let why = match environment.environment.is_writable() {
        true => "it is in Git mode, where code comes by a push",
        false => "its code comes by deploys",
    };
    format!(
        "Note: {environment} is read-only for code: {why}. What changes files there gets lost or fails."
    )
}

/// Waits for the tool. On a terminal Ctrl-C is the tool's to understand; elsewhere an end of ours is the tool's, too.
fn wait(mut command: Command) -> Result<i32> {
    let mut child = command.spawn().map_err(|error| {
        Error::failed(format!("run {}", command.get_program().display())).because(error)
    })?;
    if io::stdin().is_terminal() {
        // A handler that does nothing keeps us here until the tool has ended.
        listen(|| {})?;
    } else {
        let end = ending(&child);
        listen(end)?;
    }
    let status = child.wait().map_err(|error| Error::failed("wait for the tool").because(error))?;
    Ok(exit_code(status))
}

fn listen(act: impl Fn() + Send + 'static) -> Result<()> {
    ctrlc::set_handler(act).map_err(|error| Error::failed("listen for Ctrl-C").because(error))
}

/// What asks the tool to end.
#[cfg(unix)]
fn ending(child: &Child) -> impl Fn() + Send + 'static {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    move || {
        if let Some(pid) = pid {
            // One that has ended already needs no word.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

/// Windows tells every program of a console about Ctrl-C by itself.
#[cfg(not(unix))]
fn ending(_child: &Child) -> impl Fn() + Send + 'static {
    || {}
}

/// The tool's own exit code; one that a signal ended has 128 and the signal's number, as in a shell.
fn exit_code(status: std::process::ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}
