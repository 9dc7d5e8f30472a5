//! The built command on real sites: real PHP, MariaDB, Git and HTTP. The names of the tests say the rules.
// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod checks;
mod code;
mod content;
mod faults;
mod input;
mod owner;
mod quicksilver;
mod sample;
mod support;
mod switching;
mod updates;
mod wordpress;
