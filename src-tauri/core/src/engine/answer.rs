//! Answers questions: what the shells show.
use serde_json::value::RawValue;

use super::{branches, commits, connection, operate};

use crate::{
    cms, code,
    content::{database, files},
    error::{Code, Error, Result},
    model::{
        Address, CodePointer, Damage, Environment, EnvironmentName, Measured, Site, SiteName,
        request::Query,
        view::{
            Board, CodeInfo, CodeWarning, ContentInfo, DatabaseInfo, DeployPlan, EnvironmentInfo,
            FilesInfo, Health, Problem, SiteCard, SiteRow, Status, WorkflowRow,
        },
    },
    progress::{Cancel, Meter, Report},
    workflow::{self, Context, damage, keeping::bounds, running},
};

/// Workflows that the board shows.
const ON_THE_BOARD: u32 = 20;
/// Workflows that a list shows.
const IN_A_LIST: u32 = 500;

/// What there is to say of the owner's start.
pub(super) struct Start<'a> {
    pub(super) healed: &'a [WorkflowRow],
    pub(super) problems: &'a [Problem],
    pub(super) told: Vec<String>,
}

/// Answers a question with what its documentation says.
#[expect(clippy::too_many_lines, reason = "one list, an arm a question")]
pub(super) fn answer(context: &Context, start: &Start<'_>, query: &Query) -> Result<Box<RawValue>> {
    match query {
        Query::Sites => json(sites(context)?),
        Query::SiteCards => json(code::kept_open(|| site_cards(context))?),
        Query::Board { site } => json(code::kept_open(|| board(context, site))?),
        Query::Environment { environment } => json(environment_measured(context, environment)?),
        Query::CodeLog { environment, limit } => json(commits::log(context, environment, *limit)?),
        Query::Diffstat { environment } => {
            json(code::changes(&writable_folder(context, environment)?)?)
        }
        Query::Diff { environment, file } => {
            json(code::diff(&writable_folder(context, environment)?, file)?)
        }
        Query::DeployPlan { environment, from } => {
            json(deploy_plan(context, environment, from.as_ref())?)
        }
        Query::Multidevs { site } => json(branches::multidevs(context, site)?),
        Query::Branches { site } => json(branches::branches(context, site)?),
        Query::Upstream { site } => json(workflow::upstream::shown(context, site)?),
        Query::UpstreamUpdates { environment, check } => {
            let (cancel, report) = (Cancel::default(), |_: Report| {});
            let meter = Meter::new(&cancel, &report);
            json(workflow::upstream::status(context, environment, *check, meter)?)
        }
        Query::Orphans { environment } => json(workflow::orphans(context, environment)?),
        Query::Commit { site, commit } => json(commits::in_full(context, site, commit)?),
        Query::CommitDiff { site, commit, file } => {
            json(commits::diff(context, site, commit, file)?)
        }
        Query::Deploys { environment } => json(commits::deploys(context, environment)?),
        Query::MergePlan { request } => json(workflow::merge_plan(context, request)?),
        Query::Connection { environment } => json(connection::connection(context, environment)?),
        Query::Hooks { environment } => json(workflow::hooks(context, environment)?),
        Query::LaunchCheck { environment, run: false } => {
            json(workflow::last_launch_check(context, environment)?)
        }
        Query::LaunchCheck { environment, run: true } => {
            let (cancel, report) = (Cancel::default(), |_: Report| {});
            json(workflow::launch_check(context, environment, Meter::new(&cancel, &report))?)
        }
        Query::SmokeReport { environment } => {
            json(workflow::last_smoke_test(context, environment)?)
        }
        Query::Configuration { environment } => {
            let (cancel, report) = (Cancel::default(), |_: Report| {});
            json(workflow::configuration(context, environment, Meter::new(&cancel, &report))?)
        }
        Query::RepairPlan { site } => {
            let (cancel, report) = (Cancel::default(), |_: Report| {});
            json(workflow::repair_plan(context, site, Meter::new(&cancel, &report))?)
        }
        Query::Workflows { site } => json(workflows(context, site.as_ref(), IN_A_LIST)?),
        Query::WorkflowLog { id } => json(workflow_log(context, *id)?),
        Query::Lock { environment } => json(operate::lock(context, environment)?),
        Query::Log { environment, kind, lines, since } => {
            json(operate::log(context, environment, *kind, *lines, since.as_deref())?)
        }
        Query::Mail { environment } => json(workflow::operate::mail(context, environment)?),
        Query::MailMessage { environment, id } => json(operate::message(context, environment, id)?),
        Query::MailPart { environment, id, attachment, to } => {
            json(operate::mail_part(context, environment, id, *attachment, to.as_deref())?)
        }
        Query::Cron { environment } => json(workflow::cron::info(context, environment)?),
        Query::Doctor => json(super::doctor(&context.layout)),
        Query::Status => json(status(context, start)?),
        Query::Command { request } => json(request.command_line()),
        Query::Generations { environment, disk } => {
            json(workflow::generations::list(context, environment, *disk)?)
        }
        Query::SearchReplacePlan { request } => {
            json(workflow::search_replace::dry_run(context, request)?)
        }
        Query::ClonePlan { request } => json(workflow::clone_plan::plan(context, request)?),
        Query::ImportPlan { request } => json(workflow::import_plan::plan(context, request)?),
        Query::CompareContent { from, to } => json(workflow::compare::compare(context, from, to)?),
        Query::CloneProfile { site } => json(workflow::clone_profile::of(context, site)?),
        Query::KeepRule { site } => json(workflow::keep_rule::of(context, site)?),
        Query::Allowed { site } => json(workflow::reach::allowed(context, site)?),
        Query::KeepPlan { request } => json(workflow::free::plan_of_rule(context, request)?),
        Query::FreePlan { request } => json(workflow::free::preview(context, request)?),
        Query::Disk { site } => json(workflow::disk::report(context, site.as_ref())?),
        Query::Inspect { paths, environment } => {
            json(workflow::inspect::inspect(context, paths, environment.as_ref())?)
        }
    }
}

/// The answer as it goes to whoever asks; a list may be long, so it is written once.
fn json(value: impl serde::Serialize) -> Result<Box<RawValue>> {
    Ok(serde_json::value::to_raw_value(&value).expect("answers serialise"))
}

fn sites(context: &Context) -> Result<Vec<SiteRow>> {
    Ok(context.store.sites()?.into_iter().map(site_row).collect())
}

fn site_row(site: Site) -> SiteRow {
    SiteRow { name: site.name, label: site.label, cms: site.cms, created: site.created }
}

fn site_cards(context: &Context) -> Result<Vec<SiteCard>> {
    context.store.sites()?.into_iter().map(|site| site_card(context, site)).collect()
}

fn site_card(context: &Context, site: Site) -> Result<SiteCard> {
    let environments = context.store.environments(&site.name)?;
    let released = || environments.iter().filter(|it| !it.name.is_writable());
    // What of the code can't be read is told as damage: the list goes on.
    let waiting = released().map(|it| code_waiting(context, it).unwrap_or(0));
    let deployable = waiting.sum();
    let deployed = released().next().is_some();
    let upstream = workflow::upstream::waiting(context, &site).unwrap_or(None);
    Ok(SiteCard {
        damage: first_damage(context, &site, &environments)?,
        upstream_updates: upstream.unwrap_or(0),
        cms_version: cms_version(context, &site),
        busy: context.is_busy(&site.name),
        name: site.name,
        label: site.label,
        cms: site.cms,
        deployable,
        deployed,
    })
}

/// The first thing that is broken of a site, in one line.
fn first_damage(
    context: &Context,
    site: &Site,
    environments: &[Environment],
) -> Result<Option<String>> {
    let named = |name: &EnvironmentName, message: &str| format!("{}: {message}", name.title());
    let unreadable = context.store.unreadable_environments(&site.name)?;
    if let Some((name, _)) = unreadable.first() {
        return Ok(Some(named(name, "what portico.db says of it can't be read")));
    }
    if let Some(damage) = damage::of_site(context, site).first() {
        return Ok(Some(damage.message.clone()));
    }
    let mut all = environments.iter().flat_map(|it| damage::of(context, site, it));
    Ok(all.next().map(|it| match &it.environment {
        Some(name) => named(name, &it.message),
        None => it.message,
    }))
}

/// The version that Dev's code says; none while the person has it in pieces.
fn cms_version(context: &Context, site: &Site) -> Option<String> {
    let dev = Address::new(&site.name, &EnvironmentName::Dev);
    cms::detect(&context.layout.code(&dev)).ok().and_then(|detected| detected.version)
}

fn board(context: &Context, name: &SiteName) -> Result<Board> {
    let site = context.store.site(name)?;
    let fixed = [EnvironmentName::Dev, EnvironmentName::Test, EnvironmentName::Live];
    let known = context.store.environments(name)?;
    let unreadable = context.store.unreadable_environments(name)?;
    let others = known.iter().map(|it| &it.name).chain(unreadable.iter().map(|(name, _)| name));
    let mut others: Vec<_> = others.filter(|it| !fixed.contains(it)).cloned().collect();
    others.sort();
    let mut environments = Vec::new();
    for wanted in fixed.into_iter().chain(others) {
        environments.push(match known.iter().find(|it| it.name == wanted) {
            Some(found) => environment(context, &site, found)?,
            None => without_row(context, &site, &Address::new(name, &wanted), &unreadable)?,
        });
    }
    Ok(Board {
        damage: damage::of_site(context, &site),
        cms_version: cms_version(context, &site),
        upstream_updates: workflow::upstream::waiting(context, &site).unwrap_or(None),
        repository: context.layout.repository(name).display().to_string(),
        environments,
        workflows: workflows(context, Some(name), ON_THE_BOARD)?,
        site: site_row(site),
    })
}

/// `env:info`: measures the content anew.
fn environment_measured(context: &Context, address: &Address) -> Result<EnvironmentInfo> {
    let site = context.store.site(&address.site)?;
    let unreadable = context.store.unreadable_environments(&address.site)?;
    let is_unreadable = unreadable.iter().any(|(name, _)| *name == address.environment);
    let known = if is_unreadable { None } else { context.store.find_environment(address)? };
    let Some(found) = known else {
        let is_multidev = matches!(address.environment, EnvironmentName::Multidev(_));
        return match is_multidev && !is_unreadable {
            true => Err(Error::not_found("environment", address)),
            false => without_row(context, &site, address, &unreadable),
        };
    };
    if damage::of(context, &site, &found).iter().any(|it| it.stops) {
        // What is broken can't be measured.
        return environment(context, &site, &found);
    }
    let opened = running::open_database(context, &site, &found, found.generation)?;
    let empty = DatabaseInfo::empty(site.engine);
    let database = opened.database.as_ref().map(database::measure).transpose()?.unwrap_or(empty);
    let folder = context.layout.generation_files(address, found.generation);
    // Who asks about one environment wants to know it as it is at this moment.
    context.counts.forget();
    let measured = Measured { database, files: files::measure(&running::resolved(&folder)?)? };
    context.store.set_measured(address, found.generation, &measured)?;
    environment(context, &site, &found)
}

fn environment(context: &Context, site: &Site, it: &Environment) -> Result<EnvironmentInfo> {
    let address = Address::new(&site.name, &it.name);
    let mut damage = damage::of(context, site, it);
    let code = code_info(context, site, it).unwrap_or_else(|error| {
        if damage.is_empty() {
            damage.push(damage::of_repository(site, Some(&it.name), &error));
        }
        known_code(it)
    });
    let stopped = damage.iter().find(|it| it.stops).map(Damage::error);
    let fatal_errors = match code.date {
        Some(date) => context.fatals.since(&context.layout.environment_logs(&address), date)?,
        None => 0,
    };
    Ok(EnvironmentInfo {
        fatal_errors,
        site: site.name.clone(),
        environment: it.name.clone(),
        url: context.url(&address),
        initialized: true,
        connection_mode: it.connection_mode,
        locked: it.lock.is_some(),
        note: running::php_note(context, site, &running::code_folder(context, it))
            .or_else(|| code.warnings.first().map(in_words)),
        code,
        content: workflow::content_info(context, site, it)?,
        health: match stopped {
            Some(error) => Health::Broken { error },
            None => context.front().health(&address),
        },
        // It was of a commit that can't be read now.
        config_differences: workflow::last_difference(context, it).unwrap_or(None),
        damage,
        code_folder: context.layout.code(&address).display().to_string(),
        files_folder: context.layout.files(&address).display().to_string(),
    })
}

/// What the pointer alone tells of the code, where the repository can't be read.
fn known_code(it: &Environment) -> CodeInfo {
    match &it.code {
        CodePointer::Branch { branch } => {
            CodeInfo { branch: Some(branch.clone()), ..CodeInfo::default() }
        }
        CodePointer::Release { tag, commit, .. } => {
            CodeInfo { tag: Some(tag.clone()), commit: Some(commit.clone()), ..CodeInfo::default() }
        }
    }
}

/// An environment of which portico.db says nothing: one that can't be read, or one that does not exist yet.
fn without_row(
    context: &Context,
    site: &Site,
    address: &Address,
    unreadable: &[(EnvironmentName, Error)],
) -> Result<EnvironmentInfo> {
    let found = unreadable.iter().find(|(name, _)| *name == address.environment);
    let damage = match found {
        Some((_, error)) => damage::of_row(address, error),
        None if address.environment == EnvironmentName::Dev => damage::of_missing_row(address),
        None => return uninitialized(context, site, address),
    };
    Ok(EnvironmentInfo {
        initialized: true,
        health: Health::Broken { error: damage.error() },
        damage: vec![damage],
        ..blank(context, site, address, 0)
    })
}

fn in_words(warning: &CodeWarning) -> String {
    format!("{}. {}", warning.message, warning.hint).trim_end().to_owned()
}

fn uninitialized(context: &Context, site: &Site, address: &Address) -> Result<EnvironmentInfo> {
    let parent = address.environment.parent().expect("Dev is always initialised");
    // A parent that can't be read says so itself.
    let waits = || -> Result<u64> {
        let parent = context.store.find_environment(&Address::new(&site.name, &parent))?;
        let Some(parent) = parent else { return Ok(0) };
        let commit = context.commit_of(&parent)?;
        workflow::waiting(&context.repository(&site.name), &commit, None)
    };
    Ok(blank(context, site, address, waits().unwrap_or(0)))
}

/// An environment with nothing in it.
fn blank(context: &Context, site: &Site, address: &Address, deployable: u64) -> EnvironmentInfo {
    EnvironmentInfo {
        fatal_errors: 0,
        site: site.name.clone(),
        environment: address.environment.clone(),
        url: context.url(address),
        initialized: false,
        connection_mode: None,
        locked: false,
        code: CodeInfo { deployable, ..CodeInfo::default() },
        content: ContentInfo {
            generation: 0,
            origin: None,
            origin_at: None,
            database: DatabaseInfo::empty(site.engine),
            files: FilesInfo::default(),
        },
        health: Health::Asleep,
        config_differences: None,
        damage: Vec::new(),
        note: None,
        code_folder: context.layout.code(address).display().to_string(),
        files_folder: context.layout.files(address).display().to_string(),
    }
}

fn code_info(context: &Context, site: &Site, it: &Environment) -> Result<CodeInfo> {
    let repository = context.repository(&it.site);
    match &it.code {
        CodePointer::Branch { branch } => {
            let head = repository.head(branch)?;
            let commit = repository.commit(&head)?;
            let warnings = workflow::warnings(context, site, &commit.commit)?;
            Ok(CodeInfo {
                warnings,
                commit: Some(commit.commit),
                tag: None,
                branch: Some(branch.clone()),
                message: Some(commit.subject),
                author: Some(commit.author),
                date: Some(commit.date),
                deployable: 0,
                orphans: 0,
                uncommitted: context.counts.count(&running::code_folder(context, it), &head)?,
            })
        }
        CodePointer::Release { tag, commit, .. } => {
            let tags = repository.deploy_tags(it.name.as_str())?;
            let deployed = tags.into_iter().find(|it| it.name == *tag);
            Ok(CodeInfo {
                commit: Some(commit.clone()),
                tag: Some(tag.clone()),
                branch: None,
                message: deployed.as_ref().map(|it| it.message.trim().to_owned()),
                author: Some(repository.commit(commit)?.author),
                date: deployed.map(|it| it.date),
                deployable: code_waiting(context, it)?,
                orphans: workflow::orphans(context, &Address::new(&it.site, &it.name))?.len()
                    as u64,
                warnings: workflow::warnings(context, site, commit)?,
                uncommitted: 0,
            })
        }
    }
}

/// How many commits the parent has and the environment lacks.
fn code_waiting(context: &Context, it: &Environment) -> Result<u64> {
    let Some(parent) = it.name.parent() else { return Ok(0) };
    let parent = context.store.find_environment(&Address::new(&it.site, &parent))?;
    let Some(parent) = parent else { return Ok(0) };
    let (has, lacks) = (context.commit_of(&parent)?, context.commit_of(it)?);
    workflow::waiting(&context.repository(&it.site), &has, Some(&lacks))
}

fn writable_folder(context: &Context, address: &Address) -> Result<std::path::PathBuf> {
    let environment = context.store.environment(address)?;
    match environment.code {
        CodePointer::Branch { .. } => Ok(running::code_folder(context, &environment)),
        CodePointer::Release { .. } => {
            Err(Error::refused(format!("code can't be changed on {address}"))
                .hint("Only Dev and multidev environments have uncommitted changes."))
        }
    }
}

fn deploy_plan(
    context: &Context,
    address: &Address,
    from: Option<&EnvironmentName>,
) -> Result<DeployPlan> {
    let mut plan = workflow::deploy_plan(context, address, from)?;
    let live = Address::new(&address.site, &EnvironmentName::Live);
    if address.environment == EnvironmentName::Test
        && let Some(found) = context.store.find_environment(&live)?
    {
        let site = context.store.site(&address.site)?;
        plan.content = Some(environment(context, &site, &found)?.content);
    }
    Ok(plan)
}

fn workflows(context: &Context, site: Option<&SiteName>, limit: u32) -> Result<Vec<WorkflowRow>> {
    let all = context.store.workflows(site, limit)?;
    all.iter().map(|it| context.workflow_row(it)).collect()
}

fn workflow_log(context: &Context, id: i64) -> Result<String> {
    context.store.workflow(id)?;
    let path = context.layout.workflow_log(id);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::new(
            Code::NotFound,
            format!("the log of workflow {id} is not kept any more"),
        )
        .hint(format!(
            "Logs are kept for {} days, and those of the newest {} workflows.",
            bounds::LOGS_KEPT.as_secs() / 86_400,
            bounds::NEWEST_LOGS
        ))),
        Err(error) => Err(Error::failed(format!("read {}", path.display())).because(error)),
    }
}

fn status(context: &Context, start: &Start<'_>) -> Result<Status> {
    let unwritten = context.store.unwritten().into_iter();
    let unwritten = unwritten.map(|(site, error)| Problem { site, environment: None, error });
    Ok(Status {
        root: context.layout.root().display().to_string(),
        port: context.front().address().port(),
        free: files::free_bytes(context.layout.root())?,
        processes: context.runtime.processes(),
        healed: start.healed.to_vec(),
        problems: start.problems.iter().cloned().chain(unwritten).collect(),
        told: start.told.clone(),
        unknown_sites: context.store.unknown_sites()?,
    })
}
