//! The command line's grammar: groups and verbs as in Terminus.
use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use portico_core::model::request::Undo;

use crate::{
    backup::BackupCommand,
    content::{ExportCommand, ImportArguments},
    cron::CronCommand,
    disk::DiskArguments,
    environment::{ConnectionCommand, EnvCommand},
    generation::{GenerationCommand, SearchReplaceArguments},
    lock::LockCommand,
    logs::Logs,
    mail::MailCommand,
    multidev::{BranchCommand, MultidevCommand},
    report::ConfigCommand,
    site::{SelfCommand, SiteCommand},
    tools::{DbCommand, Tool},
    upstream::UpstreamCommand,
    workflow::WorkflowCommand,
};

/// Dev, Test and Live for WordPress and Drupal sites on your own machine
#[derive(Parser)]
#[command(name = "portico", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Verbs are written `group:verb`, as in Terminus: `portico env:deploy acme.test`.
Surroundings: PORTICO_HOME the root folder [default: ~/Portico], PORTICO_PORT the port that sites
answer at, PORTICO_CONFIRM the answer to a typed confirmation, PORTICO_HOOK_SECONDS how long one of a
site's own scripts may take [default: 120], PORTICO_LOG how much logs/portico.log in the root folder
says: off, error, warn, info, debug or trace [default: info].
Exit codes: 0 done, 1 failed (everything is as before), 2 usage, 3 not found, 4 busy, 5 refused,
6 a needed program is missing, 130 cancelled."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args)]
pub(crate) struct Global {
    /// How results are shown
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub(crate) format: Format,
    /// How progress is shown, on standard error
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(crate) progress: Progress,
    /// Ask nothing, and go on where a yes is asked for; a typed confirmation still needs `--confirm` or PORTICO_CONFIRM
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// One changing line on a terminal, else a line a step
    Auto,
    /// A line a step
    Plain,
    /// One JSON text a line
    Json,
    /// None
    Off,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make, install, list and delete sites
    #[command(subcommand)]
    Site(SiteCommand),
    /// Deploy, clone, commit, wipe: what happens to an environment
    #[command(subcommand)]
    Env(EnvCommand),
    /// Archives of an environment, checked, and the way back from them
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Replace an environment's database or files by what you have: `portico import <file>… <site.env>`
    Import(ImportArguments),
    /// Write an environment's database or files to a file
    #[command(subcommand)]
    Export(ExportCommand),
    /// The contents that an environment had: go back to one, keep it, let it go
    #[command(subcommand)]
    Generation(GenerationCommand),
    /// What everything takes of the disk, and how to free some of it
    Disk(DiskArguments),
    /// Replace texts or addresses throughout a database, also inside serialised and JSON values
    SearchReplace(SearchReplaceArguments),
    /// How a writable environment's code is changed
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Make, merge, list and delete multidev environments
    #[command(subcommand)]
    Multidev(MultidevCommand),
    /// The branches of a site's repository
    #[command(subcommand)]
    Branch(BranchCommand),
    /// Updates from the repository that a site came from
    #[command(subcommand)]
    Upstream(UpstreamCommand),
    /// Configuration in code: WP-CFM, ACF JSON, configuration synchronization, Features
    #[command(subcommand)]
    Config(ConfigCommand),
    /// What was done, and its logs
    #[command(subcommand)]
    Workflow(WorkflowCommand),
    /// Ask visitors of an environment for a name and a password
    #[command(subcommand)]
    Lock(LockCommand),
    /// When the cron of an environment runs
    #[command(subcommand)]
    Cron(CronCommand),
    /// Mail that an environment sent: all of it is caught
    #[command(subcommand)]
    Mail(MailCommand),
    /// Show and follow the logs of an environment
    Logs(Logs),
    /// Run WP-CLI inside an environment: the site's own (vendor/bin/wp), else the machine's
    Wp(Tool),
    /// Run Drush inside an environment: the site's own (vendor/bin/drush), else the machine's
    Drush(Tool),
    /// Run PHP inside an environment: its version, settings and variables
    Php(Tool),
    /// Open a shell in an environment's code, with its variables and its PHP first in PATH
    Shell(Tool),
    /// The database of an environment
    #[command(subcommand)]
    Db(DbCommand),
    /// Take back the newest workflow of a site, or the one that is named
    Undo(Undo),
    /// Run the sites in the foreground until Ctrl-C
    Serve,
    /// Show the root folder, the port, and what runs
    Status,
    /// Show what the machine has and lacks for running sites
    Doctor,
    /// Portico's own files
    #[command(subcommand, name = "self")]
    Own(SelfCommand),
    /// Look through what is pushed; Git's hook calls it
    #[command(hide = true)]
    PushedCode {
        /// The repository
        repository: PathBuf,
        /// What is pushed
        commit: String,
        /// The uploads folder, relative to the code
        #[arg(long, default_value = "")]
        uploads: String,
        /// Where Git keeps what is pushed until it is taken
        #[arg(long, env = "GIT_OBJECT_DIRECTORY")]
        objects: Option<PathBuf>,
    },
    /// Wait until what was pushed is on the disk; Git's hook calls it
    #[command(hide = true)]
    WrittenOut {
        /// The repository
        repository: PathBuf,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

const GROUPS: &[&str] = &[
    "backup",
    "config",
    "self",
    "site",
    "env",
    "import",
    "export",
    "connection",
    "multidev",
    "branch",
    "upstream",
    "workflow",
    "disk",
    "generation",
    "lock",
    "cron",
    "mail",
    "db",
];

/// Terminus' short names that have no group.
const SHORT: &[(&str, [&str; 2])] =
    &[("deploy", ["env", "deploy"]), ("backups", ["backup", "list"])];

/// Splits the first `group:verb` into `group verb`, and gives Terminus' short names their group.
pub(crate) fn with_colons_split(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut split = Vec::new();
    let mut found = false;
    for (at, word) in words.enumerate() {
        let text = word.to_str().unwrap_or_default();
        let is_verb = !found && at > 0 && !text.starts_with('-');
        match text.split_once(':') {
            Some((group, _)) if is_verb && GROUPS.contains(&group) => {
                found = true;
                split.extend(text.split(':').map(OsString::from));
            }
            _ if is_verb && SHORT.iter().any(|(short, _)| *short == text) => {
                found = true;
                let whole = SHORT.iter().find(|(short, _)| *short == text).map(|(_, whole)| whole);
                split.extend(whole.into_iter().flatten().map(OsString::from));
            }
            _ => {
                // Behind a verb nothing else is one, whatever it looks like.
                found |= is_verb && Arguments::command().find_subcommand(text).is_some();
                split.push(word);
            }
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use portico_core::model::request::Request;

    use super::*;

    fn split(line: &str) -> String {
        let words = with_colons_split(line.split(' ').map(OsString::from));
        words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_colon_stands_between_group_and_verb_and_nowhere_else() {
        assert_eq!(split("portico env:deploy acme.test"), "portico env deploy acme.test");
        assert_eq!(split("portico workflow:info:logs acme"), "portico workflow info logs acme");
        assert_eq!(
            split("portico site:create a --from git@host:site:x"),
            "portico site create a --from git@host:site:x"
        );
        assert_eq!(split("portico db:cli acme.dev -- -e x:y"), "portico db cli acme.dev -- -e x:y");
        assert_eq!(split("portico wp acme.dev env:deploy"), "portico wp acme.dev env:deploy");
        assert_eq!(split("portico deploy acme.test"), "portico env deploy acme.test");
        assert_eq!(split("portico backups acme.live"), "portico backup list acme.live");
        assert_eq!(
            split("portico search-replace a.dev env:deploy x"),
            "portico search-replace a.dev env:deploy x"
        );
        assert_eq!(split("portico --format json site:list"), "portico --format json site list");
    }

    #[test]
    fn a_copied_command_is_one_of_this_grammar_whatever_its_values_are() {
        let hostile: Vec<String> =
            serde_json::from_str(include_str!("../../tests/fixtures/hostile-words.json")).unwrap();
        for text in hostile {
            let text = serde_json::json!(text).to_string();
            let requests =
                include_str!("../../tests/fixtures/requests.json").replace("\"TEXT\"", &text);
            for request in serde_json::from_str::<Vec<Request>>(&requests).unwrap() {
                let line = request.command_line();
                let words =
                    shlex::split(&line).unwrap_or_else(|| panic!("no shell's line: {line}"));
                let words = with_colons_split(words.into_iter().map(OsString::from));
                if let Err(error) = Arguments::try_parse_from(words) {
                    panic!("{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn the_grammar_holds_together() {
        Arguments::command().debug_assert();
    }
}
