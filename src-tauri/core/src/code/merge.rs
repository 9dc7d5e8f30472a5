//! Merging and cherry-picking, in memory: no branch and no folder changes before the result is complete.
use super::{Author, Repository, find_commit, graph::Difference, signature, system_path};
use crate::error::{Doing, Error, Result};

/// How a merge went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The commit that holds the result. No branch is at it yet: move one there with [`super::update_worktree`]
    /// or [`Repository::move_reference`].
    Commit(String),
    /// Files that both sides changed in the same place, by path.
    Conflicts(Vec<ConflictFile>),
}

/// A file that can't be merged without a person. A side that has no such file (any more) is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictFile {
    /// The path in the code; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// What the branch that is merged into has.
    pub ours: Option<Vec<u8>>,
    /// What the merged commit has.
    pub theirs: Option<Vec<u8>>,
    /// What both came from.
    pub base: Option<Vec<u8>>,
}

/// How a person solved a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The path, as in [`ConflictFile`].
    pub path: String,
    /// What the file holds now; none deletes it.
    pub content: Option<Vec<u8>>,
}

impl Repository {
    /// Merges a commit into a branch, always with a merge commit, so that `log` shows the merge as one step.
    /// With `prefer_theirs`, lines that both changed are taken from the merged commit; a file that one side
    /// deleted and the other changed stays a conflict.
    ///
    /// # Errors
    /// Refused when the branch has all of the commit's history, or shares none with it.
    pub fn merge(
        &self,
        into_branch: &str,
        from_commit: &str,
        message: &str,
        author: &Author,
        prefer_theirs: bool,
    ) -> Result<Merged> {
        self.merge_resolved(into_branch, from_commit, message, author, prefer_theirs, &[])
    }

    /// Merges as [`Self::merge`] does, with the person's answers for files that conflict. A file with conflicts that
    /// has no answer is still a conflict.
    ///
    /// # Errors
    /// As those of [`Self::merge`]; an answer for a file that does not conflict is not found.
    pub fn merge_resolved(
        &self,
        into_branch: &str,
        from_commit: &str,
        message: &str,
        author: &Author,
        prefer_theirs: bool,
        answers: &[Answer],
    ) -> Result<Merged> {
        let git = self.open()?;
        let ours = find_commit(&git, &self.head(into_branch)?)?;
        let theirs = find_commit(&git, from_commit)?;
        let doing = || format!("merge {from_commit} into `{into_branch}`");
        if Difference::between(&git, ours.id(), theirs.id())?.count().1 == 0 {
            return Err(Error::refused(format!("there is nothing to merge into `{into_branch}`")));
        }
        match git.merge_base(ours.id(), theirs.id()) {
            Err(error) if error.code() == git2::ErrorCode::NotFound => {
                return Err(Error::refused(format!(
                    "{from_commit} and `{into_branch}` have no history in common"
                )));
            }
            found => found.doing(doing)?,
        };
        let mut options = git2::MergeOptions::new();
        if prefer_theirs {
            options.file_favor(git2::FileFavor::Theirs);
        }
        let mut index = git.merge_commits(&ours, &theirs, Some(&options)).doing(doing)?;
        for answer in answers {
            resolve(&git, &mut index, answer)?;
        }
        let by = signature(author)?;
        finish(&git, index, [&by, &by], message, &[&ours, &theirs])
    }

    /// Repeats the change of one commit on top of a branch; its author and message are kept. This is how a
    /// hotfix that is only on Test or Live comes to Dev.
    ///
    /// # Errors
    /// Refused for a merge commit (which of its sides is meant can't be known) and when the branch has the
    /// change already.
    pub fn cherry_pick(&self, into_branch: &str, commit: &str, by: &Author) -> Result<Merged> {
        let git = self.open()?;
        let ours = find_commit(&git, &self.head(into_branch)?)?;
        let picked = find_commit(&git, commit)?;
        let doing = || format!("bring {commit} to `{into_branch}`");
        if picked.parent_count() > 1 {
            return Err(Error::refused(format!("{commit} is a merge"))
                .hint("Merge it, or bring the commits that it merged."));
        }
        let index = git.cherrypick_commit(&picked, &ours, 0, None).doing(doing)?;
        let message = String::from_utf8_lossy(picked.message_bytes()).into_owned();
        let merged = finish(&git, index, [&picked.author(), &signature(by)?], &message, &[&ours])?;
        if let Merged::Commit(id) = &merged
            && find_commit(&git, id)?.tree_id() == ours.tree_id()
        {
            return Err(Error::refused(format!(
                "`{into_branch}` has the change of {commit} already"
            )));
        }
        Ok(merged)
    }
}

/// Puts an answer in the place of a conflict.
fn resolve(git: &git2::Repository, index: &mut git2::Index, answer: &Answer) -> Result<()> {
    let doing = || format!("solve the conflict in `{}`", answer.path);
    let mut found = None;
    for conflict in index.conflicts().doing(doing)? {
        let conflict = conflict.doing(doing)?;
        let side = conflict.our.or(conflict.their).or(conflict.ancestor);
        let is_it = |side: &git2::IndexEntry| String::from_utf8_lossy(&side.path) == answer.path;
        found = found.or(side.filter(is_it));
    }
    let mut entry = found.ok_or_else(|| Error::not_found("file with conflicts", &answer.path))?;
    index.conflict_remove(&system_path(&entry.path)?).doing(doing)?;
    if let Some(content) = &answer.content {
        entry.id = git.blob(content).doing(doing)?;
        // The stage of a conflict is kept in the flags.
        entry.flags = 0;
        entry.flags_extended = 0;
        index.add(&entry).doing(doing)?;
    }
    Ok(())
}

/// Makes the commit of a merged index, or lists its conflicts. `by` is author and committer.
fn finish(
    git: &git2::Repository,
    mut index: git2::Index,
    by: [&git2::Signature<'_>; 2],
    message: &str,
    parents: &[&git2::Commit<'_>],
) -> Result<Merged> {
    let doing = || "write the merged commit".to_owned();
    if index.has_conflicts() {
        return Ok(Merged::Conflicts(conflicts(git, &index)?));
    }
    let mut write = || -> Result<git2::Oid, git2::Error> {
        let tree = git.find_tree(index.write_tree_to(git)?)?;
        let message = git2::message_prettify(message.trim(), None)?;
        git.commit(None, by[0], by[1], &message, &tree, parents)
    };
    Ok(Merged::Commit(write().doing(doing)?.to_string()))
}

fn conflicts(git: &git2::Repository, index: &git2::Index) -> Result<Vec<ConflictFile>> {
    let doing = || "list the conflicts".to_owned();
    let content = |entry: &Option<git2::IndexEntry>| -> Result<Option<Vec<u8>>> {
        let Some(entry) = entry else { return Ok(None) };
        let blob = git.find_blob(entry.id).doing(doing)?;
        Ok(Some(blob.content().to_vec()))
    };
    let mut files = Vec::new();
    for conflict in index.conflicts().doing(doing)? {
        let conflict = conflict.doing(doing)?;
        let any = [&conflict.our, &conflict.their, &conflict.ancestor].into_iter().flatten().next();
        let path = any.map(|entry| String::from_utf8_lossy(&entry.path).into_owned());
        files.push(ConflictFile {
            path: path.unwrap_or_default(),
            ours: content(&conflict.our)?,
            theirs: content(&conflict.their)?,
            base: content(&conflict.ancestor)?,
        });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
