//! The SQL mode that a dump sets: it gives meaning to the definitions that follow.
use std::collections::BTreeMap;

use super::filter::Token;

/// The mode in which everything else is loaded.
pub(super) const USUAL: &str = "NO_AUTO_VALUE_ON_ZERO,IGNORE_BAD_TABLE_OPTIONS";
/// Modes that say what a statement means, not what it refuses.
const MEANINGS: [&str; 6] = [
    "ANSI",
    "ANSI_QUOTES",
    "PIPES_AS_CONCAT",
    "IGNORE_SPACE",
    "HIGH_NOT_PRECEDENCE",
    "NO_UNSIGNED_SUBTRACTION",
];
/// What else a routine keeps, of what MariaDB knows.
const OTHERS: [&str; 21] = [
    "REAL_AS_FLOAT",
    "ONLY_FULL_GROUP_BY",
    "NO_DIR_IN_CREATE",
    "NO_AUTO_VALUE_ON_ZERO",
    "STRICT_TRANS_TABLES",
    "STRICT_ALL_TABLES",
    "NO_ZERO_IN_DATE",
    "NO_ZERO_DATE",
    "ALLOW_INVALID_DATES",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "TRADITIONAL",
    "NO_AUTO_CREATE_USER",
    "NO_ENGINE_SUBSTITUTION",
    "PAD_CHAR_TO_FULL_LENGTH",
    "EMPTY_STRING_IS_NULL",
    "SIMULTANEOUS_ASSIGNMENT",
    "TIME_ROUND_FRACTIONAL",
    "ORACLE",
    "MSSQL",
    "POSTGRESQL",
    "DB2",
];

/// The present mode, and those that the dump keeps in variables meanwhile.
#[derive(Default)]
pub(super) struct Modes {
    now: Option<String>,
    saved: BTreeMap<String, Option<String>>,
}

impl Modes {
    /// Reads a `SET`; others than those of the mode change nothing.
    pub(super) fn read(&mut self, tokens: &[Token<'_>]) {
        for assignment in tokens.get(1..).unwrap_or_default().split(|it| it.text == b",") {
            let Some(at) = assignment.iter().position(|it| it.text == b"=") else { continue };
            let joined = |tokens: &[Token<'_>]| {
                let text: Vec<u8> = tokens.iter().flat_map(|it| it.text.iter().copied()).collect();
                String::from_utf8_lossy(&text).to_ascii_uppercase()
            };
            let name = joined(&assignment[..at]);
            let name = name.trim_end_matches(':');
            let value = joined(&assignment[at + 1..]);
            let is_mode = |name: &str| name.trim_start_matches(['@']).ends_with("SQL_MODE");
            let is_own = |name: &str| name.starts_with('@') && !name.starts_with("@@");
            if is_own(name) && !is_own(&value) && is_mode(&value) {
                self.saved.insert(name.to_owned(), self.now.clone());
            } else if !is_own(name) && is_mode(name) {
                match assignment.get(at + 1) {
                    Some(token) if token.is_quoted() && assignment.len() == at + 2 => {
                        self.now = Some(token.name().to_ascii_uppercase());
                    }
                    _ if is_own(&value) => {
                        self.now = self.saved.get(&value).cloned().flatten();
                    }
                    _ => {}
                }
            }
        }
    }

    fn named<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let all = self.now.as_deref().unwrap_or_default().split(',').map(str::trim);
        all.filter(move |it| known.contains(it))
    }

    /// Whether `"` stands around names.
    pub(super) fn has_ansi_quotes(&self) -> bool {
        self.named(&["ANSI", "ANSI_QUOTES", "ORACLE", "MSSQL", "POSTGRESQL", "DB2"])
            .next()
            .is_some()
    }

    /// The mode for a statement that is not [`USUAL`]: all of it for what keeps its mode, else what gives it meaning.
    pub(super) fn of(&self, is_kept: bool) -> Option<String> {
        self.now.as_ref()?;
        let mut all: Vec<&str> = self.named(&MEANINGS).collect();
        if is_kept {
            all.extend(self.named(&OTHERS));
            return Some(all.join(","));
        }
        (!all.is_empty()).then(|| [USUAL, &all.join(",")].join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::filter::tokens, *};

    #[test]
    fn a_mode_holds_until_the_one_before_it_comes_back() {
        let mut modes = Modes::default();
        let mut read = |sql: &str| {
            modes.read(&tokens(sql.as_bytes()));
            (modes.of(true), modes.has_ansi_quotes())
        };
        assert_eq!(read("SET NAMES utf8mb4"), (None, false));
        let head = "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */";
        assert_eq!(read(head), (Some("NO_AUTO_VALUE_ON_ZERO".into()), false));
        read("/*!50003 SET @saved_sql_mode       = @@sql_mode */");
        let routine = "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,TIME_TRUNCATE_FRACTIONAL'";
        assert_eq!(read(routine), (Some("ANSI_QUOTES,PIPES_AS_CONCAT".into()), true));
        assert_eq!(
            read("SET sql_mode = @saved_sql_mode").0.as_deref(),
            Some("NO_AUTO_VALUE_ON_ZERO")
        );
        assert_eq!(read("/*!40101 SET SQL_MODE=@OLD_SQL_MODE */"), (None, false));
    }
}
