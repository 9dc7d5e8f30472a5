//! Checks that more than one system has.
use super::{Subject, number, texts};
use crate::{
    cms::Ask,
    error::Result,
    model::{Finding, Score, count, human_bytes},
};

/// Database updates that wait.
pub(super) fn updates(subject: &Subject<'_>) -> Finding {
    let rows: Vec<Vec<String>> = subject
        .updates
        .iter()
        .map(|it| vec![it.module.clone(), it.update.clone(), it.description.clone()])
        .collect();
    let number = rows.len() as u64;
    let score = if number == 0 { Score::Ok } else { Score::Error };
    Finding::new("Database", "Updates", score, format!("{} waiting.", count(number, "update")))
        .action("Deploy with database updates, or clone with them: `--updatedb`.")
        .table(&["Module", "Update", "What it does"], rows)
}

/// Tables whose engine has no transactions.
pub(super) fn storage_engines(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Finding> {
    let name = "Storage Engines";
    if !subject.is_mariadb() {
        return Ok(Finding::new("Database", name, Score::Ok, "SQLite has one engine."));
    }
    let rows = texts(
        ask,
        "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = database() \
         AND table_type = 'BASE TABLE' AND engine <> 'InnoDB' ORDER BY table_name",
    )?;
    let score = if rows.is_empty() { Score::Ok } else { Score::Error };
    let says = match rows.len() as u64 {
        0 => "Every table is of the engine InnoDB.".to_owned(),
        number => format!("{} not of the engine InnoDB.", count(number, "table")),
    };
    Ok(Finding::new("Database", name, score, says)
        .action("Convert them: `ALTER TABLE … ENGINE=InnoDB`.")
        .table(&["Table", "Engine"], rows))
}

/// Tables whose text is not UTF-8.
pub(super) fn collations(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Finding> {
    if !subject.is_mariadb() {
        return Ok(Finding::new("Database", "Collations", Score::Ok, "SQLite keeps UTF-8."));
    }
    let rows = texts(
        ask,
        "SELECT table_name, table_collation FROM information_schema.tables \
         WHERE table_schema = database() AND table_type = 'BASE TABLE' \
         AND table_collation NOT LIKE 'utf8%' ORDER BY table_name",
    )?;
    let score = if rows.is_empty() { Score::Ok } else { Score::Info };
    let says = format!("{} with text that is not UTF-8.", count(rows.len() as u64, "table"));
    Ok(Finding::new("Database", "Collations", score, says)
        .action("Convert them to utf8mb4.")
        .table(&["Table", "Collation"], rows))
}

/// The large tables.
pub(super) fn many_rows(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Finding> {
    let mut large = Vec::new();
    for table in subject.tables {
        let name = table.replace('`', "``");
        // Counted no further than needed to know: a large table is read for long.
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM `{name}` LIMIT 1000) AS first");
        if number(ask, &sql)? >= 1000 {
            large.push(vec![table.clone()]);
        }
    }
    let says = format!("{} with at least 1000 rows.", count(large.len() as u64, "table"));
    let score = if large.is_empty() { Score::Ok } else { Score::Info };
    Ok(Finding::new("Database", "Tables with at least 1000 rows", score, says)
        .table(&["Table"], large))
}

/// How large all of it is.
pub(super) fn total_size(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Finding> {
    let sql = if subject.is_mariadb() {
        "SELECT CAST(SUM(data_length + index_length) AS UNSIGNED) FROM information_schema.tables \
         WHERE table_schema = database()"
    } else {
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    };
    let bytes = number(ask, sql)?;
    Ok(Finding::new("Database", "Total size", Score::Info, human_bytes(bytes)))
}

/// Tables that hold much room they do not use; MariaDB alone tells.
pub(super) fn fragmentation(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Option<Finding>> {
    if !subject.is_mariadb() {
        return Ok(None);
    }
    // InnoDB sets some megabytes aside for a table that grows; only more than that is waste.
    let rows = texts(
        ask,
        "SELECT table_name, CAST(ROUND(100 * data_free / (data_length + index_length)) AS UNSIGNED) \
         FROM information_schema.tables WHERE table_schema = database() \
         AND table_type = 'BASE TABLE' AND data_free > 8388608 \
         AND data_free * 20 > data_length + index_length ORDER BY data_free DESC",
    )?;
    let score = if rows.is_empty() { Score::Ok } else { Score::Info };
    let says = format!("{} with unused room.", count(rows.len() as u64, "table"));
    Ok(Some(
        Finding::new("Database", "Fragmentation", score, says)
            .action("`OPTIMIZE TABLE …` gives the room back.")
            .table(&["Table", "Per cent"], rows),
    ))
}
