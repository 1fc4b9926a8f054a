//! Which autoscalers' forecasts time alone may change before anything is heard of them. It computes no forecast, and
//! would rather name one too many.

use jiff::{SignedDuration, Timestamp};

use super::groups::after;
use super::settings::Settings;
use crate::model::autoscaler::{Autoscaler, MetricSource, Rules};
use crate::model::cluster::Cluster;
use crate::model::history::History;
use crate::model::key::Key;

/// How far ahead somebody must look who looks again after some seconds, in seconds: the next pass included.
const AHEAD: f64 = 35.0;

/// Behind an instant, in seconds: times in the API are cut to whole ones.
const BEHIND: f64 = 3.0;

/// The autoscalers whose forecasts time alone may change soon, by name.
pub fn restless(cluster: &Cluster, now: Timestamp) -> Vec<Key> {
    let settings = Settings::of(cluster);
    let moved = cluster.autoscalers().filter(|it| is_restless(cluster, it, &settings, now));
    moved.map(|it| it.meta.key.clone()).collect()
}

fn is_restless(cluster: &Cluster, it: &Autoscaler, settings: &Settings, now: Timestamp) -> bool {
    let soon = |at: Timestamp| {
        let away = at.duration_since(now).as_secs_f64();
        (-BEHIND..AHEAD).contains(&away)
    };
    let later = |at: Timestamp, seconds: f64| {
        after(at, SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX))
    };
    let windows = windows(it, settings);
    let longest = windows.iter().copied().fold(0.0, f64::max);
    let ends = |at: Timestamp| {
        let late = |window: f64| soon(later(at, window)) || soon(later(at, window + settings.delay()));
        windows.iter().any(|window| late(*window))
    };
    let key = &it.meta.key;
    let history = cluster.history(key);
    // Measurements are renewed long before they are too old.
    let expires = cluster.probe(key).is_some_and(|it| {
        let age = now.duration_since(it.at).as_secs_f64();
        (settings.period + 3.0..settings.period * 2.0 + 5.0 + AHEAD).contains(&age)
    });
    let held = it.condition("AbleToScale").is_some_and(|it| it.reason.ends_with("Stabilized"));
    let scaled = it.last_scale.is_some_and(|at| later(at, longest + AHEAD) > now);
    let begun = history.and_then(|it| it.points().next()).map(|it| it.at);
    let made = it.meta.created.map(Timestamp::from);
    let covered = [begun, settings.restarted, made].into_iter().flatten().any(ends);
    let young = || {
        let initialization = settings.patience.initialization.as_secs_f64() + AHEAD;
        counts_cpu(it) && newest(cluster, it).is_some_and(|at| later(at, initialization) > now)
    };
    expires || held || scaled || covered || history.is_some_and(is_uneven) || young()
}

/// For how many seconds something counts that the controller remembers.
fn windows(it: &Autoscaler, settings: &Settings) -> Vec<f64> {
    let of = |rules: &Rules| {
        let periods = rules.policies.iter().map(|it| f64::from(it.period));
        periods.chain(rules.window.map(f64::from)).collect::<Vec<_>>()
    };
    let behavior = it.behavior.as_ref();
    let said = behavior.map(|it| [of(&it.up), of(&it.down)].concat()).unwrap_or_default();
    said.into_iter().chain([settings.window]).filter(|it| *it > 0.0).collect()
}

/// Whether not all points propose the same, so that it matters which of them still count.
fn is_uneven(history: &History) -> bool {
    let mut proposals = history.points().map(|it| it.proposal);
    let first = proposals.next();
    proposals.any(|it| Some(it) != first)
}

fn counts_cpu(it: &Autoscaler) -> bool {
    it.metrics.iter().any(|it| match &it.source {
        MetricSource::Resource { name } | MetricSource::ContainerResource { name, .. } => &**name == "cpu",
        _ => false,
    })
}

fn newest(cluster: &Cluster, it: &Autoscaler) -> Option<Timestamp> {
    let selector = cluster.selector_of(it)?;
    cluster.newest_start(&it.meta.key.namespace, &selector).map(Timestamp::from)
}
