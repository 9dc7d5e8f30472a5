//! Merging and cherry-picking, in memory: no branch and no folder changes before the result is complete.
use super::{Author, Repository, find_commit, graph::Difference, signature, system_path};
use crate::{
    error::{Doing, Error, Result},
    model::view::CommitRow,
};

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

/// How a person solved the conflict in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The path, as in [`ConflictFile`].
    pub path: String,
    /// What the file holds now.
    pub take: Take,
}

/// What a file with conflicts holds in the end. A side that has no such file deletes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// What the branch has.
    Ours,
    /// What comes.
    Theirs,
    /// Something else.
    Content(Vec<u8>),
}

/// How conflicts are solved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Lines that both changed are taken from what comes; a file that one side deleted and the other changed stays a
    /// conflict.
    pub prefer_theirs: bool,
    /// The person's answers, file by file. A file with conflicts that has no answer is still a conflict.
    pub answers: Vec<Answer>,
}

impl Repository {
    /// Merges a commit into a branch, always with a merge commit, so that `log` shows the merge as one step.
    ///
    /// # Errors
    /// Refused when the branch has all of the commit's history, or shares none with it; an answer for a file that
    /// does not conflict is not found.
    pub fn merge(
        &self,
        into_branch: &str,
        from_commit: &str,
        message: &str,
        author: &Author,
        choices: &Choices,
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
        if choices.prefer_theirs {
            options.file_favor(git2::FileFavor::Theirs);
        }
        let mut index = git.merge_commits(&ours, &theirs, Some(&options)).doing(doing)?;
        for answer in &choices.answers {
            if !resolve(&git, &mut index, answer)? {
                return Err(Error::not_found("file with conflicts", &answer.path));
            }
        }
        let by = signature(author)?;
        finish(&git, index, [&by, &by], message, &[&ours, &theirs])
    }

    /// Repeats the changes of commits, oldest first, on top of a branch; author and message of each are kept, and the
    /// message says where it came from, as `git cherry-pick -x` does. This is how a hotfix that is only on Test or
    /// Live comes to Dev. An answer counts for its file in every one of them.
    ///
    /// # Errors
    /// Refused for a merge commit: which of its sides is meant can't be known.
    pub fn cherry_pick(
        &self,
        into_branch: &str,
        commits: &[String],
        by: &Author,
        answers: &[Answer],
    ) -> Result<Merged> {
        let git = self.open()?;
        let by = signature(by)?;
        let mut onto = self.head(into_branch)?;
        for commit in commits {
            let ours = find_commit(&git, &onto)?;
            let picked = find_commit(&git, commit)?;
            if picked.parent_count() > 1 {
                return Err(Error::refused(format!("{commit} is a merge"))
                    .hint("Merge it, or bring the commits that it merged."));
            }
            let doing = || format!("bring {commit} to `{into_branch}`");
            let mut index = git.cherrypick_commit(&picked, &ours, 0, None).doing(doing)?;
            for answer in answers {
                resolve(&git, &mut index, answer)?;
            }
            let message = String::from_utf8_lossy(picked.message_bytes());
            let message = format!("{}\n\n{PICKED}{commit})", message.trim_end());
            match finish(&git, index, [&picked.author(), &by], &message, &[&ours])? {
                Merged::Commit(made) => onto = made,
                conflicts => return Ok(conflicts),
            }
        }
        Ok(Merged::Commit(onto))
    }

    /// Commits that `has` contains and `lacks` does not, newest first, but for those whose changes it got by
    /// [`Self::cherry_pick`] (or `git cherry-pick -x`).
    pub fn unpicked(&self, has: &str, lacks: &str, limit: usize) -> Result<Vec<CommitRow>> {
        let mut missing = self.missing(has, Some(lacks), limit)?;
        if missing.is_empty() {
            return Ok(missing);
        }
        let git = self.open()?;
        let (has, lacks) = (find_commit(&git, has)?.id(), find_commit(&git, lacks)?.id());
        for other in Difference::between(&git, lacks, has)?.only_one() {
            let commit = git.find_commit(other).doing(|| format!("read the commit {other}"))?;
            let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
            missing.retain(|it| !message.contains(&format!("{PICKED}{})", it.commit)));
        }
        Ok(missing)
    }
}

/// How `git cherry-pick -x` begins the line that names the commit.
const PICKED: &str = "(cherry picked from commit ";

impl ConflictFile {
    /// The file with both sides between markers, as `git merge` leaves it; none when a side is missing.
    pub fn with_markers(&self, ours: &str, theirs: &str) -> Result<Option<Vec<u8>>> {
        let (Some(our), Some(their)) = (&self.ours, &self.theirs) else { return Ok(None) };
        let input = |content| {
            let mut input = git2::MergeFileInput::new();
            input.content(content);
            input
        };
        let base = self.base.as_deref().unwrap_or_default();
        let mut options = git2::MergeFileOptions::new();
        options.our_label(ours).their_label(theirs);
        let merged = git2::merge_file(&input(base), &input(our), &input(their), Some(&mut options))
            .doing(|| format!("merge `{}`", self.path))?;
        Ok(Some(merged.content().to_vec()))
    }
}

fn path_of(conflict: &git2::IndexConflict) -> &[u8] {
    let mut sides = [&conflict.our, &conflict.their, &conflict.ancestor].into_iter().flatten();
    sides.next().map_or(&[], |side| &side.path)
}

/// Puts an answer in the place of a conflict; answers whether there was one.
fn resolve(git: &git2::Repository, index: &mut git2::Index, answer: &Answer) -> Result<bool> {
    let doing = || format!("solve the conflict in `{}`", answer.path);
    let mut found = None;
    for conflict in index.conflicts().doing(doing)? {
        let conflict = conflict.doing(doing)?;
        if String::from_utf8_lossy(path_of(&conflict)) == answer.path {
            found = Some(conflict);
        }
    }
    let Some(conflict) = found else { return Ok(false) };
    index.conflict_remove(&system_path(path_of(&conflict))?).doing(doing)?;
    let entry = match &answer.take {
        Take::Ours => conflict.our,
        Take::Theirs => conflict.their,
        Take::Content(content) => {
            let mut entry = conflict.our.or(conflict.their).or(conflict.ancestor);
            if let Some(entry) = &mut entry {
                entry.id = git.blob(content).doing(doing)?;
            }
            entry
        }
    };
    if let Some(mut entry) = entry {
        // The stage of a conflict is kept in the flags.
        entry.flags = 0;
        entry.flags_extended = 0;
        index.add(&entry).doing(doing)?;
    }
    Ok(true)
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
        files.push(ConflictFile {
            path: String::from_utf8_lossy(path_of(&conflict)).into_owned(),
            ours: content(&conflict.our)?,
            theirs: content(&conflict.their)?,
            base: content(&conflict.ancestor)?,
        });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
