//! The window's hold on the root folder, renewed when the owner it spoke to has gone.
use std::sync::{Arc, Mutex, PoisonError};

use portico_core::{
    Config, Result, Session, Truth,
    model::{request::ask, view::WorkflowState},
};

use crate::surroundings;

/// What the commands share.
#[derive(Clone, Default)]
pub(crate) struct Desktop {
    session: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    closed: bool,
}

impl Desktop {
    /// The session, opened when there is none. A failure is told and tried again at the next call.
    pub(crate) fn session(&self) -> Result<Arc<Session>> {
        let mut state = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = &state.session
            && session.is_alive()
        {
            return Ok(session.clone());
        }
        if state.closed {
            return Err(portico_core::Error::cancelled());
        }
        let session = Arc::new(surroundings::open(&surroundings::config()?)?);
        state.session = Some(session.clone());
        Ok(session)
    }

    /// Opens the root folder in another way than trusting its database.
    pub(crate) fn recover(&self, truth: Truth) -> Result<()> {
        let mut state = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(portico_core::Error::cancelled());
        }
        // The one that it had speaks to an owner that has gone, or there is none.
        state.session = None;
        let config = Config { truth, ..surroundings::config()? };
        state.session = Some(Arc::new(surroundings::open(&config)?));
        Ok(())
    }

    /// Lets go of the root folder; nothing opens it again.
    pub(crate) fn close(&self) {
        let mut state = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed = true;
        if let Some(session) = state.session.take() {
            session.close();
        }
    }

    /// The titles of the workflows that would end with this program; none when another one runs them.
    pub(crate) fn running(&self) -> Vec<String> {
        // While the folder is being opened, which may take its time, nothing runs yet.
        let Ok(state) = self.session.try_lock() else { return Vec::new() };
        let session = state.session.clone();
        drop(state);
        let Some(session) = session.filter(|it| it.is_owner()) else { return Vec::new() };
        // An owner that can't read its history has nothing that it could go on with.
        let all = session.ask(ask::Workflows { site: None }).unwrap_or_default();
        let running = all.into_iter().filter(|it| it.state == WorkflowState::Running);
        running.map(|it| it.title).collect()
    }

    /// Whether the window is going.
    pub(crate) fn is_closed(&self) -> bool {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).closed
    }
}
