//! What becomes of a proposal: stabilised by recent ones, held within rates and bounds, both with and without
//! spec.behavior. It remembers nothing: recommendations and rescales are parameters.
//!
//! Source: `pkg/controller/podautoscaler/horizontal.go`, Kubernetes 1.36. Numbers of replicas wrap as Go's do.

use std::cmp::Ordering;

use crate::model::autoscaler::{Behavior, PolicyKind, Rules, Select};

/// An earlier proposal, or a rescale, and how long ago that was in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Past {
    /// The proposal; of a rescale by how many replicas.
    pub replicas: i32,
    /// Seconds ago.
    pub age: f64,
}

/// Between which numbers of replicas an autoscaler moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// spec.minReplicas.
    pub min: i32,
    /// spec.maxReplicas.
    pub max: i32,
}

/// Why the normalised number is what it is; the reason of the condition ScalingLimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Nothing stands in the way.
    DesiredWithinRange,
    /// spec.maxReplicas.
    TooManyReplicas,
    /// spec.minReplicas.
    TooFewReplicas,
    /// It may not rise faster.
    ScaleUpLimit,
    /// It may not fall faster.
    ScaleDownLimit,
}

impl Limited {
    /// As the condition has it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::DesiredWithinRange => "DesiredWithinRange",
            Self::TooManyReplicas => "TooManyReplicas",
            Self::TooFewReplicas => "TooFewReplicas",
            Self::ScaleUpLimit => "ScaleUpLimit",
            Self::ScaleDownLimit => "ScaleDownLimit",
        }
    }
}

/// A normalised number of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalised {
    /// The replicas.
    pub replicas: i32,
    /// Why.
    pub limited: Limited,
}

/// Without spec.behavior the highest recommendation of the window counts; one that is just as old as it still does.
pub fn highest(desired: i32, recommendations: &[Past], window: f64) -> i32 {
    recommendations.iter().filter(|it| it.age <= window).fold(desired, |most, it| most.max(it.replicas))
}

/// The most replicas that an autoscaler without spec.behavior goes to in one step: twice as many, but at least 4.
pub fn doubled(current: i32) -> i32 {
    current.saturating_mul(2).max(4)
}

/// Clamps what was stabilised, without spec.behavior.
pub fn clamp(current: i32, stabilised: i32, bounds: Bounds) -> Normalised {
    let limit = doubled(current);
    let (most, limited) = if bounds.max > limit {
        (limit, Limited::ScaleUpLimit)
    } else {
        (bounds.max, Limited::TooManyReplicas)
    };
    if stabilised < bounds.min {
        Normalised { replicas: bounds.min, limited: Limited::TooFewReplicas }
    } else if stabilised > most {
        Normalised { replicas: most, limited }
    } else {
        Normalised { replicas: stabilised, limited: Limited::DesiredWithinRange }
    }
}

/// The recommendations that count with spec.behavior: the lowest of the window for scaling up, and the highest of the
/// window for scaling down; one that is just as old as its window no longer does.
pub fn extremes(desired: i32, recommendations: &[Past], up: f64, down: f64) -> (i32, i32) {
    recommendations.iter().fold((desired, desired), |(low, high), it| {
        let low = if it.age < up { low.min(it.replicas) } else { low };
        (low, if it.age < down { high.max(it.replicas) } else { high })
    })
}

/// Brings the current number between the two recommendations that count.
pub fn between(current: i32, low: i32, high: i32) -> i32 {
    current.max(low).min(high)
}

/// The rescales that count for the rates: by how many replicas it went up and down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rescales<'a> {
    /// Up.
    pub up: &'a [Past],
    /// Down.
    pub down: &'a [Past],
}

impl Rescales<'_> {
    /// How many replicas there were a period ago.
    fn start(&self, current: i32, period: i32) -> i32 {
        let sum = |all: &[Past]| {
            let young = all.iter().filter(|it| it.age < f64::from(period));
            young.fold(0i32, |sum, it| sum.wrapping_add(it.replicas))
        };
        current.wrapping_sub(sum(self.up)).wrapping_add(sum(self.down))
    }
}

/// The most replicas that the rates allow now, before spec.maxReplicas.
pub fn up_limit(current: i32, rules: &Rules, rescales: Rescales<'_>) -> i32 {
    let of = |kind: &PolicyKind, value: i32, start: i32| match kind {
        PolicyKind::Pods => start.wrapping_add(value),
        PolicyKind::Percent => (f64::from(start) * (1.0 + f64::from(value) / 100.0)).ceil() as i32,
    };
    let limits = rules.policies.iter().map(|it| of(&it.kind, it.value, rescales.start(current, it.period)));
    match rules.select {
        Select::Disabled => current,
        Select::Min => limits.fold(i32::MAX, i32::min),
        Select::Max => limits.fold(i32::MIN, i32::max),
    }
}

/// The fewest replicas that the rates allow now, before spec.minReplicas.
pub fn down_limit(current: i32, rules: &Rules, rescales: Rescales<'_>) -> i32 {
    let of = |kind: &PolicyKind, value: i32, start: i32| match kind {
        PolicyKind::Pods => start.wrapping_sub(value),
        PolicyKind::Percent => (f64::from(start) * (1.0 - f64::from(value) / 100.0)) as i32,
    };
    let limits = rules.policies.iter().map(|it| of(&it.kind, it.value, rescales.start(current, it.period)));
    match rules.select {
        Select::Disabled => current,
        Select::Min => limits.fold(i32::MIN, i32::max),
        Select::Max => limits.fold(i32::MAX, i32::min),
    }
}

/// What the rates of spec.behavior allow now, before the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most replicas.
    pub up: i32,
    /// The fewest.
    pub down: i32,
}

impl Limits {
    /// Those of both directions.
    pub fn of(current: i32, behavior: &Behavior, rescales: Rescales<'_>) -> Self {
        Self {
            up: up_limit(current, &behavior.up, rescales),
            down: down_limit(current, &behavior.down, rescales),
        }
    }
}

/// Holds what was stabilised within the rates of spec.behavior and within the bounds.
pub fn rate(current: i32, stabilised: i32, bounds: Bounds, limits: Limits) -> Normalised {
    let within = Normalised { replicas: stabilised, limited: Limited::DesiredWithinRange };
    match stabilised.cmp(&current) {
        Ordering::Greater => {
            let limit = limits.up.max(current);
            let (most, limited) = if bounds.max > limit {
                (limit, Limited::ScaleUpLimit)
            } else {
                (bounds.max, Limited::TooManyReplicas)
            };
            if stabilised > most { Normalised { replicas: most, limited } } else { within }
        }
        Ordering::Less => {
            let limit = limits.down.min(current);
            let (least, limited) = if bounds.min < limit {
                (limit, Limited::ScaleDownLimit)
            } else {
                (bounds.min, Limited::TooFewReplicas)
            };
            if stabilised < least { Normalised { replicas: least, limited } } else { within }
        }
        Ordering::Equal => within,
    }
}
