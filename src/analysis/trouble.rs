//! What is wrong with a node, and how bad each of it is: from its standing, without a sentence.

use jiff::{SignedDuration, Timestamp};

use super::assumptions::minor;
use super::eviction::Ending;
use super::heartbeat::Heartbeat;
use super::lifecycle::{self, EvictionTaint, OUT_OF_SERVICE};
use super::node::{bad, down};
use super::standing::{Plan, Standing};
use super::zones::State;
use crate::model::certificate::{Signer, Unissued};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::node::Node;

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
    /// It has been down for so many seconds, pods hang or volumes stay attached, and nobody says that it is off.
    Abandoned(i64),
    /// Volumes are attached and not used, or used and not attached, for so many seconds at least.
    Astray(i64),
    /// Its kubelet has asked for a certificate and has none.
    Certificate(Signer, &'a Unissued),
    /// It came back from a reboot then.
    Rebooted(Timestamp),
}

/// Longer than this is long, for a cordon, in seconds.
pub const LONG_CORDON: i64 = 24 * 3600;
/// What the controller has not set right after so many seconds it does not set right at all.
const PATIENCE: i64 = 60;
/// A node that is down for longer than this many seconds is not expected back by itself: the tolerations that
/// admission gives are over.
const ABANDONED: i64 = 300;
/// Attaching and detaching takes less, in seconds, when nothing is in the way.
const ATTACHING: i64 = 120;
/// A certificate that is going to be issued is issued within so many seconds.
const ISSUING: i64 = 60;
/// For so many seconds a reboot is news.
const NEWS: i64 = 3600;
/// Clocks that differ by less are well enough, in seconds.
const WRONG_CLOCK: i64 = 10;

impl Standing<'_> {
    /// How bad a trouble is.
    pub fn severity(&self, trouble: &Trouble) -> Severity {
        match trouble {
            Trouble::NotReady(_) | Trouble::Unknown(_) | Trouble::Silent(_) | Trouble::Zone => {
                Severity::Critical
            }
            Trouble::Cordoned(_) | Trouble::Rebooted(_) => Severity::Info,
            Trouble::Astray(seconds) if *seconds <= ATTACHING => Severity::Info,
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
    pub fn troubles(&self, cluster: &'a Cluster) -> Vec<Trouble<'a>> {
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
            (self.counted && self.coming().is_none() && self.toll.leave() > 0, Trouble::Evicting),
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
        troubles.extend(self.abandoned().map(Trouble::Abandoned));
        troubles.extend(self.astray().map(Trouble::Astray));
        troubles.extend(self.certificates(cluster));
        troubles.extend(self.rebooted().map(Trouble::Rebooted));
        troubles
    }

    /// For how long it has been down, when something waits for it to be declared off.
    fn abandoned(&self) -> Option<i64> {
        let held = self.node.volumes.attached > 0 || (self.counted && self.toll.stuck > 0);
        let hangs = down(self.node) && self.terms.ending == Ending::Hanging;
        let since = self.node.condition("Ready")?.since.filter(|_| held && hangs)?;
        Some(self.terms.now.duration_since(since).as_secs()).filter(|seconds| *seconds > ABANDONED)
    }

    /// For how long the first of its volumes is astray. A node that is down says nothing new of those that it uses.
    fn astray(&self) -> Option<i64> {
        let first = self.node.volumes.astray.iter().map(|volume| volume.seen).min();
        first.filter(|_| !down(self.node)).map(|at| self.terms.now.duration_since(at).as_secs())
    }

    fn certificates(&self, cluster: &'a Cluster) -> impl Iterator<Item = Trouble<'a>> {
        let now = self.terms.now;
        let overdue = move |it: &Unissued| now.duration_since(it.since).as_secs() > ISSUING;
        let unissued = cluster.unissued(&self.node.meta.key.name);
        unissued.filter(move |(_, it)| overdue(it)).map(|(signer, it)| Trouble::Certificate(signer, it))
    }

    fn rebooted(&self) -> Option<Timestamp> {
        self.node.rebooted.filter(|at| self.terms.now.duration_since(*at).as_secs() <= NEWS)
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

/// Whether the passing of time alone may bring other trouble: by what is astray, asked for, or news.
pub fn ages(cluster: &Cluster, node: &Node, now: Timestamp) -> bool {
    // Somewhat longer than it is told, so that its end is seen.
    let news = |at: Timestamp| now.duration_since(at).as_secs() <= 2 * NEWS;
    !node.volumes.astray.is_empty()
        || node.rebooted.is_some_and(news)
        || cluster.unissued(&node.meta.key.name).next().is_some()
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

/// How many minor versions a kubelet may be older than an API server of this version: three, two before 1.28.
pub fn oldest_skew(server: &str) -> u32 {
    if minor(server).is_some_and(|server| server < 28) { 2 } else { 3 }
}

/// A kubelet may be some minor versions older than the API server, and never newer.
fn version(cluster: &Cluster, node: &Node) -> Option<Trouble<'static>> {
    let version = cluster.server.version.as_deref()?;
    let (server, kubelet, older) = (minor(version)?, minor(&node.system.kubelet)?, oldest_skew(version));
    (kubelet > server || kubelet + older < server).then_some(Trouble::Version(kubelet, server))
}
