//! HorizontalPodAutoscalers: bounds, status, conditions. Their metrics are converted in `metric`.

use super::Shared;
use super::meta::time;
use crate::model::autoscaler::{Autoscaler, ScaleTarget};
use crate::wire::autoscaling::HorizontalPodAutoscaler;

/// What the API assumes where minReplicas is not given.
const DEFAULT_MIN: i32 = 1;

impl Shared {
    /// An autoscaler.
    pub fn autoscaler(&mut self, it: HorizontalPodAutoscaler) -> Autoscaler {
        let spec = it.spec.unwrap_or_default();
        let status = it.status.unwrap_or_default();
        let target = spec.scale_target_ref.unwrap_or_default();
        Autoscaler {
            meta: self.meta(&it.metadata.unwrap_or_default()),
            target: ScaleTarget {
                api_version: self.texts.get(&target.api_version),
                kind: self.texts.get(&target.kind),
                name: self.texts.get(&target.name),
            },
            min: spec.min_replicas.unwrap_or(DEFAULT_MIN),
            max: spec.max_replicas,
            metrics: spec.metrics.iter().map(|metric| self.metric(metric)).collect(),
            readings: status.current_metrics.iter().map(|reading| self.reading(reading)).collect(),
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
}
