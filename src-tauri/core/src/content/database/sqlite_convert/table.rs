//! How the rows of a table are read in order, and found again.
use rusqlite::Connection;

use super::super::sqlite::quoted;

/// The numbers of a table without any.
const KEYS: &str = "temp.portico_keys";

/// How a table's rows are told apart.
pub(super) enum Access {
    /// By the number that SQLite gives them; the column that has it may go by several names.
    Number { table: String, name: &'static str },
    /// By a list of the keys, whose rows have one: keys may change themselves.
    Key { table: String, key: Vec<String> },
}

impl Access {
    /// None where nothing tells the rows apart.
    pub(super) fn begin(connection: &Connection, table: &str) -> rusqlite::Result<Option<Self>> {
        let mut query = connection.prepare("SELECT name, pk FROM pragma_table_xinfo(?)")?;
        let all = query.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let all: Vec<(String, u32)> = all.collect::<rusqlite::Result<_>>()?;
        let is_numbered: bool = connection.query_row(
            "SELECT NOT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?",
            [table],
            |row| row.get(0),
        )?;
        if is_numbered {
            let is_free =
                |name: &&str| !all.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            let name = ["rowid", "_rowid_", "oid"].into_iter().find(is_free);
            return Ok(name.map(|name| Self::Number { table: quoted(table), name }));
        }
        let mut key: Vec<_> = all.into_iter().filter(|(_, place)| *place > 0).collect();
        key.sort_by_key(|(_, place)| *place);
        let key: Vec<String> = key.into_iter().map(|(name, _)| quoted(&name)).collect();
        let (names, table) = (key.join(", "), quoted(table));
        connection
            .execute_batch(&format!("CREATE TABLE {KEYS} AS SELECT {names} FROM main.{table}"))?;
        Ok(Some(Self::Key { table, key }))
    }

    /// Takes away what was made to tell the rows apart.
    pub(super) fn end(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Number { .. } => Ok(()),
            Self::Key { .. } => connection.execute_batch(&format!("DROP TABLE {KEYS}")),
        }
    }

    /// The query for the rows from the number in the first parameter on: number, then columns.
    pub(super) fn select(&self, columns: &[String]) -> String {
        let read = columns.iter().map(|it| format!("t.{}", quoted(it))).collect::<Vec<_>>();
        let read = read.join(", ");
        match self {
            Self::Number { table, name } => format!(
                "SELECT t.{name}, {read} FROM main.{table} t WHERE t.{name} >= ?1 ORDER BY t.{name}"
            ),
            Self::Key { table, key } => {
                let on = key.iter().map(|it| format!("t.{it} = k.{it}")).collect::<Vec<_>>();
                format!(
                    "SELECT k.rowid, {read} FROM {KEYS} k CROSS JOIN main.{table} t ON {}
                     WHERE k.rowid >= ?1 ORDER BY k.rowid",
                    on.join(" AND ")
                )
            }
        }
    }

    /// The statement that sets columns, from the second parameter on, of the row with the number in the first. It passes
    /// over a row that would break a rule of the table.
    pub(super) fn update<'a>(&self, columns: impl Iterator<Item = &'a str>) -> String {
        let set = columns.enumerate().map(|(at, it)| format!("{} = ?{}", quoted(it), at + 2));
        let set = set.collect::<Vec<_>>().join(", ");
        match self {
            Self::Number { table, name } => {
                format!("UPDATE OR IGNORE main.{table} SET {set} WHERE {name} = ?1")
            }
            Self::Key { table, key } => {
                let key = key.join(", ");
                format!(
                    "UPDATE OR IGNORE main.{table} SET {set}
                     WHERE ({key}) = (SELECT {key} FROM {KEYS} WHERE rowid = ?1)"
                )
            }
        }
    }
}

/// About how many rows a table has: row numbers grow with them.
pub(super) fn rows(connection: &Connection, table: &str) -> u64 {
    let name = quoted(table);
    let ask = |what: &str| {
        let sql = format!("SELECT {what} FROM main.{name}");
        connection.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0))
    };
    let rows = ask("max(rowid)").or_else(|_| ask("count(*)")).ok().flatten();
    u64::try_from(rows.unwrap_or(0)).unwrap_or(0)
}

/// Columns that may hold text: all but numbers and what SQLite computes.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = connection
        .prepare("SELECT name, upper(type) FROM pragma_table_xinfo(?) WHERE hidden = 0")?;
    let columns = query.query_map([table], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let numbers = ["INT", "REAL", "FLOA", "DOUB"];
    let texts = columns.filter(|column| {
        !column.as_ref().is_ok_and(|(_, kind)| numbers.iter().any(|number| kind.contains(number)))
    });
    texts.map(|column| column.map(|(name, _): (String, _)| name)).collect()
}
