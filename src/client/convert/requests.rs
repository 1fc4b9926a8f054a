//! A pod's effective requests, as the scheduler counts them. It knows nothing of limits.
//!
//! Source: component-helpers `resource/helpers.go`, PodRequests: containers and sidecars together, or the most that
//! any init container needs beside the sidecars started before it; then the pod level; then overhead. A container
//! that is being resized counts with the most of what it asks for, was allotted and has.

use std::collections::HashMap;

use super::node::{MOST, milli, units};
use crate::wire::core::{Container, ContainerStatus, PodSpec, PodStatus};
use crate::wire::meta::Quantity;

/// Effective requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Requests {
    /// Thousandths of a core.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
}

impl Requests {
    fn read(list: &HashMap<String, Quantity>) -> Self {
        Self { cpu: milli(list, "cpu"), memory: units(list, "memory") }
    }

    fn plus(self, other: Self) -> Self {
        Self { cpu: (self.cpu + other.cpu).min(MOST), memory: (self.memory + other.memory).min(MOST) }
    }

    fn most(self, other: Self) -> Self {
        Self { cpu: self.cpu.max(other.cpu), memory: self.memory.max(other.memory) }
    }

    /// The pod's requests.
    pub(super) fn of(spec: &PodSpec, status: &PodStatus) -> Self {
        let infeasible = resize_is_infeasible(status);
        let mut together = Self::default();
        for container in &spec.containers {
            let beside = find(&status.container_statuses, container);
            together = together.plus(of_container(container, beside, infeasible));
        }
        let mut sidecars = Self::default();
        let mut starting = Self::default();
        for container in &spec.init_containers {
            if container.restart_policy.as_deref() == Some("Always") {
                let beside = find(&status.init_container_statuses, container);
                let own = of_container(container, beside, infeasible);
                together = together.plus(own);
                sidecars = sidecars.plus(own);
                starting = starting.most(sidecars);
            } else {
                starting = starting.most(of_container(container, None, infeasible).plus(sidecars));
            }
        }
        let mut all = together.most(starting);
        if let Some(resources) = &spec.resources {
            // The pod level decides only for the resources that it names.
            let pod = Self::read(&resources.requests);
            let names = |name: &str| resources.requests.contains_key(name);
            all.cpu = if names("cpu") { pod.cpu } else { all.cpu };
            all.memory = if names("memory") { pod.memory } else { all.memory };
        }
        all.plus(Self::read(&spec.overhead))
    }
}

fn find<'a>(statuses: &'a [ContainerStatus], container: &Container) -> Option<&'a ContainerStatus> {
    statuses.iter().find(|status| status.name == container.name)
}

fn of_container(container: &Container, status: Option<&ContainerStatus>, infeasible: bool) -> Requests {
    let asked = container.resources.as_ref().map(|it| Requests::read(&it.requests)).unwrap_or_default();
    let Some((status, has)) = status.and_then(|it| Some((it, it.resources.as_ref()?))) else { return asked };
    let held = Requests::read(&has.requests).most(Requests::read(&status.allocated_resources));
    if infeasible { held } else { asked.most(held) }
}

fn resize_is_infeasible(status: &PodStatus) -> bool {
    let pending = status.conditions.iter().find(|it| it.type_ == "PodResizePending");
    pending.is_some_and(|it| it.reason == "Infeasible")
}
