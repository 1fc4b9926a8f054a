//! Samples of the pods of one metric, and what the metric asks for by them. It reads what was answered, and asks nobody.
//!
//! Source: `getPodMetrics`, `getContainerMetrics` in `pkg/controller/podautoscaler/metrics/client.go`,
//! Kubernetes 1.36.

use jiff::SignedDuration;
use rustc_hash::FxHashMap;

use super::gathered::Case;
use super::groups::{Group, Patience, Subject, Taken};
use super::replicas::{Member, Outcome, Request, Samples, Tolerance, average, utilization};
use super::requests::{Requested, minds_levels, requested};
use crate::model::autoscaler::{Goal, Metric, MetricSource};
use crate::model::pod::{Pod, Template};
use crate::model::sample::{ContainerUse, PodSample};
use crate::model::text::Str;

/// What is said of a metric whose target does not fit its kind.
pub(super) const NO_GOAL: &str =
    "invalid metric source: neither a value target nor an average value target was set";

/// Samples of pods, and what they are samples of.
#[derive(Clone, Debug, Default)]
pub(super) struct Sampled {
    pub values: Samples,
    pub taken: FxHashMap<Str, Taken>,
    /// The resource, where it is one.
    pub resource: Option<Str>,
    pub container: Option<Str>,
    /// Whether the answer had no samples at all.
    pub empty: bool,
}

impl Sampled {
    pub(super) fn of(source: &MetricSource, samples: &[PodSample]) -> Self {
        let (resource, container) = match source {
            MetricSource::Resource { name } => (Some(name), None),
            MetricSource::ContainerResource { name, container } => (Some(name), Some(container)),
            _ => (None, None),
        };
        let mut found = Self {
            resource: resource.cloned(),
            container: container.cloned(),
            empty: samples.is_empty(),
            ..Self::default()
        };
        found.values.reserve(samples.len());
        found.taken.reserve(samples.len());
        for sample in samples {
            let Some(value) = found.used(sample) else { continue };
            let taken =
                Taken { at: sample.at.timestamp(), window: SignedDuration::from_millis(sample.window) };
            found.values.insert(Str::clone(&sample.pod), value);
            found.taken.insert(Str::clone(&sample.pod), taken);
        }
        found
    }

    /// What a pod uses in thousandths; `None` when one of its containers, or the one that counts, is not measured.
    pub(super) fn used(&self, sample: &PodSample) -> Option<i64> {
        let of = |container: &ContainerUse| match self.resource.as_deref()? {
            "cpu" => container.cpu(),
            "memory" => container.memory().map(|bytes| bytes.saturating_mul(1000)),
            _ => None,
        };
        if let Some(name) = &self.container {
            return sample.containers.iter().find(|it| it.name == *name).and_then(of);
        }
        if sample.containers.is_empty() {
            return None;
        }
        sample.containers.iter().map(of).try_fold(0i64, |sum, used| Some(sum.wrapping_add(used?)))
    }

    pub(super) fn is_cpu(&self) -> bool {
        self.resource.as_deref() == Some("cpu")
    }
}

/// The pods of one metric.
pub(super) struct Crew<'a> {
    pub case: &'a Case<'a>,
    pub metric: &'a Metric,
    pub sampled: &'a Sampled,
    pub pods: &'a [&'a Pod],
    /// When each of them was measured; a value of a pods metric has no time that counts.
    pub taken: Vec<Option<Taken>>,
}

impl<'a> Crew<'a> {
    pub(super) fn of(
        case: &'a Case<'a>,
        metric: &'a Metric,
        sampled: &'a Sampled,
        pods: &'a [&'a Pod],
    ) -> Self {
        let timeless = Taken { at: case.now, window: SignedDuration::ZERO };
        let taken = |pod: &&Pod| {
            let name = &pod.meta.key.name;
            let known = sampled.values.contains_key(name);
            known.then(|| sampled.taken.get(name).copied().unwrap_or(timeless))
        };
        Self { case, metric, sampled, pods, taken: pods.iter().map(taken).collect() }
    }

    /// The groups of the pods.
    pub(super) fn groups(&self, patience: &Patience) -> impl Iterator<Item = Group> {
        let cpu = self.sampled.is_cpu();
        let all = self.pods.iter().zip(&self.taken);
        all.map(move |(pod, taken)| Subject::of(pod).group(taken.as_ref(), cpu, patience, self.case.now))
    }

    pub(super) fn members(&self, patience: &Patience) -> Vec<Member> {
        let of = |(pod, group): (&&Pod, Group)| {
            let name = &pod.meta.key.name;
            Member { name: Str::clone(name), group, request: self.request(&pod.template, name) }
        };
        let members = self.pods.iter().zip(self.groups(patience)).map(of).collect();
        self.case.supposed.members(members, &self.sampled.values)
    }

    pub(super) fn outcome(&self, members: &[Member], tolerance: &Tolerance) -> Outcome {
        let current = self.case.scaled.current;
        match &self.metric.goal {
            Goal::Utilization(goal) if self.sampled.resource.is_some() => {
                utilization(current, *goal, tolerance, members, &self.sampled.values)
            }
            Goal::AverageValue(goal) => {
                average(current, goal.milli.0, tolerance, members, &self.sampled.values)
            }
            _ => Outcome::Fails(NO_GOAL.to_owned()),
        }
    }

    /// What a pod requests, in the words of the controller where it fails.
    pub(super) fn request(&self, template: &Template, pod: &str) -> Request {
        let Some(resource) = self.sampled.resource.as_deref() else { return Request::Of(0) };
        let container = self.sampled.container.as_deref();
        match requested(template, resource, container, minds_levels(self.case.settings.minor)) {
            Requested::Of(sum) => Request::Of(sum),
            Requested::Lacks(name) => {
                Request::Lacks(format!("missing request for {resource} in container {name} of Pod {pod}"))
            }
            Requested::Absent => {
                let wanted = container.unwrap_or_default();
                Request::Lacks(format!("container {wanted} not found in Pod {pod}"))
            }
            Requested::LacksWhole => {
                Request::Lacks(format!("missing pod-level request for {resource} in Pod {pod}"))
            }
        }
    }
}
