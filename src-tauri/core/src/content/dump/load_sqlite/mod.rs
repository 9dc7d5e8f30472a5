//! Loads a dump of MySQL into a new SQLite file, in one pass.
//!
//! Definitions become SQLite's by the driver of the site's system, or by a [`Dialect`]. One thread reads, judges and
//! converts; another one inserts the rows as they come, in transactions. Indexes are built when all rows are there.
//! Nothing of the dump runs as it is: what SQLite has no counterpart for is left out and listed, or refuses the dump
//! where rows would be lost.
mod dialect;
mod inserter;
mod table;
mod values;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

pub use dialect::Dialect;
use inserter::Insert;
use table::{Index, Tables};

use super::{
    Loaded, Loading, Progress, Spot,
    definition::begins,
    filter::{self, Filter, Token, Verdict, tokens},
    peek,
    rows::Rows,
    source::Dump,
    statements::{Kind, Statements},
};
use crate::{
    content::database::{begin_building, new_sqlite, quoted_sqlite as quoted},
    error::{Doing, Result},
    progress::{Meter, Unit},
};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(100);

/// Tells the driver of the site's system a statement of MySQL, which it runs on the file. Answers why it refused it.
pub(super) type Driver<'a> = dyn FnMut(&str) -> Result<Option<String>> + 'a;

/// Who makes SQLite's definitions of MySQL's.
pub enum Definitions<'a> {
    /// They are converted here.
    Own(Dialect),
    /// A driver that keeps notes of its own in the file, as WordPress's does.
    Driver(&'a mut Driver<'a>),
}

/// Loads `dump` into the SQLite file `file`, in which nothing is but what the driver has put there.
///
/// # Errors
/// Each names the dump, the line and the table. What was loaded until then stays: the caller throws the file away.
pub fn load_sqlite(
    dump: Dump,
    file: &Path,
    definitions: Definitions<'_>,
    how: Loading<'_>,
    meter: Meter<'_>,
) -> Result<Loaded> {
    let doing = || format!("write `{}`", file.display());
    let connection = new_sqlite(file)?;
    begin_building(&connection).and_then(|()| connection.execute_batch("BEGIN")).doing(doing)?;
    let mut load = Load {
        progress: Progress { meter, read: dump.read.clone(), size: dump.size },
        told: Instant::now(),
        tables: Tables::new(connection, definitions),
        filter: Filter::default(),
        rows: Rows::new(how.rewriter),
        spot: peek::beginning(&dump),
        how,
        section: None,
        is_wanted: true,
        left: BTreeMap::new(),
        notes: BTreeSet::new(),
        loaded: Loaded::default(),
    };
    load.run(Statements::new(dump.input))?;
    let loaded = load.finish()?;
    Ok(loaded)
}

struct Load<'a, 'd> {
    progress: Progress<'a>,
    told: Instant,
    tables: Tables<'d>,
    filter: Filter,
    rows: Rows<'a>,
    spot: Spot,
    how: Loading<'a>,
    section: Option<String>,
    is_wanted: bool,
    /// What was left out, and how often.
    left: BTreeMap<String, u64>,
    notes: BTreeSet<String>,
    loaded: Loaded,
}

impl Load<'_, '_> {
    fn run<R: std::io::Read>(&mut self, mut statements: Statements<R>) -> Result<()> {
        let mut skips_rows = false;
        loop {
            if self.told.elapsed() > TICK {
                self.told = Instant::now();
                self.progress.tick()?;
            }
            let piece = match statements.next() {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(trouble) => return Err(self.spot.trouble(trouble)),
            };
            self.spot.enter(piece.part);
            self.spot.line = piece.line;
            match piece.kind {
                Kind::Row if skips_rows => {}
                Kind::Row => self.row(piece.text)?,
                // A row that came twice is an error here, whatever the dump's server would do with it.
                Kind::End if piece.text.is_empty() || filter::is_on_duplicate(piece.text) => {}
                Kind::End => return Err(self.spot.refused("an unusual end of rows")),
                Kind::Head => skips_rows = !self.head(&self.how.renamed(piece.text))?,
                Kind::Statement => self.statement(&self.how.renamed(piece.text))?,
            }
        }
        self.spot.line = statements.line();
        if statements.lacks_its_end() {
            return Err(self.spot.lacks_its_end());
        }
        self.loaded.notes.extend(statements.foreign_end().map(super::foreign_end));
        Ok(())
    }

    /// Begins an `INSERT`; false when its rows are not wanted.
    fn head(&mut self, text: &[u8]) -> Result<bool> {
        self.spot.table = filter::table_of(text);
        let head = match self.filter.judge(text) {
            Verdict::Run(head) if self.is_wanted => head,
            Verdict::Refuse(what) if self.is_wanted => return Err(self.spot.refused(&what)),
            _ => return Ok(false),
        };
        let name = self.spot.table.clone().unwrap_or_default();
        let Some(table) = self.tables.find(&name) else {
            return Err(self.spot.refused("rows of a table that it does not define"));
        };
        let tokens = tokens(&head);
        let listed = listed_columns(&tokens);
        let columns = match &listed {
            None => table.columns.iter().filter(|it| !it.is_computed).collect::<Vec<_>>(),
            Some(names) => {
                let found = names.iter().map(|name| table.column(name).ok_or(name));
                found.collect::<std::result::Result<_, _>>().map_err(|name| {
                    self.spot.refused(&format!("the column `{name}`, which its table lacks"))
                })?
            }
        };
        let is_guid = |name: &str| name.eq_ignore_ascii_case("guid");
        self.rows.kept = columns.iter().position(|it| name.ends_with("posts") && is_guid(&it.name));
        let names: Vec<String> = columns.iter().map(|it| quoted(&it.name)).collect();
        let insert = Insert {
            sql: format!(
                "INSERT{} INTO {} ({}) VALUES ({})",
                conflict(&tokens),
                quoted(&name),
                names.join(","),
                vec!["?"; names.len()].join(",")
            ),
            takes: columns.iter().map(|it| it.takes).collect(),
        };
        self.tables.inserter.begin(insert, &self.spot)?;
        Ok(true)
    }

    fn row(&mut self, text: &[u8]) -> Result<()> {
        let row = self.rows.convert(text);
        self.tables.inserter.row(&row, self.spot.line)?;
        self.loaded.rows += 1;
        Ok(())
    }

    fn statement(&mut self, text: &[u8]) -> Result<()> {
        self.spot.table = filter::table_of(text).or_else(|| self.spot.table.take());
        match self.filter.judge(text) {
            Verdict::Use(name) => self.begin_section(name)?,
            _ if !self.is_wanted => {}
            Verdict::Run(sql) => self.define(&sql)?,
            Verdict::Charset(name) => self.rows.use_charset(&name, &self.spot, |_| true)?,
            Verdict::TimeZone(zone) => self.spot.check_zone(&zone)?,
            Verdict::Drop => {}
            Verdict::Leave(what) => *self.left.entry(what).or_default() += 1,
            Verdict::Refuse(what) => return Err(self.spot.refused(&what)),
        }
        Ok(())
    }

    fn begin_section(&mut self, name: String) -> Result<()> {
        if let Some(wanted) = self.how.database {
            self.is_wanted = wanted == name;
        } else if let Some(other) = self.section.as_ref().filter(|it| **it != name) {
            return Err(self.spot.several_databases(other, &name));
        }
        if self.is_wanted {
            self.filter.own = Some(name.clone());
        }
        self.section = Some(name);
        Ok(())
    }

    fn define(&mut self, sql: &[u8]) -> Result<()> {
        let name = self.spot.table.clone().unwrap_or_default();
        let is = |words: &[&str]| begins(sql, words);
        match () {
            () if is(&["CREATE", "TABLE"]) => {
                if self.tables.find(&name).is_some() && is(&["CREATE", "TABLE", "IF", "NOT"]) {
                    return Ok(());
                }
                let lacks = self.tables.create(sql, &self.spot)?;
                self.lacking(&name, lacks);
                self.loaded.tables += 1;
            }
            () if is(&["DROP", "TABLE"]) => {
                self.loaded.tables -= u64::from(self.tables.drop(&name, &self.spot)?);
            }
            () if is(&["ALTER", "TABLE"]) || is_index(sql) => {
                let lacks = self.tables.alter(sql, &self.spot)?;
                self.lacking(&name, lacks);
            }
            () if is(&["TRUNCATE"]) || (is(&["DELETE"]) && !has_condition(sql)) => {
                self.tables.empty(&name, &self.spot)?;
            }
            () if is(&["CREATE"]) => *self.left.entry(shown(sql)).or_default() += 1,
            () if is(&["DROP"]) => {}
            () if is(&["DO"]) => {
                *self.left.entry("where a sequence stands".to_owned()).or_default() += 1;
            }
            () => {
                let what = format!("`{}`, which can't be carried over to SQLite", shown(sql));
                return Err(self.spot.refused(&what));
            }
        }
        Ok(())
    }

    fn lacking(&mut self, table: &str, lacks: Vec<String>) {
        self.notes
            .extend(lacks.into_iter().map(|what| format!("table `{table}`: left out {what}")));
    }

    /// Builds the indexes, and tells what happened.
    fn finish(&mut self) -> Result<Loaded> {
        if self.loaded.tables == 0 {
            return Err(self.spot.no_table());
        }
        let indexes = self.tables.take_indexes();
        let total = Some(indexes.len() as u64);
        for (done, index) in indexes.iter().enumerate() {
            self.progress.meter.progress(done as u64, total, Unit::Tables);
            self.progress.meter.check()?;
            self.build(index)?;
        }
        self.tables.set_next_numbers()?;
        let doing = || "complete the database".to_owned();
        self.tables.inserter.connection()?.execute_batch("COMMIT; ANALYZE").doing(doing)?;
        let loaded = &mut self.loaded;
        loaded.replacements = self.rows.met.replacements;
        let left = self.left.iter();
        loaded.notes.extend(left.map(|(what, count)| format!("left out: {what} ({count} times)")));
        loaded.notes.extend(std::mem::take(&mut self.notes));
        loaded
            .notes
            .extend(self.filter.changed.iter().filter(|it| !it.contains("definers")).cloned());
        loaded.notes.extend(self.rows.met.notes());
        Ok(std::mem::take(loaded))
    }

    /// Builds an index. Where SQLite compares otherwise than the dump's server did, a unique one may be impossible.
    fn build(&mut self, index: &Index) -> Result<()> {
        let connection = self.tables.inserter.connection()?;
        let doing = || format!("build the index `{}` of the table `{}`", index.name, index.table);
        match connection.execute_batch(&index.sql) {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) =>
            {
                let plain = index.sql.replacen("CREATE UNIQUE INDEX", "CREATE INDEX", 1);
                connection.execute_batch(&plain).doing(doing)?;
                self.notes.insert(format!(
                    "table `{}`: its key `{}` is not unique here, since SQLite takes some of its values for equal",
                    index.table, index.name
                ));
                Ok(())
            }
            built => built.doing(doing),
        }
    }
}

/// `INSERT INTO t (a, b) VALUES`: the names in the list, if there is one.
fn listed_columns(tokens: &[Token<'_>]) -> Option<Vec<String>> {
    let open = tokens.iter().position(|it| it.text == b"(")?;
    let close = tokens.iter().rposition(|it| it.text == b")")?;
    let names = tokens.get(open + 1..close)?.iter().filter(|it| it.is_name());
    Some(names.map(Token::name).collect())
}

/// What becomes of a row that is there already.
fn conflict(tokens: &[Token<'_>]) -> &'static str {
    match () {
        () if tokens.first().is_some_and(|it| it.is(&["REPLACE"])) => " OR REPLACE",
        () if tokens.iter().take(4).any(|it| it.is(&["IGNORE"]) && !it.is_quoted()) => " OR IGNORE",
        () => "",
    }
}

fn is_index(sql: &[u8]) -> bool {
    let kinds = ["INDEX", "UNIQUE", "FULLTEXT", "SPATIAL"];
    kinds.iter().any(|kind| begins(sql, &["CREATE", kind]))
}

fn has_condition(sql: &[u8]) -> bool {
    tokens(sql).iter().any(|it| it.is(&["WHERE", "LIMIT", "USING"]))
}

/// "the view `v`", "the trigger `t`": what a statement is about.
fn shown(sql: &[u8]) -> String {
    const KINDS: [&str; 7] =
        ["VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SEQUENCE", "PACKAGE"];
    let tokens = tokens(&sql[..sql.len().min(2000)]);
    let word = |token: &Token<'_>| String::from_utf8_lossy(token.text).to_ascii_lowercase();
    let Some(at) = tokens.iter().position(|it| it.is(&KINDS) && !it.is_quoted()) else {
        return tokens.first().map(word).unwrap_or_default().to_ascii_uppercase();
    };
    let name = tokens[at + 1..].iter().find(|it| !it.is(&["IF", "NOT", "EXISTS"]));
    format!("the {} `{}`", word(&tokens[at]), name.map(Token::name).unwrap_or_default())
}

/// Reads a row's values as ones of any column; how many there are, or none where one can't be read.
#[cfg(test)]
pub(super) fn read_values(row: &str) -> Option<usize> {
    let kinds = [
        values::Takes::Text,
        values::Takes::Integer,
        values::Takes::Bits,
        values::Takes::TextOrBytes,
    ];
    let most = row.matches(',').count() + 1;
    (1..=most.min(8)).find(|count| {
        let takes: Vec<_> = kinds.iter().cycle().take(*count).copied().collect();
        values::values(row, &takes).is_ok()
    })
}
