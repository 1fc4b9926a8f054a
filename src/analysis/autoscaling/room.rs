//! Whether nodes have room for more pods like one: by taints, requests and the number of pods. It knows no selectors,
//! no affinity, no volumes and no topology, and says so.
//!
//! Source: the scheduler's plugins NodeResourcesFit, TaintToleration and NodeUnschedulable.

use crate::analysis::assumptions::Assumptions;
use crate::analysis::placing::Entry;
use crate::analysis::tolerations::Comparisons;
use crate::model::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::node::Node;
use crate::model::pod::Pod;

/// Where more pods like one could go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room<'a> {
    /// How many more would fit, all nodes together.
    pub fits: i64,
    /// How many nodes there are.
    pub nodes: usize,
    /// Nodes that its tolerations do not let it on.
    pub shut: usize,
    /// Nodes that would let it on but lack something, by what they lack first.
    pub lacking: Vec<(&'a str, usize)>,
}

impl<'a> Room<'a> {
    /// The room for more pods like this one; `None` while nodes or pods are not all known. It looks at every node, so
    /// that it is for what somebody opens or asks, not for every autoscaler of a large cluster.
    pub fn of(cluster: &Cluster, pod: &'a Pod) -> Option<Self> {
        if !cluster.knows_all(Kind::Node) || !cluster.knows_all(Kind::Pod) {
            return None;
        }
        let comparisons = Assumptions::of(cluster).comparisons;
        let mut room = Self::default();
        for node in cluster.nodes() {
            room.nodes += 1;
            room.count(cluster, node, pod, comparisons);
        }
        room.lacking.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        Some(room)
    }

    fn count(&mut self, cluster: &Cluster, node: &Node, pod: &'a Pod, comparisons: Comparisons) {
        if Entry::of(node, &pod.template.tolerations, comparisons) == Entry::Shut {
            self.shut += 1;
            return;
        }
        let (fits, first) = fitting(cluster, node, pod);
        if fits > 0 {
            self.fits = self.fits.saturating_add(fits);
            return;
        }
        match self.lacking.iter_mut().find(|(name, _)| *name == first) {
            Some((_, nodes)) => *nodes += 1,
            None => self.lacking.push((first, 1)),
        }
    }

    /// Why there is no room, or that there is: `of 5 nodes 2 are shut by taints, 3 lack cpu`.
    pub fn told(&self) -> String {
        let mut parts = Vec::new();
        // Of one node it is said without a number.
        let count = |nodes: usize, one: &str, many: &str| match (nodes, self.nodes) {
            (_, 1) => one.to_owned(),
            (1, _) => format!("1 {one}"),
            (nodes, _) => format!("{nodes} {many}"),
        };
        if self.shut > 0 {
            parts.push(count(self.shut, "is shut by taints", "are shut by taints"));
        }
        let lack = |(name, nodes): &(&str, usize)| format!("{} {name}", count(*nodes, "lacks", "lack"));
        parts.extend(self.lacking.iter().map(lack));
        match (self.fits, parts.is_empty()) {
            (0, true) => "there are no nodes".to_owned(),
            (0, false) if self.nodes == 1 => format!("the only node {}", parts.join(", ")),
            (0, false) => format!("of {} nodes {}", self.nodes, parts.join(", ")),
            (fits, _) => format!(
                "by requests and taints {fits} more would fit: node selectors, affinity, volumes or topology keep them off"
            ),
        }
    }
}

/// How many more pods like this one a node holds, and what it lacks first when that is none.
fn fitting<'a>(cluster: &Cluster, node: &Node, pod: &'a Pod) -> (i64, &'a str) {
    let load = cluster.load(&node.meta.key.name);
    let can = &node.allocatable;
    let taken = |of: fn(&crate::model::totals::NodeLoad) -> i64| load.map_or(0, of);
    let template = &pod.template;
    let basic = [
        ("room for more pods", can.pods, taken(|load| i64::from(load.pods)), 1),
        ("cpu", can.cpu, taken(|load| load.cpu.get()), template.cpu),
        ("memory", can.memory, taken(|load| load.memory.get()), template.memory),
        (
            "ephemeral-storage",
            can.ephemeral_storage,
            taken(|load| load.room.storage.get()),
            template.room.storage,
        ),
    ];
    let other = template.room.extended.iter().map(|(name, asked)| {
        let has = node.extended.iter().find(|it| it.name == *name).and_then(|it| it.allocatable);
        (&**name, has.unwrap_or(0), load.map_or(0, |load| load.room.of(name)), *asked)
    });
    let mut least = (i64::MAX, "");
    for (name, can, taken, asked) in basic.into_iter().chain(other).filter(|(.., asked)| *asked > 0) {
        let fits = can.saturating_sub(taken).max(0) / asked;
        if fits < least.0 {
            least = (fits, name);
        }
    }
    least
}
