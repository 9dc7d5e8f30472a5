//! Reads MySQL's table definitions: `CREATE TABLE` as servers and tools print it, and the keys that `ALTER TABLE` adds.
use super::{
    filter::{Token, tokens},
    statements::is_any,
};

/// A table as its `CREATE TABLE` describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) keys: Vec<Key>,
    /// The number that the next row gets.
    pub(super) next: Option<u64>,
    /// What is in it beside columns and keys, in words: constraints, partitions.
    pub(super) beside: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type's name, in lower case.
    pub(super) kind: String,
    /// What stands in parentheses after it.
    pub(super) arguments: Option<String>,
    pub(super) is_unsigned: bool,
    pub(super) is_required: bool,
    pub(super) is_serial: bool,
    /// Whether texts that differ in case are different.
    pub(super) is_cased: bool,
    /// As it is written.
    pub(super) default: Option<String>,
    /// The expression that it is computed by.
    pub(super) generated: Option<String>,
    /// Whether every change sets it to the time.
    pub(super) on_update: bool,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Primary,
    Unique,
    Plain,
    /// Full text and places: nothing that SQLite has.
    Special,
}

/// A key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) kind: KeyKind,
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

impl Definition {
    /// Reads a `CREATE TABLE`; none when it has no list of columns (`LIKE`, `SELECT`) or is none.
    pub(super) fn read(statement: &[u8]) -> Option<Self> {
        Self::read_with(statement, false)
    }

    /// The same of SQLite's, where a text without a collation is compared exactly.
    pub(super) fn read_cased(statement: &[u8]) -> Option<Self> {
        Self::read_with(statement, true)
    }

    fn read_with(statement: &[u8], is_cased_by_default: bool) -> Option<Self> {
        let all = tokens(statement);
        let open = all.iter().position(|it| it.text == b"(")?;
        let head = &all[..open];
        let table = head.iter().position(|it| it.is(&["TABLE"]))?;
        let name = head.last().filter(|it| it.is_name() && head.len() > table + 1)?.name();
        let close = matching(&all, open)?;
        let tail = &all[close + 1..];
        let mut definition =
            Self { name, next: number_after(tail, "AUTO_INCREMENT"), ..Self::default() };
        let table_is_cased = collation_of(tail).map_or(is_cased_by_default, |it| is_cased(&it));
        if tail.iter().any(|it| it.is(&["PARTITION"])) {
            definition.beside.push("its partitions".into());
        }
        if tail.iter().any(|it| it.is(&["SELECT"])) {
            return None;
        }
        for part in parts(&all[open + 1..close]) {
            definition.add_part(statement, part, table_is_cased)?;
        }
        (!definition.columns.is_empty()).then_some(definition)
    }

    /// Adds what one part of the list, or of an `ALTER TABLE … ADD`, describes.
    fn add_part(&mut self, statement: &[u8], part: &[Token<'_>], cased: bool) -> Option<()> {
        let first = part.first()?;
        let is_quoted = first.is_quoted();
        match () {
            () if !is_quoted && first.is(&["CONSTRAINT", "FOREIGN", "CHECK", "PERIOD"]) => {
                let primary = part.iter().position(|it| it.is(&["PRIMARY", "UNIQUE"]));
                match primary.filter(|at| *at <= 2) {
                    Some(at) => self.keys.extend(key(&part[at..])),
                    None if part.iter().any(|it| it.is(&["REFERENCES"])) => {
                        self.beside.push("a foreign key".into());
                    }
                    None => self.beside.push("a check".into()),
                }
            }
            () if !is_quoted
                && first.is(&["PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL"]) =>
            {
                self.keys.extend(key(part));
            }
            () => {
                let column = column(statement, part, cased)?;
                let says = |words: &[&str]| part.iter().any(|it| it.is(words));
                let name = column.name.clone();
                if says(&["PRIMARY"]) {
                    let columns = vec![name];
                    self.keys.push(Key { kind: KeyKind::Primary, name: String::new(), columns });
                } else if says(&["UNIQUE"]) {
                    let columns = vec![name.clone()];
                    self.keys.push(Key { kind: KeyKind::Unique, name, columns });
                }
                self.columns.push(column);
            }
        }
        Some(())
    }

    /// Changes it as an `ALTER TABLE` says; false when that is more than keys and changed columns.
    pub(super) fn alter(&mut self, statement: &[u8]) -> bool {
        let all = tokens(statement);
        let Some(table) = all.iter().position(|it| it.is(&["TABLE"])) else { return false };
        let Some(rest) = all.get(table + 2..) else { return false };
        parts(rest).into_iter().all(|part| self.alter_part(statement, part))
    }

    fn alter_part(&mut self, statement: &[u8], part: &[Token<'_>]) -> bool {
        let Some(first) = part.first() else { return false };
        if first.is(&["AUTO_INCREMENT"]) {
            self.next = number_after(part, "AUTO_INCREMENT").or(self.next);
            return true;
        }
        let mut rest = &part[1..];
        let skipped = |rest: &[Token<'_>]| rest.first().is_some_and(|it| it.is(&["COLUMN"]));
        if skipped(rest) {
            rest = &rest[1..];
        }
        if let Some(next) = number_after(part, "AUTO_INCREMENT")
            && part.windows(2).any(|it| it[0].is(&["AUTO_INCREMENT"]) && it[1].text == b"=")
        {
            // `MODIFY … AUTO_INCREMENT, AUTO_INCREMENT=5` has a part of its own; some tools leave the comma out.
            self.next = Some(next);
        }
        match () {
            () if first.is(&["ADD"]) => self.add_part(statement, rest, false).is_some(),
            () if first.is(&["MODIFY"]) => {
                let Some(new) = column(statement, rest, false) else { return false };
                let old = self.columns.iter_mut().find(|it| it.name == new.name);
                old.map(|old| *old = new).is_some()
            }
            () => false,
        }
    }

    /// Adds the key of a `CREATE [UNIQUE] INDEX name ON table (…)`.
    pub(super) fn add_index(&mut self, statement: &[u8]) -> bool {
        let all = tokens(statement);
        let Some(at) = all.iter().position(|it| it.is(&["INDEX"])) else { return false };
        let Some(open) = all.iter().position(|it| it.text == b"(") else { return false };
        let (Some(name), Some(close)) = (all.get(at + 1), matching(&all, open)) else {
            return false;
        };
        let kind = match () {
            () if all[..at].iter().any(|it| it.is(&["UNIQUE"])) => KeyKind::Unique,
            () if all[..at].iter().any(|it| it.is(&["FULLTEXT", "SPATIAL"])) => KeyKind::Special,
            () => KeyKind::Plain,
        };
        let columns = key_columns(&all[open + 1..close]);
        self.keys.push(Key { kind, name: name.name(), columns });
        true
    }

    /// A `CREATE TABLE` of columns and keys, and of nothing else.
    pub(super) fn in_plain_mysql(&self) -> String {
        let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
        let columns = self.columns.iter().map(|column| {
            let mut sql = format!("{} {}", quoted(&column.name), column.kind);
            if let Some(arguments) = &column.arguments {
                sql += &format!("({arguments})");
            }
            sql += if column.is_unsigned { " unsigned" } else { "" };
            sql += if column.is_required { " NOT NULL" } else { "" };
            if let Some(default) = &column.default {
                sql += &format!(" DEFAULT {default}");
            }
            sql + if column.is_serial { " AUTO_INCREMENT" } else { "" }
        });
        let keys = self.keys.iter().filter(|key| !key.columns.is_empty()).filter_map(|key| {
            let columns: Vec<String> = key.columns.iter().map(|it| quoted(it)).collect();
            let columns = columns.join(", ");
            match key.kind {
                KeyKind::Primary => Some(format!("PRIMARY KEY ({columns})")),
                KeyKind::Unique => Some(format!("UNIQUE KEY {} ({columns})", quoted(&key.name))),
                KeyKind::Plain => Some(format!("KEY {} ({columns})", quoted(&key.name))),
                KeyKind::Special => None,
            }
        });
        let lines: Vec<String> = columns.chain(keys).collect();
        format!("CREATE TABLE {} ({})", quoted(&self.name), lines.join(", "))
    }

    /// The columns of the primary key.
    pub(super) fn primary(&self) -> Option<&[String]> {
        self.keys.iter().find(|it| it.kind == KeyKind::Primary).map(|it| &it.columns[..])
    }
}

/// `[UNIQUE|FULLTEXT|SPATIAL] KEY name (columns) …`, `PRIMARY KEY (columns)`
fn key(part: &[Token<'_>]) -> Option<Key> {
    let open = part.iter().position(|it| it.text == b"(")?;
    let close = matching(part, open)?;
    let kind = match part.first()? {
        it if it.is(&["PRIMARY"]) => KeyKind::Primary,
        it if it.is(&["UNIQUE"]) => KeyKind::Unique,
        it if it.is(&["FULLTEXT", "SPATIAL"]) => KeyKind::Special,
        _ => KeyKind::Plain,
    };
    let columns = key_columns(&part[open + 1..close]);
    let words =
        ["PRIMARY", "UNIQUE", "FULLTEXT", "SPATIAL", "KEY", "INDEX", "USING", "BTREE", "HASH"];
    let name = part[..open].iter().rfind(|it| it.is_quoted() || !it.is(&words));
    let name = name.map(Token::name).or_else(|| columns.first().cloned()).unwrap_or_default();
    Some(Key { kind, name, columns })
}

fn key_columns(list: &[Token<'_>]) -> Vec<String> {
    // An expression has no name; a key with one is built without it.
    parts(list)
        .iter()
        .filter_map(|it| it.first())
        .filter(|it| it.is_name())
        .map(Token::name)
        .collect()
}

fn column(statement: &[u8], part: &[Token<'_>], cased: bool) -> Option<Column> {
    let [name, kind, rest @ ..] = part else { return None };
    let mut column = Column {
        name: name.name(),
        kind: String::from_utf8_lossy(kind.text).to_ascii_lowercase(),
        is_cased: collation_of(rest).map_or(cased, |it| is_cased(&it)),
        ..Column::default()
    };
    let text = |from: &Token<'_>, to: &Token<'_>| {
        String::from_utf8_lossy(&statement[from.start..to.end]).into_owned()
    };
    let mut at = 0;
    if rest.first().is_some_and(|it| it.text == b"(") {
        let close = matching(rest, 0)?;
        if close > 1 {
            column.arguments = Some(text(&rest[1], &rest[close - 1]));
        }
        at = close + 1;
    }
    while let Some(token) = rest.get(at) {
        let next_is = |words: &[&str]| rest.get(at + 1).is_some_and(|it| it.is(words));
        at += match () {
            () if token.is(&["UNSIGNED"]) => {
                column.is_unsigned = true;
                1
            }
            () if token.is(&["NOT"]) && next_is(&["NULL"]) => {
                column.is_required = true;
                2
            }
            () if token.is(&["AUTO_INCREMENT"]) => {
                column.is_serial = true;
                1
            }
            () if token.is(&["BINARY"]) => {
                column.is_cased = true;
                1
            }
            () if token.is(&["COMMENT"]) => 2,
            () if token.is(&["ON"]) && next_is(&["UPDATE"]) => {
                column.on_update = true;
                3
            }
            () if token.is(&["DEFAULT"]) => {
                let end = end_of_value(rest, at + 1)?;
                column.default = Some(text(rest.get(at + 1)?, rest.get(end - 1)?));
                end - at
            }
            () if token.is(&["AS"]) && rest.get(at + 1).is_some_and(|it| it.text == b"(") => {
                let close = matching(rest, at + 1)?;
                column.generated = Some(text(&rest[at + 1], &rest[close]));
                close + 1 - at
            }
            // What else stands in parentheses, such as the condition of a CHECK, says nothing here.
            () if token.text == b"(" => matching(rest, at)? + 1 - at,
            () => 1,
        };
    }
    Some(column)
}

/// Where the value of a `DEFAULT` ends: a literal with its sign or introducer, a call, an expression in parentheses.
fn end_of_value(rest: &[Token<'_>], at: usize) -> Option<usize> {
    let mut at = at;
    if rest.get(at)?.text == b"-" || rest.get(at)?.text.first() == Some(&b'_') {
        at += 1;
    }
    if rest.get(at)?.text == b"(" {
        return Some(matching(rest, at)? + 1);
    }
    at += 1;
    // `b'1'`, and a number with a fraction.
    while let Some(token) = rest.get(at) {
        let glued = token.start == rest[at - 1].end;
        match () {
            () if token.text == b"(" => return Some(matching(rest, at)? + 1),
            () if glued
                && (token.is_quoted() || token.text == b"." || rest[at - 1].text == b".") =>
            {
                at += 1
            }
            () => break,
        }
    }
    Some(at)
}

fn number_after(tokens: &[Token<'_>], word: &str) -> Option<u64> {
    let at = tokens.iter().position(|it| it.is(&[word]))?;
    let value = tokens.get(at + 1).filter(|it| it.text != b"=").or(tokens.get(at + 2))?;
    str::from_utf8(value.text).ok()?.parse().ok()
}

fn collation_of(tokens: &[Token<'_>]) -> Option<String> {
    let after = |word: &str| {
        let at = tokens.iter().position(|it| it.is(&[word]))?;
        let value = tokens.get(at + 1).filter(|it| it.text != b"=").or(tokens.get(at + 2))?;
        Some(value.name().to_ascii_lowercase())
    };
    // Without a collation, a character set has its default one, which is none of `_bin`.
    after("COLLATE").or_else(|| after("CHARSET")).or_else(|| after("SET"))
}

fn is_cased(collation: &str) -> bool {
    collation == "binary"
        // Machine names are in ascii, and Drupal's own SQLite tables compare them exactly.
        || collation.starts_with("ascii")
        || ["_bin", "_cs"].iter().any(|end| collation.ends_with(end))
}

/// The place of the parenthesis that closes the one at `open`.
fn matching(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            b"(" => depth += 1,
            b")" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The parts between the commas that no parentheses hold.
fn parts<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a [Token<'t>]> {
    let (mut depth, mut from, mut all) = (0_u32, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            b"(" => depth += 1,
            b")" => depth = depth.saturating_sub(1),
            b"," if depth == 0 => {
                all.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&tokens[from..]);
    all.retain(|part| !part.is_empty());
    all
}

/// Whether a statement begins with these words; what is inside conditional comments counts.
pub(super) fn begins(statement: &[u8], words: &[&str]) -> bool {
    let head = &statement[..statement.len().min(300)];
    let tokens = tokens(head);
    tokens.len() >= words.len()
        && tokens.iter().zip(words).all(|(it, word)| is_any(it.text, &[word]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTS: &str = "CREATE TABLE `wp_posts` (\n  `ID` bigint(20) unsigned NOT NULL AUTO_INCREMENT,\n  \
        `post_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',\n  `a,(` varchar(20) COLLATE utf8mb4_bin DEFAULT 'x''\\'),',\n  \
        `n` decimal(10,2) DEFAULT -1.50 COMMENT 'AUTO_INCREMENT',\n  `t` timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n  \
        `g` int(11) GENERATED ALWAYS AS (`ID` + 1) STORED,\n  `bit` bit(1) DEFAULT b'0',\n  `j` longtext CHECK (json_valid(`j`)),\n  \
        PRIMARY KEY (`ID`),\n  UNIQUE KEY `u` (`post_date`,`a,(`(10) DESC),\n  KEY `k` (`n`) USING BTREE,\n  FULLTEXT KEY `f` (`j`),\n  \
        CONSTRAINT `c` FOREIGN KEY (`n`) REFERENCES `x` (`n`)\n) ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci";

    #[test]
    fn a_definition_is_read_as_a_server_prints_it() {
        let read = Definition::read(POSTS.as_bytes()).expect("reads");
        assert_eq!((read.name.as_str(), read.next), ("wp_posts", Some(17)));
        let names: Vec<&str> = read.columns.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["ID", "post_date", "a,(", "n", "t", "g", "bit", "j"]);
        let column = |at: usize| &read.columns[at];
        assert!(column(0).is_serial && column(0).is_unsigned && column(0).is_required);
        assert_eq!(column(1).default.as_deref(), Some("'0000-00-00 00:00:00'"));
        assert!(column(2).is_cased && !column(7).is_cased);
        assert_eq!(column(2).default.as_deref(), Some("'x''\\'),'"));
        assert_eq!(
            (column(3).kind.as_str(), column(3).arguments.as_deref()),
            ("decimal", Some("10,2"))
        );
        assert_eq!(column(3).default.as_deref(), Some("-1.50"));
        assert!(!column(3).is_serial && column(4).on_update);
        assert_eq!(column(4).default.as_deref(), Some("current_timestamp()"));
        assert_eq!(column(5).generated.as_deref(), Some("(`ID` + 1)"));
        assert_eq!(column(6).default.as_deref(), Some("b'0'"));
        let keys: Vec<(KeyKind, &str, usize)> =
            read.keys.iter().map(|it| (it.kind, it.name.as_str(), it.columns.len())).collect();
        assert_eq!(
            keys,
            [
                (KeyKind::Primary, "ID", 1),
                (KeyKind::Unique, "u", 2),
                (KeyKind::Plain, "k", 1),
                (KeyKind::Special, "f", 1)
            ]
        );
        assert_eq!(read.beside, ["a foreign key"]);
    }

    #[test]
    fn keys_that_come_after_the_rows_are_added() {
        let create =
            b"CREATE TABLE `t` (`id` int(11) NOT NULL, `a` varchar(9) NOT NULL) ENGINE=InnoDB;";
        let mut read = Definition::read(create).expect("reads");
        assert!(
            read.alter(
                b"ALTER TABLE `t`\n  ADD PRIMARY KEY (`id`),\n  ADD UNIQUE KEY `a` (`a`(3))"
            )
        );
        assert!(read.alter(
            b"ALTER TABLE `t`\n  MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=8"
        ));
        assert!(read.add_index(b"CREATE INDEX `b` ON `t` (`a`)"));
        assert!(!read.alter(b"ALTER TABLE `t` DROP COLUMN `a`"));
        assert_eq!(
            (read.primary().map(<[_]>::len), read.keys.len(), read.next),
            (Some(1), 3, Some(8))
        );
        assert!(read.columns[0].is_serial);
        assert_eq!(Definition::read(b"CREATE TABLE a LIKE b"), None);
        assert_eq!(Definition::read(b"CREATE TABLE a SELECT 1"), None);
    }
}
