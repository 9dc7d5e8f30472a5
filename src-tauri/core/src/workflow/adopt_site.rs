//! `site:adopt`: a site's folder that portico.db doesn't know is taken up as it lies there.
use super::{
    Change, Context, Done, Frame, Run, Workflow, found_site,
    request::AdoptSite,
    work::{Work, random_uuid},
};
use crate::{
    error::{Code, Error, Result},
    model::{Address, SiteFacts},
    store,
};

pub(super) struct Plan {
    facts: SiteFacts,
    /// What the person should know: what was missing, what was guessed.
    told: Vec<String>,
}

impl Run for AdoptSite {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan(context: &Context, wanted: &AdoptSite) -> Result<Plan> {
    let name = &wanted.site;
    if context.store.find_site(name)?.is_some() {
        return Err(Error::refused(format!("`{name}` is one of Portico's sites already")));
    }
    let folder = context.layout.site(name);
    if !context.layout.holds_site(name) {
        return Err(Error::not_found("folder of a site", folder.display())
            .hint("Copy the whole folder of the site to that place first."));
    }
    let mut told = Vec::new();
    let kept = match store::read_facts(&context.layout, name) {
        Ok(kept) => kept,
        Err(error) if error.code == Code::Refused => return Err(error),
        Err(error) => {
            told.push(format!("{error}; the site is taken up as its folder shows it"));
            None
        }
    };
    let mut facts = match kept {
        Some(facts) => facts,
        None => found_site::facts(context, name, &mut told)?,
    };
    let former = facts.record.site.name.clone();
    let is_another = context.store.sites()?.iter().any(|it| it.id == facts.record.site.id);
    if former != *name || is_another {
        if former != *name {
            told.push(format!("it was called {former} where it comes from"));
        }
        let id = if is_another { random_uuid()? } else { facts.record.site.id.clone() };
        facts = facts.renamed(name, id);
    }
    found_site::fit(context, &mut facts, &mut told)?;
    for environment in &facts.record.environments {
        context.check_host(&Address::new(name, &environment.name))?;
    }
    Ok(Plan { facts, told })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan) -> Result<Done> {
    let Plan { facts, told } = plan;
    told.iter().for_each(|line| work.line(line));
    work.step("Mend the worktrees", |_| {
        // What can't be mended is shown on the environment, with the way back.
        if let Err(error) = work.context.mend_worktrees(&facts.record) {
            work.line(format!("{error}"));
        }
        Ok(())
    })?;
    let site = facts.record.site.name.clone();
    let environments: Vec<_> =
        facts.record.environments.iter().map(|it| it.name.as_str()).collect();
    let mut result = serde_json::Map::new();
    result.insert("environments".into(), environments.join(", ").into());
    if !told.is_empty() {
        result.insert("note".into(), told.join("; ").into());
    }
    let after = Some(Box::new(facts.clone()));
    Ok(Done {
        changes: vec![Change::Adopted { site, before: None, after }],
        result,
        ..Done::default()
    })
}
