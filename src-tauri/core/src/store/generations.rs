//! The table of content generations, with what was last measured of each.
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, from_json, from_text, readable, settings, to_json, to_text};
use crate::{
    error::{Doing, Result},
    model::{Address, Generation, GenerationRow, Measured, RawRow, SiteName},
};

const COLUMNS: &str = "site, environment, number, origin, engine, pinned, measured, created";

impl Store {
    /// The generations of an environment, newest first.
    pub fn generations(&self, address: &Address) -> Result<Vec<GenerationRow>> {
        let mut all = self.read(|connection| all_of(connection, &address.site))?;
        all.retain(|row| row.generation.environment == address.environment);
        all.reverse();
        Ok(all)
    }

    /// One generation, if it is kept.
    pub fn generation(&self, address: &Address, number: u32) -> Result<Option<GenerationRow>> {
        self.read(|connection| find(connection, address, number))
    }

    /// A number that no generation of the environment ever had.
    pub fn next_generation(&self, address: &Address) -> Result<u32> {
        let key = format!("generations.{address}");
        let last = self.setting(&key)?.and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        let newest = self.generations(address)?.first().map_or(0, |row| row.generation.number);
        let next = last.max(newest) + 1;
        self.set_setting(&key, &next.to_string())?;
        Ok(next)
    }

    /// Generations of a site that were let go and whose folders are not away yet.
    pub fn let_go(&self, site: &SiteName) -> Result<Vec<(Address, u32)>> {
        let prefix = format!("{LET_GO}.{site}.");
        let names: Vec<String> = self.read(|connection| {
            let read = || {
                connection
                    .prepare_cached(
                        "SELECT name FROM settings WHERE substr(name, 1, length(?1)) = ?1",
                    )?
                    .query_map([&prefix], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()
            };
            read().doing(|| format!("list what {site} let go"))
        })?;
        let named = |name: &String| {
            let (address, number) =
                name.strip_prefix(LET_GO)?.strip_prefix('.')?.rsplit_once('.')?;
            Some((address.parse().ok()?, number.parse().ok()?))
        };
        Ok(names.iter().filter_map(named).collect())
    }

    /// Notes that the folder of a generation that was let go is away.
    pub fn move_to_trash(&self, address: &Address, number: u32) -> Result<()> {
        self.transaction(|transaction| {
            settings::set(transaction, &let_go_key(address, number), None)
        })
    }

    /// Forgets a generation whose folder goes with its environment's.
    pub fn forget_generation(&self, address: &Address, number: u32) -> Result<()> {
        self.transaction(|transaction| forget(transaction, address, number))
    }

    /// Notes how large a generation is.
    pub fn set_measured(&self, address: &Address, number: u32, measured: &Measured) -> Result<()> {
        self.transaction(|transaction| {
            transaction
                .execute(
                    "UPDATE generations SET measured = ?4
                     WHERE site = ?1 AND environment = ?2 AND number = ?3",
                    params![
                        address.site.as_str(),
                        address.environment.as_str(),
                        number,
                        to_json(measured)
                    ],
                )
                .doing(|| format!("note the size of generation {number} of {address}"))?;
            Ok(())
        })
    }
}

/// All generations of a site whose rows can be read, oldest first.
pub(crate) fn all_of(connection: &Connection, site: &SiteName) -> Result<Vec<GenerationRow>> {
    let read = || {
        let mut rows = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM generations WHERE site = ?1 ORDER BY environment, number"
        ))?;
        readable(rows.query_map([site.as_str()], read_row)?)
    };
    read().doing(|| format!("list the generations of {site}"))
}

/// One generation, if it is kept, as a transaction sees it.
pub(crate) fn find(
    connection: &Connection,
    address: &Address,
    number: u32,
) -> Result<Option<GenerationRow>> {
    connection
        .query_row(
            &format!(
                "SELECT {COLUMNS} FROM generations
                 WHERE site = ?1 AND environment = ?2 AND number = ?3"
            ),
            params![address.site.as_str(), address.environment.as_str(), number],
            read_row,
        )
        .optional()
        .doing(|| format!("read generation {number} of {address}"))
}

/// What the row of a generation holds, as text.
pub(super) fn columns(row: &GenerationRow) -> RawRow {
    let it = &row.generation;
    [
        ("site", Some(it.site.to_string())),
        ("environment", Some(it.environment.to_string())),
        ("number", Some(it.number.to_string())),
        ("origin", Some(to_json(&it.origin))),
        ("engine", Some(to_text(&it.engine))),
        ("pinned", Some(u8::from(it.pinned).to_string())),
        ("measured", row.measured.as_ref().map(to_json)),
        ("created", Some(it.created.to_string())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Writes a generation.
pub(crate) fn insert(connection: &Connection, row: &GenerationRow) -> Result<()> {
    let generation = &row.generation;
    let values = params![
        generation.site.as_str(),
        generation.environment.as_str(),
        generation.number,
        to_json(&generation.origin),
        to_text(&generation.engine),
        generation.pinned,
        row.measured.as_ref().map(to_json),
        generation.created.to_string(),
    ];
    connection
        .execute(
            &format!("INSERT INTO generations ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)"),
            values,
        )
        .doing(|| {
            format!(
                "record generation {} of {}.{}",
                generation.number, generation.site, generation.environment
            )
        })?;
    Ok(())
}

/// Says whether a generation is kept from being pruned.
pub(crate) fn set_pinned(
    connection: &Connection,
    address: &Address,
    number: u32,
    pinned: bool,
) -> Result<()> {
    connection
        .execute(
            "UPDATE generations SET pinned = ?4
             WHERE site = ?1 AND environment = ?2 AND number = ?3",
            params![address.site.as_str(), address.environment.as_str(), number, pinned],
        )
        .doing(|| format!("record that generation {number} of {address} is kept"))?;
    Ok(())
}

/// What is noted of a generation from its row's end to its folder's.
const LET_GO: &str = "let_go";

fn let_go_key(address: &Address, number: u32) -> String {
    format!("{LET_GO}.{address}.{number}")
}

/// Forgets a generation, and notes that its folder is to be put away.
pub(crate) fn let_go(connection: &Connection, address: &Address, number: u32) -> Result<()> {
    settings::set(connection, &let_go_key(address, number), Some(""))?;
    forget(connection, address, number)
}

fn forget(connection: &Connection, address: &Address, number: u32) -> Result<()> {
    connection
        .execute(
            "DELETE FROM generations WHERE site = ?1 AND environment = ?2 AND number = ?3",
            params![address.site.as_str(), address.environment.as_str(), number],
        )
        .doing(|| format!("forget generation {number} of {address}"))?;
    Ok(())
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<GenerationRow> {
    let measured: Option<String> = row.get(6)?;
    Ok(GenerationRow {
        generation: Generation {
            site: from_text(0, row.get(0)?)?,
            environment: from_text(1, row.get(1)?)?,
            number: row.get(2)?,
            origin: from_json(3, &row.get::<_, String>(3)?)?,
            engine: from_text(4, row.get(4)?)?,
            pinned: row.get(5)?,
            created: from_text(7, row.get(7)?)?,
        },
        measured: measured.map(|json| from_json(6, &json)).transpose()?,
    })
}
