//! What an autoscaler makes of it when a person sets the replicas of its target or its bounds, in sentences for the
//! dialog before the change. It changes nothing.

use jiff::Timestamp;

use super::owner::keda;
use super::tell::seconds;
use super::{Limit, after_bounds, after_scale, fights, led};
use crate::model::autoscaler::Autoscaler;
use crate::model::budget::DisruptionBudget;
use crate::model::cluster::Cluster;

/// What follows when somebody sets the replicas of its target.
pub fn scaled(cluster: &Cluster, autoscaler: &Autoscaler, replicas: i32, now: Timestamp) -> Vec<String> {
    let name = &autoscaler.meta.key.name;
    let (min, max) = (autoscaler.min, autoscaler.max);
    let forecast = after_scale(cluster, autoscaler, replicas, now);
    let within = seconds(forecast.settings.period);
    let mut lines = vec![match forecast.limits.first() {
        Some(Limit::Disabled) => {
            format!("Autoscaler {name} stops scaling at 0 replicas, until somebody sets 1 or more.")
        }
        Some(Limit::AboveMax) => {
            format!("Autoscaler {name} sets it back to its maximum, {max}, within {within}.")
        }
        Some(Limit::BelowMin) => {
            format!("Autoscaler {name} raises it to its minimum, {min}, within {within}.")
        }
        _ => format!("Autoscaler {name} then {}.", led(&forecast, autoscaler)),
    }];
    lines.extend(keda(cluster, autoscaler).map(|keda| {
        format!("KEDA's {keda} owns the autoscaler; its annotation autoscaling.keda.sh/paused-replicas holds a number.")
    }));
    lines.extend(held(cluster, autoscaler, replicas));
    lines
}

/// What follows when somebody sets its bounds.
pub fn bounded(
    cluster: &Cluster,
    autoscaler: &Autoscaler,
    min: i32,
    max: i32,
    now: Timestamp,
) -> Vec<String> {
    let forecast = after_bounds(cluster, autoscaler, min, max, now);
    let (current, within) = (forecast.current, seconds(forecast.settings.period));
    let sets = |to: i32| {
        format!("It sets its target from {current} to {to} within {within}, whatever its metrics say.")
    };
    let mut lines = vec![match forecast.limits.first() {
        Some(Limit::Disabled) => {
            "Its target has 0 replicas, so it does nothing until somebody sets 1 or more.".to_owned()
        }
        Some(Limit::AboveMax) => sets(max),
        Some(Limit::BelowMin) => sets(min),
        _ => format!("Its next pass then {}.", led(&forecast, autoscaler)),
    }];
    if min < autoscaler.min {
        lines.extend(held(cluster, autoscaler, min));
    }
    lines
}

/// The budgets that let no pod be evicted when there are so few.
fn held(cluster: &Cluster, autoscaler: &Autoscaler, replicas: i32) -> Vec<String> {
    let needs = |budget: &DisruptionBudget| {
        let required = budget.min_available.as_ref()?.parse::<i32>().ok()?;
        let name = &budget.meta.key.name;
        (replicas > 0 && replicas <= required).then(|| {
            format!(
                "PodDisruptionBudget {name} requires {required}: of {replicas} none can be evicted, so that their nodes \
                 cannot be drained."
            )
        })
    };
    fights::budgets(cluster, autoscaler).filter_map(needs).collect()
}
