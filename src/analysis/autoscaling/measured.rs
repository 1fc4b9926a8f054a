//! What one metric asks for by pods and samples, as the controller computes it, and which assumed flags would change that.
//! It looks at one metric, and asks no metrics API.

use jiff::SignedDuration;

use super::crew::{Crew, NO_GOAL, Sampled};
use super::doubt::Doubt;
use super::failure::Failure;
use super::gathered::{Case, Serving};
use super::groups::{Group, Patience};
use super::normal::normal;
use super::replicas::{Member, Outcome, Proposal, Tolerance, value, value_per_pod};
use super::{Groups, MetricForecast, Span};
use crate::analysis::metrics::name;
use crate::model::autoscaler::{Goal, Metric, MetricSource};
use crate::model::flag::Flag;
use crate::model::probe::Answer;
use crate::model::text::Str;

/// What a metric asks for by what was measured; `None` when it was not asked for or pods are not known.
pub(super) fn measured(case: &Case<'_>, index: usize, doubts: &mut Vec<Doubt>) -> Option<MetricForecast> {
    let metric = case.autoscaler.metrics.get(index)?;
    let answer = case.probe?.answers.get(index)?;
    let tolerance = case.settings.tolerance_of(case.autoscaler);
    match answer {
        Answer::NotAsked(_) => None,
        Answer::Failed(words) => Some(MetricForecast::fails(metric, words)),
        Answer::NotAgain(words) => Some(still_failed(case, metric, words, doubts)),
        Answer::Value(used) => {
            let compute = |tolerance: &Tolerance| single(case, metric, *used, tolerance);
            let outcome = compute(&tolerance)?;
            assume(case, doubts, &outcome, |tolerance| compute(tolerance).unwrap_or_else(|| outcome.clone()));
            Some(MetricForecast::of(metric, &outcome, None, doubts))
        }
        Answer::PerPod(values) => {
            let values = values.iter().map(|(pod, value)| (Str::clone(pod), *value)).collect();
            per_pod(case, metric, &Sampled { values, ..Sampled::default() }, doubts)
        }
        Answer::Pods(samples) => per_pod(case, metric, &Sampled::of(&metric.source, samples), doubts),
    }
}

/// A metric that failed not long ago and was not asked for again. The last pass is the other witness: if it could not read
/// the metric either, that still holds; if it could, the metric may be back.
fn still_failed(case: &Case<'_>, metric: &Metric, words: &str, doubts: &mut Vec<Doubt>) -> MetricForecast {
    let failed = MetricForecast::fails(metric, words);
    let read = case.autoscaler.readings.iter().any(|it| it.source.as_ref() == Some(&metric.source));
    if read {
        doubts.push(Doubt::NotAgain(failed.name.clone()));
    }
    MetricForecast { unsure: read, ..failed }
}

/// One value that is not measured per pod.
fn single(case: &Case<'_>, metric: &Metric, used: i64, tolerance: &Tolerance) -> Option<Outcome> {
    let external = matches!(metric.source, MetricSource::External { .. });
    let current = case.scaled.current;
    match &metric.goal {
        Goal::Value(goal) => {
            let serving = match case.serving() {
                Serving::Pods(pods) => Some(pods),
                Serving::NoPods => None,
                Serving::Unknown if current == 0 => None,
                Serving::Unknown => return None,
            };
            Some(value(current, goal.milli.0, tolerance, used, serving))
        }
        Goal::AverageValue(goal) => {
            Some(value_per_pod(case.scaled.created, goal.milli.0, tolerance, used, external))
        }
        Goal::Utilization(_) | Goal::Missing => Some(Outcome::Fails(NO_GOAL.to_owned())),
    }
}

/// A metric that is measured per pod.
fn per_pod(
    case: &Case<'_>,
    metric: &Metric,
    sampled: &Sampled,
    doubts: &mut Vec<Doubt>,
) -> Option<MetricForecast> {
    let pods = case.pods()?;
    if sampled.empty {
        return Some(MetricForecast::fails(metric, "no metrics returned from resource metrics API"));
    }
    if sampled.resource.is_none() && sampled.values.is_empty() {
        return Some(MetricForecast::fails(metric, "no metrics returned from custom metrics API"));
    }
    let crew = Crew::of(case, metric, sampled, pods);
    let tolerance = case.settings.tolerance_of(case.autoscaler);
    let patience = case.settings.patience;
    let members = crew.members(&patience);
    let outcome = crew.outcome(&members, &tolerance);
    let mut found = MetricForecast::of(metric, &outcome, Some(count(&members)), doubts);
    assume(case, doubts, &outcome, |tolerance| crew.outcome(&members, tolerance));
    crew.assume_patience(&members, &outcome, &tolerance, doubts);
    let mut turning = crew.turning();
    turning.retain(|at| members.get(*at).is_some_and(|it| it.group != Group::Ignored));
    if !turning.is_empty() {
        let (span, fails) = crew.turned(members, &turning, &tolerance);
        if fails || !span.is_exact() {
            doubts.push(Doubt::Boundary(turning.len()));
        }
        let own = found.asks.map(Span::exact);
        found.span = own.map_or(span, |own| own.join(span));
        found.unsure |= fails || found.asks.is_none();
    }
    Some(found)
}

fn count(members: &[Member]) -> Groups {
    let of = |group| members.iter().filter(|it| it.group == group).count();
    Groups {
        counted: of(Group::Counted),
        unready: of(Group::Unready),
        missing: of(Group::Missing),
        ignored: of(Group::Ignored),
    }
}

impl Crew<'_> {
    /// Doubts the periods after a pod's start where they are assumed and others would count.
    fn assume_patience(
        &self,
        members: &[Member],
        outcome: &Outcome,
        tolerance: &Tolerance,
        doubts: &mut Vec<Doubt>,
    ) {
        let known = self.case.settings.patience;
        let with = |initialization, readiness| Patience { initialization, readiness };
        let zero = SignedDuration::ZERO;
        let (first, second) = (known.initialization, known.readiness);
        for (flag, others) in [
            (Flag::CpuInitialization, [with(zero, second), with(first.saturating_add(first), second)]),
            (Flag::InitialReadiness, [with(first, zero), with(first, second.saturating_add(second))]),
        ] {
            let differs = |other: &Patience| {
                // Most pods are so old that they are grouped alike.
                let alike = self.groups(other).eq(members.iter().map(|it| it.group));
                !alike && {
                    let other = self.outcome(&self.members(other), tolerance);
                    matters(self.case, other.asked(), outcome.asked())
                }
            };
            if self.sampled.is_cpu() && self.case.settings.assumes(flag) && others.iter().any(differs) {
                doubts.push(Doubt::Assumed(flag));
            }
        }
    }
}

/// Whether it is not the same in the end which of two numbers is asked for.
fn matters(case: &Case<'_>, one: Option<i32>, other: Option<i32>) -> bool {
    let settled = |asked: i32| normal(case, asked.max(0), Span::exact(asked.max(0))).span;
    one != other && one.map(settled) != other.map(settled)
}

/// Doubts the tolerance where it is assumed and another one that people use would count.
pub(super) fn assume(
    case: &Case<'_>,
    doubts: &mut Vec<Doubt>,
    outcome: &Outcome,
    compute: impl Fn(&Tolerance) -> Outcome,
) {
    let settings = &case.settings;
    let differs = |general, own| {
        let other = compute(&settings.tolerance_with(case.autoscaler, general, own));
        matters(case, other.asked(), outcome.asked())
    };
    let own = settings.own_tolerance;
    if settings.assumes(Flag::Tolerance) && [0.05, 0.2].into_iter().any(|general| differs(general, own)) {
        doubts.push(Doubt::Assumed(Flag::Tolerance));
    }
    if settings.assumes(Flag::ConfigurableTolerance) && differs(settings.tolerance, !own) {
        doubts.push(Doubt::Assumed(Flag::ConfigurableTolerance));
    }
}

impl MetricForecast {
    /// A metric of which nothing is known yet.
    pub(super) fn blank(metric: &Metric) -> Self {
        Self {
            name: name(&metric.source),
            goal: metric.goal.clone(),
            measured: None,
            ratio: None,
            filled: None,
            pods: None,
            asks: None,
            span: Span::ANY,
            kept: None,
            groups: None,
            failure: None,
            unsure: false,
            direct: false,
        }
    }

    pub(super) fn fails(metric: &Metric, words: &str) -> Self {
        Self { failure: Some(Failure::of(&metric.source, words)), direct: true, ..Self::blank(metric) }
    }

    pub(super) fn of(
        metric: &Metric,
        outcome: &Outcome,
        groups: Option<Groups>,
        doubts: &mut Vec<Doubt>,
    ) -> Self {
        let proposal = match outcome {
            Outcome::Fails(words) => return Self { groups, ..Self::fails(metric, words) },
            Outcome::Asks(proposal) => proposal,
        };
        let mut found = Self { groups, direct: true, ..Self::blank(metric) }.with(proposal);
        let endless = match &metric.goal {
            Goal::Value(goal) | Goal::AverageValue(goal) => goal.milli.0 == i64::MAX,
            Goal::Utilization(_) | Goal::Missing => false,
        };
        if proposal.overflows || endless {
            doubts.push(Doubt::Overflow(found.name.clone()));
            found.span = Span::ANY;
        }
        found
    }

    pub(super) fn with(self, proposal: &Proposal) -> Self {
        Self {
            measured: Some(proposal.measured),
            ratio: Some(proposal.ratio).filter(|it| it.is_finite()),
            filled: Some(proposal.filled).filter(|it| it.is_finite()),
            pods: Some(proposal.pods),
            asks: Some(proposal.replicas),
            span: Span::exact(proposal.replicas),
            kept: proposal.kept,
            ..self
        }
    }
}
