//! Table B: averages of pods metrics, values of objects and external metrics.

use foretop::analysis::autoscaling::replicas::{Kept, average, value, value_per_pod};
use foretop::model::autoscaler::{Goal, Metric, MetricSource};
use foretop::model::pod::Phase;
use foretop::model::probe::Answer;

use crate::support::{TEN, World, amount, asks, autoscaler, crew, external, fails, pods, samples};

/// Replicas for an average: how many there are, the target, the samples, how many pods have none.
fn mean(current: i32, target: i64, usage: &[i64], missing: usize) -> (i64, i32) {
    let found = asks(&average(current, target, &TEN, &crew(usage.len(), missing), &samples(usage)));
    (found.measured, found.replicas)
}

#[test]
fn b1_a_pods_metric_scales_up() {
    assert_eq!(mean(3, 15_000, &[20_000, 10_000, 30_000], 0), (20_000, 4));
}

#[test]
fn b2_a_pods_metric_scales_down() {
    assert_eq!(mean(5, 20_000, &[12_000; 5], 0), (12_000, 3));
}

#[test]
fn b3_a_pods_metric_is_truncated_and_tolerated() {
    assert_eq!(mean(3, 20_000, &[20_000, 21_000, 21_000], 0), (20_666, 3));
}

#[test]
fn b4_readiness_does_not_count_for_a_pods_metric() {
    let metric = Metric {
        source: MetricSource::Pods { name: "qps".into(), selector: "".into() },
        goal: Goal::AverageValue(amount("15")),
        described: None,
    };
    let mut young = pods(3);
    young[0].ready = false;
    let mut world = World::new(autoscaler(1, 10, 3, vec![metric]), &young);
    let values = [50_000, 10_000, 30_000].iter().enumerate();
    world.probe(vec![Answer::PerPod(values.map(|(n, v)| (format!("pod-{n}").into(), *v)).collect())]);
    let found = world.forecast();
    assert_eq!((found.metrics[0].measured, found.raw), (Some(30_000), Some(6)));
}

#[test]
fn b5_missing_pods_are_left_out_at_exactly_one() {
    assert_eq!(mean(5, 20_000, &[20_000, 19_000, 21_000], 2), (20_000, 5));
}

#[test]
fn b6_a_surge_pod_without_a_value_does_not_make_more_of_a_scale_down() {
    assert_eq!(mean(2, 17_000, &[10_000, 10_000], 1), (10_000, 2));
}

#[test]
fn a_missing_pod_counts_as_just_at_the_target_when_scaling_down() {
    // (10 + 10 + 20) / 3 of 20 is two thirds, of three samples.
    assert_eq!(mean(4, 20_000, &[10_000, 10_000], 1), (10_000, 2));
}

fn single(current: i32, target: i64, used: i64, serving: i64) -> (i64, i32) {
    let found = asks(&value(current, target, &TEN, used, Some(serving)));
    assert!(!found.overflows);
    (found.measured, found.replicas)
}

#[test]
fn b7_the_value_of_an_object_is_multiplied_with_ready_pods() {
    assert_eq!(single(3, 15_000, 20_000, 3), (20_000, 4));
}

#[test]
fn b8_unready_pods_do_not_count_for_the_value_of_an_object() {
    assert_eq!(single(3, 10_000, 50_000, 1), (50_000, 5));
}

#[test]
fn b8_fewer_ready_pods_may_lower_the_number_although_there_is_too_much() {
    assert_eq!(single(10, 10_000, 20_000, 2).1, 4);
}

#[test]
fn b9_the_value_of_an_object_is_tolerated() {
    assert_eq!(single(3, 20_000, 20_666, 3), (20_666, 3));
}

#[test]
fn b10_a_value_beyond_everything_is_capped() {
    assert_eq!(single(3, 1, i64::MAX, 3), (i64::MAX, i32::MAX));
}

#[test]
fn b11_the_value_of_an_object_scales_down() {
    assert_eq!(single(5, 20_000, 12_000, 5), (12_000, 3));
}

#[test]
fn b12_an_external_value_scales_down() {
    assert_eq!(single(5, 14_334, 8_600, 5), (8_600, 3));
}

#[test]
fn no_pods_at_all_fail_a_value_only_where_they_are_multiplied() {
    let why = "unable to calculate ready pods: no pods returned by selector while calculating replica count";
    assert_eq!(fails(&value(3, 10, &TEN, 50, None)), why);
    assert_eq!(asks(&value(3, 10, &TEN, 10, None)).replicas, 3, "within tolerance nobody looks");
}

fn per_pod(created: i32, target: i64, used: i64, outside: bool) -> (i64, i32) {
    let found = asks(&value_per_pod(created, target, &TEN, used, outside));
    (found.measured, found.replicas)
}

#[test]
fn b13_the_value_per_pod_of_an_object_is_rounded_up() {
    assert_eq!(per_pod(3, 5_000, 20_000, false), (6_667, 4));
}

#[test]
fn b14_the_value_per_pod_of_an_object_is_tolerated() {
    assert_eq!(per_pod(4, 5_000, 20_166, false), (5_042, 4));
    assert_eq!(asks(&value_per_pod(4, 5_000, &TEN, 20_166, false)).kept, Some(Kept::Tolerated));
}

#[test]
fn b15_an_external_value_is_multiplied_with_ready_pods() {
    assert_eq!(single(3, 4_400, 8_600, 3), (8_600, 6));
}

#[test]
fn b16_an_external_value_per_pod_scales_up() {
    assert_eq!(per_pod(3, 2_150, 8_600, true), (2_867, 4));
}

#[test]
fn b17_an_external_value_per_pod_is_tolerated() {
    assert_eq!(per_pod(3, 2_900, 8_600, true), (2_867, 3));
}

#[test]
fn b18_an_external_value_per_pod_scales_down() {
    assert_eq!(per_pod(5, 2_867, 8_600, true), (1_720, 3));
}

#[test]
fn b19_from_zero_any_value_wakes_one_and_tolerance_does_not_count() {
    assert_eq!(asks(&value(0, 1_000, &TEN, 1, None)).replicas, 1);
    assert_eq!(asks(&value(0, 1_000, &TEN, 1_000, Some(0))).replicas, 1);
    assert_eq!(asks(&value(0, 1_000, &TEN, 0, None)).replicas, 0);
}

#[test]
fn only_external_values_per_pod_are_capped_the_others_depend_on_the_machine() {
    let of = |outside| asks(&value_per_pod(1, 1, &TEN, i64::MAX, outside));
    assert_eq!((of(true).replicas, of(true).overflows), (i32::MAX, false));
    assert_eq!((of(false).replicas, of(false).overflows), (i32::MAX, true));
    assert!(asks(&value(0, 1, &TEN, i64::MAX, None)).overflows);
}

#[test]
fn an_external_metric_counts_running_and_ready_pods_only() {
    let mut mixed = pods(4);
    mixed[0].ready = false;
    mixed[1].phase = Phase::Succeeded;
    let goal = Goal::Value(amount("10"));
    let mut world = World::new(autoscaler(1, 20, 4, vec![external(goal)]), &mixed);
    world.probe(vec![Answer::Value(30_000)]);
    assert_eq!(world.forecast().raw, Some(6), "3 times 2 pods");
}

#[test]
fn absurd_values_do_not_panic() {
    for used in [i64::MIN, -1, 0, i64::MAX] {
        for target in [i64::MIN, 0, 1, i64::MAX] {
            for count in [i32::MIN, 0, i32::MAX] {
                asks(&value(count, target, &TEN, used, Some(i64::MAX)));
                asks(&value_per_pod(count, target, &TEN, used, count > 0));
            }
        }
    }
}
