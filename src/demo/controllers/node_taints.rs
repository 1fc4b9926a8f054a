//! The NoSchedule taints that follow from a node's conditions and its cordon.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.

use serde_json::{Value, json};

use super::taints::{NOT_READY, UNREACHABLE, UNSCHEDULABLE};
use crate::demo::json::{at, list, list_mut, text};
use crate::demo::resources::Key;
use crate::demo::time::stamp;
use crate::demo::world::writes::{CONTROLLERS, condition};
use crate::demo::world::{Work, World};

/// Brings a node's NoSchedule taints in line with its conditions and its cordon, at once.
pub(super) fn taint_node(world: &mut World, name: &str) {
    let key = Key::node(name);
    let Some(node) = world.store.get(&key).cloned() else { return };
    let mut wanted = Vec::new();
    for (kind, status, taint) in [
        ("Ready", "False", NOT_READY),
        ("Ready", "Unknown", UNREACHABLE),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ] {
        if text(condition(&node, kind), "/status") == status {
            wanted.push(taint);
        }
    }
    if at(&node, "/spec/unschedulable") == &Value::Bool(true) {
        wanted.push(UNSCHEDULABLE);
    }
    let now = stamp(world.now);
    world.amend(&key, CONTROLLERS, |node| reconcile(node, &wanted, &now));
    let no_execute = list(&node, "/spec/taints").iter().any(|taint| text(taint, "/effect") == "NoExecute");
    for pod in world.store.index.pods_on(name) {
        if no_execute || world.evictions.contains_key(&pod) {
            world.enqueue(Work::EvictPod(pod));
        }
    }
}

fn reconcile(node: &mut Value, wanted: &[&str], now: &str) {
    const OURS: [&str; 7] = [
        NOT_READY,
        UNREACHABLE,
        UNSCHEDULABLE,
        "node.kubernetes.io/memory-pressure",
        "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/pid-pressure",
        "node.kubernetes.io/network-unavailable",
    ];
    let ours = |taint: &Value| text(taint, "/effect") == "NoSchedule" && OURS.contains(&text(taint, "/key"));
    let borne: Vec<_> = list(node, "/spec/taints")
        .iter()
        .filter(|taint| ours(taint))
        .map(|taint| text(taint, "/key").to_owned())
        .collect();
    if borne.iter().all(|key| wanted.contains(&key.as_str()))
        && wanted.iter().all(|key| borne.iter().any(|is| is == key))
    {
        return;
    }
    let taints = list_mut(node, "/spec/taints");
    taints.retain(|taint| !ours(taint) || wanted.contains(&text(taint, "/key")));
    for key in wanted.iter().filter(|key| !borne.iter().any(|is| is == *key)) {
        taints.push(json!({"key": key, "effect": "NoSchedule", "timeAdded": now}));
    }
    tidy(node);
}

/// An empty list of taints is no list, as Go's `omitempty` has it.
pub(super) fn tidy(node: &mut Value) {
    if list(node, "/spec/taints").is_empty() {
        crate::demo::json::remove(node, "/spec/taints");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_taints_go_and_others_stay() {
        let mut node = json!({"spec": {"taints": [
            {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"},
            {"key": "gpu", "effect": "NoSchedule"},
            {"key": UNREACHABLE, "effect": "NoExecute"}]}});
        reconcile(&mut node, &[UNSCHEDULABLE], "now");
        let keys: Vec<_> = list(&node, "/spec/taints").iter().map(|taint| text(taint, "/key")).collect();
        assert_eq!(keys, ["gpu", UNREACHABLE, UNSCHEDULABLE]);
        assert_eq!(text(&node, "/spec/taints/2/timeAdded"), "now");
    }
}
