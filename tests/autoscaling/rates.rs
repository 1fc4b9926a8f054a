//! Table E: the rates of spec.behavior.

use foretop::analysis::autoscaling::normalise::{Bounds, Limits, Past, Rescales, down_limit, rate, up_limit};
use foretop::model::autoscaler::{Behavior, Rules, Select};

use crate::support::{behavior, rules};

/// Scale changes spread evenly over so many seconds.
fn spread(changes: &[i32], seconds: f64) -> Vec<Past> {
    let step = seconds / (changes.len() as f64 + 1.0);
    let age = |n: usize| seconds - step * (n as f64 + 1.0);
    changes.iter().enumerate().map(|(n, replicas)| Past { replicas: *replicas, age: age(n) }).collect()
}

struct Case {
    current: i32,
    desired: i32,
    bounds: (i32, i32),
    behavior: Behavior,
    up: Vec<Past>,
    down: Vec<Past>,
}

impl Case {
    fn new(current: i32, desired: i32, bounds: (i32, i32)) -> Self {
        let behavior = behavior(Rules::up(), Rules::down());
        Self { current, desired, bounds, behavior, up: Vec::new(), down: Vec::new() }
    }

    fn up(mut self, pods: (i32, i32), percent: (i32, i32)) -> Self {
        self.behavior.up = rules(pods, percent);
        self
    }

    fn down(mut self, pods: (i32, i32), percent: (i32, i32)) -> Self {
        self.behavior.down = rules(pods, percent);
        self
    }

    fn events(mut self, up: &[i32], down: &[i32]) -> Self {
        (self.up, self.down) = (spread(up, 120.0), spread(down, 120.0));
        self
    }

    fn comes_to(&self) -> (i32, &'static str) {
        let rescales = Rescales { up: &self.up, down: &self.down };
        let limits = Limits::of(self.current, &self.behavior, rescales);
        let bounds = Bounds { min: self.bounds.0, max: self.bounds.1 };
        let found = rate(self.current, self.desired, bounds, limits);
        (found.replicas, found.limited.reason())
    }
}

const NONE: (i32, i32) = (0, 0);
const WIDE: (i32, i32) = (1, 1000);

#[test]
fn e1_the_defaults_double() {
    assert_eq!(Case::new(10, 50, WIDE).comes_to(), (20, "ScaleUpLimit"));
}

#[test]
fn e2_one_percent_is_rounded_up() {
    assert_eq!(Case::new(3, 1000, (1, 2000)).up(NONE, (1, 60)).comes_to(), (4, "ScaleUpLimit"));
}

#[test]
fn e3_the_larger_of_pods_and_percent() {
    assert_eq!(Case::new(10, 500, WIDE).up((100, 60), (100, 60)).comes_to(), (110, "ScaleUpLimit"));
}

#[test]
fn e4_pods_limit() {
    assert_eq!(Case::new(10, 50, WIDE).up((30, 60), NONE).comes_to(), (40, "ScaleUpLimit"));
}

#[test]
fn e5_percent_limits() {
    assert_eq!(Case::new(10, 50, WIDE).up(NONE, (200, 60)).comes_to(), (30, "ScaleUpLimit"));
}

#[test]
fn e6_pods_limit_downwards() {
    assert_eq!(Case::new(1000, 3, (3, 2000)).down((20, 60), NONE).comes_to(), (980, "ScaleDownLimit"));
}

#[test]
fn e7_the_larger_change_downwards() {
    assert_eq!(Case::new(100, 2, WIDE).down((20, 60), (1, 60)).comes_to(), (80, "ScaleDownLimit"));
}

#[test]
fn e8_pods_may_be_the_larger_change() {
    assert_eq!(Case::new(100, 2, WIDE).down((2, 60), (1, 60)).comes_to(), (98, "ScaleDownLimit"));
}

#[test]
fn e9_the_minimum_is_met_before_the_rate() {
    assert_eq!(Case::new(10, 2, (5, 1000)).down(NONE, (100, 60)).comes_to(), (5, "TooFewReplicas"));
}

#[test]
fn e10_five_pods_downwards() {
    assert_eq!(Case::new(10, 2, WIDE).down((5, 60), NONE).comes_to(), (5, "ScaleDownLimit"));
}

#[test]
fn e11_fifty_percent_downwards_is_within() {
    assert_eq!(Case::new(10, 5, WIDE).down(NONE, (50, 60)).comes_to(), (5, "DesiredWithinRange"));
}

#[test]
fn e11_when_both_bind_the_maximum_is_named() {
    let events = &[1, 5, 9];
    let pods = Case::new(100, 500, (1, 200)).up((300, 60), NONE).events(events, &[]);
    assert_eq!(pods.comes_to(), (200, "TooManyReplicas"));
    let percent = Case::new(100, 500, (1, 200)).up(NONE, (10_000, 60)).events(events, &[]);
    assert_eq!(percent.comes_to(), (200, "TooManyReplicas"));
    assert_eq!(Case::new(10, 50, (1, 40)).up((30, 60), NONE).comes_to(), (40, "TooManyReplicas"));
}

#[test]
fn e12_what_was_added_in_the_period_counts() {
    let case = Case::new(100, 500, WIDE).up((150, 120), NONE).events(&[1, 5, 9], &[]);
    assert_eq!(case.comes_to(), (235, "ScaleUpLimit"));
}

#[test]
fn e13_percent_of_what_there_was() {
    let case = Case::new(100, 500, WIDE).up(NONE, (200, 120)).events(&[1, 5, 9], &[]);
    assert_eq!(case.comes_to(), (255, "ScaleUpLimit"));
}

#[test]
fn e14_what_was_removed_counts_the_other_way() {
    let case = Case::new(6, 24, WIDE).up(NONE, (300, 300)).events(&[4], &[2]);
    assert_eq!(case.comes_to(), (16, "ScaleUpLimit"));
}

#[test]
fn e15_more_was_removed_than_the_rate_allows() {
    let case = Case::new(100, 2, WIDE).down((5, 120), NONE).events(&[], &[1, 5, 9]);
    assert_eq!(case.comes_to(), (100, "ScaleDownLimit"));
}

#[test]
fn e16_half_of_what_there_was() {
    let case = Case::new(100, 0, WIDE).down(NONE, (50, 120)).events(&[], &[2, 4, 6]);
    assert_eq!(case.comes_to(), (56, "ScaleDownLimit"));
}

#[test]
fn e17_up_and_down_together() {
    let case = Case::new(10, 1, WIDE).down(NONE, (50, 180)).events(&[2], &[4]);
    assert_eq!(case.comes_to(), (6, "ScaleDownLimit"));
}

#[test]
fn e18_never_above_what_there_is_when_scaling_down() {
    let case = Case::new(100, 0, WIDE).down(NONE, (10, 120)).events(&[], &[10, 10, 10]);
    assert_eq!(case.comes_to(), (100, "ScaleDownLimit"));
    let below_zero = Case::new(10, 5, WIDE).down(NONE, (1000, 120)).events(&[], &[10, 10, 10]);
    assert_eq!(below_zero.comes_to(), (5, "DesiredWithinRange"));
}

#[test]
fn never_below_what_there_is_when_scaling_up() {
    let case = Case::new(100, 500, WIDE).up((5, 120), NONE).events(&[1, 5, 9], &[]);
    assert_eq!(case.comes_to(), (100, "ScaleUpLimit"));
}

#[test]
fn e19_the_smaller_change_upwards() {
    let rules = Rules { select: Select::Min, ..rules((2, 60), (50, 60)) };
    assert_eq!(up_limit(1, &rules, Rescales::default()), 2);
}

#[test]
fn e20_the_smaller_change_downwards() {
    let rules = Rules { select: Select::Min, ..rules((2, 60), (50, 60)) };
    assert_eq!(down_limit(5, &rules, Rescales::default()), 3);
}

#[test]
fn e21_a_disabled_direction_keeps_the_number() {
    let disabled = |rules: Rules| Rules { select: Select::Disabled, ..rules };
    let mut case = Case::new(10, 50, WIDE);
    case.behavior = behavior(disabled(Rules::up()), disabled(Rules::down()));
    assert_eq!(case.comes_to(), (10, "ScaleUpLimit"));
    case.desired = 2;
    assert_eq!(case.comes_to(), (10, "ScaleDownLimit"));
    case.desired = 10;
    assert_eq!(case.comes_to(), (10, "DesiredWithinRange"));
}

#[test]
fn a_rescale_counts_until_it_is_just_as_old_as_the_period() {
    let rules = rules((10, 60), (0, 0));
    let limit = |age| up_limit(20, &rules, Rescales { up: &[Past { replicas: 5, age }], down: &[] });
    assert_eq!((limit(59.9), limit(60.0)), (25, 30));
}

#[test]
fn a_value_beyond_all_numbers_wraps_as_the_controllers_does() {
    let case = Case::new(10, 50, WIDE).up((i32::MAX, 60), NONE);
    assert_eq!(case.comes_to(), (10, "ScaleUpLimit"), "10 more than the largest number is less than nothing");
}
