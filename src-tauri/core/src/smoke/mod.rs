//! Smoke test: visits the pages of an environment as a visitor would and compares them with those of another one.
mod compare;
mod page;
mod walk;

pub use walk::{Target, Walk, Wanted, walk};
