//! Launch Check and smoke test tell what is wrong before visitors find it.
use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{PorticoTest, eventually, wordpress};

/// Everything that a check should find, made by WordPress itself.
const SPOIL: &str = "<?php $_SERVER['REQUEST_URI'] = '/wp-cron.php'; require __DIR__ . '/wp-load.php';
global $wpdb;
$wpdb->query('CREATE TABLE old_shop (id INT) ENGINE=MyISAM');
for ($n = 0; $n < 1001; $n++) { $rows[] = \"('left_behind_$n', 'x', 'yes')\"; }
$wpdb->query(\"INSERT INTO $wpdb->options (option_name, option_value, autoload) VALUES \" . implode(',', $rows));
set_transient('gone', 1, 1);
$wpdb->query(\"UPDATE $wpdb->options SET option_value = 1 WHERE option_name = '_transient_timeout_gone'\");
for ($n = 0; $n < 12; $n++) { wp_schedule_single_event(time() + 900 * $n + 60, 'again_and_again', [$n]); }
$wpdb->update($wpdb->options, ['option_value' => 'http://elsewhere.example'], ['option_name' => 'home']);
set_site_transient('update_plugins', (object) ['response' => ['shop/shop.php' => (object) ['new_version' => '2.0']]]);
echo 'spoilt';";

fn installed(test: &PorticoTest, database: &str) {
    let source = wordpress();
    let from = ["site:create", "acme", "--from", source.to_str().unwrap(), "--database", database];
    test.run(&from).success();
    let install = "site:install acme.dev --title Acme --admin-user ada --admin-password pass \
                   --admin-email ada@acme.test";
    test.run(&install.split_whitespace().collect::<Vec<_>>()).success();
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[track_caller]
fn finding<'a>(report: &'a Value, group: &str, name: &str) -> &'a Value {
    let found = report["findings"].as_array().unwrap();
    found
        .iter()
        .find(|it| it["group"] == group && it["name"] == name)
        .unwrap_or_else(|| panic!("no {group}/{name} in {report}"))
}

#[test]
fn launch_check_scores_a_wordpress_by_pantheon_s_names_and_says_what_to_do() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    installed(&test, "mariadb");
    let good = test.json(&["env:status", "acme.dev"]);
    for (group, name) in [
        ("Config", "WP_CACHE"),
        ("Best practice", "Site address"),
        ("PHP Sessions", "PHP Sessions"),
        ("Plugins", "Plugins"),
        ("Themes", "Themes"),
        ("Cron", "Repeated jobs"),
        ("Object Cache", "Object Cache"),
        ("Database", "Storage Engines"),
        ("Database", "Autoloaded options"),
        ("Database", "Expired transients"),
        ("Database", "Updates"),
    ] {
        let score = finding(&good, group, name)["score"].clone();
        assert!(score == "ok" || score == "info", "{group}/{name} is {score}");
    }

    let code = test.environment("acme.dev").join("code");
    write(&code, "spoil.php", SPOIL);
    let plugin = "<?php /* Plugin Name: Shop\nVersion: 1.0 */\nsession_start();";
    write(&code, "wp-content/plugins/shop/shop.php", plugin);
    assert!(test.browser().get("acme.dev", "/spoil.php").ok().has("spoilt"));
    let bad = test.json(&["env:status", "acme.dev"]);
    for (group, name, score) in [
        ("Best practice", "Site address", "error"),
        ("PHP Sessions", "PHP Sessions", "error"),
        ("Plugins", "Plugins", "warning"),
        ("Cron", "Repeated jobs", "warning"),
        ("Database", "Storage Engines", "error"),
        ("Database", "Autoloaded options", "warning"),
        ("Database", "Expired transients", "warning"),
    ] {
        let found = finding(&bad, group, name);
        assert_eq!(found["score"], score, "{found}");
        assert!(found["action"].is_string(), "{found}");
    }
    let sessions = &finding(&bad, "PHP Sessions", "PHP Sessions")["rows"];
    assert_eq!(sessions[0], serde_json::json!(["plugins/shop/shop.php", "3", "session_start"]));
    assert_eq!(bad["score"], "error");
    assert_eq!(test.json(&["env:status", "acme.dev", "--last"])["made_at"], bad["made_at"]);

    // A deploy is checked by itself.
    test.run(&["env:commit", "acme.dev", "--message", "A shop"]).success();
    test.run(&["env:status", "acme.test", "--last"]).status(3);
    test.run(&["env:deploy", "acme.test"]).success();
    eventually("Test is checked after its deploy", || {
        test.run(&["env:status", "acme.test", "--last"]).is_success()
    });
}

#[test]
fn a_site_that_can_t_start_is_a_finding() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    installed(&test, "sqlite");
    let code = test.environment("acme.dev").join("code");
    write(&code, "wp-content/mu-plugins/dies.php", "<?php no_such_thing();");
    let report = test.json(&["env:status", "acme.dev"]);
    let start = finding(&report, "Site", "Start");
    assert_eq!(start["score"], "error");
    assert!(start["result"].as_str().unwrap().contains("no_such_thing"), "{start}");
    assert_eq!(finding(&report, "Database", "Storage Engines")["score"], "ok");
}

/// A site whose pages link on, with a sitemap, and one page that can be broken.
fn pages(test: &PorticoTest) {
    let folder = test.folder("pages");
    let page = "<?php $n = (int) ($_GET['n'] ?? 0);
        if (!isset($_GET['n']) && $_SERVER['REQUEST_URI'] !== '/') { http_response_code(404); }
        require __DIR__ . '/words.php';
        echo \"<title>Page $n</title><h1>http://$_SERVER[HTTP_HOST]/</h1>\", words($n);
        if ($n < 30) { echo '<a href=\"/?n=', $n + 1, '\">next</a> <a href=\"http://elsewhere.example/\">x</a>'; }
        echo '<a href=\"/wp-admin/\">admin</a><a href=\"/gone\">gone</a>';";
    let words = "<?php function words($n) { return str_repeat(\"word$n and others \", 20); }";
    let map = "<urlset><url><loc>/hidden.php</loc></url></urlset>";
    for (name, text) in [
        ("index.php", page),
        ("words.php", words),
        ("hidden.php", "<title>Hidden</title>only the sitemap knows"),
        ("sitemap.xml", map),
    ] {
        write(&folder, name, text);
    }
    test.run(&["site:create", "acme", "--from", folder.to_str().unwrap()]).success();
    test.run(&["env:deploy", "acme.test"]).success();
    test.run(&["env:deploy", "acme.live"]).success();
}

#[test]
fn a_smoke_test_finds_the_page_that_a_deploy_would_break() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    pages(&test);
    // Front page, 30 that it leads to, the one of the sitemap, one that is gone everywhere.
    let good = &test.json(&["env:smoke", "acme.test"])["result"];
    assert_eq!((&good["pages"], &good["against"]), (&33.into(), &"live".into()), "{good}");
    assert_eq!(good["score"], "warning");
    let differences = good["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1, "addresses of their own are no difference: {good}");
    assert_eq!(
        (&differences[0]["path"], &differences[0]["linked_from"]),
        (&"/gone".into(), &"/".into())
    );

    let code = test.environment("acme.dev").join("code");
    let broken = "<?php function words($n) { if ($n === 7) { missing(); } \
                  return str_repeat(\"word$n and others \", $n === 9 ? 2 : 20); }";
    write(&code, "words.php", broken);
    write(&code, "hidden.php", "<title>Shown</title>only the sitemap knows");
    test.run(&["env:commit", "acme.dev", "--message", "Breaks two pages"]).success();
    test.run(&["env:deploy", "acme.test"]).success();
    let outcome = test.run(&["env:smoke", "acme.test", "--format", "json"]).status(1);
    let bad = &outcome.json()["result"];
    let of = |path: &str| {
        let all = bad["differences"].as_array().unwrap();
        all.iter().find(|it| it["path"] == path).unwrap_or_else(|| panic!("no {path} in {bad}"))
    };
    assert_eq!(of("/?n=7")["score"], "error");
    assert!(of("/?n=7")["what"].to_string().contains("status 500; on Live with 200"), "{bad}");
    assert_eq!(of("/?n=9")["score"], "warning");
    assert_eq!(of("/hidden.php")["score"], "info");
    assert!(bad["verdict"].as_str().unwrap().contains("1 broken"), "{bad}");

    let few = &test.json(&["env:smoke", "acme.dev", "--limit", "3"])["result"];
    assert_eq!((&few["pages"], &few["against"]), (&3.into(), &Value::Null));
    assert!(few["left_out"].as_u64().unwrap() > 0);
    let one =
        &test.json(&["env:smoke", "acme.test", "--against", "dev", "--paths", "/?n=2"])["result"];
    assert_eq!((&one["pages"], &one["score"]), (&1.into(), &"ok".into()), "{one}");
    let usage = ["env:smoke", "acme.test", "--paths", "http://elsewhere.example/"];
    test.run(&usage).status(2).stderr_has("no path of the site");
}
