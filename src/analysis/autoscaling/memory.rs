//! What the controller remembers of an autoscaler, as far as this session can know: recent recommendations and rescales.
//! It keeps nothing itself, and knows between which numbers what it does not know lies.
//!
//! Recommendations are taken to be what was computed here at about the same time: a pass between two of our looks saw
//! something between what they saw.

use jiff::{SignedDuration, Timestamp};

use super::gathered::Case;
use super::groups::after;
use super::normalise::{Limited, Limits, Past, Rescales};
use super::span::Span;
use crate::model::autoscaler::{Behavior, Rules};
use crate::model::history::{Event, History, Point};

/// Between which numbers the extreme of the recommendations lies that count for a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Recalled {
    /// The ends.
    pub span: Span,
    /// The likeliest.
    pub likely: i32,
    /// When the last one that is known to hold the number ceases to count.
    pub until: Option<Timestamp>,
}

fn seconds(number: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(number).unwrap_or_default()
}

fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(at)
}

/// One of our looks: when, and what was asked for.
struct Look {
    at: Timestamp,
    asked: Option<i32>,
    desired: i32,
}

fn looks(case: &Case<'_>) -> Vec<Look> {
    let points = history(case).into_iter().flat_map(History::points);
    points.map(|point: &Point| Look { at: point.at, asked: point.proposal, desired: point.desired }).collect()
}

fn history<'a>(case: &Case<'a>) -> Option<&'a History> {
    case.cluster.history(&case.autoscaler.meta.key)
}

/// Where the recommendations of a window lie, for their highest (`high`) or their lowest.
pub(super) fn recall(case: &Case<'_>, window: f64, high: bool) -> Option<Recalled> {
    if window <= 0.0 {
        return None;
    }
    // The lowest is the highest of what is turned round.
    let turn = |number: i32| if high { number } else { number.saturating_neg() };
    let looks = looks(case);
    let sure = surely(case, &looks, window, &turn);
    let most = possibly(case, &looks, window, &turn);
    let young = |look: &&Look| after(look.at, seconds(window)) >= case.now;
    let known = looks.iter().filter(young).filter_map(|it| Some((turn(it.asked?), it.at)));
    let known = known.chain(restart(case, window).map(|(current, at)| (turn(current), at)));
    let seen = known.max();
    let told = told(case, high).map(turn);
    let likely = seen.map(|(number, _)| number).max(told).unwrap_or(i32::MIN);
    let (least, most) = (sure.unwrap_or(i32::MIN), most.max(sure.unwrap_or(i32::MIN)));
    let likely = likely.clamp(least, most);
    let ends = [turn(least), turn(most)];
    let until = seen.filter(|(number, _)| *number >= likely).map(|(_, at)| after(at, seconds(window)));
    Some(Recalled {
        span: Span { lo: ends[0].min(ends[1]), hi: ends[0].max(ends[1]) },
        likely: turn(likely),
        until: until.or_else(|| told.map(|_| after(case.now, seconds(window)))),
    })
}

/// What the last pass says of the recommendations: it was held at the number that it wrote.
fn told(case: &Case<'_>, high: bool) -> Option<i32> {
    let word = if high { "ScaleDownStabilized" } else { "ScaleUpStabilized" };
    (case.holds("AbleToScale") == Some(word)).then_some(case.autoscaler.desired)
}

/// After a restart the first pass records the replicas that it found.
fn restart(case: &Case<'_>, window: f64) -> Option<(i32, Timestamp)> {
    let at = case.settings.restarted?;
    (after(at, seconds(window)) >= case.now).then_some((case.found, at))
}

/// A recommendation that counts in the next pass for sure, in the order of `turn`: a pass came between looks that saw at
/// least that.
fn surely(case: &Case<'_>, looks: &[Look], window: f64, turn: &impl Fn(i32) -> i32) -> Option<i32> {
    let period = case.settings.delay();
    let latest = before(case.settings.next_pass(case.now), seconds(window));
    let after_restart = |at: Timestamp| case.settings.restarted.is_none_or(|restarted| restarted < at);
    let mut found: Option<i32> = None;
    for (last, look) in looks.iter().enumerate() {
        let from = before(look.at, seconds(period));
        if from < latest || !after_restart(from) {
            continue;
        }
        // All looks that a pass may have been beside, the last one before it included.
        let span = looks.get(..=last).unwrap_or_default();
        let first = span.iter().rposition(|it| it.at <= from);
        let Some(beside) = first.and_then(|first| span.get(first..)) else { continue };
        let close = beside.windows(2).all(|pair| match pair {
            [a, b] => after(a.at, gap(case)) >= b.at,
            _ => true,
        });
        let least =
            beside.iter().map(|it| it.asked.map(turn)).try_fold(i32::MAX, |low, it| Some(low.min(it?)));
        found = found.max(least.filter(|_| close));
    }
    // Where a restart would not be noticed, one may have forgotten that and recorded the replicas instead.
    let replicas = looks.iter().map(|it| it.desired).chain([case.found]).map(turn).min().unwrap_or(i32::MAX);
    found.map(|it| if case.settings.restarted.is_some() { it } else { it.min(replicas) })
}

/// Looks further apart than this may have missed a pass.
fn gap(case: &Case<'_>) -> SignedDuration {
    seconds(case.settings.period * 2.5 + 2.0)
}

/// Whether the first pass over the autoscaler, which records the replicas that it finds, may be one of the window and
/// have found others than there are now.
fn begins_within(case: &Case<'_>, window: f64) -> bool {
    let recent = |at: Timestamp| after(at, seconds(window + case.settings.delay())) >= case.now;
    let made = case.autoscaler.meta.created.map(Timestamp::from).is_some_and(recent);
    let rescaled = |at| case.autoscaler.last_scale.is_some_and(|last| last >= at) || !case.told();
    made || case.settings.restarted.is_some_and(|at| recent(at) && rescaled(at))
}

/// The most that a recommendation which counts in the next pass may be, in the order of `turn`.
fn possibly(case: &Case<'_>, looks: &[Look], window: f64, turn: &impl Fn(i32) -> i32) -> i32 {
    let oldest = before(case.now, seconds(window + 1.0));
    let restarted = case.settings.restarted.filter(|at| *at > before(oldest, seconds(case.settings.delay())));
    let since = restarted.map_or(oldest, |at| at.max(oldest));
    let first = looks.iter().rposition(|it| it.at <= since);
    let counted = looks.get(first.unwrap_or(0)..).unwrap_or_default();
    let gap = gap(case);
    let ends = counted.iter().map(|it| it.at).chain([case.now]).collect::<Vec<_>>();
    let whole = ends.windows(2).all(|pair| matches!(pair, [a, b] if after(*a, gap) >= *b));
    // A look without a number may have been beside a pass with one.
    let known = counted.iter().map(|it| it.asked.map_or(i32::MAX, turn)).max().unwrap_or(i32::MIN);
    let known = known.max(restarted.map_or(i32::MIN, |_| turn(case.found)));
    let complete = first.is_some() && whole && !begins_within(case, window);
    let unseen = if complete { known } else { i32::MAX };
    unseen.min(bound(case).map_or(i32::MAX, |bound| turn(bound).max(turn(i32::MIN))))
}

/// What the last pass says of the highest recommendation without spec.behavior: where nothing held the number down, it
/// is the number that was written.
fn bound(case: &Case<'_>) -> Option<i32> {
    let autoscaler = case.autoscaler;
    let free = autoscaler.condition("ScalingLimited").is_some_and(|it| {
        let held = matches!(&*it.reason, "TooManyReplicas" | "ScaleUpLimit");
        !held
    });
    let counted = autoscaler.behavior.is_none()
        && case.holds("ScalingActive").is_some()
        && case.holds("AbleToScale").is_some()
        && !autoscaler.readings.is_empty();
    (counted && free && case.found == autoscaler.desired).then_some(autoscaler.desired)
}

/// Between which limits the rates hold the number in the next pass, the likeliest, and whether the ends differ because
/// rescales are not all known.
pub(super) struct Rates {
    pub low: Limits,
    pub high: Limits,
    pub likely: Limits,
}

/// A rescale that is known.
struct Rescale {
    at: Timestamp,
    by: i32,
}

/// The rates of a behavior.
pub(super) fn rates(case: &Case<'_>, behavior: &Behavior) -> Rates {
    let known = rescales(case);
    let current = case.scaled.current;
    let limits = |age: &dyn Fn(&Rescale) -> Option<f64>| {
        let of = |up: bool| {
            let chosen = known.iter().filter(move |it| (it.by > 0) == up);
            let past = chosen.filter_map(|it| Some(Past { replicas: it.by.saturating_abs(), age: age(it)? }));
            past.collect::<Vec<_>>()
        };
        let (up, down) = (of(true), of(false));
        Limits::of(current, behavior, Rescales { up: &up, down: &down })
    };
    let past = |it: &Rescale, at: Timestamp| at.duration_since(it.at).as_secs_f64();
    // A rescale is a period old in the next pass, for it was made in one.
    let earliest = |it: &Rescale| case.now.max(after(it.at, seconds(case.settings.period)));
    let likely = limits(&|it| Some(past(it, earliest(it))));
    let mut found = vec![likely];
    found.extend(
        instants(case, &known, behavior)
            .into_iter()
            .map(|at| limits(&|it| Some(past(it, at.max(earliest(it)))))),
    );
    // lastScaleTime is cut to whole seconds, so a rescale may be a second younger than it seems.
    found.extend(instants(case, &known, behavior).into_iter().map(|at| {
        let younger = |it: &Rescale| (past(it, at) - 1.0).max(case.settings.period);
        limits(&|it| Some(younger(it)))
    }));
    if case.settings.restarted.is_none() {
        // A restart that is not noticed may have forgotten the older ones.
        for first in 1..=known.len() {
            let cut = known.get(first).map(|it| it.at);
            found.push(limits(&|it| cut.filter(|cut| it.at >= *cut).map(|_| past(it, earliest(it)))));
        }
    }
    let fold = |pick: fn(i32, i32) -> i32| {
        let all = found.iter().copied();
        all.reduce(|a, b| Limits { up: pick(a.up, b.up), down: pick(a.down, b.down) }).unwrap_or(likely)
    };
    let (mut low, mut high) = (fold(i32::min), fold(i32::max));
    let unknown = |rules: &Rules| !known_since(case, longest(rules));
    if unknown(&behavior.up) {
        (low.up, high.up) = (current, i32::MAX);
    }
    if unknown(&behavior.down) {
        (low.down, high.down) = (i32::MIN, current);
    }
    Rates { low, high, likely }
}

/// When the set of rescales that count may change until the next pass.
fn instants(case: &Case<'_>, known: &[Rescale], behavior: &Behavior) -> Vec<Timestamp> {
    let later = case.settings.next_pass(case.now);
    let periods = behavior.up.policies.iter().chain(&behavior.down.policies).map(|it| it.period);
    let ends =
        periods.flat_map(|period| known.iter().map(move |it| after(it.at, seconds(f64::from(period)))));
    let between = ends.filter(|at| (case.now..later).contains(at));
    between.chain([case.now, later]).collect()
}

fn longest(rules: &Rules) -> f64 {
    f64::from(rules.policies.iter().map(|it| it.period).max().unwrap_or(0))
}

fn rescales(case: &Case<'_>) -> Vec<Rescale> {
    let events = history(case).into_iter().flat_map(History::events);
    let mut found: Vec<Rescale> = events
        .filter_map(|event| match event {
            Event::Rescaled { at, from, to, .. } => Some(Rescale { at: *at, by: to.saturating_sub(*from) }),
            Event::Outside { .. } => None,
        })
        .collect();
    found.sort_by_key(|it| it.at);
    let restarted = case.settings.restarted;
    found.retain(|it| restarted.is_none_or(|at| after(it.at, SignedDuration::from_secs(1)) > at));
    found
}

/// Whether all rescales are known that count in a period before the next pass.
fn known_since(case: &Case<'_>, period: f64) -> bool {
    // In the next pass a rescale is a period of passes old.
    let Some(last) = case.autoscaler.last_scale else { return case.told() };
    let old = |at: Timestamp| {
        after(at, seconds(period + 1.0)) <= case.now.max(after(at, seconds(case.settings.period + 1.0)))
    };
    if old(last) || case.settings.restarted.is_some_and(|at| at > after(last, SignedDuration::from_secs(1))) {
        return true;
    }
    if !case.told() {
        return false;
    }
    let history = history(case);
    let events = history.into_iter().flat_map(History::events);
    let rescaled = events.filter(|it| matches!(it, Event::Rescaled { .. }));
    let covered = rescaled.map(Event::at).max().is_some_and(|at| at >= last);
    let begun = history.into_iter().flat_map(History::points).next().map(|it| it.at);
    covered && begun.is_some_and(|begun| after(begun, seconds(period + 1.0)) <= case.now)
}

/// Whether a normalised number was held by the rates.
pub(super) fn by_rate(limited: Limited) -> bool {
    matches!(limited, Limited::ScaleUpLimit | Limited::ScaleDownLimit)
}
