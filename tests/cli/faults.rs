//! What goes wrong around Portico leaves everything as it was.
// Disks of their own need Linux's namespaces.
#![cfg(target_os = "linux")]
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use crate::{
    content::{path, with_wordpress},
    random::{Random, moments},
    support::{PorticoTest, Serving, eventually, signal},
};

/// A shell script with the root folder on a disk of `size`; it has `$PORTICO`.
fn on_a_disk(size: &str, test: &PorticoTest, script: &str) -> Command {
    fs::create_dir_all(test.root()).unwrap();
    let whole = format!("mount -t tmpfs -o size={size} none \"$PORTICO_HOME\" && {script}");
    let portico = test.command(&[]);
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-c", &whole])
        .env_clear()
        .envs(portico.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PORTICO", env!("CARGO_BIN_EXE_portico"));
    command
}

/// Runs such a script to its end, and answers what it printed.
fn on_a_disk_of(size: &str, test: &PorticoTest, script: &str) -> (String, String) {
    let output = on_a_disk(size, test, script).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_site_that_only_reads_wakes_and_goes_on_though_the_disk_is_full() {
    let test = PorticoTest::new();
    let folder = test.folder("code");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("index.php"), "<?php echo 'read ', file_get_contents('a.txt');").unwrap();
    fs::write(folder.join("a.txt"), "a").unwrap();
    let script = format!(
        "\"$PORTICO\" site:create demo --from {} --progress off >&2 && {{ \"$PORTICO\" serve & serve=$!; \
         read word; cat /dev/zero >\"$PORTICO_HOME/fill\" 2>/dev/null; echo full; \
         read word; kill $serve; wait $serve; }}",
        folder.display()
    );
    let mut child = on_a_disk("30m", &test, &script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("listening")));
    writeln!(input).unwrap();
    assert!(lines.any(|line| line == "full"));
    // Nobody visited before: its PHP is started now.
    for path in ["/", "/a.txt", "/"] {
        assert!(test.browser().get("demo.dev", path).ok().has("a"), "{path}");
    }
    // What is sent without a length would have to be kept first.
    let mut stream = TcpStream::connect(("127.0.0.1", test.port())).unwrap();
    let head = "POST / HTTP/1.1\r\nHost: dev-demo.localhost\r\nConnection: close\r\n";
    write!(stream, "{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").unwrap();
    let answer = std::io::read_to_string(stream).unwrap();
    assert!(answer.starts_with("HTTP/1.1 507 "), "{answer}");
    writeln!(input).unwrap();
    assert!(child.wait().unwrap().success());
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
    // Dev's 12 MB of files fit twice (Dev, Test) into the disk beside what always stays free, a third time they don't.
    let (stdout, stderr) = on_a_disk_of(
        "64m",
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

#[test]
fn a_new_environment_that_can_t_fit_is_refused_before_anything_is_copied() {
    let test = PorticoTest::new();
    // The film came after Dev was measured.
    let (stdout, stderr) = on_a_disk_of(
        "30m",
        &test,
        "\"$PORTICO\" site:create demo --from sample --progress off >&2 && \
         head -c 20000000 /dev/zero > \"$PORTICO_HOME/sites/demo/dev/files/film.bin\" && \
         { \"$PORTICO\" env:deploy demo.test; echo code $?; \
           \"$PORTICO\" multidev:create demo.dev blog; echo code $?; } && \
         ls \"$PORTICO_HOME/sites/demo\" && git -C \"$PORTICO_HOME/sites/demo/repository.git\" for-each-ref --format='%(refname)'",
    );
    assert!(stdout.starts_with("code 1\ncode 1\n"), "{stdout}{stderr}");
    assert_eq!(stderr.matches("not enough room").count(), 2, "{stderr}");
    assert!(!stdout.contains("blog") && !stdout.contains("tags"), "{stdout}");
}

#[test]
fn a_folder_of_uploads_that_can_t_fit_is_refused_before_anything_is_copied() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let uploads = test.folder("uploads");
    fs::create_dir_all(uploads.join("2024")).unwrap();
    // It has no blocks yet, but a copy would.
    fs::File::create(uploads.join("2024/film.bin")).unwrap().set_len(1 << 43).unwrap();
    let arguments = ["import:files", "demo.dev", path(&uploads)];
    test.run(&arguments).status(1).stderr_has("not enough room");
    fs::write(uploads.join("2024/film.bin"), [b'f'; 70_000]).unwrap();
    let imported = test.json(&arguments);
    assert_eq!(imported["result"]["bytes"], 70_000);
}

/// What a visitor and a list see of Dev: rows of the posts come through the page.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    generation: u64,
    tables: u64,
    files: u64,
    has_post: bool,
    has_file: bool,
}

fn see(test: &PorticoTest) -> Seen {
    let content = test.json(&["env:info", "acme.dev"])["content"].clone();
    let browser = test.browser();
    Seen {
        generation: content["generation"].as_u64().unwrap(),
        tables: content["database"]["tables"].as_u64().unwrap(),
        files: content["files"]["count"].as_u64().unwrap(),
        has_post: browser.get("acme.dev", "/").ok().has("After the dump"),
        has_file: browser.get("acme.dev", "/wp-content/uploads/a.txt").status == 200,
    }
}

/// Dev with a post and a file of its own, Test cloned from it, and a folder of files to import.
fn with_content(test: &PorticoTest) -> (Serving, PathBuf) {
    let (serving, dump) = with_wordpress(test);
    test.browser().publish("acme.dev", "ada", "correct horse", "After the dump");
    let files = test.environment("acme.dev").join("files");
    fs::create_dir_all(&files).unwrap();
    fs::write(files.join("a.txt"), "a").unwrap();
    test.run(&["env:deploy", "acme.test"]).success();
    fs::create_dir(test.folder("uploads")).unwrap();
    fs::write(test.folder("uploads/b.txt"), "b").unwrap();
    (serving, dump)
}

#[test]
fn an_owner_killed_or_a_cancel_at_any_moment_leaves_everything_as_before_or_complete() {
    let test = PorticoTest::new();
    let (mut serving, dump) = with_content(&test);
    let import = ["import", path(&dump), "uploads", "acme.dev"];
    let all: [&[&str]; 3] =
        [&import, &["env:clone-content", "acme.test", "dev"], &["env:wipe", "acme.dev"]];
    let before = see(&test);
    let lasts = all.map(|command| {
        let started = Instant::now();
        test.run(command).success();
        let lasts = started.elapsed();
        assert_ne!(see(&test).generation, before.generation);
        test.run(&["undo", "acme"]).success();
        lasts
    });
    let mut random = Random::new();
    for number in 0..moments(12) {
        let (command, lasts) = (all[number % 3], lasts[number % 3]);
        let moment = random.below(lasts);
        let newest = test.json(&["workflow:list", "acme"])[0]["id"].clone();
        let mut child = test.command(command).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(moment);
        let is_kill = number % 4 != 3;
        if is_kill {
            serving.kill();
            child.wait().unwrap();
            serving = test.serve();
        } else {
            signal(&child, rustix::process::Signal::INT);
            let code = child.wait().unwrap().code();
            // Before the command listens, the signal itself ends it.
            assert!(matches!(code, Some(0 | 130) | None), "{code:?}");
        }
        let told = format!(
            "{command:?}, {} after {moment:?}",
            if is_kill { "killed" } else { "cancelled" }
        );
        let row = test.json(&["workflow:list", "acme"])[0].clone();
        if row["id"] != newest && row["state"] == "running" {
            // A command that was ended before it could cancel leaves its workflow to the owner.
            eventually("the workflow ends", || {
                test.json(&["workflow:list", "acme"])[0]["state"] != "running"
            });
        }
        let row = test.json(&["workflow:list", "acme"])[0].clone();
        if row["id"] != newest && row["state"] == "succeeded" {
            assert_ne!(see(&test).generation, before.generation, "{told}: {row}");
            test.run(&["undo", "acme"]).success();
        }
        assert_eq!(see(&test), before, "{told}: {row}");
        let folders = fs::read_dir(test.environment("acme.dev").join("content")).unwrap().count();
        let kept = test.json(&["generation:list", "acme.dev"]).as_array().unwrap().len();
        assert_eq!(folders, kept, "{told}: something is left");
    }
}

#[test]
fn a_database_server_killed_during_an_import_fails_it_and_visitors_never_notice() {
    let test = PorticoTest::new();
    let (_serving, dump) = with_content(&test);
    let mut text = fs::read_to_string(&dump).unwrap();
    let mut rows = String::from("CREATE TABLE `wp_large` (a int, b text);\n");
    for number in 0..4000 {
        let row = format!("({number},'{}')", "x".repeat(200));
        rows += &format!("INSERT INTO `wp_large` VALUES {};\n", vec![row; 50].join(","));
    }
    text = text.replace("-- Dump completed", &format!("{rows}-- Dump completed"));
    fs::write(&dump, text).unwrap();
    let before = see(&test);
    let servers = || -> Vec<u64> {
        let status = test.json(&["status"]);
        let all = status["processes"].as_array().unwrap().iter();
        let servers = all.filter(|it| it["what"].as_str().unwrap().starts_with("MariaDB"));
        servers.map(|it| it["pid"].as_u64().unwrap()).collect()
    };
    let old = servers();
    let child = test
        .command(&["import:database", "acme.dev", path(&dump)])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut new = None;
    eventually("the import's own server starts", || {
        new = servers().into_iter().find(|pid| !old.contains(pid));
        new.is_some()
    });
    // It is loading now; who visits meanwhile gets the old content.
    assert!(test.browser().get("acme.dev", "/").ok().has("After the dump"));
    let pid = rustix::process::Pid::from_raw(i32::try_from(new.unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(test.browser().get("acme.dev", "/").ok().has("After the dump"));
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(see(&test), before, "{said}");
    test.run(&["import:database", "acme.dev", path(&dump)]).success();
}
