//! Backups: three archives with Pantheon's names in a folder of their own, read back before they count.
mod create;
mod delete;
mod expire;
mod restore;
mod verify;

use std::{fs, path::Path};

use jiff::Timestamp;

use super::{Change, Context, Done, Frame, Run, Workflow, work::Work};
use crate::{
    error::{Error, Result},
    folder,
    layout::Layout,
    model::{
        Address, Backup, BackupCheck, BackupPart, Element, Elements, EnvironmentName, Site,
        SiteName,
    },
};

/// What the name of a folder ends in while the backup in it is made.
const IN_THE_MAKING: &str = ".part";

pub(crate) use expire::environments_due;

/// An environment's backups, newest first. One that is being made is none yet.
pub fn list(context: &Context, address: &Address) -> Result<Vec<Backup>> {
    let site = context.store.site(&address.site)?;
    let mut found = Vec::new();
    for id in names(&context.layout.backups_of(address))? {
        if !id.ends_with(IN_THE_MAKING) {
            found.push(read(context, &site, address, &id));
        }
    }
    found.sort_by(|one, other| (other.made, &other.id).cmp(&(one.made, &one.id)));
    Ok(found)
}

/// The environments of which a site has backups; some may be deleted by now.
fn environments(context: &Context, site: &SiteName) -> Result<Vec<Address>> {
    let names = names(&context.layout.backups(site))?;
    let parsed = names.iter().filter_map(|it| it.parse::<EnvironmentName>().ok());
    Ok(parsed.map(|it| Address::new(site, &it)).collect())
}

/// The names of the folders in a folder; none where there is none.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = folder::entries(folder)?.into_iter();
    let folders = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
    Ok(folders.map(|it| it.file_name().to_string_lossy().into_owned()).collect())
}

/// A backup as its manifest tells; one whose manifest is lost or damaged as its folder shows it.
fn read(context: &Context, site: &Site, address: &Address, id: &str) -> Backup {
    let layout = &context.layout;
    let path = layout.backup_manifest(address, id);
    let manifest = fs::read(&path)
        .map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
    let mut backup: Backup = match manifest {
        Ok(backup) => backup,
        Err(why) => shown(context, site, address, id, &why),
    };
    backup.folder = layout.backup(address, id).display().to_string();
    let check = layout.backup_check(address, id);
    backup.check = match &backup.unreadable {
        None => fs::read(check).ok().and_then(|it| serde_json::from_slice(&it).ok()),
        Some(problem) => Some(BackupCheck { at: backup.made, problem: Some(problem.clone()) }),
    };
    backup
}

/// What the folder of a backup shows without its manifest. Nothing is restored from it by itself.
fn shown(context: &Context, site: &Site, address: &Address, id: &str, why: &str) -> Backup {
    let folder = context.layout.backup(address, id);
    let files = folder::entries(&folder).unwrap_or_default();
    let part = |element: Element| {
        let end = format!("_{element}.{}", element.extension());
        let file = files.iter().find(|it| it.file_name().to_string_lossy().ends_with(&end))?;
        Some(BackupPart {
            element,
            file: file.file_name().to_string_lossy().into_owned(),
            bytes: file.metadata().map_or(0, |it| it.len()),
            sha256: String::new(),
            entries: 0,
            rows: None,
        })
    };
    let seconds = id.split('_').next().and_then(|it| it.parse().ok()).unwrap_or(0);
    Backup {
        id: id.to_owned(),
        environment: address.clone(),
        made: Timestamp::from_second(seconds).unwrap_or_default(),
        kept_until: None,
        note: None,
        site_id: site.id.clone(),
        cms: site.cms,
        engine: site.engine,
        url: context.url(address),
        commit: String::new(),
        reference: String::new(),
        version: String::new(),
        complete: false,
        parts: Element::ALL.into_iter().filter_map(part).collect(),
        folder: String::new(),
        check: None,
        unreadable: Some(format!(
            "its manifest.json can't be read ({why}); its archives may be whole and can be imported"
        )),
    }
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
    let has_all = |it: &&Backup| match elements {
        Elements::All => it.complete,
        _ => wanted.iter().all(|element| it.part(*element).is_some()),
    };
    let is_usable = |it: &&Backup| it.check.as_ref().is_none_or(|it| it.problem.is_none());
    match all.iter().filter(has_all).find(is_usable) {
        Some(backup) => Ok((backup.clone(), present(backup, wanted, elements)?)),
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
