//! The command line's grammar: groups and verbs as in Terminus.
use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use portico_core::model::{
    Address, Elements, EnvironmentName, LogKind, SiteName,
    request::{
        ApplyUpstream, BringToDev, ClearCache, ClearMail, CloneContent, Commit, CreateBackup,
        CreateMultidev, CreateSite, DeleteBackup, DeleteMultidev, DeleteSite, Deploy, DeployTag,
        DisableCron, DisableLock, Discard, EnableCron, EnableLock, ExpireBackups, ExportConfig,
        ExportDatabase, ExportFiles, FreeRule, ImportConfig, ImportDatabase, ImportFiles,
        ImportOptions, ImportSite, InstallSite, KeepGenerations, MergeFromDev, MergeToDev,
        PinGeneration, PruneGenerations, RepairSite, RestoreBackup, RunCron, RunHooks,
        SearchReplace, SetCloneProfile, SetConnection, SetDatabase, SetUpstream, SmokeTest,
        SwitchGeneration, Undo, UnpinGeneration, VerifyBackup, Wipe,
    },
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

#[derive(Subcommand)]
pub(crate) enum SiteCommand {
    /// Make a site from a folder, a Git repository, an archive, or the sample
    Create(CreateSite),
    /// Take up sites whose folders lie below `sites/` and that Portico doesn't know; it can be undone
    Adopt {
        /// The site's folder [default: all that Portico doesn't know]
        site: Option<SiteName>,
    },
    /// Run the installer of the site's system
    Install(InstallSite),
    /// List the sites
    List,
    /// Show one site
    Info {
        /// The site
        site: SiteName,
    },
    /// Look through a site and bring back what is damaged, as far as it can be
    Repair {
        /// The site and what is done
        #[command(flatten)]
        repair: RepairSite,
        /// Only show what is damaged and what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Delete a site; it can be undone until it is pruned
    Delete(DeleteSite),
    /// Where a site's updates come from
    #[command(subcommand)]
    Upstream(SiteUpstream),
    /// Move the databases of all environments to MariaDB or SQLite; it can be undone
    Database(SetDatabase),
    /// Show or set which tables' rows clones leave out
    CloneProfile(SetCloneProfile),
    /// Let a site's PHP reach a folder or file outside of the site, or list those that it may reach
    Allow {
        /// The site
        site: SiteName,
        /// The folder or file
        path: Option<PathBuf>,
        /// Let PHP change it, too
        #[arg(long, requires = "path")]
        write: bool,
    },
    /// Close to a site's PHP what was allowed
    Disallow {
        /// The site
        site: SiteName,
        /// The folder or file
        path: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum SelfCommand {
    /// Put the newest copy of portico.db in the place of one that is lost or damaged
    Restore,
}

#[derive(Subcommand)]
pub(crate) enum SiteUpstream {
    /// Say where a site's updates come from
    Set(SetUpstream),
}

#[derive(Subcommand)]
pub(crate) enum MultidevCommand {
    /// Make an environment with Dev's code, or a branch of its name, and another's content
    Create(CreateMultidev),
    /// Delete a multidev; its branch stays unless asked
    Delete(DeleteMultidev),
    /// List the multidevs of a site with how far they are from Dev
    List {
        /// The site
        site: SiteName,
    },
    /// Merge a multidev into Dev
    MergeToDev(MergeToDev),
    /// Merge Dev into a multidev
    MergeFromDev(MergeFromDev),
}

#[derive(Subcommand)]
pub(crate) enum BranchCommand {
    /// List the branches of a site with how far they are from Dev
    List {
        /// The site
        site: SiteName,
    },
}

#[derive(Subcommand)]
pub(crate) enum UpstreamCommand {
    /// Show where a site's updates come from
    Info {
        /// The site
        site: SiteName,
    },
    /// List and apply updates
    #[command(subcommand)]
    Updates(UpstreamUpdates),
}

#[derive(Subcommand)]
pub(crate) enum UpstreamUpdates {
    /// List the updates that wait, after asking the upstream
    List {
        /// Dev or a multidev, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Print `outdated` or `current`, after asking the upstream
    Status {
        /// Dev or a multidev, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Merge the updates that wait
    Apply(ApplyUpstream),
}

#[derive(Subcommand)]
pub(crate) enum EnvCommand {
    /// List the environments of a site
    List {
        /// The site
        site: SiteName,
    },
    /// Show one environment: code, content, address
    Info {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Open an environment in the browser
    View {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
        /// Print the address instead
        #[arg(long)]
        print: bool,
    },
    /// Bring the parent's code to Test or Live
    Deploy(DeployOrPlan),
    /// Replace an environment's database and files by another's
    CloneContent(CloneOrPlan),
    /// Empty an environment's database and files; its code stays
    Wipe(Wipe),
    /// Clear the caches of the site's system
    #[command(alias = "cc")]
    ClearCache(ClearCache),
    /// Commit the changed files of Dev or a multidev
    Commit(Commit),
    /// Run the tag before on Test or Live, or any that was deployed
    CodeRollback(DeployTag),
    /// List the commits that only Test or Live has
    Orphans {
        /// Test or Live of a site, as in `acme.live`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Bring the commits that only Test or Live has to Dev
    BringToDev(BringToDev),
    /// List the deploys of Test or Live, newest first
    Deploys {
        /// Test or Live of a site, as in `acme.live`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Take back what is changed in Dev or a multidev and not committed
    Discard(Discard),
    /// Show what an environment's content has that another's lacks
    Compare {
        /// The environment that may have more, as in `acme.live`
        #[arg(value_name = "SITE.ENV")]
        from: Address,
        /// The environment that may lack it
        #[arg(value_name = "ENV")]
        to: EnvironmentName,
    },
    /// List the changed files of Dev or a multidev, or those of a commit
    Diffstat {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
        /// Those of this commit
        #[arg(long, value_name = "ID")]
        commit: Option<String>,
    },
    /// Show how a changed file of Dev or a multidev differs, or what a commit changed
    Diff {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
        /// The file [default: all that changed]
        file: Option<String>,
        /// What this commit changed
        #[arg(long, value_name = "ID")]
        commit: Option<String>,
    },
    /// List the commits of an environment, newest first
    CodeLog {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// List the site's own scripts before and after workflows (Quicksilver)
    Hooks {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Run the site's own scripts of a workflow, as that workflow would
    RunHooks(RunHooks),
    /// Check an environment before visitors come (Launch Check)
    Status {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
        /// Show the last one instead of making a new one
        #[arg(long)]
        last: bool,
        /// Show the tables of the checks too
        #[arg(long)]
        details: bool,
    },
    /// Visit an environment's pages and compare them with another's (smoke test)
    Smoke(SmokeTest),
}

#[derive(Args)]
pub(crate) struct DeployOrPlan {
    #[command(flatten)]
    pub(crate) deploy: Deploy,
    /// Show what would be deployed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct CloneOrPlan {
    #[command(flatten)]
    pub(crate) clone: CloneContent,
    /// Show what would be replaced, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct ImportArguments {
    #[command(subcommand)]
    pub(crate) command: Option<ImportCommand>,
    #[command(flatten)]
    pub(crate) anything: ImportAnything,
}

#[derive(Args)]
pub(crate) struct ImportAnything {
    /// What to import (a dump, a SQLite file, an archive or folder of files, code or a whole site; a path or an address), then the environment
    #[arg(value_name = "FILE… SITE.ENV", num_args = 2..)]
    pub(crate) words: Vec<String>,
    /// Show what would be replaced, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The message of the commit, where code is imported
    #[arg(long)]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) options: ImportOptions,
}

#[derive(Subcommand)]
pub(crate) enum ImportCommand {
    /// Replace an environment's database by a dump or a SQLite file
    #[command(alias = "db")]
    Database(ImportDatabase),
    /// Replace an environment's files by an archive or a folder
    Files(ImportFiles),
    /// Replace code, database and files by those of a whole site
    Site(ImportSite),
}

#[derive(Subcommand)]
pub(crate) enum BackupCommand {
    /// Make archives of an environment's code, database and files, and read them back
    Create(CreateBackup),
    /// List the backups of an environment, newest first
    List {
        /// The environment, as in `acme.live`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
        /// Only those that hold this
        #[arg(long, value_enum, default_value = "all")]
        element: Elements,
    },
    /// Show what is known of a backup and one of its archives
    Info(BackupFile),
    /// Print where an archive is, or copy it
    Get {
        #[command(flatten)]
        file: BackupFile,
        /// Copy it to this file, or into this folder
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
    },
    /// Bring an environment back from a backup, or another environment to its state; it can be undone
    Restore(RestoreBackup),
    /// Read backups to their end and compare them with what was written
    Verify(VerifyBackup),
    /// Delete a backup; it can be undone until it is pruned
    Delete(DeleteBackup),
    /// Let backups go that were kept long enough; Portico does so once a day
    Expire(ExpireBackups),
}

#[derive(Args)]
pub(crate) struct BackupFile {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub(crate) environment: Address,
    /// The archive, or the backup by its id [default: the newest that has it]
    #[arg(long, value_name = "ID|FILE")]
    pub(crate) file: Option<String>,
    /// Which part of it
    #[arg(long, value_enum, default_value = "files")]
    pub(crate) element: Elements,
}

#[derive(Subcommand)]
pub(crate) enum ExportCommand {
    /// Write the database as a dump or a SQLite file
    #[command(alias = "db")]
    Database(ExportDatabase),
    /// Write the uploaded files as an archive
    Files(ExportFiles),
}

#[derive(Subcommand)]
pub(crate) enum GenerationCommand {
    /// List the contents that an environment has and had, newest first
    List {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Make an environment use another of its generations; it can be undone
    Switch(SwitchGeneration),
    /// Keep a generation from being pruned
    Pin(PinGeneration),
    /// Let a generation be pruned again
    Unpin(UnpinGeneration),
    /// Let go of generations that are not in use, for good
    Prune(PruneGenerations),
    /// Show or set what a site keeps for undo, by one rule for all of it: contents and releases that were replaced,
    /// changes that were discarded, environments and sites that were deleted. What falls out of the rule is told first,
    /// then let go for good
    Keep(KeepGenerations),
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DiskArguments {
    #[command(subcommand)]
    pub(crate) command: Option<DiskCommand>,
    /// Only this site
    pub(crate) site: Option<SiteName>,
}

#[derive(Subcommand)]
pub(crate) enum DiskCommand {
    /// Let go of what is kept for undo, for good; says first what can't be undone then
    Free(FreeArguments),
}

#[derive(Args)]
pub(crate) struct FreeArguments {
    /// The site, or one that was deleted [default: all of them]
    pub(crate) site: Option<SiteName>,
    /// What stays
    #[command(flatten)]
    pub(crate) rule: FreeRule,
    /// Show what would be freed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct SearchReplaceArguments {
    #[command(flatten)]
    pub(crate) wanted: SearchReplace,
    /// Show what would be replaced, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Edit the folder (sftp) or push to it (git)
    Set(SetConnection),
    /// Show the clone command, the folders and the database of an environment
    Info {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show how the configuration in the code differs from that in the database
    Status {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Bring the configuration of the code into the database
    Import(ImportConfig),
    /// Bring the configuration of the database into the code, as changed files
    Export(ExportConfig),
}

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

#[derive(Subcommand)]
pub(crate) enum MailCommand {
    /// List the mail that was caught, newest first
    List {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Show one message
    Show(ShowMail),
    /// Empty the list; it can be undone
    Clear(ClearMail),
}

#[derive(Args)]
pub(crate) struct ShowMail {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub(crate) environment: Address,
    /// The message [default: the newest]
    pub(crate) id: Option<String>,
    /// Print the HTML part
    #[arg(long, conflicts_with_all = ["raw", "attachment"])]
    pub(crate) html: bool,
    /// Print the whole message as it was sent
    #[arg(long, conflicts_with = "attachment")]
    pub(crate) raw: bool,
    /// Print the attachment with this number, as `mail:show` lists them
    #[arg(long, value_name = "NUMBER")]
    pub(crate) attachment: Option<u32>,
}

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
