//! What a shell can ask for. Both shells, the loopback connection and the journal use these types.
mod check;
mod code;
mod content;
mod event;
mod operate;
mod query;
mod site;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

pub use check::*;
pub use code::*;
pub use content::*;
pub use event::Event;
pub use operate::*;
pub use query::Query;
pub use site::*;

use crate::model::{EnvironmentName, SiteName, secrets::source_without_secrets};

/// A change that is asked for: one workflow. Its tag is the workflow's kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Request {
    /// Makes a site and its Dev environment.
    CreateSite(CreateSite),
    /// Brings back what of a site is damaged, as far as it can be.
    RepairSite(RepairSite),
    /// Runs the installer of the site's system.
    InstallSite(InstallSite),
    /// Takes up a site whose folder is there and which portico.db doesn't know.
    AdoptSite(AdoptSite),
    /// Takes a site away; its folder is kept until pruned.
    DeleteSite(DeleteSite),
    /// Brings the parent's code to Test or Live.
    Deploy(Deploy),
    /// Brings another environment's content here.
    CloneContent(CloneContent),
    /// Commits what is changed in a writable environment's folder.
    Commit(Commit),
    /// Says how a writable environment's code is changed.
    SetConnection(SetConnection),
    /// Clears the site's caches.
    ClearCache(ClearCache),
    /// Empties database and files.
    Wipe(Wipe),
    /// Brings a database, and files if they come with it, from files of the person's.
    ImportDatabase(ImportDatabase),
    /// Brings uploaded files from an archive or a folder.
    ImportFiles(ImportFiles),
    /// Writes the database to a file.
    ExportDatabase(ExportDatabase),
    /// Writes the uploaded files to an archive.
    ExportFiles(ExportFiles),
    /// Makes a multidev environment.
    CreateMultidev(CreateMultidev),
    /// Takes a multidev environment away; its folder is kept until pruned.
    DeleteMultidev(DeleteMultidev),
    /// Merges a multidev's branch into Dev's.
    MergeToDev(Merge),
    /// Merges Dev's branch into a multidev's.
    MergeFromDev(Merge),
    /// Says where a site's updates come from.
    SetUpstream(SetUpstream),
    /// Merges the upstream's updates.
    ApplyUpstream(ApplyUpstream),
    /// Deploys a tag that exists to Test or Live.
    DeployTag(DeployTag),
    /// Brings commits that only Test or Live has to Dev.
    BringToDev(BringToDev),
    /// Moves a site's databases to the other engine.
    SetDatabase(SetDatabase),
    /// Asks visitors for a name and a password.
    EnableLock(EnableLock),
    /// Asks visitors for nothing.
    DisableLock(DisableLock),
    /// Runs cron by itself.
    EnableCron(EnableCron),
    /// Runs cron only when asked.
    DisableCron(DisableCron),
    /// Runs cron now.
    RunCron(RunCron),
    /// Empties the list of caught mail.
    ClearMail(ClearMail),
    /// Takes back what is changed in a writable environment's folder and not committed.
    Discard(Discard),
    /// Runs the site's own scripts as a workflow would.
    RunHooks(RunHooks),
    /// Visits an environment's pages and compares them with another's.
    SmokeTest(SmokeTest),
    /// Brings the configuration of the code into the database.
    ImportConfig(ImportConfig),
    /// Brings the configuration of the database into the code, as changed files.
    ExportConfig(ExportConfig),
    /// Takes back the newest workflow of a site, or the one that is named.
    Undo(Undo),
    /// Makes an environment use another of its generations.
    SwitchGeneration(SwitchGeneration),
    /// Keeps a generation from being pruned.
    PinGeneration(PinGeneration),
    /// Lets a generation be pruned again.
    UnpinGeneration(PinGeneration),
    /// Lets go of generations, for good.
    PruneGenerations(PruneGenerations),
    /// Replaces texts or addresses throughout a database.
    SearchReplace(SearchReplace),
    /// Says which tables' rows clones leave out.
    SetCloneProfile(SetCloneProfile),
    /// Says what a site keeps for undo.
    KeepGenerations(KeepGenerations),
    /// Lets a site's PHP reach a folder or file outside of it.
    AllowPath(AllowPath),
    /// Takes that back.
    DisallowPath(DisallowPath),
    /// Lets go of what is kept for undo, for good.
    FreeDisk(FreeDisk),
    /// Brings a whole site: code, database and files, or those of them that there are.
    ImportSite(ImportSite),
}

/// What every shell needs to know of a request before it runs.
impl Request {
    /// The site that it changes.
    pub fn site(&self) -> &SiteName {
        match self {
            Self::CreateSite(it) => &it.name,
            Self::RepairSite(it) => &it.site,
            Self::InstallSite(it) => &it.environment.site,
            Self::AdoptSite(it) => &it.site,
            Self::DeleteSite(it) => &it.site,
            Self::Deploy(it) => &it.environment.site,
            Self::CloneContent(it) => &it.from.site,
            Self::Commit(it) => &it.environment.site,
            Self::SetConnection(it) => &it.environment.site,
            Self::ClearCache(it) => &it.environment.site,
            Self::Wipe(it) => &it.environment.site,
            Self::ImportDatabase(it) => &it.environment.site,
            Self::ImportFiles(it) => &it.environment.site,
            Self::ExportDatabase(it) => &it.environment.site,
            Self::ExportFiles(it) => &it.environment.site,
            Self::CreateMultidev(it) => &it.from.site,
            Self::DeleteMultidev(it) => &it.environment.site,
            Self::MergeToDev(it) => &it.environment.site,
            Self::MergeFromDev(it) => &it.environment.site,
            Self::SetUpstream(it) => &it.site,
            Self::ApplyUpstream(it) => &it.environment.site,
            Self::DeployTag(it) => &it.environment.site,
            Self::BringToDev(it) => &it.environment.site,
            Self::SetDatabase(it) => &it.site,
            Self::EnableLock(it) => &it.environment.site,
            Self::DisableLock(it) => &it.environment.site,
            Self::EnableCron(it) => &it.environment.site,
            Self::DisableCron(it) => &it.environment.site,
            Self::RunCron(it) => &it.environment.site,
            Self::ClearMail(it) => &it.environment.site,
            Self::Discard(it) => &it.environment.site,
            Self::RunHooks(it) => &it.environment.site,
            Self::SmokeTest(it) => &it.environment.site,
            Self::ImportConfig(it) => &it.environment.site,
            Self::ExportConfig(it) => &it.environment.site,
            Self::Undo(it) => &it.site,
            Self::SwitchGeneration(it) => &it.environment.site,
            Self::PinGeneration(it) | Self::UnpinGeneration(it) => &it.environment.site,
            Self::PruneGenerations(it) => &it.environment.site,
            Self::SearchReplace(it) => &it.environment.site,
            Self::SetCloneProfile(it) => &it.site,
            Self::KeepGenerations(it) => &it.site,
            Self::AllowPath(it) => &it.site,
            Self::DisallowPath(it) => &it.site,
            Self::FreeDisk(it) => &it.site,
            Self::ImportSite(it) => &it.environment.site,
        }
    }

    /// The environment that it changes, where it is one.
    pub fn environment(&self) -> Option<&EnvironmentName> {
        match self {
            Self::CreateSite(_)
            | Self::AdoptSite(_)
            | Self::DeleteSite(_)
            | Self::RepairSite(_)
            | Self::SetUpstream(_)
            | Self::SetDatabase(_)
            | Self::Undo(_)
            | Self::SetCloneProfile(_)
            | Self::KeepGenerations(_)
            | Self::AllowPath(_)
            | Self::DisallowPath(_)
            | Self::FreeDisk(_) => None,
            Self::InstallSite(it) => Some(&it.environment.environment),
            Self::Deploy(it) => Some(&it.environment.environment),
            Self::CloneContent(it) => Some(&it.to),
            Self::Commit(it) => Some(&it.environment.environment),
            Self::SetConnection(it) => Some(&it.environment.environment),
            Self::ClearCache(it) => Some(&it.environment.environment),
            Self::Wipe(it) => Some(&it.environment.environment),
            Self::ImportDatabase(it) => Some(&it.environment.environment),
            Self::ImportFiles(it) => Some(&it.environment.environment),
            Self::ExportDatabase(it) => Some(&it.environment.environment),
            Self::ExportFiles(it) => Some(&it.environment.environment),
            Self::CreateMultidev(it) => Some(&it.name),
            Self::DeleteMultidev(it) => Some(&it.environment.environment),
            Self::MergeToDev(_) | Self::BringToDev(_) => Some(&EnvironmentName::Dev),
            Self::MergeFromDev(it) => Some(&it.environment.environment),
            Self::ApplyUpstream(it) => Some(&it.environment.environment),
            Self::DeployTag(it) => Some(&it.environment.environment),
            Self::EnableLock(it) => Some(&it.environment.environment),
            Self::DisableLock(it) => Some(&it.environment.environment),
            Self::EnableCron(it) => Some(&it.environment.environment),
            Self::DisableCron(it) => Some(&it.environment.environment),
            Self::RunCron(it) => Some(&it.environment.environment),
            Self::ClearMail(it) => Some(&it.environment.environment),
            Self::Discard(it) => Some(&it.environment.environment),
            Self::SwitchGeneration(it) => Some(&it.environment.environment),
            Self::PinGeneration(it) | Self::UnpinGeneration(it) => {
                Some(&it.environment.environment)
            }
            Self::PruneGenerations(it) => Some(&it.environment.environment),
            Self::SearchReplace(it) => Some(&it.environment.environment),
            Self::RunHooks(it) => Some(&it.environment.environment),
            Self::SmokeTest(it) => Some(&it.environment.environment),
            Self::ImportConfig(it) => Some(&it.environment.environment),
            Self::ExportConfig(it) => Some(&it.environment.environment),
            Self::ImportSite(it) => Some(&it.environment.environment),
        }
    }

    /// The workflow's kind, as the wire and the lists name it.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// The request as history, titles and command lines may keep it: without the passwords that it passes through,
    /// and with addresses that open nothing.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut copy = self.clone();
        let clean = |source: &mut String| *source = source_without_secrets(source);
        match &mut copy {
            Self::InstallSite(it) => it.admin_password.clear(),
            Self::EnableLock(it) => it.password = None,
            Self::CreateSite(it) => clean(&mut it.from),
            Self::SetUpstream(it) => clean(&mut it.url),
            Self::ImportDatabase(it) => {
                clean(&mut it.file);
                it.files.iter_mut().for_each(clean);
            }
            Self::ImportFiles(it) => clean(&mut it.file),
            Self::ImportSite(it) => it.files.iter_mut().for_each(clean),
            _ => {}
        }
        copy
    }
}
