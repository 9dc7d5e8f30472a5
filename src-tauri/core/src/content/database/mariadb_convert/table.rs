//! The tables of a database, and what of them is converted.
use std::collections::BTreeMap;

use mysql::{Conn, prelude::Queryable};

use super::super::{Conversion, mariadb::quoted};
use crate::error::{Doing, Result};

/// A table and what of it is converted.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) name: String,
    /// Text columns.
    pub(super) columns: Vec<Column>,
    /// The primary key, if there is one that identifies a row by its written form.
    pub(super) key: Vec<String>,
    /// Whether the first column of the key is a whole number, so that its values can be cut into ranges.
    pub(super) is_numbered: bool,
    /// Whether rows can be written while others are read.
    pub(super) is_transactional: bool,
    /// Columns that the server would set on an update.
    pub(super) touched: Vec<String>,
    /// What the server believes that its rows come to.
    pub(super) bytes: u64,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// None for blobs.
    charset: Option<String>,
    collation: Option<String>,
    /// The longest value: characters of a text, bytes of a blob.
    longest: u64,
}

impl Column {
    /// Character sets whose ASCII characters are not bytes of ASCII are converted on the way.
    fn is_wide(&self) -> bool {
        let wide = ["utf16", "utf16le", "utf32", "ucs2"];
        self.charset.as_deref().is_some_and(|charset| wide.contains(&charset))
    }

    /// The column as bytes, which texts are for our connections anyway.
    pub(super) fn fetch(&self) -> String {
        if self.is_wide() { self.read() } else { quoted(&self.name) }
    }

    /// The column as bytes that are compared as bytes.
    pub(super) fn read(&self) -> String {
        let name = quoted(&self.name);
        if self.is_wide() {
            format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)")
        } else {
            format!("CAST({name} AS BINARY)")
        }
    }

    /// Bytes as what the column takes. The collation is named, since two implicit ones can't be mixed.
    pub(super) fn write(&self, bytes: &str) -> String {
        let (Some(charset), Some(collation)) = (&self.charset, &self.collation) else {
            return bytes.to_owned();
        };
        let text = if self.is_wide() {
            format!("CONVERT({bytes} USING utf8mb4)")
        } else {
            bytes.to_owned()
        };
        format!("CONVERT({text} USING {charset}) COLLATE {collation}")
    }

    /// A parameter for new bytes. To name UTF-8, which they are, would have the server look at all of them once more.
    pub(super) fn parameter(&self) -> String {
        if self.is_as_sent() { "?".into() } else { self.write("?") }
    }

    /// Whether new bytes need no words around them.
    pub(super) fn is_as_sent(&self) -> bool {
        self.charset.is_none() || self.is_utf8()
    }

    fn is_utf8(&self) -> bool {
        self.charset.as_deref().is_some_and(|set| set.starts_with("utf8"))
    }

    pub(super) fn takes(&self, value: &[u8]) -> bool {
        // A text has no more characters than bytes.
        if value.len() as u64 <= self.longest {
            return true;
        }
        let length = if self.is_utf8() || self.is_wide() {
            String::from_utf8_lossy(value).chars().count()
        } else {
            value.len()
        };
        length as u64 <= self.longest
    }
}

/// The tables with columns to convert.
pub(super) fn list(connection: &mut Conn, how: &Conversion) -> Result<Vec<Table>> {
    let mut tables = wanted(connection, how)?;
    let doing = || "list the columns".to_owned();
    let keys: Vec<(String, String)> = connection
        .query(
            "SELECT table_name, column_name FROM information_schema.statistics
             WHERE table_schema = database() AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index",
        )
        .doing(doing)?;
    for (table, column) in keys {
        if let Some(table) = tables.get_mut(&table) {
            table.key.push(column);
        }
    }
    type Known = (String, String, String, Option<String>, Option<String>, Option<u64>, String);
    let known: Vec<Known> = connection
        .query(
            "SELECT table_name, column_name, data_type, character_set_name, collation_name,
                    character_maximum_length, extra
             FROM information_schema.columns WHERE table_schema = database()
             ORDER BY table_name, ordinal_position",
        )
        .doing(doing)?;
    for (table, name, kind, charset, collation, longest, extra) in known {
        let Some(table) = tables.get_mut(&table) else { continue };
        let longest = longest.unwrap_or(u64::MAX);
        let column = Column { name, charset, collation, longest };
        add(table, column, &kind.to_lowercase(), &extra.to_lowercase(), how);
    }
    Ok(tables.into_values().filter(|table| !table.columns.is_empty()).collect())
}

fn wanted(connection: &mut Conn, how: &Conversion) -> Result<BTreeMap<String, Table>> {
    type Known = (String, Option<String>, Option<u64>);
    let known: Vec<Known> = connection
        .query(
            "SELECT table_name, engine, data_length FROM information_schema.tables
             WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')",
        )
        .doing(|| "list the tables".into())?;
    let wanted = known.into_iter().filter(|(name, ..)| how.wants(name));
    Ok(wanted
        .map(|(name, engine, bytes)| {
            let table = Table {
                name: name.clone(),
                is_transactional: engine.is_some_and(|it| it.eq_ignore_ascii_case("InnoDB")),
                bytes: bytes.unwrap_or(0),
                ..Table::default()
            };
            (name, table)
        })
        .collect())
}

fn add(table: &mut Table, column: Column, kind: &str, extra: &str, how: &Conversion) {
    const TEXTS: [&str; 11] = [
        "char",
        "varchar",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "json",
        "varbinary",
        "blob",
        "mediumblob",
        "longblob",
    ];
    // Their written form is not exactly what is stored.
    const INEXACT: [&str; 2] = ["float", "double"];
    const WHOLE: [&str; 5] = ["tinyint", "smallint", "mediumint", "int", "bigint"];
    if INEXACT.contains(&kind) && table.key.contains(&column.name) {
        table.key.clear();
    }
    if table.key.first() == Some(&column.name) {
        table.is_numbered = WHOLE.contains(&kind);
    }
    if extra.contains("on update") {
        table.touched.push(column.name);
    } else if TEXTS.contains(&kind)
        && !extra.contains("generated")
        && how.wants_column(&table.name, &column.name)
    {
        table.columns.push(column);
    }
}
