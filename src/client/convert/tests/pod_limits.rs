//! Effective limits, local disk and other resources: by the same rules as requests, but for overhead.

use super::*;
use crate::model::room::Room;

fn room(spec: &Value, status: &Value) -> Room {
    let pod = json!({ "metadata": { "name": "p" }, "spec": spec, "status": status });
    let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
    Room::clone(&pod.template.room)
}

fn container(name: &str, limits: &Value) -> Value {
    json!({ "name": name, "resources": { "limits": limits, "requests": limits } })
}

#[test]
fn limits_add_up_and_a_container_without_one_is_open() {
    let limited = container("a", &json!({ "cpu": "1", "memory": "1Gi" }));
    let half = container("b", &json!({ "cpu": "500m" }));
    let it = room(&json!({ "containers": [limited, half] }), &json!({}));
    assert_eq!((it.cpu_limit.most, it.cpu_limit.open), (1500, false));
    assert_eq!((it.memory_limit.most, it.memory_limit.open), (1 << 30, true), "b may use all that there is");
    let pod_level = json!({ "limits": { "cpu": "4", "memory": "4Gi" } });
    let it = room(&json!({ "containers": [half], "resources": pod_level }), &json!({}));
    assert_eq!((it.cpu_limit.most, it.memory_limit.most, it.memory_limit.open), (4000, 4 << 30, false));
    let init = container("i", &json!({ "cpu": "3" }));
    let it = room(&json!({ "containers": [half], "initContainers": [init] }), &json!({}));
    assert_eq!((it.cpu_limit.most, it.cpu_limit.open), (3000, false), "init containers set the least");
    let sidecar = json!({ "name": "s", "restartPolicy": "Always" });
    assert!(room(&json!({ "containers": [half], "initContainers": [sidecar] }), &json!({})).cpu_limit.open);
}

#[test]
fn overhead_comes_on_top_of_limits_that_there_are() {
    let spec = json!({ "containers": [container("a", &json!({ "cpu": "1" }))],
        "overhead": { "cpu": "100m", "memory": "64Mi" } });
    let it = room(&spec, &json!({}));
    assert_eq!((it.cpu_limit.most, it.memory_limit.most), (1100, 0));
}

#[test]
fn a_resize_counts_with_the_larger_limit_until_it_is_done() {
    let spec = json!({ "containers": [container("a", &json!({ "cpu": "1" }))] });
    let status = json!({ "containerStatuses": [{ "name": "a", "resources": { "limits": { "cpu": "2" } } }] });
    assert_eq!(room(&spec, &status).cpu_limit.most, 2000);
}

#[test]
fn disk_and_devices_follow_the_rules_of_requests() {
    let disk = json!({ "ephemeral-storage": "1Gi", "nvidia.com/gpu": "1", "hugepages-2Mi": "4Mi" });
    let device = json!({ "nvidia.com/gpu": "2" });
    let spec = json!({ "containers": [container("a", &disk), container("b", &device)],
        "initContainers": [container("i", &json!({ "nvidia.com/gpu": "1", "example.com/fpga": "1" }))] });
    let it = room(&spec, &json!({}));
    assert_eq!((it.storage, it.storage_limit), (1 << 30, 1 << 30));
    let extended: Vec<_> = it.extended.iter().map(|(name, amount)| (&**name, *amount)).collect();
    assert_eq!(extended, [("example.com/fpga", 1), ("hugepages-2Mi", 4 << 20), ("nvidia.com/gpu", 3)]);
}

#[test]
fn pods_that_take_as_much_share_it() {
    let mut shared = Shared::default();
    let mut pod = |name: &str| {
        let spec = json!({ "containers": [container("a", &json!({ "cpu": "1", "x/y": "2", "x/z": "1" }))] });
        let pod = json!({ "metadata": { "name": name, "labels": { "pod": name } }, "spec": spec });
        shared.pod(serde_json::from_value(pod).unwrap())
    };
    let (one, two) = (pod("one"), pod("two"));
    assert!(!std::sync::Arc::ptr_eq(&one.template, &two.template));
    assert!(std::sync::Arc::ptr_eq(&one.template.room, &two.template.room));
}

#[test]
fn absurd_limits_stay_finite() {
    let huge =
        container("a", &json!({ "cpu": "9E", "memory": "-1", "x/y": "9E", "ephemeral-storage": "much" }));
    let it = room(&json!({ "containers": vec![huge; 50] }), &json!({}));
    assert!(it.cpu_limit.most.checked_mul(1000).is_some() && it.extended[0].1.checked_mul(1000).is_some());
    assert_eq!((it.memory_limit.most, it.storage), (0, 0));
}
