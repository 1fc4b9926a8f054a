//! All that is judged of one node, in numbers and enums: its heartbeat, its taints against its conditions, its zone,
//! and what becomes of its pods. Rows, findings and details are told from it; it makes no sentences.

use jiff::{SignedDuration, Timestamp};

use super::assumptions::{Assumptions, minor};
use super::eviction::{Ending, Eviction, Terms, Toll};
use super::heartbeat::Heartbeat;
use super::lifecycle::{self, Disagreement, EvictionTaint, OUT_OF_SERVICE};
use super::node::{bad, down};
use super::tolerations::NO_EXECUTE;
use super::zones::{State, Zone};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::{Condition, ConditionStatus};
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
    /// Whether it speaks for its zone: of those that are not Ready, its name comes first.
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
            speaks: down(node) && cluster.zone_of(node).and_then(|it| it.down.first()) == Some(name),
            plan,
            toll: Toll::default(),
            counted: cluster.synced(Kind::Pod),
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
    fn taints(&self) -> impl Iterator<Item = &Taint> {
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

/// Something that is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble<'a> {
    /// Its kubelet says that it is not ready.
    NotReady(&'a Condition),
    /// Its Ready condition is Unknown, or there is none.
    Unknown(Option<&'a Condition>),
    /// Memory, disk or processes are short, or there is no network.
    Pressure(&'a Condition),
    /// Its kubelet missed a renewal: seconds until it is Unknown.
    Late(i64),
    /// Its kubelet has been silent for longer than the grace period.
    Silent(Timestamp),
    /// It has no lease, or one that was never renewed.
    NoLease,
    /// Its clock is not the server's: how far it is behind.
    Clock(SignedDuration),
    /// It is cordoned, for so many seconds where that is known.
    Cordoned(Option<i64>),
    /// It bears taints of the lifecycle controller that nothing calls for.
    Surplus,
    /// It lacks taints that its conditions call for.
    Missing,
    /// Pods will be deleted because of its taints.
    Evicting,
    /// It waits for its NoExecute taint.
    Queued(i64),
    /// Its zone is in disruption, and it speaks for it.
    Zone,
    /// Deleted pods stay Terminating.
    Stuck,
    /// It is said to be off, and is Ready.
    FalselyOff,
    /// Its kubelet is too old for the server, or newer than it: minor versions of both.
    Version(u32, u32),
    /// It has more pods than it takes.
    Crowded,
    /// It alone has no pod CIDR.
    NoCidr,
}

/// Longer than this is long, for a cordon, in seconds.
pub const LONG_CORDON: i64 = 24 * 3600;
/// What the controller has not set right after so many seconds it does not set right at all.
const PATIENCE: i64 = 60;
/// Clocks that differ by less are well enough, in seconds.
const WRONG_CLOCK: i64 = 10;

impl Standing<'_> {
    /// How bad a trouble is.
    pub fn severity(&self, trouble: &Trouble) -> Severity {
        match trouble {
            Trouble::NotReady(_) | Trouble::Unknown(_) | Trouble::Silent(_) | Trouble::Zone => {
                Severity::Critical
            }
            Trouble::Cordoned(_) => Severity::Info,
            Trouble::Surplus | Trouble::Missing if !self.overdue() => Severity::Info,
            _ => Severity::Warning,
        }
    }

    /// Whether the controller has had time to set the taints right.
    fn overdue(&self) -> bool {
        let conditions = self.node.conditions.iter().filter_map(|condition| condition.since);
        let taints = self.node.taints.iter().filter_map(|taint| taint.added);
        let newest = conditions.chain(taints).max();
        newest.is_some_and(|at| self.terms.now.duration_since(at).as_secs() > PATIENCE)
    }
}

impl<'a> Standing<'a> {
    /// Everything that is wrong with the node.
    pub fn troubles(&self, cluster: &Cluster) -> Vec<Trouble<'a>> {
        let node = self.node;
        let mut troubles = Vec::new();
        troubles.extend(readiness(node));
        troubles.extend(node.conditions.iter().filter(|it| bad(it)).map(Trouble::Pressure));
        troubles.extend(self.kubelet());
        troubles.extend(self.clock().map(Trouble::Clock));
        troubles.extend(node.unschedulable.then(|| Trouble::Cordoned(self.cordoned_for())));
        let surplus =
            !self.disagreement.removes.is_empty() || self.disagreement.eviction == EvictionTaint::Surplus;
        let facts = [
            (surplus, Trouble::Surplus),
            (!self.disagreement.adds.is_empty(), Trouble::Missing),
            (self.counted && self.coming.is_none() && self.toll.leave() > 0, Trouble::Evicting),
            (self.speaks && self.zone.is_some_and(|zone| zone.state != State::Normal), Trouble::Zone),
            (self.counted && self.toll.stuck > 0, Trouble::Stuck),
            (!down(node) && node.taints.iter().any(|it| &*it.key == OUT_OF_SERVICE), Trouble::FalselyOff),
            (self.crowded(cluster), Trouble::Crowded),
            (no_cidr(cluster, node), Trouble::NoCidr),
        ];
        troubles.extend(facts.into_iter().filter(|(is, _)| *is).map(|(_, trouble)| trouble));
        if let Plan::Queued(wait) = self.plan {
            troubles.push(Trouble::Queued(wait));
        }
        troubles.extend(version(cluster, node));
        troubles
    }

    fn kubelet(&self) -> Option<Trouble<'a>> {
        // A kubelet that is known to be silent needs no second finding.
        match self.heartbeat {
            Heartbeat::Late(_, left) if !down(self.node) => Some(Trouble::Late(left)),
            Heartbeat::Silent(at) if !down(self.node) => Some(Trouble::Silent(at)),
            Heartbeat::NoLease | Heartbeat::Never if !down(self.node) => Some(Trouble::NoLease),
            _ => None,
        }
    }

    /// How far the node's clock is behind the server's, when that is too much.
    fn clock(&self) -> Option<SignedDuration> {
        self.lease?.lag().filter(|lag| lag.as_secs().abs() > WRONG_CLOCK)
    }

    fn cordoned_for(&self) -> Option<i64> {
        let taint = self.node.taints.iter().find(|taint| &*taint.key == lifecycle::UNSCHEDULABLE)?;
        taint.added.map(|at| self.terms.now.duration_since(at).as_secs())
    }

    fn crowded(&self, cluster: &Cluster) -> bool {
        let (pods, room) = room(cluster, self.node);
        room > 0 && pods > room
    }
}

/// How many pods take room on a node, and how many it takes.
pub fn room(cluster: &Cluster, node: &Node) -> (i64, i64) {
    let pods = cluster.load(&node.meta.key.name).map_or(0, |load| i64::from(load.pods));
    (pods, node.allocatable.pods)
}

fn readiness(node: &Node) -> Option<Trouble<'_>> {
    let ready = node.condition("Ready");
    match ready.map(|it| (it.status, it)) {
        Some((ConditionStatus::True, _)) => None,
        Some((ConditionStatus::False, condition)) => Some(Trouble::NotReady(condition)),
        Some((ConditionStatus::Unknown, _)) | None => Some(Trouble::Unknown(ready)),
    }
}

/// Without an overlay whose own checks look at it: others have a pod CIDR, this one has none.
fn no_cidr(cluster: &Cluster, node: &Node) -> bool {
    node.pod_cidrs.is_empty() && cluster.allocates_cidrs() && !cluster.has_overlay() && !cluster.has_agents()
}

/// A kubelet may be three minor versions older than the API server, two before 1.28, and never newer.
fn version(cluster: &Cluster, node: &Node) -> Option<Trouble<'static>> {
    let server = minor(cluster.server.version.as_deref()?)?;
    let kubelet = minor(&node.system.kubelet)?;
    let older = if server >= 28 { 3 } else { 2 };
    (kubelet > server || kubelet + older < server).then_some(Trouble::Version(kubelet, server))
}

/// The nodes that the passing of time alone may bring into other trouble: who is silent, not Ready, or evicts.
pub fn restless(cluster: &Cluster, now: Timestamp) -> Vec<Key> {
    let pods = cluster.synced(Kind::Pod);
    let restless = |node: &&Node| {
        let sound = || {
            let heartbeat = Heartbeat::of(cluster, &node.meta.key.name, now);
            matches!(heartbeat, Heartbeat::Fresh(_) | Heartbeat::Unknown)
        };
        let evicts = |taint: &Taint| &*taint.effect == NO_EXECUTE;
        down(node)
            || (pods && node.taints.iter().any(evicts))
            || !sound()
            || !Disagreement::of(node).is_none()
    };
    cluster.nodes().filter(restless).map(|node| node.meta.key.clone()).collect()
}
