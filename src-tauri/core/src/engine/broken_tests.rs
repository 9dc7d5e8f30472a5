//! What breaks in Portico itself ends one workflow, and nothing else.
use serde_json::json;

use super::{
    Session,
    testing::{config, request},
};
use crate::{
    model::{
        request::{Event, Query},
        view::{WorkflowRow, WorkflowState},
    },
    progress::Cancel,
};

#[test]
fn a_workflow_that_panics_has_failed_and_its_site_is_free() {
    let home = tempfile::tempdir().expect("a folder");
    let session = Session::open(&config(home.path())).expect("opens");
    let request = request(
        json!({"kind": "create_site", "name": "demo", "from": "sample", "database": "sqlite"}),
    );
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
