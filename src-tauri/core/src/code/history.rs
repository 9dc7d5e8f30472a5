//! Reading commits: one, a log, the distance between two, a file at one.
use std::{
    collections::{BinaryHeap, HashMap, HashSet},
    path::Path,
};

use super::{Distance, Repository, find_commit, graph::Difference, stored, timestamp};
use crate::{
    error::{Doing, Error, Result},
    model::view::{CommitInfo, CommitRow},
};

impl Repository {
    /// The commit a branch is at.
    pub fn head(&self, branch: &str) -> Result<String> {
        self.reference(&format!("refs/heads/{branch}"))?
            .ok_or_else(|| Error::not_found("branch", branch))
    }

    /// One commit.
    pub fn commit(&self, commit: &str) -> Result<CommitRow> {
        let git = self.open()?;
        let commit = find_commit(&git, commit)?;
        Ok(row(&commit, &tags(&git)?))
    }

    /// Whether the repository holds a commit.
    pub fn has_commit(&self, commit: &str) -> Result<bool> {
        let git = self.open()?;
        Ok(find_commit(&git, commit).is_ok())
    }

    /// The commits that a commit came from.
    pub fn parents(&self, commit: &str) -> Result<Vec<String>> {
        let git = self.open()?;
        let commit = find_commit(&git, commit)?;
        Ok(commit.parent_ids().map(|id| id.to_string()).collect())
    }

    /// The whole id of a commit that is named by the beginning of it, four hex digits at least.
    pub fn whole_id(&self, beginning: &str) -> Result<String> {
        let is_hex = beginning.bytes().all(|it| it.is_ascii_hexdigit());
        if !is_hex || !(4..=40).contains(&beginning.len()) {
            return Err(Error::not_found("commit", beginning));
        }
        match self.open()?.find_commit_by_prefix(beginning) {
            Ok(commit) => Ok(commit.id().to_string()),
            Err(error) if error.code() == git2::ErrorCode::Ambiguous => {
                Err(Error::usage(format!("several commits begin with `{beginning}`"))
                    .hint("Give more of its digits."))
            }
            Err(_) => Err(Error::not_found("commit", beginning)),
        }
    }

    /// A commit with its whole message and what it changed.
    pub fn commit_in_full(&self, commit: &str) -> Result<CommitInfo> {
        let git = self.open()?;
        let found = find_commit(&git, commit)?;
        Ok(CommitInfo {
            row: row(&found, &tags(&git)?),
            message: String::from_utf8_lossy(found.message_bytes()).trim().to_owned(),
            email: String::from_utf8_lossy(found.author().email_bytes()).into_owned(),
            parents: found.parent_ids().map(|id| id.to_string()).collect(),
            files: self.commit_changes(commit)?,
        })
    }

    /// The commit that a branch or a tag is at.
    pub fn named(&self, name: &str) -> Result<String> {
        let git = self.open()?;
        let found = ["refs/heads", "refs/tags"]
            .iter()
            .find_map(|folder| git.find_reference(&format!("{folder}/{name}")).ok());
        let reference = found.ok_or_else(|| Error::not_found("branch or tag", name))?;
        let commit = reference.peel_to_commit().doing(|| format!("read `{name}`"))?;
        Ok(commit.id().to_string())
    }

    /// Whether the commit tracks anything at or below `path`.
    pub fn tracks(&self, commit: &str, path: &str) -> Result<bool> {
        let git = self.open()?;
        Ok(entry(&git, commit, path)?.is_some())
    }

    /// A file's bytes in a commit, if it is there; none for a folder or a link.
    pub fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>> {
        let git = self.open()?;
        let Some(entry) = entry(&git, commit, path)? else { return Ok(None) };
        if entry.kind() != Some(git2::ObjectType::Blob) || entry.filemode() == 0o120_000 {
            return Ok(None);
        }
        let blob =
            git.find_blob(entry.id()).doing(|| format!("read `{path}` of the commit {commit}"))?;
        Ok(Some(blob.content().to_vec()))
    }

    /// Commits from `commit` down the first parents, newest first (labels left empty), at most `limit`.
    pub fn log(&self, commit: &str, limit: usize) -> Result<Vec<CommitRow>> {
        let git = self.open()?;
        let tags = tags(&git)?;
        let odb = git.odb().doing(|| "open the objects".into())?;
        let mut rows = Vec::new();
        let mut next = Some(find_commit(&git, commit)?.id());
        while let Some(id) = next.filter(|_| rows.len() < limit) {
            let read = stored::read(&odb, id, &tags).or_else(|| {
                let commit = git.find_commit(id).ok()?;
                Some((row(&commit, &tags), commit.parent_id(0).ok()))
            });
            // A shallow history ends where the parent is not there.
            let Some((row, parent)) = read else { break };
            rows.push(row);
            next = parent;
        }
        Ok(rows)
    }

    /// How far two commits are apart.
    pub fn distance(&self, one: &str, other: &str) -> Result<Distance> {
        let git = self.open()?;
        let (one, other) = (find_commit(&git, one)?.id(), find_commit(&git, other)?.id());
        let (ahead, behind) = Difference::between(&git, one, other)?.count();
        Ok(Distance { ahead, behind })
    }

    /// How many commits a history has.
    pub fn length(&self, commit: &str) -> Result<u64> {
        let git = self.open()?;
        let commit = find_commit(&git, commit)?.id();
        let count = || -> Result<u64, git2::Error> {
            let mut walk = git.revwalk()?;
            walk.push(commit)?;
            walk.try_fold(0, |sum, id| id.map(|_| sum + 1))
        };
        count().doing(|| format!("count the commits of {commit}"))
    }

    /// Commits that `has` contains and `lacks` does not, newest first, at most `limit`; all of `has` when `lacks` is none.
    pub fn missing(&self, has: &str, lacks: Option<&str>, limit: usize) -> Result<Vec<CommitRow>> {
        let git = self.open()?;
        let doing = || format!("list the commits of {has}");
        let has = find_commit(&git, has)?.id();
        let ids = match lacks {
            Some(lacks) => {
                let mut ids =
                    Difference::between(&git, has, find_commit(&git, lacks)?.id())?.only_one();
                ids.truncate(limit);
                ids
            }
            None => newest(&git, has, limit)?,
        };
        let tags = tags(&git)?;
        ids.into_iter().map(|id| Ok(row(&git.find_commit(id).doing(doing)?, &tags))).collect()
    }
}

/// The commits of a history, newest first, at most `limit`. libgit2 would read all of them to sort the first.
fn newest(git: &git2::Repository, from: git2::Oid, limit: usize) -> Result<Vec<git2::Oid>> {
    let date = |id: git2::Oid| Some((git.find_commit(id).ok()?.time().seconds(), id));
    let mut waiting: BinaryHeap<_> = date(from).into_iter().collect();
    let (mut seen, mut ids) = (HashSet::from([from]), Vec::new());
    while ids.len() < limit
        && let Some((_, id)) = waiting.pop()
    {
        ids.push(id);
        let commit = git.find_commit(id).doing(|| format!("read the commit {id}"))?;
        // A shallow history ends where the parents are not there.
        waiting.extend(commit.parent_ids().filter(|it| seen.insert(*it)).filter_map(date));
    }
    Ok(ids)
}

fn entry(
    git: &git2::Repository,
    commit: &str,
    path: &str,
) -> Result<Option<git2::TreeEntry<'static>>> {
    let doing = || format!("look for `{path}` in the commit {commit}");
    let commit = find_commit(git, commit)?;
    match commit.tree().doing(doing)?.get_path(Path::new(path.trim_matches('/'))) {
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        found => found.map(Some).doing(doing),
    }
}

pub(super) fn row(commit: &git2::Commit<'_>, tags: &HashMap<git2::Oid, Vec<String>>) -> CommitRow {
    CommitRow {
        commit: commit.id().to_string(),
        subject: String::from_utf8_lossy(commit.message_bytes())
            .trim_start()
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_owned(),
        author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
        date: timestamp(commit.time()),
        tags: tags.get(&commit.id()).cloned().unwrap_or_default(),
        labels: Vec::new(),
    }
}

/// `pantheon_…` tags by the commit they are on.
pub(super) fn tags(git: &git2::Repository) -> Result<HashMap<git2::Oid, Vec<String>>> {
    let doing = || "read the tags".to_owned();
    let mut tags: HashMap<git2::Oid, Vec<String>> = HashMap::new();
    for reference in git.references_glob("refs/tags/pantheon_*").doing(doing)? {
        let reference = reference.doing(doing)?;
        // A tag may be on anything; those on no commit label none.
        let Ok(commit) = reference.peel_to_commit() else { continue };
        let name = String::from_utf8_lossy(reference.shorthand_bytes()).into_owned();
        tags.entry(commit.id()).or_default().push(name);
    }
    for names in tags.values_mut() {
        names.sort();
    }
    Ok(tags)
}
