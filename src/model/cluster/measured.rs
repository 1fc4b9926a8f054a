//! What nodes were measured to use, as it is told: kept beside the nodes, gone with them. It judges no node.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::Cluster;
use crate::model::change::Freshness;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::text::Str;
use crate::model::usage::{Sample, Usage};

/// The measurements of all nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Measurements {
    /// By node, with the revision of the newest sample.
    by: FxHashMap<Str, (u64, Usage)>,
    freshness: Freshness,
    /// The revision at which a sample last said anything new.
    newest: u64,
}

impl Measurements {
    /// Forgets a node.
    pub(super) fn forget(&mut self, node: &str) {
        self.by.remove(node);
    }
}

impl Cluster {
    /// Takes in a sample. One of a node that nobody listed is kept only until the nodes are known.
    pub(super) fn measure(&mut self, node: Str, sample: Sample) {
        // Where nodes may not be listed nobody would ever forget them.
        let settled =
            self.synced(Kind::Node) || matches!(self.freshness(Kind::Node), Freshness::Forbidden { .. });
        if settled && self.node(&node).is_none() {
            return;
        }
        let revision = self.revision;
        if let Some((touched, usage)) = self.measurements.by.get_mut(&node) {
            if !usage.take(sample) {
                return;
            }
            *touched = revision;
        } else {
            self.measurements.by.insert(node, (revision, Usage::new(sample)));
        }
        self.measurements.newest = revision;
    }

    /// Takes in how fresh the measurements are. Whether there are any shows in the row of every node.
    pub(super) fn hear_measuring(&mut self, freshness: Freshness) {
        let freshness = freshness.by(self.server.skew);
        if !self.measurements.freshness.says_as_much(&freshness) {
            self.known[Kind::Node.index()] = self.revision;
        }
        self.measurements.freshness = freshness;
    }

    /// Forgets the samples of what turned out to be no node.
    pub(super) fn forget_strangers(&mut self) {
        let nodes = &self.nodes;
        self.measurements.by.retain(|name, _| nodes.find("", name).is_some());
    }

    /// What a node was measured to use; `None` when nobody says.
    pub fn usage(&self, node: &str) -> Option<&Usage> {
        self.measurements.by.get(node).map(|(_, usage)| usage)
    }

    /// How fresh the measurements are. What seems live is not believed while the server does not answer.
    pub fn measuring(&self) -> &Freshness {
        let told = &self.measurements.freshness;
        self.server.doubt.as_ref().filter(|_| told.is_live()).unwrap_or(told)
    }

    /// The nodes of which a sample said anything new after a revision. That alone touches no node: nothing is judged
    /// by it, it is only shown.
    pub fn measured(&self, after: u64) -> Vec<Key> {
        if after >= self.measurements.newest {
            return Vec::new();
        }
        let news = self.measurements.by.iter().filter(|(_, (touched, _))| *touched > after);
        news.filter_map(|(name, _)| self.node(name)).map(|node| node.meta.key.clone()).collect()
    }

    /// When a sample was taken by the server's clock, as far as the node's lease tells how wrong the node's clock is.
    pub fn measured_at(&self, node: &str, sample: &Sample) -> Timestamp {
        let lag = self.lease(node).and_then(crate::model::node::NodeLease::lag).unwrap_or_default();
        // A renewal always takes some time to be heard; only what is longer speaks of the clock.
        if lag.as_secs().abs() < ON_THE_WAY {
            sample.at
        } else {
            sample.at.checked_add(lag).unwrap_or(sample.at)
        }
    }
}

/// No renewal takes so many seconds to be heard.
const ON_THE_WAY: i64 = 5;
