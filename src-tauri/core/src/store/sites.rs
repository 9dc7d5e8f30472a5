//! The table of sites.
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, environments, from_text, generations, readable, to_text};
use crate::{
    error::{Doing, Error, Result},
    model::{DatabaseEngine, Site, SiteName, SiteRecord},
};

const COLUMNS: &str = "name, label, cms, docroot, uploads, engine, branch, id, created";

impl Store {
    /// All sites whose rows can be read, by name.
    pub fn sites(&self) -> Result<Vec<Site>> {
        let read = |connection: &Connection| {
            let mut rows =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM sites ORDER BY name"))?;
            readable(rows.query_map([], read_site)?)
        };
        self.read(|connection| read(connection).doing(|| "list the sites".into()))
    }

    /// The names of sites whose rows can't be read, with the reason; those that are no names are left out.
    pub fn unreadable_sites(&self) -> Result<Vec<(SiteName, Error)>> {
        let read = |connection: &Connection| -> rusqlite::Result<Vec<String>> {
            connection
                .prepare_cached("SELECT name FROM sites ORDER BY name")?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        let names = self.read(|connection| read(connection).doing(|| "list the sites".into()))?;
        let broken = names.iter().filter_map(|name| {
            let name: SiteName = name.parse().ok()?;
            let error = self.find_site(&name).err()?;
            Some((name, error))
        });
        Ok(broken.collect())
    }

    /// One site.
    pub fn site(&self, name: &SiteName) -> Result<Site> {
        self.find_site(name)?.ok_or_else(|| {
            Error::not_found("site", name).hint("`portico site:list` shows the sites there are.")
        })
    }

    /// One site, if it exists.
    pub fn find_site(&self, name: &SiteName) -> Result<Option<Site>> {
        self.read(|connection| find_site(connection, name))
    }

    /// A site with everything that the database holds of it.
    ///
    /// # Errors
    /// Refused when a row can't be read: the record would lack it for good.
    pub fn site_record(&self, name: &SiteName) -> Result<SiteRecord> {
        let site = self.site(name)?;
        let environments = self.environments(name)?;
        let generations = self.read(|connection| generations::all_of(connection, name))?;
        let has = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table} WHERE site = ?1");
            self.read(|connection| {
                connection
                    .query_row(&sql, [name.as_str()], |row| row.get::<_, u32>(0))
                    .doing(|| format!("read the site {name}"))
            })
        };
        if has("environments")? as usize != environments.len()
            || has("generations")? as usize != generations.len()
        {
            return Err(Error::refused(format!("what portico.db says of {name} is damaged"))
                .hint(format!("`portico site:repair {name}` shows what it can do about it.")));
        }
        Ok(SiteRecord { site, environments, generations })
    }
}

/// One site, if it exists, as a transaction sees it.
pub(crate) fn find_site(connection: &Connection, name: &SiteName) -> Result<Option<Site>> {
    connection
        .query_row(
            &format!("SELECT {COLUMNS} FROM sites WHERE name = ?1"),
            [name.as_str()],
            read_site,
        )
        .optional()
        .doing(|| format!("read the site {name}"))
}

/// Writes a whole site that is not there.
pub(crate) fn insert_record(connection: &Connection, record: &SiteRecord) -> Result<()> {
    let site = &record.site;
    let values = params![
        site.name.as_str(),
        site.label,
        to_text(&site.cms),
        site.docroot,
        site.uploads,
        to_text(&site.engine),
        site.branch,
        site.id,
        site.created.to_string(),
    ];
    connection
        .execute(
            &format!("INSERT INTO sites ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)"),
            values,
        )
        .doing(|| format!("record the site {}", site.name))?;
    for environment in &record.environments {
        environments::insert(connection, environment)?;
    }
    for generation in &record.generations {
        generations::insert(connection, generation)?;
    }
    Ok(())
}

/// Says which engine holds the site's databases.
pub(crate) fn set_engine(
    connection: &Connection,
    name: &SiteName,
    engine: DatabaseEngine,
) -> Result<()> {
    connection
        .execute(
            "UPDATE sites SET engine = ?2 WHERE name = ?1",
            params![name.as_str(), to_text(&engine)],
        )
        .doing(|| format!("record the database engine of {name}"))?;
    Ok(())
}

/// Removes a site with its environments and generations; workflows stay as history.
pub(crate) fn remove(connection: &Connection, name: &SiteName) -> Result<()> {
    connection
        .execute("DELETE FROM sites WHERE name = ?1", [name.as_str()])
        .doing(|| format!("remove the site {name}"))?;
    Ok(())
}

fn read_site(row: &Row<'_>) -> rusqlite::Result<Site> {
    Ok(Site {
        name: from_text(0, row.get(0)?)?,
        label: row.get(1)?,
        cms: from_text(2, row.get(2)?)?,
        docroot: row.get(3)?,
        uploads: row.get(4)?,
        engine: from_text(5, row.get(5)?)?,
        branch: row.get(6)?,
        id: row.get(7)?,
        created: from_text(8, row.get(8)?)?,
    })
}
