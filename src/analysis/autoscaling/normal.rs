//! Normalises a proposal that may not be known exactly, with what the controller remembers as far as that is known, and
//! says what held it. It computes no metric.

use super::combine::woken;
use super::doubt::Doubt;
use super::gathered::Case;
use super::memory::{Recalled, recall};
use super::normalise::{Limited, Limits, Normalised, between, clamp, rate};
use super::rates::{Rates, by_rate, rates};
use super::{Limit, Span};
use crate::model::autoscaler::{Behavior, Policy, PolicyKind, Rules, Select};
use crate::model::flag::Flag;

/// How much longer than it is assumed to be the window may be for downscaling: about as far as a session remembers.
pub(super) const LONGER: f64 = 1.9;

/// A proposal after everything that stands between.
pub(super) struct Normal {
    pub span: Span,
    pub likely: i32,
    pub limits: Vec<Limit>,
    pub doubts: Vec<Doubt>,
}

/// Normalises a proposal: the likeliest, and between which numbers it lies.
pub(super) fn normal(case: &Case<'_>, likely: i32, span: Span) -> Normal {
    let mut normal = match &case.autoscaler.behavior {
        None => plain(case, likely, span),
        Some(behavior) => behaved(case, behavior, likely, span),
    };
    let wake = |replicas| woken(case.scaled.current, replicas, case.bounds, case.asleep());
    normal.span = normal.span.map(wake);
    normal.likely = wake(normal.likely);
    normal
}

/// Without spec.behavior.
fn plain(case: &Case<'_>, likely: i32, span: Span) -> Normal {
    let current = case.scaled.current;
    let window = case.settings.window;
    let recalled = recall(case, window, true);
    let hold =
        |number: i32, ends: fn(&Recalled) -> i32| recalled.as_ref().map_or(number, |it| number.max(ends(it)));
    let clamped = |number| clamp(current, number, case.bounds).replicas;
    let stabilised = hold(likely, |it| it.likely);
    let mut doubts = Vec::new();
    let matters =
        |number: i32| clamped(hold(number, |it| it.span.lo)) != clamped(hold(number, |it| it.span.hi));
    if [span.lo, likely, span.hi].into_iter().any(matters) {
        doubts.push(Doubt::Recommendations);
    }
    if case.settings.assumes(Flag::DownscaleStabilization) && clamped(stabilised) != clamped(likely) {
        doubts.push(Doubt::Assumed(Flag::DownscaleStabilization));
    }
    let mut most = clamped(hold(span.hi, |it| it.span.hi));
    if case.settings.assumes(Flag::DownscaleStabilization) {
        // With a longer one older recommendations would count, which are not all known.
        let longer = recall(case, window * LONGER, true).map_or(i32::MIN, |it| it.span.hi);
        let later = |number: i32| clamped(number.max(longer));
        let differs = |number: i32| later(number) > clamped(hold(number, |it| it.span.hi));
        if [likely, span.hi].into_iter().any(differs) {
            doubts.push(Doubt::Assumed(Flag::DownscaleStabilization));
        }
        most = most.max(later(span.hi));
    }
    let found = clamp(current, stabilised, case.bounds);
    let mut limits = Vec::new();
    if stabilised != likely {
        let until = recalled.and_then(|it| it.until);
        limits.push(Limit::Stabilised { to: stabilised, window: window as i64, until, up: false });
    }
    let pace = || Limit::RateLimited {
        to: found.replicas,
        policy: "twice as many, or 4, per pass".to_owned(),
        up: true,
    };
    limits.extend(bound(found, pace));
    Normal {
        span: Span { lo: clamped(hold(span.lo, |it| it.span.lo)), hi: most },
        likely: found.replicas,
        limits,
        doubts,
    }
}

/// The limit that a normalised number met.
fn bound(found: Normalised, pace: impl Fn() -> Limit) -> Option<Limit> {
    match found.limited {
        Limited::DesiredWithinRange => None,
        Limited::TooManyReplicas => Some(Limit::AtMax),
        Limited::TooFewReplicas => Some(Limit::AtMin),
        Limited::ScaleUpLimit | Limited::ScaleDownLimit => Some(pace()),
    }
}

/// The recommendations of both windows.
struct Windows {
    up: Option<Recalled>,
    down: Option<Recalled>,
}

impl Windows {
    fn hold(&self, current: i32, number: i32, ends: fn(&Recalled) -> i32) -> i32 {
        let low = self.up.as_ref().map_or(number, |it| number.min(ends(it)));
        let high = self.down.as_ref().map_or(number, |it| number.max(ends(it)));
        between(current, low, high)
    }
}

/// With spec.behavior.
fn behaved(case: &Case<'_>, behavior: &Behavior, likely: i32, asked: Span) -> Normal {
    let current = case.scaled.current;
    let up = f64::from(behavior.up.window.unwrap_or(0));
    let down = behavior.down.window.map_or(case.settings.window.trunc(), f64::from);
    let windows = Windows { up: recall(case, up, false), down: recall(case, down, true) };
    let rates = rates(case, behavior);
    let held = |number, limits: Limits| rate(current, number, case.bounds, limits).replicas;
    let stabilised = windows.hold(current, likely, |it| it.likely);
    let least = windows.hold(current, asked.lo, |it| it.span.lo);
    let most = windows.hold(current, asked.hi, |it| it.span.hi);
    let found = rate(current, stabilised, case.bounds, rates.likely);
    let mut doubts = Vec::new();
    let unclear = |number: i32| {
        let low = windows.hold(current, number, |it| it.span.lo);
        let high = windows.hold(current, number, |it| it.span.hi);
        held(low, rates.likely) != held(high, rates.likely)
    };
    if [asked.lo, likely, asked.hi].into_iter().any(unclear) {
        doubts.push(Doubt::Recommendations);
    }
    let paced = |number: i32| held(number, rates.low) != held(number, rates.high);
    if [least, stabilised, most].into_iter().any(paced) {
        doubts.push(Doubt::Rescales);
    }
    let default = behavior.down.window.is_none() && case.settings.assumes(Flag::DownscaleStabilization);
    let falling = stabilised != likely && likely < current;
    if default && falling && held(stabilised, rates.likely) != held(likely, rates.likely) {
        doubts.push(Doubt::Assumed(Flag::DownscaleStabilization));
    }
    let mut span = Span { lo: held(least, rates.low), hi: held(most, rates.high) };
    if default {
        // With a longer one older recommendations would count, which are not all known.
        let longer = Windows { up: windows.up, down: recall(case, down * LONGER, true) };
        let most = held(longer.hold(current, asked.hi, |it| it.span.hi), rates.high);
        if most > span.hi {
            doubts.push(Doubt::Assumed(Flag::DownscaleStabilization));
            span.hi = most;
        }
    }
    let mut limits = Vec::new();
    if stabilised != likely {
        let rising = likely >= current;
        let (window, recalled) = if rising { (up, windows.up) } else { (down, windows.down) };
        let until = recalled.and_then(|it| it.until);
        limits.push(Limit::Stabilised { to: stabilised, window: window as i64, until, up: rising });
    }
    limits.extend(bound(found, || pace(case, behavior, stabilised, found, &rates)));
    Normal { span, likely: found.replicas, limits, doubts }
}

/// The rate that holds a number, in words.
fn pace(case: &Case<'_>, behavior: &Behavior, wanted: i32, found: Normalised, rates: &Rates) -> Limit {
    debug_assert!(by_rate(found.limited));
    let up = wanted > case.scaled.current;
    let rules = if up { &behavior.up } else { &behavior.down };
    if rules.select == Select::Disabled {
        return Limit::Forbidden { up };
    }
    let limit = if up { rates.likely.up } else { rates.likely.down };
    Limit::RateLimited { to: found.replicas, policy: policy(case.scaled.current, rules, up, limit), up }
}

/// The policy that decides, as far as that shows without earlier rescales: `4 pods per 15 s`; all of them otherwise.
fn policy(current: i32, rules: &Rules, up: bool, limit: i32) -> String {
    let alone = |kind: PolicyKind, value: i32| {
        let change = match kind {
            PolicyKind::Pods => f64::from(value),
            PolicyKind::Percent => f64::from(current) * f64::from(value) / 100.0,
        };
        let signed = if up { change.ceil() } else { -change };
        f64::from(current) + signed
    };
    let words = |kind: PolicyKind, value: i32, period: i32| match kind {
        PolicyKind::Pods if value == 1 => format!("1 pod per {period} s"),
        PolicyKind::Pods => format!("{value} pods per {period} s"),
        PolicyKind::Percent => format!("{value}% per {period} s"),
    };
    let near =
        rules.policies.iter().copied().find(|it| (alone(it.kind, it.value) - f64::from(limit)).abs() < 1.0);
    let told = |it: Policy| words(it.kind, it.value, it.period);
    near.map_or_else(|| rules.policies.iter().copied().map(told).collect::<Vec<_>>().join(" or "), told)
}
