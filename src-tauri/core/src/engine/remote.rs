//! A guest's connection to the owner.
use std::{
    fs,
    io::{BufRead, BufReader},
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::value::RawValue;
use ureq::Agent;

use super::wire::{Call, Card, Reply};
use crate::{
    error::{Doing, Error, Result},
    layout::Layout,
    model::{
        Address, Lent,
        request::{Event, Query, Request},
        view::WorkflowRow,
    },
    progress::Cancel,
};

/// A guest's connection to the owner.
#[derive(Clone)]
pub struct Remote {
    agent: Agent,
    url: String,
    token: String,
}

impl Remote {
    /// Reads where the owner listens and says hello.
    pub(super) fn connect(layout: &Layout) -> Result<Self> {
        let path = layout.owner();
        let doing = || format!("read {}", path.display());
        let card: Card =
            serde_json::from_str(&fs::read_to_string(&path).doing(doing)?).doing(doing)?;
        if card.version != env!("CARGO_PKG_VERSION") {
            return Err(Error::refused(format!(
                "the Portico that is running (version {}) is not this one ({})",
                card.version,
                env!("CARGO_PKG_VERSION")
            ))
            .hint("Quit it, then try again."));
        }
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        let url = format!("http://127.0.0.1:{}/", card.port);
        let remote = Self { agent, url, token: card.token };
        remote.ask(&Call::Hello, &mut |_| true)?;
        Ok(remote)
    }

    pub(super) fn is_alive(&self) -> bool {
        self.ask(&Call::Hello, &mut |_| true).is_ok()
    }

    pub(super) fn query(&self, query: &Query) -> Result<Box<RawValue>> {
        match self.ask(&Call::Query(query.clone()), &mut |_| true)? {
            Some(Reply::Answer(answer)) => Ok(answer),
            _ => Err(gone()),
        }
    }

    pub(super) fn run(
        &self,
        request: &Request,
        on_event: &(dyn Fn(Event) + Sync),
        cancel: &Cancel,
    ) -> Result<WorkflowRow> {
        let hooked = AtomicBool::new(false);
        let mut tell = |event: Event| {
            if let Event::Started { workflow } = &event
                && !hooked.swap(true, Ordering::Relaxed)
            {
                let (remote, id) = (self.clone(), workflow.id);
                // The answer to the cancel is the end of the run, which is waited for anyway.
                cancel.when_cancelled(move || drop(remote.cancel(id)));
            }
            on_event(event);
            true
        };
        match self.ask(&Call::Run(Box::new(request.clone())), &mut tell)? {
            Some(Reply::Done(row)) => Ok(*row),
            _ => Err(gone()),
        }
    }

    pub(super) fn cancel(&self, workflow: i64) -> Result<()> {
        self.ask(&Call::Cancel(workflow), &mut |_| true).map(drop)
    }

    fn post(&self, call: &Call) -> Result<ureq::http::Response<ureq::Body>> {
        let body = serde_json::to_vec(call).expect("calls serialise");
        let response = self
            .agent
            .post(&self.url)
            .header("Authorization", format!("Bearer {}", self.token))
            .send(&body)
            .doing(doing)?;
        if response.status().is_success() { Ok(response) } else { Err(gone()) }
    }

    pub(super) fn subscribe(&self, on_event: &mut dyn FnMut(Event) -> bool) -> Result<()> {
        self.ask(&Call::Subscribe, on_event).map(drop)
    }

    pub(super) fn lend<T>(
        &self,
        environment: &Address,
        hold: bool,
        body: impl FnOnce(&Lent) -> T,
    ) -> Result<T> {
        let mut response = self.post(&Call::Lend { environment: environment.clone(), hold })?;
        let mut reader = BufReader::new(response.body_mut().as_reader());
        match read(&mut reader)? {
            Some(Reply::Lent(lent)) => Ok(body(&lent)),
            Some(Reply::Error(error)) => Err(error),
            _ => Err(gone()),
        }
        // The connection ends here, which the owner notices.
    }

    /// Makes a call and hands on its events until `on_event` answers false; answers the last reply.
    fn ask(&self, call: &Call, on_event: &mut dyn FnMut(Event) -> bool) -> Result<Option<Reply>> {
        let mut response = self.post(call)?;
        let mut reader = BufReader::new(response.body_mut().as_reader());
        while let Some(reply) = read(&mut reader)? {
            match reply {
                Reply::Event(event) => {
                    if !on_event(*event) {
                        return Ok(None);
                    }
                }
                Reply::Error(error) => return Err(error),
                last => return Ok(Some(last)),
            }
        }
        Err(gone())
    }
}

fn doing() -> String {
    "speak to the Portico that is running".into()
}

/// The next line of an answer; none at its end.
fn read(reader: &mut impl BufRead) -> Result<Option<Reply>> {
    let mut line = String::new();
    match reader.read_line(&mut line).doing(doing)? {
        0 => Ok(None),
        _ => serde_json::from_str(&line).doing(doing).map(Some),
    }
}

fn gone() -> Error {
    Error::failed("reach the Portico that was running: it has ended")
        .hint("Run the command again; what was under way is taken back then.")
}
