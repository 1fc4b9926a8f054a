//! All that is judged of one node, in numbers and enums: its heartbeat, its taints against its conditions, its zone,
//! and what becomes of its pods. Rows, findings and details are told from it; it makes no sentences.

use jiff::{SignedDuration, Timestamp};

use super::assumptions::Assumptions;
use super::eviction::{Ending, Eviction, Terms, Toll};
use super::heartbeat::{Heartbeat, Judge, LATE_AFTER};
use super::lifecycle::{self, Disagreement, EvictionTaint, OUT_OF_SERVICE};
use super::node::down;
use super::tolerations::NO_EXECUTE;
use super::trouble;
use super::vigil::Vigil;
use super::zones::Zone;
use crate::model::cluster::Cluster;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::ConditionStatus;
use crate::model::node::{Node, NodeLease, Taint};

/// What the lifecycle controller does about a node's NoExecute taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing is due.
    Nothing,
    /// No zone has a Ready node: nothing is evicted, and waits that ran are cancelled.
    Suspended,
    /// The zone is in partial disruption and small: no node of it gets the taint.
    Held,
    /// It gets the taint within so many seconds.
    Queued(i64),
}

/// All that is judged of one node.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// The node.
    pub node: &'a Node,
    /// Its lease.
    pub lease: Option<&'a NodeLease>,
    /// What its lease says of its kubelet.
    pub heartbeat: Heartbeat,
    /// Where its taints are not what its conditions call for.
    pub disagreement: Disagreement,
    /// Its zone, when it is not Ready; else nothing depends on it.
    pub zone: Option<Zone>,
    /// Whether it speaks for its zone: of those that are not Ready, its name comes first. Nobody does before all nodes
    /// are known.
    pub speaks: bool,
    /// What is done about its NoExecute taint.
    pub plan: Plan,
    /// What becomes of its pods by the taints that count; all zero when none threatens and nothing hangs.
    pub toll: Toll,
    /// Whether all pods are known, so that the toll is whole.
    pub counted: bool,
    /// What the forecast is made with.
    pub terms: Terms,
    /// The taint that it is about to get.
    coming: Option<Taint>,
}

impl<'a> Standing<'a> {
    /// Judges a node; `now` is the server's clock.
    pub fn of(cluster: &'a Cluster, node: &'a Node, now: Timestamp) -> Self {
        let name = &node.meta.key.name;
        let assumptions = Assumptions::of(cluster);
        let heartbeat = Heartbeat::of(cluster, name, now);
        let zone = down(node).then(|| Zone::of(cluster, node, &assumptions));
        let disagreement = Disagreement::of(node);
        let plan = plan(disagreement.eviction, zone);
        let terms = Terms {
            now,
            restarted: assumptions.restarted,
            comparisons: assumptions.comparisons,
            ending: ending(node, heartbeat),
        };
        let mut standing = Self {
            node,
            lease: cluster.lease(name),
            heartbeat,
            disagreement,
            zone,
            speaks: down(node)
                && cluster.synced(Kind::Node)
                && cluster.zone_of(node).and_then(|it| it.down.first()) == Some(name),
            plan,
            toll: Toll::default(),
            counted: cluster.knows_all(Kind::Pod),
            terms,
            coming: coming(node, plan, now),
        };
        if standing.threatened() || terms.ending == Ending::Hanging {
            standing.toll = standing.eviction().toll(cluster.pods_on(name));
        }
        standing
    }

    /// Whether any taint evicts, or is about to.
    pub fn threatened(&self) -> bool {
        self.taints().any(|taint| &*taint.effect == NO_EXECUTE)
    }

    /// The forecast for its pods.
    pub fn eviction(&self) -> Eviction<'_> {
        Eviction::new(self.taints(), self.terms)
    }

    /// The taint that it is about to get.
    pub fn coming(&self) -> Option<&Taint> {
        self.coming.as_ref()
    }

    /// The taints that count: those that the controller takes away at its next pass cancel what they began.
    pub fn taints(&self) -> impl Iterator<Item = &Taint> {
        let cancelled = self.zone.is_none_or(|zone| zone.all_down);
        let counts = move |taint: &&Taint| !cancelled || !lifecycle::is_lifecycle(taint);
        self.node.taints.iter().filter(counts).chain(&self.coming)
    }
}

fn plan(taint: EvictionTaint, zone: Option<Zone>) -> Plan {
    let Some(zone) = zone else { return Plan::Nothing };
    match (taint, zone.longest_wait()) {
        (EvictionTaint::None | EvictionTaint::Surplus, _) => Plan::Nothing,
        _ if zone.all_down => Plan::Suspended,
        (EvictionTaint::Borne | EvictionTaint::Swapped, _) => Plan::Nothing,
        (EvictionTaint::Queued, Some(wait)) => Plan::Queued(wait),
        (EvictionTaint::Queued, None) => Plan::Held,
    }
}

/// The taint that a queued node gets, at the latest when its whole queue has.
fn coming(node: &Node, plan: Plan, now: Timestamp) -> Option<Taint> {
    let Plan::Queued(wait) = plan else { return None };
    let added = now.checked_add(SignedDuration::from_secs(wait)).ok();
    let key = lifecycle::wanted(node)?.into();
    Some(Taint { key, value: "".into(), effect: NO_EXECUTE.into(), added, since: added })
}

fn ending(node: &Node, heartbeat: Heartbeat) -> Ending {
    let ready = node.condition("Ready").map(|ready| ready.status);
    let silent = matches!(heartbeat, Heartbeat::Silent(_));
    match ready {
        Some(ConditionStatus::True) if silent => Ending::Hanging,
        Some(ConditionStatus::True) => Ending::Confirmed,
        _ if node.taints.iter().any(|taint| &*taint.key == OUT_OF_SERVICE) => Ending::Collected,
        Some(ConditionStatus::False) if !silent => Ending::Confirmed,
        // A kubelet that renews its lease lives, whatever its conditions say by now.
        _ if matches!(heartbeat, Heartbeat::Fresh(_)) => Ending::Confirmed,
        _ => Ending::Hanging,
    }
}

/// The kinds by which it is judged what time may change.
const KINDS: &[Kind] = &[Kind::Node, Kind::NodeLease, Kind::Pod];

/// The nodes that the passing of time alone may bring into other trouble: who is silent, not Ready, or evicts, or was so
/// when it was last looked. `now` is the server's clock.
pub fn restless(vigil: &mut Vigil, cluster: &Cluster, now: Timestamp) -> Vec<Key> {
    let judge = Judge::of(cluster, now);
    let after = vigil.begin(cluster.revision(), cluster.judged(KINDS));
    for (at, node) in cluster.nodes_touched(after) {
        vigil.set(at, due(cluster, &judge, node, now));
    }
    let until = judge.until().unwrap_or(Timestamp::MIN);
    let nodes = vigil.due(until).filter_map(|at| cluster.node_at(at));
    let restless = nodes.filter(|node| is_restless(cluster, &judge, node, now));
    let keys = restless.map(|it| it.meta.key.clone()).collect();
    vigil.name(keys)
}

/// Before when, as far as heartbeats are judged, time changes nothing about a node: a lease that is young grows old, and
/// all else is looked at every second.
fn due(cluster: &Cluster, judge: &Judge, node: &Node, now: Timestamp) -> Timestamp {
    let lease = cluster.lease(&node.meta.key.name).filter(|lease| judge.is_young(lease));
    let lived = lease.and_then(NodeLease::lived);
    let old = lived.and_then(|at| at.checked_add(SignedDuration::from_secs(LATE_AFTER)).ok());
    old.filter(|_| !is_restless(cluster, judge, node, now)).unwrap_or(Timestamp::MIN)
}

fn is_restless(cluster: &Cluster, judge: &Judge, node: &Node, now: Timestamp) -> bool {
    let sound = || {
        let heartbeat = judge.heartbeat(cluster.lease(&node.meta.key.name), Some(node));
        matches!(heartbeat, Heartbeat::Fresh(_) | Heartbeat::Unknown)
    };
    let evicts = |taint: &Taint| &*taint.effect == NO_EXECUTE;
    down(node)
        || (cluster.knows_all(Kind::Pod) && node.taints.iter().any(evicts))
        || !sound()
        || !Disagreement::of(node).is_none()
        || trouble::ages(cluster, node, now)
}
