//! `env:deploy`: the parent's code, tagged, checked out beside the old, then switched to.
use std::path::{Path, PathBuf};

use super::{
    Change, Context, Done, Frame, Run, Workflow, check, configuration, create_site, damage,
    generation, request::Deploy, running, work::Work,
};
use crate::{
    cms,
    code::{self, Repository},
    content::{database, files},
    error::{Error, Result},
    model::{
        Address, CodePointer, Environment, EnvironmentName, GenerationRow, Origin, Part, Site,
        view::{CommitRow, DeployPlan, PendingUpdate},
    },
    store::{Trace, now},
};

/// Commits that a plan lists; a batch is rarely larger, and the count says how many there are in all.
const LISTED_COMMITS: usize = 200;

pub(super) struct Plan<'a> {
    wanted: &'a Deploy,
    site: Site,
    parent: Environment,
    /// None on the first deploy, which creates the environment.
    target: Option<Environment>,
    live: Option<Environment>,
    commit: String,
    number: u64,
}

impl Run for Deploy {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a Deploy) -> Result<Plan<'a>> {
    let (site, parent, target) = ends(context, &wanted.environment, wanted.from.as_ref())?;
    let commit = context.commit_of(&parent)?;
    let repository = context.repository(&site.name);
    let live = if wanted.sync_content { Some(live_to_pull(context, wanted)?) } else { None };
    if let Some(target) = &target
        && waiting(&repository, &commit, Some(&context.commit_of(target)?))? == 0
        // A release that is broken is checked out again, under a tag of its own.
        && !damage::of_code(context, &site, target).iter().any(|it| it.part == Part::Code)
    {
        return Err(Error::refused("There is nothing to deploy").hint(format!(
            "{} already has every commit of {}.",
            wanted.environment,
            parent.name.title()
        )));
    }
    check::check_code(context, &site, &commit)?;
    let number = next_number(&repository, &wanted.environment)?;
    Ok(Plan { wanted, site, parent, target, live, commit, number })
}

/// The site, where the code comes from, and the environment itself unless it is to be created.
fn ends(
    context: &Context,
    to: &Address,
    hotfix: Option<&EnvironmentName>,
) -> Result<(Site, Environment, Option<Environment>)> {
    let site = context.store.site(&to.site)?;
    if to.environment.is_writable() {
        return Err(Error::refused(format!("{to} can't be deployed to"))
            .hint("Deploy to Test or Live; Dev and multidev environments follow their branches."));
    }
    let target = context.store.find_environment(to)?;
    let parent = match hotfix {
        Some(EnvironmentName::Multidev(_)) if target.is_none() => {
            return Err(Error::refused(format!("{to} has not been initialized"))
                .hint(format!("Run `portico env:deploy {to}` first.")));
        }
        Some(from @ EnvironmentName::Multidev(_)) => from.clone(),
        Some(from) => {
            return Err(Error::refused(format!("{from} is not a multidev environment"))
                .hint("A hotfix is made in a multidev; without `--from` code comes from the environment before."));
        }
        None => to.environment.parent().expect("Test and Live have parents"),
    };
    let parent = context.store.environment(&Address::new(&to.site, &parent))?;
    Ok((site, parent, target))
}

fn live_to_pull(context: &Context, wanted: &Deploy) -> Result<Environment> {
    if wanted.environment.environment != EnvironmentName::Test {
        return Err(Error::refused("content can be pulled along only by a deploy to Test")
            .hint("Content moves down: clone it from Live when you need it."));
    }
    let live = Address::new(&wanted.environment.site, &EnvironmentName::Live);
    context.store.find_environment(&live)?.ok_or_else(|| {
        Error::refused(format!("{live} can't be cloned because it has not been initialized"))
            .hint(format!("Run `portico env:deploy {live}` first, or leave out `--sync-content`."))
    })
}

/// Commits that `has` contains and `lacks` does not.
pub(crate) fn waiting(repository: &Repository, has: &str, lacks: Option<&str>) -> Result<u64> {
    match lacks {
        Some(lacks) => Ok(repository.distance(has, lacks)?.ahead),
        None => repository.length(has),
    }
}

pub(super) fn next_number(repository: &Repository, to: &Address) -> Result<u64> {
    let newest = repository.deploy_tags(to.environment.as_str())?;
    Ok(newest.first().map_or(1, |tag| tag.number + 1))
}

pub(super) fn tag_name(to: &Address, number: u64) -> String {
    format!("pantheon_{}_{number}", to.environment)
}

/// What a deploy would do, for people to look at before.
pub fn preview(
    context: &Context,
    to: &Address,
    hotfix: Option<&EnvironmentName>,
) -> Result<DeployPlan> {
    let (site, parent, target) = ends(context, to, hotfix)?;
    let repository = context.repository(&site.name);
    let has = context.commit_of(&parent)?;
    let lacks = target.as_ref().map(|target| context.commit_of(target)).transpose()?;
    let commits: Vec<CommitRow> = repository.missing(&has, lacks.as_deref(), LISTED_COMMITS)?;
    let deployable = if commits.len() < LISTED_COMMITS {
        commits.len() as u64
    } else {
        waiting(&repository, &has, lacks.as_deref())?
    };
    let dropped = match &lacks {
        Some(current) => repository.unpicked(current, &has, LISTED_COMMITS)?.len() as u64,
        None => 0,
    };
    let uncommitted = match &parent.code {
        CodePointer::Branch { .. } => code::count_changes(&running::code_folder(context, &parent))?,
        CodePointer::Release { .. } => 0,
    };
    let mut warnings = check::warnings(context, &site, &has)?;
    let code = running::code_folder(context, &parent);
    // A broken `pantheon.yml` is among the warnings already.
    warnings.extend(running::php_warning(context, &site, &code).ok().flatten());
    let updates = pending_updates(context, &site, target.as_ref().unwrap_or(&parent), &code)?;
    Ok(DeployPlan {
        updates,
        environment: to.clone(),
        from: parent.name,
        first: target.is_none(),
        commits,
        deployable,
        uncommitted,
        dropped,
        tag: tag_name(to, next_number(&repository, to)?),
        content: None,
        warnings,
    })
}

/// Database updates that `code` would run on what the environment holds now.
pub(super) fn pending_updates(
    context: &Context,
    site: &Site,
    environment: &Environment,
    code: &Path,
) -> Result<Vec<PendingUpdate>> {
    let opened = running::open_database(context, site, environment, environment.generation)?;
    let Some(database) = &opened.database else { return Ok(Vec::new()) };
    let prefix = cms::table_prefix(site.cms, &database::tables(database)?);
    cms::pending_updates(site, code, &prefix, &mut |sql| database::rows(database, sql))
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let to = &plan.wanted.environment;
    let (tag, directory) = check_out(work, plan)?;
    let folder = work.context.layout.release(to, &directory);
    if let Some(it) = running::php_warning(work.context, &plan.site, &folder)? {
        work.line(it.message);
    }
    let code = CodePointer::Release { tag: tag.clone(), commit: plan.commit.clone(), directory };
    let mut done = match &plan.target {
        None => create(work, plan, code)?,
        Some(target) => renew(work, plan, target, code)?,
    };
    done.result.insert("tag".into(), tag.into());
    done.result.insert("commit".into(), plan.commit.clone().into());
    done.result.insert("url".into(), work.context.url(to).into());
    done.clear_cache = plan.wanted.cc.then(|| to.clone());
    Ok(done)
}

/// Tags the commit and checks it out; answers the tag and the release's folder.
fn check_out(work: &Work<'_>, plan: &Plan<'_>) -> Result<(String, String)> {
    let to = &plan.wanted.environment;
    let repository = work.context.repository(&plan.site.name);
    let directory = check_out_beside(work, to, plan.target.as_ref(), plan.number, &plan.commit)?;
    let name = tag_name(to, plan.number);
    let message = plan.wanted.note.clone().unwrap_or_else(|| match plan.target {
        Some(_) => "Deploy from Portico".to_owned(),
        None => format!("Create the {} environment", to.environment),
    });
    work.step("Tag the commit", |_| {
        work.context.store.trace(
            work.id,
            &Trace::Tag { site: plan.site.name.clone(), name: format!("refs/tags/{name}") },
        )?;
        repository.tag(&name, &plan.commit, &message, &create_site::author())
    })?;
    Ok((name, directory))
}

/// Checks a commit out beside what the environment runs; answers the release's folder.
pub(super) fn check_out_beside(
    work: &Work<'_>,
    to: &Address,
    target: Option<&Environment>,
    number: u64,
    commit: &str,
) -> Result<String> {
    let context = work.context;
    let directory = free_directory(context, to, number, commit);
    let folder = context.layout.release(to, &directory);
    let like = target.map(|target| like(context, to, target)).unwrap_or_default();
    work.will_make(&folder)?;
    work.step("Check out the code", |meter| {
        let like = like.as_ref().map(|(folder, commit)| (folder.as_path(), commit.as_str()));
        context.repository(&to.site).checkout_release(commit, &folder, like, meter)
    })?;
    Ok(directory)
}

/// Makes a release that was let go anew from its commit; one whose files were written to meanwhile, too. Nothing happens
/// to code that is as it was deployed.
pub(super) fn check_out_again(work: &Work<'_>, to: &Address, code: &CodePointer) -> Result<()> {
    let CodePointer::Release { directory, commit, .. } = code else { return Ok(()) };
    let context = work.context;
    let folder = context.layout.release(to, directory);
    let repository = context.repository(&to.site);
    if folder.exists() {
        if repository.is_release_intact(commit, &folder)? {
            return Ok(());
        }
        work.line(format!("release {directory} of {to} was written to; it is checked out anew"));
        files::move_to_trash(&folder, &context.layout.trash())?;
    }
    let target = context.store.find_environment(to)?;
    let like = target.and_then(|target| like(context, to, &target));
    work.will_make(&folder)?;
    work.step("Check out the code again", |meter| {
        let like = like.as_ref().map(|(folder, commit)| (folder.as_path(), commit.as_str()));
        repository.checkout_release(commit, &folder, like, meter)
    })
}

/// A checkout's folder; one that an undone deploy left behind is not used again.
fn free_directory(context: &Context, to: &Address, number: u64, commit: &str) -> String {
    let short = &commit[..7.min(commit.len())];
    let plain = format!("{number}-{short}");
    let taken = |directory: &str| context.layout.release(to, directory).exists();
    if !taken(&plain) {
        return plain;
    }
    (2..).map(|n| format!("{plain}-{n}")).find(|it| !taken(it)).unwrap_or(plain)
}

fn like(context: &Context, to: &Address, target: &Environment) -> Option<(PathBuf, String)> {
    match &target.code {
        CodePointer::Release { directory, commit, .. } => {
            Some((context.layout.release(to, directory), commit.clone()))
        }
        CodePointer::Branch { .. } => None,
    }
}

/// The first deploy: code and content from the parent.
fn create(work: &Work<'_>, plan: &Plan<'_>, code: CodePointer) -> Result<Done> {
    let to = &plan.wanted.environment;
    let source = plan.live.as_ref().unwrap_or(&plan.parent);
    let mut environment = Environment {
        site: plan.site.name.clone(),
        name: to.environment.clone(),
        code,
        generation: 0,
        connection_mode: None,
        lock: None,
        secrets: create_site::secrets()?,
        created: now(),
    };
    let (row, _) = clone_from(work, plan, source, &environment)?;
    environment.generation = row.generation.number;
    Ok(Done {
        generations: vec![row],
        changes: vec![Change::Environment {
            environment: to.clone(),
            before: None,
            after: Some(Box::new(environment)),
        }],
        ..Done::default()
    })
}

/// A later deploy: the code; with it Live's content if asked, and database updates if asked.
fn renew(
    work: &Work<'_>,
    plan: &Plan<'_>,
    target: &Environment,
    code: CodePointer,
) -> Result<Done> {
    let to = &plan.wanted.environment;
    let mut changes = vec![Change::Code {
        environment: to.clone(),
        before: target.code.clone(),
        after: code.clone(),
    }];
    let future = Environment { code, ..target.clone() };
    let mut let_go = Vec::new();
    let row = match &plan.live {
        Some(live) => {
            let (row, goes) = clone_from(work, plan, live, &future)?;
            let_go = goes;
            Some(row)
        }
        None if plan.wanted.updatedb || plan.wanted.config_import => {
            let change =
                |fresh: &generation::NewGeneration| renew_content(work, plan, &future, fresh);
            Some(generation::changed_copy(work, &plan.site, target, &future, change)?)
        }
        None => None,
    };
    changes.extend(row.iter().map(|row| Change::Content {
        environment: to.clone(),
        before: target.generation,
        after: row.generation.number,
    }));
    Ok(Done { generations: row.into_iter().collect(), let_go, changes, ..Done::default() })
}

/// What the new code does to the content, in Pantheon's order: updates, then configuration.
fn renew_content(
    work: &Work<'_>,
    plan: &Plan<'_>,
    future: &Environment,
    fresh: &generation::NewGeneration,
) -> Result<()> {
    if plan.wanted.updatedb {
        generation::update_database(work, &plan.site, future, fresh)?;
    }
    if plan.wanted.config_import {
        configuration::import_into(work, &plan.site, future, fresh)?;
    }
    Ok(())
}

/// A generation with the source's content, updated if asked; and what goes with it.
fn clone_from(
    work: &Work<'_>,
    plan: &Plan<'_>,
    source: &Environment,
    future: &Environment,
) -> Result<(GenerationRow, Vec<(Address, u32)>)> {
    let site = &plan.site;
    let fresh = generation::clone_of(work, site, source, future, (true, true))?;
    renew_content(work, plan, future, &fresh)?;
    let origin = Origin::Clone { environment: source.name.clone(), database: true, files: true };
    Ok((generation::finish(work, site, future, &fresh, origin)?, fresh.retires()))
}
