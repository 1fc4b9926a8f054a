//! Table D: the bounds, without spec.behavior, and what a pass does before it looks at any metric.

use foretop::analysis::autoscaling::combine::{Asleep, Branch, Combined, branch, combine};
use foretop::analysis::autoscaling::normalise::{Bounds, clamp};
use foretop::analysis::autoscaling::{Basis, Limit, Span};

use crate::support::{World, autoscaler, cpu, pods};

fn clamped(current: i32, desired: i32, min: i32, max: i32) -> (i32, &'static str) {
    let found = clamp(current, desired, Bounds { min, max });
    (found.replicas, found.limited.reason())
}

#[test]
fn d1_within_the_bounds() {
    assert_eq!(clamped(5, 7, 3, 8), (7, "DesiredWithinRange"));
}

#[test]
fn d2_below_the_minimum() {
    assert_eq!(clamped(3, 1, 2, 8), (2, "TooFewReplicas"));
}

#[test]
fn d3_zero_is_within_bounds_that_begin_there() {
    assert_eq!(clamped(1, 0, 0, 10), (0, "DesiredWithinRange"));
}

#[test]
fn d4_above_the_maximum() {
    assert_eq!(clamped(20, 1000, 1, 10), (10, "TooManyReplicas"));
}

#[test]
fn d5_no_more_than_twice_as_many() {
    assert_eq!(clamped(3, 1000, 1, 2000), (6, "ScaleUpLimit"));
}

#[test]
fn d6_but_four_at_once() {
    assert_eq!(clamped(1, 9, 1, 20), (4, "ScaleUpLimit"));
}

#[test]
fn d_at_the_edges() {
    assert_eq!(clamped(5, 8, 3, 8), (8, "DesiredWithinRange"));
    assert_eq!(clamped(5, 3, 3, 8), (3, "DesiredWithinRange"));
    assert_eq!(clamped(2, 4, 1, 20), (4, "DesiredWithinRange"));
    assert_eq!(clamped(2, 5, 1, 20), (4, "ScaleUpLimit"));
    assert_eq!(clamped(3, 7, 1, 6), (6, "TooManyReplicas"), "as far as the limit, and the maximum is named");
    assert_eq!(clamped(3, 7, 1, 7), (6, "ScaleUpLimit"));
    assert_eq!(clamped(100, 1000, 100, 150), (150, "TooManyReplicas"));
    assert_eq!(clamped(0, 9, 0, 20), (4, "ScaleUpLimit"));
    assert_eq!(clamped(i32::MAX, i32::MAX, 1, i32::MAX), (i32::MAX, "DesiredWithinRange"));
    assert_eq!(clamped(i32::MIN, i32::MIN, 1, i32::MAX), (1, "TooFewReplicas"));
}

fn way(current: i32, min: i32, max: i32) -> Branch {
    branch(current, Bounds { min, max }, Asleep::default())
}

#[test]
fn d7_above_the_maximum_no_metric_is_read() {
    assert_eq!(way(10, 3, 5), Branch::AboveMax);
    let world = World::new(autoscaler(3, 5, 10, vec![cpu(80)]), &pods(10));
    let found = world.forecast();
    assert_eq!((found.next, &*found.limits), (Span::exact(5), &[Limit::AboveMax][..]));
    assert!(found.is_certain() && matches!(found.basis, Basis::None(_)));
}

#[test]
fn d8_below_the_minimum_no_metric_is_read() {
    assert_eq!(way(2, 3, 5), Branch::BelowMin);
    let found = World::new(autoscaler(3, 5, 2, vec![cpu(80)]), &pods(2)).forecast();
    assert_eq!((found.next, &*found.limits), (Span::exact(3), &[Limit::BelowMin][..]));
}

#[test]
fn d9_without_replicas_it_is_switched_off() {
    assert_eq!(way(0, 3, 5), Branch::Disabled);
    let world = World::new(autoscaler(3, 5, 0, vec![cpu(80)]), &[]);
    let found = world.forecast();
    assert_eq!((found.next, &*found.limits), (Span::exact(0), &[Limit::Disabled][..]));
    assert!(found.is_certain());
    assert!(world.says().starts_with("switched off"));
}

#[test]
fn what_was_scaled_to_zero_wakes_again() {
    let bounds = |min| Bounds { min, max: 5 };
    let asleep = |scaled, wakes, older| Asleep { scaled, wakes, older };
    for (min, asleep, expected) in [
        (0, asleep(true, true, false), Branch::Metrics),
        (0, asleep(true, false, false), Branch::Disabled),
        (2, asleep(true, false, false), Branch::Metrics),
        (0, asleep(false, true, false), Branch::Disabled),
        (0, asleep(false, true, true), Branch::Metrics),
        (1, asleep(true, true, true), Branch::Disabled),
    ] {
        assert_eq!(branch(0, bounds(min), asleep), expected, "{min} {asleep:?}");
    }
}

#[test]
fn the_most_of_the_metrics_counts() {
    assert_eq!(combine(4, &[Some(3), Some(7)]), Combined::Asks { replicas: 7, winner: 1, partly: false });
    assert_eq!(combine(4, &[Some(7), Some(7)]), Combined::Asks { replicas: 7, winner: 0, partly: false });
    assert_eq!(combine(4, &[Some(0), Some(0)]), Combined::Asks { replicas: 0, winner: 1, partly: false });
    assert_eq!(combine(4, &[Some(-3)]), Combined::Asks { replicas: 0, winner: 0, partly: false });
}

#[test]
fn on_part_of_the_metrics_it_scales_up_but_not_down() {
    assert_eq!(combine(5, &[None, Some(8)]), Combined::Asks { replicas: 8, winner: 1, partly: true });
    assert_eq!(combine(5, &[Some(5), None]), Combined::Asks { replicas: 5, winner: 0, partly: true });
    assert_eq!(combine(5, &[Some(4), None]), Combined::Fails { first: 1, partly: true });
    assert_eq!(combine(5, &[None, None]), Combined::Fails { first: 0, partly: false });
    assert_eq!(combine(0, &[Some(0), None]), Combined::Asks { replicas: 0, winner: 0, partly: true });
}
