//! Linked worktrees: real ones, in which a person can run `git`.
use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::{Repository, checkout, mend::mend_index, system_path};
use crate::{
    durable,
    error::{Doing, Error, Result},
    folder,
    progress::Meter,
};

impl Repository {
    /// Adds a worktree at the new folder `folder` that follows `branch`.
    ///
    /// # Errors
    /// Refused when another worktree follows that branch (Git could not push to either) or the folder exists.
    /// Nothing is left after a failure.
    pub fn add_worktree(&self, folder: &Path, branch: &str, meter: Meter<'_>) -> Result<()> {
        let git = self.open()?;
        let reference = format!("refs/heads/{branch}");
        let tip = git.find_reference(&reference).map_err(|_| Error::not_found("branch", branch))?;
        let tree = tip.peel_to_tree().doing(|| format!("read the branch `{branch}`"))?;
        if let Some(other) = self.follower(&reference)? {
            return Err(Error::refused(format!(
                "the branch `{branch}` is checked out at {} already",
                other.display()
            )));
        }
        let (scratch, made) = checkout::scratch_beside(folder)?;
        let folder = absolute(folder)?;
        let admin = self.new_admin(&folder)?;
        let build = || -> Result<()> {
            let manner = checkout::Manner { read_only: false, like: None };
            let entries = checkout::write_tree(&git, &tree, &made, &manner, meter)?;
            write(&admin.join("HEAD"), &format!("ref: {reference}\n"))?;
            write_links(&self.absolute_path()?, &admin, &folder, &made)?;
            let written = || -> Result<(), git2::Error> {
                let mut index = git2::Index::open(&admin.join("index"))?;
                for entry in &entries {
                    index.add(entry)?;
                }
                // Keeps the tree's ids with the index, which makes every later status quicker.
                index.write_tree_to(&git)?;
                index.write()
            };
            written().doing(|| format!("write {}", admin.join("index").display()))?;
            checkout::place(scratch, &made, &folder)
        };
        let built = build();
        if built.is_err() {
            // The first failure is the one to tell; what can't be removed is found unused later.
            let _ = fs::remove_dir_all(&admin);
        }
        built
    }

    /// Links a folder with files in it to the repository as a worktree that follows `branch`, and changes none of them:
    /// what differs from the branch shows as uncommitted.
    pub fn link_worktree(&self, folder: &Path, branch: &str) -> Result<()> {
        let git = self.open()?;
        let reference = format!("refs/heads/{branch}");
        let tip = git.find_reference(&reference).map_err(|_| Error::not_found("branch", branch))?;
        let tree = tip.peel_to_tree().doing(|| format!("read the branch `{branch}`"))?;
        let folder = absolute(folder)?;
        self.forget_what_was(&folder, &reference)?;
        let admin = self.new_admin(&folder)?;
        write(&admin.join("HEAD"), &format!("ref: {reference}\n"))?;
        write_links(&self.absolute_path()?, &admin, &folder, &folder)?;
        let written = || -> Result<(), git2::Error> {
            let mut index = git2::Index::open(&admin.join("index"))?;
            index.read_tree(&tree)?;
            index.write()
        };
        written().doing(|| format!("write {}", admin.join("index").display()))
    }

    /// Makes the folder of a worktree anew, where it is gone, from the branch that it follows.
    pub fn remake_worktree(&self, folder: &Path, branch: &str, meter: Meter<'_>) -> Result<()> {
        self.forget_what_was(&absolute(folder)?, &format!("refs/heads/{branch}"))?;
        self.add_worktree(folder, branch, meter)
    }

    /// Takes away what Git keeps of the worktree at `folder`, which is damaged or belongs to a folder that is gone.
    ///
    /// # Errors
    /// Refused when another folder, which is there, follows the branch.
    fn forget_what_was(&self, folder: &Path, reference: &str) -> Result<()> {
        if let Some(other) = self.follower(reference)?
            && other != *folder
            && other.exists()
            && !other.starts_with(self.absolute_path()?)
        {
            return Err(Error::refused(format!(
                "`{reference}` is checked out at {} already",
                other.display()
            )));
        }
        let named = self.admin_named_by(folder).ok();
        self.forget_worktree(folder)?;
        for admin in named.into_iter().chain(self.follower_admin(reference)?) {
            if admin.exists() {
                fs::remove_dir_all(&admin).doing(|| format!("remove {}", admin.display()))?;
            }
        }
        Ok(())
    }

    /// Forgets a worktree whose folder is gone or about to go. The branch and its commits stay.
    /// Nothing happens if the repository has no worktree there.
    pub fn forget_worktree(&self, folder: &Path) -> Result<()> {
        let folder = absolute(folder)?;
        let named = admin_name(&folder);
        for admin in self.admins()? {
            let is_its = match linked_folder(&admin) {
                Some(linked) => linked == folder,
                // What a power cut left of one in the making.
                None => name_of(&admin).trim_end_matches(|it: char| it.is_ascii_digit()) == named,
            };
            if is_its {
                fs::remove_dir_all(&admin).doing(|| format!("remove {}", admin.display()))?;
            }
        }
        Ok(())
    }

    /// The folder in which Git keeps what belongs to the worktree at `folder`, if it is one.
    pub fn worktree_admin(&self, folder: &Path) -> Result<Option<PathBuf>> {
        let folder = absolute(folder)?;
        let mut all = self.admins()?.into_iter();
        Ok(all.find(|admin| linked_folder(admin).is_some_and(|linked| linked == folder)))
    }

    /// Where Git will look for its own part of a worktree that was moved away as a whole: what its link names.
    pub fn admin_named_by(&self, folder: &Path) -> Result<PathBuf> {
        let link = folder.join(".git");
        let text = fs::read_to_string(&link).doing(|| format!("read {}", link.display()))?;
        let id =
            text.strip_prefix("gitdir:").map(str::trim).map(Path::new).and_then(Path::file_name);
        let id = id.ok_or_else(|| Error::failed(format!("understand {}", link.display())))?;
        Ok(self.path.join("worktrees").join(id))
    }

    /// Makes the two links between repository and worktree right again after either was moved (the whole root
    /// folder, most of the time). Cheap when they are right; call it at each start.
    pub fn repair_worktree(&self, folder: &Path) -> Result<()> {
        let folder = absolute(folder)?;
        let link = folder.join(".git");
        let text = fs::read_to_string(&link).doing(|| format!("read {}", link.display()))?;
        let id =
            text.strip_prefix("gitdir:").map(str::trim).map(Path::new).and_then(Path::file_name);
        let admin = id.map(|id| self.path.join("worktrees").join(id)).filter(|path| path.is_dir());
        let Some(admin) = admin else {
            return Err(Error::failed(format!(
                "find the worktree {} in the repository {}",
                folder.display(),
                self.path.display()
            )));
        };
        let admin = absolute(&admin)?;
        write_links(&self.absolute_path()?, &admin, &folder, &folder)?;
        mend_index(&admin, &folder)
    }

    /// Where all worktrees are.
    pub(super) fn worktrees(&self) -> Result<Vec<PathBuf>> {
        Ok(self.admins()?.iter().filter_map(|admin| linked_folder(admin)).collect())
    }

    /// Where the worktree that follows a branch is.
    fn follower(&self, reference: &str) -> Result<Option<PathBuf>> {
        let admin = self.follower_admin(reference)?;
        Ok(admin.map(|admin| linked_folder(&admin).unwrap_or(admin)))
    }

    /// Git's own folder of the worktree that follows a branch.
    fn follower_admin(&self, reference: &str) -> Result<Option<PathBuf>> {
        let mut all = self.admins()?.into_iter();
        Ok(all.find(|admin| {
            let head = fs::read_to_string(admin.join("HEAD")).unwrap_or_default();
            head.strip_prefix("ref:").is_some_and(|name| name.trim() == reference)
        }))
    }

    /// The folders in which Git keeps what belongs to one worktree.
    pub(super) fn admins(&self) -> Result<Vec<PathBuf>> {
        let all = self.path.join("worktrees");
        let entries = folder::entries(&all)?;
        Ok(entries.iter().map(fs::DirEntry::path).collect())
    }

    /// Makes a folder of Git's own for a new worktree, named after the worktree's place.
    fn new_admin(&self, folder: &Path) -> Result<PathBuf> {
        let name = admin_name(folder);
        let all = self.absolute_path()?.join("worktrees");
        fs::create_dir_all(&all).doing(|| format!("make {}", all.display()))?;
        let mut number = 0;
        loop {
            let admin =
                all.join(if number == 0 { name.clone() } else { format!("{name}{number}") });
            match fs::create_dir(&admin) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                made => {
                    return made
                        .map(|()| admin.clone())
                        .doing(|| format!("make {}", admin.display()));
                }
            }
        }
    }

    fn absolute_path(&self) -> Result<PathBuf> {
        absolute(&self.path)
    }
}

/// What Git's own folder of a worktree is called: by the last two parts of the worktree's place.
fn admin_name(folder: &Path) -> String {
    let names: Vec<_> = folder
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        })
        .collect();
    let name = names[names.len().saturating_sub(2)..].join("-");
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Writes both links. `files` is where the worktree's files are now, `folder` where they will be.
///
/// The worktree's link is relative, so that it survives a move of the root folder even without us. Git before 2.48
/// reads the way back only as an absolute path, which [`Repository::repair_worktree`] puts right.
fn write_links(repository: &Path, admin: &Path, folder: &Path, files: &Path) -> Result<()> {
    let to_admin = relative(folder, admin).unwrap_or_else(|| admin.to_owned());
    let slashes = |path: &Path| path.to_string_lossy().replace('\\', "/");
    let back = relative(admin, repository).unwrap_or_else(|| repository.to_owned());
    // libgit2 knows `/` only: with `\\` it takes the process's current folder for the worktree's.
    let link = folder.join(".git");
    let (to_admin, back, link) = if cfg!(windows) {
        (slashes(&to_admin), slashes(&back), slashes(&link))
    } else {
        (text(&to_admin)?, text(&back)?, text(&link)?)
    };
    write(&files.join(".git"), &format!("gitdir: {to_admin}\n"))?;
    write(&admin.join("commondir"), &format!("{back}\n"))?;
    write(&admin.join("gitdir"), &format!("{link}\n"))
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::refused(format!("the path {} is no text that Git could keep", path.display()))
    })
}

/// Writes a small file, if it is not so already. One that is replaced is in use: a worktree is lost without it.
fn write(file: &Path, content: &str) -> Result<()> {
    match fs::read_to_string(file) {
        Ok(present) if present == content => Ok(()),
        Ok(_) => durable::replace(file, content.as_bytes()),
        Err(_) => fs::write(file, content).doing(|| format!("write {}", file.display())),
    }
}

/// Where the worktree of an administrative folder is, or was.
pub(super) fn linked_folder(admin: &Path) -> Option<PathBuf> {
    let link = fs::read(admin.join("gitdir")).ok()?;
    let link = Some(link.trim_ascii_end()).filter(|it| !it.is_empty())?;
    let link = system_path(link).ok()?;
    let link = if link.is_relative() { admin.join(link) } else { link };
    Some(link.parent()?.to_owned())
}

/// An absolute path without links in its parents; the last part need not exist.
fn absolute(path: &Path) -> Result<PathBuf> {
    let doing = || format!("open {}", path.display());
    let path = std::path::absolute(path).doing(doing)?;
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent.exists() => {
            Ok(canonical(parent).doing(doing)?.join(name))
        }
        _ => Ok(path),
    }
}

#[cfg(unix)]
fn canonical(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// Git does not read the `\\?\` form.
#[cfg(windows)]
fn canonical(path: &Path) -> io::Result<PathBuf> {
    let path = fs::canonicalize(path)?;
    let plain = path.to_str().and_then(|text| text.strip_prefix(r"\\?\"));
    Ok(plain.filter(|text| !text.starts_with("UNC")).map_or(path.clone(), PathBuf::from))
}

/// The way from a folder to a path; none across drives. Both are absolute and hold no `..`.
fn relative(from: &Path, to: &Path) -> Option<PathBuf> {
    let common =
        from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    if common == 0 {
        return None;
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    Some(up.chain(to.components().skip(common)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_two_folders_goes_up_and_down() {
        let way = |from, to| relative(Path::new(from), Path::new(to)).expect("both are absolute");
        assert_eq!(
            way("/a/dev/code", "/a/repository.git/worktrees/x"),
            Path::new("../../repository.git/worktrees/x")
        );
        assert_eq!(way("/a/r/worktrees/x", "/a/r"), Path::new("../.."));
    }
}
