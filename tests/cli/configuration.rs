//! Configuration goes with the code: out of Dev's database by an export, into Test's by a deploy.
use std::{fs, path::Path};

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

/// As much of Advanced Custom Fields as Portico asks for: groups are posts whose content is their JSON.
const ACF: &str = r#"<?php
class ACF_Local_JSON {
	static function folder() { return get_stylesheet_directory() . '/acf-json'; }
	function scan_field_groups() {
		$found = [];
		foreach (glob(self::folder() . '/*.json') ?: [] as $file) {
			$found[json_decode(file_get_contents($file), true)['key']] = $file;
		}
		return $found;
	}
}
function acf_get_instance($class) { return new $class; }
function acf_get_local_json_files() { return acf_get_instance('ACF_Local_JSON')->scan_field_groups(); }
function acf_get_setting($name) { return $name === 'json' ? true : ACF_Local_JSON::folder(); }
function acf_update_setting() {}
function acf_disable_filters() {}
function acf_get_raw_field_groups() {
	return array_map(function ($post) { return ['ID' => $post->ID] + json_decode($post->post_content, true); },
		get_posts(['post_type' => 'acf-field-group', 'numberposts' => -1]));
}
function acf_get_fields($group) { return $group['fields']; }
function acf_prepare_field_group_for_export($group) { unset($group['ID']); return $group; }
function acf_write_json_field_group($group) {
	$group['modified'] = get_post_modified_time('U', true, $group['ID']);
	unset($group['ID']);
	return (bool) file_put_contents(ACF_Local_JSON::folder() . "/{$group['key']}.json", json_encode($group));
}
function acf_import_field_group($group) {
	$id = $group['ID'];
	unset($group['ID'], $group['modified']);
	return wp_insert_post(['ID' => $id, 'post_type' => 'acf-field-group', 'post_status' => 'publish',
		'post_title' => $group['title'], 'post_content' => wp_slash(json_encode($group))]);
}
"#;

/// Makes or changes a field group in the database, or tells those that are there.
const GROUP: &str = r#"<?php $asked = $_GET; $_SERVER['REQUEST_URI'] = '/wp-cron.php'; require __DIR__ . '/wp-load.php';
acf_disable_filters();
$there = array_column(acf_get_raw_field_groups(), null, 'key');
if (isset($asked['label'])) {
	acf_update_setting('json', false);
	acf_import_field_group(['ID' => $there['group_shop']['ID'] ?? 0, 'key' => 'group_shop', 'title' => 'Shop', 'fields' => [
		['key' => 'field_price', 'label' => $asked['label'], 'name' => 'price', 'type' => 'text', 'parent' => 'group_shop'],
	], 'location' => [[['param' => 'post_type', 'operator' => '==', 'value' => 'post']]]]);
}
foreach ($there as $group) { echo $group['title'], ': ', acf_get_fields($group)[0]['label'], "\n"; }"#;

/// Field groups go out of Dev's database into the theme, by ACF (pretended or real), and into Test's by a deploy.
fn field_groups_go_along(plugin: impl Fn(&Path) -> Option<&'static str>) {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    let source = wordpress();
    let from = ["site:create", "acme", "--from", source.to_str().unwrap(), "--database", "sqlite"];
    test.run(&from).success();
    let install = "site:install acme.dev --title Acme --admin-user ada --admin-password pass \
                   --admin-email ada@acme.test";
    test.run(&install.split_whitespace().collect::<Vec<_>>()).success();
    let code = test.environment("acme.dev").join("code");
    let name = plugin(&code);
    fs::write(code.join("group.php"), GROUP).unwrap();
    if let Some(name) = name {
        fs::write(
            code.join("activate.php"),
            "<?php require 'wp-load.php'; require ABSPATH . 'wp-admin/includes/plugin.php';
            var_dump(activate_plugin($_GET['plugin']));",
        )
        .unwrap();
        let said = browser.get("acme.dev", &format!("/activate.php?plugin={name}")).ok();
        assert!(said.has("NULL"), "{}", said.body);
    }
    let group = |environment: &str, query: &str| {
        browser.get(environment, &format!("/group.php{query}")).ok().body
    };
    group("acme.dev", "?label=Price");
    assert_eq!(group("acme.dev", ""), "Shop: Price\n");
    assert_eq!(test.json(&["config:status", "acme.dev"])["system"], json!(null));

    let theme = browser.get("acme.dev", "/").ok().body;
    let theme = theme.split("/wp-content/themes/").nth(1).unwrap().split('/').next().unwrap();
    let theme = code.join("wp-content/themes").join(theme);
    fs::create_dir(theme.join("acf-json")).unwrap();
    let item =
        |state| json!([{"group": "acf-field-group", "name": "Shop (group_shop)", "state": state}]);
    let status = test.json(&["config:status", "acme.dev"]);
    assert_eq!(
        (&status["system"], &status["items"]),
        (&json!("ACF JSON"), &item("only_in_database"))
    );
    test.run(&["config:export", "acme.dev"]).success();
    let file = theme.join("acf-json/group_shop.json");
    assert!(fs::read_to_string(&file).unwrap().contains("Price"));
    let status = test.json(&["config:status", "acme.dev"]);
    assert_eq!((&status["same"], &status["items"]), (&json!(1), &json!([])));
    test.run(&["env:commit", "acme.dev", "--message", "Fields"]).success();
    test.run(&["env:deploy", "acme.test"]).success();

    group("acme.test", "?label=Changed+on+Test");
    assert_eq!(test.json(&["config:status", "acme.test"])["items"], item("differs"));
    test.run(&["config:import", "acme.test"]).success();
    assert_eq!(group("acme.test", ""), "Shop: Price\n");
    let status = test.json(&["config:status", "acme.test"]);
    assert_eq!((&status["same"], &status["items"]), (&json!(1), &json!([])));

    group("acme.dev", "?label=New+price");
    test.run(&["config:export", "acme.dev"]).success();
    test.run(&["env:commit", "acme.dev", "--message", "A label"]).success();
    test.run(&["env:deploy", "acme.test", "--config-import"]).success();
    assert_eq!(group("acme.test", ""), "Shop: New price\n", "and there is no second group");
}

#[test]
fn field_groups_of_a_pretended_acf_go_out_of_dev_and_into_test() {
    field_groups_go_along(|code| {
        let folder = code.join("wp-content/mu-plugins");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("acf.php"), ACF).unwrap();
        None
    });
}

#[test]
fn field_groups_of_the_real_acf_go_out_of_dev_and_into_test() {
    let Some(source) = std::env::var_os("PORTICO_TEST_ACF").filter(|it| !it.is_empty()) else {
        return;
    };
    field_groups_go_along(|code| {
        let target = code.join("wp-content/plugins/acf");
        let copy = std::process::Command::new("cp").arg("-R").arg(&source).arg(target).status();
        assert!(copy.unwrap().success());
        Some("acf/acf.php")
    });
}
