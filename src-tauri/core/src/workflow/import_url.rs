//! Imports by address: what is downloaded is looked into and imported as any file is.
use super::{
    Context, Done, import, import_plan, import_site,
    request::{ImportSite, Request},
    work::Work,
};
use crate::{
    content::download::{download, is_url},
    error::{Error, Result},
    model::Address,
};

/// Whether something of an import is an address of the web.
pub(super) fn is_wanted(request: &Request) -> bool {
    sources(request).iter().any(|it| is_url(it))
}

fn sources(request: &Request) -> Vec<&str> {
    match request {
        Request::ImportDatabase(it) => {
            [&it.file].into_iter().chain(&it.files).map(String::as_str).collect()
        }
        Request::ImportFiles(it) => vec![&it.file],
        Request::ImportSite(it) => it.files.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Refuses what can be refused before anything is downloaded.
pub(super) fn plan<'a>(context: &Context, request: &'a Request) -> Result<&'a Request> {
    let (address, typed) = match request {
        Request::ImportDatabase(it) => (&it.environment, &it.options.confirm),
        Request::ImportFiles(it) => (&it.environment, &it.confirm),
        Request::ImportSite(it) => (&it.environment, &it.options.confirm),
        other => return Err(Error::usage(format!("{} imports nothing", other.kind()))),
    };
    check(context, address, typed.as_deref())?;
    Ok(request)
}

fn check(context: &Context, address: &Address, typed: Option<&str>) -> Result<()> {
    let site = context.store.site(&address.site)?;
    context.store.environment(address)?;
    import::confirm(&site, address, typed)
}

pub(super) fn run(work: &Work<'_>, request: &&Request) -> Result<Done> {
    let mut local = (*request).clone();
    match &mut local {
        Request::ImportDatabase(it) => {
            it.file = fetched(work, &it.file, 0)?;
            it.files = it.files.as_ref().map(|files| fetched(work, files, 1)).transpose()?;
        }
        Request::ImportFiles(it) => it.file = fetched(work, &it.file, 0)?,
        Request::ImportSite(it) => {
            let files = it.files.iter().enumerate();
            it.files =
                files.map(|(number, file)| fetched(work, file, number)).collect::<Result<_>>()?;
            local = found_out(work.context, it)?;
        }
        _ => {}
    }
    match &local {
        Request::ImportDatabase(it) => import::run(work, &import::plan_database(work.context, it)?),
        Request::ImportFiles(it) => import::run(work, &import::plan_files(work.context, it)?),
        Request::ImportSite(it) => import_site::run(work, &import_site::plan(work.context, it)?),
        other => Err(Error::usage(format!("{} imports nothing", other.kind()))),
    }
}

/// What the files turn out to be.
fn found_out(context: &Context, wanted: &ImportSite) -> Result<Request> {
    let plan = import_plan::plan(context, wanted)?;
    match (plan.problem, plan.request) {
        (Some(problem), _) => Err(problem),
        (None, Some(request)) => Ok(request),
        (None, None) => Err(Error::usage("there is nothing to import")),
    }
}

/// The path of a source that is on this machine now.
fn fetched(work: &Work<'_>, source: &str, number: usize) -> Result<String> {
    if !is_url(source) {
        return Ok(source.to_owned());
    }
    // A folder each: two addresses may end in the same name.
    let folder = work.scratch()?.join(format!("download-{number}"));
    let doing = || format!("make {}", folder.display());
    std::fs::create_dir(&folder).map_err(|error| Error::failed(doing()).because(error))?;
    let path = work.step("Download", |meter| download(source, &folder, meter))?;
    Ok(path.display().to_string())
}
