//! Whatever waits for somebody who stays silent can be cancelled, and ends by itself.
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::support::{PorticoTest, eventually, is_running, signal};

/// A site whose script after a commit is `script`.
fn with_hook(test: &PorticoTest, script: &str) {
    let folder = test.folder("code");
    fs::create_dir_all(folder.join("private")).unwrap();
    fs::write(folder.join("index.php"), "<?php echo 1;").unwrap();
    fs::write(folder.join("private/hook.php"), script).unwrap();
    let hook = "[{type: webphp, description: Hook, script: private/hook.php}]";
    let yml = format!("api_version: 1\nworkflows:\n  sync_code:\n    after: {hook}\n");
    fs::write(folder.join("pantheon.yml"), yml).unwrap();
    test.run(&["site:create", "demo", "--from", folder.to_str().unwrap()]).success();
}

/// Starts a command, and waits until it tells this step.
fn begin(test: &PorticoTest, arguments: &[&str], step: &str) -> Child {
    let mut child = test
        .command(arguments)
        .args(["--progress", "json"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let found = lines.any(|line| {
        let found = line.contains(step);
        said.push(line);
        found
    });
    assert!(found, "no step {step}: {said:#?}");
    thread::spawn(move || lines.for_each(drop));
    child
}

/// Begins a commit, and waits until its script runs.
fn begin_commit(test: &PorticoTest) -> Child {
    let code = test.environment("demo.dev").join("code");
    fs::write(code.join("new.txt"), format!("{:?}", Instant::now())).unwrap();
    begin(test, &["env:commit", "demo.dev", "--message", "One"], "Hook after sync_code")
}

/// A server that takes connections and says nothing.
fn deaf() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    port
}

/// Waits for the end of a command, which must come soon; answers its exit code.
#[track_caller]
fn ends(child: &mut Child, within: Duration) -> Option<i32> {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < within, "it still runs after {within:?}");
        thread::sleep(Duration::from_millis(10));
    }
    child.wait().unwrap().code()
}

const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_client_of_a_stopped_owner_says_so_after_ten_seconds_and_not_before() {
    let test = PorticoTest::new();
    let serving = test.serve();
    // A step that says nothing for longer than that is no owner that says nothing.
    with_hook(&test, "<?php sleep(13);");
    let mut silent = begin_commit(&test);
    assert_eq!(ends(&mut silent, Duration::from_secs(60)), Some(0));

    let mut running = begin_commit(&test);
    serving.signal(Signal::STOP);
    let began = Instant::now();
    let asked = test.run(&["site:list"]).status(4).stderr_has("has not answered for 10 s");
    asked.stderr_has("kill -CONT");
    assert!(began.elapsed() > Duration::from_secs(9), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(ends(&mut running, SOON), Some(4));
    serving.signal(Signal::CONT);
    test.run(&["site:list"]).success().stdout_has("demo");
}

#[test]
fn ctrl_c_ends_a_client_at_once_though_its_owner_is_stopped() {
    let test = PorticoTest::new();
    let serving = test.serve();
    with_hook(&test, "<?php sleep(13);");
    let mut running = begin_commit(&test);
    serving.signal(Signal::STOP);
    let mut asking = test.command(&["site:list"]).stderr(Stdio::null()).spawn().unwrap();
    let mut opening =
        test.command(&["env:wipe", "demo.dev"]).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(Duration::from_millis(500));
    // The first asks the owner to take it back, the second does not wait for that.
    signal(&running, Signal::INT);
    thread::sleep(Duration::from_millis(100));
    signal(&running, Signal::INT);
    assert_eq!(ends(&mut running, SOON), Some(130));
    // These have begun nothing.
    signal(&asking, Signal::INT);
    signal(&opening, Signal::INT);
    assert!(matches!(ends(&mut asking, SOON), Some(130) | None));
    assert_eq!(ends(&mut opening, SOON), Some(130));
    serving.signal(Signal::CONT);
}

#[test]
fn a_script_that_ignores_kind_words_ends_with_its_workflow() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    // Among the uploads: a script can write nowhere else.
    let pid = test.environment("demo.dev").join("files/pid");
    let shell = format!("trap \"\" TERM INT HUP; echo $$ >{}; sleep 300", pid.display());
    with_hook(&test, &format!("<?php exec('{shell}');"));
    let mut commit = begin_commit(&test);
    eventually("the script runs", || fs::read_to_string(&pid).is_ok_and(|it| it.ends_with('\n')));
    signal(&commit, Signal::INT);
    // What the commit itself does was done before its script began.
    assert_eq!(ends(&mut commit, SOON), Some(0));
    let pid = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    eventually("what the script started ends", || !is_running(pid));
    // Its site is free.
    test.run(&["env:info", "demo.dev"]).success();
    let fast = test.environment("demo.dev").join("code/private/hook.php");
    fs::write(fast, "<?php echo 1;").unwrap();
    test.run(&["connection:set", "demo.dev", "git"]).success();
}

#[test]
fn a_stalled_download_or_git_server_is_left_by_ctrl_c_and_its_site_is_free() {
    let test = PorticoTest::new();
    let serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let port = deaf();
    let url = format!("http://127.0.0.1:{port}/a.sql?Signature=s3cret");
    let mut import = begin(&test, &["import:database", "demo.dev", &url], "Download");
    signal(&import, Signal::INT);
    assert_eq!(ends(&mut import, SOON), Some(130));
    for scheme in ["git", "http"] {
        let url = format!("{scheme}://127.0.0.1:{port}/a.git");
        let mut clone = begin(&test, &["site:create", "other", "--from", &url], "Clone");
        signal(&clone, Signal::INT);
        assert_eq!(ends(&mut clone, Duration::from_secs(10)), Some(130), "{scheme}");
        assert!(!test.root().join("sites/other").exists(), "{scheme}");
    }
    let folder = test.folder("uploads");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.txt"), "a").unwrap();
    test.run(&["import:files", "demo.dev", folder.to_str().unwrap()]).success();
    // An owner that is asked to end waits for none of them.
    let mut import = begin(&test, &["import:database", "demo.dev", &url], "Download");
    let began = Instant::now();
    assert_eq!(serving.end(), Some(0));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_ne!(ends(&mut import, SOON), Some(0));
}

/// What is in the making in a folder or below.
fn in_the_making(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map_while(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && (name.contains("checkout-") || name.ends_with(".part")) {
            found.push(name);
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(in_the_making(&entry.path()));
        }
    }
    found
}

#[test]
fn what_a_killed_owner_left_half_made_goes_at_the_next_start() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let code = test.environment("demo.dev").join("code/many");
    fs::create_dir(&code).unwrap();
    for number in 0..3000 {
        fs::write(code.join(format!("{number}.txt")), number.to_string()).unwrap();
    }
    test.run(&["env:commit", "demo.dev", "--message", "Many files"]).success();
    let film: Vec<u8> = (0..60_000_000_u32).map(|it| (it.wrapping_mul(it) >> 13) as u8).collect();
    fs::write(test.environment("demo.dev").join("files/film.bin"), film).unwrap();
    let out = test.folder("out");
    fs::create_dir(&out).unwrap();
    let file = out.join("files.tar.gz");
    let export = ["export:files", "demo.dev", file.to_str().unwrap()];
    let steps: [(&[&str], &str, &Path); 2] = [
        (&["env:deploy", "demo.test"], "\"total\":300", &test.environment("demo.test")),
        (&export, "Pack the files", &out),
    ];
    for (command, step, place) in steps {
        let mut left = Vec::new();
        for _ in 0..20 {
            let mut child = begin(&test, command, step);
            child.kill().unwrap();
            child.wait().unwrap();
            left = in_the_making(place);
            if !left.is_empty() {
                break;
            }
            test.run(&["site:list"]).success();
            drop(fs::remove_file(&file));
        }
        assert!(!left.is_empty(), "{command:?} was killed in its middle");
        // The next owner starts and ends.
        test.run(&["site:list"]).success();
        assert_eq!(in_the_making(place), Vec::<String>::new(), "{command:?}");
    }
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&export).success();
}

#[test]
fn an_export_of_a_database_that_is_not_there_yet_says_so() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let file = test.environment("demo.dev").join("content/1/database/site.sqlite");
    drop(fs::remove_file(file));
    let to = test.folder("a.sql");
    let refused = test.run(&["export:database", "demo.dev", to.to_str().unwrap()]);
    refused.status(5).stderr_has("demo.dev has no database yet");
    assert!(!to.exists());
}

#[test]
fn a_site_is_created_by_the_rules_that_its_commits_keep_to() {
    let test = PorticoTest::new();
    let folder = test.folder("code");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("index.php"), "<?php").unwrap();
    let yml = "api_version: 1\nprotected_web_paths:\n  - ../../..\n";
    fs::write(folder.join("pantheon.yml"), yml).unwrap();
    let create = ["site:create", "demo", "--from", folder.to_str().unwrap()];
    test.run(&create).status(5).stderr_has("pantheon.yml");
    fs::write(folder.join("pantheon.yml"), "api_version: 1\n").unwrap();
    test.run(&create).success();
    fs::write(test.environment("demo.dev").join("code/pantheon.yml"), yml).unwrap();
    test.run(&["env:commit", "demo.dev", "--message", "Paths"]).status(5);
}
