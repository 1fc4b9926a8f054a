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
const LATE_AFTER: i64 = 20;

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

impl Heartbeat {
    /// Reads the heartbeat of a node; `now` is the server's clock.
    pub fn of(cluster: &Cluster, node: &str, now: Timestamp) -> Self {
        let Some(lease) = cluster.lease(node) else {
            let known = cluster.synced(Kind::NodeLease);
            return if known { Self::NoLease } else { Self::Unknown };
        };
        let Some(renewed) = lease.renewed else { return Self::Never };
        let Some(judged) = judged_at(cluster, now) else { return Self::Fresh(renewed) };
        let lived = lease.lived().unwrap_or(renewed);
        let signs = cluster.node(node).map_or_else(Signs::default, Signs::of);
        let signs = Signs { lease: Some(lived), ..signs };
        let Some(clock) = Clock::of(signs, &Assumptions::of(cluster)) else { return Self::Fresh(renewed) };
        if clock.expired(judged) {
            Self::Silent(renewed)
        } else if judged.duration_since(lived) > SignedDuration::from_secs(LATE_AFTER) {
            Self::Late(renewed, clock.expires().duration_since(judged).as_secs())
        } else {
            Self::Fresh(renewed)
        }
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
