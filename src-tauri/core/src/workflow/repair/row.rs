//! Rows of portico.db that can't be read, written anew from the site's history and from what of them can be read.
use serde::de::DeserializeOwned;

use super::super::{Change, Context, create_site, work::Work};
use crate::{
    error::{Error, Result},
    model::{
        Address, Environment, EnvironmentName, Generation, GenerationRow, Lock, Origin, RawRow,
        Site, view::WorkflowState,
    },
    store::{facts, now},
};

/// The whole history.
const ALL: u32 = u32::MAX;

/// The change that puts a readable row in the place of an environment's own, or of that of its generation in use.
pub(super) fn anew(work: &Work<'_>, site: &Site, name: &EnvironmentName) -> Result<Change> {
    let context = work.context;
    let address = Address::new(&site.name, name);
    if let Ok(Some(environment)) = context.store.find_environment(&address) {
        let number = environment.generation;
        let before = context.store.raw_row(&address, Some(number))?;
        let row = generation(site, &address, number, before.as_ref());
        let after = Some(context.store.raw_generation(&row));
        return Ok(Change::Row { environment: address, generation: Some(number), before, after });
    }
    let before = context.store.raw_row(&address, None)?;
    let environment = environment(work, site, &address, before.as_ref())?;
    let after = Some(context.store.raw_environment(&environment));
    Ok(Change::Row { environment: address, generation: None, before, after })
}

/// A column that holds JSON, if it can be read.
fn json<T: DeserializeOwned>(row: Option<&RawRow>, column: &str) -> Option<T> {
    serde_json::from_str(row?.get(column)?.as_deref()?).ok()
}

/// A column that holds plain text, if it can be read.
fn text<T: DeserializeOwned>(row: Option<&RawRow>, column: &str) -> Option<T> {
    let text = row?.get(column)?.clone()?;
    serde_json::from_value(serde_json::Value::String(text)).ok()
}

fn environment(
    work: &Work<'_>,
    site: &Site,
    address: &Address,
    row: Option<&RawRow>,
) -> Result<Environment> {
    let context = work.context;
    let known = match by_its_file(context, site, address) {
        Some(known) => Some(known),
        None => by_history(context, site, address)?,
    };
    let Some(mut known) = known else {
        return Err(Error::failed(format!(
            "write the row of {address} anew: its history does not know it"
        ))
        .hint("An export of its database and files can be imported into a new environment."));
    };
    let is_there = |number: &u32| context.layout.generation(address, *number).is_dir();
    if let Some(code) = json(row, "code") {
        known.code = code;
    }
    if let Some(number) = json::<u32>(row, "generation").filter(is_there) {
        known.generation = number;
    }
    match json(row, "secrets") {
        Some(secrets) => known.secrets = secrets,
        None if row.is_some() => work.line("its passwords and salts are those of its history"),
        None => {}
    }
    if let Some(created) = text(row, "created") {
        known.created = created;
    }
    if known.name.is_writable()
        && let Some(mode) = text(row, "connection_mode")
    {
        known.connection_mode = Some(mode);
    }
    match row.and_then(|row| row.get("lock")) {
        Some(None) => known.lock = None,
        Some(Some(_)) => match json::<Lock>(row, "lock") {
            Some(lock) => known.lock = Some(lock),
            // Who was asked for a password must not find the door open.
            None if known.lock.is_none() => {
                let password = super::super::random_text(16)?;
                work.line("its lock can't be read: it has a new password, which its settings show");
                known.lock = Some(Lock { user: "portico".into(), password });
            }
            None => {}
        },
        None => {}
    }
    Ok(known)
}

/// What the file beside the site's content says of an environment; a file that can't be read says nothing.
fn by_its_file(context: &Context, site: &Site, address: &Address) -> Option<Environment> {
    let facts = facts::read(&context.layout, &site.name).ok().flatten()?;
    let is_the_sites = facts.record.site.id == site.id;
    let mut all = facts.record.environments.into_iter().filter(|_| is_the_sites);
    all.find(|it| it.name == address.environment)
}

/// What the site's workflows made of an environment, one after the other.
fn by_history(context: &Context, site: &Site, address: &Address) -> Result<Option<Environment>> {
    let mut known: Option<Environment> = None;
    let mut all = context.store.workflows(Some(&site.name), ALL)?;
    all.retain(|it| it.state == WorkflowState::Succeeded);
    for change in all.iter().rev().flat_map(|it| &it.changes) {
        match change {
            Change::Site { after: Some(after), .. } => {
                let mut its = after.environments.iter();
                known = its.find(|it| it.name == address.environment).cloned();
            }
            Change::Site { after: None, .. } => known = None,
            Change::Environment { environment, after, .. } if environment == address => {
                known = after.as_deref().cloned();
            }
            Change::Code { environment, after, .. } if environment == address => {
                known.iter_mut().for_each(|it| it.code = after.clone());
            }
            Change::Content { environment, after, .. } if environment == address => {
                known.iter_mut().for_each(|it| it.generation = *after);
            }
            Change::ConnectionMode { environment, after, .. } if environment == address => {
                known.iter_mut().for_each(|it| it.connection_mode = *after);
            }
            Change::Lock { environment, after, .. } if environment == address => {
                known.iter_mut().for_each(|it| it.lock.clone_from(after));
            }
            _ => {}
        }
    }
    // A history without its beginning: secrets are needed by what runs, all else is on the disk.
    if known.is_none() && address.environment == EnvironmentName::Dev {
        known = Some(Environment {
            site: site.name.clone(),
            name: EnvironmentName::Dev,
            code: crate::model::CodePointer::Branch { branch: site.branch.clone() },
            generation: newest_generation(context, address)?,
            connection_mode: Some(crate::model::ConnectionMode::Sftp),
            lock: None,
            secrets: create_site::secrets()?,
            created: now(),
        });
    }
    Ok(known)
}

/// The newest generation of an environment whose folder is there.
fn newest_generation(context: &Context, address: &Address) -> Result<u32> {
    let rows = context.store.generations(address)?;
    let mut numbers = rows.iter().map(|it| it.generation.number);
    numbers
        .find(|number| context.layout.generation(address, *number).is_dir())
        .ok_or_else(|| Error::failed(format!("find a content of {address}")))
}

/// A row of a generation with what of the present one can be read.
fn generation(site: &Site, address: &Address, number: u32, row: Option<&RawRow>) -> GenerationRow {
    GenerationRow {
        generation: Generation {
            site: site.name.clone(),
            environment: address.environment.clone(),
            number,
            origin: json(row, "origin").unwrap_or(Origin::Empty),
            engine: text(row, "engine").unwrap_or(site.engine),
            pinned: json::<u8>(row, "pinned") == Some(1),
            created: text(row, "created").unwrap_or_else(now),
        },
        measured: json(row, "measured"),
    }
}
