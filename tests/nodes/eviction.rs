//! Table I: what NoExecute taints do to pods, and when.

use foretop::analysis::eviction::{Ending, Eviction, Fate, Terms};
use foretop::analysis::tolerations::{NOT_READY, UNREACHABLE};
use foretop::model::change::{Change, Object};
use foretop::model::cluster::Cluster;
use foretop::model::node::Taint;
use foretop::model::pod::Pod;
use foretop::model::second::Second;

use super::support::{added, at, pod, taint, terms, tolerating};

/// The instant at which the controller sees the taints.
const T0: &str = "10:00:00";

fn fate_of(taints: &[Taint], pod: &Pod, terms: Terms) -> Fate {
    Eviction::new(taints, terms).fate(pod)
}

/// What becomes of a pod with these tolerations when it and the taints are seen at [`T0`].
fn fate(taints: &[&str], tolerations: &[&str]) -> Fate {
    let taints: Vec<Taint> = taints.iter().map(|key| added(key, T0)).collect();
    fate_of(&taints, &pod(tolerating(tolerations)), terms(T0))
}

#[test]
fn i1_a_pod_without_tolerations_goes_at_once() {
    assert_eq!(fate(&["k1"], &[]), Fate::Now);
}

#[test]
fn i2_a_limited_toleration_delays() {
    assert_eq!(fate(&["k1"], &["k1 100"]), Fate::At(at("10:01:40")));
}

#[test]
fn i3_an_unlimited_toleration_keeps() {
    assert_eq!(fate(&["k1"], &["k1"]), Fate::Never);
}

#[test]
fn i4_tolerating_another_taint_helps_nothing() {
    assert_eq!(fate(&["k1"], &["k2"]), Fate::Now);
}

#[test]
fn i5_one_taint_that_is_not_tolerated_is_enough() {
    assert_eq!(fate(&["k1", "k2"], &["k1 100"]), Fate::Now);
}

#[test]
fn i6_the_shortest_of_two_counts() {
    assert_eq!(fate(&["k1", "k2"], &["k1 1", "k2 100"]), Fate::At(at("10:00:01")));
}

#[test]
fn i7_the_deletion_is_cancelled_when_the_limited_taint_goes() {
    assert_eq!(fate(&["k1", "k2"], &["k1", "k2 60"]), Fate::At(at("10:01:00")));
    assert_eq!(fate(&["k1"], &["k1", "k2 60"]), Fate::Never);
}

#[test]
fn i8_the_deletion_is_cancelled_when_the_last_taint_goes() {
    assert_eq!(fate(&["k1"], &["k1 1"]), Fate::At(at("10:00:01")));
    assert_eq!(fate(&[], &["k1 1"]), Fate::Never);
}

#[test]
fn i10_a_toleration_that_is_taken_away_deletes_at_once() {
    let taints = [added("k1", T0)];
    assert_eq!(fate_of(&taints, &pod(tolerating(&["k1 100"])), terms("10:00:30")), Fate::At(at("10:01:40")));
    assert_eq!(fate_of(&taints, &pod(Vec::new()), terms("10:00:30")), Fate::Now);
}

#[test]
fn i12_no_seconds_and_fewer_are_none() {
    assert_eq!(fate(&["k1"], &["k1 0"]), Fate::Now);
    assert_eq!(fate(&["k1"], &["k1 -5"]), Fate::Now);
}

#[test]
fn i13_the_default_is_five_minutes() {
    let limit = format!("{NOT_READY} 300");
    assert_eq!(fate(&[NOT_READY], &[&limit]), Fate::At(at("10:05:00")));
}

#[test]
fn i15_a_controller_that_restarted_waits_anew() {
    let terms = Terms { restarted: Some(at("10:03:00")), ..terms("10:04:00") };
    let pod = pod(tolerating(&[&format!("{NOT_READY} 300")]));
    assert_eq!(fate_of(&[added(NOT_READY, T0)], &pod, terms), Fate::At(at("10:08:00")));
}

#[test]
fn i17_the_first_toleration_that_answers_counts() {
    let limit = format!("{NOT_READY} 300");
    assert_eq!(fate(&[NOT_READY], &["*", &limit]), Fate::Never);
    assert_eq!(fate(&[NOT_READY], &[&limit, "*"]), Fate::At(at("10:05:00")), "and the order decides");
}

#[test]
fn i18_a_taint_that_only_keeps_pods_away_evicts_none() {
    let taints = [taint(&format!("{UNREACHABLE}:NoSchedule"))];
    assert_eq!(fate_of(&taints, &pod(Vec::new()), terms(T0)), Fate::Never);
    assert!(!Eviction::new(&taints, terms(T0)).threatens());
}

#[test]
fn i19_a_pod_that_came_later_waits_from_then() {
    let mut late = pod(tolerating(&["k1 60"]));
    late.bound = Second::of(at("10:04:00"));
    assert_eq!(fate_of(&[added("k1", T0)], &late, terms("10:04:10")), Fate::At(at("10:05:00")));
}

#[test]
fn i20_three_pods_three_fates() {
    let taints = [added("k1", T0)];
    let pods = [pod(Vec::new()), pod(tolerating(&["k1 1"])), pod(tolerating(&["k1"]))];
    let mut eviction = Eviction::new(&taints, terms(T0));
    let fates: Vec<Fate> = pods.iter().map(|pod| eviction.fate(pod)).collect();
    assert_eq!(fates, [Fate::Now, Fate::At(at("10:00:01")), Fate::Never]);
    let toll = eviction.toll(pods.iter());
    assert_eq!((toll.now, toll.later, toll.never, toll.leave()), (1, 1, 1, 2));
    assert_eq!((toll.next, toll.last), (Some(at("10:00:01")), Some(at("10:00:01"))));
}

/// A node that got a second taint a minute after the first.
fn one_after_the_other() -> ([Taint; 2], Pod) {
    ([added("k1", "10:00:00"), added("k2", "10:01:00")], pod(tolerating(&["k1 300", "k2 60"])))
}

#[test]
fn a_wait_that_runs_is_not_shortened_by_a_later_taint() {
    let (taints, pod) = one_after_the_other();
    assert_eq!(fate_of(&taints, &pod, terms("10:01:30")), Fate::At(at("10:05:00")));
}

#[test]
fn i22_after_a_restart_both_taints_are_seen_at_once() {
    let (taints, pod) = one_after_the_other();
    let terms = Terms { restarted: Some(at("10:02:00")), ..terms("10:02:30") };
    assert_eq!(fate_of(&taints, &pod, terms), Fate::At(at("10:03:00")));
}

/// The fate of a pod on a node that bears these taints one after the other, as somebody sees who watches.
fn watched(states: &[Vec<Taint>], tolerations: &[&str], clock: &str) -> Fate {
    let mut cluster = Cluster::default();
    for taints in states {
        let mut node = super::support::node("worker");
        node.taints.clone_from(taints);
        cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
    }
    fate_of(&cluster.node("worker").unwrap().taints, &pod(tolerating(tolerations)), terms(clock))
}

#[test]
fn a_wait_runs_on_when_unreachable_takes_the_place_of_not_ready() {
    let (before, after) = (added(NOT_READY, "10:00:00"), added(UNREACHABLE, "10:02:00"));
    let limits = [format!("{NOT_READY} 300"), format!("{UNREACHABLE} 300")];
    let limits: Vec<&str> = limits.iter().map(String::as_str).collect();
    let due = Fate::At(at("10:05:00"));
    let swapped = [vec![before.clone()], vec![after.clone()]];
    assert_eq!(watched(&swapped, &limits, "10:03:00"), due);
    let in_two_steps = [vec![before.clone()], vec![before, after.clone()], vec![after.clone()]];
    assert_eq!(watched(&in_two_steps, &limits, "10:03:00"), due);
    let limited_late = [NOT_READY, limits[1]];
    assert_eq!(watched(&swapped, &limited_late, "10:03:00"), Fate::At(at("10:07:00")), "no wait ran before");
    assert_eq!(watched(&[Vec::new(), vec![after]], &limits, "10:03:00"), Fate::At(at("10:07:00")));
}

#[test]
fn a_taint_without_a_time_counts_from_when_it_was_first_seen() {
    let seen = |clock: &str| Taint { since: Some(at(clock)), ..taint("k1") };
    let states = [vec![seen("10:00:00")], vec![seen("10:00:40")]];
    assert_eq!(watched(&states, &["k1 60"], "10:00:50"), Fate::At(at("10:01:00")));
}

#[test]
fn deleted_pods_hang_only_where_no_kubelet_can_confirm() {
    let mut gone = pod(tolerating(&["k1"]));
    gone.meta.deleted = Second::of(at(T0));
    let with = |ending| fate_of(&[added("k1", T0)], &gone, Terms { ending, ..terms(T0) });
    assert_eq!(with(Ending::Hanging), Fate::Stuck);
    assert_eq!(with(Ending::Confirmed), Fate::Leaving);
    assert_eq!(with(Ending::Collected), Fate::Leaving);
}

#[test]
fn the_worst_comes_first_and_names_what_decides() {
    let taints = [added("k1", T0)];
    let mut pods = [pod(tolerating(&["k1"])), pod(tolerating(&["k1 9"])), pod(Vec::new())];
    pods[0].meta.key.name = "a".into();
    let mut eviction = Eviction::new(&taints, terms(T0));
    let prospects = eviction.prospects(pods.iter());
    let fates: Vec<Fate> = prospects.iter().map(|it| it.fate).collect();
    assert_eq!(fates, [Fate::Now, Fate::At(at("10:00:09")), Fate::Never]);
    assert_eq!((prospects[0].taint, prospects[0].toleration), (Some(&taints[0]), None));
    assert_eq!(prospects[1].toleration.unwrap().seconds, Some(9));
    assert!(prospects[2].taint.is_none());
}
