//! Backups: three archives with Pantheon's names in a folder of their own, read back before they count.
mod create;
mod delete;
mod expire;
mod restore;
mod verify;

use std::{fs, io};

use super::{Change, Context, Done, Frame, Run, Workflow, work::Work};
use crate::{
    error::{Doing, Error, Result},
    layout::Layout,
    model::{Address, Backup, BackupCheck, Element, Elements},
};

pub(crate) use expire::due;

/// An environment's backups, newest first. One whose making was not finished is none.
pub fn list(context: &Context, address: &Address) -> Result<Vec<Backup>> {
    context.store.site(&address.site)?;
    all(&context.layout, address)
}

fn all(layout: &Layout, address: &Address) -> Result<Vec<Backup>> {
    let folder = layout.backups_of(address);
    let doing = || format!("read {}", folder.display());
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.doing(doing)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let id = entry.doing(doing)?.file_name().to_string_lossy().into_owned();
        found.extend(read(layout, address, &id)?);
    }
    found.sort_by(|one, other| (other.made, &other.id).cmp(&(one.made, &one.id)));
    Ok(found)
}

/// A backup by its id; none where there is none, or where its making was not finished.
fn read(layout: &Layout, address: &Address, id: &str) -> Result<Option<Backup>> {
    let path = layout.backup_manifest(address, id);
    let text = match fs::read(&path) {
        Err(error)
            if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) =>
        {
            return Ok(None);
        }
        text => text.doing(|| format!("read {}", path.display()))?,
    };
    let mut backup: Backup = match serde_json::from_slice(&text) {
        Ok(backup) => backup,
        // One that can't be understood is no reason to hide the others.
        Err(error) => {
            tracing::warn!("{} can't be understood: {error}", path.display());
            return Ok(None);
        }
    };
    backup.folder = layout.backup(address, id).display().to_string();
    let check = layout.backup_check(address, id);
    backup.check = fs::read(check).ok().and_then(|it| serde_json::from_slice(&it).ok());
    Ok(Some(backup))
}

/// Keeps what a check found, beside the manifest, which never changes.
fn keep_check(layout: &Layout, backup: &Backup, check: &BackupCheck) -> Result<()> {
    let path = layout.backup_check(&backup.environment, &backup.id);
    let text = serde_json::to_vec_pretty(check).expect("it serialises");
    crate::durable::replace(&path, &text)
}

/// The backup that a person names, by its id or by an archive, which is then meant alone; or the newest that has all
/// that is wanted and is not known to be damaged.
fn find(
    context: &Context,
    address: &Address,
    named: Option<&str>,
    elements: Elements,
) -> Result<(Backup, Vec<Element>)> {
    let all = list(context, address)?;
    let list = || format!("`portico backup:list {address}` shows what there is.");
    let wanted = elements.each();
    if let Some(named) = named {
        let by_id = all.iter().find(|it| it.id == named);
        let by_file = || {
            let parts =
                |it: &Backup| it.parts.iter().find(|it| it.file == named).map(|it| it.element);
            all.iter().find_map(|it| parts(it).map(|part| (it.clone(), vec![part])))
        };
        let found = match by_id {
            Some(backup) => Some((backup.clone(), present(backup, wanted, elements)?)),
            None => by_file(),
        };
        return found.ok_or_else(|| Error::not_found("backup", named).hint(list()));
    }
    let has_all = |it: &&Backup| wanted.iter().all(|element| it.part(*element).is_some());
    let is_usable = |it: &&Backup| it.check.as_ref().is_none_or(|it| it.problem.is_none());
    match all.iter().filter(has_all).find(is_usable) {
        Some(backup) => Ok((backup.clone(), wanted.to_vec())),
        None => {
            Err(Error::refused(format!("{address} has no whole backup of {}", elements.in_words()))
                .hint(match all.is_empty() {
                    true => format!("Make one: `portico backup:create {address}`."),
                    false => list(),
                }))
        }
    }
}

/// Of a backup that has fewer parts than three, all are what it has; a part that is named must be there.
fn present(backup: &Backup, wanted: &[Element], elements: Elements) -> Result<Vec<Element>> {
    let present: Vec<Element> =
        wanted.iter().copied().filter(|it| backup.part(*it).is_some()).collect();
    if present.is_empty() || (elements != Elements::All && present.len() < wanted.len()) {
        return Err(Error::refused(format!(
            "the backup {} has no {}",
            backup.id,
            elements.in_words()
        )));
    }
    Ok(present)
}
