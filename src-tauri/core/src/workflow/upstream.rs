//! `site:upstream:set`, `upstream:updates:apply`: updates from the repository that a site came from.
use super::{
    Change, Context, Done, Frame, Run, Workflow,
    conflict::{self, How, Incoming},
    merge,
    request::{ApplyUpstream, SetUpstream},
    work::Work,
};
use crate::{
    code,
    error::{Error, Result},
    model::{
        Address, EnvironmentName, Site, SiteName, Upstream, secrets::source_without_secrets,
        view::UpstreamStatus,
    },
    progress::Meter,
    store::now,
};

/// Updates that a status lists; the count says how many there are in all.
const LISTED: usize = 200;

/// What takes a site's upstream away, as on Pantheon.
const NONE: &str = "empty";

impl Run for SetUpstream {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let change = plan_set(frame.context, self)?;
        frame.run(change, |_, change| Ok(run_set(change.clone())))
    }
}

/// None when the upstream is that one already.
pub(super) fn plan_set(context: &Context, wanted: &SetUpstream) -> Result<Option<Change>> {
    let site = context.store.site(&wanted.site)?;
    let before = context.store.upstream(&site.id)?;
    let after = (wanted.url != NONE)
        .then(|| Upstream { url: wanted.url.clone(), branch: wanted.branch.clone() });
    if wanted.url.trim().is_empty() || wanted.url.starts_with('-') {
        return Err(Error::usage(format!("`{}` is no Git URL", wanted.url))
            .hint("Give a Git URL or path, or `empty` for no upstream."));
    }
    if wanted.url.contains("…@") {
        return Err(Error::usage("`…` stands where the address has a password").hint(
            "Write the password again, or leave it out and let Git's credential helper know it.",
        ));
    }
    Ok((before != after).then_some(Change::Upstream {
        site: site.name,
        id: site.id,
        before,
        after,
    }))
}

pub(super) fn run_set(change: Option<Change>) -> Done {
    Done { changes: change.into_iter().collect(), ..Done::default() }
}

/// Where the site's updates come from, as people are shown it: without a password.
pub fn shown(context: &Context, site: &SiteName) -> Result<Option<Upstream>> {
    Ok(of(context, site)?.as_ref().map(without_secrets))
}

fn without_secrets(upstream: &Upstream) -> Upstream {
    Upstream { url: source_without_secrets(&upstream.url), branch: upstream.branch.clone() }
}

fn of(context: &Context, site: &SiteName) -> Result<Option<Upstream>> {
    context.store.upstream(&context.store.site(site)?.id)
}

fn wanted_upstream(context: &Context, site: &SiteName) -> Result<Upstream> {
    of(context, site)?.ok_or_else(|| {
        Error::refused(format!("`{site}` has no upstream"))
            .hint(format!("Run `portico site:upstream:set {site} <url>` first."))
    })
}

/// Asks the site's upstream for what is new, without anybody who could be asked for a password. No branch moves.
pub fn look(context: &Context, site: &Site, meter: Meter<'_>) -> Result<()> {
    let upstream = wanted_upstream(context, &site.name)?;
    let repository = context.repository(&site.name);
    repository.fetch_unasked(&upstream.url, upstream.branch.as_deref(), meter)?;
    context.store.set_upstream_seen(&site.id, &upstream, now())
}

/// How many updates Dev lacks, as far as the upstream was seen; none when it never was.
pub fn waiting(context: &Context, site: &Site) -> Result<Option<u64>> {
    let Some(upstream) = context.store.upstream(&site.id)? else { return Ok(None) };
    let Some(theirs) = seen(context, site, &upstream)? else { return Ok(None) };
    let dev = Address::new(&site.name, &EnvironmentName::Dev);
    let ours = context.commit_of(&context.store.environment(&dev)?)?;
    Ok(Some(context.repository(&site.name).distance(&theirs, &ours)?.ahead))
}

/// The upstream's commit when it was asked last.
fn seen(context: &Context, site: &Site, upstream: &Upstream) -> Result<Option<String>> {
    if context.store.upstream_seen(&site.id, upstream)?.is_none() {
        return Ok(None);
    }
    let branch = upstream.branch.as_deref().unwrap_or("HEAD");
    context.repository(&site.name).reference(&format!("{}/{branch}", code::UPSTREAM))
}

/// Which updates wait for an environment; with `check` the upstream is asked first, else what was fetched last counts.
pub fn status(
    context: &Context,
    environment: &Address,
    check: bool,
    meter: Meter<'_>,
) -> Result<UpstreamStatus> {
    let upstream = wanted_upstream(context, &environment.site)?;
    refuse_releases(environment)?;
    let found = context.store.environment(environment)?;
    let repository = context.repository(&environment.site);
    let branch = upstream.branch.as_deref();
    let site = context.store.site(&environment.site)?;
    let theirs = if check {
        let theirs = repository.fetch(&upstream.url, branch, meter)?;
        context.store.set_upstream_seen(&site.id, &upstream, now())?;
        Some(theirs)
    } else {
        seen(context, &site, &upstream)?
    };
    let ours = context.commit_of(&found)?;
    let (behind, updates) = match &theirs {
        Some(theirs) => (
            repository.distance(theirs, &ours)?.ahead,
            repository.missing(theirs, Some(&ours), LISTED)?,
        ),
        None => (0, Vec::new()),
    };
    let upstream = without_secrets(&upstream);
    Ok(UpstreamStatus { upstream, is_known: theirs.is_some(), behind, updates })
}

fn refuse_releases(environment: &Address) -> Result<()> {
    if environment.environment.is_writable() {
        return Ok(());
    }
    Err(Error::refused(format!("upstream updates can't be applied to {environment}"))
        .hint("Apply them to Dev or a multidev, then deploy."))
}

pub(super) struct Plan<'a> {
    wanted: &'a ApplyUpstream,
    upstream: Upstream,
}

impl Run for ApplyUpstream {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a ApplyUpstream) -> Result<Plan<'a>> {
    refuse_releases(&wanted.environment)?;
    let upstream = wanted_upstream(context, &wanted.environment.site)?;
    merge::target(context, &wanted.environment)?.refuse_uncommitted(context)?;
    Ok(Plan { wanted, upstream })
}

/// The updates as they were seen last.
pub(super) fn last_seen(context: &Context, wanted: &ApplyUpstream) -> Result<Incoming> {
    refuse_releases(&wanted.environment)?;
    let upstream = wanted_upstream(context, &wanted.environment.site)?;
    let target = merge::target(context, &wanted.environment)?;
    let repository = context.repository(&target.site.name);
    let name = upstream.branch.as_deref().unwrap_or("HEAD");
    let theirs = repository.reference(&format!("{}/{name}", code::UPSTREAM))?;
    // Before the first look nothing is known to come.
    let theirs = theirs.unwrap_or_else(|| target.commit.clone());
    Ok(incoming(target, &upstream, theirs))
}

fn incoming(target: merge::Target, upstream: &Upstream, theirs: String) -> Incoming {
    let url = source_without_secrets(&upstream.url);
    Incoming {
        target,
        from: "the upstream".into(),
        commit: theirs,
        how: How::Merge { message: format!("Merge updates from the upstream {url}") },
        by_hand: format!(
            "git pull --no-rebase {url} {}",
            upstream.branch.as_deref().unwrap_or("HEAD")
        ),
    }
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let context = work.context;
    let wanted = plan.wanted;
    let target = merge::target(context, &wanted.environment)?;
    let repository = context.repository(&target.site.name);
    let (url, branch) = (&plan.upstream.url, plan.upstream.branch.as_deref());
    let theirs =
        work.step("Fetch from the upstream", |meter| repository.fetch(url, branch, meter))?;
    context.store.set_upstream_seen(&target.site.id, &plan.upstream, now())?;
    let incoming = incoming(target, &plan.upstream, theirs);
    let behind = incoming.count(context)?;
    if behind == 0 {
        return Err(Error::refused("There are no available updates for this site"));
    }
    let choices = conflict::choices(&wanted.resolve, wanted.accept_upstream)?;
    let merged = work.step("Merge", |_| incoming.combined(context, &choices));
    let commit = merged.map_err(|mut error| {
        if let (Some(hint), false, false) =
            (&mut error.hint, wanted.accept_upstream, error.causes.is_empty())
        {
            hint.insert_str(
                0,
                "Add `--accept-upstream` to take the upstream's lines where both changed. ",
            );
        }
        error
    })?;
    let target = &incoming.target;
    merge::check_code(context, &target.site, &commit)?;
    let mut done = merge::bring(work, target, &commit, wanted.updatedb)?;
    done.result.insert("updates".into(), behind.into());
    Ok(done)
}

/// The upstream's change that a site is born with when it comes from a repository.
pub(super) fn first(site: &Site, url: &str, branch: Option<&str>) -> Change {
    Change::Upstream {
        site: site.name.clone(),
        id: site.id.clone(),
        before: None,
        after: Some(Upstream { url: url.to_owned(), branch: branch.map(str::to_owned) }),
    }
}
