//! Effective requests: the sums that decide whether a pod fits.

use super::*;
use crate::model::pod::PodLevel;

fn requests(spec: &Value, status: &Value) -> (i64, i64) {
    let pod = json!({ "metadata": { "name": "p" }, "spec": spec, "status": status });
    let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
    (pod.template.cpu, pod.template.memory)
}

fn container(name: &str, cpu: &str) -> Value {
    json!({ "name": name, "resources": { "requests": { "cpu": cpu } } })
}

fn sidecar(name: &str, cpu: &str) -> Value {
    json!({ "name": name, "restartPolicy": "Always", "resources": { "requests": { "cpu": cpu } } })
}

fn cpu(containers: &[Value], init: &[Value]) -> i64 {
    requests(&json!({ "containers": containers, "initContainers": init }), &json!({})).0
}

#[test]
fn containers_add_up_and_init_containers_set_the_least() {
    assert_eq!(cpu(&[container("a", "100m"), container("b", "200m")], &[]), 300);
    assert_eq!(cpu(&[container("a", "100m")], &[container("i", "50m")]), 100);
    assert_eq!(cpu(&[container("a", "100m")], &[container("i", "1"), container("j", "2")]), 2000);
}

#[test]
fn sidecars_run_beside_what_starts_after_them() {
    assert_eq!(cpu(&[container("a", "100m")], &[sidecar("s", "50m")]), 150);
    assert_eq!(cpu(&[container("a", "100m")], &[sidecar("s", "50m"), container("i", "1")]), 1050);
    assert_eq!(cpu(&[container("a", "100m")], &[container("i", "1"), sidecar("s", "50m")]), 1000);
}

#[test]
fn the_pod_level_decides_where_it_speaks_and_overhead_comes_on_top() {
    let spec = json!({ "containers": [{ "name": "a", "resources": { "requests": { "cpu": "1", "memory": "1Gi" } } }],
        "resources": { "requests": { "cpu": "300m" } }, "overhead": { "cpu": "20m", "memory": "1Mi" } });
    assert_eq!(requests(&spec, &json!({})), (320, (1 << 30) + (1 << 20)));
}

#[test]
fn a_resize_counts_with_the_most_until_it_is_done() {
    let spec = json!({ "containers": [container("a", "100m")] });
    let status = |reason: &str| {
        json!({ "conditions": [{ "type": "PodResizePending", "status": "True", "reason": reason }],
            "containerStatuses": [{ "name": "a", "allocatedResources": { "cpu": "300m" },
                "resources": { "requests": { "cpu": "400m" } } }] })
    };
    assert_eq!(requests(&spec, &status("Deferred")).0, 400);
    let larger = json!({ "containers": [container("a", "900m")] });
    assert_eq!(requests(&larger, &status("Deferred")).0, 900);
    assert_eq!(requests(&larger, &status("Infeasible")).0, 400, "what cannot be granted does not count");
}

/// What each container asks for, and the pod level.
fn asked(spec: &Value) -> (Vec<String>, Option<PodLevel>) {
    let pod = json!({ "metadata": { "name": "p" }, "spec": spec });
    let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
    let told = pod.template.containers.iter().map(|it| format!("{} {:?} {:?}", it.name, it.cpu, it.memory));
    (told.collect(), pod.template.pod_level)
}

#[test]
fn each_container_that_goes_on_running_is_named_with_what_it_asks_for() {
    let spec = json!({ "containers": [container("a", "100m"), { "name": "b" }],
        "initContainers": [sidecar("s", "50m"), container("i", "1")] });
    assert_eq!(
        asked(&spec),
        (vec!["a Some(100) None".into(), "b None None".into(), "s Some(50) None".into()], None)
    );
    let zero = json!({ "containers": [{ "name": "a", "resources": { "requests": { "cpu": "0", "memory": "1Ki" } } }] });
    assert_eq!(
        asked(&zero).0,
        ["a Some(0) Some(1024000)"],
        "nothing asked for is not the same as asked for nothing"
    );
    let slip = json!({ "containers": [{ "name": "a", "resources": { "requests": { "memory": "512m" } } }] });
    assert_eq!(asked(&slip).0, ["a None Some(512)"], "half a byte, as the controller counts it");
}

#[test]
fn the_pod_level_counts_where_it_asks_for_what_a_pod_may_ask_for() {
    let level = |requests: Value| {
        asked(&json!({ "containers": [container("a", "1")], "resources": { "requests": requests } })).1
    };
    assert_eq!(level(json!({ "cpu": "300m" })), Some(PodLevel { cpu: Some(300), memory: None }));
    assert_eq!(level(json!({ "hugepages-2Mi": "2Mi" })), Some(PodLevel { cpu: None, memory: None }));
    assert_eq!((level(json!({ "example.com/x": "1" })), level(json!({}))), (None, None));
}

#[test]
fn pods_of_one_template_share_what_their_containers_ask_for() {
    let mut shared = Shared::default();
    let mut list = || shared.pod(serde_json::from_str(POD).unwrap()).template.containers.clone();
    assert!(std::sync::Arc::ptr_eq(&list(), &list()));
}
