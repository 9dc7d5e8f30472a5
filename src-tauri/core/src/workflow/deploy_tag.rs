//! A tag that exists is deployed: one that was pushed (the hotfix route), or the one before (`env:code-rollback`).
use super::{
    Change, Context, Done, Frame, Run, Workflow, deploy, merge, request::DeployTag, work::Work,
};
use crate::{
    code,
    error::{Error, Result},
    model::{CodePointer, Environment, Site},
};

pub(super) struct Plan<'a> {
    wanted: &'a DeployTag,
    site: Site,
    target: Environment,
    tag: code::DeployTag,
}

impl Run for DeployTag {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a DeployTag) -> Result<Plan<'a>> {
    let to = &wanted.environment;
    let site = context.store.site(&to.site)?;
    let target = context.store.environment(to)?;
    let CodePointer::Release { tag: current, .. } = &target.code else {
        return Err(Error::refused(format!("{to} runs no tag")).hint("Name Test or Live."));
    };
    if wanted.tag.as_ref() == Some(current) {
        return Err(Error::refused(format!("{to} runs {current} already")));
    }
    let tags = context.repository(&to.site).deploy_tags(to.environment.as_str())?;
    let number = tags.iter().find(|tag| tag.name == *current).map_or(u64::MAX, |tag| tag.number);
    let mut tags = tags.into_iter();
    let tag = match &wanted.tag {
        Some(name) => {
            tags.find(|tag| tag.name == *name).ok_or_else(|| Error::not_found("tag", name))?
        }
        None => tags.find(|tag| tag.number < number).ok_or_else(|| {
            Error::refused(format!("{current} is the first deploy of {to}"))
                .hint("There is nothing to roll back to.")
        })?,
    };
    Ok(Plan { wanted, site, target, tag })
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let to = &plan.wanted.environment;
    let tag = &plan.tag;
    merge::check_code(work.context, &plan.site, &tag.commit)?;
    let target = Some(&plan.target);
    let directory = deploy::check_out_beside(work, to, target, tag.number, &tag.commit)?;
    let mut result = serde_json::Map::new();
    result.insert("tag".into(), tag.name.clone().into());
    result.insert("commit".into(), tag.commit.clone().into());
    result.insert("url".into(), work.context.url(to).into());
    Ok(Done {
        changes: vec![Change::Code {
            environment: to.clone(),
            before: plan.target.code.clone(),
            after: CodePointer::Release {
                tag: tag.name.clone(),
                commit: tag.commit.clone(),
                directory,
            },
        }],
        result,
        ..Done::default()
    })
}
