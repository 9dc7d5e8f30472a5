//! What the beginning of a dump tells of the whole: for a person who is about to import it.
use std::{path::Path, time::Instant};

use rusqlite::{Connection, OpenFlags};

use super::{
    super::listing::Until,
    Spot,
    filter::{self, Filter, Verdict},
    peek::{Options, is_create_table, is_numbered},
    source::{self, Source},
    statements::{Kind, Statements},
};
use crate::error::{Doing, Result};

/// What was met of a dump before a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Names of the databases inside, where it names any.
    pub databases: Vec<String>,
    /// Tables.
    pub tables: Vec<String>,
    /// WordPress's `siteurl` and `home`, each once; of a network those of its main site.
    pub addresses: Vec<String>,
    /// Whether all of it was read.
    pub is_complete: bool,
}

/// Reads a dump from its beginning until `until`. What is wrong with it is told by the load.
pub fn survey(source: &Source, until: Instant) -> Result<Survey> {
    let dump = source::open(source, None)?;
    let mut survey = Survey::default();
    let mut filter = Filter::default();
    let mut statements = Statements::new(Until { input: dump.input, until });
    let mut options = Options::default();
    loop {
        let piece = match statements.next() {
            Ok(Some(piece)) => piece,
            end => {
                survey.is_complete = end.is_ok();
                break;
            }
        };
        match piece.kind {
            Kind::Statement if piece.text.len() < 100_000 => match filter.judge(piece.text) {
                Verdict::Use(name) if !survey.databases.contains(&name) => {
                    survey.databases.push(name);
                }
                Verdict::Run(_) if is_create_table(piece.text) => {
                    let table = filter::table_of(piece.text);
                    let new = table.filter(|table| !survey.tables.contains(table));
                    survey.tables.extend(new);
                }
                _ => {}
            },
            Kind::Statement => {}
            Kind::Head => options.begin(piece.text),
            Kind::Row => options.row(piece.text),
            Kind::End => options.end(),
        }
    }
    survey.addresses = options.main(None).map(|(_, addresses)| addresses).unwrap_or_default();
    Ok(survey)
}

/// Reads a dump of Portico's own to its end, and counts the tables that it defines.
///
/// # Errors
/// Where it is cut short, can't be read, or is no dump.
pub fn count_tables(input: impl std::io::Read, name: &str) -> Result<u64> {
    let mut statements = Statements::new(input);
    let spot = |line| Spot { name: name.to_owned(), line, ..Spot::default() };
    let mut tables = 0;
    while let Some(piece) = statements.next().map_err(|it| spot(0).trouble(it))? {
        let is_table = piece.kind == Kind::Statement && is_create_table(piece.text);
        tables += u64::from(is_table);
    }
    match statements.lacks_its_end() {
        true => Err(spot(statements.line()).lacks_its_end()),
        false => Ok(tables),
    }
}

/// What a SQLite file holds; it is only read, and nothing is made beside it.
pub fn survey_sqlite(path: &Path) -> Result<Survey> {
    let doing = || format!("read `{}`", path.display());
    let absolute = std::path::absolute(path).doing(doing)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let text = absolute.to_string_lossy().replace('%', "%25").replace('?', "%3f");
    let name = format!("file:{}?immutable=1", text.replace('#', "%23"));
    let connection = Connection::open_with_flags(name, flags).doing(doing)?;
    let list = |sql: &str| -> rusqlite::Result<Vec<String>> {
        connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    let tables = list(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name",
    )
    .doing(doing)?;
    let mut options: Vec<&str> =
        tables.iter().filter_map(|table| table.strip_suffix("options")).collect();
    options.sort_by_key(|prefix| (is_numbered(prefix), prefix.len()));
    let addresses = options.iter().find_map(|prefix| {
        let table = format!("{prefix}options").replace('"', "\"\"");
        // A table of that name need not be WordPress's.
        let found = list(&format!(
            "SELECT DISTINCT rtrim(option_value, '/') FROM \"{table}\" WHERE option_name IN ('siteurl', 'home')"
        ));
        found.ok().filter(|found| !found.is_empty())
    });
    let addresses = addresses.unwrap_or_default();
    Ok(Survey { tables, addresses, is_complete: true, ..Survey::default() })
}
