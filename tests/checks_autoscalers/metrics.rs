//! Metrics that cannot be read, and requests that are missing.

use foretop::model::autoscaler::{MetricSource, Reading};
use foretop::model::change::Change;
use foretop::model::finding::Severity;
use foretop::model::meta::ConditionStatus;
use foretop::model::pod::{PodLevel, Template};
use foretop::model::probe::Answer;
use foretop::model::server::ServerNews;

use super::shop::{Shop, condition, resource, template, utilization};

/// A metric of the kind that a reason speaks of.
fn of(reason: &str) -> MetricSource {
    let (name, selector) = ("queue".into(), "".into());
    match reason {
        "FailedGetPodsMetric" => MetricSource::Pods { name, selector },
        "FailedGetObjectMetric" => MetricSource::Object { name, selector, object: "Fleet/web".into() },
        "FailedGetExternalMetric" => MetricSource::External { name, selector },
        _ => resource("cpu"),
    }
}

#[test]
fn metrics_that_cannot_be_read_are_told_with_what_mends_the_cause() {
    for (reason, message, remedy) in [
        (
            "FailedGetResourceMetric",
            "unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
            "Install metrics-server, which serves metrics.k8s.io",
        ),
        (
            "FailedGetResourceMetric",
            "unable to fetch metrics from resource metrics API: the server is currently unable to handle the request",
            "does not answer",
        ),
        (
            "FailedGetPodsMetric",
            "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered",
            "Install an adapter that serves custom.metrics.k8s.io, such as prometheus-adapter",
        ),
        (
            "FailedGetObjectMetric",
            "unable to get metric hits: Fleet on shop web: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered",
            "prometheus-adapter; metrics-server does not",
        ),
        (
            "FailedGetObjectMetric",
            "unable to map kind Fleet to resource: no matches for kind \"Fleet\" in group \"games.example.org\"",
            "describedObject",
        ),
        (
            "FailedGetExternalMetric",
            "unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)",
            "Install KEDA or an adapter that serves external.metrics.k8s.io",
        ),
        (
            "FailedGetExternalMetric",
            "unable to get external metric shop/queue/nil: no metrics returned from external metrics API",
            "selector",
        ),
        (
            "FailedGetResourceMetric",
            "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)",
            "metrics-server and its log",
        ),
        ("InvalidSelector", "the HPA target's scale is missing a selector", "labelSelectorPath"),
    ] {
        let mut shop = Shop::well();
        // The first that the reason can speak of is blamed.
        shop.autoscaler(|it| it.metrics = vec![utilization(of(reason), 80)]);
        shop.fails(reason, message);
        assert_eq!(shop.codes(), ["A101"], "{message}");
        let found = shop.only("A101");
        assert_eq!(found.severity, Severity::Critical);
        assert!(found.remedy.contains(remedy), "{message}: {}", found.remedy);
        assert!(found.evidence[0].contains(reason), "{found:#?}");
    }
}

#[test]
fn switched_off_at_zero_is_no_failure_of_metrics() {
    let mut shop = Shop::well();
    shop.deployment(|it| (it.desired, it.created, it.ready) = (0, 0, 0));
    shop.fails("ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
    shop.autoscaler(|it| it.current = 0);
    assert_eq!(shop.codes(), ["A105"]);
    assert_eq!(shop.only("A105").severity, Severity::Info);
}

#[test]
fn one_metric_of_two_that_cannot_be_read() {
    let mut shop = Shop::well();
    let queue = MetricSource::External { name: "queue".into(), selector: "".into() };
    shop.autoscaler(|it| it.metrics.push(utilization(queue, 1)));
    assert_eq!(shop.codes(), ["A102"]);
    let found = shop.only("A102");
    assert!(found.summary.ends_with("cannot be read: external queue"), "nobody was asked why: {found:#?}");
    assert_eq!(found.evidence, ["status.currentMetrics has no external queue"]);
    let failed = Answer::Failed("the server could not find the metric queue".into());
    shop.answered(Vec::new(), vec![Answer::NotAsked("not in this test"), failed]);
    assert!(shop.only("A102").evidence[1].contains("asked just now: the server could not find"));
    // Before the controller has read anything, nothing has failed.
    shop.autoscaler(|it| it.readings.clear());
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

#[test]
fn one_that_fails_while_the_others_ask_for_fewer_stops_only_the_way_down() {
    let mut shop = Shop::well();
    let queue = MetricSource::External { name: "queue".into(), selector: "".into() };
    shop.autoscaler(|it| it.metrics.push(utilization(queue, 1)));
    let words = "the server is currently unable to handle the request (get queue.external.metrics.k8s.io)";
    shop.says(condition("ScalingActive", ConditionStatus::False, "FailedGetExternalMetric", words));
    let found = shop.only("A101");
    let summary = "cannot read some of its metrics: external.metrics.k8s.io does not answer; the others ask for no more replicas";
    assert_eq!(found.summary, summary);
    assert!(found.forecast.unwrap().contains("scales up once the others ask for more"));
    shop.autoscaler(|it| it.readings.clear());
    assert!(shop.only("A101").summary.starts_with("cannot read its metrics: "));
}

#[test]
fn a_missing_request_has_a_code_of_its_own() {
    let mut shop = Shop::well();
    shop.fails(
        "FailedGetResourceMetric",
        "failed to get cpu utilization: missing request for cpu in container proxy of Pod web-1",
    );
    shop.pod("web-1", |it| it.template = template("web", &[("app", Some(250)), ("proxy", None)]));
    assert_eq!(shop.codes(), ["A111"]);
    let found = shop.only("A111");
    assert_eq!(found.severity, Severity::Critical);
    assert!(found.summary.contains("container proxy of pod shop/web-1 has no request for cpu"), "{found:#?}");
}

#[test]
fn a_missing_request_is_seen_before_the_controller_says_so() {
    let mut shop = Shop::well();
    shop.pod("web-1", |it| it.template = template("web", &[("app", Some(250)), ("proxy", None)]));
    assert_eq!(shop.codes(), ["A111"]);
    assert_eq!(shop.only("A111").severity, Severity::Warning);
    // An average value needs no request, and another resource is another request.
    shop.autoscaler(|it| it.metrics[0] = utilization(resource("memory"), 80));
    assert!(shop.codes().contains(&"A111"), "nor has any container one for memory");
    let amount = foretop::model::autoscaler::Amount {
        milli: foretop::model::quantity::Milli::parse("500m").unwrap(),
        text: "500m".into(),
    };
    shop.autoscaler(|it| {
        it.metrics[0].source = resource("cpu");
        it.metrics[0].goal = foretop::model::autoscaler::Goal::AverageValue(amount);
    });
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

#[test]
fn a_pod_that_only_the_selector_knows_counts_too_and_a_stranger_does_not() {
    let mut shop = Shop::well();
    shop.pod("stray", |it| {
        it.meta.controller = None;
        it.template = template("web", &[("tool", None)]);
    });
    assert!(shop.only("A111").summary.contains("container tool of pod shop/stray"));
    shop.pod("stray", |it| it.template = template("other", &[("tool", None)]));
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

#[test]
fn requests_of_the_pod_as_a_whole_count_instead_unless_a_container_is_named() {
    let mut shop = Shop::well();
    let whole = |cpu| {
        let level = PodLevel { cpu, memory: Some(1) };
        let bare = template("web", &[("app", None)]);
        std::sync::Arc::new(Template { pod_level: Some(level), ..Template::clone(&bare) })
    };
    for name in ["web-0", "web-1"] {
        shop.pod(name, |it| it.template = whole(Some(500)));
    }
    assert_eq!(shop.codes(), Vec::<&str>::new());
    let named = |container: &str| {
        let container = container.into();
        utilization(MetricSource::ContainerResource { name: "cpu".into(), container }, 80)
    };
    let read = |it: &mut foretop::model::autoscaler::Autoscaler, container: &str| {
        it.metrics = vec![named(container)];
        it.readings = vec![Reading {
            source: Some(it.metrics[0].source.clone()),
            utilization: Some(50),
            value: None,
            average: None,
        }];
    };
    shop.autoscaler(|it| read(it, "app"));
    assert!(shop.only("A111").summary.contains("container app of pod shop/web-0 has no request for cpu"));
    shop.autoscaler(|it| read(it, "side"));
    assert!(shop.only("A111").summary.contains("pod shop/web-0 has no container side"));
    shop.autoscaler(|it| read(it, "app"));
    for name in ["web-0", "web-1"] {
        shop.pod(name, |it| it.template = template("web", &[("app", Some(1))]));
    }
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

#[test]
fn a_resource_that_the_pod_as_a_whole_does_not_name_may_stand_at_its_containers() {
    let level = |cpu, containers: &[(&str, Option<i64>)]| {
        let mut shop = Shop::well();
        let template = Template::clone(&template("web", containers));
        let level = Some(PodLevel { cpu, memory: Some(1) });
        let template = std::sync::Arc::new(Template { pod_level: level, ..template });
        for name in ["web-0", "web-1"] {
            shop.pod(name, |it| it.template = std::sync::Arc::clone(&template));
        }
        shop
    };
    let one = [("app", Some(250)), ("proxy", None)];
    assert_eq!(level(None, &one).codes(), Vec::<&str>::new());
    let summary = level(None, &[("app", None)]).only("A111").summary;
    assert!(summary.contains("neither it nor a container has one for cpu"), "{summary}");
    let mut started = level(None, &[("app", None)]);
    for name in ["web-0", "web-1"] {
        // An init container's.
        let with = |it: &Template| std::sync::Arc::new(Template { cpu: 500, ..Template::clone(it) });
        started.pod(name, |it| it.template = with(&it.template));
    }
    assert_eq!(started.codes(), Vec::<&str>::new());
    // Before 1.34 the controller looks at containers alone.
    for (version, codes) in [("v1.33.4", &["A111"][..]), ("v1.34.0", &[])] {
        let mut shop = level(Some(500), &one);
        shop.apply(Change::Server(ServerNews::Version(version.into())));
        assert_eq!(shop.codes(), codes, "{version}");
    }
}

#[test]
fn a_selector_that_is_refused_says_nothing_of_whether_metrics_can_be_read() {
    for (reason, code) in [("AmbiguousSelector", "A112"), ("InvalidSelector", "A101")] {
        let mut shop = Shop::well();
        shop.fails(reason, "the selector");
        shop.autoscaler(|it| it.desired = 4);
        assert_eq!(shop.codes(), [code]);
    }
}

#[test]
fn a_wish_from_before_the_metrics_failed_is_said_to_be_stale() {
    let mut shop = Shop::well();
    shop.fails("FailedGetResourceMetric", "no metrics returned from resource metrics API");
    shop.autoscaler(|it| it.desired = 4);
    assert_eq!(shop.codes(), ["A101", "A119"]);
    assert!(shop.only("A119").summary.contains("wants 4 replicas"));
    // While metrics are read, a wish is what comes next.
    shop.says(condition("ScalingActive", ConditionStatus::True, "ValidMetricFound", ""));
    assert!(!shop.codes().contains(&"A119"));
}
