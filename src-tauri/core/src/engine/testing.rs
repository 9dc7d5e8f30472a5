//! What the tests of this area share: an owner of a temporary root folder.
use std::{path::Path, time::Duration};

use serde_json::Value;

use super::{Config, Session};
use crate::{model::request::Request, progress::Cancel, store::Truth};

/// An owner of `Portico` in this folder, with a free port and nothing from outside.
pub(super) fn config(home: &Path) -> Config {
    Config {
        root: home.join("Portico"),
        port: Some(0),
        sqlite_plugin: None,
        program: None,
        confiner: None,
        idle: Duration::from_secs(60),
        hook_limit: Duration::from_secs(60),
        truth: Truth::Trusted,
    }
}

pub(super) fn request(request: Value) -> Request {
    serde_json::from_value(request).expect("a request")
}

/// Runs a request to its end.
#[track_caller]
pub(super) fn run(session: &Session, json: Value) {
    let told = json.to_string();
    let done = session.run(&request(json), &|_| {}, &Cancel::default());
    done.unwrap_or_else(|error| panic!("{told}: {error}: {:?}", error.causes));
}
