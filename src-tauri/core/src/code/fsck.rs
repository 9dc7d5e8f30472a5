//! Looks through a whole repository, as `git fsck` does, but goes on after the first thing that is broken, and knows
//! where a broken reference was before. The machine may have no Git.
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use git2::{ObjectType, Oid};

use super::Repository;
use crate::{
    error::{Doing, Result},
    progress::{Meter, Unit},
};

/// What was found in a repository.
#[derive(Debug, Default)]
pub struct Checked {
    /// Whether HEAD, or one of the folders without which Git sees no repository, is missing or damaged.
    pub is_headless: bool,
    /// Whether the file of packed references can't be read.
    pub is_unpacked: bool,
    /// References that can't be read, whose object can't, or that are gone though their log is there.
    pub references: Vec<BrokenReference>,
    /// Objects that can't be read, or are not what their name says.
    pub objects: Vec<String>,
    /// How many commits are whole.
    pub commits: u64,
}

/// A reference that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenReference {
    /// `refs/heads/…`, `refs/tags/…`
    pub name: String,
    /// The last object it was at, as far as its log tells, that can be read.
    pub was: Option<String>,
}

impl Repository {
    /// Looks through all references and everything that can be reached from them. Reads every object once.
    ///
    /// # Errors
    /// Cancelled; what is broken is no error here.
    pub fn check(&self, meter: Meter<'_>) -> Result<Checked> {
        let mut found = Checked { is_headless: !self.has_skeleton(), ..Checked::default() };
        let git = match found.is_headless {
            false => git2::Repository::open(&self.path).ok(),
            true => None,
        };
        let Some(git) = git else {
            found.is_headless = true;
            found.references = self.logged_references(None, &HashSet::new());
            return Ok(found);
        };
        found.is_unpacked = git.references().is_err();
        let odb = git.odb().doing(|| "open the repository's objects".into())?;
        let mut names: HashSet<String> = loose_references(&self.path.join("refs"), "refs");
        if let Ok(references) = git.references() {
            names.extend(references.flatten().filter_map(|it| Some(it.name().ok()?.to_owned())));
        }
        let mut walk =
            Walk { odb: &odb, seen: HashSet::new(), broken: Vec::new(), commits: 0, meter };
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        for name in &names {
            meter.check()?;
            let target = git.find_reference(name).and_then(|it| it.resolve()).ok();
            let target = target.and_then(|it| it.target());
            match target.filter(|id| walk.is_whole(*id)) {
                Some(id) => walk.from(id)?,
                None => found.references.push(BrokenReference {
                    was: self.last_logged(Some(&odb), name),
                    name: name.clone(),
                }),
            }
        }
        found.references.extend(self.logged_references(Some(&odb), &names.into_iter().collect()));
        for was in found.references.iter().filter_map(|it| it.was.as_deref()) {
            walk.from(Oid::from_str(was).doing(|| format!("read the id {was}"))?)?;
        }
        found.objects = walk.broken.iter().map(Oid::to_string).collect();
        found.commits = walk.commits;
        Ok(found)
    }

    /// Whether there is what makes a folder a repository for Git.
    fn has_skeleton(&self) -> bool {
        let head = fs::read_to_string(self.path.join("HEAD")).unwrap_or_default();
        head.trim().starts_with("ref: refs/heads/")
            && ["objects", "refs"].iter().all(|it| self.path.join(it).is_dir())
    }

    /// References that have a log and are not among those `known`.
    fn logged_references(
        &self,
        odb: Option<&git2::Odb<'_>>,
        known: &HashSet<String>,
    ) -> Vec<BrokenReference> {
        let logged = loose_references(&self.path.join("logs/refs"), "refs");
        let mut gone: Vec<String> = logged.into_iter().filter(|it| !known.contains(it)).collect();
        gone.sort();
        let with_log = gone.into_iter().map(|name| {
            let was = self.last_logged(odb, &name);
            BrokenReference { name, was }
        });
        // A log that ends with nothing is of a reference that was taken away.
        with_log.filter(|it| it.was.is_some()).collect()
    }

    /// Where a reference was last, by its log (or the log of the worktree that follows it), that can be read.
    pub fn last_seen(&self, name: &str) -> Option<String> {
        let git = self.open().ok()?;
        let odb = git.odb().ok()?;
        self.last_logged(Some(&odb), name)
    }

    fn last_logged(&self, odb: Option<&git2::Odb<'_>>, name: &str) -> Option<String> {
        let own = self.path.join("logs").join(name);
        let followers = self.admins().unwrap_or_default().into_iter().filter(|admin| {
            let head = fs::read_to_string(admin.join("HEAD")).unwrap_or_default();
            head.strip_prefix("ref:").is_some_and(|it| it.trim() == name)
        });
        let logs = std::iter::once(own).chain(followers.map(|admin| admin.join("logs/HEAD")));
        logs.into_iter().find_map(|log| last_of_log(&log, odb))
    }
}

/// The newest id in a log whose object can be read.
fn last_of_log(log: &Path, odb: Option<&git2::Odb<'_>>) -> Option<String> {
    let text = String::from_utf8_lossy(&fs::read(log).ok()?).into_owned();
    let lines = text.lines().rev().filter(|line| line.len() > 81);
    let mut ids = lines.flat_map(|line| [line.get(41..81), line.get(..40)]).flatten();
    let is_usable = |id: &&str| {
        let Ok(id) = Oid::from_str(id) else { return false };
        !id.is_zero() && odb.is_none_or(|odb| odb.read(id).is_ok())
    };
    ids.find(is_usable).map(str::to_owned)
}

/// The names of all files below a folder, as references are named.
fn loose_references(folder: &Path, name: &str) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut waiting: Vec<(PathBuf, String)> = vec![(folder.to_path_buf(), name.to_owned())];
    while let Some((folder, parent)) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = format!("{parent}/{}", entry.file_name().to_string_lossy());
            let is_lock = name.ends_with(".lock");
            match entry.path().is_dir() {
                true => waiting.push((entry.path(), name)),
                false if !is_lock => _ = names.insert(name),
                false => {}
            }
        }
    }
    names
}

/// One walk through everything that can be reached.
struct Walk<'a> {
    odb: &'a git2::Odb<'a>,
    seen: HashSet<Oid>,
    broken: Vec<Oid>,
    commits: u64,
    meter: Meter<'a>,
}

impl Walk<'_> {
    /// Whether an object can be read and is what its name says.
    fn is_whole(&self, id: Oid) -> bool {
        self.read(id).is_some()
    }

    fn read(&self, id: Oid) -> Option<git2::OdbObject<'_>> {
        let object = self.odb.read(id).ok()?;
        let real = Oid::hash_object(object.kind(), object.data()).ok()?;
        (real == id).then_some(object)
    }

    /// Looks at an object and all that it leads to.
    fn from(&mut self, id: Oid) -> Result<()> {
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            if self.seen.len().is_multiple_of(256) {
                self.meter.check()?;
                self.meter.progress(self.seen.len() as u64, None, Unit::Files);
            }
            let next = self.read(id).map(|object| {
                let kind = object.kind();
                (kind, links(kind, object.data()))
            });
            match next {
                None => self.broken.push(id),
                Some((kind, next)) => {
                    self.commits += u64::from(kind == ObjectType::Commit);
                    waiting.extend(next);
                }
            }
        }
        Ok(())
    }
}

/// What an object leads to: a commit to its tree and parents, a tag to its object, a tree to what is in it.
fn links(kind: ObjectType, data: &[u8]) -> Vec<Oid> {
    match kind {
        ObjectType::Commit | ObjectType::Tag => data
            .split(|byte| *byte == b'\n')
            .take_while(|line| !line.is_empty())
            .filter_map(|line| {
                let line = std::str::from_utf8(line).ok()?;
                let (word, id) = line.split_once(' ')?;
                let leads = ["tree", "parent", "object"].contains(&word);
                if leads { Oid::from_str(id).ok() } else { None }
            })
            .collect(),
        ObjectType::Tree => in_tree(data),
        _ => Vec::new(),
    }
}

/// The objects that a tree names: `<mode> <name>\0<20 bytes>`, one after the other. Submodules are elsewhere.
fn in_tree(mut data: &[u8]) -> Vec<Oid> {
    let mut ids = Vec::new();
    while let Some(end) = memchr::memchr(0, data) {
        let Some(id) = data.get(end + 1..end + 21) else { break };
        if !data.starts_with(b"160000 ") {
            ids.extend(Oid::from_bytes(id).ok());
        }
        data = &data[end + 21..];
    }
    ids
}
