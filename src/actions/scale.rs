//! Scale: changes the replicas of a workload, found from an autoscaler's target or a pod's owner. DaemonSets have none.

use jiff::Timestamp;
use serde_json::json;

use super::{Action, Prelude, Question, Reach};
use crate::analysis::autoscaling::consequences as follows;
use crate::analysis::autoscaling::room::Room;
use crate::model::cluster::Cluster;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::operation::{ApiRequest, Operation, Permission, Refusal, Rehearsal, RequestVerb, Risk};
use crate::model::workload::Workload;

/// Scales a workload.
pub const SCALE: Action = Action {
    name: "scale",
    key: 's',
    help: "set the replicas of the workload, or on an autoscaler its bounds",
    reach: Reach::One,
    prelude: Prelude::None,
    applies: |cluster, target| workload(cluster, target).map(drop),
    offers: |target| if target.kind == Kind::HorizontalPodAutoscaler { &["scale", "bounds"] } else { &[] },
    permission: |cluster, target| workload(cluster, target).ok().map(permission),
    question: |cluster, target| workload(cluster, target).ok().map(question),
    plan: |cluster, target, answer, now| {
        workload(cluster, target).and_then(|workload| plan(cluster, workload, answer, now))
    },
};

fn permission(workload: &Workload) -> Permission {
    Permission {
        verb: "patch",
        group: workload.kind.group().into(),
        resource: workload.kind.resource().into(),
        subresource: "scale",
        namespace: Some(workload.meta.key.namespace.to_string()),
    }
}

fn question(workload: &Workload) -> Question {
    Question {
        text: format!("Replicas of {} (now {})", workload.target(), workload.desired),
        initial: workload.desired.to_string(),
    }
}

/// The workload that a row stands for: an autoscaler's target, a pod's owner, or the workload itself.
fn workload<'a>(cluster: &'a Cluster, target: &Target) -> Result<&'a Workload, Refusal> {
    let found = match target.kind {
        Kind::HorizontalPodAutoscaler => of_autoscaler(cluster, &target.key)?,
        Kind::Pod => of_pod(cluster, &target.key)?,
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
            cluster.workload(target.kind, &target.key).ok_or_else(|| Refusal(format!("{target} is gone")))?
        }
        _ => return Err(Refusal(format!("{target} has no replicas"))),
    };
    if !found.scalable() {
        return Err(Refusal(format!("{} runs one pod per node; it has no replicas to set", found.target())));
    }
    Ok(found)
}

fn of_autoscaler<'a>(cluster: &'a Cluster, key: &Key) -> Result<&'a Workload, Refusal> {
    let autoscaler =
        cluster.autoscaler(key).ok_or_else(|| Refusal(format!("horizontalpodautoscaler/{key} is gone")))?;
    let target = &autoscaler.target;
    if let Some(kind) =
        Kind::named(&target.kind).filter(|kind| kind.group() == target.group() && !cluster.synced(*kind))
    {
        return Err(Refusal(format!("{} are not listed yet; try again when they are", kind.plural())));
    }
    cluster.target_of(autoscaler).ok_or_else(|| {
        Refusal(format!(
            "its target {} {}/{} is not a workload that was found",
            target.kind, key.namespace, target.name
        ))
    })
}

fn of_pod<'a>(cluster: &'a Cluster, key: &Key) -> Result<&'a Workload, Refusal> {
    let pod = cluster.pod(key).ok_or_else(|| Refusal(format!("pod/{key} is gone")))?;
    let mut owner = pod.meta.controller.as_ref();
    let mut found = None;
    // A pod's ReplicaSet belongs to a Deployment, which would undo any change made below it.
    while let Some(next) = owner {
        let Some(workload) = cluster.workload_named(&next.kind, &key.namespace, &next.name) else {
            let name = format!("{} {}", next.kind, next.name);
            return Err(Refusal(format!("{name} owns it, and its replicas are not foretop's to set")));
        };
        owner = workload.meta.controller.as_ref();
        found = Some(workload);
    }
    found.ok_or_else(|| Refusal(format!("no controller owns pod/{key}")))
}

fn plan(cluster: &Cluster, workload: &Workload, answer: &str, now: Timestamp) -> Result<Operation, Refusal> {
    let replicas: i32 = answer
        .trim()
        .parse()
        .ok()
        .filter(|number| *number >= 0)
        .ok_or_else(|| Refusal(format!("{answer:?} is not a number of replicas")))?;
    let target = workload.target();
    if replicas == workload.desired {
        return Err(Refusal(format!("{target} already has {replicas} replicas")));
    }
    let Key { namespace, name } = target.key.clone();
    let command = |count: i32| {
        format!(
            "kubectl -n {namespace} scale {}/{name} --replicas={count}",
            workload.kind.name().to_lowercase()
        )
    };
    Ok(Operation {
        action: "scale",
        field: "spec.replicas",
        old: workload.desired.to_string(),
        new: replicas.to_string(),
        risk: Risk::Disruptive,
        consequences: consequences(cluster, workload, replicas, now),
        kubectl: command(replicas),
        permission: permission(workload),
        requests: vec![ApiRequest {
            verb: RequestVerb::MergePatch,
            path: format!("{}/scale", target.path()),
            body: json!({ "spec": { "replicas": replicas } }),
        }],
        rehearsal: Rehearsal::First,
        inverse: Some(command(workload.desired)),
        target,
    })
}

fn consequences(cluster: &Cluster, workload: &Workload, replicas: i32, now: Timestamp) -> Vec<String> {
    let mut lines = vec![if replicas < workload.desired {
        let fewer = workload.desired.saturating_sub(replicas);
        format!("Pods to delete: {fewer}; scaling down honours no disruption budget.")
    } else {
        let more = replicas.saturating_sub(workload.desired);
        format!("Pods to add: {more}{}.", room(cluster, workload, more))
    }];
    if let Some(owner) = &workload.meta.controller {
        lines.push(format!("{} {} owns it and may set it back.", owner.kind, owner.name));
    }
    let target = workload.target();
    let mut scalers: Vec<_> = cluster.autoscalers_of(&target).collect();
    scalers.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    lines.extend(scalers.into_iter().flat_map(|it| follows::scaled(cluster, it, replicas, now)));
    lines
}

/// Whether nodes have room for so many more pods like those that there are.
fn room(cluster: &Cluster, workload: &Workload, more: i32) -> String {
    let pods = cluster.pods_of(workload.kind, &workload.meta.key);
    let newest = pods.into_iter().max_by_key(|pod| (pod.meta.created.map(Timestamp::from), &pod.meta.key));
    match newest.and_then(|pod| Room::of(cluster, pod)) {
        None => ", if nodes have room".to_owned(),
        Some(room) if room.fits >= i64::from(more) => {
            "; by requests and taints nodes have room for them".to_owned()
        }
        Some(room) => format!("; by requests and taints nodes have room for {} of them", room.fits),
    }
}
