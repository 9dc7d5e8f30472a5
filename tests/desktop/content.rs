//! Content in the window: a real dump dropped on a card of a real site, and the way back.
use crate::{
    portico::{PorticoTest, eventually, wordpress},
    window::Window,
};

const KEPT: &str = "Written before the dump";
const LATER: &str = "Written after the dump";
const OLD: &str = "https://www.acme.example";

#[test]
fn a_dump_that_is_dropped_on_a_card_becomes_its_content_and_can_be_taken_back() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    a_wordpress(&test);
    test.browser().publish("acme.dev", "ada", "correct horse", KEPT);
    // The dump is one of a site at another address.
    let here = test.browser().url("acme.dev", "");
    let here = here.trim_end_matches('/');
    let dump = test.folder("acme-live.sql.gz");
    test.run(&["search-replace", "acme.dev", here, OLD]).success();
    test.run(&["export:database", "acme.dev", dump.to_str().unwrap()]).success();
    test.run(&["search-replace", "acme.dev", OLD, here]).success();
    test.browser().publish("acme.dev", "ada", "correct horse", LATER);
    window.wait_text(".env.dev .cell.content", "12 tables");

    let told = window.drop_files(&[&dump], ".env.dev", || {
        window.wait_text(".dropnote", "Database dump · WordPress");
        window.wait_text(".dropnote", "Replaces the database (12 tables");
        window.screenshot("dump-over-a-card");
    });
    assert_eq!(told, ["begin", "get text/uri-list", "end"]);
    window.wait_text("dialog[open]", "www.acme.example");
    window.wait_text("dialog[open] button[type=submit]", "Import database");
    window.screenshot("import");
    window.agree();
    eventually("Dev has what the dump holds, at its own address", || {
        let page = test.browser().get("acme.dev", "/");
        page.has(KEPT) && !page.has(LATER) && !page.has("www.acme.example")
    });
    window.wait_text(".env.dev .cell.content", "Import of acme-live.sql.gz");
    window.screenshot("imported");
    take_back(&window, &test);
}

/// Its generations are listed on its page, and each can be switched to.
fn take_back(window: &Window, test: &PorticoTest) {
    window.click(".env.dev h2 button");
    window.click("[role=tab][id$=-content]");
    window.wait_text(".kept tbody tr", "in use");
    window.wait_text(".kept tbody tr", "Import of acme-live.sql.gz");
    window.wait_text(".kept tbody tr [data-part=disk]", "MB");
    window.screenshot("database-and-files");
    window.click(".kept tbody tr:nth-child(2) [data-part=use]");
    eventually("Dev is as before the drop", || test.browser().get("acme.dev", "/").has(LATER));
}

fn a_wordpress(test: &PorticoTest) {
    let code = wordpress();
    test.run(&["site:create", "acme", "--from", code.to_str().unwrap(), "--label", "Acme Corp"])
        .success();
    let install = [
        "site:install",
        "acme.dev",
        "--title",
        "Acme Corp",
        "--admin-user",
        "ada",
        "--admin-password",
        "correct horse",
        "--admin-email",
        "ada@acme.test",
    ];
    test.run(&install).success();
}
