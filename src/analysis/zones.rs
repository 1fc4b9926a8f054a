//! Zones as the node lifecycle controller sees them: how each is, and how fast its nodes get their NoExecute taints.
//! Read from sums that the cluster keeps; it walks no nodes.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go`, ComputeZoneState and handleDisruption.

use super::assumptions::Assumptions;
use crate::model::cluster::{Cluster, ZoneKey, ZoneLoad};
use crate::model::node::Node;

/// How a zone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Enough nodes are Ready.
    Normal,
    /// Many are not.
    PartialDisruption,
    /// None is.
    FullDisruption,
}

impl State {
    /// The state of a zone with so many Ready and so many other nodes.
    pub fn of(ready: u32, not_ready: u32, assumptions: &Assumptions) -> Self {
        let fraction = not_ready as f32 / (ready + not_ready).max(1) as f32;
        if ready == 0 && not_ready > 0 {
            Self::FullDisruption
        } else if not_ready > 2 && fraction >= assumptions.unhealthy {
            Self::PartialDisruption
        } else {
            Self::Normal
        }
    }

    /// The controller's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::PartialDisruption => "PartialDisruption",
            Self::FullDisruption => "FullDisruption",
        }
    }
}

/// How many nodes per second of a zone get their NoExecute taint; `all_down` says that no zone has a Ready node.
pub fn rate(state: State, size: u32, all_down: bool, assumptions: &Assumptions) -> f64 {
    match state {
        _ if all_down => 0.0,
        State::Normal | State::FullDisruption => assumptions.rate,
        State::PartialDisruption if size > assumptions.large => assumptions.slow_rate,
        State::PartialDisruption => 0.0,
    }
}

/// A zone judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    /// How it is.
    pub state: State,
    /// Counted nodes that are Ready.
    pub ready: u32,
    /// Counted nodes that are not.
    pub not_ready: u32,
    /// Nodes that wait for their NoExecute taint.
    pub waiting: u32,
    /// Nodes per second that get it.
    pub rate: f64,
    /// Whether no zone has a Ready node: nothing is evicted then, and waits that ran are cancelled.
    pub all_down: bool,
}

impl Zone {
    /// The zone of a node.
    pub fn of(cluster: &Cluster, node: &Node, assumptions: &Assumptions) -> Self {
        let empty = ZoneLoad::default();
        Self::judge(cluster.zone_of(node).unwrap_or(&empty), all_down(cluster), assumptions)
    }

    /// The zone of that key, if any node is in it.
    pub fn named(cluster: &Cluster, key: &ZoneKey, assumptions: &Assumptions) -> Option<Self> {
        cluster.zone(key).map(|load| Self::judge(load, all_down(cluster), assumptions))
    }

    fn judge(load: &ZoneLoad, all_down: bool, assumptions: &Assumptions) -> Self {
        let (ready, not_ready) = (load.ready, load.not_ready());
        let state = State::of(ready, not_ready, assumptions);
        let rate = rate(state, load.size(), all_down, assumptions);
        Self { state, ready, not_ready, waiting: load.waiting, rate, all_down }
    }

    /// How many nodes count.
    pub fn size(&self) -> u32 {
        self.ready + self.not_ready
    }

    /// Seconds until the last waiting node has its taint, at most; `None` while none gets one.
    pub fn longest_wait(&self) -> Option<i64> {
        (self.rate > 0.0).then(|| (f64::from(self.waiting) / self.rate).ceil() as i64)
    }
}

/// Whether no zone has a Ready node.
pub fn all_down(cluster: &Cluster) -> bool {
    let (counted, down) = cluster.zones_down();
    counted > 0 && counted == down
}

/// All zones by name, judged.
pub fn all<'a>(cluster: &'a Cluster, assumptions: &Assumptions) -> Vec<(&'a ZoneKey, Zone)> {
    let down = all_down(cluster);
    let mut zones: Vec<_> =
        cluster.zones().map(|(key, load)| (key, Zone::judge(load, down, assumptions))).collect();
    zones.sort_by_key(|(key, _)| *key);
    zones
}

/// The key by which the controllers tell zones apart: region, a separator with a NUL, zone; empty without both.
pub fn key(node: &Node) -> String {
    match (node.region.as_deref(), node.zone.as_deref()) {
        (None, None) => String::new(),
        (region, zone) => format!("{}:\0:{}", region.unwrap_or_default(), zone.unwrap_or_default()),
    }
}

/// A zone's name for people.
pub fn name((region, zone): &ZoneKey) -> &str {
    zone.as_deref().or(region.as_deref()).unwrap_or("<none>")
}
