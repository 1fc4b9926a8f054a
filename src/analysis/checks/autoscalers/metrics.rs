//! Whether an autoscaler can read its metrics and, if not, why: each cause with what mends it.

use super::Case;
use crate::analysis::autoscaling::missing::missing;
use crate::analysis::autoscaling::{Cause, Failure};
use crate::analysis::metrics::{name, paired};
use crate::model::autoscaler::MetricSource;
use crate::model::finding::{Finding, Severity};
use crate::model::meta::Condition;

/// What the controller says of metrics that fail, told from its words.
fn failure(case: &Case, condition: &Condition) -> Failure {
    let metrics = || case.autoscaler.metrics.iter().map(|metric| &metric.source);
    let blamed = metrics().find(|source| is_blamed(source, &condition.reason));
    match blamed.or_else(|| metrics().next()) {
        Some(source) => Failure::of(source, &condition.message),
        // The API server fills in one for cpu where there is none.
        None => Failure::of(&MetricSource::Resource { name: "cpu".into() }, &condition.message),
    }
}

/// Whether a reason such as `FailedGetPodsMetric` speaks of metrics of this kind.
fn is_blamed(source: &MetricSource, reason: &str) -> bool {
    let kind = match source {
        MetricSource::Resource { .. } => "Resource",
        MetricSource::ContainerResource { .. } => "ContainerResource",
        MetricSource::Pods { .. } => "Pods",
        MetricSource::Object { .. } => "Object",
        MetricSource::External { .. } => "External",
        MetricSource::Unknown { .. } => return reason == "InvalidMetricSourceType",
    };
    reason.strip_prefix("FailedGet").and_then(|it| it.strip_suffix("Metric")) == Some(kind)
}

pub(super) fn unread(case: &Case) -> Option<Finding> {
    let condition = case.inactive()?;
    let failure = failure(case, condition);
    // These have codes of their own.
    if failure.cause == Cause::NoRequest || &*condition.reason == "AmbiguousSelector" {
        return None;
    }
    let partly = paired(case.autoscaler).iter().any(|pair| pair.reading.is_some());
    let (which, rest) = if partly {
        ("some of its metrics", "; the others ask for no more replicas")
    } else {
        ("its metrics", "")
    };
    let summary = format!("cannot read {which}: {}{rest}", failure.text);
    let mut found = case.finding("A101", Severity::Critical, summary);
    found.evidence = vec![case.evidence(condition), before(case)];
    found.forecast = Some(if partly {
        "It scales up once the others ask for more, and never down, until all can be read.".to_owned()
    } else {
        "No scaling happens until a metric can be read.".to_owned()
    });
    found.remedy = failure.remedy().into();
    Some(found)
}

fn before(case: &Case) -> String {
    format!("status.desiredReplicas={} is from before", case.autoscaler.desired)
}

pub(super) fn partly_unread(case: &Case) -> Option<Finding> {
    let autoscaler = case.autoscaler;
    if autoscaler.readings.is_empty() || case.refused("ScalingActive").is_some() {
        return None;
    }
    let unread: Vec<usize> = paired(autoscaler)
        .iter()
        .enumerate()
        .filter(|(_, pair)| pair.reading.is_none())
        .map(|(at, _)| at)
        .collect();
    let first = autoscaler.metrics.get(*unread.first()?)?;
    let names: Vec<String> =
        unread.iter().filter_map(|at| autoscaler.metrics.get(*at)).map(|it| name(&it.source)).collect();
    // The condition speaks of those that decide, so that a cause is known only where we asked ourselves.
    let asked = |at: &usize| case.forecast().metrics.get(*at).filter(|it| it.direct);
    let failure = unread.iter().find_map(|at| asked(at)?.failure.as_ref());
    let which = if names.len() == 1 { "one of its metrics" } else { "some of its metrics" };
    let why = failure.map_or_else(String::new, |it| format!(" ({})", it.text));
    let summary = format!("{which} cannot be read: {}{why}", names.join(", "));
    let mut found = case.finding("A102", Severity::Warning, summary);
    found.evidence = names.iter().map(|name| format!("status.currentMetrics has no {name}")).collect();
    found.evidence.extend(failure.map(|it| format!("asked just now: {}", it.words)));
    found.forecast = Some("It may still scale up by the others, but not down.".to_owned());
    found.remedy = failure.map_or_else(|| Failure::of(&first.source, "").remedy(), Failure::remedy).into();
    Some(found)
}

/// The controller's word, or ours from the pods before it has looked and where it says nothing of a metric that fails
/// beside others.
pub(super) fn missing_requests(case: &Case) -> Option<Finding> {
    let word = case.inactive().filter(|it| failure(case, it).cause == Cause::NoRequest);
    let missing = missing(case.cluster, case.autoscaler);
    let summary = match (missing.first(), word) {
        (Some(first), _) => first.to_string(),
        (None, Some(condition)) => condition.message.to_string(),
        (None, None) => return None,
    };
    let severity = if word.is_some() { Severity::Critical } else { Severity::Warning };
    let mut found = case.finding("A111", severity, format!("cannot compute utilization: {summary}"));
    found.evidence = word.into_iter().map(|condition| case.evidence(condition)).collect();
    found.evidence.extend(word.map(|_| before(case)));
    found.evidence.extend(missing.iter().map(|it| format!("spec.containers[].resources.requests: {it}")));
    found.forecast = Some(if word.is_some() {
        "No scaling happens until every container has the request, or another metric can be read.".to_owned()
    } else {
        "The metric fails as a whole while one counted pod lacks the request: no scaling down, and up only by others."
            .to_owned()
    });
    found.remedy =
        "Give every container of the target a request for that resource, sidecars and other pods that its selector matches included."
            .into();
    Some(found)
}

pub(super) fn stale(case: &Case) -> Option<Finding> {
    let autoscaler = case.autoscaler;
    // Without pods that are its own no metric is asked for, whether it could be read or not.
    let condition = case.inactive().filter(|it| !it.reason.ends_with("Selector"))?;
    if autoscaler.desired == autoscaler.current {
        return None;
    }
    let summary = format!(
        "wants {} replicas by metrics that it can no longer read; it has {}",
        autoscaler.desired, autoscaler.current
    );
    let mut found = case.finding("A119", Severity::Info, summary);
    found.evidence = vec![
        format!(
            "status.desiredReplicas={} status.currentReplicas={}",
            autoscaler.desired, autoscaler.current
        ),
        case.evidence(condition),
    ];
    found.forecast = Some("It goes to no number that stands there until its metrics can be read.".to_owned());
    found.remedy =
        "Mend the metrics; until then do not read status.desiredReplicas as what is to come.".into();
    Some(found)
}
