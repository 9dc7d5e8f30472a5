//! The real window, by pointing and clicking.
// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]
// WebKit has a driver on Linux only.
#![cfg(target_os = "linux")]

#[path = "../cli/support.rs"]
#[allow(dead_code)] // the command line's tests use more of it
mod portico;
#[allow(dead_code)] // the tests of dialogs and drags will use the rest
mod window;

use std::{path::Path, process::Command};

use portico::PorticoTest;
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
