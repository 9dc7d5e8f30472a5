//! A guest's connection to the owner.
use std::{
    fs,
    io::{self, BufRead, BufReader},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::value::RawValue;
use ureq::Agent;

use super::wire::{Call, Card, Reply};
use crate::{
    error::{Code, Doing, Error, Result},
    layout::Layout,
    model::{
        Address, ToolEnvironment,
        request::{Event, Query, Request},
        view::WorkflowRow,
    },
    progress::Cancel,
};

/// How long the owner may be silent. It says each few seconds that it is there, however long its work takes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// A guest's connection to the owner.
#[derive(Clone)]
pub struct Remote {
    agent: Agent,
    url: String,
    token: String,
    /// The owner's process.
    owner: u32,
}

impl Remote {
    /// Reads where the owner listens and says hello.
    ///
    /// # Errors
    /// Busy when an owner takes the connection and stays silent.
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
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Nobody between us, whatever the surroundings say.
            .proxy(None)
            .timeout_connect(Some(IDLE_TIMEOUT))
            .timeout_per_read(Some(IDLE_TIMEOUT))
            .timeout_per_write(Some(IDLE_TIMEOUT));
        let agent = config.build().new_agent();
        let url = format!("http://127.0.0.1:{}/", card.port);
        let remote = Self { agent, url, token: card.token, owner: card.pid };
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
                // The answer to the cancel is the end of the run, which is waited for anyway. Whoever cancels does not
                // wait for an owner that stays silent.
                cancel.when_cancelled(move || _ = thread::spawn(move || remote.cancel(id)));
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
            .map_err(|error| self.broken(error.into_io()))?;
        if response.status().is_success() { Ok(response) } else { Err(gone()) }
    }

    pub(super) fn subscribe(&self, on_event: &mut dyn FnMut(Event) -> bool) -> Result<()> {
        self.ask(&Call::Subscribe, on_event).map(drop)
    }

    pub(super) fn lend<T>(
        &self,
        environment: &Address,
        hold: bool,
        body: impl FnOnce(&ToolEnvironment) -> T,
    ) -> Result<T> {
        let mut response = self.post(&Call::Lend { environment: environment.clone(), hold })?;
        let mut reader = BufReader::new(response.body_mut().as_reader());
        loop {
            return match self.read(&mut reader)? {
                Some(Reply::Still) => continue,
                // The connection ends after it, which the owner notices.
                Some(Reply::ToolEnvironment(lent)) => Ok(body(&lent)),
                Some(Reply::Error(error)) => Err(error),
                _ => Err(gone()),
            };
        }
    }

    /// Makes a call and hands on its events until `on_event` answers false; answers the last reply.
    fn ask(&self, call: &Call, on_event: &mut dyn FnMut(Event) -> bool) -> Result<Option<Reply>> {
        let mut response = self.post(call)?;
        let mut reader = BufReader::new(response.body_mut().as_reader());
        while let Some(reply) = self.read(&mut reader)? {
            match reply {
                Reply::Still => {}
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

    /// The next line of an answer; none at its end.
    fn read(&self, reader: &mut impl BufRead) -> Result<Option<Reply>> {
        let mut line = String::new();
        match reader.read_line(&mut line).map_err(|error| self.broken(error))? {
            0 => Ok(None),
            _ => serde_json::from_str(&line).doing(doing).map(Some),
        }
    }

    /// What a connection's end says of the owner: that it is silent, or gone.
    fn broken(&self, error: io::Error) -> Error {
        let wrapped = error.get_ref().and_then(|it| it.downcast_ref::<ureq::Error>());
        if !matches!(wrapped, Some(ureq::Error::Timeout(_))) {
            return Error::failed(doing()).because(error);
        }
        let silent = format!(
            "the Portico that is running (process {}) has not answered for {} s",
            self.owner,
            IDLE_TIMEOUT.as_secs()
        );
        Error::new(Code::Busy, silent).hint(format!(
            "It may be stopped, or wait for a disk. Let it go on ({}), or end it and run the command again: what was under way is taken back then.",
            if cfg!(unix) { format!("`kill -CONT {}`", self.owner) } else { "resume the process".into() },
        ))
    }
}

fn doing() -> String {
    "speak to the Portico that is running".into()
}

fn gone() -> Error {
    Error::failed("reach the Portico that was running: it has ended")
        .hint("Run the command again; what was under way is taken back then.")
}
