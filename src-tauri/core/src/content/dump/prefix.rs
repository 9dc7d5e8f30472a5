//! Another prefix for a dump's tables: the names of tables in its statements are changed while it is read.
//!
//! A name is a table's by where it stands. A column may begin with the same letters, and stays.
use std::borrow::Cow;

use super::filter::{Token, tokens};

/// A prefix, and the one that takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// What the dump's tables begin with.
    pub old: String,
    /// What they will begin with.
    pub new: String,
}

/// Words behind which the name of a table stands.
const BEFORE: [&str; 17] = [
    "TABLE",
    "TABLES",
    "EXISTS",
    "INTO",
    "FROM",
    "JOIN",
    "UPDATE",
    "ON",
    "REFERENCES",
    "VIEW",
    "LIKE",
    "IGNORE",
    "TO",
    "INSERT",
    "REPLACE",
    "SEQUENCE",
    "STRAIGHT_JOIN",
];
/// What is made of statements: any name in one may be a table's.
const BODIES: [&str; 6] = ["VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"];

impl Prefix {
    /// A statement, or the head of an `INSERT`, with the new names.
    pub(super) fn rename<'a>(&self, statement: &'a [u8]) -> Cow<'a, [u8]> {
        if memchr::memmem::find(statement, self.old.as_bytes()).is_none() {
            return Cow::Borrowed(statement);
        }
        let tokens = tokens(statement);
        let is_row = tokens.first().is_some_and(|it| it.is(&["INSERT", "REPLACE"]));
        let has_body = !is_row && tokens.iter().take(24).any(|it| it.is(&BODIES));
        let is_list = tokens.first().is_some_and(|it| it.is(&["DROP", "RENAME", "LOCK"]));
        let mut out = Vec::with_capacity(statement.len());
        let mut at = 0;
        for (number, token) in tokens.iter().enumerate() {
            let before = number.checked_sub(1).and_then(|it| tokens.get(it));
            let is_table = match before {
                _ if !self.begins(token) => false,
                // `wp_posts`.`ID`
                _ if tokens.get(number + 1).is_some_and(|it| it.text == b".") => true,
                Some(dot) if dot.text == b"." => {
                    let qualified = number.checked_sub(3).and_then(|it| tokens.get(it));
                    qualified.is_some_and(|it| it.is(&BEFORE))
                }
                Some(before) if before.is(&BEFORE) => true,
                Some(before) if is_list => before.text == b",",
                Some(before) => has_body && !before.is(&["AS"]),
                None => false,
            };
            if is_table {
                let name = token.start + usize::from(token.is_quoted());
                out.extend_from_slice(&statement[at..name]);
                out.extend_from_slice(self.new.as_bytes());
                at = name + self.old.len();
            }
        }
        out.extend_from_slice(&statement[at..]);
        Cow::Owned(out)
    }

    fn begins(&self, token: &Token<'_>) -> bool {
        let name = match token.text {
            [b'`' | b'"', inside @ ..] => inside,
            other => other,
        };
        name.starts_with(self.old.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_get_the_new_prefix_and_nothing_else_does() {
        let prefix = Prefix { old: "old_".into(), new: "wp_".into() };
        for (from, to) in [
            ("DROP TABLE IF EXISTS `old_posts`;", "DROP TABLE IF EXISTS `wp_posts`;"),
            ("DROP TABLE old_a, `old_b`", "DROP TABLE wp_a, `wp_b`"),
            (
                "CREATE TABLE `old_posts` (`old_id` int, KEY `old_key` (`old_id`))",
                "CREATE TABLE `wp_posts` (`old_id` int, KEY `old_key` (`old_id`))",
            ),
            (
                "CREATE TABLE a (b int COMMENT 'of old_posts' REFERENCES `old_posts` (`ID`))",
                "CREATE TABLE a (b int COMMENT 'of old_posts' REFERENCES `wp_posts` (`ID`))",
            ),
            (
                "INSERT INTO `old_posts` (`old_id`) VALUES ",
                "INSERT INTO `wp_posts` (`old_id`) VALUES ",
            ),
            ("INSERT IGNORE INTO old_posts VALUES ", "INSERT IGNORE INTO wp_posts VALUES "),
            ("INSERT INTO `db`.`old_posts` VALUES ", "INSERT INTO `db`.`wp_posts` VALUES "),
            ("ALTER TABLE `old_posts` ADD `old_x` int", "ALTER TABLE `wp_posts` ADD `old_x` int"),
            (
                "CREATE VIEW `old_v` AS select `old_posts`.`old_id` AS `old_id` from `old_posts`",
                "CREATE VIEW `wp_v` AS select `wp_posts`.`old_id` AS `old_id` from `wp_posts`",
            ),
            (
                "CREATE TRIGGER t AFTER INSERT ON `old_posts` FOR EACH ROW UPDATE old_counts SET n = 'old_x'",
                "CREATE TRIGGER t AFTER INSERT ON `wp_posts` FOR EACH ROW UPDATE wp_counts SET n = 'old_x'",
            ),
            ("CREATE TABLE `folders` (`a` text)", "CREATE TABLE `folders` (`a` text)"),
        ] {
            assert_eq!(String::from_utf8_lossy(&prefix.rename(from.as_bytes())), to);
        }
    }
}
