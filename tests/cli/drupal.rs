//! Drupal: a site of Drupal's shape always, the real upstreams where their checkouts are named.
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::support::{Outcome, PorticoTest};

const SITE_INSTALL: &str = "site:install acme.dev --title Acme --admin-user ada --admin-password pass \
                            --admin-email ada@acme.test";

/// As much of Drupal 7 as Portico asks for, with notes of what was called.
const BOOTSTRAP: &str = r#"<?php
define('VERSION', '7.105');
foreach (['CONFIGURATION', 'LANGUAGE', 'FULL'] as $n => $phase) { define("DRUPAL_BOOTSTRAP_$phase", $n); }
function connection(): PDO {
	$it = json_decode($_SERVER['PRESSFLOW_SETTINGS'], true)['databases']['default']['default'];
	return $it['driver'] === 'sqlite' ? new PDO("sqlite:{$it['database']}")
		: new PDO("mysql:unix_socket={$it['unix_socket']};dbname={$it['database']}", $it['username'], $it['password']);
}
function drupal_bootstrap($phase) {}
function db_table_exists($name) {
	try { connection()->query("SELECT 1 FROM $name"); return true; } catch (PDOException $none) { return false; }
}
function drupal_flush_all_caches() {
	if (is_file('modules/blog/new.inc') && schema_version() < 7001) { throw new Exception('no such column'); }
	echo "caches flushed\n";
}
function drupal_load_updates() { require_once getcwd() . '/modules/blog/blog.install'; }
function update_prepare_d7_bootstrap() {}
function update_fix_d7_requirements() {}
function update_fix_compatibility() {}
function schema_version(): int { return (int) connection()->query("SELECT schema_version FROM system WHERE name = 'blog'")->fetchColumn(); }
function update_get_update_list() {
	$next = schema_version() + 1;
	return function_exists("blog_update_$next") ? ['blog' => ['start' => $next]] : [];
}
function update_resolve_dependencies($start) {
	$found = [];
	for ($n = $start['blog'] ?? 0; $n && function_exists("blog_update_$n"); $n++) {
		$found["blog_update_$n"] = ['module' => 'blog', 'number' => $n, 'allowed' => true];
	}
	return $found;
}
function update_do_one($module, $number, $dependencies, &$context) {
	"{$module}_update_$number"();
	connection()->exec("UPDATE system SET schema_version = $number WHERE name = '$module'");
}
"#;

const INSTALL: &str = "<?php require 'includes/bootstrap.inc';
connection()->exec('CREATE TABLE system (name VARCHAR(60), filename VARCHAR(200), type VARCHAR(20), status INT, schema_version INT)');
connection()->exec('CREATE TABLE variable (name VARCHAR(60), value BLOB)');
connection()->exec(\"INSERT INTO system VALUES ('blog', 'modules/blog/blog.module', 'module', 1, 7000)\");
echo 'installed';";

const YML: &str = "api_version: 1
workflows:
  deploy:
    after: [{type: webphp, description: Last, script: private/hook.php}]
";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn a_site_of_drupal_s_shape_reads_its_environment_and_is_deployed_in_pantheon_s_order() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let folder = test.folder("shape");
    let hook = "<?php require $_SERVER['DOCUMENT_ROOT'] . '/includes/bootstrap.inc'; echo 'hook at ', schema_version();";
    write(
        &folder,
        &[
            ("includes/bootstrap.inc", BOOTSTRAP),
            ("includes/database/database.inc", "<?php"),
            (
                "index.php",
                "<?php require 'includes/bootstrap.inc'; echo PANTHEON_ENVIRONMENT, ' ', schema_version();",
            ),
            ("install.php", INSTALL),
            ("modules/blog/blog.install", "<?php\n"),
            ("pantheon.yml", YML),
            ("private/hook.php", hook),
        ],
    );
    for name in ["update", "common", "file", "entity", "unicode", "install"] {
        write(&folder, &[(&format!("includes/{name}.inc"), "<?php")]);
    }
    test.run(&["site:create", "acme", "--from", folder.to_str().unwrap()]).success();
    assert_eq!(test.json(&["site:list"])[0]["cms"], "drupal7");
    let browser = test.browser();
    // The front page of an empty Drupal 7 leads to its installer.
    assert!(browser.get("acme.dev", "/").ok().has("installed"));
    assert_eq!(browser.get("acme.dev", "/").ok().body, "dev 7000");
    test.run(&["env:deploy", "acme.test"]).success();

    let code = test.environment("acme.dev").join("code");
    let good = "<?php\n/**\n * Adds a column.\n */\nfunction blog_update_7001() {}\n";
    let bad = "function blog_update_7002() { throw new Exception('no such column'); }\n";
    write(&code, &[("modules/blog/blog.install", &format!("{good}{bad}"))]);
    test.run(&["env:commit", "acme.dev", "--message", "Two updates"]).success();
    let plan = test.json(&["env:deploy", "acme.test", "--dry-run"]);
    let names: Vec<_> =
        plan["updates"].as_array().unwrap().iter().map(|it| &it["update"]).collect();
    assert_eq!(names, ["blog_update_7001", "blog_update_7002"]);
    assert_eq!(plan["updates"][0]["description"], "Adds a column.");
    test.run(&["env:deploy", "acme.test", "--updatedb"])
        .status(1)
        .stderr_has("error in blog_update_7002")
        .stderr_has("no such column");
    assert_eq!(browser.get("acme.test", "/").ok().body, "test 7000");

    write(&code, &[("modules/blog/blog.install", good), ("modules/blog/new.inc", "")]);
    test.run(&["env:clear-cache", "acme.dev"])
        .status(1)
        .stderr_has("no such column")
        .stderr_has("brings database updates (1)")
        .stderr_has("/update.php");
    test.run(&["env:commit", "acme.dev", "--message", "One update"]).success();
    test.run(&["env:deploy", "acme.test", "--updatedb", "--cc"]).success();
    assert_eq!(browser.get("acme.test", "/").ok().body, "test 7001");
    let log = test.run(&["workflow:info:logs", "acme"]).success().stdout;
    let steps = ["blog_update_7001", "Clear caches", "all caches cleared", "hook at 7001"];
    let places: Vec<_> = steps.iter().map(|it| log.find(it).unwrap_or(usize::MAX)).collect();
    assert!(places.is_sorted() && places[3] < usize::MAX, "{log}");
}

#[test]
fn a_deploy_tells_of_a_php_that_the_new_core_cannot_run_on() {
    let test = PorticoTest::new();
    let folder = test.folder("core");
    let core = |version: &str, least: &str| {
        format!(
            "<?php\nclass Drupal {{\n  const VERSION = '{version}';\n  const MINIMUM_PHP = '{least}';\n}}\n"
        )
    };
    let file = "core/lib/Drupal.php";
    let settings = ("pantheon.yml", "api_version: 1\nphp_version: 8.1\n");
    write(&folder, &[(file, &core("10.5.0", "8.1.0")), settings]);
    let from = folder.to_str().unwrap();
    test.run(&["site:create", "acme", "--from", from, "--database", "sqlite"]).success();
    let quiet = test.run(&["env:deploy", "acme.test"]).success();
    assert!(!quiet.stderr.contains("needs PHP"), "{quiet}");

    write(&test.environment("acme.dev").join("code"), &[(file, &core("12.0.0", "99.1.0"))]);
    test.run(&["env:commit", "acme.dev", "--message", "Drupal 12"]).success();
    let note = "Drupal 12.0.0 needs PHP 99.1 or newer";
    test.run(&["env:deploy", "acme.test", "--dry-run"])
        .success()
        .stdout_has(note)
        .stdout_has("Install one beside it");
    test.run(&["env:deploy", "acme.test"]).success().stderr_has(note);

    let programs = test.folder("programs");
    for (name, sapi) in [("php99.1", "cli"), ("php-cgi99.1", "cgi-fcgi")] {
        write(&programs, &[(name, &format!("#!/bin/sh\necho 'PHP 99.1.0 ({sapi}) (built: x)'\n"))]);
        fs::set_permissions(programs.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut install = test.command(&SITE_INSTALL.split_whitespace().collect::<Vec<_>>());
    install.env("PATH", path);
    Outcome::of(install).status(5).stderr_has(note).stderr_has("Name PHP 99.1 as `php_version`");
}

/// Boots Drupal 7, turns on a module or sets the slogan, and says the slogan and how far the module's updates went.
const PROBE_7: &str = "<?php define('DRUPAL_ROOT', __DIR__);
require 'includes/bootstrap.inc';
drupal_bootstrap(DRUPAL_BOOTSTRAP_FULL);
require_once 'includes/install.inc';
if (isset($_GET['slogan'])) { variable_set('site_slogan', $_GET['slogan']); }
if (isset($_GET['enable'])) { module_enable([$_GET['enable']]); }
echo variable_get('site_slogan'), ' ', drupal_get_installed_schema_version('shop', true);";

/// The same for Drupal 8 and later.
const PROBE: &str = "<?php
$loader = require 'autoload.php';
$request = Symfony\\Component\\HttpFoundation\\Request::createFromGlobals();
$kernel = Drupal\\Core\\DrupalKernel::createFromRequest($request, $loader, 'prod');
$kernel->boot();
$kernel->preHandle($request);
if (isset($_GET['slogan'])) {
    Drupal::configFactory()->getEditable('system.site')->set('slogan', $_GET['slogan'])->save();
}
if (isset($_GET['enable'])) { Drupal::service('module_installer')->install([$_GET['enable']]); }
echo Drupal::config('system.site')->get('slogan'), ' ', Drupal::keyValue('system.schema')->get('shop');";

/// A module of the site's own, before its updates.
struct Module {
    /// Its folder, relative to Drupal's root.
    folder: &'static str,
    files: &'static [(&'static str, &'static str)],
    probe: &'static str,
    login_form: &'static str,
    /// How far its updates went when it was turned on.
    installed: u32,
    /// The number of its first update.
    update: u32,
}

const MODULE_7: Module = Module {
    folder: "sites/all/modules/shop",
    files: &[("shop.info", "name = Shop\ncore = 7.x\n"), ("shop.module", "<?php\n")],
    probe: PROBE_7,
    login_form: "user_login",
    installed: 0,
    update: 7001,
};

const MODULE: Module = Module {
    folder: "modules/shop",
    files: &[("shop.info.yml", "name: Shop\ntype: module\ncore_version_requirement: '>=8.8'\n")],
    probe: PROBE,
    login_form: "user_login_form",
    installed: 8000,
    update: 9001,
};

/// Where Drupal stands in Dev's code.
fn root(test: &PorticoTest) -> PathBuf {
    let code = test.environment("acme.dev").join("code");
    if code.join("web").is_dir() { code.join("web") } else { code }
}

/// The value of the first field `name` of a page.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    let at = page.find(&start).unwrap_or_else(|| panic!("no {name}: {page}")) + start.len();
    page[at..].split('"').next().unwrap()
}

/// Updates of a module run with what they say, and a failing one leaves everything as it was.
fn updates_are_run(test: &PorticoTest, module: &Module) {
    let browser = test.browser();
    let at = |number: u32| {
        let said = browser.get("acme.test", "/probe.php").ok().body;
        assert!(said.ends_with(&format!(" {number}")), "not at {number}: {said}");
    };
    let install = root(test).join(module.folder).join("shop.install");
    let (first, second) = (module.update, module.update + 1);
    let good = format!(
        "<?php\n/**\n * Adds a column.\n */\n\
         function shop_update_{first}() {{ return t('The column is <em>there</em>.'); }}\n"
    );
    fs::write(&install, &good).unwrap();
    test.run(&["env:commit", "acme.dev", "--message", "An update"]).success();
    let plan = test.json(&["env:deploy", "acme.test", "--dry-run"]);
    assert_eq!(plan["updates"][0]["update"], format!("shop_update_{first}"), "{plan}");
    at(module.installed);
    test.run(&["env:deploy", "acme.test", "--updatedb", "--cc"])
        .success()
        .stderr_has(&format!("shop_update_{first}"))
        .stderr_has("The column is there.");
    at(first);
    let bad = format!("function shop_update_{second}() {{ throw new Exception('no room'); }}\n");
    fs::write(&install, format!("{good}{bad}")).unwrap();
    test.run(&["env:commit", "acme.dev", "--message", "A bad update"]).success();
    test.run(&["env:deploy", "acme.test", "--updatedb"])
        .status(1)
        .stderr_has(&format!("error in shop_update_{second}"))
        .stderr_has("no room");
    at(first);
    fs::write(&install, good).unwrap();
    test.run(&["env:commit", "acme.dev", "--message", "Without it"]).success();
    test.run(&["env:deploy", "acme.test"]).success();
}

/// The whole walk of a real Drupal.
fn walk(source: &str, database: &str, cms: &str) -> PorticoTest {
    let test = PorticoTest::new();
    let serving = test.serve();
    let browser = test.browser();
    test.run(&["site:create", "acme", "--from", source, "--database", database]).success();
    assert_eq!(test.json(&["site:list"])[0]["cms"], cms);
    test.run(&SITE_INSTALL.split_whitespace().collect::<Vec<_>>()).success();
    assert!(browser.get("acme.dev", "/").ok().has("Acme"));
    let changed = test.json(&["env:diffstat", "acme.dev"]);
    assert_eq!(changed, Value::Array(Vec::new()), "the installer writes no database into the code");
    let module = if cms == "drupal7" { &MODULE_7 } else { &MODULE };
    let page = browser.get("acme.dev", "/user/login").ok().body;
    let form = [
        ("name", "ada"),
        ("pass", "pass"),
        ("form_build_id", field(&page, "form_build_id")),
        ("form_id", module.login_form),
        ("op", "Log in"),
    ];
    let page = browser.post("acme.dev", "/user/login", &form).ok();
    // Drupal 11.4 sends the link within JSON.
    let text = page.body.replace("\\/", "/");
    assert!(text.contains("/user/logout"), "she is logged in: {text}");

    write(&root(&test).join(module.folder), module.files);
    write(&root(&test), &[("probe.php", module.probe)]);
    browser.get("acme.dev", "/probe.php?enable=shop").ok();
    test.run(&["env:commit", "acme.dev", "--message", "A module"]).success();
    let files = test.environment("acme.dev").join("files");
    write(&files, &[("open.txt", "open"), ("private/secret.txt", "secret")]);
    assert_eq!(browser.get("acme.dev", "/sites/default/files/open.txt").ok().body, "open");
    let private = browser.get("acme.dev", "/sites/default/files/private/secret.txt");
    assert!(private.status >= 400 && !private.has("secret"), "private files stay so");

    test.run(&["env:deploy", "acme.test"]).success();
    test.run(&["env:deploy", "acme.live"]).success();
    assert!(browser.get("acme.live", "/").ok().has("Acme"));
    let slogan = format!("/probe.php?slogan=At+{}", browser.url("acme.live", "/sale"));
    browser.get("acme.live", &slogan).ok();
    test.run(&["env:clone-content", "acme.live", "dev", "--updatedb", "--cc"]).success();
    assert!(browser.get("acme.dev", "/").ok().has("Acme"));
    let here = format!("At {} {}", browser.url("acme.dev", "/sale"), module.installed);
    assert_eq!(browser.get("acme.dev", "/probe.php").ok().body, here, "addresses are converted");
    test.run(&["env:clear-cache", "acme.dev"]).success().stderr_has("done");
    let code = test.environment("acme.dev").join("code");
    write(&code, &[("more.txt", "more")]);
    test.run(&["env:commit", "acme.dev", "--message", "More"]).success();
    let plan = test.json(&["env:deploy", "acme.test", "--dry-run"]);
    assert_eq!(plan["updates"], Value::Array(Vec::new()), "a fresh Drupal waits for nothing");
    test.run(&["env:deploy", "acme.test", "--sync-content", "--updatedb", "--cc"]).success();
    assert!(browser.get("acme.test", "/").ok().has("Acme"));
    let checked = test.json(&["env:status", "acme.test"]);
    let of = |name: &str| {
        let all = checked["findings"].as_array().unwrap();
        all.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no {name}: {checked}"))
    };
    assert_eq!(of("UID #1 access")["score"], "warning");
    assert_eq!(of("Updates")["score"], "ok");
    assert!(of("System Status")["result"].as_str().unwrap().contains(" of "), "{checked}");
    assert!(checked["findings"].as_array().unwrap().iter().all(|it| it["name"] != "Start"));
    updates_are_run(&test, module);
    drush_works_inside(&test);
    drop(serving);
    test
}

/// The Drush that came with the code, where one did.
fn drush_works_inside(test: &PorticoTest) {
    if !test.environment("acme.test").join("code/vendor/bin/drush").is_file() {
        return;
    }
    let drush = |arguments: &[&str]| test.run(&[&["drush", "acme.test", "--"], arguments].concat());
    let status = drush(&["status", "--field=bootstrap"]).success().stderr_has("read-only");
    assert_eq!(status.stdout.trim(), "Successful");
    let link = drush(&["user:login"]).success();
    assert!(link.stdout.starts_with(&test.browser().url("acme.test", "/user/reset/1/")), "{link}");
    drush(&["no-such-command"]).status(1);
}

/// Where a checkout is named; a test without it has nothing to run on.
fn upstream(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

#[test]
fn the_real_drupal_7_on_sqlite_is_installed_deployed_cloned_and_checked() {
    if let Some(source) = upstream("PORTICO_TEST_DRUPAL7") {
        walk(&source, "sqlite", "drupal7");
    }
}

#[test]
fn the_real_drupal_7_on_mariadb_is_installed_deployed_cloned_and_checked() {
    if let Some(source) = upstream("PORTICO_TEST_DRUPAL7") {
        walk(&source, "mariadb", "drupal7");
    }
}

#[test]
fn the_real_drupal_8_on_sqlite_is_walked_and_its_configuration_goes_along() {
    if let Some(source) = upstream("PORTICO_TEST_DRUPAL8") {
        configuration_goes_along(&walk(&source, "sqlite", "drupal"));
    }
}

#[test]
fn the_real_drupal_8_on_mariadb_is_walked_and_its_configuration_goes_along() {
    if let Some(source) = upstream("PORTICO_TEST_DRUPAL8") {
        configuration_goes_along(&walk(&source, "mariadb", "drupal"));
    }
}

/// A feature that holds one variable, as the module Features writes it.
const FEATURE: [(&str, &str); 4] = [
    (
        "acme_feature.info",
        "name = Acme\ncore = 7.x\npackage = Features\ndependencies[] = strongarm\n\
         features[ctools][] = strongarm:strongarm:1\nfeatures[features_api][] = api:2\n\
         features[variable][] = site_slogan\n",
    ),
    ("acme_feature.module", "<?php\ninclude_once 'acme_feature.features.inc';\n"),
    (
        "acme_feature.features.inc",
        "<?php\nfunction acme_feature_ctools_plugin_api($module = NULL, $api = NULL) {\n\
         if ($module == 'strongarm') { return array('version' => '1'); }\n}\n",
    ),
    (
        "acme_feature.strongarm.inc",
        "<?php\nfunction acme_feature_strongarm() {\n$it = new stdClass();\n$it->disabled = FALSE;\n\
         $it->api_version = 1;\n$it->name = 'site_slogan';\n$it->value = 'From the code';\n\
         return array('site_slogan' => $it);\n}\n",
    ),
];

#[test]
fn the_real_features_of_drupal_7_are_compared_and_reverted() {
    let names = ["PORTICO_TEST_DRUPAL7", "PORTICO_TEST_FEATURES"];
    let [Some(source), Some(modules)] = names.map(upstream) else { return };
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "acme", "--from", &source, "--database", "sqlite"]).success();
    test.run(&SITE_INSTALL.split_whitespace().collect::<Vec<_>>()).success();
    let folder = test.environment("acme.dev").join("code/sites/all/modules");
    let copied = Command::new("cp").arg("-r").arg(format!("{modules}/.")).arg(&folder).status();
    assert!(copied.unwrap().success());
    write(&folder.join("acme_feature"), &FEATURE);
    write(&root(&test), &[("probe.php", MODULE_7.probe)]);
    let browser = test.browser();
    for module in ["ctools", "strongarm", "features", "acme_feature"] {
        browser.get("acme.dev", &format!("/probe.php?enable={module}")).ok();
    }
    browser.get("acme.dev", "/probe.php?slogan=Other").ok();
    let status = test.json(&["config:status", "acme.dev"]);
    assert_eq!(status["system"], "Features");
    assert_eq!(status["items"][0]["group"], "acme_feature", "{status}");
    assert_eq!(status["items"][0]["name"], "variable", "{status}");
    test.run(&["env:commit", "acme.dev", "--message", "A feature"]).success();
    test.run(&["env:deploy", "acme.test"]).success();
    assert!(browser.get("acme.test", "/probe.php").ok().body.starts_with("Other"));
    let source = folder.join("acme_feature/acme_feature.strongarm.inc");
    let text = fs::read_to_string(&source).unwrap();
    fs::write(&source, text.replace("From the code", "Newer")).unwrap();
    test.run(&["env:commit", "acme.dev", "--message", "Newer"]).success();
    test.run(&["env:deploy", "acme.test", "--config-import", "--cc"]).success();
    assert!(browser.get("acme.test", "/probe.php").ok().body.starts_with("Newer"));
    test.run(&["undo", "acme"]).success();
    assert!(browser.get("acme.test", "/probe.php").ok().body.starts_with("Other"));
}

/// Out of Dev's database, and into Test's by a deploy.
fn configuration_goes_along(test: &PorticoTest) {
    let _serving = test.serve();
    test.run(&["config:export", "acme.dev"]).success();
    let status = test.json(&["config:status", "acme.dev"]);
    assert_eq!(status["items"], Value::Array(Vec::new()), "{status}");
    assert!(status["same"].as_u64().unwrap() > 100, "{status}");
    test.run(&["env:commit", "acme.dev", "--message", "Configuration"]).success();
    test.run(&["cron:run", "acme.dev"]).success();
    let changed = test.json(&["env:diffstat", "acme.dev"]);
    assert_eq!(changed, Value::Array(Vec::new()), "cron finds the folder guarded");
    let file = root(test).join("sites/default/config/system.site.yml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("name: Acme", "name: 'From the code'")).unwrap();
    test.run(&["env:commit", "acme.dev", "--message", "A name"]).success();
    test.run(&["env:deploy", "acme.test", "--updatedb", "--config-import", "--cc"]).success();
    assert!(test.browser().get("acme.test", "/").ok().has("From the code"));
    let status = test.json(&["config:status", "acme.test"]);
    assert_eq!(status["items"], Value::Array(Vec::new()), "{status}");
    test.run(&["undo", "acme"]).success();
    assert!(!test.browser().get("acme.test", "/").ok().has("From the code"));
}
