//! Launch Checks that nobody asked for: after a deploy, while the person goes on.
use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, PoisonError},
};

use super::owner::{Shared, tell};
use crate::{
    error::Logged,
    model::{Address, SiteName, request::Event},
    progress::{Cancel, Meter},
    workflow,
};

impl Shared {
    /// Makes a Launch Check of what was deployed, while the person goes on.
    pub(super) fn check_in_background(&self, environment: Address) {
        let cancel = Cancel::default();
        self.checks().insert(environment.site.clone(), cancel.clone());
        let context = Arc::downgrade(&self.context);
        let listeners = self.listeners.clone();
        std::thread::spawn(move || {
            let Some(context) = context.upgrade() else { return };
            let report = |_| {};
            // One that could not be made is made when the person asks for it, and says why.
            let made = workflow::launch_check(&context, &environment, Meter::new(&cancel, &report));
            drop(context);
            if made.logged(|| format!("check {environment} after its deploy")).is_some() {
                tell(&listeners, &Event::Changed { site: Some(environment.site) });
            }
        });
    }

    /// Stops the check of a site: what a person asks for must not wait for what nobody asked for.
    pub(super) fn cancel_check(&self, site: &SiteName) {
        if let Some(check) = self.checks().remove(site) {
            check.cancel();
        }
    }

    /// Checks under way in the background, by site.
    pub(super) fn checks(&self) -> MutexGuard<'_, HashMap<SiteName, Cancel>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
