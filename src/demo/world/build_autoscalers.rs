//! The autoscalers of a scenario, and the objects of others that scale the same workloads.

use serde_json::{Value, json};

use super::World;
use super::build::Ages;
use crate::demo::controllers::{scaling, targets::Memory};
use crate::demo::json::{number, put, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Autoscaler, Custom, Scenario};
use crate::demo::time::stamp;

/// Makes the objects that nothing in the simulation acts on.
pub(super) fn customs(world: &mut World, scenario: &Scenario, ages: &mut Ages) {
    let kinds = [
        (Resource::ScaledObjects, &scenario.scaled_objects, "kubectl-client-side-apply"),
        (Resource::VerticalPodAutoscalers, &scenario.verticals, "kubectl-client-side-apply"),
    ];
    for (resource, all, manager) in kinds {
        for custom in all {
            let key = world.create(resource, object_of(custom), manager);
            ages.note(key, custom.age);
        }
    }
}

fn object_of(custom: &Custom) -> Value {
    let mut object =
        json!({"metadata": {"name": custom.name, "namespace": custom.namespace}, "spec": custom.spec});
    if !custom.annotations.is_empty() {
        put(&mut object, "/metadata/annotations", json!(custom.annotations));
    }
    if !custom.status.is_null() {
        put(&mut object, "/status", custom.status.clone());
    }
    object
}

/// Makes all autoscalers. They have long been at work: their first pass comes when time begins.
pub(super) fn autoscalers(world: &mut World, scenario: &Scenario, ages: &mut Ages) {
    for autoscaler in &scenario.autoscalers {
        let object = autoscaler_object(world, autoscaler);
        let manager = if autoscaler.owner.is_some() { "keda" } else { "kubectl-client-side-apply" };
        let key = world.create(Resource::HorizontalPodAutoscalers, object, manager);
        let loads = autoscaler.metrics.iter().map(|metric| (metric.load.clone(), metric.fails));
        world.autoscalers.insert(key.clone(), Memory::new(loads.collect()));
        ages.note(key, autoscaler.age);
    }
}

fn autoscaler_object(world: &mut World, autoscaler: &Autoscaler) -> Value {
    let (kind, name) = autoscaler.target.split_once('/').unwrap_or(("Deployment", &autoscaler.target));
    let metrics: Vec<_> = autoscaler.metrics.iter().map(|metric| metric.spec.clone()).collect();
    let mut object = json!({
        "metadata": {"name": autoscaler.name, "namespace": autoscaler.namespace, "labels": autoscaler.labels},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name},
            "minReplicas": autoscaler.min, "maxReplicas": autoscaler.max, "metrics": metrics},
        "status": status_of(world, &autoscaler.namespace, [kind, name]),
    });
    if let Some(behavior) = &autoscaler.behavior {
        put(&mut object, "/spec/behavior", scaling::with_defaults(behavior));
    }
    if let Some(owner) = &autoscaler.owner {
        let known = Resource::of_kind(&owner.api_version, &owner.kind)
            .and_then(|resource| world.store.get(&Key::new(resource, &autoscaler.namespace, &owner.name)))
            .map(|object| text(object, "/metadata/uid").to_owned());
        let uid = known.unwrap_or_else(|| world.random.uuid());
        put(
            &mut object,
            "/metadata/ownerReferences",
            json!([{"apiVersion": owner.api_version, "kind": owner.kind, "name": owner.name, "uid": uid,
                "controller": true, "blockOwnerDeletion": true}]),
        );
    }
    object
}

/// The status of an autoscaler that has had nothing to do.
fn status_of(world: &World, namespace: &str, [kind, name]: [&str; 2]) -> Value {
    let target = Resource::of_kind("apps/v1", kind)
        .and_then(|resource| world.store.get(&Key::new(resource, namespace, name)));
    let Some(target) = target else {
        return json!({"currentReplicas": 0, "desiredReplicas": 0, "currentMetrics": null});
    };
    let now = stamp(world.now);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status,
        "lastTransitionTime": now, "reason": reason, "message": message})
    };
    let replicas = number(target, "/spec/replicas");
    json!({"currentReplicas": replicas, "desiredReplicas": replicas, "currentMetrics": null, "conditions": [
        condition("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
        condition("ScalingActive", "True", "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)"),
        condition("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range")]})
}
