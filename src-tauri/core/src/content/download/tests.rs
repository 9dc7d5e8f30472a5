//! Downloads from servers that stall, cut, change their minds.
use std::{
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use super::*;
use crate::progress::{Cancel, Report};

const SHORT: Limits = Limits {
    connect: Duration::from_millis(400),
    answer: Duration::from_millis(400),
    idle: Duration::from_millis(400),
    pause: Duration::from_millis(1),
};

/// A server that answers each connection by `answer`, which is given its number and the request's head.
struct Stalling {
    url: String,
    /// The heads of the requests that came.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Stalling {
    fn new(answer: impl Fn(usize, &mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let heard = heads.clone();
        thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                let mut head = String::new();
                for line in BufReader::new(&stream).lines().map_while(Result::ok) {
                    if line.is_empty() {
                        break;
                    }
                    head += &line.to_ascii_lowercase();
                    head.push('\n');
                }
                heard.lock().unwrap().push(head);
                answer(number, &mut { stream });
            }
        });
        let url = format!("http://me:s3cret@127.0.0.1:{port}/a.sql?X-Amz-Signature=s3cret");
        Self { url, heads }
    }

    fn fetch(&self, limits: Limits) -> Result<Vec<u8>> {
        let temp = tempfile::tempdir().unwrap();
        let path = download_within(limits, &self.url, temp.path(), Meter::silent())?;
        Ok(std::fs::read(path).unwrap())
    }
}

fn say(stream: &mut TcpStream, text: &str) {
    // Who hung up is no failure of the server.
    let _ = stream.write_all(text.as_bytes());
}

fn head(length: usize, more: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{more}\r\n")
}

/// Holds the connection until the client is gone.
fn stall(stream: &mut TcpStream) {
    while stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
}

type Answer = fn(usize, &mut TcpStream);

/// The places at which a server may stall.
fn stalls() -> [(&'static str, Answer); 3] {
    [
        ("after the request", |_, stream| stall(stream)),
        ("after the headers", |_, stream| {
            say(stream, &head(10, ""));
            stall(stream);
        }),
        ("in the middle", |_, stream| {
            say(stream, &(head(10, "ETag: \"v1\"\r\n") + "12345"));
            stall(stream);
        }),
    ]
}

#[test]
fn a_server_that_stalls_is_an_error_that_says_where_and_no_secret() {
    for (place, stalls) in stalls() {
        let server = Stalling::new(stalls);
        let began = Instant::now();
        let error = server.fetch(SHORT).expect_err(place);
        assert!(began.elapsed() < Duration::from_secs(5), "{place}: {:?}", began.elapsed());
        let told = format!("{} {:?} {:?}", error.message, error.causes, error.hint);
        assert!(told.contains("/a.sql") && !told.contains("s3cret"), "{place}: {told}");
        assert!(told.contains("0.4 s"), "{place}: {told}");
        let bytes = if place == "in the middle" { "after 5 of 10 bytes" } else { "after 0" };
        assert!(told.contains(bytes), "{place}: {told}");
    }
    // The system takes the connection, nobody ever reads from it.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a.sql", deaf.local_addr().unwrap());
    let temp = tempfile::tempdir().unwrap();
    download_within(SHORT, &url, temp.path(), Meter::silent()).expect_err("nobody answers");
}

#[test]
fn a_cancel_is_heard_at_once_while_the_server_stalls() {
    for (place, stalls) in stalls() {
        let server = Stalling::new(stalls);
        let (cancel, report) = (Cancel::default(), |_: Report| {});
        let later = cancel.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            later.cancel();
        });
        let temp = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let meter = Meter::new(&cancel, &report);
        let error = download(&server.url, temp.path(), meter).expect_err(place);
        assert!(error.is_cancelled(), "{place}: {error}");
        assert!(began.elapsed() < Duration::from_secs(2), "{place}: {:?}", began.elapsed());
    }
}

#[test]
fn a_server_that_drips_is_an_error_and_one_that_is_slow_is_not() {
    let drip = |pause| {
        Stalling::new(move |_, stream| {
            say(stream, &head(2_000, ""));
            for _ in 0..20 {
                thread::sleep(Duration::from_millis(pause));
                if stream.write_all(&[b'x'; 100]).is_err() {
                    return;
                }
            }
        })
    };
    // 2000 bytes in 2 s are too few in each 0.4 s.
    let error = drip(100).fetch(SHORT).expect_err("it drips");
    assert!(error.causes[0].contains("next to nothing"), "{error:?}");
    let patient = Limits { idle: Duration::from_secs(5), ..SHORT };
    assert_eq!(drip(30).fetch(patient).unwrap().len(), 2_000);
}

#[test]
fn a_download_that_is_cut_goes_on_where_it_ended() {
    let server = Stalling::new(|number, stream| match number {
        0 => say(stream, &(head(10, "ETag: \"v1\"\r\n") + "1234")),
        // This one stalls.
        1 => {
            let part = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-9/10\r\n";
            say(stream, &format!("{part}Content-Length: 6\r\n\r\n567"));
            stall(stream);
        }
        _ => {
            let part = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 7-9/10\r\n";
            say(stream, &format!("{part}Content-Length: 3\r\n\r\n890"));
        }
    });
    assert_eq!(server.fetch(SHORT).unwrap(), b"1234567890");
    let heads = server.heads.lock().unwrap();
    assert!(!heads[0].contains("range:"), "{}", heads[0]);
    assert!(heads[1].contains("range: bytes=4-\n") && heads[1].contains("if-range: \"v1\"\n"));
    assert!(heads[2].contains("range: bytes=7-\n"), "{}", heads[2]);
}

#[test]
fn a_file_that_changed_meanwhile_is_downloaded_anew() {
    let server = Stalling::new(|number, stream| match number {
        0 => say(
            stream,
            &(head(10, "Last-Modified: Tue, 01 Dec 2026 00:00:00 GMT\r\n") + "12345678"),
        ),
        _ => say(stream, &(head(5, "") + "other")),
    });
    assert_eq!(server.fetch(SHORT).unwrap(), b"other");
}

#[test]
fn a_cut_download_of_which_nothing_is_known_is_an_error() {
    let server = Stalling::new(|_, stream| say(stream, &(head(10, "ETag: W/\"v1\"\r\n") + "1234")));
    let error = server.fetch(SHORT).expect_err("it was cut");
    assert!(error.causes[0].contains("after 4 of 10 bytes"), "{error:?}");
    assert_eq!(server.heads.lock().unwrap().len(), 1);
    let gone = Stalling::new(|_, stream| say(stream, "HTTP/1.1 403 Forbidden\r\n\r\n"));
    let error = gone.fetch(SHORT).expect_err("it is forbidden");
    assert!(error.causes[0].contains("403"), "{error:?}");
}

#[test]
fn an_address_is_told_from_a_path_and_names_its_file() {
    assert!(is_url("HTTPS://host/a.sql.gz") && !is_url("C:/a.sql") && !is_url("http"));
    assert_eq!(name_of("https://host/x/a.sql.gz?Signature=a/b"), "a.sql.gz");
    assert_eq!(name_of("https://host"), "download");
    assert_eq!(read_range("bytes 4-9/10"), Some((4, Some(10))));
    assert_eq!(read_range("bytes 4-9/*"), Some((4, None)));
    assert_eq!(read_range("bytes */10"), None);
}
