//! `generation:…` and `search-replace`
use clap::{Args, Subcommand};
use portico_core::{
    Result,
    model::{
        Address, EnvironmentName, SiteName, count, human_bytes,
        request::{
            KeepGenerations, PinGeneration, PruneGenerations, Request, SearchReplace,
            SwitchGeneration, UnpinGeneration, ask,
        },
        view::GenerationInfo,
    },
};

use crate::{
    disk,
    output::{Output, print, say},
    workflow::{self, confirmation},
};

#[derive(Subcommand)]
pub(crate) enum GenerationCommand {
    /// List the contents that an environment has and had, newest first
    List {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Make an environment use another of its generations; it can be undone
    Switch(SwitchGeneration),
    /// Keep a generation from being pruned
    Pin(PinGeneration),
    /// Let a generation be pruned again
    Unpin(UnpinGeneration),
    /// Let go of generations that are not in use, for good
    Prune(PruneGenerations),
    /// Show or set what a site keeps for undo, by one rule for all of it: contents and releases that were replaced,
    /// changes that were discarded, environments and sites that were deleted. What falls out of the rule is told first,
    /// then let go for good
    Keep(KeepGenerations),
}

#[derive(Args)]
pub(crate) struct SearchReplaceArguments {
    #[command(flatten)]
    pub(crate) wanted: SearchReplace,
    /// Show what would be replaced, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) fn run(command: GenerationCommand, output: &Output) -> Result<()> {
    match command {
        GenerationCommand::List { environment } => list(environment, output),
        GenerationCommand::Switch(mut wanted) => {
            wanted.confirm = confirm(&wanted.environment, wanted.confirm, "replaces", output);
            workflow::run(&Request::SwitchGeneration(wanted), output)
        }
        GenerationCommand::Pin(wanted) => workflow::run(&Request::PinGeneration(wanted), output),
        GenerationCommand::Unpin(wanted) => {
            workflow::run(&Request::UnpinGeneration(wanted), output)
        }
        GenerationCommand::Prune(wanted) => {
            workflow::run(&Request::PruneGenerations(wanted), output)
        }
        GenerationCommand::Keep(KeepGenerations {
            site,
            count: None,
            days: None,
            default: false,
        }) => keep_rule(site, output),
        GenerationCommand::Keep(wanted) => {
            let question = ask::KeepPlan { request: wanted.clone() };
            let plan = crate::open()?.ask(question)?;
            disk::agree(&plan, output)?;
            workflow::run(&Request::KeepGenerations(wanted), output)
        }
    }
}

fn keep_rule(site: SiteName, output: &Output) -> Result<()> {
    let rule = crate::open()?.ask(ask::KeepRule { site })?;
    let whose = if rule.is_default { "the default" } else { "this site's own rule" };
    output.facts(
        &rule,
        &[
            ("kept for undo", format!("{} of each", rule.count)),
            ("and all younger than", count(rule.days.into(), "day")),
            ("by", whose.to_owned()),
            (
                "of",
                "contents, releases, discarded changes, deleted environments and sites".to_owned(),
            ),
        ],
    );
    Ok(())
}

/// Asks for the site's name where Live's content is about to be changed.
pub(crate) fn confirm(
    environment: &Address,
    given: Option<String>,
    does: &str,
    output: &Output,
) -> Option<String> {
    if environment.environment != EnvironmentName::Live {
        return given;
    }
    let question = format!("This {does} Live's content of {}.", environment.site);
    confirmation(given, &environment.site, &question, output)
}

fn list(environment: Address, output: &Output) -> Result<()> {
    let question = ask::Generations { environment, disk: true };
    let rows = crate::open()?.ask(question)?;
    let headings = ["Id", "Content", "Made", "By", "Database", "Files", "Own disk use", "State"];
    output.table(&headings, &rows, |it| {
        let bytes = |bytes: Option<u64>| bytes.map(human_bytes).unwrap_or_default();
        [
            it.id.to_string(),
            it.origin.in_words(),
            it.created.to_string(),
            it.made_by.clone().unwrap_or_default(),
            bytes(it.database.map(|it| it.bytes)),
            bytes(it.files.map(|it| it.bytes)),
            bytes(it.disk.map(|it| it.own)),
            state(it),
        ]
    });
    if !output.is_json() && rows.iter().any(|it| it.disk.is_some_and(|disk| !disk.is_exact)) {
        say("This disk does not tell which blocks files share, so the disk use may be less.");
    }
    Ok(())
}

fn state(it: &GenerationInfo) -> String {
    let mut words = Vec::new();
    if it.current {
        words.push("in use".to_owned());
    }
    if it.pinned {
        words.push("pinned".to_owned());
    }
    for (part, of) in [("database", it.database_of), ("files", it.files_of)] {
        words.extend(of.map(|of| format!("{part} of {of}")));
    }
    if !it.needed_by.is_empty() {
        let by: Vec<String> = it.needed_by.iter().map(u32::to_string).collect();
        words.push(format!("needed by {}", by.join(", ")));
    }
    words.join(", ")
}

/// `search-replace`
pub(crate) fn search_replace(arguments: SearchReplaceArguments, output: &Output) -> Result<()> {
    let SearchReplaceArguments { mut wanted, dry_run } = arguments;
    if dry_run {
        return search_replace_plan(wanted, output);
    }
    wanted.confirm = confirm(&wanted.environment, wanted.confirm, "changes", output);
    workflow::run(&Request::SearchReplace(wanted), output)
}

fn search_replace_plan(request: SearchReplace, output: &Output) -> Result<()> {
    let question = ask::SearchReplacePlan { request: Box::new(request) };
    let plan = crate::open()?.ask(question)?;
    if output.is_json() {
        output.facts(&plan, &[]);
        return Ok(());
    }
    output.table(&["Table", "Rows", "Replacements"], &plan.tables, |it| {
        [it.table.clone(), it.rows.to_string(), it.replacements.to_string()]
    });
    print("");
    let (replacements, rows) = (count(plan.replacements, "replacement"), count(plan.rows, "row"));
    print(&format!("{replacements} in {rows}; nothing was changed"));
    plan.notes.iter().for_each(|note| say(note));
    Ok(())
}
