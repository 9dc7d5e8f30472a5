//! `env:status`, `env:smoke`, `env:hooks`, `config:…`: what is known about an environment.
use clap::Subcommand;
use portico_core::{
    Error, Result,
    model::{
        Address, Finding, Score, SmokeReport,
        request::{ExportConfig, ImportConfig, Request, SmokeTest, ask},
    },
};

use crate::{
    output::{Output, print, say},
    workflow,
};

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show how the configuration in the code differs from that in the database
    Status {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Bring the configuration of the code into the database
    Import(ImportConfig),
    /// Bring the configuration of the database into the code, as changed files
    Export(ExportConfig),
}

/// `env:hooks`
pub(crate) fn hooks(environment: Address, output: &Output) -> Result<()> {
    let rows = crate::open()?.ask(ask::Hooks { environment })?;
    output.table(&["Workflow", "Stage", "Description", "Script", "Problem"], &rows, |it| {
        [
            it.event.clone(),
            it.stage.to_string(),
            it.description.clone(),
            it.script.clone(),
            it.problem.clone().unwrap_or_default(),
        ]
    });
    Ok(())
}

/// `env:status`
pub(crate) fn launch_check(
    environment: &Address,
    last: bool,
    details: bool,
    output: &Output,
) -> Result<()> {
    let question = ask::LaunchCheck { environment: environment.clone(), run: !last };
    let report = crate::open()?.ask(question)?;
    let report = report.ok_or_else(|| {
        Error::new(portico_core::Code::NotFound, format!("{environment} was not checked yet"))
            .hint(format!("`portico env:status {environment}` checks it."))
    })?;
    if output.is_json() {
        output.facts(&report, &[]);
        return Ok(());
    }
    output.table(&["Score", "Check", "Result"], &report.findings, |it| {
        [it.score.as_str().to_owned(), title(it), it.result.clone()]
    });
    for finding in report.findings.iter().filter(|it| it.action.is_some() || details) {
        tell(finding, details);
    }
    say(&format!("Checked in {:.1} s: {}.", report.ms as f64 / 1000.0, report.score.as_str()));
    Ok(())
}

fn title(it: &Finding) -> String {
    if it.group == it.name { it.name.clone() } else { format!("{}: {}", it.group, it.name) }
}

/// What to do about a finding, and its table.
fn tell(finding: &Finding, details: bool) {
    if finding.score < Score::Warning && !details {
        return;
    }
    print("");
    print(&format!("{} ({}) {}", title(finding), finding.score.as_str(), finding.result));
    if let Some(action) = &finding.action {
        print(&format!("  {action}"));
    }
    if details && !finding.rows.is_empty() {
        print(&format!("  {}", finding.headings.join(" | ")));
        finding.rows.iter().for_each(|row| print(&format!("  {}", row.join(" | "))));
    }
}

/// Visits the pages; the exit code says whether one is broken.
pub(crate) fn smoke(wanted: SmokeTest, output: &Output) -> Result<()> {
    let row = workflow::run_silently(&Request::SmokeTest(wanted), output)?;
    let result = row.result.clone().unwrap_or_default();
    let report: SmokeReport = serde_json::from_value(result)
        .map_err(|error| Error::failed("read the smoke test").because(error))?;
    if output.is_json() {
        output.facts(&row, &[]);
    } else {
        output.table(&["Score", "Page", "What", "Linked from"], &report.differences, |it| {
            let from = it.linked_from.clone().unwrap_or_default();
            [it.score.as_str().to_owned(), it.path.clone(), it.what.join(" "), from]
        });
        if report.left_out > 0 {
            say(&format!("{} more pages were found; `--limit` visits more.", report.left_out));
        }
    }
    say(&format!("{} ({:.1} s).", report.verdict, report.ms as f64 / 1000.0));
    if report.score == Score::Error {
        return Err(Error::new(portico_core::Code::Failed, report.verdict)
            .hint("Look at the pages that are named before you deploy."));
    }
    Ok(())
}

/// `config:…`
pub(crate) fn configuration(command: ConfigCommand, output: &Output) -> Result<()> {
    let environment = match command {
        ConfigCommand::Status { environment } => environment,
        ConfigCommand::Import(wanted) => {
            return workflow::run(&Request::ImportConfig(wanted), output);
        }
        ConfigCommand::Export(wanted) => {
            return workflow::run(&Request::ExportConfig(wanted), output);
        }
    };
    let question = ask::Configuration { environment: environment.clone() };
    let found = crate::open()?.ask(question)?;
    if output.is_json() {
        output.facts(&found, &[]);
        return Ok(());
    }
    let Some(system) = &found.system else {
        say(&format!("{environment} keeps no configuration in its code."));
        return Ok(());
    };
    output.table(&["State", "Group", "Name"], &found.items, |it| {
        [it.state.as_str().to_owned(), it.group.clone(), it.name.clone()]
    });
    say(&format!("{system}: {} the same, {} not.", found.same, found.items.len()));
    Ok(())
}
