//! Portico's own log says what its owner did, and nothing that is secret.
use std::fs;

use crate::support::PorticoTest;

#[test]
fn the_owner_logs_its_workflows_with_kind_and_site_and_without_secrets() {
    let test = PorticoTest::new();
    let address = "http://me:hush-hush@127.0.0.1:9/a.zip?token=whisper";
    let refused = test.run(&["site:create", "demo", "--from", address]);
    assert!(!refused.is_success());
    test.run(&["site:create", "demo", "--from", "sample", "--database", "sqlite"]).success();
    let log = fs::read_to_string(test.root().join("logs/portico.log")).unwrap();
    assert!(log.contains("the owner started") && log.contains("the owner ended"), "{log}");
    let of_workflow = |line: &&str| line.contains("kind=\"create_site\" site=demo");
    let lines: Vec<&str> = log.lines().filter(of_workflow).collect();
    assert!(lines.iter().any(|it| it.contains(" WARN ") && it.contains("failed after")), "{log}");
    assert!(lines.iter().any(|it| it.contains(" INFO ") && it.contains("done in")), "{log}");
    assert!(!log.contains("hush-hush") && !log.contains("whisper"), "{log}");
}

#[cfg(unix)]
#[test]
fn the_log_is_its_persons_alone_and_a_command_that_asks_an_owner_adds_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let test = PorticoTest::new();
    let path = test.root().join("logs/portico.log");
    let _serving = test.serve();
    let before = fs::read_to_string(&path).unwrap();
    assert!(before.contains("the owner started"), "{before}");
    test.run(&["status"]).success();
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_level_is_what_the_surroundings_say() {
    let test = PorticoTest::new();
    let with = |level: &str| {
        let mut command = test.command(&["status"]);
        command.env("PORTICO_LOG", level);
        crate::support::Outcome::of(command)
    };
    with("loud").status(2).stderr_has("PORTICO_LOG is `loud`");
    with("off").success();
    assert!(!test.root().join("logs/portico.log").exists());
}
