//! What one metric asks for as far as the status alone tells: the reading that the controller left there, put through
//! the same rules with what is known of the pods. It needs no metrics API, and says how far it may be wrong.
//!
//! The status rounds, it has the utilisation of those pods only that count, and it does not say which those are.

use jiff::{SignedDuration, Timestamp};

use super::groups::{Patience, Subject, within};
use super::replicas::{Kept, Outcome, Proposal, Tolerance, value, value_per_pod};
use super::span::Span;
use crate::model::autoscaler::{Goal, Metric, MetricSource, Reading};
use crate::model::pod::Phase;

/// What is known beside the reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    /// spec.replicas of the target.
    pub current: i32,
    /// status.replicas of the target.
    pub created: i32,
    /// status.currentReplicas: what `current` was in the last pass.
    pub before: i32,
    /// The pods that the selector finds, where all of them are known.
    pub pods: Option<Crowd>,
    /// How far a ratio may be from one.
    pub tolerance: Tolerance,
}

/// Pods as far as they can be told apart without samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crowd {
    /// They count if they are measured.
    pub settled: i64,
    /// They may count or not: they are young, or not ready.
    pub loose: i64,
    /// They do not count: Pending.
    pub pending: i64,
    /// Running and Ready.
    pub serving: i64,
    /// All that the selector finds, failed ones and those that are being deleted among them.
    pub all: i64,
}

impl Crowd {
    /// Sorts pods; readiness matters for processor time (`cpu`) only.
    pub fn of(
        pods: impl IntoIterator<Item = Subject>,
        cpu: bool,
        patience: &Patience,
        now: Timestamp,
    ) -> Self {
        let mut crowd = Self::default();
        for pod in pods {
            crowd.all += 1;
            crowd.serving += i64::from(pod.serves());
            if pod.ignored() {
                continue;
            }
            match pod.phase {
                Phase::Pending => crowd.pending += 1,
                _ if !cpu || settled(&pod, patience, now) => crowd.settled += 1,
                _ => crowd.loose += 1,
            }
        }
        crowd
    }
}

/// Whether a pod counts whenever it was measured: Ready, and past its first period.
fn settled(pod: &Subject, patience: &Patience, now: Timestamp) -> bool {
    let past = |started| !within(started, now, patience.initialization);
    // A window is a minute at most, and a sample is as young as two scrapes.
    let long = |since| !within(since, now, SignedDuration::from_mins(4));
    pod.ready.is_some_and(|it| it.ready && (pod.started.is_some_and(past) || long(it.since)))
        && pod.started.is_some()
}

/// What a reading comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The likeliest outcome.
    pub outcome: Outcome,
    /// Between which numbers it lies.
    pub span: Span,
    /// Whether that depends on pods that are not known well enough.
    pub pods: bool,
    /// Whether it depends on what the status rounds away.
    pub rounded: bool,
}

/// Projects one metric; `None` when the reading has no value that fits the goal.
pub fn project(metric: &Metric, reading: &Reading, beside: &Beside) -> Option<Projection> {
    match (&metric.source, &metric.goal) {
        (MetricSource::Object { .. } | MetricSource::External { .. }, Goal::Value(goal)) => {
            Some(of_value(goal.milli.0, reading.value.as_ref()?.milli.0, beside))
        }
        (MetricSource::Object { .. } | MetricSource::External { .. }, Goal::AverageValue(goal)) => {
            Some(of_value_per_pod(goal.milli.0, reading.average.as_ref()?.milli.0, beside))
        }
        (_, Goal::Utilization(goal)) => {
            let measured = reading.utilization?;
            Some(of_pods(f64::from(measured) / f64::from(*goal), measured.into(), beside))
        }
        (_, Goal::AverageValue(goal)) => {
            let measured = reading.average.as_ref()?.milli.0;
            Some(of_pods(measured as f64 / goal.milli.0 as f64, measured, beside))
        }
        _ => None,
    }
}

fn up(number: f64) -> i32 {
    number.ceil() as i32
}

/// A metric that is measured per pod, of which the ratio of those that count is known.
fn of_pods(ratio: f64, measured: i64, beside: &Beside) -> Projection {
    let current = beside.current;
    let plain = |replicas, filled, kept, pods| {
        Outcome::Asks(Proposal { ratio, filled, pods, measured, kept, ..Proposal::constant(replicas) })
    };
    // Filling in unready and missing pods only brings it nearer to one, or turns it round: the number stays.
    if beside.tolerance.holds(ratio) {
        let outcome = plain(current, ratio, Some(Kept::Tolerated), current.into());
        return Projection { outcome, span: Span::exact(current), pods: false, rounded: false };
    }
    let (likely, least, most) = match beside.pods {
        Some(it) => (it.settled + it.loose, it.settled, it.settled + it.loose),
        None => (current.into(), 1, i64::from(current.max(beside.created)) * 5 / 4),
    };
    let unready = beside.pods.map_or(0, |it| it.pending);
    let filled = filled(ratio, likely, unready);
    let asked = up(ratio * likely as f64);
    let kept = if beside.tolerance.holds(filled) {
        Some(Kept::Tolerated)
    } else if ratio > 1.0 && unready > 0 && (filled < 1.0 || asked < current) {
        Some(Kept::Turned)
    } else {
        None
    };
    let asked = if kept.is_some() { current } else { asked };
    let known = Span { lo: up(ratio * least as f64), hi: up(ratio * most as f64) };
    let span = known.join(Span::exact(current)).join(Span::exact(asked));
    let pods = if kept.is_none() && unready > 0 && ratio > 1.0 { likely + unready } else { likely };
    Projection { outcome: plain(asked, filled, kept, pods), span, pods: true, rounded: false }
}

/// The ratio with pending pods taken as using nothing, and everyone else as measured.
fn filled(ratio: f64, counted: i64, unready: i64) -> f64 {
    if ratio <= 1.0 || unready == 0 || counted <= 0 {
        return ratio;
    }
    ratio * counted as f64 / (counted + unready) as f64
}

/// A value, multiplied with the pods that are Running and Ready.
fn of_value(goal: i64, used: i64, beside: &Beside) -> Projection {
    let compute = |serving| value(beside.current, goal, &beside.tolerance, used, serving);
    let known = beside.pods.map(|it| (it.all > 0).then_some(it.serving));
    let outcome = compute(known.unwrap_or(Some(beside.current.into())));
    let of = |outcome: &Outcome| match outcome {
        Outcome::Asks(proposal) => Span::exact(proposal.replicas),
        Outcome::Fails(_) => Span::ANY,
    };
    let mut span = of(&outcome);
    if known.is_none() {
        let most = i64::from(beside.current.max(beside.created)) * 5 / 4;
        span = span.join(of(&compute(Some(0)))).join(of(&compute(Some(most))));
    }
    Projection { outcome, span, pods: known.is_none() && !span.is_exact(), rounded: false }
}

/// A value per pod, which the status rounds up, and divides by the pods that there were in the last pass.
fn of_value_per_pod(goal: i64, average: i64, beside: &Beside) -> Projection {
    let compute = |used| value_per_pod(beside.created, goal, &beside.tolerance, used, true);
    let pods = [beside.created, beside.before].map(i64::from);
    let likely = compute(average.saturating_mul(beside.created.into()));
    let mut span: Option<Span> = None;
    for pods in [pods[0].min(pods[1]), pods[0].max(pods[1])] {
        let most = average.saturating_mul(pods);
        for used in [most.saturating_sub(pods.saturating_sub(1)), most] {
            if let Outcome::Asks(proposal) = compute(used) {
                let found = Span::exact(proposal.replicas);
                span = Some(span.map_or(found, |it| it.join(found)));
            }
        }
    }
    let mut span = span.unwrap_or(Span::ANY);
    // Between the ends the number may stay as it is.
    if !span.is_exact() {
        span = span.join(Span::exact(beside.created));
    }
    let outcome = match likely {
        Outcome::Asks(it) => Outcome::Asks(Proposal { measured: average, ..it }),
        fails @ Outcome::Fails(_) => fails,
    };
    Projection { outcome, span, pods: false, rounded: !span.is_exact() }
}
