//! The scenarios of autoscalers, stepped by hand: what each shows, and when.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::build::build;
use super::writes::{condition, is_ready};
use super::{World, step};
use crate::demo::json::{at, has, list, number, put, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::read;
use crate::demo::time::later;

fn world_of(name: &str) -> World {
    let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    build(&read(name).unwrap(), 7, start)
}

fn pass(world: &mut World, seconds: i64) {
    let then = later(world.now, seconds);
    step(world, then);
}

fn autoscaler<'w>(world: &'w World, namespace: &str, name: &str) -> &'w Value {
    world.store.get(&Key::new(Resource::HorizontalPodAutoscalers, namespace, name)).unwrap()
}

fn deployment<'w>(world: &'w World, namespace: &str, name: &str) -> &'w Value {
    world.store.get(&Key::new(Resource::Deployments, namespace, name)).unwrap()
}

/// The status and the reason of a condition.
fn why(autoscaler: &Value, kind: &str) -> String {
    let condition = condition(autoscaler, kind);
    format!("{} {}", text(condition, "/status"), text(condition, "/reason"))
}

fn message<'v>(autoscaler: &'v Value, kind: &str) -> &'v str {
    text(condition(autoscaler, kind), "/message")
}

fn replicas(object: &Value) -> i64 {
    number(object, "/spec/replicas")
}

fn said(world: &World, namespace: &str, about: &str, words: &str) -> bool {
    world.store.list(Resource::Events, Some(namespace)).any(|(_, event)| {
        text(event, "/involvedObject/name") == about && text(event, "/message").starts_with(words)
    })
}

/// Who owns the replicas of a workload, by managedFields: the manager and its subresource.
fn owner(object: &Value) -> Vec<String> {
    let owns = |entry: &&Value| has(entry, "/fieldsV1/f:spec/f:replicas");
    let entries = list(object, "/metadata/managedFields").iter().filter(owns);
    entries.map(|it| format!("{}/{}", text(it, "/manager"), text(it, "/subresource"))).collect()
}

#[test]
fn each_autoscaler_of_hpa_at_max_is_held_by_something_else() {
    let world = world_of("hpa-at-max");
    let of = |namespace, name| autoscaler(&world, namespace, name);

    let full = of("shop", "frontend");
    assert_eq!(why(full, "ScalingLimited"), "True TooManyReplicas");
    assert_eq!(number(full, "/status/desiredReplicas"), 14);
    assert!(number(full, "/status/currentMetrics/0/resource/current/averageUtilization") > 75);

    let slow = of("shop", "checkout");
    assert_eq!(why(slow, "ScalingLimited"), "True ScaleUpLimit");
    assert!(said(
        &world,
        "shop",
        "checkout",
        "New size: 6; reason: pods metric http_requests_per_second above"
    ));

    let search = of("shop", "search");
    assert_eq!(why(search, "ScalingActive"), "False FailedGetResourceMetric");
    assert!(
        message(search, "ScalingActive")
            .contains("missing request for cpu in container proxy of Pod search-")
    );
    assert_eq!(at(search, "/status/currentMetrics"), &json!([{"type": ""}]));

    let catalog = of("shop", "catalog");
    assert_eq!(why(catalog, "AbleToScale"), "True ScaleDownStabilized");
    assert_eq!(number(catalog, "/status/desiredReplicas"), 9);

    let mailer = of("mail", "mailer");
    assert_eq!(why(mailer, "ScalingActive"), "False ScalingDisabled");
    assert_eq!(at(mailer, "/status/currentMetrics"), &Value::Null);

    assert_eq!(why(of("payments", "gateway"), "ScalingLimited"), "True TooManyReplicas");
    for name in ["fraud-scorer", "fraud-scorer-cpu"] {
        assert_eq!(why(of("payments", name), "ScalingActive"), "False AmbiguousSelector");
        let words = "pods by selector app.kubernetes.io/name=fraud-scorer are controlled by multiple HPAs: \
                     [{fraud-scorer payments} {fraud-scorer-cpu payments}]";
        assert_eq!(message(of("payments", name), "ScalingActive"), words);
    }
    let missing = of("payments", "reconciler");
    assert_eq!(why(missing, "AbleToScale"), "False FailedGetScale");
    assert!(message(missing, "AbleToScale").ends_with("deployments/scale.apps \"reconciler\" not found"));

    let partly = of("payments", "settlement-worker");
    assert_eq!(why(partly, "ScalingActive"), "False FailedGetExternalMetric");
    assert_eq!(at(partly, "/status/currentMetrics/1"), &json!({"type": ""}));
    assert!(has(partly, "/status/currentMetrics/0/resource/current/averageUtilization"));
}

#[test]
fn workloads_of_hpa_at_max_do_not_follow() {
    let world = world_of("hpa-at-max");
    let transcoder = deployment(&world, "data", "transcoder");
    assert!((10..=11).contains(&replicas(transcoder)), "{transcoder}");
    assert!(number(transcoder, "/status/readyReplicas") < 9, "{transcoder}");
    let pending = world.store.list(Resource::Pods, Some("data")).filter(|(_, pod)| {
        text(pod, "/metadata/labels/app.kubernetes.io~1name") == "transcoder"
            && text(condition(pod, "PodScheduled"), "/reason") == "Unschedulable"
    });
    assert!(pending.count() > 1);
    let crashing = deployment(&world, "shop", "recommender");
    assert!(replicas(crashing) >= 7 && number(crashing, "/status/readyReplicas") == 0, "{crashing}");

    let api = autoscaler(&world, "shop", "api");
    let kinds: Vec<_> = list(api, "/status/currentMetrics").iter().map(|it| text(it, "/type")).collect();
    let all =
        ["Resource", "Resource", "ContainerResource", "Pods", "Object", "Object", "External", "External"];
    assert_eq!(kinds, all, "{}", message(api, "ScalingActive"));
    let scaled = world.store.list(Resource::ScaledObjects, None).count();
    assert_eq!((scaled, world.store.list(Resource::VerticalPodAutoscalers, None).count()), (2, 1));
    let keda = autoscaler(&world, "shop", "keda-hpa-image-resizer");
    let owner = world.store.get(&Key::new(Resource::ScaledObjects, "shop", "image-resizer")).unwrap();
    assert_eq!(text(keda, "/metadata/ownerReferences/0/uid"), text(owner, "/metadata/uid"));
}

#[test]
fn on_black_friday_the_frontend_climbs_by_its_rate_to_its_maximum_and_comes_down_again() {
    let mut world = world_of("black-friday");
    let start = replicas(deployment(&world, "shop", "frontend"));
    assert!((5..=7).contains(&start), "{start}");
    let (mut before, mut limits) = (start, Vec::new());
    for _ in 0..20 {
        pass(&mut world, 15);
        let now = replicas(deployment(&world, "shop", "frontend"));
        assert!(now - before <= 2, "two pods in thirty seconds: {before} and {now}");
        before = now;
        let limit = why(autoscaler(&world, "shop", "frontend"), "ScalingLimited");
        if limits.last() != Some(&limit) {
            limits.push(limit);
        }
    }
    assert_eq!(before, 14, "five minutes later it stands at its maximum");
    let up = limits.iter().position(|it| it == "True ScaleUpLimit").unwrap();
    assert!(limits[up..].contains(&"True TooManyReplicas".to_owned()), "{limits:?}");
    assert!(said(
        &world,
        "shop",
        "frontend",
        "New size: 14; reason: cpu resource utilization (percentage of request)"
    ));
    pass(&mut world, 480);
    assert!(replicas(deployment(&world, "shop", "frontend")) < 8, "the wave is over");
    assert!(said(&world, "shop", "frontend", "New size: 13; reason: All metrics below target"));
}

#[test]
fn on_black_friday_one_flaps_and_somebody_sets_another_back() {
    let mut world = world_of("black-friday");
    let (mut turns, mut way, mut last) = (0, 0, replicas(deployment(&world, "shop", "search")));
    let mut fights = [0, 0];
    let mut before = owner(deployment(&world, "shop", "catalog"));
    for _ in 0..600 {
        pass(&mut world, 1);
        let now = replicas(deployment(&world, "shop", "search"));
        if now != last {
            let next = (now - last).signum();
            turns += i32::from(next == -way);
            (way, last) = (next, now);
        }
        let owners = owner(deployment(&world, "shop", "catalog"));
        assert_eq!(owners.len(), 1, "one manager owns a field that was set by updates: {owners:?}");
        if owners != before {
            fights[usize::from(owners == ["argocd-controller/"])] += 1;
            before = owners;
        }
    }
    assert!(turns >= 4, "{turns} changes of direction in ten minutes");
    assert!(fights[0] >= 2 && fights[1] >= 2, "{fights:?}");
    assert_eq!(before, ["kube-controller-manager/scale"]);
}

#[test]
fn without_its_adapter_an_autoscaler_goes_up_by_the_rest_and_never_down() {
    let mut world = world_of("black-friday");
    pass(&mut world, 235);
    let gateway = autoscaler(&world, "payments", "gateway");
    assert_eq!(why(gateway, "ScalingActive"), "False FailedGetObjectMetric");
    let words = "failed to get requests_per_second object metric: unable to get metric requests_per_second: Ingress on \
                 payments pay/unable to fetch metrics from custom metrics API: the server is currently unable to handle \
                 the request (get ingresses.custom.metrics.k8s.io)";
    assert!(message(gateway, "ScalingActive").ends_with(words), "{gateway}");
    assert!(said(
        &world,
        "payments",
        "gateway",
        "invalid metrics (1 invalid out of 1), first error is: failed to get object"
    ));
    let checkout = autoscaler(&world, "shop", "checkout");
    assert_eq!(
        list(checkout, "/status/currentMetrics").iter().filter(|it| text(it, "/type").is_empty()).count(),
        2
    );
    pass(&mut world, 60);
    assert_eq!(why(autoscaler(&world, "payments", "gateway"), "ScalingActive"), "True ValidMetricFound");
}

#[test]
fn a_new_autoscaler_finds_metrics_and_a_changed_one_is_looked_at_at_once() {
    let mut world = world_of("calm");
    let spec = json!({"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mailer"},
        "minReplicas": 1, "maxReplicas": 9, "metrics": [{"type": "Pods", "pods": {"metric": {"name": "mails"},
        "target": {"type": "AverageValue", "averageValue": "10"}}}]});
    let new = json!({"metadata": {"name": "mailer", "namespace": "mail"}, "spec": spec, "status": {}});
    let key = world.create(Resource::HorizontalPodAutoscalers, new, "test");
    world.settle();
    let status = world.store.get(&key).unwrap();
    assert_eq!(why(status, "ScalingActive"), "True ValidMetricFound", "{status}");
    assert_eq!(text(status, "/status/currentMetrics/0/pods/current/averageValue"), "10");
    let writer = super::writes::Writer { manager: "test", subresource: "" };
    world.amend(&key, writer, |object| put(object, "/spec/minReplicas", 5));
    world.settle();
    assert_eq!(replicas(deployment(&world, "mail", "mailer")), 5);
    assert!(said(
        &world,
        "mail",
        "mailer",
        "New size: 5; reason: Current number of replicas below Spec.MinReplicas"
    ));
    pass(&mut world, 60);
    let ready = world.store.list(Resource::Pods, Some("mail")).filter(|(_, pod)| is_ready(pod)).count();
    assert_eq!(ready, 5);
}
