//! `env:commit`: the changed files of a writable environment's folder become a commit on its branch.
use super::{
    Change, Context, Done, Frame, Run, Workflow, check, create_site, request::Commit, running,
    work::Work,
};
use crate::{
    code,
    error::{Error, Result},
    model::{CodePointer, ConnectionMode, Environment},
};

pub(super) struct Plan<'a> {
    wanted: &'a Commit,
    environment: Environment,
    branch: String,
}

impl Run for Commit {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a Commit) -> Result<Plan<'a>> {
    let environment = context.store.environment(&wanted.environment)?;
    let CodePointer::Branch { branch } = &environment.code else {
        return Err(Error::refused(format!("code can't be changed on {}", wanted.environment))
            .hint("Commit on Dev or a multidev, then deploy."));
    };
    if environment.connection_mode == Some(ConnectionMode::Git) {
        return Err(Error::refused(format!("{} is in Git mode", wanted.environment)).hint(
            format!(
                "Push to it, or run `portico connection:set {} sftp` first.",
                wanted.environment
            ),
        ));
    }
    if wanted.message.trim().is_empty() {
        return Err(Error::usage("a commit needs a message").hint("Say what changed, and why."));
    }
    let folder = running::code_folder(context, &environment);
    if code::count_changes(&folder)? == 0 {
        return Err(Error::refused("there is nothing to commit")
            .hint(format!("No file is changed in {}.", folder.display())));
    }
    let branch = branch.clone();
    Ok(Plan { wanted, environment, branch })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let wanted = plan.wanted;
    let repository = work.context.repository(&wanted.environment.site);
    let folder = running::code_folder(work.context, &plan.environment);
    let name = format!("refs/heads/{}", plan.branch);
    let before = repository.reference(&name)?;
    let site = work.context.store.site(&wanted.environment.site)?;
    let commit = work.step("Commit", |_| {
        let author = create_site::author();
        let accept = |commit: &str| -> Result<()> {
            for it in check::check_code(work.context, &site, commit)? {
                work.line(format!("{}. {}", it.message, it.hint));
            }
            Ok(())
        };
        code::prepare_commit(&folder, &wanted.files, &wanted.message, &author, accept)
    })?;
    let mut result = serde_json::Map::new();
    result.insert("commit".into(), commit.clone().into());
    Ok(Done {
        changes: vec![Change::Reference {
            site: wanted.environment.site.clone(),
            name,
            before,
            after: Some(commit),
        }],
        result,
        ..Done::default()
    })
}
