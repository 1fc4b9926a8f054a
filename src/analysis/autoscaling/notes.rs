//! Which autoscalers are due for a point in the history of the session, and those points. It keeps no history.

use jiff::{SignedDuration, Timestamp};

use super::forecast::forecast;
use super::settings::Settings;
use crate::analysis::vigil::Vigil;
use crate::model::autoscaler::Autoscaler;
use crate::model::change::Change;
use crate::model::cluster::Cluster;
use crate::model::history::{History, Point};
use crate::model::kind::Kind;

/// So many autoscalers are looked at in one go, which must not keep a key waiting.
const MOST: usize = 10;

/// So many of them have a point in each period of passes. With more of them points are as much rarer, as measurements are:
/// a point between two of these says hardly anything new.
const IN_A_PERIOD: usize = 100;

/// The points that are due, the most overdue first and a bounded number of them: one from time to time, and one when
/// something was measured, the replicas change, or somebody may have changed them. The vigil is for this alone.
pub fn notes(vigil: &mut Vigil, cluster: &Cluster, now: Timestamp) -> Vec<Change> {
    let after = vigil.begin(cluster.revision(), 0);
    vigil.look(now);
    for (at, autoscaler) in cluster.autoscalers_touched(after) {
        vigil.set(at, lately(cluster, autoscaler, now));
    }
    let periods = cluster.count(Kind::HorizontalPodAutoscaler).div_ceil(IN_A_PERIOD).max(1) as f64;
    let seldom = SignedDuration::try_from_secs_f64(Settings::of(cluster).period * periods);
    let by = now.saturating_sub(seldom.unwrap_or_default()).unwrap_or(now);
    let due = vigil.due(by).filter_map(|at| cluster.autoscaler_at(at));
    let last = |it: &Autoscaler| known(cluster, it, now).and_then(last).map(|it| it.at);
    let mut due: Vec<_> = due.map(|it| (last(it), it)).filter(|(last, _)| *last < Some(now)).collect();
    due.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.meta.key.cmp(&other.meta.key)));
    due.truncate(MOST);
    due.into_iter().map(|(_, it)| Change::Noted(it.meta.key.clone(), point(cluster, it, now))).collect()
}

/// What became of an autoscaler. By a clock that was put back its last point is still to come: it begins anew.
fn known<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Option<&'a History> {
    cluster.history(&autoscaler.meta.key).filter(|it| !it.is_ahead(now))
}

fn last(history: &History) -> Option<&Point> {
    history.points().next_back()
}

/// When an autoscaler had its last point, as long as that says where it stands.
fn lately(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Timestamp {
    let history = known(cluster, autoscaler, now).filter(|it| !it.is_waiting());
    let stands = |last: &&Point| {
        let measured = cluster.probe(&autoscaler.meta.key).is_some_and(|it| it.at > last.at);
        !measured && (last.desired, last.actual) == (autoscaler.desired, actual(cluster, autoscaler))
    };
    history.and_then(last).filter(stands).map_or(Timestamp::MIN, |it| it.at)
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
