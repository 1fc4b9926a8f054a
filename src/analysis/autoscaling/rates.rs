//! What the controller remembers of an autoscaler's rescales, as far as this session can know, and between which limits
//! the rates of spec.behavior hold the next number by that. It keeps nothing itself.
//!
//! Source: `storeScaleEvent` and `markScaleEventsOutdated` in `pkg/controller/podautoscaler/horizontal.go`: a rescale that
//! is older than the longest period of its own direction gives its place to the next one in that direction, although a
//! longer period of the other direction would still count it.

use jiff::{SignedDuration, Timestamp};

use super::gathered::Case;
use super::groups::after;
use super::memory::{history, seconds};
use super::normalise::{Limited, Limits, Past, Rescales};
use super::writers::set_by_controller;
use crate::model::autoscaler::{Behavior, Rules, Select};
use crate::model::history::{Event, History};

/// The clocks of the API server and of the controller differ by so many seconds at most.
const APART: i64 = 5;

/// So many forgotten rescales of before this session are imagined at most: what they change is seen with fewer.
const STRANGERS: usize = 8;

/// Between which limits the rates hold the number in the next pass, and the likeliest.
pub(super) struct Rates {
    pub low: Limits,
    pub high: Limits,
    pub likely: Limits,
}

/// A rescale that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rescale {
    at: Timestamp,
    by: i32,
}

impl Rescale {
    fn age(&self, at: Timestamp) -> f64 {
        at.duration_since(self.at).as_secs_f64()
    }
}

/// The rates of a behavior.
pub(super) fn rates(case: &Case<'_>, behavior: &Behavior) -> Rates {
    let known = rescales(case);
    let period = case.settings.period;
    let limits = |held: &[Rescale], age: &dyn Fn(&Rescale) -> f64| {
        let of = |up: bool| {
            let chosen = held.iter().filter(|it| (it.by > 0) == up);
            let past = chosen.map(|it| Past { replicas: it.by.saturating_abs(), age: age(it) });
            past.collect::<Vec<_>>()
        };
        let (up, down) = (of(true), of(false));
        Limits::of(case.scaled.current, behavior, Rescales { up: &up, down: &down })
    };
    let held = remembered(case, &known, behavior);
    // A rescale is a period old in the next pass, for it was made in one.
    let now = |it: &Rescale| it.age(case.now).max(period);
    let likely = held.first().map_or(&known, |it| it);
    let likely = limits(likely, &now);
    let mut found = vec![likely];
    for at in instants(case, &known, behavior) {
        for held in &held {
            found.push(limits(held, &|it| it.age(at).max(period)));
            // lastScaleTime is cut to whole seconds, so a rescale may be a second younger than it seems.
            found.push(limits(held, &|it| (it.age(at) - 1.0).max(period)));
        }
    }
    if case.settings.restarted.is_none() {
        // A restart that is not noticed may have forgotten the older ones.
        let later = (1..=known.len()).filter_map(|first| known.get(first..));
        found.extend(later.map(|held| limits(held, &now)));
    }
    let fold = |pick: fn(i32, i32) -> i32| {
        let all = found.iter().copied();
        all.reduce(|a, b| Limits { up: pick(a.up, b.up), down: pick(a.down, b.down) }).unwrap_or(likely)
    };
    let (mut low, mut high) = (fold(i32::min), fold(i32::max));
    let unknown = |rules: &Rules| rules.select != Select::Disabled && !known_since(case, longest(rules));
    let current = case.scaled.current;
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

/// All that the controller may still have of the known rescales, the likeliest first.
fn remembered(case: &Case<'_>, known: &[Rescale], behavior: &Behavior) -> Vec<Vec<Rescale>> {
    let (up, down) = (longest(&behavior.up), longest(&behavior.down));
    let of = |rising: bool, own: f64, other: f64| {
        let chosen: Vec<Rescale> = known.iter().copied().filter(|it| (it.by > 0) == rising).collect();
        // Where no period of the other direction is longer, nothing counts that may be gone.
        if own >= other { vec![chosen] } else { left(case, &chosen, own) }
    };
    let (ups, downs) = (of(true, up, down), of(false, down, up));
    let mut all = Vec::new();
    for up in &ups {
        all.extend(downs.iter().map(|down| [up.as_slice(), down].concat()));
    }
    let Some(other) = case.ruled_otherwise() else { return all };
    // Without a behavior none is kept, and with another one others may be gone.
    let since: Vec<Vec<Rescale>> = [(true, true), (true, false), (false, true), (false, false)]
        .iter()
        .map(|(up, down)| {
            let stays = |it: &&Rescale| it.at > other || if it.by > 0 { *up } else { *down };
            known.iter().filter(stays).copied().collect()
        })
        .collect();
    all.extend(since);
    all
}

/// What may be left of the rescales in one direction whose longest period is `longest`.
fn left(case: &Case<'_>, all: &[Rescale], longest: f64) -> Vec<Vec<Rescale>> {
    let strangers = if knows_all(case) { 0 } else { all.len().min(STRANGERS) };
    // Times are cut to whole seconds: whether one is older may be clear, likely or possible.
    let rules: [&dyn Fn(f64) -> bool; 3] =
        [&|age| age > longest, &|age| age - 1.0 >= longest, &|age| age + 1.0 > longest];
    let mut found = Vec::new();
    for strangers in 0..=strangers {
        for outdated in rules {
            let left = kept(all, strangers, outdated);
            if !found.contains(&left) {
                found.push(left);
            }
        }
    }
    found
}

/// What is left of rescales that follow each other, after so many that are older than every period.
fn kept(all: &[Rescale], strangers: usize, outdated: &dyn Fn(f64) -> bool) -> Vec<Rescale> {
    let mut places: Vec<Option<Rescale>> = vec![None; strangers];
    for new in all {
        let gives = |it: &Option<Rescale>| it.is_none_or(|it| outdated(it.age(new.at)));
        let place = places.iter().rposition(gives).and_then(|place| places.get_mut(place));
        match place {
            Some(place) => *place = Some(*new),
            None => places.push(Some(*new)),
        }
    }
    let mut left: Vec<Rescale> = places.into_iter().flatten().collect();
    left.sort_by_key(|it| it.at);
    left
}

/// Whether all rescales are known that the controller ever made since it began to remember.
fn knows_all(case: &Case<'_>) -> bool {
    let Some(history) = history(case) else { return false };
    let begun = history.points().next().map(|it| it.at);
    let restarted =
        || case.settings.restarted.zip(begun).is_some_and(|(restarted, begun)| restarted >= begun);
    history.is_whole() || restarted()
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

/// Whether the controller set the replicas within a period, and its status does not tell: it was not taken, because
/// somebody edited the autoscaler meanwhile.
fn untold(case: &Case<'_>, period: f64) -> bool {
    let scale = case.probe.and_then(|it| it.scale.as_ref().ok());
    let Some(set) = scale.and_then(set_by_controller) else { return false };
    let made = case.autoscaler.meta.created.map(Timestamp::from);
    let told = [case.autoscaler.last_scale, made, case.settings.restarted];
    after(set, seconds(period + 1.0)) > case.now
        && told.into_iter().flatten().all(|told| after(told, SignedDuration::from_secs(APART)) < set)
}

/// Whether all rescales are known that count in a period before the next pass.
fn known_since(case: &Case<'_>, period: f64) -> bool {
    if untold(case, period) {
        return false;
    }
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
    covered && (knows_all(case) || begun.is_some_and(|begun| after(begun, seconds(period + 1.0)) <= case.now))
}

/// Whether a normalised number was held by the rates.
pub(super) fn by_rate(limited: Limited) -> bool {
    matches!(limited, Limited::ScaleUpLimit | Limited::ScaleDownLimit)
}
