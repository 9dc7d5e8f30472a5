//! Against a responder that does what PHP doesn't do in a test when asked to.
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::support::{Answer, Stage, eventually};
use crate::{
    front::{fastcgi::tests::responder_record, server::Limits},
    model::view::Health,
    runtime::FastCgi,
};

const END: u8 = 3;
const STDOUT: u8 = 6;
const STDERR: u8 = 7;

fn out(text: &str) -> Vec<u8> {
    responder_record(STDOUT, text.as_bytes(), 5)
}

fn end() -> Vec<u8> {
    responder_record(END, &[0; 8], 0)
}

/// A responder that handles each connection with `answer`, after the parameters were read.
fn responder(answer: impl Fn(TcpStream) + Send + Clone + 'static) -> FastCgi {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Ends with the test's process: it waits in `accept`, and uses nothing else.
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
    FastCgi::Port(port)
}

/// Reads records up to an empty one of kind `last`; answers with its contents.
fn read_until_end_of(stream: &mut TcpStream, last: u8) -> Vec<u8> {
    let mut contents = Vec::new();
    loop {
        let mut head = [0; 8];
        stream.read_exact(&mut head).unwrap();
        let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
        let mut content = vec![0; length];
        stream.read_exact(&mut content).unwrap();
        if head[1] == last && length == 0 {
            return contents;
        }
        if head[1] == last {
            contents.extend(content);
        }
    }
}

const STDIN: u8 = 5;

fn stage(answer: impl Fn(TcpStream) + Send + Clone + 'static) -> Stage {
    let stage = Stage::new(true, Some(responder(answer)));
    stage.write("code/index.php", "");
    stage
}

/// A responder that reads the request and then writes `bytes`, in pieces.
fn saying(bytes: Vec<u8>, piece: usize) -> Stage {
    stage(move |mut stream| {
        read_until_end_of(&mut stream, STDIN);
        for piece in bytes.chunks(piece) {
            stream.write_all(piece).unwrap();
            stream.flush().unwrap();
        }
    })
}

#[test]
fn an_answer_in_single_bytes_is_whole() {
    let mut bytes = out("Status: 201 Made\r\nSet-Cookie: a=1\r\nSet-Coo");
    bytes.extend(responder_record(STDERR, b"PHP Warning: x", 0));
    bytes.extend(out("kie: b=2\r\n\r"));
    bytes.extend(out("\nhello "));
    bytes.extend(out("world"));
    bytes.extend(end());
    let stage = saying(bytes, 1);
    let answer = stage.get("/");
    assert_eq!((answer.status, answer.text(), answer.whole), (201, "hello world", true));
    assert_eq!(answer.head.matches("set-cookie: ").count(), 2);
    let log = stage.root.join("logs/php-error.log");
    eventually("the error is logged", || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.ends_with(" UTC] PHP Warning: x\n"))
    });
}

#[test]
fn a_short_answer_bears_its_length() {
    let mut bytes = out("Content-Type: text/plain\r\n\r\nshort");
    bytes.extend(responder_record(STDOUT, b"", 0));
    bytes.extend(end());
    let answer = saying(bytes, 10_000).get("/");
    assert_eq!((answer.text(), answer.header("content-length")), ("short", Some("5")));
}

#[test]
fn a_cut_answer_never_looks_whole() {
    let begin = out("Content-Type: text/plain\r\n\r\nhalf of");
    let within = [begin.as_slice(), &out("cut within a record")[..12]].concat();
    for bytes in [begin, within] {
        for piece in [10_000, 20] {
            let stage = saying(bytes.clone(), piece);
            let mut stream = stage.connect();
            let request =
                b"GET / HTTP/1.1\r\nHost: dev-acme.localhost\r\nConnection: close\r\n\r\n";
            stream.write_all(request).unwrap();
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes);
            // If the head was not yet on its way, it isn't sent any more.
            assert!(bytes.is_empty() || !Answer::parse(&bytes).whole, "{bytes:?}");
        }
    }
}

#[test]
fn no_answer_is_a_page_that_says_so() {
    for bytes in [
        Vec::new(),
        end(),
        out("Content-Type: text/plain\r\n"),
        [out("Content-Type: text/plain\r\n"), end()].concat(),
        [out("no header\r\n\r\n"), end()].concat(),
        b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
        responder_record(END, &[0, 0, 0, 0, 2, 0, 0, 0], 0),
        out(&format!("X: {}\r\n", "y".repeat(60_000))).repeat(6),
    ] {
        let answer = saying(bytes, 10_000).get("/");
        assert_eq!((answer.status, answer.whole), (502, true));
        assert!(answer.text().contains("PHP failed"));
    }
}

#[test]
fn a_large_head_within_the_limit_passes() {
    let head = out(&format!("X-Large: {}\r\n", "y".repeat(60_000)));
    let answer = saying([head, out("\r\nbody"), end()].concat(), 1000).get("/");
    assert_eq!((answer.status, answer.text()), (200, "body"));
}

#[test]
fn a_silent_php_is_given_up_in_time() {
    let answer = responder(|mut stream| {
        read_until_end_of(&mut stream, STDIN);
        let _ = stream.read(&mut [0; 64]);
    });
    let limits = Limits { first_byte: Duration::from_millis(200), ..Limits::default() };
    let stage = Stage::with_limits(true, Some(answer), limits);
    stage.write("code/index.php", "");
    assert_eq!(stage.get("/").status, 504);
    let health = stage.front.health(&"acme.dev".parse().unwrap());
    assert!(matches!(health, Health::Answered { status: 504, .. }), "{health:?}");
}

#[test]
fn an_answer_before_the_body_is_read_does_not_block() {
    let stage = stage(|mut stream| {
        read_until_end_of(&mut stream, 4);
        stream.write_all(&[out("Status: 413\r\n\r\nno"), end()].concat()).unwrap();
    });
    let answer = stage.send("POST", "/", "", &vec![b'x'; 20_000_000]);
    assert_eq!((answer.status, answer.text()), (413, "no"));
}

#[test]
fn output_comes_line_by_line() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let stage = stage(move |mut stream| {
        read_until_end_of(&mut stream, STDIN);
        stream.write_all(&out("Content-Type: text/plain\r\n\r\nfirst\n")).unwrap();
        wait.lock().unwrap().recv().unwrap();
        stream.write_all(&[out("second\n"), end()].concat()).unwrap();
    });
    let mut stream = stage.connect();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: dev-acme.localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut bytes = Vec::new();
    while !bytes.windows(6).any(|window| window == b"first\n") {
        let mut piece = [0; 1000];
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0);
        bytes.extend_from_slice(&piece[..read]);
    }
    go.send(()).unwrap();
    stream.read_to_end(&mut bytes).unwrap();
    assert!(bytes.ends_with(b"second\n\r\n0\r\n\r\n"));
}

#[test]
fn php_is_told_when_the_client_leaves_and_stays_under_way_until_it_ends() {
    let (told, tell) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let stage = stage(move |mut stream| {
        read_until_end_of(&mut stream, STDIN);
        told.send(1).unwrap();
        let mut record = [0; 8];
        stream.read_exact(&mut record).unwrap();
        told.send(record[1]).unwrap();
        wait.lock().unwrap().recv().unwrap();
        stream.write_all(&[out("A: b\r\n\r\nfor nobody"), end()].concat()).unwrap();
    });
    let mut stream = stage.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: dev-acme.localhost\r\n\r\n").unwrap();
    tell.recv_timeout(Duration::from_secs(20)).unwrap();
    drop(stream);
    let abort = tell.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(abort, 2, "FCGI_ABORT_REQUEST");
    let address = "acme.dev".parse().unwrap();
    assert!(stage.front.hold(&address, Duration::from_millis(100)).is_err(), "it is under way");
    go.send(()).unwrap();
    assert!(stage.front.hold(&address, Duration::from_secs(20)).is_ok());
}

#[test]
fn an_upload_that_breaks_off_does_not_look_complete_to_php() {
    let (told, tell) = mpsc::channel();
    let stage = stage(move |mut stream| {
        read_until_end_of(&mut stream, 4);
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        told.send(rest).unwrap();
    });
    let mut stream = stage.connect();
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: dev-acme.localhost\r\nContent-Length: 10\r\n\r\nabc")
        .unwrap();
    drop(stream);
    let rest = tell.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(!rest.ends_with(&[1, STDIN, 0, 1, 0, 0, 0, 0]), "{rest:?}");
}

#[test]
fn a_pool_that_is_gone_is_woken_once_more() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let stage = Stage::new(true, Some(FastCgi::Port(dead)));
    stage.write("code/index.php", "");
    let answer = stage.get("/");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("Cannot reach PHP"), "{answer:?}");
    assert_eq!(stage.world.wakes.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[test]
fn a_broken_environment_shows_why_and_what_to_do() {
    let stage = Stage::new(true, None);
    stage.write("code/index.php", "");
    let address = "acme.dev".parse().unwrap();
    assert_eq!(stage.front.health(&address), Health::Asleep);
    let answer = stage.get("/");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("PHP &lt;8.2&gt; was not found"), "{answer:?}");
    assert!(answer.text().contains("portico doctor"));
    let Health::Broken { error } = stage.front.health(&address) else { panic!("not broken") };
    assert_eq!(error.message, "PHP <8.2> was not found on this machine");
}

#[test]
fn a_crowd_at_a_cold_environment_shares_few_wakes() {
    let stage = saying([out("A: b\r\n\r\nok"), end()].concat(), 10_000);
    *stage.world.delay.lock().unwrap() = Duration::from_millis(500);
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(stage.get("/").text(), "ok"));
        }
    });
    let wakes = stage.world.wakes.load(std::sync::atomic::Ordering::SeqCst);
    assert!(wakes <= 5, "{wakes} wakes for 50 requests");
}
