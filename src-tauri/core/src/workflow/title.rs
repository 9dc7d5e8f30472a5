//! What a request does, in the words that people read.
use super::Request;
use crate::model::ConnectionMode;

/// The title of a request's workflow: "Deploy to Test".
#[allow(clippy::too_many_lines, reason = "a list of the requests")]
pub fn of(request: &Request) -> String {
    match request {
        Request::CreateSite(it) => {
            format!("Create {}", it.label.as_deref().unwrap_or(it.name.as_str()))
        }
        Request::RepairSite(it) => format!("Repair {}", it.site),
        Request::InstallSite(it) => format!("Install {}", it.environment.environment.title()),
        Request::AdoptSite(it) => format!("Take up {}", it.site),
        Request::DeleteSite(it) => format!("Delete {}", it.site),
        Request::Deploy(it) => match &it.from {
            Some(from) => {
                format!("Deploy {} to {}", from.title(), it.environment.environment.title())
            }
            None => format!("Deploy to {}", it.environment.environment.title()),
        },
        Request::CloneContent(it) => {
            let what = match (it.db_only, it.files_only) {
                (true, _) => "database",
                (_, true) => "files",
                _ => "database and files",
            };
            format!("Clone {what}, {} → {}", it.from.environment.title(), it.to.title())
        }
        Request::Commit(it) => format!("Commit to {}", it.environment.environment.title()),
        Request::SetConnection(it) => {
            let mode = match it.mode {
                ConnectionMode::Sftp => "SFTP",
                ConnectionMode::Git => "Git",
            };
            format!("Switch {} to {mode} mode", it.environment.environment.title())
        }
        Request::ClearCache(it) => {
            format!("Clear caches of {}", it.environment.environment.title())
        }
        Request::Wipe(it) => format!("Wipe {}", it.environment.environment.title()),
        Request::ImportDatabase(it) => {
            let what = if it.files.is_some() { "database and files" } else { "database" };
            format!("Import {what} into {}", it.environment.environment.title())
        }
        Request::ImportFiles(it) => {
            format!("Import files into {}", it.environment.environment.title())
        }
        Request::ExportDatabase(it) => {
            format!("Export database of {}", it.environment.environment.title())
        }
        Request::ExportFiles(it) => {
            format!("Export files of {}", it.environment.environment.title())
        }
        Request::CreateMultidev(it) => format!("Create {}", it.name.title()),
        Request::DeleteMultidev(it) => format!("Delete {}", it.environment.environment.title()),
        Request::MergeToDev(it) => format!("Merge {} into Dev", it.environment.environment.title()),
        Request::MergeFromDev(it) => {
            format!("Merge Dev into {}", it.environment.environment.title())
        }
        Request::SetUpstream(it) => format!("Set the upstream of {}", it.site),
        Request::ApplyUpstream(it) => {
            format!("Apply upstream updates to {}", it.environment.environment.title())
        }
        Request::DeployTag(it) => match &it.tag {
            Some(tag) => format!("Deploy {tag} to {}", it.environment.environment.title()),
            None => format!("Roll back {}", it.environment.environment.title()),
        },
        Request::BringToDev(it) => {
            format!("Bring commits of {} to Dev", it.environment.environment.title())
        }
        Request::SetDatabase(it) => format!("Move {} to {}", it.site, it.engine.title()),
        Request::EnableLock(it) => format!("Lock {}", it.environment.environment.title()),
        Request::DisableLock(it) => format!("Unlock {}", it.environment.environment.title()),
        Request::EnableCron(it) => {
            format!("Turn cron on, {}", it.environment.environment.title())
        }
        Request::DisableCron(it) => {
            format!("Turn cron off, {}", it.environment.environment.title())
        }
        Request::RunCron(it) => format!("Run cron of {}", it.environment.environment.title()),
        Request::ClearMail(it) => format!("Clear mail of {}", it.environment.environment.title()),
        Request::Discard(it) => {
            format!("Discard changes of {}", it.environment.environment.title())
        }
        Request::RunHooks(it) => {
            let title = it.environment.environment.title();
            format!("Run {} hooks of {title} ({})", it.event, it.stage)
        }
        Request::ImportConfig(it) => {
            format!("Import configuration on {}", it.environment.environment.title())
        }
        Request::ExportConfig(it) => {
            format!("Export configuration of {}", it.environment.environment.title())
        }
        Request::SmokeTest(it) => {
            format!("Smoke test of {}", it.environment.environment.title())
        }
        Request::Undo(_) => "Undo".into(),
        Request::SwitchGeneration(it) => {
            format!("Switch {} to generation {}", it.environment.environment.title(), it.id)
        }
        Request::PinGeneration(it) => {
            format!("Pin generation {} of {}", it.id, it.environment.environment.title())
        }
        Request::UnpinGeneration(it) => {
            format!("Unpin generation {} of {}", it.id, it.environment.environment.title())
        }
        Request::PruneGenerations(it) => {
            format!("Prune generations of {}", it.environment.environment.title())
        }
        Request::ImportSite(it) => {
            format!("Import site into {}", it.environment.environment.title())
        }
        Request::SetCloneProfile(it) => format!("Set the clone profile of {}", it.site),
        Request::KeepGenerations(it) => format!("Set what {} keeps for undo", it.site),
        Request::FreeDisk(it) => format!("Free disk of {}", it.site),
        Request::SearchReplace(it) => {
            format!("Search and replace in {}", it.environment.environment.title())
        }
        Request::AllowPath(it) => format!("Let PHP of {} reach {}", it.site, it.path),
        Request::DisallowPath(it) => format!("Close {} to PHP of {}", it.path, it.site),
    }
}
