//! `multidev:…` and `branch:…`
use portico_core::{
    Result,
    model::request::{Request, Resolution, Take, ask},
};

use crate::{
    arguments::{BranchCommand, MultidevCommand},
    output::Output,
    paths, workflow,
};

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
