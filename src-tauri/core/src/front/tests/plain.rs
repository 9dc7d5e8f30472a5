use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::support::{Answer, Stage, World, eventually};
use crate::{
    front::{Front, server::Limits},
    model::{Lock, view::Health},
};

/// Makes a file old enough to be kept in memory.
fn age(stage: &Stage, path: &str) {
    let file = std::fs::File::options().write(true).open(stage.root.join(path)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

#[test]
fn a_file_is_served_revalidated_and_in_parts() {
    let stage = Stage::new(false, None);
    let content: String = (0..5000).map(|n| format!("{n:04}")).collect();
    for (name, content) in [("a.css", content.clone()), ("big.css", content.repeat(40))] {
        stage.write(&format!("code/{name}"), &content);
        age(&stage, &format!("code/{name}"));
        // Twice: from the disk, then (the small one) from memory.
        for _ in 0..2 {
            let answer = stage.get(&format!("/{name}"));
            assert_eq!((answer.status, answer.whole), (200, true));
            assert_eq!(answer.text(), content);
            assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
            assert_eq!(answer.header("cache-control"), Some("no-cache"));
            let etag = answer.header("etag").unwrap();
            let again = |header: &str| stage.send("GET", &format!("/{name}"), header, b"");
            assert_eq!(again(&format!("If-None-Match: \"x\", W/{etag}\r\n")).status, 304);
            assert_eq!(again("If-None-Match: \"x\"\r\n").status, 200);
            let modified = answer.header("last-modified").unwrap();
            assert_eq!(again(&format!("If-Modified-Since: {modified}\r\n")).status, 304);
            let part = again(&format!("Range: bytes=4-7\r\nIf-Range: {etag}\r\n"));
            assert_eq!((part.status, part.text()), (206, "0001"));
            assert_eq!(
                part.header("content-range").unwrap(),
                format!("bytes 4-7/{}", content.len())
            );
            assert_eq!(again("Range: bytes=4-7\r\nIf-Range: \"x\"\r\n").status, 200);
            assert_eq!(again("Range: bytes=99999999-\r\n").status, 416);
            let head = stage.send("HEAD", &format!("/{name}"), "", b"");
            assert_eq!((head.status, head.body.len()), (200, 0));
            assert_eq!(head.header("content-length").unwrap(), content.len().to_string());
            assert_eq!(stage.send("POST", &format!("/{name}"), "", b"x").status, 405);
        }
    }
    let health = stage.front.health(&"acme.dev".parse().unwrap());
    assert!(matches!(health, Health::Answered { status: 405, .. }), "{health:?}");
}

#[test]
fn what_a_page_fetches_by_itself_says_nothing_of_how_the_page_was_answered() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "a page");
    stage.write("code/404.html", "not here");
    let last = || match stage.front.health(&"acme.dev".parse().unwrap()) {
        Health::Answered { status, .. } => status,
        health => panic!("{health:?}"),
    };
    let ask = |path: &str, kind: &str| {
        stage.send("GET", path, &format!("Sec-Fetch-Dest: {kind}\r\n"), b"").status
    };
    assert_eq!((ask("/", "document"), last()), (200, 200));
    assert_eq!((ask("/favicon.ico", "image"), last()), (404, 200));
    assert_eq!((ask("/gone", "document"), last()), (404, 404));
    assert_eq!((ask("/", "empty"), last()), (200, 404));
    assert_eq!((stage.send("GET", "/", "", b"").status, last()), (200, 200));
}

#[test]
fn an_edit_shows_at_once_even_if_size_and_time_stay() {
    let stage = Stage::new(false, None);
    for round in 0..50 {
        let content = format!("round {round:04}");
        stage.write("code/a.txt", &content);
        assert_eq!(stage.get("/a.txt").text(), content);
    }
    age(&stage, "code/a.txt");
    assert_eq!(stage.get("/a.txt").text(), "round 0049");
    stage.write("code/b.txt", "round 9999");
    age(&stage, "code/b.txt");
    std::fs::rename(stage.root.join("code/b.txt"), stage.root.join("code/a.txt")).unwrap();
    assert_eq!(stage.get("/a.txt").text(), "round 9999");
}

#[test]
fn a_compressed_sibling_is_sent_to_who_can_read_it_unless_it_is_stale() {
    let stage = Stage::new(false, None);
    stage.write("code/a.js", "plain");
    age(&stage, "code/a.js");
    stage.write("code/a.js.gz", "zipped");
    let zipped = stage.send("GET", "/a.js", "Accept-Encoding: gzip, br\r\n", b"");
    assert_eq!((zipped.text(), zipped.header("content-encoding")), ("zipped", Some("gzip")));
    assert_eq!(zipped.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(stage.get("/a.js").text(), "plain");
    let itself = stage.get("/a.js.gz");
    assert_eq!(
        (itself.header("content-encoding"), itself.header("content-type")),
        (None, Some("application/gzip"))
    );
    age(&stage, "code/a.js.gz");
    stage.write("code/a.js", "newer");
    assert_eq!(stage.send("GET", "/a.js", "Accept-Encoding: gzip\r\n", b"").text(), "newer");
}

#[test]
fn only_known_host_names_are_answered_and_nothing_private_is_told() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "home");
    let ask = |request: &str| {
        let mut stream = stage.connect();
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(stream)
    };
    for host in ["dev-acme.localhost", "DEV-ACME.localhost:1234", "dev-acme.localhost."] {
        let answer = ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        assert_eq!((answer.status, answer.text()), (200, "home"), "{host}");
    }
    assert_eq!(
        ask("GET http://dev-acme.localhost:9/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .status,
        200
    );
    assert_eq!(ask("GET / HTTP/1.0\r\nHost: dev-acme.localhost\r\n\r\n").text(), "home");
    for host in ["localhost", "evil.example", "127.0.0.1", "[::1]:80", ""] {
        let answer = ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        assert_eq!(answer.status, 404, "{host}");
        assert!(!answer.text().contains("acme"), "{host}");
    }
    assert_eq!(ask("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").status, 400);
    assert_eq!(ask("GET / HTTP/1.0\r\n\r\n").status, 404);
}

#[test]
fn a_request_that_could_mean_two_things_is_refused() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "home");
    let host = "Host: dev-acme.localhost\r\n";
    for (what, headers) in [
        ("two hosts", format!("{host}Host: b\r\n")),
        ("two equal hosts", format!("{host}{host}")),
        ("two lengths", format!("{host}Content-Length: 3\r\nContent-Length: 4\r\n")),
        ("a list of lengths", format!("{host}Content-Length: 3, 4\r\n")),
        ("a signed length", format!("{host}Content-Length: +3\r\n")),
        ("chunks that are not last", format!("{host}Transfer-Encoding: chunked, identity\r\n")),
        ("an unknown coding", format!("{host}Transfer-Encoding: xchunked\r\n")),
        ("a folded header", format!("{host}X: a\r\n b\r\n")),
        ("a space before the colon", format!("{host}Content-Length : 3\r\n")),
        ("a bare return", format!("{host}X: a\rContent-Length: 3\r\n")),
    ] {
        let mut stream = stage.connect();
        write!(stream, "POST / HTTP/1.1\r\n{headers}\r\n0\r\n\r\n").unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        assert!(bytes.starts_with(b"HTTP/1.1 400 "), "{what}: {}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn nothing_is_read_after_a_request_that_has_a_length_and_chunks() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "home");
    let (length, chunks) = ("Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n");
    for (one, other) in [(length, chunks), (chunks, length)] {
        let mut stream = stage.connect();
        let head = format!("POST / HTTP/1.1\r\nHost: dev-acme.localhost\r\n{one}{other}\r\n");
        let smuggled = "GET / HTTP/1.1\r\nHost: dev-acme.localhost\r\n\r\n";
        write!(stream, "{head}0\r\n\r\n{smuggled}").unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
        assert!(!text.contains("home"), "{text}");
    }
}

#[test]
fn a_request_that_is_too_long_is_told_so() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "home");
    let at = |length: usize| stage.get(&format!("/?a={}", "x".repeat(length))).status;
    assert_eq!((at(15_000), at(60_000), at(100_000)), (200, 414, 414));
    let with = |length: usize| {
        stage.send("GET", "/", &format!("Cookie: a={}\r\n", "x".repeat(length)), b"").status
    };
    assert_eq!((with(30_000), with(60_000), with(100_000)), (200, 431, 431));
    let many = |count: usize| stage.send("GET", "/", &"X: y\r\n".repeat(count), b"").status;
    assert_eq!((many(50), many(5_000)), (200, 431));
}

#[test]
fn one_connection_serves_many_requests() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "home");
    let mut stream = stage.connect();
    for _ in 0..3 {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: dev-acme.localhost\r\n\r\n").unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"home") {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0);
            bytes.extend_from_slice(&piece[..read]);
        }
    }
}

#[test]
fn a_slow_client_is_sent_away_before_its_headers_end() {
    let limits = Limits { headers: Duration::from_millis(200), ..Limits::default() };
    let stage = Stage::with_limits(false, None, limits);
    let mut stream = stage.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: dev-").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
}

#[test]
fn a_locked_environment_asks_for_its_password() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "home");
    stage.world.served.lock().unwrap().lock = Some(Lock { user: "u".into(), password: "p".into() });
    let refused = stage.get("/");
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().starts_with("basic realm="));
    assert_eq!(stage.send("GET", "/", "Authorization: Basic dTpw\r\n", b"").status, 200);
    assert_eq!(stage.send("GET", "/", "Authorization: Basic dTpx\r\n", b"").status, 401);
    let log = stage.root.join("logs/access.log");
    eventually("the log is written", || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.lines().count() == 3)
    });
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("127.0.0.1 - u [") && text.contains("\"GET / HTTP/1.1\" 401"), "{text}");
}

#[test]
fn a_port_that_is_taken_is_passed_over_and_none_free_is_an_error_that_names_them() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let world = |stage: &Stage| -> Arc<World> { Arc::clone(&stage.world) };
    let stage = Stage::new(false, None);
    let front = Front::start(&[port, 0], world(&stage)).unwrap();
    assert_ne!(front.address().port(), port);
    let error = Front::start(&[port], world(&stage)).err().unwrap();
    assert!(error.message.contains(&port.to_string()), "{error}");
}

#[test]
fn a_stopped_front_frees_its_port() {
    let stage = Stage::new(false, None);
    let address = stage.front.address();
    let _open = stage.connect();
    stage.front.stop();
    drop(TcpListener::bind(address).unwrap());
}
