//! `backup:restore`: the parts of one backup, checked first, built beside what is there, and switched in.
use std::path::PathBuf;

use super::{
    super::{
        create_site, deploy, effort,
        import::{self, Uploads},
        merge, running,
    },
    Change, Context, Done, Element, Frame, Run, Work, Workflow, find, verify,
};
use crate::{
    content::{
        archive,
        dump::{Layout, Source},
    },
    error::{Error, Result},
    model::{
        Address, Backup, Cms, CodePointer, Elements, Environment, Site, WorktreeState, count,
        request::{ImportOptions, RestoreBackup},
    },
    store::Trace,
};

pub(super) struct Plan<'a> {
    wanted: &'a RestoreBackup,
    backup: Backup,
    elements: Vec<Element>,
    to: Address,
    site: Site,
    environment: Environment,
    /// Whether the environment had no database then, which is restored, too.
    has_no_database: bool,
    /// Where it is writable and gets code: the commit that the code follows upon.
    target: Option<merge::Target>,
}

impl Run for RestoreBackup {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

fn plan<'a>(context: &Context, wanted: &'a RestoreBackup) -> Result<Plan<'a>> {
    let (backup, elements) =
        find(context, &wanted.environment, wanted.file.as_deref(), wanted.element)?;
    if let Some(why) = &backup.unreadable {
        return Err(Error::refused(format!("the backup {} is damaged", backup.id))
            .because(why.as_str())
            .hint(format!(
                "`portico import {}/*.gz SITE.ENV` takes its archives.",
                backup.folder
            )));
    }
    let to = wanted.destination();
    let site = context.store.site(&to.site)?;
    let environment = context.store.environment(&to)?;
    import::confirm(&site, &to, wanted.confirm.as_deref())?;
    if backup.cms != site.cms {
        return Err(Error::refused(format!(
            "the backup is of {}, and {} is {} now",
            backup.cms.title(),
            site.name,
            site.cms.title()
        )));
    }
    let is_release = matches!(environment.code, CodePointer::Release { .. });
    if is_release && elements.contains(&Element::Code) {
        check_commit(context, &site, &backup)?;
    }
    let commits = !is_release && elements.contains(&Element::Code);
    let target = commits.then(|| merge::target(context, &to)).transpose()?;
    let bytes = backup.parts.iter().filter(|it| elements.contains(&it.element)).map(|it| it.bytes);
    effort::check_room(context, bytes.sum())?;
    let is_lacking = backup.complete && backup.part(Element::Database).is_none();
    let has_no_database = is_lacking && wanted.element == Elements::All && site.cms != Cms::Html;
    Ok(Plan { wanted, backup, elements, has_no_database, to, site, environment, target })
}

/// Test and Live run commits of the site's repository.
fn check_commit(context: &Context, site: &Site, backup: &Backup) -> Result<()> {
    if context.repository(&site.name).has_commit(&backup.commit)? {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the commit {} that the backup holds is not in the repository of {}",
        &backup.commit[..7.min(backup.commit.len())],
        site.name
    ))
    .hint("Restore it to Dev with `--to dev`, which brings its code as a new commit, and deploy that."))
}

fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let parts = count(plan.elements.len() as u64, "part");
    work.line(format!("restores {parts} of the backup {}", plan.backup.id));
    verify::check(work, &plan.backup, &plan.elements)?;
    let code = match (plan.elements.contains(&Element::Code), &plan.target) {
        (false, _) => None,
        (true, None) => release(work, plan)?,
        (true, Some(target)) => commit(work, plan, target)?,
    };
    let brings_content =
        plan.elements.iter().any(|it| *it != Element::Code) || plan.has_no_database;
    if code.is_none() && !brings_content {
        return Err(Error::refused(format!("{} runs this code already", plan.to)));
    }
    let mut done = match brings_content {
        true => content(work, plan, code.as_ref())?,
        false => Done::default(),
    };
    if code.is_some() {
        // Nobody sees half of the files.
        work.hold_until_switched(&plan.to)?;
    }
    done.changes.splice(0..0, code);
    done.result.insert("backup".into(), plan.backup.id.clone().into());
    done.result.insert("url".into(), work.context.url(&plan.to).into());
    done.clear_cache = plan.wanted.cc.then(|| plan.to.clone());
    Ok(done)
}

/// Unpacks an archive of the backup; answers the one folder that is in it.
fn unpacked(work: &Work<'_>, plan: &Plan<'_>, element: Element) -> Result<PathBuf> {
    let into = work.scratch()?.join(element.as_str());
    let archive = archive_of(work, plan, element)?;
    work.step(&format!("Unpack the {element}"), |meter| archive::unpack(&archive, &into, meter))?;
    archive::single_root(&into)
}

fn archive_of(work: &Work<'_>, plan: &Plan<'_>, element: Element) -> Result<PathBuf> {
    let backup = &plan.backup;
    let part = backup.part(element).ok_or_else(|| Error::not_found("archive", element))?;
    Ok(work.context.layout.backup(&backup.environment, &backup.id).join(&part.file))
}

/// Brings the code to a writable environment as one more commit of its branch. None where it is the same.
fn commit(work: &Work<'_>, plan: &Plan<'_>, target: &merge::Target) -> Result<Option<Change>> {
    let folder = unpacked(work, plan, Element::Code)?;
    let history = [folder.join(".git")];
    let (message, author) = (format!("Restore {}", plan.backup.id), create_site::author());
    let repository = work.context.repository(&plan.site.name);
    let commit = work.step("Commit the code", |meter| {
        let (parent, keeps) = (&target.commit, |_: &str| false);
        repository.commit_folder(&folder, &history, &keeps, parent, &author, &message, meter)
    })?;
    let Some(commit) = commit else {
        work.line("the code is the same as before");
        return Ok(None);
    };
    merge::check_code(work.context, &plan.site, &commit)?;
    let state = |commit: &str| WorktreeState { commit: commit.to_owned(), snapshot: None };
    let change = Change::Worktree {
        environment: plan.to.clone(),
        branch: target.branch.clone(),
        before: state(&target.commit),
        after: state(&commit),
    };
    if plan.wanted.updatedb {
        // The database is updated by this code; what fails then puts the old one back.
        work.hold_until_switched(&plan.to)?;
        work.step("Update the code", |_| work.move_references(std::slice::from_ref(&change)))?;
    }
    Ok(Some(change))
}

/// Makes a content of the backup's database and files; a part that is not restored stays as it is.
fn content(work: &Work<'_>, plan: &Plan<'_>, code: Option<&Change>) -> Result<Done> {
    let context = work.context;
    let moves = plan.backup.url != context.url(&plan.to);
    let options = ImportOptions {
        from_url: moves.then(|| plan.backup.url.clone()),
        updatedb: plan.wanted.updatedb,
        ..ImportOptions::default()
    };
    let mut environment = plan.environment.clone();
    if let Some(Change::Code { after, .. }) = code {
        environment.code = after.clone();
    }
    let has = |element| plan.elements.contains(&element);
    // A site without a table is backed up, too: an import would refuse such a dump.
    let is_empty = plan.backup.part(Element::Database).is_some_and(|it| it.entries == 0);
    let empties_database = plan.has_no_database || (has(Element::Database) && is_empty);
    if empties_database {
        work.line("there was no table then: the database becomes an empty one");
    }
    let database = match has(Element::Database) && !is_empty {
        true => Some(Source::of(&archive_of(work, plan, Element::Database)?, Layout::Sql)),
        false => None,
    };
    let files = match has(Element::Files) {
        true => vec![Uploads::Unpacked(unpacked(work, plan, Element::Files)?, Vec::new())],
        false => Vec::new(),
    };
    let parts =
        plan.backup.parts.iter().filter(|it| it.element != Element::Code && has(it.element));
    let import = import::Plan {
        code: running::code_folder(context, &environment),
        site: plan.site.clone(),
        environment,
        address: plan.to.clone(),
        database: database.map(|it| (it, &options)),
        empties_database,
        files,
        name: format!("backup {}", plan.backup.id),
        bytes: parts.map(|it| it.bytes).sum(),
    };
    import::run(work, &import)
}

/// Makes Test or Live run the backup's commit, by the tag that it had there, or by a new one. None where it does.
fn release(work: &Work<'_>, plan: &Plan<'_>) -> Result<Option<Change>> {
    let (context, commit) = (work.context, &plan.backup.commit);
    if matches!(&plan.environment.code, CodePointer::Release { commit: now, .. } if now == commit) {
        work.line("it runs this code already");
        return Ok(None);
    }
    merge::check_code(context, &plan.site, commit)?;
    let repository = context.repository(&plan.site.name);
    let tags = repository.deploy_tags(plan.to.environment.as_str())?;
    let known = tags.iter().find(|tag| tag.name == plan.backup.reference && tag.commit == *commit);
    let number = match known {
        Some(tag) => tag.number,
        None => deploy::next_number(&repository, &plan.to)?,
    };
    let directory =
        deploy::check_out_beside(work, &plan.to, Some(&plan.environment), number, commit)?;
    let tag = deploy::tag_name(&plan.to, number);
    if known.is_none() {
        let message = format!("Restore {}", plan.backup.id);
        work.step("Tag the commit", |_| {
            let (site, name) = (plan.site.name.clone(), format!("refs/tags/{tag}"));
            context.store.trace(work.id, &Trace::Tag { site, name })?;
            repository.tag(&tag, commit, &message, &create_site::author())
        })?;
    }
    Ok(Some(Change::Code {
        environment: plan.to.clone(),
        before: plan.environment.code.clone(),
        after: CodePointer::Release { tag, commit: commit.clone(), directory },
    }))
}
