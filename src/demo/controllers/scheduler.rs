//! A tiny scheduler: nodes that take a pod, the emptiest of them, and the words for when there is none. No
//! preemption, no affinity but a daemon pod's own node.

use std::collections::BTreeMap;

use serde_json::Value;

use super::taints::{UNSCHEDULABLE, obstacle, tolerates};
use crate::demo::json::{at, has, list, list_mut, pairs, put, remove, text, truth};
use crate::demo::quantity::milli;
use crate::demo::random::hash;
use crate::demo::resources::{Key, Resource};
use crate::demo::store::index::{controller, requests};
use crate::demo::time::stamp;
use crate::demo::world::World;
use crate::demo::world::events::Note;
use crate::demo::world::writes::{condition, set_condition};

const COMPONENT: &str = "default-scheduler";
/// In a large cluster the search ends when so many nodes would do.
const ENOUGH: usize = 60;

/// Why a node does not take a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    OtherNode,
    Unschedulable,
    Taint,
    Selector,
    Short { cpu: bool, memory: bool, pods: bool },
}

/// Binds a pod to a node, or says why not.
pub(super) fn schedule(world: &mut World, key: &Key) {
    let Some(pod) = world.store.get(key).cloned() else { return };
    if !text(&pod, "/spec/nodeName").is_empty() || has(&pod, "/metadata/deletionTimestamp") {
        return;
    }
    let siblings = siblings(world, &pod);
    let nodes = world.store.keys(Resource::Nodes, None);
    let first =
        if nodes.len() > ENOUGH { (hash(world.seed, &key.name) % nodes.len() as u64) as usize } else { 0 };
    let mut best: Option<(f64, &Key)> = None;
    let mut refusals = Vec::new();
    let mut fitting = 0;
    for node in nodes.iter().cycle().skip(first).take(nodes.len()) {
        let Some(object) = world.store.get(node) else { continue };
        if let Some(refusal) = refusal(world, &pod, object, &node.name) {
            refusals.push(refusal);
            continue;
        }
        let cost = cost(world, &pod, object, node, &siblings);
        if best.is_none_or(|(known, _)| cost < known) {
            best = Some((cost, node));
        }
        fitting += 1;
        if fitting == ENOUGH {
            break;
        }
    }
    match best {
        Some((_, node)) => bind(world, key, &node.name),
        None => refuse(world, key, &refusals),
    }
}

fn refusal(world: &World, pod: &Value, node: &Value, name: &str) -> Option<Refusal> {
    const OWN_NODE: &str = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0";
    let own = text(pod, OWN_NODE);
    if !own.is_empty() && own != name {
        return Some(Refusal::OtherNode);
    }
    if truth(node, "/spec/unschedulable") {
        let taint = serde_json::json!({"key": UNSCHEDULABLE, "effect": "NoSchedule"});
        if !list(pod, "/spec/tolerations").iter().any(|toleration| tolerates(toleration, &taint)) {
            return Some(Refusal::Unschedulable);
        }
    }
    if obstacle(pod, node).is_some() {
        return Some(Refusal::Taint);
    }
    if !matches_selector(pod, node) {
        return Some(Refusal::Selector);
    }
    let (asked, load) = (requests(pod), world.store.index.load_of(name));
    let room = |resource: &str| milli(text(node, &format!("/status/allocatable/{resource}")));
    let cpu = load.cpu_milli + asked.cpu_milli > room("cpu") && asked.cpu_milli > 0;
    let memory = load.memory_milli + asked.memory_milli > room("memory") && asked.memory_milli > 0;
    let pods = (load.pods + 1) * 1000 > room("pods");
    (cpu || memory || pods).then_some(Refusal::Short { cpu, memory, pods })
}

/// Whether a node has the labels that a pod's node selector names.
pub(super) fn matches_selector(pod: &Value, node: &Value) -> bool {
    let labels = at(node, "/metadata/labels");
    pairs(pod, "/spec/nodeSelector")
        .all(|(key, value)| labels.get(key).and_then(Value::as_str) == Some(value))
}

/// Where the other pods of the same controller are: pods by node.
fn siblings(world: &World, pod: &Value) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    let Some(owner) = controller(pod) else { return count };
    for key in world.store.index.owned_by(text(owner, "/uid")) {
        if let Some(sibling) = world.store.get(&key) {
            *count.entry(text(sibling, "/spec/nodeName").to_owned()).or_default() += 1;
        }
    }
    count
}

fn cost(world: &World, pod: &Value, node: &Value, key: &Key, siblings: &BTreeMap<String, usize>) -> f64 {
    let load = world.store.index.load_of(&key.name);
    let part = |used: i64, resource: &str| {
        used as f64 / milli(text(node, &format!("/status/allocatable/{resource}"))).max(1) as f64
    };
    let fullness =
        part(load.cpu_milli, "cpu") + part(load.memory_milli, "memory") + part(load.pods * 1000, "pods");
    let together = siblings.get(&key.name).copied().unwrap_or(0) as f64;
    // Equal nodes are told apart by chance, but always by the same chance.
    fullness
        + together * 0.5
        + (hash(world.seed, &format!("{}{}", key.name, text(pod, "/metadata/name"))) % 100) as f64 * 1e-4
}

fn bind(world: &mut World, key: &Key, node: &str) {
    world.waiting.remove(key);
    let now = stamp(world.now);
    world.store.update(key, |pod| {
        put(pod, "/spec/nodeName", node);
        set_condition(pod, &now, ["PodScheduled", "True", "", ""]);
        for condition in list_mut(pod, "/status/conditions") {
            remove(condition, "/reason");
            remove(condition, "/message");
            put(condition, "/lastProbeTime", Value::Null);
        }
    });
    let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
    world.record(key, Note::normal(COMPONENT, "Scheduled", message));
}

fn refuse(world: &mut World, key: &Key, refusals: &[Refusal]) {
    world.waiting.insert(key.clone());
    let message = words(refusals);
    let known = world.store.get(key).map(|pod| text(condition(pod, "PodScheduled"), "/message").to_owned());
    if known.as_ref() == Some(&message) {
        return;
    }
    let now = stamp(world.now);
    world.store.update(key, |pod| {
        set_condition(pod, &now, ["PodScheduled", "False", "Unschedulable", &message]);
        for condition in list_mut(pod, "/status/conditions") {
            put(condition, "/lastProbeTime", Value::Null);
        }
    });
    world.record(key, Note::warning(COMPONENT, "FailedScheduling", message));
}

fn words(refusals: &[Refusal]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = |reason: &'static str| *counts.entry(reason).or_default() += 1;
    let mut short_of_room = 0;
    for refusal in refusals {
        match refusal {
            Refusal::OtherNode => count("node(s) didn't satisfy plugin(s) [NodeAffinity]"),
            Refusal::Unschedulable => count("node(s) were unschedulable"),
            Refusal::Taint => count("node(s) had untolerated taint(s)"),
            Refusal::Selector => count("node(s) didn't match Pod's node affinity/selector"),
            Refusal::Short { cpu, memory, pods } => {
                short_of_room += 1;
                for (short, reason) in
                    [(cpu, "Insufficient cpu"), (memory, "Insufficient memory"), (pods, "Too many pods")]
                {
                    if *short {
                        count(reason);
                    }
                }
            }
        }
    }
    let sentence = |counts: Vec<(usize, &str)>| {
        let mut parts: Vec<_> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, reason)| format!("{n} {reason}")).collect();
        parts.sort();
        parts.join(", ")
    };
    let all = refusals.len();
    let reasons = sentence(counts.into_iter().map(|(reason, n)| (n, reason)).collect());
    let preemption = sentence(vec![
        (short_of_room, "No preemption victims found for incoming pod"),
        (all - short_of_room, "Preemption is not helpful for scheduling"),
    ]);
    format!(
        "0/{all} nodes are available: {reasons}. no new claims to deallocate, preemption: 0/{all} nodes are available: {preemption}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_for_no_node() {
        let short = Refusal::Short { cpu: true, memory: false, pods: false };
        let message = words(&[Refusal::Unschedulable, Refusal::Taint, short, short]);
        assert_eq!(
            message,
            "0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu. \
             no new claims to deallocate, preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, \
             2 Preemption is not helpful for scheduling."
        );
    }
}
