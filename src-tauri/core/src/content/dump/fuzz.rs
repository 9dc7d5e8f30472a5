//! Dumps that nobody would write.
use super::{
    definition::Definition,
    filter::{self, Filter, Verdict},
    load_sqlite::read_values,
    rows::{self, Rows},
    statements::{Kind, Statements},
};
use crate::{content::urls::Rewriter, fuzzing::fuzz};

const WORDS: &[&[u8]] = &[
    b"INSERT INTO `t` VALUES ",
    b"(1,'a')",
    b"CREATE TABLE `t` (`a` int)",
    b"DELIMITER ;;\n",
    b"/*!50003 ",
    b"*/",
    b"-- ",
    b"#",
    b"/*",
    b"\\'",
    b"''",
    b"`",
    b"\"",
    b";",
    b",",
    b"(",
    b")",
    b"0x41",
    b"X'00'",
    b"_latin1 ",
    b"NULL",
    b"DEFAULT ",
    b"https://old.example",
    b"s:19:\"",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"ON DUPLICATE KEY UPDATE `a`=1",
    b"SET NAMES latin1;",
    b"USE `x`;",
    b"KEY `k` (`a`(10))",
    b"PRIMARY KEY (`a`)",
    b"AUTO_INCREMENT",
    b"b'1'",
];

/// Reads some bytes at a time.
struct Dripping<'a>(&'a [u8], usize);

impl std::io::Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

type Pieces = (Vec<(Kind, u64, Vec<u8>)>, String);

fn pieces(input: impl std::io::Read) -> Pieces {
    let mut statements = Statements::new(input);
    let mut all = Vec::new();
    loop {
        match statements.next() {
            Ok(Some(piece)) => all.push((piece.kind, piece.line, piece.text.to_vec())),
            Ok(None) => return (all, format!("ended {}", statements.lacks_its_end())),
            Err(trouble) => return (all, format!("{trouble:?}")),
        }
    }
}

#[test]
fn no_dump_breaks_its_reader() {
    let pairs = [("https://old.example".to_owned(), "http://dev-acme.localhost".to_owned())];
    let rewriter = Rewriter::new(&pairs).expect("a rewriter");
    fuzz("dump", WORDS, |input| {
        let (all, end) = pieces(input);
        assert_eq!((&all, &end), (&pieces(Dripping(input, 3)).0, &pieces(Dripping(input, 7)).1));
        let mut said = end.chars().filter(|it| !it.is_ascii_digit()).take(60).collect::<String>();
        let mut filter = Filter::default();
        let mut rows = Rows::new(Some(&rewriter));
        for (kind, line, text) in &all {
            assert!(
                *line >= 1 && *line <= 1 + input.iter().filter(|it| **it == b'\n').count() as u64
            );
            match kind {
                Kind::Statement | Kind::Head => {
                    let verdict = filter.judge(text);
                    said += match &verdict {
                        Verdict::Run(sql) => {
                            let definition = Definition::read(sql);
                            if let Some(definition) = &definition {
                                let mut again = definition.clone();
                                again.alter(sql);
                                said_of_columns(&definition.in_plain_mysql(), definition);
                            }
                            if definition.is_some() { "d" } else { "r" }
                        }
                        Verdict::Charset(name) => {
                            rows.charset = Some(name.clone()).filter(|it| it == "latin1");
                            "c"
                        }
                        Verdict::Refuse(_) => "x",
                        _ => "-",
                    };
                    drop(filter::table_of(text));
                }
                Kind::Row => {
                    let row = rows.convert(text);
                    drop(rows::texts(row.as_bytes()));
                    said +=
                        read_values(&row).map_or("e", |count| ["0", "1", "2", "m"][count.min(3)]);
                }
                Kind::End => said.push('.'),
            }
        }
        said.chars().take(120).collect()
    });
}

/// What is written in plain words reads as the same columns.
fn said_of_columns(sql: &str, definition: &Definition) {
    let names = |it: &Definition| it.columns.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    if definition.columns.iter().all(|it| {
        is_plain(&it.name) && is_plain(&it.kind) && it.arguments.is_none() && it.default.is_none()
    }) && is_plain(&definition.name)
    {
        let again = Definition::read(sql.as_bytes()).unwrap_or_else(|| panic!("{sql}"));
        assert_eq!(names(&again), names(definition), "{sql}");
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase())
}
