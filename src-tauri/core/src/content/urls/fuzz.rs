//! Values that no site would keep.
use super::{Met, Rewriter};
use crate::fuzzing::fuzz;

const WORDS: &[&[u8]] = &[
    b"https://old.example",
    b"http:\\/\\/old.example",
    b"https%3A%2F%2Fold.example",
    b"//old.example",
    b"old.example",
    b"s:19:\"https://old.example\";",
    b"a:1:{",
    b"O:8:\"stdClass\":1:{",
    b"C:1:\"X\":3:{",
    b"E:3:\"A:B\";",
    b"S:1:\"\\41\";",
    b"}",
    b"{\"a\":\"",
    b"\"}",
    b"i:0;",
    b"b:1;",
    b"d:0.5;",
    b"N;",
    b"r:1;",
    b"\\\"",
    b"\\u0041",
    b"\\/",
    b":8443",
    b".au",
    b"www.",
    b"me@",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"aHR0cHM6Ly9vbGQuZXhhbXBsZQ==",
    b"new.example",
    b"new",
    b"/sub",
];

#[test]
fn no_value_breaks_the_rewriter() {
    let pairs = [
        ("https://old.example", "http://dev-acme.localhost:8080"),
        ("https://old.example/sub", "http://sub-acme.localhost"),
        ("bare.example", "other.localhost"),
    ];
    let pairs = pairs.map(|(from, to)| (from.to_owned(), to.to_owned()));
    let rewriter = Rewriter::new(&pairs).expect("a rewriter");
    fuzz("urls", WORDS, |value| {
        let mut met = Met::default();
        let once = rewriter.rewrite(value, &mut met).into_owned();
        if met.replacements == 0 {
            assert_eq!(once, value, "nothing was replaced, and it changed");
        }
        if str::from_utf8(value).is_ok() {
            assert!(str::from_utf8(&once).is_ok(), "text is no text any more");
        }
        // Nothing is replaced twice: the new addresses hold no old one.
        let mut again = Met::default();
        let twice = rewriter.rewrite(&once, &mut again);
        if met.broken == 0 {
            assert_eq!(twice.as_ref(), &once[..], "a second pass changes it");
        }
        let few = |number: u64| number.min(3);
        format!(
            "{} {} {} {}",
            few(met.replacements),
            few(met.broken),
            few(met.base64),
            again.replacements
        )
    });
}
