//! What a watch tells the cluster: the only way in. It does not decode and does not apply.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::autoscaler::Autoscaler;
use super::budget::DisruptionBudget;
use super::certificate::{Signer, Unissued};
use super::history::Point;
use super::key::Key;
use super::kind::Kind;
use super::node::{Node, NodeLease};
use super::overlay::NetworkConfig;
use super::pod::Pod;
use super::probe::Probe;
use super::rival::{ScaledObject, VerticalAutoscaler};
use super::server::ServerNews;
use super::text::Str;
use super::usage::Sample;
use super::workload::Workload;

/// One thing that a watch told us.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An object was added or modified.
    Upsert(Object),
    /// An object was deleted.
    Gone(Kind, Key),
    /// A list begins; what it does not name by `Synced` is gone. Rows stay on screen meanwhile.
    Relisting(Kind),
    /// Only this namespace is listed and watched from now on, because all of them together may not be read.
    Narrowed(Kind, Str),
    /// The list is complete: sweep what it did not name.
    Synced(Kind),
    /// How fresh the kind's data is now.
    Freshness(Kind, Freshness),
    /// What the node of that name was measured to use.
    Measured(Str, Sample),
    /// How fresh the measurements are now.
    Measuring(Freshness),
    /// Something about the server itself.
    Server(ServerNews),
    /// What the kubelet of a node has asked of a signer and not got; `None` when it has what it asked for.
    Certificate(Str, Signer, Option<Unissued>),
    /// The requests to a signer are all known, or will not be: they may not be read, or are not served.
    Certificates(Signer),
    /// What an autoscaler's metrics were measured to be.
    Probed(Key, Arc<Probe>),
    /// Where an autoscaler stood at a moment, for the history of the session.
    Noted(Key, Point),
    /// All of KEDA's objects that there are.
    ScaledObjects(Vec<ScaledObject>),
    /// All vertical autoscalers that there are.
    Verticals(Vec<VerticalAutoscaler>),
}

/// An object of any watched kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A node.
    Node(Box<Node>),
    /// A node's lease.
    NodeLease(Box<NodeLease>),
    /// An autoscaler.
    Autoscaler(Box<Autoscaler>),
    /// A Deployment, ReplicaSet, StatefulSet or DaemonSet.
    Workload(Box<Workload>),
    /// A disruption budget.
    DisruptionBudget(Box<DisruptionBudget>),
    /// The overlay's configuration.
    NetworkConfig(Box<NetworkConfig>),
    /// A pod.
    Pod(Box<Pod>),
}

/// How fresh the data of one kind is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Freshness {
    /// Nothing has arrived yet.
    #[default]
    Connecting,
    /// The first list is arriving.
    Listing {
        /// Objects seen so far.
        seen: u64,
        /// Objects still to come, where the server says so.
        remaining: Option<u64>,
    },
    /// A watch is open.
    Live {
        /// Since when.
        since: Timestamp,
    },
    /// The data may be old.
    Stale {
        /// Since when nothing was heard.
        since: Timestamp,
        /// Why, in few words.
        why: String,
        /// When the next attempt is made.
        retry_at: Timestamp,
    },
    /// The user may not read the kind.
    Forbidden {
        /// The missing verb.
        verb: &'static str,
        /// The resource, with its group after a dot.
        resource: String,
        /// When the next attempt is made.
        retry_at: Timestamp,
    },
    /// The server does not serve the kind.
    Absent {
        /// When the next attempt is made.
        retry_at: Timestamp,
    },
}

impl Freshness {
    /// Whether a watch is open.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// The same by another clock, which is that far ahead: streams tell our time, everything else is the server's.
    #[must_use]
    pub fn by(mut self, skew: SignedDuration) -> Self {
        let shift = |at: &mut Timestamp| *at = at.checked_add(skew).unwrap_or(*at);
        match &mut self {
            Self::Connecting | Self::Listing { .. } => {}
            Self::Live { since } => shift(since),
            Self::Stale { since, retry_at, .. } => {
                shift(since);
                shift(retry_at);
            }
            Self::Forbidden { retry_at, .. } | Self::Absent { retry_at } => shift(retry_at),
        }
        self
    }

    /// Whether another state of the stream says as much about the objects: how far a list is and when the next attempt
    /// is made says nothing about them.
    pub fn says_as_much(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Connecting | Self::Listing { .. }, Self::Connecting | Self::Listing { .. })
            | (Self::Absent { .. }, Self::Absent { .. })
            | (Self::Forbidden { .. }, Self::Forbidden { .. }) => true,
            (Self::Live { since: one }, Self::Live { since: two })
            | (Self::Stale { since: one, .. }, Self::Stale { since: two, .. }) => one == two,
            _ => false,
        }
    }
}
