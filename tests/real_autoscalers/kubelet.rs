//! The part of the kubelets: how the pods of the random autoscalers are. Times are far from every limit that the
//! controller knows, or the forecast would have to be as uncertain as the clock.
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::dice::Dice;

/// How a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// For an hour.
    Ready,
    /// Ready for a minute: its processor time counts when it was measured after that.
    Young,
    /// Runs for a minute and is not ready.
    Starting,
    /// Runs for long, and was never ready.
    NeverReady,
    /// Runs for long, and was ready once.
    Unready,
    /// Runs, and nobody says whether it is ready.
    Silent,
    /// Runs, and whether it is ready is not known: for long, and for a minute.
    Unknown,
    YoungUnknown,
    Pending,
    /// Ended, for ever: the controllers put another one in its place.
    Failed,
    Succeeded,
}

/// How often a pod is something else than ready, of a hundred: in most rounds everything is well.
pub(crate) fn unrest(dice: &mut Dice) -> usize {
    dice.pick(&[0, 0, 0, 30, 70])
}

pub(crate) fn roll(dice: &mut Dice, unrest: usize) -> Condition {
    if !dice.percent(unrest) {
        return Condition::Ready;
    }
    dice.pick(&[
        Condition::Young,
        Condition::Young,
        Condition::Starting,
        Condition::Starting,
        Condition::NeverReady,
        Condition::Unready,
        Condition::Silent,
        Condition::Unknown,
        Condition::YoungUnknown,
        Condition::Pending,
        Condition::Pending,
        Condition::Failed,
        Condition::Succeeded,
    ])
}

/// Whether nothing ever happens to the pod again.
pub(crate) fn has_ended(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Failed" | "Succeeded"))
        || pod["metadata"]["deletionTimestamp"].is_string()
}

/// The request that makes the pod so.
pub(crate) fn report(pod: &Value, condition: Condition, now: Timestamp) -> (Method, String, Value) {
    let meta = &pod["metadata"];
    let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
    let path = format!("/api/v1/namespaces/{}/pods/{}/status", text(&meta["namespace"]), text(&meta["name"]));
    (Method::PATCH, path, json!({"status": status(condition, now)}))
}

fn status(condition: Condition, now: Timestamp) -> Value {
    let ago =
        |seconds: i64| (now - SignedDuration::from_secs(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let ready = |status: &str, since: i64| json!([{"type": "Ready", "status": status, "lastTransitionTime": ago(since)}]);
    let (phase, started, conditions) = match condition {
        Condition::Ready => ("Running", 3600, ready("True", 3590)),
        Condition::Young => ("Running", 80, ready("True", 60)),
        Condition::Starting => ("Running", 60, ready("False", 60)),
        Condition::NeverReady => ("Running", 1800, ready("False", 1795)),
        Condition::Unready => ("Running", 1800, ready("False", 600)),
        Condition::Silent => ("Running", 1800, json!([])),
        Condition::Unknown => ("Running", 1800, ready("Unknown", 1795)),
        Condition::YoungUnknown => ("Running", 80, ready("Unknown", 60)),
        Condition::Pending => ("Pending", 60, json!([])),
        Condition::Failed => ("Failed", 1800, ready("False", 600)),
        Condition::Succeeded => ("Succeeded", 1800, ready("False", 600)),
    };
    json!({"phase": phase, "startTime": ago(started), "conditions": conditions})
}
