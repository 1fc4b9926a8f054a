//! A workload that does not follow, and what holds it.

use std::sync::Arc;

use foretop::model::change::{Change, Object};
use foretop::model::finding::Severity;
use foretop::model::kind::Kind;
use foretop::model::meta::{ConditionStatus, Owner};
use foretop::model::pod::Phase;
use foretop::model::second::Second;
use foretop::model::workload::Workload;

use super::shop::{Shop, condition, key};
use crate::fixture::at;

/// The Deployment should have three pods and has two that are ready.
fn short() -> Shop {
    let mut shop = Shop::well();
    shop.deployment(|it| (it.desired, it.created) = (3, 3));
    shop
}

/// What A108 says of one pod that waits with this word for so long.
fn told(word: &str, age: i64) -> (Severity, String) {
    let mut shop = short();
    shop.waiting("web-2", word, age);
    assert_eq!(shop.codes(), ["A108"], "{word}");
    let found = shop.only("A108");
    (found.severity, found.summary)
}

#[test]
fn pods_that_do_not_become_ready_say_why() {
    for (word, why) in [
        ("ImagePullBackOff", "cannot have an image (ImagePullBackOff)"),
        ("Init:ErrImagePull", "cannot have an image (Init:ErrImagePull)"),
        ("CrashLoopBackOff", "crashes (CrashLoopBackOff)"),
        ("Init:ExitCode:3", "crashes (Init:ExitCode:3)"),
        ("CreateContainerConfigError", "cannot be made"),
        ("SchedulingGated", "scheduling gates"),
    ] {
        let (severity, summary) = told(word, 5);
        assert!(severity == Severity::Warning && summary.contains(why), "{word}: {severity:?} {summary}");
    }
}

#[test]
fn young_pods_are_for_information_and_old_ones_a_warning() {
    for word in ["ContainerCreating", "Init:0/1", "Running"] {
        assert_eq!(told(word, 300).0, Severity::Info, "{word}");
        assert_eq!(told(word, 301).0, Severity::Warning, "{word}");
    }
}

#[test]
fn all_that_are_ready_and_all_that_is_asked_for_is_no_finding() {
    let mut shop = Shop::well();
    shop.deployment(|it| (it.desired, it.ready) = (2, 3));
    assert_eq!(shop.codes(), Vec::<&str>::new());
    shop.deployment(|it| (it.desired, it.ready) = (0, 0));
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

/// A pod for which no node has been found.
fn unscheduled(age: i64) -> Shop {
    let mut shop = short();
    shop.pod("web-2", |it| {
        (it.ready, it.node, it.phase, it.status) = (false, None, Phase::Pending, "Pending".into());
        it.meta.created = Second::of(at(age));
    });
    shop
}

#[test]
fn a_pod_without_a_node_says_what_the_nodes_lack() {
    let mut shop = unscheduled(31);
    let found = shop.only("A108");
    assert_eq!(found.severity, Severity::Warning);
    assert!(found.summary.contains("1 pod waits for a node: by requests and taints"), "{}", found.summary);
    shop.node(|it| it.allocatable.cpu = 600);
    let summary = shop.only("A108").summary;
    assert!(summary.contains("the only node lacks cpu"), "{summary}");
    shop.node(|it| it.unschedulable = true);
    let summary = shop.only("A108").summary;
    assert!(summary.contains("the only node is shut by taints"), "{summary}");
    assert_eq!(unscheduled(30).only("A108").severity, Severity::Info, "the scheduler may still find one");
}

#[test]
fn a_quota_that_refuses_pods_is_told_in_the_servers_words() {
    let mut shop = Shop::well();
    let refused =
        "pods \"web-x\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2";
    shop.deployment(|it| {
        it.desired = 3;
        it.held = Some(Box::new(condition("ReplicaFailure", ConditionStatus::True, "FailedCreate", refused)));
    });
    let found = shop.only("A108");
    assert!(found.severity == Severity::Warning && found.summary.contains("exceeded quota"), "{found:#?}");
    assert!(found.remedy.contains("quota"), "{found:#?}");
}

#[test]
fn a_rollout_past_its_deadline_is_told_also_when_old_pods_are_ready() {
    let mut shop = Shop::well();
    shop.deployment(|it| {
        (it.created, it.updated) = (3, 1);
        it.held = Some(Box::new(condition(
            "Progressing",
            ConditionStatus::False,
            "ProgressDeadlineExceeded",
            "ReplicaSet has timed out progressing",
        )));
    });
    shop.waiting("web-2", "ImagePullBackOff", 700);
    let found = shop.only("A108");
    assert!(found.summary.contains("rollout past its deadline, 1 pod cannot have an image"), "{found:#?}");
}

#[test]
fn what_explains_most_is_told_first() {
    let mut shop = short();
    shop.deployment(|it| it.desired = 5);
    shop.waiting("web-2", "ContainerCreating", 5);
    shop.waiting("web-3", "CrashLoopBackOff", 5);
    let found = shop.only("A108");
    assert!(found.summary.contains("2 of 5 replicas of its target are ready: 1 pod crashes"), "{found:#?}");
    assert_eq!(found.evidence.len(), 3, "{found:#?}");
}

#[test]
fn pods_that_are_not_there_yet() {
    let mut shop = Shop::well();
    shop.deployment(|it| it.desired = 4);
    assert!(shop.only("A108").summary.contains("2 pods are not created yet"));
    shop.deployment(|it| it.outdated = true);
    assert!(shop.only("A108").summary.contains("has not seen the new size"));
}

#[test]
fn pods_that_are_not_created_for_long_are_not_young() {
    let late = |seconds: i64| {
        let mut shop = Shop::well();
        shop.deployment(|it| it.desired = 4);
        shop.autoscaler(|it| it.last_scale = Some(at(seconds)));
        shop
    };
    assert_eq!(late(300).only("A108").severity, Severity::Info);
    let mut shop = late(301);
    let found = shop.only("A108");
    assert!(found.severity == Severity::Warning && found.remedy.contains("events"), "{found:#?}");
    // A pod that was there a moment ago is made anew.
    shop.deployment(|it| it.ready = 4);
    shop.autoscaler(|it| it.current = 4);
    shop.noted(20);
    shop.deployment(|it| it.ready = 2);
    assert_eq!(shop.only("A108").severity, Severity::Info);
}

#[test]
fn what_waiting_does_not_mend_is_told_before_what_is_only_young() {
    let mut shop = unscheduled(3);
    shop.deployment(|it| (it.desired, it.created) = (12, 12));
    for nth in 3..12 {
        shop.pod(&format!("web-{nth}"), |it| {
            (it.node, it.phase) = (Some("fine".into()), Phase::Running);
            (it.ready, it.status) = (false, "CrashLoopBackOff".into());
        });
    }
    let found = shop.only("A108");
    assert!(found.summary.contains("9 pods crash") && found.remedy.contains("log"), "{found:#?}");
    assert!(found.forecast.unwrap().contains("do not help"));
}

#[test]
fn one_old_pod_of_many_does_not_speak_against_more_replicas() {
    let mut shop = Shop::well();
    shop.waiting("web-2", "Running", 4000);
    let mut forecast = |desired: i32, ready: i32| {
        shop.deployment(|it| (it.desired, it.created, it.ready) = (desired, desired, ready));
        let found = shop.only("A108");
        assert_eq!(found.severity, Severity::Warning, "it is worth a look all the same");
        found.forecast.unwrap()
    };
    assert!(forecast(100, 99).contains("the others carry their load"));
    assert!(forecast(2, 1).contains("more replicas do not help"));
}

/// The autoscaler scales a set of this kind, which should have three pods and has two that are ready.
fn set(kind: Kind) -> Shop {
    let mut shop = Shop::well();
    let mut set = shop.cluster.workload(Kind::Deployment, &key("web")).unwrap().clone();
    set.kind = kind;
    (set.desired, set.created) = (3, 3);
    set.meta.key = key("store");
    shop.put(Object::Workload(Box::new(set)));
    for name in ["web-0", "web-1", "web-2"] {
        shop.pod(name, |it| {
            let owner = Owner { kind: kind.name().into(), name: "store".into() };
            it.meta.controller = Some(Arc::new(owner));
        });
    }
    shop.autoscaler(|it| (it.target.kind, it.target.name) = (kind.name().into(), "store".into()));
    shop
}

fn change(shop: &mut Shop, kind: Kind, change: impl FnOnce(&mut Workload)) {
    let mut it = shop.cluster.workload(kind, &key("store")).unwrap().clone();
    change(&mut it);
    shop.put(Object::Workload(Box::new(it)));
}

#[test]
fn pods_of_every_kind_of_set_say_what_they_wait_for() {
    for kind in [Kind::StatefulSet, Kind::ReplicaSet] {
        let mut shop = set(kind);
        shop.waiting("web-2", "ImagePullBackOff", 5);
        let found = shop.only("A108");
        assert!(found.summary.contains("2 of 3 replicas") && found.summary.contains("cannot have an image"));
        shop.pod("web-2", |it| {
            (it.ready, it.node, it.phase, it.status) = (false, None, Phase::Pending, "Pending".into());
            it.meta.created = Second::of(at(31));
        });
        shop.node(|it| it.allocatable.cpu = 600);
        let summary = shop.only("A108").summary;
        assert!(summary.contains("1 pod waits for a node: the only node lacks cpu"), "{kind:?}: {summary}");
    }
}

#[test]
fn a_replica_set_whose_pods_a_quota_refuses_says_so() {
    let mut shop = set(Kind::ReplicaSet);
    shop.apply(Change::Gone(Kind::Pod, key("web-2")));
    let refused = "pods \"store-x\" is forbidden: exceeded quota: few";
    change(&mut shop, Kind::ReplicaSet, |it| {
        it.created = 2;
        let held = condition("ReplicaFailure", ConditionStatus::True, "FailedCreate", refused);
        it.held = Some(Box::new(held));
    });
    let found = shop.only("A108");
    assert!(found.severity == Severity::Warning && found.summary.contains("exceeded quota"), "{found:#?}");
    assert!(found.remedy.contains("quota") && found.forecast.unwrap().contains("do not help"));
}

/// Its controller says it in events, which are not watched for every workload.
#[test]
fn a_stateful_set_whose_pods_do_not_come_points_to_its_events() {
    let mut shop = set(Kind::StatefulSet);
    shop.apply(Change::Gone(Kind::Pod, key("web-2")));
    change(&mut shop, Kind::StatefulSet, |it| {
        it.created = 2;
        it.meta.created = Second::of(at(4000));
    });
    shop.autoscaler(|it| it.last_scale = Some(at(301)));
    let found = shop.only("A108");
    assert!(found.summary.ends_with("1 pod is not created yet, for more than five minutes"), "{found:#?}");
    assert!(found.severity == Severity::Warning && found.remedy.contains("quota"), "{found:#?}");
}
