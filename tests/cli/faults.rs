//! What goes wrong around Portico leaves everything as it was.
// Disks of their own need Linux's namespaces.
#![cfg(target_os = "linux")]
use std::{fs, process::Command};

use crate::support::PorticoTest;

/// Runs a shell script with the root folder on a disk of `size`; it has `$PORTICO`. Answers what it printed.
fn on_a_disk_of(size: &str, test: &PorticoTest, script: &str) -> (String, String) {
    fs::create_dir_all(test.root()).unwrap();
    let whole = format!("mount -t tmpfs -o size={size} none \"$PORTICO_HOME\" && {script}");
    let portico = test.command(&[]);
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-c", &whole])
        .env_clear()
        .envs(portico.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PORTICO", env!("CARGO_BIN_EXE_portico"));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_full_disk_leaves_no_half_made_site() {
    let test = PorticoTest::new();
    let folder = test.folder("large");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("index.php"), "<?php echo 1;").unwrap();
    fs::write(folder.join("film.bin"), vec![7; 40 << 20]).unwrap();
    let (stdout, stderr) = on_a_disk_of(
        "30m",
        &test,
        &format!(
            "\"$PORTICO\" site:create acme --from {}; echo code $?; \"$PORTICO\" site:list --format json; \
             ls \"$PORTICO_HOME/sites\" | wc -l",
            folder.display()
        ),
    );
    assert!(stdout.contains("code 1\n[]\n0\n"), "{stdout}{stderr}");
    assert!(stderr.contains("film.bin"), "the file is named: {stderr}");
}

#[test]
fn a_full_disk_during_a_clone_leaves_the_environment_as_it_was() {
    let test = PorticoTest::new();
    // Dev's 12 MB of files fit twice (Dev, Test) into the disk, a third time they don't.
    let (stdout, stderr) = on_a_disk_of(
        "30m",
        &test,
        "\"$PORTICO\" site:create demo --from sample --progress off >&2 && \
         head -c 12000000 /dev/zero > \"$PORTICO_HOME/sites/demo/dev/files/film.bin\" && \
         \"$PORTICO\" env:deploy demo.test --progress off >&2 && \
         { \"$PORTICO\" env:clone-content demo.dev test; echo code $?; } && \
         \"$PORTICO\" env:info demo.test --format json && ls \"$PORTICO_HOME/sites/demo/test/content\"",
    );
    assert!(stdout.starts_with("code 1\n"), "{stdout}{stderr}");
    assert!(stdout.contains("\"bytes\": 12000000"), "{stdout}{stderr}");
    assert!(stdout.ends_with("}\n1\n"), "only the first generation is there: {stdout}{stderr}");
}
