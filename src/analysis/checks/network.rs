//! Network checks `F...`: whether what the overlay's agents wrote on the nodes fits together. It reads only the API:
//! what is in the nodes' kernels it cannot know.

use super::{Check, Diagnosis, all_nodes, never};
use crate::analysis::addresses::contains;
use crate::analysis::overlay::{Agent, Mesh};
use crate::model::cluster::Cluster;
use crate::model::finding::{Finding, Severity};
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::text::Str;

mod rules;

/// Findings about the overlay network.
pub const CHECK: Check = Check {
    name: "network",
    subjects: Kind::Node,
    rules: rules::RULES,
    judged: |cluster, mesh| cluster.judged(&[Kind::Node, Kind::NetworkConfig, Kind::Pod]).max(mesh.revision),
    keys: all_nodes,
    restless: never,
    of: |cluster, mesh, key, _| {
        let node = cluster.node(&key.name);
        Diagnosis::for_ever(node.map_or_else(Vec::new, |node| of(cluster, mesh, node)))
    },
};

/// Everything that is wrong with one node's part of the overlay; nothing when no overlay is recognised.
pub fn of(cluster: &Cluster, mesh: &Mesh, node: &Node) -> Vec<Finding> {
    if !mesh.recognised() {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(not_joined(node));
    found.extend(subnet(cluster, node));
    found.extend(shared(mesh, node));
    found.extend(different(cluster, mesh, node));
    found.extend(foreign_address(node));
    found.extend(agent(cluster, mesh, node));
    found
}

fn finding(node: &Node, code: &'static str, severity: Severity, summary: &str, evidence: String) -> Finding {
    Finding {
        code,
        severity,
        target: Target::new(Kind::Node, node.meta.key.clone()),
        summary: summary.to_owned(),
        evidence: vec![evidence],
        forecast: None,
        remedy: "".into(),
    }
}

fn not_joined(node: &Node) -> Option<Finding> {
    let Some(overlay) = &node.overlay else {
        let evidence = "no annotation flannel.alpha.coreos.com/kube-subnet-manager=true".to_owned();
        let mut found =
            finding(node, "F101", Severity::Critical, "its agent never joined the overlay", evidence);
        found.forecast = Some("Peers ignore the node; its pods reach no other node's pods.".to_owned());
        found.remedy = "Look at the agent's pod on that node and its log.".into();
        return Some(found);
    };
    let why = overlay.unreadable.as_ref()?;
    let mut found =
        finding(node, "F111", Severity::Critical, "its annotation cannot be read", why.to_string());
    found.remedy = "Restart the agent's pod on that node: it writes the annotation anew.".into();
    Some(found)
}

fn subnet(cluster: &Cluster, node: &Node) -> Option<Finding> {
    if node.pod_cidrs.is_empty() {
        let summary = "it has no pod CIDR";
        let mut found =
            finding(node, "F102", Severity::Critical, summary, "spec.podCIDRs is empty".to_owned());
        found.remedy =
            "Start kube-controller-manager with --allocate-node-cidrs, or give it a larger --cluster-cidr."
                .into();
        return Some(found);
    }
    let config = cluster.network()?;
    let outside = node.pod_cidrs.iter().find(|cidr| {
        let v6 = cidr.contains(':');
        let network = if v6 { config.network_v6.as_deref() } else { config.network.as_deref() };
        network.is_some_and(|network| contains(network, cidr) == Some(false))
    })?;
    let network = config.network.as_deref().unwrap_or("<none>");
    let evidence = format!("spec.podCIDRs has {outside}; {} says Network {network}", config.meta.key);
    let summary = format!("its pod CIDR {outside} is outside the overlay's network {network}");
    let mut found = finding(node, "F103", Severity::Critical, &summary, evidence);
    found.remedy =
        "Make Network in net-conf.json and the controller manager's --cluster-cidr the same.".into();
    Some(found)
}

/// What no two nodes may share.
fn shared(mesh: &Mesh, node: &Node) -> Vec<Finding> {
    let name = &node.meta.key.name;
    let mut found = Vec::new();
    for (cidr, others) in mesh.overlapping(name) {
        let mut one = finding(
            node,
            "F104",
            Severity::Critical,
            &format!("its pod CIDR {cidr} overlaps that of {}", others.join(", ")),
            format!("spec.podCIDRs of {name} and {}", others.join(", ")),
        );
        one.forecast =
            Some("These nodes hold no routes to each other; third nodes reach only one of them.".to_owned());
        one.remedy = "Delete and re-register all but one of these nodes.".into();
        found.push(one);
    }
    let Some(overlay) = &node.overlay else { return found };
    for (code, what, value, table) in [
        ("F105", "tunnel endpoint", overlay.public_ip.as_ref(), &mesh.public_ips),
        ("F106", "VTEP MAC", overlay.vtep_mac.as_ref(), &mesh.vtep_macs),
    ] {
        let Some(value) = value else { continue };
        let sharing = table.get(value).map_or(&[][..], Vec::as_slice);
        if sharing.len() < 2 {
            continue;
        }
        let others = others(sharing, name);
        let summary = format!("its {what} {value} is also that of {others}");
        let evidence = format!("annotations of {name} and {others}");
        let mut one = finding(node, code, Severity::Critical, &summary, evidence);
        one.remedy = "Set flannel's --iface or the annotation public-ip-overwrite, then restart the agents of these nodes.".into();
        found.push(one);
    }
    found
}

/// The first few names besides one's own, and how many more there are.
fn others(names: &[Str], own: &str) -> String {
    const NAMED: usize = 4;
    let first: Vec<&str> = names.iter().map(|name| &**name).filter(|name| *name != own).take(NAMED).collect();
    let more = names.len().saturating_sub(1 + first.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", first.join(", "))
}

/// What all nodes must share.
fn different(cluster: &Cluster, mesh: &Mesh, node: &Node) -> Option<Finding> {
    // What most nodes have is known when all nodes are.
    let overlay = node.overlay.as_ref().filter(|_| cluster.synced(Kind::Node))?;
    if mesh.backend.as_ref().is_some_and(|most| *most != overlay.backend) {
        let most = mesh.backend.as_deref().unwrap_or_default();
        let summary = format!("its backend is {}, that of most nodes is {most}", overlay.backend);
        let evidence = format!("annotation backend-type={}", overlay.backend);
        let mut found = finding(node, "F107", Severity::Critical, &summary, evidence);
        found.forecast = Some("Peers with another backend ignore each other.".to_owned());
        found.remedy = "Restart the agents after changing net-conf.json.".into();
        return Some(found);
    }
    let (vni, most) = (overlay.vni?, mesh.vni?);
    if vni == most {
        return None;
    }
    let summary = format!("its VNI is {vni}, that of most nodes is {most}");
    let mut found =
        finding(node, "F108", Severity::Critical, &summary, format!("annotation backend-data: VNI {vni}"));
    found.remedy = "Restart the agents after changing net-conf.json.".into();
    Some(found)
}

fn foreign_address(node: &Node) -> Option<Finding> {
    let ip = node.overlay.as_ref()?.public_ip.as_ref()?;
    if node.addresses.iter().any(|(_, address)| address == ip) {
        return None;
    }
    let own: Vec<&str> =
        node.addresses.iter().filter(|(kind, _)| &**kind == "InternalIP").map(|(_, a)| &**a).collect();
    let summary = format!("its tunnel endpoint {ip} is none of its addresses");
    let evidence = format!("annotation public-ip={ip}; status.addresses InternalIP={}", own.join(","));
    let mut found = finding(node, "F109", Severity::Warning, &summary, evidence);
    found.forecast =
        Some("Peers send its traffic there; that is right only behind an address translation.".to_owned());
    found.remedy = "If it is not meant, set flannel's --iface and restart the agent.".into();
    Some(found)
}

fn agent(cluster: &Cluster, mesh: &Mesh, node: &Node) -> Option<Finding> {
    let (severity, summary, evidence) = match mesh.agent(cluster, node) {
        Agent::Ready(_) | Agent::Embedded | Agent::Counting => return None,
        Agent::NotReady(pod) => (
            Severity::Warning,
            format!("its agent is not ready ({})", pod.status),
            format!("pod {} is {}", pod.meta.key, pod.status),
        ),
        Agent::Absent => (
            Severity::Warning,
            "no agent runs on it".to_owned(),
            "no pod of the overlay's DaemonSet is bound to the node".to_owned(),
        ),
    };
    let mut found = finding(node, "F110", severity, &summary, evidence);
    found.forecast = Some(
        "What is in the node's kernel stays; changes of peers do not arrive until the agent is back."
            .to_owned(),
    );
    found.remedy = "Look at the agent's pod and its log.".into();
    Some(found)
}
