//! Scale: changes the replicas of a workload, found from an autoscaler's target or a pod's owner. DaemonSets have none.

use serde_json::json;

use super::{Action, Prelude, Question, Reach};
use crate::model::cluster::Cluster;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::operation::{ApiRequest, Operation, Permission, Refusal, Rehearsal, RequestVerb, Risk};
use crate::model::text::Str;
use crate::model::workload::Workload;

/// Scales a workload.
pub const SCALE: Action = Action {
    name: "scale",
    key: 's',
    help: "set the replicas of the workload",
    reach: Reach::One,
    prelude: Prelude::None,
    applies: |cluster, target| workload(cluster, target).map(drop),
    permission: |cluster, target| workload(cluster, target).ok().map(permission),
    question: |cluster, target| workload(cluster, target).ok().map(question),
    plan: |cluster, target, answer, _| {
        workload(cluster, target).and_then(|workload| plan(cluster, workload, answer))
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
    if let Some(kind) = Kind::named(&target.kind).filter(|kind| !cluster.synced(*kind)) {
        return Err(Refusal(format!("{} are not listed yet; try again when they are", kind.plural())));
    }
    cluster.workload_named(&target.kind, &key.namespace, &target.name).ok_or_else(|| {
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

fn plan(cluster: &Cluster, workload: &Workload, answer: &str) -> Result<Operation, Refusal> {
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
        consequences: consequences(cluster, workload, &target, replicas),
        kubectl: command(replicas),
        permission: permission(workload),
        requests: vec![ApiRequest {
            verb: RequestVerb::MergePatch,
            path: format!("{}/scale", target.path()),
            body: json!({ "spec": { "replicas": replicas } }),
        }],
        rehearsal: Rehearsal::None,
        inverse: Some(command(workload.desired)),
        target,
    })
}

fn consequences(cluster: &Cluster, workload: &Workload, target: &Target, replicas: i32) -> Vec<String> {
    let mut lines = Vec::new();
    if replicas < workload.desired {
        lines.push(format!(
            "Pods to delete: {}; scaling down honours no disruption budget.",
            workload.desired - replicas
        ));
    } else {
        lines.push(format!("Pods to add: {}, if nodes have room.", replicas - workload.desired));
    }
    if let Some(owner) = &workload.meta.controller {
        lines.push(format!("{} {} owns it and may set it back.", owner.kind, owner.name));
    }
    let mut scalers: Vec<_> = cluster.autoscalers_of(target).collect();
    scalers.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    for scaler in scalers {
        let name: &Str = &scaler.meta.key.name;
        lines.push(if replicas == 0 {
            format!("Autoscaler {name} stops scaling at 0 replicas, until somebody sets 1 or more.")
        } else if replicas > scaler.max {
            format!("Autoscaler {name} sets it back to its maximum, {}, within 15 s.", scaler.max)
        } else if replicas < scaler.min {
            format!("Autoscaler {name} raises it to its minimum, {}, within 15 s.", scaler.min)
        } else {
            format!("Autoscaler {name} decides anew from its metrics within 15 s; {replicas} is within its {} to {}.", scaler.min, scaler.max)
        });
    }
    lines
}
