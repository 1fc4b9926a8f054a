//! Autoscalers as the scenario files write them: what they read, the load on their targets, and what else scales the
//! same workloads.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Span;

/// A HorizontalPodAutoscaler and the load on its target.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Autoscaler {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `Deployment/name` or `StatefulSet/name`.
    pub(crate) target: String,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) age: Span,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    /// autoscaling/v2 behavior.
    pub(crate) behavior: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) owner: Option<Owner>,
    pub(crate) metrics: Vec<Metric>,
}

/// An owner, such as a KEDA ScaledObject.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Owner {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// One metric: its specification as the API has it, and what it will read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Metric {
    /// autoscaling/v2 MetricSpec.
    pub(crate) spec: serde_json::Value,
    #[serde(default)]
    pub(crate) load: Load,
    /// Why the metric cannot be read, when it cannot. Only adapters fail like this; what metrics-server measures fails
    /// with the pods.
    pub(crate) fails: Option<Blind>,
}

/// Why a metric cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Blind {
    /// What should answer is down.
    Unavailable,
    /// Nobody knows the metric.
    Absent,
    /// The answer is empty.
    Empty,
}

/// A load in replicas: how many would meet the target exactly.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Load {
    /// Where there is no course.
    #[serde(default)]
    pub(crate) mean: f64,
    /// How far it goes up and down, as a fraction of the mean.
    #[serde(default)]
    pub(crate) swing: f64,
    /// Seconds of one rise and fall.
    #[serde(default)]
    pub(crate) period: Span,
    /// Random part of each reading, as a fraction of the mean.
    #[serde(default)]
    pub(crate) noise: f64,
    /// The mean at some instants since the beginning of the settling; it goes straight from one to the next, and stays
    /// at the last.
    #[serde(default)]
    pub(crate) course: Vec<Point>,
    /// The instant from which the course repeats itself after its end.
    pub(crate) again: Option<Span>,
}

/// The mean of a load at an instant.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Point {
    pub(crate) at: Span,
    pub(crate) load: f64,
}

/// An object of a kind that the simulation only keeps, such as a KEDA ScaledObject or a VerticalPodAutoscaler.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Custom {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) age: Span,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) spec: serde_json::Value,
    #[serde(default)]
    pub(crate) status: serde_json::Value,
}
