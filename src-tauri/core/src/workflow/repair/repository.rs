//! What a repair does to a repository.
use std::collections::BTreeMap;

use super::{
    super::{Change, create_site, request::Request},
    act::{self, Repair},
};
use crate::{
    error::Result,
    model::{Address, CodePointer, EnvironmentName, view::WorkflowState},
    store::Trace,
};

/// Brings one reference back; HEAD and the file of packed references count as such.
pub(super) fn reference(repair: &mut Repair<'_>, name: &str, target: &str) -> Result<()> {
    let (context, site) = (repair.context(), repair.site);
    let repository = context.repository(&site.name);
    if name == "HEAD" {
        return repository.mend_skeleton(target);
    }
    if name == "packed-refs" {
        return repair.set_aside(&repository.packed_references(), "packed-refs");
    }
    let loose = repository.loose_reference(name);
    if loose.symlink_metadata().is_ok() {
        repair.set_aside(&loose, name)?;
    }
    let trace = Trace::Reference {
        site: site.name.clone(),
        name: name.to_owned(),
        before: None,
        after: Some(target.to_owned()),
    };
    context.store.trace(repair.work.id, &trace)?;
    repository.put_reference(name, target)
}

/// Makes objects anew from the same files elsewhere. Those that can't be made are found again by the next look.
pub(super) fn objects(repair: &mut Repair<'_>) -> Result<()> {
    let (context, site, work) = (repair.context(), repair.site, repair.work);
    let repository = context.repository(&site.name);
    let broken = work.step("Read the repository", |meter| repository.check(meter))?.objects;
    for id in &broken {
        let loose = repository.loose_object(id);
        if loose.exists() {
            repair.set_aside(&loose, &format!("objects/{id}"))?;
        }
    }
    let folders = act::code_folders(context, site)?;
    let scratch = context.layout.scratch().join(work.id.to_string());
    let made = work.step("Make objects anew", |meter| {
        repository.remake_objects(&broken, &folders, &site.uploads, &scratch, meter)
    })?;
    work.line(format!("{} of {} objects were made anew", made.len(), broken.len()));
    Ok(())
}

/// A release that is still there.
struct Release {
    address: Address,
    tag: String,
    directory: String,
    note: String,
}

/// Makes the repository anew: each release becomes a commit with its tag, in the order in which they were made; the
/// folders of branches are linked to it as they are.
pub(super) fn anew(repair: &mut Repair<'_>) -> Result<()> {
    let (context, site, work) = (repair.context(), repair.site, repair.work);
    let repository = context.repository(&site.name);
    if repository.path().symlink_metadata().is_ok() {
        repair.set_aside(repository.path(), "repository.git")?;
    }
    work.will_make(repository.path())?;
    repository.make_anew(&site.branch)?;
    if !site.uploads.is_empty() {
        repository.exclude(&[&format!("/{}", site.uploads)])?;
    }
    let author = create_site::author();
    let mut parent: Option<String> = None;
    let mut commits: BTreeMap<(Address, String), String> = BTreeMap::new();
    for it in releases(repair)? {
        let folder = context.layout.release(&it.address, &it.directory);
        let commit = work.step(&format!("Commit {}", it.tag), |meter| {
            let message = format!("{}\n\nMade anew from the release {}.\n", it.note, it.directory);
            let parent = parent.as_deref();
            repository.commit_as_is(&folder, &site.uploads, parent, &author, &message, meter)
        })?;
        repository.tag(&it.tag, &commit, &it.note, &author)?;
        commits.insert((it.address.clone(), it.tag.clone()), commit.clone());
        parent = Some(commit);
    }
    let tip = match parent {
        Some(tip) => tip,
        None => from_dev(repair)?,
    };
    for it in context.store.environments(&site.name)? {
        let address = Address::new(&site.name, &it.name);
        match &it.code {
            CodePointer::Branch { branch } => {
                repository.put_reference(&format!("refs/heads/{branch}"), &tip)?;
                let folder = context.layout.code(&address);
                if folder.is_dir() {
                    repository.link_worktree(&folder, branch)?;
                }
            }
            CodePointer::Release { tag, directory, .. } => {
                let Some(commit) = commits.get(&(address.clone(), tag.clone())) else { continue };
                repair.changes.push(Change::Code {
                    environment: address,
                    before: it.code.clone(),
                    after: CodePointer::Release {
                        tag: tag.clone(),
                        commit: commit.clone(),
                        directory: directory.clone(),
                    },
                });
            }
        }
    }
    Ok(())
}

/// A first commit with the files of Dev's folder.
fn from_dev(repair: &Repair<'_>) -> Result<String> {
    let (context, site) = (repair.context(), repair.site);
    let folder = context.layout.code(&Address::new(&site.name, &EnvironmentName::Dev));
    repair.work.step("Commit the folder of Dev", |meter| {
        context.repository(&site.name).commit_as_is(
            &folder,
            &site.uploads,
            None,
            &create_site::author(),
            "Made anew from the folder of Dev\n",
            meter,
        )
    })
}

/// All releases whose folders are there, as the pointers and the site's history name them, oldest first.
fn releases(repair: &Repair<'_>) -> Result<Vec<Release>> {
    let (context, site) = (repair.context(), repair.site);
    let mut found: Vec<Release> = Vec::new();
    let mut add = |address: &Address, code: &CodePointer, note: Option<String>| {
        let CodePointer::Release { tag, directory, .. } = code else { return };
        let is_known = found.iter().any(|it| it.tag == *tag);
        if is_known || !context.layout.release(address, directory).is_dir() {
            return;
        }
        found.push(Release {
            address: address.clone(),
            tag: tag.clone(),
            directory: directory.clone(),
            note: note.unwrap_or_else(|| format!("Deploy {tag}")),
        });
    };
    let mut history = context.store.workflows(Some(&site.name), u32::MAX)?;
    history.retain(|it| it.state == WorkflowState::Succeeded);
    for workflow in history.iter().rev() {
        let note = match &workflow.request {
            Request::Deploy(it) => it.note.clone(),
            _ => None,
        };
        for change in &workflow.changes {
            match change {
                Change::Code { environment, after, .. } => add(environment, after, note.clone()),
                Change::Environment { environment, after: Some(after), .. } => {
                    add(environment, &after.code, note.clone());
                }
                _ => {}
            }
        }
    }
    for it in context.store.environments(&site.name)? {
        add(&Address::new(&site.name, &it.name), &it.code, None);
    }
    Ok(found)
}
