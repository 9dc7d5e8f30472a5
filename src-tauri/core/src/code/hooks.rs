//! What a push may do: checked by a hook of the site's repository, whoever pushes and whether Portico runs or not.
use std::{fs, path::PathBuf};

use super::Repository;
use crate::error::{Doing, Result};

/// The hook is POSIX shell: Git brings one on every system.
const PRE_RECEIVE: &str = include_str!("pre-receive.sh");

/// A branch that an environment follows, as pushes see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedBranch {
    /// The branch's short name.
    pub branch: String,
    /// The environment, `site.env`.
    pub environment: String,
    /// Whether pushes to it are refused because its folder is edited (SFTP mode).
    pub is_edited: bool,
}

impl Repository {
    /// Says which branches environments follow, and makes pushes keep to it. Idempotent.
    pub fn guard(&self, branches: &[FollowedBranch]) -> Result<()> {
        let lines = branches.iter().map(|it| {
            let mode = if it.is_edited { "sftp" } else { "git" };
            format!("{mode} {} {}\n", it.environment, it.branch)
        });
        write_if_changed(self.path().join("portico-branches"), &lines.collect::<String>())?;
        let hook = self.path().join("hooks/pre-receive");
        write_if_changed(hook.clone(), PRE_RECEIVE)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))
                .doing(|| format!("make {} executable", hook.display()))?;
        }
        Ok(())
    }
}

/// Replaces a small file in one step, so that a push at this moment reads the old or the new.
fn write_if_changed(path: PathBuf, text: &str) -> Result<()> {
    if fs::read_to_string(&path).is_ok_and(|current| current == text) {
        return Ok(());
    }
    let doing = || format!("write {}", path.display());
    let folder = path.parent().expect("the file is in the repository");
    fs::create_dir_all(folder).doing(doing)?;
    let file = tempfile::NamedTempFile::new_in(folder).doing(doing)?;
    fs::write(file.path(), text).doing(doing)?;
    file.persist(&path).doing(doing)?;
    Ok(())
}
