//! Which autoscalers a change touches, which pods a selector finds, and what is kept beside autoscalers.

mod owners;
mod probed;

use std::sync::Arc;

use super::*;
use crate::model::autoscaler::ScaleTarget;
use crate::model::history::{Event, Point};
use crate::model::key::Uid;
use crate::model::meta::{Meta, Owner, Selector};
use crate::model::pod::{Phase, Template};
use crate::model::probe::{Probe, Scale, asks};
use crate::model::rival::{ScaledObject, VerticalAutoscaler};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn meta(name: &str, owner: Option<(&str, &str)>) -> Meta {
    let controller = owner.map(|(kind, name)| Arc::new(Owner { kind: kind.into(), name: name.into() }));
    Meta { key: Key::new("shop", name), uid: Uid::from(1), created: None, deleted: None, controller }
}

fn labels(text: &str) -> Vec<(Str, Str)> {
    Selector::parse(text).unwrap().labels
}

fn pod(name: &str, text: &str) -> Pod {
    Pod {
        meta: meta(name, None),
        template: Arc::new(Template { labels: labels(text).into(), ..Template::default() }),
        node: None,
        status: "Running".into(),
        ip: None,
        bound: None,
        started: None,
        ready_since: None,
        ready_unknown: false,
        restarts: 0,
        containers: (1, 1),
        phase: Phase::Running,
        ready: true,
        addresses: 0,
    }
}

fn deployment(name: &str, selector: &str, desired: i32) -> Change {
    let selector = Selector::parse(selector).unwrap();
    workload(Kind::Deployment, meta(name, None), selector, desired)
}

fn workload(kind: Kind, meta: Meta, selector: Selector, desired: i32) -> Change {
    let counts = (desired, desired, desired, desired);
    let (created, updated, ready, available) = counts;
    let workload = Workload {
        kind,
        meta,
        desired,
        created,
        updated,
        ready,
        available,
        outdated: false,
        selector,
        held: None,
    };
    Change::Upsert(Object::Workload(Box::new(workload)))
}

fn autoscaler(name: &str, kind: &str, target: &str) -> Autoscaler {
    let api_version = if kind == "Deployment" { "apps/v1" } else { "example.com/v1" };
    Autoscaler {
        meta: meta(name, None),
        target: ScaleTarget { api_version: api_version.into(), kind: kind.into(), name: target.into() },
        min: 1,
        max: 10,
        metrics: Vec::new(),
        behavior: None,
        generation: 1,
        observed: None,
        readings: Vec::new(),
        current: 2,
        desired: 2,
        last_scale: None,
        conditions: Vec::new(),
    }
}

fn put(cluster: &mut Cluster, object: Object) {
    cluster.apply(Change::Upsert(object));
}

fn put_pod(cluster: &mut Cluster, pod: Pod) {
    put(cluster, Object::Pod(Box::new(pod)));
}

/// The names of the autoscalers that something touches.
fn touched(cluster: &mut Cluster, by: impl FnOnce(&mut Cluster)) -> Vec<String> {
    let before = cluster.revision();
    by(cluster);
    let keys = cluster.touched(Kind::HorizontalPodAutoscaler, before);
    let mut names: Vec<String> = keys.iter().map(|key| key.name.to_string()).collect();
    names.sort();
    names
}

/// What was answered for an autoscaler as it is now.
fn probe(cluster: &Cluster, name: &str, spec: i32, selector: &str) -> Change {
    let key = Key::new("shop", name);
    let it = cluster.autoscaler(&key).unwrap();
    let asks = asks(&it.target, &it.metrics, cluster.renewed(&key));
    let scale = Scale { spec, status: spec, selector: selector.to_owned(), writers: Vec::new(), place: None };
    let probe = Probe { at: at(0), generation: 1, asks, scale: Ok(scale), answers: Vec::new() };
    Change::Probed(key, Arc::new(probe))
}

/// Takes in what was answered for an autoscaler as it is now.
fn put_probe(cluster: &mut Cluster, name: &str, spec: i32, selector: &str) {
    let probe = probe(cluster, name, spec, selector);
    cluster.apply(probe);
}

/// Deployments `web` and `api` with an autoscaler each, whose pods are all known.
fn cluster() -> Cluster {
    let mut cluster = Cluster::default();
    cluster.apply_all([deployment("web", "app=web", 2), deployment("api", "app=api,tier in (a,b)", 2)]);
    for name in ["web", "api"] {
        put(&mut cluster, Object::Autoscaler(Box::new(autoscaler(name, "Deployment", name))));
    }
    put_pod(&mut cluster, pod("web-1", "app=web,hash=1"));
    cluster.apply(Change::Synced(Kind::Pod));
    cluster
}

#[test]
fn a_selector_finds_its_pods_whoever_controls_them() {
    let mut cluster = Cluster::default();
    let of_a_set = "app=db,apps.kubernetes.io/pod-index";
    for index in 0..3 {
        put_pod(&mut cluster, pod(&format!("db-{index}"), &format!("{of_a_set}={index}")));
        put_pod(
            &mut cluster,
            pod(&format!("web-{index}"), &format!("app=web,pod-template-hash={}", index / 2)),
        );
    }
    let mut other = pod("db-9", "app=db");
    other.meta.key = Key::new("elsewhere", "db-9");
    put_pod(&mut cluster, other);
    let found = |cluster: &Cluster, text: &str| {
        let selector = Selector::parse(text).unwrap();
        let mut names: Vec<String> =
            cluster.selected("shop", &selector).map(|pod| pod.meta.key.name.to_string()).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(found(&cluster, "app=db"), "db-0 db-1 db-2");
    assert_eq!(found(&cluster, "app notin (db)"), "web-0 web-1 web-2");
    assert_eq!(found(&cluster, "apps.kubernetes.io/pod-index=1"), "db-1", "also by a label of each pod");
    assert_eq!(found(&cluster, "app=web,pod-template-hash=0"), "web-0 web-1");
    assert_eq!(found(&cluster, "pod-template-hash=1"), "web-2", "also by one that no group is found by");
    cluster.apply(Change::Gone(Kind::Pod, Key::new("shop", "db-0")));
    put_pod(&mut cluster, pod("db-1", "app=web"));
    assert_eq!((found(&cluster, "app=db"), cluster.pods_in("shop")), ("db-2".to_owned(), 5));
    assert_eq!(found(&cluster, "app=web"), "db-1 web-0 web-1 web-2");
    assert_eq!(cluster.selected("nowhere", &Selector::default()).count(), 0);
}

#[test]
fn a_pod_touches_the_autoscalers_that_count_it() {
    let mut it = cluster();
    let ready = |ready| Pod { ready, ..pod("web-1", "app=web,hash=1") };
    assert_eq!(touched(&mut it, |it| put_pod(it, ready(false))), ["web"]);
    assert_eq!(touched(&mut it, |it| put_pod(it, ready(false))), [""; 0], "nothing new");
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("alien", "app=web"))), ["web"], "of nobody's template");
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("alien", "app=api,tier=a"))), ["api", "web"]);
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("alien", "app=api,tier=c"))), ["api"]);
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("alien", "app=other"))), [""; 0]);
    let gone = Change::Gone(Kind::Pod, Key::new("shop", "web-1"));
    assert_eq!(touched(&mut it, |it| it.apply(gone)), ["web"]);
}

#[test]
fn a_selector_that_changed_counts_from_then_on() {
    let mut it = cluster();
    it.apply(deployment("web", "app=next", 2));
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("web-1", "app=web"))), [""; 0]);
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("next", "app=next"))), ["web"]);
    put_probe(&mut it, "api", 2, "app in (next)");
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("next", "app=next,a=b"))), ["api", "web"]);
    it.apply(Change::Gone(Kind::HorizontalPodAutoscaler, Key::new("shop", "api")));
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("next", "app=next,a=c"))), ["web"]);
    assert_eq!(it.probe(&Key::new("shop", "api")), None, "it went with its autoscaler");
}

#[test]
fn whoever_counts_the_same_pods_is_known_and_that_this_changes_touches_both() {
    let mut it = cluster();
    let web = labels("app=web,hash=1");
    let names = |it: &Cluster| {
        let mut names: Vec<String> =
            it.counters("shop", &web).map(|scaler| scaler.meta.key.name.to_string()).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(names(&it), "web");
    let second = Object::Autoscaler(Box::new(autoscaler("second", "Deployment", "web")));
    assert!(touched(&mut it, |it| put(it, second)).contains(&"web".to_owned()));
    assert_eq!(names(&it), "second web");
    let moved = Object::Autoscaler(Box::new(autoscaler("second", "Deployment", "api")));
    assert!(touched(&mut it, |it| put(it, moved)).contains(&"web".to_owned()));
    assert_eq!(names(&it), "web");
    it.apply(Change::Gone(Kind::Deployment, Key::new("shop", "web")));
    assert_eq!(names(&it), "", "nobody knows any more what it selects");
}

#[test]
fn pods_that_are_still_being_listed_touch_nothing_and_that_they_are_there_touches_all() {
    let mut it = Cluster::default();
    it.apply(deployment("web", "app=web", 2));
    put(&mut it, Object::Autoscaler(Box::new(autoscaler("web", "Deployment", "web"))));
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("web-1", "app=web"))), [""; 0]);
    assert_eq!(touched(&mut it, |it| it.apply(Change::Synced(Kind::Pod))), ["web"]);
}

#[test]
fn budgets_replica_sets_and_rivals_touch_whom_they_concern() {
    let mut it = cluster();
    let set = meta("web-abc", Some(("Deployment", "web")));
    let set = workload(Kind::ReplicaSet, set, Selector::default(), 1);
    assert_eq!(touched(&mut it, |it| it.apply(set)), ["web"]);
    let budget = DisruptionBudget {
        meta: meta("web", None),
        min_available: None,
        max_unavailable: Some("1".into()),
        selector: Selector::parse("app=web"),
        allowed: 0,
        healthy: 1,
        desired_healthy: 1,
        expected: 1,
    };
    let budget = Object::DisruptionBudget(Box::new(budget));
    assert_eq!(touched(&mut it, |it| put(it, budget.clone())), ["web"]);
    assert_eq!(touched(&mut it, |it| put(it, budget)), [""; 0]);
    let vertical = VerticalAutoscaler {
        key: Key::new("shop", "v"),
        target_kind: "Deployment".into(),
        target_name: "api".into(),
        mode: "Auto".into(),
        resources: Vec::new(),
    };
    assert_eq!(touched(&mut it, |it| it.apply(Change::Verticals(vec![vertical.clone()]))), ["api", "web"]);
    assert_eq!(touched(&mut it, |it| it.apply(Change::Verticals(vec![vertical.clone()]))), [""; 0]);
    let of = |name: &str| it.autoscaler(&Key::new("shop", name)).and_then(|scaler| it.vertical_of(scaler));
    assert_eq!((of("api"), of("web")), (Some(&vertical), None));
}

#[test]
fn keda_owns_what_it_made_and_what_it_scales() {
    let object = |name: &str, target: &str| ScaledObject {
        key: Key::new("shop", name),
        target: ("Deployment".into(), target.into()),
        triggers: Vec::new(),
        min: None,
        max: None,
        idle: None,
        paused: None,
        fallback: None,
        falling_back: false,
        ready: true,
        active: false,
    };
    let mut it = cluster();
    it.apply(Change::ScaledObjects(vec![object("queue", "other"), object("x", "api")]));
    let made = Autoscaler {
        meta: meta("keda-hpa-queue", Some(("ScaledObject", "queue"))),
        ..autoscaler("", "Deployment", "api")
    };
    let name = |scaler: &Autoscaler| it.scaled_object_of(scaler).map(|object| object.key.name.to_string());
    assert_eq!(name(&made).as_deref(), Some("queue"));
    assert_eq!(name(&autoscaler("api", "Deployment", "api")).as_deref(), Some("x"));
    assert_eq!(name(&autoscaler("web", "Deployment", "web")), None);
}

#[test]
fn a_scaled_object_touches_the_autoscalers_of_its_namespace() {
    let vertical = |namespace: &str, mode: &str| VerticalAutoscaler {
        key: Key::new(namespace, "v"),
        target_kind: "Deployment".into(),
        target_name: "web".into(),
        mode: mode.into(),
        resources: Vec::new(),
    };
    let mut it = cluster();
    let hear = |it: &mut Cluster, list: &[(&str, &str)]| {
        let list = list.iter().map(|(namespace, mode)| vertical(namespace, mode)).collect();
        touched(it, |it| it.apply(Change::Verticals(list)))
    };
    assert_eq!(hear(&mut it, &[("far", "Off")]), ["api", "web"], "now it is known that there is none");
    assert_eq!(hear(&mut it, &[("far", "Auto")]), [""; 0]);
    assert_eq!(hear(&mut it, &[("far", "Auto"), ("shop", "Off")]), ["api", "web"]);
    assert_eq!(hear(&mut it, &[("far", "Off"), ("shop", "Off")]), [""; 0]);
    assert_eq!(hear(&mut it, &[("shop", "Auto")]), ["api", "web"]);
    assert_eq!(hear(&mut it, &[]), ["api", "web"], "it went");
}

#[test]
fn history_is_written_by_what_the_watches_tell() {
    let key = Key::new("shop", "web");
    let point = |second| Point { at: at(second), desired: 2, actual: 2, proposal: None, ratios: Vec::new() };
    let note = |it: &mut Cluster, second| it.apply(Change::Noted(key.clone(), point(second)));
    let mut it = cluster();
    assert_eq!(it.history(&key), None);
    it.apply(deployment("web", "app=web", 5));
    note(&mut it, 10);
    note(&mut it, 25);
    let outside = Event::Outside { at: at(10), from: 2, to: 5 };
    assert_eq!(it.history(&key).unwrap().events().collect::<Vec<_>>(), [&outside]);
    it.apply(deployment("web", "app=web", 3));
    let mut scaled = autoscaler("web", "Deployment", "web");
    (scaled.desired, scaled.last_scale) = (3, Some(at(30)));
    put(&mut it, Object::Autoscaler(Box::new(scaled.clone())));
    note(&mut it, 40);
    let history = it.history(&key).unwrap();
    assert_eq!((history.points().len(), history.events().len()), (3, 2));
    assert!(matches!(history.events().next_back(), Some(Event::Rescaled { from: 5, to: 3, .. })));
    scaled.meta.uid = Uid::from(2);
    put(&mut it, Object::Autoscaler(Box::new(scaled)));
    assert_eq!(it.history(&key), None, "it is another one under the same name");
    it.apply(Change::Noted(Key::new("shop", "nobody"), point(41)));
    assert_eq!(it.history(&Key::new("shop", "nobody")), None);
}

#[test]
fn a_target_that_is_not_watched_tells_of_its_changes_by_its_scale() {
    let mut it = cluster();
    let key = Key::new("shop", "game");
    put(&mut it, Object::Autoscaler(Box::new(autoscaler("game", "Fleet", "game"))));
    put_probe(&mut it, "game", 2, "app=game");
    put_probe(&mut it, "game", 7, "app=game");
    assert!(it.history(&key).unwrap().is_waiting());
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("g", "app=game"))), ["game"]);
    put_probe(&mut it, "game", 7, "");
    assert_eq!(touched(&mut it, |it| put_pod(it, pod("g", "app=game,a=b"))), [""; 0], "it selects nothing");
}
