//! Deployments, ReplicaSets, StatefulSets and DaemonSets in one shape. It does not judge a rollout.

use super::key::{Key, Keyed, Target};
use super::kind::Kind;
use super::meta::{Condition, Meta, Selector};

/// An apps/v1 workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Which of the four kinds it is.
    pub kind: Kind,
    /// Name, UID, owner, times.
    pub meta: Meta,
    /// spec.replicas (1 when absent), or status.desiredNumberScheduled of a DaemonSet.
    pub desired: i32,
    /// Pods that exist: status.replicas.
    pub created: i32,
    /// Pods of the newest template.
    pub updated: i32,
    /// Pods whose Ready condition is True.
    pub ready: i32,
    /// Pods ready for minReadySeconds.
    pub available: i32,
    /// Whether the controller has not yet seen the newest spec.
    pub outdated: bool,
    /// spec.selector.
    pub selector: Selector,
    /// The condition by which its controller says that it cannot go on: pods that cannot be created (ReplicaFailure
    /// is True) or a rollout past its deadline (Progressing is False). Deployments say so, and ReplicaSets the first;
    /// StatefulSets say it in events alone.
    pub held: Option<Box<Condition>>,
}

impl Workload {
    /// The workload as a target.
    pub fn target(&self) -> Target {
        Target::new(self.kind, self.meta.key.clone())
    }

    /// Whether the API serves a scale subresource for the kind.
    pub fn scalable(&self) -> bool {
        self.kind != Kind::DaemonSet
    }
}

impl Keyed for Workload {
    fn key(&self) -> &Key {
        &self.meta.key
    }
}
