//! What in a commit's files can't be deployed, and what a person should know of them.
use std::collections::HashSet;

use super::{
    Repository,
    checkout::{check_link, is_plain_name, submodule},
    find_commit,
};
use crate::{
    error::{Doing, Error, Result},
    model::view::CodeWarning,
};

/// Longer paths don't fit below a root folder on Windows, where a whole path has 260 characters.
const LONGEST_PATH: usize = 180;

/// A pointer of Git LFS is smaller (its specification, version 1).
const LFS_POINTER: usize = 1024;
const LFS_BEGINS: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// Where file names differ by more than case, these systems see one file.
const FOLDS_CASE: bool = cfg!(any(windows, target_os = "macos"));

/// What was found in the files of a commit.
#[derive(Debug, Default)]
pub struct Inspection {
    /// Why it can't be checked out here: a submodule, a link that leaves the code, a name that no file can have.
    pub problem: Option<Error>,
    /// What hinders nothing here: Git LFS, long paths, names that differ by case only.
    pub warnings: Vec<CodeWarning>,
}

/// Files of one kind: the first, and how many there are.
#[derive(Default)]
struct Files {
    first: Option<String>,
    count: usize,
}

impl Files {
    fn add(&mut self, path: &[u8]) {
        self.first.get_or_insert_with(|| shown(path));
        self.count += 1;
    }

    /// "`a.png`" or "`a.png` and 3 more files".
    fn words(&self) -> Option<String> {
        let first = self.first.as_deref()?;
        Some(match self.count {
            1 => format!("`{first}`"),
            2 => format!("`{first}` and one more file"),
            count => format!("`{first}` and {} more files", count - 1),
        })
    }
}

#[derive(Default)]
struct Walk {
    problem: Option<Error>,
    long: Files,
    clashes: Files,
    uses_lfs: bool,
}

impl Repository {
    /// Looks through all files of a commit, without reading more of them than links and `.gitattributes`.
    pub fn inspect(&self, commit: &str) -> Result<Inspection> {
        let git = self.open()?;
        let tree = find_commit(&git, commit)?
            .tree()
            .doing(|| format!("read the files of the commit {commit}"))?;
        let mut walk = Walk::default();
        walk.folder(&git, &tree, &[])?;
        let mut warnings = Vec::new();
        if walk.uses_lfs {
            let mut pointers = Files::default();
            find_pointers(&git, &tree, &[], &mut pointers)?;
            warnings.extend(pointers.words().map(lfs));
        }
        if let (Some(words), false) = (walk.clashes.words(), FOLDS_CASE) {
            warnings.push(CodeWarning {
                message: format!("{words} has the name of another but for upper and lower case"),
                hint: "macOS and Windows see one file there; rename one with `git mv`.".into(),
            });
        }
        warnings.extend(walk.long.words().map(|words| CodeWarning {
            message: format!("the path of {words} is longer than {LONGEST_PATH} characters"),
            hint: "Windows can't check it out without long paths switched on.".into(),
        }));
        Ok(Inspection { problem: walk.problem, warnings })
    }
}

fn lfs(words: String) -> CodeWarning {
    CodeWarning {
        message: format!("{words} is kept by Git LFS: Git itself holds a pointer, no content"),
        hint: "Portico deploys what Git holds, so visitors get the pointer. `git lfs migrate \
               export --everything --include=\"*\"` brings the content back into Git."
            .into(),
    }
}

impl Walk {
    fn folder(
        &mut self,
        git: &git2::Repository,
        tree: &git2::Tree<'_>,
        parent: &[u8],
    ) -> Result<()> {
        let mut names = HashSet::with_capacity(tree.len());
        for entry in tree {
            let name = entry.name_bytes();
            let path = join(parent, name);
            if !names.insert(String::from_utf8_lossy(name).to_lowercase()) {
                self.clashes.add(&path);
                if FOLDS_CASE {
                    self.found(clash(&path));
                }
            }
            if !is_plain_name(name) {
                self.found(Error::refused(format!(
                    "the commit holds a file with the forbidden name `{}`",
                    shown(&path)
                )));
                continue;
            }
            match entry.kind() {
                Some(git2::ObjectType::Tree) => {
                    self.folder(git, &subtree(git, &entry, &path)?, &path)?;
                }
                Some(git2::ObjectType::Blob) => self.file(git, &entry, &path)?,
                _ => self.found(submodule(&shown(&path))),
            }
        }
        Ok(())
    }

    fn file(
        &mut self,
        git: &git2::Repository,
        entry: &git2::TreeEntry<'_>,
        path: &[u8],
    ) -> Result<()> {
        if path.len() > LONGEST_PATH {
            self.long.add(path);
        }
        let is_link = entry.filemode() == 0o120_000;
        if !is_link && entry.name_bytes() != b".gitattributes" {
            return Ok(());
        }
        let blob = git.find_blob(entry.id()).doing(|| format!("read `{}`", shown(path)))?;
        if !is_link {
            let lines = blob.content().split(|byte| *byte == b'\n');
            self.uses_lfs |= lines
                .filter(|line| !line.starts_with(b"#"))
                .any(|line| line.split(u8::is_ascii_whitespace).any(|word| word == b"filter=lfs"));
        } else if let Err(leaves) = check_link(path, blob.content()) {
            self.found(leaves);
        }
        Ok(())
    }

    /// The first one is the one to tell.
    fn found(&mut self, problem: Error) {
        self.problem.get_or_insert(problem);
    }
}

fn clash(path: &[u8]) -> Error {
    Error::refused(format!(
        "`{}` has the name of another file but for upper and lower case",
        shown(path)
    ))
    .hint("This system sees one file there; rename one of them on another system with `git mv`.")
}

fn find_pointers(
    git: &git2::Repository,
    tree: &git2::Tree<'_>,
    parent: &[u8],
    found: &mut Files,
) -> Result<()> {
    let odb = git.odb().doing(|| "open the repository's objects".into())?;
    for entry in tree {
        let path = join(parent, entry.name_bytes());
        let doing = || format!("read `{}`", shown(&path));
        match entry.kind() {
            Some(git2::ObjectType::Tree) => {
                find_pointers(git, &subtree(git, &entry, &path)?, &path, found)?;
            }
            Some(git2::ObjectType::Blob) => {
                let (size, _) = odb.read_header(entry.id()).doing(doing)?;
                if size < LFS_POINTER
                    && odb.read(entry.id()).doing(doing)?.data().starts_with(LFS_BEGINS)
                {
                    found.add(&path);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn subtree<'git>(
    git: &'git git2::Repository,
    entry: &git2::TreeEntry<'_>,
    path: &[u8],
) -> Result<git2::Tree<'git>> {
    git.find_tree(entry.id()).doing(|| format!("read the folder `{}`", shown(path)))
}

fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(parent.len() + 1 + name.len());
    if !parent.is_empty() {
        path.extend_from_slice(parent);
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
