//! How a MariaDB (or MySQL) server runs while it builds a generation that nobody uses yet.
use std::{
    path::Path,
    thread::{self, JoinHandle},
};

use mysql::{Conn, prelude::Queryable};

use super::mariadb;
use crate::{
    durable,
    error::{Doing, Result},
    model::Database,
};

/// Less than so many bytes are built as quickly with the usual settings.
const LITTLE: u64 = 24 << 20;
/// The most memory that pages, and the most disk that the log, get meanwhile. A log that is full has changed pages
/// written that will change again. (Measured for 605,000 rows of 1 GB, against half the pages and a quarter of the log:
/// a tenth of the server's processor time.)
const PAGES: u64 = 1 << 30;
const LOG: u64 = 1 << 30;
/// Settings, none of which we start a server with, that have it write its changed pages now, as fast as the disk takes
/// them: by its defaults it takes minutes. With each how it comes back to what servers begin with (the Knowledge Base's
/// page of InnoDB's variables).
const WRITE_NOW: [(&str, &str, &str); 3] = [
    ("innodb_io_capacity_max", "100000", "GREATEST(2000, 2 * @@GLOBAL.innodb_io_capacity)"),
    ("innodb_io_capacity", "100000", "DEFAULT"),
    ("innodb_max_dirty_pages_pct", "0", "DEFAULT"),
];
/// What a commit waits for: the one setting that must be as before when the generation is used.
const COMMIT: &str = "innodb_flush_log_at_trx_commit";

/// Settings of the server that were changed, as they were.
///
/// Until the switch, a lost generation is only work to do again: commits are not waited for, pages are kept in memory
/// and the log is long, so that a page that changes often is written once. (Measured for an update of 75,000 rows:
/// half the processor time, and a third of the writes.) Whether a server knows a setting, and lets it be changed
/// while it runs, depends on its version; those that only save time may be refused.
///
/// A server takes seconds to change the length of its log, and lets others work meanwhile: nobody waits for that, nor
/// for [`shrink`].
pub(in crate::content) struct Building<'a> {
    database: &'a Database,
    old: Settings,
    /// Makes room, and answers what was there before.
    growing: Option<JoinHandle<Settings>>,
}

/// The server's settings by name.
type Settings = Vec<(&'static str, String)>;

impl<'a> Building<'a> {
    /// Prepares the server for so many bytes of changes.
    pub(in crate::content) fn begin(database: &'a Database, bytes: u64) -> Result<Self> {
        let mut connection = mariadb::connect(database)?;
        let mut building = Self { database, old: Vec::new(), growing: None };
        change(&mut connection, COMMIT, "0", &mut building.old).doing(|| setting(COMMIT))?;
        // MariaDB asks without a pause whether a table that changes is due for new statistics (10.11; a whole core).
        drop(change(&mut connection, "innodb_stats_auto_recalc", "0", &mut building.old));
        // Connections from now on send so much at once: 16 KB by default, and each wakes whoever reads.
        drop(change(&mut connection, "net_buffer_length", "1048576", &mut building.old));
        if bytes > LITTLE {
            building.growing = Some(thread::spawn(move || grow(&mut connection, bytes)));
        }
        Ok(building)
    }

    /// Gives the server its usual settings back. What was built is on the disk then, in the tables or in the log.
    pub(in crate::content) fn end(self) -> Result<()> {
        let mut connection = mariadb::connect(self.database)?;
        for (name, value) in self.old {
            let set = set(&mut connection, name, &value);
            // The other is as usual when the server starts the next time.
            if name == COMMIT {
                set.doing(|| setting(name))?;
            }
        }
        connection.query_drop("FLUSH ENGINE LOGS").doing(|| "write the server's log".into())?;
        if let Some(growing) = self.growing {
            thread::spawn(move || shrink(&mut connection, growing.join().unwrap_or_default()));
        }
        Ok(())
    }
}

/// Makes room for so many bytes of changes, where the server lets it; answers what there was before.
fn grow(connection: &mut Conn, bytes: u64) -> Settings {
    let mut old = Vec::new();
    for (name, most) in [
        ("innodb_buffer_pool_size", PAGES),
        // MariaDB since 10.9, and MySQL since 8.0.30.
        ("innodb_log_file_size", LOG),
        ("innodb_redo_log_capacity", LOG),
    ] {
        let wanted = most.min(bytes.min(most).next_power_of_two() * 2);
        let before = value(connection, name).ok().flatten().and_then(|it| it.parse().ok());
        if before.is_some_and(|before: u64| before < wanted) {
            // It only saves time.
            drop(change(connection, name, &wanted.to_string(), &mut old));
        }
    }
    old
}

/// Takes the room away again: beside everything else, since it has all changed pages written. The pages come last: if
/// they were taken away before they are written, everybody would wait for that (2.3 s after a conversion of 1 GB).
///
/// A server that is stopped before begins with the usual settings.
fn shrink(connection: &mut Conn, grown: Settings) {
    if grown.is_empty() {
        return;
    }
    let writing = WRITE_NOW.into_iter().map(|(name, now, _)| (name, now.to_owned()));
    let usual = WRITE_NOW.into_iter().rev().map(|(name, _, usual)| (name, usual.to_owned()));
    for (name, value) in writing.chain(grown.into_iter().rev()).chain(usual) {
        drop(set(connection, name, &value));
    }
    // A log that was made anew has the old one's name by now, and the server leaves names to the system.
    if let Ok(Some(folder)) = value(connection, "datadir") {
        drop(durable::folder(Path::new(&folder)));
    }
}

fn change(
    connection: &mut Conn,
    name: &'static str,
    now: &str,
    old: &mut Settings,
) -> mysql::Result<()> {
    let before = value(connection, name)?;
    set(connection, name, now)?;
    old.extend(before.map(|before| (name, before)));
    Ok(())
}

fn value(connection: &mut Conn, name: &str) -> mysql::Result<Option<String>> {
    connection.query_first(format!("SELECT @@GLOBAL.{name}"))
}

fn set(connection: &mut Conn, name: &str, value: &str) -> mysql::Result<()> {
    connection.query_drop(format!("SET GLOBAL {name} = {value}"))
}

fn setting(name: &str) -> String {
    format!("set the server's {name}")
}

/// Ends what the server is doing on these connections: a statement over a large table would go on to its end.
pub(in crate::content) fn end_connections(database: &Database, ids: &[u32]) {
    let Ok(mut connection) = mariadb::connect(database) else { return };
    for id in ids {
        // It may have ended by itself.
        drop(connection.query_drop(format!("KILL {id}")));
    }
}
