//! Configuration goes with the code: out of Dev's database by an export, into Test's by a deploy.
use std::fs;

use serde_json::json;

use crate::support::{PorticoTest, wordpress};

/// Sets an option, or tells one.
const OPTION: &str =
    "<?php $asked = $_GET; $_SERVER['REQUEST_URI'] = '/wp-cron.php'; require __DIR__ . '/wp-load.php';
if (isset($asked['set'])) { update_option($asked['set'], json_decode($asked['to'], true)); }
echo json_encode(get_option($asked['set'] ?? $asked['get']));";

/// A bundle of two options, as the plugin WP-CFM keeps it.
const BUNDLE: &str =
    r#"{"bundles":[{"label":"Main","name":"main","config":["blogdescription","sidebar"]}]}"#;

const YML: &str = "api_version: 1
workflows:
  deploy:
    after: [{type: webphp, description: Last, script: hook.php}]
";

#[test]
fn configuration_of_wordpress_goes_out_of_dev_and_into_test_in_pantheon_s_order() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    let source = wordpress();
    let from = ["site:create", "acme", "--from", source.to_str().unwrap(), "--database", "sqlite"];
    test.run(&from).success();
    let install = "site:install acme.dev --title Acme --admin-user ada --admin-password pass \
                   --admin-email ada@acme.test";
    test.run(&install.split_whitespace().collect::<Vec<_>>()).success();
    assert_eq!(test.json(&["config:status", "acme.dev"])["system"], json!(null));
    test.run(&["config:export", "acme.dev"]).status(5);

    let code = test.environment("acme.dev").join("code");
    fs::write(code.join("option.php"), OPTION).unwrap();
    fs::write(code.join("pantheon.yml"), YML).unwrap();
    fs::write(code.join("hook.php"), "<?php echo 'the hook';").unwrap();
    let set = |environment: &str, name: &str, value: &str| {
        let value = value.replace('"', "%22").replace(' ', "%20");
        browser.get(environment, &format!("/option.php?set={name}&to={value}")).ok();
    };
    let get = |environment: &str, name: &str| {
        browser.get(environment, &format!("/option.php?get={name}")).ok().body
    };
    // The settings of the plugin are text in an option.
    set("acme.dev", "wpcfm_settings", &serde_json::to_string(BUNDLE).unwrap().replace('\\', "%5C"));
    set("acme.dev", "blogdescription", "\"From Dev\"");
    set("acme.dev", "sidebar", r#"{"width":3}"#);
    let status = test.json(&["config:status", "acme.dev"]);
    assert_eq!(status["system"], "WP-CFM");
    assert_eq!(status["items"][0]["state"], "only_in_database", "{status}");
    assert_eq!(test.json(&["env:info", "acme.dev"])["config_differences"], 2);

    test.run(&["config:export", "acme.dev"]).success();
    let changed = test.json(&["env:diffstat", "acme.dev"]).to_string();
    assert!(changed.contains("wp-content/config/main.json"), "{changed}");
    let status = test.json(&["config:status", "acme.dev"]);
    assert_eq!((&status["same"], &status["items"]), (&json!(2), &json!([])));
    test.run(&["undo", "acme"]).success();
    assert!(!code.join("wp-content/config/main.json").exists());
    assert!(code.join("hook.php").exists(), "the person's own changes stay");
    test.run(&["undo", "acme"]).success();
    test.run(&["env:commit", "acme.dev", "--message", "Configuration"]).success();
    test.run(&["env:deploy", "acme.test"]).success();

    set("acme.test", "blogdescription", "\"Changed by hand\"");
    let status = test.json(&["config:status", "acme.test"]);
    let item = json!({"group": "main", "name": "blogdescription", "state": "differs"});
    assert_eq!(status["items"], json!([item]));
    fs::write(code.join("more.php"), "<?php").unwrap();
    test.run(&["env:commit", "acme.dev", "--message", "More"]).success();
    let options = ["--updatedb", "--config-import", "--cc"];
    let mut deploy = vec!["env:deploy", "acme.test"];
    deploy.extend(options);
    test.run(&deploy).success();
    assert_eq!(get("acme.test", "blogdescription"), "\"From Dev\"");
    assert_eq!(get("acme.test", "sidebar"), r#"{"width":3}"#);
    let log = test.run(&["workflow:info:logs", "acme"]).success().stdout;
    let steps = ["Update the database", "Import the configuration", "Clear caches", "the hook"];
    let places: Vec<_> = steps.iter().map(|step| log.find(step).expect("it is logged")).collect();
    assert!(places.is_sorted(), "{log}");

    test.run(&["undo", "acme"]).success();
    assert_eq!(get("acme.test", "blogdescription"), "\"Changed by hand\"");
    test.run(&["config:import", "acme.test"]).success();
    assert_eq!(get("acme.test", "blogdescription"), "\"From Dev\"");
}
