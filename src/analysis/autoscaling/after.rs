//! What the autoscaler makes of a change before it is made: of replicas that somebody sets by hand, and of other bounds.
//! It changes nothing.

use jiff::Timestamp;

use super::combine::{Branch, branch};
use super::forecast::compute;
use super::gathered::Case;
use super::normalise::Bounds;
use super::supposed::Supposed;
use super::{Doubt, Forecast, Span};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;

/// What the pass after it does if somebody sets spec.replicas of the target. Where metrics decide it is never certain:
/// by then pods are made or deleted.
pub fn after_scale(cluster: &Cluster, autoscaler: &Autoscaler, replicas: i32, now: Timestamp) -> Forecast {
    let mut case = Case::of(cluster, autoscaler, now);
    let (found, created) = (case.found, case.scaled.created);
    case.scaled.current = replicas.max(0);
    let replicas = case.scaled.current;
    if replicas == found || branch(replicas, case.bounds, case.asleep()) != Branch::Metrics {
        return compute(&case);
    }
    let cases = Supposed::cases(found, replicas);
    let mut found: Option<Forecast> = None;
    for supposed in cases {
        case.supposed = supposed;
        case.scaled.created = if supposed == Supposed::Nothing { created } else { replicas };
        let next = compute(&case);
        found = Some(match found {
            None => next,
            Some(likely) => joined(likely, next),
        });
    }
    found.map_or_else(|| compute(&case), doubted)
}

/// The likeliest of two forecasts, with what the other says instead.
fn joined(mut likely: Forecast, other: Forecast) -> Forecast {
    likely.next = likely.next.join(other.next);
    for doubt in other.doubts {
        if !likely.doubts.contains(&doubt) {
            likely.doubts.push(doubt);
        }
    }
    likely
}

/// Where a metric decides, the pods may come to another number than those that are imagined.
fn doubted(mut found: Forecast) -> Forecast {
    if found.winner.is_some() || !found.next.is_exact() {
        found.doubts.push(Doubt::Changing);
    }
    if !found.next.is_exact() {
        // Between the ends the number may stay as it is.
        found.next = found.next.join(Span::exact(found.current));
    }
    found
}

/// What the pass after it does if spec.minReplicas and spec.maxReplicas become these.
pub fn after_bounds(
    cluster: &Cluster,
    autoscaler: &Autoscaler,
    min: i32,
    max: i32,
    now: Timestamp,
) -> Forecast {
    let mut case = Case::of(cluster, autoscaler, now);
    case.bounds = Bounds { min, max };
    compute(&case)
}
