//! A power cut leaves each environment as it was or as it was to be, and Portico starts, serves it and can undo.
//!
//! The root folder is on a disk of its own, whose file system is told to go down at once (`FS_IOC_SHUTDOWN`, which file
//! systems have for tests like this): what it had not written is lost, as in a power cut. Needs root and loop devices.
#![cfg(target_os = "linux")]
mod disk;
mod site;

use std::{
    thread,
    time::{Duration, Instant},
};

use site::{Seen, Sites};

use crate::random::{Random, moments};

/// A workflow, and what is done before it.
struct Case {
    before: &'static [&'static str],
    command: &'static str,
    /// A push is Git's own work: no list tells how it ended, and there is no undo.
    is_workflow: bool,
}

const fn case(before: &'static [&'static str], command: &'static str) -> Case {
    Case { before, command, is_workflow: true }
}

const CONTENT: &[Case] = &[
    case(&[], "import DUMP UPLOADS SITE.dev"),
    case(&[], "env:clone-content SITE.live dev"),
    // An earlier generation's files become the next one's, in place.
    Case {
        before: &[
            "generation:keep SITE 1 --days 0",
            "env:clone-content SITE.live dev",
            "env:clone-content SITE.live dev",
        ],
        command: "env:clone-content SITE.live dev",
        is_workflow: true,
    },
    case(&["env:clone-content SITE.live dev"], "undo SITE"),
    case(&[], "env:wipe SITE.dev"),
    case(&[], "site:database SITE OTHER"),
];

const CODE: &[Case] = &[
    case(&[], "env:commit SITE.dev --message Changed"),
    case(&["env:commit SITE.dev --message Changed"], "env:deploy SITE.test"),
    case(&["env:commit SITE.dev --message Changed"], "env:deploy SITE.test --sync-content"),
    case(&["env:commit SITE.dev --message Changed"], "undo SITE"),
    case(&["env:discard SITE.dev"], "multidev:merge-to-dev SITE.feat"),
    case(&[], "env:discard SITE.dev"),
    case(&["env:discard SITE.dev"], "undo SITE"),
    case(&[], "connection:set SITE.dev git"),
    Case {
        before: &["connection:set SITE.dev git"],
        command: "git push SITE.dev",
        is_workflow: false,
    },
];

const WHOLE: &[Case] = &[
    case(&[], "multidev:create SITE.live blog"),
    case(&[], "multidev:delete SITE.feat --delete-branch"),
    case(&["multidev:delete SITE.feat --delete-branch"], "undo SITE"),
    case(&[], "site:create fresh --from CODE --database ENGINE"),
    case(&[], "site:delete SITE --confirm SITE"),
    case(&["site:delete SITE --confirm SITE"], "undo SITE"),
    case(&[], "backup:create SITE.live"),
    case(&["backup:create SITE.live"], "undo SITE"),
    case(&["backup:create SITE.live", "env:wipe SITE.dev"], "backup:restore SITE.live --to dev"),
];

#[test]
fn a_power_cut_in_a_workflow_of_content_leaves_before_or_after() {
    cut_all(CONTENT);
}

#[test]
fn a_power_cut_in_a_workflow_of_code_leaves_before_or_after() {
    cut_all(CODE);
}

#[test]
fn a_power_cut_in_a_workflow_of_a_whole_site_leaves_before_or_after() {
    cut_all(WHOLE);
}

/// Cuts each at "done" and at random moments before. Every other one is done with a database server; all are with both where
/// `PORTICO_FAULTS` asks for more moments.
#[expect(clippy::print_stdout, reason = "whoever runs it by hand wants the figures")]
fn cut_all(cases: &[Case]) {
    if !disk::is_possible() {
        println!("nothing to do: disks of its own need root and loop devices");
        return;
    }
    let number = moments(1);
    let engines: &[&str] = if number > 1 { &["sqlite", "mariadb"] } else { &["sqlite"] };
    let mut random = Random::new();
    let mut figures = Vec::new();
    for engine in engines {
        let sites = Sites::make(engine);
        for (at, case) in cases.iter().enumerate() {
            // What hides faults on most machines is on in every other round.
            sites.disk.hide_nothing(at % 2 == 0);
            figures.push(cut(&sites, case, number, &mut random));
        }
    }
    if number == 1 {
        let sites = Sites::make("mariadb");
        figures.extend(cases.iter().take(2).map(|case| cut(&sites, case, 0, &mut random)));
    }
    figures.iter().for_each(|it| println!("{it}"));
}

/// Answers what was seen, for people.
fn cut(sites: &Sites, case: &Case, number: usize, random: &mut Random) -> String {
    let command = sites.words(case.command);
    let name = format!("{} on {}", case.command.replace("SITE", "a site"), sites.engine);
    // Once to its end, to know how long it takes and what it leads to.
    let serving = sites.begin(case);
    let before = sites.see();
    let started = Instant::now();
    sites.run(&command);
    let lasts = started.elapsed();
    let after = sites.see();
    assert!(before != after, "{name} changes nothing");
    drop(serving);
    sites.disk.end();

    let mut done = 0;
    for round in 0..=number {
        let serving = sites.begin(case);
        assert_same(&sites.see(), &before, &format!("{name}, before"));
        let newest = sites.newest();
        let moment = if round == 0 { None } else { Some(random.below(lasts.mul_f64(1.05))) };
        cut_at(sites, &command, moment);
        serving.kill();
        sites.disk.begin_again();

        let told = format!(
            "{name}, cut {}",
            match moment {
                None => "at “done”".to_owned(),
                Some(moment) =>
                    format!("after {:.3} s of {:.3} s", moment.as_secs_f64(), lasts.as_secs_f64()),
            }
        );
        let serving = sites.serve();
        assert!(!serving.line.contains("problem"), "{told}: {}", serving.line);
        let row = sites.newest();
        let is_done = match case.is_workflow {
            false => sites.see() == after,
            true => row["id"] != newest["id"] && row["state"] == "succeeded",
        };
        assert!(is_done || moment.is_some(), "{told}: it was said to be done, and is not: {row}");
        assert_same(&sites.see(), if is_done { &after } else { &before }, &told);
        sites.check_repository(&told);
        if is_done && case.is_workflow {
            let site = if case.command.starts_with("site:create") { "fresh" } else { "SITE" };
            sites.run(&sites.words(&format!("undo {site}")));
            let mut undone = sites.see();
            // A deploy's tag stays: history is never rewritten.
            undone.retain(|key, _| before.contains_key(key) || !key.contains(" refs/tags/"));
            assert_same(&undone, &before, &format!("{told}, then undone"));
        }
        sites.go_on(&told);
        done += usize::from(is_done);
        drop(serving);
        sites.disk.end();
    }
    format!(
        "{name}: {} moments in {:.2} s: {done} as after, {} as before",
        number + 1,
        lasts.as_secs_f64(),
        number + 1 - done
    )
}

/// Runs the command and cuts the power at the moment, or as soon as it says that it is done.
fn cut_at(sites: &Sites, command: &[String], moment: Option<Duration>) {
    match moment {
        None => {
            sites.run(command);
            sites.disk.cut();
        }
        Some(moment) => {
            let mut child = sites.command(command).spawn().unwrap();
            thread::sleep(moment);
            sites.disk.cut();
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

#[track_caller]
fn assert_same(now: &Seen, wanted: &Seen, told: &str) {
    let differs = |key: &&String| now.get(*key) != wanted.get(*key);
    let keys: std::collections::BTreeSet<&String> = now.keys().chain(wanted.keys()).collect();
    let found: Vec<_> = keys.into_iter().filter(differs).take(20).collect();
    let found: Vec<_> = found.iter().map(|it| (it, now.get(*it), wanted.get(*it))).collect();
    assert!(found.is_empty(), "{told}: these are (now, wanted): {found:#?}");
}
