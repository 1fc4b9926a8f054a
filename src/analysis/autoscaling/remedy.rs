//! What mends a failure of an autoscaler, by its cause and by the API that it comes from. It finds no cause.
//!
//! Source: who serves which API: kubernetes documentation, Horizontal Pod Autoscaling, support for metrics APIs; KEDA
//! documentation, architecture (its adapter serves external.metrics.k8s.io alone).

use super::failure::{Api, Cause};

/// What to do about a cause; the words tell apart what has one cause and several cures.
pub(super) fn remedy(cause: Cause, api: Option<Api>, words: &str) -> &'static str {
    match cause {
        Cause::NoAdapter => serve(api),
        Cause::AdapterDown => wake(api),
        Cause::Refused => {
            "Let the account of the autoscaler's controller (kube-system/horizontal-pod-autoscaler) read that metrics API."
        }
        Cause::UnknownMetric => {
            "Check the metric's name, selector and object against what the adapter serves."
        }
        Cause::NoKind => {
            "Correct apiVersion and kind of describedObject in spec.metrics, or install its CRD."
        }
        Cause::NoSamples => measure(api),
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
        Cause::NoTarget => target(words),
        Cause::Other => look(api),
    }
}

/// What mends a target that cannot be read, by the words of the server.
pub fn target(words: &str) -> &'static str {
    let lower = words.to_lowercase();
    let has = |sign: &str| lower.contains(sign);
    if has("no matches for") {
        "Correct apiVersion and kind of spec.scaleTargetRef, or install its CRD: the server knows no such kind."
    } else if has("could not find the requested resource") {
        "Give its CRD a scale subresource (subresources.scale), or name an object of a kind that has one."
    } else if has("forbidden") {
        "Let the account of the autoscaler's controller (kube-system/horizontal-pod-autoscaler) read that scale."
    } else if has("not found") || has("does not exist") {
        "Create the target, correct spec.scaleTargetRef, or delete the autoscaler."
    } else {
        "Check that spec.scaleTargetRef names an existing object whose kind has a scale subresource."
    }
}

/// Nobody serves the API.
fn serve(api: Option<Api>) -> &'static str {
    match api {
        Some(Api::Resource) => {
            "Install metrics-server, which serves metrics.k8s.io; if it is there, mend APIService v1beta1.metrics.k8s.io."
        }
        Some(Api::Custom) => {
            "Install an adapter that serves custom.metrics.k8s.io, such as prometheus-adapter; metrics-server does not."
        }
        Some(Api::External) => {
            "Install KEDA or an adapter that serves external.metrics.k8s.io; metrics-server does not."
        }
        None => "Install what serves that metrics API.",
    }
}

/// It is registered and does not answer.
fn wake(api: Option<Api>) -> &'static str {
    match api {
        Some(Api::Resource) => {
            "Look at the pods of metrics-server: it is registered and does not answer; kubectl get apiservices tells why."
        }
        _ => {
            "Look at the pods of the metrics adapter: it is registered and does not answer; kubectl get apiservices tells why."
        }
    }
}

/// It answers and has nothing.
fn measure(api: Option<Api>) -> &'static str {
    match api {
        Some(Api::Resource) => {
            "Wait for the pods to be ready and measured, a minute or two; if it stays, look at metrics-server and its log."
        }
        Some(Api::External) => "Check the metric's name and selector against what the adapter has series of.",
        _ => {
            "Wait for the pods to be ready and measured; if it stays, look at the metrics adapter and its scrapes."
        }
    }
}

/// Nothing is known but that it does not work.
fn look(api: Option<Api>) -> &'static str {
    match api {
        Some(Api::Resource) => "Look at metrics-server, and whether the pods are ready and measured.",
        Some(Api::External) => "Look at the adapter that serves external.metrics.k8s.io, and its log.",
        _ => "Look at the adapter that serves the metric, and whether the pods are ready and measured.",
    }
}
