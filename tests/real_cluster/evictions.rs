//! What foretop forecasts of evictions against what the real taint eviction controller does.
use std::collections::{BTreeMap, BTreeSet};

use foretop::analysis::assumptions::Assumptions;
use foretop::analysis::eviction::{Ending, Eviction, Fate, Terms};
use foretop::analysis::lifecycle::{Clock, Signs};
use foretop::analysis::placing::Audience;
use foretop::analysis::taint_edit::Edit;
use foretop::analysis::tolerations::Comparisons;
use foretop::analysis::what_if::{PodFate, WhatIf};
use foretop::client::convert::Shared;
use foretop::model::change::{Change, Object};
use foretop::model::cluster::Cluster;
use foretop::model::flag::Flag;
use foretop::model::kind::Kind;
use foretop::model::node::{Node, Taint};
use foretop::model::pod::Pod;
use foretop::model::server::ServerNews;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cluster::cluster;
use crate::support::api::Api;
use crate::support::controlplane::{GRACE, PERIOD};
use crate::support::dice::Dice;
use crate::support::fixtures::{self, Heart, SOON};
use crate::support::objects;

/// So many pods are on a node that is tainted.
const PODS: usize = 200;
/// Longer than any test takes, in seconds.
const LONG: i64 = 3600;
/// Seconds that a pod without a kubelet stays Terminating, so that its deletionTimestamp can be read.
const ENDING: i64 = 60;

fn pod(name: &str, node: &str, tolerations: &Value) -> Value {
    let mut pod = objects::pod(name, node);
    pod["spec"]["tolerations"] = tolerations.clone();
    pod
}

/// A toleration that may answer the taint `maintenance=disk:NoExecute`, or just not.
fn toleration(dice: &mut Dice) -> Value {
    let key = dice.pick(&["maintenance", "maintenance", "maintenance", "other", ""]);
    let operator = if key.is_empty() { "Exists" } else { dice.pick(&["Exists", "Equal", "Equal"]) };
    let effect = dice.pick(&["NoExecute", "NoExecute", "NoSchedule", ""]);
    let mut toleration = json!({ "key": key, "operator": operator, "effect": effect });
    if operator == "Equal" {
        toleration["value"] = dice.pick(&["disk", "disk", "fan"]).into();
    }
    // The API admits a limit only beside NoExecute.
    if effect == "NoExecute" && dice.pick(&[true, false]) {
        toleration["tolerationSeconds"] = dice.pick(&[0, LONG]).into();
    }
    toleration
}

fn read_pods(api: &Api, namespace: &str) -> Vec<Pod> {
    let mut shared = Shared::default();
    let list = api.get(&objects::pods(namespace));
    let items = list["items"].as_array().expect("a list of pods").clone();
    items.into_iter().map(|it| shared.pod(serde_json::from_value(it).expect("a pod"))).collect()
}

fn terms(now: Timestamp) -> Terms {
    Terms { now, restarted: None, comparisons: Comparisons::Off, ending: Ending::Confirmed }
}

/// A node and its pods, as foretop holds them.
fn read_cluster(api: &Api, node: &str, namespace: &str) -> Cluster {
    let mut cluster = Cluster::default();
    let object = api.get(&objects::node_path(node));
    let node = Shared::default().node(serde_json::from_value(object).expect("a node"));
    cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
    for pod in read_pods(api, namespace) {
        cluster.apply(Change::Upsert(Object::Pod(Box::new(pod))));
    }
    cluster.apply(Change::Synced(Kind::Node));
    cluster.apply(Change::Synced(Kind::Pod));
    cluster
}

/// What the screen would say of an edit of the node's taints.
fn what_if(cluster: &Cluster, node: &str, edit: &str) -> WhatIf {
    let edit = Edit::parse(edit).expect("an edit");
    let node = cluster.node(node).expect("the node");
    WhatIf::of(cluster, &[node], &edit, &Audience::of(cluster), Timestamp::UNIX_EPOCH)
}

fn a_taint_deletes_those_who_were_named(seed: u64) {
    let Some(cluster) = cluster() else { return };
    let api = &cluster.admin;
    let node = format!("evict-{seed}");
    let _heart = Heart::of_new_node(api, &node, 60 + seed as u8);
    let namespace = fixtures::namespace(api, &node);
    let mut dice = Dice::new(seed);
    for number in 0..PODS {
        let count = dice.pick(&[0, 1, 2]);
        let tolerations: Vec<Value> = (0..count).map(|_| toleration(&mut dice)).collect();
        api.create(&objects::pods(&namespace), &pod(&format!("p-{number}"), &node, &json!(tolerations)));
    }
    let thought = what_if(&read_cluster(api, &node, &namespace), &node, "maintenance=disk:NoExecute");
    let fates = &thought.nodes[0].result.as_ref().expect("the taint changes the node").pods;
    let (leave, stay): (Vec<&PodFate>, Vec<&PodFate>) = fates.iter().partition(|pod| pod.after == Fate::Now);
    assert_eq!(fates.len(), PODS);
    assert!(leave.len() > 20 && stay.len() > 20, "seed {seed}: {} leave, {} stay", leave.len(), stay.len());
    let taint = json!({ "key": "maintenance", "value": "disk", "effect": "NoExecute" });
    api.merge(&objects::node_path(&node), &json!({ "spec": { "taints": [taint] } }));
    for pod in &leave {
        api.wait_until_deleted(&format!("{}/{}", objects::pods(&namespace), pod.key.name), 2 * SOON);
    }
    // Whatever else the controller would have deleted stood in its queues before these.
    for number in 0..20 {
        let name = format!("last-{number}");
        api.create(&objects::pods(&namespace), &pod_without(&name, &node));
        api.wait_until_deleted(&format!("{}/{name}", objects::pods(&namespace)), SOON);
    }
    let stay: BTreeSet<String> = stay.iter().map(|pod| pod.key.to_string()).collect();
    assert_eq!(api.names(&objects::pods(&namespace)), stay, "seed {seed}");
}

fn pod_without(name: &str, node: &str) -> Value {
    pod(name, node, &json!([]))
}

#[test]
fn a_taint_deletes_those_who_were_named_seed_1() {
    a_taint_deletes_those_who_were_named(1);
}

#[test]
fn a_taint_deletes_those_who_were_named_seed_2() {
    a_taint_deletes_those_who_were_named(2);
}

#[test]
fn a_taint_deletes_those_who_were_named_seed_3() {
    a_taint_deletes_those_who_were_named(3);
}

/// What is forecast of a node in the moment in which it falls silent: when it becomes Unknown, and when each of its pods
/// is deleted; `None` for those that stay.
fn forecast_of_a_silence(
    api: &Api,
    node: &str,
    pods: &[Pod],
) -> (Timestamp, BTreeMap<String, Option<Timestamp>>) {
    let mut shared = Shared::default();
    let read = |path: &str| api.get(path);
    let seen = shared.node(serde_json::from_value(read(&objects::node_path(node))).expect("a node"));
    let lease = read(&format!("{}/{node}", objects::LEASES));
    let lease = shared.lease(serde_json::from_value(lease).expect("a lease"));
    let mut cluster = Cluster::default();
    for (flag, value) in [(Flag::MonitorGracePeriod, GRACE), (Flag::MonitorPeriod, PERIOD)] {
        cluster.apply(Change::Server(ServerNews::Assume(flag, value.as_secs_f64())));
    }
    let assumptions = Assumptions::of(&cluster);
    let clock = Clock::of(Signs { lease: lease.renewed, ..Signs::of(&seen) }, &assumptions).expect("a lease");
    let coming = Taint {
        key: "node.kubernetes.io/unreachable".into(),
        value: "".into(),
        effect: "NoExecute".into(),
        added: Some(clock.expires()),
        since: None,
    };
    let mut eviction = Eviction::new([&coming], terms(clock.expires()));
    let mut fates = BTreeMap::new();
    for pod in pods {
        let at = match eviction.fate(pod) {
            Fate::Now => Some(clock.expires()),
            Fate::At(at) => Some(at),
            _ => None,
        };
        fates.insert(pod.meta.key.name.to_string(), at);
    }
    (clock.expires(), fates)
}

/// Nothing that was forecast happens more than six seconds before or after.
fn near(what: &str, happened: Timestamp, forecast: Timestamp) {
    let late = happened.duration_since(forecast).as_secs();
    assert!(late.abs() <= 6, "{what} {late} s after the forecast");
}

#[test]
fn the_pods_of_a_silent_node_are_deleted_when_the_forecast_says() {
    let Some(cluster) = cluster() else { return };
    let api = &cluster.admin;
    let heart = Heart::of_new_node(api, "evict-silent", 70);
    let namespace = fixtures::namespace(api, "evict-silent");
    let limits = [("zero", Some(0)), ("five", Some(5)), ("twenty", Some(20)), ("forever", None)];
    for (name, seconds) in limits {
        let mut toleration = json!({ "operator": "Exists", "effect": "NoExecute" });
        if let Some(seconds) = seconds {
            toleration["tolerationSeconds"] = seconds.into();
        }
        let mut pod = pod(name, "evict-silent", &json!([toleration]));
        pod["spec"]["terminationGracePeriodSeconds"] = ENDING.into();
        api.create(&objects::pods(&namespace), &pod);
        let running = objects::pod_status("2026-01-01T00:00:00Z");
        api.merge(&format!("{}/{name}/status", objects::pods(&namespace)), &running);
    }
    heart.stop();
    let path = objects::node_path("evict-silent");
    let (unknown, early) = forecast_of_a_silence(api, "evict-silent", &read_pods(api, &namespace));
    let tainted = api.wait_for(&path, "be tainted NoExecute", GRACE + SOON, |node| {
        fixtures::taints(node).contains(&"node.kubernetes.io/unreachable:NoExecute".to_owned())
    });
    let became = fixtures::transition(&tainted, "Ready").expect("the controller says when");
    near("the node became Unknown", became, unknown);
    let node: Node = Shared::default().node(serde_json::from_value(tainted).expect("a node"));
    let added = node.taints.iter().find_map(|it| it.added.filter(|_| &*it.effect == "NoExecute"));
    let added = added.expect("the controller says when it added the taint");
    let mut pods = read_pods(api, &namespace);
    // Some may be deleted by now; the forecast is that of the moment before.
    for pod in &mut pods {
        pod.meta.deleted = None;
    }
    let mut eviction = Eviction::new(&node.taints, terms(added));
    for pod in &pods {
        let forecast = match eviction.fate(pod) {
            Fate::Now => added,
            Fate::At(at) => at,
            other => {
                assert_eq!((&*pod.meta.key.name, other), ("forever", Fate::Never));
                continue;
            }
        };
        let path = format!("{}/{}", objects::pods(&namespace), pod.meta.key.name);
        let deleted = api
            .wait_for(&path, "be deleted", 2 * SOON, |pod| pod["metadata"]["deletionTimestamp"].is_string());
        let until = deleted["metadata"]["deletionTimestamp"].as_str().expect("a time");
        let until: Timestamp = until.parse().expect("a time");
        let at = until - SignedDuration::from_secs(ENDING);
        near(&format!("{} was deleted", pod.meta.key.name), at, forecast);
        near(
            &format!("{} was deleted", pod.meta.key.name),
            at,
            early[&*pod.meta.key.name].expect("a forecast"),
        );
    }
    assert_eq!(early["forever"], None);
    let kept = api.get(&format!("{}/forever", objects::pods(&namespace)));
    assert!(kept["metadata"]["deletionTimestamp"].is_null(), "{kept}");
}
