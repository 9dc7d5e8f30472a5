//! `env:…` and `connection:…`
use portico_core::{
    Error, Result, Session,
    model::{
        Address, ConnectionMode, EnvironmentName, LockInfo, count, human_bytes,
        request::{CloneContent, Query, Request},
        view::{
            Board, CommitRow, DeployPlan, EnvironmentInfo, FileChange, FileStatus, PendingUpdate,
        },
    },
};

use crate::{
    arguments::{ConnectionCommand, EnvCommand},
    output::{Output, print},
    report,
    workflow::{self, confirmation},
};

pub(crate) fn run(command: EnvCommand, output: &Output) -> Result<()> {
    match command {
        EnvCommand::List { site } => {
            let board: Board = crate::open()?.query(&Query::Board { site })?;
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
        EnvCommand::Info { environment } => {
            let info: EnvironmentInfo =
                crate::open()?.query(&Query::Environment { environment })?;
            show(&info, output);
            Ok(())
        }
        EnvCommand::View { environment, print } => view(&environment, print),
        EnvCommand::Deploy(it) if it.dry_run => deploy_plan(it.deploy.environment, output),
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
        EnvCommand::BringToDev(wanted) => workflow::run(&Request::BringToDev(wanted), output),
        EnvCommand::Orphans { environment } => {
            let query = Query::Orphans { environment };
            commits(&crate::open()?.query::<Vec<CommitRow>>(&query)?, output);
            Ok(())
        }
        EnvCommand::Diffstat { environment } => diffstat(environment, output),
        EnvCommand::Diff { environment, file } => diff(&environment, file),
        command @ (EnvCommand::Status { .. }
        | EnvCommand::Smoke(_)
        | EnvCommand::Hooks { .. }
        | EnvCommand::RunHooks(_)) => report::run(command, output),
        EnvCommand::CodeLog { environment, limit } => {
            let query = Query::CodeLog { environment, limit };
            commits(&crate::open()?.query::<Vec<CommitRow>>(&query)?, output);
            Ok(())
        }
    }
}

fn view(environment: &Address, print_only: bool) -> Result<()> {
    let query = Query::Environment { environment: environment.clone() };
    let session = crate::open()?;
    let info: EnvironmentInfo = session.query(&query)?;
    let lock: LockInfo = session.query(&Query::Lock { environment: environment.clone() })?;
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

/// The address of a locked environment with the lock's name and password in it, as Terminus opens it.
fn with_credentials(url: &str, lock: &LockInfo) -> String {
    let encoded = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        text.bytes()
            .map(|byte| match plain(byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect()
    };
    match (url.split_once("://"), &lock.username, &lock.password) {
        (Some((scheme, rest)), Some(user), Some(password)) => {
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
                    count(content_info.database.rows, "row"),
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

fn deploy_plan(environment: Address, output: &Output) -> Result<()> {
    let plan: DeployPlan = crate::open()?.query(&Query::DeployPlan { environment })?;
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

/// What a clone would replace, and by what.
fn clone_plan(clone: &CloneContent, output: &Output) -> Result<()> {
    let session = crate::open()?;
    let ask = |session: &Session, environment: Address| {
        session.query::<EnvironmentInfo>(&Query::Environment { environment })
    };
    let from = ask(&session, clone.from.clone())?;
    let to = ask(&session, Address::new(&clone.from.site, &clone.to))?;
    let size = |info: &EnvironmentInfo| {
        let (database, files) = (&info.content.database, &info.content.files);
        format!(
            "{} with {} ({}), {} ({})",
            count(database.tables, "table"),
            count(database.rows, "row"),
            human_bytes(database.bytes),
            count(files.count, "file"),
            human_bytes(files.bytes)
        )
    };
    let plan = serde_json::json!({
        "from": from.content, "to": to.content, "from_url": from.url, "to_url": to.url,
    });
    output.facts(
        &plan,
        &[
            ("copies", format!("{}: {}", from.environment, size(&from))),
            ("replaces", format!("{}: {}", to.environment, size(&to))),
            ("addresses", format!("{} → {}", from.url, to.url)),
        ],
    );
    Ok(())
}

fn diffstat(environment: Address, output: &Output) -> Result<()> {
    let changes: Vec<FileChange> = crate::open()?.query(&Query::Diffstat { environment })?;
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

fn diff(environment: &Address, file: Option<String>) -> Result<()> {
    let session = crate::open()?;
    let files = match file {
        Some(file) => vec![file],
        None => {
            let query = Query::Diffstat { environment: environment.clone() };
            let changes: Vec<FileChange> = session.query(&query)?;
            changes.into_iter().map(|it| it.file).collect()
        }
    };
    for file in files {
        let query = Query::Diff { environment: environment.clone(), file };
        print(session.query::<String>(&query)?.trim_end());
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
    let session = crate::open()?;
    let board: Board = session.query(&Query::Board { site: environment.site.clone() })?;
    let info: EnvironmentInfo = session.query(&Query::Environment { environment })?;
    let value = serde_json::json!({
        "git_command": format!("git clone {}", board.repository),
        "code_folder": info.code_folder, "files_folder": info.files_folder,
        "connection_mode": info.connection_mode, "url": info.url,
    });
    output.facts(
        &value,
        &[
            ("git", format!("git clone {}", board.repository)),
            ("code", info.code_folder.clone()),
            ("files", info.files_folder.clone()),
            ("mode", mode(&info)),
            ("address", info.url.clone()),
        ],
    );
    Ok(())
}
