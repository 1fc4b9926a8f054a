//! Others that change what an autoscaler changes, or what it computes with: KEDA's ScaledObjects and vertical
//! autoscalers. It judges no fight.

use super::key::Key;
use super::text::Str;

/// keda.sh/v1alpha1 ScaledObject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaledObject {
    /// Namespace and name.
    pub key: Key,
    /// Kind and name of what it scales.
    pub target: (Str, Str),
    /// The types of its triggers, in order.
    pub triggers: Vec<Str>,
    /// spec.minReplicaCount.
    pub min: Option<i32>,
    /// spec.maxReplicaCount.
    pub max: Option<i32>,
    /// spec.idleReplicaCount.
    pub idle: Option<i32>,
    /// Whether it is paused.
    pub paused: Option<Paused>,
    /// spec.fallback.replicas.
    pub fallback: Option<i32>,
    /// Whether the fallback is in force.
    pub falling_back: bool,
    /// Whether its Ready condition is True.
    pub ready: bool,
    /// Whether its Active condition is True.
    pub active: bool,
}

/// How a ScaledObject is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paused {
    /// At so many replicas.
    At(i32),
    /// At as many as there are.
    Here,
}

/// autoscaling.k8s.io VerticalPodAutoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerticalAutoscaler {
    /// Namespace and name.
    pub key: Key,
    /// The kind of its target.
    pub target_kind: Str,
    /// The name of its target, in its own namespace.
    pub target_name: Str,
    /// spec.updatePolicy.updateMode.
    pub mode: Str,
    /// The resources that it controls; empty for cpu and memory.
    pub resources: Vec<Str>,
}
