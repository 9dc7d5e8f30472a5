//! `env:…` and `connection:…`
use clap::{Args, Subcommand};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portico_core::{
    Error, Result, Session,
    model::{
        Address, ConnectionMode, Damage, EnvironmentName, LockInfo, SiteName, count, human_bytes,
        request::{
            BringToDev, ClearCache, CloneContent, Commit, Deploy, DeployTag, Discard, Request,
            RunHooks, SetConnection, SmokeTest, Wipe, ask,
        },
        rows,
        view::{
            CommitRow, DatabaseInfo, Effort, EnvironmentInfo, FileChange, FileStatus, FilesInfo,
            FilesSeen, PendingUpdate, Replacement,
        },
    },
};

use crate::{
    multidev,
    output::{Output, print},
    report,
    workflow::{self, confirmation},
};

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

pub(crate) fn run(command: EnvCommand, output: &Output) -> Result<()> {
    match command {
        EnvCommand::List { site } => list(site, output),
        EnvCommand::Info { environment } => {
            let info = crate::open()?.ask(ask::Environment { environment })?;
            show(&info, output);
            Ok(())
        }
        EnvCommand::View { environment, print } => view(&environment, print),
        EnvCommand::Deploy(it) if it.dry_run => deploy_plan(it.deploy, output),
        EnvCommand::Deploy(it) => workflow::run(&Request::Deploy(it.deploy), output),
        EnvCommand::CloneContent(it) if it.dry_run => clone_plan(&it.clone, output),
        EnvCommand::CloneContent(it) => {
            let mut clone = it.clone;
            if clone.to == EnvironmentName::Live {
                let site = clone.from.site.clone();
                let question = format!("This replaces Live's content of {site}.");
                clone.confirm = confirmation(clone.confirm, &site, &question, output);
            }
            workflow::run(&Request::CloneContent(clone), output)
        }
        EnvCommand::Wipe(mut wipe) => {
            if wipe.environment.environment == EnvironmentName::Live {
                let site = wipe.environment.site.clone();
                let question = format!("This empties Live of {site}.");
                wipe.confirm = confirmation(wipe.confirm, &site, &question, output);
            }
            workflow::run(&Request::Wipe(wipe), output)
        }
        EnvCommand::ClearCache(wanted) => workflow::run(&Request::ClearCache(wanted), output),
        EnvCommand::Commit(wanted) => workflow::run(&Request::Commit(wanted), output),
        EnvCommand::CodeRollback(wanted) => workflow::run(&Request::DeployTag(wanted), output),
        EnvCommand::BringToDev(mut wanted) => {
            multidev::make_absolute(&mut wanted.resolve);
            workflow::run(&Request::BringToDev(wanted), output)
        }
        EnvCommand::Orphans { environment } => {
            let question = ask::Orphans { environment };
            commits(&crate::open()?.ask(question)?, output);
            Ok(())
        }
        EnvCommand::Deploys { environment } => deploys(environment, output),
        EnvCommand::Discard(wanted) => workflow::run(&Request::Discard(wanted), output),
        EnvCommand::Diffstat { environment, commit } => diffstat(environment, commit, output),
        EnvCommand::Diff { environment, file, commit } => diff(&environment, file, commit),
        EnvCommand::Compare { from, to } => compare(from, to, output),
        EnvCommand::Status { environment, last, details } => {
            report::launch_check(&environment, last, details, output)
        }
        EnvCommand::Smoke(wanted) => report::smoke(wanted, output),
        EnvCommand::RunHooks(wanted) => workflow::run(&Request::RunHooks(wanted), output),
        EnvCommand::Hooks { environment } => report::hooks(environment, output),
        EnvCommand::CodeLog { environment, limit } => {
            let question = ask::CodeLog { environment, limit };
            commits(&crate::open()?.ask(question)?, output);
            Ok(())
        }
    }
}

fn list(site: SiteName, output: &Output) -> Result<()> {
    let board = crate::open()?.ask(ask::Board { site })?;
    let headings = ["Environment", "Address", "Code", "Content", "Mode", "Initialized"];
    output.table(&headings, &board.environments, |it| {
        [
            it.environment.to_string(),
            it.url.clone(),
            code(it),
            content(it),
            mode(it),
            it.initialized.to_string(),
        ]
    });
    Ok(())
}

fn view(environment: &Address, print_only: bool) -> Result<()> {
    let question = ask::Environment { environment: environment.clone() };
    let session = crate::open()?;
    let info = session.ask(question)?;
    let lock = session.ask(ask::Lock { environment: environment.clone() })?;
    let url = with_credentials(&info.url, &lock);
    if print_only {
        print(&url);
        return Ok(());
    }
    if session.is_owner() {
        return Err(Error::refused("the sites don't run now")
            .hint("Open the window, or run `portico serve` in another terminal."));
    }
    open::that(&url).map_err(|error| Error::failed(format!("open {}", info.url)).because(error))
}

/// What an address needs encoded: all but RFC 3986's unreserved letters.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of a locked environment with the lock's name and password in it, as Terminus opens it.
fn with_credentials(url: &str, lock: &LockInfo) -> String {
    match (url.split_once("://"), &lock.username, &lock.password) {
        (Some((scheme, rest)), Some(user), Some(password)) => {
            let encoded = |text| utf8_percent_encode(text, UNRESERVED);
            format!("{scheme}://{}:{}@{rest}", encoded(user), encoded(password))
        }
        _ => url.to_owned(),
    }
}

fn show(info: &EnvironmentInfo, output: &Output) {
    let content_info = &info.content;
    output.facts(
        info,
        &[
            ("environment", format!("{}.{}", info.site, info.environment)),
            ("address", info.url.clone()),
            ("initialized", info.initialized.to_string()),
            ("code", code(info)),
            ("deployable", count(info.code.deployable, "commit")),
            ("orphans", count(info.code.orphans, "commit")),
            ("uncommitted", count(info.code.uncommitted, "file")),
            ("content", content(info)),
            (
                "database",
                format!(
                    "{}, {}, {}",
                    count(content_info.database.tables, "table"),
                    rows(content_info.database.rows, content_info.database.estimated),
                    human_bytes(content_info.database.bytes)
                ),
            ),
            (
                "files",
                format!(
                    "{}, {}",
                    count(content_info.files.count, "file"),
                    human_bytes(content_info.files.bytes)
                ),
            ),
            ("mode", mode(info)),
            ("locked", info.locked.to_string()),
            ("folder", info.code_folder.clone()),
            ("note", info.note.clone().unwrap_or_default()),
            ("broken", broken(&info.damage)),
        ],
    );
}

fn code(info: &EnvironmentInfo) -> String {
    let code = &info.code;
    let Some(commit) = &code.commit else { return String::new() };
    let short = &commit[..7.min(commit.len())];
    let at = code.tag.as_deref().or(code.branch.as_deref()).unwrap_or_default();
    format!("{at} {short} {}", code.message.as_deref().unwrap_or_default()).trim().to_owned()
}

fn content(info: &EnvironmentInfo) -> String {
    match (&info.content.origin, info.content.origin_at) {
        (Some(origin), Some(at)) => format!("{}, {at}", origin.in_words()),
        _ => String::new(),
    }
}

fn mode(info: &EnvironmentInfo) -> String {
    match info.connection_mode {
        Some(ConnectionMode::Sftp) => "sftp".into(),
        Some(ConnectionMode::Git) => "git".into(),
        None => String::new(),
    }
}

fn deploy_plan(wanted: Deploy, output: &Output) -> Result<()> {
    let question = ask::DeployPlan { environment: wanted.environment, from: wanted.from };
    let plan = crate::open()?.ask(question)?;
    if output.is_json() {
        output.facts(&plan, &[]);
        return Ok(());
    }
    output.facts(
        &plan,
        &[
            ("deploy to", plan.environment.to_string()),
            ("from", plan.from.to_string()),
            ("tag", plan.tag.clone()),
            ("commits", plan.deployable.to_string()),
            ("commits that it would lose", plan.dropped.to_string()),
            ("uncommitted files that stay behind", plan.uncommitted.to_string()),
        ],
    );
    for it in &plan.warnings {
        print("");
        print(&format!("{}. {}", it.message, it.hint));
    }
    print("");
    commits(&plan.commits, output);
    if !plan.updates.is_empty() {
        print("");
        updates(&plan.updates, output);
    }
    Ok(())
}

fn updates(updates: &[PendingUpdate], output: &Output) {
    output.table(&["Database updates of", "Update", "What it does"], updates, |it| {
        [it.module.clone(), it.update.clone(), it.description.clone()]
    });
}

/// What a clone would do.
fn clone_plan(clone: &CloneContent, output: &Output) -> Result<()> {
    let question = ask::ClonePlan { request: Box::new(clone.clone()) };
    let plan = crate::open()?.ask(question)?;
    if output.is_json() {
        output.facts(&plan, &[]);
        return Ok(());
    }
    let excluded: Vec<String> = plan
        .excluded
        .iter()
        .map(|it| format!("{} ({})", it.table, rows(it.rows, it.estimated)))
        .collect();
    let size = |database: Option<DatabaseInfo>, files: Option<FilesInfo>| {
        let database = database.map(|it| {
            let (tables, rows) = (count(it.tables, "table"), rows(it.rows, it.estimated));
            format!("{tables} with {rows} ({})", human_bytes(it.bytes))
        });
        let files =
            files.map(|it| format!("{} ({})", count(it.count, "file"), human_bytes(it.bytes)));
        database.into_iter().chain(files).collect::<Vec<_>>().join(", ")
    };
    let replaces =
        (plan.database.map(|_| plan.replaces.database), plan.files.map(|_| plan.replaces.files));
    output.facts(
        &plan,
        &[
            ("copies", format!("{}: {}", plan.from, size(plan.database, plan.files))),
            ("replaces", format!("{}: {}", plan.to, size(replaces.0, replaces.1))),
            ("leaves out the rows of", excluded.join(", ")),
            ("converts", pairs(&plan.pairs)),
            ("disk", disk(&plan.effort, "at most")),
            ("time", time(&plan.effort)),
        ],
    );
    Ok(())
}

fn deploys(environment: Address, output: &Output) -> Result<()> {
    let rows = crate::open()?.ask(ask::Deploys { environment })?;
    output.table(&["Tag", "Date", "Commit", "Message", "Current"], &rows, |it| {
        let words = if it.message.is_empty() { &it.commit.subject } else { &it.message };
        [
            it.tag.clone(),
            it.date.to_string(),
            it.commit.commit.chars().take(7).collect(),
            words.clone(),
            it.current.to_string(),
        ]
    });
    Ok(())
}

fn changed(
    session: &Session,
    environment: &Address,
    commit: Option<&String>,
) -> Result<Vec<FileChange>> {
    let environment = environment.clone();
    let Some(commit) = commit.cloned() else {
        return session.ask(ask::Diffstat { environment });
    };
    let question = ask::Commit { site: environment.site, commit };
    Ok(session.ask(question)?.files)
}

/// "https://a → http://b, …"
pub(crate) fn pairs(pairs: &[Replacement]) -> String {
    let pairs = pairs.iter().map(|it| format!("{} → {}", it.old, it.new));
    pairs.collect::<Vec<_>>().join(", ")
}

pub(crate) fn disk(effort: &Effort, how: &str) -> String {
    format!("{} needed {how}, {} free", human_bytes(effort.needed), human_bytes(effort.free))
}

pub(crate) fn time(effort: &Effort) -> String {
    match effort.about_s {
        Some(seconds) => format!("about {seconds} s, as it took before"),
        None => "not known before it was done once".into(),
    }
}

fn moment(at: Option<&impl ToString>) -> String {
    at.map_or_else(|| "never".into(), ToString::to_string)
}

fn compare(from: Address, to: EnvironmentName, output: &Output) -> Result<()> {
    let found = crate::open()?.ask(ask::CompareContent { from, to })?;
    if output.is_json() {
        output.facts(&found, &[]);
        return Ok(());
    }
    let entries = found.entries.as_ref().map(|it| {
        let (from, to) = (moment(it.newest_from.as_ref()), moment(it.newest_to.as_ref()));
        format!("{} newer {}; changed last {from}, in {} {to}", it.newer, it.what, found.to)
    });
    let files = |it: &FilesSeen| {
        let newest = moment(it.newest.as_ref());
        format!("{} ({}), newest {newest}", count(it.count, "file"), human_bytes(it.bytes))
    };
    output.facts(
        &found,
        &[
            ("content", entries.unwrap_or_default()),
            ("files", format!("{}: {}", found.from, files(&found.files_from))),
            ("", format!("{}: {}", found.to, files(&found.files_to))),
        ],
    );
    print("");
    let (from, to) = (found.from.to_string(), found.to.to_string());
    output.table(&["Table that differs", &from, &to], &found.tables, |it| {
        let rows = |number: Option<u64>| {
            number.map_or("no table".into(), |number| rows(number, it.estimated))
        };
        [it.table.clone(), rows(it.rows_from), rows(it.rows_to)]
    });
    Ok(())
}

fn diffstat(environment: Address, commit: Option<String>, output: &Output) -> Result<()> {
    let changes = changed(&crate::open()?, &environment, commit.as_ref())?;
    output.table(&["File", "Status", "Deletions", "Additions"], &changes, |it| {
        let status = match it.status {
            FileStatus::Added => "A",
            FileStatus::Modified => "M",
            FileStatus::Deleted => "D",
        };
        [it.file.clone(), status.into(), it.deletions.to_string(), it.additions.to_string()]
    });
    Ok(())
}

fn diff(environment: &Address, file: Option<String>, commit: Option<String>) -> Result<()> {
    let session = crate::open()?;
    let files = match file {
        Some(file) => vec![file],
        None => {
            let changes = changed(&session, environment, commit.as_ref())?;
            changes.into_iter().map(|it| it.file).collect()
        }
    };
    for file in files {
        let difference = match &commit {
            Some(commit) => {
                let (site, commit) = (environment.site.clone(), commit.clone());
                session.ask(ask::CommitDiff { site, commit, file })
            }
            None => session.ask(ask::Diff { environment: environment.clone(), file }),
        };
        print(difference?.trim_end());
    }
    Ok(())
}

pub(crate) fn commits(commits: &[CommitRow], output: &Output) {
    output.table(&["Commit", "Date", "Author", "Message", "Labels"], commits, |it| {
        let labels: Vec<String> = it.labels.iter().map(ToString::to_string).collect();
        [
            it.commit.chars().take(7).collect(),
            it.date.to_string(),
            it.author.clone(),
            it.subject.clone(),
            labels.join(", "),
        ]
    });
}

/// `connection:…`
pub(crate) fn connection(command: ConnectionCommand, output: &Output) -> Result<()> {
    let environment = match command {
        ConnectionCommand::Set(wanted) => {
            return workflow::run(&Request::SetConnection(wanted), output);
        }
        ConnectionCommand::Info { environment } => environment,
    };
    let found = crate::open()?.ask(ask::Connection { environment })?;
    let mode = match found.connection_mode {
        Some(ConnectionMode::Sftp) => "sftp",
        Some(ConnectionMode::Git) => "git",
        None => "",
    };
    let database = found.database.as_ref();
    output.facts(
        &found,
        &[
            ("git", found.git_command.clone()),
            ("code", found.code_folder.clone()),
            ("files", found.files_folder.clone()),
            ("mode", mode.to_owned()),
            ("address", found.url.clone()),
            ("database", database.map(|it| it.command.clone()).unwrap_or_default()),
        ],
    );
    Ok(())
}

/// What is broken of an environment, and the way back.
fn broken(damage: &[Damage]) -> String {
    let told = damage.iter().map(|it| format!("{} ({})", it.message, it.action));
    told.collect::<Vec<_>>().join("; ")
}
