//! `portico serve`: owns the root folder in the foreground.
use std::sync::mpsc::channel;

use portico_core::{Error, Result, Session};

use crate::output::{self, print};

/// Runs until Ctrl-C or a request to end.
pub(crate) fn run() -> Result<()> {
    let (sender, receiver) = channel();
    ctrlc::set_handler(move || _ = sender.send(()))
        .map_err(|error| Error::failed("listen for Ctrl-C").because(error))?;
    let session = crate::open()?;
    let Session::Owner(engine) = &session else {
        return Err(Error::busy(
            crate::surroundings::root()?.display(),
            "another Portico runs its sites",
        )
        .hint("They answer already; end the other one to serve them from here."));
    };
    output::say("Sites run until Ctrl-C.");
    print(&format!("listening on http://localhost:{}", engine.port()));
    // The sender lives in the handler, for as long as the process.
    _ = receiver.recv();
    Ok(())
}
