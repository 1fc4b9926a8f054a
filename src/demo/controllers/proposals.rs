//! What each metric of an autoscaler reads, and the words for when it cannot be read. How many replicas follow from it
//! is in `replicas`.
//!
//! Source: `pkg/controller/podautoscaler/{horizontal,replica_calculator}.go` and `metrics/client.go` beside them.

use serde_json::{Value, json};

use super::adapters::{self, About};
use super::grouping::{Sample, Samples};
use super::replicas::{Target, by_share, by_value, of_one};
use super::usage;
use crate::demo::json::{at, has, number, pairs, text};
use crate::demo::quantity::{binary, decimal, milli};
use crate::demo::resources::Key;
use crate::demo::scenario::{Api, Blind};
use crate::demo::store::selector::Labels;
use crate::demo::world::World;

/// One metric read.
pub(super) struct Reading {
    /// autoscaling/v2 MetricStatus.
    pub(super) status: Value,
    pub(super) proposal: i64,
    /// How events name the metric.
    pub(super) name: String,
}

/// Why a metric could not be read.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// The condition's reason.
    pub(super) reason: &'static str,
    pub(super) error: String,
    /// How the error of all metrics together names it.
    pub(super) metric: String,
}

/// Reads one metric.
///
/// # Errors
/// With the controller's words when it cannot be read.
pub(super) fn read(world: &World, spec: &Value, target: &Target<'_>) -> Result<Reading, Failure> {
    let kind = text(spec, "/type");
    let (reason, metric, read) = match kind {
        "Resource" => (
            "FailedGetResourceMetric",
            format!("{} resource", text(spec, "/resource/name")),
            resource(world, spec, "resource", target),
        ),
        "ContainerResource" => (
            "FailedGetContainerResourceMetric",
            format!("{} container", text(spec, "/containerResource/container")),
            resource(world, spec, "containerResource", target),
        ),
        "Pods" => ("FailedGetPodsMetric", "pods".to_owned(), pods(world, spec, target)),
        "Object" => ("FailedGetObjectMetric", "object".to_owned(), object(world, spec, target)),
        "External" => (
            "FailedGetExternalMetric",
            format!("{} external", text(spec, "/external/metric/name")),
            external(world, spec, target),
        ),
        _ => {
            let error = Err(format!("unknown metric source type {kind:?}"));
            ("InvalidMetricSourceType", String::new(), error)
        }
    };
    read.map_err(|error| Failure { reason, error, metric })
}

fn resource(world: &World, spec: &Value, field: &str, target: &Target<'_>) -> Result<Reading, String> {
    let spec_of = at(spec, &format!("/{field}"));
    let (name, container) = (text(spec_of, "/name"), text(spec_of, "/container"));
    let quantity = |milli: i64| if name == "memory" { binary(milli) } else { decimal(milli) };
    let samples = measured(world, name, container, target)
        .map_err(|error| format!("unable to get metrics for resource {name}: {error}"));
    let (current, proposal, label) = if has(spec_of, "/target/averageValue") {
        let goal = milli(text(spec_of, "/target/averageValue"));
        let plain = samples.and_then(|samples| by_value(world.now, samples, goal, name == "cpu", target));
        let (average, proposal) = plain.map_err(|error| format!("failed to get {name} usage: {error}"))?;
        (json!({"averageValue": quantity(average)}), proposal, format!("{name} resource"))
    } else {
        let goal = number(spec_of, "/target/averageUtilization");
        let shared =
            samples.and_then(|samples| by_share(world.now, samples, goal, [name, container], target));
        let shared = shared.map_err(|error| format!("failed to get {name} utilization: {error}"))?;
        let what = if container.is_empty() { "resource" } else { "container resource" };
        (
            json!({"averageUtilization": shared.utilization, "averageValue": quantity(shared.average)}),
            shared.proposal,
            format!("{name} {what} utilization (percentage of request)"),
        )
    };
    let mut status = json!({"name": name, "current": current});
    if !container.is_empty() {
        status["container"] = Value::from(container);
    }
    Ok(Reading { status: named(spec, field, &status), proposal, name: label })
}

/// What metrics-server measured of the target's pods.
fn measured(world: &World, resource: &str, container: &str, target: &Target<'_>) -> Result<Samples, String> {
    if world.blind.contains(&Api::Resource) {
        let error = "the server is currently unable to handle the request (get pods.metrics.k8s.io)";
        return Err(format!("unable to fetch metrics from resource metrics API: {error}"));
    }
    let found = usage::pods(world, Some(target.namespace), |_, pod| target.labels.takes(pod.labels()));
    if found.is_empty() {
        return Err("no metrics returned from resource metrics API".to_owned());
    }
    let at = usage::served(world);
    let sample = |(key, containers): (Key, usage::Sample)| {
        let mut of =
            containers.iter().filter(|(name, _)| container.is_empty() || name == container).peekable();
        of.peek()?;
        let milli = of.map(|(_, used)| used.milli(resource)).sum::<Option<i64>>()?;
        let window = usage::window(world.seed, &key.name, at);
        Some((key.name, Sample { milli, at: at * 1000, window }))
    };
    Ok(found.into_iter().filter_map(sample).collect())
}

fn pods(world: &World, spec: &Value, target: &Target<'_>) -> Result<Reading, String> {
    let name = text(spec, "/pods/metric/name");
    let goal = milli(text(spec, "/pods/target/averageValue"));
    let series = Labels::of(at(spec, "/pods/metric/selector")).unwrap_or_default();
    let here = |key: &Key| world.store.get(key).is_some_and(|pod| target.labels.selects(pod));
    let found = adapters::of_pods(world, target.namespace, name, here, &series);
    let values = match found {
        Err(blind) if blind != Blind::Empty => Err(format!(
            "unable to fetch metrics from custom metrics API: {}",
            custom_words(blind, name, "pods")
        )),
        Ok(values) if !values.is_empty() => Ok(values),
        _ => Err("no metrics returned from custom metrics API".to_owned()),
    };
    let values = values.map_err(|error| format!("unable to get metric {name}: {error}"))?;
    let sample = |(pod, milli): (String, i64)| (pod, Sample { milli, at: 0, window: 0 });
    let (average, proposal) =
        by_value(world.now, values.into_iter().map(sample).collect(), goal, false, target)?;
    let status = json!({"metric": at(spec, "/pods/metric"), "current": {"averageValue": decimal(average)}});
    Ok(Reading { status: named(spec, "pods", &status), proposal, name: format!("pods metric {name}") })
}

fn object(world: &World, spec: &Value, target: &Target<'_>) -> Result<Reading, String> {
    let (name, described) = (text(spec, "/object/metric/name"), at(spec, "/object/describedObject"));
    let (kind, of) = (text(described, "/kind"), text(described, "/name"));
    let series = Labels::of(at(spec, "/object/metric/selector")).unwrap_or_default();
    let resource = adapters::plural(described);
    let about = About { resource: &resource, name: of };
    let used = adapters::of_object(world, target.namespace, name, about, &series).map_err(|blind| {
        let error = custom_words(blind, name, &format!("{resource} {of}"));
        let error = format!("unable to fetch metrics from custom metrics API: {error}");
        // The controller gives its arguments in this order.
        format!("unable to get metric {name}: {kind} on {} {of}/{error}", target.namespace)
    });
    let average = has(spec, "/object/target/averageValue");
    let used =
        used.map_err(
            |error| if average { format!("failed to get {name} object metric: {error}") } else { error },
        )?;
    let (current, proposal) = of_one(used, at(spec, "/object/target"), target)?;
    let status =
        json!({"metric": at(spec, "/object/metric"), "current": current, "describedObject": described});
    let selector = written_selector(at(spec, "/object/metric/selector"));
    let label =
        if average { format!("external metric {name}({selector})") } else { format!("{kind} metric {name}") };
    Ok(Reading { status: named(spec, "object", &status), proposal, name: label })
}

fn external(world: &World, spec: &Value, target: &Target<'_>) -> Result<Reading, String> {
    let name = text(spec, "/external/metric/name");
    let selector = at(spec, "/external/metric/selector");
    let written = written_selector(selector);
    let series = Labels::of(selector).unwrap_or_default();
    let found = adapters::external(world, target.namespace, name, &series).map_err(|blind| match blind {
        Blind::Empty => "no metrics returned from external metrics API".to_owned(),
        _ => format!("unable to fetch metrics from external metrics API: {}", external_words(blind, name)),
    });
    let used = found.map_err(|error| {
        let error = format!("unable to get external metric {}/{name}/{written}: {error}", target.namespace);
        if has(spec, "/external/target/averageValue") {
            format!("failed to get {name} external metric: {error}")
        } else {
            format!("failed to get external metric {name}: {error}")
        }
    })?;
    let used = used.iter().fold(0_i64, |sum, (_, value)| sum.saturating_add(*value));
    let (current, proposal) = of_one(used, at(spec, "/external/target"), target)?;
    let status = json!({"metric": at(spec, "/external/metric"), "current": current});
    let label = format!("external metric {name}({written})");
    Ok(Reading { status: named(spec, "external", &status), proposal, name: label })
}

/// What the server says when a custom metric cannot be had.
pub(crate) fn custom_words(blind: Blind, metric: &str, about: &str) -> String {
    match blind {
        Blind::Unavailable => {
            let resource = about.split(' ').next().unwrap_or_default();
            let resource = resource.split('.').next().unwrap_or_default();
            format!(
                "the server is currently unable to handle the request (get {resource}.custom.metrics.k8s.io)"
            )
        }
        Blind::Absent | Blind::Empty => format!("the server could not find the metric {metric} for {about}"),
    }
}

/// What the server says when an external metric cannot be had.
fn external_words(blind: Blind, metric: &str) -> String {
    let what = match blind {
        Blind::Unavailable => "the server is currently unable to handle the request",
        Blind::Absent | Blind::Empty => "the server could not find the requested resource",
    };
    format!("{what} (get {metric}.external.metrics.k8s.io)")
}

/// A selector as Go prints a pointer to one.
fn written_selector(selector: &Value) -> String {
    if selector.is_null() {
        return "nil".to_owned();
    }
    let labels: Vec<_> =
        pairs(selector, "/matchLabels").map(|(key, value)| format!("{key}: {value},")).collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}",
        labels.join("")
    )
}

fn named(spec: &Value, field: &str, status: &Value) -> Value {
    json!({"type": text(spec, "/type"), field: status})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_as_go_writes_them() {
        assert_eq!(written_selector(&Value::Null), "nil");
        let text = written_selector(&json!({"matchLabels": {"queue": "a"}}));
        assert!(text.starts_with("&LabelSelector{MatchLabels:map[string]string{queue: a,}"), "{text}");
    }
}
