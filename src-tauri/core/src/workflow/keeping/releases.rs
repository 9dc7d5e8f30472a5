//! Releases that Test or Live ran before.
use std::{cmp::Reverse, fs, io};

use jiff::Timestamp;

use super::{Kept, Limit};
use crate::{
    error::{Doing, Result},
    folder,
    model::{Address, Change, CodePointer},
    workflow::Context,
};

/// How many workflows that moved code tell which releases were in use last; the others go by their age.
const REMEMBERED: u32 = 1000;

/// The releases that an environment lets go.
pub(super) fn due(
    context: &Context,
    address: &Address,
    in_use: &CodePointer,
    limit: &Limit,
) -> Result<Vec<Kept>> {
    let CodePointer::Release { directory: current, .. } = in_use else { return Ok(Vec::new()) };
    let mut all = all(context, address)?;
    all.retain(|(directory, _)| directory != current);
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let replaced = replaced(context, address)?;
    let since = |directory: &String| replaced.iter().position(|it| it == directory);
    all.sort_by_key(|(directory, made)| (since(directory).unwrap_or(usize::MAX), Reverse(*made)));
    // What a checkout that was ended left is no release.
    let (left, all): (Vec<_>, Vec<_>) = all.into_iter().partition(|(it, _)| it.starts_with('.'));
    let due = all.into_iter().enumerate();
    let due = due.filter(|(later, (_, made))| limit.retires(*later, *made)).map(|(_, it)| it);
    let kept = |(directory, made)| Kept::Release { environment: address.clone(), directory, made };
    Ok(left.into_iter().chain(due).map(kept).collect())
}

/// The folders of an environment's releases, and when each was made.
pub(in super::super) fn all(
    context: &Context,
    address: &Address,
) -> Result<Vec<(String, Timestamp)>> {
    let folder = context.layout.releases(address);
    let doing = || format!("read {}", folder.display());
    let entries = folder::entries(&folder)?;
    let known = |entry: &fs::DirEntry| {
        let made = entry.metadata()?.modified()?;
        let made = Timestamp::try_from(made).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok((entry.file_name().to_string_lossy().into_owned(), made))
    };
    entries.iter().map(known).collect::<io::Result<_>>().doing(doing)
}

/// The releases that the environment ran before, the one that was replaced last first.
fn replaced(context: &Context, address: &Address) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for workflow in context.store.workflows_that_changed(&address.site, "code", REMEMBERED)? {
        for change in workflow.changes.iter().rev() {
            if let Change::Code { environment, before, .. } = change
                && environment == address
                && let CodePointer::Release { directory, .. } = before
                && !all.contains(directory)
            {
                all.push(directory.clone());
            }
        }
    }
    Ok(all)
}
