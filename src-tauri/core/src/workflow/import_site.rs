//! `import:site`: code, database and files of a whole site, in one step that can be undone.
use std::path::{Path, PathBuf};

use super::{
    Change, Context, Done, create_site, effort, import,
    import_plan::{self, Parts, database_request, least_bytes},
    inspect, merge,
    request::{ImportFiles, ImportSite},
    work::Work,
};
use crate::{
    cms::{self, Detected},
    content::{archive, listing},
    error::{Doing, Error, Result},
    model::{
        Origin, Site, WorktreeState,
        view::{Holding, Inspected},
    },
};

pub(super) struct Plan<'a> {
    wanted: &'a ImportSite,
    sources: Vec<Inspected>,
    parts: Parts,
    site: Site,
    /// The environment whose code is replaced.
    target: Option<merge::Target>,
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a ImportSite) -> Result<Plan<'a>> {
    let address = &wanted.environment;
    let site = context.store.site(&address.site)?;
    import::confirm(&site, address, wanted.options.confirm.as_deref())?;
    let sources = inspect::inspect_within(
        context,
        &wanted.files,
        wanted.options.entry.as_deref(),
        None,
        inspect::PATIENT,
    )?;
    if let Some(missing) = wanted.files.iter().find(|it| !Path::new(it).exists()) {
        return Err(Error::not_found("file", missing));
    }
    let parts = import_plan::parts(&sources)?;
    let target = parts.code.map(|_| merge::target(context, address)).transpose()?;
    effort::check_room(context, sources.iter().map(least_bytes).sum())?;
    Ok(Plan { wanted, sources, parts, site, target })
}

/// Where each part is, once archives of code are unpacked.
#[derive(Default)]
struct Found {
    /// The folder of the code, and what in it is no code.
    code: Option<(PathBuf, Vec<PathBuf>)>,
    database: Option<PathBuf>,
    files: Option<PathBuf>,
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let found = find(work, plan)?;
    let wanted = plan.wanted;
    let code = match (&found.code, &plan.target) {
        (Some((folder, besides)), Some(target)) => code(work, plan, target, folder, besides)?,
        _ => None,
    };
    // The database is updated by the new code; what fails then puts the old one back.
    if let Some(change) = code.as_ref().filter(|_| wanted.options.updatedb) {
        work.hold_until_switched(&wanted.environment)?;
        work.step("Update the code", |_| work.move_references(std::slice::from_ref(change)))?;
    }
    let mut done = content(work, plan, &found)?;
    if code.is_some() {
        // Nobody sees half of the files.
        work.hold_until_switched(&wanted.environment)?;
    }
    let names: Vec<&str> = plan.sources.iter().map(|it| it.name.as_str()).collect();
    for row in &mut done.generations {
        row.generation.origin = Origin::Import { name: names.join(", ") };
    }
    if let Some(Change::Worktree { after, .. }) = &code {
        done.result.insert("commit".into(), after.commit.clone().into());
    }
    done.result.insert("url".into(), work.context.url(&wanted.environment).into());
    done.changes.splice(0..0, code);
    if done.changes.is_empty() {
        return Err(Error::refused("there is nothing to import: the code is the same"));
    }
    Ok(done)
}

fn content(work: &Work<'_>, plan: &Plan<'_>, found: &Found) -> Result<Done> {
    let wanted = plan.wanted;
    let text = |path: &PathBuf| path.display().to_string();
    if let Some(database) = &found.database {
        let mut request = database_request(wanted, text(database));
        request.files = found.files.as_ref().map(text);
        return import::run(work, &import::plan_database(work.context, &request)?);
    }
    if let Some(files) = &found.files {
        let (environment, confirm) = (wanted.environment.clone(), wanted.options.confirm.clone());
        let request = ImportFiles { environment, file: text(files), confirm };
        return import::run(work, &import::plan_files(work.context, &request)?);
    }
    let clear_cache = wanted.options.cc.then(|| wanted.environment.clone());
    Ok(Done { clear_cache, ..Done::default() })
}

fn find(work: &Work<'_>, plan: &Plan<'_>) -> Result<Found> {
    let mut found = Found::default();
    for (number, source) in plan.sources.iter().enumerate() {
        let path = PathBuf::from(&source.path);
        match source.holds {
            Holding::Database(_) => found.database = Some(path),
            Holding::Files(_) => found.files = Some(path),
            Holding::Unusable { .. } => {}
            Holding::Code { .. } | Holding::Site { .. } => {
                let folder = if path.is_dir() {
                    path
                } else {
                    let into = work.scratch()?.join(format!("site-{number}"));
                    work.step("Unpack the site", |meter| archive::unpack(&path, &into, meter))?;
                    into
                };
                take_apart(plan, number, &folder, &mut found)?;
            }
        }
    }
    Ok(found)
}

/// Finds code, dump and uploads in the folder of a whole site.
fn take_apart(plan: &Plan<'_>, number: usize, folder: &Path, found: &mut Found) -> Result<()> {
    let listed = listing::all(folder)?;
    let all = listed.iter().map(|it| it.path.as_str());
    let (_, root) = cms::of_paths(all).ok_or_else(|| {
        Error::refused(format!("`{}` holds no code of a site", plan.sources[number].name))
    })?;
    let root = folder.join(root);
    let dumps = inspect::dumps_in(&listed);
    let mut besides: Vec<PathBuf> = dumps.iter().map(|it| folder.join(&it.path)).collect();
    // What stands at the end of a large archive is met only now.
    if plan.parts.database.is_none_or(|it| it == number) {
        found.database = dumps.first().map(|it| folder.join(&it.path));
    }
    if let Some(uploads) = inspect::uploads_in(&listed) {
        besides.push(folder.join(&uploads));
        if plan.parts.files.is_none_or(|it| it == number) {
            found.files = Some(folder.join(&uploads));
        }
    }
    found.code = Some((root, besides));
    Ok(())
}

/// The change that makes the environment's code that of `folder`; none when it is that already.
fn code(
    work: &Work<'_>,
    plan: &Plan<'_>,
    target: &merge::Target,
    folder: &Path,
    besides: &[PathBuf],
) -> Result<Option<Change>> {
    let (context, site) = (work.context, &plan.site);
    let detected = check_system(site, folder)?;
    // Code that comes without its settings gets those that the site has: they read the environment.
    let settings = cms::missing_settings_file(folder, &detected).map(|(file, _)| file);
    let kept: Vec<String> = settings.into_iter().collect();
    let repository = context.repository(&site.name);
    let name = plan.parts.code.map(|number| plan.sources[number].name.clone()).unwrap_or_default();
    let message = plan.wanted.message.clone().unwrap_or_else(|| format!("Import {name}"));
    let author = create_site::author();
    let commit = work.step("Commit the code", |meter| {
        repository.commit_folder(folder, besides, &kept, &target.commit, &author, &message, meter)
    })?;
    let Some(commit) = commit else {
        work.line("the code is the same as before");
        return Ok(None);
    };
    merge::check_code(context, site, &commit)?;
    let state = |commit: &str| WorktreeState { commit: commit.to_owned(), snapshot: None };
    Ok(Some(Change::Worktree {
        environment: plan.wanted.environment.clone(),
        branch: target.branch.clone(),
        before: state(&target.commit),
        after: state(&commit),
    }))
}

/// A site stays with its system and with the folder that is served.
fn check_system(site: &Site, folder: &Path) -> Result<Detected> {
    let detected = cms::detect(folder).doing(|| format!("look into {}", folder.display()))?;
    if detected.cms != site.cms {
        return Err(Error::refused(format!(
            "the code in it is of another system than {}: {:?}, not {:?}",
            site.name, detected.cms, site.cms
        ))
        .hint("Make a new site of it: `portico site:create <name> --from <archive>`."));
    }
    if detected.docroot != site.docroot {
        return Err(Error::refused(format!(
            "the code in it is served from `{}`, that of {} from `{}`",
            detected.docroot, site.name, site.docroot
        ))
        .hint("Make a new site of it: `portico site:create <name> --from <archive>`."));
    }
    Ok(detected)
}
