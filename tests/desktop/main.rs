//! The real window, by pointing and clicking.
// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]
// WebKit has a driver on Linux only.
#![cfg(target_os = "linux")]

mod code;
mod content;
#[path = "../cli/support.rs"]
#[allow(dead_code)] // the command line's tests use more of it
mod portico;
mod walk;
mod window;

use std::{path::Path, process::Command};

use portico::{PorticoTest, eventually, is_running};
use window::Window;

/// How many colours a picture has; a blank one has one, text alone dozens.
fn colours(picture: &Path) -> u32 {
    let count = Command::new("identify").args(["-format", "%k"]).arg(picture).output().unwrap();
    String::from_utf8(count.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn the_first_start_draws_what_a_newcomer_can_do() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    window.wait_text("#main", "sample site");
    let picture = window.screenshot("first-start");
    assert!(colours(&picture) > 50, "{} is blank", picture.display());
}

#[test]
fn what_the_command_line_does_shows_in_the_window_at_once() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    window.wait_text(".side", "demo");
    window.wait_text("#main", "Dev");
    window.screenshot("board-of-the-sample");
    test.run(&["site:delete", "demo", "--confirm", "demo"]).success();
    window.wait_text("#main", "sample site");
}

#[test]
fn a_closed_window_leaves_no_process() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.browser().get("demo.dev", "/").ok();
    let status = test.json(&["status"]);
    let rows = status["processes"].as_array().unwrap();
    let started: Vec<u64> = rows.iter().map(|row| row["pid"].as_u64().unwrap()).collect();
    assert!(!started.is_empty(), "{status}");
    drop(window);
    eventually("PHP ends with the window", || !started.iter().any(|pid| is_running(*pid)));
}

#[test]
fn a_dropped_folder_becomes_the_source_of_a_new_site() {
    let test = PorticoTest::new();
    let folder = test.folder("dropped code");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("index.php"), "<?php echo 'Dropped';").unwrap();
    let window = Window::open(&test);
    let zone = ".welcome .zone";
    let told = window.drop_files(&[&folder], zone, || {
        window.screenshot("folder-over-the-window");
    });
    assert_eq!(told, ["begin", "get text/uri-list", "end"]);
    window.wait_for("dialog[open] #new-source");
    let source = window.script("return document.querySelector('#new-source').value");
    assert_eq!(source.as_str(), folder.to_str());
    window.fill("#new-name", "dropped");
    window.agree();
    window.wait_text(".env.dev", "dev-dropped.localhost");
    assert!(test.browser().get("dropped.dev", "/").ok().has("Dropped"));
}

#[test]
fn what_a_killed_owner_ran_ends_in_the_window_too() {
    let test = PorticoTest::new();
    let owner = test.serve();
    let window = Window::open(&test);
    let code = portico::wordpress();
    let arguments = ["site:create", "acme", "--from", code.to_str().unwrap()];
    let mut create = test.command(&arguments).stderr(std::process::Stdio::null()).spawn().unwrap();
    window.wait_for(".drawer progress");
    owner.kill();
    create.wait().unwrap();
    window.wait_gone(".drawer progress");
}

#[test]
fn the_palette_opens_by_keyboard() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    window.control("k");
    window.wait_for("dialog[open] input");
    window.screenshot("palette");
}

#[test]
fn quitting_while_a_workflow_runs_asks_and_in_the_background_it_runs_to_its_end() {
    let test = PorticoTest::new();
    let window = Window::open(&test);
    window.press_button("New site");
    window.fill("#new-source", portico::wordpress().to_str().unwrap());
    window.fill("#new-name", "acme");
    window.agree();
    window.wait_for(".drawer progress");
    window.quit();
    window.wait_text("dialog[open] h2", "Close Portico?");
    window.screenshot("close-while-running");
    // Not the driver's own click: it would wait for an answer of a window that has gone.
    let press = "setTimeout(() => document.querySelector('dialog[open] [type=submit]').click())";
    window.script(press);
    eventually("the program ends when its last workflow has ended", || {
        !test.root().join("engine.json").exists()
    });
    let rows = test.json(&["workflow:list", "acme"]);
    assert_eq!(rows[0]["state"], "succeeded", "{rows}");
    drop(window);
}
