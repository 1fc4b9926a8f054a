//! The disruption controller: how many pods a budget lets go. Which eviction it lets through is the eviction
//! endpoint's affair.
//!
//! Source: `pkg/controller/disruption/disruption.go`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::demo::json::{at, has, number, pairs, put, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::store::index::controller;
use crate::demo::store::selector::Labels;
use crate::demo::time::{later, stamp};
use crate::demo::world::World;
use crate::demo::world::writes::{CONTROLLERS_STATUS, is_ready, set_condition};

/// Seconds after which an eviction that did not end the pod is not counted any more.
const FORGET: i64 = 120;

/// The budgets of a namespace that select a pod.
pub(crate) fn of_pod(world: &World, namespace: &str, pod: &Value) -> Vec<Key> {
    world
        .store
        .list(Resource::PodDisruptionBudgets, Some(namespace))
        .filter(|(_, budget)| {
            Labels::of(at(budget, "/spec/selector")).is_some_and(|selector| selector.selects(pod))
        })
        .map(|(key, _)| key.clone())
        .collect()
}

/// Brings the budgets of a namespace up to date.
pub(super) fn look(world: &mut World, namespace: &str) {
    for key in world.store.keys(Resource::PodDisruptionBudgets, Some(namespace)) {
        update(world, &key);
    }
}

fn update(world: &mut World, key: &Key) {
    let Some(budget) = world.store.get(key).cloned() else { return };
    let Some(selector) = Labels::of(at(&budget, "/spec/selector")) else { return };
    let pods: Vec<_> = world
        .store
        .list(Resource::Pods, Some(&key.namespace))
        .filter(|(_, pod)| selector.selects(pod))
        .map(|(key, pod)| (key.clone(), pod.clone()))
        .collect();
    let oldest = stamp(later(world.now, -FORGET));
    let disrupted: Vec<(String, String)> = pairs(&budget, "/status/disruptedPods")
        .filter(|(name, at)| {
            *at > oldest.as_str()
                && pods.iter().any(|(key, pod)| key.name == *name && !has(pod, "/metadata/deletionTimestamp"))
        })
        .map(|(name, at)| (name.to_owned(), at.to_owned()))
        .collect();
    let healthy = pods
        .iter()
        .filter(|(key, pod)| {
            is_ready(pod)
                && !has(pod, "/metadata/deletionTimestamp")
                && !disrupted.iter().any(|(name, _)| *name == key.name)
        })
        .count() as i64;
    let (expected, desired) = needs(world, &budget, &pods);
    let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
    let now = stamp(world.now);
    world.amend(key, CONTROLLERS_STATUS, |budget| {
        let map: serde_json::Map<_, _> =
            disrupted.into_iter().map(|(name, at)| (name, Value::from(at))).collect();
        if map.is_empty() {
            crate::demo::json::remove(budget, "/status/disruptedPods");
        } else {
            put(budget, "/status/disruptedPods", map);
        }
        for (field, count) in [
            ("disruptionsAllowed", allowed),
            ("currentHealthy", healthy),
            ("desiredHealthy", desired),
            ("expectedPods", expected),
        ] {
            put(budget, &format!("/status/{field}"), count);
        }
        let generation = number(budget, "/metadata/generation");
        put(budget, "/status/observedGeneration", generation);
        show_condition(budget, &now);
    });
}

/// Keeps the DisruptionAllowed condition with the number it speaks of.
pub(crate) fn show_condition(budget: &mut Value, now: &str) {
    let words = if number(budget, "/status/disruptionsAllowed") > 0 {
        ["DisruptionAllowed", "True", "SufficientPods", ""]
    } else {
        ["DisruptionAllowed", "False", "InsufficientPods", ""]
    };
    set_condition(budget, now, words);
    let generation = at(budget, "/metadata/generation").clone();
    put(budget, "/status/conditions/0/observedGeneration", generation);
}

/// How many pods there should be, and how many of them must be healthy.
fn needs(world: &World, budget: &Value, pods: &[(Key, std::sync::Arc<Value>)]) -> (i64, i64) {
    let limit = |pointer: &str| at(budget, pointer).clone();
    let scales = || expected_scale(world, pods);
    match (limit("/spec/maxUnavailable"), limit("/spec/minAvailable")) {
        (Value::Number(most), _) => {
            let expected = scales();
            (expected, (expected - most.as_i64().unwrap_or(0)).max(0))
        }
        (Value::String(most), _) => {
            let expected = scales();
            (expected, (expected - percent_of(&most, expected)).max(0))
        }
        (_, Value::Number(least)) => (pods.len() as i64, least.as_i64().unwrap_or(0)),
        (_, Value::String(least)) => {
            let expected = scales();
            (expected, percent_of(&least, expected))
        }
        _ => (0, 0),
    }
}

fn percent_of(text: &str, whole: i64) -> i64 {
    let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
    (percent * whole + 99) / 100
}

fn expected_scale(world: &World, pods: &[(Key, std::sync::Arc<Value>)]) -> i64 {
    let mut seen = BTreeSet::new();
    let mut sum = 0;
    for (key, pod) in pods {
        let Some(owner) = scaled_owner(world, &key.namespace, pod) else { continue };
        if seen.insert(owner.clone()) {
            sum += world.store.get(&owner).map_or(0, |object| number(object, "/spec/replicas"));
        }
    }
    sum
}

/// The controller with a scale: the deployment above a replica set, or what owns the pod directly.
fn scaled_owner(world: &World, namespace: &str, object: &Value) -> Option<Key> {
    let owner = controller(object)?;
    let resource = Resource::of_kind(text(owner, "/apiVersion"), text(owner, "/kind"))?;
    let key = Key::new(resource, namespace, text(owner, "/name"));
    if resource == Resource::ReplicaSets {
        let set = world.store.get(&key)?;
        return scaled_owner(world, namespace, set).or(Some(key));
    }
    Some(key)
}

/// Notes an eviction in a budget's status before the pod goes.
pub(crate) fn spend(world: &mut World, key: &Key, pod: &str) {
    let now = stamp(world.now);
    world.store.update(key, |budget| {
        let allowed = number(budget, "/status/disruptionsAllowed");
        put(budget, "/status/disruptionsAllowed", allowed - 1);
        if !has(budget, "/status/disruptedPods") {
            put(budget, "/status/disruptedPods", json!({}));
        }
        put(budget, &format!("/status/disruptedPods/{}", pod.replace('/', "~1")), now.as_str());
        show_condition(budget, &now);
    });
}
