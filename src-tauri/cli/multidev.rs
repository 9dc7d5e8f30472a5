//! `multidev:…` and `branch:…`
use clap::Subcommand;
use portico_core::{
    Result,
    model::{
        SiteName,
        request::{
            CreateMultidev, DeleteMultidev, MergeFromDev, MergeToDev, Request, Resolution, Take,
            ask,
        },
    },
};

use crate::{output::Output, paths, workflow};

#[derive(Subcommand)]
pub(crate) enum MultidevCommand {
    /// Make an environment with Dev's code, or a branch of its name, and another's content
    Create(CreateMultidev),
    /// Delete a multidev; its branch stays unless asked
    Delete(DeleteMultidev),
    /// List the multidevs of a site with how far they are from Dev
    List {
        /// The site
        site: SiteName,
    },
    /// Merge a multidev into Dev
    MergeToDev(MergeToDev),
    /// Merge Dev into a multidev
    MergeFromDev(MergeFromDev),
}

#[derive(Subcommand)]
pub(crate) enum BranchCommand {
    /// List the branches of a site with how far they are from Dev
    List {
        /// The site
        site: SiteName,
    },
}

pub(crate) fn run(command: MultidevCommand, output: &Output) -> Result<()> {
    match command {
        MultidevCommand::Create(wanted) => workflow::run(&Request::CreateMultidev(wanted), output),
        MultidevCommand::Delete(wanted) => workflow::run(&Request::DeleteMultidev(wanted), output),
        MultidevCommand::MergeToDev(mut wanted) => {
            make_absolute(&mut wanted.merge.resolve);
            workflow::run(&Request::MergeToDev(wanted), output)
        }
        MultidevCommand::MergeFromDev(mut wanted) => {
            make_absolute(&mut wanted.merge.resolve);
            workflow::run(&Request::MergeFromDev(wanted), output)
        }
        MultidevCommand::List { site } => {
            let rows = crate::open()?.ask(ask::Multidevs { site })?;
            let headings = ["Name", "Address", "Created", "Ahead", "Behind", "Locked"];
            output.table(&headings, &rows, |it| {
                [
                    it.environment.to_string(),
                    it.url.clone(),
                    it.created.to_string(),
                    it.ahead.to_string(),
                    it.behind.to_string(),
                    it.locked.to_string(),
                ]
            });
            Ok(())
        }
    }
}

/// The owner, who reads the files of solved conflicts, may run in another folder.
pub(crate) fn make_absolute(resolve: &mut [Resolution]) {
    for it in resolve {
        if let Take::File(path) = &mut it.take {
            *path = paths::absolute(path);
        }
    }
}

pub(crate) fn branch(command: BranchCommand, output: &Output) -> Result<()> {
    let BranchCommand::List { site } = command;
    let rows = crate::open()?.ask(ask::Branches { site })?;
    output.table(&["Branch", "Commit", "Message", "Environment", "Ahead", "Behind"], &rows, |it| {
        [
            it.name.clone(),
            it.commit.commit.chars().take(7).collect(),
            it.commit.subject.clone(),
            it.environment.as_ref().map(ToString::to_string).unwrap_or_default(),
            it.ahead.to_string(),
            it.behind.to_string(),
        ]
    });
    Ok(())
}
