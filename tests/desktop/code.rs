//! The code half in the real window: edit, see, commit, deploy, a multidev, a conflict that is solved.
use std::{fs, path::Path};

use crate::{portico::PorticoTest, window::Window};

fn write(folder: &Path, file: &str, text: &str) {
    fs::write(folder.join(file), text).unwrap();
}

fn read(test: &PorticoTest, environment: &str, file: &str) -> String {
    let path = test.environment(environment).join("code").join(file);
    fs::read_to_string(path).unwrap_or_default()
}

/// Commits what is changed on the environment that is open.
fn commit(window: &Window, files: &str, message: &str) {
    window.wait_text(".code-tab .files", files);
    window.fill(".commit-form textarea", message);
    window.press_button("Commit 1 file");
    window.wait_text(".code-tab .pending", "No changes to commit");
    window.wait_text(".code-tab .log", message);
}

#[test]
fn code_is_edited_committed_deployed_branched_and_merged_with_a_conflict() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    window.wait_text(".env.test .cell.code", "Create the test");
    window.click(".env.dev h2 button");
    window.wait_text(".code-tab .pending", "No changes to commit");

    // A file that an editor saves shows by itself; one is taken back and comes back by undo.
    let dev = test.environment("demo.dev").join("code");
    write(&dev, "page.html", "<p>First\n");
    window.wait_text(".code-tab .files", "page.html");
    window.wait_text(".code-tab .diff", "First");
    window.screenshot("code-changed");
    window.press_button("Discard changes of page.html");
    window.wait_text(".code-tab .pending", "No changes to commit");
    assert!(!dev.join("page.html").exists());
    window.click(".toast:last-child [data-part=action]");
    commit(&window, "page.html", "A page");
    window.screenshot("code-committed");

    window.click(".switch button:nth-child(2)");
    window.press_button("Deploys");
    window.wait_text(".deploys", "1 commit is ready to deploy from Dev");
    window.press_button("Deploy Code from Dev to Test");
    window.wait_text("dialog[open]", "A page");
    window.agree();
    window.wait_text(".deploys .rows", "test 2");
    assert!(test.browser().get("demo.test", "/page.html").ok().has("First"));

    // An environment of its own, in which the same line is changed otherwise.
    window.click(".crumbs [data-part=back]");
    window.press_button("Multidev");
    window.press_button("Create Multidev Environment");
    window.fill("#multidev-name", "blog");
    window.agree();
    window.wait_text(".multidev tbody", "blog");
    write(&dev, "page.html", "<p>Dev says this\n");
    test.run(&["env:commit", "demo.dev", "--message", "Dev's words"]).success();
    write(&test.environment("demo.blog").join("code"), "page.html", "<p>The blog says that\n");
    window.click(".multidev tbody [data-part=name]");
    commit(&window, "page.html", "The blog's words");

    window.press_button("Merge into Dev");
    window.wait_text("dialog[open]", "0 of 1 conflict solved");
    window.wait_text("dialog[open] .diff", "Dev says this");
    window.wait_text("dialog[open] .diff", "The blog says that");
    window.screenshot("conflict");
    window.click("dialog[open] [data-part=ways] label:last-child");
    window.fill("dialog[open] textarea", "<p>Both say this");
    window.wait_text("dialog[open]", "1 of 1 conflict solved");
    window.screenshot("conflict-solved");
    window.agree();
    window.wait_text(".toast:last-child", "Merge blog into Dev");
    assert_eq!(read(&test, "demo.dev", "page.html"), "<p>Both say this");
    window.click(".toast:last-child [data-part=action]");
    window.wait_text(".toast:last-child", "Undo “Merge blog into Dev”");
    assert_eq!(read(&test, "demo.dev", "page.html"), "<p>Dev says this\n");
}
