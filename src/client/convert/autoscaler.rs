//! HorizontalPodAutoscalers: bounds, status, conditions. Their metrics are converted in `metric`.

use super::Shared;
use super::meta::time;
use crate::model::autoscaler::{Autoscaler, Behavior, Policy, PolicyKind, Rules, ScaleTarget, Select};
use crate::wire;
use crate::wire::autoscaling::{HorizontalPodAutoscaler, ScalingPolicy, ScalingRules};

/// What the API assumes where minReplicas is not given.
const DEFAULT_MIN: i32 = 1;

impl Shared {
    /// An autoscaler.
    pub fn autoscaler(&mut self, it: HorizontalPodAutoscaler) -> Autoscaler {
        let spec = it.spec.unwrap_or_default();
        let status = it.status.unwrap_or_default();
        let target = spec.scale_target_ref.unwrap_or_default();
        let meta = it.metadata.unwrap_or_default();
        Autoscaler {
            generation: meta.generation,
            meta: self.meta(&meta),
            target: ScaleTarget {
                api_version: self.texts.get(&target.api_version),
                kind: self.texts.get(&target.kind),
                name: self.texts.get(&target.name),
            },
            min: spec.min_replicas.unwrap_or(DEFAULT_MIN),
            max: spec.max_replicas,
            metrics: spec.metrics.iter().map(|metric| self.metric(metric)).collect(),
            readings: status.current_metrics.iter().map(|reading| self.reading(reading)).collect(),
            behavior: spec.behavior.map(|it| self.behavior(&it)),
            observed: status.observed_generation,
            current: status.current_replicas,
            desired: status.desired_replicas,
            last_scale: time(status.last_scale_time),
            conditions: status
                .conditions
                .iter()
                .map(|it| {
                    self.condition(&it.type_, &it.status, [&it.reason, &it.message], it.last_transition_time)
                })
                .collect(),
        }
    }

    fn behavior(&mut self, it: &wire::autoscaling::Behavior) -> Behavior {
        Behavior {
            up: self.rules(it.scale_up.as_ref(), Rules::up()),
            down: self.rules(it.scale_down.as_ref(), Rules::down()),
        }
    }

    /// What a direction says, and of what it does not say, what the API server would fill in.
    fn rules(&mut self, said: Option<&ScalingRules>, unsaid: Rules) -> Rules {
        let Some(said) = said else { return unsaid };
        let policies: Vec<Policy> = said.policies.iter().map(policy).collect();
        Rules {
            window: said.stabilization_window_seconds.or(unsaid.window),
            select: match said.select_policy.as_deref() {
                Some("Min") => Select::Min,
                Some("Disabled") => Select::Disabled,
                _ => Select::Max,
            },
            policies: if policies.is_empty() { unsaid.policies } else { policies },
            tolerance: self.amount(said.tolerance.as_ref()),
        }
    }
}

fn policy(it: &ScalingPolicy) -> Policy {
    let kind = if it.type_ == "Percent" { PolicyKind::Percent } else { PolicyKind::Pods };
    Policy { kind, value: it.value, period: it.period_seconds }
}
