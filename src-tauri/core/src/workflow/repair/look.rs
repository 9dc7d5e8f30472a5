//! Looks through everything of a site.
use std::{fs, path::Path};

use super::super::{Change, Context, damage, running};
use crate::{
    code::Checked,
    error::Result,
    model::{
        Address, CodePointer, Damage, Environment, EnvironmentName, Part, RepairPlan, Site,
        WayBack, count, view::WorkflowState,
    },
    privacy,
    progress::Meter,
};

/// What of a site is damaged and what is whole. Reads the whole repository; changes nothing.
pub(super) fn through(context: &Context, site: &Site, meter: Meter<'_>) -> Result<RepairPlan> {
    let environments = context.store.environments(&site.name)?;
    let mut plan = RepairPlan { site: site.name.clone(), findings: Vec::new(), whole: Vec::new() };
    rows(context, site, &environments, &mut plan)?;
    let rebuilt = repository(context, site, &environments, meter, &mut plan)?;
    for it in &environments {
        meter.check()?;
        environment(context, site, it, rebuilt, meter, &mut plan)?;
    }
    leftovers(context, site, &environments, &mut plan)?;
    access(context, &mut plan);
    Ok(plan)
}

/// Whether other users of the machine can read what is Portico's.
fn access(context: &Context, plan: &mut RepairPlan) {
    let open = privacy::open_places(&context.layout);
    let Some(first) = open.first() else { return };
    plan.findings.push(Damage {
        environment: None,
        part: Part::Access,
        message: format!("other users of this machine can read {}", first.display()),
        action: "It is closed to everyone but you, as are Portico's other places.".into(),
        way_back: WayBack::Close,
        stops: false,
    });
}

fn rows(
    context: &Context,
    site: &Site,
    environments: &[Environment],
    plan: &mut RepairPlan,
) -> Result<()> {
    let unreadable = context.store.unreadable_environments(&site.name)?;
    let has_dev = environments.iter().any(|it| it.name == EnvironmentName::Dev);
    for (name, error) in &unreadable {
        plan.findings.push(damage::of_row(&Address::new(&site.name, name), error));
    }
    if !has_dev && !unreadable.iter().any(|(name, _)| *name == EnvironmentName::Dev) {
        let dev = Address::new(&site.name, &EnvironmentName::Dev);
        plan.findings.push(damage::of_missing_row(&dev));
    }
    Ok(())
}

fn of_repository(message: String, action: impl Into<String>, way_back: WayBack) -> Damage {
    Damage {
        environment: None,
        part: Part::Repository,
        message,
        action: action.into(),
        way_back,
        stops: false,
    }
}

/// Looks through the repository; answers whether it would be made anew as a whole.
fn repository(
    context: &Context,
    site: &Site,
    environments: &[Environment],
    meter: Meter<'_>,
    plan: &mut RepairPlan,
) -> Result<bool> {
    let repository = context.repository(&site.name);
    let exists = repository.path().join("objects").is_dir();
    let checked = if exists { repository.check(meter)? } else { Checked::default() };
    if checked.is_headless && exists && !checked.references.is_empty() {
        plan.findings.push(of_repository(
            "Git sees no repository: HEAD or a folder of its own is missing or damaged".into(),
            "It is made anew. Then the repository is looked through once more.",
            WayBack::Reference { name: "HEAD".into(), target: site.branch.clone() },
        ));
        return Ok(false);
    }
    if checked.commits == 0 {
        let message = match repository.path().exists() {
            true => "no commit of the site's repository can be read",
            false => "the site's repository is missing",
        };
        plan.findings.push(of_repository(
            message.into(),
            "It is made anew from worktrees and releases: each release becomes a commit with its tag, what is in the \
             folders stays there as uncommitted changes. Older commits, their messages and their authors are lost.",
            WayBack::Repository,
        ));
        return Ok(true);
    }
    let before = plan.findings.len();
    if checked.is_unpacked {
        plan.findings.push(of_repository(
            "the repository's file of packed references is damaged".into(),
            "It is moved aside; references are made anew as their logs tell.",
            WayBack::Reference { name: "packed-refs".into(), target: String::new() },
        ));
    }
    references(context, site, environments, &checked, plan);
    if !checked.objects.is_empty() {
        let objects = checked.objects.len() as u64;
        plan.findings.push(of_repository(
            format!("{} of the repository can't be read", count(objects, "object")),
            "Those that are the same in a worktree or a release are made anew from there.",
            WayBack::Objects,
        ));
    }
    if plan.findings.len() == before {
        plan.whole.push(format!("The repository: {}", count(checked.commits, "commit")));
    }
    Ok(false)
}

/// References that can't be read, and branches that environments follow and that are not there.
fn references(
    context: &Context,
    site: &Site,
    environments: &[Environment],
    checked: &Checked,
    plan: &mut RepairPlan,
) {
    let repository = context.repository(&site.name);
    let mut broken: Vec<(String, Option<String>)> =
        checked.references.iter().map(|it| (it.name.clone(), it.was.clone())).collect();
    for it in environments {
        let CodePointer::Branch { branch } = &it.code else { continue };
        let name = format!("refs/heads/{branch}");
        let is_told = broken.iter().any(|(told, _)| *told == name);
        if !is_told && repository.head(branch).is_err() {
            broken.push((name.clone(), repository.last_seen(&name)));
        }
    }
    let tagged = tagged(context, site, environments);
    let is_lost = |tag: &str| !matches!(repository.reference(&tag_name(tag)), Ok(Some(_)));
    let in_use = environments.iter().filter_map(|it| match &it.code {
        CodePointer::Release { tag, .. } => Some(tag),
        CodePointer::Branch { .. } => None,
    });
    // A person may take away a tag of an old deploy; where others are lost, it was no person.
    if !broken.is_empty() || in_use.clone().any(|tag| is_lost(tag)) {
        for (tag, _) in tagged.iter().filter(|(tag, _)| is_lost(tag)) {
            if !broken.iter().any(|(told, _)| *told == tag_name(tag)) {
                broken.push((tag_name(tag), None));
            }
        }
    }
    for (name, was) in broken {
        let of_release = tagged.iter().find(|(tag, _)| tag_name(tag) == name);
        let short = name.strip_prefix("refs/heads/").unwrap_or(&name);
        let is_followed = environments.iter().any(
            |it| matches!(&it.code, CodePointer::Branch { branch } if format!("refs/heads/{branch}") == name),
        );
        let newest = if is_followed { newest_release(context, environments) } else { None };
        let (action, way) = match (was, newest) {
            (Some(target), _) => (
                format!("It goes back to {}, where its log saw it last.", &target[..7]),
                WayBack::Reference { name: name.clone(), target },
            ),
            (None, Some((of, target))) => (
                format!(
                    "It begins again at {}, which {} runs; what was committed since is not in it. Files in folders stay.",
                    &target[..7],
                    of.title()
                ),
                WayBack::Reference { name: name.clone(), target },
            ),
            (None, None) => match of_release {
                Some((_, commit)) => (
                    format!("It is set on the commit that was deployed with it, {}.", &commit[..7]),
                    WayBack::Reference { name: name.clone(), target: commit.clone() },
                ),
                None => (
                    "Nothing tells where it was. Delete it, or set it with Git.".into(),
                    WayBack::None,
                ),
            },
        };
        plan.findings.push(of_repository(
            format!("the reference `{short}` can't be read"),
            action,
            way,
        ));
    }
}

fn tag_name(tag: &str) -> String {
    format!("refs/tags/{tag}")
}

/// The deploy tags of a site, as its history and its pointers tell, with their commits, where those can be read.
fn tagged(context: &Context, site: &Site, environments: &[Environment]) -> Vec<(String, String)> {
    let repository = context.repository(&site.name);
    // A history that can't be read tells nothing.
    let history = context.store.workflows(Some(&site.name), u32::MAX).unwrap_or_default();
    let succeeded = history.iter().filter(|it| it.state == WorkflowState::Succeeded);
    let deployed = succeeded.flat_map(|it| &it.changes).filter_map(|change| match change {
        Change::Code { after, .. } => Some(after),
        Change::Environment { after: Some(after), .. } => Some(&after.code),
        _ => None,
    });
    let mut tags: Vec<(String, String)> = Vec::new();
    for code in environments.iter().map(|it| &it.code).chain(deployed) {
        if let CodePointer::Release { tag, commit, .. } = code
            && !tags.iter().any(|(known, _)| known == tag)
            && repository.look_at_commit(commit).is_ok()
        {
            tags.push((tag.clone(), commit.clone()));
        }
    }
    tags
}

/// The commit of Test, or of Live, that can be read.
fn newest_release(
    context: &Context,
    environments: &[Environment],
) -> Option<(EnvironmentName, String)> {
    environments.iter().find_map(|it| match &it.code {
        CodePointer::Release { commit, .. } => {
            context.repository(&it.site).look_at_commit(commit).ok()?;
            Some((it.name.clone(), commit.clone()))
        }
        CodePointer::Branch { .. } => None,
    })
}

fn environment(
    context: &Context,
    site: &Site,
    it: &Environment,
    rebuilt: bool,
    meter: Meter<'_>,
    plan: &mut RepairPlan,
) -> Result<()> {
    let mut found = damage::of(context, site, it);
    // The repository as a whole was looked through already.
    found.retain(|it| it.way_back != WayBack::Repository);
    if let CodePointer::Release { commit, tag, .. } = &it.code {
        let repository = context.repository(&site.name);
        let is_whole = !found.iter().any(|it| it.part == Part::Code);
        if repository.look_at_commit(commit).is_err() {
            if !rebuilt {
                found.push(Damage {
                    environment: Some(it.name.clone()),
                    part: Part::Repository,
                    message: format!("the commit of {tag} is lost from the repository"),
                    action: format!(
                        "{} runs on; deploy to it again to have its commit.",
                        it.name.title()
                    ),
                    way_back: WayBack::None,
                    stops: false,
                });
            }
        } else if is_whole {
            let folder = running::code_folder(context, it);
            let differs = match repository.differing_files(commit, &folder, &site.uploads, meter) {
                Err(error) if error.is_cancelled() => return Err(error),
                // What of the commit can't be read is told with the repository.
                found => found.unwrap_or(None),
            };
            found.extend(differs.map(|(first, more)| Damage {
                environment: Some(it.name.clone()),
                part: Part::Code,
                message: match more {
                    0 => format!("`{first}` of its release is missing or not as it was committed"),
                    more => format!(
                        "`{first}` and {} of its release are missing or not as they were committed",
                        count(more, "more file")
                    ),
                },
                action: format!("It is checked out anew from the commit {}.", &commit[..7]),
                way_back: WayBack::Release { commit: commit.clone() },
                stops: false,
            }));
        }
    }
    if found.is_empty() {
        plan.whole.push(format!("{}: code, database and files", it.name.title()));
    }
    plan.findings.extend(found);
    Ok(())
}

/// What lies in the site's folder and nothing points to: told, never deleted.
fn leftovers(
    context: &Context,
    site: &Site,
    environments: &[Environment],
    plan: &mut RepairPlan,
) -> Result<()> {
    let mut tell = |environment: Option<&EnvironmentName>, path: &Path, what: &str| {
        plan.findings.push(Damage {
            environment: environment.cloned(),
            part: Part::Leftover,
            message: format!("{} {what}", path.display()),
            action: "It stays. Delete it when you are sure that you need nothing of it.".into(),
            way_back: WayBack::None,
            stops: false,
        });
    };
    for it in environments {
        let address = Address::new(&site.name, &it.name);
        let known = context.store.generations(&address)?;
        let going = context.store.let_go(&site.name)?;
        let is_known = |name: &str| {
            name.parse::<u32>().is_ok_and(|number| {
                number == it.generation
                    || known.iter().any(|row| row.generation.number == number)
                    || going.contains(&(address.clone(), number))
            })
        };
        for path in entries(&context.layout.generations(&address)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !is_known(&name) {
                tell(Some(&it.name), &path, "is a content that portico.db does not know");
            }
        }
    }
    let unreadable = context.store.unreadable_environments(&site.name)?;
    let owned = ["repository.git", "backups", "set-aside"];
    for path in entries(&context.layout.site(&site.name)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_environment = environments.iter().any(|it| it.name.as_str() == name)
            || unreadable.iter().any(|(it, _)| it.as_str() == name);
        if path.is_dir() && !is_environment && !owned.contains(&&*name) {
            tell(None, &path, "belongs to no environment");
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()).collect();
    all.sort();
    all
}
