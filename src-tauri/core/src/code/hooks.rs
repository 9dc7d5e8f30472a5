//! What a push may do, and what it did: hooks of the site's repository, whoever pushes and whether Portico runs or not.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{FSYNC, Repository};
use crate::{
    durable,
    error::{Doing, Result},
    folder,
};

/// The hooks are POSIX shell: Git brings one on every system.
const PRE_RECEIVE: &str = include_str!("pre-receive.sh");
const POST_RECEIVE: &str = include_str!("post-receive.sh");
const PUSH_TO_CHECKOUT: &str = include_str!("push-to-checkout.sh");

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

/// Test or Live, as pushes of its tags see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Releases {
    /// The environment, `site.env`.
    pub environment: String,
    /// Its tags without their numbers: `pantheon_test`.
    pub prefix: String,
    /// Whether it exists yet; only then a pushed tag deploys to it.
    pub is_initialized: bool,
}

/// What one push brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Where it is noted; taken away once it is dealt with.
    pub note: PathBuf,
    /// The references that it moved or made, `refs/…`.
    pub references: Vec<String>,
}

/// What pushes keep to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRules {
    /// The branches that environments follow.
    pub branches: Vec<FollowedBranch>,
    /// Whose tags deploy.
    pub releases: Vec<Releases>,
    /// The uploads folder, relative to the code; empty for none.
    pub uploads: String,
    /// The program `portico`, which looks through what is pushed.
    pub program: Option<PathBuf>,
}

impl Repository {
    /// Makes pushes keep to the rules. Idempotent.
    pub fn guard(&self, rules: &PushRules) -> Result<()> {
        let mut lines = String::new();
        for it in &rules.branches {
            let mode = if it.is_edited { "sftp" } else { "git" };
            lines.push_str(&format!("{mode} {} {}\n", it.environment, it.branch));
        }
        for it in &rules.releases {
            let mode = if it.is_initialized { "tags" } else { "untagged" };
            lines.push_str(&format!("{mode} {} {}\n", it.environment, it.prefix));
        }
        if !rules.uploads.is_empty() {
            lines.push_str(&format!("uploads - {}\n", rules.uploads));
        }
        if let Some(program) = rules.program.as_ref().and_then(|it| it.to_str()) {
            lines.push_str(&format!("program - {program}\n"));
        }
        write_if_changed(self.path().join("portico-branches"), &lines)?;
        self.hook("pre-receive", PRE_RECEIVE)?;
        self.hook("post-receive", POST_RECEIVE)?;
        self.hook("push-to-checkout", PUSH_TO_CHECKOUT)?;
        self.harden()?;
        let pushes = self.pushes_folder();
        fs::create_dir_all(&pushes).doing(|| format!("make {}", pushes.display()))
    }

    /// Gives a repository that an older Portico made the setting by which Git's own work is on the disk when it is done.
    fn harden(&self) -> Result<()> {
        let config = self.path().join("config");
        let text = fs::read_to_string(&config).doing(|| format!("read {}", config.display()))?;
        let (fsync, method) = FSYNC;
        if text.contains(&format!("fsync = {fsync}")) {
            return Ok(());
        }
        let mut text = format!("{}\n[core]\n\tfsync = {fsync}\n", text.trim_end());
        if let Some(method) = method {
            text.push_str(&format!("\tfsyncMethod = {method}\n"));
        }
        durable::replace(&config, text.as_bytes())
    }

    /// Waits until what a push brought, and what it changed in the folders that follow its branches, is on the disk.
    pub fn write_out(&self) -> Result<()> {
        let mut worktrees = Vec::new();
        if !cfg!(target_os = "linux") {
            worktrees = self.worktrees()?;
        }
        worktrees.iter().chain([&self.path().to_owned()]).try_for_each(|it| durable::tree(it))
    }

    /// The folder in which each push leaves a note.
    pub fn pushes_folder(&self) -> PathBuf {
        self.path().join("portico-pushes")
    }

    /// The folder of the branches' references: a branch that moves is written there.
    pub fn heads_folder(&self) -> PathBuf {
        self.path().join("refs/heads")
    }

    /// What was pushed and not dealt with yet, oldest first.
    pub fn pushes(&self) -> Result<Vec<Push>> {
        let folder = self.pushes_folder();
        let entries = folder::entries(&folder)?;
        let mut notes = Vec::new();
        for entry in entries {
            let note = entry.path();
            // A note in the making begins with a dot.
            if !is_hidden(&note) {
                notes.push(note);
            }
        }
        notes.sort();
        notes
            .into_iter()
            .map(|note| {
                let text = fs::read(&note).doing(|| format!("read {}", note.display()))?;
                let text = String::from_utf8_lossy(&text);
                let references = text.lines().filter_map(|line| line.split(' ').nth(2));
                let references = references.map(str::to_owned).collect();
                Ok(Push { note, references })
            })
            .collect()
    }

    fn hook(&self, name: &str, text: &str) -> Result<()> {
        let hook = self.path().join("hooks").join(name);
        write_if_changed(hook.clone(), text)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))
                .doing(|| format!("make {} executable", hook.display()))?;
        }
        Ok(())
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
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
