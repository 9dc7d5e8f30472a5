//! The tables of the new file: made, changed, and known by their columns.
use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::{Definitions, Dialect, dialect, inserter::Inserter, values::Takes};
use crate::{
    content::{
        database::quoted_sqlite as quoted,
        dump::{Spot, definition::Definition},
    },
    error::{Doing, Error, Result},
};

/// A table that rows may come for.
#[derive(Default)]
pub(super) struct Table {
    /// As the dump defines it; none where that could not be read.
    definition: Option<Definition>,
    pub(super) columns: Vec<Column>,
}

/// A column of it.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) takes: Takes,
    /// SQLite computes it.
    pub(super) is_computed: bool,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|it| it.name.eq_ignore_ascii_case(name))
    }
}

/// An index to build when all rows are there.
pub(super) struct Index {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) sql: String,
}

pub(super) struct Tables<'a> {
    /// Has the connection, which is in a transaction except while the driver works.
    pub(super) inserter: Inserter,
    definitions: Definitions<'a>,
    all: BTreeMap<String, Table>,
    indexes: Vec<Index>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(connection: Connection, definitions: Definitions<'a>) -> Self {
        Self {
            inserter: Inserter::start(connection),
            definitions,
            all: BTreeMap::new(),
            indexes: Vec::new(),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Table> {
        self.all.get(name)
    }

    /// The indexes that are to be built.
    pub(super) fn take_indexes(&mut self) -> Vec<Index> {
        std::mem::take(&mut self.indexes)
    }

    /// Makes the table of a `CREATE TABLE`. Answers what it lacks.
    pub(super) fn create(&mut self, sql: &[u8], spot: &Spot) -> Result<Vec<String>> {
        let definition = Definition::read(sql);
        let name = spot.table.clone().unwrap_or_default();
        let lacks = match &mut self.definitions {
            Definitions::Own(dialect) => {
                let dialect = *dialect;
                let Some(definition) = &definition else {
                    return Err(spot.refused("a definition that can't be carried over to SQLite"));
                };
                self.make(dialect, definition, &name, spot)?
            }
            Definitions::Driver(_) => self.tell_definition(sql, definition.as_ref(), spot)?,
        };
        let columns = self.columns(&name, definition.as_ref())?;
        self.all.insert(name, Table { definition, columns });
        Ok(lacks)
    }

    fn make(
        &mut self,
        dialect: Dialect,
        definition: &Definition,
        name: &str,
        spot: &Spot,
    ) -> Result<Vec<String>> {
        let made = dialect.make(definition, name);
        if let Err(error) = self.inserter.connection()?.execute_batch(&made.table) {
            return Err(spot.error().because(error));
        }
        self.indexes.retain(|it| it.table != definition.name);
        let table = &definition.name;
        self.indexes.extend(made.indexes.into_iter().map(|(name, sql)| Index {
            table: table.clone(),
            name,
            sql,
        }));
        Ok(made.lacks)
    }

    /// Lets the driver make a table; where it does not understand all that the dump says of it, the plain part.
    fn tell_definition(
        &mut self,
        sql: &[u8],
        definition: Option<&Definition>,
        spot: &Spot,
    ) -> Result<Vec<String>> {
        let computed = definition.iter().flat_map(|it| &it.columns);
        let computed = computed.filter(|it| it.generated.is_some());
        let mut lacks: Vec<String> =
            computed.map(|it| format!("the rule that computes `{}`", it.name)).collect();
        let Some(refused) = self.tell(&as_text(sql, spot)?, spot)? else {
            self.set_indexes_aside(spot)?;
            return Ok(lacks);
        };
        let Some(definition) = definition else { return Err(spot.error().because(refused)) };
        if let Some(again) = self.tell(&definition.in_plain_mysql(), spot)? {
            return Err(spot.error().because(again));
        }
        self.set_indexes_aside(spot)?;
        lacks.extend(definition.beside.iter().cloned());
        lacks.push(format!("what WordPress's driver refuses: {refused}"));
        Ok(lacks)
    }

    /// Lets the driver run a statement of MySQL, outside our transaction. Answers why it refused it.
    fn tell(&mut self, sql: &str, spot: &Spot) -> Result<Option<String>> {
        let doing = || format!("write the table `{}`", spot.table.as_deref().unwrap_or_default());
        self.inserter.connection()?.execute_batch("COMMIT").doing(doing)?;
        let Definitions::Driver(driver) = &mut self.definitions else {
            return Err(Error::failed(doing()));
        };
        let answer = driver(sql);
        self.inserter.connection()?.execute_batch("BEGIN").doing(doing)?;
        answer
    }

    /// Takes away the indexes that the driver has built, to build them again when all rows are there.
    fn set_indexes_aside(&mut self, spot: &Spot) -> Result<()> {
        let table = spot.table.clone().unwrap_or_default();
        let doing = || format!("read the table `{table}`");
        let connection = self.inserter.connection()?;
        let mut query = connection
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL")
            .doing(doing)?;
        let found: Vec<(String, String)> = query
            .query_map([&table], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .doing(doing)?;
        for (name, sql) in found {
            connection.execute_batch(&format!("DROP INDEX {}", quoted(&name))).doing(doing)?;
            self.indexes.push(Index { table: table.clone(), name, sql });
        }
        Ok(())
    }

    fn columns(&mut self, table: &str, definition: Option<&Definition>) -> Result<Vec<Column>> {
        let doing = || format!("read the table `{table}`");
        let is_driver = matches!(self.definitions, Definitions::Driver(_));
        let connection = self.inserter.connection()?;
        let mut query = connection
            .prepare("SELECT name, upper(type), hidden FROM pragma_table_xinfo(?1) ORDER BY cid")
            .doing(doing)?;
        let found = query.query_map([table], |row| {
            let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
            let defined = definition.and_then(|it| it.columns.iter().find(|it| it.name == name));
            let takes = match defined.map(dialect::takes) {
                Some(Takes::Bits) => Takes::Bits,
                Some(takes) if !is_driver => takes,
                // The driver's tables are strict.
                _ => match kind.as_str() {
                    "INT" | "INTEGER" => Takes::Integer,
                    "REAL" => Takes::Real,
                    "BLOB" => Takes::Bytes,
                    _ => Takes::Text,
                },
            };
            Ok(Column { name, takes, is_computed: row.get::<_, i64>(2)? != 0 })
        });
        found.and_then(Iterator::collect).doing(doing)
    }

    /// Takes a table away; false when it is not there.
    pub(super) fn drop(&mut self, name: &str, spot: &Spot) -> Result<bool> {
        if self.all.remove(name).is_none() {
            return Ok(false);
        }
        self.indexes.retain(|it| it.table != name);
        if matches!(self.definitions, Definitions::Driver(_)) {
            let sql = format!("DROP TABLE `{}`", name.replace('`', "``"));
            return match self.tell(&sql, spot)? {
                Some(refused) => Err(spot.error().because(refused)),
                None => Ok(true),
            };
        }
        let dropped =
            self.inserter.connection()?.execute_batch(&format!("DROP TABLE {}", quoted(name)));
        dropped.map(|()| true).doing(|| format!("write the table `{name}`"))
    }

    /// Changes a table as an `ALTER TABLE` or `CREATE INDEX` says. Answers what can't be carried over.
    pub(super) fn alter(&mut self, sql: &[u8], spot: &Spot) -> Result<Vec<String>> {
        let name = spot.table.clone().unwrap_or_default();
        let Some(mut table) = self.all.remove(&name) else {
            return Err(spot.refused("a change of a table that it does not define"));
        };
        let is_known = table
            .definition
            .as_mut()
            .is_some_and(|it| if super::is_index(sql) { it.add_index(sql) } else { it.alter(sql) });
        let lacks = match &self.definitions {
            Definitions::Own(dialect) => {
                let dialect = *dialect;
                let Some(definition) = table.definition.as_ref().filter(|_| is_known) else {
                    return Err(
                        spot.refused("a change of a table that can't be carried over to SQLite")
                    );
                };
                self.rebuild(dialect, definition, &table.columns, spot)?
            }
            Definitions::Driver(_) => self.tell_change(sql, &name, spot)?,
        };
        table.columns = self.columns(&name, table.definition.as_ref())?;
        self.all.insert(name, table);
        Ok(lacks)
    }

    /// Makes a table anew under its old name, with the rows that it has.
    fn rebuild(
        &mut self,
        dialect: Dialect,
        definition: &Definition,
        columns: &[Column],
        spot: &Spot,
    ) -> Result<Vec<String>> {
        let new = format!("{}__new", definition.name);
        let lacks = self.make(dialect, definition, &new, spot)?;
        let names: Vec<String> =
            columns.iter().filter(|it| !it.is_computed).map(|it| quoted(&it.name)).collect();
        let (names, old, new) = (names.join(","), quoted(&definition.name), quoted(&new));
        let moved = self.inserter.connection()?.execute_batch(&format!(
            "INSERT INTO {new} ({names}) SELECT {names} FROM {old}; DROP TABLE {old}; ALTER TABLE {new} RENAME TO {old}"
        ));
        moved.map_err(|error| spot.error().because(error))?;
        Ok(lacks)
    }

    fn tell_change(&mut self, sql: &[u8], name: &str, spot: &Spot) -> Result<Vec<String>> {
        // The driver expects the table as it left it.
        let (own, others) = self.take_indexes().into_iter().partition(|it| it.table == name);
        self.indexes = others;
        let own: Vec<Index> = own;
        for index in &own {
            self.inserter
                .connection()?
                .execute_batch(&index.sql)
                .map_err(|error| spot.error().because(error))?;
        }
        let refused = self.tell(&as_text(sql, spot)?, spot)?;
        self.set_indexes_aside(spot)?;
        Ok(refused
            .into_iter()
            .map(|why| format!("a change that WordPress's driver refuses: {why}"))
            .collect())
    }

    /// Takes all rows of a table away.
    pub(super) fn empty(&mut self, name: &str, spot: &Spot) -> Result<()> {
        if self.all.contains_key(name) {
            let emptied =
                self.inserter.connection()?.execute_batch(&format!("DELETE FROM {}", quoted(name)));
            emptied.map_err(|error| spot.error().because(error))?;
        }
        Ok(())
    }

    /// Lets numbers go on where they were, even where the last rows are gone.
    pub(super) fn set_next_numbers(&mut self) -> Result<()> {
        let doing = || "set the numbers of rows to come".to_owned();
        let connection = self.inserter.connection()?;
        let serial = self.all.iter().filter_map(|(name, it)| Some((name, it.definition.as_ref()?)));
        for (name, definition) in serial {
            let has_serial = definition.columns.iter().any(|it| it.is_serial);
            let Some(next) = definition.next.filter(|next| has_serial && *next > 1) else {
                continue;
            };
            let last = i64::try_from(next - 1).unwrap_or(i64::MAX);
            let changed = connection
                .execute(
                    "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
                    params![name, last],
                )
                .doing(doing)?;
            if changed == 0 {
                connection
                    .execute(
                        "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                        params![name, last],
                    )
                    .doing(doing)?;
            }
        }
        Ok(())
    }
}

/// A definition as text.
fn as_text(sql: &[u8], spot: &Spot) -> Result<String> {
    let text = String::from_utf8(sql.to_vec());
    text.map_err(|_| spot.refused("a definition that is not in UTF-8"))
}
