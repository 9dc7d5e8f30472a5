//! Making the site's repository from another one.
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Repository, configure, program};
use crate::{
    error::{Doing, Error, Result},
    model::secrets::{source_without_secrets, text_without_secrets},
    progress::{Meter, Unit},
};

/// Where the repository came from, in its configuration, without a password.
const SOURCE: &str = "portico.source";

impl Repository {
    /// Makes the repository from a Git URL or path, with all branches, tags and history. Answers the branch to
    /// follow: the one asked for, else the source's own, else `main` or `master`, else its only one.
    ///
    /// # Errors
    /// `missing` without Git on the machine; `not_found` for a branch that is not there; refused for a source
    /// without commits. Nothing is left at the path in any of these cases.
    pub fn clone_from(
        &self,
        source: &str,
        branch: Option<&str>,
        meter: Meter<'_>,
    ) -> Result<String> {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).doing(|| format!("make {}", parent.display()))?;
        if self.path.exists() {
            return Err(Error::refused(format!("{} exists already", self.path.display())));
        }
        let scratch = tempfile::Builder::new()
            .prefix(".clone-")
            .tempdir_in(parent)
            .doing(|| format!("make a folder in {}", parent.display()))?;
        let made = Self::at(scratch.path().join("repository.git"));
        // A path is stored whole: the program's own folder may be another one tomorrow.
        let source = if Path::new(source).exists() {
            let path = std::fs::canonicalize(source).doing(|| format!("open {source}"))?;
            path.into_os_string()
        } else {
            OsString::from(source)
        };
        fetch_all(&source, &made.path, meter)?;
        let git = made.open()?;
        let branch =
            choose_branch(&git, &source_without_secrets(&source.to_string_lossy()), branch)?;
        let finish = || -> Result<(), git2::Error> {
            git.set_head(&format!("refs/heads/{branch}"))?;
            // `origin` of a bare clone leads nowhere that a person expects.
            git.remote_delete("origin")?;
            let mut config = git.config()?.open_level(git2::ConfigLevel::Local)?;
            config.set_str(SOURCE, &source_without_secrets(&source.to_string_lossy()))
        };
        finish().doing(|| format!("set up the repository {}", made.path.display()))?;
        configure(&git)?;
        if git.is_shallow() {
            meter.line(
                "the source has only a part of its history (it is a shallow clone); to have all \
                 of it, run `git fetch --unshallow` there before making the site",
            );
        }
        drop(git);
        std::fs::rename(&made.path, &self.path)
            .doing(|| format!("move the repository to {}", self.path.display()))?;
        Ok(branch)
    }
}

fn fetch_all(source: &OsString, to: &PathBuf, meter: Meter<'_>) -> Result<()> {
    // `--no-local`: a copy of its own, not one that shares files or borrows objects.
    // An empty template: no hooks that this machine gives to new repositories.
    let arguments = ["clone", "--bare", "--no-local", "--progress", "--template=", "--"];
    let arguments = arguments.iter().map(OsString::from).chain([source.clone(), to.into()]);
    let ended = program::run(arguments, meter, |line| {
        if let Some((done, total)) = program::percent(line)
            && line.starts_with("Receiving objects")
        {
            meter.progress(done, Some(total), Unit::Objects);
        }
    })?;
    if ended.success {
        return Ok(());
    }
    Err(git_failed("clone", &source.to_string_lossy(), &ended.said))
}

/// A failure of `git` with another repository, without the password that may be in its address.
pub(super) fn git_failed(doing: &str, source: &str, said: &[String]) -> Error {
    let address = source_without_secrets(source);
    let mut error = Error::failed(format!("{doing} `{address}`"))
        .hint("Check the address, and that `git clone` of it works in a terminal; then try again.");
    let clean = |line: &String| text_without_secrets(&line.replace(source, &address));
    error.causes = said.iter().map(clean).collect();
    if address != source {
        let hint = "A password in an address is kept with the site's upstream; `git credential` keeps it better.";
        error = error.hint(hint);
    }
    error
}

fn choose_branch(git: &git2::Repository, source: &str, asked: Option<&str>) -> Result<String> {
    let doing = || format!("read the branches of `{source}`");
    let mut names = Vec::new();
    for branch in git.branches(Some(git2::BranchType::Local)).doing(doing)? {
        let (branch, _) = branch.doing(doing)?;
        // A branch whose name is no text can't be asked for, and is kept all the same.
        if let Ok(Some(name)) = branch.name() {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return Err(Error::refused(format!("`{source}` has no commits"))
            .hint("Commit something there first, or use a folder of files instead."));
    }
    let has = |name: &str| names.iter().any(|present| present == name);
    if let Some(asked) = asked {
        return if has(asked) {
            Ok(asked.to_owned())
        } else {
            Err(Error::not_found("branch", asked)
                .hint(format!("`{source}` has these branches: {}.", names.join(", "))))
        };
    }
    let own = git.find_reference("HEAD").doing(doing)?;
    let own =
        own.symbolic_target().ok().flatten().and_then(|name| name.strip_prefix("refs/heads/"));
    let chosen = own.into_iter().chain(["main", "master"]).find(|name| has(name));
    match (chosen, &names[..]) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => {
            Err(Error::usage(format!("`{source}` does not say which branch is its main one"))
                .hint(format!("Name one of its branches: {}.", names.join(", "))))
        }
    }
}
