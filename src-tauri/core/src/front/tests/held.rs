//! Holding an environment while it is visited.
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::support::{Pool, Stage};

const TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn no_request_fails_or_slips_through_during_many_holds() {
    let pool = Pool::fpm().or_else(Pool::cgi).expect("php-fpm or php-cgi");
    let stage = Stage::new(true, Some(pool.address.clone()));
    stage
        .write("code/index.php", "<?php usleep(1000); echo file_get_contents(__DIR__ . '/state');");
    stage.write("code/state", "open");
    stage.write("code/a.css", "a");
    let address = "acme.dev".parse().unwrap();
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for visitor in 0..8 {
            let (stage, done, answered) = (&stage, &done, &answered);
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    let answer = stage.get(if visitor == 0 { "/a.css" } else { "/page" });
                    let expected = if visitor == 0 { "a" } else { "open" };
                    assert_eq!((answer.status, answer.text()), (200, expected));
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for _ in 0..50 {
            let hold = stage.front.hold(&address, TIMEOUT).unwrap();
            // A request under way would now see what nobody may see.
            stage.write("code/state", "closed");
            thread::sleep(Duration::from_millis(3));
            stage.write("code/state", "open");
            drop(hold);
            thread::sleep(Duration::from_millis(3));
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(answered.load(Ordering::SeqCst) > 100);
}

#[test]
fn a_page_that_fetches_from_its_own_environment_does_not_block_the_hold() {
    let pool = Pool::fpm().or_else(Pool::cgi).expect("php-fpm or php-cgi");
    for agent in ["WordPress/6.9", "Mozilla/5.0 as some browser"] {
        let stage = Stage::new(true, Some(pool.address.clone()));
        let port = stage.front.address().port();
        stage.write("code/inner.php", "<?php echo 'inner';");
        stage.write(
            "code/index.php",
            format!(
                "<?php touch(__DIR__ . '/started'); usleep(300000); \
                 $c = stream_context_create(['http' => ['header' => \"Host: dev-acme.localhost\", 'user_agent' => '{agent}', 'timeout' => 20]]); \
                 echo 'outer ', file_get_contents('http://127.0.0.1:{port}/inner.php', false, $c);"
            ),
        );
        thread::scope(|scope| {
            let page = scope.spawn(|| stage.get("/"));
            super::support::eventually("the page runs", || {
                stage.root.join("code/started").exists()
            });
            let began = Instant::now();
            let hold = stage.front.hold(&"acme.dev".parse().unwrap(), TIMEOUT).unwrap();
            assert!(began.elapsed() < Duration::from_secs(10), "{agent}");
            drop(hold);
            assert_eq!(page.join().unwrap().text(), "outer inner", "{agent}");
        });
    }
}

#[test]
fn impatience_fails_as_busy_and_lets_everyone_through_again() {
    let pool = Pool::fpm().or_else(Pool::cgi).expect("php-fpm or php-cgi");
    let stage = Stage::new(true, Some(pool.address.clone()));
    stage
        .write("code/index.php", "<?php touch(__DIR__ . '/started'); usleep(700000); echo 'slow';");
    stage.write("code/a.css", "a");
    thread::scope(|scope| {
        let slow = scope.spawn(|| stage.get("/"));
        super::support::eventually("the page runs", || stage.root.join("code/started").exists());
        let address = "acme.dev".parse().unwrap();
        let error = stage.front.hold(&address, Duration::from_millis(50)).err().unwrap();
        assert_eq!(error.code, crate::error::Code::Busy);
        assert_eq!(stage.get("/a.css").text(), "a");
        assert_eq!(slow.join().unwrap().text(), "slow");
    });
}

#[test]
fn who_waited_meets_what_was_switched_to() {
    let stage = Stage::new(false, None);
    stage.write("code/index.html", "old");
    stage.write("new/index.html", "new");
    assert_eq!(stage.get("/").text(), "old");
    let hold = stage.front.hold(&"acme.dev".parse().unwrap(), TIMEOUT).unwrap();
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..8).map(|_| scope.spawn(|| stage.get("/"))).collect();
        // Most of them wait by now; none may have the old page whether it does or not.
        thread::sleep(Duration::from_millis(50));
        let mut served = stage.world.served.lock().unwrap();
        (served.code, served.docroot) = (stage.root.join("new"), stage.root.join("new"));
        drop(served);
        drop(hold);
        for request in waiting {
            assert_eq!(request.join().unwrap().text(), "new");
        }
    });
}
