//! Which rescales and recommendations the controller still has, also after spec.behavior became another one.

use std::sync::Arc;

use foretop::analysis::autoscaling::{Doubt, Span};
use foretop::model::autoscaler::{Behavior, Goal, Rules, Select};
use foretop::model::change::Change;
use foretop::model::probe::{Answer, Probe, Writer};
use jiff::SignedDuration;

use crate::support::{World, amount, at, autoscaler, behavior, cpu, external, pods, read, rules};

/// Ten pods that need but one, and an autoscaler that may go down by 2 pods in 5 minutes.
fn world(up_period: i32) -> World {
    let mut it = autoscaler(1, 20, 2, vec![cpu(100)]);
    it.behavior = Some(with_period(up_period));
    World::new(it, &pods(10))
}

fn with_period(up: i32) -> Behavior {
    behavior(rules((4, up), (0, 0)), rules((2, 300), (0, 0)))
}

/// A pass sets the replicas, and half a minute later nothing has happened since.
fn rescale(world: &mut World, to: i32) {
    let from = world.autoscaler.desired;
    (world.autoscaler.current, world.autoscaler.desired) = (from, to);
    world.autoscaler.last_scale = Some(world.now);
    world.deployment(to);
    world.show();
    world.pass(30);
    world.autoscaler.current = to;
    world.show();
}

fn idle(world: &mut World) -> Span {
    world.measure(&[100; 10]);
    let found = world.forecast();
    assert_eq!(found.raw, Some(1), "{found:#?}");
    found.next
}

#[test]
fn a_rescale_older_than_the_periods_of_its_direction_gives_its_place_to_the_next() {
    let mut world = world(15);
    rescale(&mut world, 6);
    rescale(&mut world, 10);
    assert_eq!(idle(&mut world), Span::exact(4), "2 less than before the second rescale");
    assert!(world.forecast().is_certain());
}

#[test]
fn a_rescale_within_the_periods_of_its_direction_stays() {
    let mut world = world(300);
    rescale(&mut world, 6);
    rescale(&mut world, 10);
    assert_eq!(idle(&mut world), Span::exact(1), "10 were 2 within the period, and may be none");
}

#[test]
fn where_it_is_a_matter_of_a_second_whether_a_rescale_gave_its_place_both_are_possible() {
    let mut world = world(30);
    rescale(&mut world, 6);
    rescale(&mut world, 10);
    assert_eq!(idle(&mut world), Span { lo: 1, hi: 4 });
    assert_eq!(world.forecast().doubts, [Doubt::Rescales]);
}

#[test]
fn a_rescale_whose_status_was_not_taken_leaves_the_rates_unknown() {
    let mut world = world(300);
    rescale(&mut world, 10);
    assert_eq!(idle(&mut world), Span::exact(1), "10 were 2 within the period");
    let written = |seconds| Writer {
        manager: "kube-controller-manager".into(),
        subresource: "scale".into(),
        at: Some(world.autoscaler.last_scale.unwrap() + SignedDuration::from_secs(seconds)),
    };
    let (told, untold) = (written(1), written(20));
    let found = |world: &mut World, writer| {
        let mut probe = Probe::clone(world.cluster.probe(&world.autoscaler.meta.key).unwrap());
        probe.scale.as_mut().unwrap().writers = vec![writer];
        let key = world.autoscaler.meta.key.clone();
        world.cluster.apply(Change::Probed(key, Arc::new(probe)));
        world.forecast()
    };
    assert_eq!(found(&mut world, told).next, Span::exact(1));
    let found = found(&mut world, untold);
    assert_eq!((found.next, &*found.doubts), (Span { lo: 1, hi: 10 }, &[Doubt::Rescales][..]));
}

#[test]
fn a_disabled_direction_keeps_the_number_whatever_was_rescaled() {
    let mut it = autoscaler(1, 20, 10, vec![cpu(100)]);
    let down = Rules { select: Select::Disabled, ..rules((2, 300), (0, 0)) };
    it.behavior = Some(behavior(rules((4, 15), (0, 0)), down));
    it.last_scale = Some(at("11:59:00"));
    let mut world = World::new(it, &pods(10));
    assert_eq!(idle(&mut world), Span::exact(10));
    assert!(world.forecast().is_certain());
}

#[test]
fn under_another_behavior_earlier_rescales_may_count_or_not() {
    let mut world = world(300);
    rescale(&mut world, 6);
    rescale(&mut world, 10);
    world.autoscaler.behavior = Some(with_period(60));
    world.show();
    assert_eq!(idle(&mut world), Span { lo: 1, hi: 8 });
    assert_eq!(world.forecast().doubts, [Doubt::Rescales]);
}

#[test]
fn without_the_behavior_of_the_last_pass_older_recommendations_may_count() {
    let mut it = autoscaler(1, 10, 2, vec![cpu(100)]);
    it.readings = vec![read(&cpu(100), Some(100), None)];
    let mut world = World::new(it, &pods(2));
    world.measure(&[1000; 2]);
    assert_eq!(world.forecast().next, Span::exact(2), "the last pass would have been held higher");
    world.autoscaler.behavior = Some(with_period(15));
    world.show();
    world.autoscaler.behavior = None;
    world.show();
    assert_eq!(
        world.forecast().next,
        Span { lo: 2, hi: 4 },
        "it was one with a behavior, which holds nothing"
    );
    assert_eq!(world.forecast().doubts, [Doubt::Recommendations]);
    world.note(Some(2));
    world.pass(90);
    world.measure(&[1000; 2]);
    assert_eq!(world.forecast().next, Span::exact(2), "there were passes without one");
}

#[test]
fn an_external_sum_below_zero_asks_per_pod_for_all_that_there_may_be() {
    let mut it = autoscaler(1, 10, 2, vec![external(Goal::AverageValue(amount("1")))]);
    it.behavior = Some(behavior(rules((50, 15), (0, 0)), rules((2, 300), (0, 0))));
    let mut world = World::new(it, &pods(2));
    // As the sum is asked for: the controller takes it for one that is too large.
    world.probe(vec![Answer::Value(i64::MAX)]);
    let found = world.forecast();
    assert_eq!((found.next, found.is_certain()), (Span::exact(10), true), "{found:#?}");
}
