//! What the controller takes a pod to request of a resource: of the container that is named, of the pod as a whole where
//! that is said, else of all its containers together. It reads templates and no samples.
//!
//! Source: kubernetes `pkg/controller/podautoscaler/replica_calculator.go`, calculateRequests and calculatePodRequests.

use crate::model::pod::Template;
use crate::model::text::Str;

/// What a pod requests, or what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Requested<'a> {
    /// Thousandths of a core, or of a byte.
    Of(i64),
    /// This container has no request.
    Lacks(&'a Str),
    /// There is no container of the name that is asked for.
    Absent,
    /// Neither the pod as a whole nor one of its containers has a request, though the pod has for others.
    LacksWhole,
}

/// Whether a controller of that minor version minds requests for pods as a whole; one that is not known is taken for a new
/// one.
pub(super) fn minds_levels(minor: Option<u32>) -> bool {
    minor.is_none_or(|minor| minor >= 34)
}

/// What a pod of the template requests of `cpu` or `memory`, or one of its containers; of other resources nothing is kept.
pub(super) fn requested<'a>(
    template: &'a Template,
    resource: &str,
    container: Option<&str>,
    levels: bool,
) -> Requested<'a> {
    let pick = |cpu: Option<i64>, memory: Option<i64>| match resource {
        "cpu" => cpu,
        "memory" => memory,
        _ => None,
    };
    if let Some(wanted) = container {
        let Some(found) = template.containers.iter().find(|it| &*it.name == wanted) else {
            return Requested::Absent;
        };
        return pick(found.cpu, found.memory).map_or(Requested::Lacks(&found.name), Requested::Of);
    }
    if let Some(level) = template.pod_level.filter(|_| levels) {
        let of_any = template.containers.iter().any(|it| pick(it.cpu, it.memory).is_some());
        let said = pick(level.cpu, level.memory).is_some() || of_any;
        // An init container or the overhead may be the only one with a request.
        let memory = template.memory.saturating_mul(1000);
        let sum = pick(Some(template.cpu), Some(memory)).filter(|sum| said || *sum > 0);
        return sum.map_or(Requested::LacksWhole, Requested::Of);
    }
    let mut sum = 0i64;
    for container in &*template.containers {
        match pick(container.cpu, container.memory) {
            Some(request) => sum = sum.wrapping_add(request),
            None => return Requested::Lacks(&container.name),
        }
    }
    Requested::Of(sum)
}
