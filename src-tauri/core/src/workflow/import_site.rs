//! `import:site`: code, database and files of a whole site, in one step that can be undone.
use std::path::{Path, PathBuf};

use super::{
    Change, Context, Done, Frame, Run, Workflow, create_site, effort, import,
    import::Uploads,
    import_plan::{self, Parts, least_bytes},
    inspect::{self, Seen},
    merge,
    request::ImportSite,
    running,
    work::Work,
};
use crate::{
    cms::{self, Detected},
    content::{
        archive,
        dump::{Layout, Source},
        files,
        recognise::Reading,
    },
    error::{Doing, Error, Result},
    model::{Origin, Site, WorktreeState, count, view::Becomes},
};

pub(super) struct Plan<'a> {
    wanted: &'a ImportSite,
    sources: Vec<Seen>,
    parts: Parts,
    site: Site,
    /// The environment whose code is replaced.
    target: Option<merge::Target>,
}

impl Run for ImportSite {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a ImportSite) -> Result<Plan<'a>> {
    let address = &wanted.environment;
    let site = context.store.site(&address.site)?;
    import::confirm(&site, address, wanted.options.confirm.as_deref())?;
    if let Some(missing) = wanted.files.iter().find(|it| !Path::new(it).exists()) {
        return Err(Error::not_found("file", missing));
    }
    let said = import_plan::said(&wanted.options);
    let sources =
        inspect::inspect_within(context, &wanted.files, said, None, inspect::READ_TIMEOUT)?;
    let parts = import_plan::parts(&sources, &site)?;
    let target = (!parts.code.is_empty()).then(|| merge::target(context, address)).transpose()?;
    effort::check_room(context, sources.iter().map(least_bytes).sum())?;
    Ok(Plan { wanted, sources, parts, site, target })
}

/// Where each part is, once archives are unpacked.
#[derive(Default)]
struct Found {
    code: Vec<FoundCode>,
    database: Vec<Source>,
    files: Vec<Uploads>,
}

/// Code in a folder.
struct FoundCode {
    /// Folders, each with its place in the site's code.
    folders: Vec<(PathBuf, String)>,
    /// What in them is no code.
    besides: Vec<PathBuf>,
    is_whole: bool,
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let found = find(work, plan)?;
    let wanted = plan.wanted;
    let code = match &plan.target {
        Some(target) => code(work, plan, target, &found.code)?,
        None => None,
    };
    // The database is updated by the new code; what fails then puts the old one back.
    if let Some(change) = code.as_ref().filter(|_| wanted.options.updatedb) {
        work.hold_until_switched(&wanted.environment)?;
        work.step("Update the code", |_| work.move_references(std::slice::from_ref(change)))?;
    }
    let mut done = content(work, plan, found)?;
    if code.is_some() {
        // Nobody sees half of the files.
        work.hold_until_switched(&wanted.environment)?;
    }
    let names: Vec<&str> = plan.sources.iter().map(|it| it.view.name.as_str()).collect();
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

fn content(work: &Work<'_>, plan: &Plan<'_>, found: Found) -> Result<Done> {
    let wanted = plan.wanted;
    let Found { database, files, code } = found;
    let database = joined(database);
    let environment = work.context.store.environment(&wanted.environment)?;
    // Its own settings come with a whole site, mostly.
    let whole = code.iter().find(|it| it.is_whole).and_then(|it| it.folders.first());
    let whole = whole.filter(|(it, _)| cms::settings_prefix(it, &plan.site).is_some());
    let code = match whole {
        Some((folder, _)) => folder.clone(),
        None => running::code_folder(work.context, &environment),
    };
    if database.is_none() && files.is_empty() {
        let clear_cache = wanted.options.cc.then(|| wanted.environment.clone());
        return Ok(Done { clear_cache, ..Done::default() });
    }
    let import = import::Plan {
        site: plan.site.clone(),
        environment,
        code,
        address: wanted.environment.clone(),
        database: database.map(|it| (it, &wanted.options)),
        empties_database: false,
        files,
        name: String::new(),
        bytes: plan.sources.iter().map(least_bytes).sum(),
    };
    import::run(work, &import)
}

/// Several files with other tables each are one database.
fn joined(mut all: Vec<Source>) -> Option<Source> {
    if all.len() < 2 {
        return all.pop();
    }
    let shown: Vec<&str> = all.iter().map(|it| it.shown.as_str()).collect();
    let shown = shown.join(", ");
    let beside = all.first().map(|it| it.beside.clone()).unwrap_or_default();
    Some(Source {
        layout: Layout::Tables,
        beside,
        files: all.into_iter().flat_map(|it| it.files).collect(),
        shown,
    })
}

fn find(work: &Work<'_>, plan: &Plan<'_>) -> Result<Found> {
    let mut found = Found::default();
    for (number, source) in plan.sources.iter().enumerate() {
        let path = PathBuf::from(&source.view.path);
        let reading = &source.reading;
        let parts = (reading.code.is_some(), &reading.database, reading.files.is_some());
        match parts {
            (false, Some(database), false) => found.database.push(database.clone()),
            (false, None, _) => found.files.push(Uploads::Given(path)),
            _ => {
                let is_dir = path.is_dir();
                let folder = if is_dir {
                    path
                } else {
                    let into = work.scratch()?.join(format!("site-{number}"));
                    work.step("Unpack the site", |meter| archive::unpack(&path, &into, meter))?;
                    into
                };
                take_apart(work, plan, number, &folder, is_dir, &mut found)?;
            }
        }
    }
    Ok(found)
}

/// Finds code, dump and uploads in the folder of a whole site.
fn take_apart(
    work: &Work<'_>,
    plan: &Plan<'_>,
    number: usize,
    folder: &Path,
    is_given: bool,
    found: &mut Found,
) -> Result<()> {
    let name = &plan.sources[number].view.name;
    let reading = inspect::read_folder(folder, name, import_plan::said(&plan.wanted.options))?;
    import_plan::check(name, reading.problem.as_ref())?;
    tell(work, &reading);
    let below = |paths: &[String]| paths.iter().map(|it| folder.join(it)).collect::<Vec<_>>();
    if let Some(code) = reading.code.as_ref().filter(|_| plan.parts.code.contains(&number)) {
        let folders = code.folders.iter().map(|(from, to)| (folder.join(from), to.clone()));
        found.code.push(FoundCode {
            folders: folders.collect(),
            besides: below(&reading.not_code),
            is_whole: code.is_whole,
        });
    }
    // What stands at the end of a large archive is met only now.
    if plan.parts.database.iter().all(|it| *it == number) {
        found.database.extend(reading.database.clone());
    }
    if let Some(files) = &reading.files
        && plan.parts.files.iter().all(|it| *it == number)
    {
        let root = folder.join(&files.root);
        found.files.push(match is_given {
            true => Uploads::Given(root),
            false => Uploads::Unpacked(root, below(&reading.not_files)),
        });
    }
    Ok(())
}

/// Tells what of a source is not used.
pub(super) fn tell(work: &Work<'_>, reading: &Reading) {
    if let Some(origin) = reading.origin {
        work.line(format!("made by {origin}"));
    }
    for piece in reading.pieces.iter().filter(|it| it.becomes == Becomes::Unused) {
        let reason = piece.reason.as_deref().unwrap_or_default();
        work.line(format!("not used: {} ({}): {reason}", piece.path, count(piece.files, "file")));
    }
    reading.notes.iter().for_each(|note| work.line(format!("note: {note}")));
}

/// The change that makes the environment's code that which was found; none when it is that already.
fn code(
    work: &Work<'_>,
    plan: &Plan<'_>,
    target: &merge::Target,
    found: &[FoundCode],
) -> Result<Option<Change>> {
    let (context, site) = (work.context, &plan.site);
    let repository = context.repository(&site.name);
    let names: Vec<&str> =
        plan.parts.code.iter().map(|it| plan.sources[*it].view.name.as_str()).collect();
    let message =
        plan.wanted.message.clone().unwrap_or_else(|| format!("Import {}", names.join(", ")));
    let author = create_site::author();
    let besides: Vec<PathBuf> = found.iter().flat_map(|it| it.besides.clone()).collect();
    let is_whole = found.iter().any(|it| it.is_whole);
    let (folder, besides) = match found {
        [one] if is_whole && one.folders.len() == 1 => (one.folders[0].0.clone(), besides),
        _ => (assembled(work, found, &besides, &site.docroot, is_whole)?, Vec::new()),
    };
    let kept: Vec<String> = match is_whole {
        // Code that comes without its settings gets those that the site has: they read the environment.
        true => {
            let detected = check_system(site, &folder)?;
            cms::missing_settings_file(&folder, &detected)
                .map(|(file, _)| file)
                .into_iter()
                .collect()
        }
        false => Vec::new(),
    };
    let keeps = |path: &str| !is_whole || kept.iter().any(|it| it == path);
    let commit = work.step("Commit the code", |meter| {
        let parent = &target.commit;
        repository.commit_folder(&folder, &besides, &keeps, parent, &author, &message, meter)
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

/// Puts the folders together as the site's code has them: what goes over the code is relative to the served folder.
fn assembled(
    work: &Work<'_>,
    found: &[FoundCode],
    besides: &[PathBuf],
    docroot: &str,
    is_whole: bool,
) -> Result<PathBuf> {
    let into = work.scratch()?.join("assembled");
    work.step("Put the code together", |meter| {
        // The whole first: the others go over it.
        let mut all: Vec<&FoundCode> = found.iter().collect();
        all.sort_by_key(|it| !it.is_whole);
        for (from, to) in all.iter().flat_map(|it| &it.folders) {
            let served =
                if is_whole || docroot.is_empty() { into.clone() } else { into.join(docroot) };
            let to = if to.is_empty() { served } else { served.join(to) };
            files::copy_over(from, besides, &to, meter)?;
        }
        Ok(())
    })?;
    Ok(into)
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
