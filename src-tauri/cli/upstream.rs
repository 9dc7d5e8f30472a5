//! `upstream:…`
use portico_core::{
    Error, Result,
    model::request::{Request, ask},
};

use crate::{
    arguments::{UpstreamCommand, UpstreamUpdates},
    environment, multidev,
    output::{Output, print},
    workflow,
};

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
