//! The pods of a scenario that no controller makes, and the templates of those that one does.

use serde_json::{Value, json};

use super::World;
use super::build::Ages;
use crate::demo::controllers::pods::complete;
use crate::demo::json::{at, put, text};
use crate::demo::resources::Resource;
use crate::demo::scenario::Workload;

/// A pod that nothing replaces.
pub(super) fn bare_pod(world: &mut World, workload: &Workload, ages: &mut Ages) {
    let mut pod = template(workload, &workload.image);
    put(&mut pod, "/metadata/name", workload.name.as_str());
    put(&mut pod, "/metadata/namespace", workload.namespace.as_str());
    complete(&mut pod);
    let key = world.create(Resource::Pods, pod, "kubectl-run");
    ages.note(key, workload.age);
}

/// The pod template of a workload.
pub(super) fn template(workload: &Workload, image: &str) -> Value {
    let mut labels = json!({"app.kubernetes.io/name": workload.name});
    for (key, value) in &workload.labels {
        put(&mut labels, &format!("/{}", key.replace('/', "~1")), value.as_str());
    }
    let mut first = container(&workload.name, image, &workload.cpu, &workload.memory);
    if !workload.command.is_empty() {
        put(&mut first, "/command", workload.command.clone());
    }
    if !workload.empty_dirs.is_empty() {
        let mounts = workload.empty_dirs.iter().map(|dir| {
            let (name, _) = empty_dir(dir);
            json!({"name": name, "mountPath": format!("/var/{name}")})
        });
        put(&mut first, "/volumeMounts", mounts.collect::<Vec<_>>());
    }
    let sidecars = workload.sidecars.iter().filter_map(|sidecar| sidecar.split_once('='));
    let mut containers = vec![first];
    containers.extend(sidecars.map(|(name, image)| match image.strip_suffix('!') {
        Some(image) => container(name, image, "", ""),
        None => container(name, image, "20m", "32Mi"),
    }));
    let mut spec = json!({"containers": containers, "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst", "serviceAccountName": "default", "securityContext": {},
        "schedulerName": "default-scheduler"});
    if !workload.empty_dirs.is_empty() {
        let volumes = workload.empty_dirs.iter().map(|dir| {
            let (name, source) = empty_dir(dir);
            json!({"name": name, "emptyDir": source})
        });
        put(&mut spec, "/volumes", volumes.collect::<Vec<_>>());
    }
    for (key, value) in &workload.node_selector {
        put(&mut spec, &format!("/nodeSelector/{}", key.replace('/', "~1")), value.as_str());
    }
    if !workload.tolerations.is_empty() {
        put(&mut spec, "/tolerations", workload.tolerations.clone());
    }
    if workload.host_network {
        put(&mut spec, "/hostNetwork", true);
    }
    if !workload.priority_class.is_empty() {
        put(&mut spec, "/priorityClassName", workload.priority_class.as_str());
    }
    json!({"metadata": {"labels": labels}, "spec": spec})
}

/// The name of an emptyDir and its source: `cache`, or `cache:Memory:256Mi`.
fn empty_dir(text: &str) -> (&str, Value) {
    let mut parts = text.split(':');
    let name = parts.next().unwrap_or_default();
    let mut source = json!({});
    for (field, value) in
        ["/medium", "/sizeLimit"].into_iter().zip(parts).filter(|(_, value)| !value.is_empty())
    {
        put(&mut source, field, value);
    }
    (name, source)
}

fn container(name: &str, image: &str, cpu: &str, memory: &str) -> Value {
    let mut requests = json!({});
    for (resource, amount) in [("cpu", cpu), ("memory", memory)] {
        if !amount.is_empty() {
            put(&mut requests, &format!("/{resource}"), amount);
        }
    }
    let mut resources = json!({});
    if requests.as_object().is_some_and(|requests| !requests.is_empty()) {
        put(&mut resources, "/requests", requests);
    }
    if !memory.is_empty() {
        put(&mut resources, "/limits", json!({"memory": memory}));
    }
    json!({"name": name, "image": image, "resources": resources, "imagePullPolicy": "IfNotPresent",
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"})
}

/// Static pods: the kubelet runs them, the API shows their mirrors.
pub(super) fn mirror_pods(world: &mut World, workload: &Workload, ages: &mut Ages) {
    for node in world.store.keys(Resource::Nodes, None) {
        let Some(object) = world.store.get(&node).cloned() else { continue };
        let here = workload.node_selector.iter().all(|(key, value)| {
            at(&object, "/metadata/labels").get(key).and_then(Value::as_str) == Some(value.as_str())
        });
        if !here {
            continue;
        }
        let mut pod = template(workload, &workload.image);
        put(&mut pod, "/metadata/name", format!("{}-{}", workload.name, node.name));
        put(&mut pod, "/metadata/namespace", workload.namespace.as_str());
        put(&mut pod, "/metadata/labels/tier", "control-plane");
        put(&mut pod, "/metadata/labels/component", workload.name.as_str());
        let hash = world.random.hex(32);
        for (key, value) in
            [("config.hash", hash.as_str()), ("config.mirror", &hash), ("config.source", "file")]
        {
            put(&mut pod, &format!("/metadata/annotations/kubernetes.io~1{key}"), value);
        }
        let uid = text(&object, "/metadata/uid");
        put(
            &mut pod,
            "/metadata/ownerReferences",
            json!([{"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": uid, "controller": true}]),
        );
        put(&mut pod, "/spec/nodeName", node.name.as_str());
        put(&mut pod, "/spec/tolerations", json!([{"operator": "Exists", "effect": "NoExecute"}]));
        put(&mut pod, "/spec/hostNetwork", true);
        complete(&mut pod);
        let key = world.create(Resource::Pods, pod, "kubelet");
        ages.note(key, workload.age);
    }
}
