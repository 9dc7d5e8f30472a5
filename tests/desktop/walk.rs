//! A whole job in the window: a real WordPress from Dev to Test to Live, with a picture of each station.
use std::fs;

use crate::{
    portico::{PorticoTest, eventually, wordpress},
    window::Window,
};

const POST: &str = "Written on Live";
const CHANGE: &str = "portico-theme-change";

#[test]
fn a_real_wordpress_goes_from_dev_to_test_to_live_by_pointing_and_clicking() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    new_site(&window);
    install_in_the_browser(&test);
    window.wait_text(".env.dev .cell.content", "12 tables");
    create_test_and_live(&window, &test);
    commit_a_change_of_the_theme(&window, &test);
    test.browser().publish("acme.live", "ada", "correct horse", POST);
    deploy_with_live_s_content(&window, &test);
    undo(&window, &test);
    drag_live_s_content_to_dev(&window, &test);
}

fn new_site(window: &Window) {
    window.press_button("New site");
    window.fill("#new-source", wordpress().to_str().unwrap());
    window.fill("#new-label", "Acme Corp");
    window.fill("#new-name", "acme");
    window.screenshot("new-site");
    window.agree();
    window.wait_text(".env.dev", "dev-acme.localhost");
    assert!(window.text("h1").contains("Acme Corp"));
    window.screenshot("new-board");
}

/// As WordPress greets a person who visits Dev.
fn install_in_the_browser(test: &PorticoTest) {
    let browser = test.browser();
    assert!(browser.get("acme.dev", "/").ok().has("WordPress"));
    let form = [
        ("weblog_title", "Acme Corp"),
        ("user_name", "ada"),
        ("admin_password", "correct horse"),
        ("admin_password2", "correct horse"),
        ("pw_weak", "on"),
        ("admin_email", "ada@acme.test"),
        ("language", ""),
    ];
    assert!(browser.post("acme.dev", "/wp-admin/install.php?step=2", &form).ok().has("Success"));
}

fn create_test_and_live(window: &Window, test: &PorticoTest) {
    for environment in ["test", "live"] {
        window.click(&format!(".env.{environment} [data-part=createAct]"));
        window.fill("dialog[open] textarea", "To the world");
        window.agree();
        window.wait_text(&format!(".env.{environment}"), &format!("{environment}-acme.localhost"));
        assert!(test.browser().get(&format!("acme.{environment}"), "/").ok().has("Acme Corp"));
    }
    window.screenshot("three-environments");
}

fn commit_a_change_of_the_theme(window: &Window, test: &PorticoTest) {
    let folder = test.environment("acme.dev").join("code/wp-content/mu-plugins");
    fs::create_dir_all(&folder).unwrap();
    let source = format!(
        "<?php add_action( 'wp_head', function () {{ echo '<meta name=\"{CHANGE}\">'; }} );\n"
    );
    fs::write(folder.join("head.php"), source).unwrap();
    window.click(".env.dev [data-part=review]");
    window.wait_text("dialog[open]", "head.php");
    window.fill("dialog[open] textarea", "A new head");
    window.screenshot("review-and-commit");
    window.agree();
}

fn deploy_with_live_s_content(window: &Window, test: &PorticoTest) {
    window.press_button("Deploy 1 commit to Test");
    window.wait_text("dialog[open]", "A new head");
    window.fill("dialog[open] textarea", "The new head");
    window.tick("Pull files and the database from the Live environment");
    window.screenshot("deploy");
    window.agree();
    eventually("Test has Dev's code and Live's content", || {
        let page = test.browser().get("acme.test", "/");
        page.has(CHANGE) && page.has(POST)
    });
    window.wait_text(".toast:last-child", "Deploy to Test");
    window.screenshot("deployed");
}

fn undo(window: &Window, test: &PorticoTest) {
    window.click(".toast:last-child [data-part=action]");
    eventually("Test is as before", || {
        let page = test.browser().get("acme.test", "/");
        !page.has(CHANGE) && !page.has(POST)
    });
}

fn drag_live_s_content_to_dev(window: &Window, test: &PorticoTest) {
    // A site that a workflow holds lets nothing be dragged.
    window.wait_for(".lane [data-part=clone]:enabled");
    // The cards have their places once they show what the undo brought back.
    window.wait_text(".env.test .cell.code", "To the world");
    window.drag(".env.live [data-drag=content]", ".env.dev");
    window.wait_text("dialog[open] h2", "from Live into Dev");
    window.screenshot("clone");
    window.agree();
    eventually("Dev has Live's content", || test.browser().get("acme.dev", "/").has(POST));
    window.wait_text(".env.dev .cell.content", "Live");
    window.screenshot("cloned");
}
