//! What a person watches and does beside the workflow: lock, logs, mail, cron, and tools of one's own.
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    process::Stdio,
};

use crate::support::{Browser, PorticoTest, eventually, stop, wordpress};

/// A site's own code that does what a visit asks for.
const PLUGIN: &str = r#"<?php
add_action( 'care_event', function () {
	update_option( 'care_ran', (int) get_option( 'care_ran' ) + 1 );
} );
add_action( 'init', function () {
	$asked = isset( $_GET['care'] ) ? $_GET['care'] : '';
	if ( 'fatal' === $asked ) {
		care_no_such_function();
	} elseif ( 'database' === $asked ) {
		$GLOBALS['wpdb']->query( 'SELECT care FROM care_no_such_table' );
	} elseif ( 'slow' === $asked ) {
		usleep( 1100000 );
	} elseif ( 'mail' === $asked ) {
		$file = wp_upload_dir()['basedir'] . '/order.csv';
		file_put_contents( $file, "a,b\n" );
		$head = array( 'Content-Type: text/html' );
		exit( wp_mail( 'you@elsewhere.example', 'An order', '<b>Thank you</b>', $head, $file ) ? 'sent' : 'not sent' );
	} elseif ( 'loopback' === $asked ) {
		$answer = wp_remote_get( home_url( '/?care=hello' ) );
		exit( 'loopback ' . wp_remote_retrieve_response_code( $answer ) );
	} elseif ( 'schedule' === $asked ) {
		wp_schedule_single_event( time() - 5, 'care_event' );
		exit( 'scheduled' );
	} elseif ( 'ran' === $asked ) {
		exit( 'ran ' . (int) get_option( 'care_ran' ) );
	}
} );
"#;

/// What stands for WP-CLI: it boots WordPress from the folder it runs in, as WP-CLI does.
const WP: &str = r#"#!/usr/bin/env php
<?php
$GLOBALS['wp_version_seen'] = true;
( function ( $arguments ) {
	global $wpdb;
	require getcwd() . '/wp-load.php';
	if ( 'fail' === ( $arguments[0] ?? '' ) ) {
		exit( 9 );
	}
	$said = 'stdin' === ( $arguments[0] ?? '' ) ? trim( stream_get_contents( STDIN ) ) : implode( ' ', $arguments );
	echo get_option( 'blogname' ), '|', $_ENV['PANTHEON_ENVIRONMENT'], '|', $said, "\n";
} )( array_slice( $argv, 1 ) );
"#;

fn install(test: &PorticoTest) {
    let source = test.folder("wordpress");
    test.shell(
        test.folder("").as_path(),
        &format!("cp -r {} {}", wordpress().display(), source.display()),
    )
    .success();
    let write = |name: &str, text: &str| {
        let path = source.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("wp-content/mu-plugins/care.php", PLUGIN);
    write("vendor/bin/wp", WP);
    write("hidden/secret.txt", "secret");
    write("pantheon.yml", "api_version: 1\nprotected_web_paths:\n  - /hidden\n");
    write("pantheon.upstream.yml", "api_version: 1\nprotected_web_paths:\n  - /readme.html\n");
    let source = source.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", source, "--database", "sqlite"]).success();
    let admin = ["--admin-user", "ada", "--admin-password", "pw", "--admin-email", "a@acme.test"];
    let mut wanted = vec!["site:install", "acme.dev", "--title", "Acme Corp"];
    wanted.extend(admin);
    test.run(&wanted).success();
}

#[test]
fn a_wordpress_is_locked_watched_and_worked_on() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    install(&test);
    protected_paths_are_forbidden(&browser);
    a_lock_asks_visitors_and_lets_the_site_call_itself(&test, &browser);
    tools_run_inside_the_environment(&test);
    mail_is_caught(&test, &browser);
    cron_runs_when_asked_and_by_itself(&test, &browser);
    errors_show_on_dev_and_hide_on_test(&test, &browser);
    a_followed_log_tells_what_comes(&test, &browser);
}

fn protected_paths_are_forbidden(browser: &Browser) {
    for path in ["/hidden/secret.txt", "/hidden", "/readme.html"] {
        assert_eq!(browser.get("acme.dev", path).status, 403, "{path}");
    }
    assert_eq!(browser.get("acme.dev", "/wp-includes/css/dashicons.min.css").status, 200);
    assert_eq!(browser.get("acme.dev", "/Hidden/x.txt").status, 404, "paths have their case");
}

fn a_lock_asks_visitors_and_lets_the_site_call_itself(test: &PorticoTest, browser: &Browser) {
    let loopback = |answer: &str| {
        let header = ("Authorization", "Basic dGVhbTpvcGVuIHNlc2FtZQ==");
        let page = browser.get_with("acme.dev", "/?care=loopback", header);
        assert_eq!(page.body, answer);
    };
    test.run(&["lock:enable", "acme.dev", "--username", "te:am"]).status(2);
    let words = ["lock:enable", "acme.dev", "--username", "team", "--password", "open sesame"];
    let outcome = test.run(&words).success().stdout_has("open sesame");
    assert!(!outcome.stderr.contains("open sesame"));
    assert_eq!(browser.get("acme.dev", "/").status, 401);
    let wrong = ("Authorization", "Basic dGVhbTpx");
    assert_eq!(browser.get_with("acme.dev", "/", wrong).status, 401);
    let pass = ("X-Portico-Pass", "");
    assert_eq!(browser.get_with("acme.dev", "/", pass).status, 401);
    loopback("loopback 200");
    let info = test.json(&["lock:info", "acme.dev"]);
    assert_eq!((&info["locked"], &info["username"]), (&true.into(), &"team".into()));
    assert_eq!(info["password"], "open sesame");
    let view = test.run(&["env:view", "acme.dev", "--print"]).success();
    assert!(view.stdout.starts_with("http://team:open%20sesame@dev-acme."), "{view}");
    // Neither the history nor the logs hold the password.
    let history = test.run(&["workflow:list", "acme", "--format", "json"]).success();
    assert!(!history.stdout.contains("sesame"), "{history}");
    let mut logs = fs::read_dir(test.root().join("logs/workflows")).unwrap();
    assert!(logs.all(|log| !fs::read_to_string(log.unwrap().path()).unwrap().contains("sesame")));
    test.run(&["lock:disable", "acme.dev"]).success();
    assert_eq!(browser.get("acme.dev", "/").status, 200);
    test.run(&["undo", "acme"]).success();
    assert_eq!(browser.get("acme.dev", "/").status, 401);
    loopback("loopback 200");
    test.run(&["undo", "acme"]).success();
    assert_eq!(test.json(&["lock:info", "acme.dev"])["password"], serde_json::Value::Null);
    // A password that nobody chose is random, and kept as long as the lock is.
    test.run(&["lock:enable", "acme.dev"]).success();
    let first = test.json(&["lock:info", "acme.dev"])["password"].clone();
    assert_eq!(first.as_str().unwrap().len(), 16);
    test.run(&["lock:enable", "acme.dev", "--username", "others"]).success();
    assert_eq!(test.json(&["lock:info", "acme.dev"])["password"], first);
    test.run(&["lock:disable", "acme.dev"]).success();
}

fn tools_run_inside_the_environment(test: &PorticoTest) {
    let code = test.environment("acme.dev").join("code").canonicalize().unwrap();
    let code = code.to_str().unwrap();
    let said = test.run(&[
        "php",
        "acme.dev",
        "--",
        "-r",
        "echo getcwd(), ' ', $_ENV['PANTHEON_ENVIRONMENT'];",
    ]);
    let said = said.success();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), (&*format!("{code} dev"), ""));
    test.run(&["php", "acme.dev", "--", "-r", "exit(7);"]).status(7);
    let listed = test.run(&["wp", "acme.dev", "--", "plugin", "list", "--format=json"]).success();
    assert_eq!(listed.stdout, "Acme Corp|dev|plugin list --format=json\n");
    test.run(&["wp", "acme.dev", "fail"]).status(9);
    let line = format!("echo piped | {} wp acme.dev -- stdin", env!("CARGO_BIN_EXE_portico"));
    let mut piped = std::process::Command::new("sh");
    test.surround(&mut piped);
    let piped = piped.args(["-c", &line]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&piped.stdout), "Acme Corp|dev|piped\n");
    let shell = ["shell", "acme.dev", "--", "-c", "pwd; php -r 'echo getenv(\"DB_NAME\");'"];
    assert_eq!(test.run(&shell).success().stdout, format!("{code}\npantheon"));
    test.run(&["drush", "acme.dev", "status"]).status(6).stderr_has("composer require drush");
    let query = "SELECT option_value FROM wp_options WHERE option_name = 'blogname'";
    assert_eq!(test.run(&["db:cli", "acme.dev", "--", query]).success().stdout, "Acme Corp\n");
    test.run(&["connection:set", "acme.dev", "git"]).success();
    test.run(&["wp", "acme.dev", "x"]).success().stderr_has("read-only");
    test.run(&["connection:set", "acme.dev", "sftp"]).success();
    test.run(&["wp", "acme.nowhere", "x"]).status(3);
}

#[test]
fn the_client_of_mariadb_is_logged_in() {
    let test = PorticoTest::new();
    test.run(&["site:create", "demo", "--from", "sample", "--database", "mariadb"]).success();
    let query = "SELECT DATABASE(), CURRENT_USER()";
    // With no owner around, the command is the owner for as long as the client runs.
    let said = test.run(&["db:cli", "demo.dev", "--", "-N", "-e", query]).success();
    assert_eq!(said.stdout, "pantheon\tpantheon@localhost\n");
    let serving = test.serve();
    let mut client = test.command(&["db:cli", "demo.dev", "--", "-N", "--unbuffered"]);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut answers = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut input = client.stdin.take().unwrap();
    writeln!(input, "SELECT 'lent';").unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "lent");
    let runs = |what: &str| test.run(&["status"]).success().stdout.contains(what);
    assert!(runs("MariaDB"));
    drop(input);
    assert!(client.wait().unwrap().success());
    a_shell_holds_up_no_workflow(&test);
    drop(serving);
}

fn a_shell_holds_up_no_workflow(test: &PorticoTest) {
    let mut shell =
        test.command(&["shell", "demo.dev", "--", "-c", "echo ready; read line; echo $line"]);
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(shell.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "ready");
    test.run(&["env:deploy", "demo.test"]).success();
    let mut input = shell.stdin.take().unwrap();
    writeln!(input, "still here").unwrap();
    assert_eq!(said.next().unwrap().unwrap(), "still here");
    assert!(shell.wait().unwrap().success());
}

fn mail_is_caught(test: &PorticoTest, browser: &Browser) {
    assert_eq!(browser.get("acme.dev", "/?care=mail").ok().body, "sent");
    let rows = test.json(&["mail:list", "acme.dev"]);
    let row = &rows[0];
    assert_eq!(
        (&row["subject"], &row["to"]),
        (&"An order".into(), &"you@elsewhere.example".into())
    );
    assert_eq!(row["attachments"], 1);
    let id = row["id"].as_str().unwrap();
    test.run(&["mail:show", "acme.dev"]).success().stdout_has("Thank you").stdout_has("order.csv");
    let html = test.run(&["mail:show", "acme.dev", id, "--html"]).success();
    assert_eq!(html.stdout.trim(), "<b>Thank you</b>");
    let file = test.run(&["mail:show", "acme.dev", id, "--attachment", "0"]).success();
    assert_eq!(file.stdout, "a,b\n");
    by_smtp(test);
    let log = test.run(&["logs", "acme.dev", "--type", "mail"]).success();
    assert!(log.stdout.lines().last().unwrap().ends_with(": By SMTP"), "{log}");
    let count = || test.json(&["mail:list", "acme.dev"]).as_array().unwrap().len();
    let before = count();
    test.run(&["mail:clear", "acme.dev"]).success();
    assert_eq!(count(), 0);
    test.run(&["undo", "acme"]).success();
    assert_eq!(count(), before);
    assert_eq!(test.json(&["mail:list", "acme.dev"])[0]["subject"], "By SMTP");
}

/// A client that speaks SMTP finds the port in the environment.
fn by_smtp(test: &PorticoTest) {
    let port = ["php", "acme.dev", "--", "-r", "echo $_ENV['PORTICO_SMTP_PORT'];"];
    let port: u16 = test.run(&port).success().stdout.parse().unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut lines = BufReader::new(&stream).lines();
    lines.next();
    let message = "Subject: By SMTP\r\n\r\nHello\r\n.";
    for line in ["HELO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", message, "QUIT"] {
        write!(&stream, "{line}\r\n").unwrap();
        assert!(lines.next().unwrap().unwrap().starts_with(['2', '3']), "{line}");
    }
}

fn cron_runs_when_asked_and_by_itself(test: &PorticoTest, browser: &Browser) {
    let ran = || browser.get("acme.dev", "/?care=ran").ok().body;
    assert_eq!(test.json(&["cron:info", "acme.dev"])["mode"], "awake");
    test.run(&["cron:disable", "acme.dev"]).success();
    assert_eq!(browser.get("acme.dev", "/?care=schedule").ok().body, "scheduled");
    // A visit of WordPress would have started it.
    assert_eq!((ran(), ran()), ("ran 0".into(), "ran 0".into()));
    test.run(&["cron:run", "acme.dev"]).success().stderr_has("care_event: done");
    assert_eq!(ran(), "ran 1");
    let info = test.json(&["cron:info", "acme.dev"]);
    assert_eq!((&info["mode"], &info["last"]["ok"]), (&"off".into(), &true.into()));
    assert!(info["next"].is_null());
    test.run(&["cron:enable", "acme.dev", "--every", "0"]).status(2);
    test.run(&["cron:enable", "acme.dev", "--every", "1"]).success();
    let info = test.json(&["cron:info", "acme.dev"]);
    assert_eq!((&info["mode"], &info["every"]), (&"on".into(), &1.into()));
    assert!(info["next"].is_string());
    test.run(&["undo", "acme"]).success();
    assert_eq!(test.json(&["cron:info", "acme.dev"])["mode"], "off");
    let awake = test.json(&["cron:enable", "acme.dev", "--while-awake"]);
    assert_eq!(awake["command"], "portico cron:enable acme.dev --while-awake");
    assert_eq!(test.json(&["cron:info", "acme.dev"])["mode"], "awake");
}

#[test]
fn cron_that_is_on_runs_by_itself() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let source = wordpress();
    let source = source.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", source, "--database", "sqlite"]).success();
    test.run(&["cron:enable", "acme.dev", "--every", "1"]).success();
    test.run(&["env:clear-cache", "acme.dev"]).success().stderr_has("WordPress is not installed");
    eventually("cron runs, though nobody visits", || {
        let last = test.json(&["cron:info", "acme.dev"])["last"].clone();
        last["ok"] == true && last["said"].as_str().unwrap().contains("not installed")
    });
    assert!(!test.run(&["status"]).success().stdout.contains("PHP"), "it needs no pool");
}

fn errors_show_on_dev_and_hide_on_test(test: &PorticoTest, browser: &Browser) {
    let words = "Call to undefined function care_no_such_function()";
    let fatal = browser.get("acme.dev", "/?care=fatal");
    assert!(fatal.has(words), "{}", fatal.body);
    test.run(&["env:deploy", "acme.test"]).success();
    assert_eq!(test.json(&["env:info", "acme.test"])["fatal_errors"], 0);
    let fatal = browser.get("acme.test", "/?care=fatal");
    assert_eq!(fatal.status, 500);
    assert!(!fatal.has("care_no_such_function"), "{}", fatal.body);
    for environment in ["acme.dev", "acme.test"] {
        let info = test.json(&["env:info", environment]);
        assert_eq!(info["fatal_errors"], 1, "{environment}");
        let page = test.json(&["logs", environment]);
        let mut fatal = page["entries"].as_array().unwrap().iter();
        let entry = fatal.find(|entry| entry["level"] == "fatal").expect("it is in the log");
        let text = entry["text"].as_str().unwrap();
        assert!(text.contains(words) && text.contains("\n#0 "), "{text}");
    }
    browser.get("acme.test", "/?care=database").ok();
    test.run(&["logs", "acme.test", "--type", "database"])
        .success()
        .stdout_has("care_no_such_table");
    // Test runs what was deployed.
    test.run(&["wp", "acme.test", "x"]).success().stderr_has("its code comes by deploys");
}

fn a_followed_log_tells_what_comes(test: &PorticoTest, browser: &Browser) {
    let words = ["logs", "acme.test", "--type", "slow", "-f", "--lines", "1"];
    let mut follow = test.command(&words).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    browser.get("acme.test", "/?care=slow&now").ok();
    let found = lines.find(|line| line.as_ref().unwrap().contains("care=slow&now"));
    assert!(found.is_some());
    stop(&mut follow);
    let access = test.run(&["logs", "acme.test", "--type", "access"]).success();
    assert!(access.stdout.contains("care=fatal"), "{access}");
}
