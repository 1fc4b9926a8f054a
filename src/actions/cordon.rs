//! Cordon and uncordon: whether new pods may be scheduled onto a node. Running pods are not touched.

use serde_json::json;

use super::{Action, Prelude, Reach, itself};
use crate::model::cluster::Cluster;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::operation::{ApiRequest, Operation, Permission, Refusal, Rehearsal, RequestVerb, Risk};

/// Keeps new pods away from a node.
pub const CORDON: Action = Action {
    name: "cordon",
    key: 'c',
    help: "keep new pods away from the node",
    reach: Reach::Each,
    prelude: Prelude::None,
    offers: itself,
    applies: |cluster, target| node(cluster, target).and_then(|node| open(node).map(drop)),
    permission: |_, target| (target.kind == Kind::Node).then(permission),
    question: |_, _| None,
    plan: |cluster, target, _, _| {
        node(cluster, target).and_then(open).map(|node| plan(node, target, Change::Cordon))
    },
};

/// Lets new pods onto a node again.
pub const UNCORDON: Action = Action {
    name: "uncordon",
    key: 'u',
    help: "let new pods onto the node again",
    reach: Reach::Each,
    prelude: Prelude::None,
    offers: itself,
    applies: |cluster, target| node(cluster, target).and_then(|node| closed(node).map(drop)),
    permission: |_, target| (target.kind == Kind::Node).then(permission),
    question: |_, _| None,
    plan: |cluster, target, _, _| {
        node(cluster, target).and_then(closed).map(|node| plan(node, target, Change::Uncordon))
    },
};

#[derive(Clone, Copy, PartialEq)]
enum Change {
    Cordon,
    Uncordon,
}

pub(super) fn permission() -> Permission {
    Permission {
        verb: "patch",
        group: String::new(),
        resource: "nodes".into(),
        subresource: "",
        namespace: None,
    }
}

pub(super) fn node<'a>(cluster: &'a Cluster, target: &Target) -> Result<&'a Node, Refusal> {
    if target.kind != Kind::Node {
        return Err(Refusal(format!("{target} is no node")));
    }
    cluster.node(&target.key.name).ok_or_else(|| Refusal(format!("{target} is gone")))
}

fn open(node: &Node) -> Result<&Node, Refusal> {
    if node.unschedulable {
        Err(Refusal(format!("node {} is already cordoned", node.meta.key.name)))
    } else {
        Ok(node)
    }
}

fn closed(node: &Node) -> Result<&Node, Refusal> {
    if node.unschedulable {
        Ok(node)
    } else {
        Err(Refusal(format!("node {} is not cordoned", node.meta.key.name)))
    }
}

fn plan(node: &Node, target: &Target, change: Change) -> Operation {
    let name = &node.meta.key.name;
    let (action, back, value, sentence) = match change {
        Change::Cordon => (
            "cordon",
            "uncordon",
            true,
            "The node lifecycle controller adds the taint node.kubernetes.io/unschedulable:NoSchedule. \
             Pods that run here stay.",
        ),
        Change::Uncordon => (
            "uncordon",
            "cordon",
            false,
            "The node lifecycle controller removes the taint node.kubernetes.io/unschedulable:NoSchedule; \
             the scheduler may use the node again.",
        ),
    };
    Operation {
        action,
        target: target.clone(),
        other: None,
        field: "spec.unschedulable",
        old: (!value).to_string(),
        new: value.to_string(),
        risk: Risk::Low,
        consequences: vec![sentence.to_owned()],
        kubectl: format!("kubectl {action} {name}"),
        permission: permission(),
        requests: vec![ApiRequest {
            verb: RequestVerb::StrategicMergePatch,
            path: target.path(),
            body: json!({ "spec": { "unschedulable": value } }),
        }],
        rehearsal: Rehearsal::None,
        inverse: Some(format!("kubectl {back} {name}")),
    }
}
