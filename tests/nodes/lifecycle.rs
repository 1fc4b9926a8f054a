//! Table L: which taints a node's conditions call for, and when silence becomes Unknown.

use foretop::analysis::assumptions::Assumptions;
use foretop::analysis::heartbeat::Heartbeat;
use foretop::analysis::lifecycle::{Clock, Disagreement, EvictionTaint, Signs, called_for};
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::key::{Key, Uid};
use foretop::model::kind::Kind;
use foretop::model::meta::{ConditionStatus, Meta};
use foretop::model::node::{Node, NodeLease};
use foretop::model::server::ServerNews;
use jiff::Timestamp;

use super::support::{added, at, condition, node, taint};

const NOW: &str = "12:00:00";

fn with(conditions: &[(&str, ConditionStatus)]) -> Node {
    let mut node = node("n");
    node.conditions = conditions.iter().map(|(kind, status)| condition(kind, *status)).collect();
    node
}

fn keys(node: &Node) -> Vec<&'static str> {
    called_for(node).iter().map(|key| key.trim_start_matches("node.kubernetes.io/")).collect()
}

#[test]
fn l1_a_ready_node_without_network_gets_that_taint_alone() {
    let node = with(&[("NetworkUnavailable", ConditionStatus::True), ("Ready", ConditionStatus::True)]);
    assert_eq!(keys(&node), ["network-unavailable"]);
}

#[test]
fn l2_not_ready() {
    let node = with(&[("Ready", ConditionStatus::False)]);
    assert_eq!(keys(&node), ["not-ready"]);
    assert_eq!(Disagreement::of(&node).eviction, EvictionTaint::Queued, "NoExecute waits in a queue");
}

#[test]
fn l3_unknown() {
    assert_eq!(keys(&with(&[("Ready", ConditionStatus::Unknown)])), ["unreachable"]);
}

#[test]
fn l4_a_cordon_and_a_pressure() {
    let mut node = with(&[("Ready", ConditionStatus::True), ("DiskPressure", ConditionStatus::True)]);
    node.unschedulable = true;
    assert_eq!(keys(&node), ["disk-pressure", "unschedulable"]);
    let all: Vec<_> = Disagreement::of(&node).adds.iter().collect();
    assert_eq!(all, ["node.kubernetes.io/disk-pressure", "node.kubernetes.io/unschedulable"]);
}

#[test]
fn l5_a_taint_without_its_condition_is_taken_away_and_others_are_left() {
    let mut node = with(&[("Ready", ConditionStatus::True), ("DiskPressure", ConditionStatus::False)]);
    node.taints = vec![
        taint("node.kubernetes.io/disk-pressure:NoSchedule"),
        taint("node.kubernetes.io/disk-pressure:PreferNoSchedule"),
        taint("gpu=yes:NoSchedule"),
    ];
    let disagreement = Disagreement::of(&node);
    assert_eq!(disagreement.removes.iter().collect::<Vec<_>>(), ["node.kubernetes.io/disk-pressure"]);
    assert!(disagreement.adds.is_empty() && !disagreement.is_none());
}

#[test]
fn the_eviction_taint_is_borne_swapped_queued_or_surplus() {
    let (not_ready, unreachable) = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
    let of = |status, keys: &[&str]| {
        let mut node = with(&[("Ready", status)]);
        node.taints = keys.iter().map(|key| added(key, "11:00:00")).collect();
        Disagreement::of(&node).eviction
    };
    assert_eq!(of(ConditionStatus::True, &[]), EvictionTaint::None);
    assert_eq!(of(ConditionStatus::True, &[unreachable]), EvictionTaint::Surplus);
    assert_eq!(of(ConditionStatus::False, &[]), EvictionTaint::Queued);
    assert_eq!(of(ConditionStatus::False, &[not_ready]), EvictionTaint::Borne);
    assert_eq!(of(ConditionStatus::Unknown, &[not_ready]), EvictionTaint::Swapped);
    let both = [not_ready, "node.kubernetes.io/unreachable"];
    assert_eq!(of(ConditionStatus::Unknown, &both), EvictionTaint::Swapped);
    assert_eq!(of(ConditionStatus::False, &both), EvictionTaint::Swapped);
    assert_eq!(of(ConditionStatus::Unknown, &["other"]), EvictionTaint::Queued);
}

fn clock(signs: Signs) -> Clock {
    Clock::of(signs, &Assumptions::of(&Cluster::default())).unwrap()
}

fn ago(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(at(NOW).as_second() - seconds).ok()
}

#[test]
fn l7_a_new_node_has_a_minute_to_report() {
    let young = clock(Signs { created: ago(55), ..Signs::default() });
    assert!(!young.expired(at(NOW)));
}

#[test]
fn l8_an_old_node_that_never_reported_becomes_unknown() {
    let old = clock(Signs { created: ago(3600), ..Signs::default() });
    assert!(old.expired(at(NOW)));
    assert_eq!(old.reason, "NodeStatusNeverUpdated");
    let renewing = clock(Signs { created: ago(3600), lease: ago(5), ..Signs::default() });
    assert!(!renewing.expired(at(NOW)), "one that renews its lease but never posts is left alone");
}

#[test]
fn l9_an_old_status_is_fine_while_the_lease_is_renewed() {
    let signs = Signs { created: ago(9999), lease: ago(5), status: ago(290), posted: true };
    assert!(!clock(signs).expired(at(NOW)));
}

#[test]
fn l11_both_old_is_unknown() {
    let signs = Signs { created: ago(9999), lease: ago(51), status: ago(290), posted: true };
    assert!(clock(signs).expired(at(NOW)));
    assert_eq!(clock(signs).reason, "NodeStatusUnknown");
}

/// A node and its lease, renewed so many seconds ago, on a server of that version.
fn cluster(version: &str, seconds: i64) -> Cluster {
    let mut cluster = Cluster::default();
    let node = with(&[("Ready", ConditionStatus::True)]);
    cluster.apply_all([
        Change::Server(ServerNews::Version(version.to_owned())),
        Change::Freshness(Kind::NodeLease, Freshness::Live { since: at("11:00:00") }),
        Change::Upsert(Object::Node(Box::new(node))),
        Change::Upsert(Object::NodeLease(Box::new(lease(ago(seconds), None)))),
    ]);
    cluster
}

fn lease(renewed: Option<Timestamp>, heard: Option<Timestamp>) -> NodeLease {
    let key = Key::new("kube-node-lease", "n");
    let meta = Meta { key, uid: Uid::from(3), created: None, deleted: None, controller: None };
    NodeLease { meta, renewed, duration_seconds: 40, heard, lags: [None; 2] }
}

fn heartbeat(cluster: &Cluster) -> Heartbeat {
    Heartbeat::of(cluster, "n", at(NOW))
}

#[test]
fn l12_before_1_32_a_lease_of_45_seconds_is_too_old() {
    assert_eq!(heartbeat(&cluster("v1.31.4", 45)), Heartbeat::Silent(ago(45).unwrap()));
}

#[test]
fn l13_since_1_32_a_lease_of_45_seconds_has_five_left() {
    assert_eq!(heartbeat(&cluster("v1.34.1", 45)), Heartbeat::Late(ago(45).unwrap(), 5));
}

#[test]
fn a_controller_that_restarted_gives_everybody_a_fresh_grace_period() {
    let mut cluster = cluster("v1.34.1", 70);
    assert!(matches!(heartbeat(&cluster), Heartbeat::Silent(_)));
    cluster.apply(Change::Server(ServerNews::Leader(ago(20))));
    assert_eq!(heartbeat(&cluster), Heartbeat::Late(ago(70).unwrap(), 30));
}

#[test]
fn a_node_whose_clock_is_wrong_is_judged_by_when_its_renewals_are_heard() {
    let mut cluster = cluster("v1.34.1", 100);
    assert!(matches!(heartbeat(&cluster), Heartbeat::Silent(_)), "one look cannot tell");
    for heard in [24, 14, 4] {
        // Its clock is 70 seconds behind.
        let renewal = lease(ago(heard + 70), ago(heard));
        cluster.apply(Change::Upsert(Object::NodeLease(Box::new(renewal))));
    }
    assert_eq!(heartbeat(&cluster), Heartbeat::Fresh(ago(74).unwrap()));
    let later = |seconds: i64| Heartbeat::of(&cluster, "n", ago(-seconds).unwrap());
    assert!(matches!(later(40), Heartbeat::Late(_, 6)), "{:?}", later(40));
    assert!(matches!(later(50), Heartbeat::Silent(_)));
}
