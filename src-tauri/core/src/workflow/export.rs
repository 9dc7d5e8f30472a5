//! `export:database` and `export:files`: a file that a person can take elsewhere.
use std::path::{Path, PathBuf};

use super::{
    Context, Done, Frame, Run, Workflow, load,
    request::{ExportDatabase, ExportFiles},
    running,
    work::Work,
};
use crate::{
    content::dump::{self, Exported, Form},
    durable,
    error::{Doing, Error, Result},
    model::{Address, Database, Environment, Site, human_bytes},
    runtime::DatabaseLease,
    store::Trace,
};

pub(super) struct Plan {
    site: Site,
    environment: Environment,
    address: Address,
    to: PathBuf,
    form: Form,
    is_database: bool,
}

impl Run for ExportDatabase {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_database(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan_database(context: &Context, wanted: &ExportDatabase) -> Result<Plan> {
    plan(context, &wanted.environment, &wanted.to, wanted.overwrite, true)
}

impl Run for ExportFiles {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_files(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan_files(context: &Context, wanted: &ExportFiles) -> Result<Plan> {
    plan(context, &wanted.environment, &wanted.to, wanted.overwrite, false)
}

fn plan(
    context: &Context,
    address: &Address,
    to: &str,
    overwrite: bool,
    is_database: bool,
) -> Result<Plan> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let Some(form) = Form::of(to) else {
        return Err(Error::usage(format!("the form of `{to}` is unknown")).hint(
            "Databases are written as .sql.gz, .sql, .sql.zst or .sqlite, files as .tar.gz or .zip.",
        ));
    };
    let to = PathBuf::from(to);
    if to.is_dir() {
        return Err(Error::refused(format!("`{}` is a folder", to.display()))
            .hint("Name the file that is to be written in it."));
    }
    if to.exists() && !overwrite {
        return Err(Error::refused(format!("`{}` exists already", to.display()))
            .hint("Choose another name, or say `--overwrite`."));
    }
    Ok(Plan { site, environment, address: address.clone(), to, form, is_database })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan) -> Result<Done> {
    let name = plan.to.file_name().unwrap_or_default().to_string_lossy();
    let part = plan.to.with_file_name(format!(".{name}.part"));
    // One that an earlier export left when its disk was away is written over. From here on a killed export's is taken away.
    drop(std::fs::remove_file(&part));
    work.context.store.trace(work.id, &Trace::Made { path: part.clone() })?;
    let exported = write(work, plan, &part).and_then(|exported| {
        // What it replaces is gone only when all of it is on the disk.
        work.step("Write everything to the disk", |_| durable::file(&part))?;
        std::fs::rename(&part, &plan.to).doing(|| format!("write `{}`", plan.to.display()))?;
        durable::folder(plan.to.parent().unwrap_or(Path::new(".")))?;
        Ok(exported)
    });
    if exported.is_err() {
        // There is none when it could not even be begun.
        drop(std::fs::remove_file(&part));
    }
    let exported = exported?;
    work.line(format!("wrote {} to {}", human_bytes(exported.bytes), plan.to.display()));
    let mut result = serde_json::Map::new();
    result.insert("file".into(), plan.to.display().to_string().into());
    result.insert("bytes".into(), exported.bytes.into());
    Ok(Done { result, ..Done::default() })
}

fn write(work: &Work<'_>, plan: &Plan, part: &Path) -> Result<Exported> {
    let number = plan.environment.generation;
    if !plan.is_database {
        let folder = work.context.layout.generation_files(&plan.address, number);
        let folder = running::resolved(&folder)?;
        let root = format!("files_{}", plan.address.environment);
        return work.step("Pack the files", |meter| {
            dump::export_files(&folder, plan.form, part, &root, meter)
        });
    }
    let opened = open(work, &plan.site, &plan.environment)?;
    let owner =
        load::Owner { site: &plan.site, environment: &plan.environment, generation: number };
    work.step("Export the database", |meter| {
        load::export(work, owner, &opened.database, plan.form, part, meter)
    })
}

/// A database that answers for as long as this lives.
pub(super) struct Opened {
    pub(super) database: Database,
    _server: Option<DatabaseLease>,
}

/// Opens the database that an environment uses.
///
/// # Errors
/// Refused where it has none, or none yet.
pub(super) fn open(work: &Work<'_>, site: &Site, environment: &Environment) -> Result<Opened> {
    let number = environment.generation;
    let opened =
        running::open_database_or_cancel(work.context, site, environment, number, work.cancel)?;
    let Some(database) = opened.database else {
        return Err(Error::refused(format!("{} has no database", site.name)));
    };
    if matches!(&database, Database::Sqlite { file } if !file.exists()) {
        let address = Address::new(&site.name, &environment.name);
        return Err(Error::refused(format!("{address} has no database yet"))
            .hint("It gets one when the site is installed, or when one is imported or cloned."));
    }
    Ok(Opened { database, _server: opened.server })
}
