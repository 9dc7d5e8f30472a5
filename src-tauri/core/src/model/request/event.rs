//! News.
use serde::{Deserialize, Serialize};

use crate::{
    model::{SiteName, view::WorkflowRow},
    progress::Unit,
};

/// What is told while a workflow runs, to whoever started it and to every other shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It has its number and has begun.
    Started {
        /// Its row.
        workflow: WorkflowRow,
    },
    /// How far it is. Any of these but the last may be left out.
    Step {
        /// The workflow.
        #[cfg_attr(test, ts(type = "number"))]
        workflow: i64,
        /// What is being done.
        step: String,
        /// Units done.
        #[cfg_attr(test, ts(type = "number"))]
        done: u64,
        /// Units in all, when known.
        #[cfg_attr(test, ts(type = "number | null"))]
        total: Option<u64>,
        /// What the units are.
        unit: Unit,
        /// Seconds left, once they can be told.
        #[cfg_attr(test, ts(type = "number | null"))]
        eta_s: Option<u64>,
    },
    /// A line of its log.
    Line {
        /// The workflow.
        #[cfg_attr(test, ts(type = "number"))]
        workflow: i64,
        /// The line.
        line: String,
    },
    /// It has ended, well or not; the last event of a workflow.
    Finished {
        /// Its row.
        workflow: WorkflowRow,
    },
    /// Something outside a workflow changed: a push, an edited folder, a server that fell asleep.
    Changed {
        /// The site, when it is one site's.
        site: Option<SiteName>,
    },
}
