//! Why a metric or a target cannot be read, told from the controller's words or the metrics API's. It asks nobody; what
//! mends it stands in `remedy`.
//!
//! Source: the messages in `pkg/controller/podautoscaler/` and its `metrics/client.go`, Kubernetes 1.36.

use super::remedy::remedy;
use crate::model::autoscaler::MetricSource;

/// What is behind a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Nobody serves the metrics API.
    NoAdapter,
    /// The metrics API is registered and does not answer.
    AdapterDown,
    /// The metrics API refuses to answer.
    Refused,
    /// The metrics API does not know the metric or its object.
    UnknownMetric,
    /// The server does not know the kind of the object that the metric is of.
    NoKind,
    /// It has no sample, or only samples of pods that do not count.
    NoSamples,
    /// A container or a pod has no request.
    NoRequest,
    /// The container that is named does not exist.
    NoContainer,
    /// The selector finds no pod.
    NoPods,
    /// The scale of the target has no selector, or one that cannot be read.
    NoSelector,
    /// Several autoscalers count the same pods.
    SharedPods,
    /// The metric's target or kind makes no sense.
    Malformed,
    /// The target does not exist, or its kind cannot be scaled.
    NoTarget,
    /// Something else.
    Other,
}

/// An API that autoscalers read metrics from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// What pods use.
    Resource,
    /// Values of pods and of other objects.
    Custom,
    /// Values from outside the cluster.
    External,
}

impl Api {
    /// The one that serves a metric.
    fn of(source: &MetricSource) -> Self {
        match source {
            MetricSource::Resource { .. } | MetricSource::ContainerResource { .. } => Self::Resource,
            MetricSource::External { .. } => Self::External,
            _ => Self::Custom,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Resource => "metrics.k8s.io",
            Self::Custom => "custom.metrics.k8s.io",
            Self::External => "external.metrics.k8s.io",
        }
    }
}

/// Why a metric, or all of them, cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is behind it.
    pub cause: Cause,
    /// Where the metric is read from; `None` when no metric can be blamed.
    pub api: Option<Api>,
    /// In few words: `no request for cpu in container istio-proxy`.
    pub text: String,
    /// As it was said.
    pub words: String,
}

/// Substrings by which a cause is known, the most telling first.
const SIGNS: &[(&str, Cause)] = &[
    ("missing request for", Cause::NoRequest),
    ("missing pod-level request for", Cause::NoRequest),
    ("not found in Pod", Cause::NoContainer),
    ("controlled by multiple HPAs", Cause::SharedPods),
    ("selector is required", Cause::NoSelector),
    ("is missing a selector", Cause::NoSelector),
    ("internal selector object", Cause::NoSelector),
    ("no pods returned by selector", Cause::NoPods),
    ("did not receive metrics for", Cause::NoSamples),
    ("no metrics returned", Cause::NoSamples),
    ("the server could not find the requested resource", Cause::NoAdapter),
    ("registered", Cause::NoAdapter),
    ("no matches for", Cause::NoKind),
    ("currently unable to handle", Cause::AdapterDown),
    ("service unavailable", Cause::AdapterDown),
    ("forbidden", Cause::Refused),
    ("unauthorized", Cause::Refused),
    ("could not find the metric", Cause::UnknownMetric),
    ("not found", Cause::UnknownMetric),
    ("unknown metric source type", Cause::Malformed),
    ("metric source: neither", Cause::Malformed),
];

impl Failure {
    /// The failure of a metric.
    pub fn of(source: &MetricSource, words: &str) -> Self {
        let lower = words.to_lowercase();
        let sign = SIGNS.iter().find(|(sign, _)| lower.contains(&sign.to_lowercase()));
        let cause = sign.map_or(Cause::Other, |(_, cause)| *cause);
        Self { cause, api: Some(Api::of(source)), text: text(cause, source, words), words: words.to_owned() }
    }

    /// A failure that no metric can be blamed for.
    pub fn general(cause: Cause, words: &str) -> Self {
        let text = match cause {
            Cause::NoTarget => words.to_owned(),
            Cause::SharedPods => "several autoscalers count the same pods".to_owned(),
            Cause::NoSelector => "the target's scale has no selector".to_owned(),
            _ => core(words).to_owned(),
        };
        Self { cause, api: None, text, words: words.to_owned() }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        remedy(self.cause, self.api, &self.words)
    }
}

fn text(cause: Cause, source: &MetricSource, words: &str) -> String {
    let api = Api::of(source).name();
    match cause {
        Cause::NoAdapter => format!("nothing serves {api}"),
        Cause::AdapterDown => format!("{api} does not answer"),
        Cause::Refused => format!("{api} refuses"),
        Cause::UnknownMetric => format!("{api} does not know the metric"),
        Cause::NoSamples if words.contains("did not receive") => "no sample of a pod that counts".to_owned(),
        Cause::NoSamples => format!("{api} has no samples"),
        Cause::NoRequest => lacking(words),
        Cause::NoContainer => {
            let name = words.split_once("container ").map_or("", |(_, rest)| rest);
            format!("no container {} in the pods", name.split(' ').next().unwrap_or_default())
        }
        Cause::NoPods => "no pods to measure".to_owned(),
        Cause::SharedPods | Cause::NoSelector => Failure::general(cause, words).text,
        _ => core(words).to_owned(),
    }
}

/// `no request for cpu in container istio-proxy`
fn lacking(words: &str) -> String {
    let rest = words.split_once("request for ").map_or(words, |(_, rest)| rest);
    let rest = rest.split(" of Pod ").next().unwrap_or(rest);
    let rest = rest.split(" in Pod ").next().unwrap_or(rest);
    format!("no request for {rest}")
}

/// The last part of a chain of wrapped errors, which is where it began; whole when that would say too little.
fn core(words: &str) -> &str {
    let last = words.rsplit(": ").next().unwrap_or(words).trim();
    if last.len() < 12 { words } else { last }
}
