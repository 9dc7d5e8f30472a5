//! The pointers that workflows move. Undoing a workflow is moving its pointers back.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Address, Allowed, CodePointer, ConnectionMode, DatabaseEngine, Environment, KeepRule, Lock,
    SiteFacts, SiteName, SiteRecord, Upstream,
};

/// One pointer, with what it was and what it is after the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// Which code an environment runs.
    Code {
        /// The environment.
        environment: Address,
        /// Before.
        before: CodePointer,
        /// After.
        after: CodePointer,
    },
    /// Which generation an environment runs.
    Content {
        /// The environment.
        environment: Address,
        /// Before.
        before: u32,
        /// After.
        after: u32,
    },
    /// Whether a generation is kept from being pruned.
    Pin {
        /// The environment.
        environment: Address,
        /// The generation.
        generation: u32,
        /// Before.
        before: bool,
        /// After.
        after: bool,
    },
    /// Whether a backup is among those of its environment. Its folder waits at `Layout::deleted_backup` while it is not.
    Backup {
        /// The environment.
        environment: Address,
        /// The backup.
        id: String,
        /// Before.
        before: bool,
        /// After.
        after: bool,
    },
    /// How an environment's code is changed.
    ConnectionMode {
        /// The environment.
        environment: Address,
        /// Before.
        before: Option<ConnectionMode>,
        /// After.
        after: Option<ConnectionMode>,
    },
    /// An environment came into being, or went.
    Environment {
        /// The environment.
        environment: Address,
        /// Before; none when it was not there.
        before: Option<Box<Environment>>,
        /// After; none when it is gone.
        after: Option<Box<Environment>>,
    },
    /// A reference of the site's repository.
    Reference {
        /// The site.
        site: SiteName,
        /// `refs/heads/…`
        name: String,
        /// Before; none when it was not there.
        before: Option<String>,
        /// After; none when it is gone.
        after: Option<String>,
    },
    /// What the folder of a writable environment holds, and the branch that it follows.
    Worktree {
        /// The environment.
        environment: Address,
        /// Its branch's short name.
        branch: String,
        /// Before.
        before: WorktreeState,
        /// After.
        after: WorktreeState,
    },
    /// What portico.db says of an environment, or of one of its generations, word for word: a row that can't be read
    /// is written anew.
    Row {
        /// The environment.
        environment: Address,
        /// The generation; none for the environment's own row.
        generation: Option<u32>,
        /// Before; none when there was none.
        before: Option<RawRow>,
        /// After; none when there is none.
        after: Option<RawRow>,
    },
    /// Which engine holds a site's databases.
    Engine {
        /// The site.
        site: SiteName,
        /// Before.
        before: DatabaseEngine,
        /// After.
        after: DatabaseEngine,
    },
    /// Which tables' rows a site's clones leave out.
    CloneProfile {
        /// The site.
        site: SiteName,
        /// The site's permanent id, under which the profile is kept.
        id: String,
        /// Before; none for the system's own list.
        before: Option<Vec<String>>,
        /// After; none for the system's own list.
        after: Option<Vec<String>>,
    },
    /// What a site keeps for undo.
    KeepRule {
        /// The site.
        site: SiteName,
        /// The site's permanent id, under which the rule is kept.
        id: String,
        /// Before; none for the default.
        before: Option<KeepRule>,
        /// After; none for the default.
        after: Option<KeepRule>,
    },
    /// What a site's PHP may reach outside of the site.
    Allowed {
        /// The site.
        site: SiteName,
        /// The site's permanent id, under which the list is kept.
        id: String,
        /// Before.
        before: Vec<Allowed>,
        /// After.
        after: Vec<Allowed>,
    },
    /// Where a site's updates come from.
    Upstream {
        /// The site.
        site: SiteName,
        /// The site's permanent id, under which the upstream is kept.
        id: String,
        /// Before; none when it had none.
        before: Option<Upstream>,
        /// After; none when it has none any more.
        after: Option<Upstream>,
    },
    /// What visitors of an environment are asked for.
    Lock {
        /// The environment.
        environment: Address,
        /// Before; none when it was open.
        before: Option<Lock>,
        /// After; none when it is open.
        after: Option<Lock>,
    },
    /// One of an environment's settings.
    Setting {
        /// The environment.
        environment: Address,
        /// What it is about, for messages: `cron`.
        about: String,
        /// Its name in the store.
        key: String,
        /// Before; none when it was never set.
        before: Option<String>,
        /// After; none when it is not set any more.
        after: Option<String>,
    },
    /// A site whose folder lay there was taken up, or is not known any more. Its folder stays where it is.
    Adopted {
        /// The site.
        site: SiteName,
        /// Before; none when it was not known.
        before: Option<Box<SiteFacts>>,
        /// After; none when it is not known any more.
        after: Option<Box<SiteFacts>>,
    },
    /// A site came into being, or went. Its folder waits at `Layout::deleted` while it is gone.
    Site {
        /// The site.
        site: SiteName,
        /// Before; none when it was not there.
        before: Option<Box<SiteRecord>>,
        /// After; none when it is gone.
        after: Option<Box<SiteRecord>>,
    },
}

/// The columns of a row as text, by name; none for `NULL`.
pub type RawRow = BTreeMap<String, Option<String>>;

/// What a writable environment's folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeState {
    /// The commit that its branch is at.
    pub commit: String,
    /// A snapshot with its uncommitted changes. With none, changes that lie elsewhere may stay in the folder.
    pub snapshot: Option<String>,
}

impl Change {
    /// The same change the other way round.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let mut change = self.clone();
        match &mut change {
            Self::Code { before, after, .. } => std::mem::swap(before, after),
            Self::Content { before, after, .. } => std::mem::swap(before, after),
            Self::Pin { before, after, .. } => std::mem::swap(before, after),
            Self::Backup { before, after, .. } => std::mem::swap(before, after),
            Self::ConnectionMode { before, after, .. } => std::mem::swap(before, after),
            Self::Environment { before, after, .. } => std::mem::swap(before, after),
            Self::Reference { before, after, .. } => std::mem::swap(before, after),
            Self::Worktree { before, after, .. } => std::mem::swap(before, after),
            Self::Row { before, after, .. } => std::mem::swap(before, after),
            Self::Engine { before, after, .. } => std::mem::swap(before, after),
            Self::Upstream { before, after, .. } => std::mem::swap(before, after),
            Self::Lock { before, after, .. } => std::mem::swap(before, after),
            Self::Setting { before, after, .. } => std::mem::swap(before, after),
            Self::CloneProfile { before, after, .. } => std::mem::swap(before, after),
            Self::KeepRule { before, after, .. } => std::mem::swap(before, after),
            Self::Adopted { before, after, .. } => std::mem::swap(before, after),
            Self::Allowed { before, after, .. } => std::mem::swap(before, after),
            Self::Site { before, after, .. } => std::mem::swap(before, after),
        }
        change
    }

    /// What it moves, for messages.
    pub fn subject(&self) -> String {
        match self {
            Self::Code { environment, .. } => format!("the code of {environment}"),
            Self::Content { environment, .. } => format!("the content of {environment}"),
            Self::Pin { environment, generation, .. } => {
                format!("generation {generation} of {environment}")
            }
            Self::Backup { environment, id, .. } => format!("the backup {id} of {environment}"),
            Self::ConnectionMode { environment, .. } => {
                format!("the connection mode of {environment}")
            }
            Self::Environment { environment, .. } => format!("the environment {environment}"),
            Self::Reference { site, name, .. } => {
                let name = name.strip_prefix("refs/heads/").unwrap_or(name);
                format!("the branch {name} of {site}")
            }
            Self::Worktree { environment, .. } => format!("the code of {environment}"),
            Self::Row { environment, .. } => format!("what portico.db says of {environment}"),
            Self::Engine { site, .. } => format!("the database engine of {site}"),
            Self::Upstream { site, .. } => format!("the upstream of {site}"),
            Self::Lock { environment, .. } => format!("the lock of {environment}"),
            Self::Setting { environment, about, .. } => format!("the {about} of {environment}"),
            Self::CloneProfile { site, .. } => format!("the clone profile of {site}"),
            Self::KeepRule { site, .. } => format!("what {site} keeps for undo"),
            Self::Adopted { site, .. } | Self::Site { site, .. } => format!("the site {site}"),
            Self::Allowed { site, .. } => format!("what the PHP of {site} may reach"),
        }
    }
}
