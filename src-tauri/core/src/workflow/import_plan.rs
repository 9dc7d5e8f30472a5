//! Finds out what a set of files would replace: `import --dry-run`, and the request that does it.
use super::{
    Context,
    clone_plan::content_info,
    effort, inspect,
    request::{ImportDatabase, ImportFiles, ImportSite, Request},
};
use crate::{
    error::{Error, Result},
    model::{
        Cms, EnvironmentName,
        view::{Holding, ImportPlan, Inspected, Replacement},
    },
};

/// Which of the sources brings each part; an archive of a whole site may bring all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) code: Option<usize>,
    pub(super) database: Option<usize>,
    pub(super) files: Option<usize>,
}

/// What importing these files would do. The confirmation that Live needs is not asked for yet.
pub fn plan(context: &Context, wanted: &ImportSite) -> Result<ImportPlan> {
    let address = &wanted.environment;
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let sources = inspect::inspect_within(
        context,
        &wanted.files,
        wanted.options.entry.as_deref(),
        Some(address),
        inspect::PATIENT,
    )?;
    let (parts, problem) = match parts(&sources) {
        Ok(parts) => (parts, None),
        Err(problem) => (Parts::default(), Some(problem)),
    };
    let url = context.url(address);
    let pairs = if wanted.options.keep_urls || site.cms != Cms::WordPress {
        Vec::new()
    } else {
        addresses(&sources, wanted)
            .into_iter()
            .filter(|old| *old != url)
            .map(|old| Replacement { old, new: url.clone() })
            .collect()
    };
    let request = problem.is_none().then(|| request(wanted, &parts));
    let kind = request.as_ref().map_or("import_database", Request::kind);
    let bytes = sources.iter().map(least_bytes).sum();
    let effort = effort::of(context, kind, effort::Cost { bytes, needed: bytes, files: None })?;
    Ok(ImportPlan {
        environment: address.clone(),
        replaces: content_info(context, &site, &environment)?,
        code: parts.code.is_some(),
        database: parts.database.is_some(),
        files: parts.files.is_some(),
        pairs,
        effort,
        request,
        problem,
        confirm: address.environment == EnvironmentName::Live,
        sources,
    })
}

fn addresses(sources: &[Inspected], wanted: &ImportSite) -> Vec<String> {
    let of = |it: &Inspected| match &it.holds {
        Holding::Database(it) => it.addresses.clone(),
        _ => Vec::new(),
    };
    let mut all: Vec<String> = wanted.options.from_url.iter().cloned().collect();
    all.extend(sources.iter().flat_map(of));
    all.dedup();
    all
}

/// What a source takes on the disk at least, as far as its look tells.
pub(super) fn least_bytes(source: &Inspected) -> u64 {
    match &source.holds {
        Holding::Files(it) => it.bytes.max(source.bytes),
        _ => source.bytes,
    }
}

/// Which source brings what.
///
/// # Errors
/// Refused for one that can't be used; a usage error where two bring the same.
pub(super) fn parts(sources: &[Inspected]) -> Result<Parts> {
    let mut parts = Parts::default();
    for (number, source) in sources.iter().enumerate() {
        let (code, database, files) = match &source.holds {
            Holding::Database(_) => (false, true, false),
            Holding::Files(_) => (false, false, true),
            Holding::Code { uploads, .. } => (true, false, uploads.is_some()),
            Holding::Site { uploads, .. } => (true, true, uploads.is_some()),
            Holding::Unusable { reason } => {
                return Err(Error::refused(format!("`{}` can't be imported: {reason}", source.name))
                    .hint(
                        "Dumps, SQLite files, archives or folders of files, and archives of whole sites can be.",
                    ));
            }
        };
        let take = |is_there: bool, place: &mut Option<usize>, what: &str| {
            if !is_there {
                return Ok(());
            }
            match place.replace(number) {
                None => Ok(()),
                Some(_) => Err(Error::usage(format!("`{}` is the second {what}", source.name))),
            }
        };
        take(code, &mut parts.code, "archive of code")?;
        take(database, &mut parts.database, "database")?;
        take(files, &mut parts.files, "archive of files")?;
    }
    match parts == Parts::default() {
        true => Err(Error::usage("there is nothing to import")),
        false => Ok(parts),
    }
}

/// The request that does it.
fn request(wanted: &ImportSite, parts: &Parts) -> Request {
    let file = |number: usize| wanted.files[number].clone();
    let confirm = wanted.options.confirm.clone();
    match (parts.code, parts.database, parts.files) {
        (None, Some(database), files) => Request::ImportDatabase(ImportDatabase {
            files: files.map(file),
            ..database_request(wanted, file(database))
        }),
        (None, None, Some(files)) => Request::ImportFiles(ImportFiles {
            environment: wanted.environment.clone(),
            file: file(files),
            confirm,
        }),
        _ => Request::ImportSite(wanted.clone()),
    }
}

/// The database's part of a request.
pub(super) fn database_request(wanted: &ImportSite, file: String) -> ImportDatabase {
    ImportDatabase {
        environment: wanted.environment.clone(),
        file,
        files: None,
        options: wanted.options.clone(),
    }
}
