//! `disk` and `disk:free`
use clap::{Args, Subcommand};
use portico_core::{
    Error, Result,
    model::{
        KeptKind, SiteName, count, human_bytes,
        request::{FreeDisk, FreeRule, Request, ask},
        view::{DiskParts, DiskSite, FreePlan, Goes},
    },
};

use crate::{
    output::{Output, print, say},
    workflow,
};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DiskArguments {
    #[command(subcommand)]
    pub(crate) command: Option<DiskCommand>,
    /// Only this site
    pub(crate) site: Option<SiteName>,
}

#[derive(Subcommand)]
pub(crate) enum DiskCommand {
    /// Let go of what is kept for undo, for good; says first what can't be undone then
    Free(FreeArguments),
}

#[derive(Args)]
pub(crate) struct FreeArguments {
    /// The site, or one that was deleted [default: all of them]
    pub(crate) site: Option<SiteName>,
    /// What stays
    #[command(flatten)]
    pub(crate) rule: FreeRule,
    /// Show what would be freed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) fn run(wanted: DiskArguments, output: &Output) -> Result<()> {
    match wanted.command {
        Some(DiskCommand::Free(wanted)) => free(&wanted, output),
        None => show(wanted.site, output),
    }
}

/// What everything takes, a line a site and a line an environment.
fn show(site: Option<SiteName>, output: &Output) -> Result<()> {
    let report = crate::open()?.ask(ask::Disk { site })?;
    if output.is_json() {
        output.facts(&report, &[]);
        return Ok(());
    }
    let lines: Vec<(String, DiskParts, u64)> = report.sites.iter().flat_map(lines_of).collect();
    let headings = ["", "In use", "For undo", "Backups", "Logs", "In all", "Could be freed"];
    output.table(&headings, &lines, |(name, parts, freeable)| {
        [
            name.clone(),
            human_bytes(parts.in_use()),
            human_bytes(parts.for_undo()),
            human_bytes(parts.backups),
            human_bytes(parts.logs),
            human_bytes(parts.total()),
            if *freeable == 0 { String::new() } else { human_bytes(*freeable) },
        ]
    });
    print("");
    let rest = [
        ("templates of databases", report.templates),
        ("logs of workflows", report.logs),
        ("being deleted", report.trash),
        ("portico.db and others", report.rest),
    ];
    let mut facts: Vec<(&str, String)> = rest
        .into_iter()
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(name, bytes)| (name, human_bytes(bytes)))
        .collect();
    let free = format!("{} of {}", human_bytes(report.free), human_bytes(report.disk));
    facts.extend([("held in all", human_bytes(report.held)), ("free", free)]);
    output.facts(&report, &facts);
    if report.is_short {
        say("The disk is short: of what can be undone, only what was replaced last is kept.");
    }
    say_if_inexact(report.is_exact);
    Ok(())
}

fn lines_of(site: &DiskSite) -> Vec<(String, DiskParts, u64)> {
    let name = match site.is_deleted {
        true => format!("{} (deleted)", site.site),
        false => site.site.to_string(),
    };
    let freeable = site.freeable.iter().map(|it| it.bytes).sum();
    let mut lines = vec![(name, site.parts, freeable)];
    lines.extend(site.environments.iter().map(|it| {
        let own = |goes: &&Goes| {
            goes.kind != KeptKind::Deleted && goes.environment.as_ref() == Some(&it.environment)
        };
        let freeable = site.freeable.iter().filter(own).map(|it| it.bytes).sum();
        (format!("  {}", it.environment), it.parts, freeable)
    }));
    lines
}

fn say_if_inexact(is_exact: bool) {
    if !is_exact {
        say("This disk does not tell which blocks files share, so it may be less.");
    }
}

fn free(wanted: &FreeArguments, output: &Output) -> Result<()> {
    let request = |site: SiteName| FreeDisk { site, rule: wanted.rule.clone() };
    let sites = match &wanted.site {
        Some(site) => vec![site.clone()],
        None => all_sites()?,
    };
    let mut plans = Vec::new();
    for site in sites {
        let request = request(site);
        let plan = crate::open()?.ask(ask::FreePlan { request: request.clone() })?;
        if !plan.goes.is_empty() {
            plans.push((request, plan));
        }
    }
    if wanted.dry_run {
        return show_plans(plans.into_iter().map(|(_, plan)| plan).collect(), output);
    }
    // With a site, the workflow itself says why there is nothing to do.
    if let (Some(site), true) = (&wanted.site, plans.is_empty()) {
        return workflow::run(&Request::FreeDisk(request(site.clone())), output);
    }
    if plans.is_empty() {
        say("Nothing can be freed: what is in use, pinned, and what was replaced last is kept.");
        return Ok(());
    }
    plans.iter().for_each(|(_, plan)| tell(plan));
    workflow::consent("Let go of it for good?", output)?;
    for (request, _) in plans {
        workflow::run(&Request::FreeDisk(request), output)?;
    }
    Ok(())
}

/// All sites, and those that were deleted and are kept.
fn all_sites() -> Result<Vec<SiteName>> {
    let report = crate::open()?.ask(ask::Disk { site: None })?;
    let mut sites: Vec<SiteName> = report.sites.into_iter().map(|it| it.site).collect();
    sites.sort_unstable();
    sites.dedup();
    Ok(sites)
}

fn show_plans(plans: Vec<FreePlan>, output: &Output) -> Result<()> {
    let first = plans.first().map(|it| (it.count, it.days)).unwrap_or_default();
    let plan = FreePlan {
        count: first.0,
        days: first.1,
        bytes: plans.iter().map(|it| it.bytes).sum(),
        is_exact: plans.iter().all(|it| it.is_exact),
        goes: plans.into_iter().flat_map(|it| it.goes).collect(),
    };
    if output.is_json() {
        output.facts(&plan, &[]);
        return Ok(());
    }
    output.table(&["What", "Made", "Frees", "Can't be undone then"], &plan.goes, |it| {
        [it.what.clone(), it.made.to_string(), human_bytes(it.bytes), gives_up(it)]
    });
    print("");
    print(&format!("{} would be freed; nothing was changed", human_bytes(plan.bytes)));
    say_if_inexact(plan.is_exact);
    Ok(())
}

/// Says before a question what goes for good.
pub(crate) fn tell(plan: &FreePlan) {
    for it in &plan.goes {
        let gives_up = match gives_up(it) {
            none if none.is_empty() => none,
            undo => format!(" ({undo})"),
        };
        say(&format!("goes: {}, {}{gives_up}", it.what, human_bytes(it.bytes)));
    }
    let things = count(plan.goes.len() as u64, "thing");
    say(&format!("{things}, {} in all", human_bytes(plan.bytes)));
    say_if_inexact(plan.is_exact);
}

/// What can't be undone any more without it.
fn gives_up(it: &Goes) -> String {
    const SHOWN: usize = 3;
    if it.kind == KeptKind::Releases {
        return "undo checks it out again".to_owned();
    }
    let mut titles: Vec<String> =
        it.undo_of.iter().take(SHOWN).map(|title| format!("“{title}”")).collect();
    if it.undo_of.len() > SHOWN {
        titles.push(format!("and {} more", it.undo_of.len() - SHOWN));
    }
    titles.join(", ")
}

/// Asks before a change of the rule lets things go.
pub(crate) fn agree(plan: &FreePlan, output: &Output) -> Result<(), Error> {
    if plan.goes.is_empty() {
        return Ok(());
    }
    tell(plan);
    workflow::consent("Set the rule, and let go of this for good?", output)
}
