//! Triggers, which stand in a conversion's way.
use mysql::{Conn, Row, prelude::Queryable};

use super::{super::mariadb::quoted, table::Table};
use crate::error::{Doing, Error, Result};

/// A trigger as it was, with the settings it was made under.
struct Trigger {
    name: String,
    sql_mode: String,
    create: String,
}

/// Triggers can't be switched off, so those of updates, and of the inserts that become updates, are taken away for the time of `body`.
pub(super) fn without<T>(
    connection: &mut Conn,
    tables: &[Table],
    body: impl FnOnce(&mut Conn) -> Result<T>,
) -> Result<T> {
    let triggers = take(connection, tables)?;
    let done = body(connection);
    // After a failure too: a conversion in place may be all that was wrong with the database.
    let restored = restore(connection, &triggers);
    let done = done?;
    restored.map(|()| done)
}

fn take(connection: &mut Conn, tables: &[Table]) -> Result<Vec<Trigger>> {
    let doing = || "read the triggers".to_owned();
    let mut names: Vec<(String, String)> = connection
        .query(
            "SELECT trigger_name, event_object_table FROM information_schema.triggers
             WHERE event_object_schema = database() AND event_manipulation IN ('UPDATE', 'INSERT')
             ORDER BY event_object_table, action_order",
        )
        .doing(doing)?;
    names.retain(|(_, on)| tables.iter().any(|table| table.name == *on));
    let mut triggers = Vec::new();
    for (name, _) in names {
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

fn restore(connection: &mut Conn, triggers: &[Trigger]) -> Result<()> {
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
