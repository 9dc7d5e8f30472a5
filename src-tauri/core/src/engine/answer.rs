//! Answers questions: what the shells show.
use serde_json::value::RawValue;

use super::{board, branches, commits, connection, operate};

use crate::{
    code,
    content::files,
    error::{Code, Error, Result},
    model::{
        Address, CodePointer, EnvironmentName, SiteName,
        request::{Ask, Query, ask, for_question},
        view::{DeployPlan, Problem, Status, WorkflowRow},
    },
    progress::{Cancel, Meter, Report},
    workflow::{self, Context, keeping::bounds, running},
};

/// Workflows that a list shows.
const IN_A_LIST: u32 = 500;

/// What there is to say of the owner's start.
pub(super) struct Start<'a> {
    pub(super) healed: &'a [WorkflowRow],
    pub(super) problems: &'a [Problem],
    pub(super) told: Vec<String>,
}

/// How a question is answered.
pub(super) trait Answer: Ask {
    fn answer(&self, asked: &Asked<'_>) -> Result<Self::Answer>;
}

/// What there is to answer from.
pub(super) struct Asked<'a> {
    pub(super) context: &'a Context,
    pub(super) start: &'a Start<'a>,
}

/// Answers a question with what its [`Ask`] says.
pub(super) fn answer(context: &Context, start: &Start<'_>, query: &Query) -> Result<Box<RawValue>> {
    let asked = Asked { context, start };
    for_question!(query.clone(), it => json(it.answer(&asked)?))
}

impl Answer for ask::Sites {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        board::sites(context)
    }
}

impl Answer for ask::SiteCards {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        code::kept_open(|| board::site_cards(context))
    }
}

impl Answer for ask::Board {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        code::kept_open(|| board::board(context, site))
    }
}

impl Answer for ask::Environment {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        board::environment_measured(context, environment)
    }
}

impl Answer for ask::CodeLog {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, limit } = self;
        commits::log(context, environment, *limit)
    }
}

impl Answer for ask::Diffstat {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        code::changes(&writable_folder(context, environment)?)
    }
}

impl Answer for ask::Diff {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, file } = self;
        code::diff(&writable_folder(context, environment)?, file)
    }
}

impl Answer for ask::DeployPlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, from } = self;
        deploy_plan(context, environment, from.as_ref())
    }
}

impl Answer for ask::Multidevs {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        branches::multidevs(context, site)
    }
}

impl Answer for ask::Branches {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        branches::branches(context, site)
    }
}

impl Answer for ask::Upstream {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        workflow::upstream::shown(context, site)
    }
}

impl Answer for ask::UpstreamUpdates {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, check } = self;
        let (cancel, report) = (Cancel::default(), |_: Report| {});
        let meter = Meter::new(&cancel, &report);
        workflow::upstream::status(context, environment, *check, meter)
    }
}

impl Answer for ask::Orphans {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        workflow::orphans(context, environment)
    }
}

impl Answer for ask::Commit {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site, commit } = self;
        commits::in_full(context, site, commit)
    }
}

impl Answer for ask::CommitDiff {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site, commit, file } = self;
        commits::diff(context, site, commit, file)
    }
}

impl Answer for ask::Deploys {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        commits::deploys(context, environment)
    }
}

impl Answer for ask::MergePlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { request } = self;
        workflow::merge_plan(context, request)
    }
}

impl Answer for ask::Connection {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        connection::connection(context, environment)
    }
}

impl Answer for ask::Hooks {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        workflow::hooks(context, environment)
    }
}

impl Answer for ask::LaunchCheck {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, run } = self;
        if !run {
            return workflow::last_launch_check(context, environment);
        }
        let (cancel, report) = (Cancel::default(), |_: Report| {});
        workflow::launch_check(context, environment, Meter::new(&cancel, &report)).map(Some)
    }
}

impl Answer for ask::SmokeReport {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        workflow::last_smoke_test(context, environment)
    }
}

impl Answer for ask::Configuration {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        let (cancel, report) = (Cancel::default(), |_: Report| {});
        workflow::configuration(context, environment, Meter::new(&cancel, &report))
    }
}

impl Answer for ask::RepairPlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        let (cancel, report) = (Cancel::default(), |_: Report| {});
        workflow::repair_plan(context, site, Meter::new(&cancel, &report))
    }
}

impl Answer for ask::Workflows {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        workflows(context, site.as_ref(), IN_A_LIST)
    }
}

impl Answer for ask::WorkflowLog {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { id } = self;
        workflow_log(context, *id)
    }
}

impl Answer for ask::Lock {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        operate::lock(context, environment)
    }
}

impl Answer for ask::Log {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, kind, lines, since } = self;
        operate::log(context, environment, *kind, *lines, since.as_deref())
    }
}

impl Answer for ask::Mail {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        workflow::operate::mail(context, environment)
    }
}

impl Answer for ask::MailMessage {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, id } = self;
        operate::message(context, environment, id)
    }
}

impl Answer for ask::MailPart {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, id, attachment, to } = self;
        operate::mail_part(context, environment, id, *attachment, to.as_deref())
    }
}

impl Answer for ask::Cron {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment } = self;
        workflow::cron::info(context, environment)
    }
}

impl Answer for ask::Doctor {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        Ok(super::doctor(&context.layout))
    }
}

impl Answer for ask::Status {
    fn answer(&self, &Asked { context, start }: &Asked<'_>) -> Result<Self::Answer> {
        status(context, start)
    }
}

impl Answer for ask::Command {
    fn answer(&self, _: &Asked<'_>) -> Result<Self::Answer> {
        let Self { request } = self;
        Ok(request.command_line())
    }
}

impl Answer for ask::Generations {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { environment, disk } = self;
        workflow::generations::list(context, environment, *disk)
    }
}

impl Answer for ask::SearchReplacePlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { request } = self;
        workflow::search_replace::dry_run(context, request)
    }
}

impl Answer for ask::ClonePlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { request } = self;
        workflow::clone_plan::plan(context, request)
    }
}

impl Answer for ask::ImportPlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { request } = self;
        workflow::import_plan::plan(context, request)
    }
}

impl Answer for ask::CompareContent {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { from, to } = self;
        workflow::compare::compare(context, from, to)
    }
}

impl Answer for ask::CloneProfile {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        workflow::clone_profile::of(context, site)
    }
}

impl Answer for ask::KeepRule {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        workflow::keep_rule::of(context, site)
    }
}

impl Answer for ask::Allowed {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        workflow::reach::allowed(context, site)
    }
}

impl Answer for ask::KeepPlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { request } = self;
        workflow::free::plan_of_rule(context, request)
    }
}

impl Answer for ask::FreePlan {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { request } = self;
        workflow::free::preview(context, request)
    }
}

impl Answer for ask::Disk {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { site } = self;
        workflow::disk::report(context, site.as_ref())
    }
}

impl Answer for ask::Backups {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        workflow::backup::list(context, &self.environment)
    }
}

impl Answer for ask::Inspect {
    fn answer(&self, &Asked { context, .. }: &Asked<'_>) -> Result<Self::Answer> {
        let Self { paths, environment } = self;
        workflow::inspect::inspect(context, paths, environment.as_ref())
    }
}

/// The answer as it goes to whoever asks; a list may be long, so it is written once.
fn json(value: impl serde::Serialize) -> Result<Box<RawValue>> {
    Ok(serde_json::value::to_raw_value(&value).expect("answers serialise"))
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
        plan.content = Some(board::environment(context, &site, &found)?.content);
    }
    Ok(plan)
}

pub(super) fn workflows(
    context: &Context,
    site: Option<&SiteName>,
    limit: u32,
) -> Result<Vec<WorkflowRow>> {
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
