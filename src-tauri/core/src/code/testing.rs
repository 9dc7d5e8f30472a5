//! What the tests of this area share: temporary repositories made by the real `git`.
use std::{fs, path::Path, process::Command};

use super::{Author, Repository};
use crate::progress::Meter;

pub(super) struct Site {
    pub(super) scratch: tempfile::TempDir,
    pub(super) repository: Repository,
}

pub(super) fn author() -> Author {
    Author { name: "Ada Example".into(), email: "ada@example.test".into() }
}

/// Runs `git` in a folder, with settings of its own; answers what it said on stdout.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> String {
    let (success, said) = try_git(folder, arguments);
    assert!(success, "git {arguments:?}: {said}");
    said
}

/// Runs `git` in a folder; answers whether it went well, and all that it said.
pub(super) fn try_git(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=Bob",
            "-c",
            "user.email=bob@example.test",
            "-c",
            "init.defaultBranch=master",
        ])
        .args(["-c", "commit.gpgsign=false", "-c", "advice.detachedHead=false"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let said = if output.status.success() {
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    } else {
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    (output.status.success(), said)
}

pub(super) fn put(folder: &Path, file: &str, content: impl AsRef<[u8]>) {
    let file = folder.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

/// A site with one commit (`index.php`, `lib/a.php`) on `master`.
pub(super) fn site() -> Site {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("folder");
    put(&folder, "index.php", "<?php\necho 1;\n");
    put(&folder, "lib/a.php", "<?php\n");
    let repository = Repository::at(scratch.path().join("repository.git"));
    repository.import_folder(&folder, &[], &author(), "First", Meter::silent()).unwrap();
    Site { scratch, repository }
}

impl Site {
    /// A path in the site's scratch folder.
    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.scratch.path().join(name)
    }

    /// The site with a worktree on `master` at `dev/code`.
    pub(super) fn with_dev(self) -> (Self, std::path::PathBuf) {
        let dev = self.path("dev/code");
        self.repository.add_worktree(&dev, "master", Meter::silent()).unwrap();
        (self, dev)
    }

    /// Runs `git` in the repository.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        git(self.repository.path(), arguments)
    }

    pub(super) fn tip(&self) -> String {
        self.repository.head("master").unwrap()
    }
}
