//! A site's own scripts run before and after workflows, with what Pantheon tells them.
use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::{PorticoTest, eventually, wordpress};

/// Writes down what it was told and what it saw, as one line of JSON.
const DEBUG: &str = r#"<?php
echo 'told ' . json_encode($_POST) . "\n";
echo 'in ' . PHP_SAPI . ' ' . $_ENV['PANTHEON_ENVIRONMENT'] . ' ' . basename($_SERVER['DOCUMENT_ROOT']) . "\n";
"#;

/// Makes every person's address one that reaches nobody.
const SANITIZE: &str = r#"<?php
require $_SERVER['DOCUMENT_ROOT'] . '/wp-load.php';
foreach (get_users() as $user) {
	$GLOBALS['wpdb']->update($GLOBALS['wpdb']->users, ['user_email' => "user{$user->ID}@localhost"], ['ID' => $user->ID]);
}
echo 'sanitized ', count(get_users()), ' of ', home_url(), "\n";
"#;

/// One more replacement than the clone's own.
const REPLACE: &str = r#"<?php
require $_SERVER['DOCUMENT_ROOT'] . '/wp-load.php';
update_option('blogdescription', str_replace('Old', 'New', get_option('blogdescription')) . " {$_POST['from_environment']} to {$_POST['to_environment']}");
echo 'replaced: ', get_option('blogdescription'), "\n";
"#;

const YML: &str = "api_version: 1
workflows:
  clone_database:
    before: [{type: webphp, description: Debug, script: private/scripts/debug.php}]
    after:
      - {type: webphp, description: Sanitize, script: private/scripts/sanitize.php}
      - {type: webphp, description: Replace, script: private/scripts/replace.php}
  deploy:
    before: [{type: webphp, description: Debug, script: private/scripts/debug.php}]
    after: [{type: webphp, description: Debug, script: private/scripts/debug.php}]
  sync_code:
    after: [{type: webphp, description: Debug, script: private/scripts/debug.php}]
";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn log_of(test: &PorticoTest, row: &Value) -> String {
    let id = row["id"].to_string();
    test.run(&["workflow:info:logs", "acme", "--id", &id]).success().stdout
}

/// `[["before", "deploy", null], …]`: stage, workflow and error of each script.
fn ran(row: &Value) -> Vec<(String, String, bool)> {
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let hooks = row["result"]["hooks"].as_array().cloned().unwrap_or_default();
    hooks.iter().map(|it| (text(it, "stage"), text(it, "event"), it["error"].is_null())).collect()
}

#[test]
fn scripts_of_a_wordpress_sanitize_and_replace_after_a_clone() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let source = wordpress();
    let from = ["site:create", "acme", "--from", source.to_str().unwrap(), "--database", "sqlite"];
    test.run(&from).success();
    let install = "site:install acme.dev --title Old --admin-user ada --admin-password pass \
                   --admin-email ada@acme.test";
    test.run(&install.split_whitespace().collect::<Vec<_>>()).success();
    let code = test.environment("acme.dev").join("code");
    let scripts = "private/scripts";
    write(
        &code,
        &[
            ("pantheon.yml", YML),
            (&format!("{scripts}/debug.php"), DEBUG),
            (&format!("{scripts}/sanitize.php"), SANITIZE),
            (&format!("{scripts}/replace.php"), REPLACE),
        ],
    );
    // What a commit brings counts from the next workflow on.
    let first = test.json(&["env:commit", "acme.dev", "--message", "Scripts"]);
    assert_eq!(ran(&first), []);
    test.run(&["env:deploy", "acme.test"]).success();
    let hooks = test.json(&["env:hooks", "acme.test"]);
    assert_eq!(hooks.as_array().unwrap().len(), 6);
    assert!(hooks.as_array().unwrap().iter().all(|it| it["problem"].is_null()), "{hooks}");

    let clone = test.json(&["env:clone-content", "acme.dev", "test"]);
    let event = "clone_database".to_owned();
    let after = ("after".to_owned(), event.clone(), true);
    assert_eq!(ran(&clone), [("before".to_owned(), event, true), after.clone(), after]);
    let log = log_of(&test, &clone);
    let url = test.browser().url("acme.test", "");
    assert!(log.contains(&format!("sanitized 1 of {url}")), "{log}");
    assert!(log.contains("dev to test"), "{log}");
    assert!(log.contains("------ Operation: Sanitize finished in"), "{log}");

    write(&code, &[("new.php", "<?php")]);
    let commit = test.json(&["env:commit", "acme.dev", "--message", "One more"]);
    assert_eq!(ran(&commit), [("after".to_owned(), "sync_code".to_owned(), true)]);
    let deploy = test.json(&["env:deploy", "acme.test", "--note", "It's out & about"]);
    let names: Vec<_> = ran(&deploy).into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["before", "after"]);
    let log = log_of(&test, &deploy);
    let told = log.lines().find_map(|line| line.split_once("told ")).expect("it said").1;
    let told: Value = serde_json::from_str(told).unwrap();
    for (name, value) in [
        ("wf_type", "deploy"),
        ("wf_description", "Deploy to Test"),
        ("environment", "test"),
        ("stage", "before"),
        ("qs_description", "Debug"),
        ("user_fullname", "Test Person"),
        ("user_firstname", "Test"),
        ("user_lastname", "Person"),
        ("user_email", "person@portico.test"),
        ("deploy_message", "It's out & about"),
    ] {
        assert_eq!(told[name], value, "{name} in {told}");
    }
    assert!(told["site_id"].as_str().unwrap().len() == 36 && told["trace_id"].is_string());
    assert!(log.contains("in cgi-fcgi test 1-"), "before runs in the old release: {log}");
    assert!(log.contains("in cgi-fcgi test 2-"), "after runs in the new release: {log}");
}

#[test]
fn a_script_that_fails_is_told_and_undoes_nothing() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let folder = test.folder("plain");
    let yml = "api_version: 1
workflows:
  deploy:
    before: [{type: webphp, description: Dies, script: hooks/dies.php}]
    after:
      - {type: webphp, description: Answers 500, script: hooks/answers.php}
      - {type: webphp, description: Is gone, script: hooks/gone.php}
  clear_cache:
    after: [{type: webphp, description: Sleeps, script: hooks/sleeps.php}]
  autopilot_vrt:
    after: [{type: webphp, description: Hosted, script: hooks/sleeps.php}]
  sync_code:
    after: [{type: webphp, description: Pushed, script: hooks/pushed.php}]
";
    write(
        &folder,
        &[
            ("index.php", "<?php echo 'front';"),
            ("pantheon.yml", yml),
            ("hooks/dies.php", "<?php echo \"was here\\n\"; no_such_function();"),
            ("hooks/answers.php", "<?php http_response_code(500); echo 'not today';"),
            ("hooks/sleeps.php", "<?php sleep(60);"),
            (
                "hooks/pushed.php",
                "<?php file_put_contents($_ENV['HOME'] . '/tmp/pushed', $_POST['wf_type']);",
            ),
        ],
    );
    test.run(&["site:create", "acme", "--from", folder.to_str().unwrap()]).success();
    test.run(&["env:deploy", "acme.test"]).success();
    let code = test.environment("acme.dev").join("code");
    write(&code, &[("more.php", "<?php")]);
    test.run(&["env:commit", "acme.dev", "--message", "More"]).success();
    let deploy = test.json(&["env:deploy", "acme.test"]);
    assert_eq!(deploy["state"], "succeeded");
    let failed: Vec<_> = deploy["result"]["hooks"].as_array().unwrap().clone();
    assert_eq!(failed.len(), 3);
    assert!(failed.iter().all(|it| it["error"].is_string()), "{failed:?}");
    let log = log_of(&test, &deploy);
    for said in ["no_such_function", "status 500", "not today", "there is no such script"] {
        assert!(log.contains(said), "no {said:?} in {log}");
    }
    let problems = test.json(&["env:hooks", "acme.test"]).to_string();
    assert!(problems.contains("Portico has no workflow `autopilot_vrt`"), "{problems}");

    a_push_runs_the_scripts_of_sync_code(&test);
}

fn a_push_runs_the_scripts_of_sync_code(test: &PorticoTest) {
    test.run(&["connection:set", "acme.dev", "git"]).success();
    let repository = test.root().join("sites/acme/repository.git");
    let clone = test.folder("clone");
    let (from, to) = (repository.to_str().unwrap(), clone.to_str().unwrap());
    test.git(&test.folder(""), &["clone", "--quiet", from, to]).success();
    write(&clone, &[("pushed.txt", "x")]);
    test.git(&clone, &["add", "."]).success();
    test.git(&clone, &["commit", "--quiet", "-m", "By push"]).success();
    test.git(&clone, &["push", "--quiet"]).success();
    let note = test.environment("acme.dev").join("tmp/pushed");
    eventually("the script of the push has run", || {
        fs::read_to_string(&note).is_ok_and(|it| it == "sync_code")
    });
}

#[test]
fn a_script_that_takes_too_long_is_ended() {
    let test = PorticoTest::new();
    let folder = test.folder("plain");
    let yml = "api_version: 1\nworkflows:\n  clear_cache:\n    after: [{type: webphp, \
               description: Sleeps, script: sleeps.php}]\n";
    write(
        &folder,
        &[("index.php", "<?php"), ("pantheon.yml", yml), ("sleeps.php", "<?php sleep(90);")],
    );
    test.run(&["site:create", "acme", "--from", folder.to_str().unwrap()]).success();
    let arguments = ["env:run-hooks", "acme.dev", "clear_cache", "--format", "json"];
    let mut command: Command = test.command(&arguments);
    let output = command.env("PORTICO_HOOK_SECONDS", "1").output().unwrap();
    let row: Value = serde_json::from_slice(&output.stdout).unwrap();
    let hook = &row["result"]["hooks"][0];
    assert_eq!(hook["error"], "it took longer than 1 s");
    assert!(hook["ms"].as_u64().unwrap() < 30_000);
}
