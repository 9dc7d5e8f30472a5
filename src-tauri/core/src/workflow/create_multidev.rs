//! `multidev:create`: a branch, its worktree, and the content of another environment.
use std::thread;

use super::{
    Change, Context, Done, Frame, Run, Workflow, check, create_site, generation,
    request::CreateMultidev, work::Work,
};
use crate::{
    error::{Error, Result},
    model::{Address, CodePointer, Environment, EnvironmentName, Origin, Site},
    store::{Trace, now},
};

pub(super) struct Plan<'a> {
    wanted: &'a CreateMultidev,
    site: Site,
    source: Environment,
    dev: Environment,
    address: Address,
    /// The commit it begins with: its branch's, if there is one of that name, else the one asked for, else Dev's.
    commit: String,
    has_branch: bool,
}

impl Run for CreateMultidev {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a CreateMultidev) -> Result<Plan<'a>> {
    let site = context.store.site(&wanted.from.site)?;
    let address = Address::new(&site.name, &wanted.name);
    if !matches!(wanted.name, EnvironmentName::Multidev(_)) {
        return Err(Error::refused(format!("`{}` is a reserved name", wanted.name))
            .hint("Choose another name for the environment."));
    }
    if context.store.find_environment(&address)?.is_some() {
        return Err(Error::refused(format!("{address} exists already"))
            .hint("Choose another name, or delete that environment first."));
    }
    let branch = wanted.name.as_str();
    if branch == site.branch {
        return Err(Error::refused(format!("Dev follows the branch `{branch}`"))
            .hint("Choose another name for the environment."));
    }
    context.check_host(&address)?;
    let source = context.store.environment(&wanted.from)?;
    let dev = context.store.environment(&Address::new(&site.name, &EnvironmentName::Dev))?;
    let repository = context.repository(&site.name);
    let existing = repository.reference(&format!("refs/heads/{branch}"))?;
    let has_branch = existing.is_some();
    let commit = match (existing, &wanted.at) {
        (Some(_), Some(_)) => {
            return Err(Error::refused(format!("there is a branch `{branch}` already"))
                .hint("Choose another name, or leave out `--at` to go on with that branch."));
        }
        (Some(commit), None) => commit,
        (None, Some(name)) => repository.named(name)?,
        (None, None) => context.commit_of(&dev)?,
    };
    check::check_code(context, &site, &commit)?;
    Ok(Plan { wanted, site, source, dev, address, commit, has_branch })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let context = work.context;
    let (site, address) = (&plan.site, &plan.address);
    work.will_make(&context.layout.environment(address))?;
    let branch = plan.wanted.name.as_str().to_owned();
    let made_branch = (!plan.has_branch).then(|| Change::Reference {
        site: site.name.clone(),
        name: format!("refs/heads/{branch}"),
        before: None,
        after: Some(plan.commit.clone()),
    });
    let mut changes: Vec<Change> = made_branch.into_iter().collect();
    work.move_references(&changes)?;
    let mut environment = Environment {
        site: site.name.clone(),
        name: plan.wanted.name.clone(),
        code: CodePointer::Branch { branch: branch.clone() },
        generation: 0,
        connection_mode: plan.dev.connection_mode,
        lock: None,
        secrets: create_site::secrets()?,
        created: now(),
    };
    // Code and content are made at the same time: the copy is what takes long.
    let parts = (!plan.wanted.no_db, !plan.wanted.no_files);
    let fresh = thread::scope(|scope| {
        let code = scope.spawn(|| check_out(work, address, &branch));
        let content = generation::clone_of(work, site, &plan.source, &environment, parts);
        code.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        content
    })?;
    environment.generation = fresh.number;
    let origin = match parts {
        (false, false) => Origin::Empty,
        (database, files) => {
            Origin::Clone { environment: plan.source.name.clone(), database, files }
        }
    };
    let row = generation::finish(work, site, &environment, &fresh, origin)?;
    changes.push(Change::Environment {
        environment: address.clone(),
        before: None,
        after: Some(Box::new(environment)),
    });
    let mut result = serde_json::Map::new();
    result.insert("url".into(), context.url(address).into());
    result.insert("branch".into(), branch.into());
    result.insert("commit".into(), plan.commit.clone().into());
    result.insert("generation".into(), fresh.number.into());
    Ok(Done { generations: vec![row], changes, result, ..Done::default() })
}

fn check_out(work: &Work<'_>, address: &Address, branch: &str) -> Result<()> {
    let folder = work.context.layout.code(address);
    let trace = Trace::Linked { site: address.site.clone(), folder: folder.clone() };
    work.context.store.trace(work.id, &trace)?;
    let repository = work.context.repository(&address.site);
    work.step("Check out the code", |meter| repository.add_worktree(&folder, branch, meter))
}
