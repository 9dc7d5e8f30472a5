//! The built command on real sites: real PHP, MariaDB, Git and HTTP. The names of the tests say the rules.
// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod code;
mod content;
mod faults;
mod generations;
mod input;
mod owner;
mod plans;
mod sample;
mod support;
mod switching;
mod wordpress;
