//! `site:delete`: the folder is set aside, the records go; both come back by undo until they are pruned.
use super::{
    Change, Context, Done, Frame, Run, Workflow,
    request::DeleteSite,
    work::{DRAIN_TIMEOUT, Work},
};
use crate::{
    error::{Error, Result},
    model::{Address, SiteName},
};

impl Run for DeleteSite {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        check(frame.context, self)?;
        frame.run(self, |work, it| run(work, it))
    }
}

pub(super) fn check(context: &Context, wanted: &DeleteSite) -> Result<()> {
    context.store.site(&wanted.site)?;
    confirm(&wanted.site, wanted.confirm.as_deref(), "deleting a site")
}

/// Tier 3: the person types the site's name.
pub(super) fn confirm(site: &SiteName, typed: Option<&str>, what: &str) -> Result<()> {
    match typed {
        Some(typed) if typed == site.as_str() => Ok(()),
        Some(typed) => {
            Err(Error::refused(format!("`{typed}` is not the name of the site, `{site}`"))
                .hint("Nothing was changed. Type the site's name exactly."))
        }
        None => Err(Error::refused(format!("{what} needs a confirmation"))
            .hint(format!("Add `--confirm {site}`."))),
    }
}

pub(super) fn run(work: &Work<'_>, wanted: &DeleteSite) -> Result<Done> {
    let record = work.context.store.site_record(&wanted.site)?;
    set_aside(work, &record.site.name, &record.site.id)?;
    let mut result = serde_json::Map::new();
    let kept = work.context.layout.deleted(&record.site.name, &record.site.id);
    result.insert("kept".into(), kept.display().to_string().into());
    Ok(Done {
        changes: vec![Change::Site {
            site: wanted.site.clone(),
            before: Some(Box::new(record)),
            after: None,
        }],
        result,
        ..Done::default()
    })
}

/// Stops what runs of the site and moves its folder away.
pub(super) fn set_aside(work: &Work<'_>, site: &SiteName, id: &str) -> Result<()> {
    stop(work, site)?;
    let layout = &work.context.layout;
    work.move_path(&layout.site(site), &layout.deleted(site, id))
}

/// Stops what runs of the site, and serves it no more.
pub(super) fn stop(work: &Work<'_>, site: &SiteName) -> Result<()> {
    let context = work.context;
    work.step("Stop the site", |_| {
        for environment in context.store.environments(site)? {
            let address = Address::new(site, &environment.name);
            let _held = context.hold(&address)?;
            context.runtime.stop_environment(&address, DRAIN_TIMEOUT)?;
        }
        context.routes.forget(site);
        Ok(())
    })
}
