//! What nobody takes back, and what would grow for ever: logs of workflows, what sites left in their temporary folders,
//! what a database server says, empty data directories of servers that are gone.
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::super::{Context, running, work};
use crate::{
    content::files,
    error::{Doing, Result},
    folder, layout,
    model::{Address, DatabaseEngine},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The logs of so many workflows are kept, and all that are younger than [`LOGS_KEPT`].
pub(crate) const NEWEST_LOGS: i64 = 1_000;
/// For how long the log of a workflow is kept at least.
pub(crate) const LOGS_KEPT: Duration = Duration::from_secs(90 * DAY.as_secs());
/// What a site left in its temporary folder and changed no more for so long is let go; systemd keeps `/tmp` as long.
const TEMPORARY_KEPT: Duration = Duration::from_secs(10 * DAY.as_secs());
/// What a database server says is begun anew at each of its starts, and when it is as long, in bytes.
const SERVER_LOG_LIMIT: u64 = 4 << 20;

/// Lets go of all of it, as the time `now` demands. What can't be let go keeps nothing else.
///
/// # Errors
/// The first thing that could not be let go.
pub(crate) fn keep_bounds(context: &Context, now: SystemTime) -> Result<()> {
    let mut ended = remove_old_logs(context, now);
    ended = ended.and(context.runtime.remove_old_templates());
    for site in context.store.sites()? {
        for environment in context.store.environments(&site.name)? {
            let address = Address::new(&site.name, &environment.name);
            ended = ended.and(remove_old_temporary(context, &address, now));
            if site.engine == DatabaseEngine::MariaDb {
                let data = context.layout.database(&address, environment.generation);
                ended = ended.and(cut_server_log(&data));
            }
        }
    }
    work::empty_trash_in_background(context.layout.trash());
    ended
}

fn remove_old_logs(context: &Context, now: SystemTime) -> Result<()> {
    let Some(newest) = context.store.workflows(None, 1)?.first().map(|it| it.id) else {
        return Ok(());
    };
    for log in entries(&context.layout.workflow_logs())? {
        let id = log.file_stem().and_then(|it| it.to_str()?.parse::<i64>().ok());
        let is_beyond = id.is_some_and(|id| id <= newest - NEWEST_LOGS);
        if is_beyond && is_older(&log, now, LOGS_KEPT) {
            fs::remove_file(&log).doing(|| format!("delete {}", log.display()))?;
        }
    }
    Ok(())
}

/// Each file or folder of a temporary folder is moved away as a whole, by its name: the site may change meanwhile what
/// lies below.
fn remove_old_temporary(context: &Context, address: &Address, now: SystemTime) -> Result<()> {
    let mail = context.layout.environment_mail(address);
    for entry in entries(&context.layout.environment_temporary(address))? {
        // Mail has a rule of its own.
        if entry != mail && is_all_older(&entry, now, TEMPORARY_KEPT) {
            files::move_to_trash(&entry, &context.layout.trash())?;
        }
    }
    Ok(())
}

fn cut_server_log(data: &Path) -> Result<()> {
    let Ok(data) = running::resolved(data) else { return Ok(()) };
    let log = layout::server_log(&data);
    if fs::symlink_metadata(&log).is_ok_and(|it| it.is_file() && it.len() > SERVER_LOG_LIMIT) {
        // The server appends: it goes on at the new end.
        let cut = fs::File::options().write(true).open(&log).and_then(|file| file.set_len(0));
        cut.doing(|| format!("cut {}", log.display()))?;
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(folder::entries(folder)?.iter().map(fs::DirEntry::path).collect())
}

fn is_older(path: &Path, now: SystemTime, age: Duration) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|it| it.modified());
    changed.is_ok_and(|changed| now.duration_since(changed).is_ok_and(|it| it > age))
}

/// Whether a file, or a folder with all that is in it, was not changed for so long. What can't be read is young.
fn is_all_older(path: &Path, now: SystemTime, age: Duration) -> bool {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|it| it.is_dir());
    let is_below = |below: Vec<PathBuf>| below.iter().all(|it| is_all_older(it, now, age));
    is_older(path, now, age) && (!is_folder || entries(path).is_ok_and(is_below))
}
