//! A site's PHP stays in its site: what it is told to spy on, it neither reads nor changes, by itself or by a program that
//! it starts.
use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::PorticoTest;

/// Tries everything on each of its targets and says what it could do; then what a site needs, and what of that it can't.
const SPY: &str = r#"<?php
$said = [];
$plan = json_decode(file_get_contents(__DIR__ . '/plan.json'), true);
foreach ($plan['closed'] as $name => $path) {
	$sh = escapeshellarg($path);
	if (@file_get_contents($path) !== false) $said[] = "PHP reads $name";
	if (@scandir($path)) $said[] = "PHP lists $name";
	if (@file_put_contents(is_dir($path) ? "$path/spy" : $path, 'x', FILE_APPEND)) $said[] = "PHP writes to $name";
	if (@link($path, __DIR__ . '/link-' . $name)) $said[] = "PHP links to $name";
	if (@rename($path, __DIR__ . '/moved-' . $name)) $said[] = "PHP moves $name";
	if (trim((string) shell_exec("head -c 1 $sh 2>/dev/null"))) $said[] = "a program reads $name";
	if (trim((string) shell_exec("ls -a $sh 2>/dev/null | grep -v " . escapeshellarg('^' . preg_quote($path) . '$')))) $said[] = "a program lists $name";
	if (trim((string) shell_exec("test -d $sh && touch $sh/spy 2>/dev/null && echo yes"))) $said[] = "a program writes to $name";
	if (trim((string) shell_exec("test -f $sh && (echo x >>$sh) 2>/dev/null && echo yes"))) $said[] = "a program changes $name";
}
foreach ($plan['databases'] as $name => $path) {
	try {
		$db = new SQLite3(':memory:');
		if (@$db->exec("ATTACH '$path' AS other") && @$db->querySingle('SELECT count(*) FROM other.sqlite_schema')) $said[] = "SQL reads $name";
	} catch (Exception $e) {}
}
$owner = (int) $plan['owner'];
if (@file_get_contents("/proc/$owner/environ")) $said[] = "PHP reads the owner's surroundings";
if (@file_get_contents("/proc/$owner/root{$plan['token']}")) $said[] = 'PHP reads the token through the owner';
if (function_exists('posix_kill') && posix_kill($owner, 0)) $said[] = 'PHP may signal the owner';
if (trim((string) shell_exec("kill -0 $owner 2>/dev/null && echo yes"))) $said[] = 'a program may signal the owner';
if (getenv('PORTICO_HOME') !== false || getenv('PORTICO_SPIED_TOKEN') !== false) $said[] = "the owner's variables are told";
foreach ($plan['servers'] as $socket) {
	mysqli_report(MYSQLI_REPORT_OFF);
	if (@mysqli_connect('localhost', 'root', '', '', 0, $socket)) $said[] = "anybody is root at $socket";
}

$needs = [
	'write to its uploads' => @file_put_contents($_ENV['PORTICO_FILES'] . '/spy.txt', 'x'),
	'have a temporary file' => ($file = @tempnam(sys_get_temp_dir(), 'spy')) && str_starts_with($file, $_ENV['TMPDIR']),
	'move that to its uploads' => $file && @rename($file, $_ENV['PORTICO_FILES'] . '/moved.txt'),
	'read its uploads by $HOME' => @file_get_contents($_ENV['HOME'] . '/files/spy.txt') === 'x',
	'log' => error_log('spied'),
	'send mail' => mail('a@b.test', 'subject', 'text'),
	'start a program' => trim((string) shell_exec('echo yes | cat')) === 'yes',
	'know certificates' => (bool) glob('/etc/ssl/certs/*') || is_dir('/etc/pki'),
	'find an address' => gethostbyname('localhost') === '127.0.0.1',
	'know the time' => (new DateTime('now', new DateTimeZone('Europe/Vienna')))->getOffset() >= 3600,
	'have randomness' => strlen(random_bytes(8)) === 8 && @file_get_contents('/dev/urandom', false, null, 0, 4),
];
if ($plan['writes_code']) $needs['write to its code'] = @file_put_contents(__DIR__ . '/spied.txt', 'x');
elseif (@file_put_contents(__DIR__ . '/spied.txt', 'x')) $said[] = 'PHP writes to a release';
foreach ($needs as $need => $can) if (!$can) $said[] = "PHP can't $need";
echo json_encode($said), "\n";
"#;

const YML: &str = "api_version: 1
workflows:
  clear_cache:
    after: [{type: webphp, description: Spy, script: spy.php}]
";

/// Whether programs that PHP starts are held here, too.
fn is_confined(test: &PorticoTest) -> bool {
    let said = test.run(&["doctor", "--format", "json"]).stdout;
    let checks: Value = serde_json::from_str(&said).unwrap();
    let check = checks.as_array().unwrap().iter().find(|it| it["name"] == "Sites are kept apart");
    check.unwrap()["version"].as_str().unwrap().starts_with("Landlock")
}

fn make(test: &PorticoTest, name: &str, database: &str) {
    let folder = test.folder(&format!("from-{name}"));
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in
        [("index.php", "<?php echo 'front';"), ("spy.php", SPY), ("pantheon.yml", YML)]
    {
        fs::write(folder.join(file), text).unwrap();
    }
    fs::write(folder.join("plan.json"), "{}").unwrap();
    let from = folder.to_str().unwrap();
    test.run(&["site:create", name, "--from", from, "--database", database]).success();
}

/// What `spied` must neither read nor change: Portico's own, another site's, another environment's, the person's.
fn closed(test: &PorticoTest, spied: &str) -> Vec<(&'static str, PathBuf)> {
    let root = test.root();
    let other = test.environment("other.dev");
    let (site, environment) = spied.split_once('.').unwrap();
    let sibling = match environment {
        "dev" => "test",
        _ => "dev",
    };
    let sibling = root.join("sites").join(site).join(sibling);
    let secret = test.folder("secret.txt");
    fs::write(&secret, "the person's own").unwrap();
    vec![
        ("the-root-folder", root.clone()),
        ("the-token", root.join("engine.json")),
        ("portico-db", root.join("portico.db")),
        ("the-sites", root.join("sites")),
        ("sockets", root.join("run")),
        ("workflow-logs", root.join("logs")),
        ("another-site", other.join("code")),
        ("another-site's-code", other.join("code/index.php")),
        ("another-site's-content", other.join("content")),
        ("a-sibling's-code", sibling.join("code/index.php")),
        ("a-sibling's-uploads", sibling.join("files/mine.txt")),
        ("a-sibling's-log", sibling.join("logs/php-error.log")),
        ("the-repository", root.join("sites").join(site).join("repository.git/config")),
        ("its-own-folder", root.join("sites").join(site).join(environment)),
        ("its-own-generations", root.join("sites").join(site).join(environment).join("content")),
        ("the-person's-folder", test.folder("")),
        ("the-person's-file", secret),
        ("everybody's-temporary-folder", std::env::temp_dir()),
        ("the-list-of-users", "/etc/passwd".into()),
    ]
}

fn plan(test: &PorticoTest, spied: &str, writes_code: bool, servers: &[&str]) -> Value {
    let card = fs::read_to_string(test.root().join("engine.json")).unwrap();
    let card: Value = serde_json::from_str(&card).unwrap();
    let closed: serde_json::Map<_, _> = closed(test, spied)
        .into_iter()
        .map(|(name, path)| (name.to_owned(), json!(path.display().to_string())))
        .collect();
    json!({
        "closed": closed,
        "databases": {
            "portico.db": test.root().join("portico.db"),
            "another site's database": test.environment("other.dev").join("content/1/database/site.sqlite"),
        },
        "owner": card["pid"],
        "token": test.root().join("engine.json"),
        "servers": servers,
        "writes_code": writes_code,
    })
}

fn spy(test: &PorticoTest, environment: &str) -> String {
    test.browser().get(environment, "/spy.php").ok().body.trim().to_owned()
}

fn write_plan(code: &Path, plan: &Value) {
    fs::write(code.join("plan.json"), plan.to_string()).unwrap();
}

#[test]
#[allow(clippy::print_stderr)] // so that a person sees it
fn php_and_what_it_starts_stay_in_their_site() {
    let test = PorticoTest::new();
    if !is_confined(&test) {
        eprintln!("this kernel has no Landlock: nothing to do");
        return;
    }
    let _serving = test.serve();
    make(&test, "acme", "mariadb");
    make(&test, "other", "sqlite");
    fs::write(test.environment("acme.dev").join("files/mine.txt"), "mine").unwrap();
    fs::write(test.environment("other.dev").join("files/mine.txt"), "mine").unwrap();
    test.run(&["env:deploy", "acme.test"]).success();
    test.browser().get("acme.test", "/").ok();
    fs::write(test.environment("acme.test").join("logs/php-error.log"), "what Test says\n")
        .unwrap();
    let connection = test.json(&["connection:info", "acme.test"]);
    let own = test.json(&["connection:info", "acme.dev"]);
    let servers = [&connection, &own].map(|it| it["database"]["path"].as_str().unwrap());

    let code = test.environment("acme.dev").join("code");
    write_plan(&code, &plan(&test, "acme.dev", true, &servers));
    assert_eq!(spy(&test, "acme.dev"), "[]", "of the web's PHP");

    let row = test.json(&["env:run-hooks", "acme.dev", "clear_cache"]);
    let log = test.run(&["workflow:info:logs", "acme", "--id", &row["id"].to_string()]).success();
    assert!(log.stdout.lines().any(|line| line.ends_with(" []")), "of a hook: {}", log.stdout);

    let other = test.environment("other.dev").join("code");
    let mut spied = plan(&test, "other.dev", true, &servers);
    let closed = spied["closed"].as_object_mut().unwrap();
    closed.retain(|name, _| !name.starts_with("another-") && !name.starts_with("a-sibling"));
    closed.insert("another-site".into(), json!(code));
    closed.insert("another-site's-plan".into(), json!(code.join("plan.json")));
    spied["databases"] = json!({ "portico.db": test.root().join("portico.db") });
    write_plan(&other, &spied);
    assert_eq!(spy(&test, "other.dev"), "[]", "of a site on SQLite");

    // What was tried changed nothing.
    assert!(test.run(&["site:list"]).success().stdout.contains("acme"));
    assert_eq!(fs::read_to_string(test.folder("secret.txt")).unwrap(), "the person's own");

    write_plan(&code, &plan(&test, "acme.test", false, &servers));
    test.run(&["env:commit", "acme.dev", "--message", "A plan for Test"]).success();
    test.run(&["env:deploy", "acme.test"]).success();
    assert_eq!(spy(&test, "acme.test"), "[]", "of a release");

    // What a person types runs as the person; and the spy is no fool.
    let mut plan = plan(&test, "acme.dev", true, &[]);
    plan["closed"] = json!({ "a-secret": test.folder("secret.txt") });
    write_plan(&code, &plan);
    let said = test.run(&["php", "acme.dev", "--", "spy.php"]).success().stdout;
    for deed in ["PHP reads", "PHP writes to", "PHP links to", "PHP moves", "may signal the owner"]
    {
        assert!(said.contains(deed), "not {deed:?} but {said}");
    }
}

#[test]
fn a_site_reaches_what_it_was_allowed_until_that_is_taken_back() {
    let test = PorticoTest::new();
    let is_confined = is_confined(&test);
    let _serving = test.serve();
    let folder = test.folder("plain");
    let outside = test.folder("shared folder");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("note.txt"), "a note").unwrap();
    let page = "<?php $at = '$FOLDER/note.txt'; echo @file_get_contents($at), '|', (int) @file_put_contents($at, 'changed', LOCK_EX);";
    fs::write(folder.join("index.php"), page.replace("$FOLDER", outside.to_str().unwrap()))
        .unwrap();
    let from = folder.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", from, "--database", "sqlite"]).success();
    let browser = test.browser();
    let visit = || browser.get("acme.dev", "/").ok().body;
    assert_eq!(visit(), "|0");

    let outside = outside.to_str().unwrap();
    test.run(&["site:allow", "acme", outside]).success();
    if is_confined {
        assert_eq!(visit(), "a note|0");
    }
    let listed = test.json(&["site:allow", "acme"]);
    assert_eq!(listed, json!([{ "path": outside, "write": false }]));
    test.run(&["site:allow", "acme", outside, "--write"]).success();
    assert_eq!(visit(), "a note|7");
    test.run(&["undo", "acme"]).success();
    test.run(&["site:disallow", "acme", outside]).success();
    assert_eq!(visit(), "|0");
    test.run(&["undo", "acme"]).success();
    assert_eq!(test.json(&["site:allow", "acme"]), listed);

    for (path, status) in [("/", 5), ("no-such-folder", 3), (test.root().to_str().unwrap(), 5)] {
        let said = test.run(&["site:allow", "acme", path]).status(status);
        assert!(said.stderr.contains("acme") || said.stderr.contains(path), "{}", said.stderr);
    }
    let sites = test.root().join("sites");
    test.run(&["site:allow", "acme", sites.to_str().unwrap()]).status(5);
    test.run(&["site:disallow", "acme", "/srv/nothing"]).status(3);
}
