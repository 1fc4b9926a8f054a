//! What a metric should be, also where the type of its target does not fit what is set.

use super::both;
use crate::model::autoscaler::{Amount, Goal};
use crate::model::quantity::Milli;
use crate::wire::autoscaling;

/// The goal of a metric of a kind, with a target as JSON.
fn goal(kind: &str, source: &str, target: &str) -> Goal {
    let metric = format!(r#"{{"type":"{kind}","{source}":{{"name":"cpu","target":{target}}}}}"#);
    let text = format!(r#"{{"metadata":{{"name":"web"}},"spec":{{"metrics":[{metric}]}}}}"#);
    let it = both(&text, |shared, wire: autoscaling::HorizontalPodAutoscaler| shared.autoscaler(wire));
    it.metrics[0].goal.clone()
}

fn amount(text: &str) -> Amount {
    Amount { milli: Milli::parse(text).unwrap(), text: text.into() }
}

#[test]
fn of_resources_pods_and_external_metrics_counts_what_is_set_whatever_the_type_says() {
    let (average, value) = (Goal::AverageValue(amount("250m")), Goal::Value(amount("3")));
    let said = r#"{"type":"Utilization","averageValue":"250m"}"#;
    for (kind, source) in [
        ("Resource", "resource"),
        ("ContainerResource", "containerResource"),
        ("Pods", "pods"),
        ("External", "external"),
    ] {
        assert_eq!(goal(kind, source, said), average, "{kind}");
    }
    let percent = r#"{"type":"AverageValue","averageUtilization":60}"#;
    assert_eq!(goal("Resource", "resource", percent), Goal::Utilization(60));
    assert_eq!(goal("External", "external", r#"{"type":"AverageValue","value":"3"}"#), value);
    assert_eq!(goal("Pods", "pods", r#"{"type":"Value","value":"3"}"#), Goal::Missing);
}

#[test]
fn of_objects_the_type_decides() {
    let both = |kind: &str| format!(r#"{{"type":"{kind}","value":"3","averageValue":"250m"}}"#);
    assert_eq!(goal("Object", "object", &both("Value")), Goal::Value(amount("3")));
    assert_eq!(goal("Object", "object", &both("AverageValue")), Goal::AverageValue(amount("250m")));
    assert_eq!(goal("Object", "object", &both("Utilization")), Goal::Missing);
    assert_eq!(goal("Object", "object", r#"{"type":"Value","averageValue":"250m"}"#), Goal::Missing);
}
