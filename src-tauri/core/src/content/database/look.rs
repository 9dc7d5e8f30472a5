//! Whether a database's files are whole, as far as a look at their sizes and first bytes tells. Nothing is opened as a
//! database, so that it costs next to nothing and can be done while a server runs.
use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::{layout, model::DatabaseEngine};

/// InnoDB's page: the servers that Portico starts use its default.
const PAGE: u64 = 16_384;
/// Where page 0 of InnoDB's system tablespace says how many pages it has (`FIL_PAGE_DATA` and `FSP_SIZE`).
const PAGES_AT: usize = 46;
/// The smallest redo log that a server makes.
const SHORTEST_LOG: u64 = 1_048_576;
/// Aria's control file (MariaDB, `storage/aria/ma_control_file.h`).
const ARIA_CONTROL: u64 = 52;
/// What every SQLite file begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What is broken of the database in `folder`: lower case, no full stop. `filled`: it was seen with tables in it.
pub fn broken(folder: &Path, engine: DatabaseEngine, filled: bool) -> Option<String> {
    if !folder.is_dir() {
        return Some("the folder of its database is missing".into());
    }
    let found = match engine {
        DatabaseEngine::MariaDb => server(folder),
        DatabaseEngine::Sqlite => sqlite(folder, filled),
    };
    found.unwrap_or_else(|error| Some(format!("its database can't be read ({error})")))
}

fn server(folder: &Path) -> io::Result<Option<String>> {
    let short = |name: &str| Some(format!("the file `{name}` of its database is cut short"));
    let missing = |name: &str| Some(format!("the file `{name}` of its database is missing"));
    let Some(size) = size(&folder.join("ibdata1"))? else { return Ok(missing("ibdata1")) };
    let mut head = [0; PAGES_AT + 4];
    if size < PAGE || size % PAGE != 0 {
        return Ok(short("ibdata1"));
    }
    File::open(folder.join("ibdata1"))?.read_exact(&mut head)?;
    let pages = u32::from_be_bytes([head[46], head[47], head[48], head[49]]);
    if pages == 0 || u64::from(pages) * PAGE > size {
        return Ok(short("ibdata1"));
    }
    // MySQL 8.0.30 and later keep it in files of a folder.
    if !folder.join("#innodb_redo").is_dir() {
        match self::size(&folder.join("ib_logfile0"))? {
            None => return Ok(missing("ib_logfile0")),
            Some(size) if size < SHORTEST_LOG => return Ok(short("ib_logfile0")),
            Some(_) => {}
        }
    }
    if folder.join("aria_log.00000001").exists() {
        match self::size(&folder.join("aria_log_control"))? {
            None => return Ok(missing("aria_log_control")),
            Some(size) if size < ARIA_CONTROL => return Ok(short("aria_log_control")),
            Some(_) => {}
        }
    }
    let tables = folder.join("mysql").is_dir();
    Ok((!tables).then(|| "the folder `mysql` of its database is missing".into()))
}

fn sqlite(folder: &Path, filled: bool) -> io::Result<Option<String>> {
    let file = layout::sqlite_file(folder);
    let Some(size) = size(&file)? else {
        return Ok(filled.then(|| "the file of its database is missing".into()));
    };
    let beside = |end: &str| {
        let mut path = file.as_os_str().to_owned();
        path.push(end);
        fs::metadata(path).is_ok_and(|known| known.len() > 0)
    };
    // Somebody writes, or was killed while writing: SQLite itself puts that right.
    let unsettled = beside("-wal") || beside("-journal");
    if size == 0 {
        return Ok((filled && !unsettled).then(|| "the file of its database is empty".into()));
    }
    let mut head = [0; 100];
    if size < 100 {
        return Ok(Some("the file of its database is cut short".into()));
    }
    File::open(&file)?.read_exact(&mut head)?;
    if !head.starts_with(SQLITE) {
        return Ok(Some("the file of its database is no SQLite file any more".into()));
    }
    // SQLite's file format, 1.3: the page size at 16, the number of pages at 28, which counts if 24 and 92 agree.
    let page = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u64::from(u32::from_be_bytes([head[28], head[29], head[30], head[31]]));
    let counts = head[24..28] == head[92..96];
    let short = counts && !unsettled && size < page * pages;
    Ok(short.then(|| "the file of its database is cut short".into()))
}

fn size(file: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(file) {
        Ok(known) => Ok(Some(known.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_file_is_whole_until_a_byte_of_it_is_cut_off() {
        let dir = tempfile::tempdir().expect("temp dir");
        let file = layout::sqlite_file(dir.path());
        let look = |filled| broken(dir.path(), DatabaseEngine::Sqlite, filled);
        assert_eq!(look(false), None, "nobody has made it yet");
        assert!(look(true).expect("broken").contains("missing"));
        let connection = rusqlite::Connection::open(&file).expect("opens");
        let rows = "CREATE TABLE a (b); INSERT INTO a VALUES (randomblob(90000))";
        connection.execute_batch(rows).expect("writes");
        drop(connection);
        assert_eq!(look(true), None);
        let whole = fs::read(&file).expect("reads");
        fs::write(&file, &whole[..whole.len() - 1]).expect("writes");
        assert!(look(true).expect("broken").contains("cut short"));
        fs::write(&file, vec![0; whole.len()]).expect("writes");
        assert!(look(true).expect("broken").contains("no SQLite file"));
        fs::write(&file, "").expect("writes");
        assert!(look(true).expect("broken").contains("empty"));
        assert_eq!(look(false), None, "an empty file is an empty database");
    }
}
