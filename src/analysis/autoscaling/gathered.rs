//! What is known of an autoscaler's target and of its pods, gathered from the cluster before anything is computed. It
//! computes no replicas.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::Settings;
use super::combine::Asleep;
use super::doubt::Doubt;
use super::failure::{Cause, Failure};
use super::groups::{Subject, after};
use super::normalise::Bounds;
use super::supposed::Supposed;
use crate::model::autoscaler::{Autoscaler, MetricSource};
use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::meta::{Condition, ConditionStatus, Selector};
use crate::model::pod::Pod;
use crate::model::probe::{Probe, Scale};

/// One autoscaler with all that is known of it.
pub(super) struct Case<'a> {
    pub cluster: &'a Cluster,
    pub autoscaler: &'a Autoscaler,
    pub now: Timestamp,
    pub settings: Settings,
    pub bounds: Bounds,
    pub scaled: Scaled,
    /// The replicas as they are, also where others are supposed.
    pub found: i32,
    /// What was measured, as long as that is not too old and of this spec.
    pub probe: Option<&'a Probe>,
    pub selector: Option<Cow<'a, Selector>>,
    /// What a change is supposed to make of the pods.
    pub supposed: Supposed,
    pods: Option<Vec<&'a Pod>>,
}

/// How many pods are Running and Ready.
pub(super) enum Serving {
    /// Not all pods are known.
    Unknown,
    /// The selector finds none.
    NoPods,
    /// So many.
    Pods(i64),
}

/// The target's replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scaled {
    /// spec.replicas of the scale.
    pub current: i32,
    /// status.replicas of the scale.
    pub created: i32,
    /// Whether that is known from the target itself.
    pub seen: bool,
}

impl<'a> Case<'a> {
    pub(super) fn of(cluster: &'a Cluster, autoscaler: &'a Autoscaler, now: Timestamp) -> Self {
        let settings = Settings::of(cluster);
        let probe = fresh(cluster, autoscaler, &settings, now);
        let scaled = scaled(cluster, autoscaler, probe);
        let bounds = Bounds { min: autoscaler.min, max: autoscaler.max };
        let selector = cluster.selector_of(autoscaler);
        let found = scaled.current;
        let namespace = &autoscaler.meta.key.namespace;
        let all = selector.as_deref().filter(|_| cluster.knows_all_in(Kind::Pod, namespace));
        let pods = all.map(|selector| cluster.selected(namespace, selector).collect());
        let supposed = Supposed::Nothing;
        Self { cluster, autoscaler, now, settings, bounds, scaled, found, probe, selector, supposed, pods }
    }

    /// The pods that the selector finds; `None` when not all of them are known.
    pub(super) fn pods(&self) -> Option<&[&'a Pod]> {
        self.pods.as_deref()
    }

    /// How many pods are Running and Ready among those that the selector finds.
    pub(super) fn serving(&self) -> Serving {
        match self.pods() {
            None => Serving::Unknown,
            Some([]) => Serving::NoPods,
            Some(pods) => {
                let serving = pods.iter().filter(|pod| Subject::of(pod).serves()).count() as i64;
                Serving::Pods(serving.saturating_add(self.supposed.serving()).max(0))
            }
        }
    }

    /// Whether the replicas are what the status speaks of, so that no rescale can be on its way that it does not tell.
    pub(super) fn told(&self) -> bool {
        [self.autoscaler.desired, self.autoscaler.current].contains(&self.found)
    }

    /// Until when at the latest the controller worked by another spec.behavior, as far as that was seen.
    pub(super) fn ruled_otherwise(&self) -> Option<Timestamp> {
        self.cluster.history(&self.autoscaler.meta.key)?.ruled_otherwise(self.now)
    }

    /// A condition that is False.
    pub(super) fn failed(&self, kind: &str) -> Option<&'a Condition> {
        self.autoscaler.condition(kind).filter(|it| it.status == ConditionStatus::False)
    }

    /// A condition's reason while it is True.
    pub(super) fn holds(&self, kind: &str) -> Option<&'a str> {
        let condition = self.autoscaler.condition(kind)?;
        (condition.status == ConditionStatus::True).then_some(&*condition.reason)
    }

    /// What counts when there are no replicas.
    pub(super) fn asleep(&self) -> Asleep {
        let beyond =
            |it: &MetricSource| matches!(it, MetricSource::Object { .. } | MetricSource::External { .. });
        Asleep {
            scaled: self.holds("ScaledToZero").is_some(),
            wakes: self.autoscaler.metrics.iter().any(|it| beyond(&it.source)),
            older: !self.settings.remembers_zero,
        }
    }

    /// Why the target cannot be found at all, as far as that is known.
    pub(super) fn lost(&self) -> Option<Failure> {
        let target = &self.autoscaler.target;
        let kind = Kind::named(&target.kind).filter(|kind| kind.group() == target.group());
        if self.cluster.target_of(self.autoscaler).is_some() {
            return None;
        }
        if let Some(kind) = kind
            && self.cluster.knows_all_in(kind, &self.autoscaler.meta.key.namespace)
        {
            let words = format!("its target {} {} does not exist", target.kind, target.name);
            return Some(Failure::general(Cause::NoTarget, &words));
        }
        let refused = self.probe.and_then(|it| it.scale.as_ref().err())?;
        let ours = refused.to_lowercase().contains("forbidden");
        (!ours && self.failed("AbleToScale").is_some()).then(|| {
            let words = format!("its target {} {} cannot be scaled", target.kind, target.name);
            Failure { words: refused.clone(), ..Failure::general(Cause::NoTarget, &words) }
        })
    }

    /// Doubts that stand whatever is computed: streams that are not live, a status of another spec.
    pub(super) fn standing(&self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for kind in [Kind::HorizontalPodAutoscaler, Kind::Pod] {
            if is_stale(self.cluster, kind) {
                doubts.push(Doubt::Stale(kind));
            }
        }
        if !self.scaled.seen {
            doubts.push(Doubt::Target);
        }
        if self.autoscaler.observed.is_some_and(|seen| seen < self.autoscaler.generation) {
            doubts.push(Doubt::Unobserved);
        }
        doubts
    }
}

fn is_stale(cluster: &Cluster, kind: Kind) -> bool {
    matches!(cluster.freshness(kind), Freshness::Stale { .. })
}

/// What was measured, as long as it is of this spec and not older than two periods.
fn fresh<'a>(
    cluster: &'a Cluster,
    autoscaler: &Autoscaler,
    settings: &Settings,
    now: Timestamp,
) -> Option<&'a Probe> {
    let probe = cluster.probe(&autoscaler.meta.key)?;
    let old = SignedDuration::try_from_secs_f64(settings.period * 2.0 + 5.0).unwrap_or_default();
    let fresh = after(probe.at, old) >= now && probe.generation == autoscaler.generation;
    (fresh && probe.answers.len() == autoscaler.metrics.len()).then_some(&**probe)
}

/// The target's replicas: as it is watched, as it was asked for, or as the status tells.
fn scaled(cluster: &Cluster, autoscaler: &Autoscaler, probe: Option<&Probe>) -> Scaled {
    if let Some(workload) = cluster.target_of(autoscaler).filter(|it| it.scalable()) {
        let seen = !is_stale(cluster, workload.kind);
        return Scaled { current: workload.desired, created: workload.created, seen };
    }
    let asked: Option<&Scale> = probe.and_then(|it| it.scale.as_ref().ok());
    // A rescale since then is younger than the answer; times in the API are cut to whole seconds.
    let rescaled = |probe: &Probe| {
        autoscaler.last_scale.is_some_and(|at| after(at, SignedDuration::from_secs(1)) >= probe.at)
    };
    if let Some(scale) = asked.filter(|_| !probe.is_some_and(rescaled)) {
        return Scaled { current: scale.spec, created: scale.status, seen: true };
    }
    let reason = autoscaler.condition("AbleToScale").map_or("", |it| &*it.reason);
    let current = if reason == "SucceededRescale" { autoscaler.desired } else { autoscaler.current };
    Scaled { current, created: asked.map_or(current, |it| it.status), seen: false }
}
