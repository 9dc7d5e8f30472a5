//! `site:install`: the system's own installer, headless, into a new generation.
use super::{
    Change, Context, Done, Frame, Run, Workflow, generation, request::InstallSite, running,
    work::Work,
};
use crate::{
    cms::{self, Installation, Surroundings},
    content::database,
    error::{Error, Result},
    model::{Address, Cms, Environment, Origin, Site},
};

pub(super) struct Plan<'a> {
    wanted: &'a InstallSite,
    site: Site,
    environment: Environment,
}

impl Run for InstallSite {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a InstallSite) -> Result<Plan<'a>> {
    let environment = context.store.environment(&wanted.environment)?;
    let site = context.store.site(&wanted.environment.site)?;
    if matches!(site.cms, Cms::Html | Cms::Php) {
        return Err(Error::refused(format!("{} has no installer that Portico knows", site.name))
            .hint("Visit the site: it sets itself up, or has nothing to set up."));
    }
    running::check_php(context, &site, &running::code_folder(context, &environment))?;
    let opened = running::open_database(context, &site, &environment, environment.generation)?;
    if let Some(database) = &opened.database
        && !database::tables(database)?.is_empty()
    {
        let address = &wanted.environment;
        return Err(Error::refused(format!("{address} has content already"))
            .hint(format!("`portico env:wipe {address}` empties it; that can be undone.")));
    }
    Ok(Plan { wanted, site, environment })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let (site, environment) = (&plan.site, &plan.environment);
    let address = Address::new(&site.name, &environment.name);
    let fresh = generation::begin(work, &address)?;
    generation::empty_database(work, site, &fresh)?;
    generation::share_files(work, &fresh, environment.generation)?;
    let wanted = Installation {
        title: plan.wanted.title.clone(),
        admin_user: plan.wanted.admin_user.clone(),
        admin_password: plan.wanted.admin_password.clone(),
        admin_email: plan.wanted.admin_email.clone(),
    };
    let said = work.step("Run the installer", |meter| {
        let task = |around: &Surroundings<'_>| cms::installer(around, &wanted).map(Some);
        running::run_task(work.context, site, environment, fresh.number, task, meter)
    })?;
    said.iter().flat_map(|said| said.lines()).for_each(|line| work.line(line));
    let row = generation::finish(work, site, environment, &fresh, Origin::Install)?;
    let mut result = serde_json::Map::new();
    result.insert("url".into(), work.context.url(&address).into());
    Ok(Done {
        generations: vec![row],
        changes: vec![Change::Content {
            environment: address,
            before: environment.generation,
            after: fresh.number,
        }],
        result,
        ..Done::default()
    })
}
