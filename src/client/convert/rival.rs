//! KEDA's ScaledObjects and vertical autoscalers: whom they scale, and how. Triggers' settings are never read.

use super::Shared;
use crate::model::rival::{Paused, ScaledObject, VerticalAutoscaler};
use crate::model::text::Str;
use crate::wire::rivals as wire;

/// Pauses at the number of replicas that it gives; it counts before the other one.
const PAUSED_AT: &str = "autoscaling.keda.sh/paused-replicas";
/// Pauses at whatever there is.
const PAUSED: &str = "autoscaling.keda.sh/paused";
/// What KEDA scales where no kind is given.
const DEFAULT_KIND: &str = "Deployment";
/// What a vertical autoscaler does where nothing is said.
const DEFAULT_MODE: &str = "Recreate";
/// The mode of a vertical autoscaler, or of its policy for a container, that changes nothing.
const OFF: &str = "Off";
/// The name that stands for all containers without a policy of their own.
const ALL_OTHERS: &str = "*";

/// Reads a ScaledObject. Source: kedacore/keda `apis/keda/v1alpha1/scaledobject_types.go`.
pub(in crate::client) fn scaled_object(it: wire::ScaledObject) -> ScaledObject {
    let metadata = it.metadata.unwrap_or_default();
    let spec = it.spec.unwrap_or_default();
    let target = spec.scale_target_ref.unwrap_or_default();
    let conditions = it.status.unwrap_or_default().conditions;
    let is = |kind: &str| conditions.iter().any(|it| it.type_ == kind && it.status == "True");
    let kind = if target.kind.is_empty() { DEFAULT_KIND } else { &target.kind };
    ScaledObject {
        key: Shared::default().key(&metadata),
        target: (Str::from(kind), Str::from(target.name.as_str())),
        triggers: spec.triggers.iter().map(|it| Str::from(it.type_.as_str())).collect(),
        min: spec.min_replica_count,
        max: spec.max_replica_count,
        idle: spec.idle_replica_count,
        paused: paused(|name| metadata.annotations.get(name).map(String::as_str)),
        fallback: spec.fallback.map(|it| it.replicas),
        falling_back: is("Fallback"),
        ready: is("Ready"),
        active: is("Active"),
    }
}

fn paused<'a>(annotation: impl Fn(&str) -> Option<&'a str>) -> Option<Paused> {
    if let Some(text) = annotation(PAUSED_AT) {
        return Some(text.parse().map_or(Paused::Here, Paused::At));
    }
    // Go's strconv.ParseBool; what is no truth value counts as true.
    let no = |text: &str| matches!(text, "0" | "f" | "F" | "false" | "FALSE" | "False");
    annotation(PAUSED).filter(|text| !no(text)).map(|_| Paused::Here)
}

/// Reads a vertical autoscaler. Source: kubernetes/autoscaler `vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go`.
pub(in crate::client) fn vertical(it: wire::VerticalPodAutoscaler) -> VerticalAutoscaler {
    let metadata = it.metadata.unwrap_or_default();
    let spec = it.spec.unwrap_or_default();
    let target = spec.target_ref.unwrap_or_default();
    let policies = spec.resource_policy.unwrap_or_default().container_policies;
    let mode = spec.update_policy.unwrap_or_default().update_mode;
    let off =
        policies.iter().any(|it| it.container_name == ALL_OTHERS) && policies.iter().all(|it| it.mode == OFF);
    let mode = match mode.as_str() {
        _ if off => OFF,
        "" => DEFAULT_MODE,
        mode => mode,
    };
    VerticalAutoscaler {
        key: Shared::default().key(&metadata),
        target_kind: Str::from(target.kind.as_str()),
        target_name: Str::from(target.name.as_str()),
        mode: Str::from(mode),
        resources: resources(&policies),
    }
}

/// What the policies control together; empty for cpu and memory, which a policy controls that names nothing. Containers
/// without any policy are left out: which there are is not known here.
fn resources(policies: &[wire::ContainerResourcePolicy]) -> Vec<Str> {
    let mut all = Vec::new();
    for policy in policies.iter().filter(|it| it.mode != OFF) {
        let Some(controlled) = &policy.controlled_resources else { return Vec::new() };
        all.extend(controlled.iter().map(|name| Str::from(name.as_str())));
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(object: &Value) -> ScaledObject {
        scaled_object(serde_json::from_value(object.clone()).unwrap())
    }

    #[test]
    fn what_keda_writes() {
        let object = json!({ "metadata": { "name": "web", "namespace": "shop" },
            "spec": { "scaleTargetRef": { "name": "web" }, "minReplicaCount": 2, "maxReplicaCount": 9, "idleReplicaCount": 0,
                "triggers": [{ "type": "kafka", "metadata": { "password": "x" } }, { "type": "cron" }], "fallback": { "replicas": 6 } },
            "status": { "conditions": [{ "type": "Ready", "status": "True", "message": "m" }, { "type": "Active", "status": "Unknown" },
                { "type": "Fallback", "status": "True" }] } });
        let it = read(&object);
        assert_eq!(
            (it.key.to_string(), &*it.target.0, &*it.target.1),
            ("shop/web".into(), "Deployment", "web")
        );
        assert_eq!((it.min, it.max, it.idle, it.fallback), (Some(2), Some(9), Some(0), Some(6)));
        assert_eq!(it.triggers, ["kafka".into(), "cron".into()]);
        assert_eq!((it.ready, it.active, it.falling_back, it.paused), (true, false, true, None));
        let bare = read(&json!({ "spec": { "triggers": null }, "status": { "conditions": null } }));
        assert_eq!((bare.min, bare.fallback, bare.ready), (None, None, false));
    }

    #[test]
    fn keda_is_paused_by_either_annotation() {
        let paused = |annotations: Value| read(&json!({ "metadata": { "annotations": annotations } })).paused;
        assert_eq!(paused(json!({ PAUSED_AT: "3", PAUSED: "false" })), Some(Paused::At(3)));
        assert_eq!(paused(json!({ PAUSED_AT: "99999999999" })), Some(Paused::Here));
        assert_eq!(paused(json!({ PAUSED: "yes" })), Some(Paused::Here));
        assert_eq!(paused(json!({ PAUSED: "False" })), None);
        assert_eq!(paused(Value::Null), None);
    }

    #[test]
    fn what_a_vertical_autoscaler_controls() {
        let read = |mode: Value, policies: Value| {
            let object = json!({ "metadata": { "name": "v", "namespace": "shop" }, "spec": { "targetRef": { "kind": "Deployment",
                "name": "web" }, "updatePolicy": { "updateMode": mode }, "resourcePolicy": { "containerPolicies": policies } } });
            let it = vertical(serde_json::from_value(object).unwrap());
            (it.mode.to_string(), it.resources.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let memory = json!({ "containerName": "*", "controlledResources": ["memory"] });
        let off = json!({ "containerName": "*", "mode": "Off" });
        let all = json!({ "containerName": "app" });
        assert_eq!(read(json!("Auto"), json!([memory, off])), ("Auto".into(), vec!["memory".into()]));
        assert_eq!(read(Value::Null, json!([memory, all])), ("Recreate".into(), vec![]));
        assert_eq!(read(json!("Auto"), json!([off])).0, "Off", "it controls nothing");
        assert_eq!(read(json!("Initial"), Value::Null), ("Initial".into(), vec![]));
    }
}
