//! `site:…`
use std::path::PathBuf;

use clap::Subcommand;
use portico_core::{
    Error, Result, Truth,
    model::{
        Damage, SiteName, count,
        request::{
            AdoptSite, AllowPath, CreateSite, DeleteSite, DisallowPath, InstallSite, RepairSite,
            Request, SetCloneProfile, SetDatabase, SetUpstream, ask,
        },
        view::Board,
    },
};

use crate::{
    output::{Output, say},
    paths,
    workflow::{self, confirmation},
};

#[derive(Subcommand)]
pub(crate) enum SiteCommand {
    /// Make a site from a folder, a Git repository, an archive, or the sample
    Create(CreateSite),
    /// Take up sites whose folders lie below `sites/` and that Portico doesn't know; it can be undone
    Adopt {
        /// The site's folder [default: all that Portico doesn't know]
        site: Option<SiteName>,
    },
    /// Run the installer of the site's system
    Install(InstallSite),
    /// List the sites
    List,
    /// Show one site
    Info {
        /// The site
        site: SiteName,
    },
    /// Look through a site and bring back what is damaged, as far as it can be
    Repair {
        /// The site and what is done
        #[command(flatten)]
        repair: RepairSite,
        /// Only show what is damaged and what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Delete a site; it can be undone until it is pruned
    Delete(DeleteSite),
    /// Where a site's updates come from
    #[command(subcommand)]
    Upstream(SiteUpstream),
    /// Move the databases of all environments to MariaDB or SQLite; it can be undone
    Database(SetDatabase),
    /// Show or set which tables' rows clones leave out
    CloneProfile(SetCloneProfile),
    /// Let a site's PHP reach a folder or file outside of the site, or list those that it may reach
    Allow {
        /// The site
        site: SiteName,
        /// The folder or file
        path: Option<PathBuf>,
        /// Let PHP change it, too
        #[arg(long, requires = "path")]
        write: bool,
    },
    /// Close to a site's PHP what was allowed
    Disallow {
        /// The site
        site: SiteName,
        /// The folder or file
        path: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum SelfCommand {
    /// Put the newest copy of portico.db in the place of one that is lost or damaged
    Restore,
}

#[derive(Subcommand)]
pub(crate) enum SiteUpstream {
    /// Say where a site's updates come from
    Set(SetUpstream),
}

pub(crate) fn run(command: SiteCommand, output: &Output) -> Result<()> {
    match command {
        SiteCommand::Create(wanted) => {
            workflow::run(&Request::CreateSite(from_here(wanted)), output)
        }
        SiteCommand::Adopt { site } => adopt(site, output),
        SiteCommand::Install(wanted) => workflow::run(&Request::InstallSite(wanted), output),
        SiteCommand::Delete(mut wanted) => {
            let question = format!("This deletes {} with all its environments.", wanted.site);
            wanted.confirm = confirmation(wanted.confirm, &wanted.site, &question, output);
            workflow::run(&Request::DeleteSite(wanted), output)
        }
        SiteCommand::Repair { repair, dry_run } => self::repair(repair, dry_run, output),
        SiteCommand::Upstream(SiteUpstream::Set(mut wanted)) => {
            wanted.url = paths::absolute_if_there(wanted.url);
            workflow::run(&Request::SetUpstream(wanted), output)
        }
        SiteCommand::Database(wanted) => workflow::run(&Request::SetDatabase(wanted), output),
        SiteCommand::List => {
            let sites = crate::open()?.ask(ask::Sites {})?;
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
        SiteCommand::CloneProfile(wanted) => {
            if wanted.exclude.is_empty() && !wanted.none && !wanted.reset {
                return clone_profile(wanted.site, output);
            }
            workflow::run(&Request::SetCloneProfile(wanted), output)
        }
        SiteCommand::Allow { site, path: None, .. } => {
            let all = crate::open()?.ask(ask::Allowed { site })?;
            output.table(&["Path", "PHP may"], &all, |it| {
                [it.path.clone(), if it.write { "change" } else { "read" }.to_owned()]
            });
            Ok(())
        }
        SiteCommand::Allow { site, path: Some(path), write } => {
            // Links in it stay, for they may lead elsewhere tomorrow.
            let path = paths::absolute(&path.to_string_lossy());
            workflow::run(&Request::AllowPath(AllowPath { site, path, write }), output)
        }
        SiteCommand::Disallow { site, path } => {
            let path = paths::absolute(&path.to_string_lossy());
            workflow::run(&Request::DisallowPath(DisallowPath { site, path }), output)
        }
        SiteCommand::Info { site } => info(&crate::open()?.ask(ask::Board { site })?, output),
    }
}

/// Shows what is damaged; repairs it unless it is only asked for, or nothing is.
fn repair(wanted: RepairSite, dry_run: bool, output: &Output) -> Result<()> {
    let site = wanted.site.clone();
    let plan = crate::open()?.ask(ask::RepairPlan { site })?;
    let can_do_some = plan.findings.iter().any(Damage::is_repairable);
    if dry_run || !can_do_some {
        output.table(&["Environment", "Part", "What", "Repair"], &plan.findings, |it| {
            let part = serde_json::to_value(it.part).expect("it serialises");
            [
                it.environment.as_ref().map(ToString::to_string).unwrap_or_default(),
                part.as_str().unwrap_or_default().to_owned(),
                it.message.clone(),
                it.action.clone(),
            ]
        });
        plan.whole.iter().for_each(|it| say(&format!("whole: {it}")));
        return Ok(());
    }
    workflow::run(&Request::RepairSite(wanted), output)
}

fn clone_profile(site: SiteName, output: &Output) -> Result<()> {
    let profile = crate::open()?.ask(ask::CloneProfile { site })?;
    let whose = if profile.is_default { "the system's own list" } else { "this site's own list" };
    let tables = match profile.exclude.is_empty() {
        true => "none".to_owned(),
        false => profile.exclude.join(", "),
    };
    output.facts(&profile, &[("rows left out", tables), ("by", whose.to_owned())]);
    Ok(())
}

/// Takes up the site with this name, or all that Portico doesn't know. Where portico.db is lost, a new one begins.
fn adopt(site: Option<SiteName>, output: &Output) -> Result<()> {
    let session = crate::open_as(Truth::Anew)?;
    let sites = match site {
        Some(site) => vec![site],
        None => session.ask(ask::Status {})?.unknown_sites,
    };
    if sites.is_empty() {
        say("There is no folder of a site that Portico doesn't know.");
    }
    let mut failed = None;
    for site in sites {
        let request = Request::AdoptSite(AdoptSite { site });
        // One that can't be taken up does not keep the others away.
        if let Err(error) = workflow::run_in(&session, &request, output)
            && let Some(former) = failed.replace(error)
        {
            output.error(&former);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Puts the newest copy of portico.db into its place, and says what it knows.
pub(crate) fn restore() -> Result<()> {
    let session = crate::open_as(Truth::FromCopy)?;
    if !session.is_owner() {
        return Err(Error::refused("a Portico runs here, so its portico.db is in use and whole"));
    }
    let sites = session.ask(ask::Sites {})?;
    let names: Vec<_> = sites.iter().map(|it| it.name.to_string()).collect();
    say(&match names.as_slice() {
        [] => "Portico knows no site by that copy.".to_owned(),
        all => format!("Portico knows {}: {}", count(all.len() as u64, "site"), all.join(", ")),
    });
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
