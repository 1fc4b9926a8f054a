//! Which autoscalers are due for a point in the history of the session, and those points. It keeps no history.

use jiff::{SignedDuration, Timestamp};

use super::forecast::forecast;
use super::groups::after;
use super::settings::Settings;
use crate::model::autoscaler::Autoscaler;
use crate::model::change::Change;
use crate::model::cluster::Cluster;
use crate::model::history::{History, Point};

/// So many autoscalers are looked at in one go, which must not keep a key waiting.
const MOST: usize = 10;

/// So many of them have a point in each period of passes. With more of them points are as much rarer, as measurements are:
/// a point between two of these says hardly anything new.
const IN_A_PERIOD: usize = 100;

/// The points that are due, the most overdue first and a bounded number of them: one from time to time, and one when
/// something was measured, the replicas change, or somebody may have changed them.
pub fn notes(cluster: &Cluster, now: Timestamp) -> Vec<Change> {
    let periods = cluster.autoscalers().count().div_ceil(IN_A_PERIOD).max(1) as f64;
    let seldom =
        SignedDuration::try_from_secs_f64(Settings::of(cluster).period * periods).unwrap_or_default();
    let mut due: Vec<(Option<Timestamp>, &Autoscaler)> = Vec::new();
    for autoscaler in cluster.autoscalers() {
        let history = cluster.history(&autoscaler.meta.key);
        // By a clock that was put back the last point is still to come: it begins anew.
        let history = history.filter(|it| !it.is_ahead(now));
        let last = history.and_then(|it| it.points().next_back());
        let is_due = last.is_none_or(|last| {
            let measured = cluster.probe(&autoscaler.meta.key).is_some_and(|it| it.at > last.at);
            let waits = history.is_some_and(History::is_waiting) && last.at < now;
            let moved = (last.desired, last.actual) != (autoscaler.desired, actual(cluster, autoscaler));
            after(last.at, seldom) <= now || (last.at < now && (measured || waits || moved))
        });
        if is_due {
            due.push((last.map(|it| it.at), autoscaler));
        }
    }
    due.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.meta.key.cmp(&other.meta.key)));
    due.truncate(MOST);
    let note =
        |autoscaler: &Autoscaler| Change::Noted(autoscaler.meta.key.clone(), point(cluster, autoscaler, now));
    due.into_iter().map(|(_, autoscaler)| note(autoscaler)).collect()
}

/// Ready pods of the target, or what the status says where the target is not watched.
fn actual(cluster: &Cluster, autoscaler: &Autoscaler) -> i32 {
    cluster.target_of(autoscaler).map_or(autoscaler.current, |it| it.ready)
}

fn point(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Point {
    let found = forecast(cluster, autoscaler, now);
    // Only what is sure is remembered as a proposal: forecasts count on it.
    let sure = found.metrics.iter().all(|it| it.span.is_exact() || (it.failure.is_some() && !it.unsure));
    let percent = |ratio: f64| (ratio * 100.0).round().clamp(0.0, f64::from(u16::MAX)) as u16;
    Point {
        at: now,
        desired: autoscaler.desired,
        actual: actual(cluster, autoscaler),
        proposal: found.raw.filter(|_| sure),
        ratios: found.metrics.iter().map(|it| it.ratio.map(percent)).collect(),
    }
}
