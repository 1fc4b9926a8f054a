//! Table K: how a zone is, and how fast its nodes get their NoExecute taints.

use foretop::analysis::assumptions::Assumptions;
use foretop::analysis::zones::{self, State, Zone, rate};
use foretop::client::convert::Shared;
use foretop::model::change::{Change, Object};
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::meta::ConditionStatus;
use serde_json::json;

use super::support::{added, condition, node};

fn assumptions() -> Assumptions {
    Assumptions::of(&Cluster::default())
}

/// State and rate of a zone beside another one that is well.
fn zone(ready: u32, not_ready: u32) -> (State, f64) {
    let state = State::of(ready, not_ready, &assumptions());
    (state, rate(state, ready + not_ready, false, &assumptions()))
}

/// A cluster of nodes by zone: how many are Ready, how many are not.
fn cluster(zones: &[(&str, u32, u32)]) -> Cluster {
    let mut cluster = Cluster::default();
    for (zone, ready, not_ready) in zones {
        for number in 0..ready + not_ready {
            let mut node = node(&format!("{zone}-{number}"));
            node.zone = Some((*zone).into());
            let status = if number < *ready { ConditionStatus::True } else { ConditionStatus::Unknown };
            node.conditions.push(condition("Ready", status));
            cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
        }
    }
    cluster
}

fn judged(cluster: &Cluster, name: &str) -> Zone {
    Zone::of(cluster, cluster.node(name).unwrap(), &Assumptions::of(cluster))
}

#[test]
fn k1_one_ready_node_is_normal() {
    assert_eq!(zone(1, 0), (State::Normal, 0.1));
}

#[test]
fn k2_the_only_node_down_is_a_full_disruption() {
    assert_eq!(zone(0, 1), (State::FullDisruption, 0.1));
    let alone = judged(&cluster(&[("a", 0, 1)]), "a-0");
    assert_eq!((alone.state, alone.rate, alone.all_down), (State::FullDisruption, 0.0, true));
}

#[test]
fn k3_two_of_five_down_are_normal() {
    assert_eq!(zone(3, 2), (State::Normal, 0.1));
}

#[test]
fn k4_three_of_five_down_stop_eviction_in_a_small_zone() {
    assert_eq!(zone(2, 3), (State::PartialDisruption, 0.0));
    let five = judged(&cluster(&[("a", 2, 3)]), "a-4");
    assert_eq!((five.state, five.size(), five.longest_wait()), (State::PartialDisruption, 5, None));
}

#[test]
fn k6_three_of_four_down_are_a_partial_disruption() {
    assert_eq!(zone(1, 3), (State::PartialDisruption, 0.0));
    assert_eq!(zone(0, 2).0, State::FullDisruption);
    assert_eq!(zone(1, 2).0, State::Normal, "two nodes are never a partial disruption");
}

#[test]
fn k8_a_large_zone_is_evicted_slowly() {
    assert_eq!(zone(45, 55), (State::PartialDisruption, 0.01));
    assert_eq!(zone(22, 28), (State::PartialDisruption, 0.0), "fifty are not large");
    assert_eq!(judged(&cluster(&[("a", 45, 55)]), "a-99").longest_wait(), Some(5500));
}

#[test]
fn k9_just_below_the_threshold_is_normal() {
    assert_eq!(zone(46, 54), (State::Normal, 0.1));
}

#[test]
fn k10_three_of_eight_down_are_normal() {
    assert_eq!(zone(5, 3), (State::Normal, 0.1));
}

#[test]
fn k11_one_zone_down_is_evicted_while_another_is_well() {
    let cluster = cluster(&[("one", 0, 1), ("two", 1, 0)]);
    let (one, two) = (judged(&cluster, "one-0"), judged(&cluster, "two-0"));
    assert_eq!((one.state, one.rate, one.all_down), (State::FullDisruption, 0.1, false));
    assert_eq!((two.state, one.longest_wait()), (State::Normal, Some(10)));
}

#[test]
fn k12_with_all_zones_down_nothing_is_evicted() {
    let mut cluster = cluster(&[("one", 0, 1), ("two", 0, 1)]);
    for (_, zone) in zones::all(&cluster, &assumptions()) {
        assert_eq!((zone.state, zone.rate, zone.all_down), (State::FullDisruption, 0.0, true));
    }
    let mut back = cluster.node("two-0").unwrap().clone();
    back.conditions = vec![condition("Ready", ConditionStatus::True)];
    cluster.apply(Change::Upsert(Object::Node(Box::new(back))));
    assert_eq!(judged(&cluster, "one-0").longest_wait(), Some(10), "it goes on when one node is back");
}

#[test]
fn k14_a_node_without_a_ready_condition_is_not_ready() {
    let mut cluster = cluster(&[("a", 1, 0)]);
    let mut bare = cluster.node("a-0").unwrap().clone();
    bare.conditions.clear();
    cluster.apply(Change::Upsert(Object::Node(Box::new(bare))));
    assert_eq!((judged(&cluster, "a-0").state, judged(&cluster, "a-0").rate), (State::FullDisruption, 0.0));
}

/// The zone key of a node with these labels, as it comes from the server.
fn key(labels: &serde_json::Value) -> String {
    let node = json!({ "metadata": { "name": "n", "labels": labels } });
    zones::key(&Shared::default().node(serde_json::from_value(node).unwrap()))
}

#[test]
fn k15_the_old_label_comes_first() {
    let both = json!({ "failure-domain.beta.kubernetes.io/zone": "a", "topology.kubernetes.io/zone": "b" });
    assert_eq!(key(&both), ":\0:a");
    let new = json!({ "topology.kubernetes.io/region": "r", "topology.kubernetes.io/zone": "b" });
    assert_eq!(key(&new), "r:\0:b");
    let empty = json!({ "failure-domain.beta.kubernetes.io/zone": "", "topology.kubernetes.io/zone": "b" });
    assert_eq!(key(&empty), "", "also when it is empty");
}

#[test]
fn k16_without_labels_the_key_is_empty() {
    assert_eq!(key(&json!({})), "");
}

#[test]
fn excluded_nodes_do_not_count_but_wait_with_the_others() {
    let mut cluster = cluster(&[("a", 2, 3)]);
    let mut excluded = cluster.node("a-4").unwrap().clone();
    excluded.excluded = true;
    cluster.apply(Change::Upsert(Object::Node(Box::new(excluded))));
    let zone = judged(&cluster, "a-4");
    assert_eq!((zone.state, zone.size(), zone.waiting), (State::Normal, 4, 3));
}

#[test]
fn the_sums_follow_every_node_that_comes_changes_and_goes() {
    let mut cluster = cluster(&[("a", 1, 2), ("b", 0, 1)]);
    let mut tainted = cluster.node("a-2").unwrap().clone();
    tainted.taints.push(added("node.kubernetes.io/unreachable", "10:00:00"));
    cluster.apply(Change::Upsert(Object::Node(Box::new(tainted))));
    let zone = judged(&cluster, "a-0");
    assert_eq!((zone.ready, zone.not_ready, zone.waiting), (1, 2, 1));
    cluster.apply(Change::Gone(Kind::Node, Key::new("", "b-0")));
    assert_eq!((cluster.zones().count(), cluster.zones_down()), (1, (1, 0)));
    let mut moved = cluster.node("a-0").unwrap().clone();
    moved.zone = Some("c".into());
    cluster.apply(Change::Upsert(Object::Node(Box::new(moved))));
    assert_eq!(cluster.zones_down(), (2, 1));
    cluster.apply(Change::Relisting(Kind::Node));
    cluster.apply(Change::Synced(Kind::Node));
    assert_eq!((cluster.zones().count(), cluster.zones_down()), (0, (0, 0)), "a list without nodes");
}
