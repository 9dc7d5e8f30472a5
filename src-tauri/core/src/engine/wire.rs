//! What shells and the owner say to each other, one JSON text a line.
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    error::Error,
    model::{
        Address, ToolEnvironment,
        request::{Event, Query, Request},
        view::WorkflowRow,
    },
};

/// How the owner is reached: the contents of `engine.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Card {
    /// The control port on loopback.
    pub(super) port: u16,
    /// What every call carries.
    pub(super) token: String,
    /// The owner's process.
    pub(super) pid: u32,
    /// The owner's version: shells of another version don't speak to it.
    pub(super) version: String,
}

/// What a shell asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Call {
    Hello,
    Query(Query),
    Run(Box<Request>),
    Cancel(i64),
    Subscribe,
    /// What a tool needs inside an environment; it is lent for as long as the caller listens.
    Lend {
        environment: Address,
        /// Whether workflows wait for the tool.
        hold: bool,
    },
}

impl Call {
    /// Its name, for the log: what is asked may hold a person's own words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Query(_) => "query",
            Self::Run(request) => request.kind(),
            Self::Cancel(_) => "cancel",
            Self::Subscribe => "subscribe",
            Self::Lend { .. } => "lend",
        }
    }
}

/// A line of the owner's answer. Any but an event and [`Self::Still`] is the last.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    Event(Box<Event>),
    Answer(Box<RawValue>),
    Done(Box<WorkflowRow>),
    ToolEnvironment(Box<ToolEnvironment>),
    /// Says nothing but that the owner is there and at work.
    Still,
    Error(Error),
}
