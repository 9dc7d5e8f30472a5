//! Converts the rows of one job: read with one connection, written with another.
use std::borrow::Cow;

use mysql::{Conn, Value, prelude::Queryable};

use super::{
    super::mariadb::quoted,
    over::Gathered,
    table::{Column, Table},
    work::{Job, Outcome, Work},
};
use crate::{
    content::urls::Met,
    error::{Doing, Result},
};

/// So many rows go into the temporary table by one statement,
const INSERTED: usize = 64;
/// and so many, or so many bytes, are joined at once.
const JOINED: usize = 8192;
const JOINED_BYTES: usize = 4 << 20;
/// The server's numbers for a unique key or a check of the table that refuses a new value, and for a deadlock.
const FORBIDDEN: [u16; 2] = [1062, 4025];
const DEADLOCK: u16 = 1213;
/// The key that a table without one has meanwhile.
const NUMBER: &str = "portico_row";

/// The conversion of one table, or of a range of it.
pub(super) struct Converting<'w, 'a> {
    pub(super) work: &'w Work<'a>,
    job: &'w Job<'a>,
    pub(super) table: &'a Table,
    pub(super) writer: &'w mut Conn,
    /// Columns that identify a row.
    pub(super) key: Vec<String>,
    pub(super) outcome: Outcome,
}

impl<'w, 'a> Converting<'w, 'a> {
    pub(super) fn new(work: &'w Work<'a>, job: &'w Job<'a>, writer: &'w mut Conn) -> Self {
        let (table, key) = (job.table, job.table.key.clone());
        Self { work, job, table, writer, key, outcome: Outcome::default() }
    }

    pub(super) fn run(&mut self, reader: &mut Conn) -> Result<()> {
        if !self.key.is_empty() || self.work.dry_run {
            return self.by_key(reader);
        }
        let table = quoted(&self.table.name);
        let number = format!("{NUMBER} BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE");
        match self.writer.query_drop(format!("ALTER TABLE {table} ADD COLUMN {number}")) {
            Ok(()) => {
                self.key.push(NUMBER.into());
                self.by_key(reader)?;
                self.writer
                    .query_drop(format!("ALTER TABLE {table} DROP COLUMN {NUMBER}"))
                    .doing(|| "take the temporary key away".into())
            }
            // It numbers its rows already, or is cut into parts.
            Err(mysql::Error::MySqlError(_)) => self.by_value(reader),
            Err(error) => Err(error).doing(|| "give the table a key".into()),
        }
    }

    /// Rows with a value that is long enough to hold an address: key, then text columns.
    fn select(&self) -> String {
        let key = self.key.iter().map(|name| quoted(name));
        let columns = &self.table.columns;
        let read = key.chain(columns.iter().map(Column::fetch)).collect::<Vec<_>>().join(", ");
        let shortest = self.work.rewriter.shortest();
        let long = columns.iter().map(|it| format!("LENGTH({}) >= {shortest}", quoted(&it.name)));
        let long = long.collect::<Vec<_>>().join(" OR ");
        // Where writing waits until nobody reads, the server keeps what we read.
        let kept = if self.table.is_transactional { "" } else { "SQL_BUFFER_RESULT" };
        let range = match (self.job.range, self.key.first()) {
            (Some((from, to)), Some(first)) => {
                format!(" AND {} BETWEEN {from} AND {to}", quoted(first))
            }
            _ => String::new(),
        };
        format!("SELECT {kept} {read} FROM {} WHERE ({long}){range}", quoted(&self.table.name))
    }

    fn by_key(&mut self, reader: &mut Conn) -> Result<()> {
        let key = self.key.len();
        let select = self.select();
        let rows = reader.query_iter(select).doing(|| "read the rows".into())?;
        let (mut gathered, mut bytes) = (Vec::new(), 0);
        for row in rows {
            self.work.check()?;
            let mut row = row.doing(|| "read the rows".into())?.unwrap();
            self.outcome.seen += 1;
            if !self.rewrite_row(&mut row[key..]) {
                continue;
            }
            if self.work.dry_run {
                self.outcome.rows += 1;
                continue;
            }
            bytes += row
                .iter()
                .map(|value| if let Value::Bytes(b) = value { b.len() } else { 0 })
                .sum::<usize>();
            gathered.push(row);
            if gathered.len() == JOINED || bytes > JOINED_BYTES {
                self.bring(&gathered)?;
                gathered.clear();
                bytes = 0;
            }
        }
        if gathered.is_empty() { Ok(()) } else { self.bring(&gathered) }
    }

    /// Replaces each value with its new one, or with nothing where it stays. Whether any is new.
    fn rewrite_row(&mut self, values: &mut [Value]) -> bool {
        let mut any = false;
        for (value, column) in values.iter_mut().zip(&self.table.columns) {
            let Value::Bytes(old) = value else { continue };
            let mut met = Met::default();
            let new = match self.work.rewriter.rewrite(old, &mut met) {
                Cow::Owned(new) if column.takes(&new) => Value::Bytes(new),
                Cow::Owned(_) => {
                    self.outcome.too_long += 1;
                    met.replacements = 0;
                    Value::NULL
                }
                Cow::Borrowed(_) => Value::NULL,
            };
            any |= new != Value::NULL;
            self.outcome.met += met;
            *value = new;
        }
        any
    }

    /// Brings changed rows into the table.
    fn bring(&mut self, gathered: &[Vec<Value>]) -> Result<()> {
        let gathered: Vec<&[Value]> = gathered.iter().map(Vec::as_slice).collect();
        let left = self.write_over(&gathered)?;
        if left.is_empty() {
            return Ok(());
        }
        self.make_gathering_table().doing(|| "make a temporary table".into())?;
        self.join(&left)
    }

    /// A temporary table like the key, with a column for each new value.
    fn make_gathering_table(&mut self) -> mysql::Result<()> {
        let keys = self.key.iter().enumerate();
        let keys: Vec<String> = keys.map(|(n, name)| format!("{} AS k{n}", quoted(name))).collect();
        let news: Vec<String> =
            (0..self.table.columns.len()).map(|n| format!("n{n} LONGBLOB NULL")).collect();
        self.writer.query_drop("DROP TEMPORARY TABLE IF EXISTS portico_gathered")?;
        self.writer.query_drop(format!(
            "CREATE TEMPORARY TABLE portico_gathered ({}) ENGINE=MyISAM AS SELECT {} FROM {} LIMIT 0",
            news.join(", "),
            keys.join(", "),
            quoted(&self.table.name)
        ))
    }

    /// Joins gathered rows with the table; one by one when a rule of the table forbids one of them.
    fn join(&mut self, gathered: Gathered<'_>) -> Result<()> {
        let doing = || "write the changed rows".to_owned();
        self.gather(gathered).doing(doing)?;
        let update = self.update();
        let mut joined = self.writer.query_drop(&update);
        // The server chose this statement to give way to another connection; nothing of it was done.
        for _ in 0..20 {
            if !is_refused(&joined, &[DEADLOCK]) {
                break;
            }
            joined = self.writer.query_drop(&update);
        }
        if joined.is_ok() {
            self.outcome.rows += self.writer.affected_rows();
        } else if gathered.len() > 1 && is_refused(&joined, &FORBIDDEN) {
            for row in gathered {
                self.work.check()?;
                self.join(std::slice::from_ref(row))?;
            }
            joined = Ok(());
        } else if is_refused(&joined, &FORBIDDEN) {
            self.outcome.colliding += 1;
            joined = Ok(());
        }
        joined.doing(doing)
    }

    fn gather(&mut self, gathered: Gathered<'_>) -> mysql::Result<()> {
        let columns = self.table.columns.len();
        let width = self.key.len() + columns;
        let news = (0..columns).map(|n| format!("n{n}"));
        let names = (0..self.key.len()).map(|n| format!("k{n}")).chain(news);
        let names = names.collect::<Vec<_>>().join(", ");
        let one = format!("({})", vec!["?"; width].join(","));
        let insert = |rows: usize| {
            let rows = vec![one.as_str(); rows].join(",");
            format!("INSERT INTO portico_gathered ({names}) VALUES {rows}")
        };
        self.writer.query_drop("DELETE FROM portico_gathered")?;
        // As many at once as the protocol's number of places allows.
        let batch = INSERTED.min(65_535 / width).max(1);
        let (whole, rest) = gathered.split_at(gathered.len() / batch * batch);
        for rows in whole.chunks(batch).chain(rest.chunks(1)) {
            let values: Vec<Value> = rows.iter().copied().flatten().cloned().collect();
            self.writer.exec_drop(insert(rows.len()), values)?;
        }
        Ok(())
    }

    fn update(&self) -> String {
        let on = self.key.iter().enumerate();
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
    pub(super) fn keep(&self, prefix: &str) -> Vec<String> {
        let keep = |name: &String| format!("{prefix}{0} = {prefix}{0}", quoted(name));
        self.table.touched.iter().map(keep).collect()
    }

    /// Without a key, by value: equal values have equal new ones, so nothing else need tell rows apart.
    fn by_value(&mut self, reader: &mut Conn) -> Result<()> {
        let table = quoted(&self.table.name);
        for column in &self.table.columns {
            let read = column.read();
            let shortest = self.work.rewriter.shortest();
            let select = format!(
                "SELECT DISTINCT SQL_BUFFER_RESULT {read} FROM {table} WHERE LENGTH({read}) >= {shortest}"
            );
            let values = reader.query_iter(select).doing(|| "read the values".into())?;
            for value in values {
                self.work.check()?;
                let old: Vec<u8> = mysql::from_row(value.doing(|| "read the values".into())?);
                let mut met = Met::default();
                let Cow::Owned(new) = self.work.rewriter.rewrite(&old, &mut met) else {
                    self.outcome.met += met;
                    continue;
                };
                if !column.takes(&new) {
                    self.outcome.too_long += 1;
                    continue;
                }
                let set = [format!("{} = {}", quoted(&column.name), column.write("?"))];
                let set = set.into_iter().chain(self.keep("")).collect::<Vec<_>>().join(", ");
                let sql = format!("UPDATE IGNORE {table} SET {set} WHERE {read} = ?");
                self.writer
                    .exec_drop(sql, (new, old))
                    .doing(|| "write the changed values".into())?;
                let rows = self.writer.affected_rows();
                self.outcome.rows += rows;
                met.replacements *= rows;
                self.outcome.met += met;
            }
        }
        Ok(())
    }
}

fn is_refused<T>(written: &mysql::Result<T>, codes: &[u16]) -> bool {
    matches!(written, Err(mysql::Error::MySqlError(error)) if codes.contains(&error.code))
}
