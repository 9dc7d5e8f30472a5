//! Against real PHP, as FPM and as the CGI program.
use std::io::{Read, Write};

use super::support::{Answer, Pool, Stage, eventually};
use crate::model::{Lock, view::Health};

/// Runs `test` with each kind of PHP that this machine has.
fn with_each_php(test: impl Fn(&Stage)) {
    let pools: Vec<Pool> = [Pool::fpm(), Pool::cgi()].into_iter().flatten().collect();
    assert!(!pools.is_empty(), "the tests need php-fpm or php-cgi");
    for pool in pools {
        let stage = Stage::new(true, Some(pool.address.clone()));
        test(&stage);
    }
}

#[test]
fn php_learns_what_cgi_says_and_cannot_be_deceived() {
    with_each_php(|stage| {
        stage.write("code/index.php", "<?php echo json_encode($_SERVER);");
        let headers = "X-Forwarded_For: evil\r\nProxy: evil\r\nX-Own: evil\r\nCookie: a=1\r\nAuthorization: Basic dTpw\r\n";
        let answer = stage.send("GET", "/index.php/more/path?x=1&y=%20", headers, b"");
        assert_eq!((answer.status, answer.whole), (200, true), "{answer:?}");
        let server: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let docroot = stage.root.join("code").display().to_string();
        let port = stage.front.address().port().to_string();
        for (name, value) in [
            ("DOCUMENT_ROOT", docroot.as_str()),
            ("SCRIPT_FILENAME", &format!("{docroot}/index.php")),
            ("SCRIPT_NAME", "/index.php"),
            ("PATH_INFO", "/more/path"),
            ("REQUEST_URI", "/index.php/more/path?x=1&y=%20"),
            ("QUERY_STRING", "x=1&y=%20"),
            ("PHP_SELF", "/index.php/more/path"),
            ("HTTP_HOST", "dev-acme.localhost:80"),
            ("SERVER_NAME", "dev-acme.localhost"),
            ("SERVER_PORT", &port),
            ("REMOTE_ADDR", "127.0.0.1"),
            ("REQUEST_SCHEME", "http"),
            ("PHP_AUTH_USER", "u"),
            ("PHP_AUTH_PW", "p"),
            ("HTTP_COOKIE", "a=1"),
            ("HTTP_X_OWN", "ours"),
            ("PANTHEON_ENVIRONMENT", "dev"),
        ] {
            assert_eq!(server[name], value, "{name}");
        }
        for name in ["HTTPS", "HTTP_PROXY", "HTTP_X_FORWARDED_FOR"] {
            assert!(server.get(name).is_none(), "{name}");
        }
        let health = stage.front.health(&"acme.dev".parse().unwrap());
        assert!(matches!(health, Health::Answered { status: 200, .. }), "{health:?}");
    });
}

#[test]
fn the_longest_request_that_is_taken_reaches_php_whole() {
    with_each_php(|stage| {
        let code = "<?php echo strlen($_COOKIE['a']), ' ', strlen($_SERVER['PATH_INFO']), ' ', $_SERVER['HTTP_HOST'];";
        stage.write("code/index.php", code);
        let path = format!("/index.php/{}", "x".repeat(15_000));
        let cookie = format!("Cookie: a={}\r\n", "x".repeat(31_000));
        let answer = stage.send("GET", &path, &cookie, b"");
        assert_eq!((answer.status, answer.text()), (200, "31000 15001 dev-acme.localhost:80"));
        // A whole address names the host, whatever the header says.
        let mut stream = stage.connect();
        let whole =
            "GET http://dev-acme.localhost/index.php/x HTTP/1.1\r\nHost: evil\r\nCookie: a=\r\n";
        write!(stream, "{whole}Connection: close\r\n\r\n").unwrap();
        assert_eq!(Answer::read(stream).text(), "0 2 dev-acme.localhost");
    });
}

#[test]
fn the_password_of_the_lock_stays_with_us() {
    with_each_php(|stage| {
        stage.write("code/index.php", "<?php echo json_encode(array_keys($_SERVER));");
        stage.world.served.lock().unwrap().lock =
            Some(Lock { user: "u".into(), password: "p".into() });
        let answer = stage.send("GET", "/", "Authorization: Basic dTpw\r\n", b"");
        assert_eq!(answer.status, 200);
        assert!(!answer.text().contains("AUTHORIZATION") && !answer.text().contains("PHP_AUTH_PW"));
    });
}

#[test]
fn bodies_of_any_size_arrive_with_and_without_a_length() {
    with_each_php(|stage| {
        stage.write(
            "code/index.php",
            "<?php $h = hash_init('crc32b'); $n = 0; $f = fopen('php://input', 'r'); \
             while (($s = fread($f, 65536)) !== '' && $s !== false) { $n += strlen($s); hash_update($h, $s); } \
             echo $n, ' ', hash_final($h), ' ', $_SERVER['CONTENT_LENGTH'];",
        );
        let body: Vec<u8> = (0..30_000_000u32).map(|n| (n / 7 % 251) as u8).collect();
        let known = stage.send("PUT", "/", "", &body);
        assert!(known.text().starts_with("30000000 "), "{known:?}");
        let mut stream = stage.connect();
        write!(stream, "PUT / HTTP/1.1\r\nHost: dev-acme.localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        for piece in body.chunks(1_000_003) {
            write!(stream, "{:x}\r\n", piece.len()).unwrap();
            stream.write_all(piece).unwrap();
            stream.write_all(b"\r\n").unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
        assert_eq!(Answer::read(stream).text(), known.text());
        let left: Vec<_> = std::fs::read_dir(stage.root.join("logs")).unwrap().flatten().collect();
        assert!(left.iter().all(|file| file.file_name().to_str().unwrap().ends_with(".log")));
        assert_eq!(stage.send("POST", "/", "Content-Length: 0\r\n", b"").text(), "0 00000000 0");
    });
}

#[test]
fn large_answers_heads_redirects_and_statuses_come_through() {
    with_each_php(|stage| {
        stage.write(
            "code/index.php",
            "<?php if (isset($_GET['big'])) { for ($i = 0; $i < 2000; $i++) echo str_repeat('x', 10000); } \
             elseif (isset($_GET['go'])) header('Location: /there'); \
             elseif (isset($_GET['no'])) http_response_code(204); \
             else { setcookie('a', '1'); setcookie('b', '2'); http_response_code(404); echo 'gone'; }",
        );
        let big = stage.get("/?big");
        assert_eq!((big.status, big.body.len(), big.whole), (200, 20_000_000, true));
        let moved = stage.get("/?go");
        assert_eq!((moved.status, moved.header("location")), (302, Some("/there")));
        assert_eq!(stage.get("/?no").status, 204);
        let gone = stage.get("/nothing/here");
        assert_eq!((gone.status, gone.text()), (404, "gone"));
        assert_eq!(gone.head.matches("set-cookie: ").count(), 2);
        let head = stage.send("HEAD", "/?big", "", b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(stage.send("GET", "/", "Accept: x\r\n", b"").status, 404);
    });
}

#[test]
fn php_of_the_uploads_is_neither_run_nor_shown() {
    with_each_php(|stage| {
        stage.write("code/index.php", "<?php echo 'front';");
        stage.write("files/evil.php", "<?php echo 'evil';");
        stage.write("files/private/a.txt", "a");
        stage.write("files/a.txt", "upload");
        stage.write("code/secret/x.php", "<?php echo 'x';");
        assert_eq!(stage.get("/uploads/a.txt").text(), "upload");
        assert_eq!(stage.get("/uploads/style/a.png").text(), "front");
        for path in ["/uploads/evil.php", "/uploads/private/a.txt", "/secret/x.php", "/.git/config"]
        {
            let answer = stage.get(path);
            assert_eq!(answer.status, 403, "{path}");
            assert!(!answer.text().contains("evil"));
        }
    });
}

#[test]
fn a_worker_that_dies_is_a_502_or_a_broken_connection() {
    let Some(pool) = Pool::fpm() else { return };
    let stage = Stage::new(true, Some(pool.address.clone()));
    stage.write(
        "code/index.php",
        "<?php if (isset($_GET['late'])) { echo str_repeat('x', 100000); flush(); } \
         file_put_contents(__DIR__ . '/pid', getmypid()); sleep(20);",
    );
    let killed = |path: &str| {
        let file = stage.root.join("code/pid");
        let _ = std::fs::remove_file(&file);
        std::thread::scope(|scope| {
            let page = scope.spawn(|| stage.get(path));
            let mut pid = None;
            eventually("the script runs", || {
                pid = std::fs::read_to_string(&file).ok().and_then(|text| text.parse().ok());
                pid.is_some()
            });
            let pid = rustix::process::Pid::from_raw(pid.unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            page.join().unwrap()
        })
    };
    assert_eq!(killed("/").status, 502);
    let late = killed("/?late");
    assert!(late.status == 200 && !late.whole, "{}", late.head);
    stage.write("code/index.php", "<?php echo 'alive';");
    assert_eq!(stage.get("/").text(), "alive");
}

#[test]
fn unbuffered_output_is_seen_while_the_script_runs() {
    with_each_php(|stage| {
        let gate = stage.root.join("go");
        stage.write(
            "code/index.php",
            format!(
                "<?php echo \"one\\n\"; while (ob_get_level()) ob_end_flush(); flush(); \
                 for ($i = 0; $i < 2000 && !file_exists('{}'); $i++) {{ clearstatcache(); usleep(5000); }} echo \"two\\n\";",
                gate.display()
            ),
        );
        let mut stream = stage.connect();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: dev-acme.localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let (mut bytes, mut piece) = (Vec::new(), [0; 1000]);
        while !bytes.windows(4).any(|window| window == b"one\n") {
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0);
            bytes.extend_from_slice(&piece[..read]);
        }
        std::fs::write(&gate, "").unwrap();
        stream.read_to_end(&mut bytes).unwrap();
        assert!(bytes.windows(4).any(|window| window == b"two\n"));
    });
}

#[test]
fn what_was_asked_for_is_done_even_if_the_client_does_not_wait() {
    with_each_php(|stage| {
        stage.write("code/index.php", "<?php touch(__DIR__ . '/' . $_GET['done']);");
        for round in 0..20 {
            // As WordPress starts its cron.
            let mut stream = stage.connect();
            write!(
                stream,
                "POST /?done={round} HTTP/1.1\r\nHost: dev-acme.localhost\r\nContent-Length: 0\r\n\r\n"
            )
            .unwrap();
            drop(stream);
            let done = stage.root.join("code").join(round.to_string());
            eventually("it is done", || done.exists());
        }
    });
}
