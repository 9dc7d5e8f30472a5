//! Plain data. A name is checked once, when it is parsed.
mod database;
mod names;
mod site;
pub mod view;

pub use database::Database;
pub use names::{Address, EnvironmentName, MultidevName, SiteName};
pub use site::{
    Cms, CodePointer, ConnectionMode, DatabaseEngine, Environment, Generation, Lock, Origin,
    Secrets, Site,
};
