//! Who works against an autoscaler: others that write the replicas of its target, other autoscalers over the same
//! target or the same pods, and a vertical autoscaler on what it is measured by. It settles nothing.
//!
//! Source: kubernetes `pkg/controller/podautoscaler/horizontal.go` (hpasControllingPodsUnderSelector); field ownership
//! in `k8s.io/apimachinery/pkg/util/managedfields`: whoever changes a value takes it from all others.

use std::sync::Arc;

use jiff::Timestamp;

use super::owner::{self, Vertical};
use super::writers::{self, Claim, Habit};
use crate::model::autoscaler::Autoscaler;
use crate::model::budget::DisruptionBudget;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::history::Event;
use crate::model::key::Target;
use crate::model::kind::Kind;

/// Somebody or something that works against an autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub enum Fight<'a> {
    /// Others scale the same target: the controller scales by none of them.
    SameTarget(Vec<&'a Autoscaler>),
    /// Others select some of the same pods: the controller scales by none of them.
    SamePods(Vec<&'a Autoscaler>),
    /// Somebody else owns spec.replicas of the target.
    Writer(Claim<'a>),
    /// The replicas were changed from outside, the autoscaler scaled, and they were changed from outside again.
    Outside {
        /// How often within the last hour.
        times: usize,
        /// When last.
        last: Timestamp,
        /// From how many to how many.
        step: (i32, i32),
    },
    /// The requests that it measures by are changed.
    Vertical(Vertical<'a>),
    /// A budget over its pods lets none be evicted now. That holds drains; scaling and rollouts ask no budget.
    Budget(&'a DisruptionBudget),
}

/// For so many seconds a change from outside counts.
pub const REMEMBERED: i64 = 3600;

/// Everybody who works against an autoscaler, the worst first, and what holds its pods: for whoever opens one, because there
/// may be thousands of budgets to look through.
pub fn fights<'a>(cluster: &'a Cluster, autoscaler: &'a Autoscaler, now: Timestamp) -> Vec<Fight<'a>> {
    let mut fights = opponents(cluster, autoscaler, now);
    fights.extend(budgets(cluster, autoscaler).filter(|it| it.allowed <= 0).map(Fight::Budget));
    fights
}

/// Everybody who works against an autoscaler, the worst first.
pub fn opponents<'a>(cluster: &'a Cluster, autoscaler: &'a Autoscaler, now: Timestamp) -> Vec<Fight<'a>> {
    let (same, overlapping) = rivals(cluster, autoscaler);
    let mut fights = Vec::new();
    if !same.is_empty() {
        fights.push(Fight::SameTarget(same));
    }
    if !overlapping.is_empty() {
        fights.push(Fight::SamePods(overlapping));
    }
    fights.extend(writers::claim(cluster, autoscaler).map(Fight::Writer));
    fights.extend(outside(cluster, autoscaler, now));
    fights.extend(owner::vertical(cluster, autoscaler).map(Fight::Vertical));
    fights
}

/// The other autoscalers of the same target, and those that select some of the same pods, each by name.
fn rivals<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler) -> (Vec<&'a Autoscaler>, Vec<&'a Autoscaler>) {
    let mut same = sharers(cluster, autoscaler);
    let mut overlapping = sharing(cluster, autoscaler);
    overlapping.retain(|it| it.target != autoscaler.target);
    same.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    overlapping.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    (same, overlapping)
}

/// The others that name the same target.
pub fn sharers<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler) -> Vec<&'a Autoscaler> {
    let (own, target) = (&autoscaler.meta.key, &autoscaler.target);
    let Some(kind) = Kind::named(&target.kind).filter(|kind| kind.group() == target.group()) else {
        // Targets of other kinds are few, and nobody keeps who scales them.
        let shares = |it: &&Autoscaler| {
            it.target.name == target.name
                && it.target.kind == target.kind
                && it.target.group() == target.group()
                && it.meta.key.namespace == own.namespace
                && it.meta.key != *own
        };
        return cluster.autoscalers().filter(shares).collect();
    };
    let target = Target::new(kind, autoscaler.target_key());
    let keys = cluster.autoscalers_of(&target).map(|it| &it.meta.key).filter(|key| *key != own);
    keys.filter_map(|key| cluster.autoscaler(key)).collect()
}

/// Those that select a pod that the autoscaler selects too; the controller looks at pods, not at selectors.
fn sharing<'a>(cluster: &'a Cluster, autoscaler: &Autoscaler) -> Vec<&'a Autoscaler> {
    let key = &autoscaler.meta.key;
    let mut found: Vec<&'a Autoscaler> = Vec::new();
    let Some(selector) = cluster.selector_of(autoscaler) else { return found };
    // Pods of one template have one list of labels.
    let mut seen: Vec<&[_]> = Vec::new();
    for pod in cluster.selected(&key.namespace, &selector) {
        let labels = &*pod.template.labels;
        if seen.iter().any(|known| std::ptr::eq(*known, labels)) {
            continue;
        }
        seen.push(labels);
        let others = cluster.counters(&key.namespace, labels).filter(|it| it.meta.key != *key);
        // Found anew, because what was found lives no longer than the selector.
        for other in others.filter_map(|it| cluster.autoscaler(&it.meta.key)) {
            if !found.iter().any(|it| it.meta.key == other.meta.key) {
                found.push(other);
            }
        }
    }
    found
}

/// The budgets over the pods that an autoscaler counts, by name.
pub fn budgets<'a>(
    cluster: &'a Cluster,
    autoscaler: &Autoscaler,
) -> impl Iterator<Item = &'a DisruptionBudget> + use<'a> {
    let namespace = &autoscaler.meta.key.namespace;
    let mut near: Vec<_> = cluster.budgets().filter(|it| it.meta.key.namespace == *namespace).collect();
    let selector = if near.is_empty() { None } else { cluster.selector_of(autoscaler) };
    let labels = selector.and_then(|selector| {
        cluster.selected(namespace, &selector).next().map(|pod| Arc::clone(&pod.template.labels))
    });
    near.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    near.into_iter().filter(move |budget| {
        let selects = |labels: &Arc<[_]>| budget.selector.as_ref().is_some_and(|it| it.matches(labels));
        labels.as_ref().is_some_and(selects)
    })
}

/// Changes from outside within the last hour, if the autoscaler scaled between two of them: each undoes the other.
fn outside<'a>(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Option<Fight<'a>> {
    let history = cluster.history(&autoscaler.meta.key)?;
    let recent = |event: &&Event| now.duration_since(event.at()).as_secs() <= REMEMBERED;
    let mut others: Vec<(Timestamp, i32, i32)> = Vec::new();
    let (mut answered, mut contested) = (false, false);
    for event in history.events().filter(recent) {
        match event {
            Event::Outside { at, from, to } => {
                contested |= answered;
                others.push((*at, *from, *to));
            }
            Event::Rescaled { .. } => answered |= !others.is_empty(),
        }
    }
    let (last, from, to) = *others.last()?;
    contested.then_some(Fight::Outside { times: others.len(), last, step: (from, to) })
}

impl Fight<'_> {
    /// How bad it is, by itself. That two select the same pods is worse once the controller says so.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Writer(claim) if claim.habit == Habit::Reconciles && claim.open => Severity::Warning,
            Self::Writer(_) | Self::Budget(_) => Severity::Info,
            Self::Vertical(vertical) if !vertical.of_requests => Severity::Info,
            Self::SameTarget(_) | Self::SamePods(_) | Self::Outside { .. } | Self::Vertical(_) => {
                Severity::Warning
            }
        }
    }

    /// In one line.
    pub fn told(&self) -> String {
        match self {
            Self::SameTarget(others) => format!("{} the same target", scaling(others)),
            Self::SamePods(others) => format!("{} some of the same pods", scaling(others)),
            Self::Writer(claim) => {
                let manager = &claim.writer.manager;
                match (claim.habit, claim.open) {
                    (Habit::Reconciles, false) => {
                        format!("{manager} owns spec.replicas of its target and may set it back")
                    }
                    (Habit::Reconciles, true) => format!("{manager} writes spec.replicas of its target too"),
                    (Habit::Deploys, _) => {
                        format!("{manager} has set spec.replicas of its target since it last scaled")
                    }
                }
            }
            Self::Outside { times, .. } => {
                format!("its replicas were changed from outside {times} times within the hour")
            }
            Self::Budget(budget) => format!(
                "PodDisruptionBudget {} lets no pod be evicted now ({} healthy, {} required): that holds drains, not scaling",
                budget.meta.key.name, budget.healthy, budget.desired_healthy
            ),
            Self::Vertical(vertical) => format!(
                "VerticalPodAutoscaler {} changes the requests of {}",
                vertical.object.key.name,
                vertical.shared.join(" and ")
            ),
        }
    }
}

/// `web-2 scales`, `web-2, web-3 scale`
fn scaling(others: &[&Autoscaler]) -> String {
    let names: Vec<&str> = others.iter().map(|it| &*it.meta.key.name).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "scales" } else { "scale" })
}
