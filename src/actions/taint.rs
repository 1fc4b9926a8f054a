//! Taint: puts a taint on a node or takes one away, after it was shown what that would do. The request holds the taints
//! as they were seen and the UID of the node, so that it fails when somebody else has changed them or the node is another one.
//!
//! `kubectl taint` sends the whole list as a strategic merge patch and so may lose what others write meanwhile. A
//! precondition by resourceVersion would fail at every post of the kubelet's status; a JSON patch that tests the list
//! fails only when the list is another one.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cordon::{node, permission};
use super::{Action, Prelude, Reach, itself};
use crate::analysis::placing::Audience;
use crate::analysis::taint_edit::{Edit, Sense};
use crate::analysis::tolerations::NO_EXECUTE;
use crate::analysis::what_if::{WhatIf, tell};
use crate::model::cluster::Cluster;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::node::{Node, Taint};
use crate::model::operation::{ApiRequest, Operation, Refusal, Rehearsal, RequestVerb, Risk};

/// Edits the taints of a node.
pub const TAINT: Action = Action {
    name: "taint",
    key: 't',
    help: "what if a taint came or went, and making it so",
    reach: Reach::Each,
    prelude: Prelude::WhatIf,
    offers: itself,
    applies: |cluster, target| node(cluster, target).map(drop),
    permission: |_, target| (target.kind == Kind::Node).then(permission),
    question: |_, _| None,
    plan: |cluster, target, answer, now| {
        let node = node(cluster, target)?;
        let edit = Edit::parse(answer).map_err(|wrong| Refusal(wrong.text().to_owned()))?;
        plan(cluster, node, target, &edit, now)
    },
};

fn plan(
    cluster: &Cluster,
    node: &Node,
    target: &Target,
    edit: &Edit,
    now: Timestamp,
) -> Result<Operation, Refusal> {
    let after = edit.apply(node, now).map_err(Refusal)?;
    let disruptive = edit.adds(NO_EXECUTE);
    Ok(Operation {
        other: None,
        action: match edit.sense {
            Sense::Add => "taint",
            Sense::Remove => "untaint",
        },
        target: target.clone(),
        field: "spec.taints",
        old: tell::list(&node.taints),
        new: tell::list(&after),
        risk: if disruptive { Risk::Disruptive } else { Risk::Low },
        consequences: consequences(cluster, node, edit, now),
        kubectl: edit.kubectl(node),
        permission: permission(),
        requests: vec![ApiRequest {
            verb: RequestVerb::JsonPatch,
            path: target.path(),
            body: patch(node, &after),
        }],
        // It is the one edit of a node that deletes pods: the server is asked first whether it would take it.
        rehearsal: if disruptive { Rehearsal::First } else { Rehearsal::None },
        inverse: Some(edit.undo(node)),
    })
}

fn consequences(cluster: &Cluster, node: &Node, edit: &Edit, now: Timestamp) -> Vec<String> {
    let what_if = WhatIf::of(cluster, &[node], edit, &Audience::of(cluster), now);
    let (_, headline) = tell::headline(&what_if, now);
    let mut begin = headline.chars();
    let first: String = begin.next().into_iter().flat_map(char::to_uppercase).chain(begin).collect();
    let notes = tell::notes(&what_if).into_iter().map(|(_, note)| note);
    std::iter::once(format!("{first}.")).chain(notes).collect()
}

/// Replaces the list of taints, if it is still the one that was seen, of the node that was seen.
fn patch(node: &Node, after: &[Taint]) -> Value {
    const PATH: &str = "/spec/taints";
    // A list that is not there is tested by null, and one that becomes empty is taken away.
    let seen = if node.taints.is_empty() { Value::Null } else { written(&node.taints) };
    let uid = node.meta.uid;
    // A new node of the same name may bear the same taints.
    let same =
        uid.is_known().then(|| json!({ "op": "test", "path": "/metadata/uid", "value": uid.to_string() }));
    let test = json!({ "op": "test", "path": PATH, "value": seen });
    let change = if after.is_empty() {
        json!({ "op": "remove", "path": PATH })
    } else {
        json!({ "op": "add", "path": PATH, "value": written(after) })
    };
    same.into_iter().chain([test, change]).collect()
}

/// Taints as the API writes them: what is empty is left out.
fn written(taints: &[Taint]) -> Value {
    let one = |taint: &Taint| {
        let mut object = json!({ "key": &*taint.key });
        if !taint.value.is_empty() {
            object["value"] = json!(&*taint.value);
        }
        object["effect"] = json!(&*taint.effect);
        if let Some(added) = taint.added {
            object["timeAdded"] = json!(added.to_string());
        }
        object
    };
    taints.iter().map(one).collect()
}
