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
    let mut options: Option<(usize, usize)> = None;
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
                let table = filter::table_of(piece.text).unwrap_or_default();
                options = (is_wanted && table.ends_with("options")).then(|| columns(piece.text));
            }
            Kind::Row => {
                let Some((name, value)) = options else { continue };
                let values = rows::texts(piece.text);
                let text = |at: usize| values.get(at).and_then(Option::as_deref);
                let (Some(option), Some(value)) = (text(name), text(value)) else { continue };
                match option {
                    b"siteurl" => found.0 = true,
                    b"home" => found.1 = true,
                    _ => continue,
                }
                let address = String::from_utf8_lossy(value).trim_end_matches('/').to_owned();
                if address.contains("://") && !peeked.addresses.contains(&address) {
                    peeked.addresses.push(address);
                }
                if found == (true, true) {
                    return Ok(peeked);
                }
            }
            Kind::End => options = None,
        }
    }
}

fn is_create_table(statement: &[u8]) -> bool {
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
