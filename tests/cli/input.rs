//! What is wrong with the input is said, and nothing is half made.
use std::{fs, path::Path};

use crate::support::{Outcome, PorticoTest};

/// Tries to create a site from `source`; afterwards there must be no trace of it.
#[must_use]
fn refused_source(test: &PorticoTest, source: &str) -> Outcome {
    let outcome = test.run(&["site:create", "acme", "--from", source]);
    assert_eq!(test.json(&["site:list"]), serde_json::json!([]), "{outcome}");
    assert!(!test.root().join("sites/acme").exists(), "a folder is left: {outcome}");
    outcome
}

#[test]
fn an_empty_folder_is_no_site() {
    let test = PorticoTest::new();
    let folder = test.folder("nothing");
    fs::create_dir(&folder).unwrap();
    let outcome = refused_source(&test, folder.to_str().unwrap());
    outcome.status(5).stderr_has("is empty").stderr_has(folder.to_str().unwrap());
}

#[test]
fn a_repository_without_commits_is_no_site() {
    let test = PorticoTest::new();
    test.git(&test.folder(""), &["init", "bare-of-commits"]).success();
    let outcome = refused_source(&test, test.folder("bare-of-commits").to_str().unwrap());
    outcome.stderr_has("commit");
}

#[test]
fn a_source_that_can_t_be_reached_is_named() {
    let test = PorticoTest::new();
    let source = "http://127.0.0.1:1/nobody/nothing.git";
    refused_source(&test, source).status(1).stderr_has(source);
    let gone = test.folder("gone");
    refused_source(&test, gone.to_str().unwrap()).stderr_has("gone");
}

#[test]
fn an_archive_that_leaves_its_folder_is_refused() {
    let test = PorticoTest::new();
    fs::create_dir(test.folder("in")).unwrap();
    fs::write(test.folder("in/index.php"), "<?php").unwrap();
    fs::write(test.folder("escaped.php"), "<?php").unwrap();
    let archive = test.folder("evil.tar.gz");
    let pack = ["-czPf", archive.to_str().unwrap(), "index.php", "../escaped.php"];
    let done = std::process::Command::new("tar").args(pack).current_dir(test.folder("in")).status();
    assert!(done.unwrap().success());
    let outcome = refused_source(&test, archive.to_str().unwrap());
    outcome.stderr_has("../escaped.php");
}

#[test]
fn a_link_that_leaves_its_archive_is_left_out_and_told() {
    let test = PorticoTest::new();
    fs::create_dir(test.folder("in")).unwrap();
    fs::write(test.folder("in/index.php"), "<?php").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc", test.folder("in/outside")).unwrap();
    let archive = test.folder("evil.tar");
    let pack = ["-cf", archive.to_str().unwrap(), "index.php", "outside"];
    let done = std::process::Command::new("tar").args(pack).current_dir(test.folder("in")).status();
    assert!(done.unwrap().success());
    let outcome = test.run(&["site:create", "acme", "--from", archive.to_str().unwrap()]);
    outcome.success().stderr_has("left out: the link `outside` to `/etc`");
    let code = test.environment("acme.dev").join("code");
    assert_eq!(fs::read_to_string(code.join("index.php")).unwrap(), "<?php");
    assert!(fs::symlink_metadata(code.join("outside")).is_err(), "it was made all the same");
}

#[test]
fn a_name_that_is_not_allowed_is_a_usage_error() {
    let test = PorticoTest::new();
    for name in ["Acme", "-acme", "acme-", "a.b", ""] {
        test.run(&["site:create", name, "--from", "sample"]).status(2);
    }
}

#[test]
fn a_name_in_use_is_refused() {
    let test = PorticoTest::new();
    test.run(&["site:create", "acme", "--from", "sample"]).success();
    test.run(&["site:create", "acme", "--from", "sample"]).status(5).stderr_has("acme");
    assert_eq!(test.json(&["site:list"]).as_array().map(Vec::len), Some(1));
}

#[test]
fn what_does_not_exist_is_not_found() {
    let test = PorticoTest::new();
    test.run(&["site:info", "nobody"]).status(3).stderr_has("nobody");
    test.run(&["env:info", "nobody.dev"]).status(3).stderr_has("nobody");
    test.run(&["site:create", "acme", "--from", "sample"]).success();
    test.run(&["env:info", "acme.nothing"]).status(3).stderr_has("nothing");
    test.run(&["undo", "nobody"]).status(3);
}

#[test]
fn rules_of_the_workflow_are_refusals_with_their_reason() {
    let test = PorticoTest::new();
    test.run(&["site:create", "acme", "--from", "sample"]).success();
    test.run(&["env:deploy", "acme.dev"]).status(5);
    test.run(&["env:deploy", "acme.live"])
        .status(5)
        .stderr_has("acme.test has not been initialized");
    test.run(&["env:clone-content", "acme.dev", "dev"]).status(5);
    test.run(&["env:commit", "acme.dev", "--message", "Nothing"]).status(5);
    test.run(&["site:delete", "acme"]).status(5).stderr_has("--confirm");
    test.run(&["env:deploy", "acme.test"]).success();
    test.run(&["env:deploy", "acme.live"]).success();
    let up = ["env:clone-content", "acme.test", "live"];
    test.run(&up).status(5).stderr_has("--confirm");
}

#[test]
fn a_root_folder_of_a_newer_version_is_left_alone() {
    let test = PorticoTest::new();
    test.run(&["site:create", "acme", "--from", "sample"]).success();
    let file = test.root().join("portico.db");
    rusqlite::Connection::open(&file)
        .unwrap()
        .pragma_update(None, "user_version", 1_000_000)
        .unwrap();
    let before = fs::read(&file).unwrap();
    test.run(&["site:list"]).status(5).stderr_has("newer");
    assert!(fs::read(&file).unwrap() == before);
}

#[test]
fn without_php_a_site_is_refused_and_doctor_says_so() {
    let test = PorticoTest::new();
    let tools = test.folder("tools");
    fs::create_dir(&tools).unwrap();
    for program in ["git", "setpriv", "sh"] {
        link_to(program, &tools);
    }
    let run = |arguments: &[&str]| {
        let mut command = test.command(arguments);
        command.env("PATH", &tools);
        command.output().unwrap()
    };
    let doctor = run(&["doctor", "--format", "json"]);
    let checks: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let rows = checks.as_array().unwrap();
    assert!(rows.iter().any(|row| row["name"].as_str().unwrap().starts_with("PHP")), "{checks}");
    assert!(rows.iter().all(|row| row["ok"] == true || row["remedy"].is_string()), "{checks}");
}

/// Puts a link to a program of the PATH into `folder`.
fn link_to(program: &str, folder: &Path) {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|it| it.join(program)).find(|it| it.exists());
    #[cfg(unix)]
    std::os::unix::fs::symlink(found.expect("it is installed"), folder.join(program)).unwrap();
}

#[test]
fn help_of_every_group_reads_and_versions_are_told() {
    let test = PorticoTest::new();
    test.run(&["--help"]).success().stdout_has("env:deploy").stdout_has("undo");
    test.run(&["env:deploy", "--help"]).success().stdout_has("--sync-content");
    let spaced = test.run(&["env", "deploy", "--help"]).success();
    assert_eq!(spaced.stdout, test.run(&["env:deploy", "--help"]).success().stdout);
    test.run(&["--version"]).success().stdout_has(env!("CARGO_PKG_VERSION"));
    test.run(&["env:explode"]).status(2);
}
