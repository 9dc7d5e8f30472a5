//! What is known of every verb, in one place beside its request.
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Address, EnvironmentName, SiteName};

/// A change that can be asked for: the request of one workflow. Its fields are the arguments on the command line.
pub trait Verb: Args + Serialize {
    /// How it is typed: `env:deploy`.
    const COMMAND: &'static str;

    /// What it changes.
    fn target(&self) -> Target<'_>;

    /// What it does, in the words that people read: "Deploy to Test".
    fn title(&self) -> String;

    /// What each argument is given on the command line, where that is not as on the wire.
    fn words(&self) -> Words {
        words(self)
    }

    /// Takes out what history, titles and command lines must not keep: passwords that it passes through, and addresses
    /// that open something.
    fn forget_secrets(&mut self) {}
}

/// What a request changes.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The site.
    pub site: &'a SiteName,
    /// The environment, where it is one.
    pub environment: Option<&'a EnvironmentName>,
}

impl<'a> Target<'a> {
    /// A site as a whole.
    pub fn site(site: &'a SiteName) -> Self {
        Self { site, environment: None }
    }

    /// An environment.
    pub fn environment(address: &'a Address) -> Self {
        Self::of(&address.site, &address.environment)
    }

    /// An environment of a site.
    pub fn of(site: &'a SiteName, environment: &'a EnvironmentName) -> Self {
        Self { site, environment: Some(environment) }
    }
}

/// Stands for a password, which is shown nowhere.
pub(super) const HIDDEN: &str = "…";

/// What the arguments of a command line are given, by their names.
pub struct Words(Map<String, Value>);

/// A request's fields, as they are on the wire.
pub(super) fn words(request: &impl Serialize) -> Words {
    match serde_json::to_value(request).expect("requests serialise") {
        Value::Object(fields) => Words(fields),
        other => unreachable!("a request has fields, and is no {other}"),
    }
}

impl Words {
    /// The same with another value for one argument.
    #[must_use]
    pub(super) fn with(mut self, argument: &str, value: impl Into<Value>) -> Self {
        self.0.insert(argument.to_owned(), value.into());
        self
    }

    /// What an argument is given: nothing, one word or several; `true` for an option without a value.
    pub(super) fn get(&self, argument: &str) -> Option<&Value> {
        self.0.get(argument)
    }
}
