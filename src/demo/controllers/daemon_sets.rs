//! The daemon set controller: one pod on every node that takes it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pods;
use super::scheduler::matches_selector;
use super::taints::{Stay, obstacle, stay};
use crate::demo::json::{at, list, list_mut, put, text, truth};
use crate::demo::random::name_hash;
use crate::demo::resources::{Key, Resource};
use crate::demo::world::writes::{CONTROLLERS_STATUS, is_ready};
use crate::demo::world::{Work, World};

const COMPONENT: &str = "daemonset-controller";

/// Has every daemon set looked at, because the nodes changed.
pub(super) fn look_at_all(world: &mut World) {
    for key in world.store.keys(Resource::DaemonSets, None) {
        world.enqueue(Work::DaemonSet(key));
    }
}

/// Looks at one daemon set.
pub(super) fn look(world: &mut World, key: &Key) {
    let Some(set) = world.store.get(key).cloned() else { return };
    let mut shape = json!({"spec": at(&set, "/spec/template/spec")});
    tolerate(&mut shape);
    let hash = name_hash(&at(&set, "/spec/template").to_string());
    let mut placed: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for pod in world.store.index.owned_by(text(&set, "/metadata/uid")) {
        let node = world.store.get(&pod).map(|pod| node_of(pod).to_owned());
        placed.entry(node.unwrap_or_default()).or_default().push(pod);
    }
    let mut desired = Vec::new();
    for node in world.store.keys(Resource::Nodes, None) {
        let Some(object) = world.store.get(&node).cloned() else { continue };
        let here = placed.get(&node.name).map_or(&[][..], Vec::as_slice);
        let fits = matches_selector(&shape, &object);
        if fits && obstacle(&shape, &object).is_none() {
            desired.push(node.name.clone());
            if here.is_empty() {
                create(world, key, &node.name, &hash, &shape);
            }
        } else if !fits || stay(&shape, list(&object, "/spec/taints")) == Stay::No {
            for pod in here {
                pods::delete(world, key, pod, COMPONENT);
            }
        }
    }
    replace_old(world, key, &set, &hash);
    post(world, key, &desired, &hash);
}

fn create(world: &mut World, key: &Key, node: &str, hash: &str, shape: &Value) {
    let name = format!("{}-{}", key.name, world.random.suffix(5));
    let message = format!("Created pod: {name}");
    pods::create(world, key, &name, (COMPONENT, message), |pod| {
        put(pod, "/metadata/labels/controller-revision-hash", hash);
        put(pod, "/metadata/labels/pod-template-generation", "1");
        put(pod, "/spec/tolerations", at(shape, "/spec/tolerations").clone());
        let terms = json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]);
        let required = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";
        put(pod, required, json!({"nodeSelectorTerms": terms}));
    });
}

/// What daemon pods tolerate beyond what their template says.
fn tolerate(shape: &mut Value) {
    let host = truth(shape, "/spec/hostNetwork");
    let tolerations = list_mut(shape, "/spec/tolerations");
    let mut add = |key: &str, effect: &str| {
        let toleration =
            json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect});
        if !tolerations.contains(&toleration) {
            tolerations.push(toleration);
        }
    };
    add("not-ready", "NoExecute");
    add("unreachable", "NoExecute");
    for key in ["disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"] {
        add(key, "NoSchedule");
    }
    if host {
        add("network-unavailable", "NoSchedule");
    }
}

/// Rolls to a new template one pod at a time, and only while all others are ready.
fn replace_old(world: &mut World, key: &Key, set: &Value, hash: &str) {
    let active = pods::active(world, set);
    let objects = || active.iter().filter_map(|pod| world.store.get(pod).map(|object| (pod, object)));
    if objects().any(|(_, pod)| !is_ready(pod))
        || active.len() < world.store.index.owned_by(text(set, "/metadata/uid")).len()
    {
        return;
    }
    let old = objects().find(|(_, pod)| text(pod, "/metadata/labels/controller-revision-hash") != hash);
    if let Some(pod) = old.map(|(pod, _)| pod.clone()) {
        pods::delete(world, key, &pod, COMPONENT);
    }
}

/// The node of a daemon pod, bound or only meant.
fn node_of(pod: &Value) -> &str {
    let bound = text(pod, "/spec/nodeName");
    if bound.is_empty() {
        return text(
            pod,
            "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0",
        );
    }
    bound
}

fn post(world: &mut World, key: &Key, desired: &[String], hash: &str) {
    let Some(set) = world.store.get(key).cloned() else { return };
    let (mut current, mut ready, mut updated, mut strays) = (0, 0, 0, 0);
    for pod in pods::active(world, &set) {
        let Some(pod) = world.store.get(&pod) else { continue };
        if !desired.iter().any(|node| node == node_of(pod)) {
            strays += 1;
            continue;
        }
        current += 1;
        ready += usize::from(is_ready(pod));
        updated += usize::from(text(pod, "/metadata/labels/controller-revision-hash") == hash);
    }
    let desired = desired.len();
    world.amend(key, CONTROLLERS_STATUS, |set| {
        let generation = at(set, "/metadata/generation").clone();
        for (field, count) in [
            ("currentNumberScheduled", current),
            ("numberMisscheduled", strays),
            ("desiredNumberScheduled", desired),
            ("numberReady", ready),
        ] {
            put(set, &format!("/status/{field}"), count);
        }
        put(set, "/status/observedGeneration", generation);
        for (field, count) in [
            ("updatedNumberScheduled", updated),
            ("numberAvailable", ready),
            ("numberUnavailable", desired.saturating_sub(ready)),
        ] {
            super::replica_sets::put_count(set, field, count);
        }
    });
}
