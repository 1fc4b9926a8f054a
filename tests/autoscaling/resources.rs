//! Table A: utilisation of a resource, with unready, missing, failed and strange pods.

use foretop::analysis::autoscaling::groups::Group;
use foretop::analysis::autoscaling::replicas::{
    Kept, Outcome, Request, Samples, Tolerance, average, utilization,
};
use foretop::model::autoscaler::{Goal, Metric, MetricSource};
use foretop::model::probe::Answer;
use foretop::model::sample::{ContainerUse, PodSample};

use crate::support::{Row, TEN, World, asks, autoscaler, cpu, crew, fails, member, pods, sample, samples};

const THOUSANDS: &[i64] = &[1000; 5];

fn row(current: i32, target: i32, usage: &'static [i64], pods: usize) -> Row {
    Row { current, target, usage, requests: THOUSANDS.get(..pods).unwrap(), ..Row::default() }
}

#[test]
fn a1_half_used_where_a_third_is_wanted_needs_five_of_three() {
    assert_eq!(row(3, 30, &[300, 500, 700], 3).comes_to(), (50, 5));
}

#[test]
fn a2_an_unready_pod_counts_as_idle_when_scaling_up() {
    let row = Row { unready: &[0], ..row(3, 30, &[300, 500, 700], 3) };
    assert_eq!(row.comes_to(), (60, 4));
}

#[test]
fn a3_two_unready_pods_would_turn_it_round() {
    let row = Row { unready: &[1, 2], ..row(3, 30, &[400, 500, 700], 3) };
    assert_eq!(row.comes_to(), (40, 3));
    assert_eq!(asks(&row.outcome()).kept, Some(Kept::Turned));
}

#[test]
fn a4_failed_pods_are_as_if_they_were_not_there() {
    let row = Row { ignored: &[2, 3], ..row(2, 30, &[500, 700], 4) };
    assert_eq!(row.comes_to(), (60, 4));
}

#[test]
fn a5_pods_that_are_being_deleted_are_as_if_they_were_not_there() {
    let row = Row { ignored: &[2, 3], ..row(2, 30, &[500, 700, 3000, 700], 4) };
    assert_eq!(row.comes_to(), (60, 4));
}

#[test]
fn a6_scaling_down_needs_three_of_five() {
    assert_eq!(row(5, 50, &[100, 300, 500, 250, 250], 5).comes_to(), (28, 3));
}

#[test]
fn a7_unready_pods_are_not_filled_in_when_scaling_down() {
    let row = Row { unready: &[3, 4], ..row(5, 50, &[100, 300, 500, 250, 250], 5) };
    assert_eq!(row.comes_to(), (30, 2));
}

#[test]
fn a8_pending_pods_do_not_count_when_scaling_down() {
    let row = Row { unready: &[1, 2, 3, 4], ..row(5, 50, &[100], 5) };
    assert_eq!(row.comes_to(), (10, 1));
}

const UNEVEN: &[i64] = &[900, 1000, 1100];

fn tolerant(usage: &'static [i64], down: f64, up: f64) -> (i64, i32) {
    let tolerance = Some(Tolerance { down, up });
    Row { current: 3, target: 100, usage, requests: UNEVEN, tolerance, ..Row::default() }.comes_to()
}

#[test]
fn a9_two_percent_are_tolerated() {
    assert_eq!(tolerant(&[1010, 1030, 1020], 0.1, 0.1), (102, 3));
}

#[test]
fn a10_without_tolerance_one_percent_counts() {
    assert_eq!(tolerant(&[909, 1010, 1111], 0.0, 0.0), (101, 4));
}

#[test]
fn a11_a_tolerance_of_two_lets_ninety_percent_more_pass() {
    assert_eq!(tolerant(&[1890, 1910, 1900], 0.1, 2.0), (190, 3));
}

#[test]
fn a12_the_tolerance_of_the_other_direction_does_not_help() {
    assert_eq!(tolerant(&[1100, 1080, 1090], 2.0, 0.08), (109, 4));
}

#[test]
fn a13_a_wide_tolerance_downwards_keeps() {
    assert_eq!(tolerant(&[660, 640, 650], 0.36, 0.1), (65, 3));
}

#[test]
fn a14_a_narrower_one_does_not() {
    assert_eq!(tolerant(&[660, 640, 650], 0.34, 0.1), (65, 2));
}

#[test]
fn a15_samples_of_strangers_are_skipped() {
    assert_eq!(row(4, 100, &[4000, 9500, 3000, 7000, 3200, 2000], 4).comes_to(), (587, 24));
}

#[test]
fn a16_missing_pods_count_as_busy_when_scaling_down() {
    assert_eq!(row(4, 100, &[400, 95], 4).comes_to(), (24, 3));
}

#[test]
fn a17_at_exactly_one_nothing_is_filled_in() {
    assert_eq!(row(2, 100, &[1000], 2).comes_to(), (100, 2));
}

#[test]
fn a18_a_missing_pod_that_would_turn_it_round_keeps_the_number() {
    let row = row(2, 100, &[1900], 2);
    assert_eq!(row.comes_to(), (190, 2));
    let found = asks(&row.outcome());
    assert_eq!((found.kept, found.filled), (Some(Kept::Tolerated), 0.95), "95% is within the tolerance too");
    let narrow = Row { tolerance: Some(Tolerance { down: 0.01, up: 0.01 }), ..row };
    assert_eq!(asks(&narrow.outcome()).kept, Some(Kept::Turned));
}

#[test]
fn a19_a_missing_pod_counts_as_busy() {
    assert_eq!(row(2, 100, &[600], 2).comes_to(), (60, 2));
}

#[test]
fn a20_an_unready_and_a_missing_pod_change_nothing_near_the_target() {
    let row = Row { unready: &[0], ..row(3, 50, &[100, 450], 3) };
    assert_eq!(row.comes_to(), (45, 3));
}

#[test]
fn a21_unready_and_missing_pods_count_as_idle_when_scaling_up() {
    let row = Row { unready: &[0], ..row(3, 50, &[100, 2000], 3) };
    assert_eq!(row.comes_to(), (200, 4));
}

#[test]
fn a22_only_the_missing_pod_counts_when_scaling_down() {
    let row = Row { unready: &[0], ..row(4, 50, &[100, 100, 100], 4) };
    assert_eq!(row.comes_to(), (10, 3));
}

#[test]
fn a23_a_missing_pod_is_as_busy_as_a_target_beyond_a_hundred_percent() {
    let requests: &[i64] = &[2000, 2000, 4000, 4000];
    let row =
        Row { current: 4, target: 300, usage: &[400, 200, 200], requests, unready: &[0], ..Row::default() };
    assert_eq!(row.comes_to(), (6, 2));
}

#[test]
fn a24_a_surge_pod_does_not_make_more_of_a_scale_down() {
    let row = row(2, 50, &[100, 100], 3);
    assert_eq!(row.comes_to(), (10, 2));
    assert_eq!(asks(&row.outcome()).kept, Some(Kept::Turned));
}

#[test]
fn a25_samples_of_unknown_pods_only_match_nobody() {
    let samples: Samples = [("stranger".into(), 100)].into_iter().collect();
    let members = [member(0, Group::Missing, Request::Of(1000))];
    let found = utilization(1, 100, &TEN, &members, &samples);
    assert_eq!(fails(&found), "no metrics returned matched known pods");
}

#[test]
fn a26_an_empty_list_of_samples_is_a_failure_of_the_metric() {
    let mut world = World::new(autoscaler(1, 10, 4, vec![cpu(100)]), &pods(4));
    world.measure(&[]);
    let failure = world.forecast().metrics[0].failure.clone().unwrap();
    assert_eq!(failure.words, "no metrics returned from resource metrics API");
}

#[test]
fn a27_a_container_without_a_request_fails_the_whole_metric() {
    let mut lacking = pods(2);
    let mut template = (*lacking[1].template).clone();
    let sidecar = foretop::model::pod::Requests { name: "istio-proxy".into(), cpu: None, memory: None };
    template.containers = template.containers.iter().cloned().chain([sidecar]).collect();
    lacking[1].template = template.into();
    let mut world = World::new(autoscaler(1, 10, 2, vec![cpu(100)]), &lacking);
    world.measure(&[200, 200]);
    let failure = world.forecast().metrics[0].failure.clone().unwrap();
    assert_eq!(failure.words, "missing request for cpu in container istio-proxy of Pod pod-1");
    assert_eq!(failure.text, "no request for cpu in container istio-proxy");
    assert!(
        world.says().starts_with("cannot compute: no request for cpu in container istio-proxy; stays at 2")
    );
}

/// A pod with one more container.
fn beside(sample: PodSample, container: ContainerUse) -> PodSample {
    let containers = sample.containers.iter().cloned().chain([container]).collect();
    PodSample { containers, ..sample }
}

#[test]
fn a28_of_a_container_resource_only_the_named_container_counts() {
    let source = MetricSource::ContainerResource { name: "cpu".into(), container: "app".into() };
    let metric = Metric { source, goal: Goal::Utilization(30), described: None };
    let mut world = World::new(autoscaler(1, 10, 3, vec![metric]), &pods(3));
    let now = world.now;
    let used = |n: usize, cpu| {
        let loud = ContainerUse::new("loud".into(), Some(1000), None);
        beside(sample(&format!("pod-{n}"), cpu, now), loud)
    };
    world.probe(vec![Answer::Pods([used(0, 300), used(1, 500), used(2, 700)].into())]);
    let found = world.forecast();
    assert_eq!((found.metrics[0].measured, found.raw), (Some(50), Some(5)));
    let elsewhere = MetricSource::ContainerResource { name: "cpu".into(), container: "other".into() };
    world.autoscaler.metrics[0].source = elsewhere;
    world.show();
    world.probe(vec![Answer::Pods([used(0, 300)].into())]);
    let failure = world.forecast().metrics[0].failure.clone().unwrap();
    assert_eq!(failure.words, "did not receive metrics for targeted pods (pods might be unready)");
}

#[test]
fn one_unmeasured_container_leaves_the_pod_without_a_sample() {
    let mut world = World::new(autoscaler(1, 10, 2, vec![cpu(50)]), &pods(2));
    let late = ContainerUse::new("late".into(), None, Some(1));
    let half = beside(sample("pod-1", 400, world.now), late);
    world.probe(vec![Answer::Pods([sample("pod-0", 400, world.now), half].into())]);
    let groups = world.forecast().metrics[0].groups.unwrap();
    assert_eq!((groups.counted, groups.missing), (1, 1));
}

#[test]
fn strangers_count_in_an_average_and_in_the_number_of_samples() {
    // Requests are not asked for here, so nothing tells whose samples these are.
    let found = average(2, 100, &TEN, &crew(2, 1), &samples(&[10, 10, 10, 10]));
    assert_eq!(asks(&found).replicas, 2);
    let strange: Samples = [("a".into(), 300), ("b".into(), 300)].into_iter().collect();
    let mut all = samples(&[300]);
    all.extend(strange);
    assert_eq!(asks(&average(2, 100, &TEN, &crew(1, 0), &all)).replicas, 3, "three times one counted pod");
}

#[test]
fn absurd_numbers_do_not_panic() {
    for usage in [&[i64::MAX, i64::MAX, 1][..], &[i64::MIN, 0, 0], &[-5, -5, -5]] {
        for target in [1, i32::MAX, 0, -1, i32::MIN] {
            for current in [0, i32::MAX, i32::MIN] {
                let members: Vec<_> =
                    (0..4).map(|n| member(n, Group::Counted, Request::Of(i64::MAX))).collect();
                let found = utilization(current, target, &TEN, &members, &samples(usage));
                let plain = average(current, target.into(), &TEN, &crew(2, 2), &samples(usage));
                assert!(matches!(found, Outcome::Asks(_) | Outcome::Fails(_)));
                assert!(matches!(plain, Outcome::Asks(_) | Outcome::Fails(_)));
            }
        }
    }
}
