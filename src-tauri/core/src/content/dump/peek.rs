//! Looks into a dump before it is loaded: whose it is, and at which addresses its site answered.
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
    /// WordPress's `siteurl` and `home`, each once.
    pub addresses: Vec<String>,
    /// Tables that were met until the addresses were known; all where there are none.
    pub tables: Vec<String>,
}

/// Reads a dump until WordPress's addresses are known, or to its end. What is wrong with it is told by the load.
pub fn peek(dump: Dump, database: Option<&str>, meter: Meter<'_>) -> Result<Peeked> {
    let mut peeked = Peeked::default();
    let mut filter = Filter::default();
    let mut statements = Statements::new(dump.input);
    let mut is_wanted = true;
    let mut options = Options::default();
    let mut found = (false, false);
    let mut pieces = 0_u32;
    loop {
        pieces += 1;
        if pieces.is_multiple_of(1000) {
            meter.check()?;
        }
        let piece = match statements.next() {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(peeked),
            // The load meets the same trouble and tells it with its place.
            Err(_) => return Ok(peeked),
        };
        match piece.kind {
            Kind::Statement if piece.text.len() < 100_000 => match filter.judge(piece.text) {
                Verdict::Use(name) => is_wanted = database.is_none_or(|it| it == name),
                Verdict::Run(_) if is_wanted && is_create_table(piece.text) => {
                    peeked.tables.extend(filter::table_of(piece.text));
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
                let Some((is_home, address)) = options.address(piece.text) else { continue };
                if is_home {
                    found.1 = true;
                } else {
                    found.0 = true;
                }
                if !peeked.addresses.contains(&address) {
                    peeked.addresses.push(address);
                }
                if found == (true, true) {
                    return Ok(peeked);
                }
            }
            Kind::End => options.end(),
        }
    }
}

/// Finds the addresses among the rows of WordPress's options.
#[derive(Default)]
pub(super) struct Options {
    /// Where name and value stand, while rows of that table are read.
    columns: Option<(usize, usize)>,
}

impl Options {
    /// The head of an `INSERT` was met.
    pub(super) fn begin(&mut self, head: &[u8]) {
        let table = filter::table_of(head).unwrap_or_default();
        self.columns = table.ends_with("options").then(|| columns(head));
    }

    /// Its rows have ended.
    pub(super) fn end(&mut self) {
        self.columns = None;
    }

    /// The address that a row holds, without a slash at its end, and whether it is `home` rather than `siteurl`.
    pub(super) fn address(&self, row: &[u8]) -> Option<(bool, String)> {
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
