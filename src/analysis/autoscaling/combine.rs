//! Which way a pass goes by the number of replicas, and what several metrics come to together, also when some fail. It
//! neither computes a metric nor normalises.
//!
//! Source: `reconcileAutoscaler` and `computeReplicasForMetrics` in `pkg/controller/podautoscaler/horizontal.go`.

use super::normalise::Bounds;

/// What a pass does before it looks at any metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// There are more replicas than spec.maxReplicas: down to it at once.
    AboveMax,
    /// There are fewer than spec.minReplicas: up to it at once.
    BelowMin,
    /// There are none, and it does not wake by itself.
    Disabled,
    /// The metrics decide.
    Metrics,
}

/// What counts when there are no replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asleep {
    /// Whether the controller itself scaled to zero: the condition ScaledToZero is True and the gate is on.
    pub scaled: bool,
    /// Whether a metric can be read without pods: one of an object or an external one.
    pub wakes: bool,
    /// Whether the controller is of before 1.36, which remembers nothing and wakes whenever spec.minReplicas is 0.
    pub older: bool,
}

/// Which way a pass goes.
pub fn branch(current: i32, bounds: Bounds, asleep: Asleep) -> Branch {
    if current == 0 {
        let wakes =
            if asleep.older { bounds.min == 0 } else { asleep.scaled && (bounds.min != 0 || asleep.wakes) };
        return if wakes { Branch::Metrics } else { Branch::Disabled };
    }
    if current > bounds.max {
        Branch::AboveMax
    } else if current < bounds.min {
        Branch::BelowMin
    } else {
        Branch::Metrics
    }
}

/// What the metrics come to together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combined {
    /// They ask for so many replicas; which of them by its index, and whether others failed.
    Asks {
        /// The replicas, not below zero.
        replicas: i32,
        /// The metric that asks for the most.
        winner: usize,
        /// Whether others could not be computed.
        partly: bool,
    },
    /// The pass ends without a number: which failed first, and whether the others would have scaled down.
    Fails {
        /// The first that failed.
        first: usize,
        /// Whether others could be computed and are not believed, because they would scale down.
        partly: bool,
    },
}

/// Combines what each metric asks for; `None` is one that failed.
pub fn combine(current: i32, asked: &[Option<i32>]) -> Combined {
    let mut most: Option<(i32, usize)> = None;
    for (index, replicas) in asked.iter().enumerate().filter_map(|(at, it)| Some((at, (*it)?))) {
        // As there, a zero gives way to whatever comes next.
        if most.is_none_or(|(so_far, _)| so_far == 0 || replicas > so_far) {
            most = Some((replicas, index));
        }
    }
    let first = asked.iter().position(Option::is_none);
    match (most, first) {
        (Some((replicas, winner)), first) if first.is_none() || replicas >= current => {
            Combined::Asks { replicas: replicas.max(0), winner, partly: first.is_some() }
        }
        (most, first) => Combined::Fails { first: first.unwrap_or(0), partly: most.is_some() },
    }
}

/// What a pass makes of replicas that are normalised: from zero, where the controller itself scaled to it, at least
/// spec.minReplicas.
pub fn woken(current: i32, replicas: i32, bounds: Bounds, asleep: Asleep) -> i32 {
    if current == 0 && asleep.scaled && !asleep.older { replicas.max(bounds.min) } else { replicas }
}
