//! One process owns the root folder; whatever happens to it, nothing is left half made.
use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{PorticoTest, eventually, is_running, signal};

fn processes(test: &PorticoTest) -> Vec<u64> {
    let status = test.json(&["status"]);
    let rows = status["processes"].as_array().expect("status lists processes");
    rows.iter().map(|row| row["pid"].as_u64().unwrap()).collect()
}

/// A site with an environment that runs.
fn with_sample(test: &PorticoTest) {
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.browser().get("demo.dev", "/").ok();
}

#[test]
fn serve_says_where_it_listens_and_ends_when_asked() {
    let test = PorticoTest::new();
    let serving = test.serve();
    assert!(serving.line.contains(&test.port().to_string()), "{}", serving.line);
    with_sample(&test);
    let started = processes(&test);
    assert!(!started.is_empty());
    assert_eq!(serving.end(), Some(0));
    eventually("PHP ends with its owner", || !started.iter().any(|pid| is_running(*pid)));
}

#[test]
fn a_second_owner_is_refused() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["serve"]).status(4);
}

#[test]
fn a_taken_port_is_named() {
    let test = PorticoTest::new();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", test.port())).unwrap();
    let outcome = test.run(&["serve"]).stderr_has(&test.port().to_string());
    outcome.status(1);
}

#[test]
fn a_command_without_an_owner_stops_what_it_started() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    assert!(!test.root().join("engine.json").exists(), "nobody owns the folder any more");
    assert_eq!(processes(&test), Vec::<u64>::new());
}

#[test]
fn php_does_not_outlive_a_killed_owner() {
    let test = PorticoTest::new();
    let serving = test.serve();
    with_sample(&test);
    let started = processes(&test);
    assert!(!started.is_empty());
    serving.kill();
    let _next = test.serve();
    eventually("PHP of the killed owner ends", || !started.iter().any(|pid| is_running(*pid)));
    test.browser().get("demo.dev", "/").ok();
}

#[test]
fn a_visit_after_php_died_is_answered() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    with_sample(&test);
    for pid in processes(&test) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        eventually("it is gone", || !is_running(pid.as_raw_nonzero().get().unsigned_abs().into()));
    }
    test.browser().get("demo.dev", "/").ok();
}

/// Starts a deploy, does something to it or its owner at its first step, and answers its row afterwards.
fn interrupted(interrupt: impl Fn(&PorticoTest, &std::process::Child)) -> (PorticoTest, Value) {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    // Enough code that the checkout takes a moment.
    let code = test.environment("demo.dev").join("code/many");
    fs::create_dir(&code).unwrap();
    for number in 0..3000 {
        fs::write(code.join(format!("{number}.txt")), number.to_string()).unwrap();
    }
    test.run(&["env:commit", "demo.dev", "--message", "Many files"]).success();
    let mut deploy = test
        .command(&["env:deploy", "demo.test", "--progress", "json"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(deploy.stderr.take().unwrap()).lines();
    let mut first = lines.map_while(Result::ok).skip_while(|line| !line.contains("\"step\""));
    assert!(first.next().is_some(), "a deploy tells its steps");
    interrupt(&test, &deploy);
    drop(first);
    deploy.wait().unwrap();
    let row = test.json(&["workflow:list", "demo"])[0].clone();
    (test, row)
}

#[test]
fn a_killed_owner_is_healed_by_the_next() {
    let (test, row) = interrupted(|_, deploy| signal(deploy, Signal::KILL));
    assert_eq!(row["kind"], "deploy");
    assert_eq!(row["state"], "rolled_back");
    assert_eq!(test.json(&["env:info", "demo.test"])["initialized"], false);
    test.run(&["env:deploy", "demo.test"]).success();
}

#[test]
fn ctrl_c_rolls_back() {
    let (test, row) = interrupted(|_, deploy| signal(deploy, Signal::INT));
    assert_eq!(row["state"], "cancelled");
    assert_eq!(test.json(&["env:info", "demo.test"])["initialized"], false);
    let releases = test.environment("demo.test").join("releases");
    assert!(fs::read_dir(releases).map_or(0, Iterator::count) == 0, "a checkout is left");
}
