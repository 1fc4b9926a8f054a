//! Which nodes the passing of time alone may bring into other trouble, and before when nobody needs to look at the others:
//! so that a second at rest does not look at thousands of nodes. It keeps numbers of slots, and no node.

use jiff::{SignedDuration, Timestamp};

use super::heartbeat::{Judge, LATE_AFTER};
use super::standing::is_restless;
use crate::model::cluster::Cluster;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::node::{Node, NodeLease};

/// The kinds by which it is judged what time may change.
const KINDS: &[Kind] = &[Kind::Node, Kind::NodeLease, Kind::Pod];

/// What is known of the nodes of one cluster, brought up to date whenever it is asked.
#[derive(Clone, Debug, Default)]
pub struct Vigil {
    /// By slot, the instant before which time changes nothing, as far as heartbeats are judged.
    due: Vec<Timestamp>,
    /// Everything up to this revision has been taken in.
    seen: u64,
    judged: u64,
}

impl Vigil {
    /// The nodes that time may change: who is silent, not Ready, or evicts. `now` is the server's clock.
    pub fn restless(&mut self, cluster: &Cluster, now: Timestamp) -> Vec<Key> {
        let judge = Judge::of(cluster, now);
        self.follow(cluster, &judge, now);
        let until = judge.until().unwrap_or(Timestamp::MIN);
        let due = self.due.iter().enumerate().filter(|(_, due)| **due <= until);
        let nodes = due.filter_map(|(at, _)| cluster.node_at(at as u32));
        nodes.filter(|node| is_restless(cluster, &judge, node, now)).map(|it| it.meta.key.clone()).collect()
    }

    fn follow(&mut self, cluster: &Cluster, judge: &Judge, now: Timestamp) {
        let judged = cluster.judged(KINDS);
        let after = if judged == self.judged { self.seen } else { 0 };
        for (at, node) in cluster.nodes_touched(after) {
            let at = at as usize;
            if self.due.len() <= at {
                self.due.resize(at + 1, Timestamp::MIN);
            }
            self.due[at] = due(cluster, judge, node, now);
        }
        (self.seen, self.judged) = (cluster.revision(), judged);
    }
}

/// Before when time changes nothing about a node, unless something is heard of it: a lease that is young grows old, and
/// all else is looked at every second.
fn due(cluster: &Cluster, judge: &Judge, node: &Node, now: Timestamp) -> Timestamp {
    let lease = cluster.lease(&node.meta.key.name).filter(|lease| judge.is_young(lease));
    let lived = lease.and_then(NodeLease::lived);
    let old = lived.and_then(|at| at.checked_add(SignedDuration::from_secs(LATE_AFTER)).ok());
    old.filter(|_| !is_restless(cluster, judge, node, now)).unwrap_or(Timestamp::MIN)
}
