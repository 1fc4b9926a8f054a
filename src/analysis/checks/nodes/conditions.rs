//! What a node's conditions say: not ready, unknown, under pressure, without a network.

use super::{Case, consequence};
use crate::analysis::cause::Cause;
use crate::analysis::heartbeat::Heartbeat;
use crate::model::finding::Finding;
use crate::model::meta::Condition;

pub(super) fn not_ready(case: &Case, ready: &Condition) -> Finding {
    let why = Cause::of(&ready.message);
    let what = match why.words() {
        "" => format!("its kubelet says {}", ready.reason),
        words => words.to_owned(),
    };
    let mut found = case.finding("N101", format!("NotReady: {what}"));
    found.evidence = vec![case.evidence(ready)];
    found.evidence.extend(case.taints());
    found.forecast = consequence(case.standing);
    found.remedy = why.remedy().into();
    found
}

pub(super) fn unknown(case: &Case, ready: Option<&Condition>) -> Finding {
    let name = &case.node().meta.key.name;
    let pods = case.cluster.load(name).map_or(0, |load| load.pods);
    let never = ready.is_some_and(|ready| &*ready.reason == "NodeStatusNeverUpdated");
    let (summary, remedy) = if never {
        (
            format!("Unknown: its kubelet never posted its status; pods on it: {pods}"),
            "Look at the kubelet's log on that machine: it registered, and then could not write its status.",
        )
    } else if ready.is_some() {
        (
            format!("Unknown: its kubelet is silent; pods on it: {pods}"),
            "Look at the machine itself: power, network to the API server, the kubelet's service and its log.",
        )
    } else {
        (
            "no Ready condition: its kubelet never reported".to_owned(),
            "Look at the kubelet's log on that machine.",
        )
    };
    let mut found = case.finding("N102", summary);
    found.evidence = ready.map(|condition| case.evidence(condition)).into_iter().collect();
    found.evidence.extend(case.taints());
    found.forecast = consequence(case.standing);
    found.remedy = remedy.into();
    if let Heartbeat::Fresh(at) = case.standing.heartbeat {
        let ago = case.ago(at);
        found.summary =
            format!("Unknown, although its kubelet renewed its lease {ago} ago; pods on it: {pods}");
        found.evidence.push(format!("lease kube-node-lease/{name}: spec.renewTime={at}"));
        found.remedy =
            "The kubelet lives: its next status, at most 5 minutes away, makes the node Ready again.".into();
    }
    found
}

pub(super) fn pressure(case: &Case, condition: &Condition) -> Finding {
    let code = if &*condition.kind == "NetworkUnavailable" { "N104" } else { "N103" };
    let mut found = case.finding(code, format!("{}: {}", condition.kind, condition.message));
    found.evidence = vec![case.evidence(condition)];
    let kubelet = if code == "N103" {
        " The kubelet itself evicts while the pressure lasts, asks no budget, and spares static and critical pods."
    } else {
        ""
    };
    found.forecast = Some(format!(
        "New pods stay away while the taint {} is there; no running pod is evicted by it.{kubelet}",
        taint_of(&condition.kind)
    ));
    found.remedy = match &*condition.kind {
        "MemoryPressure" => "Find what uses the memory (kubectl top pod) and set limits, or move pods away.",
        "DiskPressure" => {
            "Free the disk of the kubelet or of the images (df -h, df -i): unused images, logs, emptyDirs; the condition \
             lingers for 5 minutes."
        }
        "PIDPressure" => {
            "Find the pod that forks without end, and limit it: podPidsLimit in the kubelet's configuration."
        }
        _ => "Look at the overlay network's agent on that node.",
    }
    .into();
    found
}

/// The taint that the node lifecycle controller writes for a condition.
fn taint_of(condition: &str) -> &'static str {
    match condition {
        "MemoryPressure" => "node.kubernetes.io/memory-pressure:NoSchedule",
        "DiskPressure" => "node.kubernetes.io/disk-pressure:NoSchedule",
        "PIDPressure" => "node.kubernetes.io/pid-pressure:NoSchedule",
        _ => "node.kubernetes.io/network-unavailable:NoSchedule",
    }
}
