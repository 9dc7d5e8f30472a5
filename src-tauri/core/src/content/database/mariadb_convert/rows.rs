//! Converts addresses on a MariaDB server: changed rows are gathered in a temporary table and joined.
use std::{borrow::Cow, collections::BTreeMap};

use mysql::{Conn, Row, Value, prelude::Queryable};

use super::{
    Conversion, Converted,
    mariadb::{self, quoted},
};
use crate::{
    content::urls::{Met, Rewriter},
    error::{Doing, Error, Result},
    model::Database,
    progress::{Meter, Unit},
};

/// So many rows go into the temporary table by one statement,
const INSERTED: usize = 64;
/// and so many, or so many bytes, are joined at once.
const JOINED: usize = 8192;
const JOINED_BYTES: usize = 16 << 20;

/// A table and what of it is converted.
#[derive(Debug, Default)]
struct Table {
    name: String,
    /// Text columns.
    columns: Vec<Column>,
    /// The primary key, if there is one that identifies a row by its written form.
    key: Vec<String>,
    /// Columns that the server would set on an update.
    touched: Vec<String>,
}

#[derive(Debug)]
struct Column {
    name: String,
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

    /// The column as bytes.
    fn read(&self) -> String {
        let name = quoted(&self.name);
        if self.is_wide() {
            format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)")
        } else {
            format!("CAST({name} AS BINARY)")
        }
    }

    /// Bytes as what the column takes. The collation is named, since two implicit ones can't be mixed.
    fn write(&self, bytes: &str) -> String {
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

    fn takes(&self, value: &[u8]) -> bool {
        let in_utf8 = self.charset.as_deref().is_some_and(|set| set.starts_with("utf8"));
        let length = if in_utf8 || self.is_wide() {
            String::from_utf8_lossy(value).chars().count()
        } else {
            value.len()
        };
        length as u64 <= self.longest
    }
}

pub(super) fn convert(
    database: &Database,
    rewriter: &Rewriter,
    how: &Conversion,
    meter: Meter<'_>,
    met: &mut Met,
) -> Result<Vec<Converted>> {
    let mut reader = mariadb::connect(database)?;
    let tables = tables(&mut reader, how)?;
    let settings = if how.dry_run { None } else { Some(Settings::relax(&mut reader)?) };
    let converted = (|| {
        // Connected after the settings, some of which are taken over by new connections only.
        let mut writer = mariadb::connect(database)?;
        let mut converted = Vec::new();
        for (done, table) in tables.iter().enumerate() {
            meter.check()?;
            meter.progress(done as u64, Some(tables.len() as u64), Unit::Tables);
            let triggers =
                if how.dry_run { Vec::new() } else { drop_triggers(&mut writer, table)? };
            let mut converting = Converting {
                table,
                rewriter,
                dry_run: how.dry_run,
                meter,
                writer: &mut writer,
                met: Met::default(),
                rows: 0,
                too_long: 0,
                colliding: 0,
            };
            let done = converting.run(&mut reader);
            let (rows, here) = (converting.rows, converting.met);
            converting.say_what_stayed();
            restore_triggers(&mut writer, &triggers)?;
            done.doing(|| format!("convert the table `{}`", table.name))?;
            *met += here;
            if rows > 0 {
                let (table, replacements) = (table.name.clone(), here.replacements);
                converted.push(Converted { table, rows, replacements });
            }
        }
        meter.progress(tables.len() as u64, Some(tables.len() as u64), Unit::Tables);
        Ok(converted)
    })();
    let restored = settings.map_or(Ok(()), |settings| settings.restore(database));
    let converted = converted?;
    restored.map(|()| converted)
}

fn tables(connection: &mut Conn, how: &Conversion) -> Result<Vec<Table>> {
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
    let doing = || "list the columns".to_owned();
    let names = mariadb::table_names(connection)?;
    type Known = (String, String, String, Option<String>, Option<String>, Option<u64>, String);
    let known: Vec<Known> = connection
        .query(
            "SELECT table_name, column_name, data_type, character_set_name, collation_name,
                    character_maximum_length, extra
             FROM information_schema.columns WHERE table_schema = database()
             ORDER BY table_name, ordinal_position",
        )
        .doing(doing)?;
    let keys: Vec<(String, String)> = connection
        .query(
            "SELECT table_name, column_name FROM information_schema.statistics
             WHERE table_schema = database() AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index",
        )
        .doing(doing)?;
    let mut tables: BTreeMap<String, Table> = names
        .into_iter()
        .filter(|name| how.wants(name))
        .map(|name| (name.clone(), Table { name, ..Table::default() }))
        .collect();
    for (table, column) in keys {
        if let Some(table) = tables.get_mut(&table) {
            table.key.push(column);
        }
    }
    for (table, column, kind, charset, collation, longest, extra) in known {
        let Some(table) = tables.get_mut(&table) else { continue };
        let (kind, extra) = (kind.to_lowercase(), extra.to_lowercase());
        if INEXACT.contains(&kind.as_str()) && table.key.contains(&column) {
            table.key.clear();
        }
        if extra.contains("on update") {
            table.touched.push(column);
        } else if TEXTS.contains(&kind.as_str())
            && !extra.contains("generated")
            && how.wants_column(&table.name, &column)
        {
            let longest = longest.unwrap_or(u64::MAX);
            table.columns.push(Column { name: column, charset, collation, longest });
        }
    }
    Ok(tables.into_values().filter(|table| !table.columns.is_empty()).collect())
}

/// Settings of the server that slow down what may be lost anyway: nobody uses the generation yet.
struct Settings {
    old: Vec<(&'static str, u64)>,
}

impl Settings {
    fn relax(connection: &mut Conn) -> Result<Self> {
        let new =
            [("innodb_flush_log_at_trx_commit", 0), ("max_allowed_packet", mariadb::PACKET as u64)];
        let mut old = Vec::new();
        for (name, value) in new {
            let doing = || format!("set the server's {name}");
            let before = connection.query_first(format!("SELECT @@GLOBAL.{name}")).doing(doing)?;
            connection.query_drop(format!("SET GLOBAL {name} = {value}")).doing(doing)?;
            old.extend(before.map(|before: u64| (name, before)));
        }
        Ok(Self { old })
    }

    fn restore(self, database: &Database) -> Result<()> {
        let mut connection = mariadb::connect(database)?;
        for (name, value) in self.old {
            connection
                .query_drop(format!("SET GLOBAL {name} = {value}"))
                .doing(|| format!("set the server's {name} back"))?;
        }
        Ok(())
    }
}

/// A trigger as it was, with the settings it was made under.
struct Trigger {
    name: String,
    sql_mode: String,
    create: String,
}

/// Triggers can't be switched off, so they are taken away for the time of the conversion.
fn drop_triggers(connection: &mut Conn, table: &Table) -> Result<Vec<Trigger>> {
    let doing = || format!("read the triggers of `{}`", table.name);
    let names: Vec<String> = connection
        .exec(
            "SELECT trigger_name FROM information_schema.triggers
             WHERE event_object_schema = database() AND event_object_table = ?
               AND event_manipulation = 'UPDATE' ORDER BY action_order",
            (&table.name,),
        )
        .doing(doing)?;
    let mut triggers = Vec::new();
    for name in names {
        let row: Option<Row> = connection
            .query_first(format!("SHOW CREATE TRIGGER {}", quoted(&name)))
            .doing(doing)?;
        let text = |at: usize| row.as_ref().and_then(|row| row.get::<String, _>(at));
        let (Some(sql_mode), Some(create)) = (text(1), text(2)) else {
            return Err(Error::failed(doing()));
        };
        triggers.push(Trigger { name, sql_mode, create });
    }
    for trigger in &triggers {
        connection.query_drop(format!("DROP TRIGGER {}", quoted(&trigger.name))).doing(doing)?;
    }
    Ok(triggers)
}

fn restore_triggers(connection: &mut Conn, triggers: &[Trigger]) -> Result<()> {
    for trigger in triggers {
        let doing = || format!("make the trigger `{}` again", trigger.name);
        connection.query_drop("SET NAMES utf8mb4").doing(doing)?;
        connection
            .query_drop(format!("SET SESSION sql_mode = '{}'", trigger.sql_mode))
            .doing(doing)?;
        connection.query_drop(&trigger.create).doing(doing)?;
        connection.query_drop("SET NAMES binary").doing(doing)?;
        connection.query_drop("SET SESSION sql_mode = ''").doing(doing)?;
    }
    Ok(())
}

/// The conversion of one table.
struct Converting<'a> {
    table: &'a Table,
    rewriter: &'a Rewriter,
    dry_run: bool,
    meter: Meter<'a>,
    writer: &'a mut Conn,
    met: Met,
    rows: u64,
    too_long: u64,
    colliding: u64,
}

impl Converting<'_> {
    fn run(&mut self, reader: &mut Conn) -> Result<()> {
        if self.table.key.is_empty() && !self.dry_run {
            self.by_value(reader)
        } else {
            self.by_key(reader)
        }
    }

    /// Rows that may hold an address: key, then text columns.
    fn select(&self, columns: &[Column]) -> String {
        let key = self.table.key.iter().map(|name| quoted(name));
        let read = key.chain(columns.iter().map(Column::read)).collect::<Vec<_>>().join(", ");
        let may = columns.iter().flat_map(|column| {
            self.rewriter
                .needles()
                .iter()
                .map(|needle| format!("LOCATE({}, {}) > 0", hex(needle), column.read()))
        });
        let may = may.collect::<Vec<_>>().join(" OR ");
        format!("SELECT {read} FROM {} WHERE {may}", quoted(&self.table.name))
    }

    fn by_key(&mut self, reader: &mut Conn) -> Result<()> {
        let (table, key) = (self.table, self.table.key.len());
        if !self.dry_run {
            self.make_gathering_table()?;
        }
        let select = self.select(&table.columns);
        let rows = reader.query_iter(select).doing(|| "read the rows".into())?;
        let (mut gathered, mut bytes) = (Vec::new(), 0);
        for row in rows {
            self.meter.check()?;
            let mut row = row.doing(|| "read the rows".into())?.unwrap();
            if !self.rewrite_row(&mut row[key..]) {
                continue;
            }
            if self.dry_run {
                self.rows += 1;
                continue;
            }
            bytes += row
                .iter()
                .map(|value| if let Value::Bytes(b) = value { b.len() } else { 0 })
                .sum::<usize>();
            gathered.push(row);
            if gathered.len() == JOINED || bytes > JOINED_BYTES {
                self.join(&gathered)?;
                gathered.clear();
                bytes = 0;
            }
        }
        if !gathered.is_empty() {
            self.join(&gathered)?;
        }
        Ok(())
    }

    /// Replaces each value with its new one, or with nothing where it stays. Whether any is new.
    fn rewrite_row(&mut self, values: &mut [Value]) -> bool {
        let mut any = false;
        for (value, column) in values.iter_mut().zip(&self.table.columns) {
            let Value::Bytes(old) = value else { continue };
            let mut met = Met::default();
            let new = match self.rewriter.rewrite(old, &mut met) {
                Cow::Owned(new) if column.takes(&new) => Value::Bytes(new),
                Cow::Owned(_) => {
                    self.too_long += 1;
                    met.replacements = 0;
                    Value::NULL
                }
                Cow::Borrowed(_) => Value::NULL,
            };
            any |= new != Value::NULL;
            self.met += met;
            *value = new;
        }
        any
    }

    /// A temporary table like the key, with a column for each new value.
    fn make_gathering_table(&mut self) -> Result<()> {
        let doing = || "make a temporary table".to_owned();
        let keys = self.table.key.iter().enumerate();
        let keys: Vec<String> = keys.map(|(n, name)| format!("{} AS k{n}", quoted(name))).collect();
        let news: Vec<String> =
            (0..self.table.columns.len()).map(|n| format!("n{n} LONGBLOB NULL")).collect();
        self.writer.query_drop("DROP TEMPORARY TABLE IF EXISTS portico_gathered").doing(doing)?;
        self.writer
            .query_drop(format!(
                "CREATE TEMPORARY TABLE portico_gathered ENGINE=MyISAM AS SELECT {} FROM {} LIMIT 0",
                keys.join(", "),
                quoted(&self.table.name)
            ))
            .doing(doing)?;
        let news = news.iter().map(|new| format!("ADD {new}")).collect::<Vec<_>>().join(", ");
        self.writer.query_drop(format!("ALTER TABLE portico_gathered {news}")).doing(doing)
    }

    /// Brings gathered rows into the table; one by one when a rule of the table forbids one of them.
    fn join(&mut self, gathered: &[Vec<Value>]) -> Result<()> {
        let doing = || "write the changed rows".to_owned();
        self.gather(gathered).doing(doing)?;
        let mut joined = self.writer.query_drop(self.update());
        if joined.is_ok() {
            self.rows += self.writer.affected_rows();
        } else if gathered.len() > 1 && is_forbidden(&joined) {
            for row in gathered {
                self.join(std::slice::from_ref(row))?;
            }
            joined = Ok(());
        } else if is_forbidden(&joined) {
            self.colliding += 1;
            joined = Ok(());
        }
        joined.doing(doing)
    }

    fn gather(&mut self, gathered: &[Vec<Value>]) -> mysql::Result<()> {
        let width = self.table.key.len() + self.table.columns.len();
        let one = format!("({})", vec!["?"; width].join(","));
        let insert = |rows: usize| {
            format!("INSERT INTO portico_gathered VALUES {}", vec![one.as_str(); rows].join(","))
        };
        self.writer.query_drop("DELETE FROM portico_gathered")?;
        // As many at once as the protocol's number of places allows.
        let batch = INSERTED.min(65_535 / width).max(1);
        let (whole, rest) = gathered.split_at(gathered.len() / batch * batch);
        for rows in whole.chunks(batch).chain(rest.chunks(1)) {
            let values: Vec<Value> = rows.iter().flatten().cloned().collect();
            self.writer.exec_drop(insert(rows.len()), values)?;
        }
        Ok(())
    }

    fn update(&self) -> String {
        let on = self.table.key.iter().enumerate();
        let on = on.map(|(n, name)| format!("t.{} = g.k{n}", quoted(name))).collect::<Vec<_>>();
        let new = self.table.columns.iter().enumerate().map(|(n, column)| {
            let (name, new) = (quoted(&column.name), column.write(&format!("g.n{n}")));
            format!("t.{name} = IF(g.n{n} IS NULL, t.{name}, {new})")
        });
        let set = new.chain(self.keep("t.")).collect::<Vec<_>>().join(", ");
        format!(
            "UPDATE portico_gathered g STRAIGHT_JOIN {} t ON {} SET {set}",
            quoted(&self.table.name),
            on.join(" AND ")
        )
    }

    /// A column that is set to itself is not set by the server.
    fn keep(&self, prefix: &str) -> Vec<String> {
        let keep = |name: &String| format!("{prefix}{0} = {prefix}{0}", quoted(name));
        self.table.touched.iter().map(keep).collect()
    }

    /// Without a key, by value: equal values have equal new ones, so nothing else need tell rows apart.
    fn by_value(&mut self, reader: &mut Conn) -> Result<()> {
        let table = self.table;
        for column in &table.columns {
            let select = self.select(std::slice::from_ref(column));
            let select = select.replacen("SELECT", "SELECT DISTINCT", 1);
            let values: Vec<Vec<u8>> = reader.query(select).doing(|| "read the values".into())?;
            for old in values {
                self.meter.check()?;
                let mut met = Met::default();
                let Cow::Owned(new) = self.rewriter.rewrite(&old, &mut met) else {
                    self.met += met;
                    continue;
                };
                if !column.takes(&new) {
                    self.too_long += 1;
                    continue;
                }
                let set = [format!("{} = {}", quoted(&column.name), column.write("?"))];
                let set = set.into_iter().chain(self.keep("")).collect::<Vec<_>>().join(", ");
                let name = quoted(&table.name);
                let sql = format!("UPDATE IGNORE {name} SET {set} WHERE {} = ?", column.read());
                self.writer
                    .exec_drop(sql, (new, old))
                    .doing(|| "write the changed values".into())?;
                let rows = self.writer.affected_rows();
                self.rows += rows;
                met.replacements *= rows;
                self.met += met;
            }
        }
        Ok(())
    }

    fn say_what_stayed(&self) {
        let name = &self.table.name;
        if self.too_long > 0 {
            let count = self.too_long;
            self.meter.line(format!("in `{name}` {count} values stay: the new ones are too long"));
        }
        if self.colliding > 0 {
            let count = self.colliding;
            self.meter.line(format!(
                "in `{name}` {count} rows stay: a rule of the table forbids the new value"
            ));
        }
    }
}

/// Whether a unique key or a check of the table refused the new value.
fn is_forbidden<T>(written: &mysql::Result<T>) -> bool {
    const DUPLICATE: u16 = 1062;
    const CHECK: u16 = 4025;
    matches!(written, Err(mysql::Error::MySqlError(error)) if [DUPLICATE, CHECK].contains(&error.code))
}

/// Bytes as a literal.
fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}
