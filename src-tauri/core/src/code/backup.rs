//! A checkout with its whole history, as a backup holds it.
use std::{ffi::OsString, path::Path};

use super::{Repository, program};
use crate::{
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
};

impl Repository {
    /// Makes `folder` a checkout of a commit, with all branches and tags in its `.git`; what Portico keeps for undo is not
    /// among them. With a branch, the checkout is on it.
    pub fn check_out_with_history(
        &self,
        folder: &Path,
        commit: &str,
        branch: Option<&str>,
        meter: Meter<'_>,
    ) -> Result<()> {
        let inside = folder.join(".git");
        let mut clone = ["clone", "--bare", "--template=", "--no-hardlinks", "--progress", "--"]
            .map(OsString::from)
            .to_vec();
        clone.extend([self.path().as_os_str().to_owned(), inside.clone().into_os_string()]);
        let ended = program::run(clone, meter, |line| {
            if let Some((done, total)) = program::percent(line) {
                meter.progress(done, Some(total), Unit::Objects);
            }
        })?;
        if !ended.success {
            return Err(Error::failed("copy the repository").because(ended.said.join("; ")));
        }
        let check_out = || -> Result<(), git2::Error> {
            let git = git2::Repository::open(&inside)?;
            git.remote_delete("origin")?;
            let mut config = git.config()?.open_level(git2::ConfigLevel::Local)?;
            config.set_bool("core.bare", false)?;
            let git = git2::Repository::open(folder)?;
            match branch {
                Some(branch) => git.set_head(&format!("refs/heads/{branch}"))?,
                None => git.set_head_detached(git2::Oid::from_str(commit)?)?,
            }
            let commit = git.find_commit(git2::Oid::from_str(commit)?)?;
            git.reset(commit.as_object(), git2::ResetType::Hard, None)
        };
        check_out().doing(|| format!("check out {commit} in {}", folder.display()))
    }
}
