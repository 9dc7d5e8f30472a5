//! `generation:keep`: what a site keeps for undo, of each kind.
use super::{Change, Context, Done, Frame, Run, Workflow, request::KeepGenerations};
use crate::{
    error::{Error, Result},
    model::{KeepRule, Site, SiteName, view},
};

/// A site's rule: its own, or the default.
pub fn of(context: &Context, site: &SiteName) -> Result<view::KeepRule> {
    let own = context.store.keep_rule(&context.store.site(site)?.id)?;
    let KeepRule { count, days } = own.unwrap_or_default();
    Ok(view::KeepRule { count, days, is_default: own.is_none() })
}

impl Run for KeepGenerations {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let change = plan(frame.context, self)?;
        frame.run(change, |_, change| Ok(run(change)))
    }
}

/// The change, checked.
pub(super) fn plan(context: &Context, wanted: &KeepGenerations) -> Result<Change> {
    let (site, before, after) = wanted_rule(context, wanted)?;
    Ok(Change::KeepRule { site: site.name, id: site.id, before, after })
}

/// The site, its own rule, and the one that is asked for; none is the default.
pub(super) fn wanted_rule(
    context: &Context,
    wanted: &KeepGenerations,
) -> Result<(Site, Option<KeepRule>, Option<KeepRule>)> {
    let site = context.store.site(&wanted.site)?;
    let before = context.store.keep_rule(&site.id)?;
    let now = before.unwrap_or_default();
    if wanted.count == Some(0) {
        return Err(Error::usage("at least what was replaced last is kept, for undo")
            .hint("`portico disk:free <site> --keep 0` lets go of all that is not in use, once."));
    }
    let after = match (wanted.default, wanted.count, wanted.days) {
        (true, None, None) => None,
        (false, None, None) => {
            return Err(Error::usage("it is not said how much is kept")
                .hint("Give a number, `--days` with one, or `--default`."));
        }
        (false, count, days) => {
            Some(KeepRule { count: count.unwrap_or(now.count), days: days.unwrap_or(now.days) })
        }
        (true, ..) => {
            return Err(Error::usage("the default and a number exclude each other")
                .hint("Leave one of them out."));
        }
    };
    if before == after {
        return Err(Error::refused(format!("{} keeps just that already", site.name)));
    }
    Ok((site, before, after))
}

/// The rule holds from this workflow on: the frame lets go of what falls out of it.
pub(super) fn run(change: &Change) -> Done {
    let mut done = Done { changes: vec![change.clone()], ..Done::default() };
    if let Change::KeepRule { after, .. } = change {
        let rule = after.unwrap_or_default();
        done.result.insert("count".into(), rule.count.into());
        done.result.insert("days".into(), rule.days.into());
    }
    done
}
