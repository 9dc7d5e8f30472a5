//! A MySQL table's definition as SQLite's, where no driver of the site's system makes it.
//!
//! Drupal's tables are as its own SQLite drivers make them (`Schema.php` of Drupal 8 and later, `schema.inc` of
//! Drupal 7): types, `NOCASE_UTF8`, `CHECK` of unsigned numbers, indexes named `{table}_{index}`.
use super::values::Takes;
use crate::content::{
    database::quoted_sqlite as quoted,
    dump::definition::{Column, Definition, KeyKind},
};

/// Whose SQLite tables they are to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Drupal 8 and later.
    Drupal,
    /// Drupal 7.
    Drupal7,
    /// A site of one's own.
    Plain,
}

/// What makes a table.
pub(super) struct Made {
    pub(super) table: String,
    /// Its indexes: name and statement.
    pub(super) indexes: Vec<(String, String)>,
    /// What it lacks, as sentences.
    pub(super) lacks: Vec<String>,
}

impl Dialect {
    /// The statements that make the table under the name `name`.
    pub(super) fn make(self, definition: &Definition, name: &str) -> Made {
        let mut lacks: Vec<String> = definition.beside.clone();
        let serial = definition.columns.iter().find(|it| it.is_serial);
        let mut lines: Vec<String> =
            definition.columns.iter().map(|it| self.column(it, &mut lacks)).collect();
        let mut indexes = Vec::new();
        let mut index = |key: &str, is_unique: bool, columns: &[String]| {
            let own = format!("{}_{key}", definition.name);
            let list = columns.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
            let unique = if is_unique { "UNIQUE " } else { "" };
            let sql = format!(
                "CREATE {unique}INDEX {} ON {} ({list})",
                quoted(&own),
                quoted(&definition.name)
            );
            if !indexes.iter().any(|(known, _)| *known == own) && !columns.is_empty() {
                indexes.push((own, sql));
            }
        };
        match (definition.primary(), serial) {
            // Its column says so itself.
            (Some([only]), Some(serial)) if *only == serial.name => {}
            (Some(columns), Some(_)) => index("primary", true, columns),
            (Some(columns), None) => {
                let list = columns.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
                lines.push(format!("PRIMARY KEY ({list})"));
            }
            (None, _) => {}
        }
        for key in &definition.keys {
            match key.kind {
                KeyKind::Primary => {}
                KeyKind::Unique => index(&key.name, true, &key.columns),
                KeyKind::Plain => index(&key.name, false, &key.columns),
                KeyKind::Special => {
                    lacks.push(format!("the full-text or spatial key `{}`", key.name))
                }
            }
        }
        let table = format!("CREATE TABLE {} (\n{}\n)", quoted(name), lines.join(",\n"));
        Made { table, indexes, lacks }
    }

    fn column(self, column: &Column, lacks: &mut Vec<String>) -> String {
        let name = quoted(&column.name);
        let unsigned = match column.is_unsigned && self != Self::Plain {
            true => format!(" CHECK ({name}>= 0)"),
            false => String::new(),
        };
        if column.is_serial {
            return format!("{name} INTEGER PRIMARY KEY AUTOINCREMENT{unsigned}");
        }
        let mut sql = format!("{name} {}", self.kind(column));
        sql += self.collation(column);
        // Nobody fills a column that was computed.
        let is_required = column.is_required && column.generated.is_none();
        sql += if is_required { " NOT NULL" } else { " NULL" };
        sql += &unsigned;
        if column.on_update {
            lacks.push(format!("the automatic time of `{}`", column.name));
        }
        if column.generated.is_some() {
            lacks.push(format!("the rule that computes `{}`", column.name));
        }
        match &column.default {
            Some(default) => match default_value(default) {
                Some(default) => sql += &format!(" DEFAULT {default}"),
                None => lacks.push(format!("the default of `{}`, {default}", column.name)),
            },
            None if !is_required => sql += " DEFAULT NULL",
            None => {}
        }
        sql
    }

    /// The type's name: its affinity is what [`takes`] says.
    fn kind(self, column: &Column) -> String {
        let length = |name: &str| match &column.arguments {
            Some(length) => format!("{name}({length})"),
            None => name.to_owned(),
        };
        match (takes(column), column.kind.as_str()) {
            (Takes::Integer | Takes::Bits, _) => "INTEGER".into(),
            // Drupal 8's driver takes numbers with a scale for floats; both keep what a number is.
            (Takes::Real, "decimal" | "numeric") if self != Self::Drupal => "NUMERIC".into(),
            (Takes::Real, _) => "FLOAT".into(),
            (Takes::Bytes | Takes::TextOrBytes, _) => "BLOB".into(),
            (Takes::Text, "varchar") => length("VARCHAR"),
            (Takes::Text, "char") => length("CHAR"),
            (Takes::Text, _) => "TEXT".into(),
        }
    }

    fn collation(self, column: &Column) -> &'static str {
        let is_text = ["varchar", "char", "text"].iter().any(|it| column.kind.ends_with(it));
        match self {
            Self::Drupal if is_text && !column.is_cased => " COLLATE NOCASE_UTF8",
            Self::Plain if is_text && !column.is_cased => " COLLATE NOCASE",
            _ => "",
        }
    }
}

/// What a column of MySQL takes, by its type.
pub(super) fn takes(column: &Column) -> Takes {
    match column.kind.as_str() {
        "bit" => Takes::Bits,
        "bool" | "boolean" | "serial" | "year" => Takes::Integer,
        kind if kind.ends_with("int") || kind == "integer" => Takes::Integer,
        "float" | "double" | "real" | "decimal" | "numeric" | "dec" | "fixed" => Takes::Real,
        kind if kind.ends_with("blob") || kind.ends_with("binary") => Takes::TextOrBytes,
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" => Takes::TextOrBytes,
        _ => Takes::Text,
    }
}

/// A default that SQLite understands: a literal or the present time.
fn default_value(default: &str) -> Option<String> {
    let lower = default.to_ascii_lowercase();
    if lower == "null" || default.parse::<f64>().is_ok() {
        return Some(default.to_owned());
    }
    if lower.starts_with("current_timestamp") || lower.starts_with("now(") {
        return Some("CURRENT_TIMESTAMP".into());
    }
    let row = format!("({default})");
    match super::values::values(&row, &[Takes::TextOrBytes]).ok()?.pop()? {
        super::values::Value::Text(text) => Some(format!("'{}'", text.replace('\'', "''"))),
        super::values::Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(dialect: Dialect, create: &str) -> Made {
        let definition = Definition::read(create.as_bytes()).expect("reads");
        dialect.make(&definition, &definition.name)
    }

    #[test]
    fn drupal_s_tables_are_as_its_own_driver_makes_them() {
        let create = "CREATE TABLE `node` (`nid` int(10) unsigned NOT NULL AUTO_INCREMENT, \
            `type` varchar(32) CHARACTER SET ascii NOT NULL COMMENT 'x', `title` varchar(255) DEFAULT NULL, \
            `langcode` varchar(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'it''s', \
            `n` decimal(10,2) DEFAULT 0.00, `data` longblob, `status` tinyint(4) NOT NULL DEFAULT 1, \
            PRIMARY KEY (`nid`), UNIQUE KEY `node__uuid` (`type`), KEY `title` (`title`(191))) ENGINE=InnoDB";
        let drupal = made(Dialect::Drupal, create);
        assert_eq!(
            drupal.table,
            "CREATE TABLE \"node\" (\n\"nid\" INTEGER PRIMARY KEY AUTOINCREMENT CHECK (\"nid\">= 0),\n\
             \"type\" VARCHAR(32) NOT NULL,\n\"title\" VARCHAR(255) COLLATE NOCASE_UTF8 NULL DEFAULT NULL,\n\
             \"langcode\" VARCHAR(12) NOT NULL DEFAULT 'it''s',\n\"n\" FLOAT NULL DEFAULT 0.00,\n\
             \"data\" BLOB NULL DEFAULT NULL,\n\"status\" INTEGER NOT NULL DEFAULT 1\n)"
        );
        let indexes: Vec<&str> = drupal.indexes.iter().map(|(_, sql)| sql.as_str()).collect();
        assert_eq!(
            indexes,
            [
                "CREATE UNIQUE INDEX \"node_node__uuid\" ON \"node\" (\"type\")",
                "CREATE INDEX \"node_title\" ON \"node\" (\"title\")"
            ]
        );
        assert!(made(Dialect::Drupal7, create).table.contains("\"n\" NUMERIC NULL"));
        assert!(!made(Dialect::Drupal7, create).table.contains("COLLATE"));
        assert!(
            made(Dialect::Plain, create).table.contains("\"title\" VARCHAR(255) COLLATE NOCASE ")
        );
    }

    #[test]
    fn what_sqlite_lacks_is_listed() {
        let create = "CREATE TABLE `t` (`a` int, `b` int, `g` int AS (`a` + 1) STORED, `t` timestamp NULL ON UPDATE current_timestamp(), \
            `u` char(36) DEFAULT uuid(), PRIMARY KEY (`b`,`a`), FULLTEXT KEY `f` (`a`), CONSTRAINT c FOREIGN KEY (a) REFERENCES x (a))";
        let lacks = made(Dialect::Plain, create).lacks.join("; ");
        for what in ["foreign key", "computes `g`", "time of `t`", "default of `u`", "key `f`"] {
            assert!(lacks.contains(what), "no {what} in {lacks}");
        }
    }
}
