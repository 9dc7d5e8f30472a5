#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use super::{Met, Rewriter};

fn rewriter(pairs: &[(&str, &str)]) -> Rewriter {
    let pairs: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Rewriter::new(&pairs).unwrap()
}

fn rewrite(rewriter: &Rewriter, value: &str) -> (String, Met) {
    let mut met = Met::default();
    let new = rewriter.rewrite(value.as_bytes(), &mut met).into_owned();
    (String::from_utf8(new).unwrap(), met)
}

const OLD: &str = "https://acme.test";
const NEW: &str = "http://dev-acme.localhost:8080";

fn new(value: &str) -> String {
    rewrite(&rewriter(&[(OLD, NEW)]), value).0
}

fn s(text: &str) -> String {
    format!("s:{}:\"{text}\";", text.len())
}

#[test]
fn every_form_of_an_address_is_found() {
    for (old, expected) in [
        ("see https://acme.test/a now", "see http://dev-acme.localhost:8080/a now"),
        ("http://acme.test", "http://dev-acme.localhost:8080"),
        ("HTTPS://acme.test?a", "http://dev-acme.localhost:8080?a"),
        ("src=\"//acme.test/x\"", "src=\"//dev-acme.localhost:8080/x\""),
        (r#"{"u":"https:\/\/acme.test\/a"}"#, r#"{"u":"http:\/\/dev-acme.localhost:8080\/a"}"#),
        (r"https:\\/\\/acme.test\\/a", r"http:\\/\\/dev-acme.localhost:8080\\/a"),
        (r"https:\\\/\\\/acme.test", r"http:\\\/\\\/dev-acme.localhost:8080"),
        ("u=https%3A%2F%2Facme.test%2Fa", "u=http%3A%2F%2Fdev-acme.localhost%3A8080%2Fa"),
        ("u=https%3a%2f%2facme.test", "u=http%3a%2f%2fdev-acme.localhost%3a8080"),
        ("u=https%253A%252F%252Facme.test", "u=http%253A%252F%252Fdev-acme.localhost%253A8080"),
        ("at https://acme.test. Bye", "at http://dev-acme.localhost:8080. Bye"),
        ("https://acme.test: it", "http://dev-acme.localhost:8080: it"),
        ("(https://acme.test)", "(http://dev-acme.localhost:8080)"),
        (
            "https://acme.test/https://acme.test/",
            "http://dev-acme.localhost:8080/http://dev-acme.localhost:8080/",
        ),
        ("访问https://acme.test，谢谢", "访问http://dev-acme.localhost:8080，谢谢"),
    ] {
        assert_eq!(new(old), expected);
        assert!(rewrite(&rewriter(&[(OLD, NEW)]), old).1.replacements > 0, "{old}");
    }
}

#[test]
fn an_address_is_one_however_its_letters_slashes_and_colons_are_written() {
    for (old, expected) in [
        (
            "https://Acme.Test/a HTTP://ACME.TEST/b",
            "http://dev-acme.localhost:8080/a http://dev-acme.localhost:8080/b",
        ),
        ("https%3a%2f%2fACME.test%2fx", "http%3a%2f%2fdev-acme.localhost%3a8080%2fx"),
        (
            r#"{"u":"https:\u002F\u002Facme.test\u002Fa"}"#,
            r#"{"u":"http:\u002F\u002Fdev-acme.localhost:8080\u002Fa"}"#,
        ),
        (r"https:\\u002f\\u002facme.test", r"http:\\u002f\\u002fdev-acme.localhost:8080"),
        ("https:&#x2F;&#x2F;acme.test&#x2F;a", "http:&#x2F;&#x2F;dev-acme.localhost:8080&#x2F;a"),
        ("https:&#047;&#047;acme.test/a", "http:&#047;&#047;dev-acme.localhost:8080/a"),
        ("https&#58;//acme.test/a", "http&#58;//dev-acme.localhost&#58;8080/a"),
        ("https&colon;&sol;&sol;acme.test", "http&colon;&sol;&sol;dev-acme.localhost&colon;8080"),
        ("https://acme.test:443/a", "http://dev-acme.localhost:8080/a"),
        ("http://acme.test:80", "http://dev-acme.localhost:8080"),
        ("https%3A%2F%2Facme.test%3A443%2F", "http%3A%2F%2Fdev-acme.localhost%3A8080%2F"),
        ("https://acme.test./a", "http://dev-acme.localhost:8080/a"),
        (
            "wss://acme.test/socket ws://acme.test",
            "ws://dev-acme.localhost:8080/socket ws://dev-acme.localhost:8080",
        ),
    ] {
        let (new, met) = rewrite(&rewriter(&[(OLD, NEW)]), old);
        assert_eq!(new, expected);
        assert!(met.replacements > 0 && met.left == 0, "{old}: {met:?}");
    }
    let secure = rewriter(&[("http://acme.test", "https://dev.acme.test")]);
    assert_eq!(rewrite(&secure, "ws://acme.test/x").0, "wss://dev.acme.test/x");
    assert_eq!(rewrite(&secure, "https://acme.test:80/x").0, "https://acme.test:80/x");
}

#[test]
fn what_is_no_address_as_it_stands_is_left_whole_and_counted() {
    for (same, left) in [
        ("visit acme.test/contact, or ACME.TEST", 2),
        ("feed://acme.test/feed", 1),
        ("mailto:me@acme.test", 1),
        ("https://me:pw@acme.test/", 1),
        ("var a='https:'+'//acme.test/x';", 1),
        ("https:\\\\acme.test\\a", 1),
        ("RewriteCond %{HTTP_HOST} ^acme\\.test$", 1),
        ("/srv/www/acme.test/htdocs", 1),
        ("https://www.acme.test/ https://cdn-acme.test acme.tests", 0),
    ] {
        let (new, met) = rewrite(&rewriter(&[(OLD, NEW)]), same);
        assert_eq!((new.as_str(), met.left, met.replacements), (same, left, 0));
    }
    let inside = "see a:1:{i:0;s:17:\"https://acme.test\";} there";
    let (_, met) = rewrite(&rewriter(&[(OLD, NEW)]), inside);
    assert_eq!((met.replacements, met.inside), (1, 1));
}

#[test]
fn other_addresses_are_left_alone() {
    for same in [
        "https://acme.test.au/",
        "https://acme.test:8443/",
        "https%3A%2F%2Facme.test%3A8443",
        "https://www.acme.test/",
        "https://cdn-acme.test/",
        "me@acme.test",
        "https://me@acme.test",
        "https://acme.test@evil.example",
        "https://acme.test:secret@evil.example",
        "https://acme.tests",
        "https://acme.test-foo.example",
        "ftp://acme.test/",
        "acme.test",
        "mailto:you@acme.test?subject=acme.test",
    ] {
        assert_eq!(new(same), same);
    }
}

#[test]
fn a_bare_host_is_found_bare_and_behind_any_scheme() {
    let bare = rewriter(&[("acme.test", "dev.localhost:80")]);
    for (old, expected) in [
        ("acme.test", "dev.localhost:80"),
        ("https://acme.test/", "https://dev.localhost:80/"),
        ("a%2Facme.test", "a%2Fdev.localhost:80"),
        ("[\"a\\nacme.test\"]", "[\"a\\ndev.localhost:80\"]"),
        ("shop.acme.test", "shop.acme.test"),
        ("me@acme.test", "me@acme.test"),
        ("me%40acme.test", "me%40acme.test"),
        ("xacme.test", "xacme.test"),
    ] {
        assert_eq!(rewrite(&bare, old).0, expected);
    }
}

#[test]
fn several_pairs_go_in_one_pass_longest_first_without_chaining() {
    let pairs = rewriter(&[
        ("https://a.test", "https://b.test"),
        ("https://b.test", "https://c.test"),
        ("https://a.test/sub", "https://d.test/other/way"),
        ("a.test", "bare.test"),
        ("https://localhost:8080/x/", "https://y.test/"),
    ]);
    for (old, expected) in [
        ("https://a.test https://b.test", "https://b.test https://c.test"),
        ("https://a.test/sub/x", "https://d.test/other/way/x"),
        (r"https:\/\/a.test\/sub\/x", r"https:\/\/d.test\/other\/way\/x"),
        ("https%3A%2F%2Fa.test%2Fsub", "https%3A%2F%2Fd.test%2Fother%2Fway"),
        ("https://a.test/subway", "https://b.test/subway"),
        ("https://a.test/sub.html", "https://b.test/sub.html"),
        ("at a.test", "at bare.test"),
        ("http://localhost:8080/x/1", "https://y.test/1"),
        ("http://localhost:80801/x/1", "http://localhost:80801/x/1"),
        ("http://localhost/x/1", "http://localhost/x/1"),
    ] {
        assert_eq!(rewrite(&pairs, old).0, expected);
    }
}

#[test]
fn swapping_two_addresses_works() {
    let pairs =
        rewriter(&[("https://a.test", "https://b.test"), ("https://b.test", "https://a.test")]);
    assert_eq!(rewrite(&pairs, "https://a.test https://b.test").0, "https://b.test https://a.test");
}

#[test]
fn what_is_no_address_is_plain_text() {
    let text = rewriter(&[("Hello", "Good bye"), ("old_prefix_", "new_")]);
    let (new, met) = rewrite(&text, &format!("a:1:{{i:0;{}}}", s("Hello Hellos old_prefix_x")));
    assert_eq!(new, format!("a:1:{{i:0;{}}}", s("Good bye Good byes new_x")));
    assert_eq!(met.replacements, 3);
    Rewriter::new(&[(String::new(), "x".into())]).unwrap_err();
    Rewriter::new(&[("https://a.test".into(), "not an address".into())]).unwrap_err();
}

/// Data with addresses at every place that PHP's format has; built with the given address.
fn nested(url: &str) -> String {
    let inner = format!("a:1:{{s:1:\"u\";{}}}", s(&format!("{url}/é日😀\"q\";s:3:\"abc\";")));
    let object = format!(
        "O:12:\"Some\\Unknown\":4:{{{}{}{}{}{}N;{}R:2;}}",
        s("\0*\0protected"),
        s(url),
        s("\0Some\\Unknown\0private"),
        s(&inner),
        s("none"),
        s("same")
    );
    let embedded = format!("x:i:0;a:1:{{s:1:\"u\";{}}};m:a:0:{{}}", s(url));
    let custom = format!("C:11:\"ArrayObject\":{}:{{{embedded}}}", embedded.len());
    let own = format!("{{\"own\":\"{url}\"}}");
    let own = format!("C:3:\"Own\":{}:{{{own}}}", own.len());
    let json = serde_json::to_string(&serde_json::json!({ "u": url, "inner": inner })).unwrap();
    format!(
        "a:9:{{i:0;{object}i:1;{custom}i:2;{own}i:3;E:11:\"Suit:Hearts\";i:4;d:0.1;i:5;{}i:6;b:1;i:-7;{}s:5:\"float\";d:-1.0E+25;}}",
        s(&json),
        s(&s(&inner)),
    )
}

#[test]
fn serialised_data_keeps_its_lengths_at_every_depth() {
    assert_eq!(new(&nested(OLD)), nested(NEW));
}

#[test]
fn serialised_in_json_in_serialised_in_json() {
    let json = |url: &str| {
        serde_json::to_string(&serde_json::json!({ "a": nested(url), "b": [nested(url), 1] }))
            .unwrap()
            .replace('/', "\\/")
    };
    assert_eq!(new(&json(OLD)), json(NEW));
    let twice = |url: &str| serde_json::to_string(&vec![json(url)]).unwrap();
    assert_eq!(new(&twice(OLD)), twice(NEW));
}

#[test]
fn escaped_strings_become_plain_ones() {
    assert_eq!(new("S:17:\"https:\\2f/acme.test\";"), s(NEW));
    assert_eq!(new("S:6:\"\\2fplain\";"), "S:6:\"\\2fplain\";");
}

#[test]
fn keys_and_names_stay() {
    let value = format!("a:1:{{{}{}}}", s(OLD), s("x"));
    assert_eq!(new(&value), value);
}

#[test]
fn a_broken_length_is_counted_and_replaced_as_text() {
    let (new, met) = rewrite(&rewriter(&[(OLD, NEW)]), "a:1:{i:0;s:99:\"https://acme.test\";}");
    assert_eq!(new, format!("a:1:{{i:0;s:99:\"{NEW}\";}}"));
    assert_eq!(met, Met { replacements: 1, broken: 1, ..Met::default() });
}

#[test]
fn what_a_class_wrote_in_its_own_way_is_left_and_counted() {
    let value = "C:3:\"Own\":33:{|s:17:\"https://acme.test\"|unknown}";
    let value =
        value.replace(":33:", &format!(":{}:", "|s:17:\"https://acme.test\"|unknown".len()));
    let (new, met) = rewrite(&rewriter(&[(OLD, NEW)]), &value);
    assert_eq!((new, met.broken, met.replacements), (value, 1, 0));
}

#[test]
fn base64_is_left_and_counted() {
    let rewriter = rewriter(&[(OLD, NEW)]);
    // base64 of "see https://acme.test/x", ".see …", "..see …".
    for value in [
        "c2VlIGh0dHBzOi8vYWNtZS50ZXN0L3g=",
        "LnNlZSBodHRwczovL2FjbWUudGVzdC94",
        "Li5zZWUgaHR0cHM6Ly9hY21lLnRlc3QveA==",
    ] {
        let (new, met) = rewrite(&rewriter, value);
        assert_eq!(new, value);
        assert_eq!(met, Met { base64: 1, ..Met::default() });
    }
}

#[test]
fn hostile_nesting_ends() {
    let mut value = s(OLD);
    for _ in 0..300 {
        value = s(&value);
    }
    assert!(rewrite(&rewriter(&[(OLD, NEW)]), &value).1.broken > 0);
    let deep = format!("{}{}{}", "a:1:{i:0;".repeat(100_000), s(OLD), "}".repeat(100_000));
    let expected = format!("{}{}{}", "a:1:{i:0;".repeat(100_000), s(NEW), "}".repeat(100_000));
    assert_eq!(new(&deep), expected);
}

/// PHP makes random data twice from the same seed, once with each address, in every wrapping it knows.
#[test]
fn what_php_serialised_reads_as_if_php_had_replaced_it() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/content/urls/random.php");
    let made = std::process::Command::new("php").args([script, OLD, NEW, "400"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (rewriter, mut changed) = (rewriter(&[(OLD, NEW)]), 0);
    let lines: Vec<Vec<u8>> = made.stdout.split(|byte| *byte == b'\n').map(unhex).collect();
    assert!(lines.len() >= 800);
    for pair in lines.chunks_exact(2) {
        let mut met = Met::default();
        let new = rewriter.rewrite(&pair[0], &mut met);
        assert_eq!(
            String::from_utf8_lossy(&new),
            String::from_utf8_lossy(&pair[1]),
            "of {}",
            String::from_utf8_lossy(&pair[0])
        );
        assert_eq!(met.broken, 0);
        changed += u64::from(met.replacements > 0);
    }
    assert!(changed > 200);
}

fn unhex(line: &[u8]) -> Vec<u8> {
    let digits = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    line.chunks_exact(2).map(digits).collect()
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_survived(
        bytes in proptest::collection::vec(
            proptest::sample::select(b"acme.testhttps://\\\"{}[]:;aOsSCE0123456789%2F@ \x00\xc3".to_vec()), 0..200)
    ) {
        let mut value = b"a:1:{i:0;".to_vec();
        value.extend_from_slice(&bytes);
        value.extend_from_slice(b"//acme.test");
        for value in [&value[9..], &value] {
            rewriter(&[(OLD, NEW), ("acme.test", "x.test")]).rewrite(value, &mut Met::default());
        }
    }
}
