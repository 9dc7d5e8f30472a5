//! The runtime with the real programs.
use std::{
    collections::HashSet,
    env, fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    process::{Command, Stdio},
    sync::atomic::AtomicUsize,
};

use mysql::{Conn, OptsBuilder, prelude::Queryable};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{process::wait_for, *};
use crate::{error::Code, progress::Cancel};

/// A runtime in a folder of its own.
struct Bench {
    runtime: Runtime,
    folder: TempDir,
}

impl Bench {
    fn new(idle: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = Runtime::start(config(folder.path(), idle)).expect("a runtime");
        Self { runtime, folder }
    }

    fn spec(&self, revision: &str) -> PhpSpec {
        spec(self.folder.path(), revision)
    }

    /// Writes a PHP file and answers its path.
    fn script(&self, name: &str, code: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, format!("<?php {code}")).expect("written");
        file
    }

    fn data(&self, name: &str) -> PathBuf {
        let data = self.folder.path().join(name);
        self.runtime.create_data_directory(&data, Meter::silent()).expect("a data directory");
        data
    }

    fn pids(&self) -> Vec<u32> {
        self.runtime.processes().iter().map(|row| row.pid).collect()
    }
}

const LONG: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_secs(10);

fn config(folder: &Path, idle: Duration) -> Config {
    // One template for all tests of a run would need a place that outlives them; each makes its own.
    Config { templates: folder.join("templates"), sockets: folder.join("s"), idle }
}

fn spec(folder: &Path, revision: &str) -> PhpSpec {
    PhpSpec {
        environment: address(),
        version: None,
        settings: vec![("memory_limit".into(), "111M".into())],
        variables: vec![("PORTICO_WORD".into(), "from the environment".into())],
        logs: folder.join("logs"),
        revision: revision.into(),
        reach: None,
    }
}

fn address() -> Address {
    "acme.dev".parse().expect("an address")
}

fn eventually(done: impl FnMut() -> bool) -> bool {
    wait_for(Instant::now() + SOON, done)
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::KILL).expect("killed");
}

/// Whether a process is there that has not ended: a leader that did may have threads that have not yet.
fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).map(Iterator::count).unwrap_or(0);
    threads > 1 || stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// The numbers of all processes.
fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether a server of this data directory runs.
fn server_runs(data: &Path) -> bool {
    let data = data.to_str().expect("text");
    processes().any(|pid| {
        fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|it| it.contains(data))
    })
}

/// The group that a process is in.
fn group_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(2)?.parse().ok()
}

/// All living processes of a group.
fn members(group: u32) -> Vec<u32> {
    processes().filter(|pid| group_of(*pid) == Some(group) && lives(*pid)).collect()
}

/// The groups of processes that run.
fn groups(pids: &[u32]) -> Vec<u32> {
    pids.iter().map(|pid| group_of(*pid).expect("it runs")).collect()
}

/// The smallest FastCGI client: one request, the answer's body; none when the answer is cut.
fn request(address: &FastCgi, script: &Path) -> Option<String> {
    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        let mut record = vec![1, kind, 0, 1, length[0], length[1], 0, 0];
        record.extend(content);
        record
    }
    let FastCgi::Socket(socket) = address else { panic!("no socket") };
    let mut parameters = Vec::new();
    for (name, value) in [
        ("SCRIPT_FILENAME", script.to_str().expect("UTF-8")),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", "/"),
    ] {
        parameters.push(u8::try_from(name.len()).expect("short"));
        parameters
            .extend(u32::try_from(value.len()).map(|n| n | 1 << 31).expect("short").to_be_bytes());
        parameters.extend([name, value].concat().bytes());
    }
    let mut stream = UnixStream::connect(socket).ok()?;
    let sent = [
        record(1, &[0, 1, 0, 0, 0, 0, 0, 0]),
        record(4, &parameters),
        record(4, &[]),
        record(5, &[]),
    ];
    stream.write_all(&sent.concat()).ok()?;
    let mut body = Vec::new();
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header).ok()?;
        let mut content = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]]))];
        stream.read_exact(&mut content).ok()?;
        stream.read_exact(&mut vec![0; usize::from(header[6])]).ok()?;
        match header[1] {
            3 => break,
            6 => body.extend(content),
            _ => {}
        }
    }
    let answer = String::from_utf8(body).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

fn connect(lease: &DatabaseLease) -> mysql::Result<Conn> {
    let Database::MariaDb { socket, name, user, password, .. } = &lease.database else {
        panic!("no MariaDB")
    };
    let options = OptsBuilder::new().socket(socket.to_str()).user(Some(user)).pass(Some(password));
    Conn::new(options.db_name(Some(name)))
}

#[test]
fn a_pool_answers_with_the_settings_and_variables_of_its_spec() {
    let bench = Bench::new(LONG);
    let code = "echo ini_get('memory_limit'), '|', getenv('PORTICO_WORD'), '|', ini_get('variables_order'), \
                '|', function_exists('opcache_get_status') && opcache_get_status() !== false ? 'cached' : 'slow', \
                '|', extension_loaded('mysqli') ? 'mysqli' : 'bare';";
    let script = bench.script("a.php", code);
    let lease = bench.runtime.php(&bench.spec("1")).expect("a pool");
    let answer = request(&lease.address, &script).expect("an answer");
    assert_eq!(answer, "111M|from the environment|EGPCS|cached|mysqli");
}

#[test]
fn callers_share_one_start_and_four_requests_run_at_once() {
    let bench = Bench::new(LONG);
    let script = bench.script("a.php", "usleep(300000); echo getmypid();");
    let began = Instant::now();
    let workers: HashSet<String> = thread::scope(|scope| {
        let ask = || {
            let lease = bench.runtime.php(&bench.spec("1")).expect("a pool");
            request(&lease.address, &script).expect("an answer")
        };
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        asked.into_iter().map(|it| it.join().expect("no panic")).collect()
    });
    assert_eq!(bench.runtime.processes().len(), 1, "one pool");
    assert_eq!(workers.len(), 4, "each in a worker of its own, after {:?}", began.elapsed());
}

#[test]
fn php_cgi_serves_where_there_is_no_php_fpm() {
    let bench = Bench::new(LONG);
    let script = bench.script("a.php", "usleep(300000); echo PHP_SAPI, getmypid();");
    let mut all = php::installations();
    all.iter_mut().for_each(|it| it.fpm = None);
    let supervisor = &bench.runtime.shared.supervisor;
    let folder = bench.folder.path().join("s/php-x");
    let mut pool = Pool::start_one_of(&all, &bench.spec("1"), folder, supervisor).expect("a pool");
    let answers: HashSet<String> = thread::scope(|scope| {
        let asked: Vec<_> =
            (0..4).map(|_| scope.spawn(|| request(&pool.address(), &script))).collect();
        asked.into_iter().map(|it| it.join().expect("no panic").expect("an answer")).collect()
    });
    assert!(answers.iter().all(|it| it.starts_with("cgi-fcgi")), "{answers:?}");
    assert_eq!(answers.len(), 4, "four workers");
    assert!(pool.is_running());
    let leader = pool.pids().next().expect("a process");
    let group = group_of(leader).expect("it runs");
    assert!(members(group).len() > 4, "the master and its workers");
    pool.end();
    assert!(eventually(|| members(group).is_empty()), "workers end with their master");
}

#[test]
fn two_specs_of_one_environment_overlap_without_a_failed_request() {
    let bench = Bench::new(LONG);
    let script = bench.script("a.php", "usleep(20000); echo 'ok';");
    let revision = AtomicU64::new(0);
    let failed = AtomicUsize::new(0);
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while revision.load(Ordering::Relaxed) < 5 {
                    let spec = bench.spec(&revision.load(Ordering::Relaxed).to_string());
                    let lease = bench.runtime.php(&spec).expect("a pool");
                    match request(&lease.address, &script).as_deref() {
                        Some("ok") => answered.fetch_add(1, Ordering::Relaxed),
                        _ => failed.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        // The next revision comes while requests of the one before are under way.
        for goal in (1..=5).map(|it| it * 10) {
            let _ = eventually(|| answered.load(Ordering::Relaxed) >= goal);
            revision.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert_eq!(failed.load(Ordering::Relaxed), 0);
    assert!(answered.load(Ordering::Relaxed) >= 50);
    assert!(eventually(|| bench.pids().len() == 1), "only the newest pool stays");
}

#[test]
fn a_pool_whose_master_was_killed_is_started_anew_and_leaves_no_worker() {
    let bench = Bench::new(LONG);
    let script = bench.script("a.php", "echo 'ok';");
    drop(bench.runtime.php(&bench.spec("1")).expect("a pool"));
    let first = bench.pids()[0];
    let old = group_of(first).expect("it runs");
    kill(first);
    assert!(eventually(|| !lives(first)));
    let lease = bench.runtime.php(&bench.spec("1")).expect("a new pool");
    assert_eq!(request(&lease.address, &script).as_deref(), Some("ok"));
    assert_ne!(bench.pids(), [first]);
    assert!(eventually(|| members(old).is_empty()), "the old workers are gone");
}

#[test]
fn php_that_cannot_start_says_why() {
    let bench = Bench::new(LONG);
    let mut spec = bench.spec("1");
    spec.settings.push(("opcache.preload".into(), "/no/such/file.php".into()));
    spec.settings.push(("opcache.preload_user".into(), "root".into()));
    let error = bench.runtime.php(&spec).err().expect("it can't start");
    assert_eq!(error.code, Code::Failed);
    assert!(error.causes.iter().any(|it| it.contains("/no/such/file.php")), "{error:?}");
    assert_eq!(bench.pids(), [0; 0]);
}

#[test]
fn what_nobody_uses_falls_asleep_and_wakes_again() {
    let bench = Bench::new(Duration::from_millis(300));
    let script = bench.script("a.php", "echo 'ok';");
    let lease = bench.runtime.php(&bench.spec("1")).expect("a pool");
    thread::sleep(Duration::from_millis(700));
    assert_eq!(request(&lease.address, &script).as_deref(), Some("ok"), "a lease keeps it awake");
    let group = groups(&bench.pids())[0];
    drop(lease);
    assert!(eventually(|| bench.pids().is_empty() && members(group).is_empty()));
    let lease = bench.runtime.php(&bench.spec("1")).expect("it wakes");
    assert_eq!(request(&lease.address, &script).as_deref(), Some("ok"));
}

#[test]
fn stopping_an_environments_php_waits_for_its_request() {
    let bench = Bench::new(LONG);
    let lease = bench.runtime.php(&bench.spec("1")).expect("a pool");
    bench.runtime.stop_php(&address());
    assert_eq!(bench.pids().len(), 1, "the lease holds it");
    drop(lease);
    assert!(eventually(|| bench.pids().is_empty()));
    drop(bench.runtime.php(&bench.spec("1")).expect("a pool"));
    bench.runtime.stop_php(&address());
    assert_eq!(bench.pids(), [0; 0], "with no request it stops at once");
}

#[test]
fn a_missing_version_is_noted() {
    let bench = Bench::new(LONG);
    let pool = bench.runtime.php(&bench.spec("1"));
    assert!(pool.is_ok(), "some PHP is here");
    let installed = bench.runtime.processes()[0].what.replace("PHP ", "");
    assert_eq!(bench.runtime.php_note(&installed), None);
    assert!(bench.runtime.php_note("5.3").expect("a note").contains("wants PHP 5.3"));
}

#[test]
fn a_script_gets_input_arguments_settings_and_variables() {
    let bench = Bench::new(LONG);
    let script = bench.script(
        "a.php",
        "fwrite(STDERR, \"one\\ntwo\\n\"); echo getcwd(), '|', $argv[1], '|', stream_get_contents(STDIN), '|', \
         $_ENV['PORTICO_WORD'], '|', ini_get('memory_limit');",
    );
    let lines = Mutex::new(Vec::new());
    let report = |report| lines.lock().expect("no panic").push(report);
    let cancel = Cancel::default();
    let meter = Meter::new(&cancel, &report);
    let folder = fs::canonicalize(bench.folder.path()).expect("there");
    let said = bench
        .runtime
        .run_php(&bench.spec("1"), &script, &["an argument".into()], &folder, "input", meter)
        .expect("it ran");
    assert_eq!(said, format!("{}|an argument|input|from the environment|111M", folder.display()));
    let said = ["one", "two"].map(|line| crate::progress::Report::Line(line.into()));
    assert_eq!(lines.into_inner().expect("no panic"), said);
    assert!(
        !fs::read_dir(folder.join("s"))
            .expect("read")
            .flatten()
            .any(|it| { it.file_name().to_string_lossy().starts_with("run-") })
    );
}

#[test]
fn a_script_that_fails_says_what_it_said() {
    let bench = Bench::new(LONG);
    let script = bench.script("a.php", "echo 'half'; throw new Exception('no such table');");
    let error = bench
        .runtime
        .run_php(&bench.spec("1"), &script, &[], bench.folder.path(), "", Meter::silent())
        .expect_err("it fails");
    assert!(error.causes[0].contains("exit code 255"), "{error:?}");
    assert!(error.causes.iter().any(|it| it.contains("no such table")), "{error:?}");
}

#[test]
fn a_cancel_ends_a_script_and_what_it_started() {
    let bench = Bench::new(LONG);
    let code =
        "proc_open('sleep 300', [], $pipes); file_put_contents('pid', getmypid()); sleep(300);";
    let script = bench.script("a.php", code);
    let cancel = Cancel::default();
    let pid_file = bench.folder.path().join("pid");
    let (mut pid, mut group) = (None, None);
    let error = thread::scope(|scope| {
        let spec = bench.spec("1");
        let (runtime, script, folder, cancel) =
            (&bench.runtime, &script, bench.folder.path(), &cancel);
        let run = scope.spawn(move || {
            runtime.run_php(&spec, script, &[], folder, "", Meter::new(cancel, &|_| ()))
        });
        assert!(eventually(|| {
            pid = fs::read_to_string(&pid_file).ok().and_then(|text| text.parse::<u32>().ok());
            pid.is_some()
        }));
        group = pid.and_then(group_of);
        cancel.cancel();
        run.join().expect("no panic").expect_err("it was cancelled")
    });
    assert!(error.is_cancelled());
    assert!(eventually(|| members(group.expect("it ran")).is_empty()));
}

#[test]
fn a_script_ends_though_what_it_left_behind_holds_its_output() {
    let bench = Bench::new(LONG);
    // In a session of its own, which no group of ours reaches.
    let code = "proc_open('setsid sleep 60 & echo $! >left', [1 => STDOUT, 2 => STDERR], $pipes);
        echo 'said';";
    let script = bench.script("a.php", code);
    let spec = bench.spec("1");
    let started = Instant::now();
    let said = bench.runtime.run_php(&spec, &script, &[], bench.folder.path(), "", Meter::silent());
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(said.expect("it ended"), "said");
    let left = fs::read_to_string(bench.folder.path().join("left")).expect("it was started");
    kill(left.trim().parse().expect("a pid"));
}

#[test]
fn a_cancel_ends_a_server_that_is_starting() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    // As long as another process holds this lock, InnoDB waits for it, up to 100 seconds.
    let tablespace = fs::File::options().write(true).open(data.join("ibdata1")).expect("opens");
    let lock = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    rustix::fs::fcntl_lock(&tablespace, lock).expect("nobody has it");
    let cancel = Cancel::default();
    thread::scope(|scope| {
        let start =
            scope.spawn(|| bench.runtime.mariadb(&address(), &data, "p", &cancel).map(drop));
        assert!(eventually(|| server_runs(&data)));
        cancel.cancel();
        let error = start.join().expect("it ended").expect_err("it was cancelled");
        assert!(error.is_cancelled(), "{error}");
    });
    assert!(!server_runs(&data));
    drop(tablespace);
    bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("it starts again");
}

#[test]
fn a_database_is_created_used_stopped_copied_and_used_with_another_password() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    let lease = bench
        .runtime
        .mariadb(&address(), &data, "it's \\ a secret", &Cancel::default())
        .expect("a server");
    let mut pantheon = connect(&lease).expect("the user logs in");
    pantheon.query_drop("CREATE TABLE t (a INT PRIMARY KEY) ENGINE=InnoDB").expect("created");
    pantheon.query_drop("INSERT INTO t VALUES (7)").expect("inserted");
    pantheon.query_drop("CREATE DATABASE other").expect_err("its rights end at its database");
    drop(pantheon);

    let again = bench
        .runtime
        .mariadb(&address(), &data, "it's \\ a secret", &Cancel::default())
        .expect("the same");
    assert_eq!(again.database, lease.database);
    let stopped = bench.runtime.stop_mariadb(&data, Duration::from_millis(50));
    assert_eq!(stopped.err().expect("leases are out").code, Code::Busy);
    drop((lease, again));
    bench.runtime.stop_mariadb(&data, SOON).expect("stopped");
    assert_eq!(bench.pids(), [0; 0]);
    bench.runtime.stop_mariadb(&data, SOON).expect("a second stop does nothing");

    let copied = bench.folder.path().join("two");
    let status = Command::new("cp").arg("-r").args([&data, &copied]).status();
    assert!(status.expect("cp runs").success());
    let first = bench
        .runtime
        .mariadb(&address(), &data, "it's \\ a secret", &Cancel::default())
        .expect("starts again");
    let second = bench
        .runtime
        .mariadb(&address(), &copied, "new", &Cancel::default())
        .expect("the copy starts");
    for lease in [&first, &second] {
        let row: Option<i64> =
            connect(lease).expect("in").query_first("SELECT a FROM t").expect("read");
        assert_eq!(row, Some(7));
    }
    assert_eq!(bench.pids().len(), 2);
}

#[test]
fn a_server_that_starts_leaves_the_temporary_tables_of_others_alone() {
    let bench = Bench::new(LONG);
    let (one, two) = (bench.data("one"), bench.data("two"));
    let lease = bench.runtime.mariadb(&address(), &one, "p", &Cancel::default()).expect("a server");
    let mut connection = connect(&lease).expect("in");
    connection.query_drop("CREATE TEMPORARY TABLE t (a INT) ENGINE=Aria").expect("created");
    connection.query_drop("INSERT INTO t VALUES (7)").expect("inserted");
    let _other =
        bench.runtime.mariadb(&address(), &two, "p", &Cancel::default()).expect("another server");
    connection.query_drop("DROP TEMPORARY TABLE t").expect("its files are still there");
    let mut root = root(&lease).expect("the administrator");
    let databases: Vec<String> = root.query("SHOW DATABASES").expect("listed");
    assert!(databases.contains(&"pantheon".to_owned()));
    assert!(!databases.iter().any(|it| it.contains("tmp")), "{databases:?}");
}

#[test]
fn a_start_that_comes_during_a_stop_waits_for_its_end() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    drop(bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server"));
    thread::scope(|scope| {
        // What it answers holds the server back until it is dropped, here at once.
        let stop = scope.spawn(|| bench.runtime.stop_mariadb(&data, SOON).map(drop));
        for _ in 0..3 {
            let lease = bench
                .runtime
                .mariadb(&address(), &data, "p", &Cancel::default())
                .expect("a server");
            connect(&lease).expect("it answers");
        }
        stop.join().expect("no panic").expect("stopped");
    });
}

#[test]
fn a_server_that_was_stopped_for_a_copy_is_not_started_before_the_copy_is_done() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    drop(bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server"));
    let stopped = bench.runtime.stop_mariadb(&data, SOON).expect("stopped");
    thread::scope(|scope| {
        let start =
            scope.spawn(|| bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()));
        // A start takes a fraction of this.
        thread::sleep(Duration::from_secs(1));
        assert!(!start.is_finished(), "it was started in the middle of a copy");
        assert_eq!(bench.pids(), [0; 0]);
        drop(stopped);
        let lease = start.join().expect("no panic").expect("it starts again");
        connect(&lease).expect("it answers");
    });
}

#[test]
fn a_killed_server_is_started_anew_on_what_it_left() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    let lease =
        bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server");
    connect(&lease).expect("in").query_drop("CREATE TABLE t (a INT)").expect("created");
    let pid = bench.pids()[0];
    kill(pid);
    assert!(eventually(|| !lives(pid)));
    let lease =
        bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a new server");
    connect(&lease).expect("in").query_drop("INSERT INTO t VALUES (1)").expect("inserted");
}

#[test]
fn a_server_that_died_was_not_stopped_cleanly() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    drop(bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server"));
    let pid = bench.pids()[0];
    kill(pid);
    assert!(eventually(|| !lives(pid)));
    let error = bench.runtime.stop_mariadb(&data, SOON).err().expect("its files are not complete");
    assert!(error.message.contains("cleanly"), "{error:?}");
}

#[test]
fn a_broken_data_directory_is_told_with_the_servers_words() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    fs::write(data.join("ibdata1"), b"no tablespace").expect("written");
    let error = bench
        .runtime
        .mariadb(&address(), &data, "p", &Cancel::default())
        .err()
        .expect("it can't start");
    assert!(error.causes.iter().any(|it| it.contains("ibdata1")), "{error:#?}");
    assert_eq!(bench.pids(), [0; 0]);
    let empty = bench.folder.path().join("empty");
    fs::create_dir(&empty).expect("made");
    let error = bench
        .runtime
        .mariadb(&address(), &empty, "p", &Cancel::default())
        .err()
        .expect("it can't start");
    assert!(error.causes[0].contains("is no data directory"), "{error:?}");
}

/// Each generation has such a folder, and where the disk shares no blocks each takes its size.
#[test]
fn a_data_directory_at_rest_is_small_even_after_its_log_was_large() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    let (lease, mut root) = as_root(&bench, &data);
    for size in [256 << 20, 8 << 20] {
        root.query_drop(format!("SET GLOBAL innodb_log_file_size = {size}")).expect("a size");
    }
    drop((root, lease));
    bench.runtime.stop_mariadb(&data, SOON).expect("stopped");
    let log = fs::metadata(data.join("ib_logfile0")).expect("a log").len();
    assert_eq!(log, 8 << 20);
    assert!(folder_size(&data) < 32 << 20, "{} bytes", folder_size(&data));
}

#[test]
fn a_server_is_stopped_when_the_log_that_it_had_for_a_while_is_short_again() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    let (lease, mut root) = as_root(&bench, &data);
    root.query_drop("SET GLOBAL innodb_log_file_size = 268435456").expect("a long log");
    drop(lease);
    // Whoever built a generation does this beside everything else, and has not come to it yet.
    let shortening = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        // The file is short a moment before the server says so, and then the server may have ended.
        drop(root.query_drop("SET GLOBAL innodb_log_file_size = 8388608"));
    });
    bench.runtime.stop_mariadb(&data, SOON).expect("stopped");
    assert_eq!(fs::metadata(data.join("ib_logfile0")).expect("a log").len(), 8 << 20);
    shortening.join().expect("it was shortened");
}

/// A server of `data`, and a connection as its administrator.
fn as_root(bench: &Bench, data: &Path) -> (DatabaseLease, Conn) {
    let lease = bench.runtime.mariadb(&address(), data, "p", &Cancel::default()).expect("a server");
    let root = root(&lease).expect("a connection");
    (lease, root)
}

fn root(lease: &DatabaseLease) -> mysql::Result<Conn> {
    let Database::MariaDb { socket, administrator, .. } = &lease.database else {
        panic!("no MariaDB")
    };
    let root = OptsBuilder::new().socket(socket.to_str()).user(Some("root"));
    Conn::new(root.pass(Some(administrator)))
}

#[test]
fn a_site_is_neither_the_administrator_of_a_server_nor_reads_files_by_it() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    let outside = bench.folder.path().join("outside.txt");
    fs::write(&outside, "a secret").expect("written");
    let lease =
        bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server");
    let Database::MariaDb { socket, .. } = &lease.database else { panic!("no MariaDB") };
    let without = OptsBuilder::new().socket(socket.to_str()).user(Some("root"));
    assert!(Conn::new(without).is_err(), "anybody is root");
    root(&lease).expect("we are root");
    let file = format!("SELECT load_file('{}')", outside.display());
    let mut site = connect(&lease).expect("in");
    for mut connection in [connect(&lease).expect("in"), root(&lease).expect("in")] {
        let read: Option<Option<String>> = connection.query_first(&file).unwrap_or_default();
        assert_eq!(read.flatten(), None);
    }
    let write = format!("SELECT 1 INTO OUTFILE '{}'", bench.folder.path().join("new").display());
    assert!(site.query_drop(write).is_err());
    assert!(
        !fs::read_dir(bench.folder.path().join("s"))
            .expect("read")
            .flatten()
            .any(|it| { it.file_name().to_string_lossy().starts_with("init-") })
    );
}

fn folder_size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let size = |path: PathBuf| match path.is_dir() {
        true => folder_size(&path),
        false => fs::metadata(path).map_or(0, |known| known.len()),
    };
    entries.map(|entry| size(entry.path())).sum()
}

#[test]
fn a_full_folder_is_never_replaced_by_a_new_data_directory() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    bench.runtime.create_data_directory(&data, Meter::silent()).expect_err("it is full");
    assert!(data.join("mysql").is_dir());
    let left: Vec<_> = fs::read_dir(bench.folder.path()).expect("read").flatten().collect();
    assert!(!left.iter().any(|it| it.file_name().to_string_lossy().contains(".new-")));
}

#[test]
fn a_folder_for_sockets_that_is_too_deep_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("d".repeat(90));
    let error = Runtime::start(config(&deep, LONG)).err().expect("refused");
    assert_eq!(error.code, Code::Refused);
    assert!(!deep.exists());
}

#[test]
fn after_the_end_nothing_runs_and_nothing_starts() {
    let bench = Bench::new(LONG);
    let data = bench.data("one");
    let _php = bench.runtime.php(&bench.spec("1")).expect("a pool");
    let _database =
        bench.runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server");
    let pids = bench.pids();
    assert_eq!(pids.len(), 2);
    let groups = groups(&pids);
    bench.runtime.stop_all();
    assert!(eventually(|| groups.iter().all(|it| members(*it).is_empty())));
    assert!(bench.runtime.php(&bench.spec("1")).is_err());
}

/// Run by the tests below as a process of its own: owns a runtime until it is killed.
#[test]
fn helper_owner() {
    let Some(folder) = env::var_os("PORTICO_TEST_OWNER").map(PathBuf::from) else { return };
    let runtime = Runtime::start(config(&folder, LONG)).expect("a runtime");
    let data = folder.join("data");
    runtime.create_data_directory(&data, Meter::silent()).expect("a data directory");
    let _php = runtime.php(&spec(&folder, "1")).expect("a pool");
    let _database = runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server");
    let pids: Vec<String> = runtime.processes().iter().map(|row| row.pid.to_string()).collect();
    fs::write(folder.join("new"), pids.join(" ")).expect("written");
    fs::rename(folder.join("new"), folder.join("pids")).expect("renamed");
    // Until the test ends, should it not come to kill this.
    let _ = std::io::stdin().read(&mut [0]);
}

/// An owner as a process of its own, and what it started.
fn owner(folder: &Path) -> (std::process::Child, Vec<u32>) {
    let owner = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "runtime::tests::helper_owner", "--test-threads=1"])
        .env("PORTICO_TEST_OWNER", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    let file = folder.join("pids");
    assert!(wait_for(Instant::now() + Duration::from_secs(60), || file.exists()), "it got ready");
    let pids = fs::read_to_string(file).expect("read");
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().expect("a pid")).collect();
    assert_eq!(pids.len(), 2);
    (owner, pids)
}

#[test]
fn nothing_survives_a_killed_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut owner, pids) = owner(folder.path());
    assert!(pids.iter().all(|pid| lives(*pid)));
    let groups = groups(&pids);
    owner.kill().expect("killed");
    owner.wait().expect("reaped");
    assert!(eventually(|| groups.iter().all(|it| members(*it).is_empty())));
}

#[test]
fn the_next_owner_ends_what_a_killed_owner_and_its_killed_supervisor_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut owner, pids) = owner(folder.path());
    // Each thread has the list of its own children; the kernel may leave one out while another ends: one look is not enough.
    let tasks = format!("/proc/{}/task", owner.id());
    let supervisor = || {
        let tasks = fs::read_dir(&tasks).expect("read").flatten();
        let lists = tasks.map(|it| fs::read_to_string(it.path().join("children")));
        let children: Vec<String> = lists.map(Result::unwrap_or_default).collect();
        children.iter().flat_map(|it| it.split_whitespace()).find_map(|pid| {
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.contains("portico-supervisor").then(|| pid.parse().expect("a pid"))
        })
    };
    assert!(eventually(|| supervisor().is_some_and(|pid: u32| {
        kill(pid);
        true
    })));
    // A process that has the id of an earlier one must be left alone.
    let mut other = Command::new("sleep").arg("300").spawn().expect("started");
    owner.kill().expect("killed");
    owner.wait().expect("reaped");
    let list = folder.path().join("s/processes");
    let known = fs::read_to_string(&list).expect("the list");
    fs::write(&list, format!("{known}{} 1\n", other.id())).expect("written");
    assert!(pids.iter().all(|pid| lives(*pid)), "nobody ended them");
    let groups = groups(&pids);
    let runtime = Runtime::start(config(folder.path(), LONG)).expect("the next owner");
    assert!(eventually(|| groups.iter().all(|it| members(*it).is_empty())));
    assert!(lives(other.id()));
    other.kill().expect("killed");
    other.wait().expect("reaped");
    let lease = runtime
        .mariadb(&address(), &folder.path().join("data"), "p", &Cancel::default())
        .expect("a server");
    connect(&lease).expect("it answers");
}

/// Run by the test below as a process of its own: starts a server again and again until it is killed.
#[test]
fn helper_starter() {
    let Some(folder) = env::var_os("PORTICO_TEST_STARTER").map(PathBuf::from) else { return };
    let data = folder.join("data");
    let starting = folder.join("starting");
    loop {
        let runtime = Runtime::start(config(&folder, LONG)).expect("a runtime");
        fs::write(&starting, "").expect("written");
        runtime.mariadb(&address(), &data, "p", &Cancel::default()).expect("a server");
    }
}

/// Servers that run on a data directory.
fn servers_of(data: &Path) -> Vec<u32> {
    let option = format!("--datadir={}", data.display());
    processes()
        .filter(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|word| word == option.as_bytes()) && lives(*pid)
        })
        .collect()
}

#[test]
fn no_server_outlives_an_owner_that_is_killed_while_it_starts_one() {
    let bench = Bench::new(LONG);
    let data = fs::canonicalize(bench.data("data")).expect("a folder");
    let folder = bench.folder.path().to_path_buf();
    bench.runtime.stop_all();
    let kills: u32 = env::var("PORTICO_FAULTS").ok().and_then(|it| it.parse().ok()).unwrap_or(8);
    for number in 0..kills {
        let _ = fs::remove_file(folder.join("starting"));
        let mut owner = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "runtime::tests::helper_starter", "--test-threads=1"])
            .env("PORTICO_TEST_STARTER", &folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        assert!(eventually(|| folder.join("starting").exists()), "it starts a server");
        // Fork and watch are within the first milliseconds.
        thread::sleep(Duration::from_micros(u64::from(number % 16) * 700));
        owner.kill().expect("killed");
        owner.wait().expect("reaped");
        let ended = wait_for(Instant::now() + SOON, || servers_of(&data).is_empty());
        assert!(ended, "kill {number}: {:?} run", servers_of(&data));
    }
}
