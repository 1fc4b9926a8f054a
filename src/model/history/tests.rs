//! Who changed the replicas, in whatever order the news arrive.

use super::*;
use crate::model::autoscaler::ScaleTarget;
use crate::model::key::{Key, Uid};
use crate::model::meta::{Condition, ConditionStatus, Meta};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn autoscaler(current: i32, desired: i32, last_scale: Option<i64>) -> Autoscaler {
    let message = "the HPA was able to successfully calculate a replica count from cpu resource utilization";
    Autoscaler {
        meta: Meta {
            key: Key::new("shop", "web"),
            uid: Uid::from(1),
            created: None,
            deleted: None,
            controller: None,
        },
        target: ScaleTarget { api_version: "apps/v1".into(), kind: "Deployment".into(), name: "web".into() },
        min: 2,
        max: 10,
        metrics: Vec::new(),
        behavior: None,
        generation: 1,
        observed: None,
        readings: Vec::new(),
        current,
        desired,
        last_scale: last_scale.map(at),
        conditions: vec![Condition {
            kind: "ScalingActive".into(),
            status: ConditionStatus::True,
            reason: "ValidMetricFound".into(),
            message: message.into(),
            since: None,
        }],
    }
}

fn point(second: i64) -> Point {
    Point { at: at(second), desired: 4, actual: 4, proposal: None, ratios: Vec::new() }
}

fn events(history: &History) -> Vec<Event> {
    history.events().cloned().collect()
}

#[test]
fn the_workloads_news_come_first_when_the_controller_scales() {
    let (before, after) = (autoscaler(4, 4, None), autoscaler(4, 6, Some(10)));
    let mut history = History::default();
    history.moved(4, 6, None);
    history.note(&before, point(10));
    history.note(&before, point(11));
    assert_eq!((events(&history), history.is_waiting()), (vec![], true), "nobody knows yet");
    history.follow(&before, &after);
    history.note(&after, point(60));
    let reason = "cpu resource utilization above target".to_owned();
    assert_eq!(events(&history), [Event::Rescaled { at: at(10), from: 4, to: 6, reason }]);
    assert!(!history.is_waiting());
}

#[test]
fn the_status_may_come_first_or_alone() {
    let mut history = History::default();
    history.follow(&autoscaler(4, 4, None), &autoscaler(4, 3, Some(10)));
    history.moved(4, 3, None);
    history.note(&autoscaler(3, 3, Some(10)), point(12));
    history.note(&autoscaler(3, 3, Some(10)), point(27));
    let reason = "All metrics below target".to_owned();
    assert_eq!(events(&history), [Event::Rescaled { at: at(10), from: 4, to: 3, reason }]);
}

#[test]
fn a_change_that_no_status_explains_came_from_outside() {
    let idle = autoscaler(4, 4, None);
    let mut history = History::default();
    history.moved(4, 9, None);
    history.note(&idle, point(20));
    history.note(&idle, point(24));
    assert_eq!(events(&history), [Event::Outside { at: at(20), from: 4, to: 9 }]);
}

#[test]
fn both_may_change_it_one_after_the_other() {
    let (before, after) = (autoscaler(4, 4, None), autoscaler(12, 10, Some(13)));
    let mut history = History::default();
    history.moved(4, 12, None);
    history.note(&before, point(10));
    history.moved(12, 10, None);
    history.follow(&before, &after);
    history.note(&after, point(25));
    let reason = "Current number of replicas above Spec.MaxReplicas".to_owned();
    let expected = [
        Event::Outside { at: at(10), from: 4, to: 12 },
        Event::Rescaled { at: at(13), from: 12, to: 10, reason },
    ];
    assert_eq!(events(&history), expected);
}

#[test]
fn points_that_propose_the_same_do_not_push_out_older_ones() {
    let idle = autoscaler(4, 4, None);
    let mut history = History::default();
    for second in 0..60 {
        let proposal = Some(if second == 31 { 9 } else { 4 });
        history.note(&idle, Point { actual: second, proposal, ..point(i64::from(second)) });
    }
    let told: Vec<_> = history.points().map(|it| (it.actual, it.proposal)).collect();
    assert_eq!(told.last(), Some(&(59, Some(4))), "the newest is there");
    assert!(told.contains(&(31, Some(9))), "what was proposed only once is there: {told:?}");
    assert!(told.len() <= 9, "{told:?}");
    let gaps = history.points().zip(history.points().skip(1)).map(|(a, b)| b.at.duration_since(a.at));
    assert!(gaps.max().is_some_and(|gap| gap <= SPACING));
}

#[test]
fn only_so_much_is_kept_and_a_little_back_is_not_noted() {
    let idle = autoscaler(4, 4, None);
    let mut history = History::default();
    for second in 0..200 {
        history.moved(4, 100 + second, None);
        history.note(&idle, point(i64::from(second) * 15));
    }
    history.note(&idle, point(199 * 15 - 15));
    assert_eq!((history.points().len(), history.events().len()), (KEPT, KEPT));
    assert_eq!(history.points().next_back().map(|it| it.at), Some(at(199 * 15)));
}

#[test]
fn a_clock_that_is_put_back_hides_nothing_that_comes() {
    let idle = autoscaler(4, 4, None);
    let mut history = History::default();
    for second in 0..KEPT as i32 {
        history.moved(4, 100 + second, None);
        history.note(&idle, point(3600 + i64::from(second) * 15));
    }
    let told = history.events().len();
    assert!(!history.is_ahead(at(3600 + 38 * 15)) && history.is_ahead(at(0)));
    history.note(&idle, point(0));
    assert_eq!(history.points().map(|it| it.at).collect::<Vec<_>>(), [at(0)], "it begins anew");
    assert!(
        history.events().all(|it| it.at() <= at(0)) && history.events().len() >= told,
        "what happened stays"
    );
    history.moved(4, 7, None);
    history.note(&idle, point(15));
    history.note(&idle, point(30));
    assert_eq!(history.points().next_back().map(|it| it.at), Some(at(30)));
    assert_eq!(history.events().next_back(), Some(&Event::Outside { at: at(15), from: 4, to: 7 }));
}

#[test]
fn a_rescale_by_a_clock_that_was_put_back_is_told() {
    let (before, after) = (autoscaler(4, 4, Some(3600)), autoscaler(4, 6, Some(20)));
    let mut history = History::default();
    history.note(&before, point(3610));
    history.follow(&before, &after);
    assert_eq!(events(&history), [], "an older state of a server that is behind is no news");
    history.note(&before, point(10));
    history.moved(4, 6, None);
    history.follow(&before, &after);
    let reason = "cpu resource utilization above target".to_owned();
    assert_eq!(events(&history), [Event::Rescaled { at: at(20), from: 4, to: 6, reason }]);
}
