//! PodDisruptionBudgets.

use super::Shared;
use crate::model::budget::DisruptionBudget;
use crate::wire::apps::PodDisruptionBudget;

impl Shared {
    /// A disruption budget.
    pub fn budget(&mut self, budget: PodDisruptionBudget) -> DisruptionBudget {
        let spec = budget.spec.unwrap_or_default();
        let status = budget.status.unwrap_or_default();
        DisruptionBudget {
            meta: self.meta(&budget.metadata.unwrap_or_default()),
            selector: spec.selector.map(|selector| self.selector(&selector)),
            min_available: spec.min_available.map(|it| self.texts.get(&it.to_string())),
            max_unavailable: spec.max_unavailable.map(|it| self.texts.get(&it.to_string())),
            allowed: status.disruptions_allowed,
            healthy: status.current_healthy,
            desired_healthy: status.desired_healthy,
            expected: status.expected_pods,
        }
    }
}
