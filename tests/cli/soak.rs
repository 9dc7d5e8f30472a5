//! Many mixed workflows in a row: what they leave has a bound.
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{Browser, PorticoTest, wordpress};

/// Workflows of one round, beside those that are undone in it.
const ROUND: usize = 14;

/// How many workflows are run: `PORTICO_SOAK` of them where it is set.
fn workflows(otherwise: usize) -> usize {
    std::env::var("PORTICO_SOAK").map_or(otherwise, |it| it.parse().unwrap())
}

/// What the owner and its folder take.
#[derive(Clone, Copy, Debug)]
struct Use {
    disk: u64,
    objects: u64,
    memory: u64,
    descriptors: u64,
    threads: u64,
    processes: u64,
}

/// What is bounded, how it is read, and how much more the second half may need beside a twentieth.
type Bound = (&'static str, fn(&Use) -> u64, u64);

#[test]
fn mixed_workflows_on_sqlite_leave_no_more_and_no_more() {
    soak("sqlite", 3 * ROUND);
}

#[test]
fn mixed_workflows_on_mariadb_leave_no_more_and_no_more() {
    soak("mariadb", 3 * ROUND);
}

fn soak(database: &str, otherwise: usize) {
    if !cfg!(target_os = "linux") {
        return;
    }
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    install(&test, database);
    let rounds = workflows(otherwise).div_ceil(ROUND).max(3);
    let mut uses = Vec::new();
    for number in 0..rounds {
        let started = Instant::now();
        round(&test, &browser, number);
        uses.push(used(&test));
        tell(database, number, uses.last().unwrap(), started);
    }
    // In the first round there is nothing yet that could be let go.
    let (first, second) = uses[1..].split_at((rounds - 1) / 2);
    let most = |uses: &[Use], what: fn(&Use) -> u64| uses.iter().map(what).max().unwrap();
    let bounds: [Bound; 5] = [
        ("bytes on the disk", |it| it.disk, 8_000_000),
        ("bytes of memory", |it| it.memory, 24_000_000),
        ("file descriptors", |it| it.descriptors, 12),
        ("threads", |it| it.threads, 6),
        ("processes", |it| it.processes, 4),
    ];
    for (name, what, more) in bounds {
        let (before, after) = (most(first, what), most(second, what));
        assert!(after <= before + before / 20 + more, "{name}: {before}, later {after}");
    }
}

#[expect(clippy::print_stdout, reason = "whoever runs many wants to see them")]
fn tell(database: &str, number: usize, it: &Use, started: Instant) {
    println!(
        "{database} round {number}: {:.1} MB on disk, {} loose objects, {:.1} MB of memory, {} descriptors, \
         {} threads, {} processes, {:.1} s",
        it.disk as f64 / 1e6,
        it.objects,
        it.memory as f64 / 1e6,
        it.descriptors,
        it.threads,
        it.processes,
        started.elapsed().as_secs_f64(),
    );
}

fn install(test: &PorticoTest, database: &str) {
    let source = wordpress();
    let source = source.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", source, "--database", database]).success();
    let line = "--title Bluewhales --admin-user ada --admin-email ada@acme.test";
    let mut words = vec!["site:install", "acme.dev", "--admin-password", "correct horse"];
    words.extend(line.split(' '));
    test.run(&words).success();
    let uploads = test.environment("acme.dev").join("files/2026");
    fs::create_dir_all(&uploads).unwrap();
    (0..20).for_each(|it| fs::write(uploads.join(format!("{it}.jpg")), vec![7; 200_000]).unwrap());
    test.run(&["generation:keep", "acme", "2", "--days", "0", "--yes"]).success();
    test.run(&["env:deploy", "acme.test"]).success();
    test.run(&["env:deploy", "acme.live"]).success();
}

/// A commit, two deploys, clones, an import, an export, a multidev, undo and redo, a wipe, a switch.
fn round(test: &PorticoTest, browser: &Browser, number: usize) {
    let run = |line: &str| drop(test.run(&line.split(' ').collect::<Vec<_>>()).success());
    let code = test.environment("acme.dev").join("code");
    let change = |name: &str| fs::write(code.join(name), format!("<?php // {number}")).unwrap();
    change("soak.php");
    run("env:commit acme.dev --message soak");
    run("env:deploy acme.test --sync-content");
    run("env:deploy acme.live");
    browser.get("acme.test", "/").ok();
    browser.get("acme.live", "/").ok();
    run("undo acme");
    run("undo acme");
    run("env:clone-content acme.live dev");
    browser.get("acme.dev", "/").ok();
    let dump = test.folder("soak.sql.gz");
    run(&format!("export:database acme.dev {} --overwrite", dump.display()));
    run(&format!("import:database acme.dev {}", dump.display()));
    run("env:wipe acme.test");
    run("undo acme");
    let last = format!("generation:switch acme.test {}", replaced(test, "acme.test"));
    run(&last);
    run("multidev:create acme.live soak");
    browser.get("acme.soak", "/").ok();
    run("multidev:delete acme.soak --delete-branch");
    change("draft.php");
    run("env:discard acme.dev");
}

/// A generation of the environment that is not in use.
fn replaced(test: &PorticoTest, environment: &str) -> u64 {
    let all = test.json(&["generation:list", environment]);
    let mut all = all.as_array().unwrap().iter().filter(|it| it["current"] == false);
    all.next().unwrap()["id"].as_u64().unwrap()
}

/// What is used once the owner has let go of what it lets go in the background.
fn used(test: &PorticoTest) -> Use {
    // At low priority, so that it takes its time on a busy machine.
    let trash = test.root().join("trash");
    let since = Instant::now();
    while entries(&trash) > 0 {
        assert!(since.elapsed() < Duration::from_secs(300), "the trash is never empty");
        thread::sleep(Duration::from_millis(100));
    }
    let card = fs::read_to_string(test.root().join("engine.json")).unwrap();
    let pid = serde_json::from_str::<Value>(&card).unwrap()["pid"].as_u64().unwrap();
    let proc = Path::new("/proc").join(pid.to_string());
    let status = fs::read_to_string(proc.join("status")).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let memory: u64 = memory.trim().trim_end_matches(" kB").parse().unwrap();
    let du = test.shell(&test.root(), "du -s -B1 . | cut -f1").success().stdout;
    let objects = test.root().join("sites/acme/repository.git/objects");
    let loose = test.shell(&objects, "ls -d ??/* 2>/dev/null | wc -l").success().stdout;
    Use {
        disk: du.trim().parse().unwrap(),
        objects: loose.trim().parse().unwrap(),
        memory: memory * 1024,
        descriptors: entries(&proc.join("fd")),
        threads: entries(&proc.join("task")),
        processes: below(pid).len() as u64,
    }
}

fn entries(folder: &Path) -> u64 {
    fs::read_dir(folder).map_or(0, |it| it.count() as u64)
}

/// The processes that this one started, and theirs.
fn below(pid: u64) -> Vec<u64> {
    let parent = |entry: fs::DirEntry| {
        let child: u64 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u64>().ok()?;
        Some((child, parent))
    };
    let all: Vec<(u64, u64)> =
        fs::read_dir("/proc").unwrap().filter_map(|it| parent(it.ok()?)).collect();
    let mut found = vec![pid];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(all.iter().filter(|(_, it)| *it == parent).map(|(child, _)| child));
        at += 1;
    }
    found.split_off(1)
}
