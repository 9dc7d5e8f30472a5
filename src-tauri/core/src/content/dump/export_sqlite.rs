//! Writes a SQLite database as a dump that a MariaDB or MySQL server takes.
use std::{io::Write, path::Path};

use rusqlite::{Connection, types::ValueRef};

use super::{
    definition::Definition,
    export::{Exported, Form, Inserts, write_as},
    rows::{escape, hex},
};
use crate::{
    content::database::{open_sqlite, quoted_sqlite, sqlite_tables},
    error::{Doing, Result},
    progress::{Meter, Unit},
};

/// A key of InnoDB has at most 3072 bytes; a letter of utf8mb4 has up to four.
const LONGEST_KEY: u64 = 3072 / 4;
/// What is indexed of a text that has no length, as Drupal and WordPress do.
const PREFIX: u64 = 191;

/// Tells a table's `CREATE TABLE` in MySQL's words: the driver that keeps notes in the file, as WordPress's does.
pub type Show<'a> = dyn FnMut(&str) -> Result<String> + Send + 'a;

/// Writes the SQLite database in `file` as SQL to the new file `to`; see [`write_sqlite`].
pub fn export_sqlite_as_sql(
    file: &Path,
    show: Option<&mut Show<'_>>,
    form: Form,
    to: &Path,
    meter: Meter<'_>,
) -> Result<Exported> {
    write_as(form, to, |out| write_sqlite(file, show, out, meter))
}

/// Writes the SQLite database in `file` as SQL of MySQL to `out`, as it is at one moment. Definitions are those that
/// `show` tells, or made from SQLite's own. Views and triggers are left out, and the log says so.
pub fn write_sqlite(
    file: &Path,
    mut show: Option<&mut Show<'_>>,
    out: &mut dyn Write,
    meter: Meter<'_>,
) -> Result<Exported> {
    let doing = || format!("read `{}`", file.display());
    let connection = open_sqlite(file)?;
    let tables = sqlite_tables(&connection).doing(doing)?;
    let mut definitions = Vec::new();
    for table in &tables {
        meter.check()?;
        definitions.push(match &mut show {
            Some(show) => show(table)?,
            None => definition(&connection, table).doing(doing)?,
        });
    }
    say_what_is_left(&connection, meter).doing(doing)?;
    // One moment for all tables.
    connection.execute_batch("BEGIN").doing(doing)?;
    let mut exported = Exported::default();
    writeln!(
        out,
        "{}\n/*!40101 SET NAMES utf8mb4 */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n\
         /*!40014 SET UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=0 */;\n\
         /*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;",
        super::EXPORT_HEAD
    )
    .doing(doing)?;
    for (table, created) in tables.iter().zip(definitions) {
        let name = quoted(table);
        writeln!(out, "\nDROP TABLE IF EXISTS {name};\n{created};").doing(doing)?;
        write_rows(&connection, table, out, &mut exported, meter)?;
        if let Some(next) = next_number(&connection, table) {
            writeln!(out, "ALTER TABLE {name} AUTO_INCREMENT={next};").doing(doing)?;
        }
        exported.tables += 1;
    }
    writeln!(out, "-- Dump completed").doing(doing)?;
    Ok(exported)
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn say_what_is_left(connection: &Connection, meter: Meter<'_>) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'trigger') AND name NOT LIKE '\\_wp\\_sqlite\\_%' ESCAPE '\\'",
    )?;
    let left = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for found in left {
        let (kind, name): (String, String) = found?;
        meter.line(format!("left out: the {kind} `{name}`"));
    }
    Ok(())
}

fn next_number(connection: &Connection, table: &str) -> Option<i64> {
    // There is no such table where no column counts.
    let last =
        connection.query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [table], |row| {
            row.get::<_, i64>(0)
        });
    last.ok().filter(|last| *last > 0).map(|last| last + 1)
}

fn write_rows(
    connection: &Connection,
    table: &str,
    out: &mut dyn Write,
    exported: &mut Exported,
    meter: Meter<'_>,
) -> Result<()> {
    let doing = || format!("export the table `{table}`");
    let mut query = connection
        .prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid")
        .doing(doing)?;
    let columns: Vec<String> =
        query.query_map([table], |row| row.get(0)).and_then(Iterator::collect).doing(doing)?;
    let names: Vec<String> = columns.iter().map(|it| quoted(it)).collect();
    let head = format!("INSERT INTO {} ({}) VALUES", quoted(table), names.join(","));
    let selected: Vec<String> = columns.iter().map(|it| quoted_sqlite(it)).collect();
    let sql = format!("SELECT {} FROM {}", selected.join(","), quoted_sqlite(table));
    let mut query = connection.prepare(&sql).doing(doing)?;
    let mut rows = query.query([]).doing(doing)?;
    let mut inserts = Inserts::new(head);
    while let Some(row) = rows.next().doing(doing)? {
        meter.check()?;
        let values: Vec<ValueRef<'_>> = (0..columns.len())
            .map(|at| row.get_ref(at))
            .collect::<rusqlite::Result<_>>()
            .doing(doing)?;
        inserts.row(out, exported, meter, |text| write_row(&values, text)).doing(doing)?;
    }
    inserts.end(out).doing(doing)?;
    meter.progress(exported.rows, None, Unit::Rows);
    meter.check()
}

fn write_row(values: &[ValueRef<'_>], out: &mut Vec<u8>) {
    for (at, value) in values.iter().enumerate() {
        out.push(if at == 0 { b'(' } else { b',' });
        write_value(*value, out);
    }
    out.push(b')');
}

fn write_value(value: ValueRef<'_>, out: &mut Vec<u8>) {
    match value {
        ValueRef::Null => out.extend_from_slice(b"NULL"),
        ValueRef::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        // The shortest text that reads as the same number.
        ValueRef::Real(number) if number == 0.0 || (1e-9..1e15).contains(&number.abs()) => {
            out.extend_from_slice(number.to_string().as_bytes());
        }
        ValueRef::Real(number) => out.extend_from_slice(format!("{number:e}").as_bytes()),
        ValueRef::Text(text) if str::from_utf8(text).is_ok() => escape(text, out),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            out.extend_from_slice(format!("X'{}'", hex(bytes)).as_bytes());
        }
    }
}

/// A column as SQLite tells of it.
struct Column {
    name: String,
    /// Its type's name, in upper case, and the length in it.
    kind: String,
    length: Option<u64>,
    is_required: bool,
    default: Option<String>,
    primary: i64,
    is_cased: bool,
}

/// A table's `CREATE TABLE` for MySQL, made from SQLite's own definition.
fn definition(connection: &Connection, table: &str) -> rusqlite::Result<String> {
    let sql: String = connection.query_row(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1",
        [table],
        |row| row.get(0),
    )?;
    let columns = columns(connection, table, &sql)?;
    let keys = keys(connection, table)?;
    let counts = sql.to_ascii_uppercase().contains("AUTOINCREMENT");
    let mut primary: Vec<&Column> = columns.iter().filter(|it| it.primary > 0).collect();
    primary.sort_by_key(|it| it.primary);
    let is_unique = |column: &Column| {
        column.primary > 0
            || keys.iter().any(|(_, unique, names)| *unique && names.contains(&column.name))
    };
    let mut lines: Vec<String> = columns
        .iter()
        .map(|column| {
            let serial = counts && column.primary == 1 && primary.len() == 1;
            column_line(column, serial, column.is_cased && is_unique(column))
        })
        .collect();
    if !primary.is_empty() {
        lines.push(format!("  PRIMARY KEY ({})", key_list(&primary)));
    }
    for (name, unique, names) in &keys {
        let own: Vec<&Column> = names
            .iter()
            .filter_map(|it| columns.iter().find(|column| column.name == *it))
            .collect();
        let unique = if *unique { "UNIQUE " } else { "" };
        let short = name.strip_prefix(&format!("{table}_")).unwrap_or(name);
        lines.push(format!("  {unique}KEY {} ({})", quoted(short), key_list(&own)));
    }
    Ok(format!(
        "CREATE TABLE {} (\n{}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci",
        quoted(table),
        lines.join(",\n")
    ))
}

fn columns(connection: &Connection, table: &str, sql: &str) -> rusqlite::Result<Vec<Column>> {
    let cased = Definition::read_cased(sql.as_bytes());
    let mut query = connection.prepare(
        "SELECT name, upper(type), \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid",
    )?;
    let found = query.query_map([table], |row| {
        let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
        let (kind, length) = match kind.split_once('(') {
            Some((kind, rest)) => (kind.to_owned(), rest.trim_end_matches(')').parse().ok()),
            None => (kind, None),
        };
        let known = cased.as_ref().and_then(|it| it.columns.iter().find(|it| it.name == name));
        Ok(Column {
            kind,
            length,
            is_required: row.get(2)?,
            default: row.get(3)?,
            primary: row.get(4)?,
            is_cased: known.is_none_or(|it| it.is_cased),
            name,
        })
    })?;
    found.collect()
}

/// Indexes: name, whether unique, columns. Partial ones and those of expressions are none that MySQL has.
fn keys(
    connection: &Connection,
    table: &str,
) -> rusqlite::Result<Vec<(String, bool, Vec<String>)>> {
    let mut list = connection.prepare(
        "SELECT name, \"unique\" FROM pragma_index_list(?1) WHERE partial = 0 AND origin <> 'pk' ORDER BY seq DESC",
    )?;
    let found = list.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, bool)> = found.collect::<rusqlite::Result<_>>()?;
    let mut parts = connection.prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?;
    let mut keys = Vec::new();
    for (name, unique) in found {
        let names: Vec<Option<String>> =
            parts.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        if let Some(names) = names.into_iter().collect() {
            keys.push((name, unique, names));
        }
    }
    Ok(keys)
}

impl Column {
    fn is_number(&self) -> bool {
        ["INT", "REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL", "BOOL"]
            .iter()
            .any(|it| self.kind.contains(it))
    }

    /// Letters that an index has of it at most; none for a number.
    fn letters(&self) -> Option<u64> {
        match self.length.filter(|_| self.kind.contains("CHAR")) {
            _ if self.is_number() => None,
            Some(length) if length <= 16_000 => Some(length),
            _ => Some(u64::MAX),
        }
    }
}

fn column_line(column: &Column, serial: bool, exact: bool) -> String {
    let kind = match column.letters() {
        _ if column.kind.contains("INT") || column.kind.contains("BOOL") => "bigint".to_owned(),
        None => "double".to_owned(),
        Some(u64::MAX) if column.kind.contains("BLOB") => "longblob".to_owned(),
        Some(u64::MAX) => "longtext".to_owned(),
        Some(length) => format!("varchar({length})"),
    };
    let is_text = kind.starts_with("varchar") || kind == "longtext";
    let collation = if is_text && exact { " COLLATE utf8mb4_bin" } else { "" };
    let null = if column.is_required || column.primary > 0 { " NOT NULL" } else { "" };
    let default = column.default.as_deref().filter(|_| !serial).and_then(default_value);
    let default = default.map(|it| format!(" DEFAULT {it}")).unwrap_or_default();
    let serial = if serial { " AUTO_INCREMENT" } else { "" };
    format!("  {} {kind}{collation}{null}{default}{serial}", quoted(&column.name))
}

/// SQLite's default in MySQL's words; none for an expression.
fn default_value(default: &str) -> Option<String> {
    if default.eq_ignore_ascii_case("null") || default.parse::<f64>().is_ok() {
        return Some(default.to_owned());
    }
    if default.eq_ignore_ascii_case("current_timestamp") {
        return Some("(current_timestamp())".into());
    }
    let inside = default.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut text = Vec::new();
    escape(inside.replace("''", "'").as_bytes(), &mut text);
    String::from_utf8(text).ok()
}

fn key_list(columns: &[&Column]) -> String {
    let whole: u64 = columns.iter().filter_map(|it| it.letters()).fold(0, u64::saturating_add);
    let part = |column: &&Column| match column.letters() {
        Some(letters) if whole > LONGEST_KEY && letters > PREFIX => {
            format!("{}({PREFIX})", quoted(&column.name))
        }
        _ => quoted(&column.name),
    };
    columns.iter().map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_database_is_written_in_mysql_s_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.sqlite");
        let connection = crate::content::database::new_sqlite(&file).expect("opens");
        connection
            .execute_batch(
                "CREATE TABLE \"node\" (\"nid\" INTEGER PRIMARY KEY AUTOINCREMENT CHECK (\"nid\">= 0), \
                   \"title\" VARCHAR(255) COLLATE NOCASE_UTF8 NOT NULL DEFAULT 'it''s', \"key\" VARCHAR(32) NOT NULL, \
                   \"data\" BLOB NULL DEFAULT NULL, \"n\" FLOAT, \"body\" TEXT);\n\
                 CREATE UNIQUE INDEX node_key ON node (\"key\");\nCREATE INDEX node_body ON node (body, title);\n\
                 INSERT INTO node VALUES (7, 'é''\\', 'K', X'00ff', 1.5, NULL), (9, '', 'k', 'text', 1e300, 'x');\n\
                 DELETE FROM node WHERE nid = 9;\nCREATE VIEW v AS SELECT 1;",
            )
            .expect("makes");
        let mut out = Vec::new();
        let exported = write_sqlite(&file, None, &mut out, Meter::silent()).expect("writes");
        assert_eq!((exported.tables, exported.rows), (1, 1));
        let text = String::from_utf8(out).expect("text");
        for part in [
            "`nid` bigint NOT NULL AUTO_INCREMENT",
            "`title` varchar(255) NOT NULL DEFAULT 'it\\'s'",
            "`key` varchar(32) COLLATE utf8mb4_bin NOT NULL",
            "`data` longblob DEFAULT NULL",
            "`n` double",
            "PRIMARY KEY (`nid`)",
            "UNIQUE KEY `key` (`key`)",
            "KEY `body` (`body`(191),`title`(191))",
            "(7,'é\\'\\\\','K',X'00ff',1.5,NULL);",
            "ALTER TABLE `node` AUTO_INCREMENT=10;",
            "-- Dump completed",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }
}
