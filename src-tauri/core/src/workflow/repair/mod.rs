//! `site:repair`: looks through everything of a site, says what is damaged, and brings back what can be. What is
//! damaged is moved aside, never deleted; pointers move like those of every workflow.
mod act;
mod look;
mod repository;
mod row;

use super::{Context, Done, Frame, Run, Workflow, request::RepairSite, work::Work};
use crate::{
    error::{Error, Result},
    model::{Damage, RepairPlan, Site, SiteName},
    progress::Meter,
};

/// One thing that is mended may show the next: a repository's references, then its objects, then a release.
const PASSES: usize = 5;

/// What of a site is damaged, and what repairing it would do.
pub fn preview(context: &Context, site: &SiteName, meter: Meter<'_>) -> Result<RepairPlan> {
    look::through(context, &context.store.site(site)?, meter)
}

impl Run for RepairSite {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

/// The site; what is damaged is looked for by the workflow itself, which tells how far it is.
pub(super) fn plan(context: &Context, wanted: &RepairSite) -> Result<Site> {
    context.store.site(&wanted.site)
}

pub(super) fn run(work: &Work<'_>, site: &Site) -> Result<Done> {
    let mut repair = act::Repair::new(work, site);
    let mut left = Vec::new();
    for _ in 0..PASSES {
        let found =
            work.step("Look through the site", |meter| look::through(work.context, site, meter))?;
        let (todo, others): (Vec<Damage>, Vec<Damage>) =
            found.findings.into_iter().partition(|it| it.is_repairable() && !repair.did(it));
        left = others.into_iter().filter(|it| !repair.did(it) && !repair.renews(it)).collect();
        if todo.is_empty() {
            break;
        }
        for damage in &todo {
            repair.act(damage)?;
        }
    }
    for damage in &left {
        work.line(format!("left as it is: {}. {}", damage.message, damage.action));
    }
    if repair.done.is_empty() {
        let reason = match left.is_empty() {
            true => "nothing of it is damaged".to_owned(),
            false => format!("nothing of it can be repaired: {}", left[0].message),
        };
        return Err(Error::refused(reason).hint("`--dry-run` shows all that was looked at."));
    }
    Ok(repair.finish(&left))
}
