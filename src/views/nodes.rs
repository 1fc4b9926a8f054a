//! Nodes: which are in trouble, since when, why, and how full they are. It forecasts nothing.

use jiff::Timestamp;

use super::{Line, Section, View, itself};
use crate::analysis::heartbeat::{self, Heartbeat};
use crate::analysis::node::{bad, status};
use crate::analysis::overlay::Mesh;
use crate::analysis::taints;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::meta::ConditionStatus;
use crate::model::node::Node;
use crate::model::quantity::{bytes, cores};
use crate::model::scope::Scope;
use crate::model::table::{Cell, Column, Row};
use crate::model::text::Str;
use crate::model::value::{Value, age};

/// The nodes view.
pub const VIEW: View = View {
    id: "nodes",
    title: "Nodes",
    question: "Which nodes are in trouble, since when, and why?",
    rows: Kind::Node,
    pane: true,
    kinds: &[Kind::Node, Kind::NodeLease, Kind::Pod],
    columns: COLUMNS,
    judged: Cluster::judged,
    touched: &[Kind::Node],
    keys,
    concerned: itself,
    restless: heartbeat::restless,
    row: keyed,
    describe,
};

const COLUMNS: &[Column] = &[
    Column::text("name", "NODE", 0, 40, "the node's name"),
    Column::text("status", "STATUS", 0, 36, "Ready, NotReady or Unknown; cordoned; bad conditions by name"),
    Column::text("reason", "REASON", 4, 26, "the reason of the condition that decides the status"),
    Column::number("since", "SINCE", 3, 7, "how long the status has been so"),
    Column::text("roles", "ROLES", 8, 16, "from the node-role labels"),
    Column::text("zone", "ZONE", 6, 14, "the topology zone"),
    Column::text("taints", "TAINTS", 2, 44, "key=value:Effect, NoExecute first, well-known domains left out"),
    Column::number("lease", "LEASE", 3, 7, "how long ago the kubelet renewed its lease"),
    Column::number("pods", "PODS", 1, 13, "pods that take room, of those that the node takes"),
    Column::number("cpu", "CPU REQ", 5, 15, "requests of allocatable cores"),
    Column::number("memory", "MEMORY REQ", 5, 19, "requests of allocatable bytes"),
    Column::text("version", "VERSION", 7, 16, "the kubelet's version"),
    Column::number("age", "AGE", 9, 7, "since the node registered"),
];

/// All nodes.
pub(super) fn keys(cluster: &Cluster, _scope: &Scope) -> Vec<Key> {
    cluster.nodes().map(|node| node.meta.key.clone()).collect()
}

fn keyed(cluster: &Cluster, _mesh: &Mesh, _scope: &Scope, key: &Key, now: Timestamp) -> Option<Row> {
    cluster.node(&key.name).map(|node| row(cluster, node, now))
}

fn row(cluster: &Cluster, node: &Node, now: Timestamp) -> Row {
    let name = &node.meta.key.name;
    let status = status(node);
    let heartbeat = Heartbeat::of(cluster, name, now);
    let severity = status.severity.max(heartbeat.severity());
    let text = |text: &Str| Value::text(text.to_string());
    let optional = |text: &str| if text.is_empty() { Value::NONE } else { Value::text(text.to_owned()) };
    Row {
        target: Target::new(Kind::Node, node.meta.key.clone()),
        severity,
        cells: vec![
            text(name).into(),
            Cell::marked(Value::List(status.words), status.severity),
            Cell::marked(optional(&status.reason), status.severity),
            status.since.map_or(Value::NONE, Value::Since).into(),
            if node.roles.is_empty() { Value::NONE } else { Value::text(node.roles.join(",")) }.into(),
            node.zone.as_ref().map_or(Value::NONE, text).into(),
            taints_cell(node),
            lease_cell(heartbeat),
            pods_cell(cluster, node),
            requests_cell(cluster, node, |load| load.cpu, node.allocatable.cpu, Value::Cpu),
            requests_cell(cluster, node, |load| load.memory, node.allocatable.memory, Value::Bytes),
            optional(&node.system.kubelet).into(),
            node.meta.created.map_or(Value::NONE, |at| Value::Since(at.into())).into(),
        ],
    }
}

fn taints_cell(node: &Node) -> Cell {
    if node.taints.is_empty() {
        return Value::NONE.into();
    }
    let evicts = node.taints.iter().any(|taint| &*taint.effect == "NoExecute");
    let value = Value::Shortened {
        shown: taints::short(&node.taints),
        full: node.taints.iter().map(taints::full).collect(),
    };
    Cell::marked(value, if evicts { Severity::Warning } else { Severity::Ok })
}

fn lease_cell(heartbeat: Heartbeat) -> Cell {
    let value = match heartbeat {
        Heartbeat::Fresh(at) | Heartbeat::Late(at, _) | Heartbeat::Silent(at) => Value::Since(at),
        Heartbeat::Never => Value::Missing("never"),
        Heartbeat::NoLease => Value::NONE,
        Heartbeat::Unknown => Value::Missing("<unknown>"),
    };
    Cell::marked(value, heartbeat.severity())
}

fn pods_cell(cluster: &Cluster, node: &Node) -> Cell {
    let pods = cluster.load(&node.meta.key.name).map_or(0, |load| i64::from(load.pods));
    if !cluster.synced(Kind::Pod) {
        return counting(cluster, pods).into();
    }
    let severity = if pods >= node.allocatable.pods && pods > 0 { Severity::Warning } else { Severity::Ok };
    Cell::marked(Value::Share(pods, node.allocatable.pods), severity)
}

/// What stands in a column computed from pods while they are still being listed, or may not be read.
pub(super) fn counting(cluster: &Cluster, so_far: i64) -> Value {
    use crate::model::change::Freshness;
    match cluster.freshness(Kind::Pod) {
        Freshness::Forbidden { .. } => Value::Missing("<forbidden>"),
        _ => Value::Counting(so_far),
    }
}

fn requests_cell(
    cluster: &Cluster,
    node: &Node,
    used: fn(&crate::model::totals::NodeLoad) -> i64,
    allocatable: i64,
    value: fn(i64, i64) -> Value,
) -> Cell {
    if !cluster.synced(Kind::Pod) {
        return counting(cluster, cluster.load(&node.meta.key.name).map_or(0, |load| i64::from(load.pods)))
            .into();
    }
    let used = cluster.load(&node.meta.key.name).map_or(0, used);
    let severity = if used > allocatable { Severity::Warning } else { Severity::Ok };
    Cell::marked(value(used, allocatable), severity)
}

fn describe(cluster: &Cluster, key: &Key, now: Timestamp) -> Vec<Section> {
    let Some(node) = cluster.node(&key.name) else { return Vec::new() };
    vec![
        about(node, now),
        conditions(node, now),
        heartbeat(cluster, node, now),
        list("Taints", node.taints.iter().map(|taint| taint_line(taint, now)), "no taints"),
        room(cluster, node),
        list(
            "Addresses",
            node.addresses.iter().map(|(kind, ip)| Line::new(kind.to_string(), ip.to_string())),
            "none",
        ),
    ]
}

fn about(node: &Node, now: Timestamp) -> Section {
    let status = status(node);
    let or_none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
    let lines = vec![
        Line::marked("status", status.words.join(", "), status.severity),
        Line::new("roles", or_none(&node.roles.join(", "))),
        Line::new("zone", node.zone.as_deref().unwrap_or("<none>")),
        Line::new("region", node.region.as_deref().unwrap_or("<none>")),
        Line::new(
            "age",
            node.meta.created.map_or("<unknown>".into(), |at| age(now.duration_since(at.into()).as_secs())),
        ),
        Line::new("kubelet", or_none(&node.system.kubelet)),
        Line::new("runtime", or_none(&node.system.runtime)),
        Line::new("os", or_none(&node.system.os_image)),
        Line::new("platform", or_none(&node.system.platform)),
        Line::new("kernel", or_none(&node.system.kernel)),
        Line::new("pod CIDRs", or_none(&node.pod_cidrs.join(", "))),
    ];
    Section { title: "Node".to_owned(), lines }
}

fn conditions(node: &Node, now: Timestamp) -> Section {
    let lines = node.conditions.iter().map(|condition| {
        let since = condition
            .since
            .map_or(String::new(), |at| format!(" for {}", age(now.duration_since(at).as_secs())));
        let severity = match (&*condition.kind, condition.status) {
            ("Ready", ConditionStatus::True) => Severity::Ok,
            ("Ready", _) => Severity::Critical,
            _ if bad(condition) => Severity::Warning,
            _ => Severity::Ok,
        };
        let text =
            format!("{}{since}, {}: {}", condition.status.as_str(), condition.reason, condition.message);
        Line::marked(condition.kind.to_string(), text, severity)
    });
    list("Conditions", lines, "the kubelet has posted no conditions")
}

fn heartbeat(cluster: &Cluster, node: &Node, now: Timestamp) -> Section {
    let heartbeat = Heartbeat::of(cluster, &node.meta.key.name, now);
    let ago = |at: Timestamp| format!("renewed {} ago, at {at}", age(now.duration_since(at).as_secs()));
    let text = match heartbeat {
        Heartbeat::Fresh(at) | Heartbeat::Silent(at) => ago(at),
        Heartbeat::Late(at, left) => format!("{}; Unknown in about {left} s unless renewed", ago(at)),
        Heartbeat::Never => "never renewed".to_owned(),
        Heartbeat::NoLease => "there is no lease of this name in kube-node-lease".to_owned(),
        Heartbeat::Unknown => "not known: leases are not readable, or still being listed".to_owned(),
    };
    Section { title: "Heartbeat".to_owned(), lines: vec![Line::marked("lease", text, heartbeat.severity())] }
}

fn taint_line(taint: &crate::model::node::Taint, now: Timestamp) -> Line {
    let since = taint
        .added
        .map_or("no time recorded".to_owned(), |at| format!("for {}", age(now.duration_since(at).as_secs())));
    let severity = if &*taint.effect == "NoExecute" { Severity::Warning } else { Severity::Ok };
    Line::marked(taints::full(taint), since, severity)
}

fn room(cluster: &Cluster, node: &Node) -> Section {
    let load = cluster.load(&node.meta.key.name).cloned().unwrap_or_default();
    let share = |used: i64, all: i64| {
        if all > 0 { format!(" ({}%)", i128::from(used) * 100 / i128::from(all)) } else { String::new() }
    };
    let (can, has) = (&node.allocatable, &node.capacity);
    let unit = "requested of allocatable";
    let lines = vec![
        Line::new("pods", format!("{} of {} (capacity {})", load.pods, can.pods, has.pods)),
        Line::new(
            "cpu",
            format!(
                "{} of {} {unit}{}; capacity {}",
                cores(load.cpu),
                cores(can.cpu),
                share(load.cpu, can.cpu),
                cores(has.cpu)
            ),
        ),
        Line::new(
            "memory",
            format!(
                "{} of {} {unit}{}; capacity {}",
                bytes(load.memory),
                bytes(can.memory),
                share(load.memory, can.memory),
                bytes(has.memory)
            ),
        ),
        Line::new(
            "disk",
            format!(
                "{} allocatable; capacity {}",
                bytes(can.ephemeral_storage),
                bytes(has.ephemeral_storage)
            ),
        ),
    ];
    Section { title: "Room".to_owned(), lines }
}

/// A section of lines, or one line that says that there are none.
pub(super) fn list(title: &str, lines: impl Iterator<Item = Line>, none: &str) -> Section {
    let mut lines: Vec<Line> = lines.collect();
    if lines.is_empty() {
        lines.push(Line::new("", none));
    }
    Section { title: title.to_owned(), lines }
}

/// The worst of an object's findings.
pub(super) fn worst(findings: &[crate::model::finding::Finding]) -> Severity {
    findings.iter().map(|finding| finding.severity).max().unwrap_or_default()
}
