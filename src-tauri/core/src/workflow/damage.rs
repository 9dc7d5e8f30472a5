//! What of a site is broken, by a look that costs next to nothing: taken at start, before a switch, an undo and a
//! deploy, and whenever an environment is shown.
use std::path::Path;

use super::{Change, Context, Done, running};
use crate::{
    code::WorktreeFault,
    content::database,
    error::{Error, Result},
    model::{
        Address, Cms, CodePointer, Damage, DatabaseEngine, Environment, EnvironmentName, Part,
        Site, WayBack,
    },
};

/// What is broken of an environment; nothing most of the time.
pub(crate) fn of(context: &Context, site: &Site, it: &Environment) -> Vec<Damage> {
    let mut found = of_code(context, site, it);
    found.extend(of_content(context, site, it));
    found.extend(of_links(context, site, it));
    found
}

/// Links of an environment that are missing or lead elsewhere, where what they should lead to is there.
pub(crate) fn of_links(context: &Context, site: &Site, it: &Environment) -> Vec<Damage> {
    let layout = &context.layout;
    let address = Address::new(&site.name, &it.name);
    let files = layout.generation_files(&address, it.generation);
    let code = running::code_folder(context, it);
    let mut links = vec![(Part::Files, layout.files(&address), files.clone())];
    if let CodePointer::Release { .. } = &it.code {
        links.push((Part::Code, layout.code(&address), code.clone()));
    }
    if !site.uploads.is_empty() && code.is_dir() {
        links.push((Part::Files, code.join(&site.uploads), files));
    }
    let is_wrong = |link: &Path, target: &Path| match target.canonicalize() {
        Ok(target) => link.canonicalize().ok() != Some(target),
        Err(_) => false,
    };
    let wrong = links.into_iter().filter(|(_, link, target)| is_wrong(link, target));
    let told = wrong.map(|(part, link, _)| {
        let in_the_way = !link.is_symlink() && link.exists();
        Damage {
            environment: Some(it.name.clone()),
            part,
            message: match in_the_way {
                true => format!("{} lies where a link should be", link.display()),
                false => format!("the link {} is missing or leads elsewhere", link.display()),
            },
            action: match in_the_way {
                true => "Move it to another place; then the link is made anew.".into(),
                false => "The link is made anew.".into(),
            },
            way_back: if in_the_way { WayBack::None } else { WayBack::Link },
            stops: false,
        }
    });
    told.collect()
}

/// An environment whose row can't be read.
pub(crate) fn of_row(address: &Address, error: &Error) -> Damage {
    let cause = error.causes.first().map(|it| format!(" ({it})")).unwrap_or_default();
    Damage {
        environment: Some(address.environment.clone()),
        part: Part::Row,
        message: format!("what portico.db says of {address} can't be read{cause}"),
        action: "It is written anew from the folders and tags that are there.".into(),
        way_back: WayBack::Row,
        stops: true,
    }
}

/// An environment that must have a row, and has none.
pub(crate) fn of_missing_row(address: &Address) -> Damage {
    Damage {
        message: format!("portico.db says nothing of {address}"),
        ..of_row(address, &Error::not_found("environment", address))
    }
}

/// A repository of which something can't be read.
pub(crate) fn of_repository(
    site: &Site,
    environment: Option<&EnvironmentName>,
    error: &Error,
) -> Damage {
    Damage {
        environment: environment.cloned(),
        part: Part::Repository,
        message: in_words(error),
        action: format!("`portico site:repair {}` looks through the whole repository.", site.name),
        way_back: WayBack::Repository,
        stops: false,
    }
}

/// What is broken of an environment's code, and of what its repository has of it.
pub(crate) fn of_code(context: &Context, site: &Site, it: &Environment) -> Vec<Damage> {
    let repository = context.repository(&site.name);
    let folder = running::code_folder(context, it);
    let damage = |part, message: String, action: String, way_back, stops| Damage {
        environment: Some(it.name.clone()),
        part,
        message,
        action,
        way_back,
        stops,
    };
    let mut found = Vec::new();
    let commit = context.commit_of(it);
    let readable = commit.and_then(|commit| {
        repository.look_at_commit(&commit)?;
        Ok(commit)
    });
    let can_come_back = readable.is_ok();
    if let Err(error) = readable {
        found.push(of_repository(site, Some(&it.name), &error));
    }
    let none =
        |what: &str| (format!("{what} once the repository has its commit again."), WayBack::None);
    match &it.code {
        CodePointer::Release { commit, .. } => {
            let broken = repository.look_at_release(&folder, &site.docroot, commit);
            found.extend(broken.map(|message| {
                let (action, way) = match can_come_back {
                    true => (
                        format!("It is checked out anew from the commit {}.", &commit[..7]),
                        WayBack::Release { commit: commit.clone() },
                    ),
                    false => none("It can be checked out anew"),
                };
                damage(Part::Code, message, action, way, true)
            }));
        }
        CodePointer::Branch { branch } => {
            let fault = repository.look_at_worktree(&folder, &site.uploads);
            let way = || WayBack::Worktree { branch: branch.clone() };
            found.extend(fault.map(|fault| match (fault, can_come_back) {
                (WorktreeFault::Unlinked, _) => damage(
                    Part::Repository,
                    "Git does not know the folder of its code any more".into(),
                    "The folder is linked to the repository again; no file in it is changed.".into(),
                    way(),
                    false,
                ),
                (fault, true) => damage(
                    Part::Code,
                    missing_or_empty(&fault).into(),
                    format!(
                        "The folder is made anew from the branch `{branch}`. What was changed and not committed is not in it."
                    ),
                    way(),
                    true,
                ),
                (fault, false) => {
                    let (action, way) = none("The folder can be made anew");
                    damage(Part::Code, missing_or_empty(&fault).into(), action, way, true)
                }
            }));
        }
    }
    found
}

fn missing_or_empty(fault: &WorktreeFault) -> &'static str {
    match fault {
        WorktreeFault::Missing => "the folder of its code is missing",
        WorktreeFault::Empty | WorktreeFault::Unlinked => "the folder of its code is empty",
    }
}

/// An error as damage is told: without the "cannot".
fn in_words(error: &Error) -> String {
    let cause = error.causes.last().map(|it| format!(" ({it})")).unwrap_or_default();
    format!("{}{cause}", error.message)
}

/// What is broken of the content that an environment uses.
pub(crate) fn of_content(context: &Context, site: &Site, it: &Environment) -> Vec<Damage> {
    let address = Address::new(&site.name, &it.name);
    let broken = generation(context, site, &address, it.generation);
    if broken.is_empty() {
        return of_generation_row(context, &address, it.generation).into_iter().collect();
    }
    let (action, way_back) = match whole_before(context, site, &address, it.generation) {
        Some(number) => (
            format!(
                "The environment goes back to generation {number}; generation {} stays as it is.",
                it.generation
            ),
            WayBack::Generation { number },
        ),
        None if broken.iter().all(|(part, _)| *part == Part::Files) => (
            "An empty folder takes its place: the files themselves are gone.".to_owned(),
            WayBack::EmptyFolder,
        ),
        None => (
            "No other generation of it is whole: clone content from another environment, or import a backup."
                .to_owned(),
            WayBack::None,
        ),
    };
    let told = broken.into_iter().map(|(part, message)| Damage {
        environment: Some(it.name.clone()),
        part,
        message,
        action: action.clone(),
        way_back: way_back.clone(),
        stops: true,
    });
    told.collect()
}

/// What portico.db says of a generation whose folders are whole.
fn of_generation_row(context: &Context, address: &Address, number: u32) -> Option<Damage> {
    let message = match context.store.generation(address, number) {
        Ok(Some(_)) => return None,
        Ok(None) => format!("portico.db says nothing of generation {number} of {address}"),
        Err(error) => in_words(&error),
    };
    Some(Damage {
        environment: Some(address.environment.clone()),
        part: Part::Row,
        message,
        action: "The row is written anew; the content itself is whole.".into(),
        way_back: WayBack::Row,
        stops: false,
    })
}

/// The newest whole generation of an environment beside `broken`.
fn whole_before(context: &Context, site: &Site, address: &Address, broken: u32) -> Option<u32> {
    // One whose rows can't be read now is told by the damage itself.
    let rows = context.store.generations(address).unwrap_or_default();
    let mut others = rows
        .iter()
        .filter(|row| row.generation.number != broken && row.generation.engine == site.engine);
    others
        .find(|row| generation(context, site, address, row.generation.number).is_empty())
        .map(|row| row.generation.number)
}

/// What is broken of one generation of an environment.
pub(crate) fn generation(
    context: &Context,
    site: &Site,
    address: &Address,
    number: u32,
) -> Vec<(Part, String)> {
    // A row that can't be read is told by itself: what it is about may be whole.
    let row = context.store.generation(address, number).unwrap_or(None);
    let filled = row.as_ref().and_then(|it| it.measured).is_some_and(|it| it.database.tables > 0);
    let engine = row.map_or(site.engine, |it| it.generation.engine);
    files_of(context, site, address, number, engine, filled)
}

/// What is broken of a generation's folders.
fn files_of(
    context: &Context,
    site: &Site,
    address: &Address,
    number: u32,
    engine: DatabaseEngine,
    filled: bool,
) -> Vec<(Part, String)> {
    let layout = &context.layout;
    if !layout.generation(address, number).is_dir() {
        return vec![(
            Part::Database,
            format!("the folder of its content, generation {number}, is missing"),
        )];
    }
    let mut found = Vec::new();
    if site.cms != Cms::Html {
        let broken = database::broken(&layout.database(address, number), engine, filled);
        found.extend(broken.map(|message| (Part::Database, message)));
    }
    if !layout.generation_files(address, number).is_dir() {
        found.push((Part::Files, "the folder of its uploaded files is missing".into()));
    }
    found
}

/// Refuses to move a pointer to what is missing or broken.
///
/// # Errors
/// Failed, with what is broken of it: nothing was moved yet.
pub(super) fn check_targets(context: &Context, done: &Done) -> Result<()> {
    for change in &done.changes {
        let broken = match change {
            Change::Content { environment, after, .. } => {
                let site = context.store.site(&environment.site)?;
                content_to_be(context, &site, environment, *after, done)
            }
            Change::Code { environment, after, .. } => {
                let site = context.store.site(&environment.site)?;
                release_to_be(context, &site, environment, after)
            }
            Change::Environment { environment, after: Some(after), .. } => {
                let site = context.store.site(&environment.site)?;
                let code = release_to_be(context, &site, environment, &after.code);
                code.or_else(|| content_to_be(context, &site, environment, after.generation, done))
            }
            _ => None,
        };
        if let Some(message) = broken {
            return Err(Error::failed(format!("switch {}: {message}", change.subject()))
                .hint("Nothing has changed."));
        }
    }
    Ok(())
}

fn content_to_be(
    context: &Context,
    site: &Site,
    address: &Address,
    number: u32,
    done: &Done,
) -> Option<String> {
    let fresh = done.generations.iter().map(|it| &it.generation).find(|it| {
        it.number == number && it.environment == address.environment && it.site == address.site
    });
    let found = match fresh {
        Some(it) => files_of(context, site, address, number, it.engine, false),
        None => generation(context, site, address, number),
    };
    found.into_iter().next().map(|(_, message)| message)
}

fn release_to_be(
    context: &Context,
    site: &Site,
    address: &Address,
    code: &CodePointer,
) -> Option<String> {
    let CodePointer::Release { directory, commit, .. } = code else { return None };
    let folder = context.layout.release(address, directory);
    context.repository(&site.name).look_at_release(&folder, &site.docroot, commit)
}

/// What of a site as a whole is broken: its repository.
pub(crate) fn of_site(context: &Context, site: &Site) -> Vec<Damage> {
    let repository = context.repository(&site.name);
    let broken = repository.look().err();
    let told = broken.map(|error| Damage {
        environment: None::<EnvironmentName>,
        part: Part::Repository,
        message: match repository.path().exists() {
            true => in_words(&error),
            false => "the site's repository is missing".into(),
        },
        action: "It is made anew, as far as worktrees and releases tell. Test, Live and all content run on.".into(),
        way_back: WayBack::Repository,
        stops: false,
    });
    told.into_iter().collect()
}
