//! Code that comes into a writable environment: how it is combined, what conflicts, and how a person solves that.
use std::fs;

use super::request::quote;
use super::{
    Context, bring_to_dev, merge,
    merge::{Target, Way},
    request::{self, Request, Resolution},
    upstream,
};
use crate::{
    code::{self, Answer, Choices, ConflictFile, Merged, Take},
    error::{Doing, Error, Result},
    model::{
        ConnectionMode,
        view::{CommitRow, Conflict, MergePlan, Side},
    },
};

/// Commits that a plan lists; the count says how many there are in all.
const LISTED: usize = 200;
/// Bytes of a side that are shown; nobody merges a longer text by hand.
const SHOWN: usize = 1024 * 1024;

/// What comes, and where.
pub(super) struct Incoming {
    pub(super) target: Target,
    /// Where it comes from, for messages.
    pub(super) from: String,
    /// The commit that comes.
    pub(super) commit: String,
    pub(super) how: How,
    /// The command that brings it in a person's clone.
    pub(super) by_hand: String,
}

/// How it is combined with what the environment has.
pub(super) enum How {
    Merge {
        message: String,
    },
    /// These commits are repeated, oldest first.
    Pick {
        commits: Vec<CommitRow>,
    },
}

impl Incoming {
    /// How many commits come.
    pub(super) fn count(&self, context: &Context) -> Result<u64> {
        match &self.how {
            How::Merge { .. } => {
                let repository = context.repository(&self.target.site.name);
                Ok(repository.distance(&self.commit, &self.target.commit)?.ahead)
            }
            How::Pick { commits } => Ok(commits.len() as u64),
        }
    }

    /// They, newest first.
    fn commits(&self, context: &Context) -> Result<Vec<CommitRow>> {
        match &self.how {
            How::Merge { .. } => {
                let repository = context.repository(&self.target.site.name);
                repository.missing(&self.commit, Some(&self.target.commit), LISTED)
            }
            How::Pick { commits } => Ok(commits.iter().rev().cloned().collect()),
        }
    }

    fn combine(&self, context: &Context, choices: &Choices) -> Result<Merged> {
        let repository = context.repository(&self.target.site.name);
        let (branch, by) = (&self.target.branch, code::default_author());
        match &self.how {
            How::Merge { message } => repository.merge(branch, &self.commit, message, &by, choices),
            How::Pick { commits } => {
                let commits: Vec<String> = commits.iter().map(|it| it.commit.clone()).collect();
                repository.cherry_pick(branch, &commits, &by, &choices.answers)
            }
        }
    }

    /// The combined commit; no branch is at it yet.
    ///
    /// # Errors
    /// Refused, with the files in the causes, when some conflict and have no answer.
    pub(super) fn combined(&self, context: &Context, choices: &Choices) -> Result<String> {
        match self.combine(context, choices)? {
            Merged::Commit(commit) => Ok(commit),
            Merged::Conflicts(files) => Err(self.refused(context, &files)),
        }
    }

    fn refused(&self, context: &Context, files: &[ConflictFile]) -> Error {
        let address = self.target.address();
        let commands = self.commands(context);
        let commands: Vec<String> = commands.iter().map(|it| format!("`{it}`")).collect();
        let mut error = Error::refused(format!(
            "{} and {address} changed the same lines; nothing was merged",
            self.from
        ))
        .hint(format!(
            "Solve each with `--resolve <file>=ours|theirs|<path>`, or by hand: {}.",
            commands.join(", ")
        ));
        error.causes =
            merge::listed(files.iter().map(|it| format!("conflict in {}", it.path)).collect());
        error
    }

    /// What a person types to do it by hand.
    fn commands(&self, context: &Context) -> Vec<String> {
        let target = &self.target;
        let repository = context.layout.repository(&target.site.name).display().to_string();
        let mode = format!("portico connection:set {} git", target.address());
        let is_edited = target.environment.connection_mode == Some(ConnectionMode::Sftp);
        let go_on = match self.how {
            How::Merge { .. } => "git commit -a",
            How::Pick { .. } => "git add -A && git cherry-pick --continue",
        };
        let rest = [
            format!("git clone {} merge", quote(&repository)),
            "cd merge".to_owned(),
            format!("git switch {}", target.branch),
            self.by_hand.clone(),
            go_on.to_owned(),
            "git push".to_owned(),
        ];
        is_edited.then_some(mode).into_iter().chain(rest).collect()
    }
}

/// A person's answers as the merge takes them.
///
/// # Errors
/// Refused for a text that still has the markers of a conflict.
pub(super) fn choices(resolve: &[Resolution], prefer_theirs: bool) -> Result<Choices> {
    let answers = resolve.iter().map(answer).collect::<Result<_>>()?;
    Ok(Choices { prefer_theirs, answers })
}

fn answer(resolution: &Resolution) -> Result<Answer> {
    let content = |content: Vec<u8>| {
        if has_markers(&content) {
            return Err(Error::refused(format!(
                "the text for `{}` still has the markers of a conflict",
                resolution.file
            ))
            .hint("Keep the lines that you want, and delete those that begin with `<<<<<<<`, `=======` and `>>>>>>>`."));
        }
        Ok(Take::Content(content))
    };
    let take = match &resolution.take {
        request::Take::Ours => Take::Ours,
        request::Take::Theirs => Take::Theirs,
        request::Take::Text(text) => content(text.clone().into_bytes())?,
        request::Take::File(path) => content(fs::read(path).doing(|| format!("read {path}"))?)?,
    };
    Ok(Answer { path: resolution.file.clone(), take })
}

fn has_markers(content: &[u8]) -> bool {
    let begins = |with: &[u8]| content.split(|it| *it == b'\n').any(|line| line.starts_with(with));
    begins(b"<<<<<<< ") && begins(b">>>>>>> ")
}

/// What a request that brings code would do, for people to look at before.
pub fn merge_plan(context: &Context, wanted: &Request) -> Result<MergePlan> {
    let (incoming, resolve, prefer_theirs) = match wanted {
        Request::MergeToDev(it) => {
            (merge::incoming(context, &it.merge, Way::ToDev)?, &it.merge.resolve, false)
        }
        Request::MergeFromDev(it) => {
            (merge::incoming(context, &it.merge, Way::FromDev)?, &it.merge.resolve, false)
        }
        Request::ApplyUpstream(it) => {
            (upstream::last_seen(context, it)?, &it.resolve, it.accept_upstream)
        }
        Request::BringToDev(it) => (bring_to_dev::incoming(context, it)?, &it.resolve, false),
        other => return Err(Error::usage(format!("{} is no merge", other.kind()))),
    };
    let count = incoming.count(context)?;
    let conflicts = match count {
        0 => Vec::new(),
        _ => match incoming.combine(context, &choices(resolve, prefer_theirs)?)? {
            Merged::Commit(_) => Vec::new(),
            Merged::Conflicts(files) => files,
        },
    };
    let into = incoming.target.environment.name.title();
    let conflicts =
        conflicts.iter().map(|it| shown(it, into, &incoming.from)).collect::<Result<_>>()?;
    let folder = super::running::code_folder(context, &incoming.target.environment);
    Ok(MergePlan {
        into: incoming.target.address(),
        commits: incoming.commits(context)?,
        count,
        uncommitted: code::count_changes(&folder)?,
        conflicts,
        by_hand: incoming.commands(context),
        from: incoming.from,
    })
}

fn shown(file: &ConflictFile, ours: &str, theirs: &str) -> Result<Conflict> {
    let side = |bytes: &Option<Vec<u8>>| {
        bytes.as_ref().map(|it| Side { bytes: it.len() as u64, text: text(it) })
    };
    let both_are_text = [&file.ours, &file.theirs]
        .iter()
        .all(|it| it.as_ref().is_some_and(|it| text(it).is_some()));
    let merged = if both_are_text { file.with_markers(ours, theirs)? } else { None };
    Ok(Conflict {
        file: file.path.clone(),
        ours: side(&file.ours),
        theirs: side(&file.theirs),
        base: side(&file.base),
        merged: merged.and_then(|it| String::from_utf8(it).ok()),
    })
}

/// A file's text, unless it is binary or very long.
fn text(bytes: &[u8]) -> Option<String> {
    let is_text = bytes.len() <= SHOWN && !bytes.contains(&0);
    is_text.then(|| std::str::from_utf8(bytes).ok().map(str::to_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_markers_solves_nothing() {
        let with = |text: &str| {
            let take = request::Take::Text(text.into());
            choices(&[Resolution { file: "a".into(), take }], false)
        };
        assert!(with("<<<<<<< Dev\na\n=======\nb\n>>>>>>> blog\n").is_err());
        assert!(with("Title\n=======\n").is_ok(), "an underlined heading is none");
    }

    #[test]
    fn what_is_no_text_is_not_shown() {
        assert_eq!(text(b"a\n").as_deref(), Some("a\n"));
        assert_eq!(text(b"a\0"), None);
        assert_eq!(text(b"\xff"), None);
    }
}
