//! Writes a database as a dump or as a SQLite file, and files as an archive.
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use mysql::{Conn, OptsBuilder, Row, Value, consts::ColumnType, prelude::Queryable};

use super::rows::{escape, hex};
use crate::{
    error::{Doing, Error, Result},
    model::Database,
    progress::{Meter, Unit},
};

/// A statement of rows is about this long, so that any server takes it.
const STATEMENT: usize = 512 << 10;
/// The number that MySQL has for the character set "binary".
const BINARY: u16 = 63;

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// SQL as it is.
    Sql,
    /// SQL, gzip.
    SqlGz,
    /// SQL, Zstandard.
    SqlZst,
    /// A SQLite file.
    Sqlite,
    /// An archive of files: tar, gzip.
    TarGz,
    /// An archive of files: zip.
    Zip,
}

impl Form {
    /// By the end of a file's name.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let ends = [
            (".sql.gz", Self::SqlGz),
            (".sql.zst", Self::SqlZst),
            (".zst", Self::SqlZst),
            (".sql", Self::Sql),
            (".sqlite", Self::Sqlite),
            (".db", Self::Sqlite),
            (".tar.gz", Self::TarGz),
            (".tgz", Self::TarGz),
            (".zip", Self::Zip),
        ];
        ends.into_iter().find_map(|(end, form)| name.ends_with(end).then_some(form))
    }
}

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Tables.
    pub tables: u64,
    /// Rows, or files.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Writes the database to the new file `to`, as it is at one moment while the site runs on.
pub fn export_database(
    database: &Database,
    form: Form,
    to: &Path,
    meter: Meter<'_>,
) -> Result<Exported> {
    let doing = || format!("write `{}`", to.display());
    let mut exported = match (database, form) {
        (Database::Sqlite { file }, Form::Sqlite) => export_sqlite(file, to)?,
        (Database::Sqlite { .. }, _) => {
            return Err(Error::refused("a SQLite database is exported as .sqlite")
                .hint("Name a file that ends in .sqlite."));
        }
        (Database::MariaDb { .. }, Form::Sql | Form::SqlGz | Form::SqlZst) => {
            return write_as(form, to, |out| write_sql(database, out, meter));
        }
        (Database::MariaDb { .. }, _) => {
            return Err(Error::refused("this database is exported as .sql, .sql.gz or .sql.zst")
                .hint("Name a file that ends in one of these."));
        }
    };
    exported.bytes = fs::metadata(to).doing(doing)?.len();
    Ok(exported)
}

/// Lets `body` write SQL to the new file `to`, packed as `form` says.
pub(super) fn write_as(
    form: Form,
    to: &Path,
    body: impl FnOnce(&mut dyn Write) -> Result<Exported>,
) -> Result<Exported> {
    let doing = || format!("write `{}`", to.display());
    let mut exported = match form {
        Form::SqlGz => {
            let level = flate2::Compression::new(6);
            let mut out = BufWriter::new(flate2::write::GzEncoder::new(create(to)?, level));
            let exported = body(&mut out)?;
            out.into_inner().doing(doing)?.finish().doing(doing)?;
            exported
        }
        Form::SqlZst => {
            let mut out = zstd::Encoder::new(create(to)?, 3).doing(doing)?;
            let exported = body(&mut out)?;
            out.finish().doing(doing)?;
            exported
        }
        _ => {
            let mut out = BufWriter::new(create(to)?);
            let exported = body(&mut out)?;
            out.flush().doing(doing)?;
            exported
        }
    };
    exported.bytes = fs::metadata(to).doing(doing)?.len();
    Ok(exported)
}

pub(super) fn create(to: &Path) -> Result<File> {
    File::create(to).doing(|| format!("write `{}`", to.display()))
}

fn export_sqlite(file: &Path, to: &Path) -> Result<Exported> {
    let doing = || format!("write `{}`", to.display());
    let connection = rusqlite::Connection::open(file).doing(doing)?;
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]).doing(doing)?;
    let sql =
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: i64 = connection.query_row(sql, [], |row| row.get(0)).doing(doing)?;
    Ok(Exported { tables: u64::try_from(tables).unwrap_or(0), ..Exported::default() })
}

fn connect(database: &Database) -> Result<Conn> {
    let Database::MariaDb { socket, name, administrator, .. } = database else {
        return Err(Error::usage("a SQLite file is no server"));
    };
    let options = OptsBuilder::new()
        .socket(Some(socket.display().to_string()))
        .user(Some("root"))
        .pass(Some(administrator))
        .db_name(Some(name))
        .init(vec![
            "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = '', sql_quote_show_create = 1"
                .to_owned(),
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ".to_owned(),
            "START TRANSACTION WITH CONSISTENT SNAPSHOT".to_owned(),
        ]);
    Conn::new(options).doing(|| "connect to the database".into())
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Writes the database of a MariaDB server as SQL, as it is at one moment.
pub fn write_sql(database: &Database, out: &mut dyn Write, meter: Meter<'_>) -> Result<Exported> {
    let mut connection = connect(database)?;
    let doing = || "export the database".to_owned();
    let listed: Vec<(String, String)> = connection.query("SHOW FULL TABLES").doing(doing)?;
    let (views, tables): (Vec<_>, Vec<_>) =
        listed.into_iter().partition(|(_, kind)| kind.contains("VIEW"));
    let mut exported = Exported::default();
    writeln!(
        out,
        "{}\n/*!40101 SET NAMES utf8mb4 */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n\
         /*!40014 SET UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=0 */;\n\
         /*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;",
        super::EXPORT_HEAD
    )
    .doing(doing)?;
    for (table, _) in tables.iter().filter(|(_, kind)| kind != "SEQUENCE") {
        meter.check()?;
        write_table(&mut connection, table, out, &mut exported, meter)?;
    }
    let sequences = tables.iter().filter(|(_, kind)| kind == "SEQUENCE");
    for (sequence, _) in sequences {
        let created = show(&mut connection, "TABLE", sequence, 1)?;
        writeln!(out, "{created};").doing(doing)?;
    }
    write_views(&mut connection, &views, out)?;
    write_programs(&mut connection, out)?;
    writeln!(out, "-- Dump completed").doing(doing)?;
    Ok(exported)
}

/// The text in column `column` of `SHOW CREATE …`, without its definer.
fn show(connection: &mut Conn, kind: &str, name: &str, column: usize) -> Result<String> {
    let sql = format!("SHOW CREATE {kind} {}", quoted(name));
    let doing = || format!("read the definition of `{name}`");
    let row: Option<Row> = connection.query_first(sql).doing(doing)?;
    let text: Option<String> = row.and_then(|row| row.get(column));
    let text = text.ok_or_else(|| Error::failed(doing()))?;
    Ok(match super::filter::Filter::default().judge(text.as_bytes()) {
        super::filter::Verdict::Run(sql) => String::from_utf8(sql).doing(doing)?,
        _ => text,
    })
}

fn write_table(
    connection: &mut Conn,
    table: &str,
    out: &mut dyn Write,
    exported: &mut Exported,
    meter: Meter<'_>,
) -> Result<()> {
    let doing = || format!("export the table `{table}`");
    let created = show(connection, "TABLE", table, 1)?;
    let name = quoted(table);
    writeln!(out, "\nDROP TABLE IF EXISTS {name};\n{created};").doing(doing)?;
    // Generated columns are computed again; a FLOAT's own text has too few digits.
    let columns: Vec<(String, String)> = connection
        .exec(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = database() \
             AND table_name = ? AND extra NOT LIKE '%GENERATED%' AND extra NOT LIKE '%VIRTUAL%' \
             AND extra NOT LIKE '%PERSISTENT%' ORDER BY ordinal_position",
            (table,),
        )
        .doing(doing)?;
    let names: Vec<String> = columns.iter().map(|(column, _)| quoted(column)).collect();
    let selected: Vec<String> = columns
        .iter()
        .map(|(column, kind)| match kind.as_str() {
            "float" => format!("({}+0e0)", quoted(column)),
            _ => quoted(column),
        })
        .collect();
    let head = format!("INSERT INTO {name} ({}) VALUES", names.join(","));
    let sql = format!("SELECT {} FROM {name}", selected.join(","));
    let rows = connection.query_iter(sql).doing(doing)?;
    let mut inserts = Inserts::new(head);
    for row in rows {
        meter.check()?;
        let row = row.doing(doing)?;
        inserts.row(out, exported, meter, |text| write_row(&row, text)).doing(doing)?;
    }
    inserts.end(out).doing(doing)?;
    exported.tables += 1;
    write_triggers(connection, table, out)
}

/// Rows in statements of a size that every server takes.
pub(super) struct Inserts {
    /// `INSERT INTO … VALUES`
    head: String,
    text: Vec<u8>,
}

impl Inserts {
    pub(super) fn new(head: String) -> Self {
        Self { head, text: Vec::new() }
    }

    /// Takes a row, which `write` adds with its parentheses.
    pub(super) fn row(
        &mut self,
        out: &mut dyn Write,
        exported: &mut Exported,
        meter: Meter<'_>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        self.text.extend_from_slice(match self.text.is_empty() {
            true => self.head.as_bytes(),
            false => b",",
        });
        self.text.push(b'\n');
        write(&mut self.text);
        exported.rows += 1;
        if self.text.len() > STATEMENT {
            meter.progress(exported.rows, None, Unit::Rows);
            self.end(out)?;
        }
        Ok(())
    }

    /// Ends the statement, where there is one.
    pub(super) fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.text.is_empty() {
            out.write_all(&self.text)?;
            out.write_all(b";\n")?;
            self.text.clear();
        }
        Ok(())
    }
}

fn write_row(row: &Row, out: &mut Vec<u8>) {
    for (at, column) in row.columns_ref().iter().enumerate() {
        out.push(if at == 0 { b'(' } else { b',' });
        let Some(Value::Bytes(bytes)) = row.as_ref(at) else {
            out.extend_from_slice(b"NULL");
            continue;
        };
        let kind = column.column_type();
        let is_number = kind.is_numeric_type() && kind != ColumnType::MYSQL_TYPE_BIT;
        let is_date = matches!(
            kind,
            ColumnType::MYSQL_TYPE_DATE
                | ColumnType::MYSQL_TYPE_TIME
                | ColumnType::MYSQL_TYPE_DATETIME
                | ColumnType::MYSQL_TYPE_TIMESTAMP
                | ColumnType::MYSQL_TYPE_YEAR
        );
        if is_number && !bytes.is_empty() {
            out.extend_from_slice(bytes);
        } else if !is_date && (column.character_set() == BINARY || str::from_utf8(bytes).is_err()) {
            // X'' is the empty text; 0x alone would be no literal.
            out.extend_from_slice(format!("X'{}'", hex(bytes)).as_bytes());
        } else {
            escape(bytes, out);
        }
    }
    out.push(b')');
}

fn write_triggers(connection: &mut Conn, table: &str, out: &mut dyn Write) -> Result<()> {
    let doing = || format!("export the triggers of `{table}`");
    let triggers: Vec<String> = connection
        .exec(
            "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database() \
             AND event_object_table = ? ORDER BY action_timing, event_manipulation, action_order",
            (table,),
        )
        .doing(doing)?;
    for trigger in triggers {
        let created = show(connection, "TRIGGER", &trigger, 2)?;
        writeln!(out, "DELIMITER ;;\n{created} ;;\nDELIMITER ;").doing(doing)?;
    }
    Ok(())
}

/// Views may use one another: each is a table's stand-in first, then itself.
fn write_views(
    connection: &mut Conn,
    views: &[(String, String)],
    out: &mut dyn Write,
) -> Result<()> {
    for (view, _) in views {
        let doing = || format!("export the view `{view}`");
        let columns: Vec<String> = connection
            .exec(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = database() \
                 AND table_name = ? ORDER BY ordinal_position",
                (view,),
            )
            .doing(doing)?;
        let columns: Vec<String> =
            columns.iter().map(|column| format!("1 AS {}", quoted(column))).collect();
        let name = quoted(view);
        writeln!(out, "CREATE OR REPLACE VIEW {name} AS SELECT {};", columns.join(","))
            .doing(doing)?;
    }
    for (view, _) in views {
        let created = show(connection, "VIEW", view, 1)?;
        let created = created.replacen("CREATE", "CREATE OR REPLACE", 1);
        writeln!(out, "{created};").doing(|| format!("export the view `{view}`"))?;
    }
    Ok(())
}

/// Procedures, functions and events.
fn write_programs(connection: &mut Conn, out: &mut dyn Write) -> Result<()> {
    let doing = || "export procedures, functions and events".to_owned();
    let mut programs: Vec<(String, String)> = connection
        .query(
            "SELECT routine_name, routine_type FROM information_schema.routines \
             WHERE routine_schema = database() AND routine_type IN ('PROCEDURE', 'FUNCTION')",
        )
        .doing(doing)?;
    let events: Vec<String> = connection
        .query("SELECT event_name FROM information_schema.events WHERE event_schema = database()")
        .doing(doing)?;
    programs.extend(events.into_iter().map(|event| (event, "EVENT".to_owned())));
    for (name, kind) in programs {
        let column = if kind == "EVENT" { 3 } else { 2 };
        let created = show(connection, &kind, &name, column)?;
        writeln!(out, "DELIMITER ;;\n{created} ;;\nDELIMITER ;").doing(doing)?;
    }
    Ok(())
}
