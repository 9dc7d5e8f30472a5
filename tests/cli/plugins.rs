//! Who may change code: WordPress's own installer in SFTP mode, nobody but Git in Git mode.
use std::{fs, path::PathBuf};

use crate::{
    code::code,
    support::{Answer, Browser, Outcome, PorticoTest, wordpress},
};

const FILE: &str = "wp-content/plugins/portico-hello/portico-hello.php";

/// A plugin as people download it.
fn plugin(test: &PorticoTest) -> PathBuf {
    let folder = test.folder("plugin");
    fs::create_dir_all(folder.join("portico-hello")).unwrap();
    let source = "<?php\n/* Plugin Name: Portico Hello\n Version: 1.0 */\n\
        add_action('wp_footer', function () { echo 'hello from the plugin'; });\n";
    fs::write(folder.join("portico-hello/portico-hello.php"), source).unwrap();
    test.git(&folder, &["init", "-q"]).success();
    test.git(&folder, &["add", "."]).success();
    test.git(&folder, &["commit", "-q", "-m", "Plugin"]).success();
    test.git(&folder, &["archive", "-o", "portico-hello.zip", "HEAD"]).success();
    folder.join("portico-hello.zip")
}

/// The value of a page's hidden field.
fn field(page: &Answer, name: &str) -> Option<String> {
    let at = page.body.find(&format!("name=\"{name}\""))?;
    let value = page.body[at..].split_once("value=\"")?.1;
    Some(value.split_once('"')?.0.to_owned())
}

/// Uploads the plugin on the admin's page for that, and activates it there.
fn install(browser: &Browser, zip: &std::path::Path) {
    let page = browser.get("acme.dev", "/wp-admin/plugin-install.php?tab=upload").ok();
    let nonce = field(&page, "_wpnonce").unwrap();
    let fields = [("_wpnonce", nonce.as_str()), ("install-plugin-submit", "Install Now")];
    let path = "/wp-admin/update.php?action=upload-plugin";
    let answer = browser.upload("acme.dev", path, &fields, ("pluginzip", zip)).ok();
    assert!(answer.has("Plugin installed successfully"), "{}", answer.body);
    let link =
        answer.body.split("href=\"").find(|it| it.starts_with("plugins.php?action=activate"));
    let link = link.unwrap().split_once('"').unwrap().0.replace("&amp;", "&");
    browser.get("acme.dev", &format!("/wp-admin/{link}")).ok();
}

#[test]
fn a_plugin_installed_by_the_admin_page_is_a_changed_file_in_sftp_mode_and_refused_in_git_mode() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let source = wordpress();
    let create = ["site:create", "acme", "--from", source.to_str().unwrap()];
    test.run(&[&create[..], &["--database", "sqlite"]].concat()).success();
    let install_site = ["site:install", "acme.dev", "--title", "Acme", "--admin-user", "ada"];
    let rest = ["--admin-password", "correct horse", "--admin-email", "ada@acme.test"];
    test.run(&[&install_site[..], &rest[..]].concat()).success();
    let zip = plugin(&test);
    let browser = test.browser();
    browser.log_in("acme.dev", "ada", "correct horse");

    install(&browser, &zip);
    assert!(browser.get("acme.dev", "/").ok().has("hello from the plugin"));
    let rows = test.json(&["env:diffstat", "acme.dev"]);
    let row = serde_json::json!({"file": FILE, "status": "added", "deletions": 0, "additions": 4});
    assert_eq!(rows, serde_json::json!([row]), "the upload itself is content");
    assert_eq!(code(&test, "acme.dev")["uncommitted"], 1);
    test.run(&["env:commit", "acme.dev", "--message", "Add Portico Hello"]).success();
    test.run(&["env:deploy", "acme.test"]).success();
    assert!(browser.get("acme.test", "/").ok().has("hello from the plugin"));

    test.run(&["connection:set", "acme.dev", "git"]).success();
    let page = browser.get("acme.dev", "/wp-admin/plugin-install.php?tab=upload");
    assert!(page.status >= 400 && page.has("not allowed"), "{}: {}", page.status, page.body);
    let list = browser.get("acme.dev", "/wp-admin/plugins.php").ok();
    assert!(list.has("Portico Hello"), "plugins are still switched on and off");
    assert!(!list.has("action=delete-selected"), "but not deleted");
    // Nor by the request that the page would send, with a nonce that WordPress takes.
    let path = "/wp-admin/update.php?action=upload-plugin";
    let nonce = field(&list, "_wpnonce").unwrap();
    let answer = browser.upload("acme.dev", path, &[("_wpnonce", &nonce)], ("pluginzip", &zip));
    assert!(answer.has("not allowed to install plugins"), "{}: {}", answer.status, answer.body);
    assert_eq!(code(&test, "acme.dev")["uncommitted"], 0);
    test.run(&["connection:set", "acme.dev", "sftp"]).success();
    browser.get("acme.dev", "/wp-admin/plugin-install.php?tab=upload").ok();
}

/// `PORTICO_TEST_WPCLI` names a phar of WP-CLI; a test without it has nothing to run.
#[test]
fn the_real_wp_cli_works_inside_an_environment() {
    let phar = std::env::var_os("PORTICO_TEST_WPCLI").filter(|it| !it.is_empty());
    let Some(phar) = phar.map(PathBuf::from) else { return };
    for database in ["mariadb", "sqlite"] {
        let test = PorticoTest::new();
        let _serving = test.serve();
        let source = wordpress();
        let create = ["site:create", "acme", "--from", source.to_str().unwrap()];
        test.run(&[&create[..], &["--database", database]].concat()).success();
        let install = ["site:install", "acme.dev", "--title", "Acme", "--admin-user", "ada"];
        let rest = ["--admin-password", "correct horse", "--admin-email", "ada@acme.test"];
        test.run(&[&install[..], &rest[..]].concat()).success();
        let own = test.environment("acme.dev").join("code/vendor/bin");
        fs::create_dir_all(&own).unwrap();
        fs::copy(&phar, own.join("wp")).unwrap();
        // Tests may run as root, which WP-CLI refuses unless told.
        let wp = |arguments: &[&str]| {
            let mut command = test.command(&[&["wp", "acme.dev", "--"], arguments].concat());
            command.env("WP_CLI_ALLOW_ROOT", "1");
            Outcome::of(command)
        };
        let url = wp(&["option", "get", "siteurl"]).success();
        assert_eq!(url.stdout.trim(), test.browser().url("acme.dev", ""));
        wp(&["post", "create", "--post_title=By the tool", "--post_status=publish"]).success();
        assert!(test.browser().get("acme.dev", "/").ok().has("By the tool"));
        wp(&["eval", "exit(3);"]).status(3);
        let server = wp(&["db", "query", "SELECT 1"]);
        match database {
            "mariadb" => _ = server.success(),
            _ => _ = server.status(1).stderr_has("portico db:cli acme.dev"),
        }
    }
}
