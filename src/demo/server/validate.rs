//! Defaulting and validation of what clients write: the few rules without which the simulated controllers would meet
//! objects that no cluster has.

use serde_json::{Value, json};

use super::names;
use super::refusal::{Answer, Refusal};
use super::write::check_replicas;
use crate::demo::controllers::{pods, scaling};
use crate::demo::json::{at, has, list, list_mut, number, put, text};
use crate::demo::resources::{Key, Resource};

/// Fills in what the API server fills in.
pub(super) fn defaulted(resource: Resource, object: &mut Value) {
    match resource {
        Resource::Pods => pods::complete(object),
        Resource::Deployments | Resource::ReplicaSets | Resource::StatefulSets => {
            if !has(object, "/spec/replicas") {
                put(object, "/spec/replicas", 1);
            }
            if resource == Resource::Deployments && !has(object, "/spec/strategy/type") {
                let bounds = json!({"maxUnavailable": "25%", "maxSurge": "25%"});
                put(object, "/spec/strategy", json!({"type": "RollingUpdate", "rollingUpdate": bounds}));
            }
            put(object, "/status", json!({}));
        }
        Resource::HorizontalPodAutoscalers => {
            if !has(object, "/spec/minReplicas") {
                put(object, "/spec/minReplicas", 1);
            }
            if list(object, "/spec/metrics").is_empty() {
                let target = json!({"type": "Utilization", "averageUtilization": 80});
                put(
                    object,
                    "/spec/metrics",
                    json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]),
                );
            }
            if has(object, "/spec/behavior") {
                let filled = scaling::with_defaults(at(object, "/spec/behavior"));
                put(object, "/spec/behavior", filled);
            }
            put(
                object,
                "/status",
                json!({"currentReplicas": 0, "desiredReplicas": 0, "currentMetrics": null}),
            );
        }
        // A new node may not take pods before its kubelet has spoken.
        Resource::Nodes => {
            list_mut(object, "/spec/taints")
                .push(json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}));
        }
        Resource::Namespaces => put(object, "/status", json!({"phase": "Active"})),
        Resource::PodDisruptionBudgets | Resource::DaemonSets => put(object, "/status", json!({})),
        Resource::ConfigMaps
        | Resource::Leases
        | Resource::Events
        | Resource::NodeMetrics
        | Resource::PodMetrics
        | Resource::ScaledObjects
        | Resource::VerticalPodAutoscalers => {}
    }
}

/// Checks an object as a whole.
///
/// # Errors
/// With the first rule that it breaks.
pub(super) fn object(key: &Key, object: &Value) -> Answer<()> {
    match key.resource {
        Resource::Nodes => taints(key, object),
        Resource::HorizontalPodAutoscalers => autoscaler(key, object),
        Resource::Deployments | Resource::ReplicaSets | Resource::StatefulSets => {
            check_replicas(key, object)?;
            selector(key, object)
        }
        Resource::DaemonSets => selector(key, object),
        Resource::Pods if list(object, "/spec/containers").is_empty() => {
            Err(Refusal::invalid(key, "spec.containers", "FieldValueRequired", "Required value"))
        }
        Resource::PodDisruptionBudgets
            if has(object, "/spec/minAvailable") && has(object, "/spec/maxUnavailable") =>
        {
            let why = "Invalid value: minAvailable and maxUnavailable cannot be both set";
            Err(Refusal::invalid(key, "spec", "FieldValueInvalid", why))
        }
        _ => Ok(()),
    }
}

fn selector(key: &Key, object: &Value) -> Answer<()> {
    let labels = at(object, "/spec/template/metadata/labels");
    let wanted = at(object, "/spec/selector/matchLabels").as_object();
    let fits = wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| labels.get(key) == Some(value)));
    if fits {
        return Ok(());
    }
    let why = "Invalid value: `selector` does not match template `labels`";
    Err(Refusal::invalid(key, "spec.template.metadata.labels", "FieldValueInvalid", why))
}

fn taints(key: &Key, node: &Value) -> Answer<()> {
    let all = list(node, "/spec/taints");
    for (index, taint) in all.iter().enumerate() {
        let (name, effect) = (text(taint, "/key"), text(taint, "/effect"));
        if let Some(why) = names::qualified(name) {
            let field = format!("metadata.taints[{index}].key");
            let why = format!("Invalid value: {name:?}: {why}");
            return Err(Refusal::invalid(key, &field, "FieldValueInvalid", &why));
        }
        let value = text(taint, "/value");
        if let Some(why) = names::label_value(value) {
            let field = format!("metadata.taints[{index}].value");
            let why = format!("Invalid value: {value:?}: {why}");
            return Err(Refusal::invalid(key, &field, "FieldValueInvalid", &why));
        }
        if !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let field = format!("metadata.taints[{index}].effect");
            let why = format!(
                "Unsupported value: {effect:?}: supported values: \"NoExecute\", \"NoSchedule\", \"PreferNoSchedule\""
            );
            return Err(Refusal::invalid(key, &field, "FieldValueNotSupported", &why));
        }
        if all[..index].iter().any(|other| text(other, "/key") == name && text(other, "/effect") == effect) {
            let field = format!("metadata.taints[{index}]");
            let why = format!("Duplicate value: {taint}");
            return Err(Refusal::invalid(key, &field, "FieldValueDuplicate", &why));
        }
    }
    Ok(())
}

fn autoscaler(key: &Key, object: &Value) -> Answer<()> {
    let (min, max) = (number(object, "/spec/minReplicas"), number(object, "/spec/maxReplicas"));
    if max < 1 {
        let why = format!("Invalid value: {max}: must be greater than 0");
        return Err(Refusal::invalid(key, "spec.maxReplicas", "FieldValueInvalid", &why));
    }
    if min < 1 {
        let why = format!("Invalid value: {min}: must be greater than or equal to 1");
        return Err(Refusal::invalid(key, "spec.minReplicas", "FieldValueInvalid", &why));
    }
    if max < min {
        let why = format!("Invalid value: {max}: must be greater than or equal to `minReplicas`");
        return Err(Refusal::invalid(key, "spec.maxReplicas", "FieldValueInvalid", &why));
    }
    Ok(())
}

/// Checks a change of an object.
///
/// # Errors
/// When it touches what cannot change.
pub(super) fn change(key: &Key, old: &Value, new: &Value) -> Answer<()> {
    match key.resource {
        Resource::Pods => {
            let fixed = |pod: &Value| {
                let mut spec = at(pod, "/spec").clone();
                for field in ["tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds"] {
                    crate::demo::json::remove(&mut spec, &format!("/{field}"));
                }
                for container in list_mut(&mut spec, "/containers") {
                    put(container, "/image", "");
                }
                spec
            };
            if fixed(old) == fixed(new) {
                return Ok(());
            }
            let why = "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,\
                       `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
                       existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                       previously negative)";
            Err(Refusal::invalid(key, "spec", "FieldValueForbidden", why))
        }
        Resource::Deployments | Resource::ReplicaSets | Resource::StatefulSets | Resource::DaemonSets
            if at(old, "/spec/selector") != at(new, "/spec/selector") =>
        {
            let why = "Invalid value: field is immutable";
            Err(Refusal::invalid(key, "spec.selector", "FieldValueInvalid", why))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_objects() {
        let node = Key::node("n");
        let taint = json!({"key": "a", "effect": "NoSchedule"});
        let twice = json!({"spec": {"taints": [taint, taint]}});
        assert_eq!(
            object(&node, &twice).err().unwrap().status["details"]["causes"][0]["reason"],
            "FieldValueDuplicate"
        );
        assert!(object(&node, &json!({"spec": {"taints": [{"key": "a", "effect": "Never"}]}})).is_err());
        let autoscaler = Key::new(Resource::HorizontalPodAutoscalers, "d", "h");
        let refusal =
            object(&autoscaler, &json!({"spec": {"minReplicas": 3, "maxReplicas": 2}})).err().unwrap();
        assert!(refusal.status["message"].as_str().unwrap().starts_with(
            "HorizontalPodAutoscaler.autoscaling \"h\" is invalid: spec.maxReplicas: Invalid value: 2"
        ));
    }
}
