//! Table F: stabilisation by recent recommendations, as rules and in forecasts.

use foretop::analysis::autoscaling::normalise::{Past, between, extremes, highest};
use foretop::analysis::autoscaling::{Doubt, Limit, Span};
use foretop::model::autoscaler::Rules;
use foretop::model::change::Change;
use foretop::model::flag::Flag;
use foretop::model::meta::ConditionStatus;
use foretop::model::server::ServerNews;
use jiff::Timestamp;

use crate::support::{World, at, autoscaler, behavior, condition, cpu, pods};

fn past(all: &[(i32, i64)]) -> Vec<Past> {
    all.iter().map(|(replicas, minutes)| Past { replicas: *replicas, age: *minutes as f64 * 60.0 }).collect()
}

fn held(current: i32, desired: i32, recommendations: &[(i32, i64)], up: i32, down: i32) -> i32 {
    let (low, high) = extremes(desired, &past(recommendations), up.into(), down.into());
    between(current, low, high)
}

#[test]
fn f1_the_highest_of_the_window_when_scaling_down() {
    assert_eq!(held(100, 3, &[(4, 2), (5, 1)], 0, 180), 5);
}

#[test]
fn f2_the_lowest_of_the_window_when_scaling_up() {
    assert_eq!(held(1, 7, &[(4, 2), (5, 1)], 300, 0), 4);
}

#[test]
fn f3_lower_ones_do_not_hold_a_scale_down_nor_higher_ones_a_scale_up() {
    assert_eq!(held(100, 3, &[(1, 2), (2, 1)], 300, 0), 3);
    assert_eq!(held(1, 3, &[(4, 2), (5, 1)], 0, 300), 3);
}

#[test]
fn f4_older_ones_do_not_count() {
    assert_eq!(held(100, 3, &[(10, 10), (4, 1), (5, 2), (9, 9)], 0, 180), 5);
}

#[test]
fn f5_older_ones_do_not_count_upwards() {
    assert_eq!(held(1, 100, &[(10, 100), (6, 1), (5, 2), (9, 3)], 300, 0), 5);
}

#[test]
fn f6_it_does_not_scale_up_when_the_recommendation_goes_down() {
    assert_eq!(held(2, 1, &[(2, 100), (3, 3)], 300, 300), 2);
}

#[test]
fn f7_it_does_not_scale_down_when_the_recommendation_goes_up() {
    assert_eq!(held(2, 3, &[(2, 100), (1, 3)], 300, 300), 2);
}

#[test]
fn f8_without_behavior_the_highest_of_five_minutes() {
    assert_eq!(highest(3, &past(&[(4, 2), (5, 1)]), 300.0), 5);
    assert_eq!(highest(3, &past(&[(1, 2), (2, 1)]), 300.0), 3);
}

#[test]
fn f9_without_behavior_older_ones_do_not_count() {
    assert_eq!(highest(3, &past(&[(10, 10), (9, 9)]), 300.0), 3);
    assert_eq!(highest(3, &past(&[(10, 10), (4, 1), (5, 2), (9, 9)]), 300.0), 5);
}

#[test]
fn at_its_very_age_a_recommendation_counts_without_behavior_only() {
    let old = [Past { replicas: 9, age: 300.0 }];
    assert_eq!(highest(3, &old, 300.0), 9);
    assert_eq!(extremes(3, &old, 0.0, 300.0), (3, 3));
}

#[test]
fn f10_a_scale_down_is_held_and_the_status_says_so() {
    let mut world = World::new(autoscaler(1, 10, 4, vec![cpu(100)]), &pods(4));
    world.autoscaler.conditions[0] =
        condition("AbleToScale", ConditionStatus::True, "ScaleDownStabilized", "");
    world.autoscaler.readings = vec![crate::support::read(&cpu(100), Some(50), None)];
    world.show();
    world.measure(&[500; 4]);
    let found = world.forecast();
    assert_eq!((found.raw, found.likely), (Some(2), 4));
    assert_eq!(found.next, Span { lo: 2, hi: 4 });
    assert_eq!(found.doubts, [Doubt::Recommendations]);
    assert!(
        matches!(found.limits[..], [Limit::Stabilised { to: 4, window: 300, up: false, .. }]),
        "{found:?}"
    );
}

#[test]
fn f11_after_a_restart_the_first_replicas_hold() {
    let mut world = World::new(autoscaler(1, 10, 5, vec![cpu(100)]), &pods(5));
    let restarted: Timestamp = at("11:59:00");
    world.cluster.apply(Change::Server(ServerNews::Leader(Some(restarted))));
    world.measure(&[600; 5]);
    let found = world.forecast();
    assert_eq!((found.raw, found.likely), (Some(3), 5));
}

/// Watches for so many seconds, in which the metrics propose so many; afterwards it is just the time of a look.
fn watch(world: &mut World, seconds: i64, proposal: i32) {
    for _ in 0..seconds / 15 {
        world.pass(15);
        world.note(Some(proposal));
    }
}

#[test]
fn who_has_watched_for_the_whole_window_knows() {
    let mut world = World::new(autoscaler(1, 10, 10, vec![cpu(100)]), &pods(10));
    world.note(Some(10));
    watch(&mut world, 330, 10);
    world.measure(&[500; 10]);
    let held = world.forecast();
    assert_eq!((held.raw, held.next), (Some(5), Span::exact(10)));
    assert!(held.is_certain(), "{:?}", held.doubts);
    watch(&mut world, 345, 5);
    world.measure(&[500; 10]);
    let freed = world.forecast();
    assert_eq!((freed.next, freed.is_certain()), (Span::exact(5), true), "{:?}", freed.doubts);
}

#[test]
fn near_the_end_of_the_window_it_may_be_either() {
    let mut world = World::new(autoscaler(1, 10, 10, vec![cpu(100)]), &pods(10));
    world.note(Some(10));
    watch(&mut world, 330, 10);
    watch(&mut world, 300, 5);
    world.measure(&[500; 10]);
    let found = world.forecast();
    assert_eq!((found.next, &*found.doubts), (Span { lo: 5, hi: 10 }, &[Doubt::Recommendations][..]));
}

#[test]
fn a_window_of_nothing_holds_nothing() {
    let mut scaler = autoscaler(1, 10, 10, vec![cpu(100)]);
    scaler.behavior = Some(behavior(Rules::up(), Rules { window: Some(0), ..Rules::down() }));
    let mut world = World::new(scaler, &pods(10));
    world.measure(&[500; 10]);
    let found = world.forecast();
    assert_eq!((found.next, found.is_certain()), (Span::exact(5), true), "{:?}", found.doubts);
}

#[test]
fn what_cannot_be_remembered_does_not_matter_when_it_rises_or_stays() {
    let mut world = World::new(autoscaler(1, 10, 4, vec![cpu(80)]), &pods(4));
    world.autoscaler.readings = vec![crate::support::read(&cpu(80), Some(80), None)];
    world.show();
    world.measure(&[950; 4]);
    assert_eq!((world.forecast().next, world.forecast().is_certain()), (Span::exact(5), true));
    world.measure(&[840; 4]);
    assert_eq!((world.forecast().next, world.forecast().is_certain()), (Span::exact(4), true));
    world.measure(&[300; 4]);
    assert_eq!(world.forecast().next, Span { lo: 2, hi: 4 });
    world.autoscaler.min = 4;
    world.show();
    assert!(world.forecast().is_certain(), "the minimum is the same either way");
}

/// The same, where the flag for the window is taken to be the default.
fn assumed(scaler: foretop::model::autoscaler::Autoscaler) -> World {
    let mut world = World::new(scaler, &pods(10));
    world.cluster.server.assumed.retain(|(flag, _)| *flag != Flag::DownscaleStabilization);
    world.note(Some(10));
    watch(&mut world, 330, 10);
    watch(&mut world, 345, 5);
    world.measure(&[500; 10]);
    world
}

#[test]
fn a_longer_window_than_is_assumed_would_still_hold() {
    let plain = autoscaler(1, 10, 10, vec![cpu(100)]);
    let mut behaved = plain.clone();
    behaved.behavior = Some(behavior(Rules::up(), Rules { window: None, ..Rules::down() }));
    for scaler in [plain, behaved] {
        let mut world = assumed(scaler);
        let found = world.forecast();
        let doubts = [Doubt::Assumed(Flag::DownscaleStabilization)];
        assert_eq!((found.likely, found.next, &*found.doubts), (5, Span { lo: 5, hi: 10 }, &doubts[..]));
        watch(&mut world, 330, 5);
        world.measure(&[500; 10]);
        let found = world.forecast();
        assert!(found.is_certain(), "twice the window holds nothing either: {:?}", found.doubts);
    }
}

#[test]
fn a_window_of_its_own_is_not_assumed() {
    let mut scaler = autoscaler(1, 10, 10, vec![cpu(100)]);
    scaler.behavior = Some(behavior(Rules::up(), Rules { window: Some(300), ..Rules::down() }));
    let found = assumed(scaler).forecast();
    assert!(found.is_certain(), "{:?}", found.doubts);
}
