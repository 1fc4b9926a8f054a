//! Network: each node's pod subnet and its side of the overlay. It reads the API, not the nodes' kernels.

use jiff::Timestamp;

use super::nodes::{self, counting, list, worst};
use super::{Line, Opens, Rows, Section, View, never};
use crate::analysis::addresses::node_capacity;
use crate::analysis::checks;
use crate::analysis::overlay::{Agent, Mesh};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::meta::ConditionStatus;
use crate::model::node::Node;
use crate::model::scope::Scope;
use crate::model::table::{Cell, Column, Row};
use crate::model::text::Str;
use crate::model::value::Value;

/// The network view.
pub const VIEW: View = View {
    id: "network",
    title: "Network",
    question: "Does every node have its own subnet and a sound tunnel endpoint?",
    rows: Rows::Objects(Kind::Node),
    pane: true,
    kinds: &[Kind::Node, Kind::NetworkConfig, Kind::Pod],
    columns: COLUMNS,
    judged: checks::network::CHECK.judged,
    keys: nodes::keys,
    restless: never,
    measured: None,
    at_once: 1000,
    row: keyed,
    opens: Opens::Detail(describe),
    banner: None,
    foot: &[],
    above: 0,
};

const COLUMNS: &[Column] = &[
    Column::text("name", "NODE", 0, 40, "the node's name"),
    Column::text("cidrs", "POD CIDRS", 0, 44, "the node's pod subnets"),
    Column::number("ips", "POD IPS", 2, 14, "pod addresses in use, of those that the subnet has"),
    Column::text("backend", "BACKEND", 3, 12, "the overlay's backend, as the agent annotated it"),
    Column::number("vni", "VNI", 6, 9, "VXLAN network identifier"),
    Column::text("mac", "VTEP MAC", 4, 17, "MAC address of the VXLAN tunnel endpoint"),
    Column::text("endpoint", "PUBLIC IP", 1, 39, "where peers send this node's traffic"),
    Column::text("own", "OWN IP", 5, 6, "whether that is an address of the node"),
    Column::text("agent", "AGENT", 2, 24, "the overlay's pod on the node"),
    Column::text(
        "up",
        "FLANNELISUP",
        7,
        11,
        "whether NetworkUnavailable is False because flannel started once",
    ),
];

fn keyed(cluster: &Cluster, mesh: &Mesh, _scope: &Scope, key: &Key, _now: Timestamp) -> Option<Row> {
    cluster.node(&key.name).map(|node| row(cluster, mesh, node))
}

fn row(cluster: &Cluster, mesh: &Mesh, node: &Node) -> Row {
    let findings = checks::network::of(cluster, mesh, node);
    let marked = |codes: &[&str]| -> Severity {
        findings.iter().filter(|f| codes.contains(&f.code)).map(|f| f.severity).max().unwrap_or_default()
    };
    let overlay = node.overlay.as_ref();
    let text = |text: Option<&Str>| text.map_or(Value::NONE, |text| Value::text(text.to_string()));
    let cidrs = if node.pod_cidrs.is_empty() {
        Value::NONE
    } else {
        Value::List(node.pod_cidrs.iter().map(ToString::to_string).collect())
    };
    let endpoint = overlay.and_then(|o| o.public_ip.as_ref().or(o.public_ip_v6.as_ref()));
    let vni = overlay.and_then(|o| o.vni).map_or(Value::NONE, |vni| Value::Count(i64::from(vni)));
    Row {
        subject: Target::new(Kind::Node, node.meta.key.clone()).into(),
        severity: worst(&findings),
        cells: vec![
            Value::text(node.meta.key.name.to_string()).into(),
            Cell::marked(cidrs, marked(&["F102", "F103", "F104"])),
            addresses(cluster, node),
            Cell::marked(backend(node), marked(&["F101", "F107", "F111"])),
            Cell::marked(vni, marked(&["F108"])),
            Cell::marked(text(overlay.and_then(|o| o.vtep_mac.as_ref())), marked(&["F106"])),
            Cell::marked(text(endpoint), marked(&["F105"])),
            Cell::marked(own_address(node, endpoint), marked(&["F109"])),
            agent(cluster, mesh, node),
            flannel_is_up(node),
        ],
    }
}

fn backend(node: &Node) -> Value {
    match &node.overlay {
        None => Value::Missing("none seen"),
        // flannel writes no type for its oldest backends.
        Some(overlay) if overlay.backend.is_empty() => Value::text("udp or alloc"),
        Some(overlay) => Value::text(overlay.backend.to_string()),
    }
}

fn addresses(cluster: &Cluster, node: &Node) -> Cell {
    let used = cluster.load(&node.meta.key.name).map_or(0, |load| i64::from(load.addresses));
    if !cluster.knows_all(Kind::Pod) {
        return counting(cluster, used).into();
    }
    match node_capacity(node.pod_cidrs.iter().map(|cidr| &**cidr)) {
        Some(all) => {
            let severity = if used >= all { Severity::Warning } else { Severity::Ok };
            Cell::marked(Value::Share(used, all), severity)
        }
        None => Value::Count(used).into(),
    }
}

fn own_address(node: &Node, endpoint: Option<&Str>) -> Value {
    endpoint.map_or(Value::NONE, |ip| Value::Flag(node.addresses.iter().any(|(_, address)| address == ip)))
}

fn agent(cluster: &Cluster, mesh: &Mesh, node: &Node) -> Cell {
    match mesh.agent(cluster, node) {
        Agent::Ready(_) => Value::text("ready").into(),
        Agent::NotReady(pod) if &*pod.status == "Running" => {
            Cell::marked(Value::text("not ready"), Severity::Warning)
        }
        Agent::NotReady(pod) => {
            Cell::marked(Value::text(format!("not ready: {}", pod.status)), Severity::Warning)
        }
        Agent::Absent if mesh.recognised() => Cell::marked(Value::Missing("absent"), Severity::Warning),
        Agent::Absent => Value::NONE.into(),
        Agent::Embedded => Value::Missing("no agent pods").into(),
        Agent::Counting => counting(cluster, 0).into(),
    }
}

/// Written once when flannel starts and never refreshed: a sign that it ran, not that it runs.
fn flannel_is_up(node: &Node) -> Cell {
    match node.condition("NetworkUnavailable") {
        Some(c) if c.status == ConditionStatus::False && &*c.reason == "FlannelIsUp" => {
            Value::Flag(true).into()
        }
        Some(c) if c.status == ConditionStatus::False => Value::text(c.reason.to_string()).into(),
        Some(_) => Cell::marked(Value::Flag(false), Severity::Warning),
        None => Value::NONE.into(),
    }
}

fn describe(cluster: &Cluster, key: &Key, _now: Timestamp) -> Vec<Section> {
    let Some(node) = cluster.node(&key.name) else { return Vec::new() };
    vec![subnet(cluster, node), endpoint(node), configuration(cluster), peers(cluster, node)]
}

fn subnet(cluster: &Cluster, node: &Node) -> Section {
    let used = cluster.load(&node.meta.key.name).map_or(0, |load| load.addresses);
    let mut lines: Vec<Line> = node
        .pod_cidrs
        .iter()
        .map(|cidr| {
            let room = node_capacity(std::iter::once(&**cidr)).map_or("not a CIDR".into(), |all| match all {
                all if all > i64::from(u32::MAX) => "more addresses than pods can use".to_owned(),
                all => format!("{used} of {all} pod addresses in use"),
            });
            Line::new(cidr.to_string(), room)
        })
        .collect();
    if lines.is_empty() {
        lines.push(Line::marked("", "the node has no pod CIDR", Severity::Critical));
    }
    Section { title: "Pod subnet".to_owned(), lines }
}

fn endpoint(node: &Node) -> Section {
    let Some(overlay) = &node.overlay else {
        return Section {
            title: "Overlay".to_owned(),
            lines: vec![Line::new("", "no overlay that foretop knows has annotated this node")],
        };
    };
    let text = |value: &Option<Str>| value.as_deref().unwrap_or("<none>").to_owned();
    let mut lines = vec![
        Line::new("provider", overlay.provider),
        Line::new("backend", overlay.backend.to_string()),
        Line::new("VNI", overlay.vni.map_or("<none>".into(), |vni| vni.to_string())),
        Line::new("VTEP MAC", text(&overlay.vtep_mac)),
        Line::new("public IP", text(&overlay.public_ip)),
        Line::new("IPv6", format!("{} at {}", text(&overlay.vtep_mac_v6), text(&overlay.public_ip_v6))),
    ];
    if let Some(why) = &overlay.unreadable {
        lines.push(Line::marked("unreadable", why.to_string(), Severity::Critical));
    }
    Section { title: "Overlay".to_owned(), lines }
}

fn configuration(cluster: &Cluster) -> Section {
    let lines = cluster.network().into_iter().flat_map(|config| {
        let text = |value: &Option<Str>| value.as_deref().unwrap_or("<none>").to_owned();
        let mut lines = vec![
            Line::new("config map", config.meta.key.to_string()),
            Line::new("network", text(&config.network)),
            Line::new("IPv6 network", text(&config.network_v6)),
            Line::new("backend", config.backend.to_string()),
        ];
        if let Some(why) = &config.unreadable {
            lines.push(Line::marked("unreadable", why.to_string(), Severity::Critical));
        }
        lines
    });
    list("Configuration", lines, "no overlay configuration was found or may be read")
}

/// What this node's kernel should hold per peer, computed from the API; what it does hold cannot be seen from here.
fn peers(cluster: &Cluster, node: &Node) -> Section {
    let own = node.overlay.as_ref().filter(|overlay| &*overlay.backend == "vxlan");
    let mut others: Vec<&Node> = cluster.nodes().filter(|peer| peer.meta.key != node.meta.key).collect();
    others.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    let lines = others.into_iter().filter_map(|peer| {
        let (own, overlay) = (own?, peer.overlay.as_ref().filter(|o| &*o.backend == "vxlan")?);
        let cidr = peer.pod_cidrs.first()?;
        let via = cidr.split('/').next()?;
        let device = format!("flannel.{}", own.vni.unwrap_or(1));
        let mac = overlay.vtep_mac.as_deref()?;
        let ip = overlay.public_ip.as_deref()?;
        let text = format!(
            "route {cidr} via {via} dev {device} onlink; neigh {via} lladdr {mac}; fdb {mac} dst {ip}"
        );
        Some(Line::new(peer.meta.key.name.to_string(), text))
    });
    list(
        "Expected on this node (computed; the kernel is not read)",
        lines,
        "nothing: the backend is not vxlan",
    )
}
