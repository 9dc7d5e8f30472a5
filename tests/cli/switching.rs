//! No visitor notices a deploy or a clone.
use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use crate::support::PorticoTest;

#[test]
fn no_request_fails_while_deploys_and_clones_switch() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:deploy", "demo.live"]).success();
    let done = AtomicBool::new(false);
    let (good, bad) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for environment in ["demo.dev", "demo.test", "demo.live"] {
            let (test, done, good, bad) = (&test, &done, &good, &bad);
            scope.spawn(move || {
                let browser = test.browser();
                while !done.load(Ordering::Relaxed) {
                    let fine = browser.try_get(environment, "/").is_ok_and(|it| it.status == 200);
                    (if fine { good } else { bad }).fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let work = thread::Builder::new().spawn_scoped(scope, || deploy_and_clone(&test)).unwrap();
        let outcome = work.join();
        done.store(true, Ordering::Relaxed);
        outcome.unwrap();
    });
    let (good, bad) = (good.into_inner(), bad.into_inner());
    assert_eq!(bad, 0, "of {} requests", good + bad);
    assert!(good > 20, "only {good} requests: nothing was shown");
}

fn deploy_and_clone(test: &PorticoTest) {
    for round in 0..4 {
        let page = test.environment("demo.dev").join("code/round.html");
        fs::write(page, format!("<p>{round}")).unwrap();
        test.run(&["env:commit", "demo.dev", "--message", "Round"]).success();
        test.run(&["env:deploy", "demo.test", "--sync-content"]).success();
        test.run(&["env:deploy", "demo.live"]).success();
        test.run(&["env:clone-content", "demo.live", "dev"]).success();
    }
}
