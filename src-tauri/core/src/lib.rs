//! Everything that Portico does, with no window and no terminal.
//!
//! **Invariant:** nothing here prints, prompts, reads `$HOME` or depends on a shell.
//! **Invariant:** `code`, `content`, `cms`, `runtime`, `front`, `logs`, `mail` and `smoke` don't know
//! one another;
//! `workflow` combines them, and `engine` owns them.

pub mod durable;
pub mod error;
mod folder;
pub mod layout;
pub mod model;
pub mod places;
pub mod privacy;
pub mod progress;
pub mod room;
pub mod untrusted;

pub mod cms;
pub mod code;
pub mod content;
pub mod engine;
pub mod front;
pub mod logs;
pub mod mail;
pub mod runtime;
pub mod smoke;
pub mod store;
pub mod workflow;

pub use engine::{Config, Session, Truth};
pub use error::{Code, Error, Result};

#[cfg(test)]
mod fuzzing;
#[cfg(test)]
mod house;
