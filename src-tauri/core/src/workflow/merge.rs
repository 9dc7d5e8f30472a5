//! `multidev:merge-to-dev`, `multidev:merge-from-dev`; and how any commit is brought into a folder that is worked in.
pub(super) use super::check::check_code;
use super::{
    Change, Context, Done, Frame, Run, Workflow,
    conflict::{self, How, Incoming},
    generation,
    request::{Merge, MergeFromDev, MergeToDev},
    running,
    work::Work,
};
use crate::{
    cms::{self, PantheonYml},
    code::{self, Repository},
    error::{Doing, Error, Result},
    model::{Address, CodePointer, Environment, EnvironmentName, Site, WorktreeState},
};

/// Files that an error lists; more are counted.
const LISTED_FILES: usize = 50;

/// Which way a merge goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    ToDev,
    FromDev,
}

/// A writable environment into which code is brought.
pub(super) struct Target {
    pub(super) site: Site,
    pub(super) environment: Environment,
    pub(super) branch: String,
    pub(super) commit: String,
}

pub(super) struct Plan<'a> {
    wanted: &'a Merge,
    target: Target,
    merged: String,
}

impl Run for MergeToDev {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, &self.merge, Way::ToDev)?;
        frame.run(plan, run)
    }
}

impl Run for MergeFromDev {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, &self.merge, Way::FromDev)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a Merge, way: Way) -> Result<Plan<'a>> {
    let incoming = incoming(context, wanted, way)?;
    incoming.target.refuse_uncommitted(context)?;
    if incoming.count(context)? == 0 {
        return Err(Error::refused(format!(
            "there is nothing to merge: {} has every commit of {}",
            incoming.target.address(),
            incoming.from
        )));
    }
    let merged = incoming.combined(context, &conflict::choices(&wanted.resolve, false)?)?;
    check_code(context, &incoming.target.site, &merged)?;
    Ok(Plan { wanted, target: incoming.target, merged })
}

/// What the merge would bring, and where.
pub(super) fn incoming(context: &Context, wanted: &Merge, way: Way) -> Result<Incoming> {
    let multidev = &wanted.environment;
    if !matches!(multidev.environment, EnvironmentName::Multidev(_)) {
        return Err(Error::refused(format!("{multidev} is not a multidev environment"))
            .hint("Name the multidev that is merged with Dev, as in `acme.blog`."));
    }
    let other = context.store.environment(multidev)?;
    let dev = Address::new(&multidev.site, &EnvironmentName::Dev);
    let (from, into) = match way {
        Way::ToDev => (other, dev),
        Way::FromDev => (context.store.environment(&dev)?, multidev.clone()),
    };
    let target = target(context, &into)?;
    let name = branch_of(&from);
    Ok(Incoming {
        commit: context.commit_of(&from)?,
        from: from.name.title().to_owned(),
        how: How::Merge { message: format!("Merge branch '{name}' into {}", target.branch) },
        by_hand: format!("git pull --no-rebase origin {name}"),
        target,
    })
}

fn branch_of(environment: &Environment) -> &str {
    match &environment.code {
        CodePointer::Branch { branch } => branch,
        CodePointer::Release { tag, .. } => tag,
    }
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    bring(work, &plan.target, &plan.merged, plan.wanted.updatedb)
}

/// The environment that code is brought into.
///
/// # Errors
/// Refused for Test and Live.
pub(super) fn target(context: &Context, address: &Address) -> Result<Target> {
    let environment = context.store.environment(address)?;
    let site = context.store.site(&address.site)?;
    let CodePointer::Branch { branch } = &environment.code else {
        return Err(Error::refused(format!("code can't be changed on {address}"))
            .hint("Use Dev or a multidev, then deploy."));
    };
    let branch = branch.clone();
    let commit = context.commit_of(&environment)?;
    Ok(Target { site, environment, branch, commit })
}

impl Target {
    pub(super) fn address(&self) -> Address {
        Address::new(&self.site.name, &self.environment.name)
    }

    /// Refuses, with the files in the causes, while there are uncommitted changes.
    pub(super) fn refuse_uncommitted(&self, context: &Context) -> Result<()> {
        let changes = code::changes(&running::code_folder(context, &self.environment))?;
        if changes.is_empty() {
            return Ok(());
        }
        let mut error = Error::refused(format!("{} has uncommitted changes", self.address()))
            .hint("Commit or discard them first, then try again.");
        error.causes = listed(changes.into_iter().map(|it| it.file).collect());
        Err(error)
    }
}

pub(super) fn listed(mut files: Vec<String>) -> Vec<String> {
    let more = files.len().saturating_sub(LISTED_FILES);
    if more > 0 {
        files.truncate(LISTED_FILES);
        files.push(format!("and {more} more"));
    }
    files
}

/// `pantheon.yml` over `pantheon.upstream.yml`, as a commit has them.
pub(super) fn committed_yml(repository: &Repository, commit: &str) -> Result<PantheonYml> {
    let folder = tempfile::tempdir().doing(|| "make a temporary folder".into())?;
    for name in ["pantheon.yml", "pantheon.upstream.yml"] {
        if let Some(bytes) = repository.file(commit, name)? {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).doing(|| format!("write {}", path.display()))?;
        }
    }
    cms::pantheon_yml(folder.path())
}

/// Makes the target's folder that of `commit`, and updates its database by the new code if asked.
pub(super) fn bring(
    work: &Work<'_>,
    target: &Target,
    commit: &str,
    updatedb: bool,
) -> Result<Done> {
    let environment = &target.environment;
    let address = Address::new(&target.site.name, &environment.name);
    let state = |commit: &str| WorktreeState { commit: commit.to_owned(), snapshot: None };
    let mut done = Done {
        changes: vec![Change::Worktree {
            environment: address.clone(),
            branch: target.branch.clone(),
            before: state(&target.commit),
            after: state(commit),
        }],
        ..Done::default()
    };
    // Nobody sees half of the files.
    work.hold_until_switched(&address)?;
    if updatedb {
        work.step("Update the code", |_| work.move_references(&done.changes))?;
        let row = generation::updated_copy(work, &target.site, environment, environment)?;
        done.changes.push(Change::Content {
            environment: address.clone(),
            before: environment.generation,
            after: row.generation.number,
        });
        done.generations.push(row);
    }
    done.result.insert("commit".into(), commit.into());
    done.result.insert("branch".into(), target.branch.clone().into());
    done.result.insert("url".into(), work.context.url(&address).into());
    Ok(done)
}
