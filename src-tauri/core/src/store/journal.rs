//! What a workflow does outside the database before its switch, so that it can be taken away again
//! when the workflow fails, is cancelled, or its owner dies.
use std::path::PathBuf;

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{Store, from_json, to_json};
use crate::{
    error::{Doing, Result},
    model::{Address, SiteName, TakenOver, WorktreeState},
};

/// One thing that a workflow did; written before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Trace {
    /// It made this file or folder, which did not exist.
    Made {
        /// The path.
        path: PathBuf,
    },
    /// It moved this file or folder.
    Moved {
        /// From where.
        from: PathBuf,
        /// To where nothing was.
        to: PathBuf,
    },
    /// It made a copy of files that is not needed any more into the next one.
    TakenOver(TakenOver),
    /// It made this tag, which did not exist.
    Tag {
        /// The site.
        site: SiteName,
        /// `refs/tags/…`
        name: String,
    },
    /// It linked this folder to the site's repository as a worktree.
    Linked {
        /// The site.
        site: SiteName,
        /// The folder.
        folder: PathBuf,
    },
    /// It brought a writable environment's folder and branch to another state.
    Worktree {
        /// The environment.
        environment: Address,
        /// Its branch's short name.
        branch: String,
        /// What it was, with everything that was in the folder.
        before: WorktreeState,
        /// What it became.
        after: WorktreeState,
    },
    /// It moved, made or removed a reference of the site's repository.
    Reference {
        /// The site.
        site: SiteName,
        /// `refs/tags/…`, `refs/heads/…`
        name: String,
        /// What it was.
        before: Option<String>,
        /// What it became.
        after: Option<String>,
    },
}

impl Store {
    /// Notes what the workflow is about to do.
    pub fn trace(&self, workflow: i64, trace: &Trace) -> Result<()> {
        self.transaction(|transaction| {
            transaction
                .execute(
                    "INSERT INTO journal SELECT ?1, coalesce(max(seq), 0) + 1, ?2
                     FROM journal WHERE workflow = ?1",
                    params![workflow, to_json(trace)],
                )
                .doing(|| format!("write to the journal of workflow {workflow}"))?;
            Ok(())
        })
    }

    /// What the workflow did, newest first.
    pub fn traces(&self, workflow: i64) -> Result<Vec<Trace>> {
        self.read(|connection| {
            let read = || {
                connection
                    .prepare_cached(
                        "SELECT trace FROM journal WHERE workflow = ?1 ORDER BY seq DESC",
                    )?
                    .query_map([workflow], |row| from_json(0, &row.get::<_, String>(0)?))?
                    .collect::<rusqlite::Result<_>>()
            };
            read().doing(|| format!("read the journal of workflow {workflow}"))
        })
    }
}
