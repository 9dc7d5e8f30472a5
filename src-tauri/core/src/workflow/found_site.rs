//! What the folder of a site shows by itself: all of it where `site.json` is lost, else what differs from it.
use std::{fs, path::Path};

use jiff::Timestamp;

use super::{Context, create_site, work::random_uuid};
use crate::{
    cms,
    error::{Doing, Error, Result},
    layout,
    model::{
        Address, CodePointer, ConnectionMode, DatabaseEngine, Environment, EnvironmentName,
        Generation, GenerationRow, Origin, Site, SiteFacts, SiteName, SiteRecord,
    },
    store::now,
};

/// A site whose folder is all that is left of it.
pub(super) fn facts(
    context: &Context,
    name: &SiteName,
    told: &mut Vec<String>,
) -> Result<SiteFacts> {
    let repository = context.repository(name);
    let branch = repository.main_branch().map_err(|error| {
        Error::refused(format!("{name} has neither site.json nor a repository that can be read"))
            .because(error)
            .hint("Bring one of them back from a backup of the folder.")
    })?;
    let dev = Address::new(name, &EnvironmentName::Dev);
    let detected = cms::detect(&context.layout.code(&dev))?;
    let site = Site {
        name: name.clone(),
        label: name.to_string(),
        cms: detected.cms,
        docroot: detected.docroot,
        uploads: detected.uploads,
        engine: DatabaseEngine::Sqlite,
        branch,
        id: random_uuid()?,
        created: now(),
    };
    let record = SiteRecord { site, environments: Vec::new(), generations: Vec::new() };
    let mut facts =
        SiteFacts { format: SiteFacts::FORMAT, revision: 0, record, settings: Default::default() };
    fit(context, &mut facts, &mut Vec::new())?;
    let generations = &facts.record.generations;
    let engine = facts.record.environments.first().and_then(|dev| {
        let is_its = |it: &&GenerationRow| {
            it.generation.environment == dev.name && it.generation.number == dev.generation
        };
        generations.iter().find(is_its).map(|it| it.generation.engine)
    });
    facts.record.site.engine = engine.unwrap_or(DatabaseEngine::Sqlite);
    told.push(
        "site.json is not there: settings, locks and what came from where are not known any more, \
         and keys and salts are new, so that everyone logs in again"
            .into(),
    );
    Ok(facts)
}

/// Makes facts of a site fit what lies in its folder, and tells the differences.
pub(super) fn fit(context: &Context, facts: &mut SiteFacts, told: &mut Vec<String>) -> Result<()> {
    let site = facts.record.site.clone();
    for name in environments_on_disk(context, &site.name)? {
        let address = Address::new(&site.name, &name);
        let on_disk = generations_on_disk(context, &address)?;
        add_generations(facts, &address, &on_disk, told);
        if !facts.record.environments.iter().any(|it| it.name == name)
            && let Some(found) = environment(context, &site, &name, &on_disk)?
        {
            told.push(format!("{address} was found in the folder"));
            facts.record.environments.push(found);
        }
    }
    let mut environments = std::mem::take(&mut facts.record.environments);
    environments.retain(|it| {
        let address = Address::new(&site.name, &it.name);
        let is_there = context.layout.environment(&address).is_dir();
        if !is_there {
            told.push(format!("{address} has no folder any more"));
        }
        is_there
    });
    environments.sort_by(|a, b| a.name.cmp(&b.name));
    for it in &mut environments {
        choose_generation(context, facts, it, told);
    }
    drop_lost_generations(context, facts, &environments, told);
    facts.record.environments = environments;
    Ok(())
}

/// Folders that hold the content of an environment.
fn environments_on_disk(context: &Context, site: &SiteName) -> Result<Vec<EnvironmentName>> {
    let folder = context.layout.site(site);
    let doing = || format!("read {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).doing(doing)? {
        let name = entry.doing(doing)?.file_name();
        let name = name.to_str().and_then(|it| it.parse::<EnvironmentName>().ok());
        let holds =
            |it: &EnvironmentName| context.layout.generations(&Address::new(site, it)).is_dir();
        found.extend(name.filter(holds));
    }
    found.sort();
    Ok(found)
}

/// The generations of an environment that lie there whole, lowest number first.
fn generations_on_disk(context: &Context, address: &Address) -> Result<Vec<Generation>> {
    let folder = context.layout.generations(address);
    let doing = || format!("read {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).doing(doing)? {
        let entry = entry.doing(doing)?;
        let Some(number) = entry.file_name().to_str().and_then(|it| it.parse().ok()) else {
            continue;
        };
        let Some(engine) = engine(&context.layout.database(address, number)) else { continue };
        let changed = entry.metadata().and_then(|it| it.modified()).doing(doing)?;
        found.push(Generation {
            site: address.site.clone(),
            environment: address.environment.clone(),
            number,
            origin: Origin::Found,
            engine,
            pinned: false,
            created: Timestamp::try_from(changed).unwrap_or_else(|_| now()),
        });
    }
    found.sort_by_key(|it| it.number);
    Ok(found)
}

/// Which engine made a database folder; none when it holds no database.
fn engine(database: &Path) -> Option<DatabaseEngine> {
    if database.join("mysql").is_dir() {
        return Some(DatabaseEngine::MariaDb);
    }
    // A site that was never visited has not made its file yet.
    database.is_dir().then_some(DatabaseEngine::Sqlite).filter(|_| {
        layout::sqlite_file(database).is_file()
            || fs::read_dir(database).is_ok_and(|mut it| it.next().is_none())
    })
}

fn add_generations(
    facts: &mut SiteFacts,
    address: &Address,
    on_disk: &[Generation],
    told: &mut Vec<String>,
) {
    for it in on_disk {
        let is_known = facts.record.generations.iter().any(|row| {
            row.generation.environment == it.environment && row.generation.number == it.number
        });
        // One that was let go waits to be put away.
        let let_go = facts.settings.contains_key(&format!("let_go.{address}.{}", it.number));
        if !is_known && !let_go {
            told.push(format!("generation {} of {address} was found in the folder", it.number));
            let row = GenerationRow { generation: it.clone(), measured: None };
            facts.record.generations.push(row);
        }
    }
}

/// An environment as its folder shows it; none when it has no content or its code is not known.
fn environment(
    context: &Context,
    site: &Site,
    name: &EnvironmentName,
    on_disk: &[Generation],
) -> Result<Option<Environment>> {
    let address = Address::new(&site.name, name);
    let in_use = fs::read_link(context.layout.files(&address))
        .ok()
        .and_then(|link| link.parent()?.file_name()?.to_str()?.parse::<u32>().ok());
    let newest = on_disk.last().map(|it| it.number);
    let is_there = |number: &u32| on_disk.iter().any(|it| it.number == *number);
    let Some(generation) = in_use.filter(is_there).or(newest) else { return Ok(None) };
    let code = match name {
        EnvironmentName::Dev => Some(CodePointer::Branch { branch: site.branch.clone() }),
        EnvironmentName::Multidev(branch) => {
            Some(CodePointer::Branch { branch: branch.as_str().to_owned() })
        }
        EnvironmentName::Test | EnvironmentName::Live => release(context, &address)?,
    };
    let Some(code) = code else { return Ok(None) };
    Ok(Some(Environment {
        site: site.name.clone(),
        name: name.clone(),
        code,
        generation,
        connection_mode: name.is_writable().then_some(ConnectionMode::Sftp),
        lock: None,
        secrets: create_site::secrets()?,
        created: now(),
    }))
}

/// The release that the link to the code names, else the newest one that is there and whose tag is known.
fn release(context: &Context, address: &Address) -> Result<Option<CodePointer>> {
    let tags = context.repository(&address.site).deploy_tags(address.environment.as_str())?;
    let linked = fs::read_link(context.layout.code(address)).ok();
    let linked = linked.and_then(|it| it.file_name()?.to_str().map(str::to_owned));
    let folder = context.layout.releases(address);
    let entries = fs::read_dir(&folder).map(|entries| {
        entries.flatten().filter_map(|it| it.file_name().to_str().map(str::to_owned)).collect()
    });
    let mut names: Vec<String> = entries.unwrap_or_default();
    names.sort();
    let number = |name: &str| name.split('-').next()?.parse::<u64>().ok();
    names.sort_by_key(|it| std::cmp::Reverse(number(it)));
    let mut candidates = linked.into_iter().chain(names);
    Ok(candidates.find_map(|directory| {
        let number = number(&directory)?;
        let tag = tags.iter().find(|it| it.number == number)?;
        let is_there = context.layout.release(address, &directory).is_dir();
        is_there.then(|| CodePointer::Release {
            tag: tag.name.clone(),
            commit: tag.commit.clone(),
            directory,
        })
    }))
}

/// An environment whose generation is gone uses the newest that is there.
fn choose_generation(
    context: &Context,
    facts: &SiteFacts,
    environment: &mut Environment,
    told: &mut Vec<String>,
) {
    let address = Address::new(&environment.site, &environment.name);
    let is_there = |number: u32| context.layout.database(&address, number).is_dir();
    let wanted = environment.generation;
    if is_there(wanted) {
        return;
    }
    let rows = facts.record.generations.iter().map(|it| &it.generation);
    let newest = rows
        .filter(|it| it.environment == environment.name && it.engine == facts.record.site.engine)
        .map(|it| it.number)
        .filter(|number| is_there(*number))
        .max();
    match newest {
        Some(number) => {
            told.push(format!("generation {wanted} of {address} is gone; it uses {number}"));
            environment.generation = number;
        }
        None => told.push(format!("the content of {address} is gone")),
    }
}

/// Generations that no environment uses and that are not there are forgotten.
fn drop_lost_generations(
    context: &Context,
    facts: &mut SiteFacts,
    environments: &[Environment],
    told: &mut Vec<String>,
) {
    let site = facts.record.site.name.clone();
    let layout = &context.layout;
    facts.record.generations.retain(|row| {
        let it = &row.generation;
        let address = Address::new(&site, &it.environment);
        let is_used = environments
            .iter()
            .any(|other| other.name == it.environment && other.generation == it.number);
        let is_there = is_used || layout.generation(&address, it.number).is_dir();
        if !is_there && environments.iter().any(|other| other.name == it.environment) {
            told.push(format!("generation {} of {address} is not there any more", it.number));
        }
        is_there
    });
}
