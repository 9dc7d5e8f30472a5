//! A PHP script that is asked one thing after the other.
use std::{path::Path, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{PhpSpec, process::Talk, script, supervisor::Supervisor};
use crate::{
    error::{Doing, Result},
    progress::Meter,
};

/// A running script that answers each line of JSON with one; it is ended when this is dropped.
pub struct Conversation {
    talk: Talk,
    _settings: tempfile::TempDir,
}

impl Conversation {
    pub(super) fn begin(
        file: &Path,
        arguments: &[String],
        folder: &Path,
        spec: &PhpSpec,
        sockets: &Path,
        supervisor: &Arc<Supervisor>,
    ) -> Result<Self> {
        let mut prepared = script::prepare(file, arguments, folder, spec, sockets)?;
        let talk = Talk::start(&mut prepared.command, supervisor)
            .doing(|| format!("run {}", file.display()))?;
        Ok(Self { talk, _settings: prepared.settings })
    }

    /// Asks, and waits for the answer; a cancel ends the wait.
    ///
    /// # Errors
    /// When the script has ended, with what it said last, or answers something else.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        question: &impl Serialize,
        meter: Meter<'_>,
    ) -> Result<T> {
        let doing = || "speak to PHP".to_owned();
        let answer = self.talk.ask(&serde_json::to_string(question).doing(doing)?, meter)?;
        serde_json::from_str(&answer).doing(doing)
    }
}
