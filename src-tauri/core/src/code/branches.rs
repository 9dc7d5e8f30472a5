//! Branches, and what comes from an upstream.
use std::ffi::OsString;

use super::{
    Repository, clone,
    program::{self, Asks},
};
use crate::{
    error::{Doing, Error, Result},
    model::secrets::source_without_secrets,
    progress::{Meter, Unit},
};

/// Where what was fetched from an upstream is: `refs/portico/upstream/<branch>`.
pub const UPSTREAM: &str = "refs/portico/upstream";

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name, without `refs/heads/`.
    pub name: String,
    /// The commit it is at.
    pub commit: String,
}

impl Repository {
    /// The branch that the repository says is its main one.
    pub fn main_branch(&self) -> Result<String> {
        let git = self.open()?;
        let doing = || format!("read the main branch of {}", self.path.display());
        let head = git.find_reference("HEAD").doing(doing)?;
        let name = head.symbolic_target().doing(doing)?;
        let name = name.and_then(|it| it.strip_prefix("refs/heads/")).map(str::to_owned);
        name.ok_or_else(|| Error::failed(doing()))
    }

    /// All branches, by name. One whose name is no UTF-8 is left out: nobody could name it here.
    pub fn branches(&self) -> Result<Vec<Branch>> {
        let git = self.open()?;
        let doing = || format!("read the branches of {}", self.path.display());
        let mut branches = Vec::new();
        for branch in git.branches(Some(git2::BranchType::Local)).doing(doing)? {
            let (branch, _) = branch.doing(doing)?;
            let commit = branch.get().peel_to_commit().doing(doing)?.id().to_string();
            if let Ok(Some(name)) = branch.name() {
                branches.push(Branch { name: name.to_owned(), commit });
            }
        }
        branches.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(branches)
    }

    /// Fetches a branch of another repository (its main one, when none is named) to [`UPSTREAM`], without its tags;
    /// answers the commit. No branch of this repository changes.
    ///
    /// # Errors
    /// `missing` without Git on the machine; a failure names the address and what Git said.
    pub fn fetch(&self, url: &str, branch: Option<&str>, meter: Meter<'_>) -> Result<String> {
        self.fetch_with(Asks::Person, url, branch, meter)
    }

    /// As [`Self::fetch`], for one that nobody waits for: it never opens a window to ask for a password.
    pub fn fetch_unasked(
        &self,
        url: &str,
        branch: Option<&str>,
        meter: Meter<'_>,
    ) -> Result<String> {
        self.fetch_with(Asks::Nobody, url, branch, meter)
    }

    fn fetch_with(
        &self,
        asks: Asks,
        url: &str,
        branch: Option<&str>,
        meter: Meter<'_>,
    ) -> Result<String> {
        let (theirs, name) = match branch {
            Some(branch) => {
                check_name(branch)?;
                (format!("refs/heads/{branch}"), branch)
            }
            None => ("HEAD".to_owned(), "HEAD"),
        };
        let ours = format!("{UPSTREAM}/{name}");
        let mut directory = OsString::from("--git-dir=");
        directory.push(&self.path);
        let options = ["fetch", "--progress", "--no-tags", "--no-auto-maintenance"];
        let options = options.into_iter().chain(["--no-write-fetch-head", "--", url]);
        let refspec = OsString::from(format!("+{theirs}:{ours}"));
        let arguments = [directory].into_iter().chain(options.map(OsString::from)).chain([refspec]);
        let ended = program::run_asking(asks, arguments, meter, |line| {
            if let Some((done, total)) = program::percent(line)
                && line.starts_with("Receiving objects")
            {
                meter.progress(done, Some(total), Unit::Objects);
            }
        })?;
        if !ended.success {
            return Err(clone::git_failed("fetch from", url, &ended.said));
        }
        self.reference(&ours)?.ok_or_else(|| {
            Error::failed(format!("find what was fetched from `{}`", source_without_secrets(url)))
        })
    }
}

fn check_name(name: &str) -> Result<()> {
    if git2::Branch::name_is_valid(name).unwrap_or(false) {
        Ok(())
    } else {
        Err(Error::usage(format!("`{name}` can't be the name of a branch")))
    }
}
