//! PodDisruptionBudgets. It does not predict what an eviction will be answered.

use super::key::{Key, Keyed};
use super::meta::{Meta, Selector};
use super::text::Str;

/// policy/v1 PodDisruptionBudget.
#[derive(Clone, Debug, PartialEq)]
pub struct DisruptionBudget {
    /// Name, UID, times.
    pub meta: Meta,
    /// Which pods it protects; `None` selects none.
    pub selector: Option<Selector>,
    /// spec.minAvailable as text.
    pub min_available: Option<Str>,
    /// spec.maxUnavailable as text.
    pub max_unavailable: Option<Str>,
    /// status.disruptionsAllowed.
    pub allowed: i32,
    /// status.currentHealthy.
    pub healthy: i32,
    /// status.desiredHealthy.
    pub desired_healthy: i32,
    /// status.expectedPods.
    pub expected: i32,
}

impl Keyed for DisruptionBudget {
    fn key(&self) -> &Key {
        &self.meta.key
    }
}
