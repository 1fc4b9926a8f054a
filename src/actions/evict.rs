//! Evict: asks the API to remove one pod while honouring its disruption budgets. It never deletes.

use serde_json::{Value, json};

use super::{Action, Prelude, Reach, itself};
use crate::model::cluster::Cluster;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::operation::{ApiRequest, Operation, Permission, Refusal, Rehearsal, RequestVerb, Risk};
use crate::model::pod::Pod;

/// Evicts a pod by policy/v1.
pub const EVICT: Action = Action {
    name: "evict",
    key: 'e',
    help: "evict the pod, if its disruption budget allows",
    reach: Reach::One,
    prelude: Prelude::None,
    offers: itself,
    applies: |cluster, target| pod(cluster, target).map(drop),
    permission: |_, target| (target.kind == Kind::Pod).then(|| permission(target)),
    question: |_, _| None,
    plan: |cluster, target, _, _| pod(cluster, target).map(|pod| plan(cluster, pod, target)),
};

fn permission(target: &Target) -> Permission {
    Permission {
        verb: "create",
        group: String::new(),
        resource: "pods".into(),
        subresource: "eviction",
        namespace: Some(target.key.namespace.to_string()),
    }
}

fn pod<'a>(cluster: &'a Cluster, target: &Target) -> Result<&'a Pod, Refusal> {
    if target.kind != Kind::Pod {
        return Err(Refusal(format!("{target} is no pod; open a row and choose one of its pods")));
    }
    let pod = cluster.pod(&target.key).ok_or_else(|| Refusal(format!("{target} is gone")))?;
    if pod.template.mirror {
        return Err(Refusal(format!(
            "{target} is the mirror of a static pod: the kubelet of {} would start it again",
            pod.node.as_deref().unwrap_or("its node")
        )));
    }
    if pod.meta.deleted.is_some() {
        return Err(Refusal(format!("{target} is already terminating")));
    }
    Ok(pod)
}

fn plan(cluster: &Cluster, pod: &Pod, target: &Target) -> Operation {
    let key = &pod.meta.key;
    let mut body = json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": { "name": &*key.name, "namespace": &*key.namespace },
    });
    if pod.meta.uid.is_known() {
        // Evict the pod that the user saw, not a later one of the same name.
        body["deleteOptions"] = json!({ "preconditions": { "uid": pod.meta.uid.to_string() } });
    }
    let path = format!("{}/eviction", target.path());
    Operation {
        other: None,
        action: "evict",
        target: target.clone(),
        field: "pod",
        old: format!("{} on {}", pod.status, pod.node.as_deref().unwrap_or("no node")),
        new: "evicted".into(),
        risk: Risk::Disruptive,
        consequences: consequences(cluster, pod),
        kubectl: equivalent(&path, &body),
        permission: permission(target),
        requests: vec![ApiRequest { verb: RequestVerb::Create, path, body }],
        rehearsal: Rehearsal::None,
        inverse: None,
    }
}

/// kubectl has no evict; this sends the same request.
fn equivalent(path: &str, body: &Value) -> String {
    format!("echo '{body}' | kubectl create --raw {path} -f -")
}

fn consequences(cluster: &Cluster, pod: &Pod) -> Vec<String> {
    let mut lines = vec![match &pod.meta.controller {
        Some(owner) => format!("{} {} will make a new pod in its place.", owner.kind, owner.name),
        None => "No controller owns this pod: nothing will make a new one.".to_owned(),
    }];
    lines.extend(pod.template.scratch().map(|what| format!("The content of its {what} is lost.")));
    let mut budgets: Vec<_> = cluster
        .budgets()
        .filter(|budget| budget.meta.key.namespace == pod.meta.key.namespace)
        .filter(|budget| {
            budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.template.labels))
        })
        .collect();
    budgets.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    for budget in &budgets {
        lines.push(format!(
            "PodDisruptionBudget {} allows {} disruption{} now ({} healthy, {} required).",
            budget.meta.key.name,
            budget.allowed,
            if budget.allowed == 1 { "" } else { "s" },
            budget.healthy,
            budget.desired_healthy
        ));
    }
    if budgets.len() > 1 {
        lines.push("More than one budget covers this pod: the API refuses to evict it.".to_owned());
    }
    lines
}
