//! Workloads and budgets: what their controllers count.

use super::*;
use crate::model::kind::Kind;
use crate::model::workload::Workload;

fn counts(workload: &Workload) -> [i32; 5] {
    [workload.desired, workload.created, workload.updated, workload.ready, workload.available]
}

#[test]
fn a_deployment_that_its_controller_has_not_caught_up_with() {
    let it = both(DEPLOYMENT, |shared, wire: apps::Deployment| shared.deployment(wire));
    assert_eq!((it.kind, counts(&it)), (Kind::Deployment, [1, 5, 2, 4, 3]));
    assert!(it.outdated);
    assert_eq!(it.selector.to_string(), "app=web,tier=front,track notin (canary)");
}

#[test]
fn a_deployment_says_what_holds_it() {
    let read = |conditions: &str| {
        let text = format!(r#"{{"metadata":{{"name":"web"}},"status":{{"conditions":[{conditions}]}}}}"#);
        both(&text, |shared, wire: apps::Deployment| shared.deployment(wire)).held
    };
    let well = r#"{"type":"Available","status":"False"},{"type":"Progressing","status":"True"}"#;
    assert_eq!(read(well), None);
    let late = r#"{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded",
        "message":"timed out","lastTransitionTime":"2026-03-01T12:00:00Z"}"#;
    let held = read(late).unwrap();
    assert_eq!((&*held.reason, &*held.message), ("ProgressDeadlineExceeded", "timed out"));
    assert!(held.since.is_some());
    let quota =
        r#"{"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"exceeded quota"}"#;
    assert_eq!(
        &*read(&format!("{late},{quota}")).unwrap().kind,
        "ReplicaFailure",
        "which explains the other"
    );
}

#[test]
fn a_replica_set_says_that_its_pods_are_refused() {
    let read = |status: &str| {
        let condition = format!(
            r#"{{"type":"ReplicaFailure","status":"{status}","reason":"FailedCreate",
                "message":"exceeded quota","lastTransitionTime":"2026-03-01T12:00:00Z"}}"#
        );
        let text = format!(r#"{{"metadata":{{"name":"web"}},"status":{{"conditions":[{condition}]}}}}"#);
        both(&text, |shared, wire: apps::ReplicaSet| shared.replica_set(wire)).held
    };
    let held = read("True").unwrap();
    assert_eq!(
        (&*held.kind, &*held.reason, &*held.message),
        ("ReplicaFailure", "FailedCreate", "exceeded quota")
    );
    assert!(held.since.is_some());
    assert_eq!(read("False"), None);
}

#[test]
fn a_daemon_set_counts_nodes() {
    let it = both(DAEMON_SET, |shared, wire: apps::DaemonSet| shared.daemon_set(wire));
    assert_eq!((it.kind, counts(&it), it.outdated), (Kind::DaemonSet, [4, 3, 1, 2, 2], false));
}

#[test]
fn sets_of_pods() {
    let text = r#"{"metadata":{"name":"db","namespace":"shop","generation":2},"spec":{"replicas":0},
        "status":{"observedGeneration":2,"replicas":3,"readyReplicas":2,"availableReplicas":1,"updatedReplicas":3}}"#;
    let set = both(text, |shared, wire: apps::StatefulSet| shared.stateful_set(wire));
    assert_eq!((set.kind, counts(&set), set.outdated), (Kind::StatefulSet, [0, 3, 3, 2, 1], false));
    let set = both(text, |shared, wire: apps::ReplicaSet| shared.replica_set(wire));
    assert_eq!((set.kind, counts(&set), set.outdated), (Kind::ReplicaSet, [0, 3, 3, 2, 1], false));
}

#[test]
fn a_budget() {
    let budget = both(BUDGET, |shared, wire: apps::PodDisruptionBudget| shared.budget(wire));
    assert_eq!((budget.max_unavailable.as_deref(), budget.min_available), (Some("25%"), None));
    assert_eq!((budget.allowed, budget.healthy, budget.desired_healthy, budget.expected), (1, 4, 3, 4));
    assert_eq!(budget.selector.unwrap().to_string(), "app=web");
}

#[test]
fn a_budget_without_a_selector_is_not_one_that_selects_all() {
    let read = |spec: &str| {
        both(
            &format!(r#"{{"metadata":{{"name":"b"}},"spec":{spec}}}"#),
            |shared, wire: apps::PodDisruptionBudget| shared.budget(wire),
        )
    };
    assert_eq!(read(r#"{"minAvailable":1}"#).selector, None);
    let all = read(r#"{"minAvailable":1,"selector":{}}"#);
    assert!(all.selector.unwrap().matches(&[]));
    assert_eq!(all.min_available.as_deref(), Some("1"));
}
