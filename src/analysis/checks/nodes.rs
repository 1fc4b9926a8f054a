//! Node checks `N...`: conditions, heartbeat, cordon. It does not forecast evictions.

use jiff::Timestamp;

use super::{Check, all_nodes};
use crate::analysis::heartbeat::{self, Heartbeat, grace_seconds};
use crate::analysis::node::bad;
use crate::model::cluster::Cluster;
use crate::model::finding::{Finding, Severity};
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::node::Node;
use crate::model::value::age;

/// Findings about nodes.
pub const CHECK: Check = Check {
    name: "nodes",
    subjects: Kind::Node,
    judged: Cluster::judged,
    keys: all_nodes,
    restless: heartbeat::restless,
    of: |cluster, _, key, now| cluster.node(&key.name).map_or_else(Vec::new, |node| of(cluster, node, now)),
};

/// Everything that is wrong with one node.
pub fn of(cluster: &Cluster, node: &Node, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(readiness(cluster, node, now));
    found.extend(node.conditions.iter().filter(|condition| bad(condition)).map(|c| pressure(node, c, now)));
    found.extend(silence(cluster, node, now));
    found.extend(cordoned(cluster, node));
    found
}

fn finding(node: &Node, code: &'static str, severity: Severity, summary: String) -> Finding {
    Finding {
        code,
        severity,
        target: Target::new(Kind::Node, node.meta.key.clone()),
        summary,
        evidence: Vec::new(),
        forecast: None,
        remedy: "".into(),
    }
}

/// A condition as evidence: type, status, reason, message, since.
fn evidence(condition: &Condition, now: Timestamp) -> String {
    let since = condition
        .since
        .map_or(String::new(), |at| format!(", for {}", age(now.duration_since(at).as_secs())));
    format!(
        "status.conditions[{}]={} {}: {}{since}",
        condition.kind,
        condition.status.as_str(),
        condition.reason,
        condition.message
    )
}

fn readiness(cluster: &Cluster, node: &Node, now: Timestamp) -> Option<Finding> {
    let name = &node.meta.key.name;
    let pods = cluster.load(name).map_or(0, |load| load.pods);
    let ready = node.condition("Ready");
    let (code, summary, remedy) = match ready.map(|condition| condition.status) {
        Some(ConditionStatus::True) => return None,
        Some(ConditionStatus::False) => (
            "N101",
            format!("NotReady: its kubelet says {}", ready.map_or("", |c| &*c.reason)),
            "Read the message: the kubelet names what it waits for (runtime, network plugin, storage).",
        ),
        Some(ConditionStatus::Unknown) => (
            "N102",
            format!("Unknown: its kubelet is silent; pods on it: {pods}"),
            "Look at the machine itself: power, network to the API server, the kubelet's service and its log.",
        ),
        None => (
            "N102",
            "no Ready condition: its kubelet never reported".to_owned(),
            "Look at the kubelet's log on that machine.",
        ),
    };
    let mut found = finding(node, code, Severity::Critical, summary);
    found.forecast = eviction(node);
    found.evidence = ready.map(|condition| evidence(condition, now)).into_iter().collect();
    found.evidence.extend(
        node.taints.iter().map(|taint| format!("spec.taints: {}", super::super::taints::full(taint))),
    );
    found.remedy = remedy.into();
    if let (Heartbeat::Fresh(at), "N102") = (Heartbeat::of(cluster, name, now), code) {
        let ago = age(now.duration_since(at).as_secs());
        found.summary =
            format!("Unknown, although its kubelet renewed its lease {ago} ago; pods on it: {pods}");
        found.evidence.push(format!("lease kube-node-lease/{name}: spec.renewTime={at}"));
        found.remedy =
            "The kubelet lives: its next status, at most 5 minutes away, makes the node Ready again.".into();
    }
    Some(found)
}

/// What the taint eviction controller does next, where a NoExecute taint is there to do it by.
fn eviction(node: &Node) -> Option<String> {
    let taint = node.taints.iter().find(|taint| &*taint.effect == "NoExecute")?;
    Some(format!(
        "Pods leave when their toleration of {} runs out (300 s by default); without one at once. On a silent node \
         they stay Terminating until it is back.",
        taint.key
    ))
}

fn pressure(node: &Node, condition: &Condition, now: Timestamp) -> Finding {
    let code = if &*condition.kind == "NetworkUnavailable" { "N104" } else { "N103" };
    let mut found =
        finding(node, code, Severity::Warning, format!("{}: {}", condition.kind, condition.message));
    found.evidence = vec![evidence(condition, now)];
    found.forecast = Some(format!(
        "New pods stay away while the taint {} is there; pods that run are not evicted by it.",
        taint_of(&condition.kind)
    ));
    found.remedy = match &*condition.kind {
        "MemoryPressure" => "Find what uses the memory (kubectl top pod) and set limits, or move pods away.",
        "DiskPressure" => "Free the disk: images, logs, emptyDirs; the condition lingers for 5 minutes.",
        "PIDPressure" => "Find the pod that forks without end and limit its processes.",
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

fn silence(cluster: &Cluster, node: &Node, now: Timestamp) -> Option<Finding> {
    let ready = node.condition("Ready")?;
    if ready.status != ConditionStatus::True {
        return None;
    }
    let name = &node.meta.key.name;
    let grace = grace_seconds(cluster.server.version.as_deref());
    let (severity, summary, forecast) = match Heartbeat::of(cluster, name, now) {
        Heartbeat::Late(_, left) => (
            Severity::Warning,
            "its kubelet has missed a heartbeat".to_owned(),
            format!(
                "Ready becomes Unknown in about {left} s unless the lease is renewed (grace {grace} s by default)."
            ),
        ),
        Heartbeat::Silent(at) => (
            Severity::Critical,
            format!("its kubelet is silent for {}", age(now.duration_since(at).as_secs())),
            format!("Ready becomes Unknown at any moment (grace {grace} s by default)."),
        ),
        Heartbeat::NoLease | Heartbeat::Never => (
            Severity::Warning,
            "it has no heartbeat lease".to_owned(),
            "The controller then goes by the node's status alone, which is written every 5 minutes."
                .to_owned(),
        ),
        Heartbeat::Fresh(_) | Heartbeat::Unknown => return None,
    };
    let mut found = finding(node, "N105", severity, summary);
    if let Some(lease) = cluster.lease(name) {
        let at = lease.renewed.map_or("never".to_owned(), |at| at.to_string());
        found.evidence = vec![format!("lease kube-node-lease/{name}: spec.renewTime={at}")];
    }
    found.forecast = Some(forecast);
    found.remedy = "Look at the kubelet and at its way to the API server.".into();
    Some(found)
}

fn cordoned(cluster: &Cluster, node: &Node) -> Option<Finding> {
    if !node.unschedulable {
        return None;
    }
    let name = &node.meta.key.name;
    let pods = cluster.load(name).map_or(0, |load| load.pods);
    let mut found = finding(node, "N106", Severity::Info, format!("cordoned; pods still on it: {pods}"));
    found.evidence = vec!["spec.unschedulable=true".to_owned()];
    found.remedy = format!("kubectl uncordon {name}, when the work on it is done.").into();
    Some(found)
}
