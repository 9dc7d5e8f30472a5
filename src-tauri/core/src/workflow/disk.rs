//! `disk`: what everything takes of the disk, and what could be freed.
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    Context, free,
    keeping::{self, Kept, deleted, releases},
    running,
};
use crate::{
    content::files::{self, Tally},
    error::Result,
    layout::DeletedName,
    model::{
        Address, Environment, KeepRule, Site, SiteName,
        view::{DiskEnvironment, DiskParts, DiskReport, DiskSite},
    },
    store::Workflow,
};

/// What Portico holds: all of it, or one site.
pub fn report(context: &Context, only: Option<&SiteName>) -> Result<DiskReport> {
    if let Some(site) = only
        && !deleted::all(context)?.iter().any(|it| it.site() == site)
    {
        context.store.site(site)?;
    }
    let mut tally = Tally::default();
    let mut sites = Vec::new();
    for site in context.store.sites()? {
        if only.is_none_or(|only| site.name == *only) {
            sites.push(of_site(context, &site, &mut tally)?);
        }
    }
    sites.extend(deleted_sites(context, only, &mut tally)?);
    sites.sort_by_key(|it| std::cmp::Reverse(it.parts.total()));
    let layout = &context.layout;
    let mut report = DiskReport {
        root: layout.root().display().to_string(),
        disk: files::disk_bytes(layout.root())?,
        free: files::free_bytes(layout.root())?,
        held: sites.iter().map(|it| it.parts.total()).sum(),
        sites,
        templates: 0,
        logs: 0,
        trash: 0,
        rest: 0,
        is_exact: true,
        is_short: keeping::is_short(context)?,
    };
    if only.is_none() {
        report.templates = tally.add(&layout.templates())?;
        report.logs = tally.add(&layout.logs())?;
        report.trash = tally.add(&layout.trash())? + tally.add(&layout.scratch())?;
        report.rest = tally.add(layout.root())?;
        report.held += report.templates + report.logs + report.trash + report.rest;
    }
    report.is_exact = tally.is_exact();
    Ok(report)
}

/// One site: first what is in use, then what stays kept, at last what could be freed; so each knows what only it holds.
fn of_site(context: &Context, site: &Site, tally: &mut Tally) -> Result<DiskSite> {
    let (layout, name) = (&context.layout, &site.name);
    let rule = context.store.keep_rule(&site.id)?.unwrap_or_default();
    let due = free::due(context, name, free::RULE, &[])?;
    let mut parts = DiskParts { code: tally.add(&layout.repository(name))?, ..Default::default() };
    let all = context.store.environments(name)?;
    let mut environments = Vec::with_capacity(all.len());
    for environment in &all {
        environments.push(in_use(context, environment, tally)?);
    }
    parts.backups = tally.add(&layout.backups(name))?;
    let going: HashSet<PathBuf> = due.iter().flat_map(|kept| folders(context, kept)).collect();
    for (environment, known) in all.iter().zip(&mut environments) {
        kept_of(context, environment, &going, &mut known.parts, tally)?;
    }
    for it in deleted::all(context)?.iter().filter(|it| it.site() == name) {
        if !matches!(it.name, DeletedName::Site { .. }) {
            for folder in it.folders(context).iter().filter(|it| !going.contains(*it)) {
                parts.deleted += tally.add(folder)?;
            }
        }
    }
    let history = context.store.workflows(Some(name), free::HISTORY_LIMIT)?;
    let mut freeable = Vec::with_capacity(due.len());
    for kept in &due {
        let goes = free::goes(context, kept, &history, tally)?;
        let known =
            environments.iter_mut().find(|it| Some(&it.environment) == goes.environment.as_ref());
        let its = known.map_or(&mut parts, |it| &mut it.parts);
        match kept {
            Kept::Generation { .. } => its.undo += goes.bytes,
            Kept::Release { .. } => its.releases += goes.bytes,
            Kept::Deleted(_) => parts.deleted += goes.bytes,
            Kept::Snapshots { .. } => {}
        }
        freeable.push(goes);
    }
    // What else lies in its folders, as a person may have put it there.
    parts.code += tally.add(&layout.site(name))?;
    environments.iter().for_each(|it| parts.add(&it.parts));
    Ok(DiskSite {
        site: name.clone(),
        label: site.label.clone(),
        is_deleted: false,
        parts,
        environments,
        keeps: rule.count,
        keeps_days: rule.days,
        freeable,
    })
}

/// What an environment runs.
fn in_use(
    context: &Context,
    environment: &Environment,
    tally: &mut Tally,
) -> Result<DiskEnvironment> {
    let layout = &context.layout;
    let address = Address::new(&environment.site, &environment.name);
    let generation = environment.generation;
    let mut content = 0;
    // A part may be an earlier generation's.
    for part in
        [layout.database(&address, generation), layout.generation_files(&address, generation)]
    {
        content += tally.add(&part.canonicalize().unwrap_or(part))?;
    }
    content += tally.add(&layout.generation(&address, generation))?;
    let mut logs = 0;
    for folder in [layout.environment_logs(&address), layout.environment_temporary(&address)] {
        logs += tally.add(&folder)?;
    }
    let code = tally.add(&running::code_folder(context, environment))?;
    let parts = DiskParts { code, content, logs, ..DiskParts::default() };
    Ok(DiskEnvironment { environment: environment.name.clone(), parts })
}

/// What an environment keeps for undo that is not in `going`.
fn kept_of(
    context: &Context,
    environment: &Environment,
    going: &HashSet<PathBuf>,
    parts: &mut DiskParts,
    tally: &mut Tally,
) -> Result<()> {
    let layout = &context.layout;
    let address = Address::new(&environment.site, &environment.name);
    let stays = |folder: &Path| !going.contains(folder);
    for row in context.store.generations(&address)? {
        let folder = layout.generation(&address, row.generation.number);
        if stays(&folder) {
            parts.undo += tally.add(&folder)?;
        }
    }
    for (directory, _) in releases::all(context, &address)? {
        let folder = layout.release(&address, &directory);
        if stays(&folder) {
            parts.releases += tally.add(&folder)?;
        }
    }
    Ok(())
}

/// The folders that are deleted when it is let go.
pub(super) fn folders(context: &Context, kept: &Kept) -> Vec<PathBuf> {
    let layout = &context.layout;
    match kept {
        Kept::Generation { environment, number, .. } => {
            vec![layout.generation(environment, *number)]
        }
        Kept::Release { environment, directory, .. } => {
            vec![layout.release(environment, directory)]
        }
        Kept::Deleted(it) => it.folders(context),
        Kept::Snapshots { .. } => Vec::new(),
    }
}

/// Sites that were deleted, each with what is kept of its environments.
fn deleted_sites(
    context: &Context,
    only: Option<&SiteName>,
    tally: &mut Tally,
) -> Result<Vec<DiskSite>> {
    let mut names: Vec<SiteName> = Vec::new();
    let all = deleted::all(context)?;
    for it in &all {
        let name = it.site();
        let is_wanted = only.is_none_or(|only| only == name) && !names.contains(name);
        let is_whole = matches!(it.name, DeletedName::Site { .. });
        if is_wanted && (is_whole || context.store.find_site(name)?.is_none()) {
            names.push(name.clone());
        }
    }
    let mut sites = Vec::with_capacity(names.len());
    for name in names {
        let is_there = context.store.find_site(&name)?.is_some();
        let history: Vec<Workflow> = context.store.workflows(Some(&name), free::HISTORY_LIMIT)?;
        let mut site = DiskSite {
            site: name.clone(),
            label: name.to_string(),
            is_deleted: true,
            parts: DiskParts::default(),
            environments: Vec::new(),
            keeps: KeepRule::default().count,
            keeps_days: KeepRule::default().days,
            freeable: Vec::new(),
        };
        for it in all.iter().filter(|it| *it.site() == name) {
            if let DeletedName::Site { id, .. } = &it.name {
                let rule = context.store.keep_rule(id)?.unwrap_or_default();
                (site.keeps, site.keeps_days) = (rule.count, rule.days);
            } else if is_there {
                continue;
            }
            let goes = free::goes(context, &Kept::Deleted(it.clone()), &history, tally)?;
            site.parts.deleted += goes.bytes;
            site.freeable.push(goes);
        }
        sites.push(site);
    }
    Ok(sites)
}
