//! What the pods of one workload have in common, as bytes that stand in every one of them; and where they may be.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::demo::controllers::pods::complete;
use crate::demo::json::{at, list, put, text};
use crate::demo::protobuf;
use crate::demo::random::hash;

/// The nodes, by number. Their texts stand together, because a list of all pods reads them in any order.
#[derive(Debug, Default)]
pub(crate) struct Site {
    texts: String,
    places: Vec<Place>,
}

/// Where a node's name begins in the texts, where its address follows and where that ends.
#[derive(Debug)]
struct Place {
    name: u32,
    address: u32,
    end: u32,
}

impl Site {
    /// Takes in the next node.
    pub(super) fn add(&mut self, name: &str, address: &str) {
        let start = self.texts.len();
        self.texts.extend([name, address]);
        let [name, address, end] = [start, start + name.len(), self.texts.len()].map(|at| at as u32);
        self.places.push(Place { name, address, end });
    }

    /// The number of the node of that name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        (0..self.places.len()).find(|node| self.name(*node) == name)
    }

    /// A node's name.
    pub(super) fn name(&self, node: usize) -> &str {
        let place = &self.places[node];
        &self.texts[place.name as usize..place.address as usize]
    }

    /// A node's own address.
    pub(super) fn host(&self, node: usize) -> &str {
        let place = &self.places[node];
        &self.texts[place.address as usize..place.end as usize]
    }

    /// An address in a node's subnet.
    pub(crate) fn address(node: usize, host: u8) -> String {
        format!("10.{}.{}.{host}", 128 + node / 256 % 128, node % 256)
    }

    /// A node's subnet.
    pub(crate) fn subnet(node: usize) -> String {
        format!("10.{}.{}.0/24", 128 + node / 256 % 128, node % 256)
    }
}

/// What a status repeats of a container.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) image_id: String,
}

/// What the pods of a workload have in common.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) site: Arc<Site>,
    pub(crate) namespace: String,
    /// What the names begin with.
    pub(crate) prefix: String,
    pub(crate) labels: Value,
    /// Protobuf of the metadata but for what is a pod's own.
    pub(crate) metadata: Vec<u8>,
    /// Protobuf of the spec but for the node's name.
    pub(crate) spec: Vec<u8>,
    pub(crate) containers: Vec<Container>,
    pub(crate) on_the_host: bool,
}

impl Template {
    /// The template of an owner's pods: `template` is the owner's own, with metadata and spec.
    pub(super) fn new(
        site: &Arc<Site>,
        owner: &Value,
        reference: &Value,
        template: &Value,
        time: &str,
    ) -> Self {
        let mut pod =
            json!({"metadata": at(template, "/metadata").clone(), "spec": at(template, "/spec").clone()});
        put(&mut pod, "/metadata/ownerReferences", json!([reference]));
        complete(&mut pod);
        put(&mut pod, "/spec/serviceAccount", "default");
        let managed = managed(&pod, time);
        put(&mut pod, "/metadata/managedFields", managed);
        let containers = list(&pod, "/spec/containers").iter().map(|container| {
            let image = text(container, "/image").to_owned();
            let half = hash(0, &image);
            let image_id = format!("{}@sha256:{half:016x}{:016x}{half:016x}{:016x}", image, !half, half ^ 7);
            Container { name: text(container, "/name").to_owned(), image, image_id }
        });
        let containers = containers.collect();
        let mut metadata = at(&pod, "/metadata").clone();
        if let Some(fields) = metadata.as_object_mut() {
            fields.shift_remove("generation");
        }
        Self {
            site: Arc::clone(site),
            namespace: text(owner, "/metadata/namespace").to_owned(),
            prefix: format!("{}-", text(owner, "/metadata/name")),
            labels: at(&pod, "/metadata/labels").clone(),
            metadata: protobuf::encode("ObjectMeta", &metadata),
            spec: protobuf::encode("PodSpec", at(&pod, "/spec")),
            containers,
            on_the_host: at(&pod, "/spec/hostNetwork") == &Value::Bool(true),
        }
    }
}

/// Who wrote what: the controller the object, the kubelet its status.
fn managed(pod: &Value, time: &str) -> Value {
    let mut created = fields(&json!({"spec": at(pod, "/spec")}));
    put(
        &mut created,
        "/f:metadata",
        fields(&json!({"labels": at(pod, "/metadata/labels"), "generateName": "",
        "annotations": at(pod, "/metadata/annotations"), "ownerReferences": {}})),
    );
    let condition = json!({".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:observedGeneration": {},
        "f:status": {}, "f:type": {}});
    let mut status = json!({"f:conditions": {}, "f:containerStatuses": {}, "f:hostIP": {}, "f:hostIPs": {},
        "f:observedGeneration": {}, "f:phase": {}, "f:podIP": {},
        "f:podIPs": {".": {}, "k:{\"ip\":\"10.128.0.1\"}": {".": {}, "f:ip": {}}}, "f:startTime": {}});
    for kind in ["ContainersReady", "Initialized", "PodReadyToStartContainers", "Ready"] {
        status["f:conditions"][format!("k:{{\"type\":\"{kind}\"}}")] = condition.clone();
    }
    json!([
        {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": created},
        {"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": {"f:status": status}, "subresource": "status"},
    ])
}

/// The fields of an object as managedFields write them.
fn fields(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().map(|(name, inside)| (format!("f:{name}"), fields(inside))).collect()
        }
        Value::Array(items) if items.iter().all(|item| item.get("name").is_some()) => {
            let named = items.iter().map(|item| {
                let mut inside = fields(item);
                put(&mut inside, "/.", json!({}));
                (format!("k:{{\"name\":{}}}", at(item, "/name")), inside)
            });
            named.collect()
        }
        _ => json!({}),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A template for two nodes.
    pub(in crate::demo::crowd) fn template() -> Arc<Template> {
        let mut site = Site::default();
        site.add("worker-a-1", "198.18.0.1");
        site.add("worker-b-1", "198.18.0.2");
        let site = Arc::new(site);
        let owner = json!({"metadata": {"name": "app-abc", "namespace": "team"}});
        let reference = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app-abc", "uid": "u", "controller": true});
        let (labels, spec) = super::super::workloads::pod(3, "app", "team");
        let inside = json!({"metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true"}}, "spec": spec});
        Arc::new(Template::new(&site, &owner, &reference, &inside, "2026-03-01T10:00:00Z"))
    }

    #[test]
    fn subnets_hold_their_addresses_and_differ() {
        let subnets: std::collections::BTreeSet<_> = (0..5000).map(Site::subnet).collect();
        assert_eq!(subnets.len(), 5000);
        assert_eq!(
            (Site::subnet(4999), Site::address(1, 9)),
            ("10.147.135.0/24".into(), "10.128.1.9".into())
        );
    }
}
