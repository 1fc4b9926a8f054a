//! Whole situations on a real control plane: nodes with a heart that can be stopped, deployments whose pods run. It
//! plays kubelet and scheduler; everything else is done by the real controllers.
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use super::api::{Api, runtime};
use super::controlplane::GRACE;
use super::objects;

/// How long the controllers may take for one step on a busy machine.
pub(crate) const SOON: Duration = Duration::from_mins(2);

/// The part of a kubelet that the node lifecycle controller looks at: it posted a healthy status once and renews the
/// node's lease until it is stopped. Dropping it takes the node out of the cluster, also when its test fails: a silent
/// node would change what the controllers do about others.
pub(crate) struct Heart {
    node: String,
    subnet: u8,
    api: Api,
    beat: AbortHandle,
}

impl Heart {
    /// Registers a healthy node and waits until the controllers have accepted it: Ready and without taints.
    pub(crate) fn of_new_node(api: &Api, node: &str, subnet: u8) -> Self {
        Self::of(api, &objects::node(node, subnet), node, subnet)
    }

    /// The same in a zone that it shares with others.
    pub(crate) fn in_zone(api: &Api, zone: &str, node: &str, subnet: u8) -> Self {
        let mut object = objects::node(node, subnet);
        object["metadata"]["labels"]["topology.kubernetes.io/zone"] = zone.into();
        Self::of(api, &object, node, subnet)
    }

    fn of(api: &Api, object: &Value, node: &str, subnet: u8) -> Self {
        api.create(objects::NODES, object);
        api.create(objects::LEASES, &objects::lease(node, &renew_time()));
        let mut heart = Self { node: node.to_owned(), subnet, api: api.clone(), beat: beat(api, node) };
        heart.start();
        heart
    }

    /// Falls silent, as a node does that lost its power.
    pub(crate) fn stop(&self) {
        self.beat.abort();
    }

    /// Goes on beating, but reports that it is not ready.
    pub(crate) fn complain(&self) {
        let mut status = objects::node_status(&self.node, self.subnet, &now());
        let conditions = status["status"]["conditions"].as_array_mut().expect("conditions");
        for ready in conditions.iter_mut().filter(|it| it["type"] == "Ready") {
            (ready["status"], ready["reason"]) = ("False".into(), "KubeletNotReady".into());
        }
        self.api.merge(&format!("{}/status", objects::node_path(&self.node)), &status);
    }

    /// Reports healthy and beats again.
    pub(crate) fn start(&mut self) {
        self.beat.abort();
        self.beat = beat(&self.api, &self.node);
        let path = objects::node_path(&self.node);
        self.api.merge(&format!("{path}/status"), &objects::node_status(&self.node, self.subnet, &now()));
        self.api.wait_for(&path, "be ready without taints", SOON, |node| {
            condition(node, "Ready") == Some("True") && taints(node).is_empty()
        });
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.beat.abort();
        let delete = async {
            for path in [objects::node_path(&self.node), format!("{}/{}", objects::LEASES, self.node)] {
                // It may be gone already, or the API server may be away.
                let deleting = self.api.send(&Method::DELETE, &path, None);
                let _ = tokio::time::timeout(SOON, deleting).await;
            }
        };
        runtime().block_on(delete);
    }
}

fn beat(api: &Api, node: &str) -> AbortHandle {
    let api = api.clone();
    let path = format!("{}/{node}", objects::LEASES);
    let renewing = async move {
        let mut often = tokio::time::interval(GRACE / 5);
        loop {
            often.tick().await;
            let renewal = json!({"spec": {"renewTime": renew_time()}});
            // A kubelet too goes on when the API server is away.
            let _ = api.send(&Method::PATCH, &path, Some(&renewal)).await;
        }
    };
    runtime().spawn(renewing).abort_handle()
}

/// Creates a namespace and returns its name.
pub(crate) fn namespace(api: &Api, name: &str) -> String {
    api.create("/api/v1/namespaces", &objects::namespace(name));
    name.to_owned()
}

/// Creates a pod that runs on the node.
pub(crate) fn running_pod(api: &Api, namespace: &str, name: &str, node: &str) {
    api.create(&objects::pods(namespace), &objects::pod(name, node));
    mark_running(api, namespace, name);
}

/// Creates a deployment whose pods run on the node, and waits until all are available. Returns the pods' names.
pub(crate) fn running_deployment(
    api: &Api,
    namespace: &str,
    name: &str,
    node: &str,
    replicas: u32,
) -> Vec<String> {
    let collection = objects::deployments(namespace);
    api.create(&collection, &objects::deployment(name, node, replicas));
    let path = format!("{collection}/{name}");
    api.wait_for(&path, "have created its pods", SOON, |object| object["status"]["replicas"] == replicas);
    let pods = pods_of(api, namespace, name);
    for pod in &pods {
        mark_running(api, namespace, pod);
    }
    api.wait_for(&path, "be available", SOON, |object| object["status"]["availableReplicas"] == replicas);
    pods
}

/// The names of the pods with the label app=NAME.
pub(crate) fn pods_of(api: &Api, namespace: &str, app: &str) -> Vec<String> {
    let list = format!("{}?labelSelector=app%3D{app}", objects::pods(namespace));
    let bare = |name: String| name.rsplit('/').next().map(str::to_owned);
    api.names(&list).into_iter().filter_map(bare).collect()
}

fn mark_running(api: &Api, namespace: &str, pod: &str) {
    let path = format!("{}/{pod}/status", objects::pods(namespace));
    api.merge(&path, &objects::pod_status(&now()));
}

/// Creates a budget that forbids every eviction of the app, and waits until the controller has counted its pods.
pub(crate) fn budget_that_allows_nothing(api: &Api, namespace: &str, name: &str, app: &str, pods: usize) {
    let collection = objects::disruption_budgets(namespace);
    api.create(&collection, &objects::disruption_budget(name, app));
    api.wait_for(&format!("{collection}/{name}"), "count the pods", SOON, |budget| {
        budget["status"]["expectedPods"] == pods && budget["status"]["currentHealthy"] == pods
    });
}

/// Creates flannel's configuration, once per control plane.
pub(crate) fn flannel(api: &Api) {
    let namespace = namespace(api, "kube-flannel");
    api.create(&format!("/api/v1/namespaces/{namespace}/configmaps"), &objects::flannel_config());
}

/// The status of a node's condition.
pub(crate) fn condition<'a>(node: &'a Value, kind: &str) -> Option<&'a str> {
    let conditions = node["status"]["conditions"].as_array()?;
    conditions.iter().find(|one| one["type"] == kind)?["status"].as_str()
}

/// When a node's condition came to be as it is.
pub(crate) fn transition(node: &Value, kind: &str) -> Option<Timestamp> {
    let conditions = node["status"]["conditions"].as_array()?;
    conditions.iter().find(|one| one["type"] == kind)?["lastTransitionTime"].as_str()?.parse().ok()
}

/// A node's taints as KEY:EFFECT.
pub(crate) fn taints(node: &Value) -> Vec<String> {
    let taints = node["spec"]["taints"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
    taints.iter().map(|taint| format!("{}:{}", text(&taint["key"]), text(&taint["effect"]))).collect()
}

fn now() -> String {
    clock().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn renew_time() -> String {
    clock().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[expect(clippy::disallowed_methods, reason = "a kubelet lives in real time")]
pub(crate) fn clock() -> Timestamp {
    Timestamp::now()
}
