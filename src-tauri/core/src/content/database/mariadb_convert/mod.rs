//! Converts addresses on a MariaDB server: several connections, each with ranges of primary keys of its own.
//!
//! Every value that is long enough to hold an address travels here and is looked at once, by the finder that also
//! rewrites: a test in SQL would have to be asked for every address and every trace of it in base64. Changed rows
//! go back in bulk: over the old ones, or through a temporary table that is joined.
mod over;
mod rows;
mod table;
mod triggers;
mod work;

use super::{Conversion, Converted, building::Building, mariadb, tell_forbidden};
use crate::{
    content::urls::{Met, Rewriter},
    error::Result,
    model::{Database, count},
    progress::Meter,
};
use work::{Outcome, Work};

pub(super) fn convert(
    database: &Database,
    rewriter: &Rewriter,
    how: &Conversion,
    meter: Meter<'_>,
    met: &mut Met,
) -> Result<Vec<Converted>> {
    let mut main = mariadb::connect(database)?;
    let tables = table::list(&mut main, how)?;
    if how.dry_run {
        let work = Work::plan(&mut main, database, rewriter, how, meter, &tables)?;
        return work.run().map(|outcomes| sum(outcomes, meter, met));
    }
    let building = Building::begin(database, tables.iter().map(|table| table.bytes).sum())?;
    let outcomes = triggers::without(&mut main, &tables, |main| {
        Work::plan(main, database, rewriter, how, meter, &tables)?.run()
    });
    let restored = building.end();
    let outcomes = outcomes?;
    restored.map(|()| sum(outcomes, meter, met))
}

/// Says what stayed, table by table, and answers what changed.
fn sum(outcomes: Vec<(String, Outcome)>, meter: Meter<'_>, met: &mut Met) -> Vec<Converted> {
    let mut converted = Vec::new();
    for (table, outcome) in outcomes {
        if outcome.too_long > 0 {
            let values = count(outcome.too_long, "value");
            meter.line(format!("left as before, too long for `{table}` otherwise: {values}"));
        }
        tell_forbidden(meter, &table, outcome.colliding);
        *met += outcome.met;
        if outcome.rows > 0 {
            let (rows, replacements) = (outcome.rows, outcome.met.replacements);
            converted.push(Converted { table, rows, replacements });
        }
    }
    converted
}
