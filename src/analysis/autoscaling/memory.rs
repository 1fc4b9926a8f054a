//! What the controller remembers of an autoscaler's recommendations, as far as this session can know. It keeps nothing
//! itself, and knows between which numbers what it does not know lies.
//!
//! Recommendations are taken to be what was computed here at about the same time: a pass between two of our looks saw
//! something between what they saw.

use jiff::{SignedDuration, Timestamp};

use super::gathered::Case;
use super::groups::after;
use super::settings::Settings;
use super::span::Span;
use crate::model::history::{History, Point};

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

pub(super) fn seconds(number: f64) -> SignedDuration {
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

pub(super) fn history<'a>(case: &Case<'a>) -> Option<&'a History> {
    case.cluster.history(&case.autoscaler.meta.key)
}

/// The lowest is the highest of what is turned round.
fn turned(number: i32, high: bool) -> i32 {
    if high { number } else { number.saturating_neg() }
}

/// Where the recommendations of a window lie, for their highest (`high`) or their lowest.
pub(super) fn recall(case: &Case<'_>, window: f64, high: bool) -> Option<Recalled> {
    if window <= 0.0 {
        return None;
    }
    let turn = |number: i32| turned(number, high);
    let looks = looks(case);
    let sure = surely(case, &looks, window, &turn);
    let most = possibly(case, &looks, window, high);
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
    // What was recommended under another behavior may have been forgotten as that one allowed.
    let fresh = |at: Timestamp| {
        [case.settings.restarted, case.ruled_otherwise()].into_iter().flatten().all(|forgot| forgot < at)
    };
    let mut found: Option<i32> = None;
    for (last, look) in looks.iter().enumerate() {
        let from = before(look.at, seconds(period));
        if from < latest || !fresh(from) {
            continue;
        }
        // All looks that a pass may have been beside, the last one before it included.
        let span = looks.get(..=last).unwrap_or_default();
        let first = span.iter().rposition(|it| it.at <= from);
        let Some(beside) = first.and_then(|first| span.get(first..)) else { continue };
        let close = beside.windows(2).all(|pair| match pair {
            [a, b] => after(a.at, gap(&case.settings)) >= b.at,
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
pub(super) fn gap(settings: &Settings) -> SignedDuration {
    seconds(settings.period * 2.5 + 2.0)
}

/// Whether the first pass over the autoscaler, which records the replicas that it finds, may be one of the window and
/// have found others than there are now.
fn begins_within(case: &Case<'_>, window: f64) -> bool {
    let recent = |at: Timestamp| after(at, seconds(window + case.settings.delay())) >= case.now;
    let made = case.autoscaler.meta.created.map(Timestamp::from).is_some_and(recent);
    let rescaled = |at| case.autoscaler.last_scale.is_some_and(|last| last >= at) || !case.told();
    made || case.settings.restarted.is_some_and(|at| recent(at) && rescaled(at))
}

/// Whether the last pass wrote down that it was kept from more (`high`) or less than it wrote, which none of our looks
/// asked for in that order: what it saw came and went between two of them.
fn misses(case: &Case<'_>, known: i32, high: bool) -> bool {
    let words = if high { ["TooManyReplicas", "ScaleUpLimit"] } else { ["TooFewReplicas", "ScaleDownLimit"] };
    let kept = case.autoscaler.condition("ScalingLimited").is_some_and(|it| words.contains(&&*it.reason));
    kept && known <= turned(case.autoscaler.desired, high)
}

/// The most that a recommendation which counts in the next pass may be, as `turned` has it.
fn possibly(case: &Case<'_>, looks: &[Look], window: f64, high: bool) -> i32 {
    let turn = |number: i32| turned(number, high);
    let oldest = before(case.now, seconds(window + 1.0));
    let restarted = case.settings.restarted.filter(|at| *at > before(oldest, seconds(case.settings.delay())));
    let since = restarted.map_or(oldest, |at| at.max(oldest));
    let first = looks.iter().rposition(|it| it.at <= since);
    let counted = looks.get(first.unwrap_or(0)..).unwrap_or_default();
    let gap = gap(&case.settings);
    let ends = counted.iter().map(|it| it.at).chain([case.now]).collect::<Vec<_>>();
    let whole = ends.windows(2).all(|pair| matches!(pair, [a, b] if after(*a, gap) >= *b));
    // A look without a number may have been beside a pass with one.
    let known = counted.iter().map(|it| it.asked.map_or(i32::MAX, turn)).max().unwrap_or(i32::MIN);
    let known = known.max(restarted.map_or(i32::MIN, |_| turn(case.found)));
    let complete = first.is_some() && whole && !begins_within(case, window) && !misses(case, known, high);
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
    // The last pass may have been one with a behavior, which looks back less far.
    let ruled =
        case.ruled_otherwise().is_some_and(|at| after(at, seconds(case.settings.delay())) >= case.now);
    let counted = autoscaler.behavior.is_none()
        && !ruled
        && case.holds("ScalingActive").is_some()
        && case.holds("AbleToScale").is_some()
        && !autoscaler.readings.is_empty();
    (counted && free && case.found == autoscaler.desired).then_some(autoscaler.desired)
}
