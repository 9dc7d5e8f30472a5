//! `site.json` beside each site's content: what the site's rows can be made again from.
//!
//! Each transaction that changes a site's rows raises the site's revision, and once it is committed the file is
//! written. Triggers of the connection tell which sites those are, so that no caller has to. **Invariant:** a file
//! that is newer than the database is never overwritten; [`Store::reconcile`] takes its facts over.
use std::{collections::BTreeMap, fs, io, sync::PoisonError};

use rusqlite::{Connection, Transaction, params};
use serde::Deserialize;

use super::{Store, settings, sites};
use crate::{
    durable,
    error::{Doing, Error, Result},
    folder,
    layout::Layout,
    model::{SiteFacts, SiteName},
};

/// Which sites the transaction under way has changed. What is measured of a generation is no fact of a site.
pub(super) const WATCH: &str = "
    CREATE TEMP TABLE changed (site TEXT NOT NULL);
    CREATE TEMP TRIGGER site_made AFTER INSERT ON main.sites
        BEGIN INSERT INTO changed VALUES (NEW.name); END;
    CREATE TEMP TRIGGER site_changed AFTER UPDATE ON main.sites
        BEGIN INSERT INTO changed VALUES (NEW.name); END;
    CREATE TEMP TRIGGER environment_made AFTER INSERT ON main.environments
        BEGIN INSERT INTO changed VALUES (NEW.site); END;
    CREATE TEMP TRIGGER environment_changed AFTER UPDATE ON main.environments
        BEGIN INSERT INTO changed VALUES (NEW.site); END;
    CREATE TEMP TRIGGER environment_gone AFTER DELETE ON main.environments
        BEGIN INSERT INTO changed VALUES (OLD.site); END;
    CREATE TEMP TRIGGER generation_made AFTER INSERT ON main.generations
        BEGIN INSERT INTO changed VALUES (NEW.site); END;
    CREATE TEMP TRIGGER generation_changed
        AFTER UPDATE OF number, origin, engine, pinned, created ON main.generations
        BEGIN INSERT INTO changed VALUES (NEW.site); END;
    CREATE TEMP TRIGGER generation_gone AFTER DELETE ON main.generations
        BEGIN INSERT INTO changed VALUES (OLD.site); END;
    CREATE TEMP TRIGGER setting_made AFTER INSERT ON main.settings
        BEGIN INSERT INTO changed SELECT site.name FROM main.sites AS site
              WHERE instr(NEW.name, '.' || site.id) OR instr(NEW.name, '.' || site.name || '.'); END;
    CREATE TEMP TRIGGER setting_changed AFTER UPDATE ON main.settings
        BEGIN INSERT INTO changed SELECT site.name FROM main.sites AS site
              WHERE instr(NEW.name, '.' || site.id) OR instr(NEW.name, '.' || site.name || '.'); END;
    CREATE TEMP TRIGGER setting_gone AFTER DELETE ON main.settings
        BEGIN INSERT INTO changed SELECT site.name FROM main.sites AS site
              WHERE instr(OLD.name, '.' || site.id) OR instr(OLD.name, '.' || site.name || '.'); END;
";

/// The settings of the site with this name and id: of its id, or numbers of its environments.
const SETTINGS: &str = "SELECT name, value FROM settings
    WHERE name <> 'revision.' || ?2 AND (instr(name, '.' || ?2)
       OR instr(name, 'generations.' || ?1 || '.') = 1 OR instr(name, 'let_go.' || ?1 || '.') = 1)";

/// What the database holds of a site differed from what lies beside its content.
pub struct Reconciled {
    /// The site.
    pub site: SiteName,
    /// What the site has that the database did not know, for people.
    pub lines: Vec<String>,
}

impl Store {
    /// Everything that the database holds of a site.
    pub fn site_facts(&self, name: &SiteName) -> Result<SiteFacts> {
        // Read first: should somebody change the site meanwhile, what is read here is older than it says.
        let id = self.site(name)?.id;
        let (revision, settings) = self.read(|connection| {
            let settings = settings_of(connection, name, &id);
            Ok((
                revision(connection, &id)?,
                settings.doing(|| format!("read the settings of {name}"))?,
            ))
        })?;
        let record = self.site_record(name)?;
        Ok(SiteFacts { format: SiteFacts::FORMAT, revision, record, settings })
    }

    /// Sites whose files could not be written, with the reason; tried again at the site's next change.
    pub fn unwritten(&self) -> BTreeMap<SiteName, Error> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Folders of sites that the database doesn't know.
    pub fn unknown_sites(&self) -> Result<Vec<SiteName>> {
        let known = self.read(|connection| {
            let read = || {
                connection
                    .prepare_cached("SELECT name FROM sites")?
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<Vec<String>>>()
            };
            read().doing(|| "list the sites".into())
        })?;
        let mut found = sites_on_disk(&self.layout)?;
        found.retain(|it| !known.iter().any(|name| name == it.as_str()));
        Ok(found)
    }

    /// Forgets sites whose folder has been moved to those of deleted sites; answers them.
    pub fn forget_deleted(&self) -> Result<Vec<SiteName>> {
        let mut forgotten = Vec::new();
        for site in self.sites()? {
            let is_there = self.layout.site(&site.name).is_dir();
            if !is_there && self.layout.deleted(&site.name, &site.id).is_dir() {
                let facts = self.site_facts(&site.name)?;
                self.transaction(|transaction| remove(transaction, &facts))?;
                forgotten.push(site.name);
            }
        }
        Ok(forgotten)
    }

    /// Brings the database and the files beside the sites' content together: what is newer stands.
    pub fn reconcile(&self) -> Result<Vec<Reconciled>> {
        let mut found = Vec::new();
        for site in self.sites()? {
            let name = site.name;
            // What can't be read says nothing, and is written anew at the site's next change.
            let on_disk = read(&self.layout, &name).ok().flatten();
            let Ok(own) = self.site_facts(&name) else { continue };
            match on_disk {
                Some(file) if file.record.site.name == name && file.revision > own.revision => {
                    self.transaction(|transaction| {
                        end_workflows(transaction, Some(&name))?;
                        remove(transaction, &own)?;
                        insert(transaction, &file)
                    })?;
                    found.push(Reconciled { lines: file.news(&own), site: name });
                }
                Some(file) if file == own => {}
                _ if self.layout.site(&name).is_dir() => self.write_facts(&[name]),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Writes the files of these sites, as far as the database knows them.
    pub(super) fn write_facts(&self, names: &[SiteName]) {
        // One at a time, so that no older state overtakes a newer one.
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            let written = match self.find_site(name) {
                // A site that is deleted took its file with it.
                Ok(None) => Ok(()),
                Ok(Some(_)) => self.site_facts(name).and_then(|facts| write(&self.layout, &facts)),
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => unwritten.remove(name),
                Err(error) => unwritten.insert(name.clone(), error),
            };
        }
    }
}

/// The facts beside a site's content; none when there is no such file.
///
/// # Errors
/// Refused when a newer Portico wrote it.
pub fn read(layout: &Layout, site: &SiteName) -> Result<Option<SiteFacts>> {
    /// As much of the file as every version has.
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let path = layout.site_facts(site);
    let doing = || format!("read {}", path.display());
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.doing(doing)?,
    };
    let version: Version = serde_json::from_slice(&text).doing(doing)?;
    if version.format > SiteFacts::FORMAT {
        return Err(Error::refused(format!(
            "{} was written by a newer version of Portico",
            path.display()
        ))
        .hint("Update Portico."));
    }
    serde_json::from_slice(&text).map(Some).doing(doing)
}

fn write(layout: &Layout, facts: &SiteFacts) -> Result<()> {
    let path = layout.site_facts(&facts.record.site.name);
    let mut text = serde_json::to_vec_pretty(facts).expect("the model serialises");
    text.push(b'\n');
    // A new one has mode 0600: it holds what portico.db holds.
    durable::replace(&path, &text)
}

/// The folders below `sites/` that hold a site, by name.
pub fn sites_on_disk(layout: &Layout) -> Result<Vec<SiteName>> {
    let folder = layout.sites();
    let entries = folder::entries(&folder)?;
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_str().and_then(|it| it.parse::<SiteName>().ok());
        found.extend(name.filter(|it| layout.holds_site(it)));
    }
    found.sort();
    Ok(found)
}

/// Writes all rows of a site that is not there.
pub(crate) fn insert(connection: &Connection, facts: &SiteFacts) -> Result<()> {
    sites::insert_record(connection, &facts.record)?;
    for (name, value) in &facts.settings {
        settings::set(connection, name, Some(value))?;
    }
    set_revision(connection, &facts.record.site.id, facts.revision)
}

/// Removes all rows of a site; workflows stay as history.
pub(crate) fn remove(connection: &Connection, facts: &SiteFacts) -> Result<()> {
    let site = &facts.record.site;
    let own = settings_of(connection, &site.name, &site.id)
        .doing(|| format!("read the settings of {}", site.name))?;
    for name in own.keys() {
        settings::set(connection, name, None)?;
    }
    sites::remove(connection, &site.name)
}

/// Raises the revision of each site that the transaction changed; answers those sites.
pub(super) fn raise_revisions(transaction: &Transaction<'_>) -> Result<Vec<SiteName>> {
    let read = || {
        transaction
            .prepare_cached(
                "SELECT DISTINCT changed.site, sites.id FROM changed
                 LEFT JOIN sites ON sites.name = changed.site",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(String, Option<String>)>>>()
    };
    let changed = read().doing(|| "read which sites were changed".into())?;
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    for id in changed.iter().filter_map(|(_, id)| id.as_deref()) {
        let next = revision(transaction, id)? + 1;
        set_revision(transaction, id, next)?;
    }
    transaction.execute("DELETE FROM changed", []).doing(|| "forget which were changed".into())?;
    Ok(changed.iter().filter_map(|(name, _)| name.parse().ok()).collect())
}

/// Ends, without taking anything back, what ran when an older state of the database was kept: it has long ended, well
/// or not, and what its journal names is in use by now.
pub(super) fn end_workflows(connection: &Connection, site: Option<&SiteName>) -> Result<()> {
    let site = site.map(SiteName::as_str);
    let end = || {
        connection.execute(
            "DELETE FROM journal WHERE workflow IN (SELECT id FROM workflows
             WHERE state = 'running' AND (?1 IS NULL OR site = ?1))",
            params![site],
        )?;
        connection.execute(
            "UPDATE workflows SET state = 'failed', finished_at = started_at
             WHERE state = 'running' AND (?1 IS NULL OR site = ?1)",
            params![site],
        )
    };
    end().doing(|| "end what ran when the copy was made".into()).map(drop)
}

fn settings_of(
    connection: &Connection,
    name: &SiteName,
    id: &str,
) -> rusqlite::Result<BTreeMap<String, String>> {
    connection
        .prepare_cached(SETTINGS)?
        .query_map([name.as_str(), id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn revision(connection: &Connection, id: &str) -> Result<u64> {
    let key = format!("revision.{id}");
    let value = settings::get(connection, &key)?;
    Ok(value.and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn set_revision(connection: &Connection, id: &str, revision: u64) -> Result<()> {
    settings::set(connection, &format!("revision.{id}"), Some(&revision.to_string()))
}
