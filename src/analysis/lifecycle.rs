//! What the node lifecycle controller makes of a node: when silence becomes Unknown, which taints its conditions call
//! for, and which it will add or take away. It looks at one node; zones are judged elsewhere.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.

use jiff::{SignedDuration, Timestamp};

use super::assumptions::Assumptions;
use super::tolerations::{NO_EXECUTE, NOT_READY, UNREACHABLE};
use crate::model::meta::ConditionStatus;
use crate::model::node::{Node, Taint};

/// The key of the taint that a cordon brings.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// The key of the taint by which somebody says that a machine is off for certain.
pub const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The keys that the controller keeps in line, in the order of [`Keys`].
const KEYS: [&str; 7] = [
    NOT_READY,
    UNREACHABLE,
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
    UNSCHEDULABLE,
];

/// The condition and status that call for each key but the last, which the cordon calls for.
const CAUSES: [(&str, ConditionStatus); 6] = [
    ("Ready", ConditionStatus::False),
    ("Ready", ConditionStatus::Unknown),
    ("MemoryPressure", ConditionStatus::True),
    ("DiskPressure", ConditionStatus::True),
    ("PIDPressure", ConditionStatus::True),
    ("NetworkUnavailable", ConditionStatus::True),
];

/// Some of the keys that the controller keeps in line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys(u8);

impl Keys {
    /// The keys.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        KEYS.into_iter().enumerate().filter(move |(at, _)| self.0 & (1 << at) != 0).map(|(_, key)| key)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn of(test: impl Fn(usize) -> bool) -> Self {
        Self((0..KEYS.len()).filter(|at| test(*at)).fold(0, |keys, at| keys | (1 << at)))
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The keys of the NoSchedule taints that a node's conditions and its cordon call for. A node without a Ready
/// condition calls for none by it.
pub fn called_for(node: &Node) -> Keys {
    Keys::of(|at| match CAUSES.get(at) {
        Some((kind, status)) => node.condition(kind).is_some_and(|it| it.status == *status),
        None => node.unschedulable,
    })
}

/// Where a node's taints are not what the controller wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disagreement {
    /// NoSchedule taints that it will add, at the node's next event.
    pub adds: Keys,
    /// NoSchedule taints that it will take away, likewise; whoever wrote them.
    pub removes: Keys,
    /// What it does about NoExecute.
    pub eviction: EvictionTaint,
}

impl Disagreement {
    /// Compares a node's taints with its conditions.
    pub fn of(node: &Node) -> Self {
        let wanted = called_for(node);
        let borne = Keys::of(|at| bears(node, KEYS[at], "NoSchedule"));
        Self {
            adds: wanted.without(borne),
            removes: borne.without(wanted),
            eviction: EvictionTaint::of(node),
        }
    }

    /// Whether any NoSchedule taint is not as it should be.
    pub fn is_none(self) -> bool {
        self.adds.is_empty() && self.removes.is_empty() && self.eviction != EvictionTaint::Surplus
    }
}

/// How a node stands with the NoExecute taint that its Ready condition calls for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvictionTaint {
    /// It is Ready and bears none.
    #[default]
    None,
    /// It bears the one that it should.
    Borne,
    /// It bears the other one, alone or besides, which is swapped at the next pass, without waiting.
    Swapped,
    /// It waits for it in the queue of its zone.
    Queued,
    /// It is Ready and bears one, which goes at the next pass.
    Surplus,
}

impl EvictionTaint {
    fn of(node: &Node) -> Self {
        let borne = [NOT_READY, UNREACHABLE].map(|key| bears(node, key, NO_EXECUTE));
        match (wanted(node), borne) {
            (None, [false, false]) => Self::None,
            (None, _) => Self::Surplus,
            (Some(NOT_READY), [true, false]) | (Some(UNREACHABLE), [false, true]) => Self::Borne,
            (Some(_), [false, false]) => Self::Queued,
            (Some(_), _) => Self::Swapped,
        }
    }
}

/// The key of the NoExecute taint that a node's Ready condition calls for.
pub fn wanted(node: &Node) -> Option<&'static str> {
    match node.condition("Ready")?.status {
        ConditionStatus::True => None,
        ConditionStatus::False => Some(NOT_READY),
        ConditionStatus::Unknown => Some(UNREACHABLE),
    }
}

/// Whether a node bears a taint of that key and effect.
pub fn bears(node: &Node, key: &str, effect: &str) -> bool {
    node.taints.iter().any(|taint| &*taint.key == key && &*taint.effect == effect)
}

/// Whether the lifecycle controller wrote a NoExecute taint, and so takes it away again.
pub fn is_lifecycle(taint: &Taint) -> bool {
    &*taint.effect == NO_EXECUTE && matches!(&*taint.key, NOT_READY | UNREACHABLE)
}

/// The signs of life by which the controller judges a kubelet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs {
    /// When the node registered.
    pub created: Option<Timestamp>,
    /// When its lease was last renewed.
    pub lease: Option<Timestamp>,
    /// When its status was last posted.
    pub status: Option<Timestamp>,
    /// Whether there is a Ready condition at all.
    pub posted: bool,
}

impl Signs {
    /// What a node itself says; its lease is another object.
    pub fn of(node: &Node) -> Self {
        let posted = node.condition("Ready").is_some();
        Self { created: node.meta.created.map(Timestamp::from), lease: None, status: node.reported, posted }
    }
}

/// The controller's clock for one kubelet: since when it counts, and how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The last sign of life that it can have seen; its own restart counts as one.
    pub since: Timestamp,
    /// Seconds from then until the node is Unknown.
    pub grace: i64,
    /// The reason that the conditions will then have.
    pub reason: &'static str,
}

impl Clock {
    /// The clock of a kubelet; `None` when nothing at all is known of it.
    pub fn of(signs: Signs, assumptions: &Assumptions) -> Option<Self> {
        let status = signs.status.filter(|_| signs.posted);
        // Who never posted a status is watched from the day it registered.
        let restarted = assumptions.restarted.filter(|_| signs.posted);
        let seen = [signs.lease, status, restarted].into_iter().flatten().max();
        let since = seen.max(signs.created.filter(|_| !signs.posted || seen.is_none()))?;
        let (grace, reason) = if signs.posted {
            (assumptions.grace, "NodeStatusUnknown")
        } else {
            (assumptions.startup, "NodeStatusNeverUpdated")
        };
        Some(Self { since, grace, reason })
    }

    /// When the node becomes Unknown, unless the kubelet shows a sign of life; the controller looks every few seconds.
    pub fn expires(self) -> Timestamp {
        self.since.checked_add(SignedDuration::from_secs(self.grace)).unwrap_or(self.since)
    }

    /// Whether the time is up.
    pub fn expired(self, now: Timestamp) -> bool {
        now > self.expires()
    }
}
