//! Tags and references.
use super::{Author, DeployTag, Repository, find_commit, oid, signature, timestamp};
use crate::{
    durable,
    error::{Doing, Error, Result},
};

impl Repository {
    /// Deploy tags of an environment (`test`, `live`), highest number first. Other names that only
    /// look alike (`pantheon_test_x`, `pantheon_test_07`) are none.
    pub fn deploy_tags(&self, environment: &str) -> Result<Vec<DeployTag>> {
        let git = self.open()?;
        let prefix = format!("refs/tags/pantheon_{environment}_");
        let doing = || format!("read the deploy tags of `{environment}`");
        let mut tags = Vec::new();
        for reference in git.references_glob(&format!("{prefix}*")).doing(doing)? {
            let reference = reference.doing(doing)?;
            let Ok(name) = reference.name() else { continue };
            let Some(number) = name.strip_prefix(&prefix).and_then(number) else { continue };
            let Ok(commit) = reference.peel_to_commit() else { continue };
            let annotation = reference.peel_to_tag().ok();
            let tagged_at = annotation.as_ref().and_then(|tag| Some(tag.tagger()?.when()));
            tags.push(DeployTag {
                name: name["refs/tags/".len()..].to_owned(),
                number,
                commit: commit.id().to_string(),
                message: annotation
                    .as_ref()
                    .and_then(git2::Tag::message_bytes)
                    .map(|message| String::from_utf8_lossy(message).trim_end().to_owned())
                    .unwrap_or_default(),
                date: timestamp(tagged_at.unwrap_or_else(|| commit.time())),
            });
        }
        tags.sort_by_key(|tag| std::cmp::Reverse(tag.number));
        Ok(tags)
    }

    /// Makes an annotated tag; refused if there is one of that name.
    pub fn tag(&self, name: &str, commit: &str, message: &str, author: &Author) -> Result<()> {
        if !git2::Reference::is_valid_name(&format!("refs/tags/{name}")) || name.starts_with('-') {
            return Err(Error::usage(format!("`{name}` can't be the name of a tag")));
        }
        let git = self.open()?;
        let commit = find_commit(&git, commit)?;
        match git.tag(name, commit.as_object(), &signature(author)?, message, false) {
            Err(error) if error.code() == git2::ErrorCode::Exists => {
                Err(Error::refused(format!("there is a tag `{name}` already")))
            }
            made => made.map(|_| ()).doing(|| format!("make the tag `{name}`")),
        }
    }

    /// Where a reference (`refs/tags/…`, `refs/heads/…`) points: the object's id (of an annotated tag, the tag's
    /// own), none if it does not exist.
    pub fn reference(&self, name: &str) -> Result<Option<String>> {
        let git = self.open()?;
        Ok(target(&git, name)?.map(|id| id.to_string()))
    }

    /// Moves, makes or (with none) removes a reference. `from` is what it must be now, or it is refused as busy.
    pub fn move_reference(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Result<()> {
        let git = self.open()?;
        let from = from.map(oid).transpose()?;
        let to = to.map(oid).transpose()?;
        let log = "portico: moved";
        let moved = match (from, to) {
            (Some(from), Some(to)) => git.reference_matching(name, to, true, from, log).map(|_| ()),
            (None, Some(to)) => git.reference(name, to, false, log).map(|_| ()),
            (_, None) => match git.find_reference(name) {
                Ok(reference) if reference.target() != from => return Err(moved_meanwhile(name)),
                // Deleting compares once more with the value that was read here.
                Ok(mut reference) => reference.delete(),
                Err(error) if error.code() == git2::ErrorCode::NotFound && from.is_none() => Ok(()),
                Err(error) => Err(error),
            },
        };
        match moved {
            Err(error)
                if matches!(
                    error.code(),
                    git2::ErrorCode::Modified
                        | git2::ErrorCode::Exists
                        | git2::ErrorCode::NotFound
                        | git2::ErrorCode::Locked
                ) && target(&git, name)? != from =>
            {
                return Err(moved_meanwhile(name));
            }
            moved => moved.doing(|| format!("move `{name}`"))?,
        };
        // One that goes has this file written anew, in which all others stand: it must not be found empty.
        let packed = self.path().join("packed-refs");
        if to.is_none() && packed.exists() { durable::file(&packed) } else { Ok(()) }
    }
}

/// The object that a reference points to.
pub(super) fn target(git: &git2::Repository, name: &str) -> Result<Option<git2::Oid>> {
    let doing = || format!("read `{name}`");
    match git.find_reference(name) {
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        found => Ok(found.doing(doing)?.resolve().doing(doing)?.target()),
    }
}

pub(super) fn moved_meanwhile(name: &str) -> Error {
    Error::busy(name, "it was moved meanwhile").hint("Look at the new state, then try again.")
}

/// The N of a deploy tag: digits only, written as a number is.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
