//! What a shell can ask for. Both shells, the loopback connection and the journal use these types.
mod backup;
mod check;
mod code;
mod command_line;
mod content;
mod event;
mod generation;
mod operate;
mod query;
mod site;
mod verb;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

pub use backup::*;
pub use check::*;
pub use code::*;
pub(crate) use command_line::quote;
pub use content::*;
pub use event::Event;
pub use generation::*;
pub use operate::*;
#[cfg(test)]
pub(crate) use query::for_each_question;
pub(crate) use query::for_question;
pub use query::{Ask, Query, ask};
pub use site::*;
pub use verb::{Target, Verb, Words};

use crate::model::{EnvironmentName, SiteName};

/// The one list of the verbs: a variant of [`Request`] for each, and what is asked of it is asked of its [`Verb`].
/// The dollar sign is handed in for the macro that this one defines.
macro_rules! verbs {
    (($d:tt) $($(#[$about:meta])* $name:ident,)*) => {
        /// A change that is asked for: one workflow. Its tag is the workflow's kind.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(tag = "kind", rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum Request {
            $($(#[$about])* $name($name),)*
        }

        /// Evaluates an expression for the verb of a request, whichever it is.
        macro_rules! for_verb {
            ($d request:expr, $d it:ident => $d body:expr) => {
                match $d request {
                    $($crate::model::request::Request::$name($d it) => $d body,)*
                }
            };
        }
        pub(crate) use for_verb;

        /// Evaluates an expression for the type of each verb, in the order of the list.
        #[cfg(test)]
        macro_rules! for_each_verb {
            ($d verb:ident => $d body:expr) => {
                $({
                    type $d verb = $crate::model::request::$name;
                    $d body
                })*
            };
        }
        #[cfg(test)]
        pub(crate) use for_each_verb;
    };
}

verbs! { ($)
    /// Makes a site and its Dev environment.
    CreateSite,
    /// Brings back what of a site is damaged, as far as it can be.
    RepairSite,
    /// Runs the installer of the site's system.
    InstallSite,
    /// Takes up a site whose folder is there and which portico.db doesn't know.
    AdoptSite,
    /// Takes a site away; its folder is kept until pruned.
    DeleteSite,
    /// Brings the parent's code to Test or Live.
    Deploy,
    /// Brings another environment's content here.
    CloneContent,
    /// Commits what is changed in a writable environment's folder.
    Commit,
    /// Says how a writable environment's code is changed.
    SetConnection,
    /// Clears the site's caches.
    ClearCache,
    /// Empties database and files.
    Wipe,
    /// Brings a database, and files if they come with it, from files of the person's.
    ImportDatabase,
    /// Brings uploaded files from an archive or a folder.
    ImportFiles,
    /// Writes the database to a file.
    ExportDatabase,
    /// Writes the uploaded files to an archive.
    ExportFiles,
    /// Makes a multidev environment.
    CreateMultidev,
    /// Takes a multidev environment away; its folder is kept until pruned.
    DeleteMultidev,
    /// Merges a multidev's branch into Dev's.
    MergeToDev,
    /// Merges Dev's branch into a multidev's.
    MergeFromDev,
    /// Says where a site's updates come from.
    SetUpstream,
    /// Merges the upstream's updates.
    ApplyUpstream,
    /// Deploys a tag that exists to Test or Live.
    DeployTag,
    /// Brings commits that only Test or Live has to Dev.
    BringToDev,
    /// Moves a site's databases to the other engine.
    SetDatabase,
    /// Asks visitors for a name and a password.
    EnableLock,
    /// Asks visitors for nothing.
    DisableLock,
    /// Runs cron by itself.
    EnableCron,
    /// Runs cron only when asked.
    DisableCron,
    /// Runs cron now.
    RunCron,
    /// Empties the list of caught mail.
    ClearMail,
    /// Takes back what is changed in a writable environment's folder and not committed.
    Discard,
    /// Runs the site's own scripts as a workflow would.
    RunHooks,
    /// Visits an environment's pages and compares them with another's.
    SmokeTest,
    /// Brings the configuration of the code into the database.
    ImportConfig,
    /// Brings the configuration of the database into the code, as changed files.
    ExportConfig,
    /// Takes back the newest workflow of a site, or the one that is named.
    Undo,
    /// Makes an environment use another of its generations.
    SwitchGeneration,
    /// Keeps a generation from being pruned.
    PinGeneration,
    /// Lets a generation be pruned again.
    UnpinGeneration,
    /// Lets go of generations, for good.
    PruneGenerations,
    /// Replaces texts or addresses throughout a database.
    SearchReplace,
    /// Says which tables' rows clones leave out.
    SetCloneProfile,
    /// Says what a site keeps for undo.
    KeepGenerations,
    /// Lets a site's PHP reach a folder or file outside of it.
    AllowPath,
    /// Takes that back.
    DisallowPath,
    /// Lets go of what is kept for undo, for good.
    FreeDisk,
    /// Brings a whole site: code, database and files, or those of them that there are.
    ImportSite,
    /// Makes archives of an environment's code, database and files.
    CreateBackup,
    /// Brings an environment back from a backup, or another one to its state.
    RestoreBackup,
    /// Takes a backup away; it is kept until pruned.
    DeleteBackup,
    /// Lets backups go that were kept long enough.
    ExpireBackups,
    /// Reads backups to their end.
    VerifyBackup,
}

/// What every shell needs to know of a request before it runs.
impl Request {
    /// The site that it changes.
    pub fn site(&self) -> &SiteName {
        for_verb!(self, it => it.target().site)
    }

    /// The environment that it changes, where it is one.
    pub fn environment(&self) -> Option<&EnvironmentName> {
        for_verb!(self, it => it.target().environment)
    }

    /// The workflow's kind, as the wire and the lists name it.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// The title of its workflow: "Deploy to Test".
    pub fn title(&self) -> String {
        for_verb!(self, it => it.title())
    }

    /// The command line that does the same. A password shows as `…`: it is not kept.
    pub fn command_line(&self) -> String {
        for_verb!(self, it => command_line::of(it))
    }

    /// The request as history, titles and command lines may keep it: without the passwords that it passes through,
    /// and with addresses that open nothing.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut copy = self.clone();
        for_verb!(&mut copy, it => it.forget_secrets());
        copy
    }
}
