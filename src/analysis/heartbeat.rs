//! The kubelet's heartbeat as the node lifecycle controller judges it: lease age against its grace period.
//!
//! Source: kubernetes `pkg/controller/nodelifecycle`. The controller counts from when it saw a renewal by its own
//! clock; we count from the lease, corrected by how late its renewals are heard once we have heard two.

use jiff::{SignedDuration, Timestamp};

use super::assumptions::Assumptions;
use super::lifecycle::{Clock, Signs};
use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::kind::Kind;
use crate::model::node::{Node, NodeLease};

/// What a node's lease says of its kubelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeat {
    /// Renewed within two intervals.
    Fresh(Timestamp),
    /// One or more renewals were missed; the controller acts this many seconds after now, at the earliest.
    Late(Timestamp, i64),
    /// Silent for longer than the grace period.
    Silent(Timestamp),
    /// There is a lease without a renewal time.
    Never,
    /// There is no lease, although leases are readable.
    NoLease,
    /// Leases are not known (yet), so nothing can be said.
    Unknown,
}

/// A kubelet renews every ten seconds; more than twice that means that one renewal was missed.
pub(super) const LATE_AFTER: i64 = 20;

/// With at least this many leases, all of them growing old at once means that nobody hears them, not that all died.
const MANY: usize = 3;

/// The instant up to which silence is the kubelet's own. When our stream is stale, or no lease at all is renewed any
/// more, the silence may be ours, and no node is blamed for it. `None` when nothing can be judged.
fn judged_at(cluster: &Cluster, now: Timestamp) -> Option<Timestamp> {
    let heard = match cluster.freshness(Kind::NodeLease) {
        Freshness::Live { .. } => now,
        Freshness::Stale { since, .. } => now.min(*since),
        _ => return None,
    };
    let newest = cluster.newest_renewal().filter(|_| cluster.count(Kind::NodeLease) >= MANY);
    let all_silent = newest.filter(|newest| now.duration_since(*newest).as_secs() > LATE_AFTER);
    Some(all_silent.map_or(heard, |newest| heard.min(newest)))
}

/// What all heartbeats of a cluster are judged by, gathered once for whoever judges many.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    judged: Option<Timestamp>,
    known: bool,
    assumptions: Assumptions,
}

impl Judge {
    /// What they are judged by at an instant of the server's clock.
    pub fn of(cluster: &Cluster, now: Timestamp) -> Self {
        Self {
            judged: judged_at(cluster, now),
            known: cluster.synced(Kind::NodeLease),
            assumptions: Assumptions::of(cluster),
        }
    }

    /// The instant up to which heartbeats are judged; `None` when nothing can be judged.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.judged
    }

    /// Whether a lease was renewed so lately that, whatever else there is to see, no clock that counts from then or later
    /// has run out.
    pub(super) fn is_young(&self, lease: &NodeLease) -> bool {
        let young =
            |judged: Timestamp, lived| judged.duration_since(lived) <= SignedDuration::from_secs(LATE_AFTER);
        self.judged.zip(lease.lived()).is_some_and(|(judged, lived)| young(judged, lived))
            && self.assumptions.grace.min(self.assumptions.startup) >= LATE_AFTER
    }

    /// Reads the heartbeat of a node by its lease and by what it says itself.
    pub fn heartbeat(&self, lease: Option<&NodeLease>, node: Option<&Node>) -> Heartbeat {
        let Some(lease) = lease else {
            return if self.known { Heartbeat::NoLease } else { Heartbeat::Unknown };
        };
        let Some(renewed) = lease.renewed else { return Heartbeat::Never };
        let Some(judged) = self.judged else { return Heartbeat::Fresh(renewed) };
        if self.is_young(lease) {
            return Heartbeat::Fresh(renewed);
        }
        let lived = lease.lived().unwrap_or(renewed);
        let young = judged.duration_since(lived) <= SignedDuration::from_secs(LATE_AFTER);
        let signs = node.map_or_else(Signs::default, Signs::of);
        let signs = Signs { lease: Some(lived), ..signs };
        let Some(clock) = Clock::of(signs, &self.assumptions) else { return Heartbeat::Fresh(renewed) };
        if clock.expired(judged) {
            Heartbeat::Silent(renewed)
        } else if young {
            Heartbeat::Fresh(renewed)
        } else {
            Heartbeat::Late(renewed, clock.expires().duration_since(judged).as_secs())
        }
    }
}

impl Heartbeat {
    /// Reads the heartbeat of a node; `now` is the server's clock.
    pub fn of(cluster: &Cluster, node: &str, now: Timestamp) -> Self {
        Judge::of(cluster, now).heartbeat(cluster.lease(node), cluster.node(node))
    }

    /// When the lease was last renewed, where that is known.
    pub fn renewed(self) -> Option<Timestamp> {
        match self {
            Self::Fresh(at) | Self::Late(at, _) | Self::Silent(at) => Some(at),
            Self::Never | Self::NoLease | Self::Unknown => None,
        }
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::Fresh(_) | Self::Unknown => Severity::Ok,
            Self::Late(..) | Self::Never | Self::NoLease => Severity::Warning,
            Self::Silent(_) => Severity::Critical,
        }
    }
}
