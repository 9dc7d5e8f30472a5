//! `env:smoke`: visits the pages of an environment and gives a verdict, which a deploy to Live shows.
use std::time::Instant;

use super::{Context, Done, Frame, Run, Workflow, report, request::SmokeTest, work::Work};
use crate::{
    error::{Error, Result},
    front,
    model::{Address, Environment, EnvironmentName, Score, SmokeReport, count},
    smoke::{self, Target, Walk},
    store::now,
};

const SMOKE_TEST: &str = "smoke-test";
/// Pages that are visited unless the person says otherwise.
const LIMIT: u32 = 200;

pub(super) struct Plan<'a> {
    wanted: &'a SmokeTest,
    environment: Environment,
    against: Option<Environment>,
}

impl Run for SmokeTest {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a SmokeTest) -> Result<Plan<'a>> {
    let environment = context.store.environment(&wanted.environment)?;
    let against = match &wanted.against {
        Some(name) if *name == environment.name => {
            return Err(Error::usage("an environment can't be compared with itself")
                .hint("Name another environment after `--against`."));
        }
        Some(name) => {
            Some(context.store.environment(&Address::new(&wanted.environment.site, name))?)
        }
        // What goes live is compared with what is live.
        None if environment.name == EnvironmentName::Test => {
            let live = Address::new(&wanted.environment.site, &EnvironmentName::Live);
            context.store.find_environment(&live)?
        }
        None => None,
    };
    Ok(Plan { wanted, environment, against })
}

fn target(context: &Context, environment: &Environment) -> Target {
    let address = Address::new(&environment.site, &environment.name);
    Target {
        name: environment.name.title().to_owned(),
        host: context.host(&address),
        address: context.front().address(),
        authorization: environment.lock.as_ref().map(front::authorization),
    }
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let (context, wanted) = (work.context, plan.wanted);
    let started = Instant::now();
    let here = target(context, &plan.environment);
    let there = plan.against.as_ref().map(|it| target(context, it));
    let limit = wanted.limit.unwrap_or(LIMIT) as usize;
    let pages = smoke::Wanted { paths: wanted.paths.clone(), limit };
    let walk =
        work.step("Visit the pages", |meter| smoke::walk(&here, there.as_ref(), &pages, meter))?;
    let score = walk.differences.iter().map(|it| it.score).max().unwrap_or(Score::Ok);
    let against = plan.against.as_ref().map(|it| it.name.clone());
    let test = SmokeReport {
        environment: wanted.environment.clone(),
        made_at: now(),
        commit: context.commit_of(&plan.environment)?,
        generation: plan.environment.generation,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        pages: walk.pages,
        left_out: walk.left_out,
        verdict: verdict(&walk, against.as_ref()),
        score,
        against,
        differences: walk.differences,
    };
    work.line(test.verdict.clone());
    for page in &test.differences {
        work.line(format!("{} {}: {}", page.score.as_str(), page.path, page.what.join(" ")));
    }
    report::keep(context, &wanted.environment, SMOKE_TEST, &test)?;
    let value = serde_json::to_value(&test).expect("it serialises");
    let result = value.as_object().cloned().unwrap_or_default();
    Ok(Done { result, ..Done::default() })
}

fn verdict(walk: &Walk, against: Option<&EnvironmentName>) -> String {
    let of = |score: Score| walk.differences.iter().filter(|it| it.score == score).count() as u64;
    let pages = count(walk.pages, "page");
    let beside = against.map(|it| format!(" beside {}", it.title())).unwrap_or_default();
    match (of(Score::Error), of(Score::Warning), of(Score::Info)) {
        (0, 0, 0) => format!("{pages} visited{beside}: all right"),
        (0, 0, other) => format!("{pages} visited{beside}: all right, {other} read otherwise"),
        (0, warnings, _) => format!("{pages} visited{beside}: {warnings} to look at"),
        (errors, warnings, _) => {
            format!("{pages} visited{beside}: {errors} broken, {warnings} to look at")
        }
    }
}

/// The last smoke test of the environment.
pub fn last_smoke_test(context: &Context, address: &Address) -> Result<Option<SmokeReport>> {
    report::last(context, address, SMOKE_TEST)
}
