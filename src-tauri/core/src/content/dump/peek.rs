//! Looks into a dump before it is loaded: whose it is, and at which addresses its site answered.
use std::collections::BTreeMap;

use super::{
    Spot,
    filter::{self, Filter, Verdict},
    rows,
    source::Dump,
    statements::{Kind, Statements},
};
use crate::{error::Result, progress::Meter};

/// What the first part of a dump tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peeked {
    /// WordPress's `siteurl` and `home`, each once; of a network those of its main site.
    pub addresses: Vec<String>,
    /// The prefix of the table that holds them.
    pub prefix: Option<String>,
    /// Tables that were met until the addresses were known; all where there are none.
    pub tables: Vec<String>,
}

/// Reads a dump until WordPress's addresses are known, or to its end. What is wrong with it is told by the load.
/// Of several sites in it the one is meant whose tables begin with `wanted`.
pub fn peek(
    dump: Dump,
    database: Option<&str>,
    wanted: Option<&str>,
    meter: Meter<'_>,
) -> Result<Peeked> {
    let mut tables = Vec::new();
    let mut filter = Filter::default();
    let mut statements = Statements::new(dump.input);
    let mut is_wanted = true;
    let mut options = Options::default();
    let mut pieces = 0_u32;
    // The load meets the same trouble, and tells it with its place.
    while let Ok(Some(piece)) = statements.next() {
        pieces += 1;
        if pieces.is_multiple_of(1000) {
            meter.check()?;
        }
        match piece.kind {
            Kind::Statement if piece.text.len() < 100_000 => match filter.judge(piece.text) {
                Verdict::Use(name) => is_wanted = database.is_none_or(|it| it == name),
                Verdict::Run(_) if is_wanted && is_create_table(piece.text) => {
                    tables.extend(filter::table_of(piece.text));
                }
                _ => {}
            },
            Kind::Statement => {}
            Kind::Head => {
                options.end();
                if is_wanted {
                    options.begin(piece.text);
                }
            }
            Kind::Row => {
                options.row(piece.text);
                if options.are_known(wanted) {
                    break;
                }
            }
            Kind::End => options.end(),
        }
    }
    let (prefix, addresses) = options.main(wanted).unzip();
    Ok(Peeked { addresses: addresses.unwrap_or_default(), prefix, tables })
}

/// Finds the addresses among the rows of WordPress's options.
///
/// Each site of a network has a table of them. The one without a number is the main site's, wherever it stands.
#[derive(Default)]
pub(super) struct Options {
    /// Where name and value stand, while rows of such a table are read.
    columns: Option<(usize, usize)>,
    /// That table, without `options` at its end.
    prefix: String,
    /// `siteurl` and `home`, by the prefix of their table.
    found: BTreeMap<String, [Option<String>; 2]>,
}

impl Options {
    /// The head of an `INSERT` was met.
    pub(super) fn begin(&mut self, head: &[u8]) {
        let table = filter::table_of(head).unwrap_or_default();
        self.columns = table.strip_suffix("options").map(|_| columns(head));
        self.prefix = table.strip_suffix("options").unwrap_or_default().to_owned();
    }

    /// Its rows have ended.
    pub(super) fn end(&mut self) {
        self.columns = None;
    }

    /// Keeps the address that a row holds, if it holds one.
    pub(super) fn row(&mut self, row: &[u8]) {
        if let Some((is_home, address)) = self.address(row) {
            let found = self.found.entry(self.prefix.clone()).or_default();
            found[usize::from(is_home)].get_or_insert(address);
        }
    }

    /// The address that a row holds, without a slash at its end, and whether it is `home` rather than `siteurl`.
    fn address(&self, row: &[u8]) -> Option<(bool, String)> {
        let (name, value) = self.columns?;
        let values = rows::texts(row);
        let text = |at: usize| values.get(at).and_then(Option::as_deref);
        let is_home = match text(name)? {
            b"siteurl" => false,
            b"home" => true,
            _ => return None,
        };
        let address = String::from_utf8_lossy(text(value)?).trim_end_matches('/').to_owned();
        address.contains("://").then_some((is_home, address))
    }

    /// Whether nothing that follows could tell more.
    fn are_known(&self, wanted: Option<&str>) -> bool {
        let is_meant = |prefix: &str| wanted.map_or(!is_numbered(prefix), |it| it == prefix);
        let is_whole = |(prefix, found): (&String, &[Option<String>; 2])| {
            found.iter().all(Option::is_some) && is_meant(prefix)
        };
        self.found.iter().any(is_whole)
    }

    /// The prefix of the main site's tables, and its addresses, each once.
    pub(super) fn main(self, wanted: Option<&str>) -> Option<(String, Vec<String>)> {
        let rank = |prefix: &str| (Some(prefix) != wanted, is_numbered(prefix), prefix.len());
        let main = self.found.into_iter().min_by_key(|(prefix, _)| rank(prefix));
        main.map(|(prefix, found)| {
            let mut addresses: Vec<String> = found.into_iter().flatten().collect();
            addresses.dedup();
            (prefix, addresses)
        })
    }
}

/// `wp_2_`: the tables of a network's second site.
pub(super) fn is_numbered(prefix: &str) -> bool {
    let number = prefix.strip_suffix('_').map(|it| it.rsplit('_').next().unwrap_or(it));
    number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn is_create_table(statement: &[u8]) -> bool {
    let head = statement[..statement.len().min(60)].to_ascii_uppercase();
    head.starts_with(b"CREATE TABLE")
}

/// Where name and value of an option stand: as the head says, or as WordPress defines them.
fn columns(head: &[u8]) -> (usize, usize) {
    let head = String::from_utf8_lossy(head).replace(['`', '"', ' '], "");
    let list = head.split_once('(').map(|(_, list)| list.split(')').next().unwrap_or_default());
    let names: Vec<&str> = list.unwrap_or_default().split(',').collect();
    let at = |name: &str| names.iter().position(|it| *it == name);
    at("option_name").zip(at("option_value")).unwrap_or((1, 2))
}

/// The spot that messages about a dump begin with.
pub(super) fn beginning(dump: &Dump) -> Spot {
    Spot { name: dump.name.clone(), line: 1, table: None }
}
