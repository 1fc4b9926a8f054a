//! What the nodes of a zone add up to, kept as nodes come, change and go. It judges no zone.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::Cluster;
use crate::model::node::Node;
use crate::model::text::Str;

/// Region and zone; both empty for nodes without such labels, which are a zone of their own.
pub type ZoneKey = (Option<Str>, Option<Str>);

/// What the nodes of a zone add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneLoad {
    /// Counted nodes that are Ready.
    pub ready: u32,
    /// Counted nodes that are not, by name.
    pub down: BTreeSet<Str>,
    /// Nodes that are not Ready and bear no NoExecute taint for it yet, counted or not.
    pub waiting: u32,
}

impl ZoneLoad {
    /// How many counted nodes are not Ready.
    pub fn not_ready(&self) -> u32 {
        self.down.len() as u32
    }

    /// How many nodes count.
    pub fn size(&self) -> u32 {
        self.ready + self.not_ready()
    }

    fn is_down(&self) -> bool {
        self.ready == 0 && !self.down.is_empty()
    }
}

/// Sums over all nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Zones {
    by: FxHashMap<ZoneKey, ZoneLoad>,
    /// Zones in which nodes count.
    counted: usize,
    /// Those of them without any Ready node.
    down: usize,
    /// Nodes with a pod CIDR.
    addressed: usize,
    /// Nodes on which an overlay network wrote.
    overlaid: usize,
}

/// Whether two states of a node come to the same sums.
pub(super) fn counts_alike(one: &Node, other: &Node) -> bool {
    let counted = |node: &Node| {
        (node.excluded, node.ready(), node.waits(), !node.pod_cidrs.is_empty(), node.overlay.is_some())
    };
    counted(one) == counted(other) && (&one.region, &one.zone) == (&other.region, &other.zone)
}

fn key(node: &Node) -> ZoneKey {
    (node.region.clone(), node.zone.clone())
}

impl Zones {
    /// Counts a node in.
    pub(super) fn add(&mut self, node: &Node) {
        self.addressed += usize::from(!node.pod_cidrs.is_empty());
        self.overlaid += usize::from(node.overlay.is_some());
        self.alter(node, |load| {
            load.waiting += u32::from(node.waits());
            match (node.excluded, node.ready()) {
                (true, _) => {}
                (false, true) => load.ready += 1,
                (false, false) => drop(load.down.insert(Str::clone(&node.meta.key.name))),
            }
        });
    }

    /// Counts a node out; it must be the one that was counted in.
    pub(super) fn subtract(&mut self, node: &Node) {
        self.addressed -= usize::from(!node.pod_cidrs.is_empty());
        self.overlaid -= usize::from(node.overlay.is_some());
        self.alter(node, |load| {
            load.waiting -= u32::from(node.waits());
            match (node.excluded, node.ready()) {
                (true, _) => {}
                (false, true) => load.ready -= 1,
                (false, false) => drop(load.down.remove(&node.meta.key.name)),
            }
        });
    }

    fn alter(&mut self, node: &Node, change: impl FnOnce(&mut ZoneLoad)) {
        let load = self.by.entry(key(node)).or_default();
        let (size, down) = (load.size(), load.is_down());
        change(load);
        self.counted = self.counted + usize::from(load.size() > 0) - usize::from(size > 0);
        self.down = self.down + usize::from(load.is_down()) - usize::from(down);
        if load.size() == 0 && load.waiting == 0 {
            self.by.remove(&key(node));
        }
    }

    /// What every node is judged by, beside its zone.
    pub(super) fn wide(&self) -> [bool; 3] {
        [self.addressed > 0, self.overlaid > 0, self.counted > 0 && self.counted == self.down]
    }
}

impl Cluster {
    /// What the nodes of a node's zone add up to.
    pub fn zone_of(&self, node: &Node) -> Option<&ZoneLoad> {
        self.zones.by.get(&key(node))
    }

    /// What the nodes of a zone add up to, by its key.
    pub fn zone(&self, key: &ZoneKey) -> Option<&ZoneLoad> {
        self.zones.by.get(key)
    }

    /// The revision at which the sums of a zone last changed.
    pub fn zoned(&self) -> u64 {
        self.zoned
    }

    /// All zones, in no order.
    pub fn zones(&self) -> impl Iterator<Item = (&ZoneKey, &ZoneLoad)> {
        self.zones.by.iter()
    }

    /// How many zones have nodes that count, and how many of these have no Ready one.
    pub fn zones_down(&self) -> (usize, usize) {
        (self.zones.counted, self.zones.down)
    }

    /// Whether any node has a pod CIDR.
    pub fn allocates_cidrs(&self) -> bool {
        self.zones.addressed > 0
    }

    /// Whether an overlay network wrote on any node.
    pub fn has_overlay(&self) -> bool {
        self.zones.overlaid > 0
    }
}
