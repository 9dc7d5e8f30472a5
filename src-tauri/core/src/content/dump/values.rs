//! Rows as the values of prepared statements: each travels with its length, so that the server need not look at every
//! byte of it as it must in a literal, or in a line of `LOAD DATA`. (Measured for texts of 2 KB: less
//! than half of the server's time for such lines.)
//!
//! Only what both ways certainly read alike goes this way; any other row makes its whole batch a plain `INSERT`.
use std::collections::BTreeMap;

use mysql::{Conn, Value, prelude::Queryable};

use super::{
    rows::{end_of_literal, unescape, unhex},
    statements::is_word_byte,
};

/// What a column takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Number,
    /// Text or bytes.
    Bytes,
    /// What a number means depends on the type: dates and choices.
    Quoted,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    takes: Takes,
    is_nullable: bool,
}

/// How the rows of one `INSERT` are read as values.
#[derive(Debug)]
pub(super) struct Columns(Vec<Column>);

/// The columns of the tables that were asked for; none for one whose values can't be bound.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, Option<Vec<(String, Column)>>>);

impl Known {
    /// A table was made anew.
    pub(super) fn forget(&mut self, table: &str) {
        self.0.remove(table);
    }

    /// How the rows of an `INSERT INTO` with this head are read; none when they can't be.
    pub(super) fn columns(
        &mut self,
        connection: &mut Conn,
        table: &str,
        head: &str,
    ) -> Option<Columns> {
        if !self.0.contains_key(table) {
            let found = columns(connection, table);
            self.0.insert(table.to_owned(), found);
        }
        let all = self.0.get(table)?.as_ref()?;
        let columns = match names(head)? {
            None => all.iter().map(|(_, column)| *column).collect(),
            Some(names) => names
                .iter()
                .map(|name| Some(all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1))
                .collect::<Option<_>>()?,
        };
        Some(Columns(columns))
    }
}

/// The columns of a table, in their order. Texts must be kept as UTF-8: only then are their bytes the dump's.
fn columns(connection: &mut Conn, table: &str) -> Option<Vec<(String, Column)>> {
    let found: Vec<(String, String, Option<String>, String, String)> = connection
        .exec(
            "SELECT column_name, data_type, character_set_name, is_nullable, extra
             FROM information_schema.columns
             WHERE table_schema = database() AND table_name = ? ORDER BY ordinal_position",
            (table,),
        )
        .ok()?;
    let column =
        |(name, kind, charset, nullable, extra): (String, String, Option<String>, _, _)| {
            let extra: String = extra;
            let nullable: String = nullable;
            if ["GENERATED", "VIRTUAL", "PERSISTENT", "INVISIBLE"]
                .iter()
                .any(|it| extra.contains(it))
            {
                return None;
            }
            if charset.is_some_and(|it| !["utf8mb4", "utf8mb3", "utf8"].contains(&it.as_str())) {
                return None;
            }
            let takes = match kind.as_str() {
                "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float"
                | "double" => Takes::Number,
                "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "binary"
                | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Takes::Bytes,
                "date" | "datetime" | "timestamp" | "time" | "enum" | "set" => Takes::Quoted,
                _ => return None,
            };
            Some((name, Column { takes, is_nullable: nullable == "YES" }))
        };
    let columns: Vec<_> = found.into_iter().map(column).collect::<Option<_>>()?;
    (!columns.is_empty()).then_some(columns)
}

/// The columns that a head lists, some; none where it lists no columns. Nothing at all for what is no plain list.
fn names(head: &str) -> Option<Option<Vec<String>>> {
    let Some(start) = head.find('(') else { return Some(None) };
    let list = head[start + 1..].split_once(')')?.0;
    let name = |name: &str| {
        let name = name.trim();
        let bare = name.strip_prefix('`').and_then(|it| it.strip_suffix('`')).unwrap_or(name);
        let is_plain = !bare.is_empty() && !bare.contains(['`', '"', '\'', '(']);
        is_plain.then(|| bare.to_owned())
    };
    Some(Some(list.split(',').map(name).collect::<Option<_>>()?))
}

impl Columns {
    /// How many values a row has.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The values of rows as they stand in an `INSERT`, `(…),(…)`, one after the other; none when one of them is not
    /// certainly read alike.
    pub(super) fn values(&self, rows: &str) -> Option<Vec<Value>> {
        let rows = rows.as_bytes();
        let mut values = Vec::new();
        let mut at = 0;
        loop {
            at = after(rows, at, b'(')?;
            for (number, column) in self.0.iter().enumerate() {
                if number > 0 {
                    at = after(rows, at, b',')?;
                }
                let (value, end) = value(rows, skip_space(rows, at), *column)?;
                values.push(value);
                at = end;
            }
            at = skip_space(rows, after(rows, at, b')')?);
            if at == rows.len() {
                return Some(values);
            }
            at = after(rows, at, b',')?;
        }
    }
}

/// The place after a sign, which blanks may stand before.
fn after(text: &[u8], at: usize, sign: u8) -> Option<usize> {
    let at = skip_space(text, at);
    (text.get(at) == Some(&sign)).then_some(at + 1)
}

fn skip_space(text: &[u8], at: usize) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|it| it.is_ascii_whitespace()).count()
}

/// The value that begins at `at`, and where it ends.
fn value(row: &[u8], at: usize, column: Column) -> Option<(Value, usize)> {
    match row.get(at)? {
        quote @ (b'\'' | b'"') => {
            let end = end_of_literal(row, at);
            let text = unescape(row.get(at + 1..end - 1)?, *quote);
            Some((Value::Bytes(text), end))
        }
        b'0' if matches!(row.get(at + 1), Some(b'x')) => {
            let digits = &row[at + 2..];
            let count = digits.iter().take_while(|it| it.is_ascii_hexdigit()).count();
            let is_whole = row.get(at + 2 + count).is_none_or(|it| !is_word_byte(*it));
            let bytes = bytes(&digits[..count], column)?;
            is_whole.then_some((bytes, at + 2 + count))
        }
        b'X' | b'x' if row.get(at + 1) == Some(&b'\'') => {
            let end = end_of_literal(row, at + 1);
            Some((bytes(row.get(at + 2..end - 1)?, column)?, end))
        }
        b'_' => {
            let rest = row[at..].strip_prefix(b"_binary")?;
            let at = skip_space(row, row.len() - rest.len());
            let is_literal = matches!(row.get(at), Some(b'\'' | b'X' | b'x'));
            (is_literal && column.takes == Takes::Bytes).then(|| value(row, at, column))?
        }
        _ => word(row, at, column),
    }
}

/// A number or `NULL`.
fn word(row: &[u8], at: usize, column: Column) -> Option<(Value, usize)> {
    let is_part = |it: &&u8| is_word_byte(**it) || matches!(it, b'.' | b'-' | b'+');
    let end = at + row[at..].iter().take_while(is_part).count();
    let word = &row[at..end];
    if word.eq_ignore_ascii_case(b"null") {
        // Where there must be a value, a row by itself is refused, and one of many is not.
        return column.is_nullable.then_some((Value::NULL, end));
    }
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let is_whole = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let is_number = digits.first().is_some_and(u8::is_ascii_digit)
        && str::from_utf8(digits).is_ok_and(|it| it.parse::<f64>().is_ok());
    let is_plain = digits == b"0" || digits.first() != Some(&b'0');
    let fits = match column.takes {
        Takes::Number => is_number,
        // As a text it stays what it is only when it is written as the server would write it.
        Takes::Bytes => is_whole && is_plain && word != b"-0",
        Takes::Quoted => false,
    };
    fits.then(|| (Value::Bytes(word.to_vec()), end))
}

/// The bytes of hexadecimal digits, where they are bytes and not a number.
fn bytes(digits: &[u8], column: Column) -> Option<Value> {
    (column.takes == Takes::Bytes).then_some(())?;
    unhex(digits).map(Value::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn column(takes: Takes) -> Column {
        Column { takes, is_nullable: true }
    }

    fn values(rows: &str) -> Option<String> {
        let columns = [Takes::Number, Takes::Bytes, Takes::Quoted].map(column).to_vec();
        let shown = |value: Value| match value {
            Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).escape_debug().to_string(),
            _ => "NULL".to_owned(),
        };
        let values = Columns(columns).values(rows)?.into_iter().map(shown);
        Some(values.collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn rows_that_both_ways_read_alike_become_values() {
        let rows = "(1,'it''s \\\\ a\\ttab\\nline\\0','2026-01-01'),\n ( -1.5e3 , NULL, NULL ),(NULL,X'0a5c',\"b\") ";
        assert_eq!(
            values(rows).unwrap(),
            r"1|it\'s \\ a\ttab\nline\0|2026-01-01|-1.5e3|NULL|NULL|NULL|\n\\|b"
        );
        assert_eq!(values("(1,_binary 'a\\%',NULL)").unwrap(), r"1|a\\%|NULL");
        assert_eq!(values("(1,12,'a')").unwrap(), "1|12|a");
    }

    #[test]
    fn rows_that_may_be_read_otherwise_stay_an_insert() {
        for rows in [
            "(0x31,'a','b')",
            "(1,1.50,'b')",
            "(1,007,'b')",
            "(1,'a',2)",
            "(1,'a',NOW())",
            "(1,_latin1 'a','b')",
            "(b'1','a','b')",
            "(1,'a')",
            "(1,'a','b','c')",
            "(1,'a','b') ON DUPLICATE KEY UPDATE x=1",
            "(1,'a' 'b','c')",
            "(1,0x1,'c')",
            "(1+1,'a','b')",
            "(1-1,'a','b')",
            "(1,'a','b'),",
            "",
        ] {
            assert_eq!(values(rows), None, "{rows}");
        }
        let never = Column { takes: Takes::Bytes, is_nullable: false };
        assert_eq!(Columns(vec![never]).values("(NULL)"), None);
    }

    #[test]
    fn a_head_lists_columns_or_none() {
        assert_eq!(names("INSERT INTO `t` VALUES"), Some(None));
        let listed = |names: [&str; 2]| Some(Some(names.map(str::to_owned).to_vec()));
        assert_eq!(names("INSERT INTO `t` (`a`, b) VALUES"), listed(["a", "b"]));
        assert_eq!(names("INSERT INTO `t` (`a``b`) VALUES"), None);
    }
}
