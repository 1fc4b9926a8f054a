//! Taints and tolerations: who tolerates what. It changes nothing.
//!
//! Source: `k8s.io/component-helpers/scheduling/corev1` and `k8s.io/api/core/v1/toleration.go`.

use serde_json::Value;

use crate::demo::json::{at, list, text};

/// The key of the taint that a cordon brings.
pub(crate) const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// The key of the taint for Ready=False.
pub(crate) const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The key of the taint for Ready=Unknown.
pub(crate) const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Whether one toleration answers one taint. `Gt` and `Lt` are behind a feature gate that is off.
pub(crate) fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (effect, key) = (text(toleration, "/effect"), text(toleration, "/key"));
    if !effect.is_empty() && effect != text(taint, "/effect") || !key.is_empty() && key != text(taint, "/key")
    {
        return false;
    }
    match text(toleration, "/operator") {
        "" | "Equal" => text(toleration, "/value") == text(taint, "/value"),
        "Exists" => true,
        _ => false,
    }
}

/// The first taint of a node that keeps a pod from being placed there.
pub(crate) fn obstacle<'n>(pod: &Value, node: &'n Value) -> Option<&'n Value> {
    let tolerations = list(pod, "/spec/tolerations");
    list(node, "/spec/taints").iter().find(|taint| {
        matches!(text(taint, "/effect"), "NoSchedule" | "NoExecute")
            && !tolerations.iter().any(|toleration| tolerates(toleration, taint))
    })
}

/// How long a pod may stay on a node with certain taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stay {
    /// No NoExecute taint is there, or all of them are tolerated without limit.
    Forever,
    /// The shortest of the limits, in seconds.
    Seconds(i64),
    /// One taint is not tolerated.
    No,
}

/// Judges the NoExecute taints of a node: for each the first toleration in the pod's order that answers it counts.
pub(crate) fn stay(pod: &Value, taints: &[Value]) -> Stay {
    let mut shortest = None;
    for taint in taints.iter().filter(|taint| text(taint, "/effect") == "NoExecute") {
        let answer = list(pod, "/spec/tolerations").iter().find(|toleration| tolerates(toleration, taint));
        let Some(answer) = answer else { return Stay::No };
        if let Some(seconds) = at(answer, "/tolerationSeconds").as_i64() {
            let seconds = seconds.max(0);
            shortest = Some(shortest.map_or(seconds, |known: i64| known.min(seconds)));
        }
    }
    shortest.map_or(Stay::Forever, Stay::Seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_answer_counts_and_the_shortest_limit_wins() {
        let taints = json!([{"key": NOT_READY, "effect": "NoExecute"}, {"key": "gpu", "value": "yes", "effect": "NoSchedule"}]);
        let taints = taints.as_array().unwrap();
        let pod = |tolerations: Value| json!({"spec": {"tolerations": tolerations}});
        let limited = json!({"key": NOT_READY, "operator": "Exists", "tolerationSeconds": 300});
        let all = json!({"operator": "Exists"});
        assert_eq!(stay(&pod(json!([limited, all])), taints), Stay::Seconds(300));
        assert_eq!(stay(&pod(json!([all, limited])), taints), Stay::Forever);
        assert_eq!(stay(&pod(json!([])), taints), Stay::No);
        assert_eq!(stay(&pod(json!([])), &[]), Stay::Forever);
        let negative = json!({"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": -5});
        assert_eq!(stay(&pod(json!([negative])), taints), Stay::Seconds(0));
    }

    #[test]
    fn values_must_be_equal_without_an_operator() {
        let taint = json!({"key": "gpu", "value": "yes", "effect": "NoSchedule"});
        assert!(tolerates(&json!({"key": "gpu", "value": "yes"}), &taint));
        assert!(!tolerates(&json!({"key": "gpu"}), &taint));
        assert!(!tolerates(&json!({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}), &taint));
    }
}
