//! `backup:create`: the environment as it is, in archives that are read back before they count.
use std::{fs, path::Path};

use super::{
    super::{effort, export, load, running},
    Change, Context, Done, Element, Frame, IN_THE_MAKING, Run, Work, Workflow, keep_check, verify,
};
use crate::{
    code,
    content::{
        dump::{self, Exported, Form},
        files,
    },
    durable,
    error::{Doing, Error, Result},
    layout,
    model::{
        Address, Backup, BackupCheck, BackupPart, Cms, CodePointer, DatabaseEngine, Elements,
        Environment, Site, count, human_bytes, request::CreateBackup,
    },
    store::now,
};

pub(super) struct Plan<'a> {
    wanted: &'a CreateBackup,
    site: Site,
    environment: Environment,
    elements: Vec<Element>,
    commit: String,
}

impl Run for CreateBackup {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

fn plan<'a>(context: &Context, wanted: &'a CreateBackup) -> Result<Plan<'a>> {
    let address = &wanted.environment;
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let mut elements = wanted.element.each().to_vec();
    if !has_database(context, &site, &environment) {
        elements.retain(|it| *it != Element::Database);
    }
    if elements.is_empty() {
        return Err(Error::refused(format!("{address} has no database"))
            .hint("It gets one when the site is installed, or when one is imported or cloned."));
    }
    effort::check_room(context, most_bytes(context, address, &environment, &elements)?)?;
    let commit = context.commit_of(&environment)?;
    Ok(Plan { wanted, site, environment, elements, commit })
}

fn has_database(context: &Context, site: &Site, environment: &Environment) -> bool {
    let address = Address::new(&site.name, &environment.name);
    let folder = context.layout.database(&address, environment.generation);
    let is_there = running::resolved(&folder).is_ok_and(|folder| match site.engine {
        DatabaseEngine::Sqlite => layout::sqlite_file(&folder).exists(),
        DatabaseEngine::MariaDb => folder.is_dir(),
    });
    site.cms != Cms::Html && is_there
}

/// What the archives take at most: nothing grows when it is packed, but for a little around each file.
fn most_bytes(
    context: &Context,
    address: &Address,
    environment: &Environment,
    elements: &[Element],
) -> Result<u64> {
    let layout = &context.layout;
    let mut bytes = 0;
    for element in elements {
        let folder = match element {
            // A copy of the repository stands beside the archive while that is packed.
            Element::Code => layout.repository(&address.site),
            Element::Database => layout.database(address, environment.generation),
            Element::Files => layout.generation_files(address, environment.generation),
        };
        let measured = files::measure(&running::resolved(&folder)?)?.bytes;
        bytes += if *element == Element::Code { 2 * measured } else { measured };
    }
    Ok(bytes)
}

fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let (context, address) = (work.context, &plan.wanted.environment);
    let layout = &context.layout;
    let made = now();
    let id = free_id(context, address, made.as_second());
    // A folder of its own name has all that a backup has.
    let folder = layout.backup(address, &format!("{id}{IN_THE_MAKING}"));
    work.will_make(&folder)?;
    fs::create_dir_all(&folder).doing(|| format!("make {}", folder.display()))?;
    tell_uncommitted(work, plan)?;
    let stem = Backup::stem(address, made);
    let mut parts = Vec::new();
    for element in &plan.elements {
        let file = format!("{stem}_{element}.{}", element.extension());
        let path = folder.join(&file);
        let exported = write(work, plan, *element, &stem, &path)?;
        let rows = (*element == Element::Database).then_some(exported.rows);
        let entries = if rows.is_some() { exported.tables } else { exported.rows };
        parts.push(BackupPart {
            element: *element,
            file,
            bytes: 0,
            sha256: String::new(),
            entries,
            rows,
        });
    }
    for part in &mut parts {
        let path = folder.join(&part.file);
        let read = work.step(&format!("Read the {} back", part.element), |meter| {
            verify::read(&path, part.element, meter)
        })?;
        (part.bytes, part.sha256) = (read.bytes, read.sha256.clone());
        verify::compare(part, &read)?;
        work.line(format!("{}: {}", part.file, human_bytes(part.bytes)));
    }
    let (CodePointer::Branch { branch: reference } | CodePointer::Release { tag: reference, .. }) =
        plan.environment.code.clone();
    let backup = Backup {
        id: id.clone(),
        environment: address.clone(),
        made,
        kept_until: plan.wanted.keep_for.unwrap_or_default().until(made),
        note: plan.wanted.note.clone(),
        site_id: plan.site.id.clone(),
        cms: plan.site.cms,
        engine: plan.site.engine,
        url: context.url(address),
        commit: plan.commit.clone(),
        reference,
        version: env!("CARGO_PKG_VERSION").into(),
        complete: plan.wanted.element == Elements::All,
        parts,
        folder: String::new(),
        check: None,
        unreadable: None,
    };
    let manifest = serde_json::to_vec_pretty(&backup).expect("it serialises");
    let path = layout.backup_manifest(address, &format!("{id}{IN_THE_MAKING}"));
    fs::write(&path, manifest).doing(|| format!("write {}", path.display()))?;
    durable::tree(&folder)?;
    let place = layout.backup(address, &id);
    work.move_path(&folder, &place)?;
    keep_check(layout, &backup, &BackupCheck { at: now(), problem: None })?;
    let mut result = serde_json::Map::new();
    result.insert("backup".into(), id.clone().into());
    result.insert("folder".into(), place.display().to_string().into());
    result.insert("bytes".into(), backup.parts.iter().map(|it| it.bytes).sum::<u64>().into());
    let change = Change::Backup { environment: address.clone(), id, before: false, after: true };
    Ok(Done { changes: vec![change], result, ..Done::default() })
}

/// Commits are backed up; what a person has not committed stays in the folder alone.
fn tell_uncommitted(work: &Work<'_>, plan: &Plan<'_>) -> Result<()> {
    if !plan.environment.name.is_writable() || !plan.elements.contains(&Element::Code) {
        return Ok(());
    }
    let changed = code::count_changes(&running::code_folder(work.context, &plan.environment))?;
    if changed > 0 {
        work.line(format!("not in it: {}", count(changed, "uncommitted change")));
    }
    Ok(())
}

/// Two within a second have different ids, also where one was deleted.
fn free_id(context: &Context, address: &Address, second: i64) -> String {
    let layout = &context.layout;
    let is_free = |id: &String| {
        !layout.backup(address, id).exists() && !layout.deleted_backup(address, id).exists()
    };
    let mut ids = (second..).map(|second| format!("{second}_backup"));
    ids.find(is_free).expect("seconds go on")
}

fn write(
    work: &Work<'_>,
    plan: &Plan<'_>,
    element: Element,
    stem: &str,
    to: &Path,
) -> Result<Exported> {
    let context = work.context;
    let (address, number) = (&plan.wanted.environment, plan.environment.generation);
    match element {
        Element::Code => {
            let root = format!("{stem}_code");
            let folder = work.scratch()?.join(&root);
            let branch = match &plan.environment.code {
                CodePointer::Branch { branch } => Some(branch.as_str()),
                CodePointer::Release { .. } => None,
            };
            work.step("Copy the code with its history", |meter| {
                let repository = context.repository(&address.site);
                repository.check_out_with_history(&folder, &plan.commit, branch, meter)
            })?;
            work.step("Pack the code", |meter| {
                dump::export_files(&folder, Form::TarGz, to, &root, meter)
            })
        }
        Element::Files => {
            let folder = running::resolved(&context.layout.generation_files(address, number))?;
            let root = format!("files_{}", address.environment);
            work.step("Pack the files", |meter| {
                dump::export_files(&folder, Form::TarGz, to, &root, meter)
            })
        }
        Element::Database => {
            let opened = export::open(work, &plan.site, &plan.environment)?;
            let owner = load::Owner {
                site: &plan.site,
                environment: &plan.environment,
                generation: number,
            };
            work.step("Pack the database", |meter| {
                load::export(work, owner, &opened.database, Form::SqlGz, to, meter)
            })
        }
    }
}
