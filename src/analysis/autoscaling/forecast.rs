//! Puts a forecast together: which way the pass goes, each metric measured or projected, what they come to, what stands
//! between. Each step has its own module; this one asks them in the controller's order.
//!
//! Source: `reconcileAutoscaler` in `pkg/controller/podautoscaler/horizontal.go`, Kubernetes 1.36.

use jiff::Timestamp;

use super::combine::{Branch, Combined, branch};
use super::doubt::Doubt;
use super::failure::Failure;
use super::gathered::Case;
use super::groups::Subject;
use super::measured::{assume, measured};
use super::normal::normal;
use super::project::{Beside, Crowd, project};
use super::replicas::{Kept, Outcome};
use super::verdict::{Selected, selected, verdict};
use super::{Basis, Forecast, Limit, MetricForecast, Span};
use crate::analysis::metrics::{Paired, paired};
use crate::model::autoscaler::{Autoscaler, Metric, MetricSource};
use crate::model::cluster::Cluster;
use crate::model::flag::Flag;

/// What the next pass of an autoscaler does.
pub fn forecast(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Forecast {
    compute(&Case::of(cluster, autoscaler, now))
}

/// The same of a case, in which something may be supposed.
pub(super) fn compute(case: &Case<'_>) -> Forecast {
    if let Some(failure) = case.lost() {
        let mut found = unread(case, case.autoscaler.desired, Limit::Blind(failure.clone()), failure.text);
        found.doubts.retain(|it| *it != Doubt::Target);
        return found;
    }
    let none = |next, limit, why: &str| unread(case, next, limit, why.to_owned());
    let found = match branch(case.scaled.current, case.bounds, case.asleep()) {
        Branch::Disabled => none(0, Limit::Disabled, "the target has no replicas"),
        Branch::AboveMax => {
            none(case.bounds.max, Limit::AboveMax, "there are more replicas than the maximum")
        }
        Branch::BelowMin => {
            none(case.bounds.min, Limit::BelowMin, "there are fewer replicas than the minimum")
        }
        Branch::Metrics => by_metrics(case),
    };
    sure(case, attempted(case, zero(case, found)))
}

/// A pass that reads no metric.
fn unread(case: &Case<'_>, next: i32, limit: Limit, why: String) -> Forecast {
    Forecast {
        basis: Basis::None(why),
        current: case.scaled.current,
        raw: None,
        next: Span::exact(next),
        likely: next,
        doubts: case.standing(),
        metrics: case.autoscaler.metrics.iter().map(MetricForecast::blank).collect(),
        winner: None,
        limits: vec![limit],
        settings: case.settings,
        bounds: case.bounds,
    }
}

/// Whether a target without replicas wakes depends on the controller's version.
fn zero(case: &Case<'_>, mut found: Forecast) -> Forecast {
    if case.scaled.current == 0 && case.settings.minor.is_none() && case.bounds.min == 0 {
        found.doubts.push(Doubt::Assumed(Flag::ScaleToZero));
        found.next = found.next.join(Span { lo: 0, hi: case.bounds.max.min(4) });
    }
    found
}

/// What the last pass met at the target, where that still counts.
fn attempted(case: &Case<'_>, mut found: Forecast) -> Forecast {
    let Some(condition) = case.failed("AbleToScale") else { return found };
    let before = Span::exact(case.autoscaler.desired);
    match &*condition.reason {
        "FailedUpdateScale" if found.next != Span::exact(found.current) => {
            found.limits.push(Limit::Refused(condition.message.to_string()));
            found.doubts.push(Doubt::Attempt);
            found.next = found.next.join(before);
            found.likely = case.autoscaler.desired;
        }
        "FailedGetScale" => {
            found.doubts.push(Doubt::Attempt);
            found.next = found.next.join(before);
        }
        _ => {}
    }
    found
}

/// Drops doubts that cannot matter: with one number in the end only those count that stand whatever it is.
fn sure(case: &Case<'_>, mut found: Forecast) -> Forecast {
    let standing = case.standing();
    let exact = found.next.is_exact();
    found.doubts.retain(|it| !exact || matches!(it, Doubt::Assumed(_)) || standing.contains(it));
    let mut seen = Vec::new();
    found.doubts.retain(|it| {
        let new = !seen.contains(it);
        seen.push(it.clone());
        new
    });
    found
}

fn by_metrics(case: &Case<'_>) -> Forecast {
    let mut doubts = case.standing();
    let selected = selected(case);
    if let Selected::Refused(failure, unsure) = &selected {
        let mut found =
            unread(case, case.autoscaler.desired, Limit::Blind(failure.clone()), failure.text.clone());
        if *unsure {
            found.next = found.next.join(normal(case, case.scaled.current, Span::ANY).span);
            found.doubts.push(Doubt::Selector);
        }
        return found;
    }
    let (metrics, mut own) = each(case);
    let verdict = verdict(case.scaled.current, &metrics);
    let refused = matches!(&selected, Selected::Unclear(_));
    if let Selected::Unclear(doubt) = selected {
        own.push(doubt);
    }
    let mut found = Forecast {
        basis: basis(case, &metrics),
        current: case.scaled.current,
        raw: None,
        next: Span::exact(case.autoscaler.desired),
        likely: case.autoscaler.desired,
        doubts: Vec::new(),
        winner: None,
        limits: Vec::new(),
        settings: case.settings,
        bounds: case.bounds,
        metrics,
    };
    doubts.append(&mut own);
    let mut next = (verdict.fails || refused).then_some(Span::exact(case.autoscaler.desired));
    if let Some(span) = verdict.span {
        let likely = match verdict.likely {
            Combined::Asks { replicas, .. } => replicas,
            Combined::Fails { .. } => span.lo.max(case.scaled.current).min(span.hi),
        };
        let mut normal = normal(case, likely, span);
        next = Some(next.map_or(normal.span, |it| it.join(normal.span)));
        doubts.append(&mut normal.doubts);
        if matches!(verdict.likely, Combined::Asks { .. }) {
            found.likely = normal.likely;
            found.limits = normal.limits;
        } else if found.metrics.iter().all(|it| it.failure.is_none()) {
            // Nothing is known of any metric yet.
            found.likely = case.scaled.current.max(normal.span.lo).min(normal.span.hi);
        }
    }
    found.next = next.unwrap_or(found.next);
    found.doubts = doubts;
    explain(&mut found, &verdict.likely);
    found
}

/// Each metric, measured where it was asked for, else projected from the status.
fn each(case: &Case<'_>) -> (Vec<MetricForecast>, Vec<Doubt>) {
    let mut doubts: Vec<(usize, Doubt)> = Vec::new();
    let pairs = paired(case.autoscaler);
    let mut metrics = Vec::new();
    for (index, pair) in pairs.iter().enumerate() {
        let mut own = Vec::new();
        let found = measured(case, index, &mut own);
        let found = found.unwrap_or_else(|| projected(case, pair, &mut own));
        doubts.extend(own.into_iter().map(|it| (index, it)));
        metrics.push(found);
    }
    // A metric that others exceed in any case cannot matter.
    let reach = |at: usize| metrics.get(at).map_or(0, |it: &MetricForecast| it.span.hi);
    let safe = metrics.iter().filter(|it| it.failure.is_none() && !it.unsure).map(|it| it.span.lo).max();
    let counts = |at: usize| {
        let failing = metrics.get(at).is_some_and(|it| it.unsure || it.failure.is_some());
        failing || safe.is_none_or(|safe| reach(at) >= safe)
    };
    let doubts = doubts.into_iter().filter(|(at, _)| counts(*at)).map(|(_, doubt)| doubt).collect();
    (metrics, doubts)
}

/// A metric as the status has it.
fn projected(case: &Case<'_>, pair: &Paired<'_>, doubts: &mut Vec<Doubt>) -> MetricForecast {
    let Paired { metric, reading, .. } = *pair;
    let blank = MetricForecast::blank(metric);
    let cpu = match &metric.source {
        MetricSource::Resource { name } | MetricSource::ContainerResource { name, .. } => &**name == "cpu",
        _ => false,
    };
    let patience = &case.settings.patience;
    let pods = case.pods();
    let beside = Beside {
        current: case.scaled.current,
        created: case.scaled.created,
        before: case.autoscaler.current,
        pods: pods.map(|it| {
            let crowd = Crowd::of(it.iter().map(|pod| Subject::of(pod)), cpu, patience, case.now);
            case.supposed.crowd(crowd)
        }),
        tolerance: case.settings.tolerance_of(case.autoscaler),
    };
    let Some(found) = reading.and_then(|reading| project(metric, reading, &beside)) else {
        doubts.push(Doubt::LastPass(blank.name.clone()));
        let failure = failed_before(case, pair.metric, pair.why);
        return MetricForecast { failure, unsure: true, ..blank };
    };
    if found.pods {
        doubts.push(Doubt::Pods);
    }
    if found.rounded {
        doubts.push(Doubt::Rounded(blank.name.clone()));
    }
    let again = |tolerance: &_| {
        let beside = Beside { tolerance: *tolerance, ..beside };
        let again = reading.and_then(|reading| project(metric, reading, &beside));
        again.map_or_else(|| found.outcome.clone(), |it| it.outcome)
    };
    assume(case, doubts, &found.outcome, again);
    let shown = match &found.outcome {
        Outcome::Asks(proposal) => blank.with(proposal),
        Outcome::Fails(words) => {
            MetricForecast { failure: Some(Failure::of(&metric.source, words)), ..blank }
        }
    };
    MetricForecast { span: found.span, ..shown }
}

/// Why a metric could not be read in the last pass, as far as its conditions tell.
fn failed_before(case: &Case<'_>, metric: &Metric, why: Option<&str>) -> Option<Failure> {
    let tried = !case.autoscaler.readings.is_empty() || case.failed("ScalingActive").is_some();
    let words = why.or_else(|| tried.then_some("it was not read in the last pass"))?;
    Some(Failure::of(&metric.source, words))
}

fn basis(case: &Case<'_>, metrics: &[MetricForecast]) -> Basis {
    let direct = !metrics.is_empty() && metrics.iter().all(|it| it.direct);
    match case.probe.filter(|_| direct) {
        Some(probe) => Basis::Measured { at: probe.at },
        None if case.autoscaler.readings.is_empty() => {
            Basis::None("no metric was read in the last pass".to_owned())
        }
        None => Basis::Status,
    }
}

/// Says who won, and what stands before the normalisation.
fn explain(found: &mut Forecast, combined: &Combined) {
    match *combined {
        Combined::Asks { replicas, winner, partly } => {
            found.raw = Some(replicas);
            found.winner = Some(winner);
            let mut first = Vec::new();
            if partly {
                first.push(Limit::PartlyBlind);
            }
            if let Some(metric) = found.metrics.get(winner) {
                let pods = metric.groups.filter(|it| it.unready + it.missing > 0);
                first.extend(pods.filter(|_| metric.refilled().is_some()).map(Limit::Pods));
                first.extend(metric.kept.map(|kept| match kept {
                    Kept::Tolerated => Limit::Tolerated,
                    Kept::Turned => Limit::Turned,
                }));
            }
            found.limits.splice(0..0, first);
        }
        Combined::Fails { first, .. } => {
            let failure = found.metrics.get(first).and_then(|it| it.failure.clone());
            found.limits = failure.map(Limit::Blind).into_iter().collect();
        }
    }
}
