//! Containers without the request that a metric is a share of: one is enough for the whole metric to fail. It reads no
//! metric.

use std::sync::Arc;

use super::Settings;
use super::requests::{Requested, minds_levels, requested};
use crate::model::autoscaler::{Autoscaler, Goal, MetricSource};
use crate::model::cluster::Cluster;
use crate::model::key::Key;
use crate::model::pod::{Pod, Template};
use crate::model::text::Str;

/// A request that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// `cpu` or `memory`.
    pub resource: Str,
    /// The container; `None` for the request of a pod as a whole.
    pub container: Option<Str>,
    /// One of the pods.
    pub pod: Key,
    /// Whether the pod has no such container at all.
    pub absent: bool,
}

impl std::fmt::Display for Missing {
    /// `container proxy of pod shop/web-1 has no request for cpu`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resource, pod, .. } = self;
        match (&self.container, self.absent) {
            (Some(container), true) => write!(f, "pod {pod} has no container {container}"),
            (Some(container), false) => {
                write!(f, "container {container} of pod {pod} has no request for {resource}")
            }
            (None, _) => write!(
                f,
                "pod {pod} has requests for the pod as a whole, and neither it nor a container has one for {resource}"
            ),
        }
    }
}

/// What the pods that an autoscaler counts lack for its metrics, each once. Pods that are deleted or failed count too.
pub fn missing(cluster: &Cluster, autoscaler: &Autoscaler) -> Vec<Missing> {
    let wanted: Vec<(&Str, Option<&Str>)> = autoscaler
        .metrics
        .iter()
        .filter(|metric| matches!(metric.goal, Goal::Utilization(_)))
        .filter_map(|metric| match &metric.source {
            MetricSource::Resource { name } => Some((name, None)),
            MetricSource::ContainerResource { name, container } => Some((name, Some(container))),
            _ => None,
        })
        .collect();
    let Some(selector) = cluster.selector_of(autoscaler).filter(|_| !wanted.is_empty()) else {
        return Vec::new();
    };
    let levels = minds_levels(Settings::of(cluster).minor);
    let mut seen: Vec<&Arc<Template>> = Vec::new();
    let mut found: Vec<Missing> = Vec::new();
    for pod in cluster.selected(&autoscaler.meta.key.namespace, &selector) {
        if seen.iter().any(|known| Arc::ptr_eq(known, &pod.template)) {
            continue;
        }
        seen.push(&pod.template);
        for (resource, container) in &wanted {
            found.extend(
                lacks(pod, resource, *container, levels).filter(|new| !found.iter().any(|it| alike(it, new))),
            );
        }
    }
    found.sort_by(|a, b| (&a.resource, &a.container, &a.pod).cmp(&(&b.resource, &b.container, &b.pod)));
    found
}

fn alike(one: &Missing, other: &Missing) -> bool {
    one.resource == other.resource && one.container == other.container && one.absent == other.absent
}

fn lacks(pod: &Pod, resource: &Str, container: Option<&Str>, levels: bool) -> Option<Missing> {
    let missing = |container: Option<&Str>, absent: bool| Missing {
        resource: Str::clone(resource),
        container: container.map(Str::clone),
        pod: pod.meta.key.clone(),
        absent,
    };
    // Requests for others are not kept by container.
    let kept = matches!(&**resource, "cpu" | "memory");
    match requested(&pod.template, resource, container.map(|it| &**it), levels) {
        Requested::Of(_) => None,
        Requested::Absent => Some(missing(container, true)),
        Requested::Lacks(name) => kept.then(|| missing(Some(name), false)),
        Requested::LacksWhole => kept.then(|| missing(None, false)),
    }
}
