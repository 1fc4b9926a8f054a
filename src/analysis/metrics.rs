//! An autoscaler's metrics: each spec entry beside its reading, as text and as ratio. It proposes no replicas.
//!
//! The API pairs `status.currentMetrics[i]` with `spec.metrics[i]`, leaving an empty element for a metric that failed.
//! A status of an older spec does not line up, so the pair is believed only when the identities agree; otherwise the
//! reading is looked for by identity.

use super::autoscaling::Failure;
use crate::model::autoscaler::{Amount, Autoscaler, Goal, Metric, MetricSource, Reading};
use crate::model::meta::ConditionStatus;
use crate::model::quantity::{bytes, decimal};

/// One metric beside its reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired<'a> {
    /// What is asked for.
    pub metric: &'a Metric,
    /// What was read; `None` when the controller could not read it or has not yet.
    pub reading: Option<&'a Reading>,
    /// Why it could not, in the controller's words, where its conditions say so: they speak of the first that failed.
    pub why: Option<&'a str>,
}

/// Every metric of an autoscaler beside its reading, in the order of the spec.
pub fn paired(autoscaler: &Autoscaler) -> Vec<Paired<'_>> {
    let same = |metric: &Metric, reading: &Reading| reading.source.as_ref() == Some(&metric.source);
    let pair = |(index, metric): (usize, &'_ Metric)| -> Option<&Reading> {
        autoscaler
            .readings
            .get(index)
            .filter(|reading| same(metric, reading))
            .or_else(|| autoscaler.readings.iter().find(|reading| same(metric, reading)))
    };
    let paired = |(index, metric)| Paired { metric, reading: pair((index, metric)), why: None };
    let mut pairs: Vec<Paired<'_>> = autoscaler.metrics.iter().enumerate().map(paired).collect();
    let failed = autoscaler.condition("ScalingActive").filter(|it| it.status == ConditionStatus::False);
    let told = failed.map(|condition| (&*condition.reason, &*condition.message));
    if let Some((reason, message)) = told {
        let unread =
            pairs.iter_mut().filter(|it| it.reading.is_none() && speaks_of(reason, &it.metric.source));
        let many = if reason.ends_with("Selector") { usize::MAX } else { 1 };
        unread.take(many).for_each(|it| it.why = Some(message));
    }
    pairs
}

/// Whether a reason of the condition ScalingActive may be about a metric. Source: kubernetes
/// `pkg/controller/podautoscaler/horizontal.go`.
fn speaks_of(reason: &str, source: &MetricSource) -> bool {
    match reason {
        "FailedGetResourceMetric" => matches!(source, MetricSource::Resource { .. }),
        "FailedGetContainerResourceMetric" => matches!(source, MetricSource::ContainerResource { .. }),
        "FailedGetPodsMetric" => matches!(source, MetricSource::Pods { .. }),
        "FailedGetObjectMetric" => matches!(source, MetricSource::Object { .. }),
        "FailedGetExternalMetric" => matches!(source, MetricSource::External { .. }),
        "InvalidMetricSourceType" => matches!(source, MetricSource::Unknown { .. }),
        "InvalidSelector" | "AmbiguousSelector" => true,
        _ => false,
    }
}

impl Paired<'_> {
    /// `current/target`, for example `88%/80%`, `412Mi/500Mi avg`; an unread metric says why, where that is known:
    /// `unread/80% (nothing serves metrics.k8s.io)`.
    pub fn values(&self) -> String {
        let failure = self.why.map(|words| Failure::of(&self.metric.source, words));
        let why = failure.map_or_else(String::new, |failure| format!(" ({})", failure.text));
        format!("{}{why}", self.plain())
    }

    fn plain(&self) -> String {
        let text = |amount: Option<&Amount>, goal: &Amount| {
            amount.map_or("unread".to_owned(), |amount| like(amount.milli.0, goal))
        };
        let reading = self.reading;
        match &self.metric.goal {
            Goal::Utilization(goal) => {
                let now =
                    reading.and_then(|r| r.utilization).map_or("unread".to_owned(), |now| format!("{now}%"));
                format!("{now}/{goal}%")
            }
            Goal::Value(goal) => {
                format!("{}/{}", text(reading.and_then(|r| r.value.as_ref()), goal), goal.text)
            }
            Goal::AverageValue(goal) => {
                format!("{}/{} avg", text(reading.and_then(|r| r.average.as_ref()), goal), goal.text)
            }
            Goal::Missing => "no target".to_owned(),
        }
    }

    /// Current over target; `None` when it was not read or the target is zero.
    pub fn ratio(&self) -> Option<f64> {
        let reading = self.reading?;
        let of = |now: Option<&Amount>, goal: &Amount| {
            now.filter(|_| goal.milli.0 > 0).map(|now| now.milli.0 as f64 / goal.milli.0 as f64)
        };
        match &self.metric.goal {
            Goal::Utilization(goal) if *goal > 0 => {
                reading.utilization.map(|now| f64::from(now) / f64::from(*goal))
            }
            Goal::Utilization(_) | Goal::Missing => None,
            Goal::Value(goal) => of(reading.value.as_ref(), goal),
            Goal::AverageValue(goal) => of(reading.average.as_ref(), goal),
        }
    }

    /// `name values`, with the kind said where the name alone does not: `cpu 88%/80%`, `external queue{q=a} 17/30`.
    pub fn text(&self) -> String {
        format!("{} {}", name(&self.metric.source), self.values())
    }
}

/// Thousandths in the unit of a goal: the API gives bytes and thousandths where people wrote `400Mi` and `2k`.
pub fn like(milli: i64, goal: &Amount) -> String {
    if goal.text.ends_with('i') { bytes(milli / 1000) } else { decimal(milli) }
}

/// The metric's name with its kind, as short as it stays unambiguous.
pub fn name(source: &MetricSource) -> String {
    let with = |name: &str, selector: &str| {
        if selector.is_empty() { name.to_owned() } else { format!("{name}{{{selector}}}") }
    };
    match source {
        MetricSource::Resource { name } => name.to_string(),
        MetricSource::ContainerResource { name, container } => format!("container {container} {name}"),
        MetricSource::Pods { name, selector } => format!("pods {}", with(name, selector)),
        MetricSource::Object { name, selector, object } => {
            format!("object {object} {}", with(name, selector))
        }
        MetricSource::External { name, selector } => format!("external {}", with(name, selector)),
        MetricSource::Unknown { kind } => format!("unknown kind {kind:?}"),
    }
}
