//! The built command on real sites: real PHP, MariaDB, Git and HTTP. The names of the tests say the rules.
// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod backup;
mod checks;
mod code;
mod configuration;
mod confined;
mod content;
mod damage;
mod drupal;
mod engines;
mod faults;
mod generations;
mod input;
mod keeping;
mod log;
mod operate;
mod owner;
mod paths;
mod plans;
mod plugins;
mod power;
mod quicksilver;
mod random;
mod recognise;
mod repositories;
mod review;
mod sample;
mod sequences;
mod soak;
mod stalls;
mod support;
mod switching;
mod taking_over;
mod truth;
mod updates;
mod wordpress;
mod wpress;
