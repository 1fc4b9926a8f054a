//! Why a metric or a target cannot be read, told from the controller's words or the metrics API's, and what mends it. It
//! asks nobody.
//!
//! Source: the messages in `pkg/controller/podautoscaler/` and its `metrics/client.go`, Kubernetes 1.36.

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

/// Why a metric, or all of them, cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is behind it.
    pub cause: Cause,
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
    ("no matches for", Cause::NoAdapter),
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
        Self { cause, text: text(cause, source, words), words: words.to_owned() }
    }

    /// A failure that no metric can be blamed for.
    pub fn general(cause: Cause, words: &str) -> Self {
        let text = match cause {
            Cause::NoTarget => words.to_owned(),
            Cause::SharedPods => "several autoscalers count the same pods".to_owned(),
            Cause::NoSelector => "the target's scale has no selector".to_owned(),
            _ => core(words).to_owned(),
        };
        Self { cause, text, words: words.to_owned() }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self.cause {
            Cause::NoAdapter => {
                "Install an adapter that serves that metrics API: metrics-server for cpu and memory."
            }
            Cause::AdapterDown => {
                "Look at the pods of the metrics adapter: it is registered and does not answer."
            }
            Cause::Refused => "Give the autoscaler's controller the right to read that metrics API.",
            Cause::UnknownMetric => {
                "Check the metric's name, selector and object against what the adapter serves."
            }
            Cause::NoSamples => {
                "Wait for the pods to be ready and measured; if it stays, look at the metrics adapter and its scrapes."
            }
            Cause::NoRequest => {
                "Give every container a request for that resource: one sidecar without it is enough to fail."
            }
            Cause::NoContainer => "Name a container that each of the selected pods has.",
            Cause::NoPods => "Look at why the target has no pods, and at its selector.",
            Cause::NoSelector => {
                "Let the scale subresource of the target's kind say a selector (labelSelectorPath)."
            }
            Cause::SharedPods => "Make the selectors of the targets distinct: their pods overlap.",
            Cause::Malformed => "Correct spec.metrics: the kind of target does not fit the kind of metric.",
            Cause::NoTarget => {
                "Check that spec.scaleTargetRef names an existing object whose kind has a scale subresource."
            }
            Cause::Other => {
                "Look at the adapter that serves the metric, and whether the pods are ready and measured."
            }
        }
    }
}

/// The metrics API that serves a metric.
fn api(source: &MetricSource) -> &'static str {
    match source {
        MetricSource::Resource { .. } | MetricSource::ContainerResource { .. } => "metrics.k8s.io",
        MetricSource::External { .. } => "external.metrics.k8s.io",
        _ => "custom.metrics.k8s.io",
    }
}

fn text(cause: Cause, source: &MetricSource, words: &str) -> String {
    let api = api(source);
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
