//! What is told of sites and environments: their list, the board, and one environment.
use crate::{
    cms,
    content::{database, files},
    error::{Error, Result},
    model::{
        Address, CodePointer, Damage, Environment, EnvironmentName, Measured, Site, SiteName,
        view::{
            Board, CodeInfo, CodeWarning, ContentInfo, DatabaseInfo, EnvironmentInfo, FilesInfo,
            Health, SiteCard, SiteRow,
        },
    },
    workflow::{self, Context, damage, running},
};

/// Workflows that the board shows.
const ON_THE_BOARD: u32 = 20;

pub(super) fn sites(context: &Context) -> Result<Vec<SiteRow>> {
    Ok(context.store.sites()?.into_iter().map(site_row).collect())
}

pub(super) fn site_row(site: Site) -> SiteRow {
    SiteRow { name: site.name, label: site.label, cms: site.cms, created: site.created }
}

pub(super) fn site_cards(context: &Context) -> Result<Vec<SiteCard>> {
    context.store.sites()?.into_iter().map(|site| site_card(context, site)).collect()
}

fn site_card(context: &Context, site: Site) -> Result<SiteCard> {
    let environments = context.store.environments(&site.name)?;
    let released = || environments.iter().filter(|it| !it.name.is_writable());
    // What of the code can't be read is told as damage: the list goes on.
    let waiting = released().map(|it| code_waiting(context, it).unwrap_or(0));
    let deployable = waiting.sum();
    let deployed = released().next().is_some();
    let upstream = workflow::upstream::waiting(context, &site).unwrap_or(None);
    Ok(SiteCard {
        damage: first_damage(context, &site, &environments)?,
        upstream_updates: upstream.unwrap_or(0),
        cms_version: cms_version(context, &site),
        busy: context.is_busy(&site.name),
        name: site.name,
        label: site.label,
        cms: site.cms,
        deployable,
        deployed,
    })
}

/// The first thing that is broken of a site, in one line.
fn first_damage(
    context: &Context,
    site: &Site,
    environments: &[Environment],
) -> Result<Option<String>> {
    let named = |name: &EnvironmentName, message: &str| format!("{}: {message}", name.title());
    let unreadable = context.store.unreadable_environments(&site.name)?;
    if let Some((name, _)) = unreadable.first() {
        return Ok(Some(named(name, "what portico.db says of it can't be read")));
    }
    if let Some(damage) = damage::of_site(context, site).first() {
        return Ok(Some(damage.message.clone()));
    }
    let mut all = environments.iter().flat_map(|it| damage::of(context, site, it));
    Ok(all.next().map(|it| match &it.environment {
        Some(name) => named(name, &it.message),
        None => it.message,
    }))
}

/// The version that Dev's code says; none while the person has it in pieces.
fn cms_version(context: &Context, site: &Site) -> Option<String> {
    let dev = Address::new(&site.name, &EnvironmentName::Dev);
    cms::detect(&context.layout.code(&dev)).ok().and_then(|detected| detected.version)
}

pub(super) fn board(context: &Context, name: &SiteName) -> Result<Board> {
    let site = context.store.site(name)?;
    let fixed = [EnvironmentName::Dev, EnvironmentName::Test, EnvironmentName::Live];
    let known = context.store.environments(name)?;
    let unreadable = context.store.unreadable_environments(name)?;
    let others = known.iter().map(|it| &it.name).chain(unreadable.iter().map(|(name, _)| name));
    let mut others: Vec<_> = others.filter(|it| !fixed.contains(it)).cloned().collect();
    others.sort();
    let mut environments = Vec::new();
    for wanted in fixed.into_iter().chain(others) {
        environments.push(match known.iter().find(|it| it.name == wanted) {
            Some(found) => environment(context, &site, found)?,
            None => without_row(context, &site, &Address::new(name, &wanted), &unreadable)?,
        });
    }
    Ok(Board {
        damage: damage::of_site(context, &site),
        cms_version: cms_version(context, &site),
        upstream_updates: workflow::upstream::waiting(context, &site).unwrap_or(None),
        repository: context.layout.repository(name).display().to_string(),
        environments,
        workflows: super::answer::workflows(context, Some(name), ON_THE_BOARD)?,
        site: site_row(site),
    })
}

/// `env:info`: measures the content anew.
pub(super) fn environment_measured(
    context: &Context,
    address: &Address,
) -> Result<EnvironmentInfo> {
    let site = context.store.site(&address.site)?;
    let unreadable = context.store.unreadable_environments(&address.site)?;
    let is_unreadable = unreadable.iter().any(|(name, _)| *name == address.environment);
    let known = if is_unreadable { None } else { context.store.find_environment(address)? };
    let Some(found) = known else {
        let is_multidev = matches!(address.environment, EnvironmentName::Multidev(_));
        return match is_multidev && !is_unreadable {
            true => Err(Error::not_found("environment", address)),
            false => without_row(context, &site, address, &unreadable),
        };
    };
    if damage::of(context, &site, &found).iter().any(|it| it.stops) {
        // What is broken can't be measured.
        return environment(context, &site, &found);
    }
    let opened = running::open_database(context, &site, &found, found.generation)?;
    let empty = DatabaseInfo::empty(site.engine);
    let database = opened.database.as_ref().map(database::measure).transpose()?.unwrap_or(empty);
    let folder = context.layout.generation_files(address, found.generation);
    // Who asks about one environment wants to know it as it is at this moment.
    context.counts.forget();
    let measured = Measured { database, files: files::measure(&running::resolved(&folder)?)? };
    context.store.set_measured(address, found.generation, &measured)?;
    environment(context, &site, &found)
}

pub(super) fn environment(
    context: &Context,
    site: &Site,
    it: &Environment,
) -> Result<EnvironmentInfo> {
    let address = Address::new(&site.name, &it.name);
    let mut damage = damage::of(context, site, it);
    let code = code_info(context, site, it).unwrap_or_else(|error| {
        if damage.is_empty() {
            damage.push(damage::of_repository(site, Some(&it.name), &error));
        }
        known_code(it)
    });
    let stopped = damage.iter().find(|it| it.stops).map(Damage::error);
    let fatal_errors = match code.date {
        Some(date) => context.fatals.since(&context.layout.environment_logs(&address), date)?,
        None => 0,
    };
    Ok(EnvironmentInfo {
        fatal_errors,
        site: site.name.clone(),
        environment: it.name.clone(),
        url: context.url(&address),
        initialized: true,
        connection_mode: it.connection_mode,
        locked: it.lock.is_some(),
        note: running::php_note(context, site, &running::code_folder(context, it))
            .or_else(|| code.warnings.first().map(in_words)),
        code,
        content: workflow::content_info(context, site, it)?,
        health: match stopped {
            Some(error) => Health::Broken { error },
            None => context.front().health(&address),
        },
        // It was of a commit that can't be read now.
        config_differences: workflow::last_difference(context, it).unwrap_or(None),
        damage,
        code_folder: context.layout.code(&address).display().to_string(),
        files_folder: context.layout.files(&address).display().to_string(),
    })
}

/// What the pointer alone tells of the code, where the repository can't be read.
fn known_code(it: &Environment) -> CodeInfo {
    match &it.code {
        CodePointer::Branch { branch } => {
            CodeInfo { branch: Some(branch.clone()), ..CodeInfo::default() }
        }
        CodePointer::Release { tag, commit, .. } => {
            CodeInfo { tag: Some(tag.clone()), commit: Some(commit.clone()), ..CodeInfo::default() }
        }
    }
}

/// An environment of which portico.db says nothing: one that can't be read, or one that does not exist yet.
fn without_row(
    context: &Context,
    site: &Site,
    address: &Address,
    unreadable: &[(EnvironmentName, Error)],
) -> Result<EnvironmentInfo> {
    let found = unreadable.iter().find(|(name, _)| *name == address.environment);
    let damage = match found {
        Some((_, error)) => damage::of_row(address, error),
        None if address.environment == EnvironmentName::Dev => damage::of_missing_row(address),
        None => return uninitialized(context, site, address),
    };
    Ok(EnvironmentInfo {
        initialized: true,
        health: Health::Broken { error: damage.error() },
        damage: vec![damage],
        ..blank(context, site, address, 0)
    })
}

fn in_words(warning: &CodeWarning) -> String {
    format!("{}. {}", warning.message, warning.hint).trim_end().to_owned()
}

fn uninitialized(context: &Context, site: &Site, address: &Address) -> Result<EnvironmentInfo> {
    let parent = address.environment.parent().expect("Dev is always initialised");
    // A parent that can't be read says so itself.
    let waits = || -> Result<u64> {
        let parent = context.store.find_environment(&Address::new(&site.name, &parent))?;
        let Some(parent) = parent else { return Ok(0) };
        let commit = context.commit_of(&parent)?;
        workflow::waiting(&context.repository(&site.name), &commit, None)
    };
    Ok(blank(context, site, address, waits().unwrap_or(0)))
}

/// An environment with nothing in it.
fn blank(context: &Context, site: &Site, address: &Address, deployable: u64) -> EnvironmentInfo {
    EnvironmentInfo {
        fatal_errors: 0,
        site: site.name.clone(),
        environment: address.environment.clone(),
        url: context.url(address),
        initialized: false,
        connection_mode: None,
        locked: false,
        code: CodeInfo { deployable, ..CodeInfo::default() },
        content: ContentInfo {
            generation: 0,
            origin: None,
            origin_at: None,
            database: DatabaseInfo::empty(site.engine),
            files: FilesInfo::default(),
        },
        health: Health::Asleep,
        config_differences: None,
        damage: Vec::new(),
        note: None,
        code_folder: context.layout.code(address).display().to_string(),
        files_folder: context.layout.files(address).display().to_string(),
    }
}

fn code_info(context: &Context, site: &Site, it: &Environment) -> Result<CodeInfo> {
    let repository = context.repository(&it.site);
    match &it.code {
        CodePointer::Branch { branch } => {
            let head = repository.head(branch)?;
            let commit = repository.commit(&head)?;
            let warnings = workflow::warnings(context, site, &commit.commit)?;
            Ok(CodeInfo {
                warnings,
                commit: Some(commit.commit),
                tag: None,
                branch: Some(branch.clone()),
                message: Some(commit.subject),
                author: Some(commit.author),
                date: Some(commit.date),
                deployable: 0,
                orphans: 0,
                uncommitted: context.counts.count(&running::code_folder(context, it), &head)?,
            })
        }
        CodePointer::Release { tag, commit, .. } => {
            let tags = repository.deploy_tags(it.name.as_str())?;
            let deployed = tags.into_iter().find(|it| it.name == *tag);
            Ok(CodeInfo {
                commit: Some(commit.clone()),
                tag: Some(tag.clone()),
                branch: None,
                message: deployed.as_ref().map(|it| it.message.trim().to_owned()),
                author: Some(repository.commit(commit)?.author),
                date: deployed.map(|it| it.date),
                deployable: code_waiting(context, it)?,
                orphans: workflow::orphans(context, &Address::new(&it.site, &it.name))?.len()
                    as u64,
                warnings: workflow::warnings(context, site, commit)?,
                uncommitted: 0,
            })
        }
    }
}

/// How many commits the parent has and the environment lacks.
fn code_waiting(context: &Context, it: &Environment) -> Result<u64> {
    let Some(parent) = it.name.parent() else { return Ok(0) };
    let parent = context.store.find_environment(&Address::new(&it.site, &parent))?;
    let Some(parent) = parent else { return Ok(0) };
    let (has, lacks) = (context.commit_of(&parent)?, context.commit_of(it)?);
    workflow::waiting(&context.repository(&it.site), &has, Some(&lacks))
}
