//! What the start tells of portico.db itself: that a copy took its place, what the sites' own files know better.
use crate::{error::Result, store::Recovered, workflow::Context};

/// Brings the database and the files beside the sites together; answers what there is to tell.
pub(super) fn reconcile(context: &Context, recovered: Option<&Recovered>) -> Result<Vec<String>> {
    let mut told = Vec::new();
    if let Some(it) = recovered {
        told.push(match &it.copy {
            Some(copy) => format!(
                "portico.db is the copy of {} now; the list of workflows ends there, so what was done since can't be undone",
                copy.made.strftime("%F %H:%M UTC")
            ),
            None => "portico.db is a new one, which knows no workflow: what was done before can't be undone".into(),
        });
        if let Some(aside) = &it.aside {
            told.push(format!("the damaged one is kept as {}", aside.display()));
        }
        if it.copy.is_some() {
            let gone = context.store.forget_deleted()?;
            told.extend(gone.iter().map(|site| format!("{site} was deleted since that copy")));
        }
    }
    for news in context.store.reconcile()? {
        told.push(format!("{} was changed after what portico.db knew of it:", news.site));
        told.extend(news.lines.into_iter().map(|line| format!("  {line}")));
    }
    Ok(told)
}

/// Looks for folders of sites that the database doesn't know, and makes the day's copy of it.
pub(super) fn look(context: &Context) -> Vec<String> {
    let mut told = Vec::new();
    match context.store.unknown_sites() {
        Ok(sites) => told.extend(sites.iter().map(|site| {
            format!(
                "{} holds a site that portico.db doesn't know; `portico site:adopt {site}` takes it up",
                context.layout.site(site).display()
            )
        })),
        Err(error) => told.push(error.to_string()),
    }
    if let Err(error) = context.store.copy_if_due() {
        told.push(error.to_string());
        told.extend(error.causes.iter().map(|cause| format!("  because {cause}")));
    }
    told
}
