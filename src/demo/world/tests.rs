//! The rules of the simulation as a whole: whole scenarios, stepped by hand.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::build::build;
use super::writes::{condition, is_ready};
use super::{Pace, World, step};
use crate::demo::controllers::kubelet::Voice;
use crate::demo::json::{at, has, list, number, put, text};
use crate::demo::resources::{ALL, Key, Resource};
use crate::demo::scenario::{Scenario, read};
use crate::demo::time::later;

fn start() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn world_of(name: &str) -> World {
    build(&read(name).unwrap(), 7, start())
}

/// The calm cluster without its incidents.
fn quiet() -> World {
    let scenario = Scenario { incidents: Vec::new(), settle: Some(30), ..read("calm").unwrap() };
    build(&scenario, 7, start())
}

fn pass(world: &mut World, seconds: i64) {
    step(world, later(world.now, seconds));
}

fn state(world: &World) -> String {
    let mut all = String::new();
    for row in ALL {
        for (key, object) in world.store.list(row.resource, None) {
            all.extend([format!("{key:?} "), object.to_string(), "\n".to_owned()]);
        }
    }
    all
}

fn taints(world: &World, node: &str) -> Vec<String> {
    let node = world.store.get(&Key::node(node)).unwrap();
    list(node, "/spec/taints")
        .iter()
        .map(|one| format!("{}:{}", text(one, "/key"), text(one, "/effect")))
        .collect()
}

fn silence(world: &mut World, nodes: &[&str]) {
    for node in nodes {
        world.kubelets.get_mut(*node).unwrap().voice = Voice::Silent;
    }
}

fn ready_status(world: &World, node: &str) -> String {
    text(condition(world.store.get(&Key::node(node)).unwrap(), "Ready"), "/status").to_owned()
}

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

#[test]
fn equal_seeds_and_starts_give_equal_states() {
    let (mut left, mut right) = (world_of("calm"), world_of("calm"));
    pass(&mut left, 90);
    for _ in 0..90 {
        pass(&mut right, 1);
    }
    assert!(state(&left) == state(&right), "the same seconds in other steps must give the same bytes");
    let other = build(&read("calm").unwrap(), 8, start());
    assert!(state(&left) != state(&other));
}

#[test]
fn a_silent_node_is_unknown_then_tainted_then_emptied() {
    let mut world = quiet();
    silence(&mut world, &["worker-a-1"]);
    pass(&mut world, 45);
    assert_eq!(ready_status(&world, "worker-a-1"), "True", "within the grace period");
    pass(&mut world, 25);
    assert_eq!(ready_status(&world, "worker-a-1"), "Unknown");
    let node = world.store.get(&Key::node("worker-a-1")).unwrap().clone();
    let ready = condition(&node, "Ready");
    assert_eq!(text(ready, "/reason"), "NodeStatusUnknown");
    assert_eq!(text(ready, "/message"), "Kubelet stopped posting node status.");
    assert_eq!(text(condition(&node, "NetworkUnavailable"), "/status"), "False", "it is not touched");
    let both = [format!("{UNREACHABLE}:NoSchedule"), format!("{UNREACHABLE}:NoExecute")];
    assert_eq!(taints(&world, "worker-a-1"), both, "an idle limiter lets the first node through");
    let here = |world: &World| -> Vec<std::sync::Arc<Value>> {
        world
            .store
            .index
            .pods_on("worker-a-1")
            .iter()
            .map(|key| world.store.get(key).unwrap().clone())
            .collect()
    };
    assert!(here(&world).iter().all(|pod| !is_ready(pod)), "its pods are out of their services at once");
    assert!(here(&world).iter().any(|pod| !has(pod, "/metadata/deletionTimestamp")));
    pass(&mut world, 310);
    let reason = |pod: &Value| text(condition(pod, "DisruptionTarget"), "/reason").to_owned();
    assert!(here(&world).iter().filter(|pod| reason(pod) == "DeletionByTaintManager").count() > 3);
    for pod in here(&world) {
        let daemon = text(&pod, "/metadata/ownerReferences/0/kind") == "DaemonSet";
        assert_eq!(has(&pod, "/metadata/deletionTimestamp"), !daemon, "{}", text(&pod, "/metadata/name"));
    }
}

#[test]
fn a_node_that_returns_loses_its_taints_and_keeps_its_pods() {
    let mut world = quiet();
    silence(&mut world, &["worker-a-2"]);
    pass(&mut world, 100);
    assert!(!taints(&world, "worker-a-2").is_empty() && !world.evictions.is_empty());
    crate::demo::controllers::kubelet::start(&mut world, "worker-a-2");
    pass(&mut world, 15);
    assert_eq!(taints(&world, "worker-a-2"), [""; 0]);
    assert!(world.evictions.is_empty(), "the countdowns are cancelled");
    for key in world.store.index.pods_on("worker-a-2") {
        assert!(is_ready(world.store.get(&key).unwrap()), "{}", key.name);
    }
}

#[test]
fn a_partly_disrupted_small_zone_taints_nobody_for_execution() {
    let mut world = quiet();
    // Three of four: more than two, and 0.75 of the zone.
    silence(&mut world, &["worker-b-1", "worker-b-2", "worker-b-3"]);
    pass(&mut world, 120);
    for node in ["worker-b-1", "worker-b-2", "worker-b-3"] {
        assert_eq!(taints(&world, node), [format!("{UNREACHABLE}:NoSchedule")], "{node}");
    }
    // With the last one the zone is fully disrupted, and the others are not: the normal rate applies.
    silence(&mut world, &["control-b-1"]);
    pass(&mut world, 110);
    for node in ["worker-b-1", "worker-b-2", "worker-b-3"] {
        assert!(taints(&world, node).contains(&format!("{UNREACHABLE}:NoExecute")), "{node}");
    }
}

#[test]
fn when_every_zone_is_down_nothing_is_evicted() {
    let mut world = quiet();
    let all: Vec<String> = world.kubelets.keys().cloned().collect();
    silence(&mut world, &all.iter().map(String::as_str).collect::<Vec<_>>());
    pass(&mut world, 400);
    for node in &all {
        assert_eq!(ready_status(&world, node), "Unknown");
        assert!(!taints(&world, node).contains(&format!("{UNREACHABLE}:NoExecute")), "{node}");
    }
}

#[test]
fn the_outage_is_under_way_when_it_begins_and_goes_on() {
    let mut world = world_of("zone-outage");
    for node in ["control-b-1", "worker-b-1", "worker-b-2", "worker-b-3"] {
        assert_eq!(ready_status(&world, node), "Unknown", "{node}");
    }
    let tainted = |world: &World| {
        let nodes = world.store.keys(Resource::Nodes, None);
        nodes
            .iter()
            .filter(|key| taints(world, &key.name).contains(&format!("{UNREACHABLE}:NoExecute")))
            .count()
    };
    assert!((1..=4).contains(&tainted(&world)));
    assert!(
        taints(&world, "worker-c-2").contains(&"node.kubernetes.io/memory-pressure:NoSchedule".to_owned())
    );
    pass(&mut world, 320);
    assert_eq!(tainted(&world), 4);
    let hanging =
        world.store.list(Resource::Pods, None).filter(|(_, pod)| has(pod, "/metadata/deletionTimestamp"));
    assert!(hanging.count() > 10, "pods on dead nodes stay Terminating");
}

#[test]
fn a_cordon_brings_its_taint_and_its_end_takes_it_away() {
    let mut world = quiet();
    let key = Key::node("worker-c-1");
    world.store.update(&key, |node| put(node, "/spec/unschedulable", true));
    world.settle();
    assert_eq!(taints(&world, "worker-c-1"), ["node.kubernetes.io/unschedulable:NoSchedule"]);
    assert!(has(world.store.get(&key).unwrap(), "/spec/taints/0/timeAdded"));
    world.store.update(&key, |node| crate::demo::json::remove(node, "/spec/unschedulable"));
    world.settle();
    assert!(!has(world.store.get(&key).unwrap(), "/spec/taints"), "an empty list is no list");
}

#[test]
fn a_rollout_never_leaves_its_bounds_and_comes_to_an_end() {
    let mut world = quiet();
    let key = Key::new(Resource::Deployments, "payments", "ledger");
    let writer = super::writes::Writer { manager: "test", subresource: "" };
    world.amend(&key, writer, |object| put(object, "/spec/template/spec/containers/0/image", "x:2"));
    world.settle();
    for second in 0..180 {
        let object = world.store.get(&key).unwrap().clone();
        assert!(
            number(&object, "/status/replicas") <= 4,
            "surge of a quarter of three is one, at {second} s"
        );
        assert!(
            number(&object, "/status/availableReplicas") >= 3,
            "nothing may be unavailable, at {second} s"
        );
        pass(&mut world, 1);
    }
    let object = world.store.get(&key).unwrap();
    assert_eq!(number(object, "/status/updatedReplicas"), 3);
    assert_eq!(number(object, "/status/replicas"), 3);
    assert_eq!(text(condition(object, "Progressing"), "/reason"), "NewReplicaSetAvailable");
}

#[test]
fn a_pod_that_fits_nowhere_says_so_and_is_placed_when_there_is_room() {
    let mut world = quiet();
    world.pace = Pace::Instant;
    let pod = json!({"metadata": {"name": "big", "namespace": "mail"},
        "spec": {"nodeSelector": {"disk": "fast"}, "containers": [{"name": "c", "image": "x"}]}, "status": {"phase": "Pending"}});
    let key = world.create(Resource::Pods, pod, "test");
    world.settle();
    let waiting = world.store.get(&key).unwrap().clone();
    let scheduled = condition(&waiting, "PodScheduled");
    assert_eq!((text(scheduled, "/status"), text(scheduled, "/reason")), ("False", "Unschedulable"));
    assert!(text(scheduled, "/message").starts_with("0/12 nodes are available: "), "{scheduled}");
    assert!(
        text(scheduled, "/message").contains("8 node(s) didn't match Pod's node affinity/selector"),
        "{scheduled}"
    );
    world.store.update(&Key::node("worker-a-1"), |node| put(node, "/metadata/labels/disk", "fast"));
    world.settle();
    let placed = world.store.get(&key).unwrap();
    assert_eq!(text(placed, "/spec/nodeName"), "worker-a-1");
    assert!(is_ready(placed));
}

#[test]
fn autoscalers_show_every_kind_of_metric_and_move_their_targets() {
    let mut world = quiet();
    let autoscaler = |world: &World, namespace: &str, name: &str| {
        world.store.get(&Key::new(Resource::HorizontalPodAutoscalers, namespace, name)).unwrap().clone()
    };
    let full = autoscaler(&world, "data", "ingest");
    assert_eq!(text(condition(&full, "ScalingLimited"), "/reason"), "TooManyReplicas");
    let failing = autoscaler(&world, "payments", "settlement-worker");
    assert_eq!(text(condition(&failing, "ScalingActive"), "/reason"), "FailedGetExternalMetric");
    assert_eq!(
        at(&failing, "/status/currentMetrics/1"),
        &json!({"type": ""}),
        "a failed metric leaves an empty element"
    );
    assert_eq!(list(&autoscaler(&world, "shop", "checkout"), "/status/currentMetrics").len(), 3);
    let key = Key::new(Resource::Deployments, "payments", "gateway");
    let writer = super::writes::Writer { manager: "test", subresource: "scale" };
    world.amend(&key, writer, |object| put(object, "/spec/replicas", 15));
    pass(&mut world, 16);
    let clamped = autoscaler(&world, "payments", "gateway");
    assert!(at(&clamped, "/status/lastScaleTime").is_string());
    assert!(number(world.store.get(&key).unwrap(), "/spec/replicas") <= 10, "the maximum holds again");
    let said = world.store.list(Resource::Events, Some("payments")).any(|(_, event)| {
        text(event, "/message") == "New size: 10; reason: Current number of replicas above Spec.MaxReplicas"
    });
    assert!(said);
}

#[test]
fn budgets_tell_the_truth_about_their_pods() {
    let world = quiet();
    for (key, budget) in world.store.list(Resource::PodDisruptionBudgets, None) {
        let of = |field: &str| number(budget, &format!("/status/{field}"));
        assert_eq!(
            of("disruptionsAllowed"),
            (of("currentHealthy") - of("desiredHealthy")).max(0),
            "{}",
            key.name
        );
        assert_eq!(of("observedGeneration"), number(budget, "/metadata/generation"), "{}", key.name);
    }
    let ledger = world.store.get(&Key::new(Resource::PodDisruptionBudgets, "payments", "ledger")).unwrap();
    assert_eq!(number(ledger, "/status/disruptionsAllowed"), 0);
    assert_eq!(text(condition(ledger, "DisruptionAllowed"), "/reason"), "InsufficientPods");
}

#[test]
fn something_happens_every_few_seconds() {
    let mut world = world_of("calm");
    let mut longest = 0;
    let mut since = 0;
    for _ in 0..120 {
        let before = world.store.version();
        pass(&mut world, 1);
        let visible =
            world.store.changes_since(before).unwrap().any(|change| change.key.resource != Resource::Leases);
        since = if visible { 0 } else { since + 1 };
        longest = longest.max(since);
    }
    assert!(longest <= 8, "{longest} s without anything to see");
}

#[test]
fn a_deleted_node_takes_its_pods_and_its_lease_with_it() {
    let mut world = quiet();
    world.pace = Pace::Instant;
    world.remove(&Key::node("worker-a-1"));
    world.settle();
    assert!(world.store.index.pods_on("worker-a-1").is_empty());
    assert!(world.store.get(&Key::new(Resource::Leases, "kube-node-lease", "worker-a-1")).is_none());
}
