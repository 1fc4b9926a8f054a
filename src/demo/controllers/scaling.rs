//! From the replicas that metrics ask for to the replicas that an autoscaler sets: stabilisation, rates, bounds.
//! It reads no metric and writes no object.
//!
//! Source: `pkg/controller/podautoscaler/horizontal.go`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::json::{at, has, list, number, put, text};
use crate::demo::time::later;

/// Seconds that a higher recommendation keeps an autoscaler from scaling down.
const DOWN_WINDOW: i64 = 300;

/// A condition's reason and message.
pub(crate) type Words = (&'static str, &'static str);

const WITHIN: Words = ("DesiredWithinRange", "the desired count is within the acceptable range");
const UP_LIMIT: Words =
    ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
const DOWN_LIMIT: Words =
    ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");
const TOO_MANY: Words =
    ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
const TOO_FEW: Words = ("TooFewReplicas", "the desired replica count is less than the minimum replica count");
const READY: Words = ("ReadyForNewScale", "recommended size matches current size");
const UP_STABILIZED: Words = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const DOWN_STABILIZED: Words = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);

/// What the controller remembers of one autoscaler between passes.
#[derive(Default)]
pub(crate) struct Past {
    pub(crate) recommendations: Vec<(Timestamp, i64)>,
    pub(crate) ups: Vec<(Timestamp, i64)>,
    pub(crate) downs: Vec<(Timestamp, i64)>,
}

/// The bounds of one decision.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) current: i64,
    pub(crate) min: i64,
    pub(crate) max: i64,
}

/// The outcome of one decision.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) replicas: i64,
    pub(crate) able: Words,
    pub(crate) limit: Words,
    /// Whether the limit changed the outcome.
    pub(crate) limited: bool,
}

/// Fills a behavior as the API server does.
pub(crate) fn with_defaults(behavior: &Value) -> Value {
    let mut filled = json!({
        "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max",
            "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]},
        "scaleDown": {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
    });
    for direction in ["scaleUp", "scaleDown"] {
        for (field, value) in at(behavior, &format!("/{direction}")).as_object().into_iter().flatten() {
            put(&mut filled, &format!("/{direction}/{field}"), value.clone());
        }
    }
    filled
}

/// Decides how many replicas it will be.
pub(crate) fn decide(
    past: &mut Past,
    behavior: &Value,
    now: Timestamp,
    desired: i64,
    bounds: Bounds,
) -> Decision {
    let longest = number(behavior, "/scaleUp/stabilizationWindowSeconds").max(down_window(behavior));
    past.recommendations.retain(|(at, _)| *at > later(now, -longest));
    let decision = if behavior.is_null() {
        plain(past, now, desired, bounds)
    } else {
        with_behavior(past, behavior, now, desired, bounds)
    };
    past.recommendations.push((now, desired));
    decision
}

fn down_window(behavior: &Value) -> i64 {
    at(behavior, "/scaleDown/stabilizationWindowSeconds").as_i64().unwrap_or(DOWN_WINDOW)
}

fn plain(past: &Past, now: Timestamp, desired: i64, bounds: Bounds) -> Decision {
    let recent = past.recommendations.iter().filter(|(at, _)| *at > later(now, -DOWN_WINDOW));
    let stabilized = recent.map(|(_, count)| *count).fold(desired, i64::max);
    let rate = (2 * bounds.current).max(4);
    let (top, top_words) = if bounds.max > rate { (rate, UP_LIMIT) } else { (bounds.max, TOO_MANY) };
    let (replicas, limit) = if stabilized < bounds.min {
        (bounds.min, TOO_FEW)
    } else if stabilized > top {
        (top, top_words)
    } else {
        (stabilized, WITHIN)
    };
    let able = if stabilized == desired { READY } else { DOWN_STABILIZED };
    Decision { replicas, able, limit, limited: replicas != stabilized }
}

fn with_behavior(past: &Past, behavior: &Value, now: Timestamp, desired: i64, bounds: Bounds) -> Decision {
    let within = |seconds: i64| {
        past.recommendations.iter().filter(move |(at, _)| *at > later(now, -seconds)).map(|(_, count)| *count)
    };
    let lowest = within(number(behavior, "/scaleUp/stabilizationWindowSeconds")).fold(desired, i64::min);
    let highest = within(down_window(behavior)).fold(desired, i64::max);
    let mut stabilized = bounds.current.max(lowest);
    if stabilized > highest {
        stabilized = highest;
    }
    let able = match (stabilized == desired, desired >= bounds.current) {
        (true, _) => READY,
        (false, true) => UP_STABILIZED,
        (false, false) => DOWN_STABILIZED,
    };
    let (replicas, limit) = rate(past, behavior, now, stabilized, bounds);
    Decision { replicas, able, limit, limited: replicas != stabilized }
}

fn rate(past: &Past, behavior: &Value, now: Timestamp, wanted: i64, bounds: Bounds) -> (i64, Words) {
    if wanted > bounds.current {
        let limit = up_limit(past, at(behavior, "/scaleUp"), now, bounds.current).max(bounds.current);
        let (top, words) = if bounds.max > limit { (limit, UP_LIMIT) } else { (bounds.max, TOO_MANY) };
        return if wanted > top { (top, words) } else { (wanted, WITHIN) };
    }
    if wanted < bounds.current {
        let limit = down_limit(past, at(behavior, "/scaleDown"), now, bounds.current).min(bounds.current);
        let (floor, words) = if bounds.min < limit { (limit, DOWN_LIMIT) } else { (bounds.min, TOO_FEW) };
        return if wanted < floor { (floor, words) } else { (wanted, WITHIN) };
    }
    (wanted, WITHIN)
}

fn period_start(past: &Past, now: Timestamp, seconds: i64, current: i64) -> i64 {
    let sum = |events: &[(Timestamp, i64)]| -> i64 {
        events.iter().filter(|(at, _)| *at > later(now, -seconds)).map(|(_, count)| count).sum()
    };
    current - sum(&past.ups) + sum(&past.downs)
}

fn up_limit(past: &Past, rules: &Value, now: Timestamp, current: i64) -> i64 {
    let limits = list(rules, "/policies").iter().map(|policy| {
        let start = period_start(past, now, number(policy, "/periodSeconds"), current);
        let value = number(policy, "/value");
        if text(policy, "/type") == "Pods" {
            start + value
        } else {
            (start as f64 * (1.0 + value as f64 / 100.0)).ceil() as i64
        }
    });
    select(text(rules, "/selectPolicy"), limits, current, i64::max, i64::min)
}

fn down_limit(past: &Past, rules: &Value, now: Timestamp, current: i64) -> i64 {
    let limits = list(rules, "/policies").iter().map(|policy| {
        let start = period_start(past, now, number(policy, "/periodSeconds"), current);
        let value = number(policy, "/value");
        if text(policy, "/type") == "Pods" {
            start - value
        } else {
            (start as f64 * (1.0 - value as f64 / 100.0)) as i64
        }
    });
    select(text(rules, "/selectPolicy"), limits, current, i64::min, i64::max)
}

/// The limit that a select policy picks; `most` leaves the most freedom, `least` the least.
fn select(
    policy: &str,
    limits: impl Iterator<Item = i64>,
    current: i64,
    most: fn(i64, i64) -> i64,
    least: fn(i64, i64) -> i64,
) -> i64 {
    match policy {
        "Disabled" => current,
        "Min" => limits.reduce(least).unwrap_or(current),
        _ => limits.reduce(most).unwrap_or(current),
    }
}

impl Past {
    /// Remembers the replicas that an autoscaler finds at first sight, as if they were recommended.
    pub(crate) fn begin(&mut self, now: Timestamp, current: i64) {
        if self.recommendations.is_empty() {
            self.recommendations.push((now, current));
        }
    }

    /// Remembers a change of scale for the rates, and forgets those older than any period.
    pub(crate) fn note(&mut self, now: Timestamp, from: i64, to: i64) {
        self.ups.retain(|(at, _)| *at > later(now, -1800));
        self.downs.retain(|(at, _)| *at > later(now, -1800));
        if to > from { self.ups.push((now, to - from)) } else { self.downs.push((now, from - to)) }
    }
}

/// Whether the ratio of a metric is near enough to 1, given an autoscaler's behavior.
pub(crate) fn is_tolerable(behavior: &Value, ratio: f64) -> bool {
    let tolerance = |direction: &str| {
        let own = format!("/{direction}/tolerance");
        if has(behavior, &own) {
            crate::demo::quantity::milli(text(behavior, &own)) as f64 / 1000.0
        } else {
            0.1
        }
    };
    1.0 - tolerance("scaleDown") <= ratio && ratio <= 1.0 + tolerance("scaleUp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn without_behavior_a_higher_recommendation_holds_for_five_minutes() {
        let mut past = Past { recommendations: vec![(later(now(), -200), 9)], ..Past::default() };
        let bounds = Bounds { current: 9, min: 2, max: 20 };
        let held = decide(&mut past, &Value::Null, now(), 5, bounds);
        assert_eq!((held.replicas, held.able, held.limited), (9, DOWN_STABILIZED, false));
        let free = decide(&mut past, &Value::Null, later(now(), 301), 5, bounds);
        assert_eq!((free.replicas, free.able), (5, READY));
    }

    #[test]
    fn what_is_found_at_first_sight_holds_like_a_recommendation() {
        let mut past = Past::default();
        past.begin(now(), 5);
        past.begin(later(now(), 15), 50);
        let bounds = Bounds { current: 5, min: 1, max: 20 };
        assert_eq!(decide(&mut past, &Value::Null, later(now(), 30), 3, bounds).replicas, 5);
    }

    #[test]
    fn without_behavior_the_rate_is_twice_the_present() {
        let bounds = Bounds { current: 3, min: 2, max: 20 };
        let fast = decide(&mut Past::default(), &Value::Null, now(), 15, bounds);
        assert_eq!((fast.replicas, fast.limit, fast.limited), (6, UP_LIMIT, true));
        let full = decide(&mut Past::default(), &Value::Null, now(), 15, Bounds { max: 5, ..bounds });
        assert_eq!((full.replicas, full.limit), (5, TOO_MANY));
    }

    #[test]
    fn with_behavior_the_policies_limit_both_ways() {
        let behavior = with_defaults(&json!({
            "scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]},
            "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}]},
        }));
        let bounds = Bounds { current: 10, min: 2, max: 20 };
        let up = decide(&mut Past::default(), &behavior, now(), 18, bounds);
        assert_eq!((up.replicas, up.limit), (12, UP_LIMIT));
        let down = decide(&mut Past::default(), &behavior, now(), 3, bounds);
        assert_eq!((down.replicas, down.limit), (9, DOWN_LIMIT));
        let mut past = Past::default();
        past.note(later(now(), -30), 8, 10);
        assert_eq!(
            decide(&mut past, &behavior, now(), 18, bounds).replicas,
            10,
            "both pods of this minute are spent"
        );
        let disabled = with_defaults(
            &json!({"scaleDown": {"selectPolicy": "Disabled", "stabilizationWindowSeconds": 0}}),
        );
        assert_eq!(decide(&mut Past::default(), &disabled, now(), 3, bounds).replicas, 10);
    }
}
