//! Table G: projections from the status only.

use foretop::analysis::autoscaling::groups::Subject;
use foretop::analysis::autoscaling::project::{Beside, Crowd, project};
use foretop::analysis::autoscaling::replicas::Tolerance;
use foretop::analysis::autoscaling::{Basis, Doubt, Limit, Span};
use foretop::model::autoscaler::{Goal, Metric, MetricSource, Reading};
use foretop::model::meta::ConditionStatus;

use crate::support::{TEN, World, amount, asks, at, autoscaler, condition, cpu, external, pod, pods, read};

/// Pods that all count.
fn whole(current: i32) -> Beside {
    let settled = current.into();
    let crowd = Crowd { settled, serving: settled, all: settled, ..Crowd::default() };
    Beside { current, created: current, before: current, pods: Some(crowd), tolerance: TEN }
}

fn projected(metric: &Metric, reading: &Reading, beside: &Beside) -> (i32, Span) {
    let found = project(metric, reading, beside).unwrap();
    (asks(&found.outcome).replicas, found.span)
}

#[test]
fn g1_the_reading_times_the_replicas() {
    let reading = read(&cpu(80), Some(95), None);
    assert_eq!(projected(&cpu(80), &reading, &whole(4)).0, 5);
}

#[test]
fn g2_both_edges_of_the_tolerance_are_within_it() {
    for percent in [88, 72] {
        let reading = read(&cpu(80), Some(percent), None);
        assert_eq!(projected(&cpu(80), &reading, &whole(4)), (4, Span::exact(4)));
    }
    for goal in 1..=300 {
        for percent in [goal * 9, goal * 11].iter().filter(|it| **it % 10 == 0).map(|it| it / 10) {
            let ratio = f64::from(percent) / f64::from(goal);
            assert!(TEN.holds(ratio), "{percent} of {goal}");
        }
    }
}

/// The last pass read so many percent of 80.
fn world(current: i32, percent: i32, max: i32) -> World {
    let mut world = World::new(autoscaler(1, max, current, vec![cpu(80)]), &pods(current as usize));
    world.autoscaler.readings = vec![read(&cpu(80), Some(percent), None)];
    world.show();
    world
}

#[test]
fn g3_held_by_the_window_it_says_what_it_would_be() {
    let mut world = world(10, 40, 20);
    world.autoscaler.conditions[0] =
        condition("AbleToScale", ConditionStatus::True, "ScaleDownStabilized", "");
    world.show();
    let found = world.forecast();
    assert_eq!((found.basis.clone(), found.raw, found.likely), (Basis::Status, Some(5), 10));
    assert!(found.next.holds(5) && found.next.holds(10) && found.doubts.contains(&Doubt::Recommendations));
    let said = world.says();
    assert!(said.starts_with("cpu 40% of 80% asks for 5, held at 10 by the 300 s window"), "{said}");
}

#[test]
fn g4_without_readings_nothing_is_projected() {
    let mut world = World::new(autoscaler(1, 10, 3, vec![cpu(80)]), &pods(3));
    world.autoscaler.readings = Vec::new();
    world.show();
    let found = world.forecast();
    assert!(matches!(found.basis, Basis::None(_)) && found.raw.is_none(), "{found:?}");
    assert!(!found.is_certain());
    assert!(world.says().starts_with("no metric was read in the last pass"), "{}", world.says());
}

#[test]
fn g5_the_most_of_several_metrics() {
    let metrics = vec![cpu(80), external(Goal::Value(amount("10")))];
    let mut world = World::new(autoscaler(1, 20, 5, metrics.clone()), &pods(5));
    world.autoscaler.readings = vec![read(&metrics[0], Some(40), None), read(&metrics[1], None, Some("14"))];
    world.show();
    let found = world.forecast();
    assert_eq!((found.metrics[0].asks, found.metrics[1].asks), (Some(3), Some(7)));
    assert_eq!((found.raw, found.winner), (Some(7), Some(1)));
}

#[test]
fn g6_values_and_averages_are_projected_too() {
    let metric = |source, goal| Metric { source, goal, described: None };
    let pods = MetricSource::Pods { name: "qps".into(), selector: "".into() };
    let qps = metric(pods, Goal::AverageValue(amount("10")));
    assert_eq!(projected(&qps, &read(&qps, None, Some("15")), &whole(4)).0, 6);
    let queue = external(Goal::Value(amount("10")));
    assert_eq!(projected(&queue, &read(&queue, None, Some("15")), &whole(4)), (6, Span::exact(6)));
    // 12 of each of 4 is 48; rounded up it may be anything above 47.996.
    let each = external(Goal::AverageValue(amount("8")));
    assert_eq!(projected(&each, &read(&each, None, Some("12")), &whole(4)), (6, Span::exact(6)));
    // 10.001 of each of 4 may be 40.001, which needs 5 of 10, or 40.004.
    let edge = external(Goal::AverageValue(amount("8.001")));
    let (likely, span) = projected(&edge, &read(&edge, None, Some("10.001")), &whole(4));
    assert_eq!((likely, span.holds(5)), (5, true));
}

#[test]
fn g6_what_the_status_rounds_up_may_be_one_less() {
    // Two pods, 2 in sum of a target of 1 each; 1.334 per pod may have been 4.0 or 4.002 over 3 pods.
    let metric = external(Goal::AverageValue(amount("1")));
    let (likely, span) = projected(&metric, &read(&metric, None, Some("1334m")), &whole(3));
    assert_eq!((likely, span.lo, span.hi), (5, 3, 5));
    let found = project(&metric, &read(&metric, None, Some("1334m")), &whole(3)).unwrap();
    assert!(found.rounded && found.span.holds(4));
}

#[test]
fn g7_a_partial_failure_lets_it_scale_up() {
    let metrics = vec![external(Goal::Value(amount("10"))), cpu(80)];
    let mut world = World::new(autoscaler(1, 10, 5, metrics.clone()), &pods(5));
    let failed = Reading { source: None, utilization: None, value: None, average: None };
    world.autoscaler.readings = vec![failed, read(&metrics[1], Some(120), None)];
    world.show();
    let found = world.forecast();
    assert_eq!((found.raw, found.likely, found.winner), (Some(8), 8, Some(1)));
    assert!(found.limits.contains(&Limit::PartlyBlind) && found.next.holds(8));
}

#[test]
fn within_tolerance_unknown_pods_do_not_matter() {
    let beside = Beside { pods: None, ..whole(4) };
    let reading = read(&cpu(80), Some(84), None);
    let found = project(&cpu(80), &reading, &beside).unwrap();
    assert_eq!((found.span, found.pods), (Span::exact(4), false));
    let narrow = Beside { tolerance: Tolerance { down: 0.01, up: 0.01 }, ..beside };
    let found = project(&cpu(80), &reading, &narrow).unwrap();
    assert!(found.pods && found.span.holds(4) && found.span.holds(5));
}

#[test]
fn pending_pods_count_as_idle_when_scaling_up() {
    let crowd = Crowd { settled: 2, pending: 2, serving: 2, all: 4, loose: 0 };
    let beside = Beside { pods: Some(crowd), ..whole(4) };
    // Three times two pods is six; over four pods that is half again as much as wanted.
    let reading = read(&cpu(30), Some(90), None);
    assert_eq!(projected(&cpu(30), &reading, &beside).0, 6);
    assert_eq!(
        projected(&cpu(30), &read(&cpu(30), Some(60), None), &beside).0,
        4,
        "that would be just enough"
    );
}

#[test]
fn pods_are_sorted_without_samples() {
    let mut young = pod("young");
    young.started = foretop::model::second::Second::of(at("11:59:00"));
    young.ready_since = foretop::model::second::Second::of(at("11:59:20"));
    let mut pending = pod("pending");
    pending.phase = foretop::model::pod::Phase::Pending;
    let mut gone = pod("gone");
    gone.meta.deleted = foretop::model::second::Second::of(at("11:59:00"));
    let all = [pod("old"), young, pending, gone];
    let patience = foretop::analysis::autoscaling::groups::Patience {
        initialization: jiff::SignedDuration::from_mins(5),
        readiness: jiff::SignedDuration::from_secs(30),
    };
    let sorted = |cpu| Crowd::of(all.iter().map(Subject::of), cpu, &patience, at("12:00:00"));
    assert_eq!(
        (sorted(true).settled, sorted(true).loose, sorted(true).pending, sorted(true).all),
        (1, 1, 1, 4)
    );
    assert_eq!((sorted(false).settled, sorted(false).loose), (2, 0));
}
