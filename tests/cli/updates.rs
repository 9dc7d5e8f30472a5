//! Database updates come with a deploy, or nothing does.
use std::fs;

use serde_json::Value;

use crate::support::{PorticoTest, wordpress};

const VERSION: &str = "<?php require __DIR__ . '/wp-load.php'; \
    foreach (function_exists('get_sites') && is_multisite() ? get_sites(['fields' => 'ids']) : [1] as $id) { \
    is_multisite() && switch_to_blog($id); wp_cache_flush(); echo '[', get_option('db_version'), ']'; }";

/// A WordPress in Dev and Test, installed.
fn installed(test: &PorticoTest) {
    let source = wordpress();
    let from = ["site:create", "acme", "--from", source.to_str().unwrap(), "--database", "sqlite"];
    test.run(&from).success();
    let install = "site:install acme.dev --title Acme --admin-user ada --admin-password pass \
                   --admin-email ada@acme.test";
    test.run(&install.split_whitespace().collect::<Vec<_>>()).success();
}

fn write(test: &PorticoTest, name: &str, text: &str) {
    let path = test.environment("acme.dev").join("code").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Dev's code gets the next version of the database; answers what it was and what it is.
fn next_version(test: &PorticoTest) -> (u64, u64) {
    let name = "wp-includes/version.php";
    let file = test.environment("acme.dev").join("code").join(name);
    let text = fs::read_to_string(&file).unwrap();
    let (_, rest) = text.split_once("$wp_db_version = ").unwrap();
    let old: u64 = rest.split(';').next().unwrap().parse().unwrap();
    let new = old + 1;
    let text =
        text.replace(&format!("$wp_db_version = {old};"), &format!("$wp_db_version = {new};"));
    write(test, name, &text);
    (old, new)
}

fn commit(test: &PorticoTest, message: &str) {
    test.run(&["env:commit", "acme.dev", "--message", message]).success();
}

fn pending(test: &PorticoTest, environment: &str) -> Value {
    test.json(&["env:deploy", environment, "--dry-run"])["updates"].clone()
}

#[test]
fn a_database_one_version_older_is_updated_by_its_deploy_or_stays_with_its_code() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    installed(&test);
    write(&test, "version.php", VERSION);
    commit(&test, "A page that tells the version");
    // The first deploy, which makes the environment, may update too.
    test.run(&["env:deploy", "acme.test", "--updatedb"]).success();

    // A plugin's part of the update dies.
    let (old, new) = next_version(&test);
    let dies = "<?php add_action('wp_upgrade', function () { the_shop_table_is_missing(); });";
    write(&test, "wp-content/mu-plugins/shop.php", dies);
    commit(&test, "The next version, with a plugin that fails");
    let waiting = pending(&test, "acme.test");
    assert_eq!(waiting[0]["update"], format!("{old} → {new}"), "{waiting}");
    let before = test.json(&["env:info", "acme.test"]);
    let failed = test.run(&["env:deploy", "acme.test", "--updatedb"]).status(1);
    let url = browser.url("acme.test", "/");
    let which = format!("error in the update of {url} from database version {old} to {new}");
    assert!(failed.stderr.contains(&which), "{failed}");
    assert!(failed.stderr.contains("the_shop_table_is_missing"), "{failed}");
    let log = test.run(&["workflow:info:logs", "acme"]).success().stdout;
    assert!(log.contains(&which), "{log}");
    let after = test.json(&["env:info", "acme.test"]);
    assert_eq!(after["code"], before["code"]);
    assert_eq!(after["content"]["generation"], before["content"]["generation"]);
    assert_eq!(browser.get("acme.test", "/version.php").ok().body, format!("[{old}]"));

    let shop = test.environment("acme.dev").join("code/wp-content/mu-plugins/shop.php");
    fs::remove_file(shop).unwrap();
    commit(&test, "Without the plugin");
    test.run(&["env:deploy", "acme.test", "--updatedb"]).success();
    assert_eq!(browser.get("acme.test", "/version.php").ok().body, format!("[{new}]"));
    assert_eq!(pending(&test, "acme.test"), Value::Array(Vec::new()));
}

#[test]
fn every_site_of_a_network_is_updated() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let browser = test.browser();
    installed(&test);
    let host = browser.url("acme.dev", "").replace("http://", "");
    write(
        &test,
        "network.php",
        "<?php require __DIR__ . '/wp-load.php'; require ABSPATH . 'wp-admin/includes/upgrade.php'; \
         require ABSPATH . 'wp-admin/includes/network.php'; \
         foreach ($wpdb->tables('ms_global') as $table => $name) { $wpdb->$table = $name; } \
         install_network(); \
         echo json_encode(populate_network(1, $_SERVER['HTTP_HOST'], 'ada@acme.test', 'Net', '/', false));",
    );
    let made = browser.get("acme.dev", "/network.php").ok();
    assert_eq!(made.body, "true");
    let config = test.environment("acme.dev").join("code/wp-config.php");
    let text = fs::read_to_string(&config).unwrap();
    let constants = "define('MULTISITE', true); define('SUBDOMAIN_INSTALL', false);\n\
        define('DOMAIN_CURRENT_SITE', $_SERVER['HTTP_HOST'] ?? ''); define('PATH_CURRENT_SITE', '/');\n\
        define('SITE_ID_CURRENT_SITE', 1); define('BLOG_ID_CURRENT_SITE', 1);\n\
        require_once ABSPATH . 'wp-settings.php';";
    fs::write(&config, text.replace("require_once ABSPATH . 'wp-settings.php';", constants))
        .unwrap();
    write(
        &test,
        "blog.php",
        "<?php require __DIR__ . '/wp-load.php'; $host = $_SERVER['HTTP_HOST']; \
         $id = wp_insert_site(['domain' => $host, 'path' => '/news/', 'network_id' => 1, \
         'user_id' => 1, 'title' => 'News']); \
         $wpdb->update($wpdb->blogs, ['domain' => $host], ['blog_id' => $id]); echo $id;",
    );
    assert_eq!(browser.get("acme.dev", "/blog.php").ok().body, "2");
    write(&test, "version.php", VERSION);
    commit(&test, "A network");
    // The next version comes from the upstream; what waits is read from each site of the network.
    let version = test.environment("acme.dev").join("code/wp-includes/version.php");
    let before = fs::read_to_string(&version).unwrap();
    let (old, new) = next_version(&test);
    let waiting = pending(&test, "acme.test");
    let modules: Vec<_> = waiting.as_array().unwrap().iter().map(|it| &it["module"]).collect();
    assert_eq!(modules, [&format!("{host}/"), &format!("{host}/news/")]);
    let after = fs::read_to_string(&version).unwrap();
    fs::write(&version, before).unwrap();
    let (repository, upstream) = (test.root().join("sites/acme/repository.git"), test.folder("up"));
    let clone = ["clone", "--quiet", repository.to_str().unwrap(), upstream.to_str().unwrap()];
    test.git(&test.folder(""), &clone).success();
    fs::write(upstream.join("wp-includes/version.php"), after).unwrap();
    test.git(&upstream, &["commit", "--quiet", "-am", "The next version"]).success();
    test.run(&["site:upstream:set", "acme", upstream.to_str().unwrap()]).success();

    assert_eq!(browser.get("acme.dev", "/version.php").ok().body, format!("[{old}][{old}]"));
    test.run(&["upstream:updates:apply", "acme.dev", "--updatedb"]).success();
    assert_eq!(browser.get("acme.dev", "/version.php").ok().body, format!("[{new}][{new}]"));

    every_site_has_a_name_of_its_own_in_test(&test);
}

/// A site with a domain of its own is made in Dev, and goes to Test beside the others.
fn every_site_has_a_name_of_its_own_in_test(test: &PorticoTest) {
    let browser = test.browser();
    write(
        test,
        "shop.php",
        "<?php require __DIR__ . '/wp-load.php'; $host = $_SERVER['HTTP_HOST']; $shop = 'shop.' . $host; \
         $id = wp_insert_site(['domain' => 'shop.test', 'path' => '/', 'network_id' => 1, \
         'user_id' => 1, 'title' => 'The Shop']); \
         $wpdb->update($wpdb->blogs, ['domain' => $shop], ['blog_id' => $id]); switch_to_blog($id); \
         update_option('home', 'http://' . $shop); update_option('siteurl', 'http://' . $shop); \
         switch_to_blog(2); foreach (['home', 'siteurl'] as $name) { \
         update_option($name, 'http://' . $host . '/news'); } echo $id;",
    );
    assert_eq!(browser.get("acme.dev", "/shop.php").ok().body, "3");
    assert!(browser.get("acme.shop.dev", "/").ok().has("The Shop"));
    test.run(&["env:deploy", "acme.test"]).success();
    for (site, path, title) in [
        ("acme.test", "/", "Acme"),
        ("acme.test", "/news/", "News"),
        ("acme.shop.test", "/", "The Shop"),
    ] {
        let page = browser.get(site, path).ok();
        assert!(page.has(&format!("<title>{title}")), "{site}{path}: {}", page.body);
        assert!(!page.has("dev-acme"), "{site}{path}: {}", page.body);
    }
    assert!(browser.get("acme.shop.test", "/").ok().has("http://shop.test-acme.localhost"));
}
