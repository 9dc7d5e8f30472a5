//! What breaks in Portico itself ends one workflow, and nothing else.
use std::time::Duration;

use serde_json::json;

use super::{Config, Session};
use crate::{
    model::{
        request::{Event, Query, Request},
        view::{WorkflowRow, WorkflowState},
    },
    progress::Cancel,
    store::Truth,
};

#[test]
fn a_workflow_that_panics_has_failed_and_its_site_is_free() {
    let home = tempfile::tempdir().expect("a folder");
    let config = Config {
        root: home.path().join("Portico"),
        port: Some(0),
        sqlite_plugin: None,
        program: None,
        confiner: None,
        idle: Duration::from_secs(60),
        hook_limit: Duration::from_secs(60),
        truth: Truth::Trusted,
    };
    let session = Session::open(&config).expect("opens");
    let request: Request = serde_json::from_value(
        json!({"kind": "create_site", "name": "demo", "from": "sample", "database": "sqlite"}),
    )
    .expect("a request");
    // Whoever listens is called in the midst of a step.
    let breaks = |event: Event| assert!(!matches!(event, Event::Step { .. }), "broken on purpose");
    let failed = session.run(&request, &breaks, &Cancel::default()).expect_err("it broke");
    assert!(failed.causes.iter().any(|it| it.contains("broken on purpose")), "{failed:?}");

    let query = json!({"query": "workflows", "site": null});
    let query: Query = serde_json::from_value(query).expect("a question");
    let rows: Vec<WorkflowRow> = session.query(&query).expect("answered");
    assert_eq!(rows.iter().map(|it| it.state).collect::<Vec<_>>(), [WorkflowState::Failed]);
    session.run(&request, &|_| {}, &Cancel::default()).expect("the site is free");
}
