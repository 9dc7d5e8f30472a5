//! Launch Check: Pantheon's checks by their names, made by reading code and database and by one small script that
//! asks the site itself. Nothing is changed and nobody is asked over the network.
mod audit;
mod configured;
mod drupal;
mod drupal7;
mod exposed;
mod opt_out;
mod sessions;
mod shared;
mod structure;
mod templates;
#[cfg(test)]
mod tests;
mod wordpress;

use std::{collections::HashSet, path::Path};

use serde_json::Value;

use super::{Ask, support::PhpTask};
use crate::{
    error::{Error, Result},
    model::{
        Cms, DatabaseEngine, EnvironmentName, Finding, Score, Site,
        view::{FilesInfo, PendingUpdate},
    },
};

/// What the checks look at.
pub struct Subject<'a> {
    /// The site.
    pub site: &'a Site,
    /// The environment; some checks are stricter on Test and Live.
    pub environment: &'a EnvironmentName,
    /// The folder of its code.
    pub code: &'a Path,
    /// Its tables.
    pub tables: &'a [String],
    /// Their prefix.
    pub prefix: &'a str,
    /// Counts the bytes of its code; few checks ask for that.
    pub code_bytes: &'a dyn Fn() -> Result<u64>,
    /// Its uploaded files.
    pub files: FilesInfo,
    /// Database updates that wait.
    pub updates: &'a [PendingUpdate],
    /// What the site said of itself; an error when it could not start.
    pub probe: &'a Result<Option<Value>, Error>,
}

impl Subject<'_> {
    /// Whether faults that only matter to visitors are no faults here (Site Audit's "is dev").
    fn is_dev(&self) -> bool {
        self.environment.is_writable()
    }

    /// A table's whole name, quoted.
    fn table(&self, name: &str) -> String {
        format!("`{}{name}`", self.prefix)
    }

    fn has_table(&self, name: &str) -> bool {
        let whole = format!("{}{name}", self.prefix);
        self.tables.contains(&whole)
    }

    fn is_mariadb(&self) -> bool {
        self.site.engine == DatabaseEngine::MariaDb
    }

    /// The site's answer to the probe.
    fn said(&self) -> &Value {
        match self.probe {
            Ok(Some(said)) => said,
            _ => &Value::Null,
        }
    }
}

/// All checks of the site's system.
pub fn launch_check(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if subject.site.cms == Cms::Html || subject.site.cms == Cms::Php {
        let none = "This site is of no system that Launch Check knows.";
        return Ok(vec![Finding::new("Site", "System", Score::Info, none)]);
    }
    if subject.tables.is_empty() {
        let none = "The database is empty.";
        return Ok(vec![
            Finding::new("Site", "Installation", Score::Error, none)
                .action("Install the site, or bring it a database."),
        ]);
    }
    if let Err(error) = subject.probe {
        let mut says = error.message.clone();
        error.causes.iter().for_each(|cause| says.push_str(&format!("; {cause}")));
        findings.push(
            Finding::new("Site", "Start", Score::Error, format!("The site can't start: {says}"))
                .action("Look at its PHP errors; the checks that ask the site are missing here."),
        );
    }
    findings.extend(match subject.site.cms {
        Cms::WordPress => wordpress::checks(subject, ask)?,
        Cms::Drupal7 => drupal7::checks(subject, ask)?,
        Cms::Drupal => drupal::checks_of_config(subject, ask)?,
        Cms::Php | Cms::Html => Vec::new(),
    });
    findings.push(shared::updates(subject));
    findings.push(exposed::exposed(subject)?);
    opt_out::apply(&mut findings, subject.said());
    Ok(by_group(findings))
}

/// Those of one group beside each other, groups in the order of their first.
fn by_group(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut groups: Vec<String> = findings.iter().map(|it| it.group.clone()).collect();
    let mut seen = HashSet::new();
    groups.retain(|it| seen.insert(it.clone()));
    findings.sort_by_key(|it| groups.iter().position(|group| *group == it.group));
    findings
}

/// The answer of a probe; a site may print before it.
pub fn read_probe(said: &str) -> Option<Value> {
    said.lines().rev().find_map(|line| serde_json::from_str(line.strip_prefix("probe ")?).ok())
}

/// The script that asks the site about itself; none for a site of no known system.
pub fn prober(around: &super::Surroundings<'_>) -> Option<PhpTask> {
    super::support::task(around, "probe", String::new())
}

/// A number that a query answers.
fn number(ask: &mut Ask<'_>, sql: &str) -> Result<u64> {
    let rows = ask(sql)?;
    let first = rows.first().and_then(|row| row.first()).and_then(Option::as_deref);
    Ok(first.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Rows with NULL as empty text.
fn texts(ask: &mut Ask<'_>, sql: &str) -> Result<Vec<Vec<String>>> {
    let rows = ask(sql)?.into_iter();
    Ok(rows.map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect())
}

/// Ok below the threshold, else `score`.
fn above(number: u64, threshold: u64, score: Score) -> Score {
    if number > threshold { score } else { Score::Ok }
}
