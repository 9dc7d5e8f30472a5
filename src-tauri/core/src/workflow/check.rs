//! What must hold for code that is pushed, committed, merged or deployed; and what a person should know of it.
use std::path::PathBuf;

use super::Context;
use crate::{
    cms,
    code::Repository,
    error::{Code, Error, Result},
    model::{Site, view::CodeWarning},
};

/// Refuses a commit that could not be deployed: uploads tracked, a submodule, a link that leaves the code, a broken
/// `pantheon.yml`. Answers what hinders nothing but should be known.
pub(super) fn check_code(context: &Context, site: &Site, commit: &str) -> Result<Vec<CodeWarning>> {
    check(&context.repository(&site.name), &site.uploads, commit)
}

/// As a push is checked, by its hook: `objects` is where Git keeps what is pushed until the push is taken.
pub fn pushed_code(
    repository: PathBuf,
    objects: Option<PathBuf>,
    uploads: &str,
    commit: &str,
) -> Result<Vec<CodeWarning>> {
    let mut repository = Repository::at(repository);
    if let Some(objects) = objects {
        repository = repository.with_objects(objects);
    }
    check(&repository, uploads, commit)
}

/// Waits until a push that was taken is on the disk, with what it changed in environments' folders.
pub fn written_out(repository: PathBuf) -> Result<()> {
    Repository::at(repository).write_out()
}

/// What should be known of a commit that an environment runs, with the reason why it can't be deployed, if it can't.
pub(crate) fn warnings(context: &Context, site: &Site, commit: &str) -> Result<Vec<CodeWarning>> {
    if let Some(known) = context.known_warnings(&site.name, commit) {
        return Ok(known);
    }
    let found = match check_code(context, site, commit) {
        Err(error) if error.code == Code::Refused => vec![CodeWarning {
            message: format!("{}: a deploy will be refused", error.message),
            hint: error.hint.unwrap_or_default(),
        }],
        found => found?,
    };
    context.know_warnings(&site.name, commit, &found);
    Ok(found)
}

fn check(repository: &Repository, uploads: &str, commit: &str) -> Result<Vec<CodeWarning>> {
    if !uploads.is_empty() && repository.tracks(commit, uploads)? {
        return Err(uploads_are_tracked(uploads));
    }
    for name in cms::PANTHEON_YML {
        if let Some(source) = repository.file(commit, name)? {
            cms::check_pantheon_yml(name, &source)?;
        }
    }
    let inspection = repository.inspect(commit)?;
    match inspection.problem {
        Some(problem) => Err(problem),
        None => Ok(inspection.warnings),
    }
}

/// Uploads are content; tracked by Git they would be code as well.
pub(super) fn uploads_are_tracked(uploads: &str) -> Error {
    Error::refused(format!("Git tracks files in {uploads}, which is content")).hint(format!(
        "Run `git rm -r --cached {uploads}`, commit, and try again; the files themselves stay."
    ))
}
