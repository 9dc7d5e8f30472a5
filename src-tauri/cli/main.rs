//! The command `portico`.
fn main() {}
