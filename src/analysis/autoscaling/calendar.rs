//! When time alone may next change an autoscaler's forecast, if nothing is heard of it before. It computes no forecast, and
//! would rather name an instant too many.

use jiff::{SignedDuration, Timestamp};

use super::groups::after;
use super::memory::gap;
use super::normal::LONGER;
use super::settings::Settings;
use super::writers::set_by_controller;
use crate::model::autoscaler::{Autoscaler, Behavior, MetricSource, Rules};
use crate::model::cluster::Cluster;
use crate::model::history::{History, Point};
use crate::model::second::Second;

/// Longer than this after something that counts for some time ends it still counts with somebody, in seconds: passes
/// come late, and times in the API are cut to whole seconds.
const AFTER: f64 = 35.0;

/// No instant is known better than this.
pub const BLUR: SignedDuration = SignedDuration::from_millis(50);

/// What the instants of all autoscalers of a cluster are computed from.
#[derive(Clone, Debug)]
pub struct Calendar {
    settings: Settings,
    /// Most have no behavior of their own.
    general: Ends,
}

impl Calendar {
    /// That of a cluster.
    pub fn of(cluster: &Cluster) -> Self {
        let settings = Settings::of(cluster);
        Self { general: Ends::of(None, &settings), settings }
    }

    /// The first instant since another one at which time alone may change the forecast of an autoscaler; the least of all
    /// while it may at any time.
    pub fn next(&self, cluster: &Cluster, it: &Autoscaler, since: Timestamp, now: Timestamp) -> Timestamp {
        match &it.behavior {
            None => self.soonest(cluster, it, &self.general, since, now),
            own => self.soonest(cluster, it, &Ends::of(own.as_ref(), &self.settings), since, now),
        }
    }

    fn soonest(
        &self,
        cluster: &Cluster,
        it: &Autoscaler,
        ends: &Ends,
        since: Timestamp,
        now: Timestamp,
    ) -> Timestamp {
        if self.moves(cluster, it, ends, now) {
            return Timestamp::MIN;
        }
        let (settings, from) = (&self.settings, since.min(now).as_millisecond());
        let history = cluster.history(&it.meta.key);
        let probe = cluster.probe(&it.meta.key);
        let expires = probe.map(|it| (it.at, millis(settings.period * 2.0 + 5.0)));
        let set = probe.and_then(|it| it.scale.as_ref().ok()).and_then(set_by_controller);
        let made = it.meta.created.map(Timestamp::from);
        let ruled = history.and_then(|it| it.ruled_otherwise(now));
        let births = [settings.restarted, made, ruled, set].into_iter().flatten();
        let all = births.filter_map(|at| first(at, &ends.births, from));
        let all = all.chain(expires.and_then(|(at, by)| first(at, &[by], from)));
        let all = all.chain(history.and_then(|it| uneven(it, gap(settings), &ends.looks, from)));
        let soonest = all.min().and_then(|it| Timestamp::from_millisecond(it).ok());
        soonest.unwrap_or(Timestamp::MAX)
    }

    /// Whether something counts now that is different every second.
    fn moves(&self, cluster: &Cluster, it: &Autoscaler, ends: &Ends, now: Timestamp) -> bool {
        let lasts = |at: Timestamp, seconds: f64| {
            after(at, SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX)) > now
        };
        let held = it.condition("AbleToScale").is_some_and(|it| it.reason.ends_with("Stabilized"));
        let scaled = it.last_scale.is_some_and(|at| lasts(at, ends.longest + AFTER));
        let young = || {
            let initialization = self.settings.patience.initialization.as_secs_f64() + AFTER;
            let counts = |at: Second| lasts(at.into(), initialization);
            counts_cpu(it)
                // Where no pod at all is young, none needs to be selected.
                && cluster.newest_start_in(&it.meta.key.namespace).is_some_and(counts)
                && newest(cluster, it).is_some_and(counts)
        };
        held || scaled || young()
    }
}

/// When what an autoscaler's controller remembers ceases to count.
#[derive(Clone, Debug)]
struct Ends {
    /// The longest time for which anything counts, in seconds.
    longest: f64,
    /// After something began that changes what counts, in milliseconds.
    births: Vec<i64>,
    /// After somebody looked, in milliseconds.
    looks: Vec<i64>,
}

impl Ends {
    fn of(behavior: Option<&Behavior>, settings: &Settings) -> Self {
        let windows = windows(behavior, settings);
        let longer: Vec<f64> = windows.iter().flat_map(|it| [*it, it * LONGER]).chain([0.0]).collect();
        let (delay, pass) = (settings.delay(), settings.period + 2.0);
        Self {
            longest: windows.last().copied().unwrap_or_default(),
            births: ends(&longer, &[0.0, 1.0, delay, delay + 1.0, -pass, delay - pass]),
            looks: ends(&recalled(behavior, settings), &[0.0, 1.0, -delay - pass]),
        }
    }
}

/// The first instant from another one on that is one of so many milliseconds after something, in milliseconds since 1970.
fn first(at: Timestamp, offsets: &[i64], from: i64) -> Option<i64> {
    let (at, from) = (at.as_millisecond(), from - BLUR.as_millis() as i64);
    offsets.iter().map(|offset| at.saturating_add(*offset)).filter(|it| *it >= from).min()
}

/// For how many seconds something counts that the controller remembers.
fn windows(behavior: Option<&Behavior>, settings: &Settings) -> Vec<f64> {
    let of = |rules: &Rules| {
        let periods = rules.policies.iter().map(|it| f64::from(it.period));
        periods.chain(rules.window.map(f64::from)).collect::<Vec<_>>()
    };
    let said = behavior.map(|it| [of(&it.up), of(&it.down)].concat()).unwrap_or_default();
    // A behavior without a window of its own counts in whole seconds.
    let general = [settings.window, settings.window.trunc()];
    let mut all: Vec<f64> = said.into_iter().chain(general).filter(|it| *it > 0.0).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// For how many seconds recommendations count; also for longer where that is not said.
fn recalled(behavior: Option<&Behavior>, settings: &Settings) -> Vec<f64> {
    let default = |window: f64| [window, window * LONGER];
    let Some(Behavior { up, down }) = behavior else { return default(settings.window).to_vec() };
    let said = [up.window, down.window].into_iter().flatten().map(f64::from);
    let assumed = if down.window.is_none() { Some(default(settings.window.trunc())) } else { None };
    said.chain(assumed.into_iter().flatten()).filter(|it| *it > 0.0).collect()
}

/// When something ceases to count, in milliseconds after it happened: after each window, with what passes add to it.
fn ends(windows: &[f64], more: &[f64]) -> Vec<i64> {
    windows.iter().flat_map(|window| more.iter().map(move |more| millis(window + more))).collect()
}

/// When it first matters which points still count, because one that ends to count is unlike one beside it, or when the
/// newest is too old to stand for all passes since.
fn uneven(history: &History, gap: SignedDuration, ends: &[i64], from: i64) -> Option<i64> {
    let (mut points, mut before, mut soonest) = (history.points().peekable(), None, None);
    while let Some(point) = points.next() {
        let next = points.peek().copied();
        let alike = |other: Option<&Point>| {
            other.is_some_and(|other| {
                let apart = other.at.duration_since(point.at).abs();
                other.proposal == point.proposal && apart <= gap
            })
        };
        let old = if next.is_none() { first(point.at, &[gap.as_millis() as i64], from) } else { None };
        // Most points are like those beside them, which is soon seen.
        let end = if alike(before) && alike(next) { None } else { first(point.at, ends, from) };
        soonest = [soonest, old, end].into_iter().flatten().min();
        before = Some(point);
    }
    soonest
}

fn counts_cpu(it: &Autoscaler) -> bool {
    it.metrics.iter().any(|it| match &it.source {
        MetricSource::Resource { name } | MetricSource::ContainerResource { name, .. } => &**name == "cpu",
        _ => false,
    })
}

fn newest(cluster: &Cluster, it: &Autoscaler) -> Option<Second> {
    let selector = cluster.selector_of(it)?;
    cluster.newest_start(&it.meta.key.namespace, &selector)
}
