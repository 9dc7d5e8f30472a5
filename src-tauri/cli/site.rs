//! `site:…`
use portico_core::{
    Result,
    model::{
        SiteName,
        request::{CreateSite, Query, Request, SetCloneProfile},
        view::{Board, CloneProfile, SiteRow},
    },
};

use crate::{
    arguments::{SiteCommand, SiteUpstream},
    output::Output,
    paths,
    workflow::{self, confirmation},
};

pub(crate) fn run(command: SiteCommand, output: &Output) -> Result<()> {
    match command {
        SiteCommand::Create(wanted) => {
            workflow::run(&Request::CreateSite(from_here(wanted)), output)
        }
        SiteCommand::Install(wanted) => workflow::run(&Request::InstallSite(wanted), output),
        SiteCommand::Delete(mut wanted) => {
            let question = format!("This deletes {} with all its environments.", wanted.site);
            wanted.confirm = confirmation(wanted.confirm, &wanted.site, &question, output);
            workflow::run(&Request::DeleteSite(wanted), output)
        }
        SiteCommand::Upstream(SiteUpstream::Set(mut wanted)) => {
            wanted.url = paths::absolute_if_there(wanted.url);
            workflow::run(&Request::SetUpstream(wanted), output)
        }
        SiteCommand::Database(wanted) => workflow::run(&Request::SetDatabase(wanted), output),
        SiteCommand::List => {
            let sites: Vec<SiteRow> = crate::open()?.query(&Query::Sites)?;
            output.table(&["Name", "Label", "CMS", "Created"], &sites, |site| {
                let cms = serde_json::to_value(site.cms).expect("it serialises");
                [
                    site.name.to_string(),
                    site.label.clone(),
                    cms.as_str().unwrap_or_default().to_owned(),
                    site.created.to_string(),
                ]
            });
            Ok(())
        }
        SiteCommand::CloneProfile { site, exclude, reset } => {
            if exclude.is_empty() && !reset {
                return clone_profile(site, output);
            }
            let wanted = SetCloneProfile { site, exclude, reset };
            workflow::run(&Request::SetCloneProfile(wanted), output)
        }
        SiteCommand::Info { site } => info(&crate::open()?.query(&Query::Board { site })?, output),
    }
}

fn clone_profile(site: SiteName, output: &Output) -> Result<()> {
    let profile: CloneProfile = crate::open()?.query(&Query::CloneProfile { site })?;
    let whose = if profile.is_default { "the system's own list" } else { "this site's own list" };
    let tables = match profile.exclude.is_empty() {
        true => "none".to_owned(),
        false => profile.exclude.join(", "),
    };
    output.facts(&profile, &[("rows left out", tables), ("by", whose.to_owned())]);
    Ok(())
}

fn from_here(mut wanted: CreateSite) -> CreateSite {
    if wanted.from != "sample" {
        wanted.from = paths::absolute_if_there(wanted.from);
    }
    wanted
}

fn info(board: &Board, output: &Output) -> Result<()> {
    let environments = board.environments.iter().filter(|it| it.initialized);
    let environments: Vec<_> = environments.map(|it| it.environment.to_string()).collect();
    let system = serde_json::to_value(board.site.cms).expect("it serialises");
    output.facts(
        board,
        &[
            ("name", board.site.name.to_string()),
            ("label", board.site.label.clone()),
            (
                "cms",
                format!(
                    "{} {}",
                    system.as_str().unwrap_or_default(),
                    board.cms_version.as_deref().unwrap_or_default()
                ),
            ),
            ("repository", board.repository.clone()),
            (
                "upstream updates",
                board.upstream_updates.map(|it| it.to_string()).unwrap_or_default(),
            ),
            ("environments", environments.join(", ")),
            ("created", board.site.created.to_string()),
        ],
    );
    Ok(())
}
