//! Housekeeping that nobody asked for: what falls out of the rules by its age, and repositories with much that is loose.
//! Never beside a workflow of the same site: one that begins ends it.
use std::{
    sync::{Arc, PoisonError, Weak},
    time::SystemTime,
};

use super::owner::Shared;
use crate::{
    content::files,
    error::{Logged, Result},
    model::{
        SiteName,
        request::{ExpireBackups, Request},
    },
    progress::{Cancel, Meter},
    workflow::{Context, backup, keeping},
};

/// A site that is tidied up, and how that is ended.
pub(super) type Tidying = (SiteName, Cancel);

impl Shared {
    /// Looks after all sites, in a thread of its own. With `aged`, what is too old by now is let go, too.
    pub(super) fn tidy_in_background(self: &Arc<Self>, aged: bool) {
        let weak = Arc::downgrade(self);
        let tidy = move || {
            // The programs that this thread starts inherit its priority.
            files::be_gentle();
            let Some(context) = weak.upgrade().map(|it| it.context.clone()) else { return };
            if aged {
                // What can't be let go now is when its site's next workflow ends.
                keeping::everywhere(&context).logged(|| "let go of what is too old".into());
                expire_backups(&weak);
                keeping::bounds::keep_bounds(&context, SystemTime::now())
                    .logged(|| "let go of what would grow for ever".into());
            }
            let sites = context.store.sites().logged(|| "tidy up".into());
            for site in sites.unwrap_or_default() {
                let Some(shared) = weak.upgrade() else { return };
                // One that can't be tidied up now is at the next turn.
                tidy_site(&shared, &context, &site.name, aged)
                    .logged(|| format!("tidy up {}", site.name));
            }
        };
        std::thread::spawn(tidy);
    }

    /// Ends the housekeeping of a site, or all of it: whatever a person asks for comes first.
    pub(super) fn end_tidying(&self, site: Option<&SiteName>) {
        let tidying = self.tidying.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((which, cancel)) = &*tidying
            && site.is_none_or(|site| site == which)
        {
            cancel.cancel();
        }
    }
}

/// Lets expired backups go, by a workflow for each environment that has some.
fn expire_backups(weak: &Weak<Shared>) {
    let Some(shared) = weak.upgrade() else { return };
    let sites = shared.context.store.sites().logged(|| "look for expired backups".into());
    let due = |site: &SiteName| {
        let due = backup::environments_due(&shared.context, site);
        due.logged(|| format!("look for expired backups of {site}")).unwrap_or_default()
    };
    let all = sites.unwrap_or_default().into_iter().flat_map(|site| due(&site.name));
    for environment in all {
        let told = format!("let expired backups of {environment} go");
        let request = Request::ExpireBackups(ExpireBackups { environment });
        // Busy now, it is their turn tomorrow.
        shared.run(&request, &|_| {}, &Cancel::default()).logged(|| told);
    }
}

fn tidy_site(shared: &Shared, context: &Context, site: &SiteName, aged: bool) -> Result<()> {
    let repository = context.repository(site);
    if !(aged || repository.is_untidy()) || context.is_busy(site) {
        return Ok(());
    }
    let cancel = Cancel::default();
    let set = |tidying| *shared.tidying.lock().unwrap_or_else(PoisonError::into_inner) = tidying;
    set(Some((site.clone(), cancel.clone())));
    let (kept_for, indexes) = keeping::unreferenced(context, site)?;
    // One that began meanwhile is busy by now; one that begins from here on cancels.
    let done = match context.is_busy(site) {
        true => Ok(()),
        false => repository.tidy(kept_for, &indexes, Meter::new(&cancel, &|_| {})),
    };
    set(None);
    done
}
