//! Every kind from a fixture, once as JSON and once as protobuf, which must come to the same.

use serde_json::{Value, json};

use super::Shared;
use crate::model::meta::ConditionStatus;
use crate::model::node::{NamedBy, NodeLease};
use crate::model::quantity::Milli;
use crate::model::second::Second;
use crate::wire::{apps, autoscaling, core};

mod absurd;
mod behavior;
mod pod_limits;
mod pod_requests;
mod pod_status;
mod targets;
mod workloads;

const NODE: &str = include_str!("fixtures/node.json");
const POD: &str = include_str!("fixtures/pod.json");
const AUTOSCALER: &str = include_str!("fixtures/autoscaler.json");
const DEPLOYMENT: &str = include_str!("fixtures/deployment.json");
const DAEMON_SET: &str = include_str!("fixtures/daemonset.json");
const BUDGET: &str = include_str!("fixtures/budget.json");
const LEASE: &str = include_str!("fixtures/lease.json");
const CONFIG_MAP: &str = include_str!("fixtures/configmap.json");

/// Converts a fixture from both encodings, and checks that it comes to the same.
fn both<W, M>(text: &str, convert: impl Fn(&mut Shared, W) -> M) -> M
where
    W: prost::Message + Default + serde::de::DeserializeOwned,
    M: PartialEq + std::fmt::Debug,
{
    let wire: W = serde_json::from_str(text).unwrap();
    let encoded = wire.encode_to_vec();
    let from_json = convert(&mut Shared::default(), wire);
    let from_protobuf = convert(&mut Shared::default(), W::decode(encoded.as_slice()).unwrap());
    assert_eq!(from_json, from_protobuf);
    from_json
}

fn texts<T: AsRef<str>>(list: &[T]) -> Vec<&str> {
    list.iter().map(AsRef::as_ref).collect()
}

#[test]
fn a_node() {
    let node = both(NODE, |shared, wire: core::Node| shared.node(wire));
    assert_eq!(node.meta.uid.to_string(), "0f3c2a1b-0001-4abc-8def-0123456789ab");
    assert_eq!(texts(&node.roles), ["edge", "gpu", "worker"]);
    assert_eq!(node.zone.as_deref(), Some("old-a"), "the beta label wins");
    assert_eq!(node.region.as_deref(), Some("eu"));
    assert!(node.unschedulable);
    assert_eq!(node.taints[0].added, Some("2026-11-20T10:00:00Z".parse().unwrap()));
    assert_eq!((&*node.taints[1].value, node.taints[1].added), ("gpu", None));
    let ready = node.condition("Ready").unwrap();
    assert_eq!((ready.status, &*ready.reason), (ConditionStatus::Unknown, "NodeStatusUnknown"));
    assert_eq!(texts(&node.pod_cidrs), ["10.244.1.0/24", "fd00:10:244:1::/64"]);
    assert_eq!((node.capacity.cpu, node.capacity.memory), (16_000, 65_805_068 << 10));
    assert_eq!((node.allocatable.cpu, node.allocatable.ephemeral_storage), (15_800, 92_000_000_000));
    assert_eq!(node.allocatable.pods, 110);
    let extended: Vec<_> = node.extended.iter().map(|it| (&*it.name, it.capacity, it.allocatable)).collect();
    assert_eq!(
        extended,
        [
            ("example.com/fpga", Some(0), None),
            ("hugepages-2Mi", Some(1 << 30), Some(1 << 30)),
            ("nvidia.com/gpu", Some(4), Some(3)),
        ],
        "lost devices are named, huge pages that there never were are not"
    );
    assert_eq!(&*node.system.platform, "linux/arm64");
    assert_eq!((node.volumes.attached, node.volumes.in_use, node.volumes.astray.len()), (1, 1, 0));
    assert_eq!(node.overlay.unwrap().vni, Some(1));
}

#[test]
fn volumes_that_only_one_list_names_are_kept_by_name() {
    let mut node: Value = serde_json::from_str(NODE).unwrap();
    node["status"]["volumesInUse"] = json!(["kubernetes.io/csi/d^v1", "kubernetes.io/csi/d^v3"]);
    let node = Shared::default().node(serde_json::from_value(node).unwrap());
    let astray: Vec<_> = node.volumes.astray.iter().map(|it| (&*it.name, it.named_by)).collect();
    assert_eq!(astray, [("kubernetes.io/csi/d^v3", NamedBy::InUse)]);
}

#[test]
fn a_node_without_much() {
    let node =
        both(r#"{"metadata":{"name":"n"},"spec":{"podCIDR":"10.0.0.0/24"}}"#, |shared, wire: core::Node| {
            shared.node(wire)
        });
    assert_eq!(texts(&node.pod_cidrs), ["10.0.0.0/24"]);
    assert_eq!((node.zone, node.overlay, &*node.system.platform), (None, None, ""));
}

#[test]
fn a_present_but_empty_beta_zone_hides_the_stable_one() {
    let mut node: Value = serde_json::from_str(NODE).unwrap();
    node["metadata"]["labels"]["failure-domain.beta.kubernetes.io/zone"] = json!("");
    let node = both(&node.to_string(), |shared, wire: core::Node| shared.node(wire));
    assert_eq!(node.zone, None);
}

#[test]
fn a_pod() {
    let pod = both(POD, |shared, wire: core::Pod| shared.pod(wire));
    assert_eq!(pod.meta.key.to_string(), "shop/web-0");
    assert_eq!(&*pod.meta.controller.as_ref().unwrap().kind, "StatefulSet");
    assert_eq!(pod.node.as_deref(), Some("worker-1"));
    assert_eq!((&*pod.status, pod.ready, pod.containers, pod.restarts), ("Running", true, (3, 3), 3));
    // The first init container that is no sidecar needs the most, beside the sidecar that was started before it.
    assert_eq!((pod.template.cpu, pod.template.memory), (1000 + 100 + 10, (512 + 64 + 16) << 20));
    assert_eq!((pod.addresses, pod.ip), (2, "10.244.1.7".parse().ok()));
    assert!(
        pod.template.scratch().as_deref() == Some("emptyDir scratch (memory)")
            && !pod.template.mirror
            && !pod.template.host_network
            && !pod.template.overlay_agent
    );
    assert_eq!(pod.template.tolerations[0].seconds, Some(300));
    assert_eq!((pod.template.tolerations[1].seconds, &*pod.template.tolerations[1].key), (None, ""));
    assert_eq!(pod.template.labels.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), ["app", "tier"]);
    let second = |second: Option<Second>| second.map(|it| jiff::Timestamp::from(it).to_string());
    assert_eq!(second(pod.bound).as_deref(), Some("2026-11-20T08:00:01Z"));
    assert_eq!((second(pod.started), pod.bound.is_some()), (second(pod.bound), true));
    assert_eq!(second(pod.ready_since).as_deref(), Some("2026-11-20T08:00:09Z"));
}

#[test]
fn an_owner_that_only_bears_the_name_of_a_native_kind_is_told_apart() {
    for (version, kind, told) in [
        ("apps/v1", "StatefulSet", "StatefulSet"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "StatefulSet.apps.kruise.io"),
        ("extensions/v1beta1", "ReplicaSet", "ReplicaSet"),
        ("apps.kruise.io/v1alpha1", "DaemonSet", "DaemonSet"),
        ("apps.kruise.io/v1alpha1", "CloneSet", "CloneSet"),
        ("v1", "Node", "Node"),
    ] {
        let mut pod: Value = serde_json::from_str(POD).unwrap();
        pod["metadata"]["ownerReferences"] =
            json!([{ "apiVersion": version, "kind": kind, "name": "web", "uid": "z", "controller": true }]);
        let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
        assert_eq!(&*pod.meta.controller.unwrap().kind, told, "{version}");
    }
}

#[test]
fn pods_of_one_template_share_labels_and_tolerations() {
    let mut shared = Shared::default();
    let mut pod = || shared.pod(serde_json::from_str(POD).unwrap());
    let (one, two) = (pod(), pod());
    assert!(std::sync::Arc::ptr_eq(&one.template.labels, &two.template.labels));
    assert!(std::sync::Arc::ptr_eq(&one.template.tolerations, &two.template.tolerations));
    assert!(std::sync::Arc::ptr_eq(&one.meta.key.namespace, &two.meta.key.namespace));
}

#[test]
fn special_pods_are_known() {
    let mut pod: Value = serde_json::from_str(POD).unwrap();
    pod["metadata"]["annotations"] = json!({ "kubernetes.io/config.mirror": "abc" });
    pod["spec"]["hostNetwork"] = json!(true);
    pod["metadata"]["ownerReferences"] =
        json!([{ "kind": "DaemonSet", "name": "kube-flannel-ds", "uid": "z", "controller": true }]);
    let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
    assert!(pod.template.mirror && pod.template.host_network && pod.template.overlay_agent);
    assert_eq!(pod.addresses, 0, "it uses the node's address");
}

#[test]
fn an_autoscaler() {
    let scaler =
        both(AUTOSCALER, |shared, wire: autoscaling::HorizontalPodAutoscaler| shared.autoscaler(wire));
    assert_eq!((scaler.min, scaler.max, scaler.current, scaler.desired), (1, 10, 4, 6));
    assert_eq!((scaler.target.group(), &*scaler.target.kind), ("apps", "Deployment"));
    let metrics: Vec<String> = scaler.metrics.iter().map(|metric| format!("{metric:?}")).collect();
    assert_eq!(
        metrics,
        [
            r#"Metric { source: Resource { name: "cpu" }, goal: Utilization(60), described: None }"#,
            r#"Metric { source: ContainerResource { name: "memory", container: "web" }, goal: AverageValue(Amount { milli: Milli(524288000000), text: "500Mi" }), described: None }"#,
            r#"Metric { source: Pods { name: "requests", selector: "app=web,verb=GET" }, goal: AverageValue(Amount { milli: Milli(1000000), text: "1k" }), described: None }"#,
            r#"Metric { source: Object { name: "hits", selector: "", object: "Ingress/main" }, goal: Value(Amount { milli: Milli(2000000), text: "2k" }), described: Some("networking.k8s.io/v1") }"#,
            r#"Metric { source: External { name: "queue", selector: "" }, goal: Missing, described: None }"#,
            r#"Metric { source: Unknown { kind: "Quantum" }, goal: Missing, described: None }"#,
        ]
    );
    assert_eq!((scaler.behavior.as_ref(), scaler.generation, scaler.observed), (None, 0, Some(3)));
    assert_eq!(scaler.readings[0].utilization, Some(82));
    assert_eq!(scaler.readings[0].average.as_ref().unwrap().milli, Milli(205));
    assert_eq!(scaler.readings[1].source, None, "the controller could not read it");
    assert_eq!(scaler.readings[2].source.as_ref(), Some(&scaler.metrics[3].source), "spec and status match");
    assert_eq!(&*scaler.condition("ScalingLimited").unwrap().reason, "DesiredWithinRange");
}

#[test]
fn a_lease_with_microseconds() {
    let unheard = |lease| NodeLease { heard: None, ..lease };
    let lease = both(LEASE, |shared, wire: core::Lease| unheard(shared.lease(wire)));
    assert_eq!(lease.renewed, Some("2026-11-20T10:00:00.123456Z".parse().unwrap()));
    assert_eq!(lease.duration_seconds, 40);
}

#[test]
fn the_networks_configuration() {
    let config = both(CONFIG_MAP, |shared, wire: core::ConfigMap| shared.network(&wire)).unwrap();
    assert_eq!(
        (config.network.as_deref(), &*config.backend, config.vni),
        (Some("10.244.0.0/16"), "vxlan", Some(4096))
    );
}

#[test]
fn events_of_both_forms() {
    let old = r#"{"type":"Warning","reason":"BackOff","message":"m","count":7,"source":{"component":"kubelet"},
        "firstTimestamp":"2026-11-20T08:00:00Z","lastTimestamp":"2026-11-20T09:00:00Z"}"#;
    let new = r#"{"type":"Normal","reason":"Scheduled","eventTime":"2026-11-20T08:00:00.5Z",
        "series":{"count":3,"lastObservedTime":"2026-11-20T08:30:00Z"},"reportingComponent":"default-scheduler",
        "lastTimestamp":null}"#;
    let old = both(old, |_, wire: core::Event| super::event(wire));
    assert_eq!(
        (old.count, old.source.as_str(), old.last),
        (7, "kubelet", "2026-11-20T09:00:00Z".parse().ok())
    );
    let new = both(new, |_, wire: core::Event| super::event(wire));
    let last = "2026-11-20T08:30:00Z".parse().ok();
    assert_eq!((new.count, new.source.as_str(), new.last), (3, "default-scheduler", last));
}
