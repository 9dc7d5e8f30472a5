//! `multidev:merge-to-dev`, `multidev:merge-from-dev`; and how any commit is brought into a folder that is worked in.
pub(super) use super::check::check_code;
use super::{Change, Context, Done, generation, request::Merge, running, work::Work};
use crate::{
    cms::{self, PantheonYml},
    code::{self, ConflictFile, Merged, Repository},
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

/// A writable environment without uncommitted changes, into which code is brought.
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

pub(super) fn plan<'a>(context: &Context, wanted: &'a Merge, way: Way) -> Result<Plan<'a>> {
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
    let commit = context.commit_of(&from)?;
    let repository = context.repository(&multidev.site);
    if repository.distance(&commit, &target.commit)?.ahead == 0 {
        return Err(Error::refused(format!(
            "there is nothing to merge: {into} has every commit of {}",
            from.name.title()
        )));
    }
    let name = branch_of(&from);
    let message = format!("Merge branch '{name}' into {}", target.branch);
    let author = code::default_author();
    let merged = match repository.merge(&target.branch, &commit, &message, &author, false)? {
        Merged::Commit(merged) => merged,
        Merged::Conflicts(files) => {
            let pull = format!("git pull --no-rebase origin {name}");
            return Err(conflict(context, &target, &from.name.to_string(), &files, &pull));
        }
    };
    check_code(context, &target.site, &merged)?;
    Ok(Plan { wanted, target, merged })
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
/// Refused for Test and Live, and, with the files in the causes, while there are uncommitted changes.
pub(super) fn target(context: &Context, address: &Address) -> Result<Target> {
    let environment = context.store.environment(address)?;
    let site = context.store.site(&address.site)?;
    let CodePointer::Branch { branch } = &environment.code else {
        return Err(Error::refused(format!("code can't be changed on {address}"))
            .hint("Use Dev or a multidev, then deploy."));
    };
    let branch = branch.clone();
    let changes = code::changes(&running::code_folder(context, &environment))?;
    if !changes.is_empty() {
        let mut error = Error::refused(format!("{address} has uncommitted changes"))
            .hint("Commit or discard them first, then try again.");
        error.causes = listed(changes.into_iter().map(|it| it.file).collect());
        return Err(error);
    }
    let commit = context.commit_of(&environment)?;
    Ok(Target { site, environment, branch, commit })
}

fn listed(mut files: Vec<String>) -> Vec<String> {
    let more = files.len().saturating_sub(LISTED_FILES);
    if more > 0 {
        files.truncate(LISTED_FILES);
        files.push(format!("and {more} more"));
    }
    files
}

/// Says which files conflict, and how a person solves it; `pull` is the command that brings the other side.
pub(super) fn conflict(
    context: &Context,
    target: &Target,
    from: &str,
    files: &[ConflictFile],
    pull: &str,
) -> Error {
    let address = Address::new(&target.site.name, &target.environment.name);
    let repository = context.layout.repository(&target.site.name);
    let mut error = Error::refused(format!(
        "{from} and {address} changed the same lines; nothing was merged"
    ))
    .hint(format!(
        "Merge by hand: `portico connection:set {address} git`, `git clone {} merge`, `cd merge`, \
         `git switch {}`, `{pull}`, correct the files, `git commit -a`, `git push`.",
        repository.display(),
        target.branch
    ));
    error.causes = listed(files.iter().map(|it| format!("conflict in {}", it.path)).collect());
    error
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
