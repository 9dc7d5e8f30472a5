//! What of a dump may pass: definitions and rows of the one database. The rest is dropped, or refuses the dump.
//!
//! The server holds the same line once more: a dump is loaded as the site's user, who may do nothing outside its
//! database.
use std::collections::BTreeSet;

use super::{
    modes::Modes,
    statements::{is_any, is_word_byte},
    translate,
};

/// What becomes of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It runs, perhaps changed.
    Run(Vec<u8>),
    /// It names the character set of the texts that follow.
    Charset(String),
    /// It names the time zone of the times that follow, as a quoted literal.
    TimeZone(String),
    /// What follows belongs to this database.
    Use(String),
    /// It is nothing that a fresh database needs.
    Drop,
    /// It reaches outside the database, or does what a dump has no business with: dropped, and told.
    Leave(String),
    /// The dump is refused.
    Refuse(String),
}

/// What the server knows, and what was met so far.
#[derive(Default)]
pub(super) struct Filter {
    /// Its collations; empty when it is not asked.
    pub(super) collations: BTreeSet<String>,
    /// Its character sets.
    pub(super) charsets: BTreeSet<String>,
    /// The database that the dump's own names are qualified with.
    pub(super) own: Option<String>,
    /// What was changed, in words, each once.
    pub(super) changed: BTreeSet<String>,
    /// The mode that the dump has set.
    pub(super) modes: Modes,
}

/// What is made of statements, and keeps the mode in which it is made.
const BODIES: [&str; 6] = ["VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"];

/// Whether a definition is one of those.
pub(super) fn has_body(tokens: &[Token<'_>]) -> bool {
    let is_definition = tokens.first().is_some_and(|it| it.is(&["CREATE", "ALTER"]));
    let kind = tokens.iter().take(24).find(|it| it.is(&BODIES) || it.is(&["TABLE"]));
    is_definition && kind.is_some_and(|it| it.is(&BODIES))
}

/// A word or another token of a statement, with where it stands. Comments are none; what is inside a conditional
/// comment counts.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) text: &'a [u8],
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, words: &[&str]) -> bool {
        is_any(self.text, words)
    }

    /// A name or quoted text without its quotes.
    pub(super) fn name(&self) -> String {
        let text = match self.text {
            [b'`' | b'\'' | b'"', inside @ .., _] => inside,
            other => other,
        };
        String::from_utf8_lossy(text).replace("``", "`")
    }

    pub(super) fn is_name(&self) -> bool {
        self.text.first().is_some_and(|byte| matches!(byte, b'`' | b'"') || is_word_byte(*byte))
    }

    pub(super) fn is_quoted(&self) -> bool {
        matches!(self.text.first(), Some(b'\'' | b'"' | b'`'))
    }
}

/// Engines that keep their data inside the data directory.
const ENGINES: [&str; 8] =
    ["InnoDB", "MyISAM", "Aria", "MEMORY", "HEAP", "ARCHIVE", "CSV", "SEQUENCE"];

impl Filter {
    /// Judges a whole statement, or the head of an `INSERT`.
    pub(super) fn judge(&mut self, statement: &[u8]) -> Verdict {
        let tokens = tokens(statement);
        let Some(first) = tokens.first() else { return Verdict::Drop };
        let second = tokens.get(1).map(|it| it.text).unwrap_or_default();
        if let Some(reach) = reaches_files(&tokens) {
            return Verdict::Refuse(format!(
                "{reach}, which reads or writes files of this machine"
            ));
        }
        let word = String::from_utf8_lossy(first.text).to_ascii_uppercase();
        match word.as_str() {
            "SET" => {
                self.modes.read(&tokens);
                set(&tokens)
            }
            // Where a sequence stands is a part of it.
            "DO" if is_any(second, &["SETVAL"]) => Verdict::Run(statement.to_vec()),
            "USE" => Verdict::Use(tokens.get(1).map(Token::name).unwrap_or_default()),
            "CREATE" | "DROP" | "ALTER" | "RENAME" | "TRUNCATE" => {
                self.definition(statement, &tokens)
            }
            "INSERT" | "REPLACE" | "UPDATE" | "DELETE" => {
                self.run(statement, &tokens, object_of_rows(&tokens))
            }
            "LOCK" | "UNLOCK" | "COMMIT" | "START" | "BEGIN" | "FLUSH" | "ANALYZE" | "OPTIMIZE"
            | "SELECT" | "DO" | "CHECK" | "SHOW" | "SAVEPOINT" => Verdict::Drop,
            "GRANT" | "REVOKE" | "CHANGE" | "RESET" | "PURGE" | "KILL" | "SHUTDOWN" | "INSTALL"
            | "UNINSTALL" | "CALL" | "PREPARE" | "EXECUTE" | "DEALLOCATE" | "HANDLER" | "STOP"
            | "REPAIR" | "ROLLBACK" => Verdict::Leave(shown(&word, second)),
            "LOAD" => Verdict::Refuse("`LOAD DATA`, which reads files of this machine".into()),
            _ => {
                Verdict::Refuse(format!("`{}`, which is no statement of a dump", shown(&word, b"")))
            }
        }
    }

    fn definition(&mut self, statement: &[u8], tokens: &[Token<'_>]) -> Verdict {
        const KINDS: [&str; 21] = [
            "TABLE",
            "VIEW",
            "TRIGGER",
            "PROCEDURE",
            "FUNCTION",
            "EVENT",
            "INDEX",
            "SEQUENCE",
            "PACKAGE",
            "DATABASE",
            "SCHEMA",
            "USER",
            "ROLE",
            "SERVER",
            "TABLESPACE",
            "LOGFILE",
            "INSTANCE",
            "RESOURCE",
            "SPATIAL REFERENCE",
            "UNDO",
            "TABLES",
        ];
        let at = tokens.iter().take(24).position(|token| token.is(&KINDS));
        let verb = String::from_utf8_lossy(tokens[0].text).to_ascii_uppercase();
        let Some(at) = at else {
            // `TRUNCATE t`
            return match verb.as_str() {
                "TRUNCATE" => self.run(statement, tokens, 1),
                _ => Verdict::Leave(shown(&verb, b"")),
            };
        };
        let kind = tokens[at].text;
        if is_any(kind, &["DATABASE", "SCHEMA"]) && verb == "ALTER" {
            return Verdict::Drop;
        }
        if !is_any(kind, &KINDS[..9]) {
            return Verdict::Leave(shown(&verb, kind));
        }
        if tokens.iter().any(|token| token.is(&["SONAME"])) {
            return Verdict::Leave("CREATE FUNCTION … SONAME".into());
        }
        let keys = tokens.windows(2);
        if verb == "ALTER"
            && keys.into_iter().any(|it| it[0].is(&["ENABLE", "DISABLE"]) && it[1].is(&["KEYS"]))
        {
            return Verdict::Drop;
        }
        let mut object = at + 1;
        while tokens.get(object).is_some_and(|it| it.is(&["IF", "NOT", "EXISTS"])) {
            object += 1;
        }
        self.run(statement, tokens, object)
    }

    /// Lets a statement pass without what is foreign in it; `object` is the token that names what it is about.
    fn run(&mut self, statement: &[u8], tokens: &[Token<'_>], object: usize) -> Verdict {
        let mut edits: Vec<(usize, usize, String)> = Vec::new();
        if let [database, dot, name, ..] = tokens.get(object..).unwrap_or_default()
            && dot.text == b"."
            && database.is_name()
            && name.is_name()
        {
            let own = self.own.get_or_insert_with(|| database.name());
            if *own != database.name() {
                let other = database.name();
                return Verdict::Refuse(format!("a table of another database, `{other}`"));
            }
            edits.push((database.start, dot.end, String::new()));
        }
        let is_row = tokens[0].is(&["INSERT", "REPLACE", "UPDATE", "DELETE"]);
        let has_body = has_body(tokens);
        if !is_row {
            self.edit_definition(tokens, &mut edits);
            self.edit_own_names(tokens, has_body, &mut edits);
            let is_table = tokens[0].is(&["CREATE"]) && !has_body;
            if is_table && tokens.iter().take(4).any(|it| it.is(&["TABLE"])) {
                translate::table(statement, tokens, &mut edits, &mut self.changed);
            }
        }
        if self.modes.has_ansi_quotes() && !has_body {
            edits.extend(tokens.iter().filter_map(unquoted));
        }
        // Of two in one place the first that takes the more counts.
        edits.sort_by_key(|edit| (edit.0, std::cmp::Reverse(edit.1)));
        let mut out = Vec::with_capacity(statement.len());
        let mut at = 0;
        for (start, end, new) in edits {
            if start < at {
                continue;
            }
            out.extend_from_slice(&statement[at..start]);
            out.extend_from_slice(new.as_bytes());
            at = end;
        }
        out.extend_from_slice(&statement[at..]);
        Verdict::Run(out)
    }

    /// The dump's own database before names of tables, views and routines: it is loaded into another.
    fn edit_own_names(
        &self,
        tokens: &[Token<'_>],
        has_body: bool,
        edits: &mut Vec<(usize, usize, String)>,
    ) {
        const BEFORE: [&str; 10] = [
            "TABLE",
            "EXISTS",
            "FROM",
            "JOIN",
            "INTO",
            "UPDATE",
            "ON",
            "REFERENCES",
            "VIEW",
            "LIKE",
        ];
        let Some(own) = &self.own else { return };
        for (at, three) in tokens.windows(3).enumerate() {
            let [database, dot, name] = three else { continue };
            if dot.text != b"." || !name.is_name() || !database.is_name() || database.name() != *own
            {
                continue;
            }
            let text = |at: usize| tokens.get(at).map(|it| it.text).unwrap_or_default();
            let before = at.checked_sub(1).map(text).unwrap_or_default();
            let is_of_table = is_any(before, &BEFORE)
                || (has_body && (text(at + 3) == b"." || text(at + 3) == b"("))
                || (has_body
                    && before == b"("
                    && at > 1
                    && is_any(text(at - 2), &["FROM", "JOIN"]));
            if is_of_table && before != b"." {
                edits.push((database.start, dot.end, String::new()));
            }
        }
    }

    fn edit_definition(&mut self, tokens: &[Token<'_>], edits: &mut Vec<(usize, usize, String)>) {
        for (at, token) in tokens.iter().enumerate() {
            let is_equal = tokens.get(at + 1).is_some_and(|it| it.text == b"=");
            let value_at = at + 1 + usize::from(is_equal);
            let Some(value) = tokens.get(value_at) else { continue };
            if token.is(&["DEFINER"]) && is_equal {
                let end = end_of_user(tokens, value_at);
                self.changed.insert("definers were replaced by the site's own user".into());
                edits.push((token.start, end, String::new()));
            } else if token.is(&["COLLATE"]) {
                self.replace(value, &self.collations.clone(), collation_for, "collation", edits);
            } else if token.is(&["CHARSET"])
                || (token.is(&["SET"]) && at > 0 && tokens[at - 1].is(&["CHARACTER"]))
            {
                self.replace(
                    value,
                    &self.charsets.clone(),
                    |_, _| "utf8mb4".into(),
                    "character set",
                    edits,
                );
            } else if token.is(&["DIRECTORY"])
                && at > 0
                && tokens[at - 1].is(&["DATA", "INDEX"])
                && value.is_quoted()
            {
                self.changed.insert("folders named for tables were left out".into());
                edits.push((tokens[at - 1].start, value.end, String::new()));
            } else if token.is(&["ENGINE"])
                && is_equal
                && !is_any(value.name().as_bytes(), &ENGINES)
            {
                self.changed.insert(format!("engine {} became InnoDB", value.name()));
                edits.push((value.start, value.end, "InnoDB".into()));
            }
        }
    }

    fn replace(
        &mut self,
        value: &Token<'_>,
        known: &BTreeSet<String>,
        by: impl Fn(&str, &BTreeSet<String>) -> String,
        what: &str,
        edits: &mut Vec<(usize, usize, String)>,
    ) {
        let name = value.name().to_ascii_lowercase();
        if known.is_empty() || known.contains(&name) || name == "default" || name == "binary" {
            return;
        }
        let new = by(&name, known);
        self.changed.insert(format!("{what} {name}, which this server lacks, became {new}"));
        edits.push((value.start, value.end, new));
    }
}

/// The name in `"` with the quotes that mean a name in every mode.
fn unquoted(token: &Token<'_>) -> Option<(usize, usize, String)> {
    let inside = token.text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let name = String::from_utf8_lossy(inside).replace("\"\"", "\"").replace('`', "``");
    Some((token.start, token.end, format!("`{name}`")))
}

/// The nearest collation that the server has, by what it means: MySQL's of version 8 tell blanks at the end apart, and
/// some of them accents and capitals.
fn collation_for(name: &str, known: &BTreeSet<String>) -> String {
    let charset = name.split('_').next().unwrap_or_default();
    let charset = if charset == "utf8mb3" { "utf8" } else { charset };
    let meanings: &[&str] = match () {
        () if name.contains("_0900_") && name.ends_with("_bin") => &["_nopad_bin", "_bin"],
        () if name.contains("_0900_") && name.ends_with("_as_cs") => {
            &["_uca1400_nopad_as_cs", "_nopad_bin", "_bin"]
        }
        // Accents that are told apart may not be lost: capitals are told apart as well where nothing else is there.
        () if name.contains("_0900_") && name.ends_with("_as_ci") => {
            &["_uca1400_nopad_as_ci", "_nopad_bin", "_bin"]
        }
        () if name.contains("_0900_") => {
            &["_uca1400_nopad_ai_ci", "_unicode_520_nopad_ci", "_unicode_520_ci", "_unicode_ci"]
        }
        () if ["_bin", "_cs"].iter().any(|end| name.ends_with(end)) => &["_bin"],
        () => &["_unicode_520_ci", "_unicode_ci", "_general_ci", "_swedish_ci"],
    };
    let mut found =
        meanings.iter().map(|end| format!("{charset}{end}")).filter(|it| known.contains(it));
    let is_plain = meanings.last() == Some(&"_bin");
    found
        .next()
        .unwrap_or_else(|| format!("utf8mb4{}", if is_plain { "_bin" } else { "_unicode_ci" }))
}

/// Where a user's name after `DEFINER =` ends.
fn end_of_user(tokens: &[Token<'_>], at: usize) -> usize {
    let text = |at: usize| tokens.get(at).map(|it| it.text).unwrap_or_default();
    let last = match (text(at + 1), text(at + 2)) {
        (b"@", _) => at + 2,
        (b"(", b")") => at + 2,
        _ => at,
    };
    tokens.get(last).or(tokens.last()).map_or(0, |it| it.end)
}

/// What reads or writes files of the machine, wherever it stands in a statement.
fn reaches_files(tokens: &[Token<'_>]) -> Option<&'static str> {
    tokens.windows(2).find_map(|pair| match (pair[0], pair[1]) {
        (a, b) if a.is(&["INTO"]) && b.is(&["OUTFILE", "DUMPFILE"]) => Some("`INTO OUTFILE`"),
        (a, b) if a.is(&["LOAD_FILE"]) && b.text == b"(" => Some("`LOAD_FILE`"),
        _ => None,
    })
}

/// Whether what follows rows is `ON DUPLICATE KEY UPDATE …`, perhaps with a name for the row before it.
pub(super) fn is_on_duplicate(tail: &[u8]) -> bool {
    let tokens = tokens(tail);
    let at = if tokens.first().is_some_and(|it| it.is(&["AS"])) { 2 } else { 0 };
    let words = ["ON", "DUPLICATE", "KEY", "UPDATE"];
    let rest = tokens.get(at..).unwrap_or_default();
    rest.len() > words.len()
        && rest.iter().zip(words).all(|(it, word)| it.is(&[word]))
        && reaches_files(&tokens).is_none()
}

/// The token that names the table of an `INSERT`, `REPLACE`, `UPDATE` or `DELETE`.
fn object_of_rows(tokens: &[Token<'_>]) -> usize {
    const BEFORE: [&str; 7] =
        ["INTO", "IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "FROM", "QUICK"];
    1 + tokens.iter().skip(1).take_while(|token| token.is(&BEFORE)).count()
}

/// The table that a statement is about, for messages; none where there is none.
pub(in crate::content) fn table_of(statement: &[u8]) -> Option<String> {
    let tokens = tokens(&statement[..statement.len().min(2000)]);
    let first = tokens.first()?;
    let object = if first.is(&["INSERT", "REPLACE", "UPDATE", "DELETE"]) {
        object_of_rows(&tokens)
    } else {
        let after = tokens.iter().take(24).position(|it| it.is(&["TABLE", "VIEW", "TRIGGER"]))? + 1;
        let passed = tokens[after..].iter().take_while(|it| it.is(&["IF", "NOT", "EXISTS"]));
        after + passed.count()
    };
    let is_qualified = tokens.get(object + 1).is_some_and(|it| it.text == b".");
    let name = tokens.get(object + if is_qualified { 2 } else { 0 })?;
    name.is_name().then(|| name.name())
}

fn set(tokens: &[Token<'_>]) -> Verdict {
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|it| it.is(words));
    let name = |at: usize| tokens.get(at).map(Token::name).unwrap_or_default().to_ascii_lowercase();
    if tokens.iter().any(|it| it.is(&["GLOBAL", "PERSIST", "PERSIST_ONLY"])) || is(1, &["PASSWORD"])
    {
        return Verdict::Leave("SET GLOBAL".into());
    }
    if is(1, &["NAMES"]) {
        return Verdict::Charset(name(2));
    }
    if is(1, &["CHARACTER"]) && is(2, &["SET"]) {
        return Verdict::Charset(name(3));
    }
    let modes = tokens.iter().any(|it| it.is(&["SQL_MODE"]));
    if modes && tokens.iter().any(|it| it.is_quoted() && it.name().contains("NO_BACKSLASH_ESCAPES"))
    {
        return Verdict::Refuse("the mode NO_BACKSLASH_ESCAPES, which is not understood".into());
    }
    if is(1, &["TIME_ZONE"]) && tokens.get(2).is_some_and(|it| it.text == b"=") {
        let value = name(3);
        let is_offset = value.len() >= 5 && value.bytes().all(|it| b"+-:0123456789".contains(&it));
        if is_offset {
            return Verdict::TimeZone(value);
        }
    }
    Verdict::Drop
}

fn shown(first: &str, second: &[u8]) -> String {
    let all = format!("{first} {}", String::from_utf8_lossy(second).to_ascii_uppercase());
    all.trim().chars().filter(|it| !it.is_control()).take(40).collect()
}

pub(super) fn tokens(statement: &[u8]) -> Vec<Token<'_>> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < statement.len() {
        let rest = &statement[at..];
        let end = match rest[0] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with(b"/*!") || rest.starts_with(b"/*M!") => {
                at += if rest[2] == b'M' { 4 } else { 3 };
                at += statement[at..].iter().take_while(|it| it.is_ascii_digit()).count();
                continue;
            }
            b'/' if rest.starts_with(b"/*") => {
                at += memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |it| it + 4);
                continue;
            }
            b'*' if rest.starts_with(b"*/") => {
                at += 2;
                continue;
            }
            b'#' => {
                at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                continue;
            }
            b'-' if rest.starts_with(b"--") && rest.get(2).is_none_or(|it| *it <= b' ') => {
                at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => at + quoted(rest, quote),
            byte if is_word_byte(byte) => {
                at + rest.iter().take_while(|it| is_word_byte(**it)).count()
            }
            _ => at + 1,
        };
        all.push(Token { text: &statement[at..end], start: at, end });
        at = end;
    }
    all
}

fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < text.len() {
        if text[at] == b'\\' && quote != b'`' {
            at += 2;
        } else if text[at] == quote {
            if text.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    text.len()
}

/// Takes the plain secondary keys out of a `CREATE TABLE` as servers print it, to be built after the rows, which
/// is faster. None when the table has none, or needs its keys while it is filled.
pub(super) fn without_keys(create: &str) -> Option<(String, Vec<String>)> {
    let lines: Vec<&str> = create.lines().collect();
    let has = |text: &str| lines.iter().any(|line| line.trim_start().starts_with(text));
    let is_inno = create.to_ascii_uppercase().contains("ENGINE=INNODB");
    if !is_inno || has("CONSTRAINT ") || has("FOREIGN ") || create.contains("PARTITION") {
        return None;
    }
    if let Some(line) = lines
        .iter()
        .find(|line| line.contains("AUTO_INCREMENT") && line.trim_start().starts_with('`'))
    {
        let column = line.trim_start().split('`').nth(1)?;
        if !has(&format!("PRIMARY KEY (`{column}`")) {
            return None;
        }
    }
    let is_key = |line: &&&str| line.trim_start().starts_with("KEY `");
    let keys: Vec<String> = lines
        .iter()
        .filter(is_key)
        .map(|line| line.trim().trim_end_matches(',').to_owned())
        .collect();
    if keys.is_empty() {
        return None;
    }
    let mut kept: Vec<String> =
        lines.iter().filter(|line| !is_key(line)).map(|line| (*line).to_owned()).collect();
    // The last line of the list must have no comma; the list ends before the line of the options.
    let end = kept.iter().rposition(|line| line.trim_start().starts_with(')'))?;
    let last = kept.get_mut(end.checked_sub(1)?)?;
    *last = last.trim_end().trim_end_matches(',').to_owned();
    Some((kept.join("\n"), keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(statement: &str) -> Verdict {
        let known =
            ["utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci", "utf8mb4_bin", "utf8mb3_general_ci"];
        let collations = known.map(str::to_owned).into();
        let charsets = ["utf8mb4", "utf8mb3", "latin1"].map(str::to_owned).into();
        let mut filter = Filter { collations, charsets, ..Filter::default() };
        filter.judge(statement.as_bytes())
    }

    fn run(statement: &str) -> String {
        match judged(statement) {
            Verdict::Run(sql) => String::from_utf8(sql).expect("it is text"),
            other => panic!("{statement}: {other:?}"),
        }
    }

    #[test]
    fn what_reaches_outside_is_left_out_and_named() {
        for (statement, named) in [
            ("CREATE DATABASE /*!32312 IF NOT EXISTS*/ `x`", "CREATE DATABASE"),
            ("/*!40000 DROP DATABASE IF EXISTS `x`*/", "DROP DATABASE"),
            ("GRANT ALL ON *.* TO evil", "GRANT ALL"),
            ("SET GLOBAL general_log = 1", "SET GLOBAL"),
            ("SET @@GLOBAL.GTID_PURGED='x'", "SET GLOBAL"),
            ("CREATE USER evil", "CREATE USER"),
            ("/*!50000 CREATE USER evil */", "CREATE USER"),
            ("CREATE FUNCTION f RETURNS STRING SONAME 'x.so'", "CREATE FUNCTION … SONAME"),
        ] {
            assert_eq!(judged(statement), Verdict::Leave(named.into()), "{statement}");
        }
    }

    #[test]
    fn what_touches_files_refuses_the_dump() {
        for statement in [
            "LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
            "SELECT 1 INTO OUTFILE '/tmp/x'",
            "SELECT 1 INTO /* */ DUMPFILE '/tmp/x'",
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.x = LOAD_FILE('/etc/passwd')",
            "INSERT INTO t SELECT load_file ( '/etc/passwd')",
            "<!DOCTYPE html>",
            "system rm",
            "\\! rm",
        ] {
            assert!(matches!(judged(statement), Verdict::Refuse(_)), "{statement}");
        }
        run("INSERT INTO `t` VALUES ('SELECT 1 INTO OUTFILE')");
    }

    #[test]
    fn noise_is_dropped_and_what_tells_of_the_texts_is_read() {
        for statement in [
            "LOCK TABLES `a` WRITE",
            "/*!40000 ALTER TABLE `a` DISABLE KEYS */",
            "/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */",
            "/*!40101 SET @saved_cs_client     = @@character_set_client */",
            "COMMIT",
        ] {
            assert_eq!(judged(statement), Verdict::Drop, "{statement}");
        }
        assert_eq!(judged("/*!40101 SET NAMES latin1 */"), Verdict::Charset("latin1".into()));
        assert_eq!(
            judged("/*!40103 SET TIME_ZONE='+02:00' */"),
            Verdict::TimeZone("+02:00".into())
        );
        assert_eq!(judged("USE `other`"), Verdict::Use("other".into()));
    }

    #[test]
    fn definers_go_wherever_they_stand() {
        assert_eq!(
            run(
                "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON x FOR EACH ROW SET @a='DEFINER=b' */"
            ),
            "/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER `t` BEFORE INSERT ON x FOR EACH ROW SET @a='DEFINER=b' */"
        );
        assert_eq!(
            run("CREATE DEFINER = CURRENT_USER() SQL SECURITY DEFINER VIEW v AS SELECT 1"),
            "CREATE  SQL SECURITY DEFINER VIEW v AS SELECT 1"
        );
    }

    #[test]
    fn collations_and_engines_that_the_server_lacks_are_mapped() {
        assert_eq!(
            run(
                "CREATE TABLE `t` (`a` text COLLATE utf8mb4_0900_as_cs COMMENT 'COLLATE x') ENGINE=TokuDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci"
            ),
            "CREATE TABLE `t` (`a` text COLLATE utf8mb4_bin COMMENT 'COLLATE x') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci"
        );
        let same = "CREATE TABLE `t` (`a` text CHARACTER SET latin1) COLLATE=utf8mb4_unicode_ci";
        assert_eq!(run(same), same);
    }

    #[test]
    fn names_of_another_database_refuse_the_dump() {
        let mut filter = Filter::default();
        let own = filter.judge(b"CREATE TABLE `own`.`t` (a int)");
        assert_eq!(own, Verdict::Run(b"CREATE TABLE `t` (a int)".to_vec()));
        let foreign = filter.judge(b"INSERT INTO mysql.user VALUES");
        assert!(matches!(foreign, Verdict::Refuse(_)), "{foreign:?}");
    }

    #[test]
    fn secondary_keys_can_wait_unless_the_table_needs_them() {
        let create = "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `a` int,\n  PRIMARY KEY (`id`),\n  KEY `a` (`a`)\n) ENGINE=InnoDB";
        let (kept, keys) = without_keys(create).expect("it has a key");
        assert_eq!(keys, ["KEY `a` (`a`)"]);
        assert!(kept.ends_with("PRIMARY KEY (`id`)\n) ENGINE=InnoDB"), "{kept}");
        assert_eq!(without_keys(&create.replace("PRIMARY", "")), None);
        assert_eq!(without_keys(&create.replace("InnoDB", "MyISAM")), None);
    }

    #[test]
    fn the_table_of_a_statement_is_known() {
        let named = |sql: &str| table_of(sql.as_bytes());
        assert_eq!(named("INSERT IGNORE INTO `a``b` VALUES"), Some("a`b".into()));
        assert_eq!(named("CREATE TABLE IF NOT EXISTS x.y (a int)"), Some("y".into()));
        assert_eq!(named("SET a = 1"), None);
    }
}
