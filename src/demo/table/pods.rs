//! The table of pods: what `kubectl get pods` calls a pod's status is put together here.

use jiff::Timestamp;
use serde_json::Value;

use super::{Layout, column, created, name, or_none, wide};
use crate::demo::json::{has, list, number, text, time, truth};
use crate::demo::time::{age, seconds_between};

pub(super) const PODS: Layout = Layout {
    columns: &[
        column("Name"),
        column("Ready"),
        column("Status"),
        column("Restarts"),
        column("Age"),
        wide("IP"),
        wide("Node"),
        wide("Nominated Node"),
        wide("Readiness Gates"),
    ],
    cells,
};

fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let statuses = list(pod, "/status/containerStatuses");
    let ready = statuses.iter().filter(|one| truth(one, "/ready") && has(one, "/state/running")).count();
    let restarts: i64 = statuses.iter().map(|one| number(one, "/restartCount")).sum();
    let last = statuses.iter().filter_map(|one| time(one, "/lastState/terminated/finishedAt")).max();
    let restarted = match last {
        Some(last) if restarts > 0 => format!("{restarts} ({} ago)", age(seconds_between(last, now))),
        _ => restarts.to_string(),
    };
    vec![
        name(pod),
        format!("{ready}/{}", list(pod, "/spec/containers").len()).into(),
        status(pod).into(),
        restarted.into(),
        created(pod, now),
        or_none(text(pod, "/status/podIP")),
        or_none(text(pod, "/spec/nodeName")),
        or_none(text(pod, "/status/nominatedNodeName")),
        or_none(""),
    ]
}

fn status(pod: &Value) -> String {
    let phase = text(pod, "/status/phase");
    let mut reason = phase;
    if has(pod, "/status/reason") {
        reason = text(pod, "/status/reason");
    }
    for status in list(pod, "/status/containerStatuses").iter().rev() {
        let waiting = text(status, "/state/waiting/reason");
        let ended = text(status, "/state/terminated/reason");
        if !waiting.is_empty() {
            reason = waiting;
        } else if !ended.is_empty() {
            reason = ended;
        }
    }
    let finished = matches!(phase, "Succeeded" | "Failed");
    if has(pod, "/metadata/deletionTimestamp") && text(pod, "/status/reason") == "NodeLost" {
        reason = "Unknown";
    } else if has(pod, "/metadata/deletionTimestamp") && !finished {
        reason = "Terminating";
    }
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_is_called_by_its_trouble() {
        let waiting = json!({"status": {"phase": "Running", "containerStatuses": [
            {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}, {"state": {"running": {}}}]}});
        assert_eq!(status(&waiting), "CrashLoopBackOff");
        let going = json!({"metadata": {"deletionTimestamp": "2026-03-01T10:00:00Z"}, "status": {"phase": "Running"}});
        assert_eq!(status(&going), "Terminating");
        assert_eq!(status(&json!({"status": {"phase": "Failed", "reason": "Evicted"}})), "Evicted");
    }
}
