//! `site:allow`, `site:disallow`: what an environment's PHP may reach of the disk, and what a site may reach beside its own.
use std::path::{Path, PathBuf};

use super::{
    Change, Context, Done, Frame, Run, Workflow,
    request::{AllowPath, DisallowPath},
};
use crate::{
    cms::Surroundings,
    error::{Error, Result},
    model::{Allowed, Database, Site, SiteName},
    runtime::Reach,
};

/// What the PHP of an environment may reach: its own code, content and temporary folder, what Portico brings, and what
/// its site was allowed. Not the folder that holds all of these, where other generations and environments are.
pub(super) fn of(context: &Context, around: &Surroundings<'_>) -> Result<Reach> {
    let logs = context.layout.environment_logs(&around.address());
    let mut read = vec![around.support.to_owned()];
    let mut write = vec![around.files.to_owned(), around.temporary.to_owned(), logs];
    let mut sockets = Vec::new();
    read.extend(around.sqlite_plugin.map(Path::to_owned));
    // A release never changes.
    let code = if around.environment.name.is_writable() { &mut write } else { &mut read };
    code.push(around.code.to_owned());
    match around.database {
        // SQLite makes files beside its own.
        Some(Database::Sqlite { file }) => write.extend(file.parent().map(Path::to_owned)),
        Some(Database::MariaDb { socket, .. }) => {
            sockets.extend(socket.parent().map(Path::to_owned));
        }
        None => {}
    }
    let allowed = context.store.allowed(&around.site.id)?;
    // A link that was allowed may lead elsewhere by now.
    for it in allowed.into_iter().filter(|it| !holds_other_sites(context, Path::new(&it.path))) {
        let list = if it.write { &mut write } else { &mut read };
        list.push(it.path.into());
    }
    let reach = Reach {
        read: real(read),
        write: real(write),
        sockets: real(sockets),
        confiner: context.confiner.clone(),
    };
    Ok(reach)
}

/// Whether Portico's own folder, where other sites are, holds the place or is part of it.
fn holds_other_sites(context: &Context, place: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (place, root) = (real(place), real(context.layout.root()));
    place.starts_with(&root) || root.starts_with(&place)
}

/// The places themselves, which links may lead to; without those that are not there.
fn real(places: Vec<PathBuf>) -> Vec<PathBuf> {
    places.iter().filter_map(|place| place.canonicalize().ok()).collect()
}

/// What a site's PHP may reach outside of the site.
pub fn allowed(context: &Context, site: &SiteName) -> Result<Vec<Allowed>> {
    context.store.allowed(&context.store.site(site)?.id)
}

impl Run for AllowPath {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let change = plan_allow(frame.context, self)?;
        frame.run(change, |_, change| Ok(run(change)))
    }
}

/// The change, checked.
///
/// # Errors
/// Refused for what holds Portico's own folder or lies in it: there other sites are.
pub(super) fn plan_allow(context: &Context, wanted: &AllowPath) -> Result<Change> {
    let path = Path::new(&wanted.path);
    if !path.is_absolute() {
        return Err(Error::usage(format!("`{}` is no absolute path", wanted.path)));
    }
    if let Err(error) = path.canonicalize() {
        return Err(Error::not_found("file or folder", &wanted.path).because(error));
    }
    if holds_other_sites(context, path) {
        return Err(Error::refused(format!(
            "`{}` can't be opened to a site: Portico's own folder {} is part of it",
            wanted.path,
            context.layout.root().display()
        ))
        .hint("Allow a folder that has nothing to do with other sites."));
    }
    let site = context.store.site(&wanted.site)?;
    let before = context.store.allowed(&site.id)?;
    let new = Allowed { path: wanted.path.clone(), write: wanted.write };
    if before.contains(&new) {
        return Err(Error::refused(format!("{} may reach `{}` already", site.name, new.path)));
    }
    let mut after = before.clone();
    after.retain(|it| it.path != new.path);
    after.push(new);
    after.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(change(site, before, after))
}

impl Run for DisallowPath {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let change = plan_disallow(frame.context, self)?;
        frame.run(change, |_, change| Ok(run(change)))
    }
}

/// The change, checked.
pub(super) fn plan_disallow(context: &Context, wanted: &DisallowPath) -> Result<Change> {
    let site = context.store.site(&wanted.site)?;
    let before = context.store.allowed(&site.id)?;
    let after: Vec<_> = before.iter().filter(|it| it.path != wanted.path).cloned().collect();
    if before.len() == after.len() {
        return Err(Error::not_found("folder that was allowed", &wanted.path)
            .hint(format!("`portico site:allow {}` lists those that are.", site.name)));
    }
    Ok(change(site, before, after))
}

fn change(site: Site, before: Vec<Allowed>, after: Vec<Allowed>) -> Change {
    Change::Allowed { site: site.name, id: site.id, before, after }
}

/// It holds from the next visit on: PHP that runs now ends with its requests.
pub(super) fn run(change: &Change) -> Done {
    Done { changes: vec![change.clone()], ..Done::default() }
}
