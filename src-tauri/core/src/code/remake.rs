//! Mends a repository: what Git needs to see one, references, objects, worktrees; or makes it anew from folders.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Author, Repository, configure, find_commit, oid, signature};
use crate::{
    error::{Doing, Result},
    progress::Meter,
};

impl Repository {
    /// Makes what Git needs to see a repository, where it is missing; `branch` is the main one.
    pub fn mend_skeleton(&self, branch: &str) -> Result<()> {
        for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
            let folder = self.path.join(folder);
            fs::create_dir_all(&folder).doing(|| format!("make {}", folder.display()))?;
        }
        let head = self.path.join("HEAD");
        fs::write(&head, format!("ref: refs/heads/{branch}\n"))
            .doing(|| format!("write {}", head.display()))?;
        let git = self.open()?;
        configure(&git)
    }

    /// The file of an object that is kept by itself.
    pub fn loose_object(&self, id: &str) -> PathBuf {
        self.path.join("objects").join(&id[..2]).join(&id[2..])
    }

    /// The file of a reference that is kept by itself.
    pub fn loose_reference(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Points a reference to an object, whatever it was at.
    pub fn put_reference(&self, name: &str, target: &str) -> Result<()> {
        let git = self.open()?;
        let log = "portico: repaired";
        git.reference(name, oid(target)?, true, log).map(drop).doing(|| format!("set `{name}`"))
    }

    /// The file of packed references.
    pub fn packed_references(&self) -> PathBuf {
        self.path.join("packed-refs")
    }

    /// Makes objects anew that are the same in one of the folders: files and folders of code. `scratch` is an empty
    /// place for what is read meanwhile. Answers those that were made.
    pub fn remake_objects(
        &self,
        ids: &[String],
        folders: &[PathBuf],
        uploads: &str,
        scratch: &Path,
        meter: Meter<'_>,
    ) -> Result<Vec<String>> {
        let beside = Repository::at(scratch.to_owned());
        drop(beside.init()?);
        for folder in folders {
            beside.write_folder(folder, uploads, meter)?;
        }
        let (git, source) = (self.open()?, beside.open()?);
        let doing = || "make objects anew".to_owned();
        let (odb, source) = (git.odb().doing(doing)?, source.odb().doing(doing)?);
        let mut made = Vec::new();
        for id in ids {
            let Ok(object) = source.read(oid(id)?) else { continue };
            odb.write(object.kind(), object.data()).doing(doing)?;
            made.push(id.clone());
        }
        Ok(made)
    }

    /// Commits all files of a folder as they are on top of `parent`, on no branch; the parent itself when they are the
    /// same. `uploads` is the link in it that is no code.
    pub fn commit_as_is(
        &self,
        folder: &Path,
        uploads: &str,
        parent: Option<&str>,
        author: &Author,
        message: &str,
        meter: Meter<'_>,
    ) -> Result<String> {
        let tree = self.write_folder(folder, uploads, meter)?;
        let git = self.open()?;
        let parent = parent.map(|it| find_commit(&git, it)).transpose()?;
        if let Some(parent) = parent.as_ref().filter(|it| it.tree_id() == tree) {
            return Ok(parent.id().to_string());
        }
        let author = signature(author)?;
        let commit = || -> Result<git2::Oid, git2::Error> {
            let tree = git.find_tree(tree)?;
            let parents: Vec<_> = parent.iter().collect();
            git.commit(None, &author, &author, message, &tree, &parents)
        };
        Ok(commit().doing(|| format!("commit the files of {}", folder.display()))?.to_string())
    }

    /// Makes an empty repository with our settings whose main branch is `branch`.
    pub fn make_anew(&self, branch: &str) -> Result<()> {
        let git = self.init()?;
        git.set_head(&format!("refs/heads/{branch}")).doing(|| format!("follow `{branch}`"))
    }
}
