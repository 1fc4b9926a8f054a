//! Which autoscalers' forecasts time alone may have changed since somebody looked, before anything is heard of them. It
//! computes no forecast, and would rather name one too many.

use jiff::{SignedDuration, Timestamp};

use super::groups::after;
use super::memory::gap;
use super::normal::LONGER;
use super::settings::Settings;
use crate::model::autoscaler::{Autoscaler, Behavior, MetricSource, Rules};
use crate::model::cluster::Cluster;
use crate::model::history::{History, Point};
use crate::model::key::Key;
use crate::model::second::Second;

/// Longer than this after something that counts for some time ends it still counts with somebody, in seconds: passes
/// come late, and times in the API are cut to whole seconds.
const AFTER: f64 = 35.0;

/// No instant is known better than this, in milliseconds.
const BLUR: i64 = 50;

/// The autoscalers whose forecasts time alone may have changed since an instant, by name.
pub fn restless(cluster: &Cluster, since: Timestamp, now: Timestamp) -> Vec<Key> {
    let settings = Settings::of(cluster);
    let time = Stretch { from: since.min(now).as_millisecond() - BLUR, to: now.as_millisecond() + BLUR };
    // Most have no behavior of their own.
    let general = Ends::of(None, &settings);
    let moved = cluster.autoscalers().filter(|it| match &it.behavior {
        None => is_restless(cluster, it, &settings, &general, now, time),
        own => is_restless(cluster, it, &settings, &Ends::of(own.as_ref(), &settings), now, time),
    });
    moved.map(|it| it.meta.key.clone()).collect()
}

/// When what an autoscaler's controller remembers ceases to count.
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
        let (delay, pass) = (settings.delay(), settings.period + 2.0);
        Self {
            longest: windows.last().copied().unwrap_or_default(),
            births: ends(&windows, &[0.0, 1.0, delay, delay + 1.0, -pass, delay - pass]),
            looks: ends(&windows, &[0.0, 1.0, -delay - pass]),
        }
    }
}

/// The time since somebody looked last, in milliseconds since 1970.
#[derive(Clone, Copy)]
struct Stretch {
    from: i64,
    to: i64,
}

impl Stretch {
    /// Whether an instant was in it that is one of so many milliseconds after another.
    fn has(self, at: Timestamp, offsets: &[i64]) -> bool {
        let at = at.as_millisecond();
        offsets.iter().any(|offset| (self.from..=self.to).contains(&at.saturating_add(*offset)))
    }
}

fn is_restless(
    cluster: &Cluster,
    it: &Autoscaler,
    settings: &Settings,
    ends: &Ends,
    now: Timestamp,
    time: Stretch,
) -> bool {
    let later = |at: Timestamp, seconds: f64| {
        after(at, SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX))
    };
    let key = &it.meta.key;
    let history = cluster.history(key);
    let expires =
        cluster.probe(key).is_some_and(|it| time.has(it.at, &[millis(settings.period * 2.0 + 5.0)]));
    let held = it.condition("AbleToScale").is_some_and(|it| it.reason.ends_with("Stabilized"));
    let scaled = it.last_scale.is_some_and(|at| later(at, ends.longest + AFTER) > now);
    let made = it.meta.created.map(Timestamp::from);
    let ruled = history.and_then(|it| it.ruled_otherwise(now));
    let young = || {
        let initialization = settings.patience.initialization.as_secs_f64() + AFTER;
        let counts = |at: Second| later(at.into(), initialization) > now;
        counts_cpu(it)
            // Where no pod at all is young, none needs to be selected.
            && cluster.newest_start_in(&key.namespace).is_some_and(counts)
            && newest(cluster, it).is_some_and(counts)
    };
    expires
        || held
        || scaled
        || [settings.restarted, made, ruled].into_iter().flatten().any(|at| time.has(at, &ends.births))
        || history.is_some_and(|it| is_uneven(it, gap(settings), &ends.looks, time))
        || young()
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

/// When something ceases to count, in milliseconds after it happened: after each window, also after a longer one, with
/// what passes add to it.
fn ends(windows: &[f64], more: &[f64]) -> Vec<i64> {
    let all = windows.iter().flat_map(|it| [*it, it * LONGER]);
    all.flat_map(|window| more.iter().map(move |more| millis(window + more))).collect()
}

/// Whether it matters which points still count, because one that ends to count is unlike one beside it, or whether the
/// newest is too old now to stand for all passes since.
fn is_uneven(history: &History, gap: SignedDuration, ends: &[i64], time: Stretch) -> bool {
    let (mut points, mut before) = (history.points().peekable(), None);
    while let Some(point) = points.next() {
        let next = points.peek().copied();
        let alike = |other: Option<&Point>| {
            other.is_some_and(|other| {
                let apart = other.at.duration_since(point.at).abs();
                other.proposal == point.proposal && apart <= gap
            })
        };
        let is_edge = || !alike(before) || !alike(next);
        let is_old = || next.is_none() && time.has(point.at, &[millis(gap.as_secs_f64())]);
        // Most points are like those beside them, which is soon seen.
        if (is_edge() && time.has(point.at, ends)) || is_old() {
            return true;
        }
        before = Some(point);
    }
    false
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
