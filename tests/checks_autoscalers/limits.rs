//! Maximum, policies, bounds that are one number, and flapping.

use foretop::analysis::autoscaling::notes;
use foretop::analysis::checks;
use foretop::analysis::vigil::Vigil;
use foretop::model::autoscaler::{Behavior, Rules, Select};
use foretop::model::finding::Severity;
use foretop::model::meta::ConditionStatus;

use super::shop::{Shop, condition, key};
use crate::fixture::{at, now};

fn limited(shop: &mut Shop, reason: &str, seconds: i64) {
    let mut it = condition("ScalingLimited", ConditionStatus::True, reason, "");
    it.since = Some(at(seconds));
    shop.says(it);
}

/// At its maximum of 4.
fn full(shop: &mut Shop, seconds: i64) {
    shop.deployment(|it| (it.desired, it.created, it.ready) = (4, 4, 4));
    shop.autoscaler(|it| {
        (it.current, it.desired) = (4, 4);
        it.last_scale = Some(at(seconds));
    });
}

/// Its two pods use so many percent of their requests; 80 are the goal.
fn uses(shop: &mut Shop, percent: i32) {
    shop.autoscaler(|it| it.readings[0].utilization = Some(percent));
}

#[test]
fn at_the_maximum_with_demand_above() {
    let mut shop = Shop::well();
    full(&mut shop, 60);
    limited(&mut shop, "TooManyReplicas", 60);
    uses(&mut shop, 240);
    assert_eq!(shop.codes(), ["A106"]);
    assert_eq!(shop.only("A106").severity, Severity::Warning);
    limited(&mut shop, "TooFewReplicas", 60);
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

#[test]
fn after_a_peak_the_metrics_ask_for_no_more_though_old_recommendations_do() {
    let mut shop = Shop::well();
    full(&mut shop, 60);
    limited(&mut shop, "TooManyReplicas", 60);
    uses(&mut shop, 40);
    assert_eq!(shop.codes(), Vec::<&str>::new());
    // Where nothing is computed the controller's word counts.
    shop.autoscaler(|it| it.readings.clear());
    assert_eq!(shop.codes(), ["A106"]);
}

#[test]
fn a_limit_from_before_metrics_were_read_no_more_is_not_told() {
    for reason in ["TooManyReplicas", "ScaleUpLimit", "ScaleDownLimit"] {
        for (active, code) in [("FailedGetResourceMetric", "A101"), ("ScalingDisabled", "A105")] {
            let mut shop = Shop::well();
            full(&mut shop, 60);
            uses(&mut shop, 240);
            limited(&mut shop, reason, 700);
            assert_eq!(shop.codes().len(), 1, "{reason}: as long as they are read");
            shop.fails(active, "");
            assert_eq!(shop.codes(), [code], "{reason} {active}");
        }
    }
}

#[test]
fn at_the_maximum_for_long_without_demand_above() {
    let mut shop = Shop::well();
    full(&mut shop, 3600);
    assert_eq!(shop.codes(), Vec::<&str>::new());
    full(&mut shop, 3601);
    assert_eq!(shop.codes(), ["A109"]);
    assert_eq!(shop.only("A109").severity, Severity::Info);
    // What is worse says it already.
    uses(&mut shop, 240);
    limited(&mut shop, "TooManyReplicas", 60);
    assert_eq!(shop.codes(), ["A106"]);
    // One below is room.
    limited(&mut shop, "ScalingUpLimitOfNoKind", 60);
    shop.autoscaler(|it| it.max = 5);
    assert_eq!(shop.codes(), Vec::<&str>::new());
}

#[test]
fn time_alone_brings_it_to_the_maximum_for_long() {
    let mut shop = Shop::well();
    full(&mut shop, 3600 - 5);
    let mut vigil = Vigil::default();
    let mut restless =
        |shop: &Shop, ago| checks::autoscalers::restless(&mut vigil, &shop.cluster, at(ago)).len();
    assert_eq!([0, -5].map(|ago| restless(&shop, ago)), [0, 0]);
    assert_eq!(restless(&shop, -6), 1, "for more than an hour");
    assert_eq!([-7, -8].map(|ago| restless(&shop, ago)), [1, 0], "no instant is known to the millisecond");
    full(&mut shop, 3600 - 10);
    shop.autoscaler(|it| it.max = 9);
    assert_eq!([-9, -11].map(|ago| restless(&shop, ago)), [0, 0], "there is room");
}

#[test]
fn slowed_down_by_a_policy_for_long() {
    let mut shop = Shop::well();
    for (reason, seconds, codes) in
        [("ScaleUpLimit", 600, ["A107"]), ("ScaleUpLimit", 601, ["A114"]), ("ScaleDownLimit", 601, ["A114"])]
    {
        limited(&mut shop, reason, seconds);
        assert_eq!(shop.codes(), codes, "{reason} {seconds}");
    }
    assert_eq!(shop.only("A114").severity, Severity::Warning);
}

#[test]
fn a_direction_that_is_disabled_is_meant_so_however_long() {
    let mut shop = Shop::well();
    limited(&mut shop, "ScaleDownLimit", 86_400);
    let down = Rules { select: Select::Disabled, ..Rules::down() };
    shop.autoscaler(|it| it.behavior = Some(Behavior { up: Rules::up(), down }));
    assert_eq!(shop.codes(), ["A107"]);
    let found = shop.only("A107");
    assert!(found.severity == Severity::Info && found.summary.contains("Disabled"), "{found:#?}");
    limited(&mut shop, "ScaleUpLimit", 86_400);
    assert_eq!(shop.codes(), ["A114"], "the other direction is not");
}

#[test]
fn bounds_that_are_one_number() {
    let mut shop = Shop::well();
    shop.autoscaler(|it| (it.min, it.max) = (2, 2));
    limited(&mut shop, "TooManyReplicas", 60);
    assert_eq!(shop.codes(), ["A110"], "it cannot be at its maximum in any other sense");
    let found = shop.only("A110");
    assert!(found.severity == Severity::Info && found.forecast.unwrap().contains("sets its target to 2"));
    shop.deployment(|it| (it.desired, it.created, it.ready) = (0, 0, 0));
    assert!(shop.only("A110").forecast.unwrap().contains("nothing while its target is at 0"));
    // Of a target that is not watched the controller says it.
    shop.autoscaler(|it| it.target.kind = "Rollout".into());
    assert!(shop.only("A110").forecast.unwrap().contains("sets its target to 2"));
    shop.says(condition("ScalingActive", ConditionStatus::False, "ScalingDisabled", ""));
    assert!(shop.only("A110").forecast.unwrap().contains("nothing while its target is at 0"));
}

#[test]
fn four_turns_within_ten_minutes_are_flapping() {
    let steps = |ages: &[i64]| {
        let mut shop = Shop::well();
        shop.noted(ages[0] + 30);
        for (nth, age) in ages.iter().enumerate() {
            let to = if nth % 2 == 0 { 3 } else { 2 };
            shop.scales(*age, to);
            shop.deployment(|it| (it.created, it.ready) = (to, to));
        }
        shop.noted(0);
        shop.codes()
    };
    assert_eq!(steps(&[100, 80, 60, 40, 20]), ["A113"]);
    assert_eq!(steps(&[80, 60, 40, 20]), Vec::<&str>::new(), "three turns");
    assert_eq!(steps(&[601, 80, 60, 40, 20]), Vec::<&str>::new(), "the first was long ago");
}

#[test]
fn a_clock_that_was_put_back_does_not_silence_the_history() {
    let mut shop = Shop::well();
    for seconds in [-3600, -3615] {
        shop.noted(seconds);
    }
    let due = notes(&mut Vigil::default(), &shop.cluster, now());
    assert_eq!(due.len(), 1, "the last point is an hour ahead");
    for change in due {
        shop.apply(change);
    }
    let points = |shop: &Shop| -> Vec<_> {
        shop.cluster.history(&key("web")).unwrap().points().map(|it| it.at).collect()
    };
    assert_eq!(points(&shop), [now()]);
    assert!(notes(&mut Vigil::default(), &shop.cluster, now()).is_empty(), "and again in its usual pace");
    assert_eq!(notes(&mut Vigil::default(), &shop.cluster, at(-15)).len(), 1);
}
