//! The overlay as a whole: what the nodes share and what they must not share. It makes no findings.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::addresses::range;
use crate::model::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::text::Str;

/// All nodes' overlay facts side by side, built anew when [`Cluster::meshed`] says so.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// Nodes by tunnel endpoint.
    pub public_ips: FxHashMap<Str, Vec<Str>>,
    /// Nodes by VTEP MAC.
    pub vtep_macs: FxHashMap<Str, Vec<Str>>,
    /// The backend that most nodes have.
    pub backend: Option<Str>,
    /// The VXLAN network identifier that most nodes have.
    pub vni: Option<u32>,
    overlaps: FxHashMap<Str, Vec<(Str, Vec<Str>)>>,
    annotated: usize,
    agents: bool,
    /// The revision of the cluster's overlay that it was made from.
    pub revision: u64,
}

/// The overlay's agent on a node.
#[derive(Clone, Copy, Debug)]
pub enum Agent<'a> {
    /// Runs and is ready.
    Ready(&'a Pod),
    /// Is there, but not ready.
    NotReady(&'a Pod),
    /// There is none here, though other nodes have one.
    Absent,
    /// No node has an agent pod: it is part of something else, as in k3s.
    Embedded,
    /// Pods are still being listed, or may not be read.
    Counting,
}

impl Mesh {
    /// Puts the nodes' annotations side by side.
    pub fn of(cluster: &Cluster) -> Self {
        let mut mesh = Self { revision: cluster.meshed(), ..Self::default() };
        let mut backends: FxHashMap<Str, usize> = FxHashMap::default();
        let mut vnis: FxHashMap<u32, usize> = FxHashMap::default();
        for node in cluster.nodes() {
            let name = &node.meta.key.name;
            let Some(overlay) = &node.overlay else { continue };
            mesh.annotated += 1;
            *backends.entry(Str::clone(&overlay.backend)).or_default() += 1;
            if let Some(vni) = overlay.vni {
                *vnis.entry(vni).or_default() += 1;
            }
            if let Some(ip) = &overlay.public_ip {
                mesh.public_ips.entry(Str::clone(ip)).or_default().push(Str::clone(name));
            }
            if let Some(mac) = &overlay.vtep_mac {
                mesh.vtep_macs.entry(Str::clone(mac)).or_default().push(Str::clone(name));
            }
        }
        for names in mesh.public_ips.values_mut().chain(mesh.vtep_macs.values_mut()) {
            names.sort_unstable();
        }
        mesh.backend =
            backends.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(name, _)| name);
        mesh.vni = vnis.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(vni, _)| vni);
        mesh.agents = cluster.has_agents();
        mesh.overlaps = overlaps(cluster);
        mesh
    }

    /// Whether any node was annotated by an overlay that foretop knows.
    pub fn recognised(&self) -> bool {
        self.annotated > 0
    }

    /// The pod CIDRs of a node that overlap those of other nodes, with these.
    pub fn overlapping(&self, node: &str) -> &[(Str, Vec<Str>)] {
        self.overlaps.get(node).map_or(&[], Vec::as_slice)
    }

    /// The overlay's agent on a node; of two, while one replaces the other, the ready one.
    pub fn agent<'a>(&self, cluster: &'a Cluster, node: &Node) -> Agent<'a> {
        if !cluster.knows_all(Kind::Pod) {
            return Agent::Counting;
        }
        if !self.agents {
            return Agent::Embedded;
        }
        let mut pods: Vec<&Pod> = cluster.agents_on(&node.meta.key.name).collect();
        pods.sort_by(|a, b| b.ready.cmp(&a.ready).then_with(|| a.meta.key.cmp(&b.meta.key)));
        match pods.first() {
            Some(pod) if pod.ready => Agent::Ready(pod),
            Some(pod) => Agent::NotReady(pod),
            None => Agent::Absent,
        }
    }
}

/// Of many ranges that reach over the next one, only the few that reach farthest are compared, so that a cluster whose
/// nodes all share one CIDR costs no pairs of nodes. Every range that overlaps another is still noted.
const COMPARED: usize = 4;

/// Overlapping CIDRs in one walk over the sorted ranges: n log n, not pairs of nodes.
fn overlaps(cluster: &Cluster) -> FxHashMap<Str, Vec<(Str, Vec<Str>)>> {
    let mut ranges: Vec<(IpAddr, IpAddr, &Str, &Str)> = Vec::new();
    for node in cluster.nodes() {
        for cidr in &node.pod_cidrs {
            if let Some((first, last)) = range(cidr) {
                ranges.push((first, last, &node.meta.key.name, cidr));
            }
        }
    }
    ranges.sort_unstable();
    let mut found: FxHashMap<Str, Vec<(Str, Vec<Str>)>> = FxHashMap::default();
    let mut open: Vec<(IpAddr, IpAddr, &Str, &Str)> = Vec::new();
    for next in ranges {
        open.retain(|range| range.1 >= next.0);
        for range in &open {
            for ((node, cidr), other) in [((range.2, range.3), next.2), ((next.2, next.3), range.2)] {
                note(&mut found, node, cidr, other);
            }
        }
        open.push(next);
        open.sort_unstable_by_key(|range| std::cmp::Reverse(range.1));
        open.truncate(COMPARED);
    }
    found
}

fn note(found: &mut FxHashMap<Str, Vec<(Str, Vec<Str>)>>, node: &Str, cidr: &Str, other: &Str) {
    if node == other {
        return;
    }
    let entries = found.entry(Str::clone(node)).or_default();
    match entries.iter_mut().find(|(known, _)| known == cidr) {
        Some((_, others)) => others.push(Str::clone(other)),
        None => entries.push((Str::clone(cidr), vec![Str::clone(other)])),
    }
}
