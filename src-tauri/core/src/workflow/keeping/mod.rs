//! What is kept so that it can be undone, by one rule for all of it: contents and releases that were replaced,
//! uncommitted changes that were taken away, environments and sites that were deleted.
pub(crate) mod bounds;
pub(super) mod deleted;
pub(super) mod releases;
mod snapshots;

use std::{fmt, path::PathBuf, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    Context, prune,
    work::{self, Work},
};
use crate::{
    content::files,
    error::{Code, Result},
    model::{Address, KeepRule, KeptKind, SiteName, count, human_bytes},
    store,
};
use deleted::Deleted;

/// With less free disk than this, in bytes, only what was replaced last is kept.
const SHORT_OF_DISK: u64 = 5_000_000_000;

/// For so long after portico.db was lost, what its history would have named is kept whatever the rule says.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The rule of what is kept, as it holds now.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    rule: KeepRule,
    /// Whether the disk is short, so that only what was replaced last is kept.
    is_short: bool,
    now: Timestamp,
}

/// Whether so little is free that only what was replaced last is kept.
pub(super) fn is_short(context: &Context) -> Result<bool> {
    Ok(files::free_bytes(context.layout.root())? < SHORT_OF_DISK)
}

impl Limit {
    /// The rule of the site with this id.
    pub(super) fn of(context: &Context, id: &str) -> Result<Self> {
        let rule = context.store.keep_rule(id)?.unwrap_or_default();
        Self::by(context, rule)
    }

    /// Another rule than the site's own.
    pub(super) fn by(context: &Context, rule: KeepRule) -> Result<Self> {
        Ok(Self { rule, is_short: is_short(context)?, now: store::now() })
    }

    /// Whether a thing is let go that was made then, and after which `later` others of its kind were replaced.
    pub(super) fn retires(&self, later: usize, made: Timestamp) -> bool {
        let is_last = later < self.rule.count.min(1) as usize;
        let kept_for = SignedDuration::from_hours(24 * i64::from(self.rule.days));
        let is_young = self.now.duration_since(made) < kept_for;
        let is_wanted = later < self.rule.count as usize || is_young;
        !is_last && (self.is_short || !is_wanted)
    }
}

/// Something that a step back needs, and that is let go as a whole.
#[derive(Clone)]
pub(crate) enum Kept {
    /// A content that was replaced.
    Generation { environment: Address, number: u32, made: Timestamp },
    /// A checkout of Test or Live that was replaced; it can be made again from its commit.
    Release { environment: Address, directory: String, made: Timestamp },
    /// Uncommitted changes that were taken away.
    Snapshots { site: SiteName, commits: Vec<String>, made: Timestamp },
    /// An environment or a site that was deleted.
    Deleted(Deleted),
}

impl Kept {
    /// What it is.
    pub(super) fn kind(&self) -> KeptKind {
        match self {
            Self::Generation { .. } => KeptKind::Generations,
            Self::Release { .. } => KeptKind::Releases,
            Self::Snapshots { .. } => KeptKind::Snapshots,
            Self::Deleted(_) => KeptKind::Deleted,
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generation { environment, number, .. } => {
                write!(f, "generation {number} of {environment}")
            }
            Self::Release { environment, directory, .. } => {
                write!(f, "release {directory} of {environment}")
            }
            Self::Snapshots { site, commits, .. } => {
                write!(
                    f,
                    "{} of uncommitted changes of {site}",
                    count(commits.len() as u64, "snapshot")
                )
            }
            Self::Deleted(deleted) => write!(f, "{deleted}"),
        }
    }
}

/// What was let go after a workflow, and why it may be more than the person expects.
#[derive(Default)]
pub(super) struct LetGo {
    pub(super) gone: Vec<Kept>,
    /// Whether only what was replaced last was kept, because the disk is short.
    pub(super) is_short: bool,
}

impl LetGo {
    /// Says in the workflow's log what can't be taken back any more.
    pub(super) fn tell(&self, work: &Work<'_>) {
        for kept in &self.gone {
            work.line(format!("let go, as it is kept no longer: {kept}"));
        }
        if self.is_short && !self.gone.is_empty() {
            let room = human_bytes(SHORT_OF_DISK);
            work.line(format!("less than {room} are free: only what was replaced last is kept"));
        }
    }
}

/// Lets go of what falls out of the site's rule. Called while the site is held; a site that was deleted is one, too.
pub(super) fn after_workflow(context: &Context, site: &SiteName) -> Result<LetGo> {
    let move_to_trash = prune::move_to_trash(context, site)?;
    let mut let_go = LetGo::default();
    let mut failed = Ok(());
    for kept in due(context, site, None, &mut let_go.is_short)? {
        // One that is still in use somewhere keeps no other.
        match release(context, &kept) {
            Ok(()) => let_go.gone.push(kept),
            Err(error) => failed = failed.and(Err(error)),
        }
    }
    if move_to_trash || !let_go.gone.is_empty() {
        work::empty_trash_in_background(context.layout.trash());
    }
    failed.map(|()| let_go)
}

/// Lets go of what falls out of the rules of all sites; those that are busy do so themselves at their end.
pub fn everywhere(context: &Context) -> Result<()> {
    let mut names: Vec<SiteName> = context.store.sites()?.into_iter().map(|it| it.name).collect();
    names.extend(deleted::all(context)?.into_iter().map(|it| it.site().clone()));
    names.sort_unstable();
    names.dedup();
    let mut failed = Ok(());
    for name in names {
        let done = match context.hold_site(&name, "Let go of what is not kept any more") {
            Ok(_held) => after_workflow(context, &name).map(drop),
            Err(error) if error.code == Code::Busy => Ok(()),
            Err(error) => Err(error),
        };
        failed = failed.and(done);
    }
    failed
}

/// How long objects of a site's repository stay that nothing refers to, and the indexes of its deleted environments, which
/// Git can't see.
pub(crate) fn unreferenced(context: &Context, site: &SiteName) -> Result<(Duration, Vec<PathBuf>)> {
    const DAY: u64 = 24 * 60 * 60;
    let id = context.store.site(site)?.id;
    let rule = context.store.keep_rule(&id)?.unwrap_or_default();
    let all = deleted::all(context)?.into_iter().filter(|it| it.site() == site);
    let indexes = all.filter_map(|it| it.index(context));
    Ok((Duration::from_secs(DAY * u64::from(rule.days)), indexes.collect()))
}

/// What a site lets go: by its own rule, or by another one. What shares a part goes before what it shares.
pub(super) fn due(
    context: &Context,
    site: &SiteName,
    by: Option<KeepRule>,
    is_short: &mut bool,
) -> Result<Vec<Kept>> {
    let by = by.map(|rule| Limit::by(context, rule)).transpose()?;
    let mut due = deleted::sites_due(context, site, by)?;
    let is_forgotten = |kept: &Kept| matches!(kept, Kept::Deleted(it) if !it.is_known);
    if is_history_lost(context)? {
        // Nothing is let go for want of the row that would name it.
        due.retain(|kept| !is_forgotten(kept));
    }
    let Some(site) = context.store.find_site(site)? else { return Ok(due) };
    let limit = by.map_or_else(|| Limit::of(context, &site.id), Ok)?;
    *is_short = limit.is_short;
    for environment in context.store.environments(&site.name)? {
        let address = Address::new(&site.name, &environment.name);
        due.extend(prune::due(context, &address, &environment, &limit)?);
        due.extend(releases::due(context, &address, &environment.code, &limit)?);
    }
    due.extend(snapshots::due(context, &site.name, &limit)?);
    let deleted = deleted::environments_due(context, &site.name, &limit)?;
    let is_lost = is_history_lost(context)?;
    due.extend(deleted.into_iter().filter(|kept| !is_lost || !is_forgotten(kept)));
    Ok(due)
}

/// Whether the history that would name what undo needs was lost lately.
fn is_history_lost(context: &Context) -> Result<bool> {
    let since = context.store.setting(store::HISTORY_SINCE)?;
    let since = since.and_then(|text| text.parse::<Timestamp>().ok());
    Ok(since.is_some_and(|since| store::now().duration_since(since) < REMEMBERED_FOR))
}

/// Lets go of one thing: its folder waits in the trash from then on.
///
/// # Errors
/// Busy while its database is used: it is kept until another time.
pub(super) fn release(context: &Context, kept: &Kept) -> Result<()> {
    let trash = context.layout.trash();
    match kept {
        Kept::Generation { environment, number, .. } => {
            let all = context.store.generations(environment)?;
            prune::prune(context, environment, *number, &all)
        }
        Kept::Release { environment, directory, .. } => {
            files::move_to_trash(&context.layout.release(environment, directory), &trash)
        }
        Kept::Snapshots { site, commits, .. } => context.repository(site).forget_snapshots(commits),
        Kept::Deleted(it) => deleted::release(context, it),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(count: u32, days: u32, is_short: bool) -> Limit {
        Limit { rule: KeepRule { count, days }, is_short, now: store::now() }
    }

    fn going(limit: Limit, ages_in_days: &[i64]) -> Vec<usize> {
        let made = |days: &i64| limit.now - SignedDuration::from_hours(24 * days);
        let all = ages_in_days.iter().map(made).enumerate();
        all.filter(|(later, made)| limit.retires(*later, *made)).map(|(later, _)| later).collect()
    }

    #[test]
    fn a_number_and_some_days_are_kept_and_when_the_disk_is_short_only_the_last() {
        assert_eq!(going(limit(5, 14, false), &[1, 2, 3, 15, 16, 17, 18]), [5, 6]);
        assert!(going(limit(5, 14, false), &[1, 2, 3, 4, 5, 6, 7]).is_empty(), "all are young");
        assert_eq!(going(limit(5, 14, true), &[1, 2, 3]), [1, 2], "the disk is short");
        assert_eq!(going(limit(1, 0, false), &[0, 0, 0]), [1, 2]);
        assert!(going(limit(1, u32::MAX, false), &[0, 9, 9000]).is_empty());
    }

    #[test]
    fn the_last_that_was_replaced_stays_unless_none_is_asked_for() {
        assert!(going(limit(1, 0, true), &[9000]).is_empty());
        assert_eq!(going(limit(0, 0, false), &[0, 1]), [0, 1]);
        assert_eq!(going(limit(0, 3, true), &[0, 1]), [0, 1]);
    }
}
