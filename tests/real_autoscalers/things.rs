//! A custom resource with a scale, and the part of its operator: as many pods as it wants, and a status that says so.
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::kubelet;
use crate::random::{Case, Target};
use crate::support::api::Api;
use crate::support::objects;

pub(crate) const GROUP: &str = "foretop.test";

/// A definition is served a moment after it was taken.
const SERVED: Duration = Duration::from_secs(30);

/// Defines the kind and waits until it is served.
pub(crate) fn define(api: &Api) {
    let collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let name = format!("things.{GROUP}");
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let version = json!({
        "name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}, "scale": {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.selector",
        }},
    });
    let definition = json!({
        "metadata": {"name": name},
        "spec": {
            "group": GROUP, "scope": "Namespaced", "versions": [version],
            "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
        },
    });
    api.create(collection, &definition);
    api.wait_for(&format!("{collection}/{name}"), "be served", SERVED, |it| {
        let conditions = it["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        conditions.iter().any(|it| it["type"] == "Established" && it["status"] == "True")
    });
}

pub(crate) fn thing(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/v1"), "kind": "Thing",
        "metadata": {"name": name}, "spec": {"replicas": replicas},
    })
}

/// Gives every thing the pods that it wants.
pub(crate) fn tend(api: &Api, cases: &[Case], node: &str) {
    let mut requests = Vec::new();
    for case in cases.iter().filter(|case| case.target == Target::Custom) {
        let wanted = api.get(&case.path())["spec"]["replicas"].as_u64().unwrap_or_default();
        let pods = objects::pods(&case.namespace);
        let list = api.get(&format!("{pods}?labelSelector=app%3D{}", case.name));
        let all = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let living: Vec<&Value> = all.iter().filter(|pod| !kubelet::has_ended(pod)).collect();
        for _ in living.len() as u64..wanted {
            let mut pod = case.pod(node);
            pod["metadata"]["generateName"] = format!("{}-", case.name).into();
            requests.push((Method::POST, pods.clone(), pod));
        }
        for pod in living.iter().skip(wanted as usize) {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            requests.push((
                Method::DELETE,
                format!("{pods}/{name}"),
                json!({"kind": "DeleteOptions", "apiVersion": "v1"}),
            ));
        }
        let status = json!({"status": {"replicas": wanted, "selector": format!("app={}", case.name)}});
        requests.push((Method::PATCH, format!("{}/status", case.path()), status));
    }
    api.send_all(requests);
}
