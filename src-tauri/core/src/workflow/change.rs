//! Checks and moves the pointers that changes are about.
use rusqlite::Connection;

use crate::{
    error::{Error, Result},
    model::Change,
    store::{self, Store},
};

/// Whether the pointer stands where the change starts from. References are the repository's to tell, backups the disk's.
pub(crate) fn starts_from_here(change: &Change, store: &Store) -> Result<bool> {
    Ok(match change {
        Change::Code { environment, before, .. } => {
            store.find_environment(environment)?.is_some_and(|it| it.code == *before)
        }
        Change::Content { environment, before, .. } => {
            store.find_environment(environment)?.is_some_and(|it| it.generation == *before)
        }
        Change::Pin { environment, generation, before, .. } => store
            .generation(environment, *generation)?
            .is_some_and(|row| row.generation.pinned == *before),
        Change::ConnectionMode { environment, before, .. } => {
            store.find_environment(environment)?.is_some_and(|it| it.connection_mode == *before)
        }
        Change::Environment { environment, before, .. } => {
            store.find_environment(environment)?.as_ref() == before.as_deref()
        }
        Change::Site { site, before: Some(record), .. } => {
            store.find_site(site)?.is_some() && store.site_record(site)?.same_pointers(record)
        }
        Change::Site { site, before: None, .. } => store.find_site(site)?.is_none(),
        Change::Adopted { site, before: Some(facts), .. } => {
            store.find_site(site)?.is_some()
                && store.site_record(site)?.same_pointers(&facts.record)
        }
        Change::Adopted { site, before: None, .. } => store.find_site(site)?.is_none(),
        Change::Row { environment, generation, before, .. } => {
            store.raw_row(environment, *generation)? == *before
        }
        Change::Engine { site, before, .. } => {
            store.find_site(site)?.is_some_and(|it| it.engine == *before)
        }
        Change::Upstream { id, before, .. } => store.upstream(id)? == *before,
        Change::Lock { environment, before, .. } => {
            store.find_environment(environment)?.is_some_and(|it| it.lock == *before)
        }
        Change::Setting { environment, key, before, .. } => {
            store.find_environment(environment)?.is_some() && store.setting(key)? == *before
        }
        Change::CloneProfile { id, before, .. } => store.clone_profile(id)? == *before,
        Change::KeepRule { id, before, .. } => store.keep_rule(id)? == *before,
        Change::Allowed { id, before, .. } => store.allowed(id)? == *before,
        Change::Reference { .. } | Change::Worktree { .. } | Change::Backup { .. } => true,
    })
}

/// Moves the pointer inside the transaction of the switch.
pub(crate) fn apply(connection: &Connection, change: &Change) -> Result<()> {
    match change {
        Change::Code { environment, after, .. } => {
            store::environments::set_code(connection, environment, after)
        }
        Change::Content { environment, after, .. } => {
            if store::generations::find(connection, environment, *after)?.is_none() {
                return Err(Error::refused(format!(
                    "generation {after} of {environment} is not kept any more"
                )));
            }
            store::environments::set_generation(connection, environment, *after)
        }
        Change::Pin { environment, generation, after, .. } => {
            store::generations::set_pinned(connection, environment, *generation, *after)
        }
        Change::ConnectionMode { environment, after, .. } => {
            store::environments::set_connection_mode(connection, environment, *after)
        }
        Change::Environment { environment, before, after } => {
            if before.is_some() {
                store::environments::remove(connection, environment)?;
            }
            match after {
                Some(after) => store::environments::insert(connection, after),
                None => Ok(()),
            }
        }
        Change::Site { site, before, after } => {
            if before.is_some() {
                store::sites::remove(connection, site)?;
            }
            match after {
                Some(after) => store::sites::insert_record(connection, after),
                None => Ok(()),
            }
        }
        Change::Adopted { before, after, .. } => {
            if let Some(before) = before {
                store::facts::remove(connection, before)?;
            }
            match after {
                Some(after) => store::facts::insert(connection, after),
                None => Ok(()),
            }
        }
        Change::Row { environment, generation, after, .. } => {
            store::raw::write(connection, environment, *generation, after.as_ref())
        }
        Change::Engine { site, after, .. } => store::sites::set_engine(connection, site, *after),
        Change::Upstream { id, after, .. } => store::upstreams::set(connection, id, after.as_ref()),
        Change::Lock { environment, after, .. } => {
            store::environments::set_lock(connection, environment, after.as_ref())
        }
        Change::Setting { key, after, .. } => {
            store::settings::set(connection, key, after.as_deref())
        }
        Change::CloneProfile { id, after, .. } => {
            store::profiles::set(connection, id, after.as_ref())
        }
        Change::KeepRule { id, after, .. } => {
            store::profiles::set_keep_rule(connection, id, after.as_ref())
        }
        Change::Allowed { id, after, .. } => store::profiles::set_allowed(connection, id, after),
        // The repository is not the database's: the frame moves these, journalled, before the switch.
        Change::Reference { .. } | Change::Worktree { .. } => Ok(()),
        // A backup is where it is; the workflow moves it, journalled, before the switch.
        Change::Backup { .. } => Ok(()),
    }
}
