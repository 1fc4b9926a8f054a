//! The kubelet's heartbeat as the node lifecycle controller judges it: lease age against its grace period.
//!
//! Source: kubernetes `pkg/controller/nodelifecycle`, flags `--node-monitor-grace-period` (50 s since 1.32, 40 s
//! before) and `--node-monitor-period` (5 s). The controller counts from its own last look; we count from the lease.

use jiff::{SignedDuration, Timestamp};

use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::node::NodeLease;

/// How long a kubelet may be silent before the controller sets its node to Unknown, in seconds.
///
/// It is the default of the server's version; a flag of the controller manager can differ, and the API does not show it.
pub fn grace_seconds(version: Option<&str>) -> i64 {
    match version.and_then(minor) {
        Some(minor) if minor < 32 => 40,
        _ => 50,
    }
}

/// The minor number of a version such as `v1.36.3` or `v1.31.4+k3s1`.
pub fn minor(version: &str) -> Option<u32> {
    let minor = version.trim_start_matches('v').split('.').nth(1)?;
    minor.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

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

/// The nodes whose lease has grown old, so that the passing of time alone may make it worse. A node without a lease is
/// not among them: what is not there does not grow older.
pub fn restless(cluster: &Cluster, now: Timestamp) -> Vec<Key> {
    let Some(judged) = judged_at(cluster, now) else { return Vec::new() };
    let late = |lease: &&NodeLease| {
        lease.renewed.is_some_and(|renewed| judged.duration_since(renewed).as_secs() >= LATE_AFTER)
    };
    cluster.leases().filter(late).map(|lease| Key::new("", &lease.meta.key.name)).collect()
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
        let age = judged.duration_since(renewed);
        let grace = grace_seconds(cluster.server.version.as_deref());
        match age.as_secs() {
            seconds if seconds > grace => Self::Silent(renewed),
            seconds if age > SignedDuration::from_secs(LATE_AFTER) => Self::Late(renewed, grace - seconds),
            _ => Self::Fresh(renewed),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grace_period_follows_the_servers_version() {
        assert_eq!(grace_seconds(Some("v1.31.4+k3s1")), 40);
        assert_eq!(grace_seconds(Some("v1.32.0")), 50);
        assert_eq!(grace_seconds(Some("v1.36.3")), 50);
        assert_eq!(grace_seconds(None), 50);
        assert_eq!(minor("v1.28+"), Some(28));
    }
}
