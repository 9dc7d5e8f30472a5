//! What MySQL 8 and 9 write in definitions and MariaDB does not understand: put into MariaDB's words, or left out and told.
use std::collections::BTreeSet;

use super::filter::Token;

/// What of a statement becomes what: from, to, the new text.
pub(super) type Edit = (usize, usize, String);

/// Options of tables that MariaDB lacks; each has a value.
const OPTIONS: [&str; 6] = [
    "COMPRESSION",
    "ENCRYPTION",
    "SECONDARY_ENGINE",
    "AUTOEXTEND_SIZE",
    "ENGINE_ATTRIBUTE",
    "SECONDARY_ENGINE_ATTRIBUTE",
];

/// A definition of a table, by its tokens.
struct Table<'a> {
    statement: &'a [u8],
    tokens: &'a [Token<'a>],
    /// How deep in brackets each token stands.
    depths: Vec<u32>,
    /// Where the column or key begins that each token belongs to.
    items: Vec<usize>,
}

/// The edits that a `CREATE TABLE` needs.
pub(super) fn table(
    statement: &[u8],
    tokens: &[Token<'_>],
    edits: &mut Vec<Edit>,
    changed: &mut BTreeSet<String>,
) {
    let table = Table::new(statement, tokens);
    for (at, token) in tokens.iter().enumerate() {
        let next = |words: &[&str]| tokens.get(at + 1).is_some_and(|it| it.is(words));
        if token.is(&["NOT"]) && next(&["ENFORCED"]) {
            if let Some(edit) = table.unenforced(at) {
                changed.insert(
                    "checks that are not enforced were left out: MariaDB enforces each".into(),
                );
                edits.push(edit);
            }
        } else if token.is(&["NOT"])
            && next(&["NULL"])
            && at > 0
            && tokens[at - 1].is(&["STORED", "VIRTUAL", "PERSISTENT"])
        {
            changed
                .insert("NOT NULL of generated columns, which MariaDB lacks, was left out".into());
            edits.push((token.start, tokens[at + 1].end, String::new()));
        } else if token.is(&["INVISIBLE", "VISIBLE"]) && table.depths[at] == 1 {
            edits.extend(table.visibility(at, changed));
        } else if token.is(&["SRID"]) && table.depths[at] == 1 {
            changed
                .insert("the SRID of columns, which MariaDB does not enforce, was left out".into());
            if let Some(value) = tokens.get(at + 1) {
                edits.push(table.commented(at, value.end, ""));
            }
        } else if token.is(&OPTIONS) && next(&["="]) && table.depths[at] == 0 {
            let name = String::from_utf8_lossy(token.text).to_ascii_uppercase();
            changed.insert(format!("table option {name}, which MariaDB lacks, was left out"));
            if let Some(value) = tokens.get(at + 2) {
                edits.push((token.start, value.end, String::new()));
            }
        } else if table.is_part_of_expression_key(at) {
            let (edit, name) = table.item(at);
            changed.insert(format!(
                "left out: the index {name} on an expression, which MariaDB lacks"
            ));
            edits.push(edit);
        }
    }
}

impl<'a> Table<'a> {
    fn new(statement: &'a [u8], tokens: &'a [Token<'a>]) -> Self {
        let (mut depth, mut item) = (0_u32, 0);
        let (mut depths, mut items) = (Vec::new(), Vec::new());
        for (at, token) in tokens.iter().enumerate() {
            if token.text == b")" {
                depth = depth.saturating_sub(1);
            }
            depths.push(depth);
            items.push(item);
            match token.text {
                b"(" => {
                    depth += 1;
                    if depth == 1 {
                        item = at + 1;
                    }
                }
                b"," if depth == 1 => item = at + 1,
                _ => {}
            }
        }
        Self { statement, tokens, depths, items }
    }

    fn text(&self, at: usize) -> &[u8] {
        self.tokens.get(at).map(|it| it.text).unwrap_or_default()
    }

    fn is_key(&self, at: usize) -> bool {
        let item = self.items[at];
        self.tokens
            .get(item)
            .is_some_and(|it| it.is(&["KEY", "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL"]))
    }

    /// `/*!80016 NOT ENFORCED */`: from the comment's beginning to its end, where the tokens stand in one.
    fn commented(&self, first: usize, end: usize, new: &str) -> Edit {
        let from = first.checked_sub(1).map_or(0, |it| self.tokens[it].end);
        let between = &self.statement[from..self.tokens[first].start];
        let comment = memchr::memmem::rfind(between, b"/*!");
        let behind = &self.statement[end..];
        let close = behind.trim_ascii_start().starts_with(b"*/");
        match comment {
            Some(comment) if close => {
                let blanks = behind.len() - behind.trim_ascii_start().len();
                (from + comment, end + blanks + 2, new.to_owned())
            }
            _ => (self.tokens[first].start, end, new.to_owned()),
        }
    }

    /// The whole of `, CONSTRAINT c CHECK (…) NOT ENFORCED`.
    fn unenforced(&self, at: usize) -> Option<Edit> {
        let depth = *self.depths.get(at)?;
        let close = at.checked_sub(1).filter(|it| self.text(*it) == b")")?;
        let open =
            (0..close).rev().find(|it| self.text(*it) == b"(" && self.depths[*it] == depth)?;
        let mut first = open.checked_sub(1).filter(|it| self.tokens[*it].is(&["CHECK"]))?;
        for back in [1, 2] {
            let is_it =
                first.checked_sub(back).is_some_and(|it| self.tokens[it].is(&["CONSTRAINT"]));
            if is_it {
                first -= back;
                break;
            }
        }
        // A comma stands before a check of the table, none before one of a column.
        if first.checked_sub(1).is_some_and(|it| self.text(it) == b",") {
            first -= 1;
        }
        let (_, end, _) = self.commented(at, self.tokens[at + 1].end, "");
        Some((self.tokens[first].start, end, String::new()))
    }

    fn visibility(&self, at: usize, changed: &mut BTreeSet<String>) -> Option<Edit> {
        // A column may be called so.
        if self.items[at] == at {
            return None;
        }
        let new = match (self.tokens[at].is(&["VISIBLE"]), self.is_key(at)) {
            (true, _) => "",
            (false, true) => {
                changed.insert("invisible indexes became MariaDB's ignored ones".into());
                "IGNORED"
            }
            (false, false) => "INVISIBLE",
        };
        Some(self.commented(at, self.tokens[at].end, new))
    }

    /// Whether this is the bracket in which a key's part is an expression: `KEY k ((lower(a)))`.
    fn is_part_of_expression_key(&self, at: usize) -> bool {
        self.text(at) == b"("
            && self.depths[at] == 2
            && self.is_key(at)
            && at.checked_sub(1).is_some_and(|it| matches!(self.text(it), b"(" | b","))
    }

    /// The whole column or key, with the comma before it; and the name behind its first words.
    fn item(&self, at: usize) -> (Edit, String) {
        let first = self.items[at];
        let last = (at..self.tokens.len())
            .find(|it| {
                (self.depths[*it] == 1 && self.text(*it) == b",")
                    || (self.depths[*it] == 0 && self.text(*it) == b")")
            })
            .unwrap_or(self.tokens.len());
        let name =
            (first..at).find(|it| self.tokens[*it].is_quoted()).map(|it| self.tokens[it].name());
        let start = first.checked_sub(1).filter(|it| self.text(*it) == b",").unwrap_or(first);
        let end = last.checked_sub(1).map_or(0, |it| self.tokens[it].end);
        // Comments behind it stay.
        let name = name.map_or("of no name".to_owned(), |it| format!("`{it}`"));
        ((self.tokens[start].start, end, String::new()), name)
    }
}
