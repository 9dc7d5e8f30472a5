//! `upstream:…`
use clap::Subcommand;
use portico_core::{
    Error, Result,
    model::{
        Address, SiteName,
        request::{ApplyUpstream, Request, ask},
    },
};

use crate::{
    environment, multidev,
    output::{Output, print},
    workflow,
};

#[derive(Subcommand)]
pub(crate) enum UpstreamCommand {
    /// Show where a site's updates come from
    Info {
        /// The site
        site: SiteName,
    },
    /// List and apply updates
    #[command(subcommand)]
    Updates(UpstreamUpdates),
}

#[derive(Subcommand)]
pub(crate) enum UpstreamUpdates {
    /// List the updates that wait, after asking the upstream
    List {
        /// Dev or a multidev, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Print `outdated` or `current`, after asking the upstream
    Status {
        /// Dev or a multidev, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Merge the updates that wait
    Apply(ApplyUpstream),
}

pub(crate) fn run(command: UpstreamCommand, output: &Output) -> Result<()> {
    match command {
        UpstreamCommand::Info { site } => {
            let question = ask::Upstream { site: site.clone() };
            let found = crate::open()?.ask(question)?;
            let Some(upstream) = found else {
                return Err(Error::not_found("upstream of the site", &site)
                    .hint(format!("`portico site:upstream:set {site} <url>` gives it one.")));
            };
            let branch = upstream.branch.clone().unwrap_or_default();
            output.facts(&upstream, &[("url", upstream.url.clone()), ("branch", branch)]);
            Ok(())
        }
        UpstreamCommand::Updates(UpstreamUpdates::List { environment }) => {
            let question = ask::UpstreamUpdates { environment, check: true };
            let status = crate::open()?.ask(question)?;
            environment::commits(&status.updates, output);
            Ok(())
        }
        UpstreamCommand::Updates(UpstreamUpdates::Status { environment }) => {
            let question = ask::UpstreamUpdates { environment, check: true };
            let status = crate::open()?.ask(question)?;
            if output.is_json() {
                output.facts(&status, &[]);
            } else {
                print(if status.behind > 0 { "outdated" } else { "current" });
            }
            Ok(())
        }
        UpstreamCommand::Updates(UpstreamUpdates::Apply(mut wanted)) => {
            multidev::make_absolute(&mut wanted.resolve);
            workflow::run(&Request::ApplyUpstream(wanted), output)
        }
    }
}
