//! Nodes: which are in trouble, since when, why, what the controllers do next, and how full they are.

use jiff::Timestamp;

use super::{Line, Measures, Opens, Rows, Section, View, zones};
use crate::analysis::checks;
use crate::analysis::heartbeat::Heartbeat;
use crate::analysis::node::status;
use crate::analysis::overlay::Mesh;
use crate::analysis::standing::{Standing, restless};
use crate::analysis::taints;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::room::Sum;
use crate::model::scope::Scope;
use crate::model::table::{Cell, Column, Row, Table};
use crate::model::text::Str;
use crate::model::totals::NodeLoad;
use crate::model::value::{Shortened, Value};

mod detail;
pub mod kubelet;
mod leaving;
pub mod machine;
mod next;
mod room;
mod usage;

/// The nodes view.
pub const VIEW: View = View {
    id: "nodes",
    title: "Nodes",
    question: "Which nodes are in trouble, since when, why, and what happens next?",
    rows: Rows::Objects(Kind::Node),
    pane: true,
    kinds: &[Kind::Node, Kind::NodeLease, Kind::Pod],
    columns: COLUMNS,
    judged: checks::nodes::CHECK.judged,
    keys,
    restless,
    measured: Some(Measures { since: Cluster::measured, refresh }),
    at_once: 1000,
    row: keyed,
    opens: Opens::Detail(detail::describe),
    banner: Some(zones::BANNER),
    foot: &[],
    above: 0,
};

const COLUMNS: &[Column] = &[
    Column::text("name", "NODE", 0, 40, "the node's name"),
    Column::text("status", "STATUS", 0, 36, "Ready, NotReady or Unknown; cordoned; bad conditions by name"),
    Column::text("reason", "REASON", 5, 26, "the reason of the condition that decides the status"),
    Column::number("since", "SINCE", 1, 7, "how long the status has been so"),
    Column::text(
        "next",
        "NEXT",
        1,
        46,
        "what the controllers do next: pods that leave and stay, taints to come",
    )
    .comfortable(40),
    Column::text("roles", "ROLES", 8, 16, "from the node-role labels"),
    Column::text("zone", "ZONE", 7, 14, "the topology zone"),
    Column::text("taints", "TAINTS", 3, 44, "key=value:Effect, NoExecute first, well-known domains left out"),
    Column::number("lease", "LEASE", 4, 7, "how long ago the kubelet renewed its lease"),
    Column::number("pods", "PODS", 2, 13, "pods that take room, of those that the node takes"),
    Column::number("cpu", "CPU REQ", 6, 15, "requests of allocatable cores"),
    Column::number("memory", "MEMORY REQ", 6, 19, "requests of allocatable bytes"),
    Column::number("cpu-used", "CPU USED", 6, 20, "measured use of allocatable cores, from metrics.k8s.io"),
    Column::number("memory-used", "MEMORY USED", 6, 22, "measured use of allocatable bytes, likewise"),
    Column::number(
        "cpu-limits",
        "CPU LIMITS",
        11,
        15,
        "limits of allocatable cores; over 100% is overcommitted",
    ),
    Column::number("memory-limits", "MEMORY LIMITS", 11, 19, "limits of allocatable bytes, likewise"),
    Column::number(
        "cpu-trend",
        "CPU TREND",
        8,
        12,
        "measured use of cores in the last minutes, the newest right",
    ),
    Column::text("version", "VERSION", 9, 16, "the kubelet's version"),
    Column::number("age", "AGE", 10, 7, "since the node registered"),
];

/// All nodes.
pub(super) fn keys(cluster: &Cluster, _scope: &Scope) -> Vec<Key> {
    cluster.nodes().map(|node| node.meta.key.clone()).collect()
}

fn keyed(cluster: &Cluster, _mesh: &Mesh, _scope: &Scope, key: &Key, now: Timestamp) -> Option<Row> {
    cluster.node(&key.name).map(|node| row(cluster, node, now))
}

/// Puts the measurements into a row.
fn refresh(cluster: &Cluster, key: &Key, row: &mut Row) -> bool {
    let Some(node) = cluster.node(&key.name) else { return false };
    let mut news = false;
    for (id, cell) in ["cpu-used", "memory-used", "cpu-trend"].into_iter().zip(usage::cells(cluster, node)) {
        let old = Table::column(COLUMNS, id).and_then(|at| row.cells.get_mut(at));
        if let Some(old) = old.filter(|old| **old != cell) {
            *old = cell;
            news = true;
        }
    }
    news
}

fn row(cluster: &Cluster, node: &Node, now: Timestamp) -> Row {
    let name = &node.meta.key.name;
    let status = status(node);
    let standing = Standing::of(cluster, node, now);
    let troubles = standing.troubles(cluster);
    let worst = troubles.iter().map(|trouble| standing.severity(trouble)).max().unwrap_or_default();
    let severity = status.severity.max(standing.heartbeat.severity()).max(worst);
    let text = |text: &Str| Value::text(text.to_string());
    let optional = |text: &str| if text.is_empty() { Value::NONE } else { Value::text(text.to_owned()) };
    let [cpu, memory, trend] = usage::cells(cluster, node);
    Row {
        subject: Target::new(Kind::Node, node.meta.key.clone()).into(),
        severity,
        cells: vec![
            text(name).into(),
            Cell::marked(Value::List(status.words), status.severity),
            Cell::marked(optional(&status.reason), status.severity),
            status.since.map_or(Value::NONE, Value::Since).into(),
            next::cell(cluster, &standing),
            if node.roles.is_empty() { Value::NONE } else { Value::text(node.roles.join(",")) }.into(),
            node.zone.as_ref().map_or(Value::NONE, text).into(),
            taints_cell(node),
            lease_cell(standing.heartbeat),
            pods_cell(cluster, node),
            requests_cell(cluster, node, |load| load.cpu, node.allocatable.cpu, Value::Cpu),
            requests_cell(cluster, node, |load| load.memory, node.allocatable.memory, Value::Bytes),
            cpu,
            memory,
            room::limits_cell(cluster, node, |load| load.room.cpu, node.allocatable.cpu, Value::Cpu),
            room::limits_cell(cluster, node, |load| load.room.memory, node.allocatable.memory, Value::Bytes),
            trend,
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
    let value = Shortened {
        shown: taints::short(&node.taints),
        full: node.taints.iter().map(taints::full).collect(),
    };
    Cell::marked(value.into(), if evicts { Severity::Warning } else { Severity::Ok })
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
    if !cluster.knows_all(Kind::Pod) {
        return counting(cluster, pods).into();
    }
    let severity = if pods >= node.allocatable.pods && pods > 0 { Severity::Warning } else { Severity::Ok };
    Cell::marked(Value::Share(pods, node.allocatable.pods), severity)
}

/// What stands in a column computed from pods while they are still being listed, or may not all be read.
pub(super) fn counting(cluster: &Cluster, so_far: i64) -> Value {
    use crate::model::change::Freshness;
    match cluster.freshness(Kind::Pod) {
        Freshness::Forbidden { .. } => Value::Missing("<forbidden>"),
        // What one namespace adds up to says nothing about a node.
        _ if cluster.narrowed(Kind::Pod).is_some() => Value::Missing("<not all>"),
        _ => Value::Counting(so_far),
    }
}

fn requests_cell(
    cluster: &Cluster,
    node: &Node,
    used: fn(&NodeLoad) -> Sum,
    allocatable: i64,
    value: fn(i64, i64) -> Value,
) -> Cell {
    if !cluster.knows_all(Kind::Pod) {
        return counting(cluster, cluster.load(&node.meta.key.name).map_or(0, |load| i64::from(load.pods)))
            .into();
    }
    let used = cluster.load(&node.meta.key.name).map_or(0, |load| used(load).get());
    let severity = if used > allocatable { Severity::Warning } else { Severity::Ok };
    Cell::marked(value(used, allocatable), severity)
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
