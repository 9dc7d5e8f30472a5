//! Reports about an environment: Launch Check, and the last of each kind. They change nothing of the site.
use std::{fs, io, time::Instant};

use serde::{Serialize, de::DeserializeOwned};

use super::{Context, deploy, running};
use crate::{
    cms,
    content::{database, files},
    error::{Doing, Result},
    model::{Address, LaunchCheck, Score},
    progress::Meter,
    store::now,
};

const LAUNCH_CHECK: &str = "launch-check";

/// Makes a Launch Check of the environment and keeps it as its last one.
pub fn launch_check(context: &Context, address: &Address, meter: Meter<'_>) -> Result<LaunchCheck> {
    let started = Instant::now();
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let number = environment.generation;
    let code = running::code_folder(context, &environment);
    let opened = running::open_database(context, &site, &environment, number)?;
    let tables = opened.database.as_ref().map(database::tables).transpose()?.unwrap_or_default();
    let task = |around: &cms::Surroundings<'_>| Ok(cms::prober(around));
    // A site that can't start is a finding, not a failure of the check.
    let probe = match tables.is_empty() {
        true => Ok(None),
        false => running::run_task(context, &site, &environment, number, task, meter),
    };
    meter.check()?;
    let probe = probe.map(|said| said.and_then(|said| cms::read_probe(&said)));
    let updates = deploy::pending_updates(context, &site, &environment, &code)?;
    let folder = running::resolved(&context.layout.generation_files(address, number))?;
    let subject = cms::Subject {
        site: &site,
        environment: &environment.name,
        code: &code,
        prefix: &cms::table_prefix(site.cms, &tables),
        tables: &tables,
        code_bytes: &|| Ok(files::measure(&code)?.bytes),
        files: files::measure(&folder)?,
        updates: &updates,
        probe: &probe,
    };
    let mut ask = |sql: &str| match &opened.database {
        Some(database) => {
            meter.check()?;
            database::rows(database, sql)
        }
        None => Ok(Vec::new()),
    };
    let findings = cms::launch_check(&subject, &mut ask)?;
    let report = LaunchCheck {
        environment: address.clone(),
        made_at: now(),
        commit: context.commit_of(&environment)?,
        generation: number,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        score: findings.iter().map(|it| it.score).max().unwrap_or(Score::Ok),
        findings,
    };
    keep(context, address, LAUNCH_CHECK, &report)?;
    Ok(report)
}

/// The last Launch Check of the environment.
pub fn last_launch_check(context: &Context, address: &Address) -> Result<Option<LaunchCheck>> {
    last(context, address, LAUNCH_CHECK)
}

/// Keeps a report as the last of its kind.
pub(super) fn keep(
    context: &Context,
    address: &Address,
    kind: &str,
    report: &impl Serialize,
) -> Result<()> {
    let path = context.layout.report(address, kind);
    let doing = || format!("write {}", path.display());
    let folder = path.parent().expect("the report is in a folder");
    // Not the folders above: an environment that was deleted meanwhile must not come back as an empty folder.
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(error).doing(doing);
        }
        _ => {}
    }
    let mut file = tempfile::NamedTempFile::new_in(folder).doing(doing)?;
    serde_json::to_writer(&mut file, report).doing(doing)?;
    file.persist(&path).doing(doing)?;
    Ok(())
}

/// The last report of a kind; none when there is none, or an older Portico wrote it in another form.
pub(super) fn last<T: DeserializeOwned>(
    context: &Context,
    address: &Address,
    kind: &str,
) -> Result<Option<T>> {
    let path = context.layout.report(address, kind);
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => {
            let bytes = bytes.doing(|| format!("read {}", path.display()))?;
            Ok(serde_json::from_slice(&bytes).ok())
        }
    }
}
