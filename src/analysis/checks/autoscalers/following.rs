//! Whether the workload follows its autoscaler, and what holds it when it does not.

use jiff::Timestamp;

use super::Case;
use crate::analysis::autoscaling::following::{Lag, Reason, Wait};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::Finding;
use crate::model::kind::Kind;
use crate::model::meta::Condition;

/// In a cluster with more nodes than this it is told only where somebody opens the autoscaler what the nodes lack.
const FEW_NODES: usize = 100;

/// When time, or something that nobody tells, next changes what is said of it.
pub(super) fn worsens(cluster: &Cluster, autoscaler: &Autoscaler, since: Timestamp) -> Option<Timestamp> {
    let lag = Lag::of(cluster, autoscaler, since)?;
    let roomless = lag.waits.iter().any(|wait| wait.reason == Reason::Node);
    // What there is room for on the nodes is told anew every second.
    if roomless && tells_room(cluster) { Some(Timestamp::MIN) } else { lag.worsens }
}

fn tells_room(cluster: &Cluster) -> bool {
    cluster.count(Kind::Node) <= FEW_NODES
}

pub(super) fn lagging(case: &Case) -> Option<Finding> {
    let lag = Lag::of(case.cluster, case.autoscaler, case.now)?;
    let workload = lag.workload;
    let why = why(case, &lag).map_or(String::new(), |why| format!(": {why}"));
    let summary = format!("{} of {} replicas of its target are ready{why}", workload.ready, workload.desired);
    let mut found = case.finding("A108", lag.severity(), summary);
    found.evidence = evidence(case, &lag);
    found.forecast = Some(if lag.hopeful() {
        "They become ready when they have started; until then they count as unready for cpu metrics."
            .to_owned()
    } else if lag.futile() {
        "The autoscaler goes on asking for pods that do not come; more replicas do not help.".to_owned()
    } else {
        "Some pods do not become ready by waiting; the others carry their load meanwhile.".to_owned()
    });
    found.remedy = remedy(&lag).into();
    Some(found)
}

fn remedy(lag: &Lag) -> &'static str {
    match (lag.held, lag.waits.first()) {
        (Some(held), _) if refused(held) => {
            "Something refuses the pods: raise the quota, or mend what admission objects to."
        }
        (_, Some(first)) => first.remedy(),
        (Some(_), None) => "Read the rollout: kubectl rollout status, and the newest pods.",
        (None, None) if lag.late => {
            "Read the events of the workload (kubectl describe): a quota, admission, or a controller that does not run."
        }
        (None, None) => "Open the row and look at its pods: pending, pulling, crashing, or not yet ready.",
    }
}

fn refused(held: &Condition) -> bool {
    &*held.kind == "ReplicaFailure"
}

/// What explains it most, in one line.
fn why(case: &Case, lag: &Lag) -> Option<String> {
    let first = lag.waits.first().map(|wait| told(case, wait));
    match lag.held {
        Some(held) if refused(held) => Some(format!("pods are refused: {}", held.message)),
        Some(_) => {
            Some(format!("rollout past its deadline{}", first.map_or(String::new(), |it| format!(", {it}"))))
        }
        None => first.or_else(|| lag.untold()),
    }
}

fn told(case: &Case, wait: &Wait) -> String {
    let room = if tells_room(case.cluster) { wait.room(case.cluster) } else { None };
    wait.told(room.as_ref())
}

fn evidence(case: &Case, lag: &Lag) -> Vec<String> {
    let workload = lag.workload;
    let mut lines = vec![format!(
        "{}: spec.replicas={} status.replicas={} updatedReplicas={} readyReplicas={}",
        workload.target(),
        workload.desired,
        workload.created,
        workload.updated,
        workload.ready
    )];
    lines.extend(lag.held.map(|held| case.evidence(held)));
    let eldest = |wait: &Wait| {
        let age = wait.since.map_or_else(|| "unknown".to_owned(), |at| case.age(at));
        format!("{}; the eldest is {age} old, for example pod {}", wait.told(None), wait.first.meta.key)
    };
    lines.extend(lag.waits.iter().map(eldest));
    lines
}
