//! That the control plane is what the other tests take it for: real controllers act, real rights are refused. The
//! program plays no part in here.
use http::Method;
use serde_json::json;

use crate::cluster::{CALM, cluster};
use crate::support::api::{Api, runtime};
use crate::support::controlplane::GRACE;
use crate::support::credentials::User;
use crate::support::fixtures::{self, Heart, SOON};
use crate::support::objects;
use crate::support::proxy::Proxy;

/// The status code with which the server answers.
fn answer(api: &Api, method: &Method, path: &str) -> u16 {
    match runtime().block_on(api.send(method, path, Some(&json!({})))) {
        Ok(_) => 200,
        Err(kube::Error::Api(status)) => status.code,
        Err(error) => panic!("{method} {path}: {error}"),
    }
}

#[test]
fn the_controllers_taint_a_cordoned_node() {
    let Some(cluster) = cluster() else { return };
    let _heart = Heart::of_new_node(&cluster.admin, "plane-cordon", 10);
    let path = objects::node_path("plane-cordon");
    cluster.admin.merge(&path, &json!({"spec": {"unschedulable": true}}));
    cluster.admin.wait_for(&path, "be tainted", SOON, |node| {
        fixtures::taints(node) == ["node.kubernetes.io/unschedulable:NoSchedule"]
    });
}

#[test]
fn the_controllers_mark_a_silent_node_and_believe_it_when_it_returns() {
    let Some(cluster) = cluster() else { return };
    let mut heart = Heart::of_new_node(&cluster.admin, "plane-silent", 11);
    heart.stop();
    let path = objects::node_path("plane-silent");
    cluster.admin.wait_for(&path, "be unknown and tainted", GRACE + SOON, |node| {
        let unreachable =
            ["NoSchedule", "NoExecute"].map(|effect| format!("node.kubernetes.io/unreachable:{effect}"));
        let taints = fixtures::taints(node);
        fixtures::condition(node, "Ready") == Some("Unknown")
            && unreachable.iter().all(|taint| taints.contains(taint))
    });
    heart.start();
}

#[test]
fn a_budget_refuses_the_eviction_of_a_deployments_pod() {
    let Some(cluster) = cluster() else { return };
    let namespace = fixtures::namespace(&cluster.admin, "plane-budget");
    let pods = fixtures::running_deployment(&cluster.admin, &namespace, "web", CALM, 2);
    let eviction = |pod: &str| format!("{}/{pod}/eviction", objects::pods(&namespace));
    let body = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pods[0]}});
    fixtures::budget_that_allows_nothing(&cluster.admin, &namespace, "web-budget", "web", 2);
    let refused = runtime().block_on(cluster.admin.send(&Method::POST, &eviction(&pods[0]), Some(&body)));
    let Err(kube::Error::Api(status)) = refused else { panic!("not refused: {refused:?}") };
    assert_eq!(status.code, 429);
    assert!(status.message.contains("disruption budget"), "{}", status.message);
    cluster.admin.delete(&format!("{}/web-budget", objects::disruption_budgets(&namespace)));
    cluster.admin.create(&eviction(&pods[0]), &body);
    cluster.admin.wait_until_deleted(&format!("{}/{}", objects::pods(&namespace), pods[0]), SOON);
}

#[test]
fn the_users_may_do_what_their_names_say() {
    let Some(cluster) = cluster() else { return };
    let (viewer, reader) = (cluster.plane.api(User::Viewer), cluster.plane.api(User::NodeReader));
    for path in [objects::NODES, objects::LEASES, "/api/v1/pods", "/apis/policy/v1/poddisruptionbudgets"] {
        assert_eq!(answer(&viewer, &Method::GET, path), 200, "{path}");
    }
    assert_eq!(answer(&viewer, &Method::PATCH, &objects::node_path(CALM)), 403);
    assert_eq!(answer(&reader, &Method::GET, objects::NODES), 200);
    assert_eq!(answer(&reader, &Method::GET, "/api/v1/pods"), 403);
    assert_eq!(answer(&reader, &Method::GET, objects::LEASES), 403);
}

#[test]
fn a_watch_streams_through_the_proxy() {
    let Some(cluster) = cluster() else { return };
    let proxy = Proxy::start(&cluster.admin);
    let through = Api::connect(&proxy.server(), None, None);
    through.wait_for(&objects::node_path(CALM), "be seen", SOON, |node| node["metadata"]["name"] == CALM);
    let requests = proxy.requests();
    assert_eq!((requests.len(), requests[0].path.as_str()), (1, objects::NODES));
    assert!(requests[0].query.contains("watch=true"), "{requests:?}");
}

#[test]
fn every_server_runs_until_the_tests_end() {
    let Some(cluster) = cluster() else { return };
    let commands = cluster.plane.pids().into_iter().map(|pid| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).expect("it runs");
        let program = line.split('\0').next().unwrap_or_default();
        program.rsplit('/').next().unwrap_or_default().to_owned()
    });
    assert_eq!(commands.collect::<Vec<_>>(), ["kube-apiserver", "etcd", "kube-controller-manager"]);
}
