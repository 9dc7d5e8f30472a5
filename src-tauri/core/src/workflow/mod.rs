//! Long operations: what can be asked for, what is told meanwhile, and the frame that runs them.
pub mod request;

pub use request::{Event, Query, Request};
