//! Whether a toleration answers a taint, for how long, and who wrote it. It judges no nodes.
//!
//! Source: `k8s.io/api/core/v1/toleration.go`; `GetMinTolerationTime` of `pkg/controller/tainteviction`;
//! `plugin/pkg/admission/defaulttolerationseconds`.

use crate::model::node::Taint;
use crate::model::pod::{Pod, Toleration};

/// The effect that evicts.
pub const NO_EXECUTE: &str = "NoExecute";
/// The taint of Ready=False.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The taint of Ready=Unknown.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// How long admission lets a pod tolerate these two where it does not say, in seconds.
pub const DEFAULT_SECONDS: i64 = 300;

/// Whether the operators `Gt` and `Lt` mean anything: the gate `TaintTolerationComparisonOperators`, alpha since 1.35
/// and off by default. The API does not show it, so it is an assumption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparisons {
    /// They tolerate nothing.
    #[default]
    Off,
    /// They compare whole numbers.
    On,
}

/// Whether a toleration answers a taint.
pub fn tolerates(toleration: &Toleration, taint: &Taint, comparisons: Comparisons) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key = toleration.key.is_empty() || toleration.key == taint.key;
    effect && key && operator_holds(toleration, taint, comparisons)
}

fn operator_holds(toleration: &Toleration, taint: &Taint, comparisons: Comparisons) -> bool {
    match &*toleration.operator {
        "" | "Equal" => toleration.value == taint.value,
        "Exists" => true,
        "Gt" | "Lt" if comparisons == Comparisons::On => {
            let (Some(borne), Some(bound)) = (whole(&taint.value), whole(&toleration.value)) else {
                return false;
            };
            if &*toleration.operator == "Gt" { borne > bound } else { borne < bound }
        }
        _ => false,
    }
}

/// A whole number in the one form that the API takes: no plus sign, no leading zero, no fraction.
fn whole(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Whether a toleration compares numbers, which only a gate that the API does not show makes work.
pub fn compares(toleration: &Toleration) -> bool {
    matches!(&*toleration.operator, "Gt" | "Lt")
}

/// The place of the first toleration, in the pod's order, that answers a taint: that one counts.
pub fn first(tolerations: &[Toleration], taint: &Taint, comparisons: Comparisons) -> Option<usize> {
    tolerations.iter().position(|toleration| tolerates(toleration, taint, comparisons))
}

/// The shortest time of some tolerations in seconds: `None` when all are for ever, zero when there are none.
pub fn shortest(seconds: &[Option<i64>]) -> Option<i64> {
    if seconds.is_empty() {
        return Some(0);
    }
    seconds.iter().flatten().map(|seconds| (*seconds).max(0)).min()
}

/// The keys for which admission adds a toleration of [`DEFAULT_SECONDS`]: those for which the pod brings none. It
/// looks at key and effect alone, whatever the operator and the value say.
pub fn defaults_added(tolerations: &[Toleration]) -> Vec<&'static str> {
    let brings = |key: &str| {
        tolerations.iter().any(|it| {
            (it.key.is_empty() || &*it.key == key) && (it.effect.is_empty() || &*it.effect == NO_EXECUTE)
        })
    };
    [NOT_READY, UNREACHABLE].into_iter().filter(|key| !brings(key)).collect()
}

/// Who wrote a toleration, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Admission, for a pod that did not say.
    Admission,
    /// The DaemonSet controller.
    DaemonSet,
    /// The kubelet, for a static pod.
    Kubelet,
    /// The pod's author.
    Author,
}

impl Writer {
    /// Who wrote a pod's toleration.
    pub fn of(pod: &Pod, toleration: &Toleration) -> Self {
        let lifecycle = matches!(&*toleration.key, NOT_READY | UNREACHABLE);
        let exists = &*toleration.operator == "Exists" && &*toleration.effect == NO_EXECUTE;
        let daemon = pod.meta.controller.as_ref().is_some_and(|owner| &*owner.kind == "DaemonSet");
        match toleration.seconds {
            Some(DEFAULT_SECONDS) if lifecycle && exists => Self::Admission,
            None if lifecycle && exists && daemon => Self::DaemonSet,
            None if toleration.key.is_empty() && exists && pod.template.mirror => Self::Kubelet,
            _ => Self::Author,
        }
    }

    /// In few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Admission => "added by admission, which gives every pod 300 s",
            Self::DaemonSet => "added by the DaemonSet controller",
            Self::Kubelet => "added by the kubelet for its static pods",
            Self::Author => "written in the pod",
        }
    }
}
